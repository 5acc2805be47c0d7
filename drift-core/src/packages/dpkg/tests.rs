//! dpkg's files as dpkg writes them, and as nobody should.

use crate::bounds::Budget;
use crate::model::PackageId;
use crate::packages::{Completeness, Files, Presence, Records, Selection, parse};

/// Two packages, and one file of each kind that dpkg has.
pub(super) const SAMPLE: &[(&str, &str)] = &[
    (
        "var/lib/dpkg/status",
        "Package: one\nStatus: install ok installed\nArchitecture: amd64\nVersion: 1:2.3-4\nConffiles:\n /etc/one 0123456789abcdef0123456789abcdef\nDescription: x\n y\n\nPackage: two\nStatus: install ok installed\nMulti-Arch: same\nArchitecture: amd64\nVersion: 1\n\n",
    ),
    (
        "var/lib/dpkg/info/one.list",
        "/.\n/bin\n/bin/one\n/etc\n/etc/one\n/usr\n/usr/share\n/usr/share/doc\n/usr/share/doc/one\n",
    ),
    (
        "var/lib/dpkg/info/one.md5sums",
        "d41d8cd98f00b204e9800998ecf8427e  bin/one\nd41d8cd98f00b204e9800998ecf8427e  usr/share/doc/one\n",
    ),
    ("var/lib/dpkg/info/two:amd64.list", "/.\n/usr\n/usr/bin\n/usr/bin/two\n/usr/bin/sh\n"),
    (
        "var/lib/dpkg/info/two:amd64.md5sums",
        "d41d8cd98f00b204e9800998ecf8427e  usr/bin/two\nd41d8cd98f00b204e9800998ecf8427e  usr/bin/sh\n",
    ),
    ("var/lib/dpkg/diversions", "/usr/bin/sh\n/usr/bin/sh.real\none\n"),
    ("var/lib/dpkg/statoverride", "root root 4755 /usr/bin/two\n"),
    (
        "var/lib/dpkg/alternatives/vi",
        "auto\n/usr/bin/vi\nvi.1\n/usr/share/vi.1\n\n/usr/bin/two\n30\n/usr/share/two.1\n\n",
    ),
    ("var/lib/dpkg/arch", "amd64\ni386\n"),
    ("etc/dpkg/dpkg.cfg.d/slim", "path-exclude=/usr/share/doc/*\n"),
];

const GOOD: &[u8] = b"Package: alpha\nStatus: install ok installed\nArchitecture: amd64\n\
Version: 1.0-1\nConffiles:\n /etc/alpha.conf 0123456789abcdef0123456789abcdef\n \
/etc/a b 0123456789abcdef0123456789abcdef obsolete\nDescription: one\n two\n\n\
Package: beta\nStatus: install ok installed\nArchitecture: amd64\nMulti-Arch: same\n\
Version: 2.0\n\n";

const LIST: &[u8] = b"/.\n/etc\n/etc/alpha.conf\n/etc/a b\n/usr\n/usr/bin\n/usr/bin/alpha\n";
const SUMS: &[u8] = b"d41d8cd98f00b204e9800998ecf8427e  usr/bin/alpha\n";
const BETA: &[u8] = b"/.\n/usr\n/usr/lib\n/usr/lib/beta.so\n";
const BETA_SUMS: &[u8] = b"d41d8cd98f00b204e9800998ecf8427e  usr/lib/beta.so\n";

fn good() -> Vec<(&'static str, &'static [u8])> {
    vec![
        ("var/lib/dpkg/status", GOOD),
        ("var/lib/dpkg/info/alpha.list", LIST),
        ("var/lib/dpkg/info/alpha.md5sums", SUMS),
        ("var/lib/dpkg/info/beta:amd64.list", BETA),
        ("var/lib/dpkg/info/beta:amd64.md5sums", BETA_SUMS),
    ]
}

fn read(files: &[(&str, &[u8])]) -> Records {
    let mut all = Files::new();
    for (path, content) in files {
        all.insert(path.as_bytes(), Ok(content));
    }
    parse(&all, &mut Budget::new(1 << 24, 1 << 20))
}

/// Replaces or adds a file of the good database.
fn with(path: &'static str, content: &'static [u8]) -> Records {
    let mut files = good();
    files.retain(|(other, _)| *other != path);
    files.push((path, content));
    read(&files)
}

fn names(records: &Records) -> Vec<&str> {
    records.packages().iter().map(|package| package.name.as_str()).collect()
}

fn reasons(records: &Records) -> Vec<String> {
    let told = records.problems().iter();
    told.map(|problem| format!("{}: {}", problem.path, problem.reason)).collect()
}

