//! Walk only: every directory listed, every entry asked by statx, nothing kept.

use std::ffi::CString;
use std::mem::MaybeUninit;
use std::os::fd::OwnedFd;
use std::path::Path;
use std::sync::{Arc, Condvar, Mutex, PoisonError};

use rustix::fs::{AtFlags, CWD, FileType, Mode, OFlags, RawDir, Statx, StatxFlags, openat, statx};

use super::{Total, on_threads};

/// Bytes of names that one call brings.
const NAMES_BYTES: usize = 1 << 16;

/// A directory that is still to be listed.
struct Job {
    parent: Arc<OwnedFd>,
    name: CString,
}

#[derive(Default)]
struct Queue {
    jobs: Vec<Job>,
    /// Workers that may still add jobs.
    busy: usize,
}

/// Walks everything below `root` on its file system and returns entries and bytes of files.
///
/// # Errors
///
/// Those of the calls: a tree that changes or may not be read is no ground for a measurement.
pub fn walk(root: &Path, threads: usize) -> std::io::Result<Total> {
    let flags = OFlags::DIRECTORY | OFlags::CLOEXEC;
    let root = Arc::new(openat(CWD, root, flags, Mode::empty())?);
    let first = Job { parent: Arc::clone(&root), name: CString::from(c".") };
    let own = ask(&root, c".")?;
    let queue = (Mutex::new(Queue { jobs: vec![first], busy: 0 }), Condvar::new());
    let device = (own.stx_dev_major, own.stx_dev_minor);
    let below = on_threads(threads, || worker(&queue, device))?;
    Ok(below.and(Total { count: 1, bytes: 0 }))
}

fn worker(
    (queue, changed): &(Mutex<Queue>, Condvar),
    device: (u32, u32),
) -> std::io::Result<Total> {
    let mut total = Total::default();
    let mut buffer = vec![MaybeUninit::uninit(); NAMES_BYTES];
    let mut found = Vec::new();
    let mut locked = queue.lock().unwrap_or_else(PoisonError::into_inner);
    loop {
        if let Some(job) = locked.jobs.pop() {
            locked.busy += 1;
            drop(locked);
            let listed = list(&job, device, &mut buffer, &mut found, &mut total);
            locked = queue.lock().unwrap_or_else(PoisonError::into_inner);
            locked.busy -= 1;
            locked.jobs.append(&mut found);
            changed.notify_all();
            listed?;
        } else if locked.busy == 0 {
            return Ok(total);
        } else {
            locked = changed.wait(locked).unwrap_or_else(PoisonError::into_inner);
        }
    }
}

fn list(
    job: &Job,
    device: (u32, u32),
    buffer: &mut [MaybeUninit<u8>],
    found: &mut Vec<Job>,
    total: &mut Total,
) -> std::io::Result<()> {
    let flags = OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    let directory = Arc::new(openat(&job.parent, &job.name, flags, Mode::empty())?);
    let mut names = RawDir::new(&directory, buffer);
    while let Some(entry) = names.next() {
        let entry = entry?;
        let name = entry.file_name();
        if matches!(name.to_bytes(), b"." | b"..") {
            continue;
        }
        let stat = ask(&directory, name)?;
        total.count += 1;
        match FileType::from_raw_mode(u32::from(stat.stx_mode)) {
            FileType::RegularFile => total.bytes += stat.stx_size,
            FileType::Directory if (stat.stx_dev_major, stat.stx_dev_minor) == device => {
                found.push(Job { parent: Arc::clone(&directory), name: name.to_owned() });
            }
            _ => {}
        }
    }
    Ok(())
}

fn ask(directory: &OwnedFd, name: &std::ffi::CStr) -> std::io::Result<Statx> {
    let flags = AtFlags::SYMLINK_NOFOLLOW | AtFlags::NO_AUTOMOUNT | AtFlags::STATX_DONT_SYNC;
    Ok(statx(directory, name, flags, StatxFlags::BASIC_STATS | StatxFlags::BTIME)?)
}
