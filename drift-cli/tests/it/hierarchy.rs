//! Several baselines on one command line: base, runtime, application.

use drift_testkit::need;

use crate::stage::{Report, Space, Stage};

/// Makes `base`, `runtime`, `app` and what runs, `all`, and seals the first three.
const TREES: &str = r#"
umask 022
cd "$s"
mkdir -p base/etc base/usr/bin base/var/log runtime/usr/bin app/srv/app
printf 'ID=test\n' > base/etc/os-release
printf 'hello\n' > base/etc/motd
printf '#!/bin/sh\n' > base/usr/bin/tool
chmod 755 base/usr/bin/tool
printf 'log\n' > base/var/log/dpkg.log
printf 'python\n' > runtime/usr/bin/python
printf 'main\n' > app/srv/app/main
printf 'growing /var/log\n' > rules
seal() { "$drift" capture "dir:$s/$1" --out "$s/$1.drift" --sign golden.key.pem --identity "$1" \
    --state state --rules rules --sequence "${2:-5}" 2>&1; }
compose() { "$drift" "$@" --baseline base.drift --baseline runtime.drift --baseline app.drift \
    --trust golden.pub.pem --state state; }
all() { rm -rf all; mkdir all; chmod 755 all; for one in base runtime app; do cp -a $one/. all; done; }
"#;

/// Runs a script over the trees, and returns its report, which must end with this code.
#[track_caller]
fn check(stage: &Stage, script: &str, code: i32) -> Report {
    let run = stage.script(Space::Shared, &format!("{TREES}{script}"));
    Report::of(&run).expect(code)
}

/// One line for each change: what, where, and who altered whose.
fn told(report: &Report) -> Vec<String> {
    let line = |change: &serde_json::Value| {
        let text = |pointer: &str| change.pointer(pointer).and_then(|one| one.as_str());
        let known = |pointer: &str| text(pointer).unwrap_or("nothing");
        let mut line = format!("{} {}", known("/kind"), known("/path"));
        if let (Some(by), Some(of)) = (text("/altered_by/identity"), text("/baseline_of/identity"))
        {
            line.push_str(&format!(" ({by} alters {of})"));
        }
        line
    };
    report.all("/changes").map(line).collect()
}

const SEALED: &str = "seal base >&2; seal runtime >&2; seal app >&2; all\n";

/// What a trust.toml expects of the golden state is expected of the last, as on the command line.
#[test]
fn a_trust_file_speaks_of_the_last() {
    let stage = Stage::new();
    let trust = |identity: &str| {
        format!(
            "printf '[[key]]\nname = \"k\"\nfile = \"golden.pub.pem\"\n[subject]\nidentity = \"{identity}\"\nmin_sequence = 6\n' >t.toml
            $drift check dir:all --format json --baseline base.drift --baseline runtime.drift \
            --baseline app.drift --trust t.toml --state state"
        )
    };
    let sealed = "seal base >&2; seal runtime >&2; seal app 6 >&2; all\n";
    let _clean = check(&stage, &format!("{sealed}{}", trust("app")), 0);
    let other = Stage::new();
    let report = check(&other, &format!("{sealed}{}", trust("base")), 4);
    assert_eq!(report.reason(), "wrong-identity");
    let other = Stage::new();
    let report = check(&other, &format!("{SEALED}{}", trust("app")), 4);
    assert_eq!(report.reason(), "rolled-back");
}

/// A baseline of a form that carries no capabilities says nothing of those in another one.
#[test]
fn a_part_that_carries_less_blinds_nobody() {
    let (Some(()), Some(_), Some(_)) = (need::root(), need::tool("setcap"), need::tool("tar"))
    else {
        return;
    };
    let stage = Stage::new();
    let sealed = "seal base >&2; seal runtime >&2; all
        tar --format=ustar -C app -cf app.tar .
        \"$drift\" capture tar:app.tar --out app.drift --sign golden.key.pem --identity app \
            --state state --rules rules >&2";
    let check_all = "compose check dir:all --format json";
    let _clean = check(&stage, &format!("{sealed}\n{check_all}"), 0);
    let stage = Stage::new();
    let evil = "setcap cap_setuid+ep all/usr/bin/tool";
    let report = check(&stage, &format!("{sealed}\n{evil}\n{check_all}"), 1);
    assert_eq!(told(&report), ["modified /usr/bin/tool"]);
    // What lies in the part itself can still not be compared by it, and the report says so.
    let stage = Stage::new();
    let evil = "setcap cap_setuid+ep all/srv/app/main";
    let report = check(&stage, &format!("{sealed}\n{evil}\n{check_all}"), 0);
    let lost = report.all("/coverage/not_observable").any(|name| name == "entries.capability");
    assert!(lost, "{:#}", report.document["coverage"]);
}

