//! Counts the different trusted keys that sealed one statement about the file.
//!
//! What counts is key material, not names or key identifiers: one key under two names, or one
//! signature in two files, is one (CVE-2020-15093). A bundle that does not count never helps and
//! never harms those that do.

use std::collections::BTreeMap;
use std::num::NonZeroU32;

use super::{CLOCK_SKEW_SECONDS, SealedBy, not_before};
use crate::bounds::Timestamp;
use crate::bounds::escape::escaped;
use crate::model::Digest;
use crate::seal::bundle::Bundle;
use crate::seal::lineage::LineageState;
use crate::seal::statement::Statement;
use crate::seal::trust::{Trust, TrustedKey};
use crate::seal::untrusted::{Reason, Untrusted};
use crate::seal::verify::Sealed;

/// The statement that enough keys sealed.
pub(super) struct Counted {
    pub(super) statement: Statement,
    pub(super) signers: Vec<SealedBy>,
    pub(super) notes: Vec<String>,
}

struct Group {
    statement: Statement,
    signers: BTreeMap<Digest, String>,
}

/// Finds the statement with the highest sequence that `threshold` different keys sealed.
pub(super) fn count(
    sealed: &Sealed,
    trust: &Trust,
    threshold: NonZeroU32,
    now: Timestamp,
    last_seen: Option<&LineageState>,
) -> Result<Counted, Untrusted> {
    let file = Digest::sha256_of(&sealed.file);
    let threshold = usize::try_from(threshold.get()).unwrap_or(usize::MAX);
    // Keyed by the exact payload: two statements that only look alike are not added up.
    let mut groups: BTreeMap<Vec<u8>, Group> = BTreeMap::new();
    let mut refused: Vec<Untrusted> = Vec::new();
    for bytes in &sealed.bundles {
        match examine(bytes, &file, trust, &|statement| not_before(statement, now, last_seen)) {
            Ok((payload, statement, signer)) => {
                let group = groups
                    .entry(payload)
                    .or_insert_with(|| Group { statement, signers: BTreeMap::new() });
                group.signers.insert(signer.key, signer.name);
            }
            Err(untrusted) => refused.push(untrusted),
        }
    }
    let most = groups.values().map(|group| group.signers.len()).max().unwrap_or(0);
    let enough = groups.into_values().filter(|group| group.signers.len() >= threshold);
    match enough.max_by_key(|group| group.statement.predicate.sequence()) {
        Some(group) => {
            let signers = group.signers.into_iter();
            Ok(Counted {
                statement: group.statement,
                signers: signers.map(|(key, name)| SealedBy { name, key }).collect(),
                notes: refused.iter().map(|one| format!("a seal does not count: {one}")).collect(),
            })
        }
        None => Err(refusal(most, threshold, refused)),
    }
}

/// Checks one bundle alone, in the order that keeps unverified bytes unread.
fn examine(
    bytes: &[u8],
    file: &Digest,
    trust: &Trust,
    clock: &dyn Fn(&Statement) -> Timestamp,
) -> Result<(Vec<u8>, Statement, SealedBy), Untrusted> {
    let malformed = |why: &str| Untrusted::new(Reason::Malformed, format!("a bundle: {why}"));
    let bundle = Bundle::decode(bytes).map_err(malformed)?;
    let hint = bundle.hint;
    if let Some(revoked) = trust.revocation(&hint) {
        let why = escaped(revoked.reason.as_bytes());
        let detail = format!("the key {hint} is revoked: {why}");
        return Err(Untrusted::new(Reason::Revoked, detail));
    }
    let mut listed = trust.keys.iter().filter(|trusted| trusted.key.key_id_full() == hint);
    let Some(trusted) = listed.next() else {
        let detail = format!("it is sealed with the key {hint}, which is not trusted");
        return Err(Untrusted::new(Reason::WrongKey, detail));
    };
    if !bundle.verifies(&trusted.key) {
        let name = escaped(trusted.name.as_bytes());
        let detail = format!("the signature is not one of the key \"{name}\" over this statement");
        return Err(Untrusted::new(Reason::Altered, detail));
    }
    let statement =
        Statement::decode(&bundle.payload).map_err(|error| malformed(&error.to_string()))?;
    if statement.subject_digest != *file {
        let detail = format!("the file is {file}, but {} was sealed", statement.subject_digest);
        return Err(Untrusted::new(Reason::Altered, detail));
    }
    let now = clock(&statement);
    let valid = |one: &&TrustedKey| check_validity(one, &statement, now).is_ok();
    let name = match check_validity(trusted, &statement, now) {
        Ok(()) => &trusted.name,
        // The same key may be listed again with another validity.
        Err(untrusted) => &listed.find(valid).ok_or(untrusted)?.name,
    };
    let signer = SealedBy { name: name.clone(), key: hint };
    Ok((bundle.payload, statement, signer))
}

/// Fails unless the key holds now and held when the seal was made.
fn check_validity(
    trusted: &TrustedKey,
    statement: &Statement,
    now: Timestamp,
) -> Result<(), Untrusted> {
    let created = statement.predicate.created();
    let name = escaped(trusted.name.as_bytes());
    let soon = now.plus_seconds(CLOCK_SKEW_SECONDS);
    if let Some(from) = trusted.valid_from.filter(|from| created < *from || soon < *from) {
        let detail =
            format!("the key \"{name}\" holds from {from}, but it sealed at {created} (now {now})");
        return Err(Untrusted::new(Reason::NotYetValid, detail));
    }
    if let Some(until) = trusted.valid_until.filter(|until| created > *until || now > *until) {
        let detail = format!(
            "the key \"{name}\" held until {until} (now {now}); seal anew with a key that holds"
        );
        return Err(Untrusted::new(Reason::Expired, detail));
    }
    Ok(())
}

/// Chooses what to say when too few keys count: if some do, that; else what says most about the
/// file itself.
fn refusal(most: usize, threshold: usize, refused: Vec<Untrusted>) -> Untrusted {
    const TELLING: [Reason; 6] = [
        Reason::Altered,
        Reason::Revoked,
        Reason::Expired,
        Reason::NotYetValid,
        Reason::Malformed,
        Reason::WrongKey,
    ];
    if most == 0 {
        let rank = |one: &Untrusted| TELLING.iter().position(|reason| *reason == one.reason);
        if let Some(first) = refused.into_iter().min_by_key(rank) {
            return first;
        }
        return Untrusted::new(Reason::Unsigned, "no bundle holds a signature");
    }
    let others: Vec<String> = refused.iter().map(ToString::to_string).collect();
    let mut detail = format!("{most} of the {threshold} needed keys sealed the same statement");
    if !others.is_empty() {
        detail = format!("{detail}; not counted: {}", others.join("; "));
    }
    Untrusted::new(Reason::BelowThreshold, detail)
}
