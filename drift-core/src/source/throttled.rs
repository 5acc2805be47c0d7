//! A volume that reads content no faster than so many bytes a second.

use std::sync::Arc;

use crate::model::{Observed, Xattrs};

use super::known::{FileSystem, Seal};
use super::mounts::MountPoint;
use super::rate::Rate;
use super::volume::{DirectoryEntry, Errno, Stat, Volume};

/// Another volume, with a limit to the rate of reading, which it may share with other readers.
#[derive(Debug)]
pub struct Throttled<V> {
    volume: V,
    rate: Arc<Rate>,
}

impl<V: Volume> Throttled<V> {
    /// Limits the rate of `volume`.
    pub fn new(volume: V, rate: Arc<Rate>) -> Self {
        Self { volume, rate }
    }
}

impl<V: Volume> Volume for Throttled<V> {
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

    fn leave(&self) {
        self.volume.leave();
    }

    fn open(&self, directory: &V::Directory, name: &[u8], seen: &Stat) -> Result<V::File, Errno> {
        self.volume.open(directory, name, seen)
    }

    fn is_guarded(&self, directory: &V::Directory) -> bool {
        self.volume.is_guarded(directory)
    }

    fn open_guarded(
        &self,
        directory: &V::Directory,
        name: &[u8],
    ) -> Result<(V::File, Stat), Errno> {
        self.volume.open_guarded(directory, name)
    }

    fn stat_file(&self, file: &V::File) -> Result<Stat, Errno> {
        self.volume.stat_file(file)
    }

    fn seal(&self, file: &V::File) -> Option<Seal> {
        self.volume.seal(file)
    }

    fn read(&self, file: &mut V::File, buffer: &mut [u8]) -> Result<usize, Errno> {
        let count = self.volume.read(file, buffer)?;
        self.rate.pay(count);
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

    fn prefers_inodes(&self) -> bool {
        self.volume.prefers_inodes()
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
    use std::sync::Arc;
    use std::time::Duration;

    use super::{Rate, Throttled, Volume};
    use crate::bounds::Cancel;
    use crate::source::MemoryVolume;
    use crate::source::rate::{Pace as _, tests::Virtual};

    #[test]
    fn ten_mebibytes_at_a_mebibyte_a_second_take_ten_seconds() {
        let mut volume = MemoryVolume::new();
        volume.file(b"f", &vec![1; 10 << 20]);
        let clock = Virtual::default();
        let rate = Rate::new(1 << 20, Box::new(clock.clone()), Cancel::new());
        let volume = Throttled::new(volume, Arc::new(rate));
        let root = volume.root().unwrap();
        let stat = volume.stat(&root, b"f").unwrap();
        let mut file = volume.open(&root, b"f", &stat).unwrap();
        let mut buffer = vec![0; 1000];
        while volume.read(&mut file, &mut buffer).unwrap() > 0 {}
        let waited = clock.now();
        let expected = Duration::from_millis(9_890)..=Duration::from_millis(10_010);
        assert!(expected.contains(&waited), "{waited:?}");
    }
}
