//! Links that start and stop scripts of `/etc/init.d`, by update-rc.d(8) and insserv(8).
//!
//! A link is right when its script is a package's and says in its header (LSB, "Comment conventions
//! for init scripts") that it starts or stops in that level. The number, an order that insserv
//! works out of all scripts, is not worked out again.

use super::about::{About, Older, lines};
use super::{Contents, Derivation, Product};
use crate::bounds::escape::escaped;
use crate::model::{FileType, RowId, TreePath};

/// Links of levels.
#[derive(Debug)]
pub(super) struct RcLinks;

/// What the name of a link says.
struct Name<'p> {
    level: u8,
    starts: bool,
    script: &'p [u8],
}

impl<'p> Name<'p> {
    fn of(path: &'p TreePath) -> Option<Self> {
        let rest = path.as_bytes().strip_prefix(b"etc/rc")?;
        let (level, rest) = rest.split_first()?;
        let (kind, rest) = rest.strip_prefix(b".d/")?.split_first()?;
        let (number, script) = rest.split_at_checked(2)?;
        let plain = number.iter().all(u8::is_ascii_digit)
            && matches!(level, b'0'..=b'6' | b'S')
            && matches!(kind, b'S' | b'K')
            && !script.is_empty()
            && !script.contains(&b'/');
        plain.then_some(Self { level: *level, starts: *kind == b'S', script })
    }
}

impl Product for RcLinks {
    fn made_by(&self) -> &'static str {
        "update-rc.d(8)"
    }

    fn is_at(&self, path: &TreePath, about: &About<'_>) -> bool {
        let file_type = match (about.tree.find(path), about.older(path)) {
            (Some(row), _) => about.tree.file_type(row),
            (None, Older::Was(entry)) => entry.file_type,
            (None, _) => FileType::Unknown,
        };
        file_type == FileType::Symlink && Name::of(path).is_some()
    }

    fn needs(&self, path: &TreePath, about: &About<'_>, _contents: &Contents) -> Vec<RowId> {
        script(path, about).into_iter().collect()
    }

    fn derive(&self, path: &TreePath, about: &About<'_>, contents: &Contents) -> Derivation {
        let Some(name) = Name::of(path) else {
            return Derivation::Wrong("its name is not that of such a link".to_owned());
        };
        let shown = escaped(name.script);
        let Some(row) = about.tree.find(path) else { return gone(path, &name, about) };
        let target = about.tree.link_target(row).unwrap_or_default();
        let there = script(path, about).filter(|row| about.is_owned(*row));
        let (Some(script), true) = (there, target == [b"../init.d/", name.script].concat()) else {
            return Derivation::Wrong(format!("it does not lead to a package's script {shown}"));
        };
        let Some(text) = contents.get(&script) else {
            return Derivation::Unproven(format!("the script {shown} could not be read"));
        };
        let (starts, stops) = (levels(text, b"Default-Start:"), levels(text, b"Default-Stop:"));
        let says = if name.starts { starts } else { stops };
        match says.is_some_and(|levels| levels.contains(&name.level)) {
            true => Derivation::Right(format!("{shown} is a package's script for that level")),
            false => Derivation::Wrong(format!("the script {shown} does not name that level")),
        }
    }
}

fn script(path: &TreePath, about: &About<'_>) -> Option<RowId> {
    about.file(&[b"etc/init.d/", Name::of(path)?.script].concat())
}

/// The levels that a line of the header names.
fn levels(text: &[u8], key: &[u8]) -> Option<Vec<u8>> {
    let mut lines = lines(text).skip_while(|line| !line.starts_with(b"### BEGIN INIT INFO"));
    let line = lines.find_map(|line| line.strip_prefix(b"#")?.trim_ascii().strip_prefix(key))?;
    let words = line.split(u8::is_ascii_whitespace).filter(|word| word.len() == 1);
    Some(words.flatten().copied().collect())
}

/// A link goes with its script, or gets another number.
fn gone(path: &TreePath, name: &Name<'_>, about: &About<'_>) -> Derivation {
    let shown = escaped(name.script);
    if script(path, about).is_none() {
        return Derivation::Right(format!("its script {shown} is gone"));
    }
    let level = path.parent().and_then(|parent| about.tree.find(&parent));
    let level = level.and_then(|row| about.tree.as_directory(row));
    let same = |row: RowId| {
        let other = path.parent().map(|parent| parent.join(about.tree.name(row)));
        other.is_some_and(|other| {
            Name::of(&other)
                .is_some_and(|other| other.script == name.script && other.starts == name.starts)
        })
    };
    match level.is_some_and(|level| about.tree.children(level).any(same)) {
        true => Derivation::Right(format!("{shown} has another number there now")),
        false => Derivation::Wrong(format!("its script {shown} is there")),
    }
}
