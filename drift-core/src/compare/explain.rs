//! The cause of every change: one closed list, never none, in a fixed order of precedence.
//!
//! A cause explains, it never excuses. What rests on the target's own package database alone is
//! not verified, and a change that such a database cannot vouch for (permissions, owner, labels)
//! is never folded into a package's upgrade.

use std::collections::BTreeMap;

use crate::generated::Derivation;
use crate::manifest::Manifests;
use crate::model::{
    Algorithm, AttributeSet, Cause, Digest, Entry, FileType, Package, PackageId, RowId, TreePath,
};
use crate::packages::{Known, Missing, Ownership, VendorRecord, is_of_language};
use crate::rules::{Class, Rule, RuleSet};

use super::change::{EntryChange, Kind, State};
use super::packages::PackageChange;
use super::per_host::{Verdict, verdict};

/// What a comparison knows beyond the two trees.
#[derive(Debug, Clone, Copy)]
pub struct Evidence<'e> {
    /// The rules in force.
    pub rules: &'e RuleSet,
    /// Whether the older side is a sealed baseline.
    pub sealed: bool,
    /// Changes of packages.
    pub packages: &'e [PackageChange],
    /// The packages of the newer side, by which its owners count.
    pub after: &'e [Package],
    /// What belongs to whom on the newer side; none of a stored snapshot.
    pub ownership: Option<&'e Ownership>,
    /// Owned paths that the newer side lacks.
    pub missing: &'e BTreeMap<TreePath, &'e Missing>,
    /// Digests of changed files of the newer side by the algorithm of their package's record.
    pub vendor: &'e BTreeMap<RowId, Digest>,
    /// How changed products of programs were judged, by path.
    pub generated: &'e BTreeMap<TreePath, Derivation>,
    /// What packages contain, by more than the target's word.
    pub manifests: &'e Manifests,
    /// Mount points of the newer side that hide a path of the older one.
    pub covering: &'e [TreePath],
}

/// Why a change is there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Explanation {
    /// The cause.
    pub cause: Cause,
    /// Whether it rests on more than the target's own word.
    pub verified: bool,
    /// The change of a package that carries it, among [`Evidence::packages`].
    pub folded_into: Option<usize>,
    /// Whether the entry is a package's configuration file.
    pub conffile: bool,
}

