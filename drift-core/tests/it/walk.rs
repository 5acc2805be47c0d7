//! The walker over memory and over real directories, against lstat, walkdir and sha256sum.
#![expect(clippy::disallowed_methods, reason = "the tests make and look at their own directories")]

use std::collections::BTreeMap;
use std::os::unix::fs::{FileExt as _, MetadataExt as _, PermissionsExt};
use std::path::Path;
use std::process::Command;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use drift_core::bounds::{Cancel, Pool, Silent};
use drift_core::model::{
    ARTIFACT_RULE, Algorithm, Coverage, Cursor as _, Entry, FileType, Intake, Listing, Problem,
    RowId, RuleId, SourceKind, Stage, Tree, TreePath,
};
use drift_core::rules::RuleSet;
use drift_core::source::{
    Ask, Content, ContentSink, Errno, Error, Fault, Faulty, HostVolume, MemoryKind, MemoryVolume,
    Operation, Plan, Resolution, Source, Unread, UnreadKind, Walked, Want,
};

/// Everything that a survey and a reading gave, by path.
#[derive(Debug, PartialEq)]
pub(crate) struct Seen {
    pub(crate) entries: BTreeMap<String, (Entry, Listing, RuleId)>,
    pub(crate) problems: Vec<Problem>,
    pub(crate) coverage: Coverage,
    pub(crate) excluded: Vec<(RuleId, u64)>,
    pub(crate) contents: BTreeMap<String, Result<Content, Unread>>,
}

struct Sink<'t> {
    tree: &'t Tree,
    taken: Mutex<BTreeMap<String, Result<Content, Unread>>>,
}

impl ContentSink for Sink<'_> {
    fn take(&self, row: RowId, answer: Result<Content, Unread>) {
        let before = self.taken.lock().unwrap().insert(self.tree.path(row).to_string(), answer);
        assert!(before.is_none(), "answered twice");
    }
}

/// Surveys, and reads every file with all that can be wanted.
pub(crate) fn look(source: &dyn Source, rules: &str, threads: usize) -> Result<Seen, Error> {
    look_around(source, rules, threads, &[], |_| ())
}

fn look_around(
    source: &dyn Source,
    rules: &str,
    threads: usize,
    artifacts: &[TreePath],
    between: impl FnOnce(&Tree),
) -> Result<Seen, Error> {
    look_with(source, rules, &Pool::new(threads).unwrap(), artifacts, between)
}

pub(crate) fn look_with(
    source: &dyn Source,
    rules: &str,
    pool: &Pool,
    artifacts: &[TreePath],
    between: impl FnOnce(&Tree),
) -> Result<Seen, Error> {
    let rules = RuleSet::parse(&[("test", rules)]).unwrap();
    let cancel = Cancel::new();
    let plan =
        Plan { rules: &rules, artifacts, pool, cancel: &cancel, observer: &Silent, known: None };
    let intake = Intake::default();
    source.survey(&plan, &intake)?;
    let frozen = intake.freeze();
    let tree = frozen.tree;
    between(&tree);
    let want = Want {
        digest: true,
        vendor: Some(Algorithm::Md5),
        prefix: Some(3),
        bytes: Some(16),
        ..Want::default()
    };
    let asks: Vec<Ask> = tree
        .rows()
        .filter(|row| tree.file_type(*row) == FileType::File)
        .map(|row| Ask { row, want })
        .collect();
    let sink = Sink { tree: &tree, taken: Mutex::default() };
    source.read(&plan, &tree, &asks, &sink)?;
    let contents = sink.taken.into_inner().unwrap();
    assert_eq!(contents.len(), asks.len(), "every ask is answered");
    let mut entries = BTreeMap::new();
    let mut cursor = tree.cursor();
    while let Some(step) = cursor.next().unwrap() {
        let path = tree.path(step.row.unwrap()).to_string();
        let before = entries.insert(path, (step.entry, step.listing, step.rule.unwrap()));
        assert!(before.is_none(), "captured twice");
    }
    let (problems, coverage, excluded) = (frozen.problems, frozen.coverage, frozen.excluded);
    Ok(Seen { entries, problems, coverage, excluded, contents })
}

pub(crate) fn memory(volume: MemoryVolume) -> Walked<MemoryVolume> {
    Walked::new(volume, SourceKind::Memory, "memory:test")
}

pub(crate) fn directory(path: &Path, resolution: Resolution) -> Walked<HostVolume> {
    let volume = HostVolume::open(path, resolution).unwrap();
    Walked::new(volume, SourceKind::Directory, "dir:test")
}

/// Every type, hard links, odd names, attributes, and a few levels.
fn motley(seed: u64) -> MemoryVolume {
    let mut volume = MemoryVolume::new();
    for number in 0..400_u32 {
        let path = format!("usr/d{}/e{}/f{number}", number % 7, number % 13);
        let bytes = path.repeat(number as usize % 50);
        volume
            .file(path.as_bytes(), bytes.as_bytes())
            .owner(number % 3, 0)
            .mtime(i64::from(number), 5);
    }
    volume.file(b"usr/large", &vec![7; 3 << 20]);
    volume.hard_link(b"usr/large", b"a/first");
    volume.hard_link(b"usr/large", b"z/last");
    volume.file(b"bad\xff\x1b[2J\nname", b"x").untyped();
    volume.directory(b"untyped").untyped();
    volume.file(b"untyped/x", b"").xattr(b"user.a", b"");
    volume.symlink(b"link", b"../../etc/passwd");
    volume.fifo(b"fifo");
    volume.socket(b"socket");
    volume.char_device(b"null", 1, 3);
    volume.block_device(b"disk", 8, 0).mode(0o660).owner(0, 6);
    volume.sparse(b"hole", 9000, &[(5000, b"data")]);
    volume.permute(seed);
    volume
}

