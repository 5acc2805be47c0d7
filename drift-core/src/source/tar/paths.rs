//! Paths in the index: where a member belongs, how it gets there, how it is found again.

#![warn(clippy::indexing_slicing, clippy::arithmetic_side_effects)]

use std::collections::BTreeMap;

use crate::model::{FileType, Stage, TreePath};

use super::index::{Index, Node};
use super::reader::Fault;

/// The longest path of a member.
const MAX_PATH: usize = 1 << 16;

/// The most directories that an archive may name only on the way to others: each costs it two
/// bytes and us a hundred.
const MAX_IMPLIED: usize = 1 << 16;

/// Where a member belongs.
pub(super) enum Place {
    /// This path, now or not yet in the tree.
    At(TreePath),
    /// Nowhere; why not.
    Nowhere(&'static str),
}

/// Reads the name of a member: relative to the root, whether it starts with a slash or not.
pub(super) fn place(name: &[u8]) -> Place {
    if name.is_empty() {
        return Place::Nowhere("has no name");
    }
    if name.len() >= MAX_PATH {
        return Place::Nowhere("has a path of 64 KiB or more");
    }
    let names: Vec<&[u8]> =
        name.split(|&byte| byte == b'/').filter(|name| !matches!(*name, b"" | b".")).collect();
    TreePath::parse(&names.join(&b'/'))
        .map_or(Place::Nowhere("has a NUL byte or leads upwards with \"..\""), Place::At)
}

impl Index {
    /// Puts an object at a path.
    pub(super) fn insert(&mut self, path: &TreePath, object: u32) -> Result<(), Fault> {
        let mut node = 0;
        let mut names = path.components().peekable();
        while let Some(name) = names.next() {
            let Some(children) =
                self.nodes.get(node as usize).and_then(|node| node.children.as_ref())
            else {
                let reason = "the entry is left out: it lies below something that is no directory";
                self.problem(path.clone(), Stage::Parse, reason.to_owned());
                return Ok(());
            };
            node = match children.get(name) {
                Some(&child) => child,
                None => self.grow(node, name, names.peek().is_some())?,
            };
        }
        self.put(path, node, object);
        Ok(())
    }

    /// Adds a name to a directory.
    fn grow(&mut self, parent: u32, name: &[u8], implied: bool) -> Result<u32, Fault> {
        self.implied = self.implied.saturating_add(usize::from(implied));
        let number = u32::try_from(self.nodes.len()).ok().filter(|_| self.implied <= MAX_IMPLIED);
        let Some(number) = number else {
            return Err(Fault::Malformed(format!(
                "the archive names more than {MAX_IMPLIED} directories that have no entry"
            )));
        };
        let children = Some(BTreeMap::new());
        self.nodes.push(Node { name: name.into(), parent, object: None, children });
        let directory = self.nodes.get_mut(parent as usize);
        if let Some(children) = directory.and_then(|node| node.children.as_mut()) {
            children.insert(name.into(), number);
        }
        Ok(number)
    }

    /// Lets a node lead to an object; a directory keeps its names when a directory follows it.
    fn put(&mut self, path: &TreePath, at: u32, object: u32) {
        let directory = self.type_of(object) == FileType::Directory;
        let Some(node) = self.nodes.get_mut(at as usize) else { return };
        let had_names = node.children.as_ref().is_some_and(|children| !children.is_empty());
        let reason = if at == 0 && !directory {
            Some("the entry is left out: the root is no directory in it")
        } else if had_names && !directory {
            Some("a later entry of another type takes the place of a directory and all in it")
        } else if node.object.is_some() {
            Some("the archive has several entries for this path; the last one counts")
        } else {
            None
        };
        if at != 0 || directory {
            node.object = Some(object);
            if !directory {
                node.children = None;
            } else if node.children.is_none() {
                node.children = Some(BTreeMap::new());
            }
            if let Some((labelled, place, _)) = self.labels.last_mut()
                && *labelled == object
            {
                *place = at;
            }
        }
        if let Some(reason) = reason {
            self.problem(path.clone(), Stage::Parse, reason.to_owned());
        }
    }

    /// Returns the names of the tree, each directory before what is in it.
    pub(super) fn reachable(&self) -> Vec<u32> {
        let mut order = vec![0];
        let mut at = 0;
        while let Some(node) = order.get(at).and_then(|&node: &u32| self.nodes.get(node as usize)) {
            order.extend(node.children.iter().flat_map(BTreeMap::values));
            at = at.saturating_add(1);
        }
        order
    }

    /// Builds the path of a node.
    pub(super) fn path(&self, node: u32) -> TreePath {
        let mut names: Vec<&[u8]> = Vec::new();
        let mut at = node;
        while at != 0 {
            let Some(node) = self.nodes.get(at as usize) else { break };
            names.push(&node.name);
            at = node.parent;
        }
        names.reverse();
        TreePath::from_joined(names.join(&b'/'))
    }

    /// Finds the node at exactly this path.
    pub(super) fn find(&self, path: &TreePath) -> Option<u32> {
        path.components().try_fold(0, |node, name| {
            self.nodes.get(node as usize)?.children.as_ref()?.get(name).copied()
        })
    }

    /// Finds what a path leads to, following links inside the root, at most 40 as the kernel.
    pub(super) fn resolve(&self, path: &[u8]) -> Option<u32> {
        let names = |path: &[u8]| -> Vec<Vec<u8>> {
            let names = path.split(|&byte| byte == b'/').rev();
            names.filter(|name| !matches!(*name, b"" | b".")).map(<[u8]>::to_vec).collect()
        };
        let mut todo = names(path);
        let (mut at, mut links) = (0u32, 0u32);
        while let Some(name) = todo.pop() {
            let node = self.nodes.get(at as usize)?;
            if name == b".." {
                at = node.parent;
                continue;
            }
            let child = *node.children.as_ref()?.get(&*name)?;
            let object = self.nodes.get(child as usize)?.object;
            let object = object.and_then(|object| self.objects.get(object as usize));
            match object.filter(|object| object.file_type == FileType::Symlink) {
                Some(object) => {
                    links = links.saturating_add(1);
                    if links > 40 {
                        return None;
                    }
                    if object.link.starts_with(b"/") {
                        at = 0;
                    }
                    todo.extend(names(&object.link));
                }
                None => at = child,
            }
        }
        Some(at)
    }
}
