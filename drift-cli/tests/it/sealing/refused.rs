//! Whole and well-formed seals that are not to be trusted.

#![expect(clippy::disallowed_methods, reason = "tests build and spoil real files")]

use crate::stage::{Report, Stage};

/// Fails unless the check ends with 4 and this reason, and the same report stands in the file.
#[track_caller]
fn assert_refused(stage: &Stage, reason: &str, more: &[&str]) -> Report {
    let output = format!("json={}", stage.path("report.json"));
    let report = stage.report(&[more, &["--output", &output]].concat()).expect(4);
    assert_eq!(report.reason(), reason, "{:#}", report.document["verdict"]);
    assert_eq!(report.document["verdict"]["status"], "untrusted");
    assert_eq!(report.document["verdict"]["complete"], false);
    assert_eq!(report.all("/changes").count(), 0, "nothing of the baseline is used");
    assert_eq!(report.document["baseline"]["verified"], false);
    let file: serde_json::Value =
        serde_json::from_slice(&stage.read("report.json")).expect("the file is written");
    assert_eq!(file["verdict"], report.document["verdict"]);
    report
}

/// Makes a second key pair.
fn other_key(stage: &Stage, name: &str) -> (String, String) {
    let _made = stage.drift(["keygen", "--out", &stage.path(name)]).expect(0);
    (stage.path(&format!("{name}.key.pem")), stage.path(&format!("{name}.pub.pem")))
}

/// Returns the arguments of a check without `--trust`.
fn without_trust(stage: &Stage) -> Vec<String> {
    let mut all = stage.check_arguments("root");
    let at = all.iter().position(|argument| argument == "--trust").expect("--trust");
    let _pair: Vec<String> = all.drain(at..at + 2).collect();
    all
}

#[test]
fn the_seal_holds_for_who_may_trust_it() {
    let stage = Stage::sealed();
    let report = stage.report(&["--expect-identity", "web"]).expect(0);
    assert_eq!(report.document["baseline"]["verified"], true);
    assert_eq!(report.document["baseline"]["signers"][0]["name"], "golden");
}

#[test]
fn without_trust_or_seal() {
    let stage = Stage::sealed();
    let mut arguments = without_trust(&stage);
    arguments.extend(["--format", "json"].map(str::to_owned));
    let report = Report::of(&stage.drift(&arguments)).expect(4);
    assert_eq!(report.reason(), "no-trust");
    let _moved = std::fs::rename(stage.at("golden.drift.sigstore.json"), stage.at("elsewhere"));
    let _report = assert_refused(&stage, "unsigned", &[]);
}

#[test]
fn another_key() {
    let stage = Stage::sealed();
    let (_, other) = other_key(&stage, "other");
    let mut arguments = without_trust(&stage);
    arguments.extend(["--trust", &other, "--format", "json"].map(str::to_owned));
    let report = Report::of(&stage.drift(&arguments)).expect(4);
    assert_eq!(report.reason(), "wrong-key");
}

#[test]
fn another_identity() {
    let stage = Stage::sealed();
    let _report = assert_refused(&stage, "wrong-identity", &["--expect-identity", "database"]);
    let _report = assert_refused(&stage, "wrong-identity", &["--expect-identity", "web "]);
    let _report = assert_refused(&stage, "wrong-identity", &["--expect-identity", ""]);
}

