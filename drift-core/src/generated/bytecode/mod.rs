//! Python's bytecode, `__pycache__/*.pyc`, by py3compile(1) and the interpreter itself.
//!
//! What the code does cannot be told without compiling the source, so bytecode is never more than
//! unproven; but for one case: the same code for a newer time of the same source. Everything that can
//! be told is: header, source, form, and the source that the code names (PEP 3147, PEP 552).

mod marshal;
mod siphash;

use super::about::{About, Older};
use super::{Contents, Derivation, Product};
use crate::bounds::escape::escaped;
use crate::model::{Digest, FileType, FollowLast, Observed, RowId, TreePath};
use marshal::Layout;
use siphash::siphash;

/// Python's bytecode.
#[derive(Debug)]
pub(super) struct Bytecode;

impl Product for Bytecode {
    fn made_by(&self) -> &'static str {
        "py3compile(1)"
    }

    fn is_at(&self, path: &TreePath, about: &About<'_>) -> bool {
        let is_directory = || match (about.tree.find(path), about.older(path)) {
            (Some(row), _) => about.tree.file_type(row) == FileType::Directory,
            (None, Older::Was(entry)) => entry.file_type == FileType::Directory,
            (None, _) => false,
        };
        Names::of(path).is_some() || (path.name() == CACHE && is_directory())
    }

    fn needs(&self, path: &TreePath, about: &About<'_>, contents: &Contents) -> Vec<RowId> {
        let Some(row) = about.tree.find(path) else { return Vec::new() };
        let header = contents.get(&row).and_then(|bytes| Header::read(bytes));
        let hashed = header.is_some_and(|header| header.flags != 0);
        let source = Names::of(path).and_then(|names| source(&names, about)).filter(|_| hashed);
        source.into_iter().chain([row]).collect()
    }

    fn derive(&self, path: &TreePath, about: &About<'_>, contents: &Contents) -> Derivation {
        let Some(names) = Names::of(path) else { return directory(path, about) };
        let source = source(&names, about);
        match (about.tree.find(path), source) {
            (None, None) => Derivation::Right("its source is gone as well".to_owned()),
            (None, Some(_)) => gone(&names, about),
            (Some(_), None) => Derivation::Wrong(format!("there is no source {}", names.source)),
            (Some(row), Some(source)) => match contents.get(&row) {
                None => Derivation::Unproven("it could not be read".to_owned()),
                Some(bytes) => Judge { path, names, about, contents, source }.judge(bytes),
            },
        }
    }
}

/// The directory of bytecode.
const CACHE: &[u8] = b"__pycache__";

/// A directory of bytecode holds nothing else; each file of it is judged by itself.
fn directory(path: &TreePath, about: &About<'_>) -> Derivation {
    let id = about.tree.find(path).and_then(|row| about.tree.as_directory(row));
    let Some(id) = id else {
        return Derivation::Right("no bytecode is left there".to_owned());
    };
    let mut rows = about.tree.children(id);
    let stray = rows.find(|row| {
        let names = Names::of(&path.join(about.tree.name(*row)));
        names.is_none_or(|names| source(&names, about).is_none())
    });
    match stray {
        None => Derivation::Right("it holds bytecode of sources beside it, and no more".to_owned()),
        Some(row) => {
            let name = escaped(about.tree.name(row));
            Derivation::Wrong(format!(
                "it holds {name}, which is no bytecode of a source beside it"
            ))
        }
    }
}

/// Bytecode of an interpreter goes with it, and that of packages when another becomes the default.
fn gone(names: &Names, about: &About<'_>) -> Derivation {
    let digits = names.tag.strip_prefix("cpython-3").unwrap_or_default();
    let interpreter = about.file(format!("usr/bin/python3.{digits}").as_bytes());
    let shared = names.source.as_bytes().starts_with(b"usr/lib/python3/");
    let default = about.file(b"usr/bin/python3");
    match interpreter {
        None => Derivation::Right("its interpreter is gone".to_owned()),
        Some(_) if shared && default.is_some() && default != interpreter => {
            Derivation::Right("its interpreter is the default no more".to_owned())
        }
        Some(_) => Derivation::Unproven("its source and its interpreter are there".to_owned()),
    }
}

