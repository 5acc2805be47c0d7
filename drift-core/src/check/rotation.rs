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
use names::{Coding, aside};

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
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
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
    let is_lost = |(_, change): &(usize, &EntryChange)| {
        is_rewritten(change, captured.rules.rule(change.rule))
    };
    let rewritten: Vec<(usize, &EntryChange)> =
        comparison.changes.iter().enumerate().filter(is_lost).collect();
    if rewritten.is_empty() {
        return Ok(Vec::new());
    }
    let rows = rewritten.iter().filter_map(|(_, change)| change.after.as_ref()?.row);
    let beside = Beside::new(tree, rows.filter_map(|row| tree.directory_of(row)).collect());
    let lost: Vec<Lost> = rewritten
        .into_iter()
        .filter_map(|(at, change)| Lost::new(at, change, tree, &beside))
        .collect();
    let proofs = prove(source, captured, &lost, run)?;
    let beyond = beyond_what_is_kept(&lost, &proofs, &beside);
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
    fn new(at: usize, change: &EntryChange, tree: &Tree, beside: &Beside) -> Option<Self> {
        let before = &change.before.as_ref()?.entry;
        let row = change.after.as_ref()?.row?;
        let (Observed::Is(digest), Observed::Is(size)) = (before.digest, before.size) else {
            return None;
        };
        let directory = tree.directory_of(row)?;
        let name = change.path.name();
        let own = aside(name);
        let log = own.map_or_else(|| name.to_vec(), |own| own.name());
        let siblings = beside.newest(directory, [&log, name], row);
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

/// What was put aside in the directories where logs were lost, each directory gone through once: with
/// a hundred thousand logs in one, looking at all of it for each of them would never end.
struct Beside {
    /// By directory and name of the log: the newest first, dates last.
    by_log: BTreeMap<(DirId, Vec<u8>), Vec<Sibling>>,
}

impl Beside {
    fn new(tree: &Tree, directories: BTreeSet<DirId>) -> Self {
        let mut by_log: BTreeMap<_, Vec<Sibling>> = BTreeMap::new();
        let is_file = |row: &RowId| tree.file_type(*row) == FileType::File;
        for directory in directories {
            for row in tree.children(directory).filter(is_file) {
                let Some(found) = aside(tree.name(row)) else { continue };
                let sibling = Sibling { row, number: found.number, coding: found.coding };
                by_log.entry((directory, found.name())).or_default().push(sibling);
            }
        }
        for siblings in by_log.values_mut() {
            siblings.sort_by_key(Sibling::age);
        }
        Self { by_log }
    }

    fn of(&self, directory: DirId, log: &[u8]) -> &[Sibling] {
        self.by_log.get(&(directory, log.to_vec())).map_or(&[], Vec::as_slice)
    }

    /// Returns the newest of what was put aside of logs of these names, but for one.
    fn newest(&self, directory: DirId, logs: [&[u8]; 2], own: RowId) -> Vec<Sibling> {
        let [log, name] = logs;
        let second = if log == name { &[][..] } else { self.of(directory, name) };
        let mut found: Vec<Sibling> = Vec::new();
        for all in [self.of(directory, log), second] {
            let others = all.iter().filter(|sibling| sibling.row != own);
            found.extend(others.take(MAX_SIBLINGS));
        }
        found.sort_by_key(Sibling::age);
        found.truncate(MAX_SIBLINGS);
        found
    }

    /// Returns the highest number that is in use of a log.
    fn last_number(&self, directory: DirId, log: &[u8]) -> Option<u32> {
        let all = self.of(directory, log);
        let numbered = all.partition_point(|sibling| sibling.number.is_some());
        all.get(numbered.checked_sub(1)?)?.number
    }
}

impl Sibling {
    /// What is numbered before what is dated, low numbers first.
    fn age(&self) -> (bool, Option<u32>, RowId) {
        (self.number.is_none(), self.number, self.row)
    }
}

/// What may prove logs, by file: the length of a beginning and whether it is decoded, with each log, by
/// place, that it would prove, and the place of the file among its siblings. A file is asked for one
/// beginning at a time, and for each only once, however many logs said as much.
type Tries = BTreeMap<RowId, BTreeMap<(u64, bool), Vec<(usize, usize)>>>;

/// Returns by log the sibling that begins with what it said.
fn prove(
    source: &dyn Source,
    captured: &mut Captured,
    lost: &[Lost],
    run: &Run<'_>,
) -> Result<BTreeMap<usize, usize>, source::Error> {
    let tree = &captured.snapshot.tree;
    let mut proofs = BTreeMap::new();
    let mut tries = Tries::new();
    for (log, lost) in lost.iter().enumerate() {
        let whole = |sibling: &Sibling| tree.digest(sibling.row) == Observed::Is(lost.digest);
        match lost.siblings.iter().position(whole) {
            Some(sibling) => drop(proofs.insert(log, sibling)),
            None => add_tries(&mut tries, log, lost, tree),
        }
    }
    while !tries.is_empty() {
        let round = next_round(&mut tries, &proofs);
        let asks: Vec<Ask> = round.iter().map(|(ask, _)| *ask).collect();
        let extras = read_again(source, captured, &asks, run)?;
        for (ask, logs) in &round {
            let found = extras.get(&ask.row).and_then(|extra| extra.prefix);
            for (log, sibling) in logs {
                if found.is_some() && found == lost.get(*log).map(|lost| lost.digest) {
                    proofs.entry(*log).or_insert(*sibling);
                }
            }
        }
    }
    Ok(proofs)
}

fn add_tries(tries: &mut Tries, log: usize, lost: &Lost, tree: &Tree) {
    for (at, sibling) in lost.siblings.iter().enumerate() {
        let mut add = |decoded| {
            let beginnings = tries.entry(sibling.row).or_default();
            beginnings.entry((lost.size, decoded)).or_default().push((log, at));
        };
        if tree.size(sibling.row) > lost.size {
            add(false);
        }
        if sibling.coding == Coding::Read && !lost.packed {
            add(true);
        }
    }
}

/// Takes one beginning of every file, those that would prove nothing new left out.
fn next_round(
    tries: &mut Tries,
    proofs: &BTreeMap<usize, usize>,
) -> Vec<(Ask, Vec<(usize, usize)>)> {
    let mut round = Vec::new();
    tries.retain(|row, beginnings| {
        while let Some(((size, decoded), mut logs)) = beginnings.pop_first() {
            logs.retain(|(log, _)| !proofs.contains_key(log));
            if !logs.is_empty() {
                let want = Want { prefix: Some(size), decoded, ..Want::default() };
                round.push((Ask { row: *row, want }, logs));
                break;
            }
        }
        !beginnings.is_empty()
    });
    round
}

/// Returns the logs whose place after the rotation lies behind the last file that is kept.
fn beyond_what_is_kept(
    lost: &[Lost],
    proofs: &BTreeMap<usize, usize>,
    beside: &Beside,
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
        let last = beside.last_number(lost.directory, &lost.log)?;
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