#[test]
fn threads_order_and_descriptors_make_no_difference() {
    let expected = look(&memory(motley(0)), "ignore /usr/d3\nread-only /usr/d3/e4", 1).unwrap();
    assert_eq!(expected.problems, []);
    assert!(expected.entries.len() > 400);
    for (seed, threads, handles) in [(0, 4, 64), (1, 1, 0), (2, 4, 0), (3, 2, 4), (4, 4, 1)] {
        let source = memory(motley(seed)).with_handles(handles);
        let seen = look(&source, "ignore /usr/d3\nread-only /usr/d3/e4", threads).unwrap();
        assert!(seen == expected, "seed {seed}, {threads} threads, {handles} handles");
    }
}

#[test]
fn names_below_an_excluded_directory_are_counted_and_included_ones_found() {
    let mut volume = MemoryVolume::new();
    for path in ["c/a", "c/b/x", "c/b/y/deep", "c/keep/one", "c/keep/two", "c/k2/l/keep/z", "e"] {
        volume.file(path.as_bytes(), b"1");
    }
    let rules = "ignore /c\nread-only /c/keep\nread-only /c/k2/**/keep\nignore two";
    for threads in [1, 4] {
        let mut copy = MemoryVolume::new();
        std::mem::swap(&mut copy, &mut volume);
        let source = memory(copy);
        let seen = look(&source, rules, threads).unwrap();
        let paths: Vec<&str> = seen.entries.keys().map(String::as_str).collect();
        let expected = [
            "/",
            "/c",
            "/c/k2",
            "/c/k2/l",
            "/c/k2/l/keep",
            "/c/k2/l/keep/z",
            "/c/keep",
            "/c/keep/one",
            "/e",
        ];
        assert_eq!(paths, expected);
        // c/a, c/b, c/b/x, c/b/y, c/b/y/deep; and c/keep/two by the last rule.
        assert_eq!(seen.excluded, [(RuleId(1), 5), (RuleId(4), 1)]);
        assert_eq!(seen.entries["/c"].2, RuleId(1));
        assert_eq!(seen.entries["/c/k2/l"].2, RuleId(1));
        assert_eq!(seen.entries["/c/keep/one"].2, RuleId(2));
        assert!(seen.entries.values().all(|(_, listing, _)| *listing == Listing::Complete));
        for path in ["c/a", "c/b/x", "c/b/y/deep", "c/keep/one", "c/keep/two", "c/k2/l/keep/z", "e"]
        {
            volume.file(path.as_bytes(), b"1");
        }
    }
}

/// A directory that changes while it is listed may give a name twice.
#[test]
fn a_name_that_is_listed_twice_is_one_entry() {
    let root = tempfile::tempdir().unwrap();
    for number in 0..3000 {
        std::fs::write(root.path().join(format!("{number:04}")), b"").unwrap();
    }
    let stop = Cancel::new();
    std::thread::scope(|scope| {
        scope.spawn(|| {
            let mut round = 0_u32;
            while stop.check().is_ok() {
                let (from, to) = ("0001", "renamed-to-a-longer-name");
                let (from, to) = if round.is_multiple_of(2) { (from, to) } else { (to, from) };
                std::fs::rename(root.path().join(from), root.path().join(to)).unwrap();
                round += 1;
            }
        });
        for _ in 0..20 {
            // Looking fails when a path is captured twice.
            let seen = look(&directory(root.path(), Resolution::Automatic), "", 1).unwrap();
            assert!(seen.entries.len() >= 3000 && seen.problems.is_empty());
        }
        stop.cancel();
    });
}

#[test]
fn own_artefacts_are_left_out_by_exact_path_and_counted() {
    let mut volume = MemoryVolume::new();
    volume.file(b"d/golden.drift", b"1");
    volume.file(b"golden.drift", b"1");
    volume.file(b"state/a", b"1");
    let artifacts = [b"d/golden.drift".as_slice(), b"state"].map(|p| TreePath::parse(p).unwrap());
    let seen = look_around(&memory(volume), "", 2, &artifacts, |_| ()).unwrap();
    let paths: Vec<&str> = seen.entries.keys().map(String::as_str).collect();
    assert_eq!(paths, ["/", "/d", "/golden.drift"]);
    assert_eq!(seen.excluded, [(ARTIFACT_RULE, 2)]);
}

