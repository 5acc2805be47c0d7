//! The packages of a bill are those that pip and npm list; dpkg's and rpm's stand where their roots
//! are made (`written`, `rpm_upgrade`).

use std::collections::BTreeSet;
use std::path::Path;
use std::process::{Command, Stdio};

use drift_testkit::need;
use serde_json::Value;

use crate::stage::{Stage, listed_in_bill};

/// What a program prints as JSON, without configuration of whoever runs the tests.
fn json(program: &Path, arguments: &[&str], directory: &Path) -> Value {
    let mut command = Command::new(program);
    command.args(arguments).current_dir(directory).stdin(Stdio::null()).env("HOME", directory);
    command.env("PIP_CONFIG_FILE", "/dev/null").env("npm_config_update_notifier", "false");
    let output = command.output().expect("it was found");
    serde_json::from_slice(&output.stdout).expect("it prints JSON")
}

#[test]
fn the_bill_of_an_environment_of_python_is_the_list_of_pip() {
    let Some(python) = need::python_module("pip") else { return };
    let stage = Stage::new();
    let place = stage.at("root/opt/venv");
    let made = Command::new(python).args(["-m", "venv"]).arg(&place).status();
    assert!(made.expect("python was found").success());
    let list = ["-m", "pip", "--disable-pip-version-check", "list", "--local", "--format", "json"];
    let told = json(&place.join("bin/python"), &list, &place);
    let text = |one: &Value, name: &str| one[name].as_str().unwrap_or_default().to_owned();
    let expect: BTreeSet<(String, String)> = told
        .as_array()
        .expect("a list")
        .iter()
        .map(|one| {
            (text(one, "name").to_lowercase().replace(['_', '.'], "-"), text(one, "version"))
        })
        .collect();
    assert!(!expect.is_empty());
    // What packages carry inside themselves is listed too, and pip does not know of it.
    let found = listed_in_bill(&stage, "root", "pkg:pypi/");
    assert!(expect.is_subset(&found), "{expect:?} {found:?}");
    let carried: Vec<_> = found.difference(&expect).collect();
    let bill: Value = serde_json::from_slice(&stage.read("bill.json")).expect("a bill is JSON");
    let vendored = bill.to_string().matches("_vendor/").count();
    assert!(carried.len() <= vendored, "{carried:?}");
}

/// Everything below a node of the tree that npm prints.
fn listed(node: &Value, found: &mut BTreeSet<(String, String)>) {
    for (name, child) in node["dependencies"].as_object().into_iter().flatten() {
        if let Some(version) = child["version"].as_str() {
            found.insert((name.clone(), version.to_owned()));
        }
        listed(child, found);
    }
}

#[test]
fn the_bill_of_modules_of_node_is_the_list_of_npm() {
    let Some(npm) = need::tool("npm") else { return };
    let stage = Stage::new();
    let package = |name: &str, version: &str, needs: &[&str]| {
        let needs: Vec<String> = needs.iter().map(|need| format!("\"{need}\":\"*\"")).collect();
        let needs = needs.join(",");
        format!(r#"{{"name":"{name}","version":"{version}","dependencies":{{{needs}}}}}"#)
    };
    for (path, text) in [
        ("package.json", package("app", "0.0.1", &["left", "@scope/right", "twice"])),
        ("node_modules/left/package.json", package("left", "1.3.0", &["twice"])),
        ("node_modules/left/node_modules/twice/package.json", package("twice", "2.0.0-rc.1", &[])),
        ("node_modules/@scope/right/package.json", package("@scope/right", "4.5.6", &["left"])),
        ("node_modules/twice/package.json", package("twice", "1.0.0", &[])),
    ] {
        let path = stage.at(format!("root/srv/app/{path}"));
        std::fs::create_dir_all(path.parent().expect("it has one")).expect("it can be made");
        std::fs::write(path, text).expect("it can be written");
    }
    let mut expect = BTreeSet::new();
    let ls = ["ls", "--all", "--json", "--offline"];
    listed(&json(&npm, &ls, &stage.at("root/srv/app")), &mut expect);
    assert_eq!(expect.len(), 4, "{expect:?}");
    assert_eq!(listed_in_bill(&stage, "root", "pkg:npm/"), expect);
}