#[test]
fn times() {
    let stage = Stage::new();
    stage.capture("root", &["--now", "2026-01-01T00:00:00Z", "--expires", "30d"]);
    for (now, more, reason) in [
        ("2025-12-31T23:54:59Z", vec![], Some("not-yet-valid")),
        ("2026-01-01T00:00:00Z", vec![], None),
        ("2026-01-11T00:00:00Z", vec!["--max-age", "10d"], None),
        ("2026-01-11T00:00:01Z", vec!["--max-age", "10d"], Some("too-old")),
        ("2026-01-01T13:00:00Z", vec!["--max-age", "12h"], Some("too-old")),
        ("2026-01-30T23:59:59Z", vec![], None),
        ("2026-01-31T00:00:01Z", vec![], Some("expired")),
        ("2126-01-31T00:00:01Z", vec![], Some("expired")),
        // A time that the operator made up is not remembered: a test run in the future must not
        // make every later check too late.
        ("2026-01-12T00:00:00Z", vec!["--max-age", "12d"], None),
    ] {
        let all = [&["--now", now], more.as_slice()].concat();
        match reason {
            Some(reason) => drop(assert_refused(&stage, reason, &all)),
            None => drop(stage.report(&all).expect(0)),
        }
    }
}

#[test]
fn an_older_sequence() {
    let stage = Stage::sealed();
    for name in ["golden.drift", "golden.drift.sigstore.json"] {
        stage.write(format!("{name}.old"), stage.read(name));
    }
    let _report = stage.report(&[]).expect(0);
    // The second capture takes the next sequence by itself.
    stage.write("root/etc/hosts", "127.0.0.1 patched\n");
    stage.capture("root", &[]);
    let report = stage.report(&[]).expect(0);
    assert_eq!(report.document["baseline"]["sequence"], 2);
    for name in ["golden.drift", "golden.drift.sigstore.json"] {
        stage.write(name, stage.read(format!("{name}.old")));
    }
    let _report = assert_refused(&stage, "rolled-back", &[]);
    // Whoever asks for a minimum has a memory; without one the old seal is taken, and that is said.
    stage.write("state/lineages.json.kept", stage.read("state/lineages.json"));
    std::fs::remove_file(stage.at("state/lineages.json")).expect("the memory is there");
    let _report = assert_refused(&stage, "rolled-back", &["--min-sequence", "1"]);
    let report = stage.report(&[]).expect(1);
    assert!(report.document["notes"].to_string().contains("no memory of earlier baselines"));
    let _report = assert_refused(&stage, "rolled-back", &["--min-sequence", "2"]);
    let _report = stage.report(&["--min-sequence", "1"]).expect(1);
}

#[test]
fn two_contents_of_one_sequence() {
    let stage = Stage::sealed();
    let _report = stage.report(&[]).expect(0);
    stage.write("root/etc/hosts", "127.0.0.1 fork\n");
    stage.capture("root", &["--sequence", "1"]);
    let _report = assert_refused(&stage, "rolled-back", &[]);
}

#[test]
fn a_threshold_counts_keys_not_names_or_bundles() {
    let stage = Stage::sealed();
    let _report = assert_refused(&stage, "below-threshold", &["--threshold", "2"]);
    // One key under two file names, and its bundle under two.
    stage.write("again.pem", stage.read("golden.pub.pem"));
    let again = stage.path("again.pem");
    let _copied = std::fs::copy(
        stage.at("golden.drift.sigstore.json"),
        stage.at("golden.drift.0123456789abcdef.sigstore.json"),
    );
    let report = stage.report(&["--threshold", "2", "--trust", &again]);
    let report = report.expect(4);
    assert!(["below-threshold", "malformed"].contains(&report.reason()), "{}", report.reason());
    std::fs::remove_file(stage.at("golden.drift.0123456789abcdef.sigstore.json")).expect("a copy");
    let _report =
        assert_refused(&stage, "below-threshold", &["--threshold", "2", "--trust", &again]);

    let (second, public) = other_key(&stage, "second");
    stage.capture("root", &["--sign", &second, "--sequence", "1"]);
    let report = stage.report(&["--threshold", "2", "--trust", &public]).expect(0);
    assert_eq!(report.all("/baseline/signers").count(), 2);
    let _report =
        assert_refused(&stage, "below-threshold", &["--threshold", "3", "--trust", &public]);
}

