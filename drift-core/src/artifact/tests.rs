//! The sole writer: whole files or none, and nothing through links.

use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _, symlink};
use std::path::Path;

use super::{
    Error, Replace, bundle_paths, digest_bounded, ensure_directory, load_lineages, private,
    read_bounded, write, write_unless,
};
use crate::bounds::Cancel;
use crate::model::Digest;

/// How a draft is made.
type Opener = dyn Fn(&super::write::Writing<'_>) -> Result<super::write::Draft, Error>;

fn names(directory: &Path) -> Vec<String> {
    let entries = walkdir::WalkDir::new(directory).min_depth(1).max_depth(1).sort_by_file_name();
    entries
        .into_iter()
        .map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned())
        .collect()
}

#[test]
fn a_key_is_never_written_over() {
    let directory = tempfile::tempdir().unwrap();
    let key = directory.path().join("key.pem");
    write(&key, b"-----BEGIN PRIVATE KEY-----\n", 0o600, Replace::Yes).unwrap();
    assert!(matches!(write(&key, b"new", 0o644, Replace::Yes), Err(Error::Key { .. })));
    assert!(read_bounded(&key, 64).unwrap().starts_with(b"-----BEGIN"));
}

#[test]
fn a_file_is_written_with_its_mode_and_nothing_else_is_left() {
    let place = tempfile::tempdir().unwrap();
    let path = place.path().join("x".repeat(255));
    let big = vec![7u8; 3_000_000];
    write(&path, b"old", 0o644, Replace::No).unwrap();
    assert_eq!(path.symlink_metadata().unwrap().mode() & 0o7777, 0o644);
    assert!(matches!(write(&path, b"new", 0o644, Replace::No), Err(Error::Exists { .. })));
    assert_eq!(read_bounded(&path, 10).unwrap(), b"old");
    write(&path, &big, 0o600, Replace::Yes).unwrap();
    assert_eq!(read_bounded(&path, big.len()).unwrap(), big);
    assert_eq!(path.symlink_metadata().unwrap().mode() & 0o7777, 0o600);
    assert_eq!(names(place.path()).len(), 1);
}

#[test]
fn a_digest_is_that_of_the_whole_and_obeys_the_limit() {
    let place = tempfile::tempdir().unwrap();
    let path = place.path().join("x");
    for size in [0, 1, 65_535, 65_536, 65_537, 200_000] {
        let bytes: Vec<u8> = (0..size).map(|at| u8::try_from(at % 251).unwrap()).collect();
        write(&path, &bytes, 0o600, Replace::Yes).unwrap();
        assert_eq!(digest_bounded(&path, size).unwrap(), Digest::sha256_of(&bytes));
        assert_eq!(read_bounded(&path, size).unwrap(), bytes);
        if size > 0 {
            let refused = digest_bounded(&path, size - 1);
            assert!(matches!(refused, Err(Error::TooLarge { .. })), "{refused:?}");
        }
    }
}

#[test]
fn what_is_no_regular_file_is_neither_written_nor_read() {
    let place = tempfile::tempdir().unwrap();
    let at = |name: &str| place.path().join(name);
    write(&at("real"), b"real", 0o600, Replace::No).unwrap();
    symlink("real", at("link")).unwrap();
    symlink("nowhere", at("dangling")).unwrap();
    ensure_directory(&at("directory/below")).unwrap();
    ensure_directory(&at("directory/below")).unwrap();
    let mode = rustix::fs::Mode::RWXU;
    rustix::fs::mkfifoat(rustix::fs::CWD, at("fifo"), mode).unwrap();
    for name in ["link", "dangling", "directory", "fifo"] {
        for replace in [Replace::Yes, Replace::No] {
            let refused = write(&at(name), b"x", 0o600, replace);
            assert!(matches!(refused, Err(Error::NotRegular { .. })), "{name}: {refused:?}");
        }
    }
    assert_eq!(read_bounded(&at("link"), 4).unwrap(), b"real");
    for name in ["directory", "fifo"] {
        assert!(matches!(read_bounded(&at(name), 9), Err(Error::NotRegular { .. })), "{name}");
    }
    assert!(matches!(
        read_bounded(Path::new("/dev/zero"), 9),
        Err(Error::NotRegular { found: "a character device", .. })
    ));
    for name in ["", "..", "a/.", "real/", "missing/x"] {
        assert!(write(&at(name), b"x", 0o600, Replace::Yes).is_err(), "{name}");
    }
    assert_eq!(names(place.path()), ["dangling", "directory", "fifo", "link", "real"]);
}

#[test]
fn reading_stops_at_the_limit() {
    let place = tempfile::tempdir().unwrap();
    let path = place.path().join("file");
    write(&path, b"12345", 0o600, Replace::No).unwrap();
    assert_eq!(read_bounded(&path, 5).unwrap(), b"12345");
    assert!(matches!(read_bounded(&path, 4), Err(Error::TooLarge { limit: 4, .. })));
    assert_eq!(digest_bounded(&path, 5).unwrap(), Digest::sha256_of(b"12345"));
    assert!(matches!(digest_bounded(&path, 4), Err(Error::TooLarge { limit: 4, .. })));
    // Says that it is empty, and is not.
    assert!(matches!(
        read_bounded(Path::new("/proc/self/status"), 10),
        Err(Error::TooLarge { limit: 10, .. })
    ));
}

#[test]
fn a_stopped_run_leaves_the_old_file() {
    let place = tempfile::tempdir().unwrap();
    let path = place.path().join("file");
    write(&path, b"old", 0o600, Replace::No).unwrap();
    let cancel = Cancel::new();
    cancel.cancel();
    let stopped = write_unless(&path, b"new", 0o600, Replace::Yes, &cancel);
    assert!(matches!(stopped, Err(Error::Cancelled { .. })));
    assert_eq!(read_bounded(&path, 3).unwrap(), b"old");
    assert_eq!(names(place.path()), ["file"]);
}

