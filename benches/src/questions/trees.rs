//! Questions about a computed tree: walking, storing, restoring, comparing, matching, reporting.

use std::error::Error;
use std::sync::Arc;

use drift_core::baseline::{self, UnverifiedSnapshot};
use drift_core::bounds::{Cancel, Pool, Silent, Timestamp};
use drift_core::capture::{self, Captured, Options, Parts, RuleSource, Run, rules_for};
use drift_core::check::{Occasion, Reference, Request, Target, check};
use drift_core::compare::{Context, compare};
use drift_core::judge::FailOn;
use drift_core::model::{Cursor, FileType, Intake, Severity, SourceKind};
use drift_core::report::{self, Report, Style};
use drift_core::rules::RuleSet;
use drift_core::source::{Source, Walked};

use super::{Ask, ENTRIES};
use crate::GeneratedVolume;

/// Entries of the tree in which every file differs that a report is made of.
pub(super) const REPORTED: u64 = 2_000;

const NOW: &str = "2026-11-21T12:00:00Z";

/// The rules of a Debian system, as most runs have.
fn debian() -> RuleSource {
    RuleSource::Layers { profiles: vec!["debian".to_owned()], texts: Vec::new() }
}

/// Runs `work` with what a run shares, on the calling thread alone.
pub(super) fn alone<R>(
    work: impl FnOnce(&Run<'_>) -> Result<R, Box<dyn Error>>,
) -> Result<R, Box<dyn Error>> {
    let (pool, cancel) = (Pool::new(1)?, Cancel::new());
    work(&Run { pool: &pool, cancel: &cancel, observer: &Silent, artifacts: &[] })
}

fn walked(volume: GeneratedVolume) -> Walked<GeneratedVolume> {
    Walked::new(volume, SourceKind::Memory, "memory:generated")
}

fn captured(volume: GeneratedVolume) -> Result<Captured, Box<dyn Error>> {
    let options = Options {
        rules: debian(),
        parts: Parts::ALL,
        vendor_digests: false,
        configs: false,
        binaries: false,
    };
    alone(|run| Ok(capture::capture(&walked(volume), &options, run)?))
}

pub(super) fn walk() -> Result<Ask, Box<dyn Error>> {
    let source = walked(GeneratedVolume::new(ENTRIES));
    let (rules, _) = rules_for(&debian(), &[])?;
    Ok(Box::new(move || {
        let walk = |run: &Run<'_>| {
            let intake = Intake::default();
            source.survey(&run.plan(&rules), &intake)?;
            Ok(intake.freeze().tree.len() as u64)
        };
        alone(walk).expect("because a computed tree can be walked")
    }))
}

pub(super) fn encode() -> Result<Ask, Box<dyn Error>> {
    let snapshot = captured(GeneratedVolume::new(ENTRIES))?.snapshot;
    Ok(Box::new(move || {
        let encoded = baseline::encode(&snapshot).expect("because a captured tree can be stored");
        encoded.bytes.len() as u64
    }))
}

pub(super) fn decode() -> Result<Ask, Box<dyn Error>> {
    let snapshot = captured(GeneratedVolume::new(ENTRIES))?.snapshot;
    let file: Arc<[u8]> = baseline::encode(&snapshot)?.bytes.into();
    Ok(Box::new(move || {
        let opened = UnverifiedSnapshot::decode(Arc::clone(&file));
        let opened = opened.expect("because it was encoded just now");
        let (mut cursor, mut sum) = (opened.unverified_cursor(), 0);
        while let Some(step) = cursor.next().expect("because it was encoded just now") {
            sum += u64::from(step.depth) + step.name.len() as u64;
        }
        sum
    }))
}

pub(super) fn merge() -> Result<Ask, Box<dyn Error>> {
    merged(GeneratedVolume::new(ENTRIES), GeneratedVolume::new(ENTRIES))
}

pub(super) fn merge_changed() -> Result<Ask, Box<dyn Error>> {
    merged(GeneratedVolume::new(ENTRIES), GeneratedVolume::new(ENTRIES).altered())
}

/// Compares two captured trees; counts what was compared by the changes found.
fn merged(before: GeneratedVolume, after: GeneratedVolume) -> Result<Ask, Box<dyn Error>> {
    let (before, after) = (captured(before)?, captured(after)?);
    let cancel = Cancel::new();
    Ok(Box::new(move || {
        let context = Context {
            rules: &before.rules,
            before: before.snapshot.carries,
            before_parts: &[],
            after: after.snapshot.carries,
            artifacts: &[],
            watch: &[],
            outside: &[],
            cancel: &cancel,
        };
        let (mut left, mut right) = (before.snapshot.tree.cursor(), after.snapshot.tree.cursor());
        let compared = compare(&mut left, &mut right, &context);
        1 + compared.expect("because captured trees are in order").changes.len() as u64
    }))
}

pub(super) fn rules() -> Result<Ask, Box<dyn Error>> {
    let tree = captured(GeneratedVolume::new(ENTRIES))?.snapshot.tree;
    let (rules, _) = rules_for(&debian(), &[])?;
    let paths: Vec<_> = tree
        .rows()
        .map(|row| (tree.path(row), tree.file_type(row) == FileType::Directory))
        .collect();
    Ok(Box::new(move || decided(&rules, &paths)))
}

/// Asks for the rule of each path as a walk does: with the rule of the directory at hand.
fn decided(rules: &RuleSet, paths: &[(drift_core::model::TreePath, bool)]) -> u64 {
    let each = paths.iter().map(|(path, is_directory)| {
        u64::from(rules.classify(rules.root(), path.as_bytes(), *is_directory).0) + 1
    });
    each.sum()
}

pub(super) fn report_json() -> Result<Ask, Box<dyn Error>> {
    let report = report_of_changes()?;
    let format = report::find("json").ok_or("there is no format json")?;
    Ok(Box::new(move || {
        let mut out = Vec::new();
        (format.write)(&report, &Style::default(), &mut out).expect("because memory takes all");
        out.len() as u64
    }))
}

fn report_of_changes() -> Result<Report, Box<dyn Error>> {
    let before = GeneratedVolume::new(REPORTED);
    let (before, after) = (walked(before), walked(before.altered()));
    let now = Timestamp::parse(NOW)?;
    let occasion = Occasion { clock: &now, run_id: "bench", binary_digest: None };
    let mut request = Request::new(Parts::ALL, FailOn::At(Severity::Medium));
    request.rules = Some(debian());
    let reference = Reference::Other(Target::Live(&before));
    alone(|run| Ok(check(&Target::Live(&after), &reference, &request, run, &occasion)?.report))
}
