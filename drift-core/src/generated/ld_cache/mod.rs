//! `/etc/ld.so.cache`, by ldconfig(8): which file a program gets for the name of a library. Whoever
//! changes one entry chooses the code of every program, so nothing of it is taken on trust.
//!
//! It is right when writing its entries again gives the same bytes, when every entry leads to a
//! library that a package owns or that was there before, in a directory that ldconfig searches, and
//! when no library of those directories is left out.

mod conf;
mod elf;
mod format;

use std::collections::BTreeSet;

use super::about::About;
use super::{Contents, Derivation, Product};
use crate::bounds::escape::escaped;
use crate::model::{FileType, FollowLast, RowId, TreePath};
use conf::{Configuration, Directory};
use elf::Library;
use format::{Cache, Entry, Unread};

/// The cache of the dynamic loader.
#[derive(Debug)]
pub(super) struct LdCache;

impl Product for LdCache {
    fn made_by(&self) -> &'static str {
        "ldconfig(8)"
    }

    fn is_at(&self, path: &TreePath, _about: &About<'_>) -> bool {
        path.as_bytes() == b"etc/ld.so.cache"
    }

    fn needs(&self, path: &TreePath, about: &About<'_>, contents: &Contents) -> Vec<RowId> {
        let Some(row) = about.tree.find(path) else { return Vec::new() };
        let configuration = conf::read(about, contents, &triplets(about));
        let mut rows = configuration.files.clone();
        rows.push(row);
        if let Some(Ok(cache)) = contents.get(&row).map(|bytes| format::parse(bytes)) {
            let reached = reached(&cache, about);
            rows.extend(candidates(&configuration, about).map(|(_, row)| row));
            rows.retain(|row| !reached.contains(row));
        }
        rows
    }

    fn derive(&self, path: &TreePath, about: &About<'_>, contents: &Contents) -> Derivation {
        if about.tree.find(path).is_none() {
            return Derivation::Wrong("it is gone; the loader searches more slowly".to_owned());
        }
        let Some(bytes) = about.own(path, contents) else {
            return Derivation::Unproven("it could not be read".to_owned());
        };
        let cache = match format::parse(bytes) {
            Ok(cache) => cache,
            Err(Unread::Malformed(what)) => return Derivation::Wrong(what),
            Err(Unread::OtherFormat(what)) => return Derivation::Unproven(what.to_owned()),
        };
        let configuration = conf::read(about, contents, &triplets(about));
        let check = Check { about, configuration: &configuration };
        if let Some(what) = check.entries(&cache) {
            return Derivation::Wrong(what);
        }
        match check.left_out(&cache, contents) {
            Some(Left::Out(what)) => return Derivation::Wrong(what),
            Some(Left::Unread(what)) => return Derivation::Unproven(what),
            None => {}
        }
        let unread = configuration.files.iter().any(|row| !contents.contains_key(row));
        let fault = unread.then(|| "part of its configuration could not be read".to_owned());
        if let Some(what) = configuration.fault.clone().or(fault) {
            return Derivation::Unproven(what);
        }
        if installed(about).is_empty() {
            return Derivation::Unproven("for which machine it should be is not known".to_owned());
        }
        check.generator(&cache)
    }
}

struct Check<'c, 'a> {
    about: &'c About<'a>,
    configuration: &'c Configuration,
}

enum Left {
    Out(String),
    Unread(String),
}

