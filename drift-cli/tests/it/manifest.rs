//! Manifests: what they verify, what they uncover, and when they are refused.

#![expect(clippy::disallowed_methods, reason = "tests build and spoil real files")]

mod packages;

use std::fs;

use serde_json::Value;

use crate::stage::{Report, Stage};
use packages::{
    Files, Signer, alone, archive, deb, forge, install, manifest, put, ready, sha256, with_manifest,
};

const OLD: Files<'_> = &[
    ("usr/bin/probe", "#!/bin/sh\necho old\n", 0o755),
    ("usr/share/probe/data", "old data", 0o644),
    ("usr/share/probe/gone", "only in the old one", 0o644),
    ("etc/probe.conf", "setting = 1\n", 0o644),
];

const NEW: Files<'_> = &[
    ("usr/bin/probe", "#!/bin/sh\necho new\n", 0o755),
    ("usr/share/probe/data", "new data", 0o644),
    ("usr/share/probe/came", "only in the new one", 0o644),
    ("etc/probe.conf", "setting = 1\n", 0o644),
];

/// The old version installed and sealed, then the new one installed, and a manifest of it.
fn upgraded() -> Option<Stage> {
    ready().then(|| {
        let stage = Stage::new();
        install(&stage, &deb(&stage, "probe", "1.0-1", OLD));
        stage.capture("root", &[]);
        let new = deb(&stage, "probe", "1.0-2", NEW);
        install(&stage, &new);
        manifest(&stage, &[&new], &[]);
        stage
    })
}

/// The change of the package.
#[track_caller]
fn event(report: &Report) -> &Value {
    let found: Vec<&Value> =
        report.all("/changes").filter(|change| change["subject"] == "package").collect();
    assert_eq!(found.len(), 1, "{:#}", report.document["changes"]);
    found[0]
}

/// Cause, whether it is verified, and whether it is folded, of the one change of a path.
#[track_caller]
fn told(report: &Report, path: &str) -> (String, bool, bool) {
    let changes = report.changes(path);
    assert_eq!(changes.len(), 1, "{path}: {:#}", report.document["changes"]);
    let cause = changes[0]["cause"].as_str().unwrap_or_default().to_owned();
    (cause, changes[0]["cause_verified"] == true, !changes[0]["folded_into"].is_null())
}

fn is(cause: &str, verified: bool, folded: bool) -> (String, bool, bool) {
    (cause.to_owned(), verified, folded)
}

#[test]
fn an_upgrade_is_verified_by_a_manifest_and_by_nothing_less() {
    let Some(stage) = upgraded() else { return };
    let changed = [
        "/usr/bin/probe",
        "/usr/share/probe/data",
        "/usr/share/probe/came",
        "/usr/share/probe/gone",
    ];
    let without = stage.report(&[]);
    let with = with_manifest(&stage, &[]);
    assert_eq!(event(&without)["cause_verified"], false);
    assert_eq!(
        (&event(&with)["cause"], &event(&with)["cause_verified"]),
        (&"upgraded".into(), &true.into())
    );
    for path in changed {
        assert_eq!(told(&without, path), is("upgraded", false, true), "{path}");
        assert_eq!(told(&with, path), is("upgraded", true, true), "{path}");
    }
    let used = &with.document["manifests"][0];
    assert_eq!(used["digest"], format!("sha256:{}", sha256(&stage.path("m"))));
    assert_eq!((&used["verified"], &used["sequence"]), (&true.into(), &1.into()));
    assert_eq!(used["signers"][0]["name"], "golden");
    assert_eq!(without.all("/manifests").count(), 0);
}

#[test]
fn whoever_edits_the_database_too_is_caught() {
    let Some(stage) = upgraded() else { return };
    forge(&stage, "probe", "usr/bin/probe", "#!/bin/sh\necho evil\n");
    let without = stage.report(&[]);
    assert_eq!(told(&without, "/usr/bin/probe"), is("upgraded", false, true));
    let with = with_manifest(&stage, &[]).expect(1);
    assert_eq!(told(&with, "/usr/bin/probe"), is("modified-in-place", true, false));
    assert_eq!(told(&with, "/usr/share/probe/data"), is("upgraded", true, true));
    assert_eq!(event(&with)["cause_verified"], false, "not all of it is what the vendor made");
}

