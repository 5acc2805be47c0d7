//! Where the files of an image lie: below a directory, or in an archive that is not extracted.
//!
//! Names come from digests and from `manifest.json`, so they are the image's author's. Each part of
//! a name is looked up by itself, no link of a directory is followed, and what is no regular file
//! is never opened.

#![warn(clippy::indexing_slicing, clippy::arithmetic_side_effects)]

use std::collections::BTreeMap;
use std::io::{self, Read};
use std::ops::ControlFlow;
use std::path::Path;
use std::sync::Arc;

use crate::bounds::escape::escaped;
use crate::model::{BlobDigest, FileType};
use crate::source::errno_name;
use crate::source::host::{HostVolume, Resolution};
use crate::source::layers::Blob;
use crate::source::manners::{Manners, PageCache};
use crate::source::rate::Rate;
use crate::source::stored::{Range, State, StoredFile};
use crate::source::tar::members::{Stored, members};
use crate::source::volume::{Errno, Volume as _};

/// The most names in an archive that is an image; one of 1,000 layers has some 5,000.
const MAX_MEMBERS: usize = 100_000;

/// The most links on the way to one file; the archives of `docker save` have one.
const MAX_LINKS: usize = 8;

/// The files of an image.
pub(super) enum Store {
    /// Below a directory of this machine.
    Directory(Arc<HostVolume>),
    /// In an archive.
    Archive(Members),
}

/// What stands in an archive, by name.
pub(super) struct Members {
    file: Arc<StoredFile>,
    names: BTreeMap<Vec<u8>, Stored>,
}

impl Store {
    /// Opens a directory.
    pub(super) fn directory(path: &Path, rate: Option<&Arc<Rate>>) -> Result<Self, String> {
        let volume = HostVolume::open(path, Resolution::Automatic)
            .map_err(|errno| format!("the directory cannot be opened ({})", errno_name(errno)))?;
        let page_cache = PageCache::Keep;
        let manners = Manners { rate: rate.cloned(), page_cache, ..Manners::default() };
        Ok(Self::Directory(Arc::new(volume.with_manners(manners))))
    }

    /// Returns whether a regular file has this name.
    pub(super) fn has(&self, name: &str) -> bool {
        match self {
            Self::Directory(volume) => volume
                .root()
                .and_then(|root| volume.stat(&root, name.as_bytes()))
                .is_ok_and(|stat| stat.file_type == FileType::File),
            Self::Archive(members) => {
                matches!(members.names.get(name.as_bytes()), Some(Stored::File(..)))
            }
        }
    }

    /// Returns the stored bytes that a digest names; nothing is verified yet.
    pub(super) fn blob(&self, digest: &BlobDigest) -> Result<Range, String> {
        self.file(&blob_name(digest))
    }

    /// Returns the stored bytes of a layer, and how many they are. Of a directory no file stays open:
    /// there may be more layers than a process may have descriptors.
    pub(super) fn layer(&self, name: &str) -> Result<(Arc<dyn Blob>, u64), String> {
        let range = self.file(name)?;
        let length = range.length();
        match self {
            Self::Archive(_) => Ok((Arc::new(range), length)),
            Self::Directory(volume) => {
                let (volume, name) = (Arc::clone(volume), name.to_owned());
                Ok((Arc::new(Reopened { volume, name, seen: range.state() }), length))
            }
        }
    }

    /// Returns the file with a name of plain parts.
    pub(super) fn file(&self, name: &str) -> Result<Range, String> {
        let shown = escaped(name.as_bytes());
        if !is_plain(name.as_bytes()) {
            return Err(format!("\"{shown}\" is no name of a file inside the image"));
        }
        let found = match self {
            Self::Directory(volume) => below(volume, name).map(Range::whole),
            Self::Archive(members) => members.find(name.as_bytes()),
        };
        found.map_err(|reason| format!("the file \"{shown}\" cannot be read: {reason}"))
    }
}

/// Returns under which name the bytes of a digest lie (OCI image layout specification, "Blobs").
pub(super) fn blob_name(digest: &BlobDigest) -> String {
    format!("blobs/{}/{}", digest.algorithm(), digest.hex())
}

/// A file of a directory that is opened for every reading, and must each time be the same.
struct Reopened {
    volume: Arc<HostVolume>,
    name: String,
    seen: State,
}

impl Reopened {
    fn again(&self) -> Result<StoredFile, String> {
        let file = below(&self.volume, &self.name)?;
        if file.state() == self.seen {
            return Ok(file);
        }
        Err("the file was changed while the image was read; try again".to_owned())
    }
}

impl Blob for Reopened {
    fn open(&self) -> io::Result<Box<dyn Read + Send + '_>> {
        let file = self.again().map_err(io::Error::other)?;
        Ok(Box::new(file.into_reading()))
    }

    fn unchanged(&self) -> Result<(), String> {
        self.again().map(drop)
    }
}

impl Members {
    /// Reads the names of an archive that is not compressed; `None` as soon as one of them is not
    /// `expected` at the top of an image.
    pub(super) fn read(
        file: StoredFile,
        expected: fn(&[u8]) -> bool,
    ) -> Result<Option<Self>, String> {
        let mut names = BTreeMap::new();
        let mut foreign = false;
        let mut wrong = None;
        members(&file, &mut |name, stored| {
            foreign = !expected(top(&name));
            wrong = stored.and_then(|stored| insert(&mut names, &name, stored)).err();
            match foreign || wrong.is_some() {
                true => ControlFlow::Break(()),
                false => ControlFlow::Continue(()),
            }
        })?;
        file.unchanged()?;
        match wrong {
            _ if foreign => return Ok(None),
            Some(reason) => return Err(reason),
            None => {}
        }
        for name in names.keys() {
            let parents = positions(name).filter_map(|slash| name.get(..slash));
            let is_file =
                |parent: &[u8]| !matches!(names.get(parent), None | Some(Stored::Directory));
            if parents.into_iter().any(is_file) {
                let shown = escaped(name);
                return Err(format!("the entry \"{shown}\" stands below what is no directory"));
            }
        }
        Ok(Some(Self { file: Arc::new(file), names }))
    }

