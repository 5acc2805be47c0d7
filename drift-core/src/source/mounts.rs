//! Mounted file systems: the kernel's table, and what kind each one is.
//!
//! The table is `/proc/self/mountinfo` (proc_pid_mountinfo(5)). A mount is known by its number,
//! which `statx` gives for every object: device numbers would not do, as overlay and btrfs show
//! several of them within one mount.

#![warn(clippy::indexing_slicing, clippy::arithmetic_side_effects)]

use crate::model::TreePath;

/// One line of the table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MountPoint {
    /// Its number, `stx_mnt_id`.
    pub id: u64,
    /// Device number of the mounted file system, as `st_dev` shows it.
    pub device: (u32, u32),
    /// Where it is mounted, absolute, seen from the process's root.
    pub point: Vec<u8>,
    /// Its type as the kernel names it, such as `ext4` or `fuse.sshfs`.
    pub file_system: String,
    /// Whether it is mounted with `nosuid` and `nodev` (mount(8)).
    pub is_inert: bool,
}

/// What entering a file system means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FileSystemKind {
    /// Answers from this machine: disks, memory, overlays. Unknown types count as local, because a
    /// new type that is skipped in silence would be a place to hide.
    Local,
    /// Shows the kernel's own state; reading it may have effects.
    Kernel,
    /// Answered by a program of some user, which may never answer.
    Fuse,
    /// Answered over a network or by a hypervisor.
    Remote,
    /// Mounts something else when it is touched.
    Automount,
}

/// Types whose answers do not come from this machine's own file systems.
const KINDS: &[(FileSystemKind, &[&str])] = &[
    (
        FileSystemKind::Kernel,
        &[
            "proc",
            "sysfs",
            "devtmpfs",
            "devpts",
            "cgroup",
            "cgroup2",
            "cpuset",
            "securityfs",
            "debugfs",
            "tracefs",
            "configfs",
            "fusectl",
            "pstore",
            "efivarfs",
            "bpf",
            "mqueue",
            "hugetlbfs",
            "binfmt_misc",
            "nsfs",
            "rpc_pipefs",
            "selinuxfs",
            "smackfs",
            "resctrl",
            "nfsd",
            "functionfs",
        ],
    ),
    (FileSystemKind::Fuse, &["fuse", "fuseblk", "virtiofs"]),
    (
        FileSystemKind::Remote,
        &[
            "nfs",
            "nfs4",
            "cifs",
            "smb3",
            "smbfs",
            "9p",
            "ceph",
            "afs",
            "glusterfs",
            "lustre",
            "ocfs2",
            "gfs2",
            "orangefs",
            "coda",
            "ncpfs",
            "beegfs",
            "gpfs",
            "vboxsf",
            "prl_fs",
        ],
    ),
    (FileSystemKind::Automount, &["autofs"]),
];

/// Where kernel file systems usually stand, relative to a root, and which; `*` stands for any of
/// them, and not for an automount point. `/` at the end: anywhere below.
const USUAL: &[(&[u8], &str)] = &[
    (b"proc", "proc"),
    (b"proc/", "*"),
    // systemd's own, on every host of it: proc-sys-fs-binfmt_misc.automount.
    (b"proc/sys/fs/binfmt_misc", "autofs"),
    (b"sys", "sysfs"),
    (b"sys/", "*"),
    (b"dev", "devtmpfs"),
    (b"dev/", "*"),
    (b"run/netns/", "nsfs"),
    (b"run/docker/netns/", "nsfs"),
    (b"run/snapd/ns/", "nsfs"),
    (b"var/run/netns/", "nsfs"),
    (b"run/rpc_pipefs", "rpc_pipefs"),
    (b"var/lib/nfs/rpc_pipefs", "rpc_pipefs"),
];

impl FileSystemKind {
    /// Returns the kind of a type as the kernel names it.
    #[must_use]
    pub fn of(file_system: &str) -> Self {
        let family = file_system.split('.').next().unwrap_or_default();
        KINDS
            .iter()
            .find(|(_, names)| names.contains(&family))
            .map_or(Self::Local, |(kind, _)| *kind)
    }
}

/// Returns whether this file system is one of the kernel's, and stands where one expects it. Any
/// other that stands there hides something.
#[must_use]
pub fn is_usual_point(path: &TreePath, file_system: &str) -> bool {
    let path = path.as_bytes();
    let kernel = FileSystemKind::of(file_system) == FileSystemKind::Kernel;
    USUAL.iter().any(|(usual, expected)| {
        let here = match usual.strip_suffix(b"/") {
            Some(_) => path.starts_with(usual),
            None => path == *usual,
        };
        here && (*expected == file_system || (*expected == "*" && kernel))
    })
}

/// Reads the table; a line that is none is left out, so that one odd line hides no other.
#[must_use]
pub fn parse_mountinfo(table: &[u8]) -> Vec<MountPoint> {
    table.split(|&byte| byte == b'\n').filter_map(parse_line).collect()
}

