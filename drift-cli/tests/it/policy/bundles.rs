//! Bundles: taken as they were sealed, by whom is trusted, and in no other form.

#![expect(clippy::disallowed_methods, reason = "tests build and spoil real files")]

use serde_json::Value;

use super::stage::{DENIES, PASSES, check, directory, ended, file, policy, run, with};
use crate::stage::{Report, Stage};

/// Returns a stage with a directory of policies and the sealed bundle `b` of it.
fn bundled() -> Stage {
    let stage = with(&[("one", DENIES), ("two", PASSES)]);
    file(&stage, "p/one_test.rego", "package drift.site.one_test\n\ntest_it if {\n\ttrue\n}\n");
    directory(&stage, "p/profiles");
    bundle(&stage, &[]);
    stage
}

fn bundle(stage: &Stage, more: &[&str]) {
    let (p, out, state) = (stage.path("p"), stage.path("b"), stage.path("state"));
    let key = stage.path("golden.key.pem");
    let all = ["policy", "bundle", &p, "--out", &out, "--sign", &key, "--state", &state];
    let _made = stage.drift([&all, more].concat()).expect(0);
}

fn seal(stage: &Stage, more: &[&str]) {
    let (out, key, state) = (stage.path("b"), stage.path("golden.key.pem"), stage.path("state"));
    let all = ["seal", &out, "--sign", &key, "--state", &state];
    let _made = stage.drift([&all, more].concat()).expect(0);
}

fn asked(stage: &Stage, more: &[&str]) -> Report {
    let (b, key) = (stage.path("b"), stage.path("golden.pub.pem"));
    check(stage, &[&["--policy", &b, "--trust", &key], more].concat())
}

/// Fails unless the check ends with 4 for one of these reasons, and nothing of the bundle was used.
#[track_caller]
fn refused(report: Report, reasons: &[&str], what: &str) {
    let report = report.expect(4);
    assert!(reasons.contains(&report.reason()), "{what}: {:#}", report.document["verdict"]);
    assert_eq!(report.document["verdict"]["status"], "untrusted", "{what}");
    for part in ["/policies", "/policy_origins", "/changes"] {
        assert_eq!(report.all(part).count(), 0, "{what}: {part}");
    }
}

#[test]
fn a_sealed_bundle_is_taken() {
    let stage = bundled();
    let report = asked(&stage, &[]).expect(1);
    assert_eq!(
        (ended(&report, "site/one").0, ended(&report, "site/two").0),
        ("fail".into(), "pass".into())
    );
    let origin = &report.document["policy_origins"][0];
    assert_eq!((&origin["kind"], &origin["signed"]), (&"bundle".into(), &true.into()));
    assert_eq!(origin["signers"][0]["name"], "golden");
    let sum = drift_testkit::command::run("sha256sum", [stage.path("b")]).success();
    let sum = format!("sha256:{}", sum.split_whitespace().next().expect("a digest"));
    assert_eq!(origin["digest"], sum);
    assert!(
        report.all("/notes").any(|note| {
            note.as_str().is_some_and(|note| note.contains("\"site\", sequence 1"))
        })
    );
    let (b, key) = (stage.path("b"), stage.path("golden.pub.pem"));
    let state = stage.path("state");
    let told = stage.drift(["verify", &b, "--trust", &key, "--state", &state]).expect(0).text();
    for words in ["bundle of policies", "identity        site", "sequence        1", "2 policies"] {
        assert!(told.contains(words), "{told}");
    }
    // The same files make the same bundle.
    let first = stage.read("b");
    bundle(&stage, &[]);
    assert_eq!(stage.read("b"), first);
}

#[test]
fn who_is_not_trusted_is_refused() {
    let stage = bundled();
    let b = stage.path("b");
    refused(check(&stage, &["--policy", &b]), &["no-trust"], "no key");
    let _made = stage.drift(["keygen", "--out", &stage.path("other")]).expect(0);
    let other = stage.path("other.pub.pem");
    refused(check(&stage, &["--policy", &b, "--trust", &other]), &["wrong-key"], "another key");
    refused(asked(&stage, &["--threshold", "2"]), &["below-threshold"], "one of two");
    std::fs::rename(stage.at("b.sigstore.json"), stage.at("elsewhere")).expect("a name");
    refused(asked(&stage, &[]), &["unsigned"], "no seal");
}

