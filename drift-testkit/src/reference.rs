//! The oracle: walk, digest and compare a directory in the plainest way, one thread, `std::fs`.
//!
//! It shares no code with drift-core. It fails the test on whatever it cannot read, so it serves
//! quiet trees of paths shorter than `PATH_MAX` alone.

#![expect(clippy::disallowed_methods, reason = "the plainest way is std::fs")]
#![expect(clippy::panic, reason = "an oracle that cannot read has no answer")]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::os::unix::ffi::{OsStrExt as _, OsStringExt as _};
use std::os::unix::fs::{FileTypeExt as _, MetadataExt as _};
use std::path::{Path, PathBuf};

use rustix::fs::{IFlags, Mode, OFlags};
use sha2::{Digest as _, Sha256};

/// Attribute names of drift's table, each with its value in one plain text form of this module.
pub type Attributes = BTreeMap<&'static str, Vec<u8>>;

/// Every object by its path inside the root, without a leading slash; the root is the empty path.
pub type Entries = BTreeMap<Vec<u8>, Attributes>;

/// What happened to one path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Difference {
    /// It is only in the second tree.
    Added,
    /// It is only in the first tree.
    Removed,
    /// These attributes differ; a change of type is named alone.
    Changed(BTreeSet<&'static str>),
}

/// Reads everything below `root`.
#[must_use]
#[track_caller]
pub fn walk(root: &Path) -> Entries {
    let mut entries = Entries::new();
    let mut inodes: BTreeMap<(u64, u64), Vec<Vec<u8>>> = BTreeMap::new();
    let mut pending = vec![PathBuf::new()];
    while let Some(path) = pending.pop() {
        let at = if path.as_os_str().is_empty() { root.to_owned() } else { root.join(&path) };
        let found = done(fs::symlink_metadata(&at), &at);
        if found.is_dir() {
            for child in done(fs::read_dir(&at), &at) {
                pending.push(path.join(done(child, &at).file_name()));
            }
        } else if found.nlink() > 1 {
            let names = inodes.entry((found.dev(), found.ino())).or_default();
            names.push(path.as_os_str().as_bytes().to_vec());
        }
        entries.insert(path.into_os_string().into_vec(), attributes(&at, &found));
    }
    for names in inodes.values().filter(|names| names.len() > 1) {
        // A name sorts before what lies below it, and that before any longer name: by component.
        let first =
            names.iter().min_by_key(|name| name.split(|byte| *byte == b'/').collect::<Vec<_>>());
        for (name, first) in names.iter().zip(std::iter::repeat(first)) {
            if let (Some(entry), Some(first)) = (entries.get_mut(name), first) {
                entry.insert("hardlinks", [b"/", first.as_slice()].concat());
            }
        }
    }
    entries
}

/// Compares two walks; equal objects do not appear.
#[must_use]
pub fn compare(before: &Entries, after: &Entries) -> BTreeMap<Vec<u8>, Difference> {
    let paths: BTreeSet<&Vec<u8>> = before.keys().chain(after.keys()).collect();
    let different = paths.into_iter().filter_map(|path| {
        let difference = match (before.get(path), after.get(path)) {
            (None, _) => Difference::Added,
            (_, None) => Difference::Removed,
            (Some(old), Some(new)) if old == new => return None,
            (Some(old), Some(new)) if old.get("type") != new.get("type") => {
                Difference::Changed(BTreeSet::from(["type"]))
            }
            (Some(old), Some(new)) => Difference::Changed(
                old.keys()
                    .chain(new.keys())
                    .filter(|name| old.get(*name) != new.get(*name))
                    .copied()
                    .collect(),
            ),
        };
        Some((path.clone(), difference))
    });
    different.collect()
}

fn attributes(at: &Path, found: &fs::Metadata) -> Attributes {
    let kind = found.file_type();
    let mut all = Attributes::new();
    let mut set = |name, value: String| all.insert(name, value.into_bytes());
    set("uid", found.uid().to_string());
    set("gid", found.gid().to_string());
    set("mtime", format!("{}.{:09}", found.mtime(), found.mtime_nsec()));
    if !kind.is_symlink() {
        set("mode", format!("{:04o}", found.mode() & 0o7777));
    }
    if !kind.is_dir() {
        set("nlink", found.nlink().to_string());
    }
    if kind.is_block_device() || kind.is_char_device() {
        let device = found.rdev();
        set("rdev", format!("{}:{}", rustix::fs::major(device), rustix::fs::minor(device)));
    }
    if kind.is_file() {
        set("size", found.len().to_string());
        let digest = Sha256::digest(done(fs::read(at), at));
        set("digest", digest.iter().map(|byte| format!("{byte:02x}")).collect());
    }
    if kind.is_file() || kind.is_dir() {
        set("flags", flags(at));
    }
    let name = match kind {
        _ if kind.is_file() => "file",
        _ if kind.is_dir() => "directory",
        _ if kind.is_symlink() => "symlink",
        _ if kind.is_fifo() => "fifo",
        _ if kind.is_socket() => "socket",
        _ if kind.is_char_device() => "char",
        _ => "block",
    };
    set("type", name.to_owned());
    set("xattr", xattrs(at));
    if kind.is_symlink() {
        all.insert("link_target", done(fs::read_link(at), at).into_os_string().into_vec());
    }
    all
}

/// Every extended attribute in order of its name, undecoded.
fn xattrs(at: &Path) -> String {
    let mut list = vec![0; 65536];
    let length = done(rustix::fs::llistxattr(at, &mut list), at);
    list.truncate(length);
    let names: BTreeSet<&[u8]> =
        list.split(|byte| *byte == 0).filter(|name| !name.is_empty()).collect();
    let mut text = String::new();
    for name in names {
        let mut value = vec![0; 65536];
        let length = done(rustix::fs::lgetxattr(at, name, &mut value), at);
        value.truncate(length);
        text.push_str(&format!("{}={value:02x?};", name.escape_ascii()));
    }
    text
}

/// The flags immutable and append; a file system without flags has neither.
fn flags(at: &Path) -> String {
    let opened = rustix::fs::open(at, OFlags::RDONLY | OFlags::NOFOLLOW, Mode::empty());
    let flags = rustix::fs::ioctl_getflags(done(opened, at)).unwrap_or(IFlags::empty());
    let mut names = Vec::new();
    for (flag, name) in [(IFlags::IMMUTABLE, "immutable"), (IFlags::APPEND, "append")] {
        if flags.contains(flag) {
            names.push(name);
        }
    }
    names.join(",")
}

#[track_caller]
fn done<T, E: std::fmt::Display>(result: Result<T, E>, at: &Path) -> T {
    match result {
        Ok(value) => value,
        Err(error) => panic!("the reference cannot read {}: {error}", at.display()),
    }
}

#[cfg(test)]
mod tests;
