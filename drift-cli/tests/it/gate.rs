//! The pre-deploy gate: drift's exit code, reports of this run alone, nothing left behind.

use drift_testkit::command::Run;
use drift_testkit::need;

use crate::stage::{Space, Stage};

/// Runs a script with `gate` as a command whose temporary files lie in the stage, and fails the
/// test if any is left.
#[track_caller]
fn gate(stage: &Stage, script: &str) -> Run {
    let head = format!(
        "cd \"$s\"; mkdir -p tmp; export TMPDIR=\"$PWD/tmp\" DRIFT=\"$drift\"
        deploy='{}/../deploy/gate'
        gate() {{ \"$deploy/drift-gate\" \"$@\"; }}
        golden() {{ gate \"$@\" --baseline golden.drift --trust golden.pub.pem --state state; }}\n",
        env!("CARGO_MANIFEST_DIR")
    );
    let run = stage.script(Space::Shared, &(head + script));
    assert_eq!(stage.names("tmp"), Vec::<String>::new(), "{}", run.error_text());
    run
}

/// Programs that write down how they were called, in place of skopeo and drift.
const STANDINS: &str = r#"
mkdir -p bin; export PATH="$PWD/bin:$PATH" DRIFT=standin CALLS="$PWD/calls"
cat >bin/skopeo <<'END'
#!/bin/sh
echo "skopeo $*" | sed "s#$TMPDIR/[^/]*/#WORK/#" >>"$CALLS"
case " $* " in
*" inspect "*) echo sha256:1111 ;;
*) [ ! -e unreachable ] || exit 1 ;;
esac
END
cat >bin/standin <<'END'
#!/bin/sh
echo "drift $*" | sed "s#$TMPDIR/[^/]*/#WORK/#" >>"$CALLS"
exit 4
END
chmod +x bin/*
"#;

#[test]
fn the_exit_code_is_that_of_the_check() {
    let stage = Stage::sealed();
    let clean = gate(&stage, "golden \"dir:$s/root\"").expect(0);
    assert!(clean.text().starts_with("CLEAN"), "{}", clean.text());
    assert_eq!(stage.names("drift-reports"), ["drift-report.json", "drift-report.txt"]);

    stage.mode("root/usr/bin/tool", 0o4755);
    let _drift = gate(&stage, "golden --reports elsewhere ./root").expect(1);
    let report: serde_json::Value =
        serde_json::from_slice(&stage.read("elsewhere/drift-report.json")).expect("a report");
    assert_eq!(report["verdict"]["exit_code"], 1);
    assert!(stage.read("elsewhere/drift-report.txt").starts_with(b"DRIFT"));

    let other = "\"$drift\" keygen --out other >/dev/null
        gate ./root --baseline golden.drift --trust other.pub.pem --state state";
    let _untrusted = gate(&stage, other).expect(4);
}

#[test]
fn without_a_reference_it_does_not_run() {
    let stage = Stage::sealed();
    for (script, reason) in [
        ("gate ./root --trust golden.pub.pem", "no --baseline"),
        ("gate", "no image"),
        ("gate --reports", "--reports needs a value"),
        ("gate --baseline golden.drift ./root", "comes before the image"),
        ("DRIFT=absent; golden ./root", "absent is needed"),
    ] {
        let run = gate(&stage, script).expect(2);
        assert!(run.error_text().contains(reason), "{script}: {}", run.error_text());
    }
}

/// Neither the name of an image nor an option may end with 0 where nothing was checked.
#[test]
fn nothing_but_a_check_passes() {
    let stage = Stage::sealed();
    for (script, code) in [
        ("golden --help", 2),
        ("golden --reports reports -h", 2),
        ("golden ./root --help", 3),
        ("golden ./root -h", 3),
    ] {
        let run = gate(&stage, script);
        assert_eq!(run.code, Some(code), "{script}: {}", run.error_text());
    }
    // A configuration without a baseline: the reference is the image's own word.
    for (verified, code) in [(false, 2), (true, 0)] {
        let script = format!(
            r#"echo '    "verified": {verified},' >said
printf '#!/bin/sh\ncp said drift-reports/drift-report.json\n' >standin
chmod +x standin; DRIFT="$PWD/standin" gate ./root --config drift.toml"#
        );
        let run = gate(&stage, &script);
        assert_eq!(run.code, Some(code), "{script}: {}", run.error_text());
    }
    assert!(gate(&stage, "gate --help").success().contains("usage: drift-gate"));
}

#[test]
fn a_tag_is_pulled_and_named_by_its_digest() {
    let digest = "sha256:1111";
    for (image, calls, checked) in [
        (
            "registry.example:5000/team/web:1.4",
            "inspect --no-tags --format {{.Digest}} docker://registry.example:5000/team/web:1.4",
            format!("registry.example:5000/team/web@{digest}"),
        ),
        (
            "docker://registry.example:5000/web",
            "inspect --no-tags --format {{.Digest}} docker://registry.example:5000/web",
            format!("registry.example:5000/web@{digest}"),
        ),
        ("web@sha256:22", "", "web@sha256:22".to_owned()),
        (
            "--platform linux/arm64/v8 web:1",
            "--override-variant v8 --override-os linux --override-arch arm64 inspect --no-tags --format {{.Digest}} docker://web:1",
            format!("web@{digest}"),
        ),
    ] {
        let stage = Stage::new();
        let script = format!("{STANDINS} golden {image}");
        let _code = gate(&stage, &script).expect(4);
        let found = String::from_utf8_lossy(&stage.read("calls")).into_owned();
        let found: Vec<_> = found.lines().collect();
        let inspected = found.iter().find(|line| line.contains("inspect")).copied();
        assert_eq!(inspected.unwrap_or_default().trim_start_matches("skopeo "), calls);
        let [.., copied, drift] = found.as_slice() else { panic!("{found:?}") };
        let end = format!("copy --quiet docker://{checked} oci:WORK/image:image");
        assert!(copied.ends_with(&end), "{copied}");
        assert_eq!(
            *drift,
            "drift check oci:WORK/image --no-config --output json=drift-reports/drift-report.json --output \
             text=drift-reports/drift-report.txt --baseline golden.drift --trust golden.pub.pem \
             --state state"
        );
        let image = stage.read("drift-reports/drift-image.txt");
        assert_eq!(String::from_utf8_lossy(&image).trim_end(), checked);
    }
}

#[test]
fn a_failed_pull_leaves_no_report_of_an_earlier_run() {
    let stage = Stage::sealed();
    let _clean = gate(&stage, "golden ./root").expect(0);
    let failed = gate(&stage, &format!("{STANDINS} touch unreachable; golden web:1")).expect(3);
    assert!(failed.error_text().contains("could not be pulled"), "{}", failed.error_text());
    assert_eq!(stage.names("drift-reports"), Vec::<String>::new());
    let calls = String::from_utf8_lossy(&stage.read("calls")).into_owned();
    assert!(!calls.contains("drift check"), "{calls}");
}

#[test]
fn a_local_target_needs_no_network() {
    let stage = Stage::new();
    for target in ["oci:image", "docker-archive:i.tar", "dir:r", "tar:r.tar", "./r", "/r"] {
        let _code = gate(&stage, &format!("{STANDINS} golden --platform a/b {target}")).expect(4);
    }
    let calls = String::from_utf8_lossy(&stage.read("calls")).into_owned();
    assert!(!calls.contains("skopeo"), "{calls}");
    assert_eq!(calls.matches("--platform a/b --baseline").count(), 6, "{calls}");
}

#[test]
fn templates_run_the_gate_and_pass_its_code_on() {
    let Some(python) = need::python_module("ruamel.yaml") else { return };
    let stage = Stage::sealed();
    let common = format!(
        "step() {{ '{}' '{}/../fixtures/gate_step.py' \"$deploy/$1\"; }}
        export GITHUB_OUTPUT=\"$s/output\" GITHUB_STEP_SUMMARY=\"$s/summary\"
        : >output; : >summary
        export GATE=\"$deploy/drift-gate\" IMAGE=./root BASELINE=golden.drift TRUST=golden.pub.pem
        export IDENTITY=web PLATFORM= REPORTS=reports OPTIONS=\"--state
state
\"
        export DRIFT_IMAGE=./root DRIFT_BASELINE=golden.drift DRIFT_TRUST=golden.pub.pem
        export DRIFT_IDENTITY=web DRIFT_PLATFORM= DRIFT_REPORTS=reports DRIFT_OPTIONS=\"$OPTIONS\"
        PATH=\"$deploy:$PATH\"\n",
        python.display(),
        env!("CARGO_MANIFEST_DIR"),
    );
    let github = "step github/action.yml >step; bash --noprofile --norc -eo pipefail step";
    let gitlab = "step gitlab/drift.gitlab-ci.yml >step; sh -e step";
    let run = |script: &str| gate(&stage, &(common.clone() + script));

    let _clean = run(github).expect(0);
    assert_eq!(stage.read("output"), b"exit-code=0\n");
    assert!(stage.read("summary").starts_with(b"## drift: clean\n\nCLEAN: no finding"));
    let _clean = run(gitlab).expect(0);
    assert!(stage.read("reports/drift-report.xml").starts_with(b"<?xml"));

    stage.mode("root/usr/bin/tool", 0o4755);
    let drift = run(github).expect(1);
    assert_eq!(stage.read("output"), b"exit-code=1\n");
    // What an image may name is printed while the runner obeys nothing; the annotations come after.
    let (paused, obeyed) = drift.text().split_once("::stop-commands::").map_or_else(
        || panic!("{}", drift.text()),
        |(_, rest)| {
            let (token, rest) = rest.split_once('\n').expect("the token ends its line");
            let (paused, obeyed) =
                rest.split_once(&format!("::{token}::\n")).expect("commands are obeyed again");
            (paused.to_owned(), obeyed.to_owned())
        },
    );
    assert!(paused.contains("/usr/bin/tool"), "{paused}");
    assert!(obeyed.starts_with("::error title="), "{obeyed}");
    assert!(obeyed.contains("file=/usr/bin/tool"), "{obeyed}");
    let _drift = run(gitlab).expect(1);
    let _other = run(&format!("IDENTITY=db; {github}")).expect(4);
    let _other = run(&format!("DRIFT_IDENTITY=db; {gitlab}")).expect(4);
}

#[test]
fn skopeo_pulls_what_the_reports_name() {
    let Some(_) = need::tool("skopeo") else { return };
    let Some(_) = need::tool("python3") else { return };
    let stage = Stage::new();
    let script = format!(
        r#"
mkdir -p .config/containers
mkfifo ready
python3 '{}/../fixtures/registry.py' ready & registry=$!
trap 'kill $registry' EXIT
read -r line <ready; echo "$line" >registry.json
port=$(sed 's/.*"port": \([0-9]*\).*/\1/' registry.json)
printf '[[registry]]\nlocation = "127.0.0.1:%s"\ninsecure = true\n' "$port" >.config/containers/registries.conf
export HOME="$PWD" XDG_CONFIG_HOME="$PWD/.config" DRIFT="$PWD/standin"
cat >standin <<'END'
#!/bin/sh
cp "${{2#oci:}}/index.json" "$PULLED"
echo '    "verified": true,' >drift-reports/drift-report.json
END
chmod +x standin
export PULLED=arm64.json; golden --platform linux/arm64 "127.0.0.1:$port/web:1.4"
export PULLED=amd64.json; golden --platform linux/amd64 "docker://127.0.0.1:$port/web:1.4"
golden "127.0.0.1:$port/web:1.5" && exit 1 || [ $? = 3 ]
golden "127.0.0.1:$port/web@sha256:$(printf '%064d' 0)" && exit 1 || [ $? = 3 ]
golden --platform linux/amd64 "127.0.0.1:$port/web:1.4"
"#,
        env!("CARGO_MANIFEST_DIR")
    );
    let _pulled = gate(&stage, &script).expect(0);
    let json = |name: &str| -> serde_json::Value {
        serde_json::from_slice(&stage.read(name)).expect("because the script wrote it")
    };
    let registry = json("registry.json");
    for platform in ["arm64", "amd64"] {
        let layout = json(&format!("{platform}.json"));
        assert_eq!(layout["manifests"][0]["digest"], registry[platform], "{layout:#}");
    }
    let index = registry["index"].as_str().expect("a digest");
    let named = stage.read("drift-reports/drift-image.txt");
    let expect = format!("127.0.0.1:{}/web@{index}\n", registry["port"]);
    assert_eq!(String::from_utf8_lossy(&named), expect);
}

#[test]
fn a_file_that_lies_there_does_not_open_the_gate() {
    let stage = Stage::sealed();
    stage.mode("root/usr/bin/tool", 0o4755);
    stage.write("drift.toml", "exit_zero = true\nbaseline = \"golden.drift\"\n");
    let _drift = gate(&stage, "golden ./root").expect(1);
    let _refused = gate(&stage, "gate ./root --trust golden.pub.pem").expect(2);
    let named = "gate ./root --config drift.toml --trust golden.pub.pem --state state";
    let _named = gate(&stage, named).expect(0);
}
