//! Paths inside a target: bytes, relative to its root, in the one order that everything uses.
//!
//! The order is depth-first pre-order with children by name bytes, which is plain byte order with
//! `/` sorting before every other byte. Raw byte order would put `a-b` between `a` and `a/x`.

use std::cmp::Ordering;
use std::fmt;

use crate::bounds::escape::escaped;

/// A path below the root of a target, as bytes; the root itself is the empty path.
///
/// It is no `std::path::Path`: it never names an object of the machine that runs drift.
///
/// ```
/// use drift_core::model::TreePath;
/// let path = TreePath::parse(b"/etc/passwd")?;
/// assert_eq!(path.name(), b"passwd");
/// assert_eq!(path.to_string(), "/etc/passwd");
/// assert!(TreePath::parse(b"a/x")? < TreePath::parse(b"a-b")?);
/// # Ok::<(), drift_core::model::PathError>(())
/// ```
#[derive(Clone, PartialEq, Eq, Hash, Default)]
pub struct TreePath(Box<[u8]>);

/// Why bytes are no [`TreePath`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PathError {
    /// A NUL byte cannot stand in a path.
    #[error("the path holds a NUL byte")]
    Nul,
    /// `.` and `..` name no object of their own.
    #[error("the path has a component \".\" or \"..\"")]
    Dots,
}

impl TreePath {
    /// Returns the root of a target.
    #[must_use]
    pub fn root() -> Self {
        Self::default()
    }

    /// Reads a path; leading, trailing and doubled slashes mean nothing, as in POSIX.
    pub fn parse(bytes: &[u8]) -> Result<Self, PathError> {
        let mut path = Vec::with_capacity(bytes.len());
        for name in bytes.split(|&byte| byte == b'/').filter(|name| !name.is_empty()) {
            if name.contains(&0) {
                return Err(PathError::Nul);
            }
            if name == b"." || name == b".." {
                return Err(PathError::Dots);
            }
            if !path.is_empty() {
                path.push(b'/');
            }
            path.extend_from_slice(name);
        }
        Ok(Self(path.into()))
    }

    /// Takes bytes that the caller built from valid names joined by `/`.
    #[must_use]
    pub fn from_joined(bytes: Vec<u8>) -> Self {
        Self(bytes.into())
    }

    /// Returns the path of the child `name`.
    #[must_use]
    pub fn join(&self, name: &[u8]) -> Self {
        let mut path = Vec::with_capacity(self.0.len() + 1 + name.len());
        path.extend_from_slice(&self.0);
        if !path.is_empty() {
            path.push(b'/');
        }
        path.extend_from_slice(name);
        Self(path.into())
    }

    /// Returns the bytes, without a leading slash; empty for the root.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// Returns whether this is the root.
    #[must_use]
    pub fn is_root(&self) -> bool {
        self.0.is_empty()
    }

    /// Returns the names from the root down.
    pub fn components(&self) -> impl Iterator<Item = &[u8]> {
        self.0.split(|&byte| byte == b'/').filter(|name| !name.is_empty())
    }

    /// Returns the last name; empty for the root.
    #[must_use]
    pub fn name(&self) -> &[u8] {
        self.0.rsplit(|&byte| byte == b'/').next().unwrap_or_default()
    }

    /// Returns the path of the directory that holds this entry; `None` for the root.
    #[must_use]
    pub fn parent(&self) -> Option<Self> {
        if self.is_root() {
            return None;
        }
        let cut = self.0.iter().rposition(|&byte| byte == b'/').unwrap_or(0);
        Some(Self(self.0.get(..cut).unwrap_or_default().into()))
    }

    /// Returns whether this path is `ancestor` or lies below it.
    #[must_use]
    pub fn starts_with(&self, ancestor: &Self) -> bool {
        ancestor.is_root()
            || self
                .0
                .strip_prefix(&*ancestor.0)
                .is_some_and(|rest| matches!(rest.first(), None | Some(b'/')))
    }
}

impl Ord for TreePath {
    fn cmp(&self, other: &Self) -> Ordering {
        let key = |&byte: &u8| if byte == b'/' { 0 } else { byte };
        self.0.iter().map(key).cmp(other.0.iter().map(key))
    }
}

impl PartialOrd for TreePath {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

/// Always escaped: a name never reaches a terminal or a log as it is.
impl fmt::Display for TreePath {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "/{}", escaped(&self.0))
    }
}

impl fmt::Debug for TreePath {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{:?}", self.to_string())
    }
}
