//! Decides whether something sealed is taken.
//!
//! The order is the point: the bundle by a strict reader, then the key that it names, then the
//! signature, then the statement, then the file's digest, then time, identity and sequence. No
//! byte of the file is interpreted, and none of the statement before its signature holds.

mod count;

use std::num::NonZeroU32;
use std::sync::Arc;

use super::bundle::Bundle;
use super::lineage::LineageState;
use super::statement::{Artefact, Statement};
use super::term::Term;
use super::trust::Trust;
use super::untrusted::{Reason, Untrusted};
use super::verified::Verified;
use crate::bounds::Timestamp;
use crate::bounds::escape::escaped;
use crate::model::Digest;

/// A seal made on a machine whose clock is a little ahead is taken: seconds.
const CLOCK_SKEW_SECONDS: i64 = 300;

/// A file and the bundles found beside it, read once.
#[derive(Debug, Clone)]
pub struct Sealed {
    /// The exact bytes of the file.
    pub file: Arc<[u8]>,
    /// The exact bytes of each bundle.
    pub bundles: Vec<Vec<u8>>,
}

/// What the operator asks of this one file. What is given here replaces what the trust says.
#[derive(Debug, Clone, Default)]
pub struct Expectations {
    /// The kind of file.
    pub artefact: Artefact,
    /// The lineage.
    pub identity: Option<String>,
    /// The lowest sequence (`--min-sequence`); then a missing memory is a refusal too.
    pub min_sequence: Option<u64>,
    /// The greatest age.
    pub max_age: Option<Term>,
    /// How many different keys.
    pub threshold: Option<NonZeroU32>,
}

/// What is known about something sealed that was taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SealInfo {
    /// What was signed.
    pub statement: Statement,
    /// Whose signatures held over it, in the order of the key digests.
    pub signers: Vec<SealedBy>,
    /// Seconds from sealing to now; 0 where the sealing clock was ahead.
    pub age_seconds: i64,
    /// Sentences for the reader: what this verification could not show.
    pub notes: Vec<String>,
}

/// A trusted key whose signature held.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SealedBy {
    /// What the operator calls it.
    pub name: String,
    /// SHA-256 of its SPKI.
    pub key: Digest,
}

/// The bytes of a file that was taken, and what is known about it.
pub type VerifiedFile = (Verified<Arc<[u8]>>, SealInfo);

/// Verifies `sealed` at the time `now`. `last_seen` is what was verified before, `None` when there
/// is no such memory.
///
/// # Errors
///
/// [`Untrusted`] with exactly one reason. Nothing of the file may then be used; the file's bytes
/// were not looked into.
pub fn verify(
    sealed: &Sealed,
    trust: &Trust,
    expectations: &Expectations,
    now: Timestamp,
    last_seen: Option<&LineageState>,
) -> Result<VerifiedFile, Untrusted> {
    if trust.keys.is_empty() {
        let detail = "no trusted key was given; name one with --trust FILE.pem or trust.toml";
        return Err(Untrusted::new(Reason::NoTrust, detail));
    }
    if sealed.bundles.is_empty() {
        let detail = "no seal (FILE.sigstore.json) stands beside the file; seal it with drift seal";
        return Err(Untrusted::new(Reason::Unsigned, detail));
    }
    let threshold = expectations.threshold.unwrap_or(trust.threshold);
    let counted = count::count(sealed, trust, threshold, now, last_seen)?;
    let mut notes = counted.notes;
    let clock = now;
    let now = not_before(&counted.statement, clock, last_seen);
    if now != clock {
        notes.push(format!(
            "the clock says {clock}, but this lineage was verified at {now}; that time is used"
        ));
    }
    check_kind(&counted.statement, expectations)?;
    check_times(&counted.statement, trust, expectations, now)?;
    check_identity(&counted.statement, trust, expectations, &mut notes)?;
    check_sequence(&counted.statement, trust, expectations, last_seen, &mut notes)?;
    let age = now.seconds().saturating_sub(counted.statement.predicate.created().seconds());
    let info = SealInfo {
        statement: counted.statement,
        signers: counted.signers,
        age_seconds: age.max(0),
        notes,
    };
    Ok((Verified::new(Arc::clone(&sealed.file)), info))
}

/// Reads the statement of a bundle whose signature nobody verified: for `inspect --unverified`
/// and for whoever countersigns. Nothing may rest on it.
pub fn unverified_statement(bundle: &[u8]) -> Result<Statement, Untrusted> {
    let malformed = |why: String| Untrusted::new(Reason::Malformed, why);
    let bundle = Bundle::decode(bundle).map_err(|why| malformed(why.to_owned()))?;
    Statement::decode(&bundle.payload).map_err(|error| malformed(error.to_string()))
}

