//! apk's file as apk writes it, and as nobody should.

use super::apk_version_cmp;
use crate::bounds::Budget;
use crate::model::{Algorithm, FileType};
use crate::packages::{Completeness, Files, Owner, Records, VendorRecord, parse};

/// Two packages, and one file of each kind that apk has.
pub(super) const SAMPLE: &[(&str, &str)] = &[
    (
        "lib/apk/db/installed",
        "C:Q1qKcZ+j23xssAXmgQhkOO8dHnbWw=\nP:one\nV:1.2.3-r4\nA:x86_64\nS:100\nI:200\nT:x\nU:https://x\nL:MIT\no:one\nm:a <a@b>\nt:1700000000\nc:0123\nk:10\nD:so:two.so.1 !three\np:cmd:one=1.2.3-r4\nr:old\nq:5\nF:bin\nR:one\na:0:0:755\nZ:Q12jmj7l5rSw0yVb/vlWAYkK/YBwk=\nR:sh\na:0:0:777\nZ:Q12jmj7l5rSw0yVb/vlWAYkK/YBwk=\nF:etc\nR:one\nZ:Q12jmj7l5rSw0yVb/vlWAYkK/YBwk=\nF:var/one\nM:4:5:1777\n\nC:Q1wXPIbNpRUHWShnzjv6h2aTJVUdE=\nP:two\nV:2-r0\nA:noarch\nS:1\nI:1\nT:y\nU:\nL:MIT\np:so:two.so.1=1\nF:usr\nF:usr/lib\nR:two.so.1\nZ:Q247DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n\n",
    ),
    ("lib/apk/db/triggers", "Q1wXPIbNpRUHWShnzjv6h2aTJVUdE= /usr/lib\n"),
    ("etc/apk/world", "one>1\ntwo@edge\n"),
    ("etc/apk/protected_paths.d/x.list", "# more\n-etc/two\n+var/one\n"),
];

const EMPTY_SHA1: &str = "sha1:da39a3ee5e6b4b0d3255bfef95601890afd80709";

fn read(files: &[(&str, &[u8])]) -> Records {
    let mut all = Files::new();
    for (path, content) in files {
        all.insert(path.as_bytes(), Ok(content));
    }
    parse(&all, &mut Budget::new(1 << 24, 1 << 20))
}

/// Reads a list alone.
fn read_list(text: &str) -> Records {
    read(&[("lib/apk/db/installed", text.as_bytes())])
}

fn sample() -> Records {
    let files: Vec<(&str, &[u8])> =
        SAMPLE.iter().map(|(path, text)| (*path, text.as_bytes())).collect();
    read(&files)
}

fn names(records: &Records) -> Vec<&str> {
    records.packages().iter().map(|package| package.name.as_str()).collect()
}

fn reasons(records: &Records) -> Vec<String> {
    records.problems().iter().map(|problem| problem.reason.clone()).collect()
}

fn record(records: &Records, path: &str) -> VendorRecord {
    let mut claims = records.claims().iter();
    let claim = claims.find(|claim| records.path(claim.path).to_string() == path);
    records.record(claim.unwrap_or_else(|| panic!("{path} is not owned")))
}

#[test]
fn records_hold_what_apk_wrote() {
    let records = sample();
    assert_eq!(reasons(&records), Vec::<String>::new());
    assert_eq!(names(&records), ["one", "two"]);
    let one = &records.packages()[0];
    assert_eq!((one.version.as_str(), one.architecture.as_str()), ("1.2.3-r4", "x86_64"));
    assert_eq!(one.status, "installed");
    let details = records.details(crate::model::PackageId(0)).expect("is told");
    assert_eq!(details.source, Some(("one".to_owned(), "1.2.3-r4".to_owned())));
    assert_eq!(details.depends, ["so:two.so.1"]);
    assert_eq!(details.provides, ["cmd:one"]);
    assert_eq!(
        (details.licence.as_deref(), details.supplier.as_deref()),
        (Some("MIT"), Some("a <a@b>"))
    );
    assert_eq!(details.homepage.as_deref(), Some("https://x"));
    let program = record(&records, "/bin/one");
    assert_eq!(program.digest.expect("is recorded").to_string(), EMPTY_SHA1);
    let shipped = program.shipped.expect("is recorded");
    assert_eq!((shipped.file_type, shipped.mode), (Some(FileType::File), Some(0o755)));
    assert!(program.conffile.is_none());
    let link = record(&records, "/bin/sh").shipped.expect("is recorded");
    assert_eq!((link.file_type, link.mode), (None, Some(0o777)));
    let config = record(&records, "/etc/one");
    assert_eq!(config.conffile.expect("is protected").digest, config.digest);
    assert_eq!(config.shipped.expect("is recorded").mode, Some(0o644), "apk leaves it out");
    let directory = record(&records, "/var/one").shipped.expect("is recorded");
    let expected = (Some(Owner::Id(4)), Some(Owner::Id(5)), Some(0o1777));
    assert_eq!((directory.user, directory.group, directory.mode), expected);
    assert_eq!(directory.file_type, Some(FileType::Directory));
    let library = record(&records, "/usr/lib/two.so.1").digest.expect("is recorded");
    assert_eq!(library.algorithm(), Algorithm::Sha256);
}

