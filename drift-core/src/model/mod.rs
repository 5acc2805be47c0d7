//! The words of the product as types: paths, entries, trees, packages, problems, coverage.
//!
//! Nothing here reads a target or knows how one is stored.

pub mod attribute;
mod cause;
mod coverage;
mod cursor;
mod digest;
mod entry;
mod environment;
mod image;
mod kind;
mod metadata;
mod package;
mod path;
mod per_host;
mod problem;
mod snapshot;
mod tree;

pub use attribute::{Attribute, AttributeSet, capability_from_text};
pub use cause::{Cause, Severity};
pub use coverage::{Coverage, Exclusion, Mount, Trusted};
pub use cursor::{ARTIFACT_RULE, Cursor, CursorError, Listing, Passage, RuleId, Step};
pub use digest::{Algorithm, Digest, hex};
pub use entry::{Device, Entry, EntryRef, Flags, Observed, Time, Xattr, Xattrs};
pub use environment::{DECIDING_VARIABLES, decides_what_runs};
pub use image::{
    BlobDigest, HistoryStep, Image, ImageConfig, ImageSecret, Layer, LayerId, NoDigest, Platform,
};
pub use kind::{FileType, FileTypes};
pub use metadata::Metadata;
pub use package::{Package, PackageId};
pub use path::{PathError, TreePath};
pub use per_host::{PerHost, PerHostValue};
pub use problem::{Problem, Stage};
pub use snapshot::{Carries, Identity, Precision, Snapshot, SourceKind};
pub use tree::{DirId, FollowLast, Found, Frozen, Intake, RowId, Tree, TreeCursor};
