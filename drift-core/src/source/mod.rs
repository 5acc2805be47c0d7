//! The only code that opens anything of a target.
//!
//! Two seams. A [`Source`] surveys and reads a whole target in bulk. A [`Volume`] lists, examines,
//! opens and reads single objects; [`Walked`] makes a source of any volume. To add a source or a
//! volume: one file here, its `mod` line, and its line in `detect.rs` where bytes select it.

mod compression;
mod decoded;
mod detect;
mod errno;
mod faulty;
mod host;
mod image;
mod known;
mod layers;
mod manners;
mod memory;
mod mounts;
mod overlay;
mod payload;
mod rate;
mod stored;
mod sums;
pub mod tar;
mod throttled;
mod vendor;
mod volume;
mod walked;

use std::os::fd::OwnedFd;
use std::sync::Arc;

use drift_lanes::Kernel;

use crate::bounds::{Cancel, Cancelled, Observer, Pool, Ranges};
use crate::model::{
    Algorithm, Carries, Digest, Image, Intake, Platform, RowId, SourceKind, Stage, Time, Tree,
    TreePath,
};
use crate::rules::RuleSet;

pub(crate) use decoded::unpacked;
pub use detect::open;
pub use errno::errno_name;
pub use faulty::{Call, Fault, Faulty, Named, Operation};
pub use host::{HostDirectory, HostFile, HostVolume, Resolution};
pub(crate) use image::masked_command;
pub use known::{FileSystem, Known, Place, Seal};
pub use layers::Removals;
pub use manners::{Disk, Manners, PageCache};
pub use memory::{MemoryFile, MemoryId, MemoryKind, MemoryNode, MemoryVolume};
pub use mounts::{FileSystemKind, MountPoint, is_usual_point, parse_mountinfo};
pub use overlay::{Overlay, OverlayAttributes, OverlayDirectory, OverlayFile, OverlayTarget};
pub(crate) use payload::{Packed, decompressed, small_files, tree};
pub use rate::{Pace, Rate};
pub use throttled::Throttled;
pub use volume::{DirectoryEntry, Errno, Stat, Volume};
pub use walked::{SparseSha256, Walked};

/// What a source needs for every operation.
#[derive(Clone, Copy)]
pub struct Plan<'p> {
    /// Which entries to capture, and how each class is treated.
    pub rules: &'p RuleSet,
    /// Paths of drift's own artefacts, which are left out by exact path and counted.
    pub artifacts: &'p [TreePath],
    /// The workers.
    pub pool: &'p Pool,
    /// Set from outside to stop.
    pub cancel: &'p Cancel,
    /// Told about progress.
    pub observer: &'p dyn Observer,
    /// Digests from an earlier run, which the survey takes instead of asking for a reading.
    pub known: Option<&'p dyn Known>,
}

impl Plan<'_> {
    /// Returns the code that computes digests.
    #[must_use]
    pub fn kernel(&self) -> Kernel {
        self.pool.kernel()
    }
}

impl std::fmt::Debug for Plan<'_> {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Plan").field("pool", self.pool).finish_non_exhaustive()
    }
}

/// What is wanted of one file's content, all from one reading.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Want {
    /// Its digest.
    pub digest: bool,
    /// Its MD5 or SHA-1, for a package database's record.
    pub vendor: Option<Algorithm>,
    /// The SHA-256 of so many of its first bytes.
    pub prefix: Option<u64>,
    /// Whether that is the prefix of what the file decompresses to, where its first bytes say that it
    /// is compressed; nothing else is computed then.
    pub decoded: bool,
    /// The bytes themselves, if there are at most so many.
    pub bytes: Option<u64>,
    /// Whether the sink looks at ranges of it instead, in the same opening, where the target can be read
    /// at any place.
    pub ranges: bool,
}

/// A request for the content of one file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ask {
    /// The file.
    pub row: RowId,
    /// What is wanted of it.
    pub want: Want,
}

/// What was read of one file. Size, time, permissions and owner are those of the very object that was
/// read, which may have taken the place of the surveyed one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Content {
    /// Bytes read.
    pub size: u64,
    /// Time of last change, before and after reading.
    pub mtime: Time,
    /// Permission bits.
    pub mode: u16,
    /// Numeric owner.
    pub uid: u32,
    /// Numeric group.
    pub gid: u32,
    /// The digest, where asked for.
    pub digest: Option<Digest>,
    /// The digest of the package database's algorithm, where asked for.
    pub vendor: Option<Digest>,
    /// The SHA-256 of the prefix, where asked for and the file is at least that long.
    pub prefix: Option<Digest>,
    /// The bytes, where asked for and not too many.
    pub bytes: Option<Vec<u8>>,
}

