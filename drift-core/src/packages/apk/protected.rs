//! Which files apk leaves alone once they were edited: apk-protected_paths(5).
//!
//! Those are what other managers call configuration files. Patterns are matched name by name from the
//! root; below a directory that matched, its mode holds until another pattern matches.

use super::PROTECTED_D;
use crate::packages::fnmatch::fnmatch;
use crate::packages::{Completeness, Reading};

/// What apk itself begins with (`apk_db_open` in its database.c).
const DEFAULTS: [&[u8]; 3] = [b"+etc", b"@etc/init.d", b"!etc/apk"];

/// Steps that all matching may take together: Alpine has ten thousand directories and four patterns.
const STEPS: u64 = 20_000_000;

const LOSS: Completeness = Completeness::RecordsIncomplete;

/// How a path is protected.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Mode {
    /// Not at all.
    Not,
    /// Links alone.
    Links,
    /// Whatever it is.
    All,
}

/// The patterns, in the order in which apk applies them.
#[derive(Debug)]
pub(super) struct Protected(Vec<Pattern>);

#[derive(Debug)]
struct Pattern {
    mode: Mode,
    names: Vec<Vec<u8>>,
}

impl Protected {
    pub(super) fn read(reading: &mut Reading<'_, '_>) -> Self {
        let mut patterns: Vec<Pattern> = DEFAULTS.iter().filter_map(|line| pattern(line)).collect();
        let paths: Vec<Vec<u8>> = reading.files().inside(PROTECTED_D).map(<[u8]>::to_vec).collect();
        for path in paths {
            let name = path.strip_prefix(PROTECTED_D).unwrap_or_default();
            if name.starts_with(b".") {
                continue;
            }
            let Some(text) = reading.open(&path, LOSS) else { continue };
            for line in text.split(|&byte| byte == b'\n') {
                let Some(pattern) = pattern(line) else { continue };
                if !reading.item(&path, LOSS) {
                    return Self(patterns);
                }
                patterns.push(pattern);
            }
        }
        Self(patterns)
    }

    /// Begins to look paths up.
    pub(super) fn lookup(&self) -> Lookup<'_> {
        Lookup { patterns: &self.0, steps: STEPS, mode: Mode::Not, names: Vec::new() }
    }
}

/// Reads one line; comments and empty lines have no pattern.
fn pattern(line: &[u8]) -> Option<Pattern> {
    let (mode, path) = match line {
        [] | [b'#', ..] => return None,
        [b'-', path @ ..] => (Mode::Not, path),
        [b'+' | b'!', path @ ..] => (Mode::All, path),
        [b'@', path @ ..] => (Mode::Links, path),
        path => (Mode::All, path),
    };
    let names = path.split(|&byte| byte == b'/').filter(|name| !name.is_empty());
    let names: Vec<Vec<u8>> = names.map(<[u8]>::to_vec).collect();
    (!names.is_empty()).then_some(Pattern { mode, names })
}

/// A directory, its mode, and the patterns whose last name may still match something in it.
#[derive(Debug)]
pub(super) struct Lookup<'p> {
    patterns: &'p [Pattern],
    steps: u64,
    mode: Mode,
    names: Vec<(&'p [u8], Mode)>,
}

impl<'p> Lookup<'p> {
    /// Goes to a directory; `false` when there are too many patterns to tell.
    pub(super) fn enter(&mut self, directory: &[u8]) -> bool {
        self.mode = Mode::Not;
        let mut open: Vec<(&'p [Vec<u8>], Mode)> =
            self.patterns.iter().map(|pattern| (&*pattern.names, pattern.mode)).collect();
        for name in directory.split(|&byte| byte == b'/').filter(|name| !name.is_empty()) {
            let mut below = Vec::new();
            for (names, mode) in open {
                let Some((first, rest)) = names.split_first() else { continue };
                match matches(first, name, &mut self.steps) {
                    None => return false,
                    Some(false) => {}
                    Some(true) if rest.is_empty() => self.mode = mode,
                    Some(true) => below.push((rest, mode)),
                }
            }
            open = below;
        }
        let last = open.into_iter().filter_map(|(names, mode)| match names {
            [name] => Some((name.as_slice(), mode)),
            _ => None,
        });
        self.names = last.collect();
        true
    }

    /// Returns how a name in the directory is protected; `None` when that cannot be told any more.
    pub(super) fn mode_of(&mut self, name: &[u8]) -> Option<Mode> {
        let mut found = self.mode;
        for (pattern, mode) in &self.names {
            if matches(pattern, name, &mut self.steps)? {
                found = *mode;
            }
        }
        Some(found)
    }
}

fn matches(pattern: &[u8], name: &[u8], steps: &mut u64) -> Option<bool> {
    *steps = steps.checked_sub(1)?;
    fnmatch(pattern, name, steps)
}
