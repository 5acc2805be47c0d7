//! Stored snapshots, opened: the verified one that may be relied on, and the other.

use std::sync::Arc;

use crate::model::{
    Carries, Coverage, Digest, Identity, Image, Package, Problem, SourceKind, TreePath,
};
use crate::seal::Verified;

use super::alike::StoredBlocks;
use super::container::Container;
use super::cursor::{BaselineCursor, StoredEntry};
use super::encode::Counts;
use super::error::Error;

/// A snapshot whose seal held: the reference that targets are compared with.
///
/// ```no_run
/// use drift_core::artifact::{load_trust, open_sealed};
/// use drift_core::baseline::Baseline;
/// use drift_core::bounds::Timestamp;
/// use drift_core::seal::{Expectations, verify};
/// let sealed = open_sealed("golden.drift".as_ref(), 1 << 30)?;
/// let trust = load_trust(&["golden.pub.pem"])?;
/// let now = Timestamp::parse("2026-11-21T12:00:00Z")?;
/// let (verified, seal) = verify(&sealed, &trust, &Expectations::default(), now, None)?;
/// let baseline = Baseline::decode(verified)?;
/// assert_eq!(baseline.identity().os.as_deref(), Some("debian"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// Bytes that nobody verified do not make one:
///
/// ```compile_fail
/// let bytes: std::sync::Arc<[u8]> = b"DRIFT"[..].into();
/// let baseline = drift_core::baseline::Baseline::decode(bytes);
/// ```
#[derive(Debug)]
pub struct Baseline(Container);

/// A snapshot of which nobody vouches for a single byte.
///
/// It is read by the same code, but gives its entries only through
/// [`unverified_cursor`](Self::unverified_cursor): a caller that compares with it has written down,
/// in that line, that it trusts nothing.
#[derive(Debug)]
pub struct UnverifiedSnapshot(Container);

impl Baseline {
    /// Reads everything but the entries, which [`cursor`](Self::cursor) reads block by block.
    ///
    /// # Errors
    ///
    /// A file that this version cannot read: the message names the version that can.
    pub fn decode(file: Verified<Arc<[u8]>>) -> Result<Self, Error> {
        Container::decode(Arc::clone(file.get())).map(Self)
    }

    /// Walks the entries in order, with one block in memory at a time.
    #[must_use]
    pub fn cursor(&self) -> BaselineCursor<'_> {
        BaselineCursor::new(&self.0)
    }

    /// Finds the entry at exactly this path, reading as few blocks as the index allows.
    ///
    /// # Errors
    ///
    /// A block that is damaged or malformed.
    pub fn find(&self, path: &TreePath) -> Result<Option<StoredEntry>, Error> {
        BaselineCursor::find(&self.0, path)
    }
}

impl UnverifiedSnapshot {
    /// Reads everything but the entries.
    ///
    /// # Errors
    ///
    /// As [`Baseline::decode`].
    pub fn decode(file: Arc<[u8]>) -> Result<Self, Error> {
        Container::decode(file).map(Self)
    }

    /// Walks the entries in order; nothing that it returns proves anything.
    #[must_use]
    pub fn unverified_cursor(&self) -> BaselineCursor<'_> {
        BaselineCursor::new(&self.0)
    }

    /// Finds the entry at exactly this path; what it returns proves nothing.
    ///
    /// # Errors
    ///
    /// A block that is damaged or malformed.
    pub fn find_unverified(&self, path: &TreePath) -> Result<Option<StoredEntry>, Error> {
        BaselineCursor::find(&self.0, path)
    }
}

/// What both say of themselves; one text, so that the two cannot drift apart.
macro_rules! contents {
    ($opened:ident) => {
        impl $opened {
            /// Returns the kind of target that was captured.
            #[must_use]
            pub fn kind(&self) -> SourceKind {
                self.0.head.kind
            }

            /// Returns where the target was; not part of the root.
            #[must_use]
            pub fn locator(&self) -> &str {
                &self.0.locator
            }

            /// Returns what the image said of itself, where the target was one; not part of the
            /// root.
            #[must_use]
            pub fn image(&self) -> Option<&Image> {
                self.0.image.as_ref()
            }

            /// Returns which system the target says it is.
            #[must_use]
            pub fn identity(&self) -> &Identity {
                &self.0.head.identity
            }

            /// Returns what the target could carry, of what this version knows.
            #[must_use]
            pub fn carries(&self) -> Carries {
                self.0.head.carries
            }

            /// Returns the text of the rules that chose what was captured.
            #[must_use]
            pub fn rules(&self) -> &str {
                &self.0.rules
            }

            /// Returns the packages; owners count by their places.
            #[must_use]
            pub fn packages(&self) -> &[Package] {
                &self.0.packages
            }

            /// Returns whether the package list is whole.
            #[must_use]
            pub fn packages_complete(&self) -> bool {
                self.0.head.packages_complete
            }

            /// Returns what was seen and what was not; its counters are not part of the root.
            #[must_use]
            pub fn coverage(&self) -> &Coverage {
                &self.0.coverage
            }

            /// Returns what could have been seen and was not.
            #[must_use]
            pub fn problems(&self) -> &[Problem] {
                &self.0.problems
            }

            /// Returns the root, computed from the file.
            #[must_use]
            pub fn root(&self) -> Digest {
                self.0.root
            }

            /// Returns its blocks, to find those that another tree has too.
            #[must_use]
            pub fn blocks(&self) -> StoredBlocks<'_> {
                StoredBlocks(&self.0)
            }

            /// Returns how much it holds.
            #[must_use]
            pub fn counts(&self) -> Counts {
                self.0.counts
            }

            /// Returns the names of attributes and columns that this version does not know; no
            /// comparison covers them.
            #[must_use]
            pub fn attributes_not_compared(&self) -> &[String] {
                &self.0.head.not_compared
            }

            /// Returns the tags of sections that this version does not know and may pass over.
            #[must_use]
            pub fn sections_not_read(&self) -> &[String] {
                &self.0.sections_not_read
            }
        }
    };
}

contents!(Baseline);
contents!(UnverifiedSnapshot);
