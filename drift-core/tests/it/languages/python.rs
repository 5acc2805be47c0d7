//! Python against pip, in virtual environments that the tests make, without a network.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;

use drift_core::capture::Parts;
use drift_testkit::command::run;
use drift_testkit::{TempRoot, need};
use serde_json::Value;

use super::scene::{capture, changes, checked, directory, packages, problems, put};

/// Makes a virtual environment with pip and packages of this test in it.
fn environment(python: &Path, root: &TempRoot) -> PathBuf {
    let place = root.at("opt/venv");
    let _ = run(python, ["-m", "venv", &place.to_string_lossy()]).success();
    place
}

/// A wheel with a module, data, and a program for `bin`.
fn wheel(python: &Path, directory: &Path, version: &str) -> PathBuf {
    let path = directory.join(format!("Demo_Tool-{version}-py3-none-any.whl"));
    let script = r#"
import base64, hashlib, sys, zipfile
path, version = sys.argv[1:]
info = f'Demo_Tool-{version}.dist-info/'
files = {
    'demo_tool/__init__.py': f'VERSION = {version!r}\ndef main(): print(VERSION)\n',
    'demo_tool/with, comma.txt': 'data\n',
    f'demo_tool/only_{version}.py': '',
    info + 'METADATA': f'Metadata-Version: 2.1\nName: Demo_Tool\nVersion: {version}\n',
    info + 'WHEEL': 'Wheel-Version: 1.0\nGenerator: t\nRoot-Is-Purelib: true\nTag: py3-none-any\n',
    info + 'entry_points.txt': '[console_scripts]\ndemo=demo_tool:main\n',
}
def row(name):
    digest = base64.urlsafe_b64encode(hashlib.sha256(files[name].encode()).digest()).decode().rstrip('=')
    quoted = f'"{name}"' if ',' in name else name
    return f'{quoted},sha256={digest},{len(files[name])}\n'
record = ''.join(map(row, files))
files[info + 'RECORD'] = record + info + 'RECORD,,\n'
with zipfile.ZipFile(path, 'w') as archive:
    for name, text in files.items():
        archive.writestr(name, text)
"#;
    let _ = run(python, ["-c", script, &path.to_string_lossy(), version]).success();
    path
}

fn pip(place: &Path, arguments: &[&str]) -> String {
    let python = place.join("bin/python");
    let fixed = ["-m", "pip", "--disable-pip-version-check", "--no-input"];
    let mut command = Command::new(python);
    let output = command.args(fixed).args(arguments).env("PIP_CONFIG_FILE", "/dev/null").output();
    let output = output.unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{arguments:?}: {said}");
    String::from_utf8(output.stdout).unwrap()
}

fn install(place: &Path, wheel: &Path) {
    let wheel = wheel.to_string_lossy();
    pip(place, &["install", "--quiet", "--no-index", "--no-deps", "--upgrade", &wheel]);
}

#[test]
fn the_list_is_that_of_pip_and_every_record_holds() {
    let Some(python) = need::python_module("pip") else { return };
    let (root, wheels) = (TempRoot::new(), TempRoot::new());
    let place = environment(&python, &root);
    install(&place, &wheel(&python, wheels.path(), "1.0"));
    let captured = capture(&directory(root.path()));
    assert_eq!(problems(&captured), Vec::<String>::new());

    let inspected: Value = serde_json::from_str(&pip(&place, &["inspect", "--local"])).unwrap();
    let expected: BTreeSet<(String, String)> = inspected["installed"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| {
            let text = |name: &str| one["metadata"][name].as_str().unwrap().to_owned();
            let normal = text("name").to_lowercase().replace(['_', '.'], "-");
            let location = Path::new(one["metadata_location"].as_str().unwrap()).parent().unwrap();
            let location = location.strip_prefix(root.path()).unwrap().to_str().unwrap().to_owned();
            (format!("{normal} {}", text("version")), location)
        })
        .collect();
    assert!(expected.len() >= 2, "{expected:?}");
    let site = expected.first().unwrap().1.clone();
    // What packages carry inside themselves, pip does not list.
    let found = packages(&captured, "pypi").into_iter().filter(|(_, location)| *location == site);
    assert_eq!(found.collect::<BTreeSet<_>>(), expected);

    // pip's own record has over a thousand files, and none of them differs.
    let records = captured.ownership.records();
    let with_digest =
        records.claims().iter().filter(|claim| records.record(claim).digest.is_some());
    assert!(with_digest.count() > 400);
    let missing = captured.ownership.missing();
    assert!(missing.is_empty(), "{missing:?}");
    let tree = &captured.snapshot.tree;
    for row in tree.rows() {
        assert_eq!(captured.ownership.owner(row), None, "a record of pip makes no owner");
        if let Some(expected) = captured.ownership.record(row).and_then(|record| record.digest) {
            assert_eq!(tree.digest(row).seen(), Some(&expected), "{}", tree.path(row));
        }
    }
    let script = drift_core::model::TreePath::parse(b"opt/venv/bin/demo").unwrap();
    let script = tree.find(&script).expect("pip made it");
    assert!(captured.ownership.claimant(script).is_some(), "`../../../bin/demo` of the record");
}

