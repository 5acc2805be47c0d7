//! `trust.toml`: reads the text; the keys that it names are files that the caller reads.

#![warn(clippy::indexing_slicing, clippy::arithmetic_side_effects)]

use std::num::NonZeroU32;

use serde::Deserialize;

use super::{RevokedKey, SubjectTrust, Trust, TrustError, TrustedKey};
use crate::bounds::Timestamp;
use crate::seal::key::PublicKey;
use crate::seal::term::{Term, start_of};

/// What a `trust.toml` says, before its key files are read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TrustFile {
    threshold: NonZeroU32,
    keys: Vec<TrustFileKey>,
    revoked: Vec<RevokedKey>,
    subject: SubjectTrust,
}

/// A key that a `trust.toml` names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TrustFileKey {
    /// What the operator calls it.
    pub name: String,
    /// The PEM file, relative to the directory of the `trust.toml`.
    pub file: String,
    valid_from: Option<Timestamp>,
    valid_until: Option<Timestamp>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Wire {
    threshold: Option<NonZeroU32>,
    #[serde(default)]
    key: Vec<WireKey>,
    #[serde(default)]
    revoked: Vec<WireRevoked>,
    #[serde(default)]
    subject: WireSubject,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WireKey {
    name: String,
    file: String,
    valid_from: Option<toml::Value>,
    valid_until: Option<toml::Value>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WireRevoked {
    key: String,
    #[serde(default)]
    reason: String,
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields)]
struct WireSubject {
    identity: Option<String>,
    min_sequence: Option<u64>,
    max_age: Option<toml::Value>,
}

impl TrustFile {
    /// Reads the text of a `trust.toml`. A key that it does not know is an error with its line.
    pub fn parse(text: &str) -> Result<Self, TrustError> {
        let wire: Wire = toml::from_str(text).map_err(|error| TrustError::Format {
            line: line_of(text, error.span().map_or(0, |span| span.start)),
            why: error.message().to_owned(),
        })?;
        Ok(Self {
            threshold: wire.threshold.unwrap_or(NonZeroU32::MIN),
            keys: wire.key.into_iter().map(read_key).collect::<Result<_, _>>()?,
            revoked: wire.revoked.into_iter().map(read_revoked).collect::<Result<_, _>>()?,
            subject: SubjectTrust {
                identity: wire.subject.identity,
                min_sequence: wire.subject.min_sequence,
                max_age: wire.subject.max_age.map(read_age).transpose()?,
            },
        })
    }

    /// Returns the keys whose files are to be read.
    #[must_use]
    pub fn keys(&self) -> &[TrustFileKey] {
        &self.keys
    }

    /// Makes the trust from the texts of the key files, in the order of [`TrustFile::keys`], and
    /// from `more` keys that were named beside the file.
    pub fn resolve(self, pems: &[String], more: Vec<TrustedKey>) -> Result<Trust, TrustError> {
        let mut keys = Vec::new();
        for (entry, pem) in self.keys.into_iter().zip(pems) {
            let key = PublicKey::from_pem(pem)
                .map_err(|source| TrustError::Key { name: entry.name.clone(), source })?;
            keys.push(TrustedKey {
                name: entry.name,
                key,
                valid_from: entry.valid_from,
                valid_until: entry.valid_until,
            });
        }
        keys.extend(more);
        let trust =
            Trust { threshold: self.threshold, keys, revoked: self.revoked, subject: self.subject };
        trust.check()?;
        Ok(trust)
    }
}

fn read_key(wire: WireKey) -> Result<TrustFileKey, TrustError> {
    let from = wire.valid_from.map(|value| {
        let text = text_of(value);
        start_of(&text).map_err(|_| no_time("valid_from", text))
    });
    let until = wire.valid_until.map(|value| {
        let text = text_of(value);
        Timestamp::parse_end(&text).map_err(|_| no_time("valid_until", text))
    });
    let (valid_from, valid_until) = (from.transpose()?, until.transpose()?);
    Ok(TrustFileKey { name: wire.name, file: wire.file, valid_from, valid_until })
}

fn read_revoked(wire: WireRevoked) -> Result<RevokedKey, TrustError> {
    let digits = wire.key.strip_prefix("sha256:").unwrap_or(&wire.key).to_ascii_lowercase();
    let hexadecimal = digits.bytes().all(|byte| byte.is_ascii_hexdigit());
    if !hexadecimal || !matches!(digits.len(), 16 | 64) {
        let expected = "the SHA-256 of the public key: 64 hexadecimal digits, or the first 16";
        return Err(TrustError::Value { field: "revoked key", value: wire.key, expected });
    }
    Ok(RevokedKey { key: digits, reason: wire.reason })
}

fn read_age(value: toml::Value) -> Result<Term, TrustError> {
    let text = text_of(value);
    Term::parse(&text).map_err(|_| TrustError::Value {
        field: "max_age",
        value: text,
        expected: "a span such as 90d, 12h or 30m, or an RFC 3339 date",
    })
}

/// TOML has dates of its own, so both `2027-01-01` and `"2027-01-01"` are right.
fn text_of(value: toml::Value) -> String {
    match value {
        toml::Value::String(text) => text,
        toml::Value::Datetime(time) => time.to_string(),
        other => format!("a value of type {}", other.type_str()),
    }
}

fn no_time(field: &'static str, value: String) -> TrustError {
    let expected = "an RFC 3339 date such as 2026-11-21, or a time such as 2026-11-21T12:00:00Z";
    TrustError::Value { field, value, expected }
}

fn line_of(text: &str, offset: usize) -> usize {
    let before = text.as_bytes().get(..offset).unwrap_or(text.as_bytes());
    before.iter().filter(|byte| **byte == b'\n').count().saturating_add(1)
}
