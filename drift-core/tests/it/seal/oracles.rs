//! Other programs agree with our signatures, and we with theirs.

use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use drift_core::artifact::{self, Replace};
use drift_core::seal::{
    Expectations, KeyAlgorithm, KeyError, PrivateKey, PublicKey, SealError, complete,
    pae_for_external, verify,
};

use super::tools::{openssl, run, securesystemslib};
use super::{ALGORITHMS, FILE, NOW, at, key, predicate, sealed_by, trust};

#[expect(clippy::disallowed_methods, reason = "keys are never written over, so the old one goes")]
fn put(directory: &Path, name: &str, bytes: &[u8]) -> String {
    let path = directory.join(name);
    let _first = std::fs::remove_file(&path);
    artifact::write(&path, bytes, 0o600, Replace::Yes).unwrap();
    path.to_str().unwrap().to_owned()
}

fn get(path: &str) -> Vec<u8> {
    artifact::read_bounded(Path::new(path), 1 << 20).unwrap()
}

fn text(path: &str) -> String {
    String::from_utf8(get(path)).unwrap()
}

/// Signs or verifies `pae` as the manual of each algorithm says.
fn openssl_verifies(openssl: &Path, algorithm: KeyAlgorithm, paths: [&str; 3]) -> bool {
    let [public, signature, pae] = paths;
    let arguments: Vec<&str> = match algorithm {
        KeyAlgorithm::EcdsaP256 => {
            vec!["dgst", "-sha256", "-verify", public, "-signature", signature, pae]
        }
        KeyAlgorithm::Ed25519 => vec![
            "pkeyutl", "-verify", "-pubin", "-inkey", public, "-rawin", "-in", pae, "-sigfile",
            signature,
        ],
    };
    run(openssl, &arguments).is_ok()
}

#[test]
fn openssl_verifies_our_signatures() {
    let Some(openssl) = openssl() else { return };
    let place = tempfile::tempdir().unwrap();
    for (seed, algorithm) in (1..).zip(ALGORITHMS) {
        let key = key(algorithm, seed);
        let sealed = sealed_by(&[&key]);
        let bundle: serde_json::Value = serde_json::from_slice(&sealed.bundles[0]).unwrap();
        let envelope = &bundle["dsseEnvelope"];
        let bytes = |value: &serde_json::Value| STANDARD.decode(value.as_str().unwrap()).unwrap();
        // The encoding is made here a second time, from the specification.
        let payload = bytes(&envelope["payload"]);
        let payload_type = envelope["payloadType"].as_str().unwrap();
        let mut pae = format!("DSSEv1 {} {payload_type} ", payload_type.len()).into_bytes();
        pae.extend(format!("{} ", payload.len()).bytes());
        pae.extend(&payload);
        let public = put(place.path(), "key.pub.pem", key.public().to_pem().as_bytes());
        let signature = put(place.path(), "sig", &bytes(&envelope["signatures"][0]["sig"]));
        let encoded = put(place.path(), "pae", &pae);
        assert!(openssl_verifies(&openssl, algorithm, [&public, &signature, &encoded]));
        *pae.last_mut().unwrap() ^= 1;
        let changed = put(place.path(), "pae2", &pae);
        assert!(!openssl_verifies(&openssl, algorithm, [&public, &signature, &changed]));
    }
}

#[test]
fn openssl_reads_our_keys_and_writes_the_same_public_key() {
    let Some(openssl) = openssl() else { return };
    let place = tempfile::tempdir().unwrap();
    for algorithm in ALGORITHMS {
        let key = PrivateKey::generate(algorithm).unwrap();
        let private = put(place.path(), "key.pem", key.to_pem().unwrap().as_bytes());
        let public = run(&openssl, &["pkey", "-in", &private, "-pubout"]).unwrap();
        assert_eq!(String::from_utf8(public).unwrap(), key.public().to_pem());
        let der = run(&openssl, &["pkey", "-in", &private, "-pubout", "-outform", "DER"]).unwrap();
        assert_eq!(der, key.public().spki_der());
        let again = run(&openssl, &["pkey", "-in", &private]).unwrap();
        let again = PrivateKey::from_pem(&String::from_utf8(again).unwrap()).unwrap();
        assert_eq!(again.public(), key.public());
    }
}

