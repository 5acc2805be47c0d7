//! One run at a time: a lock on `run.lock` in the state directory.
//!
//! The lock belongs to the open file (flock(2)), so the kernel drops it when the process ends in any
//! way: a lock that nobody holds cannot stay. The file itself stays and means nothing. It is another
//! lock than that of `lineages.json`, so that `seal` and `verify` need not wait for a long run.

use std::os::fd::OwnedFd;
use std::path::Path;
use std::time::Duration;

use rustix::fs::{FlockOperation, Mode, OFlags};
use rustix::io::Errno;

use super::{Error, ensure_directory};

/// The name of the file.
pub const RUN_LOCK_FILE: &str = "run.lock";

/// A run that is just ending is waited for; two seconds mean that it is not ending.
const ATTEMPTS: u32 = 200;
const PAUSE: Duration = Duration::from_millis(10);

/// The state directory is this run's alone until the value is dropped.
#[derive(Debug)]
pub struct Held {
    _lock: OwnedFd,
}

/// Takes the state directory for one run; makes it if need be.
///
/// # Errors
///
/// [`Error::Busy`] when another run has it and does not end within two seconds. Any other error means
/// that the directory cannot be written, so that no other run could leave anything there either.
pub fn hold(directory: &Path) -> Result<Held, Error> {
    ensure_directory(directory)?;
    let path = directory.join(RUN_LOCK_FILE);
    let flags = OFlags::RDWR | OFlags::CREATE | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    let lock = rustix::fs::open(&path, flags, Mode::RUSR | Mode::WUSR)
        .map_err(|errno| Error::system("open", &path, errno))?;
    lock_exclusively(&lock, directory)?;
    Ok(Held { _lock: lock })
}

/// Waits a moment for the lock on an open file or directory of `directory`.
pub(super) fn lock_exclusively(lock: &OwnedFd, directory: &Path) -> Result<(), Error> {
    let mut attempts = 0;
    while let Err(errno) = rustix::fs::flock(lock, FlockOperation::NonBlockingLockExclusive) {
        if errno != Errno::WOULDBLOCK && errno != Errno::INTR {
            return Err(Error::system("lock the directory", directory, errno));
        }
        attempts += 1;
        if attempts >= ATTEMPTS {
            return Err(Error::Busy { path: directory.to_owned() });
        }
        std::thread::sleep(PAUSE);
    }
    Ok(())
}
