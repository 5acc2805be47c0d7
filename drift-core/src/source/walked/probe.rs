//! Reading one small file before any survey, with links followed inside the root (os-release).

use crate::model::{FileType, TreePath};
use crate::rules::RuleSet;
use crate::source::volume::{Stat, Volume};

use super::content;
use super::crossing::{Crossing, Mounts};

/// Links of one resolution, as in the kernel (path_resolution(7)).
const MAX_LINKS: u32 = 40;

/// Names of one resolution, those that come from links included.
const MAX_NAMES: u32 = 4096;

/// Returns the content of the regular file at `path`, if it has at most `limit` bytes.
pub(super) fn probe<V: Volume>(volume: &V, path: &TreePath, limit: u64) -> Option<Vec<u8>> {
    let rules = RuleSet::parse(&[]).ok()?;
    let mounts = Mounts::default();
    let mut todo: Vec<Vec<u8>> = names(path.as_bytes());
    let mut at: Vec<Vec<u8>> = Vec::new();
    let mut links = 0_u32;
    for _ in 0..MAX_NAMES {
        let name = todo.pop()?;
        if name == b"." {
            continue;
        }
        if name == b".." {
            at.pop();
            continue;
        }
        let directory = open(volume, &at)?;
        let here = volume.stat_directory(&directory).ok()?;
        let stat = volume.stat(&directory, &name).ok()?;
        let place = (here.mount, here.device);
        let named = || (TreePath::from_joined(at.join(&b'/')).join(&name), crate::model::RuleId(0));
        if let Crossing::Stay(..) = mounts.crossing(volume, place, &stat, &rules, named) {
            return None;
        }
        match stat.file_type {
            FileType::Directory => at.push(name),
            FileType::Symlink => {
                links = links.checked_add(1).filter(|links| *links <= MAX_LINKS)?;
                let target = volume.read_link(&directory, &name).ok()?;
                if target.starts_with(b"/") {
                    at.clear();
                }
                todo.extend(names(&target));
            }
            FileType::File if todo.is_empty() => {
                return whole(volume, &directory, &name, &stat, limit);
            }
            _ => return None,
        }
    }
    None
}

/// Returns the names of a path, the first one last.
fn names(path: &[u8]) -> Vec<Vec<u8>> {
    let names = path.split(|&byte| byte == b'/').filter(|name| !name.is_empty());
    let mut names: Vec<Vec<u8>> = names.map(<[u8]>::to_vec).collect();
    names.reverse();
    names
}

fn open<V: Volume>(volume: &V, names: &[Vec<u8>]) -> Option<V::Directory> {
    let root = volume.root().ok()?;
    if names.is_empty() {
        return Some(root);
    }
    volume.open_directory(&root, &names.join(&b'/')).ok()
}

fn whole<V: Volume>(
    volume: &V,
    directory: &V::Directory,
    name: &[u8],
    stat: &Stat,
    limit: u64,
) -> Option<Vec<u8>> {
    let file = volume.open(directory, name, stat).ok()?;
    content::bytes(volume, file, stat, limit).ok()?
}
