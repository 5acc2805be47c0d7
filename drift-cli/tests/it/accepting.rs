//! `drift accept` on the signing machine: what it says, what it writes, and what it refuses.

use crate::stage::Stage;

/// A stage whose root changed after it was sealed: one file altered, one added in a new directory;
/// captured into `now.drift`.
fn changed() -> Stage {
    let stage = Stage::sealed();
    stage.write("root/etc/hosts", "127.0.0.1 localhost other\n");
    stage.write("root/usr/bin/tool", "#!/bin/sh\nexit 1\n");
    snapshot(&stage, &[]);
    stage
}

fn snapshot(stage: &Stage, more: &[&str]) {
    let target = format!("dir:{}", stage.path("root"));
    let out = stage.path("now.drift");
    let _made =
        stage.drift([&["capture", &target, "--out", &out, "--no-config"], more].concat()).expect(0);
}

fn arguments(stage: &Stage, more: &[&str]) -> Vec<String> {
    let mut all = vec!["accept".to_owned(), stage.path("golden.drift")];
    for (flag, value) in [
        ("--trust", stage.path("golden.pub.pem")),
        ("--from", stage.path("now.drift")),
        ("--out", stage.path("next.drift")),
        ("--state", stage.path("state")),
    ] {
        all.extend([flag.to_owned(), value]);
    }
    all.extend(more.iter().map(|&argument| argument.to_owned()));
    all
}

#[test]
fn what_is_accepted_is_listed_sealed_and_golden_afterwards() {
    let stage = changed();
    let key = stage.path("golden.key.pem");
    let run = stage
        .drift(arguments(&stage, &["--unverified", "--path", "/etc/hosts", "--sign", &key]))
        .expect(0);
    let text = run.text();
    assert!(text.starts_with("ACCEPTED: 1 change into what follows "), "{text}");
    assert!(text.contains("/etc/hosts: content changed"), "{text}");
    assert!(!text.contains("/usr/bin/tool"), "{text}");
    assert!(text.contains("not accepted: 1 change\n"), "{text}");
    assert!(text.contains("sealed for web, sequence 2"), "{text}");
    let told = text.find("/etc/hosts").zip(text.find("written to"));
    assert!(told.is_some_and(|(listed, written)| listed < written), "listed before it is written");
    let verified = stage
        .drift([
            "verify",
            &stage.path("next.drift"),
            "--trust",
            &stage.path("golden.pub.pem"),
            "--state",
            &stage.path("state"),
        ])
        .expect(0);
    let text = verified.text();
    assert!(text.contains("  accepted        1 change (ids sha256:"), "{text}");
    assert!(text.contains("by path /etc/hosts, after sequence 1"), "{text}");
    // What was accepted is a finding no longer; what was not still is.
    let root = format!("dir:{}", stage.path("root"));
    let check = stage.drift([
        "check",
        &root,
        "--baseline",
        &stage.path("next.drift"),
        "--trust",
        &stage.path("golden.pub.pem"),
        "--state",
        &stage.path("state"),
    ]);
    assert_eq!(check.code, Some(1), "{}", check.text());
    assert!(check.text().contains("/usr/bin/tool"), "{}", check.text());
    assert!(!check.text().contains("/etc/hosts"), "{}", check.text());
    // The golden baseline before it is now an old one.
    let again = ["--unverified", "--all", "--sign", &key];
    let run = stage.drift(arguments(&stage, &again)).expect(4);
    assert!(run.error_text().contains("rolled-back"), "{}", run.error_text());
}

