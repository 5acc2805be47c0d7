//! Walking the entries of a stored snapshot, one block in memory at a time.
//!
//! Order is checked on the way, because a merge-join of trees that are not in order would call
//! present entries removed.

#![warn(clippy::indexing_slicing, clippy::arithmetic_side_effects)]

use crate::model::{
    Cursor, CursorError, Entry, FileType, LayerId, Listing, PackageId, Passage, Step, TreePath,
};

use super::block::BlockReader;
use super::container::Container;
use super::encode::is_name;
use super::error::Error;
use super::limits::MAX_KEY_BYTES;
use super::trail::Trail;

/// Walks the entries of a stored snapshot in order.
#[derive(Debug)]
pub struct BaselineCursor<'b> {
    container: &'b Container,
    next_block: usize,
    block: Option<BlockReader>,
    /// The path of the last entry.
    trail: Trail,
    /// The type of the last entry; `None` before the first.
    last: Option<FileType>,
    failed: Option<Error>,
}

/// One entry of a stored snapshot, with what is known about it there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredEntry {
    /// Its attributes.
    pub entry: Entry,
    /// For a directory, whether all its names are stored.
    pub listing: Listing,
    /// The package that owns it, by its place among the packages.
    pub owner: Option<PackageId>,
    /// The layer of the image that it came with, where that is known.
    pub origin: Option<LayerId>,
}

impl<'b> BaselineCursor<'b> {
    pub(super) fn new(container: &'b Container) -> Self {
        Self {
            container,
            next_block: 0,
            block: None,
            trail: Trail::default(),
            last: None,
            failed: None,
        }
    }

    pub(super) fn find(
        container: &'b Container,
        path: &TreePath,
    ) -> Result<Option<StoredEntry>, Error> {
        let mut cursor = Self::near(container, path);
        while let Some(found) = cursor.advance()? {
            let at = TreePath::from_joined(cursor.trail.path().to_vec());
            match at.cmp(path) {
                std::cmp::Ordering::Less => {}
                std::cmp::Ordering::Equal => return Ok(Some(found)),
                std::cmp::Ordering::Greater => break,
            }
        }
        Ok(None)
    }

    /// Returns a cursor at the start of the last block whose first path is not behind `path`.
    fn near(container: &'b Container, path: &TreePath) -> Self {
        let mut cursor = Self::new(container);
        let mut block = 0usize;
        while let Some(first) = container.first_path(block) {
            let first = TreePath::from_joined(first.to_vec());
            // A first path of the greatest length may be cut, so its block can only be walked into.
            if first > *path {
                break;
            }
            if first.as_bytes().len() < MAX_KEY_BYTES && block > 0 {
                cursor.next_block = block;
                cursor.trail = Trail::default();
                let above = first.parent().unwrap_or_default();
                above.components().for_each(|name| cursor.trail.push(name));
                cursor.last = Some(FileType::Directory);
            }
            block = block.saturating_add(1);
        }
        cursor
    }

    /// Reads the next entry; its path is then the trail.
    fn advance(&mut self) -> Result<Option<StoredEntry>, Error> {
        loop {
            let starts_block = self.block.is_none();
            if starts_block {
                self.block = self.container.entries(self.next_block)?;
            }
            let Some(block) = &mut self.block else { return Ok(None) };
            let Some(row) = block.next()? else {
                self.block = None;
                self.next_block = self.next_block.saturating_add(1);
                continue;
            };
            enter(&mut self.trail, self.last, row.depth, row.name)?;
            self.last = Some(row.entry.file_type);
            if starts_block {
                begins(self.container, self.next_block, &self.trail)?;
            }
            let (entry, listing) = (row.entry, row.listing);
            let (owner, origin) = (row.owner, row.origin);
            return Ok(Some(StoredEntry { entry, listing, owner, origin }));
        }
    }

    /// Passes over one whole block, which a comparison found to be what the other tree has; its own
    /// bytes were checked there, and here that it can stand where it does.
    fn pass_block(&mut self, over: &Passage) -> Result<(), Error> {
        if let Some(block) = &mut self.block {
            if block.next()?.is_some() {
                return Err(malformed("a block is passed over from within another"));
            }
            self.block = None;
            self.next_block = self.next_block.saturating_add(1);
        }
        if self.container.count(self.next_block) != Some(over.count) {
            return Err(malformed("a block is passed over that is not the next one"));
        }
        enter(&mut self.trail, self.last, over.depth.into(), &over.name)?;
        begins(self.container, self.next_block, &self.trail)?;
        self.trail.cut(over.keeps as usize);
        over.names.iter().for_each(|name| self.trail.push(name));
        self.last = Some(over.last);
        self.next_block = self.next_block.saturating_add(1);
        Ok(())
    }

    fn fail(&mut self, error: Error) -> CursorError {
        let failure = CursorError { reason: error.to_string() };
        self.failed = Some(error);
        failure
    }
}

/// Checks that a block begins with the path that the index names.
pub(super) fn begins(container: &Container, block: usize, trail: &Trail) -> Result<(), Error> {
    let first = container.first_path(block).unwrap_or_default();
    let path = trail.path();
    if path.get(..MAX_KEY_BYTES).unwrap_or(path) == first {
        return Ok(());
    }
    Err(malformed("it does not begin with the path that the index names"))
}

fn malformed(reason: &'static str) -> Error {
    Error::Malformed { part: "the sequence of entries", reason }
}

/// Steps the trail to the next entry, if that is one that can follow.
pub(super) fn enter(
    trail: &mut Trail,
    last: Option<FileType>,
    depth: u64,
    name: &[u8],
) -> Result<(), Error> {
    let depth = usize::try_from(depth).map_err(|_| malformed("an entry lies too deep"))?;
    match last {
        None if depth == 0 && name.is_empty() => return Ok(()),
        None => return Err(malformed("it does not begin with the root")),
        Some(_) if depth == 0 => return Err(malformed("there is a second root")),
        Some(_) if !is_name(name) => return Err(malformed("a name cannot be one")),
        Some(FileType::Directory) if depth == trail.depth().saturating_add(1) => {}
        Some(_) if depth > trail.depth() => {
            return Err(malformed("an entry lies in none of the directories"));
        }
        Some(_) => {
            if trail.name(depth).is_some_and(|before| before >= name) {
                return Err(malformed("names are not in order"));
            }
        }
    }
    trail.step(depth, name);
    Ok(())
}

impl Cursor for BaselineCursor<'_> {
    fn next(&mut self) -> Result<Option<Step<'_>>, CursorError> {
        if let Some(error) = &self.failed {
            return Err(CursorError { reason: error.to_string() });
        }
        match self.advance() {
            Ok(None) => Ok(None),
            Ok(Some(StoredEntry { entry, listing, owner, origin })) => {
                let depth = self.trail.depth();
                Ok(Some(Step {
                    depth: u32::try_from(depth).unwrap_or(u32::MAX),
                    name: self.trail.name(depth).unwrap_or_default(),
                    entry,
                    listing,
                    owner,
                    rule: None,
                    origin,
                    row: None,
                }))
            }
            Err(error) => Err(self.fail(error)),
        }
    }

    fn pass(&mut self, over: &Passage) -> Result<(), CursorError> {
        if let Some(error) = &self.failed {
            return Err(CursorError { reason: error.to_string() });
        }
        self.pass_block(over).map_err(|error| self.fail(error))
    }
}
