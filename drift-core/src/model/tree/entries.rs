//! Whole entries, put together from rows and what many rows share.

use crate::model::entry::{Entry, EntryRef, Observed, Time, Xattrs};
use crate::model::kind::FileType;
use crate::model::path::TreePath;

use super::{RowId, State, Tree};

impl Tree {
    /// Builds the whole entry.
    #[must_use]
    pub fn entry(&self, id: RowId) -> Entry {
        match self.entry_ref(id) {
            Some(entry) => entry.to_entry(),
            None => Entry::unobserved(self.file_type(id)),
        }
    }

    /// Returns the whole entry where it lies; `None` where no more than its type is known.
    #[must_use]
    pub fn entry_ref(&self, id: RowId) -> Option<EntryRef<'_>> {
        let (row, metadata) = (self.rows.get(id.index())?, self.metadata_of(id)?);
        if row.state == State::Unobserved {
            return None;
        }
        let kept = row.state != State::Redacted;
        let file = row.file_type == FileType::File && kept;
        let shared = self.shared_names(id);
        Some(EntryRef {
            file_type: row.file_type,
            mode: metadata.mode,
            uid: metadata.uid,
            gid: metadata.gid,
            size: if file { Observed::Is(row.size) } else { Observed::NotApplicable },
            mtime: match kept {
                true => Observed::Is(Time { seconds: row.seconds, nanoseconds: row.nanoseconds }),
                false => Observed::NotApplicable,
            },
            digest: self.digest(id),
            link_target: match row.file_type {
                FileType::Symlink => self
                    .links
                    .get(row.payload as usize)
                    .map_or(Observed::Unobserved, |target| target.as_ref().map(|target| &**target)),
                _ => Observed::NotApplicable,
            },
            rdev: match row.file_type {
                FileType::Char | FileType::Block => self
                    .devices
                    .get(row.payload as usize)
                    .copied()
                    .map_or(Observed::Unobserved, Observed::Is),
                _ => Observed::NotApplicable,
            },
            nlink: match row.file_type {
                FileType::Directory => Observed::NotApplicable,
                _ => Observed::Is(shared.map_or(1, |(nlink, _)| nlink)),
            },
            hardlinks: shared
                .and_then(|(_, leader)| leader)
                .map_or(Observed::NotApplicable, Observed::Is),
            flags: metadata.flags,
            xattrs: metadata.xattrs.as_ref(),
            per_host: match self.per_host.is_empty() {
                true => Observed::NotApplicable,
                false => {
                    self.per_host.get(&id).copied().map_or(Observed::NotApplicable, Observed::Is)
                }
            },
        })
    }

    /// Returns number of names and first path of an object with several.
    fn shared_names(&self, id: RowId) -> Option<(u32, Option<&TreePath>)> {
        let at = self.shared.binary_search_by_key(&id, |&(row, _, _)| row).ok()?;
        let &(_, nlink, leader) = self.shared.get(at)?;
        Some((nlink, self.leaders.get(leader as usize)))
    }

    /// Returns what of an entry has no fixed length, apart from its name: target of a link, first
    /// path of a group of names, extended attributes.
    pub(crate) fn variable(&self, id: RowId) -> Variable<'_> {
        let mut variable = Variable::default();
        let (Some(row), Some(metadata)) = (self.rows.get(id.index()), self.metadata_of(id)) else {
            return variable;
        };
        if row.state == State::Unobserved {
            return variable;
        }
        variable.link_target = self.link_target(id);
        variable.leader = self.shared_names(id).and_then(|(_, leader)| leader);
        variable.xattrs = metadata.xattrs.seen();
        variable
    }
}

/// What of an entry has no fixed length.
#[derive(Debug, Default, Clone, Copy)]
pub(crate) struct Variable<'t> {
    pub(crate) link_target: Option<&'t [u8]>,
    pub(crate) leader: Option<&'t TreePath>,
    pub(crate) xattrs: Option<&'t Xattrs>,
}
