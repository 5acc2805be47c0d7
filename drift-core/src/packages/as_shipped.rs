//! An entry beside what its package recorded of it: one comparison for every manager.
//!
//! The record becomes an entry of its own, so that both are compared and shown by the one table of
//! attributes. What is verified of which type is as in rpm(8): links have no mode of their own, and
//! sizes and times of directories are nobody's.

use std::collections::BTreeMap;

use super::record::{Records, StatOverride};
use super::shipped::{Owner, Shipped, VendorRecord};
use crate::model::{
    Algorithm, AttributeSet, Device, Digest, Entry, FileType, Observed, Time, Xattrs,
    capability_from_text,
};

/// The numbers of a system's accounts by name.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Accounts {
    /// Users by name (passwd(5)).
    pub users: BTreeMap<String, u32>,
    /// Groups by name (group(5)).
    pub groups: BTreeMap<String, u32>,
}

/// What a package recorded of an entry, and the entry as far as that can be compared.
#[derive(Debug, Clone)]
pub struct AsShipped {
    /// The entry as it was shipped; what is not recorded is as the entry is.
    pub before: Entry,
    /// The entry, its content digested as the record is.
    pub after: Entry,
    /// What was recorded and can be compared.
    pub compared: AttributeSet,
    /// What of that differs.
    pub differing: AttributeSet,
}

/// Compares an entry with its record. `content` returns its digest by an algorithm, where that was
/// computed.
#[must_use]
pub fn as_shipped(
    entry: &Entry,
    record: &VendorRecord,
    records: &Records,
    accounts: &Accounts,
    content: impl Fn(Algorithm) -> Option<Digest>,
) -> AsShipped {
    let mut outcome = AsShipped {
        before: entry.clone(),
        after: entry.clone(),
        compared: AttributeSet::EMPTY,
        differing: AttributeSet::EMPTY,
    };
    let expected = record.expected_digest();
    let shipped = record.shipped.unwrap_or_default();
    // apk keeps one sum for files and for links, of which it is the sum of the target.
    if let Some(target) = entry.link_target.seen()
        && record.may_be_link()
    {
        outcome.compared = named(&["type", "link_target"]);
        if !record.is_link_to(target) {
            // Where it led is not known: a sum cannot be undone.
            outcome.before.link_target = Observed::Unobserved;
            outcome.differing = named(&["link_target"]);
        }
        return outcome;
    }
    let file_type = shipped.file_type.or(expected.map(|_| FileType::File));
    if let Some(file_type) = file_type.filter(|shipped| *shipped != entry.file_type) {
        outcome.before = Entry::unobserved(file_type);
        (outcome.compared, outcome.differing) = (named(&["type"]), named(&["type"]));
        return outcome;
    }
    let mut compared = AttributeSet::EMPTY;
    if let Some(expected) = expected
        && let Some(actual) = content(expected.algorithm())
    {
        outcome.before.digest = Observed::Is(expected);
        outcome.after.digest = Observed::Is(actual);
        compared = compared.with(const { named(&["digest"]) });
    }
    compared = compared.with(attributes(&mut outcome.before, &shipped, records, accounts));
    outcome.compared = compared.and(verified(entry.file_type)).without(shipped.unverified);
    outcome.differing = differing(&outcome.before, &outcome.after, outcome.compared);
    outcome
}

/// Compares an entry with the owner and mode that are imposed on it.
#[must_use]
pub fn as_imposed(entry: &Entry, imposed: &StatOverride, accounts: &Accounts) -> AsShipped {
    let mut before = entry.clone();
    before.mode = Observed::Is(imposed.mode);
    before.uid = number(&imposed.user, &accounts.users);
    before.gid = number(&imposed.group, &accounts.groups);
    let compared = named(&["mode", "uid", "gid"]);
    let differing = differing(&before, entry, compared);
    AsShipped { before, after: entry.clone(), compared, differing }
}

