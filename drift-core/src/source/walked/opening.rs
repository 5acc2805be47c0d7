//! Opening a surveyed file for reading, and only if it is one that may be opened.

use crate::model::{DirId, FileType, RowId, Stage};
use crate::source::volume::{Errno, Stat, Volume};
use crate::source::{Unread, UnreadKind, errno_name};

use super::crossing::Crossing;
use super::described;
use super::handles::patiently;
use super::read::Reading;

/// Readings of a file that changes meanwhile.
const TRIES: u32 = 3;

/// An open directory of the reading.
pub(super) struct Opened<D> {
    id: DirId,
    directory: D,
    /// Mount and device.
    place: (u64, u64),
}

/// How often a file was not what it should be.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Tries {
    changed: u32,
    replaced: bool,
}

impl Tries {
    /// Counts a reading during which the file changed; the answer once that is enough.
    pub(super) fn changed(&mut self) -> Option<Unread> {
        self.changed = self.changed.saturating_add(1);
        (self.changed >= TRIES).then(|| Unread {
            kind: UnreadKind::Unstable,
            stage: Stage::Read,
            reason: format!("it changed during each of {TRIES} readings"),
            errno: None,
        })
    }
}

/// Why a file was not opened.
pub(super) enum Closed {
    Unread(Unread),
    /// Another program holds a lease on it.
    Held,
    /// Descriptors are short, and this worker holds some that it will give back.
    Short,
}

/// Whether a worker that opens something holds open files.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Hands {
    Empty,
    Full,
}

impl<V: Volume> Reading<'_, V> {
    /// Opens the directory that the survey saw; from the last one, where that lies above it.
    pub(super) fn enter<'w>(
        &self,
        last: &'w mut Option<Opened<V::Directory>>,
        id: DirId,
        hands: Hands,
    ) -> Result<&'w Opened<V::Directory>, Closed> {
        let volume = &self.walked.volume;
        if last.as_ref().is_none_or(|opened| opened.id != id) {
            let opened = self.open_directory(last.as_ref(), id, hands);
            *last = None;
            *last = Some(opened.map_err(|errno| closed(volume, errno, hands))?);
        }
        last.as_ref().ok_or_else(replaced)
    }

    /// Opens something. When descriptors are short, a worker that holds open files goes on with these
    /// first; one that holds none waits as long as others do.
    fn sparing<T>(
        &self,
        hands: Hands,
        mut call: impl FnMut() -> Result<T, Errno>,
    ) -> Result<T, Errno> {
        loop {
            let opened = match hands {
                Hands::Full => return call(),
                Hands::Empty => patiently(|| (), &mut call),
            };
            match opened {
                Err(Errno::MFILE | Errno::NFILE) if self.others_hold_files() => {}
                other => return other,
            }
        }
    }

    fn open_directory(
        &self,
        last: Option<&Opened<V::Directory>>,
        id: DirId,
        hands: Hands,
    ) -> Result<Opened<V::Directory>, Errno> {
        let volume = &self.walked.volume;
        let mut names: Vec<&[u8]> = Vec::new();
        let mut at = id;
        let start = loop {
            if let Some(opened) = last.filter(|opened| opened.id == at) {
                break Some(opened);
            }
            if at == DirId(0) {
                break None;
            }
            let row = self.tree.directory_row(at);
            names.push(self.tree.name(row));
            at = self.tree.directory_of(row).unwrap_or(DirId(0));
        };
        names.reverse();
        let path = names.join(&b'/');
        let directory = self.sparing(hands, || match start {
            Some(opened) => volume.open_directory(&opened.directory, &path),
            None if path.is_empty() => volume.root(),
            None => volume.open_directory(&volume.root()?, &path),
        })?;
        let stat = volume.stat_directory(&directory)?;
        if (stat.device, stat.inode) != self.tree.directory_identity(id) {
            return Err(Errno::STALE);
        }
        Ok(Opened { id, directory, place: (stat.mount, stat.device) })
    }

    /// Opens a file, and tells what it looks like.
    pub(super) fn open(
        &self,
        opened: &Opened<V::Directory>,
        row: RowId,
        tries: &mut Tries,
        hands: Hands,
    ) -> Result<(V::File, Stat), Closed> {
        let volume = &self.walked.volume;
        let name = self.tree.name(row);
        if volume.is_guarded(&opened.directory) {
            match self.sparing(hands, || volume.open_guarded(&opened.directory, name)) {
                Ok((file, seen)) => return self.within(opened, row, file, seen),
                // Something else than the survey saw: that is looked at before it is opened.
                Err(Errno::STALE | Errno::XDEV | Errno::LOOP | Errno::NOSYS) => {}
                Err(errno) => return Err(closed(volume, errno, hands)),
            }
        }
        loop {
            let seen = match volume.stat(&opened.directory, name) {
                Ok(seen) if seen.file_type != FileType::File => return Err(replaced()),
                Ok(seen) => seen,
                Err(errno) => return Err(Closed::Unread(unread(volume, Stage::Stat, errno))),
            };
            if let Some(unread) = self.across(opened, &seen, row) {
                return Err(Closed::Unread(unread));
            }
            match self.sparing(hands, || volume.open(&opened.directory, name, &seen)) {
                Ok(file) => return Ok((file, seen)),
                Err(Errno::STALE) if !tries.replaced => tries.replaced = true,
                Err(Errno::STALE) => return Err(replaced()),
                Err(errno) => return Err(closed(volume, errno, hands)),
            }
        }
    }

    fn within(
        &self,
        opened: &Opened<V::Directory>,
        row: RowId,
        file: V::File,
        seen: Stat,
    ) -> Result<(V::File, Stat), Closed> {
        match self.across(opened, &seen, row) {
            Some(unread) => Err(Closed::Unread(unread)),
            None => Ok((file, seen)),
        }
    }

    /// A single file can be a mount, and then its content may come from a program or a server.
    fn across(&self, opened: &Opened<V::Directory>, seen: &Stat, row: RowId) -> Option<Unread> {
        let (volume, rules) = (&self.walked.volume, self.plan.rules);
        let named = || (self.tree.path(row), self.tree.rule(row));
        match self.mounts.crossing(volume, opened.place, seen, rules, named) {
            Crossing::None | Crossing::Enter(_) => None,
            Crossing::Stay(file_system, _) => Some(Unread {
                kind: UnreadKind::Unreadable,
                stage: Stage::Mount,
                reason: format!("a file of type {file_system} is mounted here and was not read"),
                errno: None,
            }),
        }
    }
}

fn closed(volume: &impl Volume, errno: Errno, hands: Hands) -> Closed {
    match errno {
        Errno::AGAIN => Closed::Held,
        Errno::MFILE | Errno::NFILE if hands == Hands::Full => Closed::Short,
        errno => Closed::Unread(unread(volume, Stage::Open, errno)),
    }
}

fn replaced() -> Closed {
    Closed::Unread(Unread {
        kind: UnreadKind::Replaced,
        stage: Stage::Open,
        reason: "something else stands there now".to_owned(),
        errno: None,
    })
}

/// Says why a file is not read.
pub(super) fn unread(volume: &impl Volume, stage: Stage, errno: Errno) -> Unread {
    let kind = match errno {
        Errno::NOENT => UnreadKind::Vanished,
        Errno::STALE | Errno::NOTDIR | Errno::LOOP if stage == Stage::Open => UnreadKind::Replaced,
        _ => UnreadKind::Unreadable,
    };
    Unread { kind, stage, reason: described(volume, errno), errno: Some(errno_name(errno)) }
}