#[test]
fn a_revoked_key() {
    let stage = Stage::sealed();
    let trust = |revoked: &str| {
        let text = format!("[[key]]\nname = 'release'\nfile = 'golden.pub.pem'\n{revoked}");
        stage.write("trust.toml", text);
        let mut arguments = without_trust(&stage);
        arguments
            .extend(["--trust", &stage.path("trust.toml"), "--format", "json"].map(str::to_owned));
        stage.drift(&arguments)
    };
    let report = Report::of(&trust("")).expect(0);
    assert_eq!(report.document["baseline"]["signers"][0]["name"], "release");
    let key = report.text("/baseline/signers/0/key").to_owned();
    let report = Report::of(&trust(&format!("[[revoked]]\nkey = '{key}'\nreason = 'lost'\n")));
    assert_eq!(report.expect(4).reason(), "revoked");
    // A word that trust.toml does not know must not be overlooked.
    let run = trust("[[revokd]]\nkey = 'x'\n").expect(2);
    assert!(run.error_text().contains("revokd"), "{}", run.error_text());
}

#[test]
fn every_verb_that_opens_a_baseline_refuses_it_with_the_same_code() {
    let stage = Stage::sealed();
    let (_, other) = other_key(&stage, "other");
    let (file, root) = (stage.path("golden.drift"), format!("dir:{}", stage.path("root")));
    let target = format!("baseline:{file}");
    let verbs: [&[&str]; 8] = [
        &["check", &root, "--baseline", &file],
        &["verify", &file],
        &["inspect", &file],
        &["inspect", &file, "entries"],
        &["export", &file, "--format", "mtree"],
        &["diff", &target, &root],
        &["explain", "/etc/hosts", &root, "--baseline", &file],
        &["rules", "explain", "/etc/hosts", &root, "--baseline", &file],
    ];
    let state = stage.path("state");
    for verb in verbs {
        let run = stage.drift([verb, &["--trust", &other, "--state", &state]].concat());
        assert_eq!(run.code, Some(4), "{verb:?}: {}{}", run.text(), run.error_text());
        let said = run.text() + &run.error_text();
        assert!(
            ["wrong-key", "no trusted key signed it"].iter().any(|words| said.contains(words)),
            "{verb:?} names no reason: {said}"
        );
        let run = stage.drift([verb, &["--state", &state]].concat());
        assert_eq!(run.code, Some(4), "{verb:?} without trust: {}", run.error_text());
        let said = run.text() + &run.error_text();
        assert!(
            ["no-trust", "no trusted key was given"].iter().any(|words| said.contains(words)),
            "{verb:?}: {said}"
        );
    }
}

/// Keys that never meet on one machine reach a threshold by signing one statement.
#[test]
fn a_second_key_countersigns() {
    let stage = Stage::sealed();
    let first = stage.read("golden.drift.sigstore.json");
    let (key, public) = other_key(&stage, "second");
    let both = ["--threshold", "2", "--trust", &public];
    let _report = assert_refused(&stage, "below-threshold", &both);
    let sealed = stage.path("golden.drift");
    let state = stage.path("state");
    let again = ["seal", &sealed, "--sign", &key, "--state", &state];
    let run = stage.drift(again).expect(0);
    assert!(run.text().starts_with("countersigned"), "{}", run.text());
    assert_eq!(stage.read("golden.drift.sigstore.json"), first, "the first seal stays");
    let report = stage.report(&both).expect(0);
    assert_eq!(report.document["baseline"]["signers"].as_array().map(Vec::len), Some(2));
    assert_eq!(report.document["baseline"]["sequence"], 1);
    // The key that sealed it first seals anew, in the next place.
    let own = stage.path("golden.key.pem");
    let _run = stage.drift(["seal", &sealed, "--sign", &own, "--state", &state]).expect(0);
    let report = stage.report(&[]).expect(0);
    assert_eq!(report.document["baseline"]["sequence"], 2);
}
