//! The effective root: a digest over what the rules compare, and nothing else.
//!
//! The root of two hosts of one image always differs; their effective roots are equal as long as a
//! comparison under these rules would find nothing. `docs/baseline-format.md` has the bytes.

use drift_lanes::Sha256;

use crate::model::attribute::Value;
use crate::model::{
    Cursor, CursorError, Digest, Entry, FileType, Observed, Package, PerHostValue, RuleId, Step,
};
use crate::rules::{Form, Rule, RuleSet};

use super::record::{Outlines, put_value};
use super::trail::Trail;
use super::wire::{put, put_bytes};

/// What the digest begins with.
const DOMAIN: &[u8] = b"drift.effective/v1";
/// Records are digested in pieces of so many bytes.
const PIECE: usize = 1 << 14;
/// What stands before each kind of record.
const DIRECTORY: u8 = 1;
const ENTRY: u8 = 2;
const PACKAGE: u8 = 3;
const LOCATED_PACKAGE: u8 = 4;

/// Computes the effective root of the entries of a cursor and the packages, under these rules.
///
/// Entries that the rules leave out do not count, nor those that may come and go.
///
/// # Errors
///
/// The cursor's own.
pub fn effective_root(
    cursor: &mut dyn Cursor,
    rules: &RuleSet,
    packages: &[Package],
) -> Result<Digest, CursorError> {
    digest(cursor, (rules, Classed::No), packages)
}

/// Computes the effective root of what was captured under these very rules, each entry of which says
/// which of them it was found under.
///
/// # Errors
///
/// The cursor's own.
pub fn effective_root_captured(
    cursor: &mut dyn Cursor,
    rules: &RuleSet,
    packages: &[Package],
) -> Result<Digest, CursorError> {
    digest(cursor, (rules, Classed::Yes), packages)
}

/// Whether entries say their rules, so that no pattern need be matched.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Classed {
    Yes,
    No,
}

fn digest(
    cursor: &mut dyn Cursor,
    (rules, classed): (&RuleSet, Classed),
    packages: &[Package],
) -> Result<Digest, CursorError> {
    let mut state = Sha256::new();
    state.update(DOMAIN);
    state.update(rules.digest().as_bytes());
    let mut walk = Walk {
        trail: Trail::default(),
        classes: Vec::new(),
        written: 0,
        classed,
        outlines: Outlines::default(),
    };
    let mut record = Vec::new();
    while let Some(step) = cursor.next()? {
        walk.record(&step, rules, &mut record);
        if record.len() >= PIECE {
            state.update(&record);
            record.clear();
        }
    }
    state.update(&record);
    let mut sorted: Vec<&Package> = packages.iter().collect();
    sorted.sort_unstable();
    for package in sorted {
        record.clear();
        let revision = super::packages::revision(std::slice::from_ref(package));
        let located = revision == super::index::LOCATED;
        record.push(if located { LOCATED_PACKAGE } else { PACKAGE });
        record.extend_from_slice(&super::packages::record(package, revision));
        state.update(&record);
    }
    Ok(Digest::sha256(state.finish()))
}

struct Walk {
    trail: Trail,
    /// The rule of each directory on the way down, the root first.
    classes: Vec<RuleId>,
    /// How many names of the trail have been written.
    written: usize,
    classed: Classed,
    outlines: Outlines,
}

impl Walk {
    /// Writes what counts of one entry; nothing when none does.
    fn record(&mut self, step: &Step<'_>, rules: &RuleSet, out: &mut Vec<u8>) {
        let depth = step.depth as usize;
        self.trail.step(depth, step.name);
        self.written = self.written.min(depth.saturating_sub(1));
        self.classes.truncate(depth);
        let above = self.classes.last().copied().unwrap_or(RuleId(0));
        let directory = step.entry.file_type == FileType::Directory;
        // What could not be looked at may have been classed as a directory.
        let known = self.classed == Classed::Yes && step.entry.file_type != FileType::Unknown;
        let id = match step.rule.filter(|_| known) {
            Some(id) => id,
            None => rules.classify(above, self.trail.path(), directory),
        };
        self.classes.push(id);
        let rule = rules.rule(id);
        if rule.excludes() || rule.may_come_and_go() || is_new_by_right(&step.entry, rule) {
            return;
        }
        // Directories that do not count themselves still place what counts below them.
        for level in self.written.saturating_add(1)..depth {
            self.name(DIRECTORY, level, out);
        }
        self.name(ENTRY, depth, out);
        self.written = depth;
        self.outlines.put((id, rule), step, out);
        if let Some(form) = &rule.form {
            put_per_host(out, &step.entry, form);
        }
    }

    fn name(&self, kind: u8, depth: usize, out: &mut Vec<u8>) {
        out.push(kind);
        put(out, depth as u64);
        put_bytes(out, self.trail.name(depth).unwrap_or_default());
    }
}

/// What only some hosts have, under a name that only they may know. A program is none of that, nor
/// what is beyond the limits of its rule.
fn is_new_by_right(entry: &Entry, rule: &Rule) -> bool {
    let form = rule.form.as_ref().filter(|form| form.only_new());
    let runs = entry.file_type == FileType::File
        && entry.mode.seen().is_some_and(|mode| mode & 0o111 != 0);
    form.is_some_and(|form| judged(entry, form) == Some(PerHostValue::Conforms))
        && rule.newcomer.admits(entry)
        && !runs
}

fn judged(entry: &Entry, form: &Form) -> Option<PerHostValue> {
    let judged = entry.per_host.seen().filter(|judged| judged.form == form.digest());
    judged.map(|judged| judged.value)
}

/// What hosts share of a value; all of it where it has not the form.
fn put_per_host(out: &mut Vec<u8>, entry: &Entry, form: &Form) {
    match (judged(entry, form), &entry.digest, &entry.link_target) {
        (Some(PerHostValue::Conforms), ..) => out.push(10),
        (Some(PerHostValue::Left(left)), ..) => {
            out.push(11);
            out.extend_from_slice(left.as_bytes());
        }
        (_, Observed::Is(digest), _) => put_value(out, &Value::Digest(*digest)),
        (_, _, Observed::Is(target)) => put_value(out, &Value::Text((&**target).into())),
        _ => out.push(0),
    }
}
