//! T01: every bit flipped, every byte inserted or doubled, every truncation, in both files.

use std::collections::BTreeMap;
use std::sync::Arc;

use drift_core::seal::{Expectations, Reason, Sealed, Trust, Verified, verify};

use super::{ALGORITHMS, FILE, NOW, ask, at, key, sealed_by, trust};

/// Stands for the decoder of baselines: it must never be reached here.
fn tripwire(_: Verified<Arc<[u8]>>) {
    panic!("bytes whose seal does not hold reached the decoder");
}

/// Refuses each of `changed`, and counts the reasons.
fn refuse(trust: &Trust, changed: impl Iterator<Item = Sealed>) -> BTreeMap<Reason, usize> {
    let mut reasons = BTreeMap::new();
    for sealed in changed {
        let result = verify(&sealed, trust, &Expectations::default(), at(NOW), None);
        let reason = result.map(|(verified, _)| tripwire(verified)).unwrap_err().reason;
        *reasons.entry(reason).or_default() += 1;
    }
    reasons
}

fn flips(bytes: &[u8]) -> impl Iterator<Item = Vec<u8>> + '_ {
    (0..bytes.len() * 8).map(|bit| {
        let mut flipped = bytes.to_vec();
        flipped[bit / 8] ^= 1 << (bit % 8);
        flipped
    })
}

/// Truncations from both ends, and one byte put in, doubled or taken out at every place.
fn cuts(bytes: &[u8]) -> impl Iterator<Item = Vec<u8>> + '_ {
    let ends = (0..bytes.len()).flat_map(|at| [bytes[..at].to_vec(), bytes[at + 1..].to_vec()]);
    let places = (0..=bytes.len()).flat_map(|at| {
        let put = |byte: u8| [&bytes[..at], &[byte], &bytes[at..]].concat();
        let mut all = vec![put(b' '), put(0), put(b'A')];
        if at < bytes.len() {
            all.push([&bytes[..at], &bytes[at + 1..]].concat());
        }
        all
    });
    ends.chain(places)
}

#[test]
fn no_changed_bundle_is_ever_taken() {
    for algorithm in ALGORITHMS {
        let signer = key(algorithm, 1);
        let trust = trust(&[&signer.public()]);
        let good = sealed_by(&[&signer]);
        assert!(ask(&good, &trust).is_ok());
        let bundle = &good.bundles[0];
        let of = |bundle| Sealed { file: Arc::clone(&good.file), bundles: vec![bundle] };
        let flipped = refuse(&trust, flips(bundle).map(of));
        assert_eq!(flipped.values().sum::<usize>(), bundle.len() * 8);
        // A flip that keeps the Base64 canonical breaks the signature, any other the form.
        assert_eq!(
            flipped.keys().copied().collect::<Vec<_>>(),
            [Reason::Malformed, Reason::Altered]
        );
        assert!(flipped[&Reason::Altered] > 1000, "{flipped:?}");
        let cut = refuse(&trust, cuts(bundle).map(of));
        assert_eq!(cut.values().sum::<usize>(), bundle.len() * 6 + 3);
        assert_eq!(cut.keys().copied().collect::<Vec<_>>(), [Reason::Malformed]);
    }
}

#[test]
fn no_changed_file_is_ever_taken() {
    let signer = key(ALGORITHMS[0], 1);
    let trust = trust(&[&signer.public()]);
    let good = sealed_by(&[&signer]);
    let of = |file: Vec<u8>| Sealed { file: file.into(), bundles: good.bundles.clone() };
    let changed = flips(FILE).chain(cuts(FILE)).filter(|changed| changed != FILE);
    let refused = refuse(&trust, changed.map(of));
    assert_eq!(refused.keys().copied().collect::<Vec<_>>(), [Reason::Altered]);
    assert!(refused[&Reason::Altered] >= FILE.len() * 13, "{refused:?}");
}
