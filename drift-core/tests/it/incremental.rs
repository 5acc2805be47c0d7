//! Ways to change a file so that its stamp stays: full always finds the change, incremental finds it
//! or is known not to, and then the sample finds it.

#![expect(clippy::disallowed_methods, reason = "the tests make their own trees")]

mod disk;

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::path::Path;
use std::sync::Arc;

use drift_core::baseline::{encode, root_of};
use drift_core::bounds::{Cancel, Kernel, Pool, Silent, Timestamp};
use drift_core::cache::{Cache, Purpose, Setting};
use drift_core::capture::{Captured, Options, Parts, RuleSource, Run, capture, capture_with};
use drift_core::model::{FileType, Snapshot, SourceKind};
use drift_core::source::{HostVolume, Resolution, Walked};
use drift_testkit::need;

use disk::Disk;

/// Further from any file of the tests than a file must be quiet.
const LATER: i64 = 100_000;

/// A target and the cache that runs leave.
struct Scene {
    stored: Option<Vec<u8>>,
    now: i64,
    within: u32,
    runs: u8,
    pool: Arc<Pool>,
}

/// What a run saw.
struct Seen {
    digests: BTreeMap<String, String>,
    root: String,
    from_cache: u64,
    again: u64,
    hashed: u64,
    trusted: Vec<(String, u64)>,
    notes: Vec<String>,
    /// The file of the snapshot, but for the counts of what was read and what was known.
    file: Vec<u8>,
}

impl Seen {
    fn of(captured: Captured, cache: Option<&Cache>) -> Self {
        let (tree, coverage) = (&captured.snapshot.tree, &captured.snapshot.coverage);
        assert_eq!(captured.snapshot.problems, []);
        let files = tree.rows().filter(|row| tree.file_type(*row) == FileType::File);
        let digest = |row| tree.digest(row).seen().map(ToString::to_string).unwrap_or_default();
        let trusted = coverage.trusted.iter();
        Self {
            digests: files.map(|row| (tree.path(row).to_string(), digest(row))).collect(),
            root: root_of(&captured.snapshot).unwrap().to_string(),
            from_cache: coverage.files_from_cache,
            again: coverage.rehash_sample,
            hashed: coverage.files_hashed,
            trusted: trusted.map(|trusted| (trusted.path.to_string(), trusted.files)).collect(),
            notes: cache.map(Cache::notes).unwrap_or_default(),
            file: file_of(captured.snapshot),
        }
    }

    /// Paths with another digest than in `other`.
    fn differing(&self, other: &Self) -> Vec<&str> {
        let differs =
            |(path, digest): &(&String, &String)| other.digests.get(*path) != Some(digest);
        self.digests.iter().filter(differs).map(|(path, _)| path.as_str()).collect()
    }
}

fn file_of(mut snapshot: Snapshot) -> Vec<u8> {
    let coverage = &mut snapshot.coverage;
    (coverage.files_hashed, coverage.bytes_hashed) = (0, 0);
    (coverage.files_from_cache, coverage.rehash_sample) = (0, 0);
    coverage.trusted.clear();
    encode(&snapshot).unwrap().bytes
}

