//! pacman's files as pacman writes them, and as nobody should.

use std::borrow::Cow;
use std::io::Write as _;

use crate::bounds::Budget;
use crate::model::{Algorithm, FileType};
use crate::packages::{Completeness, Files, Owner, Records, VendorRecord, parse};

const ONE: &str = "%NAME%\none\n\n%VERSION%\n1:2.0-1\n\n%BASE%\none\n\n%DESC%\nx\n\n%ARCH%\nx86_64\n\n%REASON%\n1\n\n%LICENSE%\nMIT\nZlib\n\n%DEPENDS%\ntwo>=1\n\n%PROVIDES%\nx=1\n\n";
const ONE_FILES: &str = "%FILES%\netc/\netc/one\nusr/\nusr/bin/\nusr/bin/a b\nusr/bin/link\n\n%BACKUP%\netc/one\td41d8cd98f00b204e9800998ecf8427e\n\n";
const ONE_TREE: &str = "#mtree\n/set type=file uid=0 gid=0 mode=644\n./.BUILDINFO time=1.0 size=2 md5digest=d41d8cd98f00b204e9800998ecf8427e\n./.INSTALL time=1.0 size=0 md5digest=d41d8cd98f00b204e9800998ecf8427e sha256digest=e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855\n./etc time=1700000000.5 mode=755 type=dir\n./etc/one time=1700000000.0 size=0 md5digest=d41d8cd98f00b204e9800998ecf8427e sha256digest=e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855\n./usr time=1.0 mode=755 type=dir\n./usr/bin time=1.0 mode=755 type=dir\n./usr/bin/a\\040b time=1700000000.0 mode=4755 uid=7 size=0 sha256digest=e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855\n./usr/bin/link time=1.0 mode=777 type=link link=a\\040b\n";
const TWO: &str = "%NAME%\ntwo\n\n%VERSION%\n2-3\n\n%ARCH%\nany\n\n";

/// Two packages, one of them without files, and one file of each kind that pacman has.
pub(super) fn sample() -> Vec<(&'static str, Cow<'static, [u8]>)> {
    vec![
        ("var/lib/pacman/local/ALPM_DB_VERSION", b"9\n".into()),
        ("var/lib/pacman/local/one-1:2.0-1/desc", ONE.as_bytes().into()),
        ("var/lib/pacman/local/one-1:2.0-1/files", ONE_FILES.as_bytes().into()),
        ("var/lib/pacman/local/one-1:2.0-1/mtree", packed(ONE_TREE).into()),
        ("var/lib/pacman/local/two-2-3/desc", TWO.as_bytes().into()),
        ("var/lib/pacman/local/two-2-3/files", b"".into()),
        ("etc/pacman.conf", b"[options]\nNoExtract = usr/share/man/* !usr/share/man/man1\n".into()),
    ]
}

fn packed(text: &str) -> Vec<u8> {
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    gzip.write_all(text.as_bytes()).expect("because a vector takes everything");
    gzip.finish().expect("because a vector takes everything")
}

