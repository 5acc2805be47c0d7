//! The rate of reading holds for every target, by a clock that only waiting moves. The page cache is left as
//! it was found; what is in it says fincore(1).
#![expect(clippy::disallowed_methods, reason = "the tests make and look at their own files")]

use std::fs::File;
use std::io::Write as _;
use std::os::fd::OwnedFd;
use std::os::unix::fs::{FileExt as _, MetadataExt as _};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use drift_core::bounds::Cancel;
use drift_core::model::SourceKind;
use drift_core::source::{
    self, Disk, Faulty, HostVolume, Manners, Operation, Pace, PageCache, Rate, Resolution,
    Selection, Volume as _, Walked,
};
use drift_testkit::{command, need};
use rustix::fs::Advice;

use crate::walk::{Seen, look};

const MEBIBYTE: u64 = 1 << 20;

/// Writes a file whose content is on the disk alone.
fn cold(path: &Path, size: u64) {
    let piece: Vec<u8> = (0..MEBIBYTE).map(|at| (at % 251) as u8).collect();
    let file = File::create(path).unwrap();
    let mut at = 0;
    while at < size {
        let count = (size - at).min(MEBIBYTE);
        file.write_all_at(&piece[..usize::try_from(count).unwrap()], at).unwrap();
        at += count;
    }
    // What was just written is not let go at once under load.
    let dropped = (0..100).any(|_| {
        file.sync_all().unwrap();
        rustix::fs::fadvise(&file, 0, None, Advice::DontNeed).unwrap();
        cached(path) == 0
    });
    assert!(dropped, "{} cannot be dropped", path.display());
}

/// Tries again a few times: others may make the kernel drop what was warm, and a disk may answer before
/// drift has asked twice. What drift does wrong it does every time.
fn in_one_of_a_few_tries(attempt: impl Fn() -> Result<(), String>) {
    let failures: Vec<String> = (0..5).map_while(|_| attempt().err()).collect();
    assert!(failures.len() < 5, "{failures:#?}");
}

fn same(found: u64, expected: u64, context: &str) -> Result<(), String> {
    if found == expected { Ok(()) } else { Err(format!("{context}: {found} and not {expected}")) }
}

/// Reads a range, and nothing ahead of it, into the cache.
fn warm(path: &Path, from: u64, to: u64) {
    let file = File::open(path).unwrap();
    rustix::fs::fadvise(&file, 0, None, Advice::Random).unwrap();
    let mut buffer = vec![0; usize::try_from(to - from).unwrap()];
    file.read_exact_at(&mut buffer, from).unwrap();
}

/// Bytes of a file in the page cache, in whole pages.
fn cached(path: &Path) -> u64 {
    let options = ["--noheadings", "--bytes", "--output", "RES"].map(PathBuf::from);
    let said = command::run("fincore", options.iter().chain([&path.to_owned()])).success();
    said.trim().parse().unwrap()
}

fn pages(bytes: u64) -> u64 {
    let size = command::run("getconf", ["PAGESIZE"]).success();
    bytes.next_multiple_of(size.trim().parse().unwrap())
}

fn volume(root: &Path, page_cache: PageCache, disk: Disk) -> HostVolume {
    let manners = Manners { page_cache, disk: Some(disk), ..Manners::default() };
    HostVolume::open(root, Resolution::Automatic).unwrap().with_manners(manners)
}

const SIZES: [u64; 5] = [1, 4096, 100_000, 3 * MEBIBYTE + 5, 40 * MEBIBYTE];

#[test]
fn what_was_cold_is_cold_again_and_what_was_warm_stays() {
    let (Some(_), Some(())) = (need::tool("fincore"), need::kernel("page-cache")) else { return };
    for (page_cache, disk, threads) in [
        (PageCache::AsFound, Disk::Solid, 2),
        (PageCache::AsFound, Disk::Rotating, 2),
        (PageCache::Keep, Disk::Rotating, 1),
        (PageCache::Keep, Disk::Solid, 2),
    ] {
        for size in SIZES {
            in_one_of_a_few_tries(|| scanned(size, page_cache, disk, threads));
        }
    }
}

/// Scans three files of a size: one cold, one warm, and one whose first half is warm.
fn scanned(size: u64, page_cache: PageCache, disk: Disk, threads: usize) -> Result<(), String> {
    let root = tempfile::tempdir().unwrap();
    let at = |name: &str| root.path().join(name);
    let half = pages(size / 2).min(size);
    for (name, warmed) in [("cold", 0), ("half", half), ("warm", size)] {
        cold(&at(name), size);
        warm(&at(name), 0, warmed);
    }
    let volume = volume(root.path(), page_cache, disk);
    let seen = look(&Walked::new(volume, SourceKind::Directory, "dir:x"), "", threads).unwrap();
    assert!(seen.problems.is_empty(), "{:?}", seen.problems);
    for (name, before) in [("cold", 0), ("half", pages(half)), ("warm", pages(size))] {
        let expected = if page_cache == PageCache::Keep { pages(size) } else { before };
        let context = format!("{name} of {size}, {page_cache:?}, {disk:?}");
        same(cached(&at(name)), expected, &context)?;
    }
    Ok(())
}