fn with_parts<R>(
    root: &Path,
    pool: &Pool,
    work: impl FnOnce(&Walked<HostVolume>, &Options, &Run<'_>) -> R,
) -> R {
    let volume = HostVolume::open(root, Resolution::Automatic).unwrap();
    let source = Walked::new(volume, SourceKind::Directory, "dir:/scene");
    let cancel = Cancel::new();
    let run = Run { pool, cancel: &cancel, observer: &Silent, artifacts: &[] };
    let options = Options {
        rules: RuleSource::Whole("read-only /".to_owned()),
        parts: Parts::ALL,
        vendor_digests: false,
        configs: true,
        binaries: false,
    };
    work(&source, &options, &run)
}

fn full(root: &Path) -> Seen {
    let pool = Pool::new(2).unwrap();
    with_parts(root, &pool, |source, options, run| {
        Seen::of(capture(source, options, run).unwrap(), None)
    })
}

impl Scene {
    /// Begins long after everything that the tests make.
    fn new() -> Self {
        let now = rustix::time::clock_gettime(rustix::time::ClockId::Realtime).tv_sec;
        let pool = Arc::new(Pool::new(2).unwrap());
        Self { stored: None, now: now + LATER, within: 1000, runs: 0, pool }
    }

    fn incremental(&mut self, root: &Path) -> Seen {
        self.run(root, Purpose::Trust)
    }

    fn run(&mut self, root: &Path, purpose: Purpose) -> Seen {
        self.now += LATER;
        self.runs += 1;
        let setting = Setting {
            purpose,
            target: (SourceKind::Directory, "dir:/scene"),
            machine: b"machine",
            revision: b"revision",
            key: [1; 32],
            random: [self.runs; 32],
            within: self.within,
            started: Timestamp::from_unix(self.now, 0),
        };
        let pool = Arc::clone(&self.pool);
        with_parts(root, &pool, |source, options, run| {
            let cache = Cache::begin(self.stored.take(), &setting, run.pool).unwrap();
            let captured = capture_with(source, options, Some(&cache), run).unwrap();
            let mut stored = Vec::new();
            cache.write(Timestamp::from_unix(self.now + 1, 0), &mut stored).unwrap();
            self.stored = Some(stored);
            Seen::of(captured, Some(&cache))
        })
    }

    /// Runs on a copy of what is stored, so that the scene stays as it is.
    fn would_see(&self, root: &Path, within: u32) -> Seen {
        let (stored, now, runs) = (self.stored.clone(), self.now, self.runs);
        Self { stored, now, within, runs, pool: Arc::clone(&self.pool) }.incremental(root)
    }

    /// An edit that full mode finds and incremental mode too.
    #[track_caller]
    fn finds(&self, root: &Path, before: &Seen, paths: &[&str]) {
        assert_eq!(full(root).differing(before), paths);
        let seen = self.would_see(root, 1000);
        assert_eq!(seen.differing(before), paths);
        assert!(seen.from_cache > 0, "it was incremental");
        assert_eq!(seen.notes, [""; 0]);
    }

    /// An edit that full mode finds, incremental mode does not, and a sample of everything does.
    #[track_caller]
    fn misses(&self, root: &Path, before: &Seen, path: &str) {
        assert_eq!(full(root).differing(before), [path]);
        assert_eq!(self.would_see(root, 1000).differing(before), [""; 0]);
        let sampled = self.would_see(root, 1);
        assert_eq!(sampled.differing(before), [path]);
        assert!(sampled.notes[0].contains("stamps lied: 1 "), "{:?}", sampled.notes);
    }
}

/// Some files in some directories, with contents as long as their names.
fn populate(root: &Path) {
    for name in ["etc/passwd", "etc/x", "usr/bin/a", "usr/bin/b", "usr/lib/deep/er/c", "top"] {
        let path = root.join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, name).unwrap();
    }
}

/// A disk with files, and a scene in which all of them are known.
fn known(options: &[&str]) -> Option<(Disk, Scene, Seen)> {
    need::loop_mount()?;
    let disk = Disk::new(options);
    populate(disk.root());
    let mut scene = Scene::new();
    let before = scene.incremental(disk.root());
    Some((disk, scene, before))
}

fn stamp(path: &Path) -> (u64, u64, i64, i64, i64, i64) {
    let stat = fs::symlink_metadata(path).unwrap();
    (stat.ino(), stat.size(), stat.mtime(), stat.mtime_nsec(), stat.ctime(), stat.ctime_nsec())
}

#[test]
fn the_snapshot_is_the_same_with_and_without_a_cache() {
    let Some((disk, mut scene, first)) = known(&[]) else { return };
    let whole = full(disk.root());
    assert_eq!((first.from_cache, first.hashed), (0, 6));
    for _ in 0..3 {
        let seen = scene.incremental(disk.root());
        assert_eq!((&seen.root, &seen.digests), (&whole.root, &whole.digests));
        // /etc/passwd is read for the policies, whatever is known of it.
        assert_eq!(seen.from_cache + seen.again + 1, 6, "{}", seen.again);
        assert_eq!(seen.from_cache + seen.hashed, 6);
        let told: u64 = seen.trusted.iter().map(|(_, files)| files).sum();
        assert_eq!(told, seen.from_cache);
        assert_eq!(seen.notes, [""; 0]);
    }
    let seen = scene.would_see(disk.root(), 1000);
    let expected =
        [("/", 1), ("/etc", 1), ("/usr", 3)].map(|(path, files)| (path.to_owned(), files));
    assert_eq!(seen.trusted, expected);
    // A full run keeps it up to date and takes nothing.
    let seen = scene.run(disk.root(), Purpose::Refresh);
    assert_eq!((&seen.root, seen.from_cache, seen.hashed), (&whole.root, 0, 6));
    assert_eq!(scene.incremental(disk.root()).from_cache, 5);
}

