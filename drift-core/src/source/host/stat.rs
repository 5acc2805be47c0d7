//! Examining objects by statx(2), without waiting for a server and without triggering a mount.

use rustix::fd::BorrowedFd;
use rustix::fs::{AtFlags, StatxAttributes, StatxFlags};

use crate::model::{Device, FileType, Flags, Observed, Time};
use crate::source::volume::{Errno, Stat};

use super::retry;

const QUIET: AtFlags =
    AtFlags::SYMLINK_NOFOLLOW.union(AtFlags::NO_AUTOMOUNT).union(AtFlags::STATX_DONT_SYNC);

const WANTED: StatxFlags =
    StatxFlags::BASIC_STATS.union(StatxFlags::BTIME).union(StatxFlags::MNT_ID);

pub(super) fn of_name(directory: BorrowedFd<'_>, name: &[u8]) -> Result<Stat, Errno> {
    match retry(|| rustix::fs::statx(directory, name, QUIET, WANTED)) {
        Ok(seen) => Ok(from_statx(&seen)),
        // Kernels before 4.11, and filters that refuse it: the same but flags and mount.
        Err(Errno::NOSYS) => {
            let flags = AtFlags::SYMLINK_NOFOLLOW | AtFlags::NO_AUTOMOUNT;
            retry(|| rustix::fs::statat(directory, name, flags)).map(|seen| from_stat(&seen))
        }
        Err(other) => Err(other),
    }
}

pub(super) fn of_descriptor(fd: BorrowedFd<'_>) -> Result<Stat, Errno> {
    let flags = QUIET | AtFlags::EMPTY_PATH;
    match retry(|| rustix::fs::statx(fd, "", flags, WANTED)) {
        Ok(seen) => Ok(from_statx(&seen)),
        Err(Errno::NOSYS) => retry(|| rustix::fs::fstat(fd)).map(|seen| from_stat(&seen)),
        Err(other) => Err(other),
    }
}

fn from_statx(seen: &rustix::fs::Statx) -> Stat {
    let time =
        |time: rustix::fs::StatxTimestamp| Time { seconds: time.tv_sec, nanoseconds: time.tv_nsec };
    let file_type = FileType::from_mode(seen.stx_mode.into());
    let protection = StatxAttributes::IMMUTABLE | StatxAttributes::APPEND;
    let flags = if seen.stx_attributes_mask.intersects(protection) {
        Observed::Is(Flags {
            immutable: seen.stx_attributes.contains(StatxAttributes::IMMUTABLE),
            append: seen.stx_attributes.contains(StatxAttributes::APPEND),
        })
    } else {
        Observed::NotApplicable
    };
    let has_btime = seen.stx_mask & StatxFlags::BTIME.bits() != 0;
    let has_mount = seen.stx_mask & StatxFlags::MNT_ID.bits() != 0;
    Stat {
        file_type,
        mode: seen.stx_mode & 0o7777,
        uid: seen.stx_uid,
        gid: seen.stx_gid,
        size: seen.stx_size,
        allocated: seen.stx_blocks.saturating_mul(BLOCK_BYTES),
        mtime: time(seen.stx_mtime),
        ctime: time(seen.stx_ctime),
        btime: has_btime.then(|| time(seen.stx_btime)),
        verity: seen.stx_attributes.contains(StatxAttributes::VERITY),
        rdev: device(file_type, seen.stx_rdev_major, seen.stx_rdev_minor),
        nlink: seen.stx_nlink,
        device: rustix::fs::makedev(seen.stx_dev_major, seen.stx_dev_minor),
        inode: seen.stx_ino,
        mount: if has_mount { seen.stx_mnt_id } else { 0 },
        flags,
    }
}

/// Unit of `st_blocks`, whatever the file system's own block is (stat(3type)).
const BLOCK_BYTES: u64 = 512;

fn from_stat(seen: &rustix::fs::Stat) -> Stat {
    let file_type = FileType::from_mode(seen.st_mode);
    let time = |seconds: i64, nanoseconds: u64| Time {
        seconds,
        nanoseconds: u32::try_from(nanoseconds).unwrap_or(0),
    };
    Stat {
        file_type,
        mode: u16::try_from(seen.st_mode & 0o7777).unwrap_or(0),
        uid: seen.st_uid,
        gid: seen.st_gid,
        size: u64::try_from(seen.st_size).unwrap_or(0),
        allocated: u64::try_from(seen.st_blocks).unwrap_or(0).saturating_mul(BLOCK_BYTES),
        mtime: time(seen.st_mtime, seen.st_mtime_nsec),
        ctime: time(seen.st_ctime, seen.st_ctime_nsec),
        btime: None,
        verity: false,
        rdev: device(file_type, rustix::fs::major(seen.st_rdev), rustix::fs::minor(seen.st_rdev)),
        nlink: u32::try_from(seen.st_nlink).unwrap_or(u32::MAX),
        device: seen.st_dev,
        inode: seen.st_ino,
        mount: 0,
        flags: Observed::NotApplicable,
    }
}

fn device(file_type: FileType, major: u32, minor: u32) -> Option<Device> {
    matches!(file_type, FileType::Char | FileType::Block).then_some(Device { major, minor })
}
