//! What a check does with a drift.toml.

use crate::stage::{Report, Space, Stage};

/// Writes a configuration that says everything a check of the stage needs.
fn configured(more: &str) -> Stage {
    let stage = Stage::sealed();
    configure(&stage, more);
    stage
}

fn configure(stage: &Stage, more: &str) {
    let target = stage.path("root");
    stage.write(
        "drift.toml",
        format!(
            "target = \"dir:{target}\"\nbaseline = \"golden.drift\"\ntrust = [\"golden.pub.pem\"]\n\
             state = \"state\"\nidentity = \"web\"\n{more}"
        ),
    );
}

fn report(stage: &Stage, arguments: &str) -> Report {
    let line = format!("cd $s; $drift check --format json {arguments}");
    Report::of(&stage.script(Space::Shared, &line))
}

#[test]
fn a_plain_check_finds_everything_there() {
    let stage = configured("");
    let found = report(&stage, "").expect(0);
    assert_eq!(found.document["baseline"]["identity"], "web");
    assert_eq!(found.document["baseline"]["verified"], true);
    let digests = found.document["tool"]["config_digests"].as_array().expect("digests").clone();
    assert_eq!(digests.len(), 1, "{digests:?}");
    assert_eq!(digests[0]["file"], stage.path("drift.toml"));
    let sum = stage.script(Space::Shared, "sha256sum $s/drift.toml").success();
    let sum = sum.split_whitespace().next().expect("a digest");
    assert_eq!(digests[0]["digest"], format!("sha256:{sum}"));
    // The first lines for people say the same.
    let text = stage.script(Space::Shared, "cd $s; $drift check").success();
    let head: Vec<&str> = text.lines().take(4).collect();
    assert!(head.iter().any(|line| line.contains(&stage.path("drift.toml"))), "{text}");
    assert!(head.iter().any(|line| line.contains(&stage.path("golden.drift"))), "{text}");
    // Without it there is neither.
    let none = report(&stage, "--no-config dir:root");
    assert_eq!(none.document["tool"]["config_digests"].as_array().map(Vec::len), Some(0));
    assert_ne!(none.document["baseline"]["kind"], "sealed");
    // Another verb that trusts keys finds them, too.
    let _verified = stage.script(Space::Shared, "cd $s; $drift verify golden.drift").expect(0);
    let explained = "cd $s; $drift explain /etc/hosts; $drift rules explain /etc/hosts";
    let said = stage.script(Space::Shared, explained).success();
    assert!(said.contains("no difference") && said.contains("decided by"), "{said}");
}

#[test]
fn a_key_of_the_file_does_what_its_option_does() {
    let stage = configured("");
    stage.write("root/etc/hosts", "changed\n");
    for (more, arguments, code) in [
        ("", "", 1),
        ("exit_zero = true\n", "", 0),
        ("exit_zero = true\n", "--exit-zero=false", 1),
        ("fail_on = \"never\"\n", "", 0),
        ("fail_on = \"never\"\n", "--fail-on low", 1),
        ("only = \"packages\"\n", "", 3),
        ("only = \"packages\"\n", "--only entries", 1),
        ("require = [\"facts\"]\nonly = \"packages\"\n", "", 3),
        ("threshold = 2\n", "", 4),
        ("threshold = 2\n", "--threshold 1", 1),
        ("min_sequence = 9\n", "", 4),
        ("max_age = \"2020-01-01\"\n", "", 1),
        ("rules = \"all.rules\"\n", "", 0),
        ("profile = \"absent\"\n", "", 2),
        ("deadline = \"1h\"\n", "", 1),
        ("threads = 1\n", "", 1),
    ] {
        stage.write("all.rules", "dynamic /**\n");
        configure(&stage, more);
        let line = format!("cd $s; $drift check {arguments}");
        let run = stage.script(Space::Shared, &line);
        assert_eq!(run.code, Some(code), "{more}{arguments}: {}{}", run.text(), run.error_text());
    }
    configure(&stage, "output = [\"json=said.json\", \"paths=said.paths\"]\nformat = \"paths\"\n");
    let run = stage.script(Space::Shared, "cd /; $drift check --config $s/drift.toml").expect(1);
    assert_eq!(run.text().trim(), "/etc/hosts");
    assert_eq!(stage.read("said.paths"), run.stdout, "relative to the file, not to where it runs");
    super::valid(&stage.path("said.json"));
    let document: serde_json::Value =
        serde_json::from_slice(&stage.read("said.json")).expect("a document");
    assert_eq!(document["verdict"]["exit_code"], 1);
    // No report goes over the configuration.
    let over = "cd $s; $drift check --output json=./drift.toml";
    let run = stage.script(Space::Shared, over).expect(2);
    assert!(run.error_text().contains("overwrite"), "{}", run.error_text());
    // Nothing of a wrong configuration is obeyed.
    configure(&stage, "bogus = 1\n");
    let run = stage.script(Space::Shared, "cd $s; $drift check").expect(2);
    assert!(
        run.error_text().contains("drift.toml:6: there is no key bogus"),
        "{}",
        run.error_text()
    );
}

