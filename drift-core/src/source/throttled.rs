//! A volume that reads content no faster than so many bytes a second.

use std::sync::{Mutex, PoisonError};

use crate::model::{Observed, Xattrs};

use super::known::FileSystem;
use super::mounts::MountPoint;
use super::volume::{DirectoryEntry, Errno, Stat, Volume};

/// Lets time pass. The library has no clock; a program passes `std::thread::sleep`.
pub trait Pace: Sync {
    /// Waits.
    fn pause(&self, nanoseconds: u64);
}

/// Pauses shorter than this are saved up, as a system sleeps no shorter anyway.
const SHORTEST_PAUSE: u64 = 5_000_000;

/// Another volume, with a limit to the rate of reading. The time that reading itself takes comes
/// on top, so the rate stays below the limit.
#[derive(Debug)]
pub struct Throttled<V, P> {
    volume: V,
    pace: P,
    bytes_per_second: u64,
    /// Nanoseconds owed. Held while pausing: several workers together keep to the one limit.
    owed: Mutex<u64>,
}

impl<V: Volume, P: Pace> Throttled<V, P> {
    /// Limits the rate of `volume`; 0 is taken for 1.
    pub fn new(volume: V, bytes_per_second: u64, pace: P) -> Self {
        Self { volume, pace, bytes_per_second: bytes_per_second.max(1), owed: Mutex::new(0) }
    }

    fn pay(&self, bytes: usize) {
        let cost = u128::from(bytes as u64).saturating_mul(1_000_000_000)
            / u128::from(self.bytes_per_second);
        let mut owed = self.owed.lock().unwrap_or_else(PoisonError::into_inner);
        *owed = owed.saturating_add(u64::try_from(cost).unwrap_or(u64::MAX));
        if *owed >= SHORTEST_PAUSE {
            self.pace.pause(*owed);
            *owed = 0;
        }
    }
}

impl<V: Volume, P: Pace> Volume for Throttled<V, P> {
    type Directory = V::Directory;
    type File = V::File;

    fn root(&self) -> Result<V::Directory, Errno> {
        self.volume.root()
    }

    fn open_directory(&self, parent: &V::Directory, path: &[u8]) -> Result<V::Directory, Errno> {
        self.volume.open_directory(parent, path)
    }

    fn stat_directory(&self, directory: &V::Directory) -> Result<Stat, Errno> {
        self.volume.stat_directory(directory)
    }

    fn list(
        &self,
        directory: &V::Directory,
        each: &mut dyn FnMut(DirectoryEntry),
    ) -> Result<(), Errno> {
        self.volume.list(directory, each)
    }

    fn stat(&self, directory: &V::Directory, name: &[u8]) -> Result<Stat, Errno> {
        self.volume.stat(directory, name)
    }

    fn read_link(&self, directory: &V::Directory, name: &[u8]) -> Result<Box<[u8]>, Errno> {
        self.volume.read_link(directory, name)
    }

    fn xattrs(
        &self,
        directory: &V::Directory,
        name: Option<&[u8]>,
    ) -> Result<Observed<Xattrs>, Errno> {
        self.volume.xattrs(directory, name)
    }

    fn open(&self, directory: &V::Directory, name: &[u8], seen: &Stat) -> Result<V::File, Errno> {
        self.volume.open(directory, name, seen)
    }

    fn stat_file(&self, file: &V::File) -> Result<Stat, Errno> {
        self.volume.stat_file(file)
    }

    fn read(&self, file: &mut V::File, buffer: &mut [u8]) -> Result<usize, Errno> {
        let count = self.volume.read(file, buffer)?;
        self.pay(count);
        Ok(count)
    }

    fn next_data(&self, file: &V::File, offset: u64) -> Result<Option<(u64, u64)>, Errno> {
        self.volume.next_data(file, offset)
    }

    fn seek(&self, file: &mut V::File, offset: u64) -> Result<(), Errno> {
        self.volume.seek(file, offset)
    }

    fn meaning(&self, errno: Errno) -> Option<&'static str> {
        self.volume.meaning(errno)
    }

    fn file_system(&self, directory: &Self::Directory) -> Option<FileSystem> {
        self.volume.file_system(directory)
    }

    fn mounts(&self) -> Result<Vec<MountPoint>, Errno> {
        self.volume.mounts()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU64, Ordering};

    use super::{Pace, Throttled, Volume};
    use crate::source::MemoryVolume;

    struct Counted(AtomicU64);

    impl Pace for &Counted {
        fn pause(&self, nanoseconds: u64) {
            self.0.fetch_add(nanoseconds, Ordering::Relaxed);
        }
    }

    #[test]
    fn a_mebibyte_at_a_mebibyte_a_second_takes_a_second() {
        let mut volume = MemoryVolume::new();
        volume.file(b"f", &vec![1; 1 << 20]);
        let counted = Counted(AtomicU64::new(0));
        let volume = Throttled::new(volume, 1 << 20, &counted);
        let root = volume.root().unwrap();
        let stat = volume.stat(&root, b"f").unwrap();
        let mut file = volume.open(&root, b"f", &stat).unwrap();
        let mut buffer = vec![0; 1000];
        while volume.read(&mut file, &mut buffer).unwrap() > 0 {}
        let waited = counted.0.load(Ordering::Relaxed);
        assert!((990_000_000..=1_000_000_000).contains(&waited), "{waited}");
    }
}