    fn find(&self, name: &[u8]) -> Result<Range, String> {
        let mut name = name.to_vec();
        for _ in 0..=MAX_LINKS {
            match self.names.get(&name) {
                Some(Stored::File(offset, length)) => {
                    return Ok(Range::new(&self.file, *offset, *length));
                }
                Some(Stored::Symlink(target)) => {
                    name = followed(&name, target)
                        .ok_or("a link on the way to it leads out of the archive")?;
                }
                Some(Stored::Directory) => return Err("it is a directory".to_owned()),
                None => return Err("it is not in the archive".to_owned()),
            }
        }
        Err("more than 8 links stand on the way to it".to_owned())
    }
}

/// Returns the first part of a name, without a `./` before it.
pub(super) fn top(name: &[u8]) -> &[u8] {
    let name = name.strip_prefix(b"./").unwrap_or(name);
    name.split(|&byte| byte == b'/').next().unwrap_or_default()
}

fn insert(
    names: &mut BTreeMap<Vec<u8>, Stored>,
    written: &[u8],
    stored: Stored,
) -> Result<(), String> {
    let shown = escaped(written);
    let name = written.strip_prefix(b"./").unwrap_or(written);
    let is_directory = stored == Stored::Directory;
    let name = if is_directory { name.strip_suffix(b"/").unwrap_or(name) } else { name };
    if is_directory && (name.is_empty() || name == b".") {
        return Ok(());
    }
    if !is_plain(name) {
        return Err(format!("the entry \"{shown}\" has a name that leads elsewhere"));
    }
    if names.len() >= MAX_MEMBERS {
        return Err(format!("the archive has more than {MAX_MEMBERS} entries"));
    }
    match names.insert(name.to_vec(), stored) {
        Some(before) if !(is_directory && before == Stored::Directory) => Err(format!(
            "the entry \"{shown}\" occurs twice, and readers differ in which one counts"
        )),
        _ => Ok(()),
    }
}

/// Whether a name consists of parts that are names.
fn is_plain(name: &[u8]) -> bool {
    name.len() <= 4096
        && !name.contains(&0)
        && name.split(|&byte| byte == b'/').all(|part| !matches!(part, b"" | b"." | b".."))
}

fn positions(name: &[u8]) -> impl Iterator<Item = usize> {
    name.iter().enumerate().filter(|(_, byte)| **byte == b'/').map(|(at, _)| at)
}

/// Returns where a link leads, from the directory it stands in; `None` for a place outside.
fn followed(link: &[u8], target: &[u8]) -> Option<Vec<u8>> {
    if target.first() == Some(&b'/') {
        return None;
    }
    let mut parts: Vec<&[u8]> = link.split(|&byte| byte == b'/').collect();
    parts.pop();
    for part in target.split(|&byte| byte == b'/') {
        match part {
            b"" | b"." => {}
            b".." => drop(parts.pop()?),
            name => parts.push(name),
        }
    }
    Some(parts.join(&b'/'))
}

fn below(volume: &HostVolume, name: &str) -> Result<StoredFile, String> {
    let failed = |errno: Errno| match errno {
        Errno::NOENT => "it is not there".to_owned(),
        Errno::LOOP | Errno::XDEV => "a link stands on the way to it".to_owned(),
        Errno::NOTDIR => "what stands on the way to it is no directory".to_owned(),
        other => format!("{} ({other})", errno_name(other)),
    };
    let root = volume.root().map_err(failed)?;
    let (directory, last) = match name.rsplit_once('/') {
        None => (root, name),
        Some((parent, last)) => {
            (volume.open_directory(&root, parent.as_bytes()).map_err(failed)?, last)
        }
    };
    let stat = volume.stat(&directory, last.as_bytes()).map_err(failed)?;
    if stat.file_type != FileType::File {
        return Err("it is no regular file".to_owned());
    }
    let file = volume.descriptor(&directory, last.as_bytes(), &stat).map_err(failed)?;
    let rate = volume.manners().rate.clone();
    StoredFile::new(file).map(|file| file.at_rate(rate))
}

#[cfg(test)]
mod tests {
    use super::{followed, is_plain};

    #[test]
    fn names_and_links_stay_inside() {
        for name in ["", ".", "..", "/a", "a/", "a//b", "a/../b", "a/./b", "a\0b"] {
            assert!(!is_plain(name.as_bytes()), "{name:?}");
        }
        assert!(is_plain(b"a/b/..c"));
        let lead = |link: &str, target: &str| followed(link.as_bytes(), target.as_bytes());
        assert_eq!(lead("a/layer.tar", "../b/layer.tar").as_deref(), Some(&b"b/layer.tar"[..]));
        assert_eq!(lead("a/layer.tar", "../../etc/passwd"), None);
        assert_eq!(lead("a", "/etc/passwd"), None);
        assert_eq!(lead("a", "./b").as_deref(), Some(&b"b"[..]));
    }
}
