//! The names of a tree: 36 bytes each, the names themselves in one arena, children found by hash.
//!
//! A node that is removed is only unlinked, with everything below it; nothing leads there any more.

#![warn(clippy::indexing_slicing, clippy::arithmetic_side_effects)]

use std::collections::HashMap;
use std::hash::{BuildHasher as _, RandomState};

use crate::bounds::make_room;
use crate::model::TreePath;

/// The number of no node and no object.
const NONE: u32 = u32::MAX;

/// The root.
pub(in crate::source) const ROOT: u32 = 0;

#[derive(Debug)]
struct Node {
    name_at: u32,
    parent: u32,
    object: u32,
    first: u32,
    next: u32,
    previous: u32,
    /// The next node whose place has the same hash.
    same: u32,
    name_length: u16,
    /// See [`Nodes::touch`]; the number of the layer plus one.
    touched: u16,
    /// See [`Nodes::mark_purged`].
    purged: u16,
    directory: bool,
    /// Whether a name was removed from it.
    lost: bool,
}

/// A tree of names.
#[derive(Debug)]
pub(in crate::source) struct Nodes {
    nodes: Vec<Node>,
    bytes: Vec<u8>,
    /// The last node added at a place, by the hash of parent and name.
    places: HashMap<u64, u32>,
    hash: RandomState,
}

impl Nodes {
    /// Returns a tree of a root that no object stands for yet.
    pub(super) fn new() -> Self {
        let mut nodes = Self {
            nodes: Vec::new(),
            bytes: Vec::new(),
            places: HashMap::new(),
            hash: RandomState::new(),
        };
        nodes.nodes.push(Node::new(0, 0, ROOT));
        nodes
    }

    /// Returns how many nodes there ever were; every number is below it.
    pub(in crate::source) fn len(&self) -> usize {
        self.nodes.len()
    }

    fn get(&self, node: u32) -> Option<&Node> {
        self.nodes.get(node as usize)
    }

    fn with(&mut self, node: u32, change: impl FnOnce(&mut Node)) {
        if let Some(node) = self.nodes.get_mut(node as usize) {
            change(node);
        }
    }

    /// Returns the name of a node in its directory; the root has none.
    pub(in crate::source) fn name(&self, node: u32) -> &[u8] {
        let Some(node) = self.get(node) else { return &[] };
        let start = node.name_at as usize;
        let end = start.saturating_add(usize::from(node.name_length));
        self.bytes.get(start..end).unwrap_or_default()
    }

    /// Returns the directory of a node; the root is its own.
    pub(in crate::source) fn parent(&self, node: u32) -> u32 {
        self.get(node).map_or(ROOT, |node| node.parent)
    }

    /// Returns what a node leads to; `None` of a directory that is named only on the way to others.
    pub(in crate::source) fn object(&self, node: u32) -> Option<u32> {
        self.get(node).map(|node| node.object).filter(|object| *object != NONE)
    }

    pub(in crate::source) fn is_directory(&self, node: u32) -> bool {
        self.get(node).is_some_and(|node| node.directory)
    }

    /// Returns whether a node lies in a directory or below it.
    pub(in crate::source) fn is_below(&self, node: u32, directory: u32) -> bool {
        let mut at = node;
        while at != ROOT {
            at = self.parent(at);
            if at == directory {
                return true;
            }
        }
        false
    }

