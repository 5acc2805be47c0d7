//! The way that a check goes: seal, verify, decode, walk.

use std::collections::BTreeMap;
use std::sync::Arc;

use drift_core::baseline::{self, Baseline};
use drift_core::bounds::Timestamp;
use drift_core::rules::RuleSet;
use drift_core::seal::{
    Counts, Expectations, KeyAlgorithm, Predicate, PrivateKey, Reason, Sealed, SnapshotPredicate,
    Trust, TrustedKey, seal, verify,
};

use super::sample::{Plan, Random, snapshot, walk, written};

#[test]
fn a_sealed_snapshot_is_a_baseline_and_a_flipped_bit_is_none() {
    let mut random = Random::new(21);
    let frozen = Plan::random(&mut random, 5000).freeze(&mut random.clone());
    let snapshot = snapshot(&mut random, frozen);
    let encoded = baseline::encode(&snapshot).unwrap();
    let rules = RuleSet::from_text(&snapshot.rules).unwrap();
    let effective =
        baseline::effective_root(&mut snapshot.tree.cursor(), &rules, &snapshot.packages).unwrap();
    let created = Timestamp::parse("2026-11-21T12:00:00Z").unwrap();
    let predicate = Predicate::Snapshot(SnapshotPredicate {
        root: encoded.root,
        effective_root: effective,
        counts: Counts {
            entries: encoded.counts.entries,
            packages: encoded.counts.packages,
            problems: encoded.counts.problems,
        },
        identity: "web".into(),
        scope: vec!["entries".into()],
        tool: "0.1.0".into(),
        created,
        expires: None,
        sequence: 1,
        rules_digest: rules.digest(),
        policies_digest: None,
        provenance: BTreeMap::new(),
        accepted: None,
    });
    let key = PrivateKey::generate_from(KeyAlgorithm::Ed25519, &mut |bytes| {
        bytes.fill(4);
        true
    })
    .unwrap();
    let keys = std::slice::from_ref(&key);
    let bundle = seal(&encoded.bytes, "golden.drift", predicate, keys).unwrap().remove(0).bytes;
    let trust = Trust::of_keys(vec![TrustedKey::new("release", key.public())]);
    let open = |file: Vec<u8>| {
        let sealed = Sealed { file: file.into(), bundles: vec![bundle.clone()] };
        verify(&sealed, &trust, &Expectations::default(), created, None)
    };
    let (verified, _) = open(encoded.bytes.clone()).unwrap();
    assert_eq!(verified.get(), &Arc::<[u8]>::from(&*encoded.bytes));
    let baseline = Baseline::decode(verified).unwrap();
    assert_eq!(baseline.root(), encoded.root);
    assert_eq!(walk(&mut baseline.cursor()), Ok(written(&snapshot)));
    let again = baseline::effective_root(&mut baseline.cursor(), &rules, baseline.packages());
    assert_eq!(again, Ok(effective));
    for at in (0..encoded.bytes.len()).step_by(997) {
        let mut file = encoded.bytes.clone();
        file[at] ^= 1;
        assert_eq!(open(file).unwrap_err().reason, Reason::Altered);
    }
}