#[test]
fn mounts_are_decided_before_anything_there_is_touched() {
    let mut volume = MemoryVolume::new();
    for (path, file_system) in [
        ("proc", "proc"),
        ("srv/proc", "proc"),
        ("home", "ext4"),
        ("home/u/remote", "fuse.sshfs"),
        ("ruled", "nfs4"),
        ("hidden", "fuse"),
    ] {
        volume.mount(path.as_bytes(), file_system);
        volume.file(format!("{path}/f").as_bytes(), b"1");
    }
    volume.file(b"etc/resolv.conf", b"1").on_mount(5);
    let touched = |call: &drift_core::source::Call<'_>| {
        let opened = matches!(call.operation, Operation::OpenDirectory | Operation::List);
        let asked = opened || call.operation == Operation::Xattrs;
        let waits = [&b"remote"[..], b"ruled", b"hidden"].contains(&call.name);
        (asked && waits) || (opened && call.name == b"proc")
    };
    let volume = Faulty::new(volume, move |call| {
        assert!(!touched(&call), "{call:?}");
        None
    });
    let source = Walked::new(volume, SourceKind::Memory, "memory:");
    let seen = look(&source, "read-only /ruled\nignore /hidden", 2).unwrap();
    let mounts = |mounts: &[drift_core::model::Mount]| -> Vec<String> {
        mounts.iter().map(|mount| format!("{} {}", mount.path, mount.file_system)).collect()
    };
    assert_eq!(mounts(&seen.coverage.mounts_entered), ["/home ext4"]);
    let expected = [
        "/etc/resolv.conf fuse.sshfs",
        "/hidden fuse",
        "/home/u/remote fuse.sshfs",
        "/proc proc",
        "/ruled nfs4",
        "/srv/proc proc",
    ];
    assert_eq!(mounts(&seen.coverage.mounts_not_entered), expected);
    let problems: Vec<(String, Stage)> =
        seen.problems.iter().map(|p| (p.path.to_string(), p.stage)).collect();
    let expected = ["/home/u/remote", "/srv/proc"].map(|path| (path.to_owned(), Stage::Mount));
    assert_eq!(problems, expected);
    assert_eq!(seen.entries["/proc"].1, Listing::NotEntered);
    assert!(seen.contents["/home/f"].is_ok());
    let unread = seen.contents["/etc/resolv.conf"].as_ref().unwrap_err();
    assert_eq!((unread.kind, unread.stage), (UnreadKind::Unreadable, Stage::Mount));
}

/// One very long chain: no recursion anywhere, and no time quadratic in the depth.
#[test]
fn a_hundred_thousand_levels() {
    const DEPTH: usize = 100_000;
    let mut volume = MemoryVolume::new();
    let mut at = volume.root_id();
    for _ in 0..DEPTH {
        volume.put_in(at, b"f", MemoryKind::file(b"1"));
        at = volume.put_in(at, b"d", MemoryKind::Directory(BTreeMap::new()));
    }
    let seen = count(&memory(volume).with_handles(4), 2);
    assert_eq!(seen, Counted { entries: 2 * DEPTH + 1, problems: 0, read: DEPTH, setuid: 0 });
}

/// What a look gives without a single path: those of deep trees are long.
#[derive(Debug, PartialEq)]
struct Counted {
    entries: usize,
    problems: usize,
    read: usize,
    setuid: usize,
}

struct Count(AtomicUsize);

impl ContentSink for Count {
    fn take(&self, _row: RowId, answer: Result<Content, Unread>) {
        self.0.fetch_add(usize::from(answer.is_ok()), Ordering::Relaxed);
    }
}

fn count(source: &dyn Source, threads: usize) -> Counted {
    let rules = RuleSet::parse(&[]).unwrap();
    let (pool, cancel) = (Pool::new(threads).unwrap(), Cancel::new());
    let plan = Plan {
        rules: &rules,
        artifacts: &[],
        pool: &pool,
        cancel: &cancel,
        observer: &Silent,
        known: None,
    };
    let intake = Intake::default();
    source.survey(&plan, &intake).unwrap();
    let frozen = intake.freeze();
    let tree = &frozen.tree;
    let files = tree.rows().filter(|row| tree.file_type(*row) == FileType::File);
    let asks: Vec<Ask> =
        files.map(|row| Ask { row, want: Want { digest: true, ..Want::default() } }).collect();
    let count = Count(AtomicUsize::new(0));
    source.read(&plan, tree, &asks, &count).unwrap();
    let is_setuid =
        |row: &RowId| tree.entry(*row).mode.seen().is_some_and(|mode| mode & 0o4000 != 0);
    Counted {
        entries: tree.len(),
        problems: frozen.problems.len(),
        read: count.0.into_inner(),
        setuid: tree.rows().filter(is_setuid).count(),
    }
}

/// GNU rm, because the standard library's own removal recurses.
struct Removed(tempfile::TempDir);

impl Drop for Removed {
    fn drop(&mut self) {
        let _ = Command::new("rm").arg("-rf").arg(self.0.path()).status();
    }
}

/// 10,000 levels, two directories on each, and a setuid program at the end, far beyond `PATH_MAX`.
fn deep(levels: usize) -> Removed {
    use rustix::fs::{CWD, Mode, OFlags, mkdirat, openat};
    let root = Removed(tempfile::tempdir().unwrap());
    let flags = OFlags::RDONLY | OFlags::DIRECTORY;
    let mut at = openat(CWD, root.0.path(), flags, Mode::empty()).unwrap();
    for _ in 0..levels {
        mkdirat(&at, "leaf", 0o755.into()).unwrap();
        mkdirat(&at, "down", 0o755.into()).unwrap();
        at = openat(&at, "down", flags, Mode::empty()).unwrap();
    }
    let plant = openat(&at, "plant", OFlags::CREATE | OFlags::WRONLY, 0o755.into()).unwrap();
    rustix::io::write(&plant, b"#!/bin/sh\n").unwrap();
    rustix::fs::fchmod(&plant, 0o4755.into()).unwrap();
    root
}

