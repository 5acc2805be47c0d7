//! Read only: every file opened, read into a buffer, closed; no digest, no stat.

use std::ffi::CStr;
use std::os::fd::OwnedFd;
use std::sync::atomic::{AtomicUsize, Ordering};

use rustix::fs::{CWD, Mode, OFlags, openat};

use super::{Directory, Total, on_threads};

/// Bytes of one read; they stay in the second-level cache.
const BUFFER_BYTES: usize = 1 << 17;
/// Larger files are taken first and one by one, so that no thread ends on a giant alone.
const LARGE_BYTES: u64 = 1 << 20;

/// Files of one directory, taken by one thread at a time.
struct Group<'d> {
    directory: &'d Directory,
    /// A single large file, or all small ones.
    large: Option<usize>,
}

/// Reads all files and returns how many there were and what they held.
///
/// # Errors
///
/// Those of the calls.
pub fn read(directories: &[Directory], threads: usize) -> std::io::Result<Total> {
    let (groups, next) = (groups(directories), AtomicUsize::new(0));
    on_threads(threads, || {
        let (mut total, mut buffer) = (Total::default(), vec![0; BUFFER_BYTES]);
        while let Some(group) = groups.get(next.fetch_add(1, Ordering::Relaxed)) {
            let directory =
                openat(CWD, &group.directory.path, flags(OFlags::DIRECTORY), Mode::empty())?;
            for (at, (name, size)) in group.directory.files.iter().enumerate() {
                if group.large.map_or(*size < LARGE_BYTES, |large| large == at) {
                    total.bytes += read_one(&directory, name, *size, &mut buffer)?;
                    total.count += 1;
                }
            }
        }
        Ok(total)
    })
}

fn groups(directories: &[Directory]) -> Vec<Group<'_>> {
    let mut large = Vec::new();
    for directory in directories {
        for (at, (_, size)) in directory.files.iter().enumerate() {
            if *size >= LARGE_BYTES {
                large.push((*size, Group { directory, large: Some(at) }));
            }
        }
    }
    large.sort_by_key(|(size, _)| std::cmp::Reverse(*size));
    let small = directories.iter().map(|directory| Group { directory, large: None });
    large.into_iter().map(|(_, group)| group).chain(small).collect()
}

fn read_one(
    directory: &OwnedFd,
    name: &CStr,
    size: u64,
    buffer: &mut [u8],
) -> std::io::Result<u64> {
    if size == 0 {
        return Ok(0);
    }
    let file = openat(directory, name, flags(OFlags::NOFOLLOW), Mode::empty())?;
    let mut done = 0;
    while done < size {
        match rustix::io::read(&file, &mut *buffer)? {
            0 => break,
            count => done += count as u64,
        }
    }
    Ok(done)
}

fn flags(more: OFlags) -> OFlags {
    OFlags::RDONLY | OFlags::CLOEXEC | more
}
