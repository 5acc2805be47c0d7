//! Node against `npm ls`, over trees written here.

use std::collections::BTreeSet;
use std::path::Path;
use std::process::Command;

use drift_core::source::MemoryVolume;
use drift_testkit::{TempRoot, need};
use serde_json::{Value, json};

use super::scene::{capture, directory, memory, packages, problems, put};

/// Everything below a node of the tree that npm prints.
fn listed(node: &Value, found: &mut BTreeSet<String>) {
    for (name, child) in node["dependencies"].as_object().into_iter().flatten() {
        if let Some(version) = child["version"].as_str() {
            found.insert(format!("{name} {version}"));
        }
        listed(child, found);
    }
}

fn npm(tool: &Path, directory: &Path) -> Value {
    let mut command = Command::new(tool);
    command.args(["ls", "--all", "--json", "--offline"]).current_dir(directory);
    let output = command.env("HOME", directory).env("npm_config_update_notifier", "false").output();
    serde_json::from_slice(&output.unwrap().stdout).unwrap()
}

#[test]
fn the_list_is_that_of_npm() {
    let Some(tool) = need::tool("npm") else { return };
    let package = |name: &str, version: &str, needs: &[&str]| {
        let needs: serde_json::Map<String, Value> =
            needs.iter().map(|need| ((*need).to_owned(), json!("*"))).collect();
        json!({"name": name, "version": version, "license": "MIT", "dependencies": needs})
            .to_string()
    };
    let root = TempRoot::new();
    for (path, text) in [
        ("package.json", package("app", "0.0.1", &["left", "@scope/right", "twice"])),
        ("node_modules/left/package.json", package("left", "1.3.0", &["twice"])),
        ("node_modules/left/lib/package.json", r#"{"type":"module"}"#.to_owned()),
        ("node_modules/left/node_modules/twice/package.json", package("twice", "2.0.0-rc.1", &[])),
        ("node_modules/@scope/right/package.json", package("@scope/right", "4.5.6", &["left"])),
        ("node_modules/twice/package.json", package("twice", "1.0.0", &[])),
    ] {
        put(&root, &format!("srv/app/{path}"), text, 0o644);
    }
    let captured = capture(&directory(root.path()));
    assert_eq!(problems(&captured), Vec::<String>::new());
    let mut expected = BTreeSet::new();
    listed(&npm(&tool, &root.at("srv/app")), &mut expected);
    assert_eq!(expected.len(), 4, "{expected:?}");
    let found = packages(&captured, "npm");
    assert_eq!(found.iter().map(|(name, _)| name.clone()).collect::<BTreeSet<_>>(), expected);
    let place = |name: &str| found.iter().find(|(found, _)| found == name).unwrap().1.as_str();
    assert_eq!(place("twice 2.0.0-rc.1"), "srv/app/node_modules/left/node_modules/twice");
    assert_eq!(place("@scope/right 4.5.6"), "srv/app/node_modules/@scope/right");
}

/// npm's own packages, as it is installed on this machine.
#[test]
fn npm_itself_holds_what_it_says() {
    let Some(tool) = need::tool("npm") else { return };
    let own = std::fs::canonicalize(&tool).unwrap();
    let own = own.parent().and_then(Path::parent).unwrap().to_owned();
    let captured = capture(&directory(&own));
    let mut expected = BTreeSet::new();
    listed(&npm(&tool, &own), &mut expected);
    let found =
        packages(&captured, "npm").into_iter().map(|(name, _)| name).collect::<BTreeSet<_>>();
    let missing: Vec<&String> = expected.difference(&found).collect();
    assert!(missing.is_empty(), "of {}: {missing:?}", expected.len());
}

#[test]
fn a_package_whose_manifest_is_damaged_is_still_there() {
    let mut volume = MemoryVolume::new();
    volume.file(b"a/node_modules/x/package.json", b"{");
    volume.file(b"a/node_modules/@s/y/package.json", b"\xff");
    volume.file(b"a/node_modules/.package-lock.json", br#"{"packages":{"node_modules/x":{"version":"1.0.0"},"node_modules/gone":{"version":"2.0.0"},"node_modules/bare":{"version":"3.0.0"}}}"#);
    volume.file(b"a/node_modules/bare/index.js", b"");
    let captured = capture(&memory(volume));
    let expect = [
        ("@s/y ", "a/node_modules/@s/y"),
        ("bare 3.0.0", "a/node_modules/bare"),
        ("x ", "a/node_modules/x"),
    ];
    assert_eq!(packages(&captured, "npm"), expect.map(|(a, b)| (a.to_owned(), b.to_owned())));
    assert_eq!(problems(&captured).len(), 2, "{:?}", problems(&captured));
    assert!(captured.snapshot.packages_complete, "their paths name them");
}
