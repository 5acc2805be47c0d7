//! An upgrade between two roots that rpm itself made: one line for a package, the rest explained, and
//! what was changed in place on top, also where the database was edited to match.
#![expect(clippy::disallowed_methods, reason = "the test builds and spoils a real root")]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::process::{Command, Stdio};

use drift_testkit::need;

use crate::stage::{Report, Stage, listed_in_bill};

/// Runs the builder in the stage.
fn by_rpm(stage: &Stage, verb: &str) {
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/../fixtures/packages/rpm/upgrade.py");
    let done = Command::new("python3")
        .args(["-B", script, verb, &stage.path("")])
        .stdin(Stdio::null())
        .output()
        .expect("python3 was found");
    assert!(done.status.success(), "{verb}: {}", String::from_utf8_lossy(&done.stderr));
}

/// Captures what was there before, upgrades it, and builds a manifest of the signed packages.
fn upgraded() -> Option<Stage> {
    need::root()?;
    for tool in ["rpm", "rpmbuild", "rpmsign", "rpmkeys", "gpg", "setcap", "python3"] {
        need::tool(tool)?;
    }
    let stage = Stage::new();
    fs::remove_dir_all(stage.at("root")).expect("the stage made it");
    by_rpm(&stage, "build");
    stage.capture("root", &[]);
    by_rpm(&stage, "upgrade");
    Some(stage)
}

/// Builds `m` of all packages, each with a signature that rpm takes.
fn manifest(stage: &Stage) {
    let paths = ["rpms", "keys", "m", "golden.key.pem", "state"].map(|name| stage.path(name));
    let [rpms, keys, out, key, state] = &paths;
    let all = ["manifest", "build", rpms, "--rpm-keys", keys, "--out", out, "--sign", key];
    let _built = stage.drift([&all[..], &["--state", state]].concat()).expect(0);
}

fn with_manifest(stage: &Stage) -> Report {
    stage.report(&["--manifest", &stage.path("m")])
}

/// What is said of each change that is not part of another: cause, and whether it is verified.
fn told(report: &Report, subject: &str) -> BTreeMap<String, String> {
    let changes = report.all("/changes").filter(|change| change["subject"] == subject);
    changes
        .filter(|change| change["folded_into"].is_null())
        .map(|change| {
            let text = |name: &str| change[name].as_str().unwrap_or_default().to_owned();
            let unverified = if change["cause_verified"] == true { "" } else { ", unverified" };
            (text("path"), format!("{}{unverified}", text("cause")))
        })
        .collect()
}

/// How many changes of entries are part of a package's.
fn folded(report: &Report) -> BTreeSet<String> {
    let changes = report.all("/changes").filter(|change| !change["folded_into"].is_null());
    changes.map(|change| change["path"].as_str().unwrap_or_default().to_owned()).collect()
}

/// The first finding that a person reads.
fn first(stage: &Stage, more: &[&str]) -> String {
    let text = String::from_utf8(stage.check(more).stdout).expect("it is text");
    let finding = text.lines().find_map(|line| line.strip_prefix("  !")).expect("there is one");
    let words = finding.trim_start_matches('!').split_whitespace();
    words.map(|word| word.trim_end_matches(':')).nth(1).unwrap_or_default().to_owned()
}

fn expect(lines: &[(&str, &str)]) -> BTreeMap<String, String> {
    lines.iter().map(|(path, said)| ((*path).to_owned(), (*said).to_owned())).collect()
}

const PACKAGES: [(&str, &str); 11] = [
    ("epoch", "upgraded"),
    ("fresh", "installed"),
    ("gone", "removed"),
    ("grouped", "upgraded"),
    ("multi", "installed"),
    ("older", "downgraded"),
    ("scripted", "upgraded"),
    ("settings", "upgraded"),
    ("split", "upgraded"),
    ("split-data", "installed"),
    ("tool", "upgraded"),
];

/// What no package's record explains, with or without a manifest.
const BESIDE: [(&str, &str); 4] = [
    ("/etc/settings/edited.conf.rpmnew", "generated, unverified"),
    ("/etc/settings/replaced.conf.rpmsave", "generated"),
    ("/usr/lib/scripted/made-2", "unowned"),
    ("/var/lib/rpm/rpmdb.sqlite", "generated, unverified"),
];

