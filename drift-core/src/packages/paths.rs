//! Paths of package databases, each name kept once: a tree of names, not a list of strings.
//!
//! A host has 200,000 owned paths, of which two thirds repeat the directory of the line before.
//! Nodes are numbered so that a parent always comes before its children, so one pass in the order
//! of numbers resolves everything.

use std::collections::HashMap;
use std::hash::{BuildHasher as _, RandomState};

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
    index: HashMap<u64, u32>,
    hasher: RandomState,
    /// The nodes of the last path taken: neighbours share most of it.
    last: Vec<PathId>,
}

impl Default for Paths {
    fn default() -> Self {
        let root = Node { parent: PathId::ROOT, name_at: 0, name_length: 0, next: 0 };
        Self {
            nodes: vec![root],
            names: Vec::new(),
            index: HashMap::new(),
            hasher: RandomState::new(),
            last: Vec::new(),
        }
    }
}

impl Paths {
    /// Takes a path, absolute or relative to the root; `.` names mean nothing, `..` is refused.
    pub(super) fn intern(&mut self, path: &[u8]) -> Result<PathId, PathError> {
        check(path)?;
        let (mut at, mut depth) = (PathId::ROOT, 0_usize);
        let mut same = true;
        for name in names(path) {
            match self.last.get(depth).copied().filter(|&node| same && self.name(node) == name) {
                Some(node) => at = node,
                None => {
                    same = false;
                    self.last.truncate(depth);
                    at = self.child_or_new(at, name);
                    self.last.push(at);
                }
            }
            depth = depth.saturating_add(1);
        }
        Ok(at)
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

fn names(path: &[u8]) -> impl Iterator<Item = &[u8]> {
    path.split(|&byte| byte == b'/').filter(|name| !name.is_empty() && *name != b".")
}

fn check(path: &[u8]) -> Result<(), PathError> {
    if path.contains(&0) {
        return Err(PathError::Nul);
    }
    if names(path).any(|name| name == b"..") {
        return Err(PathError::Dots);
    }
    Ok(())
}
