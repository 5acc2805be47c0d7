//! One layer after the other on what lies below, as extracting each of them over the last would do.
//!
//! A later member of a name takes its place, in one layer as across layers; every reader agrees on
//! that. Whatever readers of images do not agree on is a problem.

#![warn(clippy::indexing_slicing, clippy::arithmetic_side_effects)]

use crate::bounds::Cancel;
use crate::model::{Device, FileType, LayerId, Stage, TreePath};
use crate::source::tar::index::{Index, followed};
use crate::source::tar::nodes::ROOT;
use crate::source::tar::object::{Body, NO_XATTRS, Object, XATTRS_PENDING, XATTRS_UNKNOWN};
use crate::source::tar::paths::{Place, place};
use crate::source::tar::reader::{End, Fault};
use crate::source::tar::scan::{MAX_MEMBERS, Scan};
use crate::source::tar::steps::{Steps, What};

use super::reach::{Absent, Reach, reach};
use super::removals::Removals;
use super::whiteout::{self, Name};

/// The layers so far.
pub(super) struct Merge {
    index: Index,
    removals: Removals,
    members: usize,
    followed: u64,
}

/// The object that a hard link names, or why there is none.
type Linked = Result<Option<u32>, String>;

/// The layer that is being applied.
struct Current {
    layer: LayerId,
    steps: Steps,
    /// The number of its first object.
    base: u32,
}

impl Merge {
    pub(super) fn new() -> Self {
        Self { index: Index::new(true), removals: Removals::default(), members: 0, followed: 0 }
    }

    /// Returns the merged tree.
    pub(super) fn finish(mut self) -> (Index, Removals) {
        self.index.finish();
        (self.index, self.removals)
    }

    /// Puts a layer on those so far.
    pub(super) fn apply(&mut self, scan: Scan, cancel: &Cancel) -> Result<(), Fault> {
        let (layer, end, globals) = (scan.layer, scan.end, scan.globals);
        let mut scan = scan;
        let foreign = std::mem::take(&mut scan.foreign);
        let (steps, base) = self.index.absorb(scan);
        for (object, why) in foreign {
            self.index.fault(base.saturating_add(object), Stage::Xattr, why.to_owned());
        }
        if globals {
            let what = "a global extended header gives attributes to all entries, which readers of \
                        images leave out and others do not";
            self.problem(&[], layer, what);
        }
        self.members = self.members.saturating_add(steps.len());
        if self.members > MAX_MEMBERS as usize {
            let reason = format!("the layers so far hold more than {MAX_MEMBERS} entries");
            return Err(Fault::Malformed(reason));
        }
        // A missing end mark is no loss: the digest proves that this is all.
        if let End::Followed(offset) = end {
            self.problem(&[], layer, &followed(offset));
        }
        let current = Current { layer, steps, base };
        current.steps.each(|path, what| {
            cancel.check().map_err(|_| Fault::Cancelled)?;
            self.step(path, what, &current)
        })
    }

    fn step(&mut self, path: &[u8], what: What, current: &Current) -> Result<(), Fault> {
        let (above, name) = split(path);
        if whiteout::is_below_one(above) {
            let why = "it lies below a name that only whiteouts have, so that readers disagree";
            self.left_out(path, current.layer, why);
            return Ok(());
        }
        match whiteout::read(name) {
            Name::Refused(why) => self.left_out(path, current.layer, why),
            Name::Plain => return self.member(path, what, current),
            Name::Whiteout(hidden) => {
                self.check_whiteout(path, what, current);
                return self.hide(path, above, Some(hidden), current.layer);
            }
            Name::Opaque => {
                self.check_whiteout(path, what, current);
                return self.hide(path, above, None, current.layer);
            }
        }
        Ok(())
    }