#[test]
fn an_upgrade_by_rpm_is_one_line_for_each_package() {
    let Some(stage) = upgraded() else { return };
    let report = stage.report(&[]);
    let unverified =
        PACKAGES.map(|(name, cause)| (name.to_owned(), format!("{cause}, unverified")));
    assert_eq!(told(&report, "package"), BTreeMap::from(unverified));
    // Nobody but a manifest can tell a package installed once more from a file put in its place.
    let beside = [&BESIDE[..], &[("/usr/share/again/file", "modified-in-place")]].concat();
    assert_eq!(told(&report, "entry"), expect(&beside));
    assert_eq!(first(&stage, &[]), "/usr/share/again/file");
    let folded = folded(&report);
    assert_eq!(folded.len(), 26, "{folded:#?}");
    for path in
        ["/usr/bin/tool-su", "/usr/bin/tool-net", "/usr/share/tool/script", "/usr/share/fresh"]
    {
        assert!(folded.contains(path), "{path}: {folded:#?}");
    }

    // The bill lists what rpm lists.
    let root = stage.path("root");
    let format = "%{NAME} %{EVR}\n";
    let query = ["--root", &root, "--dbpath", "/var/lib/rpm", "-qa", "--queryformat", format];
    let listing = drift_testkit::command::run("rpm", query).success();
    let pair =
        |line: &str| line.split_once(' ').map(|(name, evr)| (name.to_owned(), evr.to_owned()));
    let listed: BTreeSet<_> = listing.lines().filter_map(pair).collect();
    assert_eq!(listed.len(), 13);
    assert_eq!(listed_in_bill(&stage, "root", "pkg:rpm/"), listed);

    manifest(&stage);
    let report = with_manifest(&stage);
    let mut packages = expect(&PACKAGES);
    // What is gone no manifest speaks of.
    packages.insert("gone".to_owned(), "removed, unverified".to_owned());
    // Numbers of groups but root's differ by host, and a manifest says nothing of them.
    packages.insert("grouped".to_owned(), "upgraded, unverified".to_owned());
    packages.insert("again".to_owned(), "reinstalled".to_owned());
    assert_eq!(told(&report, "package"), packages);
    assert_eq!(told(&report, "entry"), expect(&BESIDE));
}

#[test]
fn a_program_changed_after_an_upgrade_by_rpm_stands_on_top() {
    let Some(stage) = upgraded() else { return };
    manifest(&stage);
    // One byte of a program whose record stays: it, and its other name.
    let program = "root/usr/bin/tool";
    let time = fs::metadata(stage.at(program)).and_then(|seen| seen.modified()).expect("a time");
    let honest = stage.read(program);
    let set = |content: &[u8]| {
        stage.write(program, content);
        let file = fs::File::options().write(true).open(stage.at(program)).expect("it is there");
        file.set_modified(time).expect("root may");
    };
    let mut spoilt = honest.clone();
    spoilt[0] ^= 1;
    set(&spoilt);
    let m = stage.path("m");
    for more in [&[][..], &["--manifest", &m]] {
        let report = stage.report(more);
        let told = told(&report, "entry");
        assert_eq!(told["/usr/bin/tool"], "modified-in-place");
        assert_eq!(told["/usr/bin/tool-twin"], "modified-in-place");
        assert_eq!(first(&stage, more), "/usr/bin/tool");
    }
    set(&honest);

    // The record as well: on the database's word all is as shipped, and it says that.
    by_rpm(&stage, "forge");
    let report = stage.report(&[]);
    assert_eq!(told(&report, "package")["tool"], "upgraded, unverified");
    assert!(folded(&report).contains("/usr/bin/tool-net"));
    let report = with_manifest(&stage);
    assert_eq!(told(&report, "entry")["/usr/bin/tool-net"], "modified-in-place");
    assert_eq!(first(&stage, &["--manifest", &m]), "/usr/bin/tool-net");
    assert_eq!(told(&report, "package")["tool"], "upgraded, unverified");
    assert_eq!(told(&report, "package")["older"], "downgraded");
}