    /// Returns the names in a directory, in no particular order.
    pub(in crate::source) fn children(&self, node: u32) -> impl Iterator<Item = u32> + '_ {
        let known = |node: u32| Some(node).filter(|node| *node != NONE);
        let first = self.get(node).and_then(|node| known(node.first));
        std::iter::successors(first, move |node| known(self.get(*node)?.next))
    }

    /// Finds a name in a directory.
    pub(in crate::source) fn child(&self, parent: u32, name: &[u8]) -> Option<u32> {
        let mut at = *self.places.get(&self.hash.hash_one((parent, name)))?;
        while let Some(node) = self.get(at) {
            if node.parent == parent && self.name(at) == name {
                return Some(at);
            }
            at = node.same;
        }
        None
    }

    /// Adds a name that a directory does not have yet, as a directory without an object; `None`
    /// when there is no room for more.
    pub(in crate::source) fn add(&mut self, parent: u32, name: &[u8]) -> Option<u32> {
        let number = u32::try_from(self.nodes.len()).ok().filter(|number| *number < NONE)?;
        let name_at = u32::try_from(self.bytes.len()).ok()?;
        let name_length = u16::try_from(name.len()).ok()?;
        make_room(&mut self.bytes, name.len());
        self.bytes.extend_from_slice(name);
        let next = self.get(parent)?.first;
        let hash = self.hash.hash_one((parent, name));
        let same = self.places.insert(hash, number).unwrap_or(NONE);
        make_room(&mut self.nodes, 1);
        self.nodes.push(Node { next, same, ..Node::new(name_at, name_length, parent) });
        self.with(next, |node| node.previous = number);
        self.with(parent, |node| node.first = number);
        Some(number)
    }

    /// Lets a node lead to an object. What is in a directory stays, so that only a directory may
    /// follow one.
    pub(in crate::source) fn lead(&mut self, node: u32, object: u32, directory: bool) {
        self.with(node, |node| {
            node.object = object;
            node.directory = directory;
        });
    }

    /// Takes a name and everything below it out of the tree; the root stays.
    pub(in crate::source) fn remove(&mut self, number: u32) {
        let Some(node) = self.get(number).filter(|_| number != ROOT) else { return };
        let (parent, next, previous, same) = (node.parent, node.next, node.previous, node.same);
        let hash = self.hash.hash_one((parent, self.name(number)));
        match self.places.get(&hash) {
            Some(&first) if first == number && same == NONE => {
                self.places.remove(&hash);
            }
            Some(&first) if first == number => {
                self.places.insert(hash, same);
            }
            Some(&first) => {
                let mut at = first;
                while let Some(node) = self.nodes.get_mut(at as usize) {
                    if node.same == number {
                        node.same = same;
                    }
                    at = node.same;
                }
            }
            None => {}
        }
        self.with(next, |node| node.previous = previous);
        if previous == NONE {
            self.with(parent, |node| node.first = next);
        } else {
            self.with(previous, |node| node.next = next);
        }
        self.with(parent, |node| node.lost = true);
    }

    /// Returns whether a name was ever removed from this directory.
    pub(in crate::source) fn lost_names(&self, directory: u32) -> bool {
        self.get(directory).is_some_and(|node| node.lost)
    }

    /// Notes that a layer puts something at a node or below it.
    pub(in crate::source) fn touch(&mut self, node: u32, layer: u16) {
        let mark = layer.saturating_add(1);
        let mut at = node;
        while let Some(node) = self.nodes.get_mut(at as usize) {
            if node.touched == mark {
                return;
            }
            node.touched = mark;
            at = node.parent;
        }
    }

    /// Returns whether this layer put something at the node or below it.
    pub(in crate::source) fn is_touched(&self, node: u32, layer: u16) -> bool {
        self.get(node).is_some_and(|node| node.touched == layer.saturating_add(1))
    }

    /// Notes that the lower layers' names below a node are gone; `false` when that was noted
    /// before in this layer, which can add nothing but its own since.
    pub(in crate::source) fn mark_purged(&mut self, node: u32, layer: u16) -> bool {
        let mark = layer.saturating_add(1);
        match self.nodes.get_mut(node as usize) {
            Some(node) => std::mem::replace(&mut node.purged, mark) != mark,
            None => false,
        }
    }

    /// Returns the names of the tree, each directory before what is in it.
    pub(in crate::source) fn reachable(&self) -> Vec<u32> {
        let mut order = vec![ROOT];
        let mut at = 0usize;
        while let Some(&node) = order.get(at) {
            order.extend(self.children(node));
            at = at.saturating_add(1);
        }
        order
    }

    /// Builds the path of a node.
    pub(in crate::source) fn path(&self, node: u32) -> TreePath {
        let mut names: Vec<&[u8]> = Vec::new();
        let mut at = node;
        while at != ROOT {
            names.push(self.name(at));
            at = self.parent(at);
        }
        names.reverse();
        TreePath::from_joined(names.join(&b'/'))
    }

    /// Finds the node at exactly this path.
    pub(in crate::source) fn find(&self, path: &TreePath) -> Option<u32> {
        path.components().try_fold(ROOT, |node, name| self.child(node, name))
    }
}

impl Node {
    fn new(name_at: u32, name_length: u16, parent: u32) -> Self {
        Self {
            name_at,
            parent,
            object: NONE,
            first: NONE,
            next: NONE,
            previous: NONE,
            same: NONE,
            name_length,
            touched: 0,
            purged: 0,
            directory: true,
            lost: false,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::{Nodes, ROOT};

    /// A map of maps does what the arena must do, over a fixed pseudo-random run of changes.
    #[test]
    fn adding_and_removing_is_what_a_map_does() {
        let mut nodes = Nodes::new();
        let mut map: BTreeMap<(u32, Vec<u8>), u32> = BTreeMap::new();
        let mut directories = vec![ROOT];
        let mut state = 1u32;
        let mut random = |below: usize| {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (state >> 8) as usize % below
        };
        for _ in 0..20_000 {
            let parent = *directories.get(random(directories.len())).expect("below the length");
            let name = [b'a' + u8::try_from(random(20)).expect("small")].to_vec();
            let key = (parent, name.clone());
            assert_eq!(nodes.child(parent, &name), map.get(&key).copied());
            match map.get(&key) {
                Some(&node) if random(2) == 0 => {
                    nodes.remove(node);
                    map.remove(&key);
                }
                Some(_) => {}
                None => {
                    let node = nodes.add(parent, &name).expect("there is room");
                    map.insert(key, node);
                    if directories.len() < 50 {
                        directories.push(node);
                    }
                }
            }
        }
        for &parent in &directories {
            let mut listed: Vec<u32> = nodes.children(parent).collect();
            listed.sort_unstable();
            let mut expected: Vec<u32> =
                map.iter().filter(|(key, _)| key.0 == parent).map(|(_, node)| *node).collect();
            expected.sort_unstable();
            assert_eq!(listed, expected);
        }
    }
}
