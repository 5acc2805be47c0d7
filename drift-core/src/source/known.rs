//! What an earlier run knows of files, as the survey asks it and the reading tells it.
//!
//! The survey has every file's [`Stat`] at hand, so a file of which the digest is known costs no
//! further call. Whether a file may be known at all depends on where it lies: of the file system the
//! walk learns more than of the file, and once for each.

use crate::model::{Digest, Time};

use super::volume::Stat;

/// A file system, as its walk enters it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FileSystem {
    /// Its type: `f_type` of statfs(2).
    pub kind: u64,
    /// What it says of its identity: `f_fsid` of statfs(2).
    pub id: u64,
    /// Inode of the directory by which it was entered.
    pub inode: u64,
    /// When that directory was made.
    pub btime: Option<Time>,
    /// Whether nobody can write it here.
    pub is_read_only: bool,
}

/// The number of a file system within one run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place(pub u16);

/// What the kernel says of a file that fs-verity sealed: SHA-256 over the number of the algorithm and
/// the digest that `FS_IOC_MEASURE_VERITY` gives (`Documentation/filesystems/fsverity.rst`).
///
/// It is over size and content, by a tree of digests with which the kernel checks all that it hands out
/// of the file. So two files with one seal hold the same. Where a file has holes it does not say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Seal(pub [u8; 32]);

/// Digests of files that were read before. Asked and told by all workers at once.
pub trait Known: Sync {
    /// Returns the number of the file system with this mount and device, and asks what it is when
    /// it has none yet; `None` where no file of it may be known.
    fn place(
        &self,
        mount_and_device: (u64, u64),
        ask: &mut dyn FnMut() -> Option<FileSystem>,
    ) -> Option<Place>;

    /// Returns the digest of a regular file that nothing seals and that looks as it did when it was read.
    fn digest(&self, place: Place, stat: &Stat) -> Option<Digest>;

    /// Returns the digest of a sealed file whose seal is that of the file that was read. It is asked for
    /// only where there is one to hold it against.
    fn proved(
        &self,
        place: Place,
        stat: &Stat,
        seal: &mut dyn FnMut() -> Option<Seal>,
    ) -> Option<Digest>;

    /// Takes the digest of a regular file that was read whole, and looked like this before and after;
    /// with its seal before, where the kernel told one and the digest is over what it hands out.
    fn learn(&self, stat: &Stat, seal: Option<Seal>, digest: Digest);
}