#[test]
fn what_only_adds_is_clean() {
    let stage = Stage::new();
    let script = format!("{SEALED}compose check dir:all --format json --output text=report.txt");
    let report = check(&stage, &script, 0);
    let composed: Vec<String> = report
        .all("/baseline/composed_of")
        .map(|one| format!("{} {} {}", one["file"], one["identity"], one["sequence"]))
        .collect();
    assert_eq!(
        composed,
        ["\"base.drift\" \"base\" 5", "\"runtime.drift\" \"runtime\" 5", "\"app.drift\" \"app\" 5"]
    );
    let effective = report.text("/target/effective_root");
    assert!(!effective.is_empty());
    assert_eq!(report.text("/baseline/effective_root"), effective);
    let text = String::from_utf8(stage.read("report.txt")).unwrap();
    assert!(text.contains("3 sealed baselines laid over each other"), "{text}");
    assert!(text.contains("1. base.drift of base, sequence 5"), "{text}");
}

#[test]
fn what_alters_its_base_is_found_whatever_runs() {
    let stage = Stage::new();
    let script = format!(
        "mkdir -p app/etc; printf 'pwned\\n' > app/etc/motd
         mkdir -p runtime/usr/bin; cp -a base/usr/bin/tool runtime/usr/bin/tool
         chmod 4755 runtime/usr/bin/tool
         {SEALED}compose check dir:all --format json --output text=report.txt"
    );
    let report = check(&stage, &script, 1);
    assert_eq!(
        told(&report),
        ["modified /etc/motd (app alters base)", "modified /usr/bin/tool (runtime alters base)"]
    );
    assert_eq!(report.changes("/usr/bin/tool")[0]["severity"], "critical");
    assert_eq!(report.text("/summary/recommendation"), "review");
    let text = String::from_utf8(stage.read("report.txt")).unwrap();
    assert!(text.contains("Altered by a later baseline: 2"), "{text}");
    assert!(text.contains("app in app.drift altered what base in base.drift holds"), "{text}");
    // What runs is as the last one has it; with the base's own file the target differs as well.
    let script = "cp -a base/etc/motd all/etc/motd; compose check dir:all --format json";
    let report = check(&stage, script, 1);
    assert_eq!(report.changes("/etc/motd").len(), 2);
}

#[test]
fn an_application_that_is_a_whole_root_must_keep_its_base() {
    let stage = Stage::new();
    let script = format!(
        "cp -a base/. app; cp -a runtime/. app; rm app/etc/motd; printf 'more\\n' >> app/var/log/dpkg.log
         {SEALED}rm all/etc/motd; compose check dir:all --format json"
    );
    let report = check(&stage, &script, 1);
    assert_eq!(told(&report), ["removed /etc/motd (app alters base)"]);
    let notes = report.document["notes"].to_string();
    assert!(notes.contains("1 files that may grow"), "{notes}");
}

/// The rules in force are those of the last, and it must not loosen what its base sealed.
#[test]
fn the_rules_of_an_application_cannot_hide_its_base() {
    let sealed =
        "seal base >&2; seal runtime >&2; printf 'dynamic /**\\n' >> rules; seal app >&2; all";
    let evil = "printf 'evil\\n' > all/usr/bin/tool";
    let check_all = "compose check dir:all --format json";
    for script in [evil, ":"] {
        let stage = Stage::new();
        let report = check(&stage, &format!("{sealed}\n{script}\n{check_all}"), 3);
        let problems = report.document["problems"].to_string();
        for base in ["base", "runtime"] {
            let part = format!("entries of {base} than its own rules, such as /");
            assert!(problems.contains(&part), "{part}: {problems}");
        }
        assert_eq!(report.all("/problems").count(), 2);
        // What the operator says holds for everything, and is his to say.
        let ruled = format!("cd \"$s\"; {check_all} --rules rules");
        let ruled = ruled.replace(
            "compose check",
            "\"$drift\" check --baseline base.drift \
            --baseline runtime.drift --baseline app.drift --trust golden.pub.pem --state state",
        );
        assert_eq!(Report::of(&stage.script(Space::Shared, &ruled)).expect(0).code, Some(0));
    }
    // What the application's seal alters is judged by the base, whatever its own rules say.
    let stage = Stage::new();
    let altering =
        "mkdir -p app/usr/bin; cp -a base/usr/bin/tool app/usr/bin; chmod 700 app/usr/bin/tool";
    let report = check(&stage, &format!("{altering}\n{sealed}\n{check_all}"), 1);
    assert_eq!(told(&report), ["modified /usr/bin/tool (app alters base)"]);
}

