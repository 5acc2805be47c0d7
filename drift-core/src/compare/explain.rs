//! The cause of every change: one closed list, never none, in a fixed order of precedence.
//!
//! A cause explains, it never excuses. What rests on the target's own package database alone is
//! not verified, and a change that such a database cannot vouch for (permissions, owner, labels)
//! is never folded into a package's upgrade.

use crate::generated::Derivation;
use crate::model::{AttributeSet, Cause, Entry, FileType};
use crate::packages::is_of_language;
use crate::rules::{Class, Rule};

use super::change::{EntryChange, Kind};
use super::evidence::Evidence;
use super::per_host::{Verdict, verdict};
use super::vouch::{Vouched, vouched, with_their_content};

/// Why a change is there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Explanation {
    /// The cause.
    pub cause: Cause,
    /// Whether it rests on more than the target's own word.
    pub verified: bool,
    /// The change of a package that carries it, among [`Evidence::packages`].
    pub folded_into: Option<usize>,
    /// Whether the entry is a package's configuration file.
    pub conffile: bool,
    /// What speaks for the cause, or against another that could be expected; one sentence.
    pub because: Option<String>,
}

/// Explains every change of a comparison; they stand in order of path.
#[must_use]
pub fn explain_all(changes: &[EntryChange], evidence: &Evidence<'_>) -> Vec<Explanation> {
    let mut explanations: Vec<Explanation> =
        changes.iter().map(|change| explain(change, evidence)).collect();
    with_their_content(changes, &mut explanations);
    explanations
}

/// Explains one change.
#[must_use]
pub fn explain(change: &EntryChange, evidence: &Evidence<'_>) -> Explanation {
    let conffile = is_conffile(change, evidence);
    let told = |cause, verified, because| Explanation {
        cause,
        verified,
        folded_into: None,
        conffile,
        because,
    };
    let plain = |cause, verified| told(cause, verified, None);
    if evidence.covering.iter().any(|mount| change.path.starts_with(mount)) {
        return plain(Cause::CoveredByMount, true);
    }
    if comes_and_goes(change, evidence) && !gains_privilege(change) {
        return plain(Cause::DeclaredDynamic, true);
    }
    if is_expected(change, evidence) && !gains_privilege(change) {
        return plain(Cause::ExpectedPerHost, true);
    }
    let mut because = None;
    match vouched(change, evidence) {
        Vouched::By { event, verified } => {
            let cause = evidence.packages.get(event).map(|package| package.cause);
            let plain = plain(cause.unwrap_or(Cause::ModifiedInPlace), verified);
            return Explanation { folded_into: Some(event), ..plain };
        }
        Vouched::Beside { event, why } => {
            let cause = evidence.packages.get(event).map(|package| package.cause);
            return told(cause.unwrap_or(Cause::ModifiedInPlace), false, Some(why));
        }
        Vouched::Not(why) => because = Some(why),
        Vouched::NoEvent => {}
    }
    match derivation(change, evidence) {
        Some(Derivation::Right(how)) => return told(Cause::Generated, true, Some(how.clone())),
        Some(Derivation::Unproven(why)) => return told(Cause::Generated, false, Some(why.clone())),
        Some(Derivation::Wrong(why)) => because = Some(why.clone()),
        Some(Derivation::Unknown) | None => {}
    }
    // The list of configuration files is the target's own word: against a seal it explains nothing
    // outside /etc, or a replaced program could be called one.
    let believed = !evidence.sealed || change.path.as_bytes().starts_with(b"etc/");
    if conffile && believed && change.kind() != Kind::Added {
        return told(Cause::ConffileEdited, false, because);
    }
    if change.moved_from.is_some() {
        return told(Cause::Moved, true, because);
    }
    if !evidence.sealed && differs_from_record(change, evidence) {
        return told(Cause::VendorRecordDiffers, true, because);
    }
    // Anybody can write the record of a language's package: it makes nobody an owner.
    let owner = change.after.as_ref().and_then(|after| evidence.after.get(after.owner?.index()));
    let owned = owner.is_some_and(|package| !is_of_language(package));
    if change.kind() == Kind::Added && !owned {
        return told(Cause::Unowned, true, because);
    }
    told(Cause::ModifiedInPlace, true, because)
}

/// Returns whether the entry is an executable file, or has setuid, setgid or capabilities.
#[must_use]
pub fn is_executable(entry: &Entry) -> bool {
    let bits = entry.mode.seen().copied().unwrap_or(0);
    entry.file_type == FileType::File && (bits & 0o111 != 0 || entry.is_privileged())
}

/// Returns whether the entry gives power where no rule expects that: class `device` expects device
/// nodes.
#[must_use]
pub fn grants_power(entry: &Entry, rule: &Rule) -> bool {
    let device = matches!(entry.file_type, FileType::Char | FileType::Block);
    entry.is_privileged() && !(device && rule.class == Some(Class::Device))
}

/// Whether rules let the entry come, go or, from one such place to another, move.
fn comes_and_goes(change: &EntryChange, evidence: &Evidence<'_>) -> bool {
    let allowed = |rule| evidence.rules.rule(rule).may_come_and_go();
    let directory = change.file_type() == FileType::Directory;
    let left = match &change.moved_from {
        Some(from) => allowed(evidence.rules.evaluate(from, directory)),
        None => change.kind() != Kind::Modified,
    };
    left && allowed(change.rule)
}

/// Whether nothing differs, or came, but a value that has the form of its rule.
fn is_expected(change: &EntryChange, evidence: &Evidence<'_>) -> bool {
    let rule = evidence.rules.rule(change.rule);
    let (Some(_), Some(after), None) = (&rule.form, &change.after, &change.moved_from) else {
        return false;
    };
    let compared = rule.attributes(after.entry.file_type);
    let before = change.before.as_ref().map(|before| &before.entry);
    change.attributes.and(compared).is_empty()
        && verdict(before, &after.entry, rule) == Verdict::Expected
}

/// A rule that lets entries come and go does not speak for what gives power over the system.
fn gains_privilege(change: &EntryChange) -> bool {
    (change.before.is_none() || change.moved_from.is_some())
        && change.after.as_ref().is_some_and(|after| after.entry.is_privileged())
}

fn is_conffile(change: &EntryChange, evidence: &Evidence<'_>) -> bool {
    let record = evidence.live.and_then(|live| live.record(change));
    record.is_some_and(|record| record.conffile.is_some())
}

/// What making a product again changes; a product that changed otherwise as well was not just made.
const REMADE: [&str; 6] = ["digest", "size", "mtime", "link_target", "nlink", "hardlinks"];

fn derivation<'e>(change: &EntryChange, evidence: &Evidence<'e>) -> Option<&'e Derivation> {
    let derivation = evidence.live?.generated.get(&change.path)?;
    let remade = AttributeSet::of(|attribute| REMADE.contains(&attribute.name));
    let only = change.kind() != Kind::Modified || change.attributes.without(remade).is_empty();
    let wrong = matches!(derivation, Derivation::Wrong(_));
    (wrong || (only && !gains_privilege(change))).then_some(derivation)
}

fn differs_from_record(change: &EntryChange, evidence: &Evidence<'_>) -> bool {
    let (Some(live), Some(after)) = (evidence.live, &change.after) else { return false };
    live.record(change).is_some_and(|record| !live.as_shipped(after, &record).differing.is_empty())
}