#[test]
fn a_draft_with_a_name_does_the_same() {
    use super::write::write_by;
    let place = tempfile::tempdir().unwrap();
    let path = place.path().join("file");
    let go = Cancel::new();
    let named: &Opener = &|writing| writing.open_named_draft();
    write_by(named, &path, b"old", 0o640, Replace::No, &go).unwrap();
    assert_eq!(path.symlink_metadata().unwrap().mode() & 0o7777, 0o640);
    let refused = write_by(named, &path, b"new", 0o640, Replace::No, &go);
    assert!(matches!(refused, Err(Error::Exists { .. })));
    let stop = Cancel::new();
    stop.cancel();
    let stopped = write_by(named, &path, b"new", 0o640, Replace::Yes, &stop);
    assert!(matches!(stopped, Err(Error::Cancelled { .. })));
    assert_eq!(read_bounded(&path, 3).unwrap(), b"old");
    write_by(named, &path, b"new", 0o640, Replace::Yes, &go).unwrap();
    assert_eq!(read_bounded(&path, 3).unwrap(), b"new");
    assert_eq!(names(place.path()), ["file"]);
}

#[test]
fn a_name_taken_meanwhile_is_never_replaced_unasked() {
    use super::write::write_by;
    let place = tempfile::tempdir().unwrap();
    let path = place.path().join("file");
    // The other writer is faster: it takes the name after this one looked.
    let nameless: &Opener = &|writing| writing.open_draft_late();
    let named: &Opener = &|writing| writing.open_named_draft_late();
    for open in [nameless, named] {
        let refused = write_by(open, &path, b"late", 0o600, Replace::No, &Cancel::new());
        assert!(matches!(refused, Err(Error::Exists { .. })), "{refused:?}");
        assert_eq!(read_bounded(&path, 5).unwrap(), b"early");
        assert_eq!(names(place.path()), ["file"]);
        rustix::fs::unlinkat(rustix::fs::CWD, &path, rustix::fs::AtFlags::empty()).unwrap();
    }
}

impl super::write::Writing<'_> {
    fn open_draft_late(&self) -> Result<super::write::Draft, Error> {
        write(self.path, b"early", 0o600, Replace::No)?;
        self.open_draft()
    }

    fn open_named_draft_late(&self) -> Result<super::write::Draft, Error> {
        write(self.path, b"early", 0o600, Replace::No)?;
        self.open_named_draft()
    }
}

#[test]
fn a_directory_that_takes_no_files_is_an_error() {
    let refused = write(Path::new("/proc/self/new"), b"x", 0o600, Replace::No);
    assert!(matches!(refused, Err(Error::System { .. })), "{refused:?}");
}

#[test]
fn a_key_that_others_can_read_is_noticed() {
    let place = tempfile::tempdir().unwrap();
    let path = place.path().join("key.pem");
    write(&path, b"key", 0o600, Replace::No).unwrap();
    assert_eq!(private(&path).unwrap(), None);
    let read = super::read_private(&path, 10).unwrap();
    assert_eq!((read.bytes.as_slice(), read.exposed), (b"key".as_slice(), None));
    for mode in [0o640, 0o604, 0o620, 0o601] {
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode)).unwrap();
        assert_eq!(private(&path).unwrap(), Some(mode));
    }
}

#[test]
fn bundles_are_found_in_order_and_others_are_not() {
    let place = tempfile::tempdir().unwrap();
    let file = place.path().join("a.drift");
    for name in [
        "a.drift",
        "a.drift.ffffffffffffffff.sigstore.json",
        "a.drift.0123456789abcdef.sigstore.json",
        "a.drift.sigstore.json",
        "a.drift.0123456789ABCDEF.sigstore.json",
        "a.drift.0123456789abcde.sigstore.json",
        "a.drift.sigstore.json.bak",
        "aa.drift.sigstore.json",
        "b.drift.sigstore.json",
    ] {
        write(&place.path().join(name), b"", 0o600, Replace::No).unwrap();
    }
    let found: Vec<String> = bundle_paths(&file)
        .unwrap()
        .iter()
        .map(|path| path.file_name().unwrap().to_string_lossy().into_owned())
        .collect();
    assert_eq!(
        found,
        [
            "a.drift.sigstore.json",
            "a.drift.0123456789abcdef.sigstore.json",
            "a.drift.ffffffffffffffff.sigstore.json"
        ]
    );
    for number in 0..64 {
        let name = format!("a.drift.00000000000000{number:02x}.sigstore.json");
        write(&place.path().join(name), b"", 0o600, Replace::No).unwrap();
    }
    assert!(matches!(bundle_paths(&file), Err(Error::TooManyBundles { .. })));
}

#[test]
fn a_damaged_memory_is_an_error_that_names_the_file() {
    let place = tempfile::tempdir().unwrap();
    assert_eq!(load_lineages(place.path()).unwrap(), None);
    assert_eq!(load_lineages(&place.path().join("missing")).unwrap(), None);
    let path = place.path().join(super::LINEAGES_FILE);
    for text in ["", "{}", "{\"schema\":\"drift.lineages/v1\",\"lineages\":{}}", "null", "[1"] {
        write(&path, text.as_bytes(), 0o600, Replace::Yes).unwrap();
        let error = load_lineages(place.path()).unwrap_err();
        assert!(matches!(error, Error::Lineages { .. }), "{text}");
        assert!(error.to_string().contains("lineages.json"), "{error}");
    }
}
