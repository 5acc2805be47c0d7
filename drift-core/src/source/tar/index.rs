//! Everything an archive holds, in memory: the tree that extracting it into an empty directory
//! would give, without writing anything.
//!
//! Names lead to objects; hard links are several names of one object. A later member of a name
//! takes the place of an earlier one. Nothing is ever placed through a link.

#![warn(clippy::indexing_slicing, clippy::arithmetic_side_effects)]

use std::collections::{BTreeMap, HashMap};

use crate::bounds::escape::escaped;
use crate::bounds::{Cancel, Event, Observer};
use crate::model::{
    AttributeSet, Device, Digest, FileType, Observed, Problem, Stage, Time, TreePath, Xattrs,
};

use super::acl::Names;
use super::labels::Labels;
use super::member::{Kind, Layout, Member};
use super::paths::{Place, place};
use super::reader::{End, Fault, Next, Reader};

/// Files of so many bytes are kept where probes look.
const MAX_KEPT: u64 = 4096;

/// As [`MAX_KEPT`], of passwd(5) and group(5), which access control lists need.
const MAX_ACCOUNTS: u64 = 1 << 20;

/// All that is kept together.
const MAX_KEPT_TOTAL: u64 = 16 << 20;

/// The most members: an archive of zeros could otherwise hold half a billion.
const MAX_MEMBERS: u64 = 10_000_000;

/// A name in the tree; number 0 is the root.
#[derive(Debug)]
pub(super) struct Node {
    pub(super) name: Box<[u8]>,
    pub(super) parent: u32,
    /// What it leads to; `None` of a directory that is named only on the way to others.
    pub(super) object: Option<u32>,
    /// Names in a directory; `None` of anything else.
    pub(super) children: Option<BTreeMap<Box<[u8]>, u32>>,
}

/// What one member holds.
#[derive(Debug)]
pub(super) struct Object {
    /// The number of the member, from 0.
    pub(super) member: u64,
    /// `Unknown` where the member cannot be read with certainty.
    pub(super) file_type: FileType,
    pub(super) mode: u16,
    pub(super) uid: u32,
    pub(super) gid: u32,
    pub(super) size: u64,
    pub(super) mtime: Time,
    pub(super) device: Option<Device>,
    pub(super) link: Box<[u8]>,
    pub(super) xattrs: Observed<Xattrs>,
    /// Of files whose content was read.
    pub(super) digest: Option<Digest>,
    /// Why the content of a file was not read; whoever asks for it is told.
    pub(super) unread: Option<String>,
    /// Names that lead here in the end.
    pub(super) names: u32,
}

/// The whole archive.
#[derive(Debug)]
pub(super) struct Index {
    pub(super) nodes: Vec<Node>,
    pub(super) objects: Vec<Object>,
    pub(super) problems: Vec<Problem>,
    /// Which optional attributes have a record anywhere.
    pub(super) seen: AttributeSet,
    /// Whether a time with a fraction occurs.
    pub(super) fine_times: bool,
    /// Whether the archive ends as it should, so that what is not in it does not exist.
    pub(super) whole: bool,
    kept: HashMap<u32, Vec<u8>>,
    kept_total: u64,
    /// Labels by object until the archive's users are known.
    pub(super) labels: Vec<(u32, u32, Labels)>,
    pub(super) implied: usize,
}

impl Object {
    fn of(member: &Member, number: u64, file_type: FileType) -> Self {
        let link = if file_type == FileType::Symlink { member.link.as_slice() } else { &[] };
        Self {
            file_type,
            mode: member.mode,
            uid: member.uid,
            gid: member.gid,
            size: if file_type == FileType::File { member.size } else { 0 },
            mtime: member.mtime,
            device: member.device,
            link: link.into(),
            xattrs: Observed::Is(Xattrs::default()),
            ..Self::unknown(number)
        }
    }

    fn unknown(member: u64) -> Self {
        Self {
            member,
            file_type: FileType::Unknown,
            mode: 0,
            uid: 0,
            gid: 0,
            size: 0,
            mtime: Time::default(),
            device: None,
            link: Box::default(),
            xattrs: Observed::Unobserved,
            digest: None,
            unread: None,
            names: 0,
        }
    }
}

