//! Reading a tree in order, wherever it is stored: a captured tree, a baseline, a reference.

use super::entry::Entry;
use super::image::LayerId;
use super::kind::FileType;
use super::package::PackageId;
use super::tree::RowId;

/// The position of a rule in the ordered list; the later rule wins.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RuleId(pub u16);

/// Stands for no rule: counts drift's own artefacts, which are left out by exact path.
pub const ARTIFACT_RULE: RuleId = RuleId(u16::MAX);

/// How much of a directory's names is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum Listing {
    /// Every name is known: what is not here does not exist. Also of everything but directories.
    Complete = 0,
    /// Reading the names failed on the way; a problem says why.
    Partial = 1,
    /// The directory was not opened: another file system is mounted there, or it may not be read.
    NotEntered = 2,
}

/// One entry on the way through a tree.
#[derive(Debug)]
pub struct Step<'a> {
    /// Number of names in the path; 0 is the root.
    pub depth: u32,
    /// The last name of the path; empty for the root.
    pub name: &'a [u8],
    /// Its attributes.
    pub entry: Entry,
    /// For a directory, whether all its names follow.
    pub listing: Listing,
    /// The package that owns it.
    pub owner: Option<PackageId>,
    /// The rule under which it was captured, where that is known.
    pub rule: Option<RuleId>,
    /// The layer of an image that it came with, where that is known.
    pub origin: Option<LayerId>,
    /// Its row, where the tree can be asked for more.
    pub row: Option<RowId>,
}

/// The stored form of a tree cannot be read on.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the stored tree cannot be read on: {reason}")]
pub struct CursorError {
    /// What is wrong with it.
    pub reason: String,
}

/// Entries that two trees have alike, one behind the other, and that a walk passes over: where the
/// first of them stands, and how the path of the last differs from that of the first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Passage {
    /// How many they are; at least one.
    pub count: u64,
    /// Number of names in the path of the first.
    pub depth: u32,
    /// The last name of the first.
    pub name: Box<[u8]>,
    /// How many names of the path of the first that of the last begins with.
    pub keeps: u32,
    /// The other names of the path of the last.
    pub names: Vec<Box<[u8]>>,
    /// What the last is.
    pub last: FileType,
}

/// Walks a tree in depth-first pre-order, children by name bytes.
pub trait Cursor {
    /// Returns the next entry; `None` after the last.
    fn next(&mut self) -> Result<Option<Step<'_>>, CursorError>;

    /// Passes over entries, which the caller knows to be the next ones.
    fn pass(&mut self, over: &Passage) -> Result<(), CursorError> {
        for _ in 0..over.count {
            self.next()?;
        }
        Ok(())
    }
}

impl<C: Cursor + ?Sized> Cursor for &mut C {
    fn next(&mut self) -> Result<Option<Step<'_>>, CursorError> {
        (**self).next()
    }

    fn pass(&mut self, over: &Passage) -> Result<(), CursorError> {
        (**self).pass(over)
    }
}

impl<C: Cursor + ?Sized> Cursor for Box<C> {
    fn next(&mut self) -> Result<Option<Step<'_>>, CursorError> {
        (**self).next()
    }

    fn pass(&mut self, over: &Passage) -> Result<(), CursorError> {
        (**self).pass(over)
    }
}
