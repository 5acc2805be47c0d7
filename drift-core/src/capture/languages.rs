//! Finding and reading packages of languages, in the same reading that digests their files.
//!
//! One pass over the names of the tree finds the files. Each is parsed where it arrives and dropped,
//! and no more than [`BATCH_BYTES`] of them are asked for at a time, or one that is larger: what stays
//! are names and digests.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use crate::bounds::Ranges;
use crate::model::{DirId, FileType, Observed, Problem, RowId, Stage, Tree, TreePath};
use crate::packages::{LANGUAGES, Language, PackageSink, Part, Place, Unit, Units, Wanted};
use crate::rules::Class;
use crate::source::{self, Ask, Content, Plan, Source, Want};

use super::Parts;
use super::cached::Cached;
use super::read::{Ledger, read_slice};

/// Bytes of files that are asked for together.
const BATCH_BYTES: u64 = 32 << 20;

/// Bytes of paths that the records of one target may hold until all is read.
const MAX_HELD_BYTES: usize = 512 << 20;

/// Bytes of a path (PATH_MAX): what lies deeper was hardly installed there.
const MAX_PATH_BYTES: usize = 4096;

/// What is asked for.
#[derive(Debug, Clone, Copy)]
pub(super) struct Asked {
    pub(super) parts: Parts,
    /// Whether programs are looked into.
    pub(super) binaries: bool,
}

/// Adds the packages of every language to the sink; returns whether all are listed.
pub(super) fn read_all(
    source: &dyn Source,
    plan: &Plan<'_>,
    asked: Asked,
    ledger: &mut Ledger<'_>,
    out: &mut PackageSink,
) -> Result<bool, source::Error> {
    let found = find(plan, asked, ledger);
    let mut taken = Taken::default();
    let asks = found.asks((source, plan), asked.parts, (ledger.tree, ledger.unread), &mut taken);
    let taken = Mutex::new(taken);
    let rows = &found.rows;
    // Where ranges can be read nobody has all bytes; where they cannot, nobody looks. What was seen
    // counts once the file turns out to have stayed as it was.
    let looked: Mutex<BTreeMap<RowId, Vec<Part>>> = Mutex::default();
    let one_large = Mutex::new(());
    let looker = |tree: &Tree, row: RowId, file: &mut dyn Ranges| {
        let path = tree.path(row);
        let languages = rows.get(&row).into_iter().flatten();
        // What little is needed of a large file may be much, so only one of them is looked at.
        let _alone = (file.size() > BATCH_BYTES)
            .then(|| one_large.lock().unwrap_or_else(PoisonError::into_inner));
        let parts = languages.map(|language| language.look(path.as_bytes(), file)).collect();
        looked.lock().unwrap_or_else(PoisonError::into_inner).insert(row, parts);
    };
    let in_ranges = |row: RowId| found.takes_ranges(source, row);
    let judge = |tree: &Tree, row: RowId, content: &mut Content| {
        let bytes = content.bytes.take();
        if in_ranges(row) {
            let parts = looked.lock().unwrap_or_else(PoisonError::into_inner).remove(&row);
            let mut taken = taken.lock().unwrap_or_else(PoisonError::into_inner);
            let languages = rows.get(&row).into_iter().flatten();
            for (language, part) in languages.zip(parts.unwrap_or_default()) {
                taken.keep(row, language.name(), part);
            }
            return None;
        }
        for language in rows.get(&row).into_iter().flatten() {
            let path = tree.path(row);
            let part = match &bytes {
                Some(bytes) => language.read(path.as_bytes(), bytes),
                None => too_long(*language),
            };
            let mut taken = taken.lock().unwrap_or_else(PoisonError::into_inner);
            taken.keep(row, language.name(), part);
        }
        None
    };
    let mut rest = &*asks;
    while !rest.is_empty() {
        let (batch, after) =
            rest.split_at_checked(batch(source, ledger.tree, rest)).unwrap_or((rest, &[]));
        read_slice(source, plan, batch, (&judge, &looker), ledger)?;
        rest = after;
    }
    let taken = taken.into_inner().unwrap_or_else(PoisonError::into_inner);
    Ok(found.hand_on(taken, ledger, out))
}

