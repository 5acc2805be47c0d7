//! Paths of package databases, each name kept once: a tree of names, not a list of strings.
//!
//! A host has 200,000 owned paths, of which two thirds repeat the directory of the line before.
//! Nodes are numbered so that a parent always comes before its children, so one pass in the order
//! of numbers resolves everything.

use std::collections::HashMap;
use std::hash::{BuildHasher as _, BuildHasherDefault, Hasher, RandomState};

use crate::model::{PathError, TreePath};

/// A path that a package database names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PathId(pub(super) u32);

impl PathId {
    pub(super) const ROOT: Self = Self(0);

    pub(super) fn index(self) -> usize {
        self.0 as usize
    }
}

#[derive(Debug, Clone, Copy)]
struct Node {
    parent: PathId,
    name_at: u32,
    name_length: u32,
    /// The next node with the same hash; 0 ends the chain, for the root is in none.
    next: u32,
}

/// The tree of names.
#[derive(Debug)]
pub(super) struct Paths {
    nodes: Vec<Node>,
    names: Vec<u8>,
    /// Only looked up, never iterated, so its order reaches nothing.
    index: HashMap<u64, u32, BuildHasherDefault<Hashed>>,
    hasher: RandomState,
    /// The last path taken, and where each of its names ends with its node: neighbours share most.
    last_text: Vec<u8>,
    last: Vec<(usize, PathId)>,
}

impl Default for Paths {
    fn default() -> Self {
        let root = Node { parent: PathId::ROOT, name_at: 0, name_length: 0, next: 0 };
        Self {
            nodes: vec![root],
            names: Vec::new(),
            index: HashMap::default(),
            hasher: RandomState::new(),
            last_text: Vec::new(),
            last: Vec::new(),
        }
    }
}

impl Paths {
    /// Takes a path, absolute or relative to the root; `.` names mean nothing, `..` is refused.
    pub(super) fn intern(&mut self, path: &[u8]) -> Result<PathId, PathError> {
        if path.contains(&0) {
            return Err(PathError::Nul);
        }
        let path = path.strip_prefix(b"/").unwrap_or(path);
        let (start, mut at) = self.rewind(path);
        let mut offset = start;
        for name in path.get(start..).unwrap_or_default().split(|&byte| byte == b'/') {
            let end = offset.saturating_add(name.len());
            match name {
                b"" | b"." => {}
                b".." => {
                    self.last.clear();
                    self.last_text.clear();
                    return Err(PathError::Dots);
                }
                name => {
                    at = self.child_or_new(at, name);
                    self.last.push((end, at));
                }
            }
            offset = end.saturating_add(1);
        }
        self.last_text.truncate(start);
        self.last_text.extend_from_slice(path.get(start..).unwrap_or_default());
        Ok(at)
    }

    /// Goes back to the deepest directory that the last path and this one share; returns where its
    /// name ends in both, and its node.
    fn rewind(&mut self, path: &[u8]) -> (usize, PathId) {
        let common = self.last_text.iter().zip(path).take_while(|(a, b)| a == b).count();
        while let Some(&(end, node)) = self.last.last() {
            if end <= common && matches!(path.get(end), None | Some(b'/')) {
                return (end, node);
            }
            self.last.pop();
        }
        (0, PathId::ROOT)
    }

    /// Returns the bytes of all names.
    pub(super) fn size(&self) -> usize {
        self.names.len()
    }

    pub(super) fn len(&self) -> usize {
        self.nodes.len()
    }

    /// Returns every node, parents first.
    pub(super) fn ids(&self) -> impl Iterator<Item = PathId> + use<> {
        (0..u32::try_from(self.nodes.len()).unwrap_or(u32::MAX)).map(PathId)
    }

    pub(super) fn parent(&self, id: PathId) -> PathId {
        self.nodes.get(id.index()).map_or(PathId::ROOT, |node| node.parent)
    }

    pub(super) fn name(&self, id: PathId) -> &[u8] {
        let Some(node) = self.nodes.get(id.index()) else { return &[] };
        let start = node.name_at as usize;
        self.names.get(start..start.saturating_add(node.name_length as usize)).unwrap_or_default()
    }