#[test]
fn the_file_of_the_snapshot_is_the_same_for_every_kernel_and_any_threads() {
    let Some((disk, mut scene, first)) = known(&[]) else { return };
    let whole = full(disk.root());
    assert!(whole.file == first.file);
    for kernel in Kernel::available() {
        for threads in [1, 2, 4, 8] {
            scene.pool = Arc::new(Pool::new(threads).unwrap().with_kernel(kernel));
            let seen = scene.incremental(disk.root());
            assert!(seen.from_cache > 0, "it was incremental");
            assert!(seen.file == whole.file, "{} on {threads}", kernel.name());
        }
    }
}

#[test]
fn changes_through_the_kernel_are_found() {
    let Some((disk, scene, before)) = known(&[]) else { return };
    let root = disk.root();
    // Same length, and the time put back: the time of change tells.
    let a = root.join("usr/bin/a");
    let times = fs::metadata(&a).unwrap();
    fs::write(&a, "usr/bin/A").unwrap();
    fs::File::options()
        .write(true)
        .open(&a)
        .unwrap()
        .set_modified(times.modified().unwrap())
        .unwrap();
    assert_eq!((stamp(&a).2, stamp(&a).3), (times.mtime(), times.mtime_nsec()));
    scene.finds(root, &before, &["/usr/bin/a"]);
    fs::write(root.join("usr/new"), "new").unwrap();
    fs::remove_file(root.join("top")).unwrap();
    assert_eq!(full(root).digests, scene.would_see(root, 1000).digests);
}

#[test]
fn two_names_that_change_places_are_found() {
    let Some((disk, mut scene, _)) = known(&[]) else { return };
    let at = |name: &str| disk.root().join(name);
    fs::hard_link(at("usr/bin/b"), at("etc/link")).unwrap();
    let before = scene.incremental(disk.root());
    fs::remove_file(at("etc/link")).unwrap();
    fs::hard_link(at("usr/bin/a"), at("etc/link")).unwrap();
    scene.finds(disk.root(), &before, &["/etc/link"]);
    // Renamed over each other: the content of neither was touched.
    fs::rename(at("usr/bin/a"), at("spare")).unwrap();
    fs::rename(at("usr/bin/b"), at("usr/bin/a")).unwrap();
    fs::rename(at("spare"), at("usr/bin/b")).unwrap();
    assert_eq!(full(disk.root()).digests, scene.would_see(disk.root(), 1000).digests);
}

#[test]
fn another_file_with_the_same_inode_is_found() {
    let Some((disk, scene, before)) = known(&[]) else { return };
    let path = disk.root().join("usr/bin/a");
    let old = stamp(&path);
    let times = fs::metadata(&path).unwrap().modified().unwrap();
    let mut tries = 0;
    loop {
        fs::remove_file(&path).unwrap();
        fs::write(&path, "usr/bin/A").unwrap();
        if stamp(&path).0 == old.0 || tries == 50 {
            break;
        }
        tries += 1;
    }
    fs::File::options().write(true).open(&path).unwrap().set_modified(times).unwrap();
    assert_eq!((stamp(&path).0, stamp(&path).1), (old.0, old.1), "ext4 gives the inode again");
    scene.finds(disk.root(), &before, &["/usr/bin/a"]);
}

/// With inodes of 128 bytes times are whole seconds, so that an edit within the second of the reading
/// leaves the very stamp that was read.
#[test]
fn an_edit_in_the_second_of_the_reading_is_found() {
    let Some((disk, mut scene, _)) = known(&["-I", "128"]) else { return };
    let path = disk.root().join("usr/bin/a");
    let mut tries = 0;
    let (before, old) = loop {
        fs::write(&path, "usr/bin/a").unwrap();
        let old = stamp(&path);
        assert_eq!(old.5, 0, "whole seconds");
        // The reading runs while the second lasts, by the clock of the file.
        scene.now = old.4 - LATER;
        let before = scene.incremental(disk.root());
        fs::write(&path, "usr/bin/A").unwrap();
        if stamp(&path) == old || tries == 20 {
            break (before, old);
        }
        tries += 1;
    };
    assert_eq!(stamp(&path), old, "nothing tells");
    scene.now += LATER;
    assert_eq!(full(disk.root()).differing(&before), ["/usr/bin/a"]);
    let seen = scene.would_see(disk.root(), 1000);
    assert_eq!(seen.differing(&before), ["/usr/bin/a"]);
    assert_eq!(seen.notes, [""; 0]);
}

