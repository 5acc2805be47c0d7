//! What it costs to take up a baseline again: read, verify, decode, and compare with an equal
//! snapshot; then each part of that alone.
//!
//! `reload make ENTRIES DIR` captures, encodes and seals a generated tree into DIR; `reload ENTRIES
//! DIR ROUNDS` captures the same tree and measures. The capture itself is not counted. Where a
//! machine does other work too, processor time says more than the time that passed.

#![expect(
    clippy::disallowed_methods,
    reason = "a measurement takes arguments and looks at a clock"
)]

use std::error::Error;
use std::io::Write as _;
use std::path::Path;
use std::time::{Duration, Instant};

use drift_benches::GeneratedVolume;
use drift_core::artifact::{self, Replace};
use drift_core::baseline::{self, Baseline, effective_root, root_of};
use drift_core::bounds::{Cancel, Pool, Silent, Timestamp};
use drift_core::capture::{self, Captured, Options, Parts, RuleSource, Run};
use drift_core::check::{Occasion, Reference, Request, Sealed, Target, View, check};
use drift_core::compare::{Context, compare};
use drift_core::judge::FailOn;
use drift_core::model::{Cursor, Severity, SourceKind};
use drift_core::seal::{
    Counts, Expectations, KeyAlgorithm, Predicate, PrivateKey, PublicKey, SnapshotPredicate, Trust,
    TrustedKey, seal, verify,
};
use drift_core::source::Walked;
use rustix::time::{ClockId, clock_gettime};

const SEALED_AT: &str = "2026-11-21T12:00:00Z";
const THREADS: usize = 2;
const MAX_FILE_BYTES: usize = 1 << 30;

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match arguments.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
        ["make", entries, directory] => make(entries.parse()?, Path::new(directory)),
        [entries, directory, rounds] => {
            measure(entries.parse()?, Path::new(directory), rounds.parse()?)
        }
        _ => Err("usage: reload make ENTRIES DIR, then reload ENTRIES DIR ROUNDS".into()),
    }
}

fn captured(entries: u64, run: &Run<'_>) -> Result<Captured, Box<dyn Error>> {
    let volume = GeneratedVolume::new(entries);
    let source = Walked::new(volume, SourceKind::Memory, "memory:generated");
    let rules = RuleSource::Layers { profiles: vec!["debian".to_owned()], texts: Vec::new() };
    let options = Options {
        rules,
        parts: Parts::ALL,
        vendor_digests: false,
        configs: false,
        binaries: false,
    };
    Ok(capture::capture(&source, &options, run)?)
}

fn make(entries: u64, directory: &Path) -> Result<(), Box<dyn Error>> {
    let (pool, cancel) = (Pool::new(THREADS)?, Cancel::new());
    let run = Run { pool: &pool, cancel: &cancel, observer: &Silent, artifacts: &[] };
    let captured = captured(entries, &run)?;
    let encoded = baseline::encode(&captured.snapshot)?;
    let key = PrivateKey::generate(KeyAlgorithm::Ed25519)?;
    let counts = encoded.counts;
    let predicate = Predicate::Snapshot(SnapshotPredicate {
        root: encoded.root,
        effective_root: encoded.root,
        counts: Counts { entries: counts.entries, packages: 0, problems: counts.problems },
        identity: "generated".to_owned(),
        scope: vec!["entries".to_owned()],
        tool: "reload".to_owned(),
        created: Timestamp::parse(SEALED_AT)?,
        expires: None,
        sequence: 1,
        rules_digest: captured.rules.digest(),
        policies_digest: None,
        provenance: std::collections::BTreeMap::new(),
        accepted: None,
    });
    let seals = seal(&encoded.bytes, "tree.drift", predicate, std::slice::from_ref(&key))?;
    artifact::write(&directory.join("tree.drift"), &encoded.bytes, 0o644, Replace::Yes)?;
    for one in seals {
        let beside = directory.join(format!("tree.drift{}", one.suffix));
        artifact::write(&beside, &one.bytes, 0o644, Replace::Yes)?;
    }
    let pem = directory.join("key.pub.pem");
    artifact::write(&pem, key.public().to_pem().as_bytes(), 0o644, Replace::Yes)?;
    let bytes = encoded.bytes.len() as f64 / counts.entries as f64;
    Ok(writeln!(std::io::stdout(), "{} entries, {bytes:.2} bytes an entry", counts.entries)?)
}

