//! Keys: published vectors, and everything that is no key of ours.

use super::{KeyAlgorithm, KeyError, PrivateKey, PublicKey};
use crate::model::Digest;

fn spki_pem(der: &[u8]) -> String {
    use base64::Engine as _;
    let body = base64::engine::general_purpose::STANDARD.encode(der);
    let lines: Vec<&[u8]> = body.as_bytes().chunks(64).collect();
    let body = String::from_utf8(lines.join(&b'\n')).unwrap();
    format!("-----BEGIN PUBLIC KEY-----\n{body}\n-----END PUBLIC KEY-----\n")
}

fn ed25519_spki(point: [u8; 32]) -> Vec<u8> {
    [&[0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x03, 0x21, 0x00][..], &point].concat()
}

fn seeded(algorithm: KeyAlgorithm, seed: u8) -> PrivateKey {
    PrivateKey::generate_from(algorithm, &mut |bytes| {
        bytes.fill(seed);
        true
    })
    .unwrap()
}

#[test]
fn rfc_6979_vector() {
    // RFC 6979, A.2.5: P-256, SHA-256, "sample"; the S there is the higher one, ours is n - S.
    let x = "c9afa9d845ba75166b5c215767b1d6934e50c3db36e89b127b8a622b120f6721";
    let secret = Digest::from_hex(crate::model::Algorithm::Sha256, x.as_bytes()).unwrap();
    let key = PrivateKey::generate_from(KeyAlgorithm::EcdsaP256, &mut |bytes| {
        bytes.copy_from_slice(secret.as_bytes());
        true
    })
    .unwrap();
    let signature = crate::model::hex(&key.sign(b"sample").unwrap());
    assert!(
        signature.contains("efd48b2aacb6a8fd1140dd9cd45e81d69d2c877b56aaf991c34d0ea84eaf3716"),
        "{signature}"
    );
    // n - S, computed by hand from the vector's S and the order of the curve.
    assert!(
        signature.ends_with("0834e36ad29a83bf2bc9385e491d6099c8fdf9d1ed67aa7ea5f51f93782857a9"),
        "{signature}"
    );
}

#[test]
fn rfc_8032_vector() {
    // RFC 8032, 7.1, test 1: the empty message.
    let seed = "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60";
    let seed = Digest::from_hex(crate::model::Algorithm::Sha256, seed.as_bytes()).unwrap();
    let key = PrivateKey::generate_from(KeyAlgorithm::Ed25519, &mut |bytes| {
        bytes.copy_from_slice(seed.as_bytes());
        true
    })
    .unwrap();
    assert_eq!(
        crate::model::hex(&key.sign(b"").unwrap()),
        "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b"
    );
}

#[test]
fn a_key_survives_its_pem_and_only_its_own_signature_holds() {
    for algorithm in [KeyAlgorithm::EcdsaP256, KeyAlgorithm::Ed25519] {
        let key = seeded(algorithm, 7);
        let other = seeded(algorithm, 8).public();
        let again = PrivateKey::from_pem(&key.to_pem().unwrap()).unwrap();
        let public = PublicKey::from_pem(&key.public().to_pem()).unwrap();
        assert_eq!(again.public(), public);
        assert_eq!(public.algorithm(), algorithm);
        let signature = again.sign(b"message").unwrap();
        assert_eq!(signature, key.sign(b"message").unwrap());
        assert!(public.verify(b"message", &signature));
        assert!(!public.verify(b"massage", &signature));
        assert!(!other.verify(b"message", &signature));
        for position in 0..signature.len() {
            for bit in 0..8 {
                let mut flipped = signature.clone();
                flipped[position] ^= 1 << bit;
                assert!(!public.verify(b"message", &flipped), "{algorithm:?} {position} {bit}");
            }
            assert!(!public.verify(b"message", &signature[..position]));
        }
        assert!(!public.verify(b"message", &[&signature[..], b"\0"].concat()));
        assert_eq!(format!("{key:?}"), format!("PrivateKey(of {})", public.key_id_full()));
    }
}

