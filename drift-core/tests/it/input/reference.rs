//! Lists against find(1), getcap(8) and dpkg's own lists of files, on a whole Debian system.
#![expect(clippy::disallowed_methods, reason = "the references read files in the plainest way")]
#![expect(clippy::print_stderr, reason = "how much was compared is part of what the test shows")]

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use drift_core::capture::Parts;
use drift_core::check::{Reference, Target};
use drift_core::source::Selection;
use drift_testkit::need;
use serde_json::Value;

use super::{Asked, checked, set};

fn listed(value: &Value, list: &str) -> BTreeSet<String> {
    let files = value["lists"][list].as_array().unwrap().iter();
    files.map(|file| file["path"].as_str().unwrap().to_owned()).collect()
}

/// What find(1) prints of a root, as paths from there.
fn find(root: &Path, tests: &[&str]) -> BTreeSet<String> {
    let mut arguments = vec![root.to_str().unwrap(), "-xdev"];
    arguments.extend(tests);
    arguments.extend(["-printf", "/%P\\n"]);
    let output = drift_testkit::command::run("find", &arguments).success();
    output.lines().map(str::to_owned).collect()
}

/// The numbers of the third field.
fn numbers(path: PathBuf) -> BTreeSet<String> {
    let text = std::fs::read_to_string(path).unwrap();
    text.lines().filter_map(|line| line.split(':').nth(2)).map(str::to_owned).collect()
}

/// Everything that a package lists, with links of directories resolved.
fn packaged(root: &Path) -> BTreeSet<String> {
    let mut paths = BTreeSet::new();
    for entry in std::fs::read_dir(root.join("var/lib/dpkg/info")).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_none_or(|extension| extension != "list") {
            continue;
        }
        for line in std::fs::read_to_string(path).unwrap().lines() {
            let at = root.join(line.trim_start_matches('/'));
            let (Some(parent), Some(name)) = (at.parent(), at.file_name()) else { continue };
            let Ok(parent) = parent.canonicalize() else { continue };
            let Ok(inside) = parent.strip_prefix(root) else { continue };
            paths.insert(format!("/{}", inside.join(name).display()));
        }
    }
    paths
}

#[test]
fn a_debian_root() {
    let (Some(root), Some(_)) = (need::debian_root(), need::tool("find")) else { return };
    let root = root.canonicalize().unwrap();
    let source =
        drift_core::source::open(&format!("dir:{}", root.display()), &Selection::default());
    let source = source.unwrap();
    let asked = Asked {
        rules: super::DENIES_NOTHING,
        paths: "['/etc/*.conf', '/etc/**/*.conf', '/usr/bin/?', '/bin/[a-c]*']",
        section: "",
    };
    let target = Target::Live(&*source);
    let outcome =
        checked(&target, &Reference::PackageDatabase, set(&[asked]), "read-only /", Parts::ALL);
    let input = outcome.input.unwrap();
    let value = serde_json::to_value(&input.value).unwrap();

    for (list, tests) in [
        ("setuid", &["-type", "f", "-perm", "-4000"][..]),
        ("setgid", &["-type", "f", "-perm", "-2000"]),
        (
            "world_writable",
            &["!", "-type", "l", "-perm", "-0002", "!", "(", "-type", "d", "-perm", "-1000", ")"],
        ),
        ("devices", &["-not", "-path", "*/dev/*", "(", "-type", "b", "-o", "-type", "c", ")"]),
    ] {
        let expected = find(&root, tests);
        eprintln!("{list}: {}", expected.len());
        assert_eq!(listed(&value, list), expected, "{list}");
    }
    assert!(listed(&value, "setuid").len() > 3);

    let (users, groups) = (numbers(root.join("etc/passwd")), numbers(root.join("etc/group")));
    let all = drift_testkit::command::run(
        "find",
        [root.to_str().unwrap(), "-xdev", "-printf", "%U %G /%P\\n"],
    );
    let all = all.success();
    let strange = all.lines().filter_map(|line| {
        let mut parts = line.splitn(3, ' ');
        let (uid, gid, path) = (parts.next()?, parts.next()?, parts.next()?);
        (!users.contains(uid) || !groups.contains(gid)).then(|| path.to_owned())
    });
    assert_eq!(listed(&value, "without_account"), strange.collect());

    let packaged = packaged(&root);
    let executable = find(&root, &["-type", "f", "-perm", "/111"]);
    // dpkg's own scripts are its books.
    let unowned: BTreeSet<String> = executable
        .iter()
        .filter(|path| !packaged.contains(*path) && !path.starts_with("/var/lib/dpkg/"))
        .cloned()
        .collect();
    eprintln!("unowned: {} of {} executables", unowned.len(), executable.len());
    assert_eq!(listed(&value, "unowned"), unowned);

    if let Some(getcap) = need::tool("getcap") {
        let output = drift_testkit::command::run(getcap, ["-r", root.to_str().unwrap()]).success();
        let expected = output.lines().filter_map(|line| {
            let path = line.split_whitespace().next()?.strip_prefix(root.to_str()?)?;
            Some(path.to_owned())
        });
        assert_eq!(listed(&value, "capabilities"), expected.collect());
    }

    for (pattern, tests) in [
        ("/etc/*.conf", &["-path", "*/etc/*", "-name", "*.conf", "-not", "-path", "*/etc/*/*"][..]),
        ("/usr/bin/?", &["-path", "*/usr/bin/?"]),
    ] {
        let matches = value["files"][pattern]["matches"].as_array().unwrap().iter();
        let matches: BTreeSet<String> =
            matches.map(|file| file["path"].as_str().unwrap().to_owned()).collect();
        assert_eq!(matches, find(&root, tests), "{pattern}");
    }
    assert!(!value["files"]["/bin/[a-c]*"]["matches"].as_array().unwrap().is_empty());
    assert_eq!(value["accounts"]["users"]["root"]["uid"], 0);
}
