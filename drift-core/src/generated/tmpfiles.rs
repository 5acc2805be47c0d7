//! Directories that systemd-tmpfiles(8) makes, or gives another mode than their package ships, because
//! a line of tmpfiles.d(5) says so.
//!
//! Of two lines for one path the first counts, of two files with one name that in `/etc`. Only
//! directories of root that are new are derived: whatever else a line can say stays what it is.

use std::collections::BTreeMap;

use super::about::{About, Older, lines};
use super::{Contents, Derivation, Product};
use crate::bounds::escape::escaped;
use crate::model::{Entry, FileType, RowId, TreePath};

/// The letters of lines that make something (tmpfiles.d(5)); all others adjust, write or remove.
const MAKING: &[u8] = b"fFdDvqQpLcbC";

/// Directories by lines of tmpfiles.d.
#[derive(Debug)]
pub(super) struct Tmpfiles;

/// Where packages and administrators put such lines; the later wins. `/run` is never in a baseline.
const PLACES: [&[u8]; 2] = [b"usr/lib/tmpfiles.d", b"etc/tmpfiles.d"];

impl Product for Tmpfiles {
    fn made_by(&self) -> &'static str {
        "systemd-tmpfiles(8)"
    }

    fn is_at(&self, path: &TreePath, about: &About<'_>) -> bool {
        let below = [b"etc/".as_slice(), b"var/", b"srv/"];
        below.iter().any(|place| path.as_bytes().starts_with(place))
            && matches!(about.older(path), Older::Absent)
            && about
                .tree
                .find(path)
                .is_some_and(|row| about.tree.file_type(row) == FileType::Directory)
    }

    fn needs(&self, _path: &TreePath, about: &About<'_>, _contents: &Contents) -> Vec<RowId> {
        sources(about)
    }

    fn derive(&self, path: &TreePath, about: &About<'_>, contents: &Contents) -> Derivation {
        let Some(row) = about.tree.find(path) else { return Derivation::Unknown };
        for source in sources(about) {
            let shown = escaped(about.tree.name(source)).to_string();
            // Which line counts is not known then, and nothing is excused by that.
            let Some(text) = contents.get(&source) else { return Derivation::Unknown };
            let Some(line) = lines(text).find(|line| names(line, path)) else { continue };
            if !about.is_accounted(source) {
                let why = format!("only {shown}, which nothing vouches for, names it");
                return Derivation::Wrong(why);
            }
            return match Line::of(line).is_some_and(|line| line.makes(&about.tree.entry(row))) {
                true => Derivation::Right(format!("{shown} says that it should be so")),
                false => Derivation::Wrong(format!("it is not as {shown} says")),
            };
        }
        Derivation::Unknown
    }
}

/// Whether a line is about this very path. One with specifiers or quotes names none here, and what is
/// only adjusted is not made.
fn names(line: &[u8], path: &TreePath) -> bool {
    let mut words = words(line);
    let (kind, named) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
    let is_plain = !named.iter().any(|byte| b"%\\\"'".contains(byte));
    let named = named.strip_suffix(b"/").unwrap_or(named);
    let makes = kind.first().is_some_and(|letter| MAKING.contains(letter));
    is_plain && makes && named.strip_prefix(b"/") == Some(path.as_bytes())
}

fn words(line: &[u8]) -> impl Iterator<Item = &[u8]> {
    line.split(u8::is_ascii_whitespace).filter(|word| !word.is_empty())
}

/// The files that count, in the order in which systemd-tmpfiles reads them: by name.
fn sources(about: &About<'_>) -> Vec<RowId> {
    let mut named = BTreeMap::new();
    for directory in PLACES.iter().filter_map(|place| about.directory(place)) {
        let rows = about.tree.children(directory);
        named.extend(
            rows.map(|row| (about.tree.name(row), row))
                .filter(|(name, _)| name.ends_with(b".conf")),
        );
    }
    // A link in `/etc`, to /dev/null as a rule, only hides the file of its name.
    named.into_values().filter(|row| about.tree.file_type(*row) == FileType::File).collect()
}

/// A line that makes a directory of root.
struct Line {
    mode: u16,
}

impl Line {
    /// Reads a line that names a path.
    fn of(line: &[u8]) -> Option<Self> {
        let mut words = words(line);
        let (kind, _) = (words.next()?, words.next()?);
        let made = kind.split_first().is_some_and(|(letter, marks)| {
            b"dDvqQ".contains(letter) && marks.iter().all(|mark| b"!+-=$".contains(mark))
        });
        let mode = words.next().unwrap_or(b"-");
        let roots = [words.next(), words.next()]
            .iter()
            .all(|who| who.is_none_or(|who| matches!(bare(who), b"root" | b"0" | b"-")));
        (made && roots).then(|| octal(bare(mode)).map(|mode| Self { mode }))?
    }

    fn makes(&self, entry: &Entry) -> bool {
        entry.mode.seen() == Some(&self.mode)
            && [&entry.uid, &entry.gid].iter().all(|id| id.seen() == Some(&0))
    }
}

/// A word without the mark that it only counts when something is made anew.
fn bare(word: &[u8]) -> &[u8] {
    word.strip_prefix(b":").unwrap_or(word)
}

/// Reads a mode; what is left out is 0755 for directories.
fn octal(word: &[u8]) -> Option<u16> {
    if word == b"-" {
        return Some(0o755);
    }
    let text = str::from_utf8(word).ok().filter(|text| text.len() <= 4)?;
    text.bytes().all(|byte| byte.is_ascii_digit()).then(|| u16::from_str_radix(text, 8).ok())?
}
