//! The state directory over a whole run: one run at a time, and the stamps that a monitor reads.
//!
//! `last-run.json` tells of the last check that came to a verdict, `last-success.json` of the last one
//! that was clean and complete. The latter's age is the one thing to watch: a run that never began,
//! hangs, or is killed leaves it as old as it is.

use std::path::{Path, PathBuf};

use drift_core::artifact::{self, Held, LINEAGES_FILE, RUN_LOCK_FILE, Replace};
use drift_core::bounds::Timestamp;
use drift_core::check::Outcome;
use drift_core::judge::{Exit, Status};
use serde::Serialize;

use crate::args::Check;
use crate::failure::Failure;
use crate::incremental::{CACHE_FILE, KEY_FILE};
use crate::settings::Settings;
use crate::terminal::Terminal;

const LAST_RUN_FILE: &str = "last-run.json";
const LAST_SUCCESS_FILE: &str = "last-success.json";

/// Read by monitors that are not root, where they may enter the directory.
const STAMP_MODE: u32 = 0o644;

/// The state directory of one run.
#[derive(Debug)]
pub(crate) enum Lease {
    /// It is this run's alone.
    Held { directory: PathBuf, _lock: Held },
    /// Another run has it.
    Busy(String),
    /// There is none that could be written, so that no other run leaves anything there either.
    Without,
}

/// What a monitor needs to know of a run.
#[derive(Serialize)]
struct Stamp<'s> {
    schema: &'static str,
    /// When it ended, by the clock of the machine.
    time: String,
    /// How long it took.
    seconds: u64,
    run_id: &'s str,
    status: &'s str,
    exit_code: u8,
    complete: bool,
    reason: Option<&'s str>,
    target: &'s str,
    only: &'s [String],
    fail_on: &'s str,
    identity: Option<&'s str>,
    sequence: Option<u64>,
    baseline: Option<&'s str>,
    root: Option<&'s str>,
    effective_root: Option<&'s str>,
}

/// Takes the state directory for this run.
pub(crate) fn hold(settings: &Settings, named: Option<&PathBuf>) -> Lease {
    let Some(directory) = settings.state_directory(named) else { return Lease::Without };
    match artifact::hold(&directory) {
        Ok(lock) => Lease::Held { directory, _lock: lock },
        Err(error @ artifact::Error::Busy { .. }) => Lease::Busy(error.to_string()),
        // What follows from that is told where the sequence cannot be remembered.
        Err(_) => Lease::Without,
    }
}

/// Takes the state directory for a run that writes no report of being refused.
pub(crate) fn hold_or_fail(settings: &Settings, named: Option<&PathBuf>) -> Result<Lease, Failure> {
    match hold(settings, named) {
        Lease::Busy(why) => Err(Failure::busy(why)),
        lease => Ok(lease),
    }
}

/// Returns the files that drift keeps in the state directory.
pub(crate) fn files(settings: &Settings, named: Option<&PathBuf>) -> Vec<PathBuf> {
    let names =
        [LINEAGES_FILE, RUN_LOCK_FILE, LAST_RUN_FILE, LAST_SUCCESS_FILE, CACHE_FILE, KEY_FILE];
    let directory = settings.state_directory(named);
    directory.iter().flat_map(|directory| names.map(|name| directory.join(name))).collect()
}

/// Leaves the stamps of a run whose report was written.
pub(crate) fn stamp(
    lease: &Lease,
    args: &Check,
    outcome: &Outcome,
    exit: Exit,
    (started, ended): (Timestamp, Timestamp),
    terminal: &Terminal,
) {
    // A run at a time that was made up proves nothing of now.
    let Lease::Held { directory, .. } = lease else { return };
    if args.elsewhere || args.trust.now.is_some() {
        return;
    }
    let (report, verdict) = (&outcome.report, &outcome.verdict);
    let seconds = ended.seconds().saturating_sub(started.seconds());
    let stamp = Stamp {
        schema: "drift.run/v1",
        time: ended.to_string(),
        seconds: u64::try_from(seconds).unwrap_or_default(),
        run_id: &report.run_id,
        status: verdict.status().name(),
        exit_code: exit.code,
        complete: verdict.complete(),
        reason: verdict.reason(),
        target: &report.target.locator,
        only: &report.scope.only,
        fail_on: &report.scope.fail_on,
        identity: report.baseline.identity.as_deref(),
        sequence: report.baseline.sequence,
        baseline: report.baseline.digest.as_deref(),
        root: report.target.root_digest.as_deref(),
        effective_root: report.target.effective_root.as_deref(),
    };
    let mut names = vec![LAST_RUN_FILE];
    // A check with a sealed bundle or waivers alone proves nothing of a golden state.
    if verdict.status() == Status::Clean && verdict.complete() && report.baseline.verified {
        names.push(LAST_SUCCESS_FILE);
    }
    for name in names {
        if let Err(why) = write(&directory.join(name), &stamp) {
            // A monitor will miss the stamp, so a silent run must tell why.
            terminal.note(&why);
        }
    }
}

fn write(path: &Path, stamp: &Stamp<'_>) -> Result<(), String> {
    let mut bytes = serde_json::to_vec_pretty(stamp).map_err(|error| error.to_string())?;
    bytes.push(b'\n');
    artifact::write(path, &bytes, STAMP_MODE, Replace::Yes)
        .map_err(|error| format!("the stamp of this run could not be written: {error}"))
}
