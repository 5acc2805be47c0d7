//! Recognising the same object under another path: one change instead of a loss and a gain.
//!
//! Only where it is beyond doubt: exactly one entry left and exactly one came with the same type,
//! content, owner and permissions. Empty files and empty directories are too alike to tell apart.
//! A directory counts as moved when everything in it moved along.

use std::collections::HashMap;

use crate::model::{Digest, Entry, FileType, Observed};

use super::change::{EntryChange, Kind};

/// Turns pairs of a removed and an added entry into one move each.
pub(super) fn recognise(changes: &mut Vec<EntryChange>) {
    let has = |kind| changes.iter().any(|change| change.kind() == kind);
    if !has(Kind::Added) || !has(Kind::Removed) {
        return;
    }
    let mut candidates: HashMap<Digest, Candidates> = HashMap::new();
    let signatures = signatures(changes);
    for (at, (change, signature)) in changes.iter().zip(&signatures).enumerate() {
        let Some(signature) = signature else { continue };
        let slot = candidates.entry(*signature).or_default();
        match change.kind() {
            Kind::Added => slot.added.push(at),
            Kind::Removed => slot.removed.push(at),
            Kind::Modified => {}
        }
    }
    let pair = |signature: &Option<Digest>| match candidates.get(signature.as_ref()?) {
        Some(Candidates { removed, added }) => match (removed.as_slice(), added.as_slice()) {
            ([removed], [added]) => Some((*removed, *added)),
            _ => None,
        },
        None => None,
    };
    let mut pairs: Vec<(usize, usize)> = signatures.iter().filter_map(pair).collect();
    pairs.sort_unstable();
    pairs.dedup();
    merge(changes, &pairs);
}

#[derive(Default)]
struct Candidates {
    removed: Vec<usize>,
    added: Vec<usize>,
}

fn merge(changes: &mut Vec<EntryChange>, pairs: &[(usize, usize)]) {
    for &(removed, added) in pairs {
        let Some((from, before)) =
            changes.get(removed).map(|gone| (gone.path.clone(), gone.before.clone()))
        else {
            continue;
        };
        if let Some(change) = changes.get_mut(added) {
            change.moved_from = Some(from);
            change.before = before;
        }
    }
    let mut at = 0;
    changes.retain(|_| {
        let keep = pairs.binary_search_by_key(&at, |&(removed, _)| removed).is_err();
        at += 1;
        keep
    });
}

/// The signature of each change's object; `None` of a modified one and of one too plain to know
/// again. One pass backwards, so that what lies in a directory is known before the directory.
fn signatures(changes: &[EntryChange]) -> Vec<Option<Digest>> {
    let parents = parents(changes);
    let mut contents: Vec<Contents> = changes.iter().map(|_| Contents::default()).collect();
    let mut signatures = vec![None; changes.len()];
    for (at, change) in changes.iter().enumerate().rev() {
        let (Some(state), false) = (change.state(), change.kind() == Kind::Modified) else {
            continue;
        };
        let own = match change.file_type() {
            FileType::Directory => {
                contents.get(at).and_then(|contents| contents.signature(&state.entry))
            }
            _ => object_signature(&state.entry),
        };
        if let Some(slot) = signatures.get_mut(at) {
            *slot = own;
        }
        let parent = parents.get(at).copied().flatten();
        let same_kind = parent
            .and_then(|parent| changes.get(parent))
            .is_some_and(|parent| parent.kind() == change.kind());
        if let Some(contents) =
            parent.filter(|_| same_kind).and_then(|parent| contents.get_mut(parent))
        {
            contents.take(change, own);
        }
    }
    signatures
}

/// The change of the directory that each change lies in, where that changed too.
pub(super) fn parents(changes: &[EntryChange]) -> Vec<Option<usize>> {
    let mut open: Vec<usize> = Vec::new();
    let mut parents = Vec::with_capacity(changes.len());
    for (at, change) in changes.iter().enumerate() {
        let holds = |open: &usize| {
            changes.get(*open).is_some_and(|open| change.path.starts_with(&open.path))
        };
        while open.last().is_some_and(|open| !holds(open)) {
            open.pop();
        }
        parents.push(open.last().copied());
        open.push(at);
    }
    parents
}

/// What is known of the objects in a directory that came or went.
#[derive(Default)]
struct Contents {
    text: Vec<u8>,
    recognised: bool,
}

impl Contents {
    fn take(&mut self, change: &EntryChange, signature: Option<Digest>) {
        let name = change.path.name();
        self.text.extend_from_slice(&(name.len() as u64).to_le_bytes());
        self.text.extend_from_slice(name);
        self.text.push(change.file_type() as u8);
        if let Some(signature) = signature {
            self.recognised = true;
            self.text.extend_from_slice(signature.as_bytes());
        }
    }

    fn signature(&self, directory: &Entry) -> Option<Digest> {
        let mut text = common(directory);
        text.extend_from_slice(&self.text);
        self.recognised.then(|| Digest::sha256_of(&text))
    }
}

fn object_signature(entry: &Entry) -> Option<Digest> {
    let mut text = common(entry);
    match (entry.file_type, &entry.digest, &entry.size, &entry.link_target) {
        (FileType::File, Observed::Is(digest), Observed::Is(size), _) if *size > 0 => {
            text.extend_from_slice(digest.as_bytes());
        }
        (FileType::Symlink, _, _, Observed::Is(target)) => text.extend_from_slice(target),
        _ => return None,
    }
    Some(Digest::sha256_of(&text))
}

/// Type, permissions, owner and extended attributes.
fn common(entry: &Entry) -> Vec<u8> {
    let Entry { file_type, mode, uid, gid, flags, xattrs, .. } = entry;
    format!("{file_type}\0{mode:?}\0{uid:?}\0{gid:?}\0{flags:?}\0{xattrs:?}\0").into_bytes()
}
