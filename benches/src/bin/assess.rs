//! Checks a target with policies and prints how long each phase took, and the most memory held.
//!
//! `assess TARGET PACK...` compares a target with its own package database. `assess changes:N PACK...`
//! compares a generated tree of about N entries with one in which every file says something else, so
//! that policies see about 0.9 N changes. Times are of one run; nothing is asserted.

#![expect(
    clippy::disallowed_methods,
    reason = "a measurement takes arguments and looks at a clock"
)]

use std::alloc::System;
use std::collections::BTreeMap;
use std::error::Error;
use std::io::Write as _;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use cap::Cap;
use drift_benches::GeneratedVolume;
use drift_core::bounds::{Cancel, Event, Observer, Pool, Timestamp};
use drift_core::capture::{Parts, RuleSource, Run};
use drift_core::check::{Assessment, Occasion, Reference, Request, Target, check};
use drift_core::judge::FailOn;
use drift_core::model::{Severity, SourceKind};
use drift_core::policy::{self, InProcess, Limits, PolicySet};
use drift_core::source::{self, Selection, Walked};

#[global_allocator]
static MEMORY: Cap<System> = Cap::new(System, usize::MAX);

/// As many as the machine that the figures in README.md are from has cores.
const THREADS: usize = 2;

/// When each phase began, and how much memory was held then.
#[derive(Debug, Default)]
struct Phases {
    begun: Mutex<Vec<(&'static str, Option<Instant>, usize)>>,
}

impl Observer for Phases {
    fn event(&self, event: Event<'_>) {
        if let Event::Phase(name) = event {
            let mut begun = self.begun.lock().unwrap_or_else(PoisonError::into_inner);
            begun.push((name, Some(Instant::now()), MEMORY.allocated()));
        }
    }
}

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let Some((target, packs)) = arguments.split_first() else {
        return Err("usage: assess TARGET|changes:N PACK...".into());
    };
    let loading = Instant::now();
    let set = Arc::new(load(packs)?);
    say("load the policies", loading.elapsed().as_secs_f64())?;
    let phases = Phases::default();
    let (pool, cancel) = (Pool::new(THREADS)?, Cancel::new());
    let run = Run { pool: &pool, cancel: &cancel, observer: &phases, artifacts: &[] };
    let mut request = Request::new(Parts::ALL, FailOn::At(Severity::Medium));
    let evaluator = Arc::new(InProcess { limits: Limits::default() });
    request.assessment = Some(Assessment { set: Arc::clone(&set), evaluator, keep_input: false });
    let now = Timestamp::parse("2026-11-21T12:00:00Z")?;
    let occasion = Occasion { clock: &now, run_id: "assess", binary_digest: None };
    let outcome = match target.strip_prefix("changes:") {
        Some(entries) => {
            request.rules =
                Some(RuleSource::Layers { profiles: vec!["debian".to_owned()], texts: Vec::new() });
            let before = GeneratedVolume::new(entries.parse()?);
            let after = Walked::new(before.altered(), SourceKind::Memory, "memory:altered");
            let before = Walked::new(before, SourceKind::Memory, "memory:generated");
            let reference = Reference::Other(Target::Live(&before));
            check(&Target::Live(&after), &reference, &request, &run, &occasion)?
        }
        None => {
            let source = source::open(target, &Selection::default())?;
            check(&Target::Live(&*source), &Reference::PackageDatabase, &request, &run, &occasion)?
        }
    };
    let end = Instant::now();
    let begun = phases.begun.lock().unwrap_or_else(PoisonError::into_inner);
    for (place, (name, at, held)) in begun.iter().enumerate() {
        let next = begun.get(place + 1).and_then(|(_, at, _)| *at).unwrap_or(end);
        let seconds = at.map_or(0.0, |at| next.duration_since(at).as_secs_f64());
        writeln!(std::io::stdout().lock(), "{name:<20} {seconds:>8.3} s, from {held} bytes")?;
    }
    writeln!(std::io::stdout().lock(), "peak {} bytes", MEMORY.max_allocated())?;
    let mut statuses: BTreeMap<&str, u64> = BTreeMap::new();
    for policy in &outcome.report.policies {
        *statuses.entry(policy.status).or_default() += 1;
    }
    let found = (outcome.report.coverage.entries, outcome.report.changes.len());
    let count = set.policies.len();
    writeln!(
        std::io::stdout().lock(),
        "{found:?} entries and changes, {count} policies: {statuses:?}"
    )?;
    Ok(())
}

fn load(packs: &[String]) -> Result<PolicySet, Box<dyn Error>> {
    let found =
        packs.iter().map(|name| policy::pack(name).ok_or_else(|| format!("no pack {name}")));
    Ok(policy::load_to_evaluate(found.collect::<Result<_, _>>()?)?)
}

fn say(what: &str, seconds: f64) -> Result<(), Box<dyn Error>> {
    Ok(writeln!(std::io::stdout().lock(), "{what:<20} {seconds:>8.3} s")?)
}
