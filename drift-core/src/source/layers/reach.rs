//! Where the directory of a member lies in the merged tree: links on the way are followed inside the
//! root, as `filepath-securejoin` of umoci and `fs.RootPath` of containerd do.

#![warn(clippy::indexing_slicing, clippy::arithmetic_side_effects)]

use crate::source::tar::index::Index;
use crate::source::tar::nodes::ROOT;
use crate::source::tar::paths::names_reversed;
use crate::source::tar::reader::Fault;

/// As `path_resolution(7)`; umoci gives up after 255.
const MAX_LINKS: u32 = 40;

/// The most names that links of one image may lead through: each costs a look-up, and a member of a
/// few bytes can ask for a hundred thousand of them.
const MAX_FOLLOWED: u64 = 200_000_000;

/// What a path leads to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Reach {
    /// A directory; whether a link was followed.
    Directory { node: u32, linked: bool },
    /// Nothing yet.
    Missing,
    /// Nothing that could be a directory; why.
    Refused(&'static str),
}

/// What to do with directories that no layer has an entry for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Absent {
    Make,
    Leave,
}

/// Finds the directory at a path; `followed` counts what links have cost so far.
pub(super) fn reach(
    index: &mut Index,
    above: &[u8],
    absent: Absent,
    followed: &mut u64,
) -> Result<Reach, Fault> {
    let mut at = ROOT;
    let mut rest = above;
    while !rest.is_empty() {
        let end = rest.iter().position(|&byte| byte == b'/').unwrap_or(rest.len());
        let name = rest.get(..end).unwrap_or_default();
        match index.nodes.child(at, name).filter(|child| index.nodes.is_directory(*child)) {
            Some(child) => at = child,
            None => return follow(index, at, names_reversed(rest), absent, followed),
        }
        rest = rest.get(end.saturating_add(1)..).unwrap_or_default();
    }
    Ok(Reach::Directory { node: at, linked: false })
}

/// As [`reach`], from a directory on, through links and what is not there.
fn follow(
    index: &mut Index,
    directory: u32,
    mut todo: Vec<Vec<u8>>,
    absent: Absent,
    followed: &mut u64,
) -> Result<Reach, Fault> {
    let (mut at, mut links, mut missing) = (directory, 0u32, Vec::new());
    while let Some(name) = todo.pop() {
        if name == b".." {
            // What is missing is a name without a link, so that the way back is the name's.
            if missing.pop().is_none() {
                at = index.nodes.parent(at);
            }
            continue;
        }
        let child = index.nodes.child(at, &name).filter(|_| missing.is_empty());
        let Some(child) = child else {
            missing.push(name);
            continue;
        };
        let Some(target) = index.object_at(child).and_then(|object| object.link()) else {
            at = child;
            continue;
        };
        links = links.saturating_add(1);
        if links > MAX_LINKS {
            return Ok(Reach::Refused("its directory is behind more than 40 symbolic links"));
        }
        if target.starts_with(b"/") {
            at = ROOT;
        }
        let names = names_reversed(target);
        *followed = followed.saturating_add(names.len() as u64);
        if *followed > MAX_FOLLOWED {
            let reason = format!("links of the image lead through more than {MAX_FOLLOWED} names");
            return Err(Fault::Malformed(reason));
        }
        todo.extend(names);
    }
    if !index.nodes.is_directory(at) {
        return Ok(Reach::Refused("it lies below something that is no directory"));
    }
    if absent == Absent::Leave && !missing.is_empty() {
        return Ok(Reach::Missing);
    }
    for name in missing {
        at = index.imply(at, &name)?;
    }
    Ok(Reach::Directory { node: at, linked: links > 0 })
}