fn measure(entries: u64, directory: &Path, rounds: usize) -> Result<(), Box<dyn Error>> {
    let (pool, cancel) = (Pool::new(THREADS)?, Cancel::new());
    let run = Run { pool: &pool, cancel: &cancel, observer: &Silent, artifacts: &[] };
    let captured = captured(entries, &run)?;
    let after = View::of_captured(&captured);
    let now = Timestamp::parse(SEALED_AT)?;
    let key = artifact::read_bounded(&directory.join("key.pub.pem"), 1 << 10)?;
    let key = PublicKey::from_pem(&String::from_utf8(key)?)?;
    let trust = Trust::of_keys(vec![TrustedKey::new("reload", key)]);
    let file = directory.join("tree.drift");
    let mut timed = Timed::default();
    for _ in 0..rounds {
        let whole = Clock::start();
        let clock = Clock::start();
        let sealed = artifact::open_sealed(&file, MAX_FILE_BYTES)?;
        timed.note("read the file", &clock);
        let clock = Clock::start();
        let (bytes, info) = verify(&sealed, &trust, &Expectations::default(), now, None)
            .map_err(|untrusted| untrusted.detail)?;
        timed.note("verify the seal", &clock);
        let clock = Clock::start();
        let baseline = Baseline::decode(bytes)?;
        timed.note("decode the indexes", &clock);
        let reference =
            Reference::Sealed(Sealed { baseline: &baseline, seal: &info, file: "tree.drift" });
        let request = Request::new(Parts::ALL, FailOn::At(Severity::Medium));
        let occasion = Occasion { clock: &now, run_id: "reload", binary_digest: None };
        let outcome = check(&Target::Stored(&after), &reference, &request, &run, &occasion)?;
        timed.note("all: read, verify, compare, roots, report", &whole);
        if outcome.report.changes.len() + outcome.report.problems.len() > 0 {
            return Err("the trees are not equal".into());
        }
        let clock = Clock::start();
        let mut cursor = baseline.cursor();
        let mut walked = 0u64;
        while cursor.next()?.is_some() {
            walked += 1;
        }
        timed.note("alone: walk the baseline", &clock);
        let clock = Clock::start();
        let context = Context {
            rules: &captured.rules,
            before: baseline.carries(),
            before_parts: &[],
            after: captured.snapshot.carries,
            artifacts: &[],
            watch: &[],
            outside: &[],
            cancel: &cancel,
        };
        compare(&mut baseline.cursor(), &mut captured.snapshot.tree.cursor(), &context)?;
        timed.note("alone: compare entry by entry", &clock);
        let clock = Clock::start();
        let root = root_of(&captured.snapshot)?;
        timed.note("alone: root", &clock);
        let clock = Clock::start();
        let packages = &captured.snapshot.packages;
        effective_root(&mut captured.snapshot.tree.cursor(), &captured.rules, packages)?;
        timed.note("alone: effective root", &clock);
        if root != baseline.root() || walked != baseline.counts().entries {
            return Err("the roots are not equal".into());
        }
    }
    timed.say()
}

struct Clock(Instant, Duration);

fn processor() -> Duration {
    Duration::try_from(clock_gettime(ClockId::ProcessCPUTime)).unwrap_or_default()
}

impl Clock {
    fn start() -> Self {
        Self(Instant::now(), processor())
    }
}

/// Times by what was done, in the order in which it was done first.
#[derive(Default)]
struct Timed(Vec<(&'static str, Vec<(Duration, Duration)>)>);

impl Timed {
    fn note(&mut self, what: &'static str, clock: &Clock) {
        let took = (clock.0.elapsed(), processor().saturating_sub(clock.1));
        match self.0.iter_mut().find(|(known, _)| *known == what) {
            Some((_, all)) => all.push(took),
            None => self.0.push((what, vec![took])),
        }
    }

    fn say(self) -> Result<(), Box<dyn Error>> {
        let mut out = std::io::stdout().lock();
        writeln!(
            out,
            "{:44} {:>26} {:>26}",
            "", "passed (least, median)", "processor (least, median)"
        )?;
        for (what, all) in self.0 {
            let of = |pick: fn(&(Duration, Duration)) -> Duration| {
                let mut times: Vec<f64> = all.iter().map(|one| pick(one).as_secs_f64()).collect();
                times.sort_by(f64::total_cmp);
                let median = times.get(times.len() / 2).copied().unwrap_or_default();
                (times.first().copied().unwrap_or_default(), median)
            };
            let ((wall, walls), (cpu, cpus)) = (of(|one| one.0), of(|one| one.1));
            writeln!(out, "{what:44} {wall:12.3} s {walls:10.3} s {cpu:12.3} s {cpus:10.3} s")?;
            // For `compare`, which takes lines of a name and a number.
            if what.starts_with("all:") {
                writeln!(out, "seconds {walls:.6}\nprocessor {cpus:.6}")?;
            }
        }
        Ok(())
    }
}