/// Raw times and what lies beyond the second, as debugfs prints them.
fn raw_time(stat: &str, name: &str) -> (u64, String) {
    let line = stat.lines().find(|line| line.trim_start().starts_with(name)).unwrap();
    let (seconds, extra) = line.split_whitespace().nth(1).unwrap().split_once(':').unwrap();
    let seconds = u64::from_str_radix(seconds.trim_start_matches("0x"), 16).unwrap();
    (seconds, format!("0x{extra}"))
}

#[test]
fn a_forged_time_of_change_is_found_by_the_sample_alone() {
    let Some((mut disk, scene, before)) = known(&[]) else { return };
    let Some(_) = need::tool("debugfs") else { return };
    let old = stamp(&disk.root().join("usr/bin/a"));
    let said = disk.behind(&["stat usr/bin/a"]);
    disk.mount();
    fs::write(disk.root().join("usr/bin/a"), "usr/bin/A").unwrap();
    let mut commands = Vec::new();
    for field in ["ctime", "mtime"] {
        let (seconds, extra) = raw_time(&said, field);
        commands.push(format!("set_inode_field usr/bin/a {field} @{seconds}"));
        commands.push(format!("set_inode_field usr/bin/a {field}_extra {extra}"));
    }
    let commands: Vec<&str> = commands.iter().map(String::as_str).collect();
    let _said = disk.behind(&commands);
    disk.mount();
    assert_eq!(stamp(&disk.root().join("usr/bin/a")), old, "nothing tells");
    scene.misses(disk.root(), &before, "/usr/bin/a");
}

#[test]
fn what_is_written_to_the_disk_itself_is_found_by_the_sample_within_so_many_runs() {
    let Some((mut disk, mut scene, before)) = known(&[]) else { return };
    let Some(_) = need::tool("debugfs") else { return };
    disk.overwrite("usr/bin/a", b"usr/bin/A");
    disk.mount();
    scene.misses(disk.root(), &before, "/usr/bin/a");
    scene.within = 8;
    let mut runs = 0;
    loop {
        let seen = scene.incremental(disk.root());
        runs += 1;
        match &*seen.notes {
            [] => assert_eq!(seen.differing(&before), [""; 0]),
            [note] => {
                assert!(note.contains("stamps lied: 1 "), "{note}");
                assert_eq!(seen.differing(&before), ["/usr/bin/a"]);
                // Nothing was taken from the cache then.
                assert_eq!((seen.from_cache, seen.hashed, seen.trusted), (0, 6, Vec::new()));
                break;
            }
            more => panic!("{more:?}"),
        }
        assert!(runs < 8, "each file is read again within eight runs");
    }
    // What was read then is what is known from now on.
    let seen = scene.incremental(disk.root());
    assert_eq!((seen.differing(&before), &*seen.notes), (vec!["/usr/bin/a"], &[][..]));
}

#[test]
fn what_gives_power_is_read_at_every_run() {
    let Some((mut disk, mut scene, _)) = known(&[]) else { return };
    let Some(_) = need::tool("debugfs") else { return };
    fs::set_permissions(disk.root().join("usr/bin/a"), fs::Permissions::from_mode(0o4755)).unwrap();
    let before = scene.incremental(disk.root());
    disk.overwrite("usr/bin/a", b"usr/bin/A");
    disk.mount();
    let seen = scene.incremental(disk.root());
    assert_eq!(seen.differing(&before), ["/usr/bin/a"]);
    assert!(seen.notes[0].contains("stamps lied"), "{:?}", seen.notes);
}

/// Who may write two files can exchange their contents and leave all times as they were.
#[test]
fn what_others_than_root_may_write_is_read_at_every_run() {
    for (owner, mode) in [(1000, 0o644), (0, 0o664), (0, 0o646)] {
        let Some((mut disk, mut scene, _)) = known(&[]) else { return };
        let Some(_) = need::tool("debugfs") else { return };
        let path = disk.root().join("usr/bin/a");
        std::os::unix::fs::chown(&path, Some(owner), None).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
        let before = scene.incremental(disk.root());
        disk.overwrite("usr/bin/a", b"usr/bin/A");
        disk.mount();
        assert_eq!(scene.incremental(disk.root()).differing(&before), ["/usr/bin/a"]);
    }
}