impl Check<'_, '_> {
    /// Returns what is wrong with the first wrong entry.
    fn entries(&self, cache: &Cache<'_>) -> Option<String> {
        let mut last: Option<(&Entry<'_>, usize)> = None;
        for entry in &cache.entries {
            let at = match self.entry(entry) {
                Ok(at) => at,
                Err(what) => {
                    let (soname, path) = (escaped(entry.soname), escaped(entry.path));
                    return Some(format!("{soname} leads to {path}, {what}"));
                }
            };
            // Of equal names the first is found, which is that of the directory named first.
            if let Some((other, before)) = last
                && format::order(other, entry).is_eq()
                && before >= at
            {
                let (first, second) = (escaped(other.path), escaped(entry.path));
                return Some(format!("{first} stands before {second}, against the configuration"));
            }
            last = Some((entry, at));
        }
        None
    }

    /// Returns the position of the entry's directory.
    fn entry(&self, entry: &Entry<'_>) -> Result<usize, String> {
        let slash = entry.path.iter().rposition(|&byte| byte == b'/').ok_or("which is relative")?;
        let (directory, name) = entry.path.split_at_checked(slash).ok_or("which is relative")?;
        if name.get(1..) != Some(entry.soname) {
            return Err("which has another name".to_owned());
        }
        let directory = match entry.hwcap {
            Some((hwcap, _)) => {
                let suffix = [b"/glibc-hwcaps/", hwcap].concat();
                directory.strip_suffix(&suffix[..]).ok_or("which is not for that processor")?
            }
            None => directory,
        };
        let searched = self.configuration.directories.iter();
        let at = searched.clone().position(|one| one.text == directory);
        let at = at.ok_or("outside the directories that are searched")?;
        let Some(row) = self.about.tree.resolve(entry.path, FollowLast::Yes) else {
            return Err("which is not there".to_owned());
        };
        if self.about.tree.file_type(row) != FileType::File {
            return Err("which is no file".to_owned());
        }
        if !self.about.is_accounted(row) {
            return Err("which no package owns".to_owned());
        }
        match flags(self.about, directory) {
            Some(flags) if !flags.contains(&entry.flags) => {
                Err(format!("marked {:#x}, as no library of that directory is", entry.flags))
            }
            _ => Ok(at),
        }
    }

    /// Returns the first library of the searched directories that no entry leads to.
    fn left_out(&self, cache: &Cache<'_>, contents: &Contents) -> Option<Left> {
        let reached = reached(cache, self.about);
        let named: BTreeSet<(&[u8], &[u8])> = cache
            .entries
            .iter()
            .filter_map(|entry| {
                let directory = entry.path.strip_suffix(entry.soname)?.strip_suffix(b"/")?;
                Some((directory, entry.soname))
            })
            .collect();
        for (directory, row) in candidates(self.configuration, self.about) {
            if reached.contains(&row) {
                continue;
            }
            let path = self.about.tree.path(row);
            let Some(bytes) = contents.get(&row) else {
                return Some(Left::Unread(format!("{path}, which it leaves out, was not read")));
            };
            let Library::Named(soname) = elf::library(bytes) else { continue };
            let soname = soname.unwrap_or_else(|| self.about.tree.name(row));
            // Another file of the same name and directory stands for it.
            if !named.contains(&(&directory.text[..], soname)) {
                return Some(Left::Out(format!("it leaves out {path}")));
            }
        }
        None
    }

    /// Judges the name of the writer, the only part that no library is behind: it follows from the
    /// version of the package that ships ldconfig(8).
    fn generator(&self, cache: &Cache<'_>) -> Derivation {
        let count = cache.entries.len();
        let all = format!("all {count} entries lead to libraries that are accounted for");
        let maker = escaped(cache.generator);
        let Some(version) = version_of(self.about, "libc-bin") else {
            return Derivation::Unproven(format!("{all}; that {maker} wrote it cannot be told"));
        };
        let upstream = version.split('-').next().unwrap_or_default();
        let is_own = VENDORS.iter().any(|vendor| {
            let name =
                format!("ldconfig ({vendor} GLIBC {version}) stable release version {upstream}");
            name.as_bytes() == cache.generator
        });
        match is_own {
            true => Derivation::Right(format!("{all}, and written again it is the same")),
            false => Derivation::Wrong(format!(
                "it says that it was written by {maker}, which is not the one installed"
            )),
        }
    }
}

/// How distributions name their glibc in what ldconfig(8) says of itself.
const VENDORS: [&str; 2] = ["Debian", "Ubuntu"];

/// Returns the files that entries lead to.
fn reached(cache: &Cache<'_>, about: &About<'_>) -> BTreeSet<RowId> {
    let rows = cache.entries.iter();
    rows.filter_map(|entry| about.tree.resolve(entry.path, FollowLast::Yes)).collect()
}

/// The files that ldconfig looks at, by their names.
fn candidates<'c>(
    configuration: &'c Configuration,
    about: &'c About<'_>,
) -> impl Iterator<Item = (&'c Directory, RowId)> {
    let tree = about.tree;
    let looked_at = |name: &[u8]| {
        let begins = name.starts_with(b"lib") || name.starts_with(b"ld-");
        let temporary = [&b".dpkg-new"[..], b".dpkg-tmp", b".py"];
        begins
            && name.windows(3).any(|part| part == b".so")
            && !name.contains(&b';')
            && !temporary.iter().any(|end| name.ends_with(end))
    };
    configuration.directories.iter().flat_map(move |directory| {
        tree.children(directory.id)
            .filter(move |row| tree.file_type(*row) == FileType::File && looked_at(tree.name(*row)))
            .map(move |row| (directory, row))
    })
}

/// Machines by Debian's name: the directory of their libraries, and how entries are marked.
const MACHINES: [(&str, &str, u32); 8] = [
    ("amd64", "x86_64-linux-gnu", 0x0303),
    ("arm64", "aarch64-linux-gnu", 0x0a03),
    ("armhf", "arm-linux-gnueabihf", 0x0903),
    ("i386", "i386-linux-gnu", 0x0003),
    ("ppc64el", "powerpc64le-linux-gnu", 0x0503),
    ("riscv64", "riscv64-linux-gnu", 0x1003),
    ("s390x", "s390x-linux-gnu", 0x0403),
    ("x32", "x86_64-linux-gnux32", 0x0803),
];

/// How entries of a directory may be marked; `None` where several machines share it.
fn flags(about: &About<'_>, directory: &[u8]) -> Option<Vec<u32>> {
    let named = MACHINES.iter().find(|(_, triplet, _)| {
        directory.split(|&byte| byte == b'/').any(|name| name == triplet.as_bytes())
    });
    if let Some((.., flags)) = named {
        return Some(vec![*flags]);
    }
    let installed = installed(about);
    (!installed.is_empty()).then(|| installed.into_iter().map(|(.., flags)| flags).collect())
}

/// The machines whose C library is installed.
fn installed(about: &About<'_>) -> Vec<(&'static str, &'static str, u32)> {
    let packages = about.ownership.records().packages();
    let is_there = |architecture: &str| {
        packages.iter().any(|one| one.name == "libc6" && one.architecture == architecture)
    };
    MACHINES.into_iter().filter(|(architecture, ..)| is_there(architecture)).collect()
}

fn triplets(about: &About<'_>) -> Vec<Vec<u8>> {
    installed(about).into_iter().map(|(_, triplet, _)| triplet.as_bytes().to_vec()).collect()
}

fn version_of<'a>(about: &About<'a>, name: &str) -> Option<&'a str> {
    let packages = about.ownership.records().packages();
    packages.iter().find(|package| package.name == name).map(|package| &*package.version)
}