/// `36 35 98:0 /root /point options [tag...] - type source options`.
fn parse_line(line: &[u8]) -> Option<MountPoint> {
    let mut fields = line.split(|&byte| byte == b' ').filter(|field| !field.is_empty());
    let id = number(fields.next()?)?;
    let device = fields.nth(1)?;
    let mut device = device.split(|&byte| byte == b':');
    let major = u32::try_from(number(device.next()?)?).ok()?;
    let minor = u32::try_from(number(device.next()?)?).ok()?;
    let point = unescape(fields.nth(1)?);
    let options: Vec<&[u8]> = fields.next()?.split(|&byte| byte == b',').collect();
    let is_inert = [&b"nosuid"[..], b"nodev"].iter().all(|option| options.contains(option));
    let mut rest = fields.skip_while(|field| *field != b"-").skip(1);
    let file_system = String::from_utf8_lossy(&unescape(rest.next()?)).into_owned();
    Some(MountPoint { id, device: (major, minor), point, file_system, is_inert })
}

fn number(digits: &[u8]) -> Option<u64> {
    std::str::from_utf8(digits).ok()?.parse().ok()
}

/// Blanks, newlines and backslashes stand as three octal digits.
fn unescape(field: &[u8]) -> Vec<u8> {
    let mut plain = Vec::with_capacity(field.len());
    let mut rest = field;
    while let Some((&first, tail)) = rest.split_first() {
        let octal = (first == b'\\').then(|| tail.get(..3).and_then(octal)).flatten();
        if let Some(byte) = octal {
            plain.push(byte);
            rest = tail.get(3..).unwrap_or_default();
        } else {
            plain.push(first);
            rest = tail;
        }
    }
    plain
}

fn octal(digits: &[u8]) -> Option<u8> {
    let digits = std::str::from_utf8(digits).ok()?;
    u8::from_str_radix(digits, 8)
        .ok()
        .filter(|_| digits.bytes().all(|digit| digit.is_ascii_digit()))
}

#[cfg(test)]
#[expect(clippy::indexing_slicing, reason = "a panic is what a test is for")]
mod tests {
    use super::{FileSystemKind, is_usual_point, parse_mountinfo};
    use crate::model::TreePath;

    /// The second line is the example of proc_pid_mountinfo(5).
    #[test]
    fn reads_tags_escapes_and_leaves_out_what_is_no_line() {
        let table = b"\n1 2 x\n36 35 98:0 /mnt1 /mnt2 rw,noatime master:1 - ext3 /dev/root rw\n\
            40 36 0:44 / /a\\040b\\134\\012c rw shared:1 master:2 unbindable - fuse.x\\040y none rw\n";
        let mounts = parse_mountinfo(table);
        assert_eq!(mounts.len(), 2);
        assert_eq!((mounts[0].id, mounts[0].device), (36, (98, 0)));
        assert_eq!((&*mounts[0].point, &*mounts[0].file_system), (&b"/mnt2"[..], "ext3"));
        assert_eq!(mounts[1].point, b"/a b\\\nc");
        assert_eq!(FileSystemKind::of(&mounts[1].file_system), FileSystemKind::Fuse);
    }

    #[test]
    fn kinds_and_usual_points() {
        for (name, kind) in [
            ("ext4", FileSystemKind::Local),
            ("overlay", FileSystemKind::Local),
            ("fuse.overlayfs", FileSystemKind::Fuse),
            ("nfs4", FileSystemKind::Remote),
            ("autofs", FileSystemKind::Automount),
            ("proc", FileSystemKind::Kernel),
        ] {
            assert_eq!(FileSystemKind::of(name), kind, "{name}");
        }
        let usual = |path: &[u8], name| is_usual_point(&TreePath::parse(path).unwrap(), name);
        assert!(usual(b"/proc", "proc") && usual(b"/sys/fs/cgroup", "cgroup2"));
        assert!(usual(b"/dev", "devtmpfs") && usual(b"/dev/pts", "devpts"));
        assert!(!usual(b"/process", "proc") && !usual(b"/srv/proc", "proc"));
        // What systemd mounts on every host, and there alone.
        assert!(usual(b"/proc/sys/fs/binfmt_misc", "autofs"));
        assert!(!usual(b"/proc/sys/fs", "autofs") && !usual(b"/dev/disk", "autofs"));
        // What stands where another is expected hides something.
        assert!(!usual(b"/dev", "devpts") && !usual(b"/proc", "tmpfs"));
    }

    /// The oracle is the kernel: each point of the table has the number that `statx` gives.
    #[test]
    #[expect(clippy::disallowed_methods, reason = "the test reads the machine's own table")]
    fn agrees_with_the_kernel() {
        let Ok(table) = std::fs::read("/proc/self/mountinfo") else { return };
        let mounts = parse_mountinfo(&table);
        assert_eq!(mounts.len(), table.iter().filter(|&&byte| byte == b'\n').count());
        let root = rustix::fs::statx(
            rustix::fs::CWD,
            "/",
            rustix::fs::AtFlags::empty(),
            rustix::fs::StatxFlags::MNT_ID,
        );
        if let Ok(root) = root {
            let found = mounts.iter().find(|mount| mount.id == root.stx_mnt_id);
            assert!(found.is_some_and(|mount| mount.point == b"/"));
        }
    }
}
