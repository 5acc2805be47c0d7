//! Several baselines installed: the one of this image is taken.

use crate::stage::{Report, Space, Stage};

/// Seals the root for each name into `baselines/NAME.drift`, and configures the directory.
fn installed(names: &[(&str, &str)], more: &str) -> Stage {
    let stage = Stage::new();
    let mut line = "mkdir $s/baselines; echo note >$s/baselines/README\n".to_owned();
    for (file, identity) in names {
        line.push_str(&format!(
            "$drift capture dir:$s/root --out $s/baselines/{file} --sign $s/golden.key.pem \
             --identity {identity} --state $s/state\n"
        ));
    }
    let _made = stage.script(Space::Shared, &line).expect(0);
    configure(&stage, more);
    stage
}

fn configure(stage: &Stage, more: &str) {
    let target = stage.path("root");
    stage.write(
        "drift.toml",
        format!(
            "target = \"dir:{target}\"\nbaselines = \"baselines\"\ntrust = \"golden.pub.pem\"\n\
             state = \"state\"\n{more}"
        ),
    );
}

fn check(stage: &Stage, more: &str) -> Report {
    let line = format!("cd $s; $drift check --format json --fail-on never {more}");
    Report::of(&stage.script(Space::Shared, &line))
}

/// The program's own os-release makes it: the golden root has none of the names yet, so a check
/// finds that, and nothing else bears on the choice.
#[test]
fn the_identity_decides_and_else_the_image() {
    let stage = installed(&[("a", "web:1"), ("b", "web:2"), ("c", "web"), ("d", "db")], "");
    for (release, identity, expect) in [
        ("IMAGE_ID=web\nIMAGE_VERSION=2\n", "", "web:2"),
        ("IMAGE_ID=web\nIMAGE_VERSION=\"1\"\n", "", "web:1"),
        ("IMAGE_ID=web\nIMAGE_VERSION=3\n", "", "web"),
        ("IMAGE_ID=web\n", "", "web"),
        ("IMAGE_ID=db\nIMAGE_VERSION=7\n", "", "db"),
        ("IMAGE_ID=db\n", "identity = \"web:1\"\n", "web:1"),
        ("", "identity = \"db\"\n", "db"),
    ] {
        stage.write("root/etc/os-release", release);
        configure(&stage, identity);
        let report = check(&stage, "");
        assert_eq!(report.code, Some(0), "{release}{identity}: {:#}", report.document["verdict"]);
        assert_eq!(report.document["baseline"]["identity"], expect, "{release}{identity}");
        let told = report.document["notes"].to_string().contains("chosen by IMAGE_ID");
        assert_eq!(told, identity.is_empty(), "{release}{identity}");
    }
    stage.write("root/etc/os-release", "IMAGE_ID=db\n");
    configure(&stage, "");
    assert_eq!(check(&stage, "--expect-identity web").document["baseline"]["identity"], "web");
    let explained =
        "cd $s; $drift explain /etc/os-release || true; $drift rules explain /etc/hosts";
    assert!(stage.script(Space::Shared, explained).text().contains("decided by"));
}

#[test]
fn none_or_two_are_no_choice_and_all_are_named() {
    let stage = installed(&[("a", "web"), ("b", "web"), ("c", "db")], "");
    for (release, part) in [
        ("IMAGE_ID=web\n", "not exactly one is sealed for web"),
        ("IMAGE_ID=mail\nIMAGE_VERSION=1\n", "not exactly one is sealed for mail:1 or mail"),
        ("ID=debian\n", "os-release names no IMAGE_ID"),
        ("IMAGE_ID=a:b\n", "os-release names no IMAGE_ID"),
    ] {
        stage.write("root/etc/os-release", release);
        let run = stage.script(Space::Shared, "cd $s; $drift check").expect(2);
        let said = run.error_text();
        for part in [part, "a (for web)", "b (for web)", "c (for db)", "--baseline"] {
            assert!(said.contains(part), "{release}: no {part:?} in {said}");
        }
    }
    let _made = stage.script(Space::Shared, "rm -r $s/baselines; mkdir $s/baselines").expect(0);
    let run = stage.script(Space::Shared, "cd $s; $drift check").expect(2);
    assert!(run.error_text().contains("none at all"), "{}", run.error_text());
    let _gone = stage.script(Space::Shared, "rm -r $s/baselines").expect(0);
    let _missing = stage.script(Space::Shared, "cd $s; $drift check").expect(2);
}

/// What merely claims an identity neither blocks the real one nor passes for it.
#[test]
fn an_identity_counts_only_when_its_seal_holds() {
    let stage = installed(&[("a", "web")], "identity = \"web\"\n");
    let plant = "$drift keygen --out $s/other
        $drift capture dir:$s/root --out $s/baselines/forged --sign $s/other.key.pem --identity web \
            --state $s/other-state
        cp $s/baselines/a $s/baselines/unsealed";
    let _planted = stage.script(Space::Shared, plant).expect(0);
    let report = check(&stage, "");
    assert_eq!(report.document["baseline"]["file"], stage.path("baselines/a"));
    assert_eq!(report.code, Some(0));
    // The only one that fits is damaged: the check says so, with the code of untrusted.
    let _gone =
        stage.script(Space::Shared, "rm $s/baselines/forged* $s/baselines/unsealed").expect(0);
    let mut bytes = stage.read("baselines/a");
    if let Some(last) = bytes.last_mut() {
        *last ^= 1;
    }
    stage.write("baselines/a", bytes);
    let report = check(&stage, "").expect(4);
    assert_eq!(report.reason(), "altered");
}
