//! Judging values that differ by host by right, in the same reading that digests them.
//!
//! Only what hosts share is kept: that a value has its form, or a digest of the lines that the form
//! leaves. Which lines of an account file are an account's own is told by the `passwd` and `group`
//! beside it, so those are read first.

use std::collections::{BTreeMap, BTreeSet};

use crate::model::{DirId, FileType, Observed, PerHost, RowId, Tree};
use crate::rules::{AccountFiles, Form, MAX_VALUE_BYTES, RuleSet};
use crate::source::{self, Ask, Content, Plan, Source, Want};

use super::kept::Kept;
use super::read::{Ledger, Wanted, read};

/// Directories with account files that are looked at; the others are compared plainly. A root has
/// one.
const MAX_ACCOUNT_DIRECTORIES: usize = 64;

/// The account files of each directory that has some.
#[derive(Debug, Default)]
pub(super) struct Beside(BTreeMap<DirId, [Option<Vec<u8>>; 2]>);

const NAMES: [&[u8]; 2] = [b"passwd", b"group"];

/// Judges what needs no content, and reads what tells accounts apart.
pub(super) fn begin(
    source: &dyn Source,
    plan: &Plan<'_>,
    want: Wanted<'_>,
    kept: &Kept,
    ledger: &mut Ledger<'_>,
) -> Result<Beside, source::Error> {
    if plan.rules.rules().iter().all(|rule| rule.form.is_none()) {
        return Ok(Beside::default());
    }
    let mut directories = BTreeSet::new();
    for row in ledger.tree.rows() {
        let Some(form) = form(plan.rules, ledger.tree, row) else { continue };
        if ledger.tree.file_type(row) != FileType::File || !form.reads_bytes() {
            let entry = ledger.tree.entry(row);
            let judged = form.judge(&entry, ledger.tree.name(row), None, &AccountFiles::default());
            ledger.tree.set_per_host(row, judged);
        } else if form.accounts().is_some() && directories.len() < MAX_ACCOUNT_DIRECTORIES {
            directories.extend(ledger.tree.directory_of(row));
        }
    }
    read_beside(source, plan, (want, kept), &directories, ledger)
}

fn read_beside(
    source: &dyn Source,
    plan: &Plan<'_>,
    (want, kept): (Wanted<'_>, &Kept),
    directories: &BTreeSet<DirId>,
    ledger: &mut Ledger<'_>,
) -> Result<Beside, source::Error> {
    let mut asks = Vec::new();
    for directory in directories {
        let rows = NAMES.iter().filter_map(|name| ledger.tree.child(*directory, name));
        for row in rows.filter(|row| ledger.tree.file_type(*row) == FileType::File) {
            let wanted = want(ledger.tree, row);
            let bytes = wanted.bytes.max(Some(MAX_VALUE_BYTES));
            asks.push(Ask { row, want: Want { bytes, ..wanted } });
        }
    }
    asks.sort_unstable_by_key(|ask| ask.row);
    let mut contents = read(source, plan, &asks, ledger)?;
    let mut beside = Beside::default();
    for directory in directories {
        let files = NAMES.map(|name| {
            let row = ledger.tree.child(*directory, name)?;
            let bytes = contents.get_mut(&row)?.bytes.take()?;
            kept.take(row, Some(&bytes));
            Some(bytes).filter(|bytes| bytes.len() as u64 <= MAX_VALUE_BYTES)
        });
        beside.0.insert(*directory, files);
    }
    // These very bytes were digested, so they are judged as well.
    for row in asks.iter().map(|ask| ask.row) {
        let Some(form) = form(plan.rules, ledger.tree, row) else { continue };
        let name = NAMES.iter().position(|name| *name == ledger.tree.name(row));
        let files = ledger.tree.directory_of(row).and_then(|directory| beside.0.get(&directory));
        let bytes = name.zip(files).and_then(|(at, files)| files.get(at)?.as_deref());
        let seen = ledger.tree.digest(row) != Observed::Unobserved;
        let entry = ledger.tree.entry(row);
        if seen {
            let judged =
                form.judge(&entry, ledger.tree.name(row), bytes, &beside.of(ledger.tree, row));
            ledger.tree.set_per_host(row, judged);
        }
    }
    Ok(beside)
}

/// Returns the limit up to which a file's bytes are wanted to judge it.
pub(super) fn bytes_wanted(rules: &RuleSet, tree: &Tree, row: RowId) -> Option<u64> {
    let form = form(rules, tree, row)?;
    (form.reads_bytes() && tree.per_host(row).is_none()).then_some(MAX_VALUE_BYTES)
}

impl Beside {
    /// Judges a file that was just read; `None` where no rule asks for that or it was judged before.
    pub(super) fn judge(
        &self,
        rules: &RuleSet,
        tree: &Tree,
        row: RowId,
        content: &Content,
    ) -> Option<PerHost> {
        let form = form(rules, tree, row)?;
        if form.reads_bytes() && tree.per_host(row).is_some() {
            return None;
        }
        let mut entry = tree.entry(row);
        entry.mode = Observed::Is(content.mode);
        let fits = |bytes: &&[u8]| bytes.len() as u64 <= MAX_VALUE_BYTES;
        let bytes = content.bytes.as_deref().filter(fits);
        Some(form.judge(&entry, tree.name(row), bytes, &self.of(tree, row)))
    }

    fn of(&self, tree: &Tree, row: RowId) -> AccountFiles<'_> {
        let files = tree.directory_of(row).and_then(|directory| self.0.get(&directory));
        let [passwd, group] =
            files.map_or([None, None], |[passwd, group]| [passwd.as_deref(), group.as_deref()]);
        AccountFiles { passwd, group }
    }
}

fn form<'r>(rules: &'r RuleSet, tree: &Tree, row: RowId) -> Option<&'r Form> {
    rules.rule(tree.rule(row)).form.as_ref()
}
