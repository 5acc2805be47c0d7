//! A file system of any size that is computed, not stored: all memory that a run over it takes is
//! drift's own.
//!
//! Its shape is that of a /usr: twelve objects in a directory, one of them a link, names of some
//! twenty bytes, a few owners and modes. Everything follows from the number of an object.

use drift_core::model::{FileType, Flags, Observed, Time, Xattrs};
use drift_core::source::{DirectoryEntry, Errno, Stat, Volume};

/// Objects in a directory of the lowest level.
const OBJECTS: u64 = 12;
/// Directories of the lowest level in one above it, and of those in one of the highest.
const FAN: u64 = 50;

/// A computed file system of a given number of objects.
#[derive(Debug, Clone, Copy)]
pub struct GeneratedVolume {
    /// Directories of the lowest level.
    leaves: u64,
    /// Added to every byte of content.
    salt: u8,
}

/// A directory by level, 0 the root, and its number among all of that level.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place {
    level: u64,
    number: u64,
}

/// A file being read.
#[derive(Debug)]
pub struct Reading {
    stat: Stat,
    at: u64,
}

impl GeneratedVolume {
    /// Makes a file system of about `entries` objects, at most 200 more.
    #[must_use]
    pub fn new(entries: u64) -> Self {
        Self { leaves: entries.div_ceil(OBJECTS + 1).max(1), salt: 0 }
    }

    /// Makes the same file system in which every file that holds anything says something else.
    #[must_use]
    pub fn altered(self) -> Self {
        Self { salt: 1, ..self }
    }

    /// Returns how many directories a level has.
    fn count(&self, level: u64) -> u64 {
        match level {
            0 => 1,
            1 => self.leaves.div_ceil(FAN * FAN),
            2 => self.leaves.div_ceil(FAN),
            _ => self.leaves,
        }
    }

    /// Returns the numbers of what lies in a directory, on the level below.
    fn inside(&self, place: Place) -> std::ops::Range<u64> {
        let per = match place.level {
            0 => self.count(1),
            3 => return place.number * OBJECTS..(place.number + 1) * OBJECTS,
            _ => FAN,
        };
        let start = place.number * per;
        start..(start + per).min(self.count(place.level + 1))
    }

    fn child(&self, directory: Place, name: &[u8]) -> Result<Place, Errno> {
        let digits = name.get(..8).and_then(|digits| std::str::from_utf8(digits).ok());
        let number = digits.and_then(|digits| digits.parse().ok()).ok_or(Errno::NOENT)?;
        let place = Place { level: directory.level + 1, number };
        let there = self.inside(directory).contains(&number) && name_of(place) == name;
        if there { Ok(place) } else { Err(Errno::NOENT) }
    }
}

