//! Which change of a package an entry came or went with: only where the entry is as the new version
//! ships it. A database that says nothing of an attribute vouches for nothing of it.

use crate::model::attribute::{self, Value};
use crate::model::{
    AttributeSet, Cause, DirId, Entry, FileType, FollowLast, Observed, PackageId, RowId,
};
use crate::packages::Known;

use super::change::{EntryChange, Kind, State};
use super::evidence::{Evidence, Live};
use super::explain::Explanation;
use super::manifested::{Manifested, manifested, ships};
use super::moves::parents;

/// What became of the question whether a package's change explains an entry's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Vouched {
    /// No package that owns it changed.
    NoEvent,
    /// One did, and its record does not speak for the entry; why.
    Not(String),
    /// The change with this number explains it, and `verified` by more than the target's word.
    By { event: usize, verified: bool },
    /// It came with the change of this number, and nothing says what it should be; why.
    Beside { event: usize, why: String },
}

/// What follows from installing a file, and needs no record.
const CONSEQUENCES: [&str; 3] = ["mtime", "nlink", "hardlinks"];

/// Finds the change of a package that explains this one.
pub(super) fn vouched(change: &EntryChange, evidence: &Evidence<'_>) -> Vouched {
    let owner = |side: &Option<State>| side.as_ref().and_then(|state| state.owner);
    let (before, after) = (owner(&change.before), owner(&change.after));
    let Some(state) = &change.after else { return removed(change, before, evidence) };
    let event = evidence
        .packages
        .of_after(after)
        .or_else(|| sharer(state, evidence).and_then(|sharer| evidence.packages.of_after(sharer)));
    let Some(event) = event else { return Vouched::NoEvent };
    // What the baseline held and gave to no package, no record of the target takes over.
    if change.before.is_some() && before.is_none() && after.is_some() {
        return Vouched::Not("the baseline gave it to no package".to_owned());
    }
    match evidence.live {
        Some(live) => present(change, state, event, live, evidence),
        // A stored snapshot has no records of files; links and directories have none anyway.
        None if state.entry.file_type == FileType::File => {
            Vouched::Not("a stored snapshot holds no record of its content".to_owned())
        }
        None => Vouched::By { event, verified: false },
    }
}

/// One of the packages that share a directory, with a change of its own.
fn sharer(state: &State, evidence: &Evidence<'_>) -> Option<Option<PackageId>> {
    let (live, row) = (evidence.live?, state.row?);
    (live.ownership.known(row) == Some(Known::SharedDirectory)).then_some(())?;
    let mut sharers = live.ownership.sharers(row);
    sharers.find(|sharer| evidence.packages.of_after(Some(*sharer)).is_some()).map(Some)
}

/// What went with the package that owned it.
fn removed(change: &EntryChange, owner: Option<PackageId>, evidence: &Evidence<'_>) -> Vouched {
    let Some(event) = evidence.packages.of_before(owner) else { return Vouched::NoEvent };
    // A path that the new version still claims should be there.
    if evidence.live.is_some_and(|live| live.missing.contains_key(&change.path)) {
        return Vouched::Not("the package still ships it, and it is gone".to_owned());
    }
    let after = evidence.packages.get(event).and_then(|event| event.after);
    let shipped = match (evidence.live, after) {
        (Some(live), Some(after)) => {
            live.packages.get(after.index()).and_then(|package| ships(package, &change.path, live))
        }
        _ => None,
    };
    match shipped {
        Some(true) => {
            Vouched::Not("by the manifest the package still ships it, and it is gone".to_owned())
        }
        shipped => Vouched::By { event, verified: shipped == Some(false) },
    }
}

fn present(
    change: &EntryChange,
    state: &State,
    event: usize,
    live: &Live<'_>,
    evidence: &Evidence<'_>,
) -> Vouched {
    let package = evidence.packages.get(event).and_then(|event| event.after);
    if let Some(package) = package.and_then(|package| live.packages.get(package.index())) {
        match manifested(change, state, package, (live, evidence.sealed)) {
            Manifested::Equal { attributes, placed } => {
                let silent = change.attributes.without(attributes);
                if let Some(why) = unspoken(change, state, attributes) {
                    return Vouched::Not(why);
                }
                if change.kind() != Kind::Modified || silent.is_empty() {
                    return Vouched::By { event, verified: placed };
                }
                // The rest may be on the database's word, where it gives nobody anything.
                if !is_shared_power(&state.entry) && by_database(change, state, live).is_none() {
                    return Vouched::By { event, verified: false };
                }
                let text = "the manifest says nothing of: ";
                return Vouched::Not(format!("{text}{}", names(silent)));
            }
            Manifested::Differs(attributes) => {
                let text = "not as the manifest says that its package ships it: ";
                return Vouched::Not(format!("{text}{}", names(attributes)));
            }
            Manifested::NotShipped if state.entry.file_type != FileType::Directory => {
                let text = "by the manifest its package ships no such path";
                return Vouched::Not(text.to_owned());
            }
            Manifested::NotShipped | Manifested::Unknown => {}
        }
    }
    if is_script(change) && state.entry.file_type == FileType::File {
        let why = "no database records what the scripts of a package hold".to_owned();
        return match unspoken(change, state, named(&["mode"])) {
            None => Vouched::Beside { event, why },
            Some(why) => Vouched::Not(why),
        };
    }
    match by_database(change, state, live) {
        None => Vouched::By { event, verified: false },
        Some(why) => Vouched::Not(why),
    }
}

