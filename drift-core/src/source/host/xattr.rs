//! Reading every extended attribute of an object (xattr(7)) without opening it.
//!
//! The kernel has no `listxattrat` before 6.13, so a worker goes into the directory ([`super::here`]);
//! where it may not, names go through `/proc/self/fd/N/NAME`. The `l` calls do not follow the last name.

use std::ffi::CString;

use rustix::fd::BorrowedFd;
use rustix::fs::{Mode, OFlags};
use rustix::path::DecInt;

use crate::model::{Observed, Xattr, Xattrs};
use crate::source::volume::Errno;

use super::retry;

/// Names of one object; ext4 and xfs hold far less, the kernel's own limit is 64 KiB.
const MAX_LIST_BYTES: usize = 1 << 20;
/// One value; `XATTR_SIZE_MAX` of linux/limits.h.
const MAX_VALUE_BYTES: usize = 64 << 10;
/// The way through `/proc`, a name of 255 bytes and the final NUL.
const PATH_BYTES: usize = 288;
/// Enough for what a distribution sets; larger ones take a second call. The kernel allocates and this
/// program clears as much for every object, and nearly all have none.
const FIRST_BYTES: usize = 1 << 8;

/// Returns whether `/proc/self/fd` is there and truly the kernel's.
pub(super) fn has_descriptor_paths() -> bool {
    let flags = OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC;
    retry(|| rustix::fs::openat(rustix::fs::CWD, "/proc/self/fd", flags, Mode::empty()))
        .and_then(|fd| retry(|| rustix::fs::fstatfs(&fd)))
        .is_ok_and(|found| found.f_type == rustix::fs::PROC_SUPER_MAGIC)
}

pub(super) fn of_name(directory: BorrowedFd<'_>, name: &[u8]) -> Result<Observed<Xattrs>, Errno> {
    let mut path = Vec::with_capacity(PATH_BYTES);
    path.extend_from_slice(b"/proc/self/fd/");
    path.extend_from_slice(DecInt::from_fd(directory).as_bytes());
    path.push(b'/');
    path.extend_from_slice(name);
    let path = CString::new(path).map_err(|_| Errno::INVAL)?;
    all(
        |buffer| rustix::fs::llistxattr(&*path, buffer),
        |name, buffer| rustix::fs::lgetxattr(&*path, name, buffer),
    )
}

/// Reads those of a name in the working directory of this thread.
pub(super) fn of_here(name: &[u8]) -> Result<Observed<Xattrs>, Errno> {
    all(
        |buffer| rustix::fs::llistxattr(name, buffer),
        |attribute, buffer| rustix::fs::lgetxattr(name, attribute, buffer),
    )
}

pub(super) fn of_descriptor(fd: BorrowedFd<'_>) -> Result<Observed<Xattrs>, Errno> {
    all(
        |buffer| rustix::fs::flistxattr(fd, buffer),
        |name, buffer| rustix::fs::fgetxattr(fd, name, buffer),
    )
}

fn all(
    list: impl Fn(&mut [u8]) -> Result<usize, Errno>,
    get: impl Fn(&[u8], &mut [u8]) -> Result<usize, Errno>,
) -> Result<Observed<Xattrs>, Errno> {
    let names = match grown(MAX_LIST_BYTES, &list) {
        Err(Errno::OPNOTSUPP) => return Ok(Observed::NotApplicable),
        other => other?,
    };
    if names.is_empty() {
        return Ok(Observed::Is(Xattrs::default()));
    }
    let mut pairs: Vec<Xattr> = Vec::new();
    for name in names.split(|&byte| byte == 0).filter(|name| !name.is_empty()) {
        match grown(MAX_VALUE_BYTES, |buffer| get(name, buffer)) {
            Ok(value) => pairs.push((name.into(), value.into())),
            // Removed since it was listed; or listed by a file system that cannot give it.
            Err(Errno::NODATA) => {}
            Err(other) => return Err(other),
        }
    }
    Ok(Observed::Is(Xattrs::new(pairs)))
}

/// Calls with a buffer that grows to `limit`, because the value may grow between two calls.
fn grown(limit: usize, call: impl Fn(&mut [u8]) -> Result<usize, Errno>) -> Result<Vec<u8>, Errno> {
    let mut small = [0; FIRST_BYTES];
    match retry(|| call(&mut small)) {
        Ok(count) => return Ok(small.get(..count).unwrap_or_default().to_vec()),
        Err(Errno::RANGE) => {}
        Err(other) => return Err(other),
    }
    let mut bytes = FIRST_BYTES;
    loop {
        bytes = bytes.saturating_mul(8).min(limit);
        let mut buffer = vec![0; bytes];
        match retry(|| call(&mut buffer)) {
            Ok(count) => {
                buffer.truncate(count);
                return Ok(buffer);
            }
            Err(Errno::RANGE) if bytes < limit => {}
            Err(other) => return Err(other),
        }
    }
}