/// Puts the recorded attributes into `before`, and returns which those are.
fn attributes(
    before: &mut Entry,
    shipped: &Shipped,
    records: &Records,
    accounts: &Accounts,
) -> AttributeSet {
    let mut recorded = AttributeSet::EMPTY;
    if let Some(mode) = shipped.mode {
        before.mode = Observed::Is(mode);
        recorded = recorded.with(const { named(&["mode"]) });
    }
    let owner = |owner: Owner, known: &BTreeMap<String, u32>| match owner {
        Owner::Id(id) => Observed::Is(id),
        Owner::Name(name) => match std::str::from_utf8(records.text(name)) {
            Ok(name) => number(name, known),
            Err(_) => Observed::NotApplicable,
        },
    };
    if let Some(user) = shipped.user {
        before.uid = owner(user, &accounts.users);
        recorded = recorded.with(const { named(&["uid"]) });
    }
    if let Some(group) = shipped.group {
        before.gid = owner(group, &accounts.groups);
        recorded = recorded.with(const { named(&["gid"]) });
    }
    if let Some(size) = shipped.size {
        before.size = Observed::Is(size);
        recorded = recorded.with(const { named(&["size"]) });
    }
    if let Some(seconds) = shipped.mtime {
        // Packages record whole seconds.
        if before.mtime.seen().is_none_or(|time| time.seconds != seconds) {
            before.mtime = Observed::Is(Time { seconds, nanoseconds: 0 });
        }
        recorded = recorded.with(const { named(&["mtime"]) });
    }
    if let Some(target) = shipped.link_target {
        before.link_target = Observed::Is(records.text(target).into());
        recorded = recorded.with(const { named(&["link_target"]) });
    }
    if let Some((major, minor)) = shipped.rdev {
        before.rdev = Observed::Is(Device { major, minor });
        recorded = recorded.with(const { named(&["rdev"]) });
    }
    if let Some(text) = shipped.capability
        && let Observed::Is(xattrs) = &before.xattrs
    {
        let mut kept: Vec<_> = xattrs
            .iter()
            .filter(|(name, _)| *name != CAPABILITY)
            .map(|(name, value)| (name.into(), value.into()))
            .collect();
        if let Some(raw) = capability_from_text(records.text(text)) {
            kept.push((CAPABILITY.into(), raw.into()));
        }
        before.xattrs = Observed::Is(Xattrs::new(kept));
        recorded = recorded.with(const { named(&["capability"]) });
    }
    recorded
}

const CAPABILITY: &[u8] = b"security.capability";

/// A name that no account has is nobody's number; `#` and a number stand for themselves.
fn number(name: &str, known: &BTreeMap<String, u32>) -> Observed<u32> {
    let written = name.strip_prefix('#').and_then(|number| number.parse().ok());
    // The superuser is 0 on a root without accounts as well.
    let superuser = (name == "root").then_some(0);
    written
        .or_else(|| known.get(name).copied())
        .or(superuser)
        .map_or(Observed::NotApplicable, Observed::Is)
}

/// What a record can be held against, by type.
fn verified(file_type: FileType) -> AttributeSet {
    match file_type {
        FileType::File => AttributeSet::all(),
        FileType::Symlink => const { named(&["type", "link_target", "uid", "gid"]) },
        FileType::Char | FileType::Block => {
            const { named(&["type", "mode", "uid", "gid", "rdev"]) }
        }
        _ => const { named(&["type", "mode", "uid", "gid"]) },
    }
}

fn differing(before: &Entry, after: &Entry, compared: AttributeSet) -> AttributeSet {
    compared.filter(|attribute| {
        let seen = (attribute.get)(after);
        seen != Observed::Unobserved && (attribute.get)(before) != seen
    })
}

/// The attributes of these names, each of which must be one.
const fn named(mut names: &[&str]) -> AttributeSet {
    let mut set = AttributeSet::EMPTY;
    while let [name, rest @ ..] = names {
        let one = AttributeSet::named(name);
        assert!(!one.is_empty(), "no attribute has this name");
        set = set.with(one);
        names = rest;
    }
    set
}
