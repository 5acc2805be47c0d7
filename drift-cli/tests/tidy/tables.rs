//! Tables of the code that stand in documents: between `<!-- table: NAME -->` and `<!-- end -->`.

use drift_core::judge::{EXIT_CODES, SEVERITIES};
use drift_core::model::{Cause, FileType};
use drift_core::policy::CODES;
use drift_core::report::FORMATS;
use drift_core::rules::{Class, PROFILES};
use drift_core::seal::Reason;
use drift_testkit::command;

use super::documents::is_blessing;
use super::repository::{files, none, read, rust, write};

/// A table's name, its text, and the documents that must have it.
type Table = (&'static str, fn() -> String, &'static [&'static str]);

const TABLES: &[Table] = &[
    ("exit codes", exit_codes, &["README.md", "docs/report.md"]),
    ("formats", formats, &["README.md", "docs/report.md"]),
    ("severities", severities, &["docs/report.md"]),
    ("classes", classes, &["docs/rules.md"]),
    ("refusals", refusals, &["docs/policies.md"]),
    ("configuration", configuration, &["docs/operations.md"]),
    ("policies", policies, &["docs/policies/catalogue.md"]),
];

fn exit_codes() -> String {
    let rows = EXIT_CODES
        .iter()
        .map(|exit| format!("| {} | {} | {} |\n", exit.code, exit.name, exit.when));
    format!("| code | name | when |\n|---|---|---|\n{}", rows.collect::<String>())
}

fn formats() -> String {
    let rows = FORMATS.iter().map(|format| format!("| `{}` | {} |\n", format.name, format.meaning));
    format!("| format | what it is |\n|---|---|\n{}", rows.collect::<String>())
}

fn severities() -> String {
    let rows = SEVERITIES.iter().map(|row| {
        format!("| `{}` | {} | {} |\n", row.cause.name(), row.when, row.severity.name())
    });
    format!("| cause | when | severity |\n|---|---|---|\n{}", rows.collect::<String>())
}

fn classes() -> String {
    let rows = Class::ALL.iter().map(|(class, name)| {
        let of = |file_type| {
            let set = class.attributes(file_type);
            let names: Vec<String> =
                set.iter().map(|attribute| format!("`{}`", attribute.name)).collect();
            if names.is_empty() { "nothing".to_owned() } else { names.join(" ") }
        };
        let come_and_go = if class.may_come_and_go() { "yes" } else { "no" };
        let (file, directory) = (of(FileType::File), of(FileType::Directory));
        format!("| `{name}` | {file} | {directory} | {come_and_go} |\n")
    });
    format!(
        "| class | compared of files | of directories | entries may come and go |\n\
         |---|---|---|---|\n{}",
        rows.collect::<String>()
    )
}

fn refusals() -> String {
    let cell = |text: &str| text.replace('|', "\\|");
    let rows = CODES.iter().map(|code| {
        let (example, cure) = (cell(code.example), cell(code.cure));
        format!("| `{}` | {} | `{example}` | {cure} |\n", code.code, cell(code.meaning))
    });
    format!(
        "| code | what is wrong | for example | instead |\n|---|---|---|---|\n{}",
        rows.collect::<String>()
    )
}

/// The keys stand in the program, which shows them.
fn configuration() -> String {
    let arguments = ["config", "show", "--no-config", "--format", "json"];
    let said = command::run(env!("CARGO_BIN_EXE_drift"), arguments).success();
    let document: serde_json::Value = serde_json::from_str(&said).expect("the program writes JSON");
    let settings = document["settings"].as_array().expect("it shows settings").iter();
    let rows = settings.map(|setting| {
        let text = |name: &str| setting[name].as_str().unwrap_or_default().replace('|', "\\|");
        let unset = match setting["key"].as_str() {
            // The one default that differs between users.
            Some("state") => "`/var/lib/drift` for root, else `$XDG_STATE_HOME/drift`".to_owned(),
            _ => text("unset"),
        };
        format!("| `{}` | {} | {unset} | {} |\n", text("key"), text("takes"), text("meaning"))
    });
    format!(
        "| key | takes | unless set | meaning |\n|---|---|---|---|\n{}",
        rows.collect::<String>()
    )
}

/// The policies stand in the program, which lists them.
fn policies() -> String {
    let arguments = ["policy", "list", "--no-config", "--format", "markdown"];
    let said = command::run(env!("CARGO_BIN_EXE_drift"), arguments).success();
    let listed = said.split_once('\n').map_or(said.as_str(), |(_, below)| below);
    format!("{}\n", listed.trim())
}

/// Returns the document with every table written anew.
fn rewritten(text: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("<!-- table: ") {
        out.push_str(before);
        let named = after.split_once(" -->\n");
        let ended = named.and_then(|(name, body)| Some((name, body.split_once("<!-- end -->")?.1)));
        let Some((name, after)) = ended else { return format!("{out}<!-- no end -->") };
        let table = TABLES.iter().find(|(known, ..)| *known == name);
        let table = table.map_or_else(|| "no such table\n".to_owned(), |(_, make, _)| make());
        out.push_str(&format!("<!-- table: {name} -->\n{table}<!-- end -->"));
        rest = after;
    }
    out + rest
}

#[test]
fn documents_hold_the_tables_of_the_code() {
    let mut wrong = Vec::new();
    for file in files().into_iter().filter(|file| file.path.ends_with(".md")) {
        let expect = rewritten(&file.text);
        if expect != file.text && is_blessing() {
            write(&file.path, &expect);
        } else if expect != file.text {
            let lines = expect.lines().zip(file.text.lines());
            let line = lines.filter(|(expect, found)| expect != found).map(|(expect, _)| expect);
            wrong.push(format!("{}: {}", file.path, line.take(1).collect::<String>()));
        }
    }
    none(&wrong, "run `DRIFT_TEST_BLESS=1 cargo test -p golden-drift --test tidy` and commit");
    let absent = |(name, _, documents): &(&str, fn() -> String, &[&str])| {
        let mark = format!("<!-- table: {name} -->");
        let without = documents.iter().filter(|document| !read(document).contains(&mark));
        without.map(|document| format!("{document}: {mark}")).collect::<Vec<_>>()
    };
    let absent: Vec<_> = TABLES.iter().flat_map(absent).collect();
    none(&absent, "put the marks of the table back");
}

/// Words of closed lists that are explained by hand.
#[test]
fn documents_explain_every_word_of_the_closed_lists() {
    let word = |document: &'static str, word: &str| (document, format!("`{word}`"));
    let causes = Cause::ALL.iter().map(|cause| word("docs/report.md", cause.name()));
    let reasons = Reason::ALL.iter().map(|reason| word("docs/trust.md", reason.name()));
    let profiles = PROFILES.iter().map(|profile| word("docs/rules.md", profile.name));
    let words = causes.chain(reasons).chain(profiles);
    let absent: Vec<_> = words
        .filter(|(document, word)| !read(document).contains(word))
        .map(|(document, word)| format!("{document}: {word}"))
        .collect();
    none(&absent, "explain the word in the document");
}

#[test]
fn a_changed_table_is_noticed() {
    let right = format!("a\n<!-- table: formats -->\n{}<!-- end -->\nb\n", formats());
    assert_eq!(rewritten(&right), right);
    assert_eq!(rewritten(&right.replace("`json`", "`jsom`")), right);
    assert_ne!(rewritten("<!-- table: formats -->\nno end"), "<!-- table: formats -->\nno end");
    assert_eq!(rewritten("no table\n"), "no table\n");
}

/// ARCHITECTURE.md says which test holds an invariant: a name of four words or more.
#[test]
fn tests_that_documents_name_exist() {
    let sources: String = rust().into_iter().map(|file| file.text).collect();
    let map = read("ARCHITECTURE.md");
    let named = map.split('`').skip(1).step_by(2).filter(|word| word.matches('_').count() > 2);
    let named: Vec<&str> = named.filter(|word| !word.contains([' ', '-', '/', ':'])).collect();
    let absent = named.iter().filter(|name| !sources.contains(&format!("fn {name}(")));
    let absent: Vec<_> = absent.map(|name| (*name).to_owned()).collect();
    none(&absent, "name the test in ARCHITECTURE.md as it is called now");
    assert!(named.len() > 15, "{} tests are named", named.len());
}
