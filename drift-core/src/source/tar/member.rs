//! One member of an archive with what its headers say together.

#![warn(clippy::indexing_slicing, clippy::arithmetic_side_effects)]

use crate::model::{Device, FileType, Time};

use super::header::Header;
use super::records::{Records, STRUCTURAL, decimal, time};
use super::sparse::{self, Map};

/// What stood before a header and speaks of its member.
#[derive(Debug, Default)]
pub(super) struct Extension {
    pub(super) records: Option<Records>,
    /// GNU `L`.
    pub(super) name: Option<Vec<u8>>,
    /// GNU `K`.
    pub(super) link: Option<Vec<u8>>,
}

impl Extension {
    pub(super) fn is_empty(&self) -> bool {
        self.records.is_none() && self.name.is_none() && self.link.is_none()
    }
}

/// What a member stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::source) enum Kind {
    /// An object of its own.
    Object(FileType),
    /// Another name of an object that came before.
    HardLink,
    /// A type flag that is not read.
    Foreign,
}

/// How the content of a file is stored.
#[derive(Debug, PartialEq, Eq)]
pub(in crate::source) enum Layout {
    /// As it is.
    Dense,
    /// Without its holes.
    Sparse(Map),
    /// With a map before it that has still to be read, and the size with holes.
    MapInData(u64),
    /// In a way that is not read, and why.
    Unread(String),
}

/// One member.
#[derive(Debug)]
pub(in crate::source) struct Member {
    /// Where its header starts in the uncompressed archive.
    pub(super) offset: u64,
    pub(super) name: Vec<u8>,
    pub(super) kind: Kind,
    pub(super) link: Vec<u8>,
    pub(super) mode: u16,
    pub(super) uid: u32,
    pub(super) gid: u32,
    pub(super) mtime: Time,
    pub(super) device: Option<Device>,
    /// Length of a file with its holes.
    pub(super) size: u64,
    pub(super) layout: Layout,
    pub(super) records: Records,
    /// Attributes that cannot be known: why the entry as a whole is not.
    pub(super) unknown: Option<&'static str>,
    /// What is odd but leaves a reading that all tools share.
    pub(super) oddities: Vec<&'static str>,
}

impl Member {
    /// Returns where the stored bytes belong, of a file with holes.
    pub(in crate::source) fn map(&self) -> Option<&Map> {
        match &self.layout {
            Layout::Sparse(map) => Some(map),
            Layout::Dense | Layout::MapInData(_) | Layout::Unread(_) => None,
        }
    }

    /// Takes the map that stood before the data, with the number of bytes that follow it.
    pub(super) fn set_map(&mut self, map: Option<Map>, stored: u64) {
        self.layout = match map {
            None => Layout::Unread("its map of data cannot be read".to_owned()),
            Some(map) => checked(map, stored),
        };
    }
}

/// Puts header and extension together; an error names what makes all that follows uncertain.
pub(super) fn read(
    offset: u64,
    header: &Header<'_>,
    stored: u64,
    extension: Extension,
    old_map: Option<Map>,
) -> Result<Member, &'static str> {
    let records = extension.records.unwrap_or_default();
    let contradictions = records.contradictions();
    if contradictions.iter().any(|key| STRUCTURAL.contains(key) || *key == b"GNU.sparse.name") {
        return Err("an extended header names two sizes, paths or link targets");
    }
    if records.takes_back(STRUCTURAL) {
        return Err(
            "an extended header has an empty size, path or link target, and readers disagree",
        );
    }
    if let Some(what) = header.prefix_fault() {
        return Err(what);
    }
    let mut oddities = Vec::new();
    if !contradictions.is_empty() {
        oddities.push("an extended header repeats a key with another value; the last one counts");
    }
    let real = records.get(b"GNU.sparse.name").or_else(|| records.get(b"path"));
    let name = one(extension.name, real, || header.name())?;
    let link = one(extension.link, records.get(b"linkpath"), || header.link())?;
    let (kind, unknown_kind) = kind(header, &name);
    if stored > 0 && !matches!(kind, Kind::Object(FileType::File) | Kind::Foreign) {
        return Err("an entry that is no file has content, which some readers skip and others not");
    }
    let is_sparse = old_map.is_none() && sparse::is_named(&records);
    if records.get(b"GNU.sparse.name").is_some() && !is_sparse {
        return Err(
            "it has the name of a sparse file and is none, and readers disagree on its name",
        );
    }
    let (layout, size) = layout(&records, old_map, stored);
    let plain = Plain::read(header, &records);
    let device = device(kind, header, &records);
    let unknown = unknown_kind
        .or(plain.is_none().then_some("its owner, mode or time is no number that a system has"))
        .or(device.is_none().then_some("its device number is missing or out of range"));
    let plain = plain.unwrap_or_default();
    Ok(Member {
        offset,
        name,
        kind,
        link,
        mode: plain.mode,
        uid: plain.uid,
        gid: plain.gid,
        mtime: plain.mtime,
        device: device.flatten(),
        size,
        layout,
        records,
        unknown,
        oddities,
    })
}