fn check_status(status: &'static [u8], packages: &[&str], reason: Option<&str>) {
    let records = read(&[("var/lib/dpkg/status", status)]);
    let shown = String::from_utf8_lossy(status);
    assert_eq!(names(&records), packages, "{shown}");
    let prefix = "/var/lib/dpkg/status: ";
    let told = reasons(&records);
    match reason {
        Some(reason) => {
            let told = told.iter().filter_map(|told| told.strip_prefix(prefix));
            let told: Vec<&str> = told.collect();
            assert!(told.iter().any(|told| told.contains(reason)), "{shown}: {told:?}");
            assert_eq!(records.completeness(), Completeness::Incomplete, "{shown}");
        }
        None => assert!(!told.iter().any(|told| told.starts_with(prefix)), "{shown}: {told:?}"),
    }
}

#[test]
fn a_whole_database_is_complete() {
    let records = read(&good());
    assert_eq!(reasons(&records), Vec::<String>::new());
    assert_eq!(records.completeness(), Completeness::Complete);
    assert_eq!(names(&records), ["alpha", "beta"]);
    let found = |path: &str| {
        let claims = records.claims().iter();
        let mut claims = claims.filter(|claim| records.path(claim.path).to_string() == path);
        let claim = claims.next().unwrap_or_else(|| panic!("{path} is not owned"));
        (records.record(claim), claim.presence)
    };
    let (record, presence) = found("/usr/bin/alpha");
    let digest = record.digest.expect("is recorded").to_string();
    assert_eq!(digest, "md5:d41d8cd98f00b204e9800998ecf8427e");
    assert_eq!(presence, Presence::Shipped);
    let conffile = found("/etc/a b").0.conffile.expect("is a conffile");
    assert!(conffile.obsolete && !conffile.remove_on_upgrade);
    assert!(!found("/etc/alpha.conf").0.conffile.expect("is a conffile").obsolete);
    assert_eq!(found("/var/lib/dpkg/info/beta:amd64.postinst").1, Presence::Optional);
}

#[test]
fn states_decide_what_is_there() {
    let stanza = |status: &str| {
        let text = format!(
            "Package: a\nStatus: {status}\nArchitecture: all\nVersion: 1\nConffiles:\n \
             /etc/a 0123456789abcdef0123456789abcdef\n\n"
        );
        let records = read(&[("var/lib/dpkg/status", text.as_bytes())]);
        (records.packages().len(), records.leftovers().len(), records.completeness())
    };
    for status in [
        "installed",
        "unpacked",
        "half-installed",
        "half-configured",
        "triggers-awaited",
        "triggers-pending",
    ] {
        // Its list is missing here, which costs records, not packages.
        let expected = (1, 0, Completeness::RecordsIncomplete);
        assert_eq!(stanza(&format!("install ok {status}")), expected, "{status}");
    }
    assert_eq!(stanza("deinstall ok config-files"), (0, 1, Completeness::Complete));
    assert_eq!(stanza("purge ok not-installed"), (0, 0, Completeness::Complete));
    assert_eq!(stanza("install ok enchanted"), (1, 0, Completeness::Incomplete));
    assert_eq!(stanza("installed"), (1, 0, Completeness::Incomplete));
}

#[test]
fn damaged_status_is_told() {
    check_status(b"", &[], None);
    check_status(
        b"PACKAGE: a\nsTATUS: install ok installed\nArchitecture: all\nversion:1\n\n",
        &["a"],
        None,
    );
    check_status(
        b"Package: a\nStatus: install ok installed\nArchitecture: all\nVersion: 1\n\
          Package: b\nStatus: install ok installed\nArchitecture: all\nVersion: 1\n\n",
        &["a", "b"],
        Some("line 5: a second Package"),
    );
    check_status(
        b"Package: a\nStatus: install ok installed\nArchitecture: all\nVersion: 1\n\n\
          Package: a\nStatus: install ok installed\nArchitecture: all\nVersion: 2\n\n",
        &["a"],
        Some("line 6: a package for the second time"),
    );
    check_status(
        b"Package: a\r\nStatus: install ok installed\r\nArchitecture: all\r\nVersion: 1\r\n\r\n\
          Package: b\r\nStatus: install ok installed\r\nArchitecture: all\r\nVersion: 1\r\n\r\n",
        &["a", "b"],
        Some("line 5: neither a field"),
    );
    check_status(b"Status: install ok installed\n\n", &[], Some("line 1: a stanza without"));
    check_status(b"Package: ../x\nStatus: install ok installed\n\n", &[], Some("without a valid"));
    check_status(b" folded\n\n", &[], Some("without a field"));
    check_status(b"Package: a\nno colon\n\n", &["a"], Some("line 2: neither"));
    check_status(b"Package: a\nVersion: 1\nversion: 2\n\n", &["a"], Some("line 3: a field for"));
    check_status(
        b"Package: a\nStatus: install ok installed\nArchitecture: all\nVersion: \xff\n\n",
        &["a"],
        Some("no line of text"),
    );
    check_status(
        b"Package: a\nStatus: install ok installed\nArchitecture: all\nVersion: 1\0\n\n",
        &["a"],
        Some("no line of text"),
    );
    check_status(
        b"Package: a\nStatus: install ok installed\nArchitecture: all\nVersion: 1\n",
        &["a"],
        Some("cut off"),
    );
}