fn check_deep(resolution: Resolution, threads: usize, levels: usize, handles: usize) {
    let root = deep(levels);
    let source = directory(root.0.path(), resolution).with_handles(handles);
    let seen = count(&source, threads);
    assert_eq!(seen, Counted { entries: 2 * levels + 2, problems: 0, read: 1, setuid: 1 });
}

#[test]
fn ten_thousand_levels_with_four_handles() {
    check_deep(Resolution::Automatic, 2, 10_000, 4);
}

#[test]
fn a_thousand_levels_name_by_name_without_handles() {
    check_deep(Resolution::NameByName, 4, 1_000, 0);
}

/// Runs the test above once more in a process that may open 32 files.
#[test]
fn thirty_two_descriptors_are_enough() {
    let this = std::env::current_exe().unwrap();
    let script = "ulimit -n 32 && exec \"$0\" --exact walk::wide_and_deep --test-threads=1";
    let output = Command::new("sh").arg("-c").arg(script).arg(this).output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success() && said.contains("1 passed"), "{said}");
}

#[test]
fn wide_and_deep() {
    let root = tempfile::tempdir().unwrap();
    for number in 0..2000 {
        let path = root.path().join(format!("{number}/a/b/c"));
        std::fs::create_dir_all(&path).unwrap();
        std::fs::write(path.join("f"), format!("{number}")).unwrap();
    }
    let seen = look(&directory(root.path(), Resolution::Automatic), "", 4).unwrap();
    assert_eq!((seen.entries.len(), seen.problems.len()), (1 + 2000 * 5, 0));
    assert!(seen.contents.values().all(Result::is_ok));
}

/// Everything that the machine lets the test make.
fn real() -> tempfile::TempDir {
    use rustix::fs::{CWD, FileType as Kind, makedev, mkfifoat, mknodat};
    let root = tempfile::tempdir().unwrap();
    let at = |path: &str| root.path().join(path);
    std::fs::create_dir_all(at("d/e")).unwrap();
    std::fs::write(at("d/e/f"), b"content").unwrap();
    std::fs::set_permissions(at("d/e/f"), PermissionsExt::from_mode(0o4711)).unwrap();
    std::fs::hard_link(at("d/e/f"), at("second")).unwrap();
    std::fs::write(at("zero"), b"").unwrap();
    std::os::unix::fs::symlink("d/e", at("link")).unwrap();
    mkfifoat(CWD, at("fifo"), 0o600.into()).unwrap();
    drop(std::os::unix::net::UnixListener::bind(at("socket")).unwrap());
    for (name, kind) in [("char", Kind::CharacterDevice), ("block", Kind::BlockDevice)] {
        // Only root may.
        let _ = mknodat(CWD, at(name), kind, 0o600.into(), makedev(1, 3));
    }
    let file = std::fs::File::create(at("hole")).unwrap();
    file.set_len(1 << 20).unwrap();
    file.write_at(b"data", 500_000).unwrap();
    let flags = rustix::fs::XattrFlags::empty();
    let _ = rustix::fs::setxattr(at("d"), "user.note", b"a\0=,\n", flags);
    root
}

#[test]
fn openat2_and_name_by_name_see_the_same_as_walkdir() {
    let root = real();
    let expected = look(&directory(root.path(), Resolution::NameByName), "", 1).unwrap();
    let seen = look(&directory(root.path(), Resolution::Automatic), "", 4).unwrap();
    assert_eq!(seen, expected);
    assert_eq!(seen.problems, []);
    let mut count = 0;
    for oracle in walkdir::WalkDir::new(root.path()).follow_links(false) {
        let oracle = oracle.unwrap();
        let path = oracle.path().strip_prefix(root.path()).unwrap();
        let (entry, _, _) = &seen.entries[&format!("/{}", path.display())];
        let metadata = oracle.metadata().unwrap();
        assert_eq!(entry.file_type, FileType::from_mode(metadata.mode()));
        assert_eq!(entry.mode.seen().copied().map(u32::from), Some(metadata.mode() & 0o7777));
        let mtime = entry.mtime.seen().unwrap();
        assert_eq!(
            (mtime.seconds, i64::from(mtime.nanoseconds)),
            (metadata.mtime(), metadata.mtime_nsec())
        );
        if entry.file_type != FileType::Directory {
            assert_eq!(entry.nlink.seen().copied().map(u64::from), Some(metadata.nlink()));
        }
        if metadata.is_symlink() {
            let target = std::fs::read_link(oracle.path()).unwrap();
            assert_eq!(
                entry.link_target.seen().unwrap().as_ref(),
                target.as_os_str().as_encoded_bytes()
            );
        }
        count += 1;
    }
    assert_eq!(count, seen.entries.len());
    let leader = seen.entries["/second"].0.hardlinks.seen().map(ToString::to_string);
    assert_eq!(leader.as_deref(), Some("/d/e/f"));
}

