//! Headers that rpm would never write, each alone in a database of rpm's own format.

use super::{names, reasons, run};
use crate::packages::{Completeness, Records};

/// An entry of the index, and its bytes.
#[derive(Clone)]
struct Tag {
    tag: u32,
    kind: u32,
    count: u32,
    data: Vec<u8>,
}

fn texts(tag: u32, all: &[&str]) -> Tag {
    let data = all.iter().flat_map(|text| [text.as_bytes(), b"\0"].concat()).collect();
    Tag { tag, kind: 8, count: u32::try_from(all.len()).unwrap(), data }
}

fn text(tag: u32, text: &str) -> Tag {
    Tag { kind: 6, ..texts(tag, &[text]) }
}

fn numbers(tag: u32, all: &[u32]) -> Tag {
    let data = all.iter().flat_map(|number| number.to_be_bytes()).collect();
    Tag { tag, kind: 4, count: u32::try_from(all.len()).unwrap(), data }
}

fn identity() -> Vec<Tag> {
    vec![text(1000, "name"), text(1001, "1"), text(1002, "2"), text(1022, "noarch")]
}

/// A package of two files with everything that rpm records.
fn whole() -> Vec<Tag> {
    let digest = "0123456789abcdef".repeat(4);
    let mut tags = identity();
    tags.extend([
        numbers(1028, &[1, 2]),
        numbers(1030, &[0o100644, 0o100755]),
        numbers(1033, &[0, 0]),
        numbers(1034, &[7, 8]),
        texts(1035, &[&digest, &digest]),
        texts(1036, &["", ""]),
        numbers(1037, &[0, 0]),
        texts(1039, &["root", "root"]),
        texts(1040, &["root", "root"]),
        numbers(1116, &[0, 1]),
        texts(1117, &["one", "two"]),
        texts(1118, &["/usr/", "/usr/bin/"]),
        numbers(5011, &[8]),
    ]);
    tags
}

fn with(tags: Vec<Tag>, other: Tag) -> Vec<Tag> {
    tags.into_iter().map(|tag| if tag.tag == other.tag { other.clone() } else { tag }).collect()
}

fn without(tags: Vec<Tag>, tag: u32) -> Vec<Tag> {
    tags.into_iter().filter(|other| other.tag != tag).collect()
}

fn blob(tags: &[Tag]) -> Vec<u8> {
    let (mut index, mut data) = (Vec::new(), Vec::new());
    for tag in tags {
        let offset = u32::try_from(data.len()).unwrap();
        let entry = [tag.tag, tag.kind, offset, tag.count];
        index.extend(entry.iter().flat_map(|number| number.to_be_bytes()));
        data.extend(&tag.data);
    }
    let lengths = [tags.len(), data.len()].map(|length| u32::try_from(length).unwrap());
    [lengths.map(u32::to_be_bytes).concat(), index, data].concat()
}

/// One page of slots of which one is used; the sum of the blob is told wrong, and that alone.
fn stored(blob: &[u8]) -> Records {
    let number = |number: usize| u32::try_from(number).unwrap().to_le_bytes();
    let blocks = (16 + blob.len() + 12).div_ceil(16);
    let mut file = [&b"RpmP"[..], &number(0), &number(1), &number(1), &number(2)].concat();
    file.resize(32, 0);
    file.extend([&b"Slot"[..], &number(1), &number(256), &number(blocks)].concat());
    while file.len() < 4096 {
        file.extend([&b"Slot"[..], &[0; 12]].concat());
    }
    file.extend([&b"BlbS"[..], &number(1), &number(0), &number(blob.len())].concat());
    file.extend(blob);
    file.resize(4096 + blocks * 16 - 12, 0);
    file.extend([&b"\0\0\0\0"[..], &number(blob.len()), b"BlbE"].concat());
    run(&vec![("var/lib/rpm/Packages.db", file.into())])
}

fn check(name: &str, blob: &[u8], expect: &str, packages: usize) {
    let records = stored(blob);
    let reasons = reasons(&records);
    assert!(reasons.iter().any(|reason| reason.contains(expect)), "{name}: {reasons:?}");
    assert_eq!(records.completeness(), Completeness::Incomplete, "{name}");
    assert_eq!(records.packages().len(), packages, "{name}");
}

#[test]
fn a_whole_one_has_no_fault_but_its_sum() {
    let records = stored(&blob(&whole()));
    assert_eq!(reasons(&records), ["header 1: its sum is not right"]);
    assert_eq!((names(&records), records.claims().len()), (vec!["name-1-2".to_owned()], 2));
}

