//! What the cases have in common: runs of the library over computed trees.

use std::error::Error;
use std::io::{self, Write};

use drift_core::bounds::{Cancel, Pool, Silent, Timestamp};
use drift_core::capture::{self, Captured, Options, Parts, RuleSource, Run};
use drift_core::check::{Occasion, Outcome, Reference, Request, Target, check};
use drift_core::judge::FailOn;
use drift_core::model::{Severity, SourceKind};
use drift_core::source::{Source, Volume, Walked};

pub(crate) type Outcomes<T> = Result<T, Box<dyn Error>>;

/// As many as the machine that the figures are from has cores.
const THREADS: usize = 2;

/// Makes a source of a computed volume.
pub(crate) fn source_of<V: Volume>(volume: V) -> Walked<V> {
    Walked::new(volume, SourceKind::Memory, "memory:grown")
}

/// Rules that do not depend on what the tree says it is.
pub(crate) fn rules(texts: Vec<(String, String)>) -> RuleSource {
    RuleSource::Layers { profiles: vec!["debian".to_owned()], texts }
}

pub(crate) fn captured(source: &dyn Source, rules: RuleSource) -> Outcomes<Captured> {
    let (pool, cancel) = (Pool::new(THREADS)?, Cancel::new());
    let run = Run { pool: &pool, cancel: &cancel, observer: &Silent, artifacts: &[] };
    let options = Options {
        rules,
        parts: Parts::ALL,
        vendor_digests: false,
        configs: false,
        binaries: false,
    };
    Ok(capture::capture(source, &options, &run)?)
}

/// Checks; what is asked for beyond the plain request, `ask` adds.
pub(crate) fn checked(
    target: &Target<'_>,
    reference: &Reference<'_>,
    ask: impl FnOnce(&mut Request),
) -> Outcomes<Outcome> {
    let (pool, cancel) = (Pool::new(THREADS)?, Cancel::new());
    let run = Run { pool: &pool, cancel: &cancel, observer: &Silent, artifacts: &[] };
    let mut request = Request::new(Parts::ALL, FailOn::At(Severity::Medium));
    request.rules = Some(rules(Vec::new()));
    ask(&mut request);
    let now = Timestamp::parse("2026-11-21T12:00:00Z")?;
    let occasion = Occasion { clock: &now, run_id: "grow", binary_digest: None };
    Ok(check(target, reference, &request, &run, &occasion)?)
}

/// Compares two trees that are captured now.
pub(crate) fn compared(
    before: &dyn Source,
    after: &dyn Source,
    ask: impl FnOnce(&mut Request),
) -> Outcomes<Outcome> {
    checked(&Target::Live(after), &Reference::Other(Target::Live(before)), ask)
}

/// Counts what is written, and keeps nothing.
#[derive(Debug, Default)]
pub(crate) struct Count(pub(crate) u64);

impl Write for Count {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0 = self.0.saturating_add(bytes.len() as u64);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
