//! Configuration files for policies, in the same reading that digests them.
//!
//! Their bytes are parsed as soon as they are read and not kept: a shadow(5) leaves nothing of its
//! hashes, whatever is done with the capture afterwards.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use crate::configs::{self, Configs};
use crate::model::{FileType, FollowLast, RowId, Tree};
use crate::source::Want;

/// The rows of the files that are wanted, and what was read of them so far.
#[derive(Debug, Default)]
pub(super) struct Kept {
    wanted: BTreeMap<RowId, Vec<&'static str>>,
    read: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    configs: Configs,
    taken: Vec<RowId>,
}

impl Kept {
    /// Finds what each path leads to inside the root.
    pub(super) fn find(tree: &Tree) -> Self {
        let mut wanted: BTreeMap<RowId, Vec<&'static str>> = BTreeMap::new();
        for path in configs::FILES {
            let row = tree.resolve(path.as_bytes(), FollowLast::Yes);
            let file = row.filter(|row| tree.file_type(*row) == FileType::File);
            if let Some(row) = file {
                wanted.entry(row).or_default().push(path);
            }
        }
        Self { wanted, read: Mutex::default() }
    }

    /// Wants the bytes as well, of a row that is wanted and was not read yet.
    pub(super) fn or_wanted(&self, row: RowId, want: Want) -> Want {
        if !self.wanted.contains_key(&row) || self.state().taken.contains(&row) {
            return want;
        }
        Want { bytes: want.bytes.max(Some(configs::MAX_BYTES)), ..want }
    }

    /// Parses what was read of a row; returns whether it was wanted.
    pub(super) fn take(&self, row: RowId, bytes: Option<&[u8]>) -> bool {
        let Some(paths) = self.wanted.get(&row) else { return false };
        let mut state = self.state();
        state.taken.push(row);
        for path in paths {
            if let Some(bytes) = bytes {
                state.configs.read(path, bytes);
            }
        }
        true
    }

    /// Returns everything that was read.
    pub(super) fn into_configs(self) -> Configs {
        self.read.into_inner().unwrap_or_else(PoisonError::into_inner).configs
    }

    fn state(&self) -> std::sync::MutexGuard<'_, State> {
        self.read.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