/// The oracles are sha256sum and md5sum.
#[test]
fn digests_are_those_of_coreutils() {
    let root = Path::new("/usr/share/doc");
    let root = if root.is_dir() { root } else { Path::new("/usr/share") };
    let seen = look(&directory(root, Resolution::Automatic), "", 2).unwrap();
    let mut paths: Vec<(&String, &Content)> = seen
        .contents
        .iter()
        .filter(|(path, _)| !path.contains('\\'))
        .filter_map(|(path, answer)| Some((path, answer.as_ref().ok()?)))
        .take(500)
        .collect();
    paths.sort_by_key(|(path, _)| *path);
    for (tool, digest) in [
        ("sha256sum", (|content: &Content| content.digest) as fn(&Content) -> _),
        ("md5sum", |content| content.vendor),
    ] {
        let output = Command::new(tool)
            .args(paths.iter().map(|(path, _)| format!("{}{path}", root.display())))
            .output()
            .unwrap();
        let said = String::from_utf8(output.stdout).unwrap();
        assert_eq!(said.lines().count(), paths.len());
        for (line, (path, content)) in said.lines().zip(&paths) {
            assert!(line.ends_with(path.as_str()), "{line}");
            assert_eq!(line.split(' ').next().unwrap(), digest(content).unwrap().hex(), "{path}");
        }
    }
}

#[test]
fn fifos_keep_what_is_in_them() {
    let root = tempfile::tempdir().unwrap();
    let fifo = root.path().join("fifo");
    rustix::fs::mkfifoat(rustix::fs::CWD, &fifo, 0o666.into()).unwrap();
    let flags = rustix::fs::OFlags::RDWR | rustix::fs::OFlags::NONBLOCK;
    let end = rustix::fs::open(&fifo, flags, rustix::fs::Mode::empty()).unwrap();
    rustix::io::write(&end, &[b'#'; 24]).unwrap();
    let seen = look(&directory(root.path(), Resolution::Automatic), "", 1).unwrap();
    assert_eq!((seen.entries.len(), seen.problems.len()), (2, 0));
    let mut buffer = [0; 100];
    assert_eq!(rustix::io::read(&end, &mut buffer), Ok(24));
}

/// A FIFO, or another file, takes the place of a file between the look at it and the opening.
#[test]
fn what_is_swapped_before_the_opening_is_noticed() {
    for (mode, again) in [(0o700, true), (0o777, true), (0o777, false)] {
        let root = tempfile::tempdir().unwrap();
        std::fs::set_permissions(root.path(), PermissionsExt::from_mode(mode)).unwrap();
        let (file, other) = (root.path().join("victim"), root.path().join("other"));
        std::fs::write(&file, b"innocent").unwrap();
        let volume = HostVolume::open(root.path(), Resolution::Automatic).unwrap();
        let swapped = AtomicUsize::new(0);
        let volume = Faulty::new(volume, move |call| {
            if call.operation == Operation::Open && swapped.fetch_add(1, Ordering::Relaxed) == 0 {
                if again {
                    rustix::fs::mkfifoat(rustix::fs::CWD, &other, 0o666.into()).unwrap();
                } else {
                    std::fs::write(&other, b"new").unwrap();
                }
                std::fs::rename(&other, &file).unwrap();
            }
            None
        });
        let seen = look(&Walked::new(volume, SourceKind::Directory, "dir:"), "", 1).unwrap();
        match (&seen.contents["/victim"], again) {
            (Err(unread), true) => assert_eq!(unread.kind, UnreadKind::Replaced),
            // Another regular file is read as what it is now.
            (Ok(content), false) => assert_eq!(content.bytes.as_deref(), Some(&b"new"[..])),
            other => panic!("{other:?}"),
        }
    }
}

#[test]
fn a_file_that_changes_in_every_reading_is_unstable_and_one_that_stops_is_read() {
    for (times, stable) in [(2, true), (1000, false)] {
        let root = tempfile::tempdir().unwrap();
        let path = root.path().join("log");
        std::fs::write(&path, vec![b'x'; 1000]).unwrap();
        let volume = HostVolume::open(root.path(), Resolution::Automatic).unwrap();
        let grown = AtomicUsize::new(0);
        let volume = Faulty::new(volume, move |call| {
            if call.operation == Operation::Read && grown.fetch_add(1, Ordering::Relaxed) < times {
                use std::io::Write as _;
                let mut file = std::fs::OpenOptions::new().append(true).open(&path).unwrap();
                file.write_all(b"more").unwrap();
            }
            None
        });
        let seen = look(&Walked::new(volume, SourceKind::Directory, "dir:"), "", 1).unwrap();
        match &seen.contents["/log"] {
            Ok(content) => assert!(stable && content.size >= 1004),
            Err(unread) => assert!(!stable && unread.kind == UnreadKind::Unstable, "{unread:?}"),
        }
    }
}

