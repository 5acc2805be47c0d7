//! Which layer removed what.

use std::collections::BTreeMap;

use crate::model::{LayerId, TreePath};

/// So many removals are remembered; of an image with more, none.
const MAX_REMOVALS: usize = 100_000;

/// Which layer of an image removed what lower layers had.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Removals {
    by_path: BTreeMap<TreePath, LayerId>,
    too_many: bool,
}

impl Removals {
    /// Returns the layer that removed what stood at this path, or the directory that held it;
    /// `None` when no layer did, or when the image removes too much to remember.
    ///
    /// The answer means something only of a path that the image does not have.
    #[must_use]
    pub fn layer_of(&self, path: &TreePath) -> Option<LayerId> {
        let above = std::iter::successors(Some(path.clone()), TreePath::parent);
        above.into_iter().find_map(|path| self.by_path.get(&path).copied())
    }

    /// Returns every removal: a path, which stands for all that was below it, and the layer.
    pub fn iter(&self) -> impl Iterator<Item = (&TreePath, LayerId)> {
        self.by_path.iter().map(|(path, layer)| (path, *layer))
    }

    /// Notes a removal.
    pub(super) fn note(&mut self, path: TreePath, layer: LayerId) {
        if self.too_many {
            return;
        }
        self.by_path.insert(path, layer);
        if self.by_path.len() > MAX_REMOVALS {
            self.by_path = BTreeMap::new();
            self.too_many = true;
        }
    }

    /// Notes that a name is there again; of a directory the removal still holds for what was in it.
    pub(super) fn take_back(&mut self, path: &TreePath) {
        self.by_path.remove(path);
    }
}