    /// Puts something at a path.
    fn member(&mut self, path: &[u8], what: What, current: &Current) -> Result<(), Fault> {
        let (above, name) = split(path);
        if name.is_empty() {
            return self.root(path, what, current);
        }
        let parent = match reach(&mut self.index, above, Absent::Make, &mut self.followed)? {
            Reach::Directory { node, .. } => node,
            Reach::Refused(why) => {
                self.left_out(path, current.layer, why);
                return Ok(());
            }
            // Nothing is missing where everything is made.
            Reach::Missing => return Ok(()),
        };
        let at = self.index.nodes.child(parent, name);
        let object = match what {
            What::Object(object) => current.base.saturating_add(object),
            What::HardLink(target) => match self.linked(current.steps.target_of(target), at)? {
                Ok(None) => {
                    self.left_out(path, current.layer, "it is a hard link to itself");
                    return Ok(());
                }
                Ok(Some(object)) => {
                    self.check_link(path, object, target, current);
                    object
                }
                Err(why) => {
                    let path = TreePath::from_joined(path.to_vec());
                    self.index.unknown(&path, current.layer, why)
                }
            },
        };
        let node = match at {
            Some(at) => self.over(path, at, object, current.layer)?,
            None => {
                if self.index.nodes.lost_names(parent)
                    && self.index.type_of(object) != FileType::Directory
                {
                    let path = self.index.nodes.path(parent).join(name);
                    self.removals.take_back(&path);
                }
                let node = self.index.add(parent, name)?;
                self.index.lead(node, object);
                node
            }
        };
        self.index.nodes.touch(node, current.layer.0);
        self.check_device(object);
        Ok(())
    }

    fn root(&mut self, path: &[u8], what: What, current: &Current) -> Result<(), Fault> {
        let object = match what {
            What::Object(object) => Some(current.base.saturating_add(object)),
            What::HardLink(_) => None,
        };
        match object.filter(|object| self.index.type_of(*object) == FileType::Directory) {
            Some(object) => {
                self.over(path, ROOT, object, current.layer)?;
                self.index.nodes.touch(ROOT, current.layer.0);
            }
            None => self.left_out(path, current.layer, "the root is no directory in it"),
        }
        Ok(())
    }

    /// Lets a name that there is lead to another object, and returns its node.
    fn over(&mut self, path: &[u8], at: u32, object: u32, layer: LayerId) -> Result<u32, Fault> {
        let directory = self.index.type_of(object) == FileType::Directory;
        if self.index.nodes.is_directory(at) {
            if directory {
                self.repeat(at, object);
            } else {
                let path = TreePath::from_joined(path.to_vec());
                let path = if self.index.nodes.find(&path) == Some(at) {
                    path
                } else {
                    self.index.nodes.path(at)
                };
                self.removals.note(path, layer);
            }
        }
        self.index.exchange(at, object)
    }

    /// Leaves a directory with the layer that gave it its attributes, where this one repeats them.
    /// Its time does not count: it changes with every name in it.
    fn repeat(&mut self, at: u32, object: u32) {
        let Some(before) = self.index.object_at(at) else { return };
        let attributes = |object: &Object| (object.mode, object.uid, object.gid, object.xattrs);
        let (known, origin) = (attributes(before), before.origin);
        if matches!(before.xattrs, XATTRS_PENDING | XATTRS_UNKNOWN) {
            return;
        }
        if let Some(object) = self.index.objects.get_mut(object as usize)
            && attributes(object) == known
        {
            object.origin = origin;
        }
    }

    /// Finds the object that a hard link at `at` names; none of a link to itself.
    fn linked(&mut self, target: &[u8], at: Option<u32>) -> Result<Linked, Fault> {
        let target = match place(target) {
            Place::At(target) => target,
            Place::Nowhere(why) => return Ok(Err(format!("it is a hard link whose target {why}"))),
        };
        let (above, name) = split(target.as_bytes());
        let found = match reach(&mut self.index, above, Absent::Leave, &mut self.followed)? {
            Reach::Directory { node, .. } if name.is_empty() => Some(node),
            Reach::Directory { node, .. } => self.index.nodes.child(node, name),
            Reach::Missing | Reach::Refused(_) => None,
        };
        let nodes = &self.index.nodes;
        let covered =
            |node| at.is_some_and(|at| nodes.is_directory(at) && nodes.is_below(node, at));
        let reason = match found {
            Some(node) if nodes.is_directory(node) => "it is a hard link to a directory",
            Some(node) if Some(node) == at => return Ok(Ok(None)),
            Some(node) if covered(node) => {
                "it is a hard link to something in the directory whose place it takes"
            }
            Some(node) => return Ok(Ok(nodes.object(node))),
            None => "it is a hard link to a name that no earlier entry has",
        };
        Ok(Err(reason.to_owned()))
    }

