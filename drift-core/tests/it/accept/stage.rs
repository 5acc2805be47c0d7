//! A golden baseline and a snapshot, sealed and stored by hand.

use std::collections::BTreeMap;
use std::sync::Arc;

use drift_core::baseline::{self, Baseline, UnverifiedSnapshot};
use drift_core::bounds::{Cancel, Pool, Silent, Timestamp};
use drift_core::capture::{self, Captured, Options, Parts, RuleSource, Run};
use drift_core::check::{
    self, AcceptError, Acceptance, Accepted, Occasion, Reference, Request, Selector, Target, View,
};
use drift_core::judge::FailOn;
use drift_core::model::{Severity, SourceKind};
use drift_core::report::{self, Previous, Report, Style};
use drift_core::seal::{
    Counts, Expectations, KeyAlgorithm, Predicate, PrivateKey, SealInfo, Sealed, SnapshotPredicate,
    Trust, TrustedKey, seal, verify,
};
use drift_core::source::{MemoryVolume, Source, Walked};

pub(super) const NOW: &str = "2026-11-21T12:00:00Z";

/// A golden baseline and a stored snapshot.
pub(super) struct Pair {
    golden: Baseline,
    seal: SealInfo,
    snapshot: UnverifiedSnapshot,
}

pub(super) fn capture(volume: MemoryVolume, rules: &str) -> Captured {
    capture_of(&Walked::new(volume, SourceKind::Memory, "memory:"), rules)
}

pub(super) fn capture_of(source: &dyn Source, rules: &str) -> Captured {
    let (pool, cancel) = (Pool::new(1).unwrap(), Cancel::new());
    let run = Run { pool: &pool, cancel: &cancel, observer: &Silent, artifacts: &[] };
    let options = Options {
        rules: RuleSource::Whole(rules.to_owned()),
        parts: Parts::ALL,
        vendor_digests: false,
        configs: false,
        binaries: false,
    };
    capture::capture(source, &options, &run).unwrap()
}

/// Reads a stored snapshot back.
pub(super) fn stored(bytes: Vec<u8>) -> UnverifiedSnapshot {
    UnverifiedSnapshot::decode(Arc::from(bytes)).unwrap()
}

/// Runs something that needs workers.
fn with_run<R>(work: impl FnOnce(&Run<'_>, &Occasion<'_>) -> R) -> R {
    let (pool, cancel) = (Pool::new(1).unwrap(), Cancel::new());
    let run = Run { pool: &pool, cancel: &cancel, observer: &Silent, artifacts: &[] };
    let now = Timestamp::parse(NOW).unwrap();
    work(&run, &Occasion { clock: &now, run_id: "test", binary_digest: None })
}

fn sealed(golden: &Captured) -> (Baseline, SealInfo) {
    let encoded = baseline::encode(&golden.snapshot).unwrap();
    let predicate = Predicate::Snapshot(SnapshotPredicate {
        root: encoded.root,
        effective_root: encoded.root,
        counts: Counts::default(),
        identity: "web".to_owned(),
        scope: vec!["entries".to_owned()],
        tool: "0.1.0".to_owned(),
        created: Timestamp::parse("2026-11-20T12:00:00Z").unwrap(),
        expires: None,
        sequence: 7,
        rules_digest: golden.rules.digest(),
        policies_digest: None,
        provenance: BTreeMap::new(),
        accepted: None,
    });
    let key = PrivateKey::generate_from(KeyAlgorithm::Ed25519, &mut |bytes| {
        bytes.fill(4);
        true
    })
    .unwrap();
    let bundle = seal(&encoded.bytes, "golden.drift", predicate, std::slice::from_ref(&key));
    let sealed =
        Sealed { file: encoded.bytes.into(), bundles: vec![bundle.unwrap().remove(0).bytes] };
    let trust = Trust::of_keys(vec![TrustedKey::new("release", key.public())]);
    let now = Timestamp::parse(NOW).unwrap();
    let (verified, info) = verify(&sealed, &trust, &Expectations::default(), now, None).unwrap();
    (Baseline::decode(verified).unwrap(), info)
}

impl Pair {
    pub(super) fn new(golden: &Captured, snapshot: &Captured) -> Self {
        let (golden, seal) = sealed(golden);
        let bytes = baseline::encode(&snapshot.snapshot).unwrap().bytes;
        Self { golden, seal, snapshot: stored(bytes) }
    }

    pub(super) fn of_volumes(golden: MemoryVolume, snapshot: MemoryVolume, rules: &str) -> Self {
        Self::new(&capture(golden, rules), &capture(snapshot, rules))
    }

    fn sealed(&self) -> check::Sealed<'_> {
        check::Sealed { baseline: &self.golden, seal: &self.seal, file: "golden.drift" }
    }

    /// What a check would say of the stored snapshot.
    pub(super) fn report(&self) -> Report {
        let view = View::of_unverified(&self.snapshot);
        let request = Request::new(Parts::ALL, FailOn::At(Severity::Informational));
        let (target, reference) = (Target::Stored(&view), Reference::Sealed(self.sealed()));
        with_run(|run, occasion| check::check(&target, &reference, &request, run, occasion))
            .unwrap()
            .report
    }

    /// What a check of this volume says.
    pub(super) fn live(&self, volume: MemoryVolume) -> Report {
        let source = Walked::new(volume, SourceKind::Memory, "memory:");
        let request = Request::new(Parts::ALL, FailOn::At(Severity::Informational));
        let (target, reference) = (Target::Live(&source), Reference::Sealed(self.sealed()));
        with_run(|run, occasion| check::check(&target, &reference, &request, run, occasion))
            .unwrap()
            .report
    }

    pub(super) fn accept(&self, selectors: &[Selector]) -> Result<Accepted, AcceptError> {
        self.accept_of(selectors, None)
    }

    pub(super) fn accept_of(
        &self,
        selectors: &[Selector],
        report: Option<&Previous>,
    ) -> Result<Accepted, AcceptError> {
        let view = View::of_unverified(&self.snapshot);
        let acceptance = Acceptance { golden: self.sealed(), snapshot: &view, selectors, report };
        with_run(|run, occasion| check::accept(&acceptance, run, occasion))
    }

    /// Returns the id of the change at a path.
    pub(super) fn id(&self, path: &str) -> String {
        let report = self.report();
        report.changes.iter().find(|change| change.path == path).unwrap().id.clone()
    }

    /// Returns why a selection is refused.
    pub(super) fn refusal(&self, selectors: &[Selector]) -> String {
        self.accept(selectors).map(|_| ()).unwrap_err().to_string()
    }
}

/// Reads a report back as an operator's file.
pub(super) fn previous(report: &Report) -> Previous {
    let mut bytes = Vec::new();
    (report::find("json").unwrap().write)(report, &Style::default(), &mut bytes).unwrap();
    Previous::read("report.json", &bytes, false).unwrap()
}

/// What was accepted, one line each.
pub(super) fn told(accepted: &Accepted) -> Vec<String> {
    let changes = accepted.report.changes.iter();
    changes.map(|change| format!("{} {}", change.kind, change.path)).collect()
}