#[test]
fn failures_of_one_object_are_one_problem_of_it() {
    let build = || {
        let mut volume = MemoryVolume::new();
        volume.file(b"a/locked", b"1").mode(0);
        volume.directory(b"closed/in");
        volume.file(b"large", &vec![1; 2 << 20]);
        volume.symlink(b"link", b"x");
        volume.file(b"fine", b"1");
        volume
    };
    let check = |operation, name: &[u8], errno, path: &str, stage, listing| {
        let source =
            Walked::new(Faulty::on(build(), operation, name, errno), SourceKind::Memory, "memory:");
        let seen = look(&source, "", 2).unwrap();
        let problems: Vec<(String, Stage)> =
            seen.problems.iter().map(|p| (p.path.to_string(), p.stage)).collect();
        assert_eq!(problems, [(path.to_owned(), stage)]);
        assert_eq!(seen.entries[path].1, listing);
        assert!(seen.contents["/fine"].is_ok());
    };
    use Listing::{Complete, NotEntered, Partial};
    use Operation as On;
    check(On::Stat, b"locked", Errno::ACCESS, "/a/locked", Stage::Stat, Complete);
    check(On::OpenDirectory, b"closed", Errno::ACCESS, "/closed", Stage::Open, NotEntered);
    check(On::StatDirectory, b"closed", Errno::IO, "/closed", Stage::Open, NotEntered);
    check(On::List, b"closed", Errno::IO, "/closed", Stage::List, Partial);
    check(On::ReadLink, b"link", Errno::IO, "/link", Stage::Readlink, Complete);
    check(On::Xattrs, b"fine", Errno::IO, "/fine", Stage::Xattr, Complete);
}

#[test]
fn an_error_in_the_middle_of_a_file_is_its_own() {
    let mut volume = MemoryVolume::new();
    volume.file(b"large", &vec![1; 2 << 20]);
    volume.file(b"fine", b"1");
    let reads = AtomicUsize::new(0);
    let volume = Faulty::new(volume, move |call| {
        let second = call.operation == Operation::Read
            && call.name == b"large"
            && reads.fetch_add(1, Ordering::Relaxed) == 3;
        second.then_some(Fault::Error(Errno::IO))
    });
    let seen = look(&Walked::new(volume, SourceKind::Memory, "memory:"), "", 1).unwrap();
    let unread = seen.contents["/large"].as_ref().unwrap_err();
    let expected = (UnreadKind::Unreadable, Stage::Read, Some("EIO"));
    assert_eq!((unread.kind, unread.stage, unread.errno), expected);
    assert!(seen.contents["/fine"].is_ok());
}

#[test]
fn short_reads_change_nothing() {
    let expected = look(&memory(motley(0)), "", 1).unwrap();
    for count in [1, 511] {
        let volume = Faulty::new(motley(0), move |call| {
            (call.operation == Operation::Read
                && call.name != b"large"
                && call.name != b"first"
                && call.name != b"last")
                .then_some(Fault::Short(count))
        });
        let seen = look(&Walked::new(volume, SourceKind::Memory, "memory:"), "", 1).unwrap();
        assert!(seen == expected);
    }
}

/// The sparse digest, written down once more as the document has it.
fn sparse_oracle(size: u64, blocks: &[(u64, Vec<u8>)]) -> [u8; 32] {
    let mut all = b"drift.sparse/v1".to_vec();
    all.extend(size.to_le_bytes());
    for (offset, block) in blocks {
        all.extend(offset.to_le_bytes());
        all.extend(block);
    }
    drift_lanes::sha256(&all)
}

#[test]
fn eight_tebibytes_of_holes_have_a_sparse_digest_at_once() {
    const SIZE: u64 = (8 << 40) + 5;
    let block = |at: usize, bytes: &[u8], length: usize| {
        let mut block = vec![0; length];
        block[at..at + bytes.len()].copy_from_slice(bytes);
        block
    };
    let expected = sparse_oracle(
        SIZE,
        &[
            (0, block(4095, b"x", 4096)),
            (4096, block(0, b"y", 4096)),
            (1 << 40, block(100, b"z", 4096)),
            (8 << 40, block(4, b"e", 5)),
        ],
    );
    let root = tempfile::tempdir().unwrap();
    let file = std::fs::File::create(root.path().join("s")).unwrap();
    if file.set_len(SIZE).is_err() {
        return;
    }
    for (bytes, at) in [(&b"xy"[..], 4095), (b"z", (1 << 40) + 100), (b"e", (8 << 40) + 4)] {
        file.write_at(bytes, at).unwrap();
    }
    // Zeros that are stored are the same as a hole.
    file.write_at(&[0; 9000], 1 << 30).unwrap();
    let seen = look(&directory(root.path(), Resolution::Automatic), "", 1).unwrap();
    let real = seen.contents["/s"].as_ref().unwrap().digest.unwrap();
    assert_eq!((real.algorithm(), real.as_bytes()), (Algorithm::SparseSha256, &expected[..]));

    let mut volume = MemoryVolume::new();
    volume.sparse(
        b"s",
        SIZE,
        &[(4095, b"x"), (4096, b"y"), ((1 << 40) + 100, b"z"), ((8 << 40) + 4, b"e")],
    );
    let seen = look(&memory(volume), "", 1).unwrap();
    assert_eq!(seen.contents["/s"].as_ref().unwrap().digest, Some(real));
}

/// A child takes write leases on three files; it lets go after a second, or never.
#[test]
fn leased_files_are_waited_for_together() {
    // The signal is waited for while it is blocked: a handler and pause() could miss each other.
    const HOLD: &str = "import fcntl, os, signal, sys, time
signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGIO])
files = [os.open(path, os.O_RDWR) for path in sys.argv[2:]]
for fd in files: fcntl.fcntl(fd, fcntl.F_SETLEASE, fcntl.F_WRLCK)
print('held', flush=True)
signal.sigwait([signal.SIGIO])
if sys.argv[1] == 'release':
    time.sleep(1)
    for fd in files: fcntl.fcntl(fd, fcntl.F_SETLEASE, fcntl.F_UNLCK)