/// A script of dpkg (deb-preinst(5) and its kin): run by root at the next occasion.
fn is_script(change: &EntryChange) -> bool {
    const SCRIPTS: [&[u8]; 5] = [b".preinst", b".postinst", b".prerm", b".postrm", b".config"];
    is_book(change) && SCRIPTS.iter().any(|end| change.path.as_bytes().ends_with(end))
}

/// Returns what is new of an entry that came, gives somebody rights, and no record speaks for.
fn unspoken(change: &EntryChange, state: &State, spoken_for: AttributeSet) -> Option<String> {
    let entry = &state.entry;
    let had = change.before.as_ref().filter(|before| before.entry.file_type == entry.file_type);
    if had.is_some() {
        return None;
    }
    let bits = entry.mode.seen().copied().unwrap_or(0);
    let said = |name: &str| spoken_for.holds(name);
    let is = |value: &Observed<u32>| value.seen().is_some_and(|id| *id != 0);
    let link = entry.file_type == FileType::Symlink;
    let has = |name: &str| {
        let attribute = attribute::find(name);
        attribute.is_some_and(|attribute| match (attribute.get)(entry) {
            Observed::Is(Value::None) | Observed::NotApplicable | Observed::Unobserved => false,
            Observed::Is(_) => true,
        })
    };
    let what = match () {
        () if !link && bits & 0o0002 != 0 && !said("mode") => "anybody may write it",
        () if !link && bits & 0o0020 != 0 && is(&entry.gid) && !(said("mode") && said("gid")) => {
            "a group may write it"
        }
        () if is(&entry.uid) && !said("uid") => "it belongs to somebody",
        () if has("acl") || has("acl_default") => "it has an access control list",
        () if has("flags") => "it has inode flags",
        () => return None,
    };
    Some(format!("{what}, and no record says that it should"))
}

/// Returns why the target's own database does not speak for the entry.
fn by_database(change: &EntryChange, state: &State, live: &Live<'_>) -> Option<String> {
    let entry = &state.entry;
    let record = live.record(change).unwrap_or_default();
    let compared = live.as_shipped(state, &record);
    if !compared.differing.is_empty() {
        return Some(format!("not as its package records it: {}", names(compared.differing)));
    }
    let mut spoken_for = compared.compared.with(named(&CONSEQUENCES));
    match entry.file_type {
        FileType::File if compared.compared.holds("digest") => {
            spoken_for = spoken_for.with(named(&["size", "type"]));
        }
        // The package manager's own books, which are judged as what they are elsewhere.
        FileType::File if is_book(change) => {
            spoken_for = spoken_for.with(named(&["digest", "size"]))
        }
        FileType::File => return Some("its package records no digest of it".to_owned()),
        FileType::Symlink if compared.compared.holds("link_target") => {
            spoken_for = spoken_for.with(named(&["type"]));
        }
        FileType::Symlink if still_leads(change, live) => {
            return Some("it leads elsewhere, and where it led is still there".to_owned());
        }
        FileType::Symlink if leads_to_owned(state.row, live) => {
            spoken_for = spoken_for.with(named(&["link_target", "type"]));
        }
        FileType::Symlink => {
            return Some(
                "no record says where it leads, and no package owns that place".to_owned(),
            );
        }
        FileType::Directory => spoken_for = spoken_for.with(named(&["type"])),
        _ => {}
    }
    let silent = change.attributes.without(spoken_for);
    if change.kind() == Kind::Modified && !silent.is_empty() {
        return Some(format!("its package's record says nothing of: {}", names(silent)));
    }
    if let Some(why) = unspoken(change, state, spoken_for) {
        return Some(why);
    }
    let had = change.before.as_ref().filter(|before| before.entry.file_type == entry.file_type);
    let gains = had.is_none_or(|before| power(&before.entry) < power(entry));
    (power(entry) > 0 && gains && !compared.compared.holds("mode")).then(|| {
        "it gives rights, and its package records no mode that says that it should".to_owned()
    })
}