#[test]
fn an_application_may_say_what_changes_in_its_own_directories() {
    let stage = Stage::new();
    let sealed = "mkdir -p app/opt/app/cache; seal base >&2; seal runtime >&2
        printf 'dynamic /opt/app/cache\\n' >> rules; seal app >&2; all; printf x > all/opt/app/cache/x";
    let check_all = "compose check dir:all --format json";
    let report = check(&stage, &format!("{sealed}\n{check_all}"), 0);
    assert_eq!(report.all("/problems").count(), 0);
    let _found = check(&stage, &format!("printf 'evil\\n' > all/usr/bin/tool\n{check_all}"), 1);
}

#[test]
fn every_seal_must_hold_before_anything_is_used() {
    for spoiled in ["base", "runtime", "app"] {
        let stage = Stage::new();
        let script = format!(
            "{SEALED}printf x | dd of={spoiled}.drift bs=1 seek=60 conv=notrunc status=none
             compose check dir:all --format json"
        );
        let report = check(&stage, &script, 4);
        assert_eq!(report.reason(), "altered");
        assert_eq!(report.text("/baseline/file"), format!("{spoiled}.drift"));
        assert_eq!(told(&report), [""; 0]);
    }
}

#[test]
fn identity_is_expected_of_the_last_and_each_lineage_is_remembered() {
    let stage = Stage::new();
    let expect = |identity: &str| {
        format!("{SEALED}compose check dir:all --format json --expect-identity {identity}")
    };
    let _named = check(&stage, &expect("app"), 0);
    let again = expect("base").replace(SEALED, "");
    assert_eq!(check(&stage, &again, 4).reason(), "wrong-identity");
    // Each was remembered, so none may go back.
    let back = "seal runtime 4 >&2; compose check dir:all --format json";
    let report = check(&stage, back, 4);
    assert_eq!((report.reason(), report.text("/baseline/file")), ("rolled-back", "runtime.drift"));
}

#[test]
fn explaining_a_path_tells_which_baseline_holds_it() {
    let stage = Stage::new();
    let script = format!(
        "{TREES}mkdir -p app/etc; printf 'other\\n' > app/etc/motd
         {SEALED}compose explain /etc/motd dir:all || test $? = 1"
    );
    let text = stage.script(Space::Shared, &script).expect(0).text();
    assert!(text.contains("  in base.drift\n  not in runtime.drift\n  in app.drift\n"), "{text}");
    assert!(text.contains("altered by baseline app, of baseline base"), "{text}");
}

#[test]
fn inspecting_the_image_of_what_is_none_says_so() {
    let stage = Stage::sealed();
    let file = stage.path("golden.drift");
    let run = stage.drift(["inspect", &file, "image", "--unverified"]).expect(0);
    assert_eq!(run.text(), "what was captured is not an image\n");
}

/// Two images by umoci: `lay:base` of one layer, `lay:app` with one more that changes, removes, adds.
const IMAGES: &str = r#"
cd "$s"
repack() { umoci repack --image "$1" bundle --history.created_by "$2" > /dev/null; rm -rf bundle; }
umoci init --layout lay
umoci new --image lay:base
umoci unpack --rootless --image lay:base bundle > /dev/null
mkdir -p bundle/rootfs/etc bundle/rootfs/srv
printf 'motd\n' > bundle/rootfs/etc/motd
printf 'x\n' > bundle/rootfs/srv/x
repack lay:base 'ADD rootfs.tar /'
umoci unpack --rootless --image lay:base bundle > /dev/null
printf 'other\n' >> bundle/rootfs/etc/motd
rm bundle/rootfs/srv/x
printf 'new\n' > bundle/rootfs/srv/new
repack lay:app 'RUN change things'
umoci config --image lay:app --config.user nobody --config.env API_TOKEN=hunter2hunter2
"$drift" capture oci:lay@base --out base.drift --sign golden.key.pem --identity base \
    --state state >&2
