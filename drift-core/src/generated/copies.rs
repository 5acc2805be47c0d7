//! Copies that scripts of packages make, with ucf(1) or by hand: of a packaged file, or of what was
//! there before; and links to packaged configuration of fonts.
//!
//! No bytes are needed: both have a digest.

use super::about::{About, Older};
use super::{Contents, Derivation, Product};
use crate::bounds::escape::escaped;
use crate::model::{Digest, FileType, RowId, TreePath};

/// Copies and links of packaged files.
#[derive(Debug)]
pub(super) struct Copies;

/// Copies and what they are made of: base-files, openssh-server, libc-bin.
const COPIES: [(&[u8], &[u8]); 7] = [
    (b"etc/motd", b"usr/share/base-files/motd"),
    (b"etc/nsswitch.conf", b"usr/share/libc-bin/nsswitch.conf"),
    (b"etc/profile", b"usr/share/base-files/profile"),
    (b"etc/ssh/sshd_config", b"usr/share/openssh/sshd_config"),
    (b"etc/ssh/sshd_config.ucf-dist", b"usr/share/openssh/sshd_config"),
    (b"root/.bashrc", b"usr/share/base-files/dot.bashrc"),
    (b"root/.profile", b"usr/share/base-files/dot.profile"),
];
/// What is added to the name of a file that is saved before it is written anew.
const SAVED: [&[u8]; 4] = [b".dpkg-old", b".rpmorig", b".rpmsave", b".ucf-old"];
const FONTS: &[u8] = b"etc/fonts/conf.d/";
const PACKAGED_FONTS: &[u8] = b"/usr/share/fontconfig/conf.avail/";

impl Product for Copies {
    fn made_by(&self) -> &'static str {
        "ucf(1)"
    }

    fn is_at(&self, path: &TreePath, about: &About<'_>) -> bool {
        let file_type = match (about.tree.find(path), about.older(path)) {
            (Some(row), _) => about.tree.file_type(row),
            (None, Older::Was(entry)) => entry.file_type,
            (None, _) => FileType::Unknown,
        };
        match file_type {
            FileType::File => source(path).is_some() || saved(path).is_some(),
            FileType::Symlink => path.as_bytes().starts_with(FONTS),
            _ => false,
        }
    }

    fn needs(&self, _path: &TreePath, _about: &About<'_>, _contents: &Contents) -> Vec<RowId> {
        Vec::new()
    }

    fn derive(&self, path: &TreePath, about: &About<'_>, _contents: &Contents) -> Derivation {
        if path.as_bytes().starts_with(FONTS) {
            return font(path, about);
        }
        let own = about.tree.find(path).and_then(|row| digest(row, about));
        if let Some(original) = saved(path) {
            // What did not change had no need to be saved; the copy must open nothing to others.
            let (Older::Was(was), Some(row)) = (about.older(&original), about.tree.find(path))
            else {
                return Derivation::Wrong(format!("{original} is what it was"));
            };
            let copy = about.tree.entry(row);
            if (copy.mode, copy.uid, copy.gid) != (was.mode, was.uid, was.gid) {
                let what = "it has other rights than";
                return Derivation::Wrong(format!("{what} what {original} was"));
            }
            return judge(own, was.digest.seen().copied(), &format!("what {original} was"));
        }
        let packaged = source(path).unwrap_or_default();
        let row = about.file(packaged).filter(|row| about.is_owned(*row));
        let shown = format!("the packaged /{}", escaped(packaged));
        if !was_a_copy(path, row, about) {
            return Derivation::Wrong(format!("it was something else than {shown} before"));
        }
        judge(own, row.and_then(|row| digest(row, about)), &shown)
    }
}

/// Whether the older side had a copy of its packaged file as well, and that file changed: a script
/// writes nothing over what somebody edited.
fn was_a_copy(path: &TreePath, packaged: Option<RowId>, about: &About<'_>) -> bool {
    let was = match about.older(path) {
        Older::Absent => return true,
        Older::Was(entry) => entry.digest.seen().copied(),
        Older::Same => return false,
    };
    let source = packaged.map(|row| about.older(&about.tree.path(row)));
    match source {
        Some(Older::Was(source)) => was.is_some() && was == source.digest.seen().copied(),
        _ => false,
    }
}

fn judge(own: Option<Digest>, original: Option<Digest>, what: &str) -> Derivation {
    match own.is_some() && own == original {
        true => Derivation::Right(format!("it equals {what}")),
        false => Derivation::Wrong(format!("it does not equal {what}")),
    }
}

fn digest(row: RowId, about: &About<'_>) -> Option<Digest> {
    about.tree.digest(row).seen().copied()
}

fn source(path: &TreePath) -> Option<&'static [u8]> {
    let line = COPIES.iter().find(|(copy, _)| *copy == path.as_bytes());
    line.map(|(_, source)| *source)
}

fn saved(path: &TreePath) -> Option<TreePath> {
    let original = SAVED.iter().find_map(|end| path.as_bytes().strip_suffix(*end))?;
    TreePath::parse(original).ok().filter(|_| path.as_bytes().starts_with(b"etc/"))
}

/// A link to configuration of fonts leads to the packaged file of its name, or goes with it.
fn font(path: &TreePath, about: &About<'_>) -> Derivation {
    let wanted = [PACKAGED_FONTS, path.name()].concat();
    let packaged = about.file(&wanted).filter(|row| about.is_owned(*row));
    let link = about.tree.find(path).map(|row| about.tree.link_target(row).unwrap_or_default());
    let shown = escaped(&wanted);
    match (link, packaged) {
        (None, None) => Derivation::Right(format!("{shown} is gone")),
        (None, Some(_)) => Derivation::Wrong(format!("{shown} is there")),
        (Some(target), Some(_)) if target == wanted => {
            Derivation::Right(format!("it leads to the packaged {shown}"))
        }
        (Some(_), _) => Derivation::Wrong(format!("it does not lead to a packaged {shown}")),
    }
}