while True: signal.pause()
";
    for (mode, wait, read) in [("release", 20_000, true), ("keep", 500, false)] {
        let root = tempfile::tempdir().unwrap();
        let paths: Vec<_> = (0..3).map(|n| root.path().join(format!("l{n}"))).collect();
        for path in &paths {
            std::fs::write(path, b"leased").unwrap();
        }
        let child = Command::new("python3")
            .args(["-c", HOLD, mode])
            .args(&paths)
            .stdout(std::process::Stdio::piped())
            .spawn();
        let Ok(child) = child else { return };
        let mut child = drift_testkit::command::Beside(child);
        let mut line = String::new();
        let mut said = std::io::BufReader::new(child.0.stdout.take().unwrap());
        std::io::BufRead::read_line(&mut said, &mut line).unwrap();
        if line == "held\n" {
            std::fs::write(root.path().join("free"), b"free").unwrap();
            let source = directory(root.path(), Resolution::Automatic).with_lease_wait(wait);
            let seen = look(&source, "", 2).unwrap();
            assert!(seen.contents["/free"].is_ok());
            for number in 0..3 {
                match &seen.contents[&format!("/l{number}")] {
                    Ok(content) => assert!(read && content.size == 6),
                    Err(unread) => assert!(!read && unread.errno == Some("EAGAIN"), "{unread:?}"),
                }
            }
        }
        assert_eq!(line, "held\n");
    }
}

/// A directory and a link that leads outside change places all the time; nothing outside is seen.
#[test]
fn a_parent_that_flips_to_a_link_leads_nowhere() {
    use rustix::fs::{CWD, RenameFlags, renameat_with};
    let (root, outside) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    std::fs::write(outside.path().join("f"), b"canary").unwrap();
    let (inside, link) = (root.path().join("d"), root.path().join("link"));
    std::fs::create_dir(&inside).unwrap();
    std::fs::write(inside.join("f"), b"inside").unwrap();
    std::os::unix::fs::symlink(outside.path(), &link).unwrap();
    let stop = Cancel::new();
    std::thread::scope(|scope| {
        let flipping = scope.spawn(|| {
            let mut flips = 0_u64;
            while stop.check().is_ok() {
                renameat_with(CWD, &inside, CWD, &link, RenameFlags::EXCHANGE).unwrap();
                flips += 1;
            }
            flips
        });
        for (round, resolution) in [Resolution::Automatic, Resolution::NameByName]
            .into_iter()
            .cycle()
            .take(400)
            .enumerate()
        {
            let seen = look(&directory(root.path(), resolution), "", 1 + round % 2).unwrap();
            for (path, answer) in &seen.contents {
                let bytes = answer.as_ref().ok().and_then(|content| content.bytes.as_deref());
                assert!(bytes.is_none_or(|bytes| bytes == b"inside"), "{path}");
            }
        }
        stop.cancel();
        assert!(flipping.join().unwrap() > 400);
    });
}

/// A FUSE server that never answers, mounted by a child; its end releases whoever waits for it.
pub(crate) struct Hung {
    child: std::process::Child,
    point: std::path::PathBuf,
}

impl Hung {
    pub(crate) fn mount(point: &Path) -> Option<Self> {
        const MOUNT: &str = "import ctypes, os, sys, time
fd = os.open('/dev/fuse', os.O_RDWR)
libc = ctypes.CDLL(None, use_errno=True)
mode = 40000 if os.path.isdir(sys.argv[1]) else 100000
data = f'fd={fd},rootmode={mode},user_id=0,group_id=0'.encode()
failed = libc.mount(b'hung', sys.argv[1].encode(), b'fuse', 0, data)
print('no' if failed else 'mounted', flush=True)
time.sleep(60)
";
        let mut command = Command::new("python3");
        command.args(["-c", MOUNT]).arg(point).stdout(std::process::Stdio::piped());
        command.stderr(std::process::Stdio::null());
        let mut hung = Self { child: command.spawn().ok()?, point: point.to_owned() };
        let mut line = String::new();
        let mut said = std::io::BufReader::new(hung.child.stdout.take()?);
        std::io::BufRead::read_line(&mut said, &mut line).ok()?;
        (line == "mounted\n").then_some(hung)
    }
}

impl Drop for Hung {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        let _ = Command::new("umount").arg("-l").arg(&self.point).status();
    }
}

/// Needs root and /dev/fuse; without them there is nothing to look at.
#[test]
fn a_fuse_server_that_never_answers_is_a_problem_and_no_hang() {
    let root = tempfile::tempdir().unwrap();
    std::fs::create_dir(root.path().join("mnt")).unwrap();
    std::fs::write(root.path().join("f"), b"1").unwrap();
    let Some(hung) = Hung::mount(&root.path().join("mnt")) else { return };
    let source = directory(root.path(), Resolution::Automatic);
    let (sender, receiver) = std::sync::mpsc::channel();
    let looking = std::thread::spawn(move || {
        let seen = look(&source, "", 2);
        assert!(sender.send(seen).is_ok());
    });
    let seen = receiver.recv_timeout(std::time::Duration::from_secs(20));
    drop(hung);
    let ended = looking.join();
    let seen = seen.expect("the walk ends while the server hangs").unwrap();
    ended.unwrap();
    let problems: Vec<(String, Stage)> =
        seen.problems.iter().map(|p| (p.path.to_string(), p.stage)).collect();
    assert_eq!(problems, [("/mnt".to_owned(), Stage::Mount)]);
    assert_eq!(seen.entries["/mnt"].1, Listing::NotEntered);
    assert!(seen.contents["/f"].is_ok());
}

