//! Ruby against the tool `gem`, which builds and installs a gem here without a network.

use std::path::Path;
use std::process::Command;

use drift_testkit::{TempRoot, need};

use drift_core::compare::{Packages, compare_packages};
use drift_core::model::{Cause, Package};

use super::scene::{capture, directory, packages, problems};

fn gem(tool: &Path, home: &Path, directory: &Path, arguments: &[&str]) -> String {
    let mut command = Command::new(tool);
    command.args(arguments).current_dir(directory).env("GEM_HOME", home).env("GEM_PATH", home);
    let output = command.env("HOME", directory).output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{arguments:?}: {said}");
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn the_list_is_that_of_gem() {
    let Some(tool) = need::tool("gem") else { return };
    let (root, work) = (TempRoot::new(), TempRoot::new());
    let home = root.at("var/lib/gems");
    for (name, version, more) in [
        ("demo-tool", "1.2.3", "s.add_dependency 'other', '>= 1'\n s.license = 'MIT'"),
        ("demo-tool", "1.3.0.pre.1", "s.homepage = 'https://e.org'"),
        ("other", "10.0", "s.platform = Gem::Platform.new('x86_64-linux')"),
    ] {
        let text = format!(
            "Gem::Specification.new do |s|\n s.name = '{name}'\n s.version = '{version}'\n \
             s.summary = 'A \"quoted\" text'\n s.authors = ['A']\n s.files = []\n {more}\nend\n"
        );
        std::fs::write(work.at("it.gemspec"), text).unwrap();
        gem(&tool, &home, work.path(), &["build", "--force", "--output", "it.gem", "it.gemspec"]);
        let install =
            ["install", "--local", "--force", "--ignore-dependencies", "--no-document", "it.gem"];
        gem(&tool, &home, work.path(), &install);
    }
    let captured = capture(&directory(root.path()));
    assert_eq!(problems(&captured), Vec::<String>::new());
    let listed = gem(&tool, &home, work.path(), &["list", "--local", "--all", "--no-verbose"]);
    let mut expected = Vec::new();
    for line in listed.lines().filter(|line| line.contains('(')) {
        let (name, versions) = line.split_once(" (").unwrap();
        for version in versions.trim_end_matches(')').split(", ") {
            // The gems of the interpreter itself lie elsewhere, and are marked.
            let version = version.trim_start_matches("default: ").split(' ').next().unwrap();
            if home.join("specifications").read_dir().unwrap().any(|file| {
                file.unwrap()
                    .file_name()
                    .to_string_lossy()
                    .starts_with(&format!("{name}-{version}"))
            }) {
                expected.push((format!("{name} {version}"), "var/lib/gems".to_owned()));
            }
        }
    }
    expected.sort();
    assert_eq!(expected.len(), 3, "{listed}");
    let mut found = packages(&captured, "gem");
    found.sort();
    assert_eq!(found, expected);
    let all = captured.ownership.records();
    let platform = all.packages().iter().find(|one| one.name == "other").unwrap();
    assert_eq!(platform.architecture, "x86_64-linux");
}

/// Gems of several versions lie side by side.
#[test]
fn a_version_that_came_beside_another_is_no_upgrade() {
    let list = |versions: &[&str]| -> Vec<Package> {
        let package = |version: &&str| Package {
            manager: "gem".to_owned(),
            name: "rake".to_owned(),
            location: "var/lib/gems".to_owned(),
            version: (*version).to_owned(),
            ..Package::default()
        };
        versions.iter().map(package).collect()
    };
    let check = |before: &[&str], after: &[&str], expect: &[Cause]| {
        let (before, after) = (list(before), list(after));
        let whole = |list| Packages { list, complete: true };
        let changes = compare_packages(whole(&before), whole(&after));
        let causes: Vec<Cause> = changes.iter().map(|change| change.cause).collect();
        assert_eq!(causes, expect);
    };
    check(&["13.0"], &["13.0", "14.0"], &[Cause::Installed]);
    check(&["13.0", "14.0"], &["14.0"], &[Cause::Removed]);
    check(&["13.0", "14.0"], &["14.0", "15.0"], &[Cause::Upgraded]);
    check(&["13.0"], &["9.0"], &[Cause::Downgraded]);
    check(&["13.0"], &["13"], &[Cause::ModifiedInPlace]);
    check(&["13.0", "13.0"], &["13.0"], &[Cause::Removed]);
    check(&["13.0"], &["13.0"], &[]);
}
