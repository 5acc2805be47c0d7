//! Situations in which nothing changed, although something looks different.
#![expect(clippy::disallowed_methods, reason = "the situations are made on real directories")]
#![expect(clippy::print_stderr, reason = "the number of situations is part of what a test shows")]

use std::os::unix::fs::{FileExt as _, PermissionsExt as _};
use std::path::Path;
use std::sync::Arc;

use drift_core::baseline::{self, UnverifiedSnapshot};
use drift_core::capture::Captured;
use drift_core::model::{Flags, SourceKind};
use drift_core::source::{
    Fault, Faulty, HostVolume, MemoryVolume, Operation, Resolution, Volume, Walked,
};
use drift_testkit::{TempRoot, command, need};
use rustix::fs::{AtFlags, CWD, FallocateFlags, Timespec, Timestamps};

use super::scene::{
    EPOCH, TYPES, capture_with, difference, difference_from, directory, put, put_real, real, told,
};

/// Nothing may be said: no change, nothing left uncompared, no problem.
#[track_caller]
fn silent(what: &str, before: &Captured, after: &Captured) {
    let comparison = difference(before, after);
    assert_eq!(told(&comparison), [""; 0], "{what}");
    assert_eq!((comparison.not_compared, comparison.grown.len()), (0, 0), "{what}");
    assert_eq!(after.snapshot.problems, [], "{what}");
    assert_eq!(before.snapshot.tree.len(), after.snapshot.tree.len(), "{what}");
}

const RULES: &str = "dynamic /var/tmp\nignore /var/cache/*\nsecret /etc/shadow\ndevice /dev";

/// One of every type, names that share an inode, holes, attributes, and a path of each class.
fn furnished() -> MemoryVolume {
    let mut volume = MemoryVolume::new();
    for file_type in TYPES {
        put(&mut volume, file_type, format!("every/{file_type}").as_bytes())
            .xattr(b"user.b", b"2")
            .xattr(b"user.a", b"1");
    }
    for number in 0..60_u32 {
        let path = format!("many/{}/{number}", number % 7);
        volume.file(path.as_bytes(), path.as_bytes()).owner(number % 3, 0);
    }
    volume.file(b"every/file", b"content").flags(Flags { immutable: true, append: false });
    volume.hard_link(b"many/0/0", b"z/last").hard_link(b"many/0/0", b"a/first");
    volume.sparse(b"hole", 20_000, &[(8192, b"data")]);
    for path in [&b"var/tmp/x"[..], b"var/cache/x", b"etc/shadow", b"var/log/messages"] {
        volume.file(path, b"1");
    }
    volume.char_device(b"dev/null", 1, 3);
    volume
}

fn looked_at<V: Volume>(volume: V) -> Captured {
    capture_with(&Walked::new(volume, SourceKind::Memory, "memory:"), RULES, 2)
}

