//! Which file systems' stamps are believed, and why not those of the others.
//!
//! A stamp proves something where three things hold: an inode keeps its number as long as the file
//! lives, every change of the content sets `ctime` to a present time, and the file system can be told
//! from any other that is mounted there later. All others are read at every run.

use std::collections::BTreeMap;

use crate::source::{FileSystem, Place};

/// Types by their magic numbers (statfs(2), linux/magic.h).
const BELIEVED: &[(u64, &str)] =
    &[(0xef53, "ext2, ext3, ext4"), (0x5846_5342, "xfs"), (0x9123_683e, "btrfs")];

/// The usual ones that are not believed, each with its reason. Unknown types are not either.
const DISBELIEVED: &[(u64, &str, &str)] = &[
    (0x0102_1994, "tmpfs", "what is mapped there is never written back, so stores leave no stamp"),
    (0x8584_58f6, "ramfs", "what is mapped there is never written back, so stores leave no stamp"),
    (0x794c_7630, "overlay", "inodes and times are those of layers that can change beneath it"),
    (0x7371_7368, "squashfs", "times are those of the image, which another may replace"),
    (0xe0f5_e1e2, "erofs", "times are those of the image, which another may replace"),
    (0x9660, "iso9660", "times are those of the image, which another may replace"),
    (0x4d44, "vfat", "it keeps no time of change and no inodes"),
    (0x2011_bab0, "exfat", "it keeps no time of change and no inodes"),
    (0x6573_5546, "FUSE", "a program makes up what it says"),
    (0x6969, "NFS", "the server and its clock set the times"),
    (0xfe53_4d42, "SMB", "the server and its clock set the times"),
    (0x0102_1997, "9p", "the server and its clock set the times"),
    (0x2fc1_2fc1, "zfs", "how it keeps times was not examined"),
    (0xf2f5_2010, "f2fs", "it does not say which one of several it is"),
];

const UNKNOWN: (&str, &str) = ("unknown type", "how it keeps times was not examined");

/// Images that are made to be the same at every build have the same identities, inodes and times, and
/// hosts that run from them mount them so.
const READ_ONLY: (&str, &str) =
    ("read-only kind", "times may be those of an image, which another may replace");

/// A run meets no more file systems than a machine has mounts.
const MAX_PLACES: usize = 4096;

/// The file systems of one run, by number. The first ones are those of the stored cache.
#[derive(Debug, Default)]
pub(super) struct Places {
    known: Vec<FileSystem>,
    /// By mount and device, with what was decided.
    met: BTreeMap<(u64, u64), Option<Place>>,
    disbelieved: BTreeMap<&'static str, &'static str>,
}

impl Places {
    pub(super) fn new(known: Vec<FileSystem>) -> Self {
        Self { known, ..Self::default() }
    }

    /// Returns the number of a file system, which is asked for at its first directory.
    pub(super) fn place(
        &mut self,
        at: (u64, u64),
        ask: &mut dyn FnMut() -> Option<FileSystem>,
    ) -> Option<Place> {
        if let Some(decided) = self.met.get(&at) {
            return *decided;
        }
        let decided = ask().and_then(|found| self.decide(&found, at.1));
        if self.met.len() < MAX_PLACES {
            self.met.insert(at, decided);
        }
        decided
    }

    /// Returns the number that a file system that was met already has.
    pub(super) fn met(&self, at: (u64, u64)) -> Option<Place> {
        self.met.get(&at).copied().flatten()
    }

    pub(super) fn known(&self) -> &[FileSystem] {
        &self.known
    }

    /// Returns the types that were met and not believed, with the reasons.
    pub(super) fn disbelieved(&self) -> impl Iterator<Item = (&'static str, &'static str)> {
        self.disbelieved.iter().map(|(name, reason)| (*name, *reason))
    }

    fn decide(&mut self, found: &FileSystem, device: u64) -> Option<Place> {
        if found.is_read_only {
            let (name, reason) = READ_ONLY;
            self.disbelieved.insert(name, reason);
            return None;
        }
        if !BELIEVED.iter().any(|(kind, _)| *kind == found.kind) {
            let why = DISBELIEVED.iter().find(|(kind, ..)| *kind == found.kind);
            let (name, reason) = why.map_or(UNKNOWN, |(_, name, reason)| (*name, *reason));
            self.disbelieved.insert(name, reason);
            return None;
        }
        let standing = self.known.iter().position(|known| known == found);
        let at = standing.unwrap_or(self.known.len());
        let place = u16::try_from(at).ok().filter(|_| at < MAX_PLACES).map(Place)?;
        let is_other = |((_, other), decided): (&(u64, u64), &Option<Place>)| {
            *decided == Some(place) && *other != device
        };
        // A copy of it, bit by bit, on another device: the two cannot be told apart.
        if self.met.iter().any(is_other) {
            return None;
        }
        if standing.is_none() {
            self.known.push(*found);
        }
        Some(place)
    }
}

#[cfg(test)]
mod tests {
    use super::{BELIEVED, DISBELIEVED, Places, READ_ONLY};
    use crate::source::{FileSystem, Place};

    fn of(kind: u64, id: u64) -> FileSystem {
        FileSystem { kind, id, inode: 2, btime: None, is_read_only: false }
    }

    #[test]
    fn what_nobody_can_write_here_may_be_another_image_tomorrow() {
        let mut places = Places::new(vec![of(0xef53, 1)]);
        let image = FileSystem { is_read_only: true, ..of(0xef53, 1) };
        assert_eq!(places.place((7, 70), &mut || Some(image)), None);
        assert_eq!(places.disbelieved().collect::<Vec<_>>(), [READ_ONLY]);
    }

    #[test]
    fn a_file_system_is_asked_once_and_keeps_its_number() {
        let mut places = Places::new(vec![of(0xef53, 1), of(0xef53, 2)]);
        let mut asked = 0;
        for _ in 0..3 {
            let place = places.place((7, 70), &mut || {
                asked += 1;
                Some(of(0xef53, 2))
            });
            assert_eq!(place, Some(Place(1)));
        }
        assert_eq!(asked, 1);
        assert_eq!(places.place((8, 80), &mut || Some(of(0xef53, 3))), Some(Place(2)));
        assert_eq!(places.place((9, 90), &mut || None), None);
        assert_eq!((places.met((8, 80)), places.met((9, 90))), (Some(Place(2)), None));
        // The same one through another mount is the same; a copy on another device is not.
        assert_eq!(places.place((10, 70), &mut || Some(of(0xef53, 2))), Some(Place(1)));
        assert_eq!(places.place((11, 99), &mut || Some(of(0xef53, 2))), None);
    }

    #[test]
    fn only_what_stands_in_the_table_is_believed() {
        for (kind, name, reason) in DISBELIEVED {
            assert!(BELIEVED.iter().all(|(believed, _)| believed != kind), "{name}");
            let mut places = Places::default();
            assert_eq!(places.place((1, 1), &mut || Some(of(*kind, 1))), None, "{name}");
            assert_eq!(places.disbelieved().collect::<Vec<_>>(), [(*name, *reason)]);
        }
        let mut places = Places::default();
        assert_eq!(places.place((1, 1), &mut || Some(of(0x1234_5678, 1))), None);
        assert_eq!(places.disbelieved().count(), 1);
    }
}