"#;

#[test]
fn a_change_of_an_image_names_the_layer_and_its_command() {
    let Some(_umoci) = need::tool("umoci") else { return };
    let stage = Stage::new();
    let against = "--baseline base.drift --trust golden.pub.pem --state state";
    let script = format!("{IMAGES}\"$drift\" check oci:lay@app {against} --format json");
    let report = Report::of(&stage.script(Space::Shared, &script)).expect(1);
    let mut layers: Vec<String> = report
        .all("/changes")
        .map(|one| format!("{} {} {}", one["kind"], one["path"], one["layer"]))
        .collect();
    layers.sort();
    let layer = r#"{"created_by":"RUN change things","index":1,"of":"target"}"#;
    let mut expect = vec![
        "\"added\" \"config.environment.API_TOKEN\" null".to_owned(),
        "\"added\" \"config.user\" null".to_owned(),
        format!("\"added\" \"/srv/new\" {layer}"),
        format!("\"modified\" \"/etc/motd\" {layer}"),
        format!("\"removed\" \"/srv/x\" {layer}"),
    ];
    expect.sort();
    assert_eq!(layers, expect);
    assert!(report.text("/baseline/image/manifest_digest").starts_with("sha256:"));
    assert_eq!(
        report.text("/target/image/manifest_digest"),
        report.text("/target/identity/image_digest")
    );
    assert_eq!(report.all("/target/image/secrets").count(), 1);
    assert!(!report.document.to_string().contains("hunter2"));
    let script =
        format!("cd \"$s\"; \"$drift\" explain /etc/motd oci:lay@app {against} || test $? = 1");
    let text = stage.script(Space::Shared, &script).expect(0).text();
    assert!(text.contains(", RUN change things\n"), "{text}");
    assert!(text.contains("  layer in base.drift: 0, sha256:"), "{text}");
    let text = stage
        .script(Space::Shared, "cd \"$s\"; \"$drift\" inspect base.drift image --unverified")
        .expect(0)
        .text();
    assert!(text.contains("ADD rootfs.tar /\n"), "{text}");
}

/// Where programs are looked for is another value of a variable that was there before.
#[test]
fn another_path_is_one_finding_and_another_token_is_kept_nowhere() {
    let Some(_umoci) = need::tool("umoci") else { return };
    let stage = Stage::new();
    let script = format!(
        r#"{IMAGES}
        umoci config --image lay:base --tag golden --config.env PATH=/usr/bin:/bin \
            --config.env API_TOKEN=hunter2hunter2
        umoci config --image lay:golden --tag token --config.env API_TOKEN=swordfish1
        umoci config --image lay:golden --tag evil --config.env PATH=/tmp/evil:/bin \
            --config.env API_TOKEN=swordfish1
        "$drift" capture oci:lay@golden --out env.drift --sign golden.key.pem --identity env \
            --state state >&2"#
    );
    let _made = stage.script(Space::Shared, &script).expect(0);
    let ask = |tag: &str, code| {
        let script = format!(
            r#"cd "$s"; "$drift" check oci:lay@{tag} --baseline env.drift --trust golden.pub.pem \
                --state state --format json"#
        );
        Report::of(&stage.script(Space::Shared, &script)).expect(code)
    };
    let same = ask("token", 0);
    let other = ask("evil", 1);
    let found: Vec<_> = other.all("/changes").collect();
    assert_eq!(found.len(), 1, "{found:?}");
    assert_eq!(found[0]["path"], "config.environment.PATH");
    assert_eq!((&found[0]["kind"], &found[0]["severity"]), (&"modified".into(), &"high".into()));
    let values = &other.document["target"]["image"]["config"]["environment_values"];
    assert_eq!(*values, serde_json::json!({ "PATH": ["/tmp/evil:/bin"] }));
    let show = "cd \"$s\"; \"$drift\" inspect env.drift image --unverified";
    let shown = stage.script(Space::Shared, show).expect(0).text();
    assert!(shown.contains("\nvariable        PATH=/usr/bin:/bin\n"), "{shown}");
    assert!(shown.contains("\nhealth check\n"), "{shown}");
    let all = format!("{}{}{shown}", same.document, other.document);
    assert!(all.contains("API_TOKEN") && !all.contains("hunter2") && !all.contains("swordfish"));
}