/// A change to the volume that no rule of the list compares.
type Touch = (&'static str, fn(&mut MemoryVolume));

const TOUCHES: &[Touch] = &[
    ("a second look", |_| ()),
    ("the content of a dynamic file", |volume| {
        volume.file(b"var/tmp/x", b"longer than before").mtime(5, 5);
    }),
    ("the time of a dynamic file", |volume| {
        volume.file(b"var/tmp/x", b"1").mtime(5, 5);
    }),
    ("the content of an ignored file", |volume| {
        volume.file(b"var/cache/x", b"other").mode(0o4777).owner(9, 9);
    }),
    ("one more ignored file", |volume| {
        volume.file(b"var/cache/y", b"new");
    }),
    ("an ignored file that goes", |volume| {
        volume.remove(b"var/cache/x");
    }),
    ("the content of a secret file", |volume| {
        volume.file(b"etc/shadow", b"other bytes").mtime(5, 5);
    }),
    ("the time of a device node", |volume| {
        volume.char_device(b"dev/null", 1, 3).mtime(5, 5);
    }),
    ("the time of a link", |volume| {
        volume.symlink(b"every/symlink", b"target").xattr(b"user.a", b"1").xattr(b"user.b", b"2");
        let id = volume.find(b"every/symlink").expect("it was put just now");
        volume.node(id).expect("it is there").mtime(5, 5);
    }),
    ("the time of the root", |volume| {
        volume.node(volume.root_id()).expect("there is a root").mtime(5, 5);
    }),
    ("the time of a directory", |volume| {
        let id = volume.find(b"many/3").expect("it is furnished");
        volume.node(id).expect("it is there").mtime(5, 5);
    }),
    ("another inode with the same content", |volume| {
        volume.remove(b"many/1/1").file(b"many/1/1", b"many/1/1").owner(1, 0);
    }),
    ("a name that came and went", |volume| {
        volume.file(b"many/1/temporary", b"1");
        volume.remove(b"many/1/temporary");
    }),
    ("another name for one of a group, gone again", |volume| {
        volume.hard_link(b"z/last", b"many/6/name").remove(b"many/6/name");
    }),
    ("the order in which a group's names were made", |volume| {
        volume.remove(b"a/first").hard_link(b"z/last", b"a/first");
    }),
    ("a hole that was filled with zeros", |volume| {
        let mut bytes = vec![0; 20_000];
        bytes[8192..8196].copy_from_slice(b"data");
        volume.file(b"hole", &bytes);
    }),
    ("another hole at the same bytes", |volume| {
        volume.sparse(b"hole", 20_000, &[(0, &[0; 4096]), (8192, b"da"), (8194, b"ta")]);
    }),
    ("extended attributes in another order", |volume| {
        let id = volume.find(b"every/fifo").expect("it is furnished");
        volume.node(id).expect("it is there").xattr(b"user.b", b"2");
    }),
    ("a listing without types", |volume| {
        let id = volume.find(b"every/fifo").expect("it is furnished");
        volume.node(id).expect("it is there").untyped();
        let id = volume.find(b"many/2").expect("it is furnished");
        volume.node(id).expect("it is there").untyped();
    }),
    ("listed in another order (1)", |volume| {
        volume.permute(1);
    }),
    ("listed in another order (2)", |volume| {
        volume.permute(2);
    }),
    ("listed in another order (3)", |volume| {
        volume.permute(0xdead_beef);
    }),
];

fn in_memory() -> usize {
    let before = looked_at(furnished());
    let mut count = 0;
    for (what, touch) in TOUCHES {
        let mut volume = furnished();
        touch(&mut volume);
        silent(what, &before, &looked_at(volume));
        count += 1;
    }
    for (threads, handles) in [(1, 64), (2, 2), (4, 0), (8, 1), (4, 64)] {
        let source = Walked::new(furnished(), SourceKind::Memory, "memory:").with_handles(handles);
        let what = format!("{threads} threads, {handles} handles");
        silent(&what, &before, &capture_with(&source, RULES, threads));
        count += 1;
    }
    let elsewhere = Walked::new(furnished(), SourceKind::Directory, "dir:/somewhere/else");
    silent("another kind and locator", &before, &capture_with(&elsewhere, RULES, 2));
    let short = Faulty::new(furnished(), |call| {
        (call.operation == Operation::Read).then_some(Fault::Short(3))
    });
    silent("short reads", &before, &looked_at(short));
    let rules = before.rules.text();
    silent("the rules as they travel", &before, &capture_with(&elsewhere, &rules, 2));
    count + 3 + stored(&before)
}

/// What was stored and read back compares as what was captured.
fn stored(before: &Captured) -> usize {
    let encoded = baseline::encode(&before.snapshot).unwrap();
    let stored = UnverifiedSnapshot::decode(Arc::from(encoded.bytes)).unwrap();
    let after = looked_at(furnished());
    let comparison = difference_from(&mut stored.unverified_cursor(), before, &after);
    assert_eq!(told(&comparison), [""; 0], "from a stored snapshot");
    assert_eq!(comparison.not_compared, 0);
    1
}

fn place() -> TempRoot {
    let mut root = TempRoot::new().directory("d/e", 0o755);
    for file_type in TYPES {
        root = put_real(root, file_type, &format!("d/{file_type}"));
    }
    root.file("d/e/f", b"content", 0o640)
        .xattr("d/e/f", "user.note", b"1")
        .owner("d/e/f", 3, 4)
        .mtime("d/e/f", EPOCH, 123_456_789)
        .hard_link("d/e/f", "second")
        .file("large", vec![7; 300 << 10], 0o755)
        .mtime("large", EPOCH, 0)
        .file("zeros", vec![0; 64 << 10], 0o644)
        .mtime("zeros", EPOCH, 0)
}

fn time_again(at: &Path) {
    let time = Timespec { tv_sec: EPOCH, tv_nsec: 0 };
    let times = Timestamps { last_access: time, last_modification: time };
    rustix::fs::utimensat(CWD, at, &times, AtFlags::SYMLINK_NOFOLLOW).unwrap();
}

/// Something done to a real directory that leaves it as it was.
type Deed = (&'static str, fn(&Path));

const DEEDS: &[Deed] = &[
    ("a second look", |_| ()),
    ("every file was read", |root| {
        std::fs::read(root.join("large")).unwrap();
        std::fs::read(root.join("d/e/f")).unwrap();
    }),
    ("the time of last access", |root| {
        let access = Timespec { tv_sec: 77, tv_nsec: 7 };
        let keep = Timespec { tv_sec: 0, tv_nsec: rustix::fs::UTIME_OMIT };
        let times = Timestamps { last_access: access, last_modification: keep };
        for path in ["large", "d", "d/symlink", "d/fifo"] {
            rustix::fs::utimensat(CWD, root.join(path), &times, AtFlags::SYMLINK_NOFOLLOW).unwrap();
        }
    }),
    ("a temporary file came and went", |root| {
        std::fs::write(root.join("d/temporary"), b"1").unwrap();
        std::fs::remove_file(root.join("d/temporary")).unwrap();
    }),
    ("a temporary directory came and went", |root| {
        std::fs::create_dir(root.join("d/temporary")).unwrap();
        std::fs::remove_dir(root.join("d/temporary")).unwrap();
    }),
    ("permissions there and back", |root| {
        for mode in [0o4777, 0o755] {
            let mode = std::fs::Permissions::from_mode(mode);
            std::fs::set_permissions(root.join("large"), mode).unwrap();
        }
    }),
    ("owner there and back", |root| {
        for (uid, gid) in [(9, 9), (3, 4)] {
            std::os::unix::fs::chown(root.join("d/e/f"), Some(uid), Some(gid)).unwrap();
        }
    }),
    ("renamed there and back", |root| {
        std::fs::rename(root.join("d/e"), root.join("d/x")).unwrap();
        std::fs::rename(root.join("d/x"), root.join("d/e")).unwrap();
    }),
    ("the same content written again", |root| {
        std::fs::write(root.join("large"), vec![7; 300 << 10]).unwrap();
        time_again(&root.join("large"));
    }),
    ("truncated and written again", |root| {
        let file = std::fs::OpenOptions::new().write(true).open(root.join("large")).unwrap();
        file.set_len(1).unwrap();
        file.write_all_at(&vec![7; 300 << 10], 0).unwrap();
        time_again(&root.join("large"));
    }),
    ("replaced by an identical copy", |root| {
        let copy = root.join("copy");
        std::fs::write(&copy, vec![7; 300 << 10]).unwrap();
        std::fs::set_permissions(&copy, std::fs::Permissions::from_mode(0o755)).unwrap();
        time_again(&copy);
        std::fs::rename(&copy, root.join("large")).unwrap();
    }),
    ("a hole at the same bytes", |root| {
        let file = std::fs::OpenOptions::new().write(true).open(root.join("zeros")).unwrap();
        let punch = FallocateFlags::PUNCH_HOLE | FallocateFlags::KEEP_SIZE;
        rustix::fs::fallocate(&file, punch, 4096, 32 << 10).unwrap();
        time_again(&root.join("zeros"));
    }),
    ("opened for writing and closed", |root| {
        drop(std::fs::OpenOptions::new().append(true).open(root.join("large")).unwrap());
    }),
    ("an attribute set and removed", |root| {
        let at = root.join("large");
        rustix::fs::lsetxattr(&at, "user.passing", b"1", rustix::fs::XattrFlags::empty()).unwrap();
        rustix::fs::lremovexattr(&at, "user.passing").unwrap();
    }),
    ("another name came and went", |root| {
        std::fs::hard_link(root.join("large"), root.join("d/name")).unwrap();
        std::fs::remove_file(root.join("d/name")).unwrap();
    }),
    ("the time of directories, links and nodes", |root| {
        for path in ["d", "d/symlink", "d/fifo", "d/socket", "d/char", "d/block"] {
            time_again(&root.join(path));
        }
    }),
    ("a larger directory", |root| {
        for number in 0..2000 {
            std::fs::write(root.join(format!("d/{number}")), b"").unwrap();
        }
        for number in 0..2000 {
            std::fs::remove_file(root.join(format!("d/{number}"))).unwrap();
        }
    }),
    ("written back to the disk", |_| rustix::fs::sync()),
];

fn on_disk() -> usize {
    let root = place();
    let before = real(root.path(), "");
    for (what, deed) in DEEDS {
        deed(root.path());
        silent(what, &before, &real(root.path(), ""));
    }
    let by_name = HostVolume::open(root.path(), Resolution::NameByName).unwrap();
    let by_name = Walked::new(by_name, SourceKind::Directory, "dir:test");
    silent("without openat2", &before, &capture_with(&by_name, "", 4));
    let few = directory(root.path()).with_handles(2);
    silent("two handles", &before, &capture_with(&few, "", 8));
    let link = TempRoot::new().symlink(root.path(), "way");
    silent("by another path", &before, &real(&link.path().join("way/."), ""));
    DEEDS.len() + 3 + copied(&root, &before) + bound(&root, &before)
}

/// Copies by programs that keep everything.
fn copied(root: &TempRoot, before: &Captured) -> usize {
    let mut count = 0;
    if need::tool("cp").is_some() {
        let copy = TempRoot::new();
        let from = format!("{}/.", root.path().display());
        let _done = command::run("cp", ["-a", &from, &copy.path().to_string_lossy()]).success();
        silent("cp -a", before, &real(copy.path(), ""));
        count += 1;
    }
    if need::tool("tar").is_some() {
        let copy = TempRoot::new();
        let script = "tar --posix --xattrs --xattrs-include='*' --acls -C \"$0\" -cf - . \
                      | tar --xattrs --xattrs-include='*' --acls -C \"$1\" -xpf -";
        let (from, to) = (root.path().to_string_lossy(), copy.path().to_string_lossy());
        let _done = command::run("sh", ["-c", script, &from, &to]).success();
        // A socket cannot be put into an archive.
        let copy = copy.socket("d/socket", 0o644).mtime("d/socket", EPOCH, 0);
        silent("packed and unpacked", before, &real(copy.path(), ""));
        count += 1;
    }
    count
}

/// The same directory bound to another place.
fn bound(root: &TempRoot, before: &Captured) -> usize {
    if need::mount().is_none() {
        return 0;
    }
    let place = TempRoot::new();
    let (from, to) = (root.path().to_string_lossy(), place.path().to_string_lossy());
    let _mounted = command::run("mount", ["--bind", &from, &to]).success();
    let after = real(place.path(), "");
    let _unmounted = command::run("umount", ["--lazy", &to]).success();
    silent("bound to another place", before, &after);
    1
}

#[test]
fn nothing_changed_and_nothing_is_said() {
    let memory = in_memory();
    let disk = need::root().map_or(0, |()| on_disk());
    eprintln!(
        "detection: {} no-op situations without a change ({memory} in memory, {disk} on disk)",
        memory + disk
    );
    assert!(memory >= 30);
}
