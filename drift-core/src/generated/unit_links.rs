//! Links that enable units, by systemctl(1) and deb-systemd-helper(1p) in scripts of packages.
//!
//! A link is right when the unit it leads to is a package's and says in its section `[Install]`
//! that it is to be wanted, required or named so (systemd.unit(5)). Directories of such links come
//! and go with them.

use super::about::{About, Older, lines};
use super::{Contents, Derivation, Product};
use crate::bounds::escape::escaped;
use crate::model::{FileType, FollowLast, RowId, TreePath};

/// Links that enable units.
#[derive(Debug)]
pub(super) struct UnitLinks;

const DIRECTORIES: [&[u8]; 2] = [b"etc/systemd/system/", b"etc/systemd/user/"];
/// Where packages install units; the root is what `/etc/systemd` has of the same kind.
const UNITS: [&[u8]; 2] = [b"usr/lib/systemd/", b"lib/systemd/"];
const KINDS: [(&[u8], &[u8]); 2] = [(b".wants", b"WantedBy"), (b".requires", b"RequiredBy")];

impl Product for UnitLinks {
    fn made_by(&self) -> &'static str {
        "deb-systemd-helper(1p)"
    }

    fn is_at(&self, path: &TreePath, about: &About<'_>) -> bool {
        let Some(place) = Place::of(path) else { return false };
        let (is_link, is_directory) = match (about.tree.find(path), about.older(path)) {
            (Some(row), _) => {
                let file_type = about.tree.file_type(row);
                (file_type == FileType::Symlink, file_type == FileType::Directory)
            }
            (None, Older::Was(entry)) => {
                (entry.file_type == FileType::Symlink, entry.file_type == FileType::Directory)
            }
            (None, _) => (false, false),
        };
        match place {
            Place::Directory => is_directory,
            Place::Link { .. } => is_link,
        }
    }

    fn needs(&self, path: &TreePath, about: &About<'_>, _contents: &Contents) -> Vec<RowId> {
        let unit = unit(path, about);
        unit.into_iter().chain(unit.into_iter().flat_map(|unit| scripts(unit, about))).collect()
    }

    fn derive(&self, path: &TreePath, about: &About<'_>, contents: &Contents) -> Derivation {
        match Place::of(path) {
            Some(Place::Directory) => directory(path, about),
            Some(Place::Link { by, name }) => link(path, (by, name), about, contents),
            None => Derivation::Wrong("no unit is enabled there".to_owned()),
        }
    }
}

/// What a path below `/etc/systemd` is.
enum Place<'p> {
    /// `UNIT.wants`.
    Directory,
    /// A link in such a directory, or a further name of a unit.
    Link {
        /// What the unit has to say.
        by: (&'static [u8], &'p [u8]),
        /// The name of the link.
        name: &'p [u8],
    },
}

impl<'p> Place<'p> {
    fn of(path: &'p TreePath) -> Option<Self> {
        let bytes = path.as_bytes();
        let rest = DIRECTORIES.iter().find_map(|directory| bytes.strip_prefix(*directory))?;
        let mut parts = rest.split(|&byte| byte == b'/');
        let (first, second) = (parts.next()?, parts.next());
        if parts.next().is_some() {
            return None;
        }
        let kind = KINDS.iter().find_map(|(end, key)| Some((*key, first.strip_suffix(*end)?)));
        match (kind, second) {
            (Some(_), None) => Some(Self::Directory),
            (Some(by), Some(name)) => Some(Self::Link { by, name }),
            (None, None) => Some(Self::Link { by: (b"Alias", first), name: first }),
            (None, Some(_)) => None,
        }
    }
}

/// The unit that a link leads to.
fn unit(path: &TreePath, about: &About<'_>) -> Option<RowId> {
    about.destination(about.tree.find(path)?)
}

fn directory(path: &TreePath, about: &About<'_>) -> Derivation {
    let Some(id) = about.tree.find(path).and_then(|row| about.tree.as_directory(row)) else {
        return Derivation::Right("no unit is enabled there any more".to_owned());
    };
    let mut children = about.tree.children(id).peekable();
    let empty = children.peek().is_none();
    match children.all(|row| about.tree.file_type(row) == FileType::Symlink) && !empty {
        true => Derivation::Right("it holds links that enable units".to_owned()),
        false => Derivation::Wrong("it holds more than links that enable units".to_owned()),
    }
}

