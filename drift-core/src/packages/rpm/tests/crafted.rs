//! Damage and malice by name: each ends in a problem, and no package is lost without one.

use super::{Sample, bdb_samples, names, ndb_sample, reasons, run, sqlite_sample};
use crate::packages::Completeness;
use crate::packages::rpm::bytes::Order;

type Change = fn(&mut Vec<u8>);

/// Changes the first file of a sample; some reason must say `expect`, and packages may be missing.
fn check(name: &str, sample: Sample, change: Change, expect: &str) {
    let mut sample = sample;
    change(sample[0].1.to_mut());
    let records = run(&sample);
    assert_eq!(records.completeness(), Completeness::Incomplete, "{name}");
    let reasons = reasons(&records);
    assert!(reasons.iter().any(|reason| reason.contains(expect)), "{name}: {reasons:?}");
}

fn put(order: Order, bytes: &mut [u8], at: usize, number: u32) {
    let raw = match order {
        Order::Big => number.to_be_bytes(),
        Order::Little => number.to_le_bytes(),
    };
    bytes[at..at + 4].copy_from_slice(&raw);
}

fn be(bytes: &mut [u8], at: usize, number: u32) {
    put(Order::Big, bytes, at, number);
}

fn le(bytes: &mut [u8], at: usize, number: u32) {
    put(Order::Little, bytes, at, number);
}

/// Where the first row of the table on page 2 keeps the number of its first overflow page.
fn overflow(bytes: &[u8]) -> usize {
    let cell = 512 + usize::from(Order::Big.u16(bytes, 512 + 8).unwrap());
    let length = usize::from(bytes[cell] & 0x7f) << 7 | usize::from(bytes[cell + 1]);
    let some = 39 + (length - 39) % 508;
    cell + 3 + if some <= 477 { some } else { 39 }
}

#[test]
fn sqlite() {
    let database = || vec![sqlite_sample().remove(0)];
    let cases: [(&str, Change, &str); 20] = [
        ("no bytes", |file| file.clear(), "it is empty"),
        ("a text", |file| *file = b"key=value\n".repeat(300), "does not begin"),
        ("pages of no byte", |file| file[16..18].fill(0), "pages would be of 0 bytes"),
        ("pages of 513 bytes", |file| file[17] = 1, "pages would be of 513 bytes"),
        ("other pages than there are", |file| file[16] = 16, "first page"),
        ("all reserved", |file| file[20] = 255, "reserved"),
        ("UTF-16", |file| be(file, 56, 2), "encoding"),
        ("cut at a page", |file| file.truncate(512 * 4), "cut off"),
        ("a root that is no table", |file| file[512] = 10, "no page of a table"),
        (
            "a page below itself",
            |file| {
                file[512] = 5;
                file[512 + 3..512 + 5].fill(0);
                be(file, 512 + 8, 2);
            },
            "used twice",
        ),
        (
            "a page below that is not there",
            |file| {
                file[512] = 5;
                be(file, 512 + 8, 77);
            },
            "not in the file",
        ),
        ("more rows than fit", |file| file[512 + 3..512 + 5].fill(255), "row"),
        ("no rows", |file| file[512 + 3..512 + 5].fill(0), "in the table Name and not in Packages"),
        ("a row outside its page", |file| file[512 + 8..512 + 10].fill(255), "outside the page"),
        ("one row twice", |file| file.copy_within(512 + 8..512 + 10, 512 + 10), "not in order"),
        (
            "a chain that is its own",
            |file| {
                let at = overflow(file);
                let page = usize::try_from(Order::Big.u32(file, at).unwrap()).unwrap();
                be(file, (page - 1) * 512, u32::try_from(page).unwrap());
            },
            "longer than the row",
        ),
        (
            "a chain into another's",
            |file| {
                let at = overflow(file);
                be(file, at, 2);
            },
            "header 1",
        ),
        (
            "a chain that ends outside",
            |file| {
                let at = overflow(file);
                be(file, at, u32::MAX);
            },
            "the rest of a row is not in the file",
        ),
        (
            "a row longer than the file",
            |file| {
                let cell = 512 + usize::from(Order::Big.u16(file, 512 + 8).unwrap());
                file[cell..cell + 9].fill(255);
            },
            "Packages, page 2",
        ),
        (
            "no table of that name",
            |file| {
                let at = file.windows(8).position(|word| word == b"Packages").unwrap();
                for at in [at, at + 8] {
                    file[at] = b'Q';
                }
            },
            "no table Packages",
        ),
    ];
    for (name, change, expect) in cases {
        check(name, database(), change, expect);
    }
}

