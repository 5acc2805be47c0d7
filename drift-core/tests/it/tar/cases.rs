//! Hostile plain archives by name (threats I01 to I04 and I07), each with the one outcome it may have.

use std::collections::BTreeSet;

use drift_core::source::Error;

use super::capture_bytes;
use super::hostile::{archive, changed, dir, gzip, header, link, member, pax, record, seal};

/// What must come of an archive.
enum Outcome {
    /// It is not read; the reason holds these words.
    Refused(&'static str),
    /// It is no archive that is read; the reason holds these words.
    Unrecognised(&'static str),
    /// It is read, one problem at this path holds these words, and nothing else is a problem.
    Reported(&'static str, &'static str),
    /// It is read without a problem, and holds exactly these paths beside the root.
    Clean(&'static [&'static str]),
}

use Outcome::{Clean, Refused, Reported, Unrecognised};

struct Case {
    name: &'static str,
    outcome: Outcome,
    bytes: Vec<u8>,
}

fn case(name: &'static str, outcome: Outcome, members: &[Vec<u8>]) -> Case {
    Case { name, outcome, bytes: archive(members) }
}

fn raw(name: &'static str, outcome: Outcome, bytes: Vec<u8>) -> Case {
    Case { name, outcome, bytes }
}

fn file(name: &str) -> Vec<u8> {
    member(name, b'0', b"12345")
}

/// A file whose header has other bytes at this offset, with a right checksum.
fn with(at: usize, bytes: &[u8]) -> Vec<u8> {
    changed(file("f"), at, bytes)
}

fn paxed(key: &str, value: &[u8]) -> Vec<u8> {
    [pax(&[(key, value)]), file("f")].concat()
}

fn raw_pax(data: &[u8]) -> Vec<u8> {
    [member("x", b'x', data), file("f")].concat()
}

fn global(key: &str, value: &[u8]) -> Vec<u8> {
    member("g", b'g', &record(key, value))
}

/// I01: sizes, numbers, records, checksums, ends.
fn headers() -> Vec<Case> {
    let long = |text: &[u8]| member("././@LongLink", b'L', text);
    let target = |text: &[u8]| member("././@LongLink", b'K', text);
    let flipped = |at: usize| {
        let mut block = file("f");
        block[at] ^= 1;
        block
    };
    let disagree = || Refused("readers disagree");
    let number = || Reported("/f", "owner, mode or time");
    vec![
        case("checksum-of-name", Refused("checksum"), &[file("a"), flipped(0)]),
        case("checksum-of-mode", Refused("checksum"), &[file("a"), flipped(101)]),
        case("checksum-of-size", Refused("checksum"), &[file("a"), flipped(130)]),
        case("checksum-of-type", Refused("checksum"), &[file("a"), flipped(156)]),
        case("checksum-of-padding", Refused("checksum"), &[file("a"), flipped(511)]),
        case(
            "checksum-field-empty",
            Refused("checksum"),
            &[file("a"), {
                let mut block = file("f");
                block[148..156].fill(0);
                block
            }],
        ),
        case("record-size-larger", disagree(), &[paxed("size", b"1024")]),
        case("record-size-smaller", disagree(), &[paxed("size", b"4")]),
        case("record-size-zero", disagree(), &[paxed("size", b"0")]),
        case("record-size-equal", Clean(&["/f"]), &[paxed("size", b"5")]),
        case("record-size-leading-zeros", Clean(&["/f"]), &[paxed("size", b"0005")]),
        case("record-size-negative", Refused("no number"), &[paxed("size", b"-5")]),
        case("record-size-plus", Refused("no number"), &[paxed("size", b"+5")]),
        case("record-size-hexadecimal", Refused("no number"), &[paxed("size", b"0x5")]),
        case("record-size-blank", Refused("no number"), &[paxed("size", b" 5")]),
        case("record-size-empty", disagree(), &[paxed("size", b"")]),
        case(
            "record-size-overflow",
            Refused("no number"),
            &[paxed("size", b"99999999999999999999")],
        ),
        case("record-size-8-gib", Refused("breaks off"), &[paxed("size", b"8589934592")]),
        case("size-negative-base256", Refused("no number"), &[with(124, &[0xff; 12])]),
        case("size-overflow-base256", Refused("no number"), &[with(124, &[0xbf; 12])]),
        case("size-1-eib", Refused("breaks off"), &[with(124, b"\x80\0\0\0\x10\0\0\0\0\0\0\0")]),
        case("size-letters", Refused("no number"), &[with(124, b"000000abcde\0")]),
        case("size-digit-eight", Refused("no number"), &[with(124, b"00000000008\0")]),
        case("size-after-nul", Refused("no number"), &[with(124, b"00005\x000005\0\0")]),
        case("size-minus", Refused("no number"), &[with(124, b"-0000000005\0")]),
        case(
            "size-all-blank",
            Clean(&["/f"]),
            &[changed(header("f", b'0', 0), 124, b"            ")],
        ),
        case("uid-letters", number(), &[with(108, b"00x0000\0")]),
        case("uid-negative", number(), &[with(108, &[0xff; 8])]),
        case("uid-33-bits", number(), &[with(108, b"\x80\0\0\x01\0\0\0\0")]),
        case("gid-letters", number(), &[with(116, b"00x0000\0")]),
        case("gid-negative", number(), &[with(116, &[0xff; 8])]),
        case("mode-letters", number(), &[with(100, b"rwxr-xr-")]),
        case("mode-negative", number(), &[with(100, &[0xff; 8])]),
        case("mode-with-type-bits", Clean(&["/f"]), &[with(100, b"0100644\0")]),
        case("mtime-letters", number(), &[with(136, b"yesterday..\0")]),
        case("mtime-negative", Clean(&["/f"]), &[with(136, &[0xff; 12])]),
        case("mtime-overflow", number(), &[with(136, &[0xbf; 12])]),
        case("record-uid-negative", number(), &[paxed("uid", b"-1")]),
        case("record-uid-empty", number(), &[paxed("uid", b"")]),
        case("record-gid-33-bits", number(), &[paxed("gid", b"4294967296")]),
        case("record-mtime-exponent", number(), &[paxed("mtime", b"1e3")]),
        case("record-mtime-two-dots", number(), &[paxed("mtime", b"1.2.3")]),
        case("record-mtime-huge", number(), &[paxed("mtime", b"99999999999999999999")]),
        case("record-length-short", Refused("does not end where"), &[raw_pax(b"9 path=ab\n")]),
        case("record-length-long", Refused("longer than its header"), &[raw_pax(b"99 path=ab\n")]),
        case("record-length-none", Refused("no length"), &[raw_pax(b"path=ab-and-more\n")]),
        case("record-length-zero", Refused("does not end where"), &[raw_pax(b"0 a=b\n")]),
        case("record-length-signed", Refused("no number"), &[raw_pax(b"+6 a=b\n")]),
        case("record-length-huge", Refused("no length"), &[raw_pax(b"99999999999999999999 a=b\n")]),
        case("record-key-none", Refused("no key"), &[raw_pax(b"5 =b\n")]),
        case("record-equals-none", Refused("no key"), &[raw_pax(b"5 ab\n")]),
        case("record-tail-of-nuls", Refused("no length"), &[raw_pax(b"6 a=b\n\0\0\0\0")]),
        case(
            "record-repeats-path",
            Refused("two sizes"),
            &[pax(&[("path", b"a"), ("path", b"b")]), file("f")],
        ),
        case(
            "record-repeats-linkpath",
            Refused("two sizes"),
            &[file("a"), pax(&[("linkpath", b"a"), ("linkpath", b"b")]), link("l", b'2', "a")],
        ),
        case(
            "record-repeats-same-path",
            Clean(&["/a"]),
            &[pax(&[("path", b"a"), ("path", b"a")]), file("f")],
        ),
        case(
            "record-repeats-uid",
            Reported("/f", "repeats a key"),
            &[pax(&[("uid", b"1"), ("uid", b"2")]), file("f")],
        ),
        case("record-nul-in-path", Reported("/", "NUL"), &[paxed("path", b"a\0b")]),
        case("record-newline-in-path", Clean(&["/a\\nb"]), &[paxed("path", b"a\nb")]),
        case("record-equals-in-path", Clean(&["/a=b"]), &[paxed("path", b"a=b")]),
        case("record-path-empty", disagree(), &[paxed("path", b"")]),
        case(
            "extended-twice",
            Refused("two extended headers"),
            &[pax(&[("uid", b"1")]), paxed("gid", b"1")],
        ),
        case(
            "extended-at-the-end",
            Refused("followed by no entry"),
            &[file("f"), pax(&[("uid", b"1")])],
        ),
        case(
            "extended-8-gib",
            Refused("at most 1 MiB"),
            &[header("x", b'x', 0o77_777_777_777), file("f")],
        ),
        case("extended-empty", Clean(&["/f"]), &[header("x", b'x', 0), file("f")]),
        case(
            "solaris-extended",
            Clean(&["/a"]),
            &[member("X", b'X', &record("path", b"a")), file("f")],
        ),
        case(
            "long-name-twice",
            Refused("two extended headers"),
            &[long(b"a\0"), long(b"b\0"), file("f")],
        ),
        case("long-name-at-the-end", Refused("followed by no entry"), &[file("f"), long(b"a\0")]),
        case(
            "long-name-8-gib",
            Refused("at most 1 MiB"),
            &[header("L", b'L', 0o77_777_777_777), file("f")],
        ),
        case("long-name-and-record", Refused("two names"), &[long(b"a\0"), paxed("path", b"b")]),
        case("long-name-and-same-record", Clean(&["/a"]), &[long(b"a\0"), paxed("path", b"a")]),
        case("long-name-empty", Reported("/", "no name"), &[long(b"\0"), file("f")]),
        case("long-name-unended", Clean(&["/a"]), &[long(b"a"), file("f")]),
        case(
            "long-target-twice",
            Refused("two extended headers"),
            &[target(b"a\0"), target(b"b\0"), link("l", b'2', "a")],
        ),
        case("long-target-at-the-end", Refused("followed by no entry"), &[target(b"a\0")]),
        case("global-path", Refused("global header"), &[global("path", b"a"), file("f")]),
        case("global-linkpath", Refused("global header"), &[global("linkpath", b"a"), file("f")]),
        case("global-size", Refused("global header"), &[global("size", b"5"), file("f")]),
        case(
            "global-sparse",
            Refused("global header"),
            &[global("GNU.sparse.map", b"0,5"), file("f")],
        ),
        case(
            "global-comment",
            Clean(&["/f"]),
            &[global("comment", b"a"), file("f"), global("comment", b"b")],
        ),
        case(
            "global-dropped-by-another",
            Refused("second global header"),
            &[global("uid", b"1"), file("f"), global("gid", b"1"), file("g")],
        ),
        case(
            "global-8-gib",
            Refused("at most 1 MiB"),
            &[header("g", b'g', 0o77_777_777_777), file("f")],
        ),
        case("directory-with-content", Refused("has content"), &[member("d/", b'5', b"x")]),
        case(
            "symlink-with-content",
            Refused("has content"),
            &[changed(member("l", b'2', b"x"), 157, b"a")],
        ),
        case(
            "hard-link-with-content",
            Refused("has content"),
            &[file("f"), changed(member("l", b'1', b"x"), 157, b"f")],
        ),
        case("fifo-with-content", Refused("has content"), &[member("p", b'6', b"x")]),
        case("device-with-content", Refused("has content"), &[member("c", b'3', b"x")]),
        case(
            "device-number-letters",
            Reported("/c", "device number"),
            &[changed(header("c", b'3', 0), 329, b"000000x\0")],
        ),
        case(
            "device-number-negative",
            Reported("/c", "device number"),
            &[changed(header("c", b'3', 0), 337, &[0xff; 8])],
        ),
        case("type-unknown", Reported("/f", "its type"), &[with(156, b"Z")]),
        case("type-dumpdir", Reported("/f", "its type"), &[with(156, b"D")]),
        case("type-continued", Reported("/f", "its type"), &[with(156, b"M")]),
        case("type-high-bit", Reported("/f", "its type"), &[with(156, b"\xff")]),
        case("type-contiguous", Clean(&["/f"]), &[with(156, b"7")]),
        case(
            "sparse-old-place-letters",
            Refused("holds no numbers"),
            &[seal({
                let mut block = changed(header("f", b'S', 0), 257, b"ustar  \0");
                block[386..398].copy_from_slice(b"00000x00000\0");
                block[398..410].copy_from_slice(b"00000000001\0");
                block
            })],
        ),
        case("volume-label", Clean(&["/f"]), &[header("label", b'V', 0), file("f")]),
        raw("end-none", Reported("/", "no end mark"), file("f")),
        raw("end-one-block", Reported("/", "no end mark"), [file("f"), vec![0; 512]].concat()),
        raw(
            "end-garbage",
            Reported("/", "follows the end mark"),
            [archive(&[file("f")]), vec![7; 512]].concat(),
        ),
        raw(
            "end-second-archive",
            Reported("/", "follows the end mark"),
            [archive(&[file("f")]), archive(&[file("g")])].concat(),
        ),
        raw(
            "cut-in-header",
            Refused("breaks off"),
            [file("f"), file("g")[..300].to_vec()].concat(),
        ),
        raw(
            "cut-in-content",
            Refused("breaks off"),
            [file("f"), file("g")[..514].to_vec()].concat(),
        ),
        raw("cut-in-padding", Reported("/", "no end mark"), file("f")[..520].to_vec()),
        raw(
            "cut-in-extended",
            Refused("breaks off"),
            [file("f"), pax(&[("uid", b"1")])[..515].to_vec()].concat(),
        ),
    ]
}

/// I02 and I03: names, links, and what takes the place of what.
fn names() -> Vec<Case> {
    let leaves = || Reported("/", "\"..\"");
    vec![
        case("up", leaves(), &[file("../f")]),
        case("up-in-the-middle", leaves(), &[file("a/../f")]),
        case("up-at-the-end", leaves(), &[file("a/..")]),
        case("up-alone", leaves(), &[dir("..")]),
        case("up-absolute", leaves(), &[file("/../../f")]),
        case("up-by-record", leaves(), &[paxed("path", b"../f")]),
        case("up-by-long-name", leaves(), &[member("L", b'L', b"../f\0"), file("f")]),
        case("dots-that-are-none", Clean(&["/...", "/..a"]), &[file("..."), file("..a")]),
        case("absolute", Clean(&["/f"]), &[file("/f")]),
        case("absolute-thrice", Clean(&["/f"]), &[file("///f")]),
        case("slashes-and-dots", Clean(&["/f"]), &[file(".//./f")]),
        case("no-name", Reported("/", "no name"), &[file("")]),
        case("root-as-file", Reported("/", "the root is no directory"), &[file(".")]),
        case(
            "root-as-symlink",
            Reported("/", "the root is no directory"),
            &[link("./", b'2', "/etc")],
        ),
        case("root-as-directory", Clean(&[]), &[dir("./")]),
        case("escape-sequence", Clean(&["/\\u{1b}[2J"]), &[file("\x1b[2J")]),
        case("backslash", Clean(&["/a\\\\b"]), &[file("a\\b")]),
        case(
            "path-of-64-kib",
            Reported("/", "64 KiB"),
            &[paxed("path", "a/".repeat(32_768).as_bytes())],
        ),
        case(
            "below-symlink",
            Reported("/l/f", "below something"),
            &[link("l", b'2', "/tmp"), file("l/f")],
        ),
        case(
            "below-symlink-to-here",
            Reported("/l/f", "below something"),
            &[link("l", b'2', "."), file("l/f")],
        ),
        case(
            "below-symlink-deep",
            Reported("/l/a/b", "below something"),
            &[link("l", b'2', "x"), file("l/a/b")],
        ),
        case(
            "below-symlink-directory",
            Reported("/l/d", "below something"),
            &[link("l", b'2', "x"), dir("l/d")],
        ),
        case(
            "below-symlink-link",
            Reported("/l/m", "below something"),
            &[link("l", b'2', "x"), link("l/m", b'2', "y")],
        ),
        case("below-file", Reported("/f/g", "below something"), &[file("f"), file("f/g")]),
        case(
            "below-device",
            Reported("/c/g", "below something"),
            &[header("c", b'3', 0), file("c/g")],
        ),
        case(
            "below-fifo",
            Reported("/p/g", "below something"),
            &[header("p", b'6', 0), file("p/g")],
        ),
        case(
            "symlink-then-directory",
            Reported("/l", "several entries"),
            &[link("l", b'2', "/etc"), dir("l")],
        ),
        case(
            "directory-then-symlink",
            Reported("/d", "several entries"),
            &[dir("d"), link("d", b'2', "/etc")],
        ),
        case(
            "full-directory-then-symlink",
            Reported("/d", "takes the place"),
            &[dir("d"), file("d/x"), link("d", b'2', "/etc")],
        ),
        case(
            "full-directory-then-file",
            Reported("/d", "takes the place"),
            &[dir("d"), file("d/x"), file("d")],
        ),
        case(
            "file-then-directory",
            Reported("/d", "several entries"),
            &[file("d"), dir("d"), file("d/x")],
        ),
        case("file-twice", Reported("/f", "several entries"), &[file("f"), file("f")]),
        case(
            "file-twice-by-slashes",
            Reported("/f", "several entries"),
            &[file("f"), file(".//f")],
        ),
        case("file-twice-absolute", Reported("/f", "several entries"), &[file("f"), file("/f")]),
        case("directory-twice", Reported("/d", "several entries"), &[dir("d"), dir("d/")]),
        case("other-case", Clean(&["/F", "/f"]), &[file("f"), file("F")]),
        case(
            "other-normal-form",
            Clean(&["/e\u{301}", "/\u{e9}"]),
            &[file("\u{e9}"), file("e\u{301}")],
        ),
        case("implied-directory", Reported("/a", "no entry for this directory"), &[file("a/f")]),
        case("directory-after-its-files", Clean(&["/a", "/a/f"]), &[file("a/f"), dir("a")]),
        case("hard-link", Clean(&["/f", "/l"]), &[file("f"), link("l", b'1', "f")]),
        case("hard-link-to-nothing", Reported("/l", "no earlier entry"), &[link("l", b'1', "f")]),
        case(
            "hard-link-to-later",
            Reported("/l", "no earlier entry"),
            &[link("l", b'1', "f"), file("f")],
        ),
        case(
            "hard-link-to-itself",
            Reported("/f", "to itself"),
            &[file("f"), link("f", b'1', "f")],
        ),
        case(
            "hard-link-to-directory",
            Reported("/l", "to a directory"),
            &[dir("d"), link("l", b'1', "d")],
        ),
        case(
            "hard-link-to-root",
            Reported("/l", "to a directory"),
            &[dir("./"), link("l", b'1', "/")],
        ),
        case("hard-link-up", Reported("/l", "\"..\""), &[file("f"), link("l", b'1', "../f")]),
        case(
            "hard-link-outside",
            Reported("/l", "no earlier entry"),
            &[link("l", b'1', "/etc/passwd")],
        ),
        case("hard-link-without-target", Reported("/l", "no name"), &[link("l", b'1', "")]),
        case(
            "hard-link-through-symlink",
            Reported("/h", "no earlier entry"),
            &[dir("d"), file("d/f"), link("s", b'2', "d"), link("h", b'1', "s/f")],
        ),
        case(
            "hard-link-to-symlink",
            Clean(&["/l", "/s"]),
            &[link("s", b'2', "x"), link("l", b'1', "s")],
        ),
        case("symlink-without-target", Reported("/l", "to nothing"), &[link("l", b'2', "")]),
        case(
            "symlink-nul-in-target",
            Reported("/l", "NUL"),
            &[pax(&[("linkpath", b"a\0b")]), link("l", b'2', "a")],
        ),
        case("symlink-to-itself", Clean(&["/l"]), &[link("l", b'2', "l")]),
        case("file-with-slash", Reported("/f", "directory by its name"), &[file("f/")]),
        case("old-directory", Clean(&["/d"]), &[header("d/", 0, 0)]),
        case(
            "old-directory-by-record",
            Reported("/d", "directory by its name"),
            &[pax(&[("path", b"d/")]), header("f", 0, 0)],
        ),
    ]
}

/// I04: in a plain archive the names of whiteouts mean nothing; only layers have them.
fn whiteouts() -> Vec<Case> {
    vec![
        case("whiteout", Clean(&["/.wh.f", "/f"]), &[file("f"), file(".wh.f")]),
        case("whiteout-before", Clean(&["/.wh.f", "/f"]), &[file(".wh.f"), file("f")]),
        case(
            "whiteout-opaque",
            Clean(&["/d", "/d/.wh..wh..opq", "/d/f"]),
            &[dir("d"), file("d/f"), file("d/.wh..wh..opq")],
        ),
        case("whiteout-of-nothing", Clean(&["/.wh."]), &[file(".wh.")]),
        case("whiteout-of-dot", Clean(&["/.wh.."]), &[file(".wh..")]),
        case("whiteout-of-up", Clean(&["/.wh..."]), &[file(".wh...")]),
        case(
            "whiteout-hard-links",
            Clean(&["/.wh..wh.plnk", "/.wh..wh.plnk/1.2"]),
            &[dir(".wh..wh.plnk"), file(".wh..wh.plnk/1.2")],
        ),
        case("whiteout-of-whiteout", Clean(&["/.wh..wh.f"]), &[file(".wh..wh.f")]),
        case(
            "whiteout-directory",
            Clean(&["/.wh.d", "/.wh.d/f"]),
            &[dir(".wh.d"), file(".wh.d/f")],
        ),
        case("whiteout-symlink", Clean(&["/.wh.l"]), &[link(".wh.l", b'2', "f")]),
        case(
            "whiteout-below-symlink",
            Reported("/l/.wh.f", "below something"),
            &[link("l", b'2', "d"), file("l/.wh.f")],
        ),
        case(
            "whiteout-device",
            Clean(&["/f"]),
            &[changed(changed(header("f", b'3', 0), 329, b"0000000\0"), 337, b"0000000\0")],
        ),
        case(
            "whiteout-attribute",
            Clean(&["/f"]),
            &[paxed("SCHILY.xattr.trusted.overlay.whiteout", b"y")],
        ),
    ]
}

/// I07: compressed streams.
fn streams() -> Vec<Case> {
    let plain = || archive(&[file("f")]);
    let zstd = |data: &[u8]| zstd::stream::encode_all(data, 1).expect("compresses");
    let changed_at = |mut bytes: Vec<u8>, at: usize, byte: u8| {
        bytes[at] = byte;
        bytes
    };
    let without_end = |bytes: Vec<u8>, count: usize| bytes[..bytes.len() - count].to_vec();
    let packed = gzip(&plain());
    let frame = zstd(&plain());
    let last = packed.len() - 1;
    vec![
        raw("gzip", Clean(&["/f"]), packed.clone()),
        raw(
            "gzip-two-members",
            Clean(&["/f"]),
            [gzip(&plain()[..700]), gzip(&plain()[700..])].concat(),
        ),
        raw("gzip-empty-member", Clean(&["/f"]), [gzip(b""), packed.clone()].concat()),
        raw(
            "gzip-trailing-garbage",
            Refused("damaged"),
            [packed.clone(), b"garbage".to_vec()].concat(),
        ),
        raw("gzip-trailing-zeros", Refused("damaged"), [packed.clone(), vec![0; 512]].concat()),
        raw("gzip-cut", Refused("breaks off"), without_end(packed.clone(), 4)),
        raw("gzip-wrong-crc", Refused("damaged"), changed_at(packed.clone(), last - 6, 0xa5)),
        raw("gzip-wrong-length", Refused("damaged"), changed_at(packed.clone(), last, 0xa5)),
        raw("gzip-unknown-method", Refused(""), changed_at(packed.clone(), 2, 7)),
        raw("gzip-header-alone", Refused(""), packed[..10].to_vec()),
        raw("gzip-in-gzip", Unrecognised("more than once"), gzip(&packed)),
        raw("gzip-five-times", Unrecognised("more than once"), gzip(&gzip(&gzip(&gzip(&packed))))),
        raw("gzip-of-text", Unrecognised("header of a tar"), gzip(&[b'a'; 2000])),
        raw("zstd", Clean(&["/f"]), frame.clone()),
        raw(
            "zstd-two-frames",
            Clean(&["/f"]),
            [zstd(&plain()[..700]), zstd(&plain()[700..])].concat(),
        ),
        raw(
            "zstd-skippable-first",
            Clean(&["/f"]),
            [b"\x50\x2a\x4d\x18\x03\0\0\0abc".to_vec(), frame.clone()].concat(),
        ),
        raw(
            "zstd-skippable-last",
            Clean(&["/f"]),
            [frame.clone(), b"\x5f\x2a\x4d\x18\x01\0\0\0a".to_vec()].concat(),
        ),
        raw(
            "zstd-skippable-alone",
            Unrecognised("empty"),
            b"\x50\x2a\x4d\x18\x03\0\0\0abc".to_vec(),
        ),
        raw(
            "zstd-skippable-4-gib",
            Refused(""),
            [b"\x50\x2a\x4d\x18\xff\xff\xff\xff".to_vec(), frame.clone()].concat(),
        ),
        raw(
            "zstd-trailing-garbage",
            Refused("damaged"),
            [frame.clone(), b"garbage".to_vec()].concat(),
        ),
        raw("zstd-cut", Refused("incomplete frame"), without_end(frame.clone(), 3)),
        raw(
            "zstd-window-256-mib",
            Refused("too much memory"),
            vec![0x28, 0xb5, 0x2f, 0xfd, 0, 18 << 3, 1, 0, 0],
        ),
        raw(
            "zstd-window-2-gib",
            Refused("too much memory"),
            vec![0x28, 0xb5, 0x2f, 0xfd, 0, 21 << 3, 1, 0, 0],
        ),
        raw("zstd-dictionary", Refused(""), vec![0x28, 0xb5, 0x2f, 0xfd, 1, 0x50, 9, 1, 0, 0]),
        raw("zstd-in-gzip", Unrecognised("more than once"), gzip(&frame)),
        raw("gzip-in-zstd", Unrecognised("more than once"), zstd(&packed)),
        raw(
            "zstd-bomb",
            Refused("1000 bytes"),
            zstd(&[header("z", b'0', 200 << 20), vec![0; 200 << 20]].concat()),
        ),
        raw("xz-header-alone", Refused(""), b"\xfd7zXZ\0\0\x04".to_vec()),
        raw("bzip2", Unrecognised("bzip2"), b"BZh91AY&SYxxxxxxxx".to_vec()),
        raw("lz4", Unrecognised("lz4"), b"\x04\x22\x4d\x18xxxxxxxx".to_vec()),
        raw("lzip", Unrecognised("lzip"), b"LZIP\x01xxxxxxxx".to_vec()),
        raw("compress", Unrecognised("compress"), b"\x1f\x9dxxxxxxxx".to_vec()),
        raw("lzma", Unrecognised("lzma"), b"\x5d\0\0\x80\0xxxxxxxx".to_vec()),
        raw("empty", Unrecognised("empty"), Vec::new()),
        raw("zip", Unrecognised("header of a tar"), b"PK\x03\x04xxxxxxxxxxxxxxxxxx".to_vec()),
        raw("text", Unrecognised("header of a tar"), vec![b'a'; 2000]),
        raw("zeros", Clean(&[]), vec![0; 10_240]),
    ]
}

/// Returns why the outcome is not the one that it must be.
fn fault(case: &Case) -> Option<String> {
    let captured = match (&case.outcome, capture_bytes(&case.bytes)) {
        (Refused(words), Err(Error::Malformed { reason, .. }))
        | (Unrecognised(words), Err(Error::Unrecognised { reason, .. })) => {
            return (!reason.contains(words)).then_some(reason);
        }
        (_, Err(error)) => return Some(error.to_string()),
        (_, Ok(captured)) => captured,
    };
    let problems = &captured.frozen.problems;
    let mut paths = captured.paths();
    paths.retain(|path| path != "/");
    paths.sort();
    match &case.outcome {
        Reported(path, words) => {
            let expected = problems.len() == 1
                && problems.iter().all(|problem| {
                    problem.path.to_string() == **path && problem.reason.contains(words)
                });
            (!expected).then(|| format!("{problems:?}"))
        }
        Clean(expected) => {
            let clean = problems.is_empty() && paths == **expected;
            (!clean).then(|| format!("{paths:?} {problems:?}"))
        }
        Refused(_) | Unrecognised(_) => Some(format!("it was read: {paths:?} {problems:?}")),
    }
}

#[test]
fn every_named_archive_has_its_one_outcome() {
    let cases: Vec<Case> =
        [headers(), names(), whiteouts(), streams()].into_iter().flatten().collect();
    let names: BTreeSet<&str> = cases.iter().map(|case| case.name).collect();
    assert_eq!(names.len(), cases.len(), "a name stands twice");
    let wrong: Vec<String> =
        cases.iter().filter_map(|case| Some(format!("{}: {}", case.name, fault(case)?))).collect();
    println!("{} named archives, {} with another outcome", cases.len(), wrong.len());
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(cases.len() >= 140);
}
