//! Where the members of an archive lie in its file, for archives that hold files of other kinds.
//!
//! Stricter than a root file system needs: whatever is odd about a member, sparse, or of another
//! type than file, directory and symbolic link refuses the whole archive, because what would be
//! found by its name could differ between readers.

#![warn(clippy::indexing_slicing, clippy::arithmetic_side_effects)]

use std::cell::RefCell;
use std::io::{self, Read};
use std::ops::ControlFlow;
use std::rc::Rc;

use crate::bounds::escape::escaped;
use crate::model::FileType;
use crate::source::stored::{Positioned, StoredFile};

use super::member::{Kind, Layout, Member};
use super::reader::{End, Fault, Next, Reader};

/// What stands under a name of an archive.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::source) enum Stored {
    /// A file: where its bytes begin, and how many they are.
    File(u64, u64),
    /// A directory.
    Directory,
    /// A symbolic link and where it points.
    Symlink(Vec<u8>),
}

/// Hands over each member of an archive that is not compressed, its name as written and what it is
/// or why it is refused, until `each` breaks off; an error says what is wrong with the archive.
pub(in crate::source) fn members(
    file: &StoredFile,
    each: &mut dyn FnMut(Vec<u8>, Result<Stored, String>) -> ControlFlow<()>,
) -> Result<(), String> {
    let shared = Rc::new(RefCell::new(file.from(0)));
    let mut reader = Reader::new(Box::new(Shared(Rc::clone(&shared))));
    loop {
        let member = match reader.next().map_err(reason)? {
            Next::Member(member) => member,
            Next::End(end) => return ended(end),
        };
        let start = reader.offset();
        let length = reader.leap();
        if start.checked_add(length).is_none_or(|end| end > file.size()) {
            return Err(format!("the archive breaks off in \"{}\"", escaped(&member.name)));
        }
        shared.borrow_mut().skip(length);
        let stored = stored(&member, start);
        if each(member.name, stored).is_break() {
            return Ok(());
        }
    }
}

/// Hands over the names of an archive from its start, until `each` breaks off or it can be read no
/// further.
pub(in crate::source) fn names<'a>(
    input: Box<dyn Read + 'a>,
    each: &mut dyn FnMut(&[u8]) -> ControlFlow<()>,
) {
    let mut reader = Reader::new(input);
    while let Ok(Next::Member(member)) = reader.next() {
        if each(&member.name).is_break() {
            return;
        }
    }
}

/// Returns the plain files of an archive whose names, less a leading `./`, are wanted; each once and of
/// at most `limit` bytes.
pub(in crate::source) fn texts<'a>(
    input: Box<dyn Read + 'a>,
    wanted: &[&[u8]],
    limit: u64,
) -> Result<Vec<(Vec<u8>, Vec<u8>)>, String> {
    let mut reader = Reader::new(input);
    let mut found: Vec<(Vec<u8>, Vec<u8>)> = Vec::new();
    loop {
        let member = match reader.next().map_err(reason)? {
            Next::Member(member) => member,
            Next::End(end) => return ended(end).map(|()| found),
        };
        let name = member.name.strip_prefix(b"./").unwrap_or(&member.name);
        if !wanted.contains(&name) {
            continue;
        }
        if found.iter().any(|(known, _)| known == name) {
            return Err(format!("it has two files \"{}\"", escaped(name)));
        }
        let plain = matches!(member.kind, Kind::Object(FileType::File))
            && member.layout == Layout::Dense
            && member.unknown.is_none();
        if !plain || member.size > limit {
            let name = escaped(name);
            return Err(format!("\"{name}\" in it is no plain file of at most {limit} bytes"));
        }
        let name = name.to_vec();
        let mut text = Vec::new();
        let kept = &mut |piece: &[u8]| {
            text.extend_from_slice(piece);
            Ok(())
        };
        reader.content(None, kept).map_err(reason)?;
        found.push((name, text));
    }
}

fn stored(member: &Member, start: u64) -> Result<Stored, String> {
    let odd = |what: &str| {
        format!(
            "the entry \"{}\" of the archive is not what an image is made of: {what}",
            escaped(&member.name)
        )
    };
    if let Some(what) = member.unknown.or(member.oddities.first().copied()) {
        return Err(odd(what));
    }
    match (member.kind, &member.layout) {
        (Kind::Object(FileType::File), Layout::Dense) => Ok(Stored::File(start, member.size)),
        (Kind::Object(FileType::File), _) => Err(odd("it is sparse; write it without --sparse")),
        (Kind::Object(FileType::Directory), _) => Ok(Stored::Directory),
        (Kind::Object(FileType::Symlink), _) => Ok(Stored::Symlink(member.link.clone())),
        (Kind::HardLink, _) => Err(odd("it is a hard link; write it with --hard-dereference")),
        _ => Err(odd("it is neither file, directory nor link")),
    }
}

fn ended(end: End) -> Result<(), String> {
    match end {
        End::Marked => Ok(()),
        End::Unmarked => Err("the archive has no end mark, and may be cut off".to_owned()),
        End::Followed(offset) => {
            Err(format!("something follows the end mark of the archive, at offset {offset}"))
        }
    }
}

fn reason(fault: Fault) -> String {
    match fault {
        Fault::Malformed(reason) => reason,
        Fault::Cancelled => "the run was cancelled".to_owned(),
    }
}

/// A reading whose place is moved from outside.
struct Shared<'f>(Rc<RefCell<Positioned<&'f StoredFile>>>);

impl Read for Shared<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.0.borrow_mut().read(buffer)
    }
}