impl Index {
    /// Reads the whole archive once.
    pub(super) fn build(
        reader: &mut Reader<'_>,
        cancel: Option<&Cancel>,
        observer: &dyn Observer,
    ) -> Result<Self, Fault> {
        let mut index = Self::empty();
        let (mut member_number, mut bytes) = (0u64, 0u64);
        let end = loop {
            if cancel.is_some_and(Cancel::is_cancelled) {
                return Err(Fault::Cancelled);
            }
            let member = match reader.next()? {
                Next::Member(member) => member,
                Next::End(end) => break end,
            };
            bytes = bytes.saturating_add(member.size);
            index.member(reader, member, member_number, cancel)?;
            member_number = member_number.saturating_add(1);
            if member_number > MAX_MEMBERS {
                let reason = format!("the archive holds more than {MAX_MEMBERS} entries");
                return Err(Fault::Malformed(reason));
            }
            if member_number.trailing_zeros() >= 10 {
                observer.event(Event::Read { files: member_number, bytes });
            }
        };
        index.finish(end);
        Ok(index)
    }

    fn empty() -> Self {
        let root =
            Node { name: Box::default(), parent: 0, object: None, children: Some(BTreeMap::new()) };
        Self {
            nodes: vec![root],
            objects: Vec::new(),
            problems: Vec::new(),
            seen: AttributeSet::EMPTY,
            fine_times: false,
            whole: true,
            kept: HashMap::new(),
            kept_total: 0,
            labels: Vec::new(),
            implied: 0,
        }
    }

    fn member(
        &mut self,
        reader: &mut Reader<'_>,
        member: Member,
        number: u64,
        cancel: Option<&Cancel>,
    ) -> Result<(), Fault> {
        let path = match place(&member.name) {
            Place::At(path) => path,
            Place::Nowhere(why) => {
                let reason = format!(
                    "the entry \"{}\" at offset {} is left out: {why}",
                    shown(&member.name),
                    member.offset
                );
                self.problem(TreePath::root(), Stage::Parse, reason);
                return Ok(());
            }
        };
        for oddity in &member.oddities {
            self.problem(path.clone(), Stage::Parse, (*oddity).to_owned());
        }
        let object = match member.kind {
            Kind::HardLink => match self.linked(&path, &member.link) {
                Ok(Some(object)) => object,
                Ok(None) => return Ok(()),
                Err(why) => {
                    self.problem(path.clone(), Stage::Parse, why);
                    self.unknown(number)
                }
            },
            Kind::Object(_) | Kind::Foreign => {
                self.object(reader, &path, &member, number, cancel)?
            }
        };
        self.insert(&path, object)
    }

    /// Finds the object that a hard link names; `Ok(None)` for a link to itself, which is reported.
    fn linked(&mut self, path: &TreePath, target: &[u8]) -> Result<Option<u32>, String> {
        let target = match place(target) {
            Place::At(target) => target,
            Place::Nowhere(why) => return Err(format!("it is a hard link whose target {why}")),
        };
        if target == *path {
            let reason = "a hard link to itself is left out".to_owned();
            self.problem(path.clone(), Stage::Parse, reason);
            return Ok(None);
        }
        let node = self.find(&target).and_then(|node| self.nodes.get(node as usize));
        match node {
            Some(Node { object: Some(object), children: None, .. }) => Ok(Some(*object)),
            Some(_) => Err("it is a hard link to a directory".to_owned()),
            None => Err("it is a hard link to a name that no earlier entry has".to_owned()),
        }
    }

    fn object(
        &mut self,
        reader: &mut Reader<'_>,
        path: &TreePath,
        member: &Member,
        number: u64,
        cancel: Option<&Cancel>,
    ) -> Result<u32, Fault> {
        let file_type = match (member.kind, member.unknown) {
            (Kind::Object(file_type), None) => file_type,
            (_, why) => {
                let reason = why.unwrap_or("its type is not read").to_owned();
                self.problem(path.clone(), Stage::Stat, reason);
                return Ok(self.unknown(number));
            }
        };
        if file_type == FileType::Symlink && (member.link.is_empty() || member.link.contains(&0)) {
            let reason = "it is a symbolic link to nothing, or with a NUL byte".to_owned();
            self.problem(path.clone(), Stage::Readlink, reason);
            return Ok(self.unknown(number));
        }
        self.fine_times |= member.records.get(b"mtime").is_some() && member.mtime.nanoseconds != 0;
        let object = self.push(Object::of(member, number, file_type));
        let labels = Labels::read(&member.records);
        self.seen = self.seen.with(labels.seen);
        if !labels.is_empty() {
            // The node is known only after the insertion; `insert` fills it in.
            self.labels.push((object, u32::MAX, labels));
        }
        if file_type == FileType::File {
            let keep = kept_size(path);
            self.content(reader, member, keep, object, cancel)?;
        }
        Ok(object)
    }

