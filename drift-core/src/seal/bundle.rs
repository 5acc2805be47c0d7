//! One signature in its file: a Sigstore bundle v0.3 with a DSSE envelope.
//!
//! <https://github.com/sigstore/protobuf-specs/blob/main/protos/sigstore_bundle.proto>, in the JSON
//! of protobuf. A bundle is read only if it is byte for byte what [`Bundle::encode`] writes: no
//! second spelling of a signed thing exists, hence no two readers that disagree about it.

#![warn(clippy::indexing_slicing, clippy::arithmetic_side_effects)]

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};

use super::key::{PrivateKey, PublicKey};
use super::pae;
use crate::model::{Algorithm, Digest};

/// The longest bundle that is read; one of ours has about 2 kB.
pub const MAX_BUNDLE_BYTES: usize = 1 << 20;

const MEDIA_TYPE: &str = "application/vnd.dev.sigstore.bundle.v0.3+json";

/// A payload, one signature over it, and the digest of the key that is said to have made it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Bundle {
    /// SHA-256 of the key's SPKI: only a hint until the signature verifies under that key.
    pub(super) hint: Digest,
    pub(super) payload: Vec<u8>,
    pub(super) signature: Vec<u8>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct Wire {
    media_type: String,
    verification_material: Material,
    dsse_envelope: Envelope,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct Material {
    public_key: Hint,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Hint {
    hint: String,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct Envelope {
    payload: String,
    payload_type: String,
    signatures: Vec<Signature>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Signature {
    sig: String,
    keyid: String,
}

impl Bundle {
    /// Signs `payload`.
    pub(super) fn sign(payload: Vec<u8>, key: &PrivateKey) -> Result<Self, super::KeyError> {
        let signature = key.sign(&pae::encode(pae::PAYLOAD_TYPE, &payload))?;
        Ok(Self { hint: key.public().key_id_full(), payload, signature })
    }

    /// Returns whether the signature is that of `key`.
    pub(super) fn verifies(&self, key: &PublicKey) -> bool {
        self.hint == key.key_id_full()
            && key.verify(&pae::encode(pae::PAYLOAD_TYPE, &self.payload), &self.signature)
    }

    /// Returns the one text of the bundle.
    pub(super) fn encode(&self) -> Vec<u8> {
        let keyid = self.hint.hex();
        let sig = STANDARD.encode(&self.signature);
        let wire = Wire {
            media_type: MEDIA_TYPE.to_owned(),
            verification_material: Material { public_key: Hint { hint: keyid.clone() } },
            dsse_envelope: Envelope {
                payload: STANDARD.encode(&self.payload),
                payload_type: pae::PAYLOAD_TYPE.to_owned(),
                signatures: vec![Signature { sig, keyid }],
            },
        };
        serde_json::to_vec(&wire).unwrap_or_default()
    }

    /// Reads a bundle; the error says what is wrong with it.
    pub(super) fn decode(bytes: &[u8]) -> Result<Self, &'static str> {
        if bytes.len() > MAX_BUNDLE_BYTES {
            return Err("it is longer than 1 MiB");
        }
        let wire: Wire = serde_json::from_slice(bytes)
            .map_err(|_| "it is no Sigstore bundle with one DSSE envelope and a public key hint")?;
        if wire.media_type != MEDIA_TYPE {
            return Err("it is no Sigstore bundle of version 0.3");
        }
        if wire.dsse_envelope.payload_type != pae::PAYLOAD_TYPE {
            return Err("its payload is no in-toto statement");
        }
        let [signature] = wire.dsse_envelope.signatures.as_slice() else {
            return Err("it does not hold exactly one signature");
        };
        let hint = wire.verification_material.public_key.hint;
        let bundle = Self {
            hint: Digest::from_hex(Algorithm::Sha256, hint.as_bytes())
                .ok_or("its key hint is no SHA-256")?,
            payload: STANDARD
                .decode(&wire.dsse_envelope.payload)
                .map_err(|_| "its payload is no canonical Base64")?,
            signature: STANDARD
                .decode(&signature.sig)
                .map_err(|_| "its signature is no canonical Base64")?,
        };
        if bundle.encode() != bytes {
            return Err("it is not in the one form that drift writes");
        }
        Ok(bundle)
    }
}
