//! Two runs of the real program over one root that changes between them; then many reports as one.

#![expect(clippy::disallowed_methods, reason = "tests build and spoil real files")]

use std::time::Instant;

use serde_json::{Value, json};

use crate::stage::{Report, Stage};

impl Stage {
    /// Checks `root/` and keeps the report as `name`.
    #[track_caller]
    fn keep(&self, name: &str, more: &[&str]) -> Report {
        let output = format!("json={}", self.path(name));
        let report = self.report(&[&["--output", &output], more].concat());
        self.mode(name, 0o600);
        report
    }

    /// Keeps a report that is this one with some members set.
    fn altered(&self, name: &str, from: &Value, set: &[(&str, Value)]) {
        let mut document = from.clone();
        for (pointer, value) in set {
            *document.pointer_mut(pointer).expect("the report has it") = value.clone();
        }
        self.write(name, document.to_string());
        self.mode(name, 0o600);
    }

    /// Spoils a file, and keeps it to be put back as it was.
    fn spoil(&self, name: &str) {
        let file = format!("root/{name}");
        std::fs::rename(self.at(&file), self.at("kept")).expect("the stage can be written");
        self.write(file, "spoiled\n");
    }

    /// Puts back what was spoiled, its times as well.
    fn mend(&self, name: &str) {
        let file = self.at(format!("root/{name}"));
        std::fs::rename(self.at("kept"), file).expect("the stage can be written");
    }

    fn since(&self, name: &str, more: &[&str]) -> Report {
        let file = self.path(name);
        self.report(&[&["--previous", &file], more].concat())
    }
}

fn paths(report: &Report, list: &str) -> Vec<String> {
    let pointer = format!("/since_previous/{list}");
    let all = report.all(&pointer);
    all.map(|finding| finding["path"].as_str().unwrap_or_default().to_owned()).collect()
}

fn counts(report: &Report) -> (usize, usize, u64, u64) {
    let since = &report.document["since_previous"];
    let number = |name: &str| since[name].as_u64().unwrap_or(u64::MAX);
    (
        paths(report, "new").len(),
        paths(report, "fixed").len(),
        number("replaced"),
        number("unchanged"),
    )
}

#[test]
fn what_is_new_what_is_fixed_and_what_stays() {
    let stage = Stage::sealed();
    stage.spoil("etc/hosts");
    stage.write("root/usr/bin/tool", "#!/bin/sh\nexit 1\n");
    stage.write("root/etc/stays", "x\n");
    let first = stage.keep("first.json", &[]).expect(1);
    assert_eq!(first.document["since_previous"], Value::Null);

    let same = stage.since("first.json", &[]).expect(1);
    let all = first.document["changes"].as_array().map(Vec::len).unwrap_or_default();
    let by_rule = first.all("/changes").filter(|change| change["severity"] == "none").count();
    assert_eq!(counts(&same), (0, 0, 0, (all - by_rule) as u64));
    assert_eq!(same.document["scope"]["previous"], same.document["since_previous"]["digest"]);

    stage.mend("etc/hosts");
    stage.write("root/usr/bin/tool", "#!/bin/sh\nexit 2\n");
    stage.write("root/usr/bin/more", "#!/bin/sh\n");
    let next = stage.since("first.json", &[]).expect(1);
    assert_eq!(paths(&next, "new"), ["/usr/bin/tool", "/usr/bin/more"]);
    assert_eq!(paths(&next, "fixed"), ["/etc/hosts"]);
    // What was spoiled another time is not fixed.
    assert_eq!(next.document["since_previous"]["replaced"], 1);
    assert_eq!(next.document["since_previous"]["incomparable"], json!([]));
    let text = stage.check(&["--previous", &stage.path("first.json")]);
    assert!(text.text().contains("Since the previous report: 2 new, 1 fixed"), "{}", text.text());
}

