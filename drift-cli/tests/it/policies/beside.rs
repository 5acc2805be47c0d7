//! The tests that stand beside policies and helpers, and that nothing of `policies/` is left out.

#![expect(clippy::disallowed_methods, reason = "this test reads the repository")]

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use drift_core::policy::testing::{Test, discover, job, serve, untested};
use drift_core::policy::{
    LIBRARY, Origin, OriginKind, PACKS, PolicyFile, PolicySet, SourceSet, digest, load, pack,
};
use drift_testkit::{command, need};
use serde_json::Value;

fn policies() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../policies")
}

/// Returns the names of the files of one directory of `policies/`.
fn names(directory: &str) -> BTreeSet<String> {
    let listed = fs::read_dir(policies().join(directory)).expect("a directory of policies");
    let name = |entry: std::io::Result<fs::DirEntry>| {
        entry.expect("an entry").file_name().to_string_lossy().into_owned()
    };
    listed.map(name).filter(|name| name.ends_with(".rego")).collect()
}

/// Runs all tests of a set of one origin; returns how many ran and how the others ended.
fn run(set: &PolicySet) -> (usize, Vec<String>) {
    let tests = discover(set, 0).expect("tests that can be read");
    let ids: Vec<String> = tests.iter().map(Test::id).collect();
    let mut wrong = Vec::new();
    let mut passed = 0;
    let mut hear = |line: &str| {
        let line: Value = serde_json::from_str(line).expect("a line of JSON");
        if line["Answer"].is_array() && line["Answer"][1]["ending"] == "passed" {
            passed += 1;
        } else if line["Answer"].is_array() {
            wrong.push(format!("{}: {}", line["Answer"][0], line["Answer"][1]["ending"]));
        }
        true
    };
    serve(&job(set, 0, &ids), &mut hear).expect("a job that makes sense");
    assert_eq!(passed + wrong.len(), ids.len());
    (passed, wrong)
}

#[test]
fn built_in_policies_pass_the_tests_beside_them() {
    let mut total = 0;
    let mut all_wrong = Vec::new();
    for of in PACKS {
        let set = load(pack(of.name).into_iter().collect()).expect("a pack that loads");
        let tests = discover(&set, 0).expect("tests that can be read");
        let without = untested(&set, 0, &tests);
        assert!(without.is_empty(), "no test is about {without:?}");
        let (passed, wrong) = run(&set);
        total += passed;
        all_wrong.extend(wrong);
    }
    assert!(all_wrong.is_empty(), "{}", all_wrong.join("\n"));
    println!("{total} tests of policies");
}

#[test]
fn helpers_pass_the_tests_beside_them() {
    let read = |name: &String| PolicyFile {
        name: format!("lib/{name}"),
        text: fs::read_to_string(policies().join("lib").join(name)).expect("a helper"),
    };
    let of_library = names("lib");
    let files: Vec<PolicyFile> =
        of_library.iter().filter(|name| name.ends_with("_test.rego")).map(read).collect();
    for (name, _) in LIBRARY {
        let test = format!("lib/{}", name.replace(".rego", "_test.rego"));
        assert!(files.iter().any(|file| file.name == test), "there is no {test}");
    }
    let origin = Origin {
        name: "lib".to_owned(),
        kind: OriginKind::Builtin,
        digest: digest(&files),
        signers: Vec::new(),
        lineage: None,
    };
    let set = load(vec![SourceSet { origin, files }]).expect("helpers that load");
    let (passed, wrong) = run(&set);
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    println!("{passed} tests of helpers");
}

#[test]
fn another_engine_reads_every_test_and_agrees() {
    let Some(python) = need::python_module("regopy") else { return };
    let program = policies().join("../.ci/policy-oracle").into_os_string();
    let run = command::run(python, [program, "tests".into(), policies().into_os_string()]);
    println!("{}", run.expect(0).text());
}

/// A file that is written and not named in the table would never be evaluated.
#[test]
fn every_file_of_policies_is_built_in() {
    for of in PACKS {
        let built_in: BTreeSet<String> =
            of.files.iter().map(|(name, _)| (*name).to_owned()).collect();
        assert_eq!(built_in, names(of.name), "name each file in drift-core/src/policy/packs.rs");
    }
    let helpers: BTreeSet<String> = LIBRARY.iter().map(|(name, _)| (*name).to_owned()).collect();
    let written: BTreeSet<String> =
        names("lib").into_iter().filter(|name| !name.ends_with("_test.rego")).collect();
    assert_eq!(helpers, written, "name each helper in drift-core/src/policy/packs.rs");
    let known: BTreeSet<&str> = PACKS.iter().map(|of| of.name).chain(["lib", "profiles"]).collect();
    for entry in fs::read_dir(policies()).expect("the directory of policies") {
        let entry = entry.expect("an entry");
        let name = entry.file_name().to_string_lossy().into_owned();
        assert!(!entry.path().is_dir() || known.contains(name.as_str()), "{name} is no pack");
    }
}