#[test]
fn a_file_that_cannot_be_read_makes_the_database_incomplete() {
    let mut files = Files::new();
    files.insert(b"var/lib/dpkg/status", Err("input/output error (EIO)"));
    let records = parse(&files, &mut Budget::new(1 << 20, 1 << 20));
    assert_eq!(records.completeness(), Completeness::Incomplete);
    assert_eq!(
        reasons(&records),
        ["/var/lib/dpkg/status: cannot be read: input/output error (EIO)"]
    );
}

#[test]
fn a_lost_stanza_is_noticed_by_its_list() {
    let first = GOOD.split(|&byte| byte == b'\n').position(<[u8]>::is_empty).unwrap_or(0);
    let end: usize =
        GOOD.split(|&byte| byte == b'\n').take(first + 1).map(|line| line.len() + 1).sum();
    let records = with("var/lib/dpkg/status", &GOOD[..end]);
    assert_eq!(names(&records), ["alpha"]);
    assert_eq!(records.completeness(), Completeness::Incomplete);
    assert!(reasons(&records)[0].contains("beta:amd64.list: lists files of a package"));
}

#[test]
fn damaged_lists_are_told() {
    let check = |path: &'static str, content: &'static [u8], reason: &str| {
        let records = with(path, content);
        assert_eq!(names(&records), ["alpha", "beta"]);
        let told = reasons(&records);
        assert!(told.iter().any(|told| told.contains(reason)), "{path}: {told:?}");
        assert_eq!(records.completeness(), Completeness::RecordsIncomplete);
    };
    let list = "var/lib/dpkg/info/alpha.list";
    let sums = "var/lib/dpkg/info/alpha.md5sums";
    check(list, b"/.\n/usr\n/usr/bin\n/usr/bin/alpha", "the last line has no end");
    check(list, b"/.\n/usr\n", "line 1: a sum of a path that no list holds");
    check(list, b"/.\n/usr/bin/alpha\nusr/x\n", "line 3: not an absolute path");
    check(list, b"/.\n/usr/bin/alpha\n\n", "line 3: not an absolute path");
    check(list, b"/.\n/usr/bin/alpha\n/a/../b\n", "line 3: the path has a component");
    check(list, b"/.\n/usr/bin/alpha\n/a\0b\n", "line 3: the path holds a NUL");
    check(list, b"/.\r\n/usr/bin/alpha\n", "line 1: not an absolute path");
    check(sums, b"d41d8cd98f00b204e9800998ecf8427e usr/bin/alpha\n", "line 1: not an MD5 sum");
    check(sums, b"d41d8cd98f00b204e9800998ecf8427e  usr/bin/al", "the last line has no end");
    check(sums, b"zz", "line 1: not an MD5 sum");
    let without = |gone: &str| {
        let files: Vec<_> = good().into_iter().filter(|(path, _)| *path != gone).collect();
        let records = read(&files);
        assert_eq!(records.completeness(), Completeness::RecordsIncomplete);
        reasons(&records).join("\n")
    };
    assert!(without(list).contains("the package's list of files is missing"));
    assert!(without(sums).contains("the package's list of MD5 sums is missing"));
}

#[test]
fn an_escaped_name_of_md5sum_is_read() {
    let mut files = good();
    files.retain(|(path, _)| !path.contains("alpha"));
    files.push(("var/lib/dpkg/info/alpha.list", b"/.\n/a\\b\n"));
    let sum: &[u8] = b"\\d41d8cd98f00b204e9800998ecf8427e  a\\\\b\n";
    files.push(("var/lib/dpkg/info/alpha.md5sums", sum));
    assert_eq!(reasons(&read(&files)), Vec::<String>::new());
    // dh_md5sums undoes the escape, so most packages have it plain.
    files.pop();
    let sum: &[u8] = b"d41d8cd98f00b204e9800998ecf8427e  a\\b\n";
    files.push(("var/lib/dpkg/info/alpha.md5sums", sum));
    assert_eq!(reasons(&read(&files)), Vec::<String>::new());
}