#[test]
fn every_altered_byte_is_refused() {
    let stage = bundled();
    let golden = stage.read("b");
    let step = (golden.len() / 24).max(1);
    for at in (0..golden.len()).step_by(step) {
        let mut spoiled = golden.clone();
        spoiled[at] ^= 1;
        stage.write("b", &spoiled);
        // Whose first bytes are no bundle's is none.
        if at < b"drift.policies/v1\n".len() {
            let run = run(&stage, &["--policy", &stage.path("b")]).expect(2);
            assert!(run.error_text().contains("no sealed bundle"), "{}", run.error_text());
        } else {
            refused(asked(&stage, &[]), &["altered"], &format!("byte {at}"));
        }
    }
    for spoiled in [&golden[..golden.len() - 1], &[&golden[..], b"x"].concat()] {
        stage.write("b", spoiled);
        refused(asked(&stage, &[]), &["altered"], "another length");
    }
    stage.write("b", &golden);
    let seal = stage.read("b.sigstore.json");
    for at in (0..seal.len()).step_by((seal.len() / 12).max(1)) {
        let mut spoiled = seal.clone();
        spoiled[at] ^= 1;
        stage.write("b.sigstore.json", &spoiled);
        refused(asked(&stage, &[]), &["altered", "malformed", "wrong-key"], &format!("seal {at}"));
    }
}

/// The seal holds over the bytes, and what they say is no bundle.
#[test]
fn a_list_that_lies_is_refused_though_it_is_signed() {
    let stage = bundled();
    let golden = String::from_utf8(stage.read("b")).expect("text");
    let statement = stage.read("b.sigstore.json");
    let (head, body) = golden.split_at(golden.find("]}\n").expect("a list") + 3);
    let (mark, list) = head.split_once('\n').expect("a mark");
    let list: Value = serde_json::from_str(list).expect("JSON");
    let with = |change: &dyn Fn(&mut Vec<Value>), body: &str| {
        let mut list = list.clone();
        change(list["files"].as_array_mut().expect("files"));
        // In the order of the members that drift writes.
        let files = list["files"].as_array().expect("files").iter().map(|file| {
            format!(
                "{{\"name\":{},\"size\":{},\"sha256\":{}}}",
                file["name"], file["size"], file["sha256"]
            )
        });
        let files: Vec<String> = files.collect();
        format!(
            "{mark}\n{{\"schema\":{},\"name\":{},\"created_by\":{},\"files\":[{}]}}\n{body}",
            list["schema"],
            list["name"],
            list["created_by"],
            files.join(",")
        )
    };
    assert_eq!(with(&|_| {}, body), golden, "the list is written as drift writes it");
    let size = list["files"][0]["size"].as_u64().expect("a size") as usize;
    let games = [
        ("a file too many", with(&|_| {}, &format!("{body}x"))),
        ("a file left out of the list", with(&|files| drop(files.remove(0)), body)),
        ("a file left out of both", with(&|files| drop(files.remove(0)), &body[size..])),
        ("another order", with(&|files| files.swap(0, 1), body)),
        ("another name", with(&|files| files[0]["name"] = "zzz.rego".into(), body)),
        ("a name that leads out", with(&|files| files[0]["name"] = "../x.rego".into(), body)),
        ("a data file", with(&|files| files[0]["name"] = "data.json".into(), body)),
        ("the same name twice", with(&|files| files[1]["name"] = files[0]["name"].clone(), body)),
        ("another size", with(&|files| files[0]["size"] = 1.into(), body)),
        ("another sum", with(&|files| files[0]["sha256"] = files[1]["sha256"].clone(), body)),
    ];
    for (what, bytes) in games {
        stage.write("b", &bytes);
        let sealed = sealed_by_force(&statement, &stage, bytes.as_bytes());
        stage.write("b.sigstore.json", sealed);
        refused(asked(&stage, &[]), &["malformed", "altered"], what);
        // Nor does the program itself seal such a thing.
        if what != "a file left out of both" {
            let all = ["seal", &stage.path("b"), "--sign", &stage.path("golden.key.pem")];
            let _refused = stage.drift(all).expect(2);
        }
    }
}

