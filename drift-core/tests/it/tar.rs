//! Archives against what made them: GNU tar's against the directory, the minimal Debian root's
//! against Python's tarfile, hand-made hostile ones against what they must not become.

#![expect(clippy::disallowed_methods, reason = "the tests make and look at files on their own")]
#![expect(clippy::panic, reason = "the functions that tests share fail as tests do")]
#![expect(clippy::print_stdout, reason = "tests say what they skipped and how much they compared")]

mod cases;
mod differential;
mod hostile;
mod oracle;

use std::path::Path;
use std::sync::Mutex;

use drift_core::bounds::{Cancel, Pool, Silent};
use drift_core::model::{Carries, Entry, Frozen, Intake, RowId, TreePath};
use drift_core::rules::RuleSet;
use drift_core::source::{Ask, Content, ContentSink, Error, Plan, Unread, Want, tar};

/// What a survey gave.
struct Captured {
    frozen: Frozen,
    carries: Carries,
}

impl Captured {
    fn row(&self, path: &str) -> RowId {
        let path = TreePath::parse(path.as_bytes()).expect("the test writes good paths");
        self.frozen.tree.find(&path).unwrap_or_else(|| panic!("{path} is missing"))
    }

    fn entry(&self, path: &str) -> Entry {
        self.frozen.tree.entry(self.row(path))
    }

    fn paths(&self) -> Vec<String> {
        let tree = &self.frozen.tree;
        tree.rows().map(|row| tree.path(row).to_string()).collect()
    }

    fn reasons(&self) -> Vec<String> {
        let problems = self.frozen.problems.iter();
        problems.map(|problem| format!("{}: {}", problem.path, problem.reason)).collect()
    }
}

fn with_plan<R>(rules: &str, work: impl FnOnce(&Plan<'_>) -> R) -> R {
    let rules = RuleSet::parse(&[("test", rules)]).expect("the test writes good rules");
    let (pool, cancel) = (Pool::new(1).expect("one thread"), Cancel::new());
    work(&Plan {
        rules: &rules,
        artifacts: &[],
        pool: &pool,
        cancel: &cancel,
        observer: &Silent,
        known: None,
    })
}

fn capture_with(path: &Path, rules: &str) -> Result<Captured, Error> {
    let source = tar::open(path, "tar:test")?;
    let intake = Intake::default();
    let carries = with_plan(rules, |plan| source.survey(plan, &intake))?;
    Ok(Captured { frozen: intake.freeze(), carries })
}

fn capture(path: &Path) -> Result<Captured, Error> {
    capture_with(path, "")
}

/// Surveys an archive of these bytes.
fn capture_bytes(bytes: &[u8]) -> Result<Captured, Error> {
    let file = tempfile::NamedTempFile::new().expect("a temporary file");
    std::fs::write(file.path(), bytes).expect("writes");
    capture(file.path())
}

#[derive(Default)]
struct Answers(Mutex<Vec<(RowId, Result<Content, Unread>)>>);

impl ContentSink for Answers {
    fn take(&self, row: RowId, answer: Result<Content, Unread>) {
        self.0.lock().expect("no test panics in here").push((row, answer));
    }
}

fn ask(path: &Path, captured: &Captured, asks: &[(&str, Want)]) -> Vec<Result<Content, Unread>> {
    let source = tar::open(path, "tar:test").expect("opens");
    let asks: Vec<Ask> =
        asks.iter().map(|(path, want)| Ask { row: captured.row(path), want: *want }).collect();
    let sink = Answers::default();
    with_plan("", |plan| source.read(plan, &captured.frozen.tree, &asks, &sink)).expect("reads");
    let mut answers = sink.0.into_inner().expect("no test panics in here");
    let at = |row: RowId| asks.iter().position(|ask| ask.row == row);
    answers.sort_by_key(|(row, _)| at(*row));
    assert_eq!(answers.len(), asks.len(), "every ask is answered once");
    answers.into_iter().map(|(_, answer)| answer).collect()
}

/// Runs a program; `None` when the machine has none of this name.
fn run(program: &str, arguments: &[&str], directory: &Path) -> Option<Vec<u8>> {
    let output =
        std::process::Command::new(program).args(arguments).current_dir(directory).output().ok()?;
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{program} {arguments:?}: {errors}");
    Some(output.stdout)
}
