//! One pass over an archive: every member read, digested and put into few bytes, nothing placed.
//!
//! What a name means depends on what lies under the archive, so a scan does not know it; scans of
//! several archives can therefore be made at the same time.

#![warn(clippy::indexing_slicing, clippy::arithmetic_side_effects)]

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::bounds::escape::escaped;
use crate::bounds::{Cancel, Event, Observer, make_room};
use crate::model::{AttributeSet, FileType, LayerId, Problem, Stage, TreePath, Xattrs};
use crate::packages;
use crate::source::sums::{Feed, Files};

use super::labels::Labels;
use super::member::{Kind, Layout, Member};
use super::object::{Body, Object, XATTRS_PENDING};
use super::paths::{Place, place};
use super::reader::{End, Fault, Next, Reader};
use super::steps::{Steps, What};

/// Files of so many bytes are kept where probes look.
const MAX_KEPT: u64 = 4096;

/// As [`MAX_KEPT`], of passwd(5) and group(5), which access control lists need.
const MAX_ACCOUNTS: u64 = 1 << 20;

/// As [`MAX_KEPT`], of the files of package databases, which every capture asks for.
const MAX_DATABASE: u64 = 8 << 20;

/// As [`MAX_KEPT`], of the records of languages, which every capture asks for too; and of all of these
/// together, so that there is room for the databases.
const MAX_RECORD: u64 = 1 << 20;
const MAX_RECORDS: u64 = 16 << 20;

/// All that is kept of one archive together.
pub(super) const MAX_KEPT_TOTAL: u64 = 32 << 20;

/// The most members: an archive of zeros could otherwise hold half a billion.
pub(in crate::source) const MAX_MEMBERS: u32 = 10_000_000;

/// The most memory for names, link targets, labels and reasons together. A real root of a million
/// names needs some 30 MB.
const MAX_TEXT: usize = 1 << 30;

/// Who watches a scan, and what all scans of a target have read so far.
#[derive(Clone, Copy)]
pub(in crate::source) struct Watch<'w> {
    pub(in crate::source) cancel: &'w Cancel,
    pub(in crate::source) observer: &'w dyn Observer,
    pub(in crate::source) progress: &'w Progress,
}

/// Files and bytes read so far.
#[derive(Debug, Default)]
pub(in crate::source) struct Progress {
    files: AtomicU64,
    bytes: AtomicU64,
}

/// What one pass over an archive gave.
#[derive(Debug)]
pub(in crate::source) struct Scan {
    pub(super) steps: Steps,
    pub(super) objects: Vec<Object>,
    /// What concerns an object alone, with its number: it matters only where the object does.
    pub(super) faults: Vec<(u32, Stage, String)>,
    /// What concerns members that stand for nothing.
    pub(super) problems: Vec<Problem>,
    /// Access control lists in text, by object, until the users are known.
    pub(super) lists: Vec<(u32, Labels)>,
    /// The table of extended attributes; the first is none at all.
    pub(super) xattrs: Vec<Xattrs>,
    pub(super) kept: HashMap<u32, Vec<u8>>,
    /// Which optional attributes have a record anywhere.
    pub(super) seen: AttributeSet,
    /// Whether a time with a fraction occurs.
    pub(super) fine_times: bool,
    /// Objects with labels that readers of images leave out or take for orders.
    pub(in crate::source) foreign: Vec<(u32, &'static str)>,
    /// Whether records stand for all members.
    pub(in crate::source) globals: bool,
    pub(in crate::source) end: End,
    pub(in crate::source) layer: LayerId,
    xattr_numbers: HashMap<Xattrs, u32>,
    kept_total: u64,
    text: usize,
}

impl Scan {
    /// Reads a whole archive.
    pub(in crate::source) fn read(
        reader: &mut Reader<'_>,
        layer: LayerId,
        watch: Watch<'_>,
        feed: &Feed<'_>,
    ) -> Result<Self, Fault> {
        let mut scan = Self::new(layer);
        let mut number = 0u32;
        loop {
            watch.cancel.check().map_err(|_| Fault::Cancelled)?;
            let member = match reader.next()? {
                Next::Member(member) => member,
                Next::End(end) => {
                    scan.end = end;
                    scan.settle(feed.all_done());
                    return Ok(scan);
                }
            };
            let size = member.size;
            scan.member(reader, &member, number, (watch, feed))?;
            number = number.saturating_add(1);
            scan.globals |= reader.has_globals();
            watch.count(size);
            if number > MAX_MEMBERS {
                let reason = format!("the archive holds more than {MAX_MEMBERS} entries");
                return Err(Fault::Malformed(reason));
            }
            if scan.text.saturating_add(scan.steps.weight()) > MAX_TEXT {
                let reason = "its names, links and labels take more than 1 GiB".to_owned();
                return Err(Fault::Malformed(reason));
            }
        }
    }

