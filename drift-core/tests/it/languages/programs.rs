//! Programs of Go against `go version -m`, made here.

use std::collections::BTreeSet;
use std::process::Command;

use drift_core::capture::Parts;
use drift_testkit::{TempRoot, need};

use super::scene::{capture, changes, checked, directory, packages, problems, put};

#[test]
fn modules_are_those_that_go_lists() {
    let Some(go) = need::full_tier().and_then(|()| need::tool("go")) else { return };
    let (root, work) = (TempRoot::new().directory("bin", 0o755), TempRoot::new());
    let module = "module e.org/cmd\ngo 1.18\nrequire e.org/dep v1.2.3\nrequire e.org/two v0.1.0\n\
                  replace e.org/dep v1.2.3 => ./dep\nreplace e.org/two v0.1.0 => ./two\n";
    for (path, text) in [
        ("main.go", "package main\nimport \"e.org/dep\"\nfunc main() { println(dep.X) }\n"),
        ("go.mod", module),
        ("dep/dep.go", "package dep\nimport \"e.org/two\"\nvar X = two.Y\n"),
        ("dep/go.mod", "module e.org/dep\ngo 1.18\n"),
        ("two/two.go", "package two\nvar Y = 1\n"),
        ("two/go.mod", "module e.org/two\ngo 1.18\n"),
    ] {
        put(&work, path, text, 0o644);
    }
    let run = |arguments: &[&str]| {
        let mut command = Command::new(&go);
        command.args(arguments).current_dir(work.path()).env("HOME", work.path());
        command
            .env("GOFLAGS", "-mod=mod")
            .env("GOPROXY", "off")
            .env("GONOSUMDB", "*")
            .env("CGO_ENABLED", "0");
        let output = command.output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    };
    let program = root.at("bin/cmd");
    run(&["build", "-o", &program.to_string_lossy(), "."]);
    let told = run(&["version", "-m", &program.to_string_lossy()]);
    let mut expected = BTreeSet::new();
    let mut last: Option<String> = None;
    for line in told.lines() {
        let words: Vec<&str> = line.split('\t').collect();
        match words.as_slice() {
            ["", "mod" | "dep", name, rest @ ..] => {
                expected.extend(last.take());
                last = Some(format!("{name} {}", rest.first().unwrap_or(&"")));
            }
            ["", "=>", name, rest @ ..] => {
                last = Some(format!("{name} {}", rest.first().unwrap_or(&"")))
            }
            _ => {}
        }
    }
    expected.extend(last);
    let captured = capture(&directory(root.path()));
    assert_eq!(problems(&captured), Vec::<String>::new());
    let found = packages(&captured, "golang");
    assert!(found.iter().all(|(_, place)| place == "bin/cmd"));
    let found: BTreeSet<String> = found
        .into_iter()
        .map(|(name, _)| name)
        .filter(|name| !name.starts_with("stdlib "))
        .collect();
    assert_eq!(found, expected);
    assert!(expected.len() >= 3, "{told}");
}

/// Only where packages alone are compared, of two targets that can both be read.
#[test]
fn programs_are_looked_into_where_packages_are_compared() {
    let info = |version: &str| {
        let modules = format!("path\tp\nmod\te.org/m\t{version}\t\n");
        let text = [&[b'{'; 16][..], modules.as_bytes(), &[b'}'; 16]].concat();
        let mut data = b"\xff Go buildinf:\x08\x02".to_vec();
        data.resize(32, 0);
        data.extend([8, b'g', b'o', b'1', b'.', b'2', b'2', b'.', b'1', text.len() as u8]);
        data.extend_from_slice(&text);
        let mut elf = vec![0x7f, b'E', b'L', b'F', 2, 1];
        elf.resize(16, 0);
        for (value, length) in [
            (2u64, 2),
            (62, 2),
            (1, 4),
            (0, 8),
            (64, 8),
            (0, 8),
            (0, 4),
            (64, 2),
            (56, 2),
            (1, 2),
            (0, 6),
        ] {
            elf.extend_from_slice(&value.to_le_bytes()[..length]);
        }
        for (value, length) in [
            (1u64, 4),
            (6, 4),
            (120, 8),
            (0, 8),
            (0, 8),
            (data.len() as u64, 8),
            (data.len() as u64, 8),
            (0, 8),
        ] {
            elf.extend_from_slice(&value.to_le_bytes()[..length]);
        }
        elf.extend_from_slice(&data);
        elf
    };
    let root = |version: &str| {
        let root = TempRoot::new();
        put(&root, "opt/cmd", info(version), 0o755);
        put(&root, "opt/data", info("v9.0.0"), 0o644);
        root
    };
    let (before, after) = (root("v1.0.0"), root("v1.10.0"));
    let (before, after) = (directory(before.path()), directory(after.path()));
    let parts = Parts { entries: false, packages: true };
    let outcome = checked(&after, Some(&before), parts);
    assert_eq!(changes(&outcome), ["upgraded e.org/m"]);
    let package = outcome.report.changes[0].package.as_ref().unwrap();
    assert_eq!(package.location.as_deref(), Some("opt/cmd"));
    let outcome = checked(&after, Some(&before), Parts::ALL);
    assert_eq!(changes(&outcome), ["modified-in-place /opt/cmd"]);
}
