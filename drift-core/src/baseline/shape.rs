//! Shapes: what many entries of a block share, and which columns hold a value for each of them.

#![warn(clippy::indexing_slicing, clippy::arithmetic_side_effects)]

use crate::model::{Algorithm, Digest, EntryRef, FileType, Flags, Listing, Observed};

use super::error::Error;
use super::wire::{Input, put};

/// The states of a value: none, not seen, in its column.
const NOT_APPLICABLE: u8 = 0;
const UNOBSERVED: u8 = 1;
const SEEN: u8 = 2;
/// One name: in no column, because nearly every entry has it.
const ONE: u8 = 3;

/// Where the value of a column is, or why there is none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct State(u8);

/// What many entries share.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Shape {
    pub(super) file_type: FileType,
    pub(super) listing: Listing,
    pub(super) mode: Observed<u16>,
    pub(super) uid: Observed<u32>,
    pub(super) gid: Observed<u32>,
    pub(super) flags: Observed<Flags>,
    /// The set, by its place in the block's table.
    pub(super) xattrs: Observed<u32>,
    pub(super) size: State,
    pub(super) mtime: State,
    pub(super) digest: State,
    pub(super) link_target: State,
    pub(super) rdev: State,
    pub(super) nlink: State,
    pub(super) hardlinks: State,
}

impl State {
    fn of<T>(value: &Observed<T>) -> Self {
        Self(match value {
            Observed::Is(_) => SEEN,
            Observed::NotApplicable => NOT_APPLICABLE,
            Observed::Unobserved => UNOBSERVED,
        })
    }

    fn of_digest(digest: &Observed<Digest>) -> Self {
        match digest {
            Observed::Is(digest) => Self((digest.algorithm() as u8).saturating_add(1)),
            none => Self::of(none),
        }
    }

    fn of_nlink(nlink: Observed<u32>) -> Self {
        if nlink == Observed::Is(1) { Self(ONE) } else { Self::of(&nlink) }
    }

    /// Returns the value, read by `read` where there is one.
    pub(super) fn value<T>(
        self,
        read: impl FnOnce() -> Result<T, Error>,
    ) -> Result<Observed<T>, Error> {
        Ok(match self.0 {
            NOT_APPLICABLE => Observed::NotApplicable,
            UNOBSERVED => Observed::Unobserved,
            _ => Observed::Is(read()?),
        })
    }

    /// Returns the algorithm of a digest that was seen.
    pub(super) fn algorithm(self) -> Option<Algorithm> {
        Algorithm::from_number(self.0.saturating_sub(1))
    }

    /// Returns whether this is the number of names of nearly every entry.
    pub(super) fn is_one(self) -> bool {
        self.0 == ONE
    }

    fn read(input: &mut Input<'_>, largest: u8) -> Result<Self, Error> {
        let state = input.byte()?;
        if state > largest {
            return Err(input.malformed("a shape has an unknown state"));
        }
        Ok(Self(state))
    }
}

impl Shape {
    /// Returns the shape of an entry whose extended attributes have this place in the table.
    pub(super) fn of(entry: &EntryRef<'_>, listing: Listing, xattrs: Observed<u32>) -> Self {
        let directory = entry.file_type == FileType::Directory;
        Self {
            file_type: entry.file_type,
            listing: if directory { listing } else { Listing::Complete },
            mode: entry.mode,
            uid: entry.uid,
            gid: entry.gid,
            flags: entry.flags,
            xattrs,
            size: State::of(&entry.size),
            mtime: State::of(&entry.mtime),
            digest: State::of_digest(&entry.digest),
            link_target: State::of(&entry.link_target),
            rdev: State::of(&entry.rdev),
            nlink: State::of_nlink(entry.nlink),
            hardlinks: State::of(&entry.hardlinks),
        }
    }

    /// Returns a number that tells most shapes of one block apart.
    pub(super) fn hint(&self) -> usize {
        let mode = self.mode.seen().map_or(0, |mode| usize::from(*mode));
        mode ^ (mode >> 6) ^ (self.file_type as usize) ^ usize::from(self.nlink.0)
    }