#[test]
fn a_signature_made_by_openssl_completes_a_seal() {
    let Some(openssl) = openssl() else { return };
    let place = tempfile::tempdir().unwrap();
    let at_path = |name: &str| place.path().join(name).to_str().unwrap().to_owned();
    let (private, public, signature) = (at_path("k.pem"), at_path("k.pub.pem"), at_path("sig"));
    // ECDSA nonces are random: of 12 signatures about six have the higher S.
    for round in 0..16 {
        let algorithm = if round < 12 { KeyAlgorithm::EcdsaP256 } else { KeyAlgorithm::Ed25519 };
        let kind: &[&str] = match algorithm {
            KeyAlgorithm::EcdsaP256 => &["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256"],
            KeyAlgorithm::Ed25519 => &["-algorithm", "ED25519"],
        };
        run(&openssl, &[&["genpkey", "-out", &private], kind].concat()).unwrap();
        run(&openssl, &["pkey", "-in", &private, "-pubout", "-out", &public]).unwrap();
        let pae = pae_for_external(FILE, "golden.drift", predicate(1)).unwrap();
        let encoded = put(place.path(), "golden.drift.pae", &pae);
        let sign: &[&str] = match algorithm {
            KeyAlgorithm::EcdsaP256 => {
                &["dgst", "-sha256", "-sign", &private, "-out", &signature, &encoded]
            }
            KeyAlgorithm::Ed25519 => &[
                "pkeyutl", "-sign", "-inkey", &private, "-rawin", "-in", &encoded, "-out",
                &signature,
            ],
        };
        run(&openssl, sign).unwrap();
        let key = PublicKey::from_pem(&text(&public)).unwrap();
        let raw = get(&signature);
        let base64 = STANDARD.encode(&raw).as_bytes().chunks(60).collect::<Vec<_>>().join(&b'\n');
        let made = complete(FILE, &pae, &raw, &key).unwrap();
        assert_eq!(complete(FILE, &pae, &base64, &key).unwrap(), made);
        let sealed = super::sealed(vec![made.bytes]);
        assert!(verify(&sealed, &trust(&[&key]), &Expectations::default(), at(NOW), None).is_ok());
        let own = PrivateKey::from_pem(&text(&private)).unwrap();
        assert_eq!(own.public(), key);
        refuse_what_does_not_complete(&pae, &raw, &key);
    }
}

fn refuse_what_does_not_complete(pae: &[u8], signature: &[u8], key: &PublicKey) {
    let other = super::key(key.algorithm(), 99).public();
    let refused = |result: Result<_, SealError>| result.map(|_| ()).unwrap_err();
    assert!(matches!(refused(complete(FILE, pae, signature, &other)), SealError::Signature { .. }));
    assert!(matches!(refused(complete(FILE, pae, b"", key)), SealError::Signature { .. }));
    assert!(matches!(
        refused(complete(b"other", pae, signature, key)),
        SealError::OtherFile { .. }
    ));
    for changed in [&pae[1..], &pae[..pae.len() - 1], &[pae, b"\n"].concat()] {
        assert!(matches!(refused(complete(FILE, changed, signature, key)), SealError::Pae));
    }
}

#[test]
fn keys_of_openssl_that_are_not_taken_say_why() {
    let Some(openssl) = openssl() else { return };
    let make = |arguments: &[&str]| String::from_utf8(run(&openssl, arguments).unwrap()).unwrap();
    let rsa = make(&["genpkey", "-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048"]);
    let refused = |pem: &str| PrivateKey::from_pem(pem).map(|_| ()).unwrap_err();
    assert_eq!(refused(&rsa), KeyError::Algorithm { algorithm: "RSA".into() });
    let p384 = make(&["genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-384"]);
    assert_eq!(refused(&p384), KeyError::Algorithm { algorithm: "ECDSA P-384".into() });
    let ed448 = make(&["genpkey", "-algorithm", "ED448"]);
    assert_eq!(refused(&ed448), KeyError::Algorithm { algorithm: "Ed448".into() });
    let old = make(&["ecparam", "-name", "prime256v1", "-genkey"]);
    assert!(matches!(refused(&old), KeyError::OldForm { .. }));
    let encrypted = make(&["genpkey", "-algorithm", "ED25519", "-aes256", "-pass", "pass:secret"]);
    assert_eq!(refused(&encrypted), KeyError::Encrypted);

    let place = tempfile::tempdir().unwrap();
    let own = key(KeyAlgorithm::EcdsaP256, 1).to_pem().unwrap();
    let own = put(place.path(), "own.pem", own.as_bytes());
    let compressed = make(&["ec", "-in", &own, "-pubout", "-conv_form", "compressed"]);
    assert!(matches!(PublicKey::from_pem(&compressed), Err(KeyError::Malformed { .. })));
    let old = put(place.path(), "old.pem", old.as_bytes());
    let new = make(&["pkcs8", "-topk8", "-nocrypt", "-in", &old]);
    assert!(PrivateKey::from_pem(&new).is_ok());
    let encrypted = put(place.path(), "encrypted.pem", encrypted.as_bytes());
    let plain = make(&["pkey", "-in", &encrypted, "-passin", "pass:secret"]);
    assert!(PrivateKey::from_pem(&plain).is_ok());
}

#[test]
fn securesystemslib_verifies_our_bundles() {
    let Some(python) = securesystemslib() else { return };
    let script =
        PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../fixtures/verify_securesystemslib.py");
    let script = script.to_str().unwrap();
    let place = tempfile::tempdir().unwrap();
    for algorithm in ALGORITHMS {
        let key = key(algorithm, 1);
        let sealed = sealed_by(&[&key]);
        let file = put(place.path(), "golden.drift", FILE);
        let bundle = put(place.path(), "golden.drift.sigstore.json", &sealed.bundles[0]);
        let public = put(place.path(), "key.pub.pem", key.public().to_pem().as_bytes());
        run(&python, &[script, &file, &bundle, &public]).unwrap();
        let other = super::key(algorithm, 2).public().to_pem();
        let other = put(place.path(), "other.pub.pem", other.as_bytes());
        assert!(run(&python, &[script, &file, &bundle, &other]).is_err());
        let changed = put(place.path(), "changed.drift", b"another file");
        assert!(run(&python, &[script, &changed, &bundle, &public]).is_err());
    }
}