#[test]
fn an_upgrade_explains_its_files_and_nothing_else() {
    let Some(python) = need::python_module("pip") else { return };
    let (root, wheels) = (TempRoot::new(), TempRoot::new());
    let place = environment(&python, &root);
    install(&place, &wheel(&python, wheels.path(), "1.0"));
    let before = TempRoot::new();
    let copy = before.at("all");
    let _ = run("cp", ["-a", &root.path().to_string_lossy(), &copy.to_string_lossy()]).success();
    install(&place, &wheel(&python, wheels.path(), "1.1"));
    let library = |inside: &str| {
        let site = std::fs::read_dir(place.join("lib")).unwrap().next().unwrap().unwrap();
        site.path().join("site-packages").join(inside)
    };
    std::fs::write(library("demo_tool/with, comma.txt"), "other\n").unwrap();
    std::fs::write(library("demo_tool/extra.py"), "x\n").unwrap();
    let outcome = checked(&directory(root.path()), Some(&directory(&copy)), Parts::ALL);
    let all = changes(&outcome);
    let lines: Vec<&String> = all.iter().filter(|line| !line.contains(".pyc")).collect();
    let ends = |end: &str| lines.iter().filter(|line| line.contains(end)).count();
    assert_eq!(ends("upgraded demo-tool"), 1, "{all:#?}");
    let folded: Vec<&&String> = lines.iter().filter(|line| line.ends_with(" folded")).collect();
    for name in [
        "__init__.py",
        "only_1.0.py",
        "only_1.1.py",
        "1.1.dist-info/METADATA",
        "1.0.dist-info/RECORD",
    ] {
        assert!(folded.iter().any(|line| line.contains(name)), "{name}: {all:#?}");
    }
    let left: Vec<&str> = lines
        .iter()
        .filter(|line| !line.ends_with(" folded"))
        .map(|line| line.rsplit('/').next().unwrap())
        .collect();
    assert_eq!(left, ["extra.py", "upgraded demo-tool", "with, comma.txt"], "{all:#?}");
    assert!(
        outcome.report.changes.iter().all(|one| one.folded_into.is_none() || !one.cause_verified)
    );
}

/// A system whose own database is there, so that the records of pip are checked beside it.
#[test]
fn without_a_baseline_records_are_checked_and_nothing_is_owned() {
    let Some(python) = need::python_module("pip") else { return };
    let (root, wheels) = (TempRoot::new(), TempRoot::new());
    let status = "Package: base\nStatus: install ok installed\nArchitecture: all\nVersion: 1\n\n";
    put(&root, "var/lib/dpkg/status", status, 0o644);
    put(&root, "var/lib/dpkg/info/base.list", "/.\n/var\n/var/lib\n/var/lib/dpkg\n", 0o644);
    put(&root, "var/lib/dpkg/info/base.md5sums", "", 0o644);
    let place = environment(&python, &root);
    install(&place, &wheel(&python, wheels.path(), "1.0"));
    let site = std::fs::read_dir(place.join("lib")).unwrap().next().unwrap().unwrap().path();
    let site = site.join("site-packages");
    std::fs::write(site.join("demo_tool/__init__.py"), "evil = 1\n").unwrap();
    std::fs::remove_file(site.join("demo_tool/only_1.0.py")).unwrap();
    let outcome = checked(&directory(root.path()), None, Parts::ALL);
    let all = changes(&outcome);
    let found: Vec<&str> = all
        .iter()
        .filter(|line| line.starts_with("vendor-record-differs"))
        .map(|line| line.rsplit('/').next().unwrap())
        .collect();
    assert_eq!(found, ["__init__.py", "only_1.0.py"], "{all:#?}");
    assert!(all.contains(&"unowned /opt".to_owned()), "{all:#?}");
    assert!(outcome.report.changes.iter().all(|change| !change.cause_verified));
}
