//! Layers of images, merged: against a table of what must come out, and against `umoci unpack`.

#![expect(clippy::disallowed_methods, reason = "the tests make and look at files on their own")]
#![expect(clippy::panic, reason = "the functions that tests share fail as tests do")]
#![expect(clippy::print_stdout, reason = "tests say how much they compared")]

mod cases;
mod layout;
mod umoci;
mod verified;

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Arc, Mutex};

use drift_core::bounds::{Cancel, Pool, Silent};
use drift_core::model::{Carries, FileType, Frozen, Intake, Observed, RowId, TreePath};
use drift_core::rules::RuleSet;
use drift_core::source::{
    self, Ask, Content, ContentSink, Error, Plan, Removals, Selection, Source, Unread, Want,
};

/// What an image became.
struct Merged {
    source: Box<dyn Source>,
    frozen: Frozen,
    carries: Carries,
    removals: Arc<Removals>,
}

fn with_plan<R>(threads: usize, work: impl FnOnce(&Plan<'_>) -> R) -> R {
    let rules = RuleSet::parse(&[("test", "")]).expect("the test writes good rules");
    let (pool, cancel) = (Pool::new(threads).expect("threads"), Cancel::new());
    work(&Plan {
        rules: &rules,
        artifacts: &[],
        pool: &pool,
        cancel: &cancel,
        observer: &Silent,
        known: None,
    })
}

fn open(layout: &Path) -> Result<Box<dyn Source>, Error> {
    source::open(&format!("oci:{}", layout.display()), &Selection::default())
}

/// Merges the image in a layout.
fn merge(layout: &Path, threads: usize) -> Result<Merged, Error> {
    let (source, intake) = (open(layout)?, Intake::default());
    let carries = with_plan(threads, |plan| source.survey(plan, &intake))?;
    let removals = source.removals().expect("an image knows what its layers removed");
    Ok(Merged { source, frozen: intake.freeze(), carries, removals })
}

impl Merged {
    /// Every entry on a line: path, type, mode and what is in it, and the layer it came with.
    fn lines(&self) -> Vec<String> {
        let tree = &self.frozen.tree;
        let mut lines: Vec<(TreePath, String)> = tree
            .rows()
            .map(|row| (tree.path(row), self.line(row)))
            .filter(|(path, _)| !path.is_root())
            .collect();
        lines.sort();
        lines.into_iter().map(|(_, line)| line).collect()
    }

    fn line(&self, row: RowId) -> String {
        let tree = &self.frozen.tree;
        let entry = tree.entry(row);
        let what = match entry.file_type {
            FileType::File => self.content(row),
            FileType::Symlink => match entry.link_target {
                Observed::Is(target) => format!("-> {}", String::from_utf8_lossy(&target)),
                _ => "-> ?".to_owned(),
            },
            _ => format!("{:o}", entry.mode.seen().copied().unwrap_or(0)),
        };
        let origin = tree.origin(row).map_or("-".to_owned(), |layer| layer.0.to_string());
        let path = tree.path(row).to_string();
        format!("{} {} {what} @{origin}", path.trim_start_matches('/'), entry.file_type)
    }

    /// The content by a second look.
    fn content(&self, row: RowId) -> String {
        let want = Want { bytes: Some(1 << 20), digest: true, ..Want::default() };
        match self.ask(row, want) {
            Ok(content) => String::from_utf8_lossy(&content.bytes.unwrap_or_default()).into_owned(),
            Err(unread) => format!("unread: {}", unread.reason),
        }
    }

    fn ask(&self, row: RowId, want: Want) -> Result<Content, Unread> {
        let answers = Answers::default();
        with_plan(2, |plan| {
            self.source.read(plan, &self.frozen.tree, &[Ask { row, want }], &answers)
        })
        .unwrap_or_else(|error| panic!("{error}"));
        answers.0.into_inner().expect("no panic").remove(&row).expect("one answer")
    }

    fn reasons(&self) -> Vec<String> {
        let problems = self.frozen.problems.iter();
        problems.map(|problem| format!("{}: {}", problem.path, problem.reason)).collect()
    }
}

#[derive(Default)]
struct Answers(Mutex<BTreeMap<RowId, Result<Content, Unread>>>);

impl ContentSink for Answers {
    fn take(&self, row: RowId, answer: Result<Content, Unread>) {
        let before = self.0.lock().expect("no panic").insert(row, answer);
        assert!(before.is_none(), "two answers for one ask");
    }
}