fn read(files: &[(&str, Cow<'static, [u8]>)]) -> Records {
    let mut all = Files::new();
    for (path, content) in files {
        all.insert(path.as_bytes(), Ok(content));
    }
    parse(&all, &mut Budget::new(1 << 24, 1 << 20))
}

/// Replaces, adds or (with no content) removes a file of the sample.
fn with(path: &'static str, content: Option<Vec<u8>>) -> Records {
    let mut files = sample();
    files.retain(|(other, _)| *other != path);
    files.extend(content.map(|content| (path, content.into())));
    read(&files)
}

fn names(records: &Records) -> Vec<&str> {
    records.packages().iter().map(|package| package.name.as_str()).collect()
}

fn reasons(records: &Records) -> Vec<String> {
    let told = records.problems().iter();
    told.map(|problem| format!("{}: {}", problem.path, problem.reason)).collect()
}

fn record(records: &Records, path: &str) -> VendorRecord {
    let mut claims = records.claims().iter();
    let claim = claims.find(|claim| records.path(claim.path).to_string() == path);
    records.record(claim.unwrap_or_else(|| panic!("{path} is not owned")))
}

#[test]
fn records_hold_what_pacman_wrote() {
    let records = read(&sample());
    assert_eq!(reasons(&records), Vec::<String>::new());
    assert_eq!(names(&records), ["one", "two"]);
    let one = &records.packages()[0];
    assert_eq!((one.version.as_str(), one.architecture.as_str()), ("1:2.0-1", "x86_64"));
    let details = records.details(crate::model::PackageId(0)).expect("is told");
    assert_eq!(details.source, Some(("one".to_owned(), "1:2.0-1".to_owned())));
    assert_eq!(
        (&*details.depends, &*details.provides),
        (&["two".to_owned()][..], &["x".to_owned()][..])
    );
    assert_eq!(details.licence.as_deref(), Some("MIT AND Zlib"));
    let config = record(&records, "/etc/one");
    let edited = config.conffile.and_then(|conffile| conffile.digest).expect("is recorded");
    assert_eq!(edited.algorithm(), Algorithm::Md5);
    assert_eq!(config.digest.expect("is recorded").algorithm(), Algorithm::Sha256);
    let program = record(&records, "/usr/bin/a b").shipped.expect("is recorded");
    let expected = (Some(FileType::File), Some(0o4755), Some(Owner::Id(7)), Some(Owner::Id(0)));
    assert_eq!((program.file_type, program.mode, program.user, program.group), expected);
    assert_eq!((program.size, program.mtime), (Some(0), Some(1_700_000_000)));
    let link = record(&records, "/usr/bin/link");
    let shipped = link.shipped.expect("is recorded");
    assert_eq!((shipped.file_type, shipped.mode), (Some(FileType::Symlink), Some(0o777)));
    assert_eq!(records.text(shipped.link_target.expect("is recorded")), b"a b");
    let directory = record(&records, "/usr/bin").shipped.expect("is recorded");
    assert_eq!((directory.file_type, directory.size), (Some(FileType::Directory), None));
    let script = record(&records, "/var/lib/pacman/local/one-1:2.0-1/install");
    assert!(script.digest.is_some() && script.shipped.is_none());
    let filtered = |path: &str| {
        let path = crate::model::TreePath::parse(path.as_bytes()).expect("is a path");
        records.is_filtered(&path, &mut 100_000)
    };
    assert!(filtered("usr/share/man/man5/x"));
    assert!(!filtered("usr/share/man/man1/x") && !filtered("usr/bin/x"));
}

const LOCAL: &str = "var/lib/pacman/local/one-1:2.0-1/";

/// A file and whatever is wrong with it: both packages stay, and the fault is told.
#[test]
fn damaged_files_are_told() {
    let check = |name: &str, content: Option<Vec<u8>>, loss: Completeness, reason: &str| {
        let path: &'static str = [LOCAL, name].concat().leak();
        let records = with(path, content);
        let told = reasons(&records);
        assert_eq!(names(&records), ["one", "two"], "{told:?}");
        let prefix = format!("/{path}: ");
        let mut own = told.iter().filter_map(|told| told.strip_prefix(&prefix));
        assert!(own.any(|told| told.contains(reason)), "{reason}: {told:?}");
        assert_eq!(records.completeness(), loss, "{told:?}");
    };
    let lost = Completeness::Incomplete;
    let fewer = Completeness::RecordsIncomplete;
    let text = |text: &str| Some(text.as_bytes().to_vec());
    check("desc", None, lost, "the description of the package is missing");
    check("desc", text(""), lost, "does not say the name and version");
    check("desc", text("%NAME%\none\n\n%VERSION%\n1:2.0-2\n\n"), lost, "does not say the name");
    check("desc", text("%NAME%\none\n\n%VERSION%\n1:2.0-1\n"), lost, "cut off");
    check(
        "desc",
        text("%NAME%\none\ntwo\n\n%VERSION%\n1:2.0-1\n\n"),
        lost,
        "line 3: a second value",
    );
    check(
        "desc",
        text("%NAME%\none\n\n%NAME%\ntwo\n\n%VERSION%\n1:2.0-1\n\n"),
        lost,
        "second time",
    );
    check("desc", text("%NAME%\none\n\nx\n\n%VERSION%\n1:2.0-1\n\n"), lost, "line 4: neither a");
    check("desc", text("%NAME%\none\n\n%NEW%\nx\n\n%VERSION%\n1:2.0-1\n\n"), lost, "not known");
    check(
        "desc",
        text("%NAME%\none\n\n%VERSION%\n1:2.0-1\n\n%ARCH%\n\u{1}\n\n"),
        lost,
        "no line of text",
    );
    check("files", None, fewer, "the package's list of files is missing");
    check("files", text("%FILES%\n/usr/\n\n"), fewer, "line 2: not a path relative");
    check("files", text("%FILES%\nusr/../x\n\n"), fewer, "line 2: the path has a component");
    check("files", text("%FILES%\nusr/\0\n\n"), fewer, "line 2: the path holds a NUL");
    check("files", text("%FILES%\nusr/\n"), fewer, "cut off");
    check("files", text("%BACKUP%\netc/one\n\n"), fewer, "line 2: not a path, a tab and");
    check("files", text("%BACKUP%\netc/one\tzz\n\n"), fewer, "line 2: not a path, a tab and");
    check("files", text("%BACKUP%\n/etc\td41d8cd98f00b204e9800998ecf8427e\n\n"), fewer, "relative");
    check("mtree", None, fewer, "the package's mtree is missing");
    check("mtree", text(""), fewer, "it is empty");
    check("mtree", text("\u{1f}\u{8b}"), fewer, "cannot be unpacked");
    let tree = |line: &str| Some(packed(&format!("{ONE_TREE}{line}")));
    check("mtree", tree("./bin type=file\n"), fewer, "line 11: a path that the package's list");
    check("mtree", tree("bin type=file\n"), fewer, "line 11: a path that is not in full");
    check("mtree", tree("./etc/../etc type=dir\n"), fewer, "line 11: the path has a component");
    check("mtree", tree("./etc mode=99999\n"), fewer, "line 11: \"mode\" has no valid value");
    check("mtree", tree("./etc type=door\n"), fewer, "line 11: \"type\" has no valid value");
    check("mtree", tree("./etc uid=-1\n"), fewer, "line 11: \"uid\" has no valid value");
    check("mtree", tree("./etc/one md5digest=zz\n"), fewer, "line 11: \"md5digest\" has no valid");
    check("mtree", tree("./etc colour=red\n"), fewer, "line 11: a keyword that is not known");
    check("mtree", tree("./etc\\9 type=dir\n"), fewer, "line 11: an escape that is not known");
    check("mtree", tree("./etc\\000 type=dir\n"), fewer, "line 11: the path holds a NUL");
    check("mtree", tree("/include x\n"), fewer, "line 11: a command that is not known");
    check("mtree", tree("./etc type=dir"), fewer, "the last line has no end");
    check("mtree", tree("./etc \\\n"), fewer, "ends within a line");
    check("mtree", tree(&format!("{}\n", "x".repeat(40_000))), fewer, "a line is too long");
}

#[test]
fn the_form_of_the_database_is_looked_at() {
    let version = "var/lib/pacman/local/ALPM_DB_VERSION";
    assert!(reasons(&with(version, None))[0].contains("is missing"));
    assert!(reasons(&with(version, Some(b"10\n".to_vec())))[0].contains("not known"));
}

#[test]
fn a_package_twice_is_told() {
    let other = "var/lib/pacman/local/one-3-1/desc";
    let records = with(other, Some(b"%NAME%\none\n\n%VERSION%\n3-1\n\n".to_vec()));
    assert_eq!(names(&records), ["one", "one", "two"]);
    assert_eq!(records.completeness(), Completeness::Incomplete);
    assert!(reasons(&records).iter().any(|told| told.contains("a package for the second time")));
}

#[test]
fn defaults_and_joined_lines_are_those_of_mtree() {
    let tree = "#mtree\n/set type=dir uid=3 mode=700\n./etc\n./usr \\\n  mode=711 \\\n  uid=4\n/unset uid\n./usr/bin\n./usr/bin/link type=link link=\\303\\244\\s\\#\n";
    let records = with("var/lib/pacman/local/one-1:2.0-1/mtree", Some(packed(tree)));
    assert_eq!(reasons(&records), Vec::<String>::new());
    let shipped = |path: &str| record(&records, path).shipped.expect("is recorded");
    let of = |path: &str| (shipped(path).mode, shipped(path).user);
    assert_eq!(of("/etc"), (Some(0o700), Some(Owner::Id(3))));
    assert_eq!(of("/usr"), (Some(0o711), Some(Owner::Id(4))));
    assert_eq!(of("/usr/bin"), (Some(0o700), None));
    let link = shipped("/usr/bin/link").link_target.expect("is recorded");
    assert_eq!(records.text(link), "ä #".as_bytes());
}

/// A few kilobytes that become gigabytes end at the budget.
#[test]
fn a_bomb_ends_at_the_budget() {
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    for _ in 0..64 {
        gzip.write_all(&b"#\n".repeat(1 << 19)).expect("because a vector takes everything");
    }
    let bomb = gzip.finish().expect("because a vector takes everything");
    let records = with("var/lib/pacman/local/one-1:2.0-1/mtree", Some(bomb));
    assert!(reasons(&records).iter().any(|told| told.contains("not read to the end")));
    assert_ne!(records.completeness(), Completeness::Complete);
}
