//! What the arguments and the findings decide: 0, 1, 2 and 3, and 4 before 1.

use drift_testkit::need;

use crate::stage::{Report, Space, Stage};

#[test]
fn wrong_usage_is_two_and_says_why() {
    let stage = Stage::sealed();
    stage.write("control.rules", "read-only /etc\u{1b}[2J/**\nbogus /x\n");
    stage.write("bad.rules", "read-only /etc/**\nreadonly /usr/**\n");
    stage.write("bytes.rules", b"read-only /etc/\xff\n");
    stage.write("open.key.pem", stage.read("golden.key.pem"));
    stage.mode("open.key.pem", 0o644);
    let root = format!("dir:{}", stage.path("root"));
    let path = |name: &str| stage.path(name);
    let baseline = path("golden.drift");
    let cases: &[(&[&str], &str)] = &[
        (&["check", "--no-such-flag"], "--no-such-flag"),
        (&["no-such-verb"], "no-such-verb"),
        (&["check", &path("no-such-root")], "no-such-root"),
        (&["check", "nosuch:thing"], "nosuch"),
        (&["check", &root, "--fail-on", "sometimes"], "sometimes"),
        (&["check", &root, "--format", "xml"], "xml"),
        (&["check", &root, "--output", "json"], "FORMAT=FILE"),
        (&["check", &root, "--require", "entries.colour"], "entries.colour"),
        (&["check", &root, "--threads", "0"], "--threads"),
        (&["check", &root, "--threads", "-1"], "-1"),
        (&["check", &root, "--only", "nothing"], "nothing"),
        (&["check", &root, "--now", "yesterday"], "yesterday"),
        (&["check", &root, "--rules", &path("bad.rules")], "bad.rules:2"),
        (&["check", &root, "--rules", &path("control.rules")], "control.rules:"),
        (&["check", &root, "--rules", &path("bytes.rules")], "bytes.rules"),
        (&["check", &root, "--rules", &path("no.rules")], "no.rules"),
        (&["check", &root, "--profile", "no-such-profile"], "no-such-profile"),
        (
            &[
                "check",
                &root,
                "--baseline",
                &path("none.drift"),
                "--trust",
                &path("golden.pub.pem"),
            ],
            "none.drift",
        ),
        (
            &["check", &root, "--baseline", &baseline, "--trust", &path("golden.drift")],
            "golden.drift",
        ),
        (
            &[
                "check",
                &root,
                "--baseline",
                &baseline,
                "--trust",
                &path("golden.pub.pem"),
                "--max-age",
                "old",
            ],
            "old",
        ),
        (
            &[
                "check",
                &root,
                "--baseline",
                &baseline,
                "--trust",
                &path("golden.pub.pem"),
                "--threshold",
                "0",
            ],
            "--threshold",
        ),
        (&["check", &root, "--sign-report", &path("golden.key.pem")], "--output"),
        (&["capture", &root, "--out", &path("x"), "--sign", &path("open.key.pem")], "0644"),
        (
            &["capture", &root, "--out", &path("x"), "--sign", &path("golden.pub.pem")],
            "golden.pub.pem",
        ),
        (&["inspect", &path("root/etc/hosts"), "--unverified"], "hosts"),
        (&["seal", &baseline], "--sign"),
        (&["diff", &root], "<B>"),
        (&["completions", "tcsh"], "tcsh"),
    ];
    for (arguments, says) in cases {
        let run = stage.drift(*arguments);
        assert_eq!(run.code, Some(2), "{arguments:?}: {}{}", run.text(), run.error_text());
        assert!(run.stdout.is_empty(), "{arguments:?} printed a result");
        assert!(run.error_text().contains(says), "{arguments:?}: {}", run.error_text());
        crate::evasion::placed::assert_harmless(&format!("{arguments:?}"), &run.stderr);
    }
    assert!(!stage.at("x").exists(), "a wrong key leaves no snapshot behind");
    println!("{} wrong usages", cases.len());
}