#[test]
fn only_what_is_new_fails() {
    let stage = Stage::sealed();
    stage.write("root/usr/bin/tool", "#!/bin/sh\nexit 1\n");
    let _first = stage.keep("first.json", &[]).expect(1);
    let new = ["--fail-on-new"];
    let known = stage.since("first.json", &new).expect(0);
    assert_eq!(known.text("/verdict/status"), "clean");
    assert_eq!(known.document["since_previous"]["not_counted"], 1);
    assert_eq!(known.document["scope"]["fail_on_new"], true);
    let text = stage.check(&["--previous", &stage.path("first.json"), "--fail-on-new"]).expect(0);
    let first = text.text().lines().next().unwrap_or_default().to_owned();
    assert!(
        first.starts_with("CLEAN: no new finding at or above medium; 1 known one left"),
        "{first}"
    );

    stage.write("root/etc/more", "x\n");
    let more = stage.since("first.json", &new).expect(1);
    assert_eq!(paths(&more, "new"), ["/etc/more"]);
    let text = stage.check(&["--previous", &stage.path("first.json"), "--fail-on-new"]).expect(1);
    assert!(text.text().starts_with("DRIFT: 1 finding at or above medium that the previous"));

    // A waiver that held then and does not now, and a finding that was quieter, count again.
    let document = serde_json::from_slice(&stage.read("first.json")).expect("a report");
    for (pointer, value) in
        [("/changes/0/waived_by", json!("W")), ("/changes/0/severity", json!("low"))]
    {
        std::fs::remove_file(stage.at("root/etc/more")).ok();
        stage.altered("was.json", &document, &[(pointer, value)]);
        let again = stage.since("was.json", &new).expect(1);
        assert_eq!(paths(&again, "again"), ["/usr/bin/tool"], "{pointer}");
        assert_eq!(counts(&again), (0, 0, 0, 1));
    }
}

/// Each row alters the previous report in one way, so that nothing but the same id proves anything.
#[test]
fn what_cannot_be_compared_counts_and_says_why() {
    let stage = Stage::sealed();
    stage.spoil("etc/hosts");
    stage.write("root/usr/bin/tool", "#!/bin/sh\nexit 1\n");
    let _first = stage.keep("first.json", &[]).expect(1);
    stage.mend("etc/hosts");
    stage.write("root/etc/more", "x\n");
    let from: Value = serde_json::from_slice(&stage.read("first.json")).expect("a report");
    let problem =
        |path: &str| json!([{"path": path, "stage": "list", "reason": "x", "errno": null}]);
    for (set, reason, (now, before)) in [
        (vec![("/tool/rules_digest", json!("sha256:00"))], "other rules", (1, 1)),
        (vec![("/baseline/kind", json!("snapshot"))], "another kind of state", (1, 1)),
        (
            vec![("/baseline/root_digest", json!("a")), ("/baseline/effective_root", json!("b"))],
            "another baseline",
            (1, 1),
        ),
        (vec![("/target/kind", json!("tar"))], "another kind of target", (1, 1)),
        (vec![("/scope/only", json!(["packages"]))], "did not compare entries", (1, 1)),
        (vec![("/scope/only", json!(["policies"]))], "did not compare entries", (1, 1)),
        (vec![("/coverage/not_observable/0", json!("entries.acl"))], "entries.acl", (1, 1)),
        (vec![("/verdict/reason", json!("deadline"))], "was stopped (deadline)", (1, 1)),
        (vec![("/verdict/status", json!("untrusted"))], "compared nothing", (1, 1)),
        (vec![("/target/root_digest", Value::Null)], "compared nothing", (1, 1)),
        (vec![("/problems", problem("/etc"))], "not observed in the previous run", (1, 0)),
        (vec![("/problems", problem("/"))], "not observed in the previous run", (1, 0)),
    ] {
        stage.altered("was.json", &from, &set);
        let report = stage.since("was.json", &["--fail-on-new"]).expect(1);
        let since = &report.document["since_previous"];
        let one = &since["incomparable"][0];
        let told = one["reason"].as_str().unwrap_or_default();
        assert!(told.contains(reason), "{set:?}: {since:#}");
        assert_eq!(
            (one["now"].clone(), one["before"].clone()),
            (json!(now), json!(before)),
            "{set:?}"
        );
        // The tool stands in both under one id, whatever else differs.
        assert_eq!(since["unchanged"], 1, "{set:?}");
    }
    // Another file of the same content is the same baseline, sealed another time.
    stage.altered("was.json", &from, &[("/baseline/root_digest", json!("sha256:00"))]);
    let report = stage.since("was.json", &[]).expect(1);
    assert_eq!(counts(&report), (1, 1, 0, 1));
    // Elsewhere a problem stands in no way.
    stage.altered("was.json", &from, &[("/problems", problem("/srv"))]);
    assert_eq!(counts(&stage.since("was.json", &[]).expect(1)), (1, 1, 0, 1));
}