#[test]
fn nothing_is_written_where_something_is_refused() {
    let stage = changed();
    let key = stage.path("golden.key.pem");
    let golden = stage.path("golden.drift");
    for (more, code, said) in [
        // Nothing is selected.
        (vec!["--unverified"], 2, "--path"),
        (vec!["--unverified", "--path", "/etc/host"], 2, "the nearest that does is /etc/hosts"),
        (vec!["--unverified", "--path", "etc"], 2, "a path begins with /"),
        (
            vec!["--unverified", "--change", "0123456789abcdef"],
            2,
            "no change of the snapshot has the id",
        ),
        (vec!["--unverified", "--package", "bash"], 2, "nothing happened to a package bash"),
        (vec!["--unverified", "--all", "--sequence", "1", "--sign", &key], 2, "does not follow 1"),
        (vec!["--unverified", "--all", "--report", &golden], 2, "it is no report of drift"),
        // The snapshot is not sealed.
        (vec!["--all"], 4, "unsigned"),
    ] {
        let run = stage.drift(arguments(&stage, &more)).expect(code);
        assert!(run.error_text().contains(said), "{more:?}: {}", run.error_text());
        assert!(!stage.at("next.drift").exists(), "{more:?}");
    }
    // Nor over what it is made of.
    for file in ["golden.drift", "now.drift"] {
        let mut all = arguments(&stage, &["--unverified", "--all"]);
        let out = all.iter().position(|argument| argument == "--out").unwrap_or_default();
        all[out + 1] = stage.path(file);
        let before = stage.read(file);
        let run = stage.drift(all).expect(2);
        assert!(run.error_text().contains("would replace what"), "{}", run.error_text());
        assert_eq!(stage.read(file), before);
    }
    // Nor from a golden baseline that nobody vouches for, whatever is said of the snapshot.
    let mut spoiled = stage.read("golden.drift");
    let middle = spoiled.len() / 2;
    spoiled[middle] ^= 1;
    stage.write("golden.drift", spoiled);
    let _refused = stage.drift(arguments(&stage, &["--unverified", "--all"])).expect(4);
    assert!(!stage.at("next.drift").exists());
}

#[test]
fn a_report_chooses_by_ids_and_a_sealed_snapshot_needs_no_word() {
    let stage = changed();
    let report = stage.report(&[]).expect(1);
    let id = report.changes("/etc/hosts")[0]["id"].as_str().expect("an id").to_owned();
    stage.write("report.json", report.document.to_string());
    let key = stage.path("golden.key.pem");
    snapshot(&stage, &["--sign", &key, "--identity", "web-17", "--state", &stage.path("other")]);
    let more = ["--change", &id, "--report", &stage.path("report.json"), "--sign", &key];
    let more = [&more[..], &["--sequence", "9", "--provenance", "ticket=OPS-1"]].concat();
    let run = stage.drift(arguments(&stage, &more)).expect(0);
    assert!(run.text().contains("sealed for web, sequence 9"), "{}", run.text());
    // Something else is there by now: the id binds what was looked at.
    stage.write("root/etc/hosts", "127.0.0.1 localhost evil\n");
    snapshot(&stage, &["--sign", &key, "--identity", "web-17", "--state", &stage.path("other")]);
    let mut all = arguments(&stage, &more);
    let state = all.iter().position(|argument| argument == "--state").unwrap_or_default();
    all[state + 1] = stage.path("third");
    let run = stage.drift(all).expect(2);
    assert!(
        run.error_text().contains("which the report gives to /etc/hosts"),
        "{}",
        run.error_text()
    );
}

#[test]
fn without_a_key_the_next_baseline_is_a_snapshot() {
    let stage = changed();
    let run = stage.drift(arguments(&stage, &["--unverified", "--all"])).expect(0);
    assert!(run.error_text().contains("drift seal"), "{}", run.error_text());
    assert!(run.error_text().contains("--sequence 2"), "{}", run.error_text());
    assert!(stage.at("next.drift").exists() && !stage.at("next.drift.sigstore.json").exists());
    let diff = stage.drift([
        "diff",
        "--unverified",
        &format!("baseline:{}", stage.path("next.drift")),
        &format!("baseline:{}", stage.path("now.drift")),
    ]);
    assert_eq!(diff.code, Some(0), "{}", diff.text());
}
