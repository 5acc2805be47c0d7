//! Makes a directory of the operator's, such as that of the state.

use std::path::Path;

use rustix::fs::{Mode, OFlags};
use rustix::io::Errno;

use super::Error;

/// Makes the directory and those above it that are missing, readable by their owner only.
pub fn ensure_directory(path: &Path) -> Result<(), Error> {
    ensure_directory_of(path, 0o700)
}

/// Makes the directory and those above it that are missing, with these permissions, less the umask.
pub fn ensure_directory_of(path: &Path, mode: u32) -> Result<(), Error> {
    let mut missing: Vec<&Path> = Vec::new();
    for ancestor in path.ancestors().filter(|ancestor| !ancestor.as_os_str().is_empty()) {
        let flags = OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC;
        match rustix::fs::open(ancestor, flags, Mode::empty()) {
            Ok(_) => break,
            Err(Errno::NOENT) => missing.push(ancestor),
            Err(errno) => return Err(Error::system("open the directory", ancestor, errno)),
        }
    }
    for directory in missing.into_iter().rev() {
        match rustix::fs::mkdir(directory, Mode::from_raw_mode(mode & 0o777)) {
            // Another run may have been faster.
            Ok(()) | Err(Errno::EXIST) => {}
            Err(errno) => return Err(Error::system("make the directory", directory, errno)),
        }
    }
    Ok(())
}