#[test]
fn a_part_that_is_left_out_now_is_not_fixed() {
    let stage = Stage::sealed();
    stage.spoil("etc/hosts");
    let _first = stage.keep("first.json", &[]).expect(1);
    stage.mend("etc/hosts");
    let report = stage.since("first.json", &["--only", "packages"]);
    let since = &report.document["since_previous"];
    assert_eq!(since["fixed"], json!([]));
    assert_eq!(since["incomparable"][0]["reason"], "this run did not compare entries");
}

#[test]
fn a_previous_report_that_cannot_be_used_is_an_error() {
    let stage = Stage::sealed();
    let _first = stage.keep("first.json", &[]).expect(0);
    let from: Value = serde_json::from_slice(&stage.read("first.json")).expect("a report");
    let refused = |arguments: &[&str], code, words: &str| {
        let run = stage.check(arguments).expect(code);
        assert!(run.error_text().contains(words), "{}", run.error_text());
    };
    refused(&["--fail-on-new"], 2, "--fail-on-new needs a report");
    refused(&["--previous", &stage.path("absent.json")], 2, "absent.json");
    let was = stage.path("was.json");
    stage.altered("was.json", &from, &[("/schema", json!("drift.report/v2"))]);
    refused(&["--previous", &was], 2, "this version of drift reads \"drift.report/v1\"");
    stage.altered("was.json", &from, &[("/changes", json!("none"))]);
    refused(&["--previous", &was], 2, "was.json: it is no report of drift in JSON");
    stage.write("was.json", "CLEAN: no finding\n");
    refused(&["--previous", &was], 2, "--output json=FILE");
    // Whoever may write it decides what is known.
    stage.altered("was.json", &from, &[]);
    stage.mode("was.json", 0o666);
    refused(&["--previous", &was], 2, "was.json");
    // The report must not take the place of what it is compared with.
    let over = format!("json={}", stage.path("first.json"));
    refused(&["--previous", &stage.path("first.json"), "--output", &over], 2, "would overwrite");
}

#[test]
fn a_sealed_report_is_verified() {
    let stage = Stage::sealed();
    let key = stage.path("golden.key.pem");
    let _first = stage.keep("first.json", &["--sign-report", &key]).expect(0);
    let report = stage.since("first.json", &[]).expect(0);
    assert_eq!(report.document["since_previous"]["verified"], true);
    // With a seal it does not matter who may write it.
    stage.mode("first.json", 0o666);
    let _verified = stage.since("first.json", &[]).expect(0);
    let mut bytes = stage.read("first.json");
    bytes.push(b'\n');
    stage.write("first.json", bytes);
    let run = stage.check(&["--previous", &stage.path("first.json")]).expect(4);
    assert!(run.error_text().contains("first.json: altered"), "{}", run.error_text());
}

/// The policies of a check without a baseline, through two runs.
#[test]
fn policies_are_compared_denial_by_denial() {
    let stage = Stage::new();
    let passwd = |more: &str| format!("root:x:0:0:root:/root:/bin/sh\n{more}");
    let toor = "toor:x:0:0::/root:/bin/sh\n";
    let evil = "evil:x:0:0::/root:/bin/sh\n";
    let check = |more: &[&str]| {
        let target = format!("dir:{}", stage.path("root"));
        let state = stage.path("state");
        let fixed = ["check", &target, "--state", &state, "--policy", "builtin:host"];
        let all = [&fixed[..], &["--format", "json"], more].concat();
        Report::of(&stage.drift(all))
    };
    stage.write("root/etc/group", "root:x:0:\n");
    stage.write("root/etc/passwd", passwd(toor));
    let output = format!("json={}", stage.path("first.json"));
    let first = check(&["--output", &output]);
    stage.mode("first.json", 0o600);
    let uid = |report: &Report| {
        let found = report.all("/policies").find(|policy| policy["id"] == "host/second_uid_0");
        found.cloned().unwrap_or_default()
    };
    assert_eq!(uid(&first)["status"], "fail", "{:#}", first.document["policies"]);
    let file = stage.path("first.json");
    let since = |more: &[&str]| check(&[&["--previous", &file], more].concat());
    let of_uid = |report: &Report, list: &str| {
        let pointer = format!("/since_previous/{list}");
        let all = report.all(&pointer);
        all.filter(|finding| finding["policy"] == "host/second_uid_0").count()
    };
    stage.write("root/etc/passwd", passwd(&format!("{toor}{evil}")));
    let more = since(&["--fail-on-new", "--fail-on", "critical"]).expect(1);
    let since_first = &more.document["since_previous"];
    assert_eq!((of_uid(&more, "new"), of_uid(&more, "fixed")), (1, 0), "{since_first:#}");
    stage.write("root/etc/passwd", passwd(toor));
    // Without a package database the run stays incomplete, whatever is known.
    let same = since(&["--fail-on-new", "--fail-on", "critical"]).expect(3);
    assert_eq!(of_uid(&same, "new"), 0);
    assert_eq!(same.document["since_previous"]["not_counted"], 1);
    stage.write("root/etc/passwd", passwd(""));
    let fixed = since(&[]);
    assert_eq!(of_uid(&fixed, "fixed"), 1);
    assert_eq!(uid(&fixed)["status"], "fixed");
}