/// After the first read from the disk, stretches of 32 MiB are judged as wholes.
#[test]
fn a_warm_stretch_between_cold_ones_stays() {
    let (Some(_), Some(())) = (need::tool("fincore"), need::kernel("page-cache")) else { return };
    in_one_of_a_few_tries(|| {
        let root = tempfile::tempdir().unwrap();
        let path = root.path().join("f");
        cold(&path, 70 * MEBIBYTE);
        warm(&path, 32 * MEBIBYTE, 64 * MEBIBYTE);
        same(cached(&path), 32 * MEBIBYTE, "before")?;
        let volume = volume(root.path(), PageCache::AsFound, Disk::Solid);
        let top = volume.root().unwrap();
        let seen = volume.stat(&top, b"f").unwrap();
        let mut file = volume.open(&top, b"f", &seen).unwrap();
        let mut buffer = vec![0; 1 << 16];
        let mut read = 0;
        loop {
            match volume.read(&mut file, &mut buffer).unwrap() {
                0 => break,
                count => read += count as u64,
            }
            // The beginning is dropped on the way, before the file is closed.
            if read == 64 * MEBIBYTE {
                same(cached(&path), 32 * MEBIBYTE, "on the way")?;
            }
        }
        assert_eq!(read, 70 * MEBIBYTE);
        drop(file);
        same(cached(&path), 32 * MEBIBYTE, "after")
    });
}

/// A clock that only waiting moves.
#[derive(Debug, Clone, Default)]
struct Virtual(Arc<AtomicU64>);

impl Pace for Virtual {
    fn now(&self) -> Duration {
        Duration::from_nanos(self.0.load(Ordering::SeqCst))
    }

    fn pause(&self, time: Duration) {
        self.0.fetch_add(u64::try_from(time.as_nanos()).unwrap(), Ordering::SeqCst);
    }
}

/// Looks at a whole target at a MiB a second; returns the seconds that were waited.
fn waited(target: &str, input: Option<OwnedFd>) -> f64 {
    let clock = Virtual::default();
    let rate = Rate::new(MEBIBYTE, Box::new(clock.clone()), Cancel::new());
    let manners = Manners { rate: Some(Arc::new(rate)), ..Manners::default() };
    let selection = Selection { input, manners, ..Selection::default() };
    let source = source::open(target, &selection).unwrap();
    drop(selection);
    let seen = look(&*source, "", 2).unwrap();
    assert_eq!(seen.contents.len(), 3, "{target}");
    clock.now().as_secs_f64()
}

#[test]
fn one_limit_holds_for_directories_archives_overlays_and_streams() {
    let Some(tar) = need::tool("tar") else { return };
    let base = tempfile::tempdir().unwrap();
    let at = |name: &str| base.path().join(name).to_string_lossy().into_owned();
    std::fs::create_dir_all(at("root/etc")).unwrap();
    std::fs::create_dir_all(at("upper")).unwrap();
    for (name, size) in [("a", 3_000_000), ("etc/b", 5), ("etc/c", 2_000_000)] {
        std::fs::write(at("root/") + name, vec![7; size]).unwrap();
    }
    let content = 5_000_005.0 / MEBIBYTE as f64;
    let _made = command::run(&tar, ["-C", &at("root"), "-cf", &at("root.tar"), "."]).success();
    let archive = std::fs::read(at("root.tar")).unwrap();
    let stored = archive.len() as f64 / MEBIBYTE as f64;
    // What is saved up as credit, and what is too short to be waited for.
    let slack = 0.11;
    for target in [format!("dir:{}", at("root")), format!("overlay:{}:{}", at("upper"), at("root"))]
    {
        let waited = waited(&target, None);
        assert!(waited >= content - slack && waited <= content + slack, "{target}: {waited}");
    }
    // Names are read in one pass, contents in another.
    let waited_for = waited(&format!("tar:{}", at("root.tar")), None);
    assert!(waited_for >= 2.0 * content - slack, "{waited_for} for {stored}");
    // A stream is paid for once, whatever is read of it in memory.
    let (reader, mut writer) = std::io::pipe().unwrap();
    let feeder = std::thread::spawn(move || writer.write_all(&archive));
    let waited_for = waited("tar:-", Some(OwnedFd::from(reader)));
    feeder.join().unwrap().unwrap();
    assert!(waited_for >= stored - slack && waited_for <= stored + slack, "{waited_for}: {stored}");
}

/// The names of a directory in the order in which they are examined, and all that is found.
fn examined(root: &Path, disk: Disk) -> (Vec<String>, Seen) {
    let order = Arc::new(Mutex::new(Vec::new()));
    let taken = Arc::clone(&order);
    let recorded = Faulty::new(volume(root, PageCache::AsFound, disk), move |call| {
        let name = String::from_utf8_lossy(call.name).into_owned();
        let mut taken = taken.lock().unwrap();
        if call.operation == Operation::Stat && !taken.contains(&name) {
            taken.push(name);
        }
        None
    });
    let source = Walked::new(recorded, SourceKind::Directory, "dir:x");
    let seen = look(&source, "", 1).unwrap();
    drop(source);
    (Arc::into_inner(order).unwrap().into_inner().unwrap(), seen)
}

#[test]
fn a_rotating_disk_is_examined_in_the_order_of_inodes() {
    let root = tempfile::tempdir().unwrap();
    // Made in another order than that of their names.
    for number in 0..40 {
        std::fs::write(root.path().join(format!("f{:02}", number * 7 % 40)), "x").unwrap();
    }
    let inode = |name: &String| std::fs::metadata(root.path().join(name)).unwrap().ino();
    let (by_name, seen) = examined(root.path(), Disk::Solid);
    let (by_inode, seen_by_inode) = examined(root.path(), Disk::Rotating);
    assert!(by_name.is_sorted(), "{by_name:?}");
    assert!(by_inode.is_sorted_by_key(inode), "{by_inode:?}");
    assert!(!by_name.is_sorted_by_key(inode), "the inodes happen to follow the names");
    assert_eq!((by_name.len(), by_inode.len()), (40, 40));
    assert_eq!(seen, seen_by_inode);
}
