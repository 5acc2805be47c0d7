//! The page cache is left as it was found. What is in it says fincore(1).
#![expect(clippy::disallowed_methods, reason = "the tests make and look at their own files")]

use std::fs::File;
use std::os::unix::fs::FileExt as _;
use std::path::{Path, PathBuf};

use drift_core::model::SourceKind;
use drift_core::source::{Disk, HostVolume, Manners, PageCache, Resolution, Volume as _, Walked};
use drift_testkit::{command, need};
use rustix::fs::Advice;

use crate::walk::look;

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
    file.sync_all().unwrap();
    rustix::fs::fadvise(&file, 0, None, Advice::DontNeed).unwrap();
    assert_eq!(cached(path), 0, "{} cannot be dropped", path.display());
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
        let root = tempfile::tempdir().unwrap();
        let at = |name: &str, size: u64| root.path().join(format!("{name}-{size}"));
        for size in SIZES {
            cold(&at("cold", size), size);
            cold(&at("warm", size), size);
            warm(&at("warm", size), 0, size);
            cold(&at("half", size), size);
            warm(&at("half", size), 0, pages(size / 2).min(size));
        }
        let source =
            Walked::new(volume(root.path(), page_cache, disk), SourceKind::Directory, "dir:x");
        let seen = look(&source, "", threads).unwrap();
        assert!(seen.problems.is_empty(), "{:?}", seen.problems);
        for size in SIZES {
            let stays = page_cache == PageCache::Keep;
            let found = |name: &str| cached(&at(name, size));
            let (none, half) =
                if stays { (pages(size), pages(size)) } else { (0, pages(size / 2)) };
            let context = format!("{size}, {page_cache:?}, {disk:?}");
            assert_eq!(found("cold"), none, "{context}");
            assert_eq!(found("half"), half.min(pages(size)), "{context}");
            assert_eq!(found("warm"), pages(size), "{context}");
        }
    }
}

/// After the first read from the disk, stretches of 32 MiB are judged as wholes.
#[test]
fn a_warm_stretch_between_cold_ones_stays() {
    let (Some(_), Some(())) = (need::tool("fincore"), need::kernel("page-cache")) else { return };
    let root = tempfile::tempdir().unwrap();
    let path = root.path().join("f");
    cold(&path, 70 * MEBIBYTE);
    warm(&path, 32 * MEBIBYTE, 64 * MEBIBYTE);
    assert_eq!(cached(&path), 32 * MEBIBYTE);
    let volume = volume(root.path(), PageCache::AsFound, Disk::Solid);
    let top = volume.root().unwrap();
    let seen = volume.stat(&top, b"f").unwrap();
    let mut file = volume.open(&top, b"f", &seen).unwrap();
    let mut buffer = vec![0; 1 << 16];
    let (mut read, mut most) = (0, 0);
    loop {
        match volume.read(&mut file, &mut buffer).unwrap() {
            0 => break,
            count => read += count as u64,
        }
        if read % (8 * MEBIBYTE) == 0 {
            most = most.max(cached(&path));
        }
    }
    assert_eq!(read, 70 * MEBIBYTE);
    drop(file);
    assert_eq!(cached(&path), 32 * MEBIBYTE);
    assert!(most < 70 * MEBIBYTE, "cold stretches are dropped on the way: {most}");
}
