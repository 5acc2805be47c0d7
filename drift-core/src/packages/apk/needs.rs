//! What must be there because the world, a package or a trigger asks for it: apk-world(5).
//!
//! apk keeps this whole: whatever nobody needs is removed, and what is needed is there. So a stanza
//! that was lost leaves a need that nothing meets, and the database is known to be incomplete.

use std::collections::BTreeSet;

use super::WORLD;
use crate::bounds::escape::escaped;
use crate::packages::{Completeness, Reading, details};

/// Bytes of a name that a problem shows.
const SHOWN_BYTES: usize = 100;

const LOSS: Completeness = Completeness::Incomplete;

/// What is needed and what is there.
#[derive(Debug, Default)]
pub(super) struct Needs<'f> {
    provided: BTreeSet<&'f [u8]>,
    identities: BTreeSet<&'f [u8]>,
    wanted: Vec<Want<'f>>,
}

#[derive(Debug)]
struct Want<'f> {
    /// In the world, or in the list of packages.
    world: bool,
    line: usize,
    name: &'f [u8],
}

impl<'f> Needs<'f> {
    /// Takes the name of an installed package.
    pub(super) fn name(&mut self, name: &'f [u8]) {
        self.provided.insert(name);
    }

    /// Takes the sum by which triggers name an installed package.
    pub(super) fn identity(&mut self, identity: &'f [u8]) {
        self.identities.insert(identity);
    }

    /// Takes what an installed package provides; `false` when the budget is spent.
    pub(super) fn provides(
        &mut self,
        reading: &mut Reading<'_, 'f>,
        path: &[u8],
        words: &'f [u8],
    ) -> bool {
        each_word(words).all(|word| {
            self.provided.insert(bare_name(word));
            reading.item(path, LOSS)
        })
    }

    /// Takes what an installed package depends on; `false` when the budget is spent.
    pub(super) fn depends(
        &mut self,
        reading: &mut Reading<'_, 'f>,
        path: &[u8],
        (line, words): (usize, &'f [u8]),
    ) -> bool {
        let world = path == WORLD;
        each_word(words).all(|word| {
            // A conflict asks for an absence.
            if !word.starts_with(b"!") {
                self.wanted.push(Want { world, line, name: bare_name(word) });
            }
            reading.item(path, LOSS)
        })
    }

    /// Reads what the administrator asked for.
    pub(super) fn world(&mut self, reading: &mut Reading<'_, 'f>) {
        let Some(text) = reading.open(WORLD, LOSS) else { return };
        for (line, words) in (1..).zip(text.split(|&byte| byte == b'\n')) {
            if !self.depends(reading, WORLD, (line, words)) {
                return;
            }
        }
    }

    /// Reads which packages want to hear of changes in directories.
    pub(super) fn triggers(&mut self, reading: &mut Reading<'_, 'f>, path: &[u8]) {
        let Some(text) = reading.open(path, Completeness::RecordsIncomplete) else { return };
        for (line, words) in (1..).zip(text.split(|&byte| byte == b'\n')) {
            let Some(identity) = each_word(words).next() else { continue };
            if !reading.item(path, LOSS) {
                return;
            }
            if !self.identities.contains(identity) {
                let what = "a trigger of a package that is not installed; one may have been lost";
                reading.fault(path, line, what, LOSS);
            }
        }
    }

    /// Tells every need that nothing meets.
    pub(super) fn finish(self, reading: &mut Reading<'_, 'f>, installed: &[u8]) {
        for want in &self.wanted {
            if !self.provided.contains(want.name) {
                let name = want.name.get(..SHOWN_BYTES).unwrap_or(want.name);
                let name = escaped(name);
                let what = format!("\"{name}\" is needed and not installed; it may have been lost");
                let path = if want.world { WORLD } else { installed };
                reading.fault(path, want.line, &what, LOSS);
            }
        }
    }
}

/// Returns the names of a list of dependencies; a conflict is none.
pub(super) fn names(words: &[u8]) -> Vec<String> {
    let words = each_word(words).filter(|word| !word.starts_with(b"!"));
    words.filter_map(|word| details::line(bare_name(word))).collect()
}

fn each_word(line: &[u8]) -> impl Iterator<Item = &[u8]> {
    line.split(u8::is_ascii_whitespace).filter(|word| !word.is_empty())
}

/// Returns a dependency without the version and the repository that it asks for.
fn bare_name(word: &[u8]) -> &[u8] {
    let end = word.iter().position(|byte| b"<>=~@".contains(byte)).unwrap_or(word.len());
    word.get(..end).unwrap_or(word)
}
