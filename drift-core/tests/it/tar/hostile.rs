//! Archives that lie (threats I01 to I03 and I07): refused or reported, never guessed, never a
//! panic, never a silent success.

use std::collections::BTreeMap;
use std::io::{Read as _, Write as _};

use drift_core::model::{FileType, Listing, Observed, TreePath};
use drift_core::source::{Error, Want, tar};

use super::{ask, capture, capture_bytes, capture_with, run};

/// A header in ustar form with a right checksum.
pub(super) fn header(name: &str, flag: u8, size: u64) -> Vec<u8> {
    let mut block = vec![0; 512];
    block[..name.len()].copy_from_slice(name.as_bytes());
    block[100..108].copy_from_slice(b"0000644\0");
    block[108..116].copy_from_slice(b"0000000\0");
    block[116..124].copy_from_slice(b"0000000\0");
    block[124..136].copy_from_slice(format!("{size:011o}\0").as_bytes());
    block[136..148].copy_from_slice(b"14524770400\0");
    block[156] = flag;
    block[257..265].copy_from_slice(b"ustar\x0000");
    seal(block)
}

pub(super) fn seal(mut block: Vec<u8>) -> Vec<u8> {
    block[148..156].fill(b' ');
    let sum: u32 = block[..512].iter().map(|&byte| u32::from(byte)).sum();
    block[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
    block
}

pub(super) fn changed(block: Vec<u8>, at: usize, bytes: &[u8]) -> Vec<u8> {
    let mut block = block;
    block[at..at + bytes.len()].copy_from_slice(bytes);
    seal(block)
}

pub(super) fn link(name: &str, flag: u8, target: &str) -> Vec<u8> {
    changed(header(name, flag, 0), 157, target.as_bytes())
}

pub(super) fn padded(data: &[u8]) -> Vec<u8> {
    let mut data = data.to_vec();
    data.resize(data.len().next_multiple_of(512), 0);
    data
}

pub(super) fn member(name: &str, flag: u8, data: &[u8]) -> Vec<u8> {
    [header(name, flag, data.len() as u64), padded(data)].concat()
}

pub(super) fn record(key: &str, value: &[u8]) -> Vec<u8> {
    let body = key.len() + value.len() + 3;
    let digits = (1..).find(|digits| (body + digits).to_string().len() == *digits).expect("some");
    [format!("{} {key}=", body + digits).as_bytes(), value, b"\n"].concat()
}

pub(super) fn pax(records: &[(&str, &[u8])]) -> Vec<u8> {
    let data: Vec<u8> = records.iter().flat_map(|(key, value)| record(key, value)).collect();
    member("PaxHeader", b'x', &data)
}

pub(super) fn dir(name: &str) -> Vec<u8> {
    header(name, b'5', 0)
}

pub(super) fn archive(members: &[Vec<u8>]) -> Vec<u8> {
    [members.concat(), vec![0; 1024]].concat()
}

/// A small archive with one of everything.
pub(super) fn sample() -> Vec<u8> {
    archive(&[
        dir("./"),
        dir("etc/"),
        member("etc/passwd", b'0', b"root:x:0:0::/:\n"),
        pax(&[("mtime", b"1700000000.5"), ("SCHILY.xattr.user.a", b"b")]),
        member("big", b'0', &[5; 3000]),
        link("hard", b'1', "big"),
        link("soft", b'2', "etc/passwd"),
        member("././@LongLink", b'L', format!("{}\0", "long/".repeat(40)).as_bytes()),
        dir("short"),
        changed(header("null", b'3', 0), 329, b"0000001\x000000003\0"),
        header("pipe", b'6', 0),
    ])
}

/// The archive is refused with a reason that holds `needle`.
fn refused(needle: &str, members: &[Vec<u8>]) {
    match capture_bytes(&archive(members)) {
        Err(Error::Malformed { reason, .. }) => assert!(reason.contains(needle), "{reason}"),
        Err(error) => panic!("{needle}: {error}"),
        Ok(captured) => panic!("{needle}: accepted {:?}", captured.paths()),
    }
}

/// The archive is read and every problem holds a `needle`, in order of paths.
fn reported(needles: &[&str], members: &[Vec<u8>]) -> super::Captured {
    let captured = capture_bytes(&archive(members)).expect("readable");
    let reasons = captured.reasons();
    assert_eq!(reasons.len(), needles.len(), "{reasons:?}");
    for (reason, needle) in reasons.iter().zip(needles) {
        assert!(reason.contains(needle), "{reason} lacks {needle}");
    }
    captured
}

#[test]
fn what_readers_could_read_differently_is_refused() {
    let file = || member("f", b'0', b"12345");
    let mut bad = file();
    bad[0] ^= 1;
    refused("checksum", &[file(), bad]);
    refused("readers disagree", &[pax(&[("size", b"1024")]), file()]);
    refused("readers disagree", &[pax(&[("size", b"0")]), file()]);
    refused("no number", &[pax(&[("size", b"-1")]), file()]);
    refused("no number", &[changed(header("f", b'0', 0), 124, &[0xff; 12])]);
    refused("no number", &[changed(header("f", b'0', 0), 124, b"1234x5678901")]);
    refused("breaks off", &[changed(header("f", b'0', 0), 124, b"\x80\0\0\0\0\0\0\x7f\0\0\0\0")]);
    refused("two sizes", &[pax(&[("path", b"a"), ("path", b"b")]), file()]);
    refused("two names", &[member("L", b'L', b"a\0"), pax(&[("path", b"b")]), file()]);
    // Go's archive/tar takes a name of a sparse file of such alone.
    refused("name of a sparse file", &[pax(&[("GNU.sparse.name", b"a")]), file()]);
    let other: [(&str, &[u8]); 3] =
        [("GNU.sparse.name", b"a"), ("GNU.sparse.major", b"0"), ("GNU.sparse.minor", b"7")];
    refused("name of a sparse file", &[pax(&other), file()]);
    // It takes a prefix where GNU tar has times, and a shorter one where star's mark stands.
    let gnu = changed(header("f", b'0', 0), 257, b"ustar  \0");
    assert!(capture_bytes(&archive(&[changed(gnu.clone(), 345, b"14524770400\0")])).is_ok());
    refused("take a prefix", &[changed(gnu, 345, b"usr/bin")]);
    let star = changed(changed(header("f", b'0', 0), 345, &[b'a'; 150]), 508, b"tar\0");
    refused("star's prefix", &[star]);
    refused("two extended headers", &[pax(&[("path", b"a")]), pax(&[("uid", b"1")]), file()]);
    refused("two extended headers", &[member("L", b'L', b"a"), member("L", b'L', b"b"), file()]);
    refused("followed by no entry", &[file(), pax(&[("path", b"a")])]);
    refused("followed by no entry", &[file(), member("L", b'L', b"a")]);
    refused("at most 1 MiB", &[header("L", b'L', 0o77_777_777_777), file()]);
    refused(
        "at most 1 MiB",
        &[changed(header("x", b'x', 0), 124, b"\x80\0\0\0\0\0\0\x02\0\0\0\0"), file()],
    );
    refused("global header", &[member("g", b'g', &record("path", b"/x")), file()]);
    refused("global header", &[member("g", b'g', &record("size", b"5")), file()]);
    refused("does not end where", &[member("x", b'x', b"9 path=ab\n"), file()]);
    refused("has content", &[member("d/", b'5', b"x")]);
    refused("has content", &[changed(member("l", b'1', b"12345"), 157, b"f")]);
    let many: Vec<Vec<u8>> = (0..70_000).map(|n| header(&format!("d{n}/f"), b'0', 0)).collect();
    refused("have no entry", &many);
}

#[test]
fn what_concerns_one_entry_is_reported() {
    let file = |name: &str| member(name, b'0', b"12345");
    let paths = |captured: &super::Captured| captured.paths();
    let left = reported(
        &["no name", "\"..\"", "\"..\"", "NUL"],
        &[file("../up"), file("a/../b"), file(""), pax(&[("path", b"x\0y")]), file("z")],
    );
    assert_eq!(paths(&left), ["/"]);
    let absolute = reported(&[], &[file("/a"), file(".//./b")]);
    assert_eq!(paths(&absolute), ["/", "/a", "/b"]);
    let below = reported(
        &["below something", "below something"],
        &[link("etc", b'2', "/tmp"), file("etc/x"), file("f"), file("f/x")],
    );
    assert_eq!(paths(&below), ["/", "/etc", "/f"]);
    assert_eq!(below.entry("etc").file_type, FileType::Symlink);
    let links = reported(
        &["to a directory", "no earlier entry", "no earlier", "to itself", "NUL"],
        &[
            dir("d"),
            link("a", b'1', "d"),
            link("b", b'1', "later"),
            file("later"),
            link("c", b'1', "/outside"),
            link("later", b'1', "./later"),
            link("ok", b'1', "/later"),
            link("o", b'1', "../later"),
        ],
    );
    assert_eq!(links.entry("b").file_type, FileType::Unknown);
    assert_eq!(links.entry("ok").nlink, Observed::Is(2));
    let twice = reported(&["several entries"], &[file("f"), member("f", b'0', b"last")]);
    assert_eq!(twice.entry("f").size, Observed::Is(4));
    let flipped = reported(
        &["takes the place of a directory"],
        &[dir("d"), file("d/x"), member("d", b'0', b"file")],
    );
    assert_eq!(paths(&flipped), ["/", "/d"]);
    let replaced = reported(&["several"], &[file("f"), link("g", b'1', "f"), file("f")]);
    assert_eq!(replaced.entry("g").nlink, Observed::Is(1), "the old object under its other name");
    let implied = reported(&["no entry for this directory"], &[file("a/b/c")]);
    assert_eq!(paths(&implied).len(), 4);
    assert_eq!(reported(&[], &[file("a/b"), dir("a")]).entry("a").mode, Observed::Is(0o644));
    reported(&["repeats a key"], &[pax(&[("uid", b"1"), ("uid", b"2")]), file("f")]);
    reported(&["owner, mode or time"], &[pax(&[("uid", b"4294967296")]), file("f")]);
    reported(&["owner, mode or time"], &[changed(file("f"), 100, b"000x644\0")]);
    reported(&["its type"], &[member("odd", b'M', b"12345"), file("f")]);
    reported(&["directory by its name"], &[file("f/")]);
    reported(&["base64"], &[pax(&[("LIBARCHIVE.xattr.user.a", b"!")]), file("f")]);
    reported(&["ACL entry"], &[pax(&[("SCHILY.acl.access", b"user:nobody-knows:rwx")]), file("f")]);
    reported(&["device number"], &[changed(header("c", b'3', 0), 329, b"000000x\0")]);
    reported(&["nothing"], &[header("l", b'2', 0)]);
    let long = "a/".repeat(40_000);
    reported(&["64 KiB"], &[pax(&[("path", long.as_bytes())]), file("f")]);
    let deep = "a/".repeat(30_000);
    let deep = reported(&["no entry"], &[pax(&[("path", deep.as_bytes())]), dir("f")]);
    assert_eq!(deep.frozen.tree.len(), 30_001);
    let comment = reported(&[], &[member("g", b'g', &record("comment", b"abc")), file("f")]);
    assert_eq!(paths(&comment), ["/", "/f"]);
}

#[test]
fn sparse_maps_that_lie_and_holes_without_end() {
    let sparse = |map: &[u8], size: &[u8]| {
        let records: &[(&str, &[u8])] = &[("GNU.sparse.map", map), ("GNU.sparse.size", size)];
        archive(&[pax(records), member("f", b'0', &[1; 1024])])
    };
    let cases: &[(&[u8], &[u8], Option<&str>)] = &[
        (b"0,512,4096,512,8192,0", b"8192", None),
        (b"0,512,4096,512", b"8192", Some("ends before the file")),
        (b"0,512,256,512", b"8192", Some("overlaps")),
        (b"0,1024,9000,0", b"8192", Some("leaves the file")),
        (b"0,512", b"8192", Some("does not cover")),
        (b"0,1024,8796093022208,0", b"8796093022208", Some("1 GiB")),
        (b"0,1024,3", b"8192", Some("form that is not read")),
    ];
    for (map, size, fault) in cases {
        let file = tempfile::NamedTempFile::new().expect("file");
        std::fs::write(file.path(), sparse(map, size)).expect("writes");
        let captured = capture(file.path()).expect("readable");
        let want = Want { digest: true, ..Want::default() };
        let answer = ask(file.path(), &captured, &[("f", want)]).remove(0);
        match (fault, answer) {
            (None, Ok(content)) => {
                let mut whole = vec![0; 8192];
                whole[..512].fill(1);
                whole[4096..4608].fill(1);
                let digest = drift_core::model::Digest::sha256_of(&whole);
                assert_eq!((content.digest, content.size), (Some(digest), 8192));
            }
            (Some(fault), Err(unread)) => {
                assert!(unread.reason.contains(fault), "{}", unread.reason);
                assert_eq!(captured.entry("f").digest, Observed::NotApplicable);
            }
            (_, answer) => panic!("{fault:?}: {answer:?}"),
        }
    }
}

#[test]
fn no_truncation_passes_in_silence() {
    let whole = sample();
    assert!(capture_bytes(&whole).is_ok_and(|captured| {
        captured.reasons().iter().all(|reason| reason.contains("no entry for this directory"))
    }));
    let mut cuts = 0;
    for cut in (0..whole.len()).filter(|cut| cut % 512 < 2 || cut % 61 == 0) {
        cuts += 1;
        let Ok(captured) = capture_bytes(&whole[..cut]) else { continue };
        let reasons = captured.reasons();
        assert!(reasons.iter().any(|reason| reason.contains("no end mark")), "{cut}: {reasons:?}");
        let tree = &captured.frozen.tree;
        assert_eq!(tree.listing(drift_core::model::DirId(0)), Listing::Partial);
    }
    let followed = [whole, b"x".to_vec()].concat();
    let captured = capture_bytes(&followed).expect("readable");
    assert!(captured.reasons().iter().any(|reason| reason.contains("follows the end mark")));
    println!("{cuts} cuts of a plain archive");
}

pub(super) fn gzip(data: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    encoder.write_all(data).expect("compresses");
    encoder.finish().expect("compresses")
}

#[test]
fn compressed_streams_are_whole_or_refused() {
    let plain = sample();
    let (first, second) = plain.split_at(2000);
    let zstd = |data: &[u8]| zstd::stream::encode_all(data, 3).expect("compresses");
    let names = capture_bytes(&plain).expect("readable").paths();
    let good = [
        gzip(&plain),
        [gzip(first), gzip(second)].concat(),
        zstd(&plain),
        [zstd(first), b"\x50\x2a\x4d\x18\x03\0\0\0abc".to_vec(), zstd(second)].concat(),
        [b"\x5f\x2a\x4d\x18\0\0\0\0".to_vec(), zstd(&plain)].concat(),
    ];
    for bytes in &good {
        assert_eq!(capture_bytes(bytes).expect("readable").paths(), names);
    }
    let mut cuts = 0;
    for bytes in [&good[0], &good[2]] {
        for cut in 0..bytes.len() {
            cuts += 1;
            assert!(capture_bytes(&bytes[..cut]).is_err(), "cut at {cut} of {}", bytes.len());
        }
        assert!(capture_bytes(&[&bytes[..], b"garbage"].concat()).is_err());
    }
    println!("{cuts} cuts of compressed archives");
    for at in 0..good[0].len() {
        let mut flipped = good[0].clone();
        flipped[at] ^= 4;
        // Name, time and system in the header of gzip mean nothing.
        assert!(capture_bytes(&flipped).map_or(true, |captured| captured.paths() == names));
        let mut flipped = good[2].clone();
        flipped[at % good[2].len()] ^= 4;
        drop(capture_bytes(&flipped));
    }
    for bytes in [gzip(&gzip(&plain)), zstd(&gzip(&plain)), b"BZh91AY&SY".to_vec(), Vec::new()] {
        assert!(matches!(capture_bytes(&bytes), Err(Error::Unrecognised { .. })));
    }
    assert!(matches!(capture_bytes(&[7; 5000]), Err(Error::Unrecognised { .. })));
}

#[test]
fn xz_is_whole_or_refused() {
    let directory = tempfile::tempdir().expect("dir");
    std::fs::write(directory.path().join("a"), sample()).expect("writes");
    let Some(bytes) = run("xz", &["-c", "a"], directory.path()) else {
        let _recorded = drift_testkit::need::tool("xz");
        return;
    };
    assert!(capture_bytes(&bytes).is_ok());
    for cut in 0..bytes.len() {
        assert!(capture_bytes(&bytes[..cut]).is_err(), "cut at {cut}");
    }
    for at in 0..bytes.len() {
        let mut flipped = bytes.clone();
        flipped[at] ^= 0x10;
        assert!(capture_bytes(&flipped).is_err(), "flip at {at}");
    }
}

#[test]
fn what_is_no_regular_file_is_not_opened_and_a_changing_one_is_refused() {
    let directory = tempfile::tempdir().expect("dir");
    assert!(matches!(tar::open(directory.path(), "tar:d"), Err(Error::Open { .. })));
    let pipe = directory.path().join("pipe");
    rustix::fs::mkfifoat(rustix::fs::CWD, &pipe, rustix::fs::Mode::RUSR).expect("a pipe");
    assert!(matches!(tar::open(&pipe, "tar:p"), Err(Error::Open { .. })));
    let path = directory.path().join("a.tar");
    std::fs::write(&path, sample()).expect("writes");
    let source = tar::open(&path, "tar:a").expect("opens");
    std::fs::OpenOptions::new()
        .append(true)
        .open(&path)
        .and_then(|mut file| file.write_all(&[0; 512]))
        .expect("appends");
    assert_eq!(source.probe(&TreePath::parse(b"etc/passwd").expect("ok"), 100), None);
    let survey = super::with_plan("", |plan| source.survey(plan, &Default::default()));
    assert!(matches!(survey, Err(Error::Malformed { reason, .. }) if reason.contains("changed")));
}

#[test]
fn a_rule_may_keep_what_stands_below_an_excluded_directory() {
    let file = tempfile::NamedTempFile::new().expect("file");
    let members = [
        dir("var"),
        dir("var/cache"),
        member("var/cache/x", b'0', b"x"),
        dir("var/cache/keep"),
        member("var/cache/keep/y", b'0', b"y"),
        dir("tmp"),
        member("tmp/z", b'0', b"z"),
    ];
    std::fs::write(file.path(), archive(&members)).expect("writes");
    let rules = "ignore /var/cache\nread-only /var/cache/keep\nignore /tmp";
    let captured = capture_with(file.path(), rules).expect("readable");
    let mut paths = captured.paths();
    paths.sort();
    assert_eq!(paths, ["/", "/var", "/var/cache", "/var/cache/keep", "/var/cache/keep/y"]);
    assert_eq!(captured.frozen.excluded.iter().map(|(_, count)| count).sum::<u64>(), 3);
}

/// Files and their sizes as the `tar` crate reads them; `None` where it fails.
fn crate_reads(bytes: &[u8]) -> Option<BTreeMap<Vec<u8>, u64>> {
    let mut files = BTreeMap::new();
    for entry in ::tar::Archive::new(bytes).entries().ok()? {
        let mut entry = entry.ok()?;
        let name = entry.path_bytes().into_owned();
        let mut content = Vec::new();
        entry.read_to_end(&mut content).ok()?;
        let path = TreePath::parse(name.strip_prefix(b"./").unwrap_or(&name)).ok()?;
        match entry.header().entry_type() {
            // GNU tar and Python take a file of the old type whose name ends with a slash for a
            // directory, and so do we; the crate does not.
            kind if (kind.is_file() || kind.is_contiguous()) && !name.ends_with(b"/") => {
                files.insert(path.as_bytes().to_vec(), content.len() as u64);
            }
            _ => {
                files.remove(path.as_bytes());
            }
        }
    }
    Some(files)
}

/// Bytes change in a deterministic way, checksums are put right again, and whatever is accepted
/// without a problem must read the same in another reader.
#[test]
fn mutated_archives_do_no_harm_and_mean_one_thing() {
    let sample = {
        let mut members = sample();
        members.drain(..512);
        members
    };
    let mut state = 0x9e37_79b9_7f4a_7c15u64;
    let mut random = move |below: usize| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state % below as u64) as usize
    };
    let headers: Vec<usize> = (0..sample.len() - 1024)
        .step_by(512)
        .filter(|at| sample[at + 257..].starts_with(b"ustar"))
        .collect();
    let (mut accepted, mut refused, mut reported) = (0, 0, 0);
    let mut compared = 0;
    for _ in 0..5_000 {
        let mut bytes = sample.clone();
        for _ in 0..=random(2) {
            let at = match random(4) {
                0 => random(bytes.len() - 1024),
                1 => headers[random(headers.len())] + 156,
                _ => headers[random(headers.len())] + random(345),
            };
            let values = [0, 0xff, b'0', b'7', b' ', b'/', b'5', b'x', b'L', b'1', 0x80];
            bytes[at] = values[random(values.len())];
            let block = at / 512 * 512;
            // Some of the blocks are data; a wrong repair there is one more mutation.
            if bytes[block + 257..].starts_with(b"ustar") {
                let repaired = seal(bytes[block..block + 512].to_vec());
                bytes[block..block + 512].copy_from_slice(&repaired);
            }
        }
        let Ok(captured) = capture_bytes(&bytes) else {
            refused += 1;
            continue;
        };
        let implied = |reason: &String| reason.contains("no entry for this directory");
        if !captured.reasons().iter().all(implied) {
            reported += 1;
            continue;
        }
        accepted += 1;
        let tree = &captured.frozen.tree;
        let mut mine = BTreeMap::new();
        for row in tree.rows().filter(|row| tree.file_type(*row) == FileType::File) {
            mine.insert(tree.path(row).as_bytes().to_vec(), tree.size(row));
        }
        let Some(theirs) = crate_reads(&bytes) else { continue };
        compared += 1;
        for path in mine.keys().filter(|path| !theirs.contains_key(*path)) {
            let row = tree.find(&TreePath::parse(path).expect("a path")).expect("it is there");
            assert!(tree.entry(row).nlink != Observed::Is(1), "{:?}", tree.path(row));
        }
        for (path, size) in &theirs {
            assert_eq!(mine.get(path), Some(size), "{:?}", TreePath::parse(path));
        }
    }
    println!("5000 mutations: {accepted} accepted, {reported} reported, {refused} refused");
    println!("oracle rows: {compared} archives (the tar crate)");
    assert!(compared > 2_500 && reported > 500 && refused > 200);
}