    fn new(layer: LayerId) -> Self {
        Self {
            steps: Steps::default(),
            objects: Vec::new(),
            faults: Vec::new(),
            problems: Vec::new(),
            lists: Vec::new(),
            xattrs: vec![Xattrs::default()],
            kept: HashMap::new(),
            seen: AttributeSet::EMPTY,
            fine_times: false,
            foreign: Vec::new(),
            globals: false,
            end: End::Marked,
            layer,
            xattr_numbers: HashMap::from([(Xattrs::default(), 0)]),
            kept_total: 0,
            text: 0,
        }
    }

    /// Returns about how many bytes of memory this takes.
    pub(in crate::source) fn weight(&self) -> usize {
        self.objects
            .len()
            .saturating_mul(size_of::<Object>())
            .saturating_add(self.foreign.len().saturating_mul(size_of::<(u32, &str)>()))
            .saturating_add(self.steps.weight())
            .saturating_add(self.text)
            .saturating_add(usize::try_from(self.kept_total).unwrap_or(usize::MAX))
    }

    fn member(
        &mut self,
        reader: &mut Reader<'_>,
        member: &Member,
        number: u32,
        beside: (Watch<'_>, &Feed<'_>),
    ) -> Result<(), Fault> {
        let path = match place(&member.name) {
            Place::At(path) => path,
            Place::Nowhere(why) => {
                let reason = format!(
                    "the entry \"{}\" at offset {} is left out: {why}",
                    shown(&member.name),
                    member.offset
                );
                self.text = self.text.saturating_add(reason.len());
                let (path, stage) = (TreePath::root(), Stage::Parse);
                self.problems.push(Problem { path, stage, reason, errno: None });
                return Ok(());
            }
        };
        let what = match member.kind {
            Kind::HardLink => {
                for oddity in &member.oddities {
                    let (path, reason) = (path.clone(), (*oddity).to_owned());
                    self.problems.push(Problem { path, stage: Stage::Parse, reason, errno: None });
                }
                self.text = self.text.saturating_add(member.link.len());
                let own = self.push(Object::of(member, number, self.layer, FileType::Unknown));
                self.labels(own, Labels::read(&member.records));
                self.steps.target(&member.link, own)
            }
            Kind::Object(_) | Kind::Foreign => {
                What::Object(self.object(reader, &path, member, number, beside)?)
            }
        };
        self.steps.push(path.as_bytes(), what);
        Ok(())
    }

    fn object(
        &mut self,
        reader: &mut Reader<'_>,
        path: &TreePath,
        member: &Member,
        number: u32,
        beside: (Watch<'_>, &Feed<'_>),
    ) -> Result<u32, Fault> {
        let object = match known_type(member) {
            Ok(file_type) => Object::of(member, number, self.layer, file_type),
            Err(_) => Object::unknown(number, self.layer),
        };
        let file_type = object.file_type;
        self.text = self.text.saturating_add(object.link().map_or(0, <[u8]>::len));
        let object = self.push(object);
        for oddity in &member.oddities {
            self.fault(object, Stage::Parse, (*oddity).to_owned());
        }
        if let Err((stage, why)) = known_type(member) {
            self.fault(object, stage, why.to_owned());
            return Ok(object);
        }
        self.fine_times |= member.records.get(b"mtime").is_some() && member.mtime.nanoseconds != 0;
        self.labels(object, Labels::read(&member.records));
        if file_type == FileType::File {
            self.content(reader, member, Keep::of(path), object, beside)?;
        }
        Ok(object)
    }

    /// Settles the labels of an object now, unless names of users stand in them.
    fn labels(&mut self, object: u32, labels: Labels) {
        self.seen = self.seen.with(labels.seen);
        self.foreign.extend(labels.foreign().map(|why| (object, why)));
        if labels.is_empty() {
            return;
        }
        let xattrs = if labels.needs_names() {
            self.text = self.text.saturating_add(labels.weight());
            self.lists.push((object, labels));
            XATTRS_PENDING
        } else {
            match labels.resolve(&Default::default()) {
                Ok(xattrs) => self.xattrs_number(xattrs),
                Err(reason) => {
                    self.fault(object, Stage::Xattr, reason);
                    super::object::XATTRS_UNKNOWN
                }
            }
        };
        if let Some(object) = self.objects.get_mut(object as usize) {
            object.xattrs = xattrs;
        }
    }