    /// Returns whether an entry of this shape, compared with an equal one, is the same under any
    /// rule: nothing of it is unseen, nothing that a rule may ask for was never taken, and what lies
    /// in it is known.
    pub(super) fn is_plain(&self) -> bool {
        let seen = |state: State| state.0 != UNOBSERVED;
        let observed = self.mode != Observed::Unobserved
            && self.uid != Observed::Unobserved
            && self.gid != Observed::Unobserved
            && self.flags != Observed::Unobserved
            && self.xattrs != Observed::Unobserved;
        let states = [
            self.size,
            self.mtime,
            self.digest,
            self.link_target,
            self.rdev,
            self.nlink,
            self.hardlinks,
        ];
        let content = match self.file_type {
            FileType::File => self.digest.0 >= SEEN,
            FileType::Symlink => self.link_target.0 >= SEEN,
            FileType::Unknown => false,
            _ => true,
        };
        observed && content && states.into_iter().all(seen) && self.listing == Listing::Complete
    }

    /// Appends the shape to the table.
    pub(super) fn put(&self, out: &mut Vec<u8>) {
        out.push(self.file_type as u8 | (self.listing as u8) << 4);
        put_observed(out, self.mode.map(u64::from));
        put_observed(out, self.uid.map(u64::from));
        put_observed(out, self.gid.map(u64::from));
        let bits = |flags: Flags| u64::from(flags.immutable) | u64::from(flags.append) << 1;
        put_observed(out, self.flags.map(bits));
        put_observed(out, self.xattrs.map(u64::from));
        let states = [
            self.size,
            self.mtime,
            self.digest,
            self.link_target,
            self.rdev,
            self.nlink,
            self.hardlinks,
        ];
        out.extend(states.map(|state| state.0));
    }

    /// Reads a shape of the table.
    pub(super) fn read(input: &mut Input<'_>) -> Result<Self, Error> {
        let byte = input.byte()?;
        let file_type = FileType::from_number(byte & 0x0f)
            .ok_or(input.malformed("a shape has an unknown type"))?;
        let listing = match byte >> 4 {
            0 => Listing::Complete,
            1 if file_type == FileType::Directory => Listing::Partial,
            2 if file_type == FileType::Directory => Listing::NotEntered,
            _ => return Err(input.malformed("a shape has an unknown listing")),
        };
        Ok(Self {
            file_type,
            listing,
            mode: read_observed(input)?,
            uid: read_observed(input)?,
            gid: read_observed(input)?,
            flags: match read_observed::<u8>(input)? {
                Observed::Is(bits) if bits > 3 => {
                    return Err(input.malformed("a shape has unknown flags"));
                }
                bits => bits.map(|bits| Flags { immutable: bits & 1 == 1, append: bits & 2 == 2 }),
            },
            xattrs: read_observed(input)?,
            size: State::read(input, SEEN)?,
            mtime: State::read(input, SEEN)?,
            digest: State::read(input, (Algorithm::Md5 as u8).saturating_add(1))?,
            link_target: State::read(input, SEEN)?,
            rdev: State::read(input, SEEN)?,
            nlink: State::read(input, ONE)?,
            hardlinks: State::read(input, SEEN)?,
        })
    }
}

/// 0 for none, 1 for not seen, else the value and 2.
fn put_observed(out: &mut Vec<u8>, value: Observed<u64>) {
    put(
        out,
        match value {
            Observed::NotApplicable => NOT_APPLICABLE.into(),
            Observed::Unobserved => UNOBSERVED.into(),
            Observed::Is(value) => value.saturating_add(SEEN.into()),
        },
    );
}

fn read_observed<T: TryFrom<u64>>(input: &mut Input<'_>) -> Result<Observed<T>, Error> {
    let number = input.number()?;
    match number.checked_sub(SEEN.into()) {
        Some(value) => T::try_from(value)
            .map(Observed::Is)
            .map_err(|_| input.malformed("a number is out of range")),
        None if number == u64::from(UNOBSERVED) => Ok(Observed::Unobserved),
        None => Ok(Observed::NotApplicable),
    }
}