/// Of these not even the package is known.
#[test]
fn no_package_is_known() {
    let sound = blob(&identity());
    let changed = |at: usize, number: u32| {
        let mut blob = sound.clone();
        blob[at..at + 4].copy_from_slice(&number.to_be_bytes());
        blob
    };
    let endless = Tag { data: b"name".to_vec(), ..text(1000, "") };
    let last = [&identity()[1..], &[endless]].concat();
    let cases: [(&str, Vec<u8>, &str); 14] = [
        ("no bytes", Vec::new(), "shorter than its index"),
        ("two billion entries", changed(0, 1 << 31), "shorter than its index"),
        ("four billion entries", changed(0, u32::MAX), "shorter than its index"),
        ("no entries", changed(0, 0), "shorter than its index"),
        ("two billion bytes of data", changed(4, 1 << 31), "shorter than its index"),
        ("less data than there are", changed(4, 1), "shorter than its index"),
        ("an entry past the end", changed(8 + 8, 1 << 20), "outside the data"),
        ("an entry before the start", changed(8 + 8, u32::MAX), "outside the data"),
        ("an entry of two billion texts", changed(8 + 12, 1 << 31), "outside the data"),
        ("an entry of an unknown type", changed(8 + 4, 10), "unknown type"),
        ("a name that is a number", changed(8 + 4, 4), "another type"),
        ("a name without an end", blob(&last), "reaches outside the data"),
        ("two names", blob(&[identity(), identity()].concat()), "tag 1000 stands twice"),
        ("no release", blob(&without(identity(), 1002)), "without name, version or release"),
    ];
    for (name, blob, expect) in cases {
        check(name, &blob, expect, 0);
    }
}

/// Of these the package is known, and what is wrong with its files is told.
#[test]
fn the_package_is_known_and_its_files_are_not() {
    let long = "/".to_owned() + &"d".repeat(5_000) + "/";
    let more = Tag { count: 3, ..texts(1117, &["one", "two"]) };
    let cases: [(&str, Vec<Tag>, &str); 18] = [
        ("more names than there are", with(whole(), more), "has not one value for each file"),
        (
            "a directory that is not there",
            with(whole(), numbers(1116, &[0, 9])),
            "without a directory",
        ),
        ("fewer places than names", with(whole(), numbers(1116, &[0])), "without a directory"),
        ("more directories than names", with(whole(), texts(1118, &["/"; 3])), "no directories"),
        ("no directories", without(whole(), 1118), "no directories"),
        (
            "a directory that is not absolute",
            with(whole(), texts(1118, &["usr/", "/"])),
            "path that is none",
        ),
        (
            "a directory without its slash",
            with(whole(), texts(1118, &["/usr", "/"])),
            "path that is none",
        ),
        ("a way up", with(whole(), texts(1118, &["/usr/../", "/"])), ".."),
        ("a name of two", with(whole(), texts(1117, &["a/b", "two"])), "path that is none"),
        ("a path longer than any", with(whole(), texts(1118, &[&long, "/"])), "path that is none"),
        ("fewer modes than names", with(whole(), numbers(1030, &[0o100644])), "tag 1030"),
        ("no modes", without(whole(), 1030), "tag 1030"),
        ("modes that are texts", with(whole(), texts(1030, &["a", "b"])), "another type"),
        ("no digests", without(whole(), 1035), "tag 1035"),
        (
            "digests of another length",
            with(whole(), texts(1035, &["12", "34"])),
            "without a valid digest",
        ),
        (
            "an algorithm that there is not",
            with(whole(), numbers(5011, &[99])),
            "the algorithm number 99",
        ),
        ("a name with a line's end", with(whole(), text(1000, "a\nb")), "no line of text"),
        (
            "two lists of names",
            [whole(), whole()[14..15].to_vec()].concat(),
            "tag 1117 stands twice",
        ),
    ];
    for (name, tags, expect) in cases {
        check(name, &blob(&tags), expect, 1);
    }
}

/// 20,000 names below one directory of 4,000 bytes cost their bytes, not their product.
#[test]
fn many_names_below_a_long_directory() {
    let files = 20_000;
    let each = |number| vec![number; files];
    let empty = vec![""; files];
    let directory = "/".to_owned() + &"d/".repeat(2_000);
    let mut tags = identity();
    tags.extend([
        numbers(1116, &each(0)),
        texts(1117, &vec!["n"; files]),
        texts(1118, &[&directory]),
        numbers(1028, &each(0)),
        numbers(1030, &each(0o040755)),
        numbers(1033, &each(0)),
        numbers(1034, &each(0)),
        texts(1035, &empty),
        texts(1036, &empty),
        numbers(1037, &each(0)),
        texts(1039, &empty),
        texts(1040, &empty),
    ]);
    assert_eq!(stored(&blob(&tags)).claims().len(), 1);
}