/// A configuration that lost its baseline must not go on as a check without one.
#[test]
fn trust_without_a_baseline_is_an_error() {
    let stage = Stage::sealed();
    stage.write("drift.toml", "trust = \"golden.pub.pem\"\n");
    let run = stage.script(Space::Shared, "cd $s; $drift check dir:root").expect(2);
    assert!(run.error_text().contains("none is named"), "{}", run.error_text());
}

#[test]
fn a_capture_takes_what_is_said_of_captures() {
    let stage = Stage::new();
    stage.write("r.rules", "dynamic /etc\n");
    stage.write(
        "drift.toml",
        "target = \"dir:@/root\"\nidentity = \"web\"\nstate = \"state\"\n[capture]\n\
         sign = \"golden.key.pem\"\nexpires = \"9d\"\nprovenance = { git_commit = \"abc\" }\n\
         rules = \"r.rules\"\n"
            .replace('@', stage.path("").trim_end_matches('/')),
    );
    let run = "cd $s; $drift capture --out g.drift
        tr -d ' \\n' <g.drift.sigstore.json | sed 's/.*\"payload\":\"\\([^\"]*\\).*/\\1/' | base64 -d
        $drift rules explain /etc/ --baseline g.drift --trust golden.pub.pem --state state";
    let said = stage.script(Space::Shared, run).success();
    for part in
        ["sealed for web, sequence 1", "\"git_commit\":\"abc\"", "\"expires\":\"2", "dynamic /etc"]
    {
        assert!(said.contains(part), "no {part:?} in {said}");
    }
    // What is sealed elsewhere is not sealed by the configuration of this place.
    let run = "cd $s; $drift capture --out h.drift --no-config dir:root 2>&1";
    assert!(stage.script(Space::Shared, run).success().contains("not sealed"));
}

/// Silent when clean: nothing on either stream, and the files are written.
#[test]
fn a_clean_quiet_run_says_nothing() {
    let stage = configured("quiet = true\noutput = \"json=said.json\"\n");
    let run = stage.script(Space::Shared, "cd $s; $drift check").expect(0);
    assert_eq!((run.text().as_str(), run.error_text().as_str()), ("", ""));
    assert!(!stage.read("said.json").is_empty());
    assert!(!stage.script(Space::Shared, "cd $s; $drift check --quiet=false").success().is_empty());
    stage.write("root/etc/hosts", "changed\n");
    let run = stage.script(Space::Shared, "cd $s; $drift check").expect(1);
    assert!(run.text().contains("/etc/hosts"));
}

/// Several files in the key compose, as several `--baseline` do.
#[test]
fn an_array_of_baselines_composes() {
    let stage = configured("");
    let made = "$drift capture dir:$s/root --out $s/base.drift --sign $s/golden.key.pem \
                --identity base --state $s/state";
    let _made = stage.script(Space::Shared, made).expect(0);
    let target = stage.path("root");
    stage.write(
        "drift.toml",
        format!(
            "target = \"dir:{target}\"\nbaseline = [\"base.drift\", \"golden.drift\"]\n\
             trust = \"golden.pub.pem\"\nstate = \"state\"\nidentity = \"web\"\n"
        ),
    );
    let found = report(&stage, "").expect(0);
    assert_eq!(found.all("/baseline/composed_of").count(), 2, "{:#}", found.document["baseline"]);
}