#[test]
fn the_higher_s_is_refused_but_can_be_normalised() {
    let key = seeded(KeyAlgorithm::EcdsaP256, 3);
    let low = key.sign(b"message").unwrap();
    let parsed = p256::ecdsa::Signature::from_der(&low).unwrap();
    let high = p256::ecdsa::Signature::from_scalars(*parsed.r(), -*parsed.s()).unwrap();
    let high = high.to_der().as_bytes().to_vec();
    assert_ne!(low, high);
    assert!(!key.public().verify(b"message", &high));
    assert_eq!(key.public().normalize(&high), Some(low));
}

#[test]
fn forgeable_and_non_canonical_ed25519_keys_are_refused() {
    let mut neutral = [0; 32];
    neutral[0] = 1;
    // y = 0 has order 4.
    for point in [neutral, [0; 32]] {
        let refused = PublicKey::from_pem(&spki_pem(&ed25519_spki(point)));
        assert_eq!(refused.unwrap_err(), KeyError::SmallOrder);
    }
    // y = p + 3 is y = 3, which is on the curve, written a second way.
    let mut unreduced = [0xff; 32];
    unreduced[0] = 0xed + 3;
    unreduced[31] = 0x7f;
    let refused = PublicKey::from_pem(&spki_pem(&ed25519_spki(unreduced))).unwrap_err();
    assert_eq!(refused, KeyError::Malformed { why: "its point is not reduced" });
    let mut reduced = [0; 32];
    reduced[0] = 3;
    assert!(PublicKey::from_pem(&spki_pem(&ed25519_spki(reduced))).is_ok());
    // y = 2 is not on the curve.
    reduced[0] = 2;
    assert!(PublicKey::from_pem(&spki_pem(&ed25519_spki(reduced))).is_err());
}

#[test]
fn an_ec_point_off_the_curve_or_with_another_encoding_is_refused() {
    let good = seeded(KeyAlgorithm::EcdsaP256, 5).public();
    let mut off = good.spki_der().to_vec();
    *off.last_mut().unwrap() ^= 1;
    assert!(matches!(PublicKey::from_pem(&spki_pem(&off)), Err(KeyError::Malformed { .. })));
    for changed in [
        [good.spki_der(), b"\0"].concat(),
        good.spki_der()[..good.spki_der().len() - 1].to_vec(),
        vec![],
    ] {
        assert!(PublicKey::from_pem(&spki_pem(&changed)).is_err());
    }
    // An EC key that says it is Ed25519.
    let mut labelled = good.spki_der().to_vec();
    labelled[6..13].copy_from_slice(&[0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x02]);
    assert!(matches!(
        PublicKey::from_pem(&spki_pem(&labelled)),
        Err(KeyError::Algorithm { .. } | KeyError::Malformed { .. })
    ));
}

#[test]
fn what_is_not_one_pem_block_is_refused() {
    let pem = seeded(KeyAlgorithm::Ed25519, 1).public().to_pem();
    for text in [
        String::new(),
        "hello".into(),
        format!("{pem}{pem}"),
        format!("comment\n{pem}"),
        format!("{pem}trailing"),
        pem.replace("-----END PUBLIC KEY-----", ""),
        pem.replace("MCow", "MC*w"),
        format!("{pem}{}", " ".repeat(20_000)),
        "-----BEGIN PUBLIC KEY-----".into(),
        "-----BEGIN PUBLIC KEY----------END PUBLIC KEY-----".into(),
    ] {
        assert!(PublicKey::from_pem(&text).is_err(), "{text}");
    }
    let private = seeded(KeyAlgorithm::Ed25519, 1).to_pem().unwrap();
    assert!(matches!(PublicKey::from_pem(&private), Err(KeyError::Label { .. })));
    assert!(matches!(PrivateKey::from_pem(&pem), Err(KeyError::Label { .. })));
}

#[test]
fn no_randomness_no_key() {
    let failed = PrivateKey::generate_from(KeyAlgorithm::EcdsaP256, &mut |_| false);
    assert_eq!(failed.unwrap_err(), KeyError::Randomness);
    let zeros = PrivateKey::generate_from(KeyAlgorithm::EcdsaP256, &mut |bytes| {
        bytes.fill(0);
        true
    });
    assert_eq!(zeros.unwrap_err(), KeyError::Randomness);
}
