//! The host volume against the kernel it stands on.

use std::os::unix::fs::MetadataExt as _;
use std::path::Path;

use super::{HostVolume, Resolution, Volume};
use crate::model::FileType;
use crate::source::volume::Errno;

const BOTH: [Resolution; 2] = [Resolution::Automatic, Resolution::NameByName];

#[expect(clippy::disallowed_methods, reason = "the test makes its own tree")]
fn fixture() -> tempfile::TempDir {
    let root = tempfile::tempdir().unwrap();
    let at = |path: &str| root.path().join(path);
    std::fs::create_dir_all(at("a/b/c")).unwrap();
    std::fs::write(at("a/b/c/f"), b"content").unwrap();
    std::os::unix::fs::symlink("b", at("a/link")).unwrap();
    std::os::unix::fs::symlink("/", at("out")).unwrap();
    rustix::fs::mkfifoat(rustix::fs::CWD, at("fifo"), 0o600.into()).unwrap();
    root
}

#[test]
fn no_name_on_the_way_may_be_a_link_or_lead_out() {
    let root = fixture();
    for resolution in BOTH {
        let volume = HostVolume::open(root.path(), resolution).unwrap();
        let top = volume.root().unwrap();
        let open = |path: &[u8]| volume.open_directory(&top, path).map(|_| ());
        assert_eq!(open(b"a/b/c"), Ok(()), "{resolution:?}");
        assert_eq!(open(b"a/link"), Err(Errno::LOOP), "{resolution:?}");
        assert_eq!(open(b"a/link/c"), Err(Errno::LOOP), "{resolution:?}");
        assert_eq!(open(b"out/etc"), Err(Errno::LOOP), "{resolution:?}");
        assert_eq!(open(b"a/b/c/f"), Err(Errno::NOTDIR), "{resolution:?}");
        assert_eq!(open(b"fifo"), Err(Errno::NOTDIR), "{resolution:?}");
        assert_eq!(open(b"none/c"), Err(Errno::NOENT), "{resolution:?}");
        assert_eq!(volume.opens_name_by_name(), resolution == Resolution::NameByName);
    }
}

/// The oracle is the standard library's own lstat.
#[test]
fn metadata_is_that_of_lstat() {
    let volume = HostVolume::open(Path::new("/"), Resolution::Automatic).unwrap();
    let top = volume.root().unwrap();
    let mut names = Vec::new();
    volume.list(&top, &mut |entry| names.push(entry)).unwrap();
    assert!(names.len() > 5);
    for entry in names {
        let name = String::from_utf8(entry.name.to_vec()).unwrap();
        let path = Path::new("/").join(&name);
        let (Ok(seen), Ok(oracle)) = (volume.stat(&top, &entry.name), path.symlink_metadata())
        else {
            continue;
        };
        assert_eq!(seen.file_type, FileType::from_mode(oracle.mode()), "{name}");
        assert_eq!(entry.file_type, Some(seen.file_type), "{name}");
        assert_eq!(u32::from(seen.mode), oracle.mode() & 0o7777, "{name}");
        assert_eq!((seen.uid, seen.gid), (oracle.uid(), oracle.gid()), "{name}");
        assert_eq!((seen.device, seen.inode), (oracle.dev(), oracle.ino()), "{name}");
        assert_eq!(seen.allocated, oracle.blocks() * 512, "{name}");
        assert_eq!(u64::from(seen.nlink), oracle.nlink(), "{name}");
        assert!(seen.mount != 0, "{name}");
    }
}

#[test]
fn nothing_but_the_file_that_was_seen_is_opened() {
    let root = fixture();
    let volume = HostVolume::open(root.path(), Resolution::Automatic).unwrap();
    let top = volume.root().unwrap();
    let deep = volume.open_directory(&top, b"a/b/c").unwrap();
    let seen = volume.stat(&deep, b"f").unwrap();
    let mut file = volume.open(&deep, b"f", &seen).unwrap();
    let mut buffer = [0; 100];
    assert_eq!(volume.read(&mut file, &mut buffer), Ok(7));
    assert_eq!(volume.next_data(&file, 0), Ok(Some((0, 7))));
    assert_eq!(volume.next_data(&file, 7), Ok(None));
    for name in [&b"fifo"[..], b"out", b"a"] {
        let stat = volume.stat(&top, name).unwrap();
        assert_eq!(volume.open(&top, name, &stat).err(), Some(Errno::STALE));
        // Also when the survey saw a file there.
        assert_eq!(volume.open(&top, name, &seen).err(), Some(Errno::STALE), "{name:?}");
    }
}

#[test]
fn every_attribute_is_read_of_every_type_without_opening_it() {
    let root = fixture();
    let long = vec![b'v'; 3000];
    let set = |path: &str, name: &str, value: &[u8]| {
        let flags = rustix::fs::XattrFlags::empty();
        rustix::fs::lsetxattr(root.path().join(path), name, value, flags).is_ok()
    };
    // `trusted.` goes on links and FIFOs as well, but root alone may set it.
    let privileged = set("fifo", "trusted.note", b"1") && set("out", "trusted.note", b"2");
    if !set("a/b/c/f", "user.note", b"a\0b") || !set("a/b/c/f", "user.long", &long) {
        return;
    }
    for resolution in BOTH {
        let mut volume = HostVolume::open(root.path(), resolution).unwrap();
        let top = volume.root().unwrap();
        let deep = volume.open_directory(&top, b"a/b/c").unwrap();
        for descriptors in [true, false] {
            volume.descriptors = descriptors;
            let file = volume.xattrs(&deep, Some(b"f")).unwrap();
            let file = file.seen().unwrap();
            assert_eq!(file.get(b"user.note"), Some(&b"a\0b"[..]));
            assert_eq!(file.get(b"user.long"), Some(&*long));
            assert!(volume.xattrs(&top, None).unwrap().seen().is_some());
        }
        // Without /proc nothing but files and directories can be asked.
        assert_eq!(volume.xattrs(&top, Some(b"fifo")), Err(Errno::NOSYS));
        volume.descriptors = true;
        for (name, value) in
            [(&b"fifo"[..], &b"1"[..]), (b"out", b"2")].iter().filter(|_| privileged)
        {
            let seen = volume.xattrs(&top, Some(name)).unwrap();
            assert_eq!(seen.seen().unwrap().get(b"trusted.note"), Some(*value));
        }
    }
}