/// The wanted files.
#[derive(Default)]
struct Found {
    /// The languages that want each row.
    rows: BTreeMap<RowId, Vec<&'static dyn Language>>,
    /// The files of each unit, by the position of its language.
    units: BTreeMap<(usize, Group), (usize, Vec<RowId>)>,
    /// Set when a file that may name packages is not read.
    lost: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Group {
    Directory(DirId),
    File(RowId),
}

/// Looks at the last names of every file.
fn find(plan: &Plan<'_>, asked: Asked, ledger: &mut Ledger<'_>) -> Found {
    let mut found = Found::default();
    let mut deep: Option<(TreePath, u64)> = None;
    let tree = &*ledger.tree;
    for row in tree.rows().filter(|row| tree.file_type(*row) == FileType::File) {
        let mut place = place(tree, row);
        place.executable = asked.binaries && is_executable(tree, row);
        let wanted =
            LANGUAGES.iter().enumerate().filter(|(_, one)| asked.binaries || !one.is_in_programs());
        for (at, language) in wanted {
            let Some(Wanted { unit, up }) = language.wants(&place) else { continue };
            let rule = plan.rules.rule(tree.rule(row));
            if rule.class == Some(Class::Secret) || rule.excludes() {
                continue;
            }
            if !is_short(tree, row) {
                let (_, count) = deep.get_or_insert_with(|| (top(tree, row), 0));
                *count = count.saturating_add(1);
                break;
            }
            let group = match (unit, tree.directory_of(row)) {
                (Unit::Directory, Some(directory)) => Group::Directory(directory),
                _ => Group::File(row),
            };
            found.rows.entry(row).or_default().push(*language);
            found.units.entry((at, group)).or_insert_with(|| (up, Vec::new())).1.push(row);
        }
    }
    if let Some((path, count)) = deep {
        found.lost = true;
        let reason = format!(
            "{count} files of packages of languages lie deeper than a path can be long; not read"
        );
        ledger.problems.push(problem(path, reason));
    }
    found
}

impl Found {
    /// Whether ranges of a file are enough for all that want it, and the source can read them.
    fn takes_ranges(&self, source: &dyn Source, row: RowId) -> bool {
        let mut languages = self.rows.get(&row).into_iter().flatten();
        source.reads_ranges() && languages.all(|language| language.takes_ranges())
    }