#[test]
fn what_lies_beside_sqlite() {
    let log = |change: Change| {
        let mut sample = sqlite_sample();
        change(sample[1].1.to_mut());
        sample
    };
    let cases: [(&str, Sample, &str); 7] = [
        ("another salt in a frame", log(|log| log[32 + 8] ^= 1), "wrong salt"),
        ("another sum in a frame", log(|log| log[32 + 16] ^= 1), "wrong sum"),
        ("another page in a frame", log(|log| log[32 + 24 + 9] ^= 1), "wrong sum"),
        ("a log that is none", log(|log| log[..32].fill(7)), "no valid header"),
        ("half a frame", log(|log| log.truncate(100)), "ends within a frame"),
        (
            "a rollback journal",
            vec![
                sqlite_sample().remove(0),
                ("var/lib/rpm/rpmdb.sqlite-journal", b"\xd9\xd5\x05\xf9"[..].into()),
            ],
            "rollback journal",
        ),
        ("a log alone", vec![sqlite_sample().remove(1)], "that it belongs to is missing"),
    ];
    for (name, sample, expect) in cases {
        check(name, sample, |_| (), expect);
    }
    // After a checkpoint a log is written over from its start; both salts of what is left are older.
    let stale = log(|log| {
        let mut frame = log[32..32 + 536].to_vec();
        frame[8..16].fill(9);
        log.extend(frame);
    });
    assert_eq!(reasons(&run(&stale)), [""; 0]);
}

#[test]
fn rpms_own_format() {
    let cases: [(&str, Change, &str); 12] = [
        ("another magic", |file| file[0] = b'r', "does not begin"),
        ("version 1", |file| le(file, 4, 1), "does not begin"),
        ("no slots", |file| le(file, 12, 0), "within its slots"),
        ("slots of 16 TiB", |file| le(file, 12, u32::MAX), "within its slots"),
        ("a slot of another magic", |file| file[32] = b's', "slot 0 is none"),
        ("a slot outside", |file| le(file, 40, u32::MAX), "leads outside the file"),
        ("a slot longer than the file", |file| le(file, 60, 0x00ff_ffff), "cut off"),
        ("a slot of nothing", |file| le(file, 44, 0), "leads outside the file"),
        ("a slot that was freed", |file| file[36..48].fill(0), "lies between the headers"),
        ("two slots of one blob", |file| file.copy_within(32..48, 48), "covers another's"),
        (
            "a blob longer than its slot",
            |file| le(file, 4096 + 12, u32::MAX),
            "longer than its slot",
        ),
        ("another sum", |file| file[4096 + 60] ^= 1, "its sum is not right"),
    ];
    for (name, change, expect) in cases {
        check(name, ndb_sample(), change, expect);
    }
}

/// The pages of the sample by what is on them: the bucket that has pages, and the first of a chain.
fn hash_page(file: &[u8], kind: u8) -> usize {
    let pages = (1..file.len() / 512).find(|page| {
        file[page * 512 + 25] == kind
            && (kind == 7 || Order::Little.u16(file, page * 512 + 20) != Some(0))
    });
    pages.unwrap() * 512
}

