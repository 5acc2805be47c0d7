//! The part of an entry that many entries share, kept once.

use super::cursor::RuleId;
use super::entry::{Flags, Observed, Xattrs};
use super::image::LayerId;

/// Owner, permissions, flags, extended attributes and the rule; a /usr has about a dozen of these.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Metadata {
    /// Permission bits, `st_mode & 07777`.
    pub mode: Observed<u16>,
    /// Numeric owner.
    pub uid: Observed<u32>,
    /// Numeric group.
    pub gid: Observed<u32>,
    /// Immutable and append-only.
    pub flags: Observed<Flags>,
    /// Every extended attribute, raw.
    pub xattrs: Observed<Xattrs>,
    /// The rule that classed the entry when it was surveyed.
    pub rule: RuleId,
    /// The layer of an image that the entry came with.
    pub origin: Option<LayerId>,
}