#[test]
fn ten_thousand_findings() {
    let stage = Stage::sealed();
    for at in 0..10_000 {
        stage.write(format!("root/etc/f{at}"), "x");
    }
    let first = stage.keep("first.json", &[]).expect(1);
    let all = first.document["changes"].as_array().map(Vec::len).unwrap_or_default();
    assert!(all >= 10_000, "{all}");
    for at in 0..5_000 {
        std::fs::remove_file(stage.at(format!("root/etc/f{at}"))).expect("it is there");
    }
    let started = Instant::now();
    let next = stage.since("first.json", &["--fail-on-new"]).expect(0);
    println!("10,000 findings against 10,000: {:?} for the whole check", started.elapsed());
    let (new, fixed, _, unchanged) = counts(&next);
    assert_eq!((new, fixed, unchanged), (0, 5_000, 5_000));
}

/// Groups as they are counted by hand.
#[test]
fn many_reports_are_one() {
    let stage = Stage::sealed();
    let clean = stage.keep("clean.json", &[]).expect(0).document;
    stage.write("root/usr/bin/tool", "#!/bin/sh\nexit 1\n");
    let drift = stage.keep("drift.json", &[]).expect(1).document;
    let named = |name: &str, from: &Value, host: &str, day: &str| {
        stage.altered(
            name,
            from,
            &[
                ("/target/identity/hostname", json!(host)),
                ("/run_id", json!(format!("{host}{day}"))),
                ("/finished", json!(format!("2026-11-{day}T00:00:00Z"))),
            ],
        );
    };
    for at in 0..7 {
        named(&format!("web{at}.json"), &clean, &format!("web{at}"), "02");
    }
    named("web7.json", &drift, "web7", "03");
    named("web8.json", &drift, "web8", "03");
    // It drifted, and does no longer.
    named("web0-old.json", &drift, "web0", "01");
    let summarize = |files: &[&str], more: &[&str]| {
        let files = files.iter().map(|file| stage.path(file));
        let all = ["summarize", "--format", "json"].iter().chain(more).map(|one| (*one).to_owned());
        let run = stage.drift(all.chain(files));
        let fleet: Value = serde_json::from_slice(&run.stdout).expect("JSON");
        assert_eq!(json!(run.code), fleet["exit_code"], "{fleet:#}");
        fleet
    };
    let healthy = ["web0.json", "web1.json", "web2.json", "web3.json", "web4.json"];
    let all = [&healthy[..], &["web7.json", "web8.json", "web0-old.json"]].concat();
    let fleet = summarize(&all, &[]);
    assert_eq!(fleet["exit_code"], 1);
    assert_eq!(
        (&fleet["reports"], &fleet["targets"], &fleet["superseded"]),
        (&json!(8), &json!(7), &json!(1))
    );
    assert_eq!(fleet["verdicts"], json!({"clean": 5, "findings": 2}));
    assert_eq!(fleet["groups"][0]["targets"], 5);
    assert_eq!(fleet["groups"][0]["outlier"], false);
    assert_eq!(fleet["groups"][1]["outlier"], true);
    assert_eq!(fleet["groups"][1]["drifts"][0]["names"], json!(["web7", "web8"]));
    assert_eq!(fleet["groups"][1]["drifts"][0]["examples"][0]["path"], "/usr/bin/tool");
    assert_eq!(fleet["oldest"]["target"], "web0");
    assert_eq!(summarize(&healthy, &[])["exit_code"], 0);
    assert_eq!(summarize(&["web0.json", "web0-old.json"], &[])["exit_code"], 0);
    assert_eq!(summarize(&["web0.json", "web0-old.json"], &["--all"])["exit_code"], 1);
    stage.write("broken.json", "{");
    let broken = summarize(&["web0.json", "broken.json", "absent.json"], &[]);
    assert_eq!(
        (&broken["exit_code"], broken["unreadable"].as_array().map(Vec::len)),
        (&json!(3), Some(2))
    );
    assert_eq!(summarize(&["web7.json", "broken.json"], &[])["exit_code"], 1);
    stage.altered("refused.json", &clean, &[("/verdict/status", json!("untrusted"))]);
    assert_eq!(summarize(&["web7.json", "refused.json"], &[])["exit_code"], 4);
    // With keys, only what they sealed is believed.
    let key = stage.path("golden.pub.pem");
    let unsealed = summarize(&["web0.json"], &["--trust", &key]);
    assert_eq!(
        (&unsealed["exit_code"], unsealed["refused"].as_array().map(Vec::len)),
        (&json!(4), Some(1))
    );
    let text =
        stage.drift(["summarize", &stage.path("web0.json"), &stage.path("web7.json")]).expect(1);
    assert!(text.text().starts_with("DRIFT: 2 targets: 1 clean, 1 findings."), "{}", text.text());
}