    fn content(
        &mut self,
        reader: &mut Reader<'_>,
        member: &Member,
        keep: u64,
        object: u32,
        cancel: Option<&Cancel>,
    ) -> Result<(), Fault> {
        if let Layout::Unread(why) = &member.layout {
            if let Some(object) = self.objects.get_mut(object as usize) {
                object.unread = Some(why.clone());
            }
            return Ok(());
        }
        let mut digest = drift_lanes::Sha256::new();
        let total = self.kept_total.saturating_add(member.size);
        let keep = member.size <= keep && total <= MAX_KEPT_TOTAL;
        let mut kept = keep.then(Vec::new);
        reader.content(member.map(), &mut |piece| {
            digest.update(piece);
            if let Some(kept) = &mut kept {
                kept.extend_from_slice(piece);
            }
            match cancel {
                Some(cancel) if cancel.is_cancelled() => Err(Fault::Cancelled),
                _ => Ok(()),
            }
        })?;
        if let Some(object) = self.objects.get_mut(object as usize) {
            object.digest = Some(Digest::sha256(digest.finish()));
        }
        if let Some(kept) = kept {
            self.kept.insert(object, kept);
            self.kept_total = total;
        }
        Ok(())
    }

    fn push(&mut self, object: Object) -> u32 {
        let number = u32::try_from(self.objects.len()).unwrap_or(u32::MAX);
        self.objects.push(object);
        number
    }

    fn unknown(&mut self, member: u64) -> u32 {
        self.push(Object::unknown(member))
    }

    pub(super) fn type_of(&self, object: u32) -> FileType {
        self.objects.get(object as usize).map_or(FileType::Unknown, |object| object.file_type)
    }

    fn finish(&mut self, end: End) {
        let reason = match end {
            End::Marked => None,
            End::Unmarked => {
                self.whole = false;
                Some(
                    "the archive has no end mark, so that entries may be missing; write it anew"
                        .to_owned(),
                )
            }
            End::Followed(offset) => Some(format!(
                "data follows the end mark of the archive at offset {offset}; it is not read, \
                 other tools may"
            )),
        };
        if let Some(reason) = reason {
            self.problem(TreePath::root(), Stage::Parse, reason);
        }
        let accounts = |path: &[u8]| {
            let node = self.resolve(path)?;
            let object = self.nodes.get(node as usize)?.object?;
            self.kept.get(&object)
        };
        let names = Names::new(
            accounts(b"etc/passwd").map_or(&[][..], Vec::as_slice),
            accounts(b"etc/group").map_or(&[][..], Vec::as_slice),
        );
        for (object, node, labels) in std::mem::take(&mut self.labels) {
            let xattrs = labels.resolve(&names);
            if let Err(reason) = &xattrs {
                self.problem(self.path(node), Stage::Xattr, reason.clone());
            }
            if let Some(object) = self.objects.get_mut(object as usize) {
                object.xattrs = xattrs.map_or(Observed::Unobserved, Observed::Is);
            }
        }
        for node in self.reachable() {
            let object = self.nodes.get(node as usize).and_then(|node| node.object);
            if let Some(object) = object.and_then(|object| self.objects.get_mut(object as usize)) {
                object.names = object.names.saturating_add(1);
            }
        }
    }

    /// Returns the bytes of a file that were kept.
    pub(super) fn kept(&self, object: u32) -> Option<&[u8]> {
        self.kept.get(&object).map(Vec::as_slice)
    }

    pub(super) fn problem(&mut self, path: TreePath, stage: Stage, reason: String) {
        self.problems.push(Problem { path, stage, reason, errno: None });
    }
}

/// Returns the size up to which files at this path are kept for probes and accounts.
fn kept_size(path: &TreePath) -> u64 {
    match path.as_bytes() {
        b"etc/passwd" | b"etc/group" => MAX_ACCOUNTS,
        bytes => {
            let below = bytes.strip_prefix(b"etc/").or_else(|| bytes.strip_prefix(b"usr/lib/"));
            if below.is_some_and(|name| !name.contains(&b'/')) { MAX_KEPT } else { 0 }
        }
    }
}

fn shown(name: &[u8]) -> String {
    escaped(name.get(..name.len().min(200)).unwrap_or_default()).to_string()
}