/// What the name of the bytecode says.
struct Names {
    source: TreePath,
    tag: String,
}

impl Names {
    fn of(path: &TreePath) -> Option<Self> {
        let stem = path.name().strip_suffix(b".pyc")?;
        let cache = path.parent().filter(|parent| parent.name() == CACHE)?;
        // `name.cpython-311.pyc`, `name.cpython-311.opt-1.pyc`.
        let stem = match stem.iter().rposition(|&byte| byte == b'.') {
            Some(at) if stem.get(at..).is_some_and(|last| last.starts_with(b".opt-")) => {
                stem.get(..at)?
            }
            _ => stem,
        };
        let dot = stem.iter().rposition(|&byte| byte == b'.')?;
        let (name, tag) = (stem.get(..dot)?, stem.get(dot.checked_add(1)?..)?);
        let source = cache.parent()?.join(&[name, b".py"].concat());
        let tag = std::str::from_utf8(tag).ok()?.to_owned();
        (!name.is_empty()).then_some(Self { source, tag })
    }
}

fn source(names: &Names, about: &About<'_>) -> Option<RowId> {
    let row = about.tree.find(&names.source)?;
    match about.tree.file_type(row) {
        FileType::File => Some(row),
        FileType::Symlink => about.destination(row),
        _ => None,
    }
}

/// Versions of Python: name, number of its bytecode, layout. The last of each release's numbers
/// (CPython, `Include/internal/pycore_magic_number.h`).
const VERSIONS: [(&str, u16, Layout); 7] = [
    ("cpython-38", 3413, Layout::Locals),
    ("cpython-39", 3425, Layout::Locals),
    ("cpython-310", 3439, Layout::Locals),
    ("cpython-311", 3495, Layout::LocalsPlus),
    ("cpython-312", 3531, Layout::LocalsPlus),
    ("cpython-313", 3571, Layout::LocalsPlus),
    ("cpython-314", 3627, Layout::LocalsPlus),
];
/// From here on hashes of sources are SipHash-1-3, before SipHash-2-4.
const FIRST_SHORT_HASH: u16 = 3495;
const HEADER: usize = 16;
/// In flags: by hash; the interpreter checks it.
const HASHED: u32 = 1;
const CHECKED: u32 = 3;

/// The beginning of bytecode.
#[derive(Debug, Clone, Copy)]
struct Header {
    magic: [u8; 4],
    flags: u32,
    /// Time and size of the source, or its hash.
    words: [u8; 8],
}

impl Header {
    fn read(bytes: &[u8]) -> Option<Self> {
        let part = |start: usize, end: usize| bytes.get(start..end);
        Some(Self {
            magic: part(0, 4)?.try_into().ok()?,
            flags: u32::from_le_bytes(part(4, 8)?.try_into().ok()?),
            words: part(8, HEADER)?.try_into().ok()?,
        })
    }
}

struct Judge<'j, 'a> {
    path: &'j TreePath,
    names: Names,
    about: &'j About<'a>,
    contents: &'j Contents,
    source: RowId,
}

impl Judge<'_, '_> {
    fn judge(&self, bytes: &[u8]) -> Derivation {
        let version = VERSIONS.iter().find(|(tag, ..)| *tag == self.names.tag);
        let Some((_, number, layout)) = version else {
            let tag = escaped(self.names.tag.as_bytes());
            return Derivation::Unproven(format!("bytecode of {tag} is not known here"));
        };
        match self.fault(bytes, *number, *layout) {
            Err(what) => Derivation::Wrong(what),
            Ok(Some(what)) => Derivation::Unproven(what),
            Ok(None) => self.beside_the_source(bytes),
        }
    }

    /// Returns what is wrong with it, or else what keeps it from being judged.
    fn fault(&self, bytes: &[u8], number: u16, layout: Layout) -> Result<Option<String>, String> {
        let header = Header::read(bytes).ok_or("it is cut off")?;
        let [low, high] = number.to_le_bytes();
        if header.magic != [low, high, b'\r', b'\n'] {
            return Err("it is not of the version of Python in its name".to_owned());
        }
        if let Some(what) = self.header(&header, number)? {
            return Ok(Some(what));
        }
        let body = bytes.get(HEADER..).unwrap_or_default();
        let names = marshal::file_names(body, layout).ok_or("its code is malformed or cut off")?;
        for name in names {
            if !self.is_source(name) {
                return Err(format!("its code says that it comes from {}", escaped(name)));
            }
        }
        if !self.about.is_accounted(self.source) {
            return Err(format!("no package owns its source {}", self.names.source));
        }
        Ok(None)
    }

