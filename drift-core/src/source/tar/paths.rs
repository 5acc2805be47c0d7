//! Paths in the index: where a member belongs, how it gets there, how it is found again.

#![warn(clippy::indexing_slicing, clippy::arithmetic_side_effects)]

use crate::model::{FileType, Stage, TreePath};

use super::index::Index;
use super::nodes::ROOT;
use super::reader::Fault;

/// The longest path of a member.
const MAX_PATH: usize = 1 << 16;

/// The most directories that archives may name only on the way to others: each costs them two
/// bytes and us a hundred.
const MAX_IMPLIED: usize = 1 << 16;

/// Where a member belongs.
pub(in crate::source) enum Place {
    /// This path, now or not yet in the tree.
    At(TreePath),
    /// Nowhere; why not.
    Nowhere(&'static str),
}

/// Reads the name of a member: relative to the root, whether it starts with a slash or not.
pub(in crate::source) fn place(name: &[u8]) -> Place {
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
    /// Puts an object at a path, never through a link.
    pub(super) fn insert(&mut self, path: &TreePath, object: u32) -> Result<(), Fault> {
        let mut parent = ROOT;
        let mut names = path.components().peekable();
        while let Some(name) = names.next() {
            if !self.nodes.is_directory(parent) {
                let reason = "the entry is left out: it lies below something that is no directory";
                self.problem(path.clone(), Stage::Parse, reason.to_owned());
                return Ok(());
            }
            let last = names.peek().is_none();
            match self.nodes.child(parent, name) {
                Some(at) if last => self.replace(path, at, object)?,
                Some(at) => parent = at,
                None if last => {
                    let node = self.add(parent, name)?;
                    self.lead(node, object);
                }
                None => parent = self.imply(parent, name)?,
            }
        }
        if path.is_root() {
            self.replace(path, ROOT, object)?;
        }
        Ok(())
    }

    /// Lets a name that there is lead to another object; a directory keeps its names when a
    /// directory follows it.
    fn replace(&mut self, path: &TreePath, at: u32, object: u32) -> Result<(), Fault> {
        let directory = self.type_of(object) == FileType::Directory;
        let had_names = self.nodes.children(at).next().is_some();
        let reason = if at == ROOT && !directory {
            Some("the entry is left out: the root is no directory in it")
        } else if had_names && !directory {
            Some("a later entry of another type takes the place of a directory and all in it")
        } else if self.nodes.object(at).is_some() {
            Some("the archive has several entries for this path; the last one counts")
        } else {
            None
        };
        if let Some(reason) = reason {
            self.problem(path.clone(), Stage::Parse, reason.to_owned());
        }
        if at != ROOT || directory {
            self.exchange(at, object)?;
        }
        Ok(())
    }

    /// Lets a name lead to another object, and returns its node, which is a new one where a
    /// directory gives way with all that is in it.
    pub(in crate::source) fn exchange(&mut self, at: u32, object: u32) -> Result<u32, Fault> {
        let directory = self.type_of(object) == FileType::Directory;
        let mut node = at;
        if self.nodes.is_directory(at) && !directory {
            let (parent, name) = (self.nodes.parent(at), self.nodes.name(at).to_vec());
            self.nodes.remove(at);
            node = self.add(parent, &name)?;
        }
        self.lead(node, object);
        Ok(node)
    }

    pub(in crate::source) fn lead(&mut self, node: u32, object: u32) {
        self.nodes.lead(node, object, self.type_of(object) == FileType::Directory);
    }

    /// Adds a name to a directory that lacks it.
    pub(in crate::source) fn add(&mut self, parent: u32, name: &[u8]) -> Result<u32, Fault> {
        self.nodes
            .add(parent, name)
            .ok_or_else(|| Fault::Malformed("it holds names of more than 4 GiB".to_owned()))
    }

    /// Adds a directory that has no entry of its own.
    pub(in crate::source) fn imply(&mut self, parent: u32, name: &[u8]) -> Result<u32, Fault> {
        self.implied = self.implied.saturating_add(1);
        if self.implied > MAX_IMPLIED {
            return Err(Fault::Malformed(format!(
                "it names more than {MAX_IMPLIED} directories that have no entry"
            )));
        }
        self.add(parent, name)
    }

    /// Finds the object that a hard link names; `Ok(None)` for a link to itself, which is reported.
    pub(super) fn linked(&mut self, path: &TreePath, target: &[u8]) -> Result<Option<u32>, String> {
        let target = match place(target) {
            Place::At(target) => target,
            Place::Nowhere(why) => return Err(format!("it is a hard link whose target {why}")),
        };
        if target == *path {
            let reason = "a hard link to itself is left out".to_owned();
            self.problem(path.clone(), Stage::Parse, reason);
            return Ok(None);
        }
        let node = self.nodes.find(&target);
        match node {
            Some(node) if self.nodes.is_directory(node) => {
                Err("it is a hard link to a directory".to_owned())
            }
            Some(node) => Ok(self.nodes.object(node)),
            None => Err("it is a hard link to a name that no earlier entry has".to_owned()),
        }
    }

    /// Finds what a path leads to, following links inside the root, at most 40 as the kernel.
    pub(in crate::source) fn resolve(&self, path: &[u8]) -> Option<u32> {
        let mut todo = names_reversed(path);
        let (mut at, mut links) = (ROOT, 0u32);
        while let Some(name) = todo.pop() {
            if name == b".." {
                at = self.nodes.parent(at);
                continue;
            }
            let child = self.nodes.child(at, &name)?;
            match self.object_at(child).and_then(|object| object.link()) {
                Some(target) => {
                    links = links.saturating_add(1);
                    if links > 40 {
                        return None;
                    }
                    if target.starts_with(b"/") {
                        at = ROOT;
                    }
                    todo.extend(names_reversed(target));
                }
                None => at = child,
            }
        }
        Some(at)
    }
}

/// Returns the names of a path, the last one first, without those that mean nothing.
pub(in crate::source) fn names_reversed(path: &[u8]) -> Vec<Vec<u8>> {
    let names = path.split(|&byte| byte == b'/').rev();
    names.filter(|name| !matches!(*name, b"" | b".")).map(<[u8]>::to_vec).collect()
}
