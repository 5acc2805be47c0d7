//! Asks the products of programs whether changes follow from their sources.
//!
//! Products see bytes, so this reads them: each file once for all that need it, a few megabytes at
//! a time, and only what the very capture digested. What is judged here is content; an owner or a
//! mode that changed with it, and power that a product never has, are nobody's product.

use std::collections::{BTreeMap, BTreeSet};

use crate::capture::{Captured, Run};
use crate::compare::{Comparison, EntryChange, Kind};
use crate::generated::{About, Contents, Derivation, PRODUCTS, Product};
use crate::model::{
    Algorithm, AttributeSet, Digest, Entry, FileType, Observed, RowId, TreePath, Xattrs,
};
use crate::source::{self, Ask, Source, Want};

use super::second_look::read_again;

/// Bytes that one group of derivations may hold; a single file may be as large as that.
const GROUP_BYTES: u64 = 64 << 20;
/// A stream is read from its beginning for every group, so all goes into one; more is not read.
const STREAM_BYTES: u64 = 256 << 20;
/// Rounds of reading: what a file includes, and what that includes.
const ROUNDS: usize = 4;
/// What a program changes when it writes its product anew.
const WRITTEN: [&str; 6] = ["digest", "size", "mtime", "link_target", "nlink", "hardlinks"];

type Judged = BTreeMap<TreePath, Derivation>;

/// Judges every change at a place where a known program writes.
pub(super) fn derive(
    source: &dyn Source,
    captured: &mut Captured,
    comparison: &Comparison,
    run: &Run<'_>,
) -> Result<Judged, source::Error> {
    let changed: BTreeMap<&TreePath, Option<&Entry>> =
        comparison.changes.iter().map(|change| (&change.path, before(change))).collect();
    let mut judged = Judged::new();
    let mut asked: Vec<(&EntryChange, &dyn Product)> = Vec::new();
    for change in &comparison.changes {
        if captured.rules.rule(change.rule).may_come_and_go() || change.moved_from.is_some() {
            continue;
        }
        let about = about(captured, &changed);
        let Some(product) = PRODUCTS.iter().find(|product| product.is_at(&change.path, &about))
        else {
            continue;
        };
        match at_once(change) {
            Some(derivation) => {
                judged.insert(change.path.clone(), derivation);
            }
            None => asked.push((change, *product)),
        }
    }
    let stream = source.kind().is_stream();
    let mut rest = asked.as_slice();
    while !rest.is_empty() {
        let contents = Reading::new(source, stream).read(&mut rest, captured, &changed, run)?;
        for (change, product) in contents.1 {
            let derivation = product.derive(&change.path, &about(captured, &changed), &contents.0);
            if derivation != Derivation::Unknown {
                judged.insert(change.path.clone(), derivation);
            }
        }
    }
    Ok(judged)
}

fn about<'a>(
    captured: &'a Captured,
    changed: &'a BTreeMap<&'a TreePath, Option<&'a Entry>>,
) -> About<'a> {
    About {
        tree: &captured.snapshot.tree,
        ownership: &captured.ownership,
        rules: &captured.rules,
        changed,
    }
}

fn before(change: &EntryChange) -> Option<&Entry> {
    // A moved entry was not here.
    change.before.as_ref().filter(|_| change.moved_from.is_none()).map(|state| &state.entry)
}

/// Settles what no product has to be asked about.
fn at_once(change: &EntryChange) -> Option<Derivation> {
    let wrong = |what: &str| Some(Derivation::Wrong(what.to_owned()));
    let after = change.after.as_ref().map(|state| &state.entry);
    if after.is_some_and(Entry::is_privileged) {
        return wrong("it gives power, as no product of a program does");
    }
    if after.is_some_and(is_program) {
        return wrong("it can be run, as no product of a program can");
    }
    match (change.kind(), after) {
        (Kind::Modified, Some(after)) => {
            let written = |set: AttributeSet, name: &&str| set.with(AttributeSet::named(name));
            let written = WRITTEN.iter().fold(AttributeSet::EMPTY, written);
            if !change.attributes.without(written).is_empty() {
                return wrong("more than its content changed");
            }
            let time = AttributeSet::named("mtime");
            let only_time = change.attributes.without(time).is_empty();
            (only_time && after.file_type == FileType::File).then(|| {
                Derivation::Right("it was written anew with the very same content".to_owned())
            })
        }
        (Kind::Added, Some(after)) if is_open(after) => {
            wrong("everybody may write to it, or it is not the system's")
        }
        _ => None,
    }
}