/// Chooses between GNU's long name, the record and the header; the first two may not differ.
fn one(
    long: Option<Vec<u8>>,
    record: Option<&[u8]>,
    header: impl FnOnce() -> Vec<u8>,
) -> Result<Vec<u8>, &'static str> {
    match (long, record) {
        (Some(long), Some(record)) if long != record => {
            Err("a GNU long name and an extended header give an entry two names")
        }
        (Some(long), _) => Ok(long),
        (None, Some(record)) => Ok(record.to_vec()),
        (None, None) => Ok(header()),
    }
}

fn kind(header: &Header<'_>, name: &[u8]) -> (Kind, Option<&'static str>) {
    let slash = name.last() == Some(&b'/');
    let object = |file_type| (Kind::Object(file_type), None);
    match header.flag() {
        // Before POSIX a directory was a file whose name ends so; in an extended header that is a
        // directory to GNU tar and a file to Python.
        0 if slash && header.name().last() == Some(&b'/') => object(FileType::Directory),
        0 | b'0' | b'7' | b'S' if slash => (
            Kind::Object(FileType::File),
            Some("it is a file by its type and a directory by its name"),
        ),
        0 | b'0' | b'7' | b'S' => object(FileType::File),
        b'1' => (Kind::HardLink, None),
        b'2' => object(FileType::Symlink),
        b'3' => object(FileType::Char),
        b'4' => object(FileType::Block),
        b'5' => object(FileType::Directory),
        b'6' => object(FileType::Fifo),
        _ => (
            Kind::Foreign,
            Some("its type is not one of POSIX or GNU tar that stands for an object"),
        ),
    }
}

fn layout(records: &Records, old_map: Option<Map>, stored: u64) -> (Layout, u64) {
    let mapped = |map: Map| {
        let size = map.size;
        (checked(map, stored), size)
    };
    match (sparse::pax(records), old_map) {
        (sparse::Pax::Dense, None) => (Layout::Dense, stored),
        (sparse::Pax::Dense, Some(map)) | (sparse::Pax::Mapped(map), None) => mapped(map),
        (sparse::Pax::InData(size), None) => (Layout::MapInData(size), size),
        (sparse::Pax::Unknown, _) | (_, Some(_)) => {
            (Layout::Unread("it is sparse in a form that is not read".to_owned()), stored)
        }
    }
}

fn checked(map: Map, stored: u64) -> Layout {
    match map.fault(stored) {
        Some(fault) => Layout::Unread(fault.to_owned()),
        None => Layout::Sparse(map),
    }
}

/// Owner, permissions and time.
#[derive(Default)]
struct Plain {
    mode: u16,
    uid: u32,
    gid: u32,
    mtime: Time,
}

impl Plain {
    /// `None` when one of them is no number, or one that Linux cannot hold.
    fn read(header: &Header<'_>, records: &Records) -> Option<Self> {
        if records.takes_back(&[b"uid", b"gid", b"mtime"]) {
            return None;
        }
        let id = |key: &[u8], field: Option<i64>| match records.get(key) {
            Some(value) => decimal(value).and_then(|id| u32::try_from(id).ok()),
            None => field.and_then(|id| u32::try_from(id).ok()),
        };
        let mtime = match records.get(b"mtime") {
            Some(value) => time(value)?,
            None => Time { seconds: header.mtime()?, nanoseconds: 0 },
        };
        // Old archives keep the type above the permissions.
        let mode = header.mode().filter(|mode| *mode >= 0)?;
        let mode = u16::try_from(mode & 0o7777).ok()?;
        let uid = id(b"uid", header.uid())?;
        Some(Self { mode, uid, gid: id(b"gid", header.gid())?, mtime })
    }
}

/// `Some(None)` for what is no device, `None` for a device without a number.
#[expect(clippy::option_option, reason = "not needed and not known are two things")]
fn device(kind: Kind, header: &Header<'_>, records: &Records) -> Option<Option<Device>> {
    if !matches!(kind, Kind::Object(FileType::Char | FileType::Block)) {
        return Some(None);
    }
    let (major, minor) = header.device()?;
    let number = |key: &[u8], field: i64| match records.get(key) {
        Some(value) => decimal(value).and_then(|number| u32::try_from(number).ok()),
        None => u32::try_from(field).ok(),
    };
    let major = number(b"SCHILY.devmajor", major)?;
    Some(Some(Device { major, minor: number(b"SCHILY.devminor", minor)? }))
}
