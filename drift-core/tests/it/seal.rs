//! Seals against other programs, against tampering, and against the attacks of the threat model.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a broken precondition ends the test")]

mod crafted;
mod faults;
mod oracles;
mod tamper;
mod tools;

use std::collections::BTreeMap;

use drift_core::bounds::Timestamp;
use drift_core::model::Digest;
use drift_core::seal::{
    Counts, Expectations, KeyAlgorithm, LineageState, Predicate, PrivateKey, PublicKey, Reason,
    SealInfo, Sealed, SnapshotPredicate, Trust, TrustedKey, countersign, seal, verify,
};

const ALGORITHMS: [KeyAlgorithm; 2] = [KeyAlgorithm::EcdsaP256, KeyAlgorithm::Ed25519];
const FILE: &[u8] = b"\0the bytes of a snapshot, which no test of seals ever reads\xff";
const CREATED: &str = "2026-11-21T12:00:00Z";
const NOW: &str = "2026-11-22T12:00:00Z";

fn at(text: &str) -> Timestamp {
    Timestamp::parse(text).unwrap()
}

fn key(algorithm: KeyAlgorithm, seed: u8) -> PrivateKey {
    PrivateKey::generate_from(algorithm, &mut |bytes| {
        bytes.fill(seed);
        true
    })
    .unwrap()
}

fn snapshot(sequence: u64) -> SnapshotPredicate {
    SnapshotPredicate {
        root: Digest::sha256_of(b"root"),
        effective_root: Digest::sha256_of(b"effective"),
        counts: Counts { entries: 3, packages: 2, problems: 0 },
        identity: "web".into(),
        scope: vec!["entries".into(), "packages".into()],
        tool: "0.1.0".into(),
        created: at(CREATED),
        expires: Some(at("2027-11-21T12:00:00Z")),
        sequence,
        rules_digest: Digest::sha256_of(b"rules"),
        policies_digest: None,
        provenance: BTreeMap::new(),
        accepted: None,
    }
}

fn predicate(sequence: u64) -> Predicate {
    Predicate::Snapshot(snapshot(sequence))
}

fn sealed(bundles: Vec<Vec<u8>>) -> Sealed {
    Sealed { file: FILE.into(), bundles }
}

fn bundle(predicate: Predicate, key: &PrivateKey) -> Vec<u8> {
    let keys = std::slice::from_ref(key);
    seal(FILE, "golden.drift", predicate, keys).unwrap().remove(0).bytes
}

/// Seals with the first key and countersigns with the others.
fn sealed_by(keys: &[&PrivateKey]) -> Sealed {
    let first = bundle(predicate(7), keys[0]);
    let mut bundles = vec![first.clone()];
    for key in &keys[1..] {
        bundles.push(countersign(FILE, &first, key).unwrap().bytes);
    }
    sealed(bundles)
}

fn trust(keys: &[&PublicKey]) -> Trust {
    let named = keys.iter().enumerate();
    Trust::of_keys(
        named
            .map(|(number, key)| TrustedKey::new(&format!("key-{number}"), (*key).clone()))
            .collect(),
    )
}

fn ask(sealed: &Sealed, trust: &Trust) -> Result<SealInfo, Reason> {
    ask_more(sealed, trust, &Expectations::default(), NOW, None)
}

/// Verifies, and stands for whoever decodes: only a success reaches the bytes.
fn ask_more(
    sealed: &Sealed,
    trust: &Trust,
    expectations: &Expectations,
    now: &str,
    state: Option<&LineageState>,
) -> Result<SealInfo, Reason> {
    match verify(sealed, trust, expectations, at(now), state) {
        Ok((verified, info)) => {
            assert_eq!(Digest::sha256_of(verified.get()), info.statement.subject_digest);
            Ok(info)
        }
        Err(untrusted) => {
            assert!(!untrusted.detail.is_empty());
            Err(untrusted.reason)
        }
    }
}