/// Why a file's content is not known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unread {
    /// What kind of failure it was.
    pub kind: UnreadKind,
    /// Where it failed.
    pub stage: Stage,
    /// Why, for a person.
    pub reason: String,
    /// The kernel's error.
    pub errno: Option<&'static str>,
}

/// The kinds of failure to read a file that was surveyed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UnreadKind {
    /// It is gone.
    Vanished,
    /// It cannot be opened or read.
    Unreadable,
    /// It changed during each of the readings.
    Unstable,
    /// Something else stands there now: another type, another object.
    Replaced,
}

/// From this size on a file is worth reading before smaller ones, so that none is left alone at the
/// end.
pub(crate) const LARGE_BYTES: u64 = 1 << 20;

/// Takes the answers to asks, from any thread, in any order, exactly one for each ask.
pub trait ContentSink: Sync {
    /// Takes one answer.
    fn take(&self, row: RowId, answer: Result<Content, Unread>);

    /// Looks at a file of which ranges were wanted, before its answer comes; once more where the file
    /// changed meanwhile.
    fn look(&self, _row: RowId, _file: &mut dyn Ranges) {}
}

/// A target: something that holds the root of a system.
pub trait Source: Sync {
    /// Returns what kind of target it is.
    fn kind(&self) -> SourceKind;

    /// Returns where it is, as the operator named it, such as `dir:/srv/root`.
    fn locator(&self) -> &str;

    /// Reads what every later operation needs, where that is work for several threads, so that
    /// [`Self::probe`] finds it done.
    fn prepare(
        &self,
        _pool: &Pool,
        _cancel: &Cancel,
        _observer: &dyn Observer,
    ) -> Result<(), Error> {
        Ok(())
    }

    /// Returns whether a file can be read at any place, as [`Want::ranges`] has it.
    fn reads_ranges(&self) -> bool {
        false
    }

    /// Reads one small file by path inside the target, following links inside the root, before any
    /// survey; `None` when it is absent, no file, larger than `limit` bytes, or unreadable.
    fn probe(&self, path: &TreePath, limit: u64) -> Option<Vec<u8>>;

    /// Returns what an image says of itself; `None` of any other target, and before the survey.
    fn image(&self) -> Option<Image> {
        None
    }

    /// Returns which layer of an image removed what; `None` of any other target, and before the
    /// survey.
    fn removals(&self) -> Option<Arc<Removals>> {
        None
    }

    /// Hands every entry in scope to `intake`, and returns what this target carries.
    fn survey(&self, plan: &Plan<'_>, intake: &Intake) -> Result<Carries, Error>;

    /// Answers every ask once.
    fn read(
        &self,
        plan: &Plan<'_>,
        tree: &Tree,
        asks: &[Ask],
        sink: &dyn ContentSink,
    ) -> Result<(), Error>;
}

/// What chooses among several images at one place, and what `-` stands for.
#[derive(Debug, Default)]
pub struct Selection {
    /// The platform; without it the only one there is, or that of this machine.
    pub platform: Option<Platform>,
    /// Standard input, for the targets `-`, `tar:-`, `oci:-` and `docker-archive:-`.
    pub input: Option<OwnedFd>,
    /// Set from outside to stop while a stream is copied.
    pub cancel: Cancel,
    /// How files of this machine are read.
    pub manners: Manners,
}

/// A target as a whole cannot be read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The target cannot be opened.
    #[error("failed to open {locator}: {reason}")]
    Open {
        /// The target.
        locator: String,
        /// Why, with the kernel's error where there is one.
        reason: String,
    },
    /// The target is of no known kind.
    #[error("failed to recognise {locator}: {reason}")]
    Unrecognised {
        /// The target.
        locator: String,
        /// What was found instead.
        reason: String,
    },
    /// There are several images, or not the one that was asked for.
    #[error("failed to choose an image of {locator}: {reason}")]
    Choice {
        /// The target.
        locator: String,
        /// Which there are.
        reason: String,
    },
    /// The archive or stream breaks off or contradicts itself where nothing beyond can be trusted.
    #[error("failed to read {locator}: {reason}")]
    Malformed {
        /// The target.
        locator: String,
        /// What is wrong, and where.
        reason: String,
    },
    /// The run was stopped from outside.
    #[error(transparent)]
    Cancelled(#[from] Cancelled),
}
