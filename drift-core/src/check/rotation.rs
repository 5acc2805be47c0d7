//! Logs that were rotated: what a log said is proven by a file beside it that still begins with it.
//!
//! Only content proves that. A name, a time or a number proves nothing, because whoever cleans a log
//! can make all of them: the decoded beginning of a sibling must have the baseline's digest over the
//! baseline's size. What was proven also tells how far the numbers moved, and so which of the oldest
//! files are no longer kept.

#![warn(clippy::indexing_slicing, clippy::arithmetic_side_effects)]

mod names;

use std::collections::{BTreeMap, BTreeSet};

use crate::capture::{Captured, Run};
use crate::compare::{Comparison, EntryChange};
use crate::model::{AttributeSet, Digest, DirId, FileType, Observed, RowId, Tree, TreePath};
use crate::rules::{Class, Rule};
use crate::source::{self, Ask, Source, Want};

use super::second_look::read_again;
use names::{Aside, Coding, aside};

/// Files beside a log that are looked at, the newest first.
const MAX_SIBLINGS: usize = 128;

/// Paths that a note names.
const NAMED: usize = 5;

/// A log that no longer begins as it did, with what the baseline has of it.
struct Lost {
    /// Its change, by place.
    change: usize,
    path: TreePath,
    directory: DirId,
    /// The log that it is, or was put aside from.
    log: Vec<u8>,
    /// How often it had been moved: 0 of the log itself; `None` of a date.
    number: Option<u32>,
    packed: bool,
    digest: Digest,
    size: u64,
    siblings: Vec<Sibling>,
}

/// A file beside it.
struct Sibling {
    row: RowId,
    number: Option<u32>,
    coding: Coding,
}

/// Takes back what rotation explains and returns what the report must say beside it.
pub(super) fn settle(
    source: &dyn Source,
    captured: &mut Captured,
    comparison: &mut Comparison,
    run: &Run<'_>,
) -> Result<Vec<String>, source::Error> {
    let tree = &captured.snapshot.tree;
    let lost: Vec<Lost> = comparison
        .changes
        .iter()
        .enumerate()
        .filter(|(_, change)| is_rewritten(change, captured.rules.rule(change.rule)))
        .filter_map(|(at, change)| Lost::new(at, change, tree))
        .collect();
    if lost.is_empty() {
        return Ok(Vec::new());
    }
    let proofs = prove(source, captured, &lost, run)?;
    let beyond = beyond_what_is_kept(&lost, &proofs, &captured.snapshot.tree);
    let content = AttributeSet::named("digest").with(AttributeSet::named("size"));
    for (log, lost) in lost.iter().enumerate() {
        if !proofs.contains_key(&log) && !beyond.contains(&log) {
            continue;
        }
        if let Some(change) = comparison.changes.get_mut(lost.change) {
            change.attributes = change.attributes.without(content);
        }
    }
    let explained: BTreeSet<usize> = lost.iter().map(|lost| lost.change).collect();
    let mut at = 0usize;
    comparison.changes.retain(|change| {
        let keep = !change.attributes.is_empty() || !explained.contains(&at);
        at = at.saturating_add(1);
        keep
    });
    Ok(notes(&lost, &proofs, &beyond))
}

/// Whether class `growing` alone says that the content should be another.
fn is_rewritten(change: &EntryChange, rule: &Rule) -> bool {
    let differs = change.attributes.holds("digest") || change.attributes.holds("size");
    let compared = rule.attributes(FileType::File);
    let by_class = !compared.holds("digest") && !compared.holds("size");
    rule.class == Some(Class::Growing) && differs && by_class && change.moved_from.is_none()
}

impl Lost {
    fn new(at: usize, change: &EntryChange, tree: &Tree) -> Option<Self> {
        let before = &change.before.as_ref()?.entry;
        let row = change.after.as_ref()?.row?;
        let (Observed::Is(digest), Observed::Is(size)) = (before.digest, before.size) else {
            return None;
        };
        let directory = tree.directory_of(row)?;
        let name = change.path.name();
        let own = aside(name);
        let log = own.map_or(name.to_vec(), |own| [own.log.0, own.log.1].concat());
        let mut siblings =
            siblings(tree, directory, row, |other| other.is_of(&log) || other.is_of(name));
        siblings.sort_by_key(|sibling| (sibling.number.is_none(), sibling.number, sibling.row));
        siblings.truncate(MAX_SIBLINGS);
        Some(Self {
            change: at,
            path: change.path.clone(),
            directory,
            log,
            number: own.map_or(Some(0), |own| own.number),
            packed: own.is_some_and(|own| own.coding != Coding::None),
            digest,
            size,
            siblings,
        })
    }
}