#[test]
fn a_file_that_the_package_never_had_is_not_its_own() {
    let Some(stage) = upgraded() else { return };
    put(&stage.at("root/usr/bin/extra"), "#!/bin/sh\n", 0o755);
    let sum = drift_testkit::command::run("md5sum", [stage.at("root/usr/bin/extra")]).success();
    let sum = sum.split_whitespace().next().expect("a digest");
    let record = format!("{sum}  usr/bin/extra\n");
    for (file, line) in [("list", "/usr/bin/extra\n"), ("md5sums", record.as_str())] {
        let path = format!("root/var/lib/dpkg/info/probe.{file}");
        let text = [stage.read(&path), line.as_bytes().to_vec()].concat();
        stage.write(&path, text);
    }
    let without = stage.report(&[]);
    assert_eq!(told(&without, "/usr/bin/extra"), is("upgraded", false, true));
    let with = with_manifest(&stage, &[]).expect(1);
    assert_eq!(told(&with, "/usr/bin/extra"), is("modified-in-place", true, false));
}

#[test]
fn a_database_that_names_a_version_which_is_not_there_verifies_nothing() {
    if !ready() {
        return;
    }
    let stage = Stage::new();
    install(&stage, &deb(&stage, "probe", "1.0-1", OLD));
    stage.capture("root", &[]);
    let status = String::from_utf8(stage.read("root/var/lib/dpkg/status")).expect("text");
    stage.write("root/var/lib/dpkg/status", status.replace("1.0-1", "1.0-2"));
    let new = deb(&stage, "probe", "1.0-2", NEW);
    manifest(&stage, &[&new], &[]);
    let report = with_manifest(&stage, &[]);
    assert_eq!(
        (&event(&report)["cause"], &event(&report)["cause_verified"]),
        (&"upgraded".into(), &false.into())
    );
}

#[test]
fn a_genuine_older_package_is_a_downgrade_and_another_stays_unverified() {
    if !ready() {
        return;
    }
    let stage = Stage::new();
    let old = deb(&stage, "probe", "1.0-1", OLD);
    install(&stage, &deb(&stage, "probe", "1.0-2", NEW));
    stage.capture("root", &[]);
    install(&stage, &old);
    let other = deb(&stage, "other", "1", &[("usr/bin/other", "o", 0o755)]);
    manifest(&stage, &[&other], &[]);
    let report = with_manifest(&stage, &[]);
    assert_eq!(
        (&event(&report)["cause"], &event(&report)["cause_verified"]),
        (&"downgraded".into(), &false.into())
    );
    manifest(&stage, &[&old, &other], &[]);
    let report = with_manifest(&stage, &[]);
    assert_eq!(
        (&event(&report)["cause"], &event(&report)["cause_verified"]),
        (&"downgraded".into(), &true.into())
    );
    assert_eq!(told(&report, "/usr/bin/probe"), is("downgraded", true, true));
}

#[test]
fn without_a_baseline_the_manifest_is_the_reference() {
    let Some(stage) = upgraded() else { return };
    let m = stage.path("m");
    let with = |stage: &Stage| alone(stage, &["--manifest", &m]);
    let causes = |report: &Report| {
        let named = |change: &&Value| change["cause"] == "vendor-record-differs";
        let found: Vec<String> = report
            .all("/changes")
            .filter(named)
            .map(|change| {
                format!(
                    "{} {}",
                    change["path"].as_str().unwrap_or_default(),
                    change["cause_verified"]
                )
            })
            .collect();
        found
    };
    assert_eq!(causes(&with(&stage)), Vec::<String>::new());
    forge(&stage, "probe", "usr/bin/probe", "#!/bin/sh\necho evil\n");
    stage.mode("root/usr/share/probe/data", 0o666);
    // A file goes, and its lines in the database with it.
    fs::remove_file(stage.at("root/usr/share/probe/came")).expect("it is removed");
    for file in ["list", "md5sums"] {
        let path = format!("root/var/lib/dpkg/info/probe.{file}");
        let text = String::from_utf8(stage.read(&path)).expect("text");
        let kept = text.lines().filter(|line| !line.contains("probe/came"));
        stage.write(&path, kept.map(|line| format!("{line}\n")).collect::<String>());
    }
    assert_eq!(causes(&alone(&stage, &[])), Vec::<String>::new(), "the database says all is well");
    let report = with(&stage).expect(1);
    let expect =
        ["/usr/bin/probe true", "/usr/share/probe/came true", "/usr/share/probe/data true"];
    assert_eq!(causes(&report), expect);
    let change = report.changes("/usr/bin/probe")[0];
    let digest = sha256(&stage.path("build/probe-1.0-2/usr/bin/probe"));
    assert_eq!(change["attributes"][0]["before"], format!("sha256:{digest}"));
    let mode = &report.changes("/usr/share/probe/data")[0]["attributes"][0];
    assert_eq!((&mode["before"], &mode["after"]), (&"0644".into(), &"0666".into()));
    stage.write("root/etc/probe.conf", "setting = 2\n");
    let edited = with(&stage);
    assert_eq!(told(&edited, "/etc/probe.conf"), is("conffile-edited", true, false));
}

