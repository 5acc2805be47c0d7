//! Where rego-cpp and the engine of drift differ: each line of the table in docs/policies.md under
//! "Engines". A test that fails here says that one of the two has changed, and the table with it.

#![expect(clippy::disallowed_methods, reason = "this test reads the repository")]

use std::path::Path;

use drift_testkit::{command, need};

use super::stage::{check, directory, ended, file, policy, with};

/// How rego-cpp says that it did not answer.
const ENDED: &str = "rego-cpp ended with";

/// A construct, a policy that uses it, its status here, and what rego-cpp says.
struct Difference {
    construct: &'static str,
    deny: &'static str,
    here: &'static str,
    there: &'static str,
}

const DIFFERENCES: [Difference; 4] = [
    Difference {
        construct: "`some KEY, VALUE in` inside a comprehension",
        deny: "{\"message\": name} if {\n\tnames := [key | some key, value in {\"a\": 1, \"b\": 2}; \
               value == 2]\n\tsome name in names\n}",
        here: "fail",
        there: ENDED,
    },
    Difference {
        construct: "`every x in list { … }` written on one line in a rule without braces",
        deny: "{\"message\": \"m\"} if all_small\n\nall_small if every x in [1, 2] { x < 3 }",
        here: "fail",
        there: ENDED,
    },
    Difference {
        construct: "`time.parse_rfc3339_ns`",
        deny: "{\"message\": \"m\"} if {\n\t\
               time.parse_rfc3339_ns(\"1970-01-01T00:00:01Z\") == 1000000000\n}",
        here: "fail",
        there: "[]",
    },
    Difference {
        construct: "an error of a built-in, such as `count(null)`",
        deny: "{\"message\": \"m\"} if count(null) == 0",
        here: "error",
        there: "[]",
    },
];

/// Asks rego-cpp for one rule of one file.
fn there(python: &Path, path: &str, rule: &str) -> String {
    let program = Path::new(env!("CARGO_MANIFEST_DIR")).join("../.ci/policy-oracle");
    let run = command::run(python, [program.to_string_lossy().as_ref(), "ask", path, rule]);
    run.success().trim_end().trim_matches('"').to_owned()
}

#[test]
fn engines_differ_where_the_documents_say() {
    let Some(python) = need::python_module("regopy") else { return };
    let mut wrong = Vec::new();
    for (number, difference) in (1..).zip(&DIFFERENCES) {
        let name = format!("differs_{number}");
        let stage = with(&[(&name, difference.deny)]);
        let report = check(&stage, &["--policy", &stage.path("p"), "--fail-on", "never"]);
        let (here, reason) = ended(&report, &format!("site/{name}"));
        let there = there(&python, &stage.path(&format!("p/{name}.rego")), "deny");
        if here != difference.here || !there.starts_with(difference.there) {
            let construct = difference.construct;
            wrong.push(format!("{construct}: {here} ({reason}) here, {there} there"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// rego-cpp loses its process; drift runs such tests.
#[test]
fn replacing_the_input_round_a_rule_that_calls_others_works_here_alone() {
    let Some(python) = need::python_module("regopy") else { return };
    let stage = with(&[]);
    directory(&stage, "q");
    let deny = "{\"message\": x} if some x in found\n\nfound contains x.id if some x in changed\n\n\
                changed contains x if some x in input.changes";
    file(&stage, "q/with.rego", &policy("with", deny));
    let test = "package drift.site.with_test\n\nimport data.drift.site.with as subject\n\n\
                test_found if {\n\tcount(subject.deny) == 1 with input as {\"changes\": [{\"id\": \"a\"}]}\n}\n";
    file(&stage, "q/with_test.rego", test);
    let run = stage.drift(["policy", "test", &stage.path("q")]);
    let text = run.expect(0).text();
    assert_eq!(text, "1 test: 1 pass\n");
    let there = there(&python, &stage.path("q/with_test.rego"), "test_found");
    assert!(there.starts_with(ENDED), "{there}");
}

/// Every line of the table is pinned above, and the other way round.
#[test]
fn every_line_of_the_table_is_pinned() {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/policies.md");
    let page = std::fs::read_to_string(page).expect("the page of policies");
    let (_, section) = page.split_once("## Engines").expect("a section of engines");
    let mut table: Vec<&str> = section
        .lines()
        .skip_while(|line| !line.starts_with("|---"))
        .skip(1)
        .take_while(|line| line.starts_with('|'))
        .filter_map(|line| line.split(" | ").next()?.strip_prefix("| "))
        .collect();
    let last = table.pop();
    assert_eq!(last, Some("`with input as` around a rule that calls others"));
    let pinned: Vec<&str> = DIFFERENCES.iter().map(|difference| difference.construct).collect();
    assert_eq!(table, pinned);
}