    fn header(&self, header: &Header, number: u16) -> Result<Option<String>, String> {
        let misfit = |what: &str| Err(format!("its header has another {what} than its source"));
        match header.flags {
            0 => {
                let entry = self.about.tree.entry(self.source);
                let [time, size] = [&header.words[..4], &header.words[4..]].map(little);
                match (entry.mtime.seen(), entry.size.seen()) {
                    (Some(mtime), Some(_)) if mtime.seconds & 0xffff_ffff != i64::from(time) => {
                        misfit("time")
                    }
                    (Some(_), Some(bytes)) if bytes & 0xffff_ffff != u64::from(size) => {
                        misfit("size")
                    }
                    (Some(_), Some(_)) => Ok(None),
                    _ => Ok(Some("time or size of its source are not known".to_owned())),
                }
            }
            HASHED | CHECKED => {
                let Some(text) = self.contents.get(&self.source) else {
                    return Ok(Some("its source could not be read".to_owned()));
                };
                let rounds = if number >= FIRST_SHORT_HASH { (1, 3) } else { (2, 4) };
                let key = u64::from(u32::from_le_bytes(header.magic));
                match siphash(rounds.0, rounds.1, key, text).to_le_bytes() == header.words {
                    true => Ok(None),
                    false => misfit("hash"),
                }
            }
            _ => Err("its header has flags that no version of Python knows".to_owned()),
        }
    }

    /// Whether a name in the code is that of the source, here or where it was compiled.
    fn is_source(&self, name: &[u8]) -> bool {
        match self.about.tree.resolve(name, FollowLast::Yes).filter(|_| name.starts_with(b"/")) {
            Some(row) => row == self.source,
            None => name.rsplit(|&byte| byte == b'/').next() == Some(self.names.source.name()),
        }
    }

    /// Judges by what both sides have of source and bytecode.
    fn beside_the_source(&self, bytes: &[u8]) -> Derivation {
        // The source may be a link to it.
        let source = &self.about.tree.path(self.source);
        match (self.about.older(self.path), self.about.older(source)) {
            (Older::Was(own), Older::Same) if own.digest.seen().is_some() => {
                Derivation::Wrong("it changed, and its source did not".to_owned())
            }
            (Older::Was(own), Older::Was(text)) => {
                let same_source = text.digest.seen().is_some()
                    && text.digest == self.about.tree.digest(self.source);
                if !same_source {
                    return self.unproven();
                }
                match (text.mtime.seen(), own.digest) {
                    (Some(time), Observed::Is(digest))
                        if at_time(bytes, time.seconds).is_some_and(|was| was == digest) =>
                    {
                        Derivation::Right(format!(
                            "it is what it was, but for the time of its source {source}"
                        ))
                    }
                    _ => Derivation::Wrong(
                        "its code changed, and the text of its source did not".to_owned(),
                    ),
                }
            }
            _ => self.unproven(),
        }
    }

    fn unproven(&self) -> Derivation {
        let source = &self.names.source;
        Derivation::Unproven(format!(
            "its header fits {source}; whether its code does is not known without compiling that"
        ))
    }
}

fn little(bytes: &[u8]) -> u32 {
    bytes.iter().rev().fold(0, |value, byte| (value << 8) | u32::from(*byte))
}

/// The digest that bytecode by time would have, were its source of another time.
fn at_time(bytes: &[u8], seconds: i64) -> Option<Digest> {
    let header = Header::read(bytes).filter(|header| header.flags == 0)?;
    let time = u32::try_from(seconds & 0xffff_ffff).ok()?;
    let (size, body) = (header.words.get(4..)?, bytes.get(HEADER..)?);
    let was = [&header.magic[..], &[0; 4], &time.to_le_bytes(), size, body].concat();
    Some(Digest::sha256_of(&was))
}