/// Fails unless the check ends with 4 for this reason, and nothing was compared.
#[track_caller]
fn refused(report: Report, reason: &str) {
    let report = report.expect(4);
    assert_eq!(report.reason(), reason, "{:#}", report.document["verdict"]);
    assert_eq!(report.all("/changes").count() + report.all("/manifests").count(), 0);
}

#[test]
fn a_manifest_whose_seal_does_not_hold_is_not_read() {
    let Some(stage) = upgraded() else { return };
    let (file, seal) = (stage.read("m"), stage.read("m.sigstore.json"));
    let length = file.len();
    for at in (0..length).step_by(29).chain([length - 1, length - 9, length - 17]) {
        let mut damaged = file.clone();
        damaged[at] ^= 1;
        stage.write("m", damaged);
        refused(with_manifest(&stage, &[]), "altered");
    }
    stage.write("m", &file);
    fs::remove_file(stage.at("m.sigstore.json")).expect("it is removed");
    refused(with_manifest(&stage, &[]), "unsigned");
    // The seal of another kind of file is none of a manifest.
    stage.write("m", stage.read("golden.drift"));
    stage.write("m.sigstore.json", stage.read("golden.drift.sigstore.json"));
    refused(with_manifest(&stage, &[]), "wrong-identity");
    stage.write("m", &file);
    stage.write("m.sigstore.json", &seal);
    let m = stage.path("m");
    let _other = stage.drift(["keygen", "--out", &stage.path("other")]).expect(0);
    let (root, other) = (format!("dir:{}", stage.path("root")), stage.path("other.pub.pem"));
    let asked = ["check", &root, "--manifest", &m, "--format", "json", "--trust"];
    let with = |trust: &str| {
        Report::of(&stage.drift([&asked[..], &[trust, "--state", &stage.path("state")]].concat()))
    };
    refused(with(&other), "wrong-key");
    let run = stage.drift(["check", &root, "--manifest", &m, "--format", "json"]);
    refused(Report::of(&run), "no-trust");
    let before = format!("baseline:{}", stage.path("golden.drift"));
    let _diff =
        stage.drift(["diff", &before, &root, "--manifest", &m, "--trust", &other]).expect(4);
    let _verified = stage.drift(["verify", &m, "--trust", &stage.path("golden.pub.pem")]).expect(0);
}

#[test]
fn an_old_manifest_does_not_come_back_and_one_expires() {
    let Some(stage) = upgraded() else { return };
    let first = (stage.read("m"), stage.read("m.sigstore.json"));
    let debs = stage.path("debs");
    manifest(&stage, &[&debs], &["--expires", "90d"]);
    let _taken = with_manifest(&stage, &[]).expect(0);
    refused(with_manifest(&stage, &["--now", "2099-01-01T00:00:00Z"]), "expired");
    stage.write("m", &first.0);
    stage.write("m.sigstore.json", &first.1);
    refused(with_manifest(&stage, &[]), "rolled-back");
}

