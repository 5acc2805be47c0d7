//! Going into directories, for calls that take a path and no descriptor.
//!
//! llistxattr(2) knows no directory but the working one, and the way through `/proc/self/fd` costs it five
//! times its own work. A worker of drift's own pool has nobody to share a working directory with, so
//! it takes one for itself alone (`CLONE_FS` of unshare(2)) and goes where it looks. No other thread is
//! moved, and where that is refused the way through `/proc` remains.

use std::cell::Cell;
use std::sync::atomic::{AtomicU64, Ordering};

use rustix::fd::BorrowedFd;
use rustix::thread::UnshareFlags;

use crate::bounds::is_worker;

/// An open directory, told from all others of this process. Descriptors are given out again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Visit(u64);

/// How a thread stands to working directories.
#[derive(Debug, Clone, Copy)]
enum Standing {
    /// Nothing was tried.
    Unknown,
    /// It shares its working directory, and leaves it alone.
    Shared,
    /// It has its own, and is in this one.
    Own(Option<Visit>),
}

thread_local! {
    static STANDING: Cell<Standing> = const { Cell::new(Standing::Unknown) };
}

impl Visit {
    /// Names a directory that was just opened.
    pub(super) fn new() -> Self {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        Self(NEXT.fetch_add(1, Ordering::Relaxed))
    }
}

/// Goes into an open directory; returns whether a name alone now means an object in it.
pub(super) fn go(visit: Visit, directory: BorrowedFd<'_>) -> bool {
    let here = match STANDING.get() {
        Standing::Shared => return false,
        Standing::Own(here) => here,
        Standing::Unknown if is_worker() && has_own() => None,
        Standing::Unknown => {
            STANDING.set(Standing::Shared);
            return false;
        }
    };
    let there = here == Some(visit) || rustix::process::fchdir(directory).is_ok();
    STANDING.set(Standing::Own(if there { Some(visit) } else { here }));
    there
}

/// Goes out of wherever this thread is, so that nothing stays in use.
pub(super) fn leave() {
    if let Standing::Own(Some(_)) = STANDING.get() {
        // Without a root to go to the directory stays in use until the thread ends.
        let _left = rustix::process::chdir("/");
        STANDING.set(Standing::Own(None));
    }
}

fn has_own() -> bool {
    #[expect(deprecated, reason = "only a table of descriptors of its own would be unsound")]
    rustix::thread::unshare(UnshareFlags::FS).is_ok()
}

#[cfg(test)]
#[expect(clippy::disallowed_methods, reason = "a test looks at its own threads and files")]
mod tests {
    use std::path::{Path, PathBuf};
    use std::sync::Mutex;

    use crate::bounds::{Cancelled, Pool};
    use crate::model::Observed;
    use crate::source::host::{HostVolume, Resolution};
    use crate::source::volume::Volume as _;

    /// Where a thread is, as the kernel says.
    fn here() -> PathBuf {
        std::fs::read_link("/proc/thread-self/cwd").unwrap()
    }

    #[test]
    fn only_workers_move_and_only_for_themselves() {
        let root = tempfile::tempdir().unwrap();
        let path = std::fs::canonicalize(root.path()).unwrap();
        for name in ["one", "two"] {
            std::fs::create_dir(path.join(name)).unwrap();
            std::fs::write(path.join(name).join("file"), name).unwrap();
        }
        let value = |name: &str| {
            let file = path.join(name).join("file");
            rustix::fs::lsetxattr(file, "user.is", name.as_bytes(), rustix::fs::XattrFlags::empty())
        };
        value("one").and(value("two")).unwrap();
        let volume = HostVolume::open(&path, Resolution::Automatic).unwrap();
        let top = volume.root().unwrap();
        let before = here();
        let seen = Mutex::new(Vec::new());
        let look = |_| -> Result<(), Cancelled> {
            // The second directory has the descriptor that the first one had.
            for name in ["one", "two", "one"] {
                let directory = volume.open_directory(&top, name.as_bytes()).unwrap();
                let Ok(Observed::Is(xattrs)) = volume.xattrs(&directory, Some(b"file")) else {
                    panic!("{name}: no attributes");
                };
                assert_eq!(xattrs.get(b"user.is"), Some(name.as_bytes()));
                seen.lock().unwrap().push((name, here()));
            }
            volume.leave();
            seen.lock().unwrap().push(("left", here()));
            Ok(())
        };
        Pool::new(2).unwrap().on_each(look).unwrap();
        assert_eq!(here(), before);
        let seen = std::mem::take(&mut *seen.lock().unwrap());
        assert_eq!(seen.len(), 8);
        // A sandbox may refuse a worker its own working directory; then nobody moves at all.
        let moved = seen.iter().any(|(_, at)| *at != before);
        for (name, at) in seen.iter().filter(|_| moved) {
            let expect = if *name == "left" { Path::new("/").into() } else { path.join(name) };
            assert_eq!(*at, expect);
        }
        // A pool of one worker is the caller's own thread, and so is this one.
        Pool::new(1).unwrap().on_each(look).unwrap();
        assert_eq!(here(), before);
    }
}