    /// Removes what lower layers have: one name in a directory, or all.
    fn hide(
        &mut self,
        path: &[u8],
        above: &[u8],
        hidden: Option<&[u8]>,
        layer: LayerId,
    ) -> Result<(), Fault> {
        let directory = match reach(&mut self.index, above, Absent::Leave, &mut self.followed)? {
            Reach::Directory { node, linked } => {
                if linked {
                    let what = "it removes something through a symbolic link";
                    self.problem(path, layer, what);
                }
                node
            }
            Reach::Missing => return Ok(()),
            Reach::Refused(why) => {
                self.left_out(path, layer, why);
                return Ok(());
            }
        };
        match hidden {
            None => self.purge(directory, layer),
            Some(name) => {
                let Some(node) = self.index.nodes.child(directory, name) else { return Ok(()) };
                if !self.index.nodes.is_touched(node, layer.0) {
                    self.remove(node, layer);
                    return Ok(());
                }
                let what = "it removes what an earlier entry of the same layer added; the addition \
                            stays, as the specification says, but readers disagree";
                self.problem(path, layer, what);
                self.purge(node, layer);
            }
        }
        Ok(())
    }

    /// Removes everything in a directory that this layer did not put there.
    fn purge(&mut self, directory: u32, layer: LayerId) {
        let mut waiting = vec![directory];
        while let Some(node) = waiting.pop() {
            if node != directory && !self.index.nodes.is_touched(node, layer.0) {
                self.remove(node, layer);
            } else if self.index.nodes.mark_purged(node, layer.0) {
                waiting.extend(self.index.nodes.children(node));
            }
        }
    }

    fn remove(&mut self, node: u32, layer: LayerId) {
        self.removals.note(self.index.nodes.path(node), layer);
        self.index.nodes.remove(node);
    }

    /// A whiteout is an empty file; readers go by the name alone.
    fn check_whiteout(&mut self, path: &[u8], what: What, current: &Current) {
        let object = match what {
            What::Object(object) => {
                self.index.objects.get(current.base.saturating_add(object) as usize)
            }
            What::HardLink(_) => None,
        };
        if !object.is_some_and(|object| object.file_type == FileType::File && object.size == 0) {
            let what = "it is a whiteout by its name, but no empty file; it removes all the same";
            self.problem(path, current.layer, what);
        }
    }

    /// A hard link has the attributes of what it names; containerd and moby give those of the link's
    /// own header to both, umoci and GNU tar do not.
    fn check_link(&mut self, path: &[u8], object: u32, target: u32, current: &Current) {
        let own = current.steps.own_of(target).map(|own| current.base.saturating_add(own));
        let of = |number: u32| self.index.objects.get(number as usize);
        let (Some(own), Some(named)) = (own.and_then(of), of(object)) else { return };
        let plain = |object: &Object| (object.mode, object.uid, object.gid);
        // GNU tar writes no labels of links, and what is not written is not set.
        let labels = own.xattrs != NO_XATTRS && own.xattrs != named.xattrs;
        // Links to links: the permissions of a symbolic link mean nothing.
        let symlink = named.file_type == FileType::Symlink;
        let other = if symlink {
            (own.uid, own.gid) != (named.uid, named.gid)
        } else {
            plain(own) != plain(named)
        };
        if named.file_type != FileType::Unknown && (other || labels) {
            let what = "it is a hard link with another owner, mode or label than what it names, and \
                        readers disagree which of them both have";
            self.problem(path, current.layer, what);
        }
    }

    fn check_device(&mut self, object: u32) {
        let Some(Object { file_type: FileType::Char, body: Body::Device(device), .. }) =
            self.index.objects.get(object as usize)
        else {
            return;
        };
        if *device == (Device { major: 0, minor: 0 }) {
            let what = "it is a character device 0:0, which overlayfs takes for the removal of its \
                        name, so that whether it is there depends on who mounts the image";
            self.index.fault(object, Stage::Parse, what.to_owned());
        }
    }

    fn left_out(&mut self, path: &[u8], layer: LayerId, why: &str) {
        self.problem(path, layer, &format!("the entry is left out: {why}"));
    }

    fn problem(&mut self, path: &[u8], layer: LayerId, what: &str) {
        let path = TreePath::from_joined(path.to_vec());
        let reason = self.index.of_layer(what.to_owned(), layer);
        self.index.problem(path, Stage::Parse, reason);
    }
}

/// Splits a path into its directory and its last name.
fn split(path: &[u8]) -> (&[u8], &[u8]) {
    match path.iter().rposition(|&byte| byte == b'/') {
        Some(at) => {
            let (above, name) = path.split_at(at);
            (above, name.get(1..).unwrap_or_default())
        }
        None => (&[], path),
    }
}
