//! What `drift sbom` writes, judged by the libraries of others.

use std::path::PathBuf;

use drift_testkit::{command, need};
use serde_json::Value;

use super::{many, stage};
use crate::stage::{Space, Stage};

/// Returns an interpreter that can judge both forms.
fn judge() -> Option<PathBuf> {
    need::python_module("spdx_tools.spdx")?;
    need::python_module("packageurl")?;
    need::python_module("cyclonedx.validation.json")
}

/// Validates a bill and returns name, version and package URL of each package.
fn judged(python: &PathBuf, form: &str, file: &str) -> Vec<Vec<String>> {
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/../fixtures/packages/judge_sbom.py");
    let told = command::run(python, [script, form, file]).success();
    told.lines().map(|line| line.split('\t').map(str::to_owned).collect()).collect()
}

/// Writes both forms of a target into files of the stage.
fn write(stage: &Stage, target: &str, more: &[&str], code: i32) -> [(&'static str, String); 2] {
    ["cyclonedx", "spdx"].map(|form| {
        let file = stage.path(&format!("{form}.json"));
        let mut arguments = vec!["sbom", target, "--format", form, "--output", &file];
        arguments.extend(more);
        let _written = stage.drift(arguments).expect(code);
        (form, file)
    })
}

fn json(stage: &Stage, name: &str) -> Value {
    serde_json::from_slice(&stage.read(name)).expect("a bill is JSON")
}

#[test]
fn both_forms_are_valid_and_say_what_the_database_says() {
    let Some(python) = judge() else { return };
    let stage = stage();
    let target = format!("dir:{}", stage.path("root"));
    for (form, file) in write(&stage, &target, &["--files"], 0) {
        let one = "pkg:deb/debian/one@1:1.0-1?arch=all&distro=debian-12&upstream=uno%402~rc1";
        let two = "pkg:deb/debian/two@2%2Bb1?arch=amd64&distro=debian-12";
        let expect = [vec!["one", "1:1.0-1", one], vec!["two", "2+b1", two]];
        assert_eq!(judged(&python, form, &file), expect, "{form}");
    }
    let bill = json(&stage, "cyclonedx.json");
    let components = bill["components"].as_array().expect("a list");
    let named =
        |name: &str| components.iter().find(|one| one["name"] == name).expect("it is listed");
    let licence = &named("one")["licenses"][0]["expression"];
    assert_eq!(
        licence, "MIT AND GPL-2.0-or-later",
        "what is sorted by Debian's names: Expat, GPL-2+"
    );
    assert_eq!(named("one")["externalReferences"][0]["url"], "https://one.example.org/a?b=c");
    assert_eq!(named("two").get("externalReferences"), None, "no web address");
    assert_eq!(named("two")["supplier"]["name"], "A, B");
    let files: Vec<&str> = components
        .iter()
        .filter(|one| one["type"] == "file")
        .filter_map(|one| one["name"].as_str())
        .collect();
    assert!(
        files.contains(&"/usr/bin/one") && files.contains(&"/usr/lib/t\u{fffd}wo"),
        "{files:?}"
    );
    assert!(files.contains(&"/etc/hosts"), "--files lists what no package owns");
    let needs = bill["dependencies"].as_array().expect("a list");
    let of = |reference: &Value| {
        let found = needs.iter().find(|one| one["ref"] == *reference).expect("each has one");
        found["dependsOn"].clone()
    };
    assert_eq!(of(&named("one")["bom-ref"]), serde_json::json!([named("two")["bom-ref"]]));
    assert_eq!(of(&named("two")["bom-ref"]), serde_json::json!([]), "nothing needs itself");
    assert_eq!(bill["compositions"][0]["aggregate"], "complete");
    let spdx = json(&stage, "spdx.json");
    let relations = spdx["relationships"].to_string();
    assert_eq!(relations.matches("DEPENDS_ON").count(), 1, "{relations}");
}

#[test]
fn the_same_target_gives_the_same_bytes() {
    let stage = stage();
    let target = format!("dir:{}", stage.path("root"));
    let now = ["--now", "2026-11-21T12:00:00.5Z"];
    let read = || ["cyclonedx.json", "spdx.json"].map(|name| stage.read(name));
    let _files = write(&stage, &target, &now, 0);
    let first = read();
    let _files = write(&stage, &target, &[&now[..], &["--threads", "1"]].concat(), 0);
    assert!(read() == first);
    assert_eq!(json(&stage, "spdx.json")["creationInfo"]["created"], "2026-11-21T12:00:00Z");
    let number = json(&stage, "cyclonedx.json")["serialNumber"].clone();
    stage.write("root/usr/bin/one", "other");
    let _files = write(&stage, &target, &now, 0);
    assert_ne!(json(&stage, "cyclonedx.json")["serialNumber"], number, "it is made of the root");
}

/// The oracle of names and versions is `dpkg-query`, that of the forms are the validators.
#[test]
fn the_packages_of_a_debian_root_are_those_of_dpkg() {
    let (Some(python), Some(root)) = (judge(), need::debian_root()) else { return };
    let Some(query) = need::tool("dpkg-query") else { return };
    let root = root.to_string_lossy().into_owned();
    let database = format!("{root}/var/lib/dpkg");
    let told = command::run(
        query,
        ["--admindir", &database, "--show", "--showformat", "${Package}\t${Version}\n"],
    )
    .success();
    let mut expect: Vec<&str> = told.lines().collect();
    expect.sort_unstable();
    let stage = Stage::new();
    for (form, file) in write(&stage, &format!("dir:{root}"), &["--files=none"], 0) {
        let judged = judged(&python, form, &file);
        let mut found: Vec<String> = judged.iter().map(|package| package[..2].join("\t")).collect();
        found.sort_unstable();
        assert_eq!(found, expect, "{form}");
        println!("{form}: {} packages as dpkg-query lists them", found.len());
    }
    let text = String::from_utf8_lossy(&stage.read("spdx.json")).into_owned();
    let unknown = text.matches(r#""licenseDeclared":"NOASSERTION""#).count();
    println!("{unknown} packages without a licence that can be read");
    assert!(unknown < expect.len(), "some have machine-readable copyright files");
}

/// A server has some thousand packages; the memory is that of a small program.
#[test]
fn ten_thousand_packages_in_bounded_memory() {
    let stage = stage();
    stage.write("root/var/lib/dpkg/status", many(10_000));
    let script = "ulimit -v 600000
        for form in cyclonedx spdx; do
            $drift sbom dir:$s/root --threads 1 --format $form >$s/$form.json 2>/dev/null || echo $?
        done";
    let codes = stage.script(Space::Shared, script).success();
    assert_eq!(codes, "3\n3\n", "the lists of the packages are missing, and that is told");
    let count = |name: &str, list: &str| json(&stage, name)[list].as_array().map_or(0, Vec::len);
    assert!(count("cyclonedx.json", "components") > 10_000);
    assert!(count("spdx.json", "packages") > 10_000);
    let _read = stage.drift(["diff", &sbom(&stage, "cyclonedx"), &sbom(&stage, "spdx")]).expect(0);
}

fn sbom(stage: &Stage, form: &str) -> String {
    format!("sbom:{}", stage.path(&format!("{form}.json")))
}

#[test]
fn a_reader_that_goes_away_and_a_full_disk_are_errors_of_output() {
    let stage = stage();
    stage.write("root/var/lib/dpkg/status", many(5000));
    let script =
        "$drift sbom dir:$s/root 2>/dev/null | head -c 10 >/dev/null; echo ${PIPESTATUS[0]}
        $drift sbom dir:$s/root >/dev/full 2>/dev/null; echo $?
        mkdir $s/there; $drift sbom dir:$s/root --output $s/there 2>/dev/null; echo $?
        $drift sbom dir:$s/root --output $s/no/where 2>/dev/null; echo $?";
    let script = format!("bash -c '{script}'");
    let codes = stage.script(Space::Shared, &format!("export drift s; {script}")).success();
    assert_eq!(codes, "5\n5\n5\n5\n");
}

/// What cannot be seen leaves its mark on the bill, and on the exit code.
#[test]
fn a_damaged_database_makes_an_incomplete_bill() {
    let stage = stage();
    let status = stage.read("root/var/lib/dpkg/status");
    let cut = status.len().saturating_sub(40);
    stage.write("root/var/lib/dpkg/status", &status[..cut]);
    let target = format!("dir:{}", stage.path("root"));
    let _files = write(&stage, &target, &[], 3);
    let bill = json(&stage, "cyclonedx.json");
    assert_eq!(bill["compositions"][0]["aggregate"], "incomplete");
    let comment = json(&stage, "spdx.json")["comment"].to_string();
    assert!(comment.contains("the list of packages is not complete"), "{comment}");
}

/// A stored snapshot knows no licences and no SHA-1; what it knows is in the bill.
#[test]
fn a_baseline_has_a_bill_too() {
    let Some(python) = judge() else { return };
    let stage = stage();
    stage.capture("root", &[]);
    let (target, key) = (stage.path("golden.drift"), stage.path("golden.pub.pem"));
    let more = ["--trust", &key, "--state", &stage.path("state")];
    for (form, file) in write(&stage, &target, &more, 0) {
        assert_eq!(judged(&python, form, &file).len(), 2, "{form}");
    }
    let files = |name: &str, list: &str, kind: &str| {
        let all = json(&stage, name)[list].as_array().cloned().unwrap_or_default();
        all.iter().filter(|one| kind.is_empty() || one["type"] == kind).count()
    };
    assert_eq!(files("cyclonedx.json", "components", "file"), 8);
    assert_eq!(files("spdx.json", "files", ""), 0, "SPDX wants a SHA-1 of each");
    let unsealed = stage.drift(["sbom", &target]).expect(4);
    assert!(unsealed.stdout.is_empty());
    let _written = stage.drift(["sbom", &target, "--unverified"]).expect(0);
}