#[test]
fn what_is_gone_between_survey_and_reading_is_told_apart() {
    let root = tempfile::tempdir().unwrap();
    let at = |path: &str| root.path().join(path);
    for path in ["gone", "replaced", "kept", "d/in", "e/in", "f/in"] {
        std::fs::create_dir_all(at(path).parent().unwrap()).unwrap();
        std::fs::write(at(path), b"1").unwrap();
    }
    let source = directory(root.path(), Resolution::Automatic);
    let seen = look_around(&source, "", 1, &[], |_| {
        std::fs::remove_file(at("gone")).unwrap();
        std::fs::remove_file(at("replaced")).unwrap();
        std::fs::create_dir(at("replaced")).unwrap();
        std::fs::remove_dir_all(at("d")).unwrap();
        // Another directory of the same name, with a file of the same name.
        std::fs::rename(at("e"), at("old")).unwrap();
        std::fs::create_dir(at("e")).unwrap();
        std::fs::write(at("e/in"), b"2").unwrap();
        // A link to what was there.
        std::fs::rename(at("f"), at("moved")).unwrap();
        std::os::unix::fs::symlink("moved", at("f")).unwrap();
    })
    .unwrap();
    let kind = |path: &str| seen.contents[path].as_ref().map(|_| ()).map_err(|unread| unread.kind);
    assert_eq!(kind("/gone"), Err(UnreadKind::Vanished));
    assert_eq!(kind("/replaced"), Err(UnreadKind::Replaced));
    assert_eq!(kind("/d/in"), Err(UnreadKind::Vanished));
    assert_eq!(kind("/e/in"), Err(UnreadKind::Replaced));
    assert_eq!(kind("/f/in"), Err(UnreadKind::Replaced));
    assert_eq!(kind("/kept"), Ok(()));
}

#[test]
fn probes_follow_links_inside_the_root_only() {
    let mut volume = MemoryVolume::new();
    volume.file(b"usr/lib/os-release", b"ID=debian\n");
    volume.symlink(b"etc/os-release", b"../usr/lib/os-release");
    volume.symlink(b"etc/absolute", b"/usr/lib/os-release");
    volume.symlink(b"etc/out", b"../../../../usr/lib/os-release");
    volume.symlink(b"loop", b"loop");
    volume.symlink(b"lib", b"usr/lib");
    volume.fifo(b"fifo");
    volume.mount(b"far", "nfs");
    volume.file(b"far/f", b"1");
    let source = memory(volume);
    let probe = |path: &[u8]| source.probe(&TreePath::parse(path).unwrap(), 100);
    for path in
        ["usr/lib/os-release", "etc/os-release", "etc/absolute", "etc/out", "lib/os-release"]
    {
        assert_eq!(probe(path.as_bytes()).as_deref(), Some(&b"ID=debian\n"[..]), "{path}");
    }
    for path in ["loop", "fifo", "usr", "none", "far/f", "usr/lib/os-release/x", ""] {
        assert_eq!(probe(path.as_bytes()), None, "{path}");
    }
    assert_eq!(source.probe(&TreePath::parse(b"usr/lib/os-release").unwrap(), 9), None);
}

#[test]
fn a_cancelled_run_stops() {
    let cancel = Cancel::new();
    let stop = cancel.clone();
    let volume = Faulty::new(motley(0), move |call| {
        if call.number == 100 {
            stop.cancel();
        }
        None
    });
    let source = Walked::new(volume, SourceKind::Memory, "memory:");
    let (rules, pool) = (RuleSet::parse(&[]).unwrap(), Pool::new(4).unwrap());
    let plan = Plan {
        rules: &rules,
        artifacts: &[],
        pool: &pool,
        cancel: &cancel,
        observer: &Silent,
        known: None,
    };
    assert!(matches!(source.survey(&plan, &Intake::default()), Err(Error::Cancelled(_))));
    assert!(source.volume().calls() < 200);
}

#[test]
fn targets_are_recognised() {
    let root = tempfile::tempdir().unwrap();
    let path = root.path().to_str().unwrap();
    let open =
        |target: &str| drift_core::source::open(target, &drift_core::source::Selection::default());
    assert_eq!(open(path).unwrap().kind(), SourceKind::Directory);
    assert_eq!(open(path).unwrap().locator(), format!("dir:{path}"));
    assert_eq!(open("dir:/").unwrap().kind(), SourceKind::Directory);
    assert_eq!(open("/").unwrap().kind(), SourceKind::Host);
    assert_eq!(open("host:").unwrap().locator(), "/");
    for (target, expected) in [
        ("floppy:x", "\"floppy:\" is no kind of target"),
        ("/none/\u{1b}", "No such file"),
        ("dir:/etc/passwd", "ENOTDIR"),
        ("/dev/null", "neither a directory nor a regular file"),
    ] {
        let error = open(target).err().unwrap().to_string();
        assert!(error.contains(expected), "{error}");
        assert!(!error.contains('\u{1b}'));
    }
}
