//! For every line of the table of attributes, a way to change exactly that on one object.
//!
//! What cannot change alone says what changes with it, and why.

use drift_core::model::{FileType, Flags};
use drift_core::source::{MemoryNode, MemoryVolume};
use drift_testkit::{Device, TempRoot};
use rustix::fs::IFlags;

use super::scene::{EPOCH, put, put_real, settle};

pub(super) const SUBJECT: &[u8] = b"d/subject";
const AT: &str = "d/subject";

/// One way to change one attribute of `/d/subject`.
pub(super) struct Mutator {
    /// The attribute.
    pub(super) attribute: &'static str,
    /// What is so on both sides.
    pub(super) prepare: Option<Way>,
    /// The change.
    pub(super) change: Way,
    /// Attributes of the same object that change with it.
    pub(super) also: &'static [&'static str],
    /// Other paths that change with it.
    pub(super) elsewhere: &'static [&'static str],
}

/// The same step in memory and on disk.
#[derive(Clone, Copy)]
pub(super) struct Way {
    pub(super) memory: fn(&mut MemoryVolume, FileType),
    pub(super) real: fn(TempRoot, FileType) -> TempRoot,
}

const fn plain(
    attribute: &'static str,
    memory: fn(&mut MemoryVolume, FileType),
    real: fn(TempRoot, FileType) -> TempRoot,
) -> Mutator {
    Mutator { attribute, prepare: None, change: Way { memory, real }, also: &[], elsewhere: &[] }
}

fn subject(volume: &mut MemoryVolume) -> &mut MemoryNode {
    let id = volume.find(SUBJECT).expect("the stage has a subject");
    volume.node(id).expect("the subject is there")
}

/// Every way. A line of the table without one fails `every_line_of_the_table_has_a_mutator`.
pub(super) const MUTATORS: &[Mutator] = &[
    plain(
        "type",
        |volume, file_type| {
            volume.remove(SUBJECT);
            put(volume, other_type(file_type), SUBJECT);
        },
        |root, file_type| settle(put_real(root.remove(AT), other_type(file_type), AT)),
    ),
    plain(
        "digest",
        |volume, _| {
            volume.file(SUBJECT, b"CONTENT");
        },
        |root, _| root.file(AT, b"CONTENT", 0o644).mtime(AT, EPOCH, 0),
    ),
    // Other length, other bytes.
    Mutator {
        also: &["digest"],
        ..plain(
            "size",
            |volume, _| {
                volume.file(SUBJECT, b"content and more");
            },
            |root, _| root.file(AT, b"content and more", 0o644).mtime(AT, EPOCH, 0),
        )
    },
    plain(
        "mode",
        |volume, _| {
            subject(volume).mode(0o4711);
        },
        |root, _| root.mode(AT, 0o4711),
    ),
    plain(
        "uid",
        |volume, _| {
            subject(volume).owner(1, 0);
        },
        |root, _| root.owner(AT, 1, 0),
    ),
    plain(
        "gid",
        |volume, _| {
            subject(volume).owner(0, 1);
        },
        |root, _| root.owner(AT, 0, 1),
    ),
    plain(
        "mtime",
        |volume, _| {
            subject(volume).mtime(EPOCH, 1);
        },
        |root, _| root.mtime(AT, EPOCH, 1),
    ),
    plain(
        "link_target",
        |volume, _| {
            volume.symlink(SUBJECT, b"TARGET");
        },
        |root, _| settle(root.remove(AT).symlink("TARGET", AT).mtime(AT, EPOCH, 0)),
    ),
    plain(
        "rdev",
        |volume, file_type| {
            match file_type {
                FileType::Char => volume.char_device(SUBJECT, 1, 5),
                _ => volume.block_device(SUBJECT, 8, 2),
            };
        },
        |root, file_type| {
            let device = match file_type {
                FileType::Char => Device::Char(1, 5),
                _ => Device::Block(8, 2),
            };
            settle(root.remove(AT).device(AT, device, 0o644).mtime(AT, EPOCH, 0))
        },
    ),
    // An object with two names leads a group, also when the other name is out of sight.
    Mutator {
        also: &["hardlinks"],
        ..plain(
            "nlink",
            |volume, _| {
                volume.hard_link(SUBJECT, b"elsewhere/name");
            },
            |root, _| settle(root.hard_link(AT, "elsewhere/name")),
        )
    },
    // The group's first name changes, so that name comes and another goes.
    Mutator {
        prepare: Some(Way {
            memory: |volume, _| {
                volume.hard_link(SUBJECT, b"a/first");
            },
            real: |root, _| settle(root.hard_link(AT, "a/first")),
        }),
        elsewhere: &["/a/first", "/a/other"],
        ..plain(
            "hardlinks",
            |volume, _| {
                volume.hard_link(SUBJECT, b"a/other").remove(b"a/first");
            },
            |root, _| settle(root.hard_link(AT, "a/other").remove("a/first")),
        )
    },
    plain(
        "xattr",
        |volume, _| {
            subject(volume).xattr(b"trusted.note", b"\0\xff");
        },
        |root, _| root.xattr(AT, "trusted.note", b"\0\xff"),
    ),
    plain(
        "acl",
        |volume, file_type| {
            subject(volume).xattr(b"system.posix_acl_access", &acl(file_type));
        },
        |root, file_type| root.xattr(AT, "system.posix_acl_access", &acl(file_type)),
    ),
    plain(
        "acl_default",
        |volume, file_type| {
            subject(volume).xattr(b"system.posix_acl_default", &acl(file_type));
        },
        |root, file_type| root.xattr(AT, "system.posix_acl_default", &acl(file_type)),
    ),
    plain(
        "capability",
        |volume, _| {
            subject(volume).xattr(b"security.capability", &NET_RAW);
        },
        |root, _| root.xattr(AT, "security.capability", &NET_RAW),
    ),
    plain(
        "selinux",
        |volume, _| {
            subject(volume).xattr(b"security.selinux", b"system_u:object_r:etc_t:s0\0");
        },
        |root, _| root.xattr(AT, "security.selinux", b"system_u:object_r:etc_t:s0\0"),
    ),
    plain(
        "flags",
        |volume, _| {
            subject(volume).flags(Flags { immutable: true, append: false });
        },
        |root, _| root.flags(AT, IFlags::IMMUTABLE),
    ),
    plain(
        "flags",
        |volume, _| {
            subject(volume).flags(Flags { immutable: false, append: true });
        },
        |root, _| root.flags(AT, IFlags::APPEND),
    ),
];

fn other_type(file_type: FileType) -> FileType {
    if file_type == FileType::Fifo { FileType::File } else { FileType::Fifo }
}

/// `cap_net_raw=ep`, as setcap(8) writes it.
const NET_RAW: [u8; 20] = [1, 0, 0, 2, 0, 0x20, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];

/// One more user, with a mask that leaves the permission bits as they are.
fn acl(file_type: FileType) -> Vec<u8> {
    let (all, some): (u8, u8) = if file_type == FileType::Directory { (7, 5) } else { (6, 4) };
    let mut raw = vec![2, 0, 0, 0];
    for (tag, permissions, id) in
        [(1, all, u32::MAX), (2, some, 1000), (4, some, u32::MAX), (16, some, u32::MAX)]
    {
        raw.extend([tag, 0, permissions, 0]);
        raw.extend(id.to_le_bytes());
    }
    raw.extend([32, 0, some, 0]);
    raw.extend(u32::MAX.to_le_bytes());
    raw
}