/// The digest of a link is that of its target; that of a file, of what the file says.
#[test]
fn a_link_is_known_by_its_target() {
    // printf /bin/busybox | sha1sum
    let list = "P:a\nV:1\nF:bin\nR:sh\na:0:0:777\nZ:X1SUM\nR:ls\nZ:X1SUM\n\n";
    let records = read_list(&list.replace("SUM", "a5c7d37c33446cd290736b35b626bb75ad3933c4"));
    assert_eq!(reasons(&records), Vec::<String>::new());
    let link = record(&records, "/bin/sh");
    assert!(link.is_link_to(b"/bin/busybox") && !link.is_link_to(b"/tmp/busybox"));
    assert!(!record(&records, "/bin/ls").is_link_to(b"/bin/busybox"), "its mode is no link's");
}

/// A package and whatever is wrong with it: the package stays, and the fault is told.
#[test]
fn damaged_lists_are_told() {
    let check = |text: &str, packages: &[&str], loss: Completeness, reason: &str| {
        let records = read_list(text);
        assert_eq!(names(&records), packages, "{text:?}");
        let told = reasons(&records);
        assert!(told.iter().any(|told| told.contains(reason)), "{text:?}: {told:?}");
        assert_eq!(records.completeness(), loss, "{text:?}: {told:?}");
    };
    let lost = Completeness::Incomplete;
    let fewer = Completeness::RecordsIncomplete;
    check("P:a\nV:1\n\nP:a\nV:2\n\n", &["a", "a"], lost, "line 4: a package for the second time");
    check("P:a\nV:1\nP:b\nV:2\n\n", &["a", "b"], lost, "line 3: a second package in one stanza");
    check("P:a\nV:1\n", &["a"], lost, "cut off");
    check("V:1\nA:x\n\n", &[], lost, "line 1: a stanza without the name");
    check("F:bin\nR:x\n\n", &[], lost, "line 1: a stanza without the name");
    check("P:a\n\n", &["a"], lost, "line 1: a package without a version");
    check("P:../a\nV:1\n\n", &["../a"], lost, "line 1: not a valid name");
    check("P:a\nV:1\n\u{1}\n\n", &["a"], lost, "line 3: not a letter");
    check("P:a\nV:1\nV:2\n\n", &["a"], lost, "line 3: a field for the second time");
    check("P:a\nF:bin\nV:1\n\n", &["a"], lost, "line 3: a field of the package after");
    check("P:a\nV:\u{7f}\n\n", &["a"], lost, "line 1: a value that is no line of text");
    check("P:a\nV:1\nD:b\n\n", &["a"], lost, "line 3: \"b\" is needed and not installed");
    check("P:a\nV:1\nR:x\n\n", &["a"], fewer, "line 3: a file without a directory");
    check("P:a\nV:1\nZ:Q1xxxx\n\n", &["a"], fewer, "line 3: a record of nothing");
    check("P:a\nV:1\nF:bin\nR:x/y\n\n", &["a"], fewer, "line 4: not the name of a file");
    check("P:a\nV:1\nF:bin\nR:..\n\n", &["a"], fewer, "line 4: the path has a component");
    check("P:a\nV:1\nF:../bin\n\n", &["a"], fewer, "line 3: the path has a component");
    check("P:a\nV:1\nF:bin\nR:x\0\n\n", &["a"], fewer, "line 4: the path holds a NUL");
    check("P:a\nV:1\nF:bin\nM:0:0\n\n", &["a"], fewer, "line 4: not an owner");
    check("P:a\nV:1\nF:bin\nM:0:0:77777\n\n", &["a"], fewer, "line 4: not an owner");
    check("P:a\nV:1\nF:bin\nR:x\na:-1:0:755\n\n", &["a"], fewer, "line 5: not an owner");
    check("P:a\nV:1\nF:bin\nR:x\nZ:Q1aaaa\n\n", &["a"], fewer, "line 5: a checksum of no known");
    check("P:a\nV:1\nF:bin\nR:x\nZ:Q9\n\n", &["a"], fewer, "line 5: a checksum of no known");
    check(
        "P:a\nV:1\nf:S\nF:bin\nR:x\nZ:Q12jmj7l5rSw0yVb/vlWAYkK/YBwk=\n\n",
        &["a"],
        fewer,
        "of no known",
    );
    check("P:a\nV:1\nX:?\n\n", &["a"], fewer, "line 3: a field that is not known");
}