/// A file that can be run; links and directories cannot be told by their mode.
fn is_program(entry: &Entry) -> bool {
    let bits = entry.mode.seen().copied().unwrap_or(0);
    entry.file_type == FileType::File && bits & 0o111 != 0
}

/// What is new belongs to root, and nobody else writes to it, nor will to what is made in it.
fn is_open(entry: &Entry) -> bool {
    let lists = [&b"system.posix_acl_access"[..], b"system.posix_acl_default"];
    let listed = |xattrs: &Xattrs| lists.iter().any(|name| xattrs.get(name).is_some());
    if entry.xattrs.seen().is_some_and(listed) {
        return true;
    }
    let bits = entry.mode.seen().copied().unwrap_or(0);
    let others = entry.file_type != FileType::Symlink && bits & 0o022 != 0;
    others || entry.uid.seen().is_some_and(|uid| *uid != 0)
}

/// The bytes of one group.
struct Reading<'s> {
    source: &'s dyn Source,
    contents: Contents,
    /// Everything that was tried, read or not.
    tried: BTreeSet<RowId>,
    left: u64,
    stream: bool,
}

type Group<'c> = (Contents, Vec<(&'c EntryChange, &'c dyn Product)>);

impl<'s> Reading<'s> {
    fn new(source: &'s dyn Source, stream: bool) -> Self {
        let left = if stream { STREAM_BYTES } else { GROUP_BYTES };
        Self { source, contents: Contents::new(), tried: BTreeSet::new(), left, stream }
    }

    /// Takes as many derivations from the front of `rest` as fit, and reads what they need.
    fn read<'c>(
        mut self,
        rest: &mut &'c [(&'c EntryChange, &'c dyn Product)],
        captured: &mut Captured,
        changed: &BTreeMap<&TreePath, Option<&Entry>>,
        run: &Run<'_>,
    ) -> Result<Group<'c>, source::Error> {
        let mut group = Vec::new();
        let mut rows = BTreeSet::new();
        while let Some(((change, product), others)) = rest.split_first() {
            let needs = product.needs(&change.path, &about(captured, changed), &self.contents);
            let new: BTreeSet<RowId> =
                needs.into_iter().filter(|row| !rows.contains(row)).collect();
            let size: u64 = new.iter().map(|row| captured.snapshot.tree.size(*row)).sum();
            if size > self.left && !group.is_empty() && !self.stream {
                break;
            }
            self.left = self.left.saturating_sub(size.min(self.left));
            rows.extend(new);
            group.push((*change, *product));
            *rest = others;
        }
        for _ in 0..ROUNDS {
            self.take(&rows, captured, run)?;
            rows.clear();
            for (change, product) in &group {
                let about = about(captured, changed);
                let needs = product.needs(&change.path, &about, &self.contents);
                rows.extend(needs.into_iter().filter(|row| !self.tried.contains(row)));
            }
            if rows.is_empty() {
                break;
            }
        }
        Ok((self.contents, group))
    }

    fn take(
        &mut self,
        rows: &BTreeSet<RowId>,
        captured: &mut Captured,
        run: &Run<'_>,
    ) -> Result<(), source::Error> {
        let limit = if self.stream { STREAM_BYTES } else { GROUP_BYTES };
        let mut asks = Vec::new();
        let mut all: u64 = self.contents.values().map(|bytes| bytes.len() as u64).sum();
        for row in rows {
            self.tried.insert(*row);
            let tree = &captured.snapshot.tree;
            let size = tree.size(*row);
            // Secrets stay where they are.
            let readable = captured.rules.rule(tree.rule(*row)).keeps_size();
            let file = tree.file_type(*row) == FileType::File;
            if readable && file && all.saturating_add(size) <= limit {
                all = all.saturating_add(size);
                let want = Want { bytes: Some(limit), ..Want::default() };
                asks.push(Ask { row: *row, want });
            }
        }
        let extras = read_again(self.source, captured, &asks, run)?;
        for (row, extra) in extras {
            let Some(bytes) = extra.bytes else { continue };
            if is_what_was_seen(captured.snapshot.tree.digest(row), &bytes) {
                self.contents.insert(row, bytes);
            }
        }
        Ok(())
    }
}

/// What changed since it was digested is not what is being judged.
fn is_what_was_seen(digest: Observed<Digest>, bytes: &[u8]) -> bool {
    match digest {
        Observed::Is(digest) if digest.algorithm() == Algorithm::Sha256 => {
            digest == Digest::sha256_of(bytes)
        }
        Observed::Is(_) | Observed::NotApplicable => true,
        Observed::Unobserved => false,
    }
}
