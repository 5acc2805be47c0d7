//! The limit: what a check cannot do without, each part alone and written as leanly as possible.
//!
//! None of it is drift's code except the digests: a program that walks, reads and digests one after
//! the other with these would take their sum. All parts are CPU-bound when the page cache is warm, so
//! doing them at the same time gains nothing on the same threads.

mod lanes;
mod read;
mod walk;

use std::ffi::CString;
use std::os::unix::ffi::OsStringExt as _;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

pub use lanes::lanes;
pub use read::read;
pub use walk::walk;

/// What one part went over.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Total {
    /// Entries, or files.
    pub count: u64,
    /// Bytes of files.
    pub bytes: u64,
}

impl Total {
    fn and(self, other: Self) -> Self {
        Self { count: self.count + other.count, bytes: self.bytes + other.bytes }
    }
}

/// The files of one directory, by name and size.
#[derive(Debug)]
pub struct Directory {
    /// Its path.
    pub path: PathBuf,
    /// Regular files in it.
    pub files: Vec<(CString, u64)>,
}

/// Lists the regular files below `root` on its file system; no part of what is measured.
///
/// # Errors
///
/// Those of the calls.
#[expect(clippy::disallowed_methods, reason = "a benchmark lists a tree")]
pub fn list(root: &Path) -> std::io::Result<Vec<Directory>> {
    let device = std::fs::symlink_metadata(root)?.dev();
    let (mut todo, mut done) = (vec![root.to_owned()], Vec::new());
    while let Some(path) = todo.pop() {
        let mut files = Vec::new();
        for entry in std::fs::read_dir(&path)? {
            let entry = entry?;
            let kind = entry.metadata()?;
            if kind.is_dir() && kind.dev() == device {
                todo.push(entry.path());
            } else if kind.is_file() {
                files.push((CString::new(entry.file_name().into_vec())?, kind.len()));
            }
        }
        done.push(Directory { path, files });
    }
    Ok(done)
}

/// Runs `work` on so many threads and adds up what they say.
fn on_threads(
    threads: usize,
    work: impl Fn() -> std::io::Result<Total> + Sync,
) -> std::io::Result<Total> {
    std::thread::scope(|scope| {
        let workers: Vec<_> = (0..threads).map(|_| scope.spawn(&work)).collect();
        workers.into_iter().try_fold(Total::default(), |sum, worker| {
            let one = worker.join().map_err(|_| std::io::Error::other("a worker panicked"))?;
            Ok(sum.and(one?))
        })
    })
}

#[cfg(test)]
#[expect(clippy::disallowed_methods, reason = "a test makes files")]
mod tests {
    use super::{Total, lanes, list, read, walk};

    #[test]
    fn all_three_go_over_the_same_tree() {
        let root = tempfile::tempdir().unwrap();
        let mut bytes = 0;
        for number in 0..40u32 {
            let directory = root.path().join(format!("{}/{}", number % 3, number % 5));
            std::fs::create_dir_all(&directory).unwrap();
            let size = [0, 1, 5000, 65_536, 65_537, 300_000][number as usize % 6];
            bytes += size as u64;
            std::fs::write(directory.join(number.to_string()), vec![7; size]).unwrap();
        }
        std::os::unix::fs::symlink("0", root.path().join("link")).unwrap();
        let listed = list(root.path()).unwrap();
        let files = Total { count: 40, bytes };
        for threads in [1, 3] {
            // The root, 3 directories with 5 each, 40 files and a link.
            let entries = Total { count: 1 + 3 + 15 + 40 + 1, bytes };
            assert_eq!(walk(root.path(), threads).unwrap(), entries);
            assert_eq!(read(&listed, threads).unwrap(), files);
            assert_eq!(lanes(&listed, threads).unwrap(), files);
        }
    }
}