#[test]
fn severity_decides_between_zero_and_one() {
    let stage = Stage::sealed();
    let _clean = stage.report(&[]).expect(0);
    let quiet = stage.check(&["--quiet"]).expect(0);
    assert!(quiet.stdout.is_empty(), "{}", quiet.text());
    stage.write("root/etc/new", "unowned: medium\n");
    for (more, code) in [
        (vec![], 1),
        (vec!["--fail-on", "low"], 1),
        (vec!["--fail-on", "medium"], 1),
        (vec!["--fail-on", "high"], 0),
        (vec!["--fail-on", "critical"], 0),
        (vec!["--fail-on", "never"], 0),
        (vec!["--exit-zero"], 0),
        (vec!["--quiet"], 1),
    ] {
        let run = stage.check(&more);
        assert_eq!(run.code, Some(code), "{more:?}: {}", run.text());
        let says = !run.stdout.is_empty();
        assert!(says, "{more:?} is silent on a finding");
    }
    // The report states the finding whatever the process returns.
    let run = stage.check(&["--exit-zero", "--format", "json"]).expect(0);
    assert_eq!(Report::of(&run).document["verdict"]["status"], "findings");
}

#[test]
fn what_cannot_be_carried_is_three_only_where_it_is_required() {
    let stage = Stage::new();
    let tar = stage.path("root.tar");
    let _made =
        drift_testkit::command::run("tar", ["-C", &stage.path("root"), "-cf", &tar, "."]).expect(0);
    let mut arguments = stage.capture_arguments("root");
    if let Some(target) = arguments.get_mut(1) {
        *target = format!("tar:{tar}");
    }
    let _sealed = stage.drift(&arguments).expect(0);
    let mut check = stage.check_arguments("root");
    if let Some(target) = check.get_mut(1) {
        *target = format!("tar:{tar}");
    }
    check.extend(["--format", "json"].map(str::to_owned));
    let report = Report::of(&stage.drift(&check)).expect(0);
    let missing = report.document["coverage"]["not_observable"].to_string();
    assert!(missing.contains("entries.flags"), "{missing}");
    check.extend(["--require", "entries.flags"].map(str::to_owned));
    let report = Report::of(&stage.drift(&check)).expect(3);
    assert_eq!(report.reason(), "required-missing");
    let _silenced = stage.drift(check.iter().map(String::as_str).chain(["--exit-zero"]));
    assert_eq!(_silenced.code, Some(3), "--exit-zero excuses findings alone");
}

#[test]
fn precedence() {
    let stage = Stage::sealed();
    let _made = stage.drift(["keygen", "--out", &stage.path("other")]).expect(0);
    stage.write("root/etc/hosts", "changed\n");
    let nowhere = format!("json={}", stage.path("missing/report.json"));
    // 5 before 1.
    let run = stage.check(&["--output", &nowhere]);
    assert_eq!(run.code, Some(5), "{}", run.error_text());
    // 4 before 5, and before 1.
    let wrong: Vec<String> = stage
        .check_arguments("root")
        .into_iter()
        .map(|argument| argument.replace("golden.pub.pem", "other.pub.pem"))
        .collect();
    assert_eq!(stage.drift(&wrong).code, Some(4));
    let both = wrong.iter().map(String::as_str).chain(["--output", &nowhere]);
    let run = stage.drift(both);
    assert_eq!(run.code, Some(4), "{}", run.error_text());
    assert!(run.error_text().contains("missing/report.json"), "the lost report is told too");
    // 2 before 4.
    let run = stage.drift(wrong.iter().map(String::as_str).chain(["--fail-on", "bogus"]));
    assert_eq!(run.code, Some(2), "{}", run.error_text());
}

#[test]
fn completions_are_what_their_shell_takes() {
    let stage = Stage::new();
    for shell in ["bash", "zsh", "fish"] {
        let script = stage.drift(["completions", shell]).success();
        assert!(script.contains("--baseline") || script.contains("baseline"), "{shell}");
        stage.write(format!("completion.{shell}"), script);
    }
    let run = stage.script(
        crate::stage::Space::Shared,
        "source $s/completion.bash; complete -p drift; COMP_WORDS=(drift ch) COMP_CWORD=1
         _drift drift ch drift; echo ${COMPREPLY[@]}",
    );
    let said = run.success();
    assert!(said.contains("drift") && said.lines().last() == Some("check"), "{said}");
}

/// Another run holds the memory: nothing found is then no proof, and what was found stays found.
#[test]
fn a_held_state_directory_is_three_and_still_reported() {
    if need::tool("flock").is_none() {
        return;
    }
    let stage = Stage::sealed();
    let held = "exec 9<$s/state; flock 9; check --format json 9<&-";
    let report = Report::of(&stage.script(Space::Shared, held)).expect(3);
    assert_eq!(report.reason(), "busy");
    assert_eq!(report.document["verdict"]["complete"], false);
    stage.write("root/etc/hosts", "changed\n");
    let report = Report::of(&stage.script(Space::Shared, held)).expect(1);
    assert_eq!(report.changes("/etc/hosts").len(), 1);
}