/// Explains one change.
#[must_use]
pub fn explain(change: &EntryChange, evidence: &Evidence<'_>) -> Explanation {
    let conffile = is_conffile(change, evidence);
    let plain = |cause, verified| Explanation { cause, verified, folded_into: None, conffile };
    if evidence.covering.iter().any(|mount| change.path.starts_with(mount)) {
        return plain(Cause::CoveredByMount, true);
    }
    if comes_and_goes(change, evidence) && !gains_privilege(change) {
        return plain(Cause::DeclaredDynamic, true);
    }
    if is_expected(change, evidence) && !gains_privilege(change) {
        return plain(Cause::ExpectedPerHost, true);
    }
    if let Some(at) = package_event(change, evidence) {
        let cause =
            evidence.packages.get(at).map_or(Cause::ModifiedInPlace, |package| package.cause);
        return Explanation { folded_into: Some(at), ..plain(cause, false) };
    }
    if is_registered_alternative(change, evidence) {
        return plain(Cause::Generated, true);
    }
    // The list of configuration files is the target's own word: against a seal it explains nothing
    // outside /etc, or a replaced program could be called one.
    let believed = !evidence.sealed || change.path.as_bytes().starts_with(b"etc/");
    if conffile && believed && change.kind() != Kind::Added {
        return plain(Cause::ConffileEdited, false);
    }
    if change.moved_from.is_some() {
        return plain(Cause::Moved, true);
    }
    if !evidence.sealed && differs_from_record(change, evidence) {
        return plain(Cause::VendorRecordDiffers, true);
    }
    // Anybody can write the record of a language's package: it makes nobody an owner.
    let owner = change.after.as_ref().and_then(|after| evidence.after.get(after.owner?.index()));
    let owned = owner.is_some_and(|package| !is_of_language(package));
    if change.kind() == Kind::Added && !owned {
        return plain(Cause::Unowned, true);
    }
    plain(Cause::ModifiedInPlace, true)
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

fn record(change: &EntryChange, evidence: &Evidence<'_>) -> Option<VendorRecord> {
    match change.after.as_ref() {
        Some(after) => evidence.ownership?.record(after.row?),
        None => evidence.missing.get(&change.path).map(|missing| missing.record),
    }
}

fn is_conffile(change: &EntryChange, evidence: &Evidence<'_>) -> bool {
    record(change, evidence).is_some_and(|record| record.conffile.is_some())
}

/// What an upgrade changes as a matter of course, and the package's record vouches for.
const VOUCHED: [&str; 6] = ["digest", "size", "mtime", "link_target", "nlink", "hardlinks"];

/// The change of a package that explains this one: the file equals the new package's record, or
/// went with the package that owned it.
fn package_event(change: &EntryChange, evidence: &Evidence<'_>) -> Option<usize> {
    let owner_before = change.before.as_ref().and_then(|before| before.owner);
    let owner_after = change.after.as_ref().and_then(|after| after.owner);
    let event = |before: Option<PackageId>, after: Option<PackageId>| {
        evidence.packages.iter().position(|package| {
            package.cause != Cause::ModifiedInPlace
                && ((after.is_some() && package.after == after)
                    || (before.is_some() && package.before == before))
        })
    };
    // What the baseline held and gave to no package, no record of the target takes over.
    let adopted = change.before.is_some() && owner_before.is_none();
    let at = event(owner_before, owner_after).filter(|_| !adopted)?;
    let Some(after) = &change.after else {
        // A path that the new version still claims should be there.
        return (!evidence.missing.contains_key(&change.path)).then_some(at);
    };
    let owner_changed = event(None, owner_after).is_some();
    let unvouched_privilege = gains_privilege(change)
        && record(change, evidence).is_none_or(|record| record.expected_digest().is_none());
    if !owner_changed || unvouched_privilege {
        return None;
    }
    let vouched =
        VOUCHED.iter().fold(AttributeSet::EMPTY, |set, name| set.with(AttributeSet::named(name)));
    if change.kind() == Kind::Modified && !change.attributes.without(vouched).is_empty() {
        return None;
    }
    let recorded = record(change, evidence).and_then(|record| record.expected_digest());
    match (after.entry.file_type, recorded) {
        (FileType::File, Some(expected)) => {
            (actual(after, expected.algorithm(), evidence) == Some(expected)).then_some(at)
        }
        // Links and directories have no record; a file without one cannot be vouched for, but for
        // the package manager's own books.
        (FileType::File, None) => {
            change.path.as_bytes().starts_with(b"var/lib/dpkg/info/").then_some(at)
        }
        _ => Some(at),
    }
}

fn differs_from_record(change: &EntryChange, evidence: &Evidence<'_>) -> bool {
    let expected = record(change, evidence).and_then(|record| record.expected_digest());
    let (Some(after), Some(expected)) = (&change.after, expected) else { return false };
    actual(after, expected.algorithm(), evidence).is_some_and(|actual| actual != expected)
}

/// The digest of an entry's content by one algorithm, where it was computed.
fn actual(state: &State, algorithm: Algorithm, evidence: &Evidence<'_>) -> Option<Digest> {
    let own = state.entry.digest.seen().copied();
    let vendor = state.row.and_then(|row| evidence.vendor.get(&row)).copied();
    own.into_iter().chain(vendor).find(|digest| digest.algorithm() == algorithm)
}

/// A link of update-alternatives(1) that points where its registration says.
fn is_registered_alternative(change: &EntryChange, evidence: &Evidence<'_>) -> bool {
    let row = change.after.as_ref().and_then(|after| after.row);
    let known = row.and_then(|row| evidence.ownership?.known(row));
    let target_only = change.kind() != Kind::Modified
        || change
            .attributes
            .without(AttributeSet::named("link_target").with(AttributeSet::named("mtime")))
            .is_empty();
    target_only && matches!(known, Some(Known::Alternative { registered: true }))
}
