//! Directories of equal files, computed: one with all of them, many with some, names of one file.
//!
//! Beside the tree like a /usr of `generated.rs`, this has the shapes that are quadratic in a careless
//! program. No object takes memory, so all that a run holds is drift's own.

use drift_core::model::{FileType, Flags, Observed, Time, Xattrs};
use drift_core::source::{DirectoryEntry, Errno, Stat, Volume};

/// A computed file system of directories that hold regular files alone.
#[derive(Debug, Clone, Copy)]
pub struct FlatVolume {
    /// Files in all.
    pub files: u64,
    /// Files in one directory.
    pub per_directory: u64,
    /// Names of one file; neighbours are the same file.
    pub names: u64,
    /// What the names of directories begin with.
    pub prefix: &'static str,
    /// Whether all files hold the same.
    pub alike: bool,
}

/// The root, or a directory by its number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FlatPlace {
    /// The root.
    Root,
    /// One below it.
    Directory(u64),
}

/// A file being read: its number, and how much was read.
#[derive(Debug)]
pub struct FlatReading {
    number: u64,
    at: usize,
}

impl FlatVolume {
    /// Makes one directory with so many files.
    #[must_use]
    pub fn wide(files: u64) -> Self {
        Self { files, per_directory: files, names: 1, prefix: "d", alike: false }
    }

    /// Makes directories of a thousand files each.
    #[must_use]
    pub fn many(files: u64) -> Self {
        Self { per_directory: 1000, ..Self::wide(files) }
    }

    fn directories(&self) -> u64 {
        self.files.div_ceil(self.per_directory.max(1))
    }

    fn number(&self, directory: FlatPlace, name: &[u8]) -> Result<u64, Errno> {
        let digits = name.get(1..).and_then(|name| str::from_utf8(name).ok());
        let number = digits.and_then(|digits| digits.parse().ok()).ok_or(Errno::NOENT)?;
        match directory {
            FlatPlace::Root if number < self.directories() => Ok(number),
            FlatPlace::Directory(_) if number < self.files => Ok(number),
            _ => Err(Errno::NOENT),
        }
    }

    fn content(&self, number: u64) -> Vec<u8> {
        let said = if self.alike { 0 } else { number / self.names.max(1) };
        format!("content of {said}\n").into_bytes()
    }

    fn stat_of(&self, file_type: FileType, number: u64) -> Stat {
        let mtime = Time { seconds: 1_700_000_000, nanoseconds: 0 };
        let is_file = file_type == FileType::File;
        let inode = if is_file { (number / self.names.max(1)) << 1 } else { (number << 1) | 1 };
        let size = if is_file { self.content(number).len() as u64 } else { 0 };
        Stat {
            file_type,
            mode: if is_file { 0o644 } else { 0o755 },
            uid: 0,
            gid: 0,
            size,
            allocated: size,
            mtime,
            ctime: mtime,
            btime: None,
            verity: false,
            rdev: None,
            nlink: if is_file { u32::try_from(self.names).unwrap_or(u32::MAX) } else { 2 },
            device: 1,
            inode: inode.saturating_add(8),
            mount: 0,
            flags: Observed::Is(Flags::default()),
        }
    }
}

impl Volume for FlatVolume {
    type Directory = FlatPlace;
    type File = FlatReading;

    fn root(&self) -> Result<FlatPlace, Errno> {
        Ok(FlatPlace::Root)
    }

    fn open_directory(&self, parent: &FlatPlace, path: &[u8]) -> Result<FlatPlace, Errno> {
        match parent {
            FlatPlace::Root if path.starts_with(self.prefix.as_bytes()) => {
                self.number(FlatPlace::Root, path).map(FlatPlace::Directory)
            }
            _ => Err(Errno::NOENT),
        }
    }

    fn stat_directory(&self, directory: &FlatPlace) -> Result<Stat, Errno> {
        Ok(match directory {
            FlatPlace::Root => self.stat_of(FileType::Directory, u64::MAX >> 8),
            FlatPlace::Directory(number) => self.stat_of(FileType::Directory, *number),
        })
    }

    fn list(
        &self,
        directory: &FlatPlace,
        each: &mut dyn FnMut(DirectoryEntry),
    ) -> Result<(), Errno> {
        let (numbers, prefix, file_type) = match directory {
            FlatPlace::Root => (0..self.directories(), self.prefix, FileType::Directory),
            FlatPlace::Directory(number) => {
                let start = number.saturating_mul(self.per_directory);
                let end = start.saturating_add(self.per_directory).min(self.files);
                (start..end, "f", FileType::File)
            }
        };
        for number in numbers {
            let name = format!("{prefix}{number:08}").into_bytes().into();
            each(DirectoryEntry { name, file_type: Some(file_type), inode: 0 });
        }
        Ok(())
    }

    fn stat(&self, directory: &FlatPlace, name: &[u8]) -> Result<Stat, Errno> {
        let number = self.number(*directory, name)?;
        Ok(match directory {
            FlatPlace::Root => self.stat_of(FileType::Directory, number),
            FlatPlace::Directory(_) => self.stat_of(FileType::File, number),
        })
    }

    fn read_link(&self, _: &FlatPlace, _: &[u8]) -> Result<Box<[u8]>, Errno> {
        Err(Errno::INVAL)
    }

    fn xattrs(&self, _: &FlatPlace, _: Option<&[u8]>) -> Result<Observed<Xattrs>, Errno> {
        Ok(Observed::Is(Xattrs::default()))
    }

    fn open(&self, directory: &FlatPlace, name: &[u8], _: &Stat) -> Result<FlatReading, Errno> {
        Ok(FlatReading { number: self.number(*directory, name)?, at: 0 })
    }

    fn stat_file(&self, file: &FlatReading) -> Result<Stat, Errno> {
        Ok(self.stat_of(FileType::File, file.number))
    }

    fn read(&self, file: &mut FlatReading, buffer: &mut [u8]) -> Result<usize, Errno> {
        let content = self.content(file.number);
        let left = content.get(file.at..).unwrap_or_default();
        let count = left.len().min(buffer.len());
        for (slot, byte) in buffer.iter_mut().zip(left) {
            *slot = *byte;
        }
        file.at = file.at.saturating_add(count);
        Ok(count)
    }

    fn next_data(&self, file: &FlatReading, offset: u64) -> Result<Option<(u64, u64)>, Errno> {
        let size = self.content(file.number).len() as u64;
        Ok((offset < size).then_some((offset, size)))
    }

    fn seek(&self, file: &mut FlatReading, offset: u64) -> Result<(), Errno> {
        file.at = usize::try_from(offset).unwrap_or(usize::MAX);
        Ok(())
    }
}