    fn xattrs_number(&mut self, xattrs: Xattrs) -> u32 {
        if let Some(number) = self.xattr_numbers.get(&xattrs) {
            return *number;
        }
        let number = u32::try_from(self.xattrs.len()).unwrap_or(u32::MAX);
        let lengths = xattrs.iter().map(|(name, value)| name.len().saturating_add(value.len()));
        self.text = self.text.saturating_add(lengths.sum());
        self.xattrs.push(xattrs.clone());
        self.xattr_numbers.insert(xattrs, number);
        number
    }

    fn content(
        &mut self,
        reader: &mut Reader<'_>,
        member: &Member,
        keep: Keep,
        object: u32,
        (watch, feed): (Watch<'_>, &Feed<'_>),
    ) -> Result<(), Fault> {
        if let Layout::Unread(why) = &member.layout {
            self.set_body(object, Body::Unread(why.as_str().into()));
            return Ok(());
        }
        let total = self.kept_total.saturating_add(member.size);
        let keep = member.size <= keep.each && total <= keep.all;
        let mut kept = keep.then(Vec::new);
        reader.content(member.map(), &mut |piece| {
            feed.file(piece);
            if let Some(kept) = &mut kept {
                kept.extend_from_slice(piece);
            }
            watch.cancel.check().map_err(|_| Fault::Cancelled)
        })?;
        feed.end(object);
        self.settle(feed.done());
        if let Some(kept) = kept {
            self.kept.insert(object, kept);
            self.kept_total = total;
        }
        Ok(())
    }

    /// Gives files their digests, which come some time after their bytes.
    fn settle(&mut self, files: Files) {
        for (object, digest) in files {
            self.set_body(object, Body::Content(digest));
        }
    }

    fn set_body(&mut self, object: u32, body: Body) {
        if let Some(object) = self.objects.get_mut(object as usize) {
            object.body = body;
        }
    }

    fn fault(&mut self, object: u32, stage: Stage, reason: String) {
        self.text = self.text.saturating_add(reason.len());
        self.faults.push((object, stage, reason));
    }

    fn push(&mut self, object: Object) -> u32 {
        let number = u32::try_from(self.objects.len()).unwrap_or(u32::MAX);
        make_room(&mut self.objects, 1);
        self.objects.push(object);
        number
    }
}

impl Watch<'_> {
    fn count(&self, size: u64) {
        let files = self.progress.files.fetch_add(1, Ordering::Relaxed).saturating_add(1);
        let bytes = self.progress.bytes.fetch_add(size, Ordering::Relaxed).saturating_add(size);
        if files.trailing_zeros() >= 10 {
            self.observer.event(Event::Read { files, bytes });
        }
    }
}

/// Returns the type, or why the object as a whole is not known.
fn known_type(member: &Member) -> Result<FileType, (Stage, &'static str)> {
    let file_type = match (member.kind, member.unknown) {
        (Kind::Object(file_type), None) => file_type,
        (_, why) => return Err((Stage::Stat, why.unwrap_or("its type is not read"))),
    };
    if file_type == FileType::Symlink && (member.link.is_empty() || member.link.contains(&0)) {
        return Err((Stage::Readlink, "it is a symbolic link to nothing, or with a NUL byte"));
    }
    Ok(file_type)
}

/// How much is kept at a path for probes, accounts, package databases and records of languages.
#[derive(Clone, Copy)]
struct Keep {
    /// Of one file.
    each: u64,
    /// Together with what is kept already.
    all: u64,
}

impl Keep {
    fn of(path: &TreePath) -> Self {
        let keep = |each| Self { each, all: MAX_KEPT_TOTAL };
        match path.as_bytes() {
            b"etc/passwd" | b"etc/group" => keep(MAX_ACCOUNTS),
            bytes if packages::wants(bytes) => keep(MAX_DATABASE),
            bytes if packages::is_record(bytes) => Self { each: MAX_RECORD, all: MAX_RECORDS },
            bytes => {
                let below = bytes.strip_prefix(b"etc/").or_else(|| bytes.strip_prefix(b"usr/lib/"));
                let is_near = below.is_some_and(|name| !name.contains(&b'/'));
                keep(if is_near { MAX_KEPT } else { 0 })
            }
        }
    }
}

pub(in crate::source) fn shown(name: &[u8]) -> String {
    escaped(name.get(..name.len().min(200)).unwrap_or_default()).to_string()
}
