//! Capturing a tree with its packages, and saying in one line each what was found.

use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use drift_core::bounds::{Cancel, Pool, Silent, Timestamp};
use drift_core::capture::{self, Captured, Options, Parts, RuleSource, Run};
use drift_core::check::{self, Occasion, Outcome, Reference, Request, Target};
use drift_core::judge::FailOn;
use drift_core::model::{Severity, SourceKind};
use drift_core::source::{HostVolume, MemoryVolume, Resolution, Source, Walked};
use drift_testkit::TempRoot;

/// Opens a real directory as a target.
pub(super) fn directory(path: &Path) -> Walked<HostVolume> {
    let volume = HostVolume::open(path, Resolution::Automatic).unwrap();
    Walked::new(volume, SourceKind::Directory, "dir:test")
}

/// A volume in memory as a target.
pub(super) fn memory(volume: MemoryVolume) -> Walked<MemoryVolume> {
    Walked::new(volume, SourceKind::Memory, "memory:test")
}

/// Captures everything, programs looked into.
pub(super) fn capture(source: &dyn Source) -> Captured {
    let (pool, cancel) = (Pool::new(2).unwrap(), Cancel::new());
    let run = Run { pool: &pool, cancel: &cancel, observer: &Silent, artifacts: &[] };
    let options = Options {
        rules: RuleSource::Whole("read-only /".to_owned()),
        parts: Parts::ALL,
        vendor_digests: false,
        configs: false,
        binaries: true,
    };
    capture::capture(source, &options, &run).unwrap()
}

/// Writes a file, with the directories that it lies in.
pub(super) fn put(root: &TempRoot, path: &str, content: impl AsRef<[u8]>, mode: u32) {
    let path = root.at(path);
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(&path, content).unwrap();
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode)).unwrap();
}

/// The packages of one manager: name and version, and where they lie.
pub(super) fn packages(captured: &Captured, manager: &str) -> Vec<(String, String)> {
    let all = captured.snapshot.packages.iter().filter(|package| package.manager == manager);
    all.map(|one| (format!("{} {}", one.name, one.version), one.location.clone())).collect()
}

/// Every problem, as one line.
pub(super) fn problems(captured: &Captured) -> Vec<String> {
    let line =
        |problem: &drift_core::model::Problem| format!("{}: {}", problem.path, problem.reason);
    captured.snapshot.problems.iter().map(line).collect()
}

/// Compares a target with another, or with what its own databases say.
pub(super) fn checked(target: &dyn Source, before: Option<&dyn Source>, parts: Parts) -> Outcome {
    let (pool, cancel) = (Pool::new(2).unwrap(), Cancel::new());
    let run = Run { pool: &pool, cancel: &cancel, observer: &Silent, artifacts: &[] };
    let mut request = Request::new(parts, FailOn::At(Severity::Informational));
    request.rules =
        Some(RuleSource::Whole("attributes=type,mode,digest,size,link_target /".to_owned()));
    let now = Timestamp::parse("2026-11-21T12:00:00Z").unwrap();
    let occasion = Occasion { clock: &now, run_id: "test", binary_digest: None };
    let reference =
        before.map_or(Reference::PackageDatabase, |before| Reference::Other(Target::Live(before)));
    check::check(&Target::Live(target), &reference, &request, &run, &occasion).unwrap()
}

/// Every change as a line: cause, path, and whether a package's change explains it.
pub(super) fn changes(outcome: &Outcome) -> Vec<String> {
    let line = |change: &drift_core::report::document::Change| {
        let folded = if change.folded_into.is_some() { " folded" } else { "" };
        format!("{} {}{folded}", change.cause.name(), change.path)
    };
    let mut lines: Vec<String> = outcome.report.changes.iter().map(line).collect();
    lines.sort();
    lines
}