    /// Returns what to read, by row. What is too long for a parser is told, and digested later.
    fn asks(
        &self,
        (source, plan): (&dyn Source, &Plan<'_>),
        parts: Parts,
        (tree, cached): (&Tree, &Cached),
        taken: &mut Taken,
    ) -> Vec<Ask> {
        let mut asks = Vec::new();
        for (&row, languages) in &self.rows {
            let most = languages.iter().map(|language| language.max_bytes()).max().unwrap_or(0);
            if tree.size(row) > most {
                // Two languages look into one program; one of them saying so is enough.
                for language in languages.iter().take(1) {
                    taken.keep(row, language.name(), too_long(*language));
                }
                continue;
            }
            let rule = plan.rules.rule(tree.rule(row));
            let ranges = self.takes_ranges(source, row);
            // Whoever reads a file whole digests it too, and shows a stamp that lies.
            let is_cached = cached.contains(row) && !ranges;
            let known = tree.digest(row) != Observed::NotApplicable && !is_cached;
            let digest = parts.entries && rule.reads_content() && !known;
            let bytes = Some(most);
            asks.push(Ask { row, want: Want { digest, bytes, ranges, ..Want::default() } });
        }
        asks
    }

    /// Hands every unit on, in the order of the table and of the tree.
    fn hand_on(&self, mut taken: Taken, ledger: &mut Ledger<'_>, out: &mut PackageSink) -> bool {
        let mut units = Units::default();
        let mut whole = !self.lost;
        let tree = &*ledger.tree;
        for ((at, _), (up, rows)) in &self.units {
            let Some(language) = LANGUAGES.get(*at) else { continue };
            let here: Vec<RowId> =
                rows.iter().copied().filter(|row| is_there(tree, *row)).collect();
            let Some(&first) = here.first() else { continue };
            let parts: Vec<Part> = here
                .iter()
                .filter_map(|row| taken.parts.remove(&(*row, language.name())))
                .collect();
            let by_path = language.by_path(&place(tree, first));
            // What could not be read has its own problem; without a name in its path it is lost.
            whole &= parts.len() == here.len() || by_path.is_some();
            let location = above(tree, first, *up);
            let path = tree.path(first);
            units.unit(language.name(), (location.as_bytes(), &path), parts, by_path, out);
        }
        if taken.full {
            let reason = "the records of languages name too many files; some are not checked";
            ledger.problems.push(problem(TreePath::root(), reason.to_owned()));
        }
        let is_directory = |path: &[u8]| {
            let row = TreePath::parse(path).ok().and_then(|path| tree.find(&path));
            row.is_some_and(|row| tree.file_type(row) == FileType::Directory)
        };
        units.finish(&is_directory, out) && whole
    }
}

/// What was parsed so far.
#[derive(Default)]
struct Taken {
    parts: BTreeMap<(RowId, &'static str), Part>,
    held: usize,
    full: bool,
}

impl Taken {
    fn keep(&mut self, row: RowId, language: &'static str, mut part: Part) {
        let size = part.files.iter().fold(0usize, |sum, file| sum.saturating_add(file.path.len()));
        self.held = self.held.saturating_add(size);
        if self.held > MAX_HELD_BYTES {
            part.files = Vec::new();
            self.full = true;
        }
        self.parts.insert((row, language), part);
    }
}

/// Returns how many of the asks make one batch. A stream is read once, and parsed as it passes.
fn batch(source: &dyn Source, tree: &Tree, asks: &[Ask]) -> usize {
    if source.kind().is_stream() {
        return asks.len();
    }
    let mut held = 0u64;
    let fits = |ask: &&Ask| {
        held = held.saturating_add(if ask.want.ranges { 0 } else { tree.size(ask.row) });
        held <= BATCH_BYTES
    };
    asks.iter().take_while(fits).count().max(1)
}

fn too_long(language: &dyn Language) -> Part {
    let mut part = Part::default();
    let reason =
        format!("it is longer than {} MiB, and was not looked into", language.max_bytes() >> 20);
    part.fault(reason);
    part.lost = true;
    part
}

fn place(tree: &Tree, row: RowId) -> Place<'_> {
    let mut place = Place::default();
    let mut at = row;
    for name in &mut place.names {
        *name = tree.name(at);
        match tree.directory_of(at) {
            Some(directory) if at != RowId(0) => at = tree.directory_row(directory),
            _ => break,
        }
    }
    place
}

fn is_executable(tree: &Tree, row: RowId) -> bool {
    tree.entry(row).mode.seen().is_some_and(|mode| mode & 0o111 != 0)
}

fn is_there(tree: &Tree, row: RowId) -> bool {
    let directory = tree.directory_of(row);
    directory.is_some_and(|directory| tree.child(directory, tree.name(row)) == Some(row))
}

/// Returns whether the path has no more bytes than the kernel takes, without building it.
fn is_short(tree: &Tree, row: RowId) -> bool {
    let (mut at, mut length) = (row, 0usize);
    while at != RowId(0) {
        length = length.saturating_add(tree.name(at).len()).saturating_add(1);
        let Some(directory) = tree.directory_of(at).filter(|_| length <= MAX_PATH_BYTES) else {
            return false;
        };
        at = tree.directory_row(directory);
    }
    true
}

/// Returns the topmost directory that the row lies in.
fn top(tree: &Tree, row: RowId) -> TreePath {
    let mut at = row;
    while let Some(directory) = tree.directory_of(at) {
        let above = tree.directory_row(directory);
        if above == RowId(0) {
            break;
        }
        at = above;
    }
    tree.path(at)
}

/// Returns the path so many levels above the row.
fn above(tree: &Tree, row: RowId, levels: usize) -> TreePath {
    let mut at = row;
    for _ in 0..levels {
        match tree.directory_of(at) {
            Some(directory) if at != RowId(0) => at = tree.directory_row(directory),
            _ => break,
        }
    }
    tree.path(at)
}

fn problem(path: TreePath, reason: String) -> Problem {
    Problem { path, stage: Stage::Parse, reason, errno: None }
}