#[test]
fn berkeley_db() {
    let cases: [(&str, Change, &str); 14] = [
        ("another magic", |file| file[12] ^= 1, "does not begin"),
        ("version 7", |file| le(file, 16, 7), "version"),
        ("encrypted", |file| file[24] = 1, "encrypted"),
        ("pages of no byte", |file| le(file, 20, 0), "no database has"),
        ("pages of 2 GiB", |file| le(file, 20, 1 << 31), "no database has"),
        ("4 billion buckets", |file| le(file, 72, u32::MAX), "more buckets than pages"),
        ("more pages than there are", |file| le(file, 32, 99), "cut off"),
        (
            "a bucket that goes on in itself",
            |file| {
                let at = hash_page(file, 13);
                let number = Order::Little.u32(file, at + 8).unwrap();
                le(file, at + 16, number);
            },
            "used twice",
        ),
        (
            "a bucket that goes on outside",
            |file| {
                let at = hash_page(file, 13);
                le(file, at + 16, u32::MAX);
            },
            "is not there",
        ),
        (
            "items that are not told",
            |file| {
                let at = hash_page(file, 13);
                file[at + 20..at + 22].fill(0);
            },
            "some are missing",
        ),
        (
            "more items than fit",
            |file| {
                let at = hash_page(file, 13);
                file[at + 20..at + 22].fill(255);
            },
            "some are missing",
        ),
        (
            "a chain that is its own",
            |file| {
                let at = hash_page(file, 7);
                let number = Order::Little.u32(file, at + 8).unwrap();
                le(file, at + 16, number);
            },
            "used twice",
        ),
        (
            "a page that was taken away",
            |file| {
                let at = hash_page(file, 13);
                file[at..at + 512].fill(0);
            },
            "belongs to no bucket",
        ),
        (
            "a page of a chain that holds more than a page",
            |file| {
                let at = hash_page(file, 7);
                file[at + 22..at + 24].fill(255);
            },
            "more than a page",
        ),
    ];
    for (name, change, expect) in cases {
        let [little, _] = bdb_samples();
        check(name, little, change, expect);
    }
}

/// Several databases: what rpm is configured to use is read, else the first, with a problem.
#[test]
fn several_databases() {
    let mut both = sqlite_sample();
    both.extend(ndb_sample());
    let [bdb, _] = bdb_samples();
    both.extend(bdb);
    check("no macro", both.clone(), |_| (), "no macro says which");
    let with = |macros: &[(&'static str, &'static str)]| {
        let mut all = both.clone();
        all.retain(|(path, _)| !path.ends_with("-wal"));
        all.extend(macros.iter().map(|(path, text)| (*path, text.as_bytes().into())));
        run(&all)
    };
    // The file of SQLite alone is older by one path than the two others.
    let paths = |records: crate::packages::Records| {
        assert_eq!(reasons(&records), [""; 0]);
        assert_eq!(names(&records).len(), 2);
        records.claims().len()
    };
    assert_eq!(paths(with(&[("usr/lib/rpm/macros", "%_db_backend\tsqlite\n")])), 4);
    assert_eq!(paths(with(&[("usr/lib/rpm/macros", "%_db_backend bdb_ro\n")])), 5);
    let overridden =
        [("usr/lib/rpm/macros", "%_db_backend sqlite\n"), ("etc/rpm/macros", "%_db_backend ndb\n")];
    assert_eq!(paths(with(&overridden)), 5);
}

#[test]
fn several_directories() {
    let two: Sample = vec![
        sqlite_sample().remove(0),
        ("usr/lib/sysimage/rpm/Packages.db", ndb_sample().remove(0).1),
    ];
    check("no macro", two.clone(), |_| (), "no macro says which");
    let with = |path: &'static str| {
        let mut all = two.clone();
        all.push(("usr/lib/rpm/macros", path.as_bytes().into()));
        let records = run(&all);
        assert_eq!(reasons(&records), [""; 0], "{path}");
        records.claims().len()
    };
    assert_eq!(with("%_dbpath\t\t%{_var}/lib/rpm\n"), 4);
    assert_eq!(with("%_dbpath %{_usr}/lib/sysimage/rpm\n"), 5);
}

/// A database that rpm's own code wrote, erased from and wrote over.
#[test]
fn rpms_own_format_as_rpm_writes_it() {
    let file = &include_bytes!("../../../../../fixtures/packages/rpm/by-rpm/Packages.db")[..];
    let list = include_str!("../../../../../fixtures/packages/rpm/by-rpm/names");
    let records = run(&vec![("var/lib/rpm/Packages.db", file.into())]);
    assert_eq!(reasons(&records), [""; 0]);
    let mut found: Vec<&str> =
        records.packages().iter().map(|package| package.name.as_str()).collect();
    found.sort_unstable();
    assert_eq!(found, list.lines().collect::<Vec<_>>());
}