/// Numbers without a visible pattern, from a number (the finaliser of SplitMix64).
fn scatter(number: u64) -> u64 {
    let number = (number ^ (number >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let number = (number ^ (number >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    number ^ (number >> 31)
}

impl Place {
    fn file_type(self) -> FileType {
        match self.level {
            4 if self.number.is_multiple_of(OBJECTS) => FileType::Symlink,
            4 => FileType::File,
            _ => FileType::Directory,
        }
    }

    /// Returns a number that only this object has.
    fn id(self) -> u64 {
        (self.number << 3) | self.level
    }
}

fn name_of(place: Place) -> Vec<u8> {
    const WORDS: [&str; 16] = [
        "lib", "core", "python", "module", "index", "test", "common", "data", "event", "locale",
        "script", "image", "parser", "config", "utils", "network",
    ];
    let noise = scatter(place.id());
    let word = |shift: u32| {
        let at = usize::try_from((noise >> shift) & 15).unwrap_or(0);
        WORDS.get(at).copied().unwrap_or_default()
    };
    match place.level {
        4 => format!("{:08}-{}-{}.so", place.number, word(0), word(4)).into_bytes(),
        _ => format!("{:08}-{}", place.number, word(0)).into_bytes(),
    }
}

fn stat_of(place: Place) -> Stat {
    let noise = scatter(place.id());
    let file_type = place.file_type();
    // What one package holds has one time, or nearly.
    let package = scatter(if place.level == 4 { place.number / (OBJECTS * 8) } else { 1 });
    let seconds = i64::try_from(package % 100_000_000).unwrap_or(0).saturating_add(1_600_000_000);
    let mtime = Time { seconds, nanoseconds: 0 };
    let size = if file_type == FileType::File { (noise >> 8) % 2048 } else { 0 };
    Stat {
        file_type,
        mode: match (file_type, noise & 7) {
            (FileType::File, 1..) => 0o644,
            (FileType::Symlink, _) => 0o777,
            _ => 0o755,
        },
        uid: 0,
        gid: if noise & 0x3f00 == 0 { 50 } else { 0 },
        size,
        allocated: size,
        mtime,
        ctime: mtime,
        btime: None,
        verity: false,
        rdev: None,
        nlink: 1,
        device: 1,
        inode: place.id().saturating_add(8),
        mount: 0,
        flags: Observed::Is(Flags::default()),
    }
}

impl Volume for GeneratedVolume {
    type Directory = Place;
    type File = Reading;

    fn root(&self) -> Result<Place, Errno> {
        Ok(Place { level: 0, number: 0 })
    }

    fn open_directory(&self, parent: &Place, path: &[u8]) -> Result<Place, Errno> {
        let names = path.split(|&byte| byte == b'/').filter(|name| !name.is_empty());
        names.into_iter().try_fold(*parent, |at, name| self.child(at, name))
    }

    fn stat_directory(&self, directory: &Place) -> Result<Stat, Errno> {
        Ok(stat_of(*directory))
    }

    fn list(&self, directory: &Place, each: &mut dyn FnMut(DirectoryEntry)) -> Result<(), Errno> {
        for number in self.inside(*directory) {
            let place = Place { level: directory.level + 1, number };
            each(DirectoryEntry {
                name: name_of(place).into(),
                file_type: Some(place.file_type()),
                inode: 0,
            });
        }
        Ok(())
    }

    fn stat(&self, directory: &Place, name: &[u8]) -> Result<Stat, Errno> {
        self.child(*directory, name).map(stat_of)
    }

    fn read_link(&self, directory: &Place, name: &[u8]) -> Result<Box<[u8]>, Errno> {
        let mut beside = self.child(*directory, name)?;
        beside.number += 1;
        Ok(name_of(beside).into())
    }

    fn xattrs(&self, _: &Place, _: Option<&[u8]>) -> Result<Observed<Xattrs>, Errno> {
        Ok(Observed::Is(Xattrs::default()))
    }

    fn open(&self, directory: &Place, name: &[u8], _: &Stat) -> Result<Reading, Errno> {
        Ok(Reading { stat: self.stat(directory, name)?, at: 0 })
    }

    fn stat_file(&self, file: &Reading) -> Result<Stat, Errno> {
        Ok(file.stat.clone())
    }

    fn read(&self, file: &mut Reading, buffer: &mut [u8]) -> Result<usize, Errno> {
        let left = file.stat.size.saturating_sub(file.at);
        let count = usize::try_from(left).unwrap_or(usize::MAX).min(buffer.len());
        let bytes = buffer.get_mut(..count).unwrap_or_default();
        bytes.fill(u8::try_from(file.stat.inode % 251).unwrap_or(0).wrapping_add(self.salt));
        file.at = file.at.saturating_add(count as u64);
        Ok(count)
    }

    fn next_data(&self, file: &Reading, offset: u64) -> Result<Option<(u64, u64)>, Errno> {
        Ok((offset < file.stat.size).then_some((offset, file.stat.size)))
    }

    fn seek(&self, file: &mut Reading, offset: u64) -> Result<(), Errno> {
        file.at = offset;
        Ok(())
    }
}