fn siblings(
    tree: &Tree,
    directory: DirId,
    own: RowId,
    fits: impl Fn(&Aside<'_>) -> bool,
) -> Vec<Sibling> {
    let files = tree.children(directory).filter(|row| tree.file_type(*row) == FileType::File);
    files
        .filter(|row| *row != own)
        .filter_map(|row| {
            let found = aside(tree.name(row)).filter(&fits)?;
            Some(Sibling { row, number: found.number, coding: found.coding })
        })
        .collect()
}

/// One reading that may prove a log.
struct Try {
    log: usize,
    sibling: usize,
    ask: Ask,
}

/// Returns by log the sibling that begins with what it said.
fn prove(
    source: &dyn Source,
    captured: &mut Captured,
    lost: &[Lost],
    run: &Run<'_>,
) -> Result<BTreeMap<usize, usize>, source::Error> {
    let tree = &captured.snapshot.tree;
    let mut proofs = BTreeMap::new();
    let mut tries = Vec::new();
    for (log, lost) in lost.iter().enumerate() {
        let whole = |sibling: &Sibling| tree.digest(sibling.row) == Observed::Is(lost.digest);
        match lost.siblings.iter().position(whole) {
            Some(sibling) => drop(proofs.insert(log, sibling)),
            None => tries.extend(tries_of(log, lost, tree)),
        }
    }
    // A file is asked once at a time, so what is left goes into the next round.
    while !tries.is_empty() {
        let mut rows = BTreeSet::new();
        let (mut round, later): (Vec<Try>, Vec<Try>) =
            tries.into_iter().partition(|one| rows.insert(one.ask.row));
        round.sort_by_key(|one| one.ask.row);
        let asks: Vec<Ask> = round.iter().map(|one| one.ask).collect();
        let extras = read_again(source, captured, &asks, run)?;
        for one in &round {
            let found = extras.get(&one.ask.row).and_then(|extra| extra.prefix);
            if found.is_some() && found == lost.get(one.log).map(|lost| lost.digest) {
                proofs.entry(one.log).or_insert(one.sibling);
            }
        }
        tries = later;
        tries.retain(|one| !proofs.contains_key(&one.log));
    }
    Ok(proofs)
}

fn tries_of(log: usize, lost: &Lost, tree: &Tree) -> Vec<Try> {
    let mut tries = Vec::new();
    for (at, sibling) in lost.siblings.iter().enumerate() {
        let mut add = |decoded| {
            let want = Want { prefix: Some(lost.size), decoded, ..Want::default() };
            tries.push(Try { log, sibling: at, ask: Ask { row: sibling.row, want } });
        };
        if tree.size(sibling.row) > lost.size {
            add(false);
        }
        if sibling.coding == Coding::Read && !lost.packed {
            add(true);
        }
    }
    tries
}

/// Returns the logs whose place after the rotation lies behind the last file that is kept.
fn beyond_what_is_kept(
    lost: &[Lost],
    proofs: &BTreeMap<usize, usize>,
    tree: &Tree,
) -> BTreeSet<usize> {
    let mut moved: BTreeMap<(DirId, &[u8]), u32> = BTreeMap::new();
    for (log, sibling) in proofs {
        let Some(lost) = lost.get(*log) else { continue };
        let to = lost.siblings.get(*sibling).and_then(|sibling| sibling.number);
        let by = lost.number.zip(to).and_then(|(from, to)| to.checked_sub(from));
        // A log that becomes `NAME.0` moved by one as well.
        let by = by.map(|by| if lost.number == Some(0) && to == Some(0) { 1 } else { by });
        if let Some(by) = by.filter(|by| *by > 0) {
            moved.insert((lost.directory, &lost.log), by);
        }
    }
    let is_beyond = |lost: &Lost| {
        let by = moved.get(&(lost.directory, lost.log.as_slice()))?;
        let number = lost.number.filter(|number| *number > 0)?;
        let fits = |other: &Aside<'_>| other.is_of(&lost.log);
        let kept = siblings(tree, lost.directory, RowId(0), fits);
        let last = kept.iter().filter_map(|sibling| sibling.number).max()?;
        Some(number.saturating_add(*by) > last)
    };
    let logs = lost.iter().enumerate().filter(|(log, _)| !proofs.contains_key(log));
    logs.filter(|(_, lost)| is_beyond(lost) == Some(true)).map(|(log, _)| log).collect()
}

fn notes(lost: &[Lost], proofs: &BTreeMap<usize, usize>, beyond: &BTreeSet<usize>) -> Vec<String> {
    let unread = |lost: &Lost| lost.siblings.iter().any(|one| one.coding == Coding::NotRead);
    let told = |log: usize| !proofs.contains_key(&log) && !beyond.contains(&log);
    let numbered = || lost.iter().enumerate();
    let gone = numbered().filter(|(log, _)| beyond.contains(log)).map(|(_, lost)| &lost.path);
    let packed =
        numbered().filter(|(log, lost)| told(*log) && unread(lost)).map(|(_, lost)| &lost.path);
    let mut notes = Vec::new();
    notes.extend(note(
        gone.collect(),
        "Logs that rotation keeps no longer, so nothing proves what they said:",
    ));
    notes.extend(note(
        packed.collect(),
        "Logs that may lie beside in a compression that is not read (of bzip2, lz4, lzma, lzo and \
         compress nothing is decoded):",
    ));
    notes
}

fn note(paths: Vec<&TreePath>, what: &str) -> Option<String> {
    let named: Vec<String> = paths.iter().take(NAMED).map(ToString::to_string).collect();
    let more = paths.len().saturating_sub(NAMED);
    let rest = if more > 0 { format!(" and {more} more") } else { String::new() };
    (!named.is_empty()).then(|| format!("{what} {}{rest}.", named.join(", ")))
}