/// Neither a name nor a reason may start a line of its own, or carry a control byte.
#[test]
fn hostile_reports_do_not_reach_the_terminal() {
    let stage = Stage::sealed();
    stage.write("root/usr/bin/tool", "#!/bin/sh\nexit 1\n");
    let from = stage.keep("first.json", &[]).expect(1).document;
    let evil = json!("x\u{1b}[2K\nCLEAN: all\u{202e}");
    stage.altered(
        "evil.json",
        &from,
        &[
            ("/target/identity/hostname", evil.clone()),
            ("/target/effective_root", evil.clone()),
            ("/baseline/identity", evil.clone()),
            ("/changes/0/path", evil.clone()),
            ("/run_id", evil.clone()),
        ],
    );
    let evil_name = stage.at("a\u{1b}[1m\nCLEAN: b.json");
    std::fs::write(&evil_name, "{").expect("the stage can be written");
    let evil_name = evil_name.to_string_lossy().into_owned();
    let runs = [
        stage.drift(["summarize", &stage.path("evil.json"), &evil_name]).expect(1),
        stage.check(&["--previous", &stage.path("evil.json")]).expect(1),
    ];
    for run in runs {
        let text = format!("{}{}", run.text(), run.error_text());
        assert!(!text.contains('\u{1b}') && !text.contains('\u{202e}'), "{text}");
        assert!(!text.lines().any(|line| line.starts_with("CLEAN")), "{text}");
    }
}

#[test]
fn a_thousand_reports_are_summed_up_at_once() {
    let stage = Stage::sealed();
    for at in 0..100 {
        stage.write(format!("root/etc/f{at}"), "x");
    }
    let from = stage.keep("first.json", &[]).expect(1).document;
    let mut files = vec!["summarize".to_owned(), "--format".to_owned(), "json".to_owned()];
    for at in 0..1_000 {
        let name = format!("host{at}.json");
        stage.altered(&name, &from, &[("/target/identity/hostname", json!(format!("h{at}")))]);
        files.push(stage.path(&name));
    }
    let started = Instant::now();
    let run = stage.drift(files).expect(1);
    println!("1,000 reports of 100 findings: {:?}", started.elapsed());
    let fleet: Value = serde_json::from_slice(&run.stdout).expect("JSON");
    assert_eq!(fleet["groups"][0]["drifts"][0]["targets"], 1_000);
    assert_eq!(fleet["groups"][0]["drifts"][0]["names"].as_array().map(Vec::len), Some(20));
    assert_eq!(fleet["groups"][0]["drifts"][0]["names_omitted"], 980);
}

#[test]
fn a_policy_is_explained() {
    let stage = Stage::sealed();
    let told = stage.drift(["explain", "host/second_uid_0"]).expect(0);
    for words in
        ["Only root has the user id 0", "critical", "/etc/passwd", "builtin:host", "5.4.2.1"]
    {
        assert!(told.text().contains(words), "{words}: {}", told.text());
    }
    assert!(!told.text().contains("status"));
    let target = format!("dir:{}", stage.path("root"));
    let with = stage.drift(["explain", "host/second_uid_0", &target]);
    assert!(with.text().contains("  status "), "{}{}", with.text(), with.error_text());
    let unknown = stage.drift(["explain", "host/second_uid", &target]).expect(2);
    assert!(
        unknown.error_text().contains("the nearest is host/second_uid_0"),
        "{}",
        unknown.error_text()
    );
    // Of no pack, so it is a path.
    let path = stage.drift(["explain", "etc/hosts", &target]);
    assert!(path.text().starts_with("/etc/hosts\n"), "{}{}", path.text(), path.error_text());
}
