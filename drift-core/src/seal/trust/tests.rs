//! Trust files: what they may say and how errors name the line.

use super::{Trust, TrustError, TrustFile, TrustedKey};
use crate::bounds::Timestamp;
use crate::model::Digest;
use crate::seal::{KeyAlgorithm, PrivateKey, PublicKey, Term};

fn key(seed: u8) -> PublicKey {
    PrivateKey::generate_from(KeyAlgorithm::Ed25519, &mut |bytes| {
        bytes.fill(seed);
        true
    })
    .unwrap()
    .public()
}

#[test]
fn everything_that_a_trust_file_can_say() {
    let id = "AB".repeat(8);
    let text = format!(
        "threshold = 2\n\
         [[key]]\nname = \"one\"\nfile = \"keys/one.pem\"\nvalid_from = 2026-01-01\n\
         valid_until = \"2026-12-31\"\n\
         [[key]]\nname = \"two\"\nfile = \"two.pem\"\nvalid_until = 2027-01-01T00:00:00Z\n\
         [[revoked]]\nkey = \"sha256:{}\"\nreason = \"lost\"\n\
         [[revoked]]\nkey = \"{id}\"\n\
         [subject]\nidentity = \"web\"\nmin_sequence = 7\nmax_age = \"90d\"\n",
        key(3).key_id_full().hex()
    );
    let file = TrustFile::parse(&text).unwrap();
    assert_eq!(file.keys()[0].file, "keys/one.pem");
    let more = vec![TrustedKey::new("three", key(3))];
    let trust = file.resolve(&[key(1).to_pem(), key(2).to_pem()], more).unwrap();
    assert_eq!(trust.threshold.get(), 2);
    assert_eq!(trust.keys.len(), 3);
    let time = |text| Some(Timestamp::parse(text).unwrap());
    assert_eq!(trust.keys[0].valid_from, time("2026-01-01T00:00:00Z"));
    assert_eq!(trust.keys[0].valid_until, time("2026-12-31T23:59:59Z"));
    assert_eq!(trust.keys[1].valid_until, time("2027-01-01T00:00:00Z"));
    assert_eq!(trust.subject.identity.as_deref(), Some("web"));
    assert_eq!(trust.subject.min_sequence, Some(7));
    assert_eq!(trust.subject.max_age, Some(Term::parse("90d").unwrap()));
    assert_eq!(trust.revocation(&key(3).key_id_full()).unwrap().reason, "lost");
    assert!(trust.revocation(&key(1).key_id_full()).is_none());
    let by_prefix = Digest::sha256([0xab; 32]);
    assert!(trust.revocation(&by_prefix).is_some());
}

#[test]
fn mistakes_name_their_line_or_field() {
    let line = |text: &str| match TrustFile::parse(text) {
        Err(TrustError::Format { line, .. }) => line,
        other => panic!("{text}: {other:?}"),
    };
    assert_eq!(line("threshold = 1\n\ntreshold = 2\n"), 3);
    assert_eq!(line("threshold = 0\n"), 1);
    assert_eq!(line("threshold = -1\n"), 1);
    assert_eq!(line("[[key]]\nname = \"a\"\nfile = \"b\"\nvalid = 1\n"), 4);
    assert_eq!(line("[subject]\nmin_sequence = \"7\"\n"), 2);
    assert_eq!(line("threshold = 1\nthreshold = 1\n"), 2);
    for text in [
        "[[revoked]]\nkey = \"abc\"\n",
        "[[revoked]]\nkey = \"zzzzzzzzzzzzzzzz\"\n",
        "[[revoked]]\nkey = \"\"\n",
        "[subject]\nmax_age = \"soon\"\n",
        "[subject]\nmax_age = 90\n",
        "[[key]]\nname = \"a\"\nfile = \"b\"\nvalid_from = \"soon\"\n",
        "[[key]]\nname = \"a\"\nfile = \"b\"\nvalid_until = 2026-01-01T00:00:00\n",
    ] {
        assert!(matches!(TrustFile::parse(text), Err(TrustError::Value { .. })), "{text}");
    }
}

#[test]
fn two_keys_of_one_name_are_refused_and_one_key_twice_is_not() {
    let twice = vec![TrustedKey::new("a", key(1)), TrustedKey::new("a", key(2))];
    let refused = Trust::of_keys(twice).check();
    assert_eq!(refused, Err(TrustError::SameName { name: "a".into() }));
    let same = vec![TrustedKey::new("a", key(1)), TrustedKey::new("b", key(1))];
    assert_eq!(Trust::of_keys(same).check(), Ok(()));
}