/// A page that was stored to takes further stores without a new time, until it is written back. A file
/// that was not quiet for that long when it was read is read again.
#[test]
fn stores_to_a_mapped_page_leave_no_stamp() {
    let Some((disk, mut scene, _)) = known(&[]) else { return };
    let Some(python) = need::tool("python3") else { return };
    let path = disk.root().join("usr/bin/a");
    let mut storer = Storer::begin(&python, &path);
    storer.store(b'x');
    let old = stamp(&path);
    // Soon after the first store, and long after it, as if nothing had been written back till then.
    let mut soon = Scene { now: old.4 + 60 - LATER, ..Scene::new() };
    let (before, late) = (soon.incremental(disk.root()), scene.incremental(disk.root()));
    assert_eq!(before.digests, late.digests);
    storer.store(b'y');
    assert_eq!(stamp(&path), old, "nothing tells");
    assert_eq!(full(disk.root()).differing(&before), ["/usr/bin/a"]);
    assert_eq!(soon.would_see(disk.root(), 1000).differing(&before), ["/usr/bin/a"]);
    scene.misses(disk.root(), &before, "/usr/bin/a");
}

/// A program that maps a file and stores what it is told.
struct Storer(std::process::Child);

impl Storer {
    fn begin(python: &Path, file: &Path) -> Self {
        let program = "import mmap, sys\nfile = open(sys.argv[1], 'r+b')\n\
                       page = mmap.mmap(file.fileno(), 0)\n\
                       while byte := sys.stdin.buffer.read(1):\n  page[0] = byte[0]\n  \
                       sys.stdout.buffer.write(byte)\n  sys.stdout.buffer.flush()\n";
        let child = std::process::Command::new(python)
            .args(["-c", program])
            .arg(file)
            .stdin(std::process::Stdio::piped())
            .stdout(std::process::Stdio::piped())
            .spawn();
        Self(child.unwrap())
    }

    fn store(&mut self, byte: u8) {
        use std::io::{Read as _, Write as _};
        let mut done = [0];
        self.0.stdin.as_mut().unwrap().write_all(&[byte]).unwrap();
        self.0.stdout.as_mut().unwrap().read_exact(&mut done).unwrap();
        assert_eq!(done, [byte]);
    }
}

impl Drop for Storer {
    fn drop(&mut self) {
        drop(self.0.stdin.take());
        let _ended = self.0.wait();
    }
}

#[test]
fn a_clock_that_was_set_back_ends_all_trust() {
    let Some((mut disk, mut scene, before)) = known(&[]) else { return };
    let Some(_) = need::tool("debugfs") else { return };
    disk.overwrite("usr/bin/a", b"usr/bin/A");
    disk.mount();
    scene.now -= 2 * LATER;
    let seen = scene.incremental(disk.root());
    assert_eq!((seen.from_cache, seen.hashed), (0, 6));
    assert_eq!(seen.differing(&before), ["/usr/bin/a"]);
    assert!(seen.notes[0].contains("the clock was set back"), "{:?}", seen.notes);
}

/// A damaged cache, and one of another file system, are of no use and no danger.
#[test]
fn a_cache_that_was_edited_or_is_of_another_disk_is_not_used() {
    let Some((mut disk, mut scene, before)) = known(&[]) else { return };
    let Some(_) = need::tool("debugfs") else { return };
    disk.overwrite("usr/bin/a", b"usr/bin/A");
    disk.mount();
    let stored = scene.stored.clone().unwrap();
    for at in (0..stored.len()).step_by(stored.len() / 20) {
        let mut other = stored.clone();
        other[at] ^= 0x10;
        scene.stored = Some(other);
        let seen = scene.would_see(disk.root(), 1000);
        assert_eq!((seen.from_cache, seen.differing(&before)), (0, vec!["/usr/bin/a"]));
        assert_eq!(seen.notes.len(), 1, "{at}");
    }
    let other = Disk::new(&[]);
    populate(other.root());
    scene.stored = Some(stored);
    let seen = scene.incremental(other.root());
    assert_eq!((seen.from_cache, seen.differing(&before)), (0, Vec::new()));
}