/// Time does not run backwards: a clock that stands before the last verification of the lineage
/// is not believed.
fn not_before(
    statement: &Statement,
    now: Timestamp,
    last_seen: Option<&LineageState>,
) -> Timestamp {
    let seen = last_seen.and_then(|state| {
        state.get_of(statement.predicate.artefact(), statement.predicate.identity())
    });
    seen.map_or(now, |seen| seen.at.max(now))
}

fn check_kind(statement: &Statement, expectations: &Expectations) -> Result<(), Untrusted> {
    let found = statement.predicate.artefact();
    if found == expectations.artefact {
        return Ok(());
    }
    let (found, wanted) = (found.name(), expectations.artefact.name());
    let detail = format!("the seal is about a {found}, not about a {wanted}");
    Err(Untrusted::new(Reason::WrongIdentity, detail))
}

fn check_times(
    statement: &Statement,
    trust: &Trust,
    expectations: &Expectations,
    now: Timestamp,
) -> Result<(), Untrusted> {
    let created = statement.predicate.created();
    if created > now.plus_seconds(CLOCK_SKEW_SECONDS) {
        let detail = format!(
            "it was sealed at {created}, which is after now ({now}); check the clocks of both \
             machines"
        );
        return Err(Untrusted::new(Reason::NotYetValid, detail));
    }
    if let Some(expires) = statement.predicate.expires().filter(|expires| now > *expires) {
        let detail = format!("the seal expired at {expires} (now {now}); capture and seal anew");
        return Err(Untrusted::new(Reason::Expired, detail));
    }
    let max_age = expectations.max_age.or(trust.subject.max_age);
    if let Some(oldest) = max_age.map(|term| term.oldest(now)).filter(|oldest| created < *oldest) {
        let detail = format!(
            "it was sealed at {created}, but the maximum age allows nothing before {oldest}; \
             capture and seal anew"
        );
        return Err(Untrusted::new(Reason::TooOld, detail));
    }
    Ok(())
}

fn check_identity(
    statement: &Statement,
    trust: &Trust,
    expectations: &Expectations,
    notes: &mut Vec<String>,
) -> Result<(), Untrusted> {
    let found = statement.predicate.identity();
    match expectations.identity.as_deref().or(trust.subject.identity.as_deref()) {
        Some(wanted) if wanted == found => Ok(()),
        Some(wanted) => {
            let (found, wanted) = (escaped(found.as_bytes()), escaped(wanted.as_bytes()));
            let detail = format!("it is sealed for \"{found}\", but \"{wanted}\" is expected");
            Err(Untrusted::new(Reason::WrongIdentity, detail))
        }
        // Policies and manifests are not about one system; whoever signs them is trusted with all.
        None if matches!(
            statement.predicate.artefact(),
            Artefact::Policies | Artefact::Manifest
        ) =>
        {
            Ok(())
        }
        None => {
            notes.push(
                "no identity is expected, so a baseline of another system with the same signer \
                 would be taken; name one with --expect-identity"
                    .to_owned(),
            );
            Ok(())
        }
    }
}

fn check_sequence(
    statement: &Statement,
    trust: &Trust,
    expectations: &Expectations,
    last_seen: Option<&LineageState>,
    notes: &mut Vec<String>,
) -> Result<(), Untrusted> {
    let Some(sequence) = statement.predicate.sequence() else { return Ok(()) };
    let rolled_back = |detail: String| Err(Untrusted::new(Reason::RolledBack, detail));
    let minimum = expectations.min_sequence.or(trust.subject.min_sequence).unwrap_or(0);
    if sequence < minimum {
        return rolled_back(format!("its sequence is {sequence}, but at least {minimum} is asked"));
    }
    let Some(state) = last_seen else {
        if expectations.min_sequence.is_some() {
            return rolled_back(
                "a minimum sequence is asked for, but the memory of earlier baselines is missing; \
                 if it was never there, verify once without --min-sequence"
                    .to_owned(),
            );
        }
        notes.push(
            "there is no memory of earlier baselines, so an older one could not be noticed"
                .to_owned(),
        );
        return Ok(());
    };
    match state.get_of(statement.predicate.artefact(), statement.predicate.identity()) {
        Some(seen) if sequence < seen.sequence => rolled_back(format!(
            "its sequence is {sequence}, but {} was verified before; to go back on purpose, seal \
             the old content with a higher sequence",
            seen.sequence
        )),
        Some(seen) if sequence == seen.sequence && statement.subject_digest != seen.digest => {
            rolled_back(format!(
                "another file ({}) with the same sequence {sequence} was verified before; one of \
                 the two must be sealed with a higher sequence",
                seen.digest
            ))
        }
        Some(_) => Ok(()),
        None => {
            notes.push("this is the first baseline of its lineage that is seen here".to_owned());
            Ok(())
        }
    }
}
