//! Makes a source of any volume: walks it, examines every object, reads contents.
//!
//! The walk is a queue of directories and knows no depth limit; it holds few descriptors and opens
//! a directory again by its names, and only if it is the same one, when it could not keep it. See
//! `docs/decisions/0004-walker.md`.

mod apart;
mod chain;
mod content;
mod crossing;
mod excluded;
mod handles;
mod known;
mod opening;
mod probe;
mod queue;
mod read;
mod round;
mod sparse;
mod survey;
mod window;

use crate::model::{Carries, Intake, Precision, SourceKind, Tree, TreePath, attribute};

use super::volume::{Errno, Volume};
use super::{Ask, ContentSink, Error, Plan, Source, errno_name};

pub use sparse::SparseSha256;

/// Directories that a survey keeps open for their subdirectories. A process has 1024 descriptors
/// by default; with fewer the walk gives these up and goes on.
const DEFAULT_HANDLES: usize = 64;

/// How long all leased files together are waited for: the kernel breaks a lease after
/// `lease-break-time`, 45 s by default (fcntl(2)), and 5 s more.
const DEFAULT_LEASE_WAIT_MILLISECONDS: u64 = 50_000;

/// A volume as a source.
#[derive(Debug)]
pub struct Walked<V> {
    volume: V,
    kind: SourceKind,
    locator: String,
    handles: usize,
    lease_wait: u64,
}

impl<V: Volume> Walked<V> {
    /// Takes a volume with the kind of target and the name that reports give for it.
    pub fn new(volume: V, kind: SourceKind, locator: &str) -> Self {
        Self {
            volume,
            kind,
            locator: locator.to_owned(),
            handles: DEFAULT_HANDLES,
            lease_wait: DEFAULT_LEASE_WAIT_MILLISECONDS,
        }
    }

    /// Keeps at most so many directories open for their subdirectories. Each worker needs a few
    /// descriptors beyond these.
    #[must_use]
    pub fn with_handles(mut self, handles: usize) -> Self {
        self.handles = handles;
        self
    }

    /// Waits at most so long, in milliseconds, for all leased files together.
    #[must_use]
    pub fn with_lease_wait(mut self, milliseconds: u64) -> Self {
        self.lease_wait = milliseconds;
        self
    }

    /// Returns the volume.
    pub fn volume(&self) -> &V {
        &self.volume
    }

    fn failed(&self, what: &str, errno: Errno) -> Error {
        Error::Open {
            locator: self.locator.clone(),
            reason: format!("{what}: {}", described(&self.volume, errno)),
        }
    }
}

impl<V: Volume> Source for Walked<V> {
    fn kind(&self) -> SourceKind {
        self.kind
    }

    fn locator(&self) -> &str {
        &self.locator
    }

    fn reads_ranges(&self) -> bool {
        true
    }

    fn probe(&self, path: &TreePath, limit: u64) -> Option<Vec<u8>> {
        probe::probe(&self.volume, path, limit)
    }

    fn survey(&self, plan: &Plan<'_>, intake: &Intake) -> Result<Carries, Error> {
        survey::survey(self, plan, intake)?;
        let attributes = attribute::carried_by(self.kind);
        Ok(Carries { attributes, mtime: Precision::Nanosecond })
    }

    fn read(
        &self,
        plan: &Plan<'_>,
        tree: &Tree,
        asks: &[Ask],
        sink: &dyn ContentSink,
    ) -> Result<(), Error> {
        read::read(self, plan, tree, asks, sink)
    }
}

/// The kernel's error in words, with its name.
fn described(volume: &impl Volume, errno: Errno) -> String {
    let meaning = volume.meaning(errno).unwrap_or_else(|| meaning(errno));
    format!("{meaning} ({})", errno_name(errno))
}

/// What an error means for a person who looks at a file system.
fn meaning(errno: Errno) -> &'static str {
    match errno {
        Errno::ACCESS | Errno::PERM => "permission denied; run as root to see everything",
        Errno::IO => "the device cannot be read",
        Errno::BADMSG | Errno::UCLEAN => "the file system is damaged",
        Errno::NOENT => "it is gone",
        Errno::STALE | Errno::NOTDIR | Errno::LOOP => "something else stands there now",
        Errno::MFILE | Errno::NFILE => "too many files are open; raise the limit of open files",
        Errno::NOMEM => "the kernel is out of memory",
        Errno::TIMEDOUT | Errno::HOSTDOWN | Errno::NOTCONN => "whoever serves it does not answer",
        Errno::NOSYS => "this kernel has no way to read it without opening it; mount /proc",
        Errno::NOKEY => "it is encrypted and the key is not loaded",
        Errno::TXTBSY | Errno::BUSY | Errno::AGAIN => "another program holds it",
        _ => "the kernel refused",
    }
}