/// Signs the statement of the golden bundle over other bytes, as a careless holder of the key would.
fn sealed_by_force(statement: &[u8], stage: &Stage, bytes: &[u8]) -> Vec<u8> {
    use drift_core::model::Digest;
    use drift_core::seal::{Predicate, PrivateKey, seal, unverified_statement};
    let statement = unverified_statement(statement).expect("a statement");
    let Predicate::Policies(mut policies) = statement.predicate else { panic!("no policies") };
    policies.sequence += 1;
    policies.policies_digest = Digest::sha256_of(b"whatever");
    let text = String::from_utf8(stage.read("golden.key.pem")).expect("PEM");
    let key = PrivateKey::from_pem(&text).expect("a key");
    let sealed = seal(bytes, "b", Predicate::Policies(policies), &[key]).expect("a seal");
    sealed[0].bytes.clone()
}

#[test]
fn an_older_bundle_does_not_come_back() {
    let stage = bundled();
    let (first, seal_of_first) = (stage.read("b"), stage.read("b.sigstore.json"));
    let _taken = asked(&stage, &[]).expect(1);
    file(&stage, "p/one.rego", &policy("one", PASSES));
    bundle(&stage, &[]);
    assert_eq!(ended(&asked(&stage, &[]), "site/one").0, "pass");
    stage.write("b", first);
    stage.write("b.sigstore.json", seal_of_first);
    refused(asked(&stage, &[]), &["rolled-back"], "the first one");
    // Policies and baselines of one name have lineages of their own.
    bundle(&stage, &["--identity", "web"]);
    stage.capture("root", &[]);
    let golden: Value = serde_json::from_slice(&stage.read("state/lineages.json")).expect("JSON");
    assert_eq!(golden["lineages"]["web"]["sequence"], 1, "{golden:#}");
    assert_eq!(golden["policies"]["web"]["sequence"], 1, "{golden:#}");
    assert_eq!(golden["policies"]["site"]["sequence"], 2, "{golden:#}");
}

#[test]
fn a_bundle_ends_when_its_seal_says() {
    let stage = bundled();
    seal(&stage, &["--expires", "2027-01-01", "--now", "2026-11-21T12:00:00Z"]);
    let _taken = asked(&stage, &["--now", "2026-12-31T23:59:59Z"]).expect(1);
    refused(asked(&stage, &["--now", "2027-01-02T00:00:00Z"]), &["expired"], "the day after");
}

/// A seal of one kind is never one of another.
#[test]
fn a_snapshot_is_no_bundle_and_a_bundle_no_snapshot() {
    let stage = bundled();
    stage.capture("root", &[]);
    let (root, state) = (format!("dir:{}", stage.path("root")), stage.path("state"));
    let key = stage.path("golden.pub.pem");
    let common = ["check", &root, "--no-config", "--trust", &key, "--state", &state];
    let (b, golden) = (stage.path("b"), stage.path("golden.drift"));
    let as_baseline = [&common[..], &["--baseline", &b, "--format", "json"]].concat();
    let report = Report::of(&stage.drift(as_baseline)).expect(4);
    assert_eq!(report.reason(), "wrong-identity");
    let told = run(&stage, &["--policy", &golden]).expect(2).error_text();
    assert!(told.contains("no sealed bundle"), "{told}");
}

#[test]
fn what_cannot_be_loaded_is_not_bundled() {
    let stage = with(&[("one", "{")]);
    let (p, out, key) = (stage.path("p"), stage.path("b"), stage.path("golden.key.pem"));
    let all = ["policy", "bundle", &p, "--out", &out, "--sign", &key];
    let told = stage.drift(all).expect(2).error_text();
    assert!(told.contains("one.rego"), "{told}");
    assert!(!stage.at("b").exists());
    let told = stage.drift(&all[..5]).expect(2).error_text();
    assert!(told.contains("a bundle needs a key"), "{told}");
}

#[test]
fn waivers_are_sealed_as_such() {
    let stage = Stage::new();
    file(&stage, "w.toml", "");
    let (w, key) = (stage.path("w.toml"), stage.path("golden.key.pem"));
    let (public, state) = (stage.path("golden.pub.pem"), stage.path("state"));
    let _sealed = stage.drift(["seal", &w, "--sign", &key, "--state", &state]).expect(0);
    let told = stage.drift(["verify", &w, "--trust", &public, "--state", &state]).expect(0).text();
    assert!(told.contains("file of waivers") && told.contains("identity        w"), "{told}");
    let with_sequence = ["seal", &w, "--sign", &key, "--state", &state, "--sequence", "2"];
    let _refused = stage.drift(with_sequence).expect(2);
}
