//! Tests of tests: every ending, and which lines they reach.

use super::{Ending, Lines, Test, Told, discover, job, junit, serve, untested};
use crate::policy::worker::{Conversation, sources};
use crate::policy::{PolicySet, load};

const POLICY: &str = r#"# METADATA
# title: T
# custom:
#   id: site/sized
#   severity: high
#   rationale: R
#   remediation: R
#   parameters: {least: {description: D, default: 3}}
package drift.site.sized

deny contains {"observed": sprintf("%v", [count(input.changes)])} if {
	count(input.changes) > data.params.least
}

deny contains {"message": "never"} if {
	input.schema == "other"
}
"#;

const TESTS: &str = r#"package drift.site.sized_test

import data.drift.site.sized

test_by_default if {
	count(sized.deny) == 0 with input as {"changes": [1, 2, 3]}
	count(sized.deny) == 1 with input as {"changes": [1, 2, 3, 4]}
}

test_chosen if {
	count(sized.deny) == 1 with input as {"changes": [1]} with data.params.least as 0
}

test_wrong if {
	1 == 1
	count(sized.deny) == 7 with input as {"changes": []}
	2 == 2
}

test_error if {
	to_number("x") == 1
}

todo_test_later if {
	false
}
"#;

fn set(tests: &str) -> PolicySet {
    let files = [("sized.rego", POLICY), ("sized_test.rego", tests)];
    let files = files.map(|(name, text)| (name.to_owned(), text.to_owned()));
    load(vec![sources("site", &files)]).expect("a policy")
}

fn run(set: &PolicySet) -> Vec<(Test, Told)> {
    let tests = discover(set, 0).expect("tests");
    let asked: Vec<String> = tests.iter().map(Test::id).collect();
    let mut conversation = Conversation::<Told>::new(&asked);
    let mut tell = |line: &str| {
        conversation.hear(line.trim_end().as_bytes()).expect("an answer that is due");
        true
    };
    serve(&job(set, 0, &asked), &mut tell).expect("a job that makes sense");
    tests.into_iter().zip(conversation.into_answers()).collect()
}

#[test]
fn tests_end_as_they_should() {
    let ended = run(&set(TESTS));
    let ended: Vec<(&str, u32, &Ending)> =
        ended.iter().map(|(test, told)| (test.name.as_str(), test.line, &told.ending)).collect();
    let [by_default, chosen, wrong, error, later] = ended.as_slice() else { panic!("{ended:?}") };
    assert_eq!(*by_default, ("test_by_default", 5, &Ending::Passed));
    assert_eq!(*chosen, ("test_chosen", 10, &Ending::Passed));
    let text = "count(sized.deny) == 7 with input as {\"changes\": []}".to_owned();
    assert_eq!(*wrong, ("test_wrong", 14, &Ending::Failed { line: 16, text }));
    assert!(matches!(error.2, Ending::Error(_)), "{error:?}");
    assert_eq!(*later, ("todo_test_later", 24, &Ending::Skipped));
}

#[test]
fn coverage_is_what_all_tests_reach_together() {
    let mut lines = Lines::default();
    for (_, told) in run(&set(TESTS)) {
        if let Some(reached) = told.lines.get("sized.rego") {
            lines.add(reached);
        }
    }
    assert!(lines.covered.contains(&11) && lines.covered.contains(&12), "{lines:?}");
    assert_eq!(lines.uncovered.iter().copied().collect::<Vec<_>>(), [15], "{lines:?}");
    assert_eq!(lines.permille(), 750, "{lines:?}");
}

#[test]
fn policies_without_tests_are_named() {
    let set = set("package drift.site.other_test\n\ntest_it if { true }\n");
    let tests = discover(&set, 0).expect("tests");
    assert_eq!(untested(&set, 0, &tests), ["site/sized"]);
    assert!(
        untested(&self::set(TESTS), 0, &discover(&self::set(TESTS), 0).expect("tests")).is_empty()
    );
}

#[test]
fn tests_elsewhere_and_wrong_texts_are_refused() {
    let elsewhere = [
        ("sized.rego", POLICY),
        ("sized_test.rego", "package drift.site.other\n\ntest_it if { true }\n"),
    ];
    let elsewhere = elsewhere.map(|(name, text)| (name.to_owned(), text.to_owned()));
    let wrong = load(vec![sources("site", &elsewhere)]).expect_err("a package of no test");
    assert!(wrong.to_string().contains("with _test at its end"), "{wrong}");
    let files =
        [("sized.rego", POLICY), ("sized_test.rego", "package drift.x_test\n\ntest_it if {")];
    let files = files.map(|(name, text)| (name.to_owned(), text.to_owned()));
    let wrong = load(vec![sources("site", &files)]).expect_err("a text that ends in the middle");
    assert!(wrong.to_string().starts_with("sized_test.rego:3:"), "{wrong}");
}

#[test]
fn junit_escapes_what_authors_write() {
    let test = Test {
        file: "a\u{1}<b>.rego".to_owned(),
        line: 1,
        package: "p\"&'".to_owned(),
        name: "test_x".to_owned(),
    };
    let text = junit(&[(test, Ending::Error("]]>\u{0}".to_owned()))]);
    assert!(text.contains("a\\u{1}&lt;b&gt;.rego") && text.contains("p&quot;&amp;&apos;"));
    assert!(text.contains("errors=\"1\"") && text.contains("]]&gt;\\u{0}"), "{text}");
}