/// Whatever falls out of the list leaves something behind that needs it.
#[test]
fn a_package_that_fell_out_is_missed() {
    let check = |files: &[(&str, &str)], reason: &str| {
        let files: Vec<_> = files.iter().map(|(path, text)| (*path, text.as_bytes())).collect();
        let records = read(&files);
        let told = reasons(&records);
        assert!(told.iter().any(|told| told.contains(reason)), "{told:?}");
        assert_eq!(records.completeness(), Completeness::Incomplete);
    };
    let list = ("lib/apk/db/installed", "C:Q1x=\nP:a\nV:1\n\n");
    check(&[list, ("etc/apk/world", "a b\n")], "line 1: \"b\" is needed");
    check(&[list, ("lib/apk/db/triggers", "Q1y= /bin\n")], "line 1: a trigger of a package");
    check(&[("lib/apk/db/triggers", "Q1y= /bin\n")], "the list of installed packages");
    check(&[("usr/lib/apk/db/triggers", "Q1y= /bin\n")], "the list of installed packages");
    check(&[list, ("usr/lib/apk/db/installed", "")], "a second list of installed packages");
}

#[test]
fn protected_paths_are_configuration() {
    let list = "P:a\nV:1\nF:etc\nR:plain\nF:etc/init.d\nR:script\na:0:0:755\nR:link\na:0:0:777\nF:etc/ssl/certs\nR:ca-cert-x.pem\nR:own.pem\nF:opt/x/y\nR:z\nF:usr/etc\nR:no\n\n";
    let rules = "-etc/ssl/certs/ca-cert-*.pem\nopt/*/y/\n";
    let hidden = "!usr\n";
    let records = read(&[
        ("lib/apk/db/installed", list.as_bytes()),
        ("etc/apk/protected_paths.d/ca.list", rules.as_bytes()),
        ("etc/apk/protected_paths.d/.hidden.list", hidden.as_bytes()),
    ]);
    assert_eq!(reasons(&records), Vec::<String>::new());
    let expected = [
        ("/etc/plain", true),
        ("/etc/init.d/script", false),
        ("/etc/init.d/link", true),
        ("/etc/ssl/certs/ca-cert-x.pem", false),
        ("/etc/ssl/certs/own.pem", true),
        ("/opt/x/y/z", true),
        ("/usr/etc/no", false),
    ];
    for (path, conffile) in expected {
        assert_eq!(record(&records, path).conffile.is_some(), conffile, "{path}");
    }
}

#[test]
fn too_many_patterns_are_told() {
    let pattern = format!("+{}\n", "*a".repeat(4));
    let rules = pattern.repeat(4_000);
    let name = "a".repeat(4000);
    let list = format!("P:a\nV:1\nF:{name}b\nR:{name}b\n\n");
    let records = read(&[
        ("lib/apk/db/installed", list.as_bytes()),
        ("etc/apk/protected_paths.d/x.list", rules.as_bytes()),
    ]);
    assert!(reasons(&records).iter().any(|told| told.contains("too many patterns")));
    assert_eq!(names(&records), ["a"]);
}

/// Facts that apk's manual states; the generated pairs are in the integration tests.
#[test]
fn versions_are_ordered_as_the_manual_says() {
    let ascending = [
        "1_alpha",
        "1_alpha1",
        "1_beta",
        "1_pre",
        "1_rc",
        "1_rc2",
        "1",
        "1-r0",
        "1-r1",
        "1_cvs",
        "1_svn",
        "1_git20200101",
        "1_hg",
        "1_p",
        "1_p1",
        "1a",
        "1b",
        "1.0",
        "1.01",
        "1.02",
        "1.1",
        "1.2",
        "1.10",
        "1.10.1",
        "2",
        "10",
    ];
    for (at, a) in ascending.iter().enumerate() {
        for (other, b) in ascending.iter().enumerate() {
            let order = apk_version_cmp(a.as_bytes(), b.as_bytes());
            assert_eq!(order, at.cmp(&other), "{a} and {b}");
        }
    }
}
