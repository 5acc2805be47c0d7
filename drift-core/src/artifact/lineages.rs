//! Keeps the memory of earlier baselines: `lineages.json` in the state directory.

use std::path::Path;

use rustix::fs::{Mode, OFlags};

use super::held::lock_exclusively;
use super::{Error, Replace, ensure_directory, read_bounded, write};
use crate::bounds::Timestamp;
use crate::seal::{LineageState, MAX_STATE_BYTES, SealInfo};

/// The name of the file.
pub const LINEAGES_FILE: &str = "lineages.json";

/// Reads the memory in `directory`; `None` when there is none yet.
pub fn load_lineages(directory: &Path) -> Result<Option<LineageState>, Error> {
    let path = directory.join(LINEAGES_FILE);
    let bytes = match read_bounded(&path, MAX_STATE_BYTES) {
        Ok(bytes) => bytes,
        Err(Error::System { source, .. }) if source.kind() == std::io::ErrorKind::NotFound => {
            return Ok(None);
        }
        Err(error) => return Err(error),
    };
    LineageState::decode(&bytes).map(Some).map_err(|source| Error::Lineages { path, source })
}

/// Adds what was verified at `now` to the memory in `directory`, and makes both if need be.
///
/// The memory is read again under a lock, so that of two runs at once none is forgotten. The lock
/// is on the directory and goes with the process, so a killed run blocks nobody.
pub fn remember(directory: &Path, info: &SealInfo, now: Timestamp) -> Result<(), Error> {
    ensure_directory(directory)?;
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
    let lock = rustix::fs::open(directory, flags, Mode::empty())
        .map_err(|errno| Error::system("open the directory", directory, errno))?;
    lock_exclusively(&lock, directory)?;
    let mut state = load_lineages(directory)?.unwrap_or_default();
    let before = state.clone();
    state.remember(info, now);
    if state == before {
        return Ok(());
    }
    write(&directory.join(LINEAGES_FILE), &state.encode(), 0o600, Replace::Yes)
}
