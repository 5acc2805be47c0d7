//! The names of a merged directory.

use std::collections::HashSet;

use crate::model::FileType;
use crate::source::volume::{DirectoryEntry, Errno, Volume};

use super::{Overlay, OverlayDirectory, Part};

impl<V: Volume> Overlay<V> {
    /// Hands over each name once, with the type that the uppermost layer gives it, and none that a
    /// whiteout hides. A layer that cannot be listed wholly ends the listing: what lies below it
    /// may be hidden by what was not seen.
    pub(super) fn merged_names(
        &self,
        directory: &OverlayDirectory<V::Directory>,
        each: &mut dyn FnMut(DirectoryEntry),
    ) -> Result<(), Errno> {
        let mut known: HashSet<Box<[u8]>> = HashSet::new();
        for part in &directory.parts {
            let mut names = Vec::new();
            let listed =
                self.volume(part.layer)?.list(&part.directory, &mut |entry| names.push(entry));
            for entry in names {
                if known.contains(&entry.name) {
                    continue;
                }
                let hidden =
                    may_be_whiteout(part, entry.file_type) && self.is_whiteout(part, &entry.name);
                known.insert(entry.name.clone());
                if !hidden {
                    each(entry);
                }
            }
            listed?;
        }
        Ok(())
    }
}

/// Whiteouts by attribute are looked for where their directory says that it has some, as the kernel
/// does; one that stands elsewhere is listed and then not found, here as there.
fn may_be_whiteout<D>(part: &Part<D>, file_type: Option<FileType>) -> bool {
    match file_type {
        None | Some(FileType::Char) => true,
        Some(FileType::File) => part.holds_whiteouts,
        Some(_) => false,
    }
}