    pub(super) fn path(&self, id: PathId) -> TreePath {
        let mut names = Vec::new();
        let mut at = id;
        while at != PathId::ROOT {
            names.push(self.name(at));
            at = self.parent(at);
        }
        names.reverse();
        TreePath::from_joined(names.join(&b'/'))
    }

    fn hash(&self, parent: PathId, name: &[u8]) -> u64 {
        self.hasher.hash_one((parent.0, name))
    }

    fn child(&self, parent: PathId, name: &[u8], hash: u64) -> Option<PathId> {
        let mut at = PathId(*self.index.get(&hash)?);
        while at != PathId::ROOT {
            if self.parent(at) == parent && self.name(at) == name {
                return Some(at);
            }
            at = PathId(self.nodes.get(at.index())?.next);
        }
        None
    }

    fn child_or_new(&mut self, parent: PathId, name: &[u8]) -> PathId {
        let hash = self.hash(parent, name);
        if let Some(found) = self.child(parent, name, hash) {
            return found;
        }
        // `Reading::open` refuses files long before either column reaches 4 GiB.
        let fits = |length: usize| u32::try_from(length).unwrap_or(u32::MAX);
        let id = fits(self.nodes.len());
        let next = self.index.insert(hash, id).unwrap_or(0);
        let (name_at, name_length) = (fits(self.names.len()), fits(name.len()));
        self.nodes.push(Node { parent, name_at, name_length, next });
        self.names.extend_from_slice(name);
        PathId(id)
    }
}

/// Passes a key on that is a keyed hash already.
#[derive(Debug, Default)]
struct Hashed(u64);

impl Hasher for Hashed {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        for &byte in bytes {
            self.0 = self.0.rotate_left(8) ^ u64::from(byte);
        }
    }

    fn write_u64(&mut self, number: u64) {
        self.0 = number;
    }
}

#[cfg(test)]
mod tests {
    use super::Paths;

    #[test]
    fn a_path_has_one_number_however_it_is_written() {
        let mut paths = Paths::default();
        let mut numbers = Vec::new();
        let spellings: [&[u8]; 12] = [
            b"/usr/bin/a",
            b"usr/bin/a",
            b"/usr/bin",
            b"/usr//bin/./a",
            b"/usr/bina",
            b"/usr/bin/a",
            b"//usr/bin/a/",
            b"/",
            b"/.",
            b"./usr/bin",
            b"/usr/bin/",
            b"/usr",
        ];
        for path in spellings {
            let id = paths.intern(path).expect("is in order");
            numbers.push((paths.path(id).to_string(), id));
        }
        let shown: Vec<&str> = numbers.iter().map(|(path, _)| path.as_str()).collect();
        let expected = [
            "/usr/bin/a",
            "/usr/bin/a",
            "/usr/bin",
            "/usr/bin/a",
            "/usr/bina",
            "/usr/bin/a",
            "/usr/bin/a",
            "/",
            "/",
            "/usr/bin",
            "/usr/bin",
            "/usr",
        ];
        assert_eq!(shown, expected);
        assert_eq!(paths.len(), 5, "the root, usr, bin, a, bina");
        assert!(paths.intern(b"/usr/../x").is_err() && paths.intern(b"/usr/b\0").is_err());
        let id = paths.intern(b"/usr/bin/a").expect("is in order");
        assert_eq!(Some(id), numbers.first().map(|&(_, id)| id));
    }

    /// Every pair of neighbours, against the same paths taken by a fresh tree.
    #[test]
    fn neighbours_do_not_matter() {
        let parts: [&[u8]; 9] =
            [b"a", b"a/b", b"ab", b"a//b", b"a/./c", b"b/a", b"a/b/c", b"./a/b", b"a/b/"];
        for first in parts {
            for second in parts {
                let mut both = Paths::default();
                both.intern(first).expect("is in order");
                let id = both.intern(second).expect("is in order");
                let mut fresh = Paths::default();
                let alone = fresh.intern(second).expect("is in order");
                assert_eq!(both.path(id), fresh.path(alone));
            }
        }
    }
}