#[test]
fn the_chain_of_an_archive_is_checked_link_by_link() {
    if !ready() {
        return;
    }
    let stage = Stage::new();
    let new = deb(&stage, "probe", "1.0-2", NEW);
    let release = archive(&stage, "Valid-Until: Sat, 18 Oct 2025 09:12:01 UTC\n");
    let (Some(vendor), Some(stranger)) =
        (Signer::new(&stage, "vendor"), Signer::new(&stage, "stranger"))
    else {
        return;
    };
    let (apt, out, key) = (stage.path("apt"), stage.path("m"), stage.path("golden.key.pem"));
    let in_release = stage.path("apt/dists/test/InRelease");
    let state = stage.path("state");
    let build = |more: &[&str]| {
        let all: &[&str] = &[
            "manifest",
            "build",
            &apt,
            "--out",
            &out,
            "--sign",
            &key,
            "--state",
            &state,
            "--keyring",
            &vendor.keyring,
        ];
        let now: &[&str] =
            if more.contains(&"--now") { &[] } else { &["--now", "2025-10-12T00:00:00Z"] };
        stage.drift([all, now, more].concat())
    };
    let refused = |more: &[&str], reason: &str| {
        let run = build(more).expect(4);
        assert!(run.error_text().contains(reason), "{reason}: {}", run.error_text());
        assert!(!stage.at("m").exists(), "nothing is written");
    };
    stranger.clear(&release, &in_release);
    refused(&[], "wrong-key");
    vendor.clear(&release, &in_release);
    refused(&["--now", "2025-11-01T00:00:00Z"], "expired");
    refused(&["--now", "2025-10-01T00:00:00Z"], "not-yet-valid");
    let signed = stage.read("apt/dists/test/InRelease");
    let text = String::from_utf8(signed.clone()).expect("text");
    stage.write("apt/dists/test/InRelease", text.replace("Suite: test", "Suite: best"));
    refused(&[], "altered");
    stage.write("apt/dists/test/InRelease", format!("Suite: best\n{text}"));
    refused(&[], "malformed");
    stage.write("apt/dists/test/InRelease", &signed);
    let index = stage.read("apt/dists/test/main/binary-all/Packages");
    let forged = String::from_utf8(index.clone()).expect("text").replace("1.0-2", "1.0-3");
    stage.write("apt/dists/test/main/binary-all/Packages", forged);
    refused(&[], "altered");
    stage.write("apt/dists/test/main/binary-all/Packages", index);
    let package = stage.read("apt/pool/probe_1.0-2_all.deb");
    let other = deb(&stage, "probe", "1.0-9", NEW);
    stage.write("apt/pool/probe_1.0-2_all.deb", fs::read(&other).expect("it is read"));
    refused(&[], "altered");
    stage.write("apt/pool/probe_1.0-2_all.deb", &package);
    let _built = build(&[]).expect(0);
    let shown = stage.drift(["inspect", &out, "--trust", &stage.path("golden.pub.pem")]).expect(0);
    let digest = sha256(&new);
    for part in [digest.as_str(), "main/binary-all/Packages", "probe 1.0-2 (all)", "Test test"] {
        assert!(shown.text().contains(part), "{part}: {}", shown.text());
    }
    // The same by a signature apart.
    fs::remove_file(stage.at("apt/dists/test/InRelease")).expect("it is removed");
    fs::remove_file(stage.at("m")).expect("it is removed");
    let apart = format!("{release}.gpg");
    stranger.detach(&release, &apart);
    refused(&[], "wrong-key");
    vendor.detach(&release, &apart);
    let _built = build(&[]).expect(0);
}

#[test]
fn packages_that_are_damaged_are_refused() {
    if !ready() {
        return;
    }
    let stage = Stage::new();
    let new = deb(&stage, "probe", "1.0-2", NEW);
    let bytes = fs::read(&new).expect("it is read");
    let (bad, out, key) = (stage.path("bad.deb"), stage.path("m"), stage.path("golden.key.pem"));
    let build = || stage.drift(["manifest", "build", &bad, "--out", &out, "--sign", &key]);
    for length in (0..bytes.len()).step_by(bytes.len() / 40) {
        stage.write("bad.deb", &bytes[..length]);
        let _refused = build().expect(2);
    }
    let mut taken = 0;
    for at in (0..bytes.len()).step_by(bytes.len() / 60) {
        let mut damaged = bytes.clone();
        damaged[at] ^= 0x04;
        stage.write("bad.deb", damaged);
        let code = build().code;
        assert!(matches!(code, Some(0 | 2)), "{at}: {code:?}");
        taken += usize::from(code == Some(0));
    }
    // ar's dates and owners mean nothing, and have no sum over them.
    assert!(taken <= 12, "{taken}");
}