#[test]
fn distroless_packages_own_what_their_sums_name() {
    let records = read(&[
        ("var/lib/dpkg/status.d/base", b"Package: base\nVersion: 1\nArchitecture: amd64\n"),
        ("var/lib/dpkg/status.d/base.md5sums", b"d41d8cd98f00b204e9800998ecf8427e  etc/x\n"),
        ("var/lib/dpkg/status.d/tzdata", b"Package: tzdata\nVersion: 1\nArchitecture: all\n"),
        ("var/lib/dpkg/status.d/tzdata.md5sums", b""),
    ]);
    assert_eq!(reasons(&records), Vec::<String>::new());
    assert_eq!(names(&records), ["base", "tzdata"]);
    let owned =
        |path: &str| records.claims().iter().any(|c| records.path(c.path).to_string() == path);
    assert!(owned("/etc/x") && owned("/var/lib/dpkg/status.d/tzdata"));
}

#[test]
fn the_journal_comes_after_status() {
    let mut files = good();
    files.push((
        "var/lib/dpkg/updates/0001",
        b"Package: alpha\nStatus: install ok unpacked\nArchitecture: amd64\nVersion: 3\n\n",
    ));
    let records = read(&files);
    assert_eq!(records.packages()[0].version, "3");
    assert_eq!(records.packages().len(), 2);
}

#[test]
fn alternatives_are_read_whole_or_told() {
    let path = "var/lib/dpkg/alternatives/awk";
    let text: &[u8] =
        b"auto\n/usr/bin/awk\nnawk\n/usr/bin/nawk\n\n/usr/bin/mawk\n5\n/usr/bin/mawk\n\
        /usr/bin/gawk\n10\n\n\n";
    let records = with(path, text);
    assert_eq!(reasons(&records), Vec::<String>::new());
    let awk = &records.alternatives()[0];
    assert_eq!((awk.selection, awk.slaves.len(), awk.choices.len()), (Selection::Auto, 1, 2));
    assert!(awk.selected(b"/usr/bin/mawk").is_none(), "not the best");
    assert_eq!(awk.selected(b"/usr/bin/gawk").map(|choice| choice.priority), Some(10));
    for end in 0..text.len() {
        let records = with(path, &text[..end]);
        assert!(records.alternatives().is_empty(), "{end}");
        assert_eq!(records.completeness(), Completeness::RecordsIncomplete, "{end}");
    }
}

#[test]
fn diversions_and_overrides_are_read_whole_or_told() {
    let records = with("var/lib/dpkg/diversions", b"/bin/sh\n/bin/sh.distrib\ndash\n/a\n/b\n:\n");
    let by: Vec<Option<&str>> = records.diversions().iter().map(|one| one.by.as_deref()).collect();
    assert_eq!(by, [Some("dash"), None]);
    let reason = |path, text| reasons(&with(path, text)).join("\n");
    let diversions = "var/lib/dpkg/diversions";
    assert!(reason(diversions, b"/a\n/b\n").contains("line 1: a diversion of fewer"));
    assert!(reason(diversions, b"/a\nb\n:\n").contains("line 1: a diversion of what is no"));
    assert!(reason(diversions, b"/a\n/b\n:").contains("no end"));
    let overrides = "var/lib/dpkg/statoverride";
    let records = with(overrides, b"root #44 4750 /usr/bin/a b\n");
    assert_eq!(records.overrides()[0].mode, 0o4750);
    assert_eq!(records.path(records.overrides()[0].path).to_string(), "/usr/bin/a b");
    assert!(reason(overrides, b"root root 9 /x\n").contains("line 1: not an owner"));
    assert!(reason(overrides, b"root root 0755\n").contains("line 1: not an owner"));
}

#[test]
fn the_last_matching_filter_decides() {
    let mut files = good();
    let slim: &[u8] =
        b"# slim\npath-exclude /usr/share/doc/*\npath-include=/usr/share/doc/*/copyright\n\
        path-exclude='/usr/share/man/*'\nno-debsig\n";
    files.push(("etc/dpkg/dpkg.cfg.d/docker", slim));
    files.push(("etc/dpkg/dpkg.cfg.d/ignored.bak", b"path-exclude=/*\n"));
    files.push(("etc/dpkg/dpkg.cfg", b"path-include = /usr/share/man/man1/*\n"));
    let records = read(&files);
    assert_eq!(reasons(&records), Vec::<String>::new());
    let filtered = |path: &str| {
        let path = crate::model::TreePath::parse(path.as_bytes()).expect("is a path");
        records.is_filtered(&path, &mut 100_000)
    };
    assert!(filtered("usr/share/doc/bash/README"));
    assert!(!filtered("usr/share/doc/bash/copyright"));
    assert!(filtered("usr/share/man/man5/x.5.gz"));
    assert!(!filtered("usr/share/man/man1/x.1.gz"));
    assert!(!filtered("usr/bin/bash"));
}