fn link(
    path: &TreePath,
    ((key, value), name): ((&[u8], &[u8]), &[u8]),
    about: &About<'_>,
    contents: &Contents,
) -> Derivation {
    let Some(row) = about.tree.find(path) else { return gone(path, about) };
    let target = about.tree.link_target(row).unwrap_or_default();
    let shown = escaped(target);
    let Some(unit) = about.destination(row) else {
        return Derivation::Wrong(format!("it leads to {shown}, which is not there"));
    };
    let at = about.tree.path(unit);
    let is_unit = UNITS.iter().any(|units| at.as_bytes().starts_with(units));
    if !is_unit || !about.is_owned(unit) {
        return Derivation::Wrong(format!("it leads to {shown}, which is no unit of a package"));
    }
    let alias = key == b"Alias";
    if !alias && !is_instance(name, at.name()) {
        return Derivation::Wrong(format!("it leads to {shown}, which has another name"));
    }
    let Some(text) = contents.get(&unit) else {
        return Derivation::Unproven(format!("{shown} could not be read"));
    };
    let install = install(text);
    let says = |key: &[u8], value: &[u8]| {
        let mut words = install.iter().filter(|(known, _)| *known == key).map(|(_, word)| *word);
        words.any(|word| word == value)
    };
    let (key, value) = (escaped(key), (escaped(value), says(key, value)));
    match value {
        // Whoever enables what was there all along is no script of an upgrade.
        (value, true) if matches!(about.older(&at), Older::Same) => Derivation::Unproven(format!(
            "{shown} says {key}={value}, and it was there before without that link"
        )),
        (value, true) if !is_enabled(unit, at.name(), about, contents) => Derivation::Unproven(
            format!("{shown} says {key}={value}, and no script of its package enables it"),
        ),
        (value, true) => Derivation::Right(format!(
            "{shown} came with its package, says {key}={value}, and a script of the package enables it"
        )),
        (value, false) => Derivation::Wrong(format!("{shown} does not say {key}={value}")),
    }
}

/// The scripts of the package that owns a unit.
fn scripts(unit: RowId, about: &About<'_>) -> Vec<RowId> {
    let packages = about.ownership.records().packages();
    let owner = about.ownership.owner(unit).and_then(|owner| packages.get(owner.index()));
    let Some(package) = owner else { return Vec::new() };
    [package.name.clone(), format!("{}:{}", package.name, package.architecture)]
        .iter()
        .filter_map(|stem| about.file(format!("var/lib/dpkg/info/{stem}.postinst").as_bytes()))
        .collect()
}

/// Whether a script of its package names the unit, as deb-systemd-helper(1p) is told it.
fn is_enabled(unit: RowId, name: &[u8], about: &About<'_>, contents: &Contents) -> bool {
    let texts = scripts(unit, about);
    texts.iter().filter_map(|row| contents.get(row)).any(|text| {
        let is_part = |byte: &u8| byte.is_ascii_alphanumeric() || b"._-+@:".contains(byte);
        text.split(|byte| !is_part(byte)).any(|word| word == name)
    })
}

/// Whether a link's name is the unit's, or that of an instance of it.
fn is_instance(name: &[u8], unit: &[u8]) -> bool {
    let template = || {
        let at = unit.iter().position(|&byte| byte == b'@')?;
        let (first, last) = unit.split_at_checked(at.checked_add(1)?)?;
        let rest = name.strip_prefix(first)?;
        rest.ends_with(last).then_some(())
    };
    name == unit || template().is_some()
}

/// The keys and words of the section `[Install]`.
fn install(text: &[u8]) -> Vec<(&[u8], &[u8])> {
    let mut inside = false;
    let mut all = Vec::new();
    for line in lines(text).map(<[u8]>::trim_ascii) {
        if line.starts_with(b"[") {
            inside = line == b"[Install]";
        } else if inside && let Some(at) = line.iter().position(|&byte| byte == b'=') {
            let (key, value) = (line.get(..at), line.get(at.saturating_add(1)..));
            let (key, value) = (key.unwrap_or_default().trim_ascii(), value.unwrap_or_default());
            let words = value.split(u8::is_ascii_whitespace).filter(|word| !word.is_empty());
            all.extend(words.map(|word| (key, word)));
        }
    }
    all
}

/// A link goes with its unit.
fn gone(path: &TreePath, about: &About<'_>) -> Derivation {
    let Older::Was(was) = about.older(path) else {
        return Derivation::Unproven("what it led to is not known".to_owned());
    };
    let target = was.link_target.seen().map(|target| &**target).unwrap_or_default();
    let shown = escaped(target);
    // What masks a unit leads to a device, which is never gone.
    if target.starts_with(b"/dev/") {
        return Derivation::Wrong(format!("it led to {shown}, which masks a unit"));
    }
    let led_to = from(path, target);
    match about.tree.resolve(&led_to, FollowLast::No) {
        None => Derivation::Right(format!("it led to {shown}, which is gone")),
        Some(_) => Derivation::Wrong(format!("it led to {shown}, which is there")),
    }
}

/// Returns where a link led from where it lay, by names alone: its directory may be gone as well.
fn from(path: &TreePath, target: &[u8]) -> Vec<u8> {
    if target.starts_with(b"/") {
        return target.to_vec();
    }
    let parent = path.parent().unwrap_or_default();
    let mut names: Vec<&[u8]> = parent.as_bytes().split(|&byte| byte == b'/').collect();
    for name in target.split(|&byte| byte == b'/') {
        match name {
            b"" | b"." => {}
            b".." => {
                names.pop();
            }
            name => names.push(name),
        }
    }
    names.join(&b'/')
}
