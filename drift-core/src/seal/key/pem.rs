//! Exactly one PEM block (RFC 7468) with nothing before or after it.

#![warn(clippy::indexing_slicing, clippy::arithmetic_side_effects)]

use p256::pkcs8::der::SecretDocument;

use super::KeyError;

/// A PEM key of the supported algorithms has about 250 bytes; comments before the block are not
/// taken, so this is ample.
pub(super) const MAX_PEM_BYTES: usize = 16 * 1024;

/// Decodes the one block of `text` if its label is `expected`.
pub(super) fn decode(text: &str, expected: &'static str) -> Result<SecretDocument, KeyError> {
    let wrong = |why| KeyError::Pem { why, limit: MAX_PEM_BYTES };
    if text.len() > MAX_PEM_BYTES {
        return Err(wrong("it is longer"));
    }
    let text = text.trim();
    let label = text
        .strip_prefix("-----BEGIN ")
        .and_then(|rest| rest.split_once("-----"))
        .map(|(label, _)| label)
        .ok_or_else(|| wrong("it does not begin with -----BEGIN"))?;
    check_label(label, expected)?;
    if text.matches("-----BEGIN ").count() != 1 {
        return Err(wrong("it has several blocks"));
    }
    if !text.ends_with(&format!("-----END {label}-----")) {
        return Err(wrong("it does not end with the END line of its block"));
    }
    let (_, document) =
        SecretDocument::from_pem(text).map_err(|_| wrong("its Base64 or DER is broken"))?;
    Ok(document)
}

fn check_label(label: &str, expected: &'static str) -> Result<(), KeyError> {
    if label == expected {
        return Ok(());
    }
    Err(match label {
        "ENCRYPTED PRIVATE KEY" => KeyError::Encrypted,
        "EC PARAMETERS" | "EC PRIVATE KEY" => KeyError::OldForm { label: label.to_owned() },
        "RSA PRIVATE KEY" | "RSA PUBLIC KEY" => KeyError::Algorithm { algorithm: "RSA".into() },
        "DSA PRIVATE KEY" => KeyError::Algorithm { algorithm: "DSA".into() },
        _ => KeyError::Label { found: label.chars().take(64).collect(), expected },
    })
}

/// Says which algorithm an object identifier is, for the refusal.
pub(super) fn unsupported(identifier: &str) -> KeyError {
    let name = match identifier {
        "1.2.840.113549.1.1.1" => "RSA",
        "1.2.840.113549.1.1.10" => "RSA-PSS",
        "1.2.840.10040.4.1" => "DSA",
        "1.3.101.110" => "X25519",
        "1.3.101.111" => "X448",
        "1.3.101.113" => "Ed448",
        "1.3.132.0.34" => "ECDSA P-384",
        "1.3.132.0.35" => "ECDSA P-521",
        "1.3.132.0.10" => "ECDSA secp256k1",
        other => return KeyError::Algorithm { algorithm: format!("object identifier {other}") },
    };
    KeyError::Algorithm { algorithm: name.into() }
}