#[test]
fn many_faults_are_counted_not_listed() {
    let garbage: &'static [u8] = b"x\n".repeat(10_000).leak();
    let records = with("var/lib/dpkg/info/alpha.list", garbage);
    let of_list = records.problems().iter().filter(|p| p.path.to_string().ends_with("alpha.list"));
    assert_eq!(of_list.count(), 9);
    assert!(reasons(&records).iter().any(|told| told.contains("9992 further faults")));
}

#[test]
fn what_a_stanza_says_of_its_package() {
    let status = b"Package: zeta\nStatus: install ok installed\nArchitecture: amd64\nVersion: 2\n\
Source: zed (1:3-1)\nMaintainer: Some One <one@example.org>\nHomepage: https://example.org\n\
Pre-Depends: libc6 (>= 2.36)\nDepends: a:any, default-mta | mail-transport-agent,\n b (= 1) ,, \
\xff\nProvides: zed-api (= 3), other\n\nPackage: alpha\nStatus: install ok installed\n\
Architecture: all\nVersion: 1\nSource: beta\nMaintainer: a\n b\n\n";
    let records = read(&[("var/lib/dpkg/status", status)]);
    assert_eq!(names(&records), ["alpha", "zeta"]);
    let zeta = records.details(PackageId(1)).expect("because dpkg tells details of each");
    assert_eq!(zeta.source, Some(("zed".to_owned(), "1:3-1".to_owned())));
    assert_eq!(zeta.depends, ["libc6", "a", "default-mta|mail-transport-agent", "b"]);
    assert_eq!(zeta.provides, ["zed-api", "other"]);
    assert_eq!(zeta.supplier.as_deref(), Some("Some One <one@example.org>"));
    assert_eq!(zeta.homepage.as_deref(), Some("https://example.org"));
    let alpha = records.details(PackageId(0)).expect("because dpkg tells details of each");
    assert_eq!(alpha.source, Some(("beta".to_owned(), "1".to_owned())));
    assert_eq!((&alpha.supplier, alpha.depends.len()), (&None, 0), "two lines are no name");
}

/// Further forms that no dpkg writes: each is told, and no package goes with it.
#[test]
fn hostile_forms_are_told() {
    let check = |path: &'static str, content: &'static [u8], reason: &str| {
        let records = with(path, content);
        assert!(names(&records).len() >= 2, "{path}: {:?}", names(&records));
        let told = reasons(&records);
        assert!(told.iter().any(|told| told.contains(reason)), "{path}: {told:?}");
        assert_ne!(records.completeness(), Completeness::Complete, "{path}");
    };
    let info = "var/lib/dpkg/info/";
    let file = |name: &str| -> &'static str { [info, name].concat().leak() };
    check(file("ghost.list"), b"/.\n/usr/bin/alpha\n", "lists files of a package that status");
    check(file("alpha:i386.list"), b"/.\n", "lists files of a package that status");
    check("var/lib/dpkg/updates/0000", b"Package: x\0y\n\n", "without a valid Package");
    check("var/lib/dpkg/updates/0000", b"Package: alpha\nStatus: x\n\n", "no valid Status");
    check("var/lib/dpkg/status.d/x", b"Version: 1\n\n", "without a valid Package");
    check(
        "var/lib/dpkg/status.d/x",
        b"Package: alpha\nArchitecture: amd64\nVersion: 9\n",
        "second",
    );
    check("var/lib/dpkg/status.d/y", b"Package: y\nArchitecture: all\nVersion: 9\n", "is missing");
    check("var/lib/dpkg/diversions", b"/usr/../x\n/y\n:\n", "line 1: the path has a component");
    check("var/lib/dpkg/diversions", b"/x\n/y\n\xff\n", "by no valid package name");
    check("var/lib/dpkg/statoverride", b"root root 10000 /x\n", "not an owner");
    check("var/lib/dpkg/alternatives/x", b"auto\n/x\n../y\n/z\n\n\n", "not a name below");
    check("var/lib/dpkg/arch", b"../x\n", "not the name of an architecture");
}
