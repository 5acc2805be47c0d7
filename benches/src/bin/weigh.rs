//! Runs one verb over a generated tree and prints the most memory that it held at once.
//!
//! `weigh capture ENTRIES DIR` captures, encodes and seals into DIR; `weigh check ENTRIES DIR`
//! verifies that and compares the same tree with it. `oci:LAYOUT` in place of ENTRIES does it with
//! an image. One verb a process, because the counting
//! allocator keeps one maximum for good. Nothing is asserted here; `tests/memory.rs` does that.

#![expect(clippy::disallowed_methods, reason = "a measurement takes arguments")]

use std::alloc::System;
use std::error::Error;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use cap::Cap;
use drift_benches::GeneratedVolume;
use drift_core::artifact::{self, Replace};
use drift_core::baseline::{self, Baseline};
use drift_core::bounds::{Cancel, Pool, Silent, Timestamp};
use drift_core::capture::{self, Options, Parts, RuleSource, Run};
use drift_core::check::{Occasion, Reference, Request, Sealed, Target, check};
use drift_core::judge::FailOn;
use drift_core::model::{Severity, SourceKind};
use drift_core::seal::{
    Counts, Expectations, KeyAlgorithm, Predicate, PrivateKey, PublicKey, SnapshotPredicate, Trust,
    TrustedKey, seal, verify,
};
use drift_core::source::{self, Selection, Source, Walked};

#[global_allocator]
static MEMORY: Cap<System> = Cap::new(System, usize::MAX);

const SEALED_AT: &str = "2026-11-21T12:00:00Z";
const CHECKED_AT: &str = "2026-11-21T13:00:00Z";
/// As many as the machine that the figures in README.md are from has cores.
const THREADS: usize = 2;
const MAX_FILE_BYTES: usize = 1 << 30;

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [verb, entries, directory] = arguments.as_slice() else {
        return Err("usage: weigh capture|check ENTRIES DIR".into());
    };
    let source: Box<dyn Source> = if entries.starts_with("oci:") {
        source::open(entries, &Selection::default())?
    } else {
        let volume = GeneratedVolume::new(entries.parse()?);
        Box::new(Walked::new(volume, SourceKind::Memory, "memory:generated"))
    };
    match verb.as_str() {
        "capture" => capture_and_seal(&*source, Path::new(directory)),
        "check" => check_again(&*source, Path::new(directory)),
        _ => Err("the verbs are capture and check".into()),
    }
}

fn capture_and_seal(source: &dyn Source, directory: &Path) -> Result<(), Box<dyn Error>> {
    let (pool, cancel) = (Pool::new(THREADS)?, Cancel::new());
    let run = Run { pool: &pool, cancel: &cancel, observer: &Silent, artifacts: &[] };
    let rules = RuleSource::Layers { profiles: vec!["debian".to_owned()], texts: Vec::new() };
    let options = Options {
        rules,
        parts: Parts::ALL,
        vendor_digests: false,
        configs: false,
        binaries: false,
    };
    let captured = capture::capture(source, &options, &run)?;
    say("entries", captured.snapshot.tree.len())?;
    say("peak_after_capture", MEMORY.max_allocated())?;
    say("held_after_capture", MEMORY.allocated())?;
    say("resident_after_capture", resident()?)?;
    let encoded = baseline::encode(&captured.snapshot)?;
    say("held_after_encode", MEMORY.allocated())?;
    say("file_bytes", encoded.bytes.len())?;
    let key = PrivateKey::generate(KeyAlgorithm::Ed25519)?;
    let counts = encoded.counts;
    let predicate = Predicate::Snapshot(SnapshotPredicate {
        root: encoded.root,
        effective_root: encoded.root,
        counts: Counts { entries: counts.entries, packages: 0, problems: counts.problems },
        identity: "generated".to_owned(),
        scope: vec!["entries".to_owned()],
        tool: "weigh".to_owned(),
        created: Timestamp::parse(SEALED_AT)?,
        expires: None,
        sequence: 1,
        rules_digest: captured.rules.digest(),
        policies_digest: None,
        provenance: std::collections::BTreeMap::new(),
        accepted: None,
    });
    let file = snapshot_in(directory);
    let seals = seal(&encoded.bytes, "tree.drift", predicate, std::slice::from_ref(&key))?;
    artifact::write(&file, &encoded.bytes, 0o644, Replace::Yes)?;
    for one in seals {
        let beside = directory.join(format!("tree.drift{}", one.suffix));
        artifact::write(&beside, &one.bytes, 0o644, Replace::Yes)?;
    }
    // No output takes the place of a key, and this one is of an earlier round.
    match std::fs::remove_file(key_in(directory)) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(error.into()),
        _ => {}
    }
    artifact::write(&key_in(directory), key.public().to_pem().as_bytes(), 0o644, Replace::Yes)?;
    say("peak", MEMORY.max_allocated())?;
    say("resident", resident()?)
}

fn check_again(source: &dyn Source, directory: &Path) -> Result<(), Box<dyn Error>> {
    let (pool, cancel) = (Pool::new(THREADS)?, Cancel::new());
    let run = Run { pool: &pool, cancel: &cancel, observer: &Silent, artifacts: &[] };
    let key = PublicKey::from_pem(&String::from_utf8(artifact::read_bounded(
        &key_in(directory),
        1 << 10,
    )?)?)?;
    let trust = Trust::of_keys(vec![TrustedKey::new("weigh", key)]);
    let now = Timestamp::parse(CHECKED_AT)?;
    let file = snapshot_in(directory);
    let sealed = artifact::open_sealed(&file, MAX_FILE_BYTES)?;
    say("file_bytes", sealed.file.len())?;
    let (bytes, info) = verify(&sealed, &trust, &Expectations::default(), now, None)
        .map_err(|untrusted| untrusted.detail)?;
    let baseline = Baseline::decode(bytes)?;
    drop(sealed);
    say("peak_after_load", MEMORY.max_allocated())?;
    let reference =
        Reference::Sealed(Sealed { baseline: &baseline, seal: &info, file: "tree.drift" });
    let request = Request::new(Parts::ALL, FailOn::At(Severity::Medium));
    let occasion = Occasion { clock: &now, run_id: "weigh", binary_digest: None };
    let outcome = check(&Target::Live(source), &reference, &request, &run, &occasion)?;
    say("changes", outcome.report.changes.len())?;
    say("exit_code", usize::from(outcome.verdict.exit().code))?;
    say("entries", usize::try_from(baseline.counts().entries)?)?;
    say("peak", MEMORY.max_allocated())?;
    say("resident", resident()?)
}

fn snapshot_in(directory: &Path) -> PathBuf {
    directory.join("tree.drift")
}

fn key_in(directory: &Path) -> PathBuf {
    directory.join("key.pub.pem")
}

/// What the kernel says was resident at most: the allocator's share, the program, its stacks.
fn resident() -> Result<usize, Box<dyn Error>> {
    let status = std::fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kibibytes = line.and_then(|line| line.trim().strip_suffix(" kB")).unwrap_or("0");
    Ok(kibibytes.trim().parse::<usize>()? << 10)
}

fn say(what: &str, bytes: usize) -> Result<(), Box<dyn Error>> {
    Ok(writeln!(std::io::stdout().lock(), "{what} {bytes}")?)
}
