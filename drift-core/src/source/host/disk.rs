//! Whether a directory lies on a rotating disk, as `/sys` says it (sysfs-block, `queue/rotational`).

use std::path::Path;

use rustix::fd::OwnedFd;
use rustix::fs::{Mode, OFlags};

use crate::source::manners::Disk;
use crate::source::volume::Errno;

use super::retry;

/// Where the kernel shows block devices by their numbers.
const DEVICES: &str = "/sys/dev/block";

/// Drivers of virtual machines do not know what is behind them and say "rotating".
const VIRTUAL: [&str; 2] = ["vd", "xvd"];

/// Vendors of disks that are emulated, as SCSI devices name them.
const EMULATED: [&str; 5] = ["QEMU", "VMware", "Msft", "VBOX", "Google"];

/// Devices that are looked at.
const MAX_DEVICES: usize = 64;

/// Returns what kind of disk holds an open directory. What cannot be found out, such as of a file system
/// of a network or of several disks (btrfs), is taken for solid: that costs a rotating disk time, and
/// the other error would cost all others.
pub(super) fn beneath(directory: &OwnedFd) -> Disk {
    let device = retry(|| rustix::fs::fstat(directory)).map(|stat| stat.st_dev);
    device.map_or(Disk::Solid, |device| {
        of(Path::new(DEVICES), rustix::fs::major(device), rustix::fs::minor(device))
    })
}

fn of(devices: &Path, major: u32, minor: u32) -> Disk {
    let mut below = vec![devices.join(format!("{major}:{minor}"))];
    // What the device mapper and md put together lies on other devices; on this machine dozens at most.
    for _ in 0..MAX_DEVICES {
        let Some(device) = below.pop() else { break };
        let slaves = names(&device.join("slaves")).unwrap_or_default();
        if slaves.is_empty() && rotates(&device) {
            return Disk::Rotating;
        }
        below.extend(slaves.iter().map(|slave| device.join("slaves").join(slave)));
    }
    Disk::Solid
}

fn rotates(device: &Path) -> bool {
    // A partition has no queue of its own; its disk stands above it.
    [device, &device.join("..")].into_iter().any(|disk| {
        read(&disk.join("queue/rotational")).is_ok_and(|text| text == "1") && !is_virtual(disk)
    })
}

fn is_virtual(disk: &Path) -> bool {
    let uevent = read(&disk.join("uevent")).unwrap_or_default();
    let name = uevent.lines().find_map(|line| line.strip_prefix("DEVNAME=")).unwrap_or_default();
    let vendor = read(&disk.join("device/vendor")).unwrap_or_default();
    VIRTUAL.iter().any(|prefix| name.starts_with(prefix))
        || EMULATED.iter().any(|prefix| vendor.starts_with(prefix))
}

/// Lists the names in a directory that are text.
fn names(path: &Path) -> Result<Vec<String>, Errno> {
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
    let directory = retry(|| rustix::fs::open(path, flags, Mode::empty()))?;
    let mut names = Vec::new();
    for entry in rustix::fs::Dir::new(directory)? {
        let name = entry?.file_name().to_string_lossy().into_owned();
        if name != "." && name != ".." {
            names.push(name);
        }
    }
    Ok(names)
}

/// Reads the beginning of a small text.
fn read(path: &Path) -> Result<String, Errno> {
    let flags = OFlags::RDONLY | OFlags::CLOEXEC | OFlags::NONBLOCK;
    let file = retry(|| rustix::fs::open(path, flags, Mode::empty()))?;
    let mut bytes = [0; 1024];
    let count = retry(|| rustix::io::read(&file, &mut bytes))?;
    let text = bytes.get(..count).unwrap_or_default();
    Ok(String::from_utf8_lossy(text).trim_end().to_owned())
}

#[cfg(test)]
mod tests {
    use drift_testkit::TempRoot;

    use super::{Disk, of};

    /// The devices as sysfs lays them out: links from numbers to disks, partitions below their disk.
    fn check(expected: Disk, (major, minor): (u32, u32), root: &TempRoot) {
        assert_eq!(of(&root.at("dev"), major, minor), expected, "{major}:{minor}");
    }

    #[test]
    fn disks_partitions_and_what_lies_on_them() {
        let files: [(&str, &[u8]); 12] = [
            ("sda/queue/rotational", b"1\n"),
            ("sda/uevent", b"MAJOR=8\nDEVNAME=sda\nDEVTYPE=disk\n"),
            ("sda/device/vendor", b"ATA     \n"),
            ("sda/sda1/partition", b"1\n"),
            ("nvme0n1/queue/rotational", b"0\n"),
            ("vda/queue/rotational", b"1\n"),
            ("vda/uevent", b"MAJOR=254\nDEVNAME=vda\n"),
            ("sdb/queue/rotational", b"1\n"),
            ("sdb/device/vendor", b"QEMU    \n"),
            ("dm-0/queue/rotational", b"1\n"),
            ("dm-1/queue/rotational", b"1\n"),
            ("dm-2/queue/rotational", b"1\n"),
        ];
        let links = [
            ("../../vda", "dm-0/slaves/vda"),
            ("../../dm-2", "dm-1/slaves/dm-2"),
            ("../../nvme0n1", "dm-1/slaves/nvme0n1"),
            ("../../sda/sda1", "dm-2/slaves/sda1"),
            ("../../dm-3", "dm-3/slaves/dm-3"),
            ("../sda", "dev/8:0"),
            ("../sda/sda1", "dev/8:1"),
            ("../sdb", "dev/8:16"),
            ("../nvme0n1", "dev/259:0"),
            ("../vda", "dev/254:0"),
            ("../dm-0", "dev/253:0"),
            ("../dm-1", "dev/253:1"),
            ("../dm-3", "dev/253:3"),
        ];
        let above =
            |path: &str| path.rsplit_once('/').map_or(String::new(), |(up, _)| up.to_owned());
        let mut root = TempRoot::new();
        for (path, content) in files {
            root = root.directory(above(path), 0o755).file(path, content, 0o644);
        }
        for (target, path) in links {
            root = root.directory(above(path), 0o755).symlink(target, path);
        }
        for rotating in [(8, 0), (8, 1), (253, 1)] {
            check(Disk::Rotating, rotating, &root);
        }
        // Solid, emulated, on an emulated one, above itself, and not there.
        for solid in [(259, 0), (254, 0), (8, 16), (253, 0), (253, 3), (0, 42)] {
            check(Disk::Solid, solid, &root);
        }
    }
}