/// What an entry's mode gives away: 2 for the rights of its owner, 1 for writing by anybody.
fn power(entry: &Entry) -> u8 {
    let bits = entry.mode.seen().copied().unwrap_or(0);
    let writable = entry.file_type != FileType::Symlink && bits & 0o1002 == 0o0002;
    if entry.is_privileged() { 2 } else { u8::from(writable) }
}

/// Whether it matters whose it is: it runs as its owner or group, or the group may write it.
fn is_shared_power(entry: &Entry) -> bool {
    let bits = entry.mode.seen().copied().unwrap_or(0);
    power(entry) > 0 || (entry.file_type != FileType::Symlink && bits & 0o020 != 0)
}

fn is_book(change: &EntryChange) -> bool {
    change.path.as_bytes().starts_with(b"var/lib/dpkg/info/")
}

/// Whether a link was turned away from something that is still there: a new version of a package turns
/// its links when what they led to has another name.
fn still_leads(change: &EntryChange, live: &Live<'_>) -> bool {
    let Some(before) = &change.before else { return false };
    let Some(target) = before.entry.link_target.seen() else { return false };
    // `pydoc3` leads to `pydoc3.13` now, and `pydoc3.11` may stay beside it.
    let now = change.after.as_ref().and_then(|after| after.entry.link_target.seen());
    if now.is_some_and(|now| unversioned(now) == unversioned(target)) {
        return false;
    }
    let parent = change.path.parent().and_then(|parent| {
        live.tree.as_directory(live.tree.resolve(parent.as_bytes(), FollowLast::Yes)?)
    });
    let start = if target.starts_with(b"/") { Some(DirId(0)) } else { parent };
    start.is_some_and(|start| live.tree.resolve_from(start, target, FollowLast::Yes).is_some())
}

/// The last name of a path without what versions consist of.
fn unversioned(path: &[u8]) -> Vec<u8> {
    let name = path.rsplit(|&byte| byte == b'/').next().unwrap_or_default();
    let plain = name.iter().filter(|byte| !byte.is_ascii_digit() && **byte != b'.');
    plain.copied().collect()
}

/// Whether a link ends at what some package owns.
fn leads_to_owned(row: Option<RowId>, live: &Live<'_>) -> bool {
    let Some(row) = row else { return false };
    let end = live.tree.resolve(live.tree.path(row).as_bytes(), FollowLast::Yes);
    end.is_some_and(|end| {
        let shared = live.ownership.known(end) == Some(Known::SharedDirectory);
        shared || live.ownership.owner(end).is_some()
    })
}

/// Takes along the directories that only hold what came or went with packages: nobody owns them alone.
/// rpm makes such a directory for root, so nobody else may write one that came.
pub(super) fn with_their_content(changes: &[EntryChange], explanations: &mut [Explanation]) {
    let parents = parents(changes);
    // Of what lies directly in each directory: whether all went with packages, and the last of it.
    let mut contents: Vec<(bool, Option<Explanation>)> = vec![(true, None); changes.len()];
    // What lies in a directory stands behind it.
    for (at, change) in changes.iter().enumerate().rev() {
        let (Some(own), Some(content)) = (explanations.get_mut(at), contents.get_mut(at)) else {
            continue;
        };
        let alone = matches!(own.cause, Cause::ModifiedInPlace | Cause::Unowned);
        if let (true, (true, Some(inside))) = (alone && holds_alone(change), content) {
            *own = inside.clone();
        }
        let own = own.clone();
        let parent = parents.get(at).copied().flatten();
        if let Some((all, last)) = parent.and_then(|parent| contents.get_mut(parent)) {
            *all &= own.folded_into.is_some();
            *last = Some(own);
        }
    }
}

/// Whether it is a directory of nobody that is gone, or came as rpm makes those that no package has.
fn holds_alone(change: &EntryChange) -> bool {
    if change.file_type() != FileType::Directory {
        return false;
    }
    match (change.kind(), &change.before, &change.after) {
        (Kind::Removed, Some(before), _) => before.owner.is_none(),
        (Kind::Added, _, Some(after)) if after.owner.is_none() => {
            let entry = &after.entry;
            let roots = [&entry.uid, &entry.gid].iter().all(|id| id.seen() == Some(&0));
            let plain = entry.mode.seen().is_some_and(|bits| bits & 0o7777 == 0o755);
            roots && plain && unspoken(change, after, AttributeSet::EMPTY).is_none()
        }
        _ => false,
    }
}

fn names(attributes: AttributeSet) -> String {
    attributes.iter().map(|attribute| attribute.name).collect::<Vec<_>>().join(", ")
}

fn named(names: &[&str]) -> AttributeSet {
    AttributeSet::of(|attribute| names.contains(&attribute.name))
}
