//! Where the paths of the databases lead in a tree; each directory is resolved once.
//!
//! Also bounded for hostile databases: a short path through a link into a directory 10,000 levels
//! down must not cost those levels again for each name below it.

use std::collections::HashMap;

use super::paths::{PathId, Paths};
use crate::model::{DirId, FileType, FollowLast, Listing, RowId, Tree, TreePath};

/// Levels of a path that is told as the tree has it; PATH_MAX has no room for more.
const MAX_LEVELS: usize = 2048;

/// Every path of the databases in the tree.
pub(super) struct Located {
    places: Vec<Place>,
    /// Only looked up; `None` of what is too deep.
    directories: HashMap<DirId, Option<TreePath>>,
}

#[derive(Clone, Copy, Default)]
struct Place {
    row: Option<RowId>,
    /// The directory that the path leads to, where paths go on below it.
    directory: Option<DirId>,
    parent: Option<DirId>,
    has_children: bool,
    /// Absence proves nothing: the names of a directory on the way are not all known.
    unseen: bool,
}

impl Located {
    pub(super) fn new(paths: &Paths, tree: &Tree) -> Self {
        let mut places = vec![Place::default(); paths.len()];
        for id in paths.ids().skip(1) {
            if let Some(place) = places.get_mut(paths.parent(id).index()) {
                place.has_children = true;
            }
        }
        if let Some(root) = places.first_mut() {
            root.row = (!tree.is_empty()).then_some(RowId(0));
            root.directory = tree.as_directory(RowId(0)).filter(|_| !tree.is_empty());
        }
        for id in paths.ids().skip(1) {
            let above = places.get(paths.parent(id).index()).copied().unwrap_or_default();
            let Some(slot) = places.get_mut(id.index()) else { continue };
            slot.parent = above.directory;
            let Some(directory) = above.directory else {
                let opaque = above.row.is_some_and(|row| tree.file_type(row) == FileType::Unknown);
                slot.unseen = above.unseen || opaque;
                continue;
            };
            match tree.child(directory, paths.name(id)) {
                Some(row) => {
                    slot.row = Some(row);
                    slot.directory = match tree.file_type(row) {
                        FileType::Directory => tree.as_directory(row),
                        FileType::Symlink if slot.has_children => tree
                            .resolve_from(directory, paths.name(id), FollowLast::Yes)
                            .and_then(|row| tree.as_directory(row)),
                        _ => None,
                    };
                }
                None => slot.unseen = tree.listing(directory) != Listing::Complete,
            }
        }
        Self { places, directories: HashMap::new() }
    }

    fn place(&self, path: PathId) -> Place {
        self.places.get(path.index()).copied().unwrap_or_default()
    }

    pub(super) fn row(&self, path: PathId) -> Option<RowId> {
        self.place(path).row
    }

    pub(super) fn is_unseen(&self, path: PathId) -> bool {
        self.place(path).unseen
    }

    /// Returns the path as the tree has it, as far down as it exists; as the database has it where
    /// it leads too deep.
    pub(super) fn path(&mut self, path: PathId, paths: &Paths, tree: &Tree) -> TreePath {
        let (mut names, mut at) = (Vec::new(), path);
        let above = loop {
            names.push(paths.name(at));
            match self.place(at).parent {
                Some(directory) => break self.directory(directory, tree),
                None if at == PathId::ROOT => break Some(TreePath::root()),
                None => at = paths.parent(at),
            }
        };
        let Some(above) = above else { return paths.path(path) };
        let mut joined = above.as_bytes().to_vec();
        for name in names.into_iter().rev().filter(|name| !name.is_empty()) {
            if !joined.is_empty() {
                joined.push(b'/');
            }
            joined.extend_from_slice(name);
        }
        TreePath::from_joined(joined)
    }

    fn directory(&mut self, directory: DirId, tree: &Tree) -> Option<TreePath> {
        let known = self.directories.entry(directory).or_insert_with(|| {
            let row = tree.directory_row(directory);
            let mut at = row;
            for _ in 0..MAX_LEVELS {
                if at.0 == 0 {
                    return Some(tree.path(row)).filter(|path| path.as_bytes().len() <= 4096);
                }
                at = tree.directory_row(tree.directory_of(at)?);
            }
            None
        });
        known.clone()
    }
}
