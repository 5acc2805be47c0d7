//! What every database parser needs on the way: the budget, and problems that stay few.
//!
//! A hostile file has as many faults as bytes; the first few are told, the rest are counted.

use super::files::{Completeness, Files};
use super::record::PackageSink;
use crate::bounds::Budget;
use crate::bounds::escape::escaped;
use crate::model::{Problem, Stage, TreePath};

/// Faults of one file that are told one by one; more of them add nothing for a person.
const FAULTS_TOLD: u32 = 8;

/// Bytes of a package's name, version or architecture; the longest real ones are far below 200.
const MAX_VALUE_BYTES: usize = 4096;

/// One reading of one database.
#[derive(Debug)]
pub struct Reading<'r, 'f> {
    files: &'r Files<'f>,
    budget: &'r mut Budget,
    /// Where packages and paths go.
    pub out: &'r mut PackageSink,
    completeness: Completeness,
    faulty: Vec<u8>,
    faults: u32,
    spent: bool,
}

impl<'r, 'f> Reading<'r, 'f> {
    /// Begins.
    pub fn new(files: &'r Files<'f>, budget: &'r mut Budget, out: &'r mut PackageSink) -> Self {
        let completeness = Completeness::Complete;
        Self { files, budget, out, completeness, faulty: Vec::new(), faults: 0, spent: false }
    }

    /// Returns the files.
    #[must_use]
    pub fn files(&self) -> &'r Files<'f> {
        self.files
    }

    /// Returns the content of a file; of one that exists but cannot be had, a problem is kept and
    /// the database is not whole. `loss` says what its absence costs.
    pub fn open(&mut self, path: &[u8], loss: Completeness) -> Option<&'f [u8]> {
        match self.files.get(path)? {
            Ok(content) => {
                if !self.out.has_room(content.len()) {
                    self.note(path, "too much for one database; not read".to_owned(), loss);
                    return None;
                }
                let length = u64::try_from(content.len()).unwrap_or(u64::MAX);
                if self.charge(path, loss, |budget| budget.bytes(length)) {
                    return Some(content);
                }
                None
            }
            Err(reason) => {
                let reason = format!("cannot be read: {}", escaped(reason.as_bytes()));
                self.note(path, reason, loss);
                None
            }
        }
    }

    /// Spends one item of the budget; `false` means stop here, and a problem says so.
    pub fn item(&mut self, path: &[u8], loss: Completeness) -> bool {
        self.charge(path, loss, Budget::item)
    }

    /// Spends bytes that come out of a compressed file; `false` means stop here, and a problem says so.
    pub fn bytes(&mut self, path: &[u8], count: u64, loss: Completeness) -> bool {
        self.charge(path, loss, |budget| budget.bytes(count))
    }

    /// Takes a value that names a package as text; what is no text, or too long, is a fault and is
    /// shown escaped and cut.
    pub fn text(&mut self, path: &[u8], line: usize, value: &[u8]) -> String {
        let short = value.get(..MAX_VALUE_BYTES).unwrap_or(value);
        match std::str::from_utf8(short) {
            Ok(text) if short.len() == value.len() && !text.contains(char::is_control) => {
                text.to_owned()
            }
            _ => {
                let what = "a value that is no line of text, or too long";
                self.fault(path, line, what, Completeness::Incomplete);
                escaped(short).to_string()
            }
        }
    }

    /// Keeps a fault of the line `line` (from 1), and what it costs.
    pub fn fault(&mut self, path: &[u8], line: usize, what: &str, loss: Completeness) {
        self.note(path, format!("line {line}: {what}"), loss);
    }

    /// Keeps a fault of a whole file, and what it costs.
    pub fn note(&mut self, path: &[u8], reason: String, loss: Completeness) {
        self.completeness = self.completeness.and(loss);
        if self.faulty != path {
            self.tell_rest();
            self.faulty = path.to_vec();
        }
        self.faults = self.faults.saturating_add(1);
        if self.faults <= FAULTS_TOLD {
            self.push(path, reason);
        }
    }

    /// Returns how much was understood.
    #[must_use]
    pub fn finish(mut self) -> Completeness {
        self.tell_rest();
        self.completeness
    }

    fn charge(
        &mut self,
        path: &[u8],
        loss: Completeness,
        spend: impl FnOnce(&mut Budget) -> Result<(), crate::bounds::Exceeded>,
    ) -> bool {
        match spend(self.budget) {
            Ok(()) => true,
            Err(exceeded) => {
                self.completeness = self.completeness.and(loss);
                // Once is enough: every later file of the database meets the same limit.
                if !self.spent {
                    self.spent = true;
                    self.push(path, format!("not read to the end: {exceeded}"));
                }
                false
            }
        }
    }

    fn tell_rest(&mut self) {
        let rest = self.faults.saturating_sub(FAULTS_TOLD);
        self.faults = 0;
        if rest > 0 {
            let path = std::mem::take(&mut self.faulty);
            self.push(&path, format!("{rest} further faults of this file are not listed"));
        }
    }

    fn push(&mut self, path: &[u8], reason: String) {
        let path = TreePath::parse(path).unwrap_or_default();
        self.out.problem(Problem { path, stage: Stage::Parse, reason, errno: None });
    }
}
