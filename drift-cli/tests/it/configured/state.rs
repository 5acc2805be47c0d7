//! One run at a time in a state directory, and what it leaves for a monitor.

use drift_testkit::need;
use serde_json::Value;

use crate::stage::{Report, Space, Stage};

fn stamp(stage: &Stage, name: &str) -> Option<Value> {
    let held = stage.names("state").contains(&name.to_owned());
    held.then(|| serde_json::from_slice(&stage.read(format!("state/{name}"))).expect("a stamp"))
}

#[test]
fn the_second_run_ends_as_busy_with_a_report() {
    if need::tool("flock").is_none() {
        return;
    }
    let stage = Stage::sealed();
    stage.write("root/etc/hosts", "changed\n");
    let hold = "exec 9>$s/state/run.lock; flock 9;";
    let line = format!(
        "{hold} check --format json --output text=$s/said.txt --output json=$s/said.json 9<&-"
    );
    let report = Report::of(&stage.script(Space::Shared, &line)).expect(3);
    assert_eq!(report.reason(), "busy");
    assert_eq!(report.all("/changes").count(), 0, "nothing was compared");
    assert_eq!(report.document["baseline"]["verified"], true);
    let text = String::from_utf8_lossy(&stage.read("said.txt")).into_owned();
    super::valid(&stage.path("said.json"));
    assert!(text.contains("another run holds the state directory"), "{text}");
    assert_eq!(stamp(&stage, "last-run.json"), None, "the stamps are the other run's");
    // What cannot be trusted is told first.
    let line = format!("{hold} check --format json --min-sequence 9 9<&-");
    let _untrusted = Report::of(&stage.script(Space::Shared, &line)).expect(4);
    // A capture that seals needs the memory as well; one that does not, does not.
    let before = stage.read("golden.drift");
    let run = stage.script(Space::Shared, &format!("{hold} capture 9<&-")).expect(3);
    assert!(run.error_text().contains("in use by another run"), "{}", run.error_text());
    assert_eq!(stage.read("golden.drift"), before);
    let plain = format!("{hold} $drift capture dir:$s/root --out $s/x --state $s/state 9<&-");
    let _plain = stage.script(Space::Shared, &plain).expect(0);
}

/// Whoever is killed holds nothing any more: the kernel keeps the lock, not the file.
#[test]
fn a_killed_run_blocks_nobody() {
    let (Some(_), Some(_)) = (need::tool("python3"), need::tool("flock")) else { return };
    let stage = Stage::sealed();
    // The run waits for a lease, and is killed while it does; before that a second one is refused.
    let words = stage.check_arguments("root").join(" ");
    let line = format!(
        "mkfifo $s/ready
        python3 $hostile/hold_leases.py $s/root/etc $s/asked >$s/ready & holder=$!
        read line <$s/ready
        $drift {words} >/dev/null 2>&1 & run=$!
        while [ ! -e $s/asked ]; do sleep 0.01; done
        code=0; flock --nonblock $s/state/run.lock true || code=$?
        kill -KILL $run; wait $run || true; kill $holder; wait $holder || true
        echo $code; flock --nonblock $s/state/run.lock echo free"
    );
    let said = stage.script(Space::Shared, &line).success();
    assert_eq!(said.split_whitespace().collect::<Vec<_>>(), ["1", "free"], "{said}");
    let _clean = stage.check(&[]).expect(0);
}

#[test]
fn a_clean_run_leaves_its_stamp_and_no_other_does() {
    let stage = Stage::sealed();
    let clean = stage.report(&[]).expect(0);
    let success = stamp(&stage, "last-success.json").expect("a stamp");
    for (member, pointer) in [
        ("run_id", "/run_id"),
        ("identity", "/baseline/identity"),
        ("baseline", "/baseline/digest"),
        ("root", "/target/root_digest"),
        ("effective_root", "/target/effective_root"),
        ("status", "/verdict/status"),
    ] {
        assert_eq!(success[member], *clean.document.pointer(pointer).expect(pointer), "{member}");
        assert!(!success[member].is_null(), "{member}");
    }
    assert_eq!((&success["exit_code"], &success["sequence"]), (&0.into(), &1.into()));
    assert_eq!(stamp(&stage, "last-run.json"), Some(success.clone()));
    stage.write("root/etc/hosts", "changed\n");
    for (more, code, status) in [
        (&[][..], 1, "findings"),
        (&["--exit-zero"], 0, "findings"),
        (&["--require", "facts"], 1, "findings"),
        (&["--require", "facts", "--only", "packages"], 3, "incomplete"),
        (&["--min-sequence", "9"], 4, "untrusted"),
    ] {
        let _run = stage.check(more).expect(code);
        assert_eq!(stamp(&stage, "last-success.json").as_ref(), Some(&success), "{more:?}");
        let last = stamp(&stage, "last-run.json").expect("a stamp");
        assert_eq!(
            (&last["status"], &last["exit_code"]),
            (&status.into(), &code.into()),
            "{more:?}"
        );
    }
    // A report that nobody got, and a time that was made up, are no success.
    stage.write("root/etc/hosts", "127.0.0.1 localhost\n");
    let before = stamp(&stage, "last-run.json");
    let _lost = stage.script(Space::Shared, "touch -d @0 $s/root/etc/hosts; check >/dev/full").code;
    let _made_up = stage.check(&["--now", "2026-11-21T12:00:00Z"]);
    assert_eq!(stamp(&stage, "last-run.json"), before);
    assert_eq!(stamp(&stage, "last-success.json").as_ref(), Some(&success));
}

/// Looking at something else with the state of the configuration is not the run that is watched.
#[test]
fn another_target_leaves_no_stamp() {
    let stage = Stage::sealed();
    let _copied = stage.script(Space::Shared, "cp -a $s/root $s/copy").expect(0);
    let target = stage.path("root");
    stage.write(
        "drift.toml",
        format!(
            "target = \"dir:{target}\"\nbaseline = \"golden.drift\"\ntrust = \"golden.pub.pem\"\nstate = \"state\"\n"
        ),
    );
    for (arguments, stamped) in [
        ("dir:$s/copy", false),
        ("dir:$s/root", true),
        ("", true),
        ("dir:$s/copy --state $s/state", true),
    ] {
        let line = format!("cd $s; rm -f state/last-*; $drift check {arguments}");
        let _clean = stage.script(Space::Shared, &line).expect(0);
        assert_eq!(stamp(&stage, "last-success.json").is_some(), stamped, "{arguments}");
    }
}

/// A look at less than the configuration asks for, or under other rules, is not that run either.
#[test]
fn an_option_that_decides_leaves_no_stamp() {
    let stage = Stage::sealed();
    let target = stage.path("root");
    stage.write(
        "drift.toml",
        format!(
            "target = \"dir:{target}\"\nbaseline = \"golden.drift\"\ntrust = \"golden.pub.pem\"\nstate = \"state\"\n"
        ),
    );
    stage.write("all.rules", "dynamic /**\n");
    for (arguments, stamped) in [
        ("--quiet --threads 1", true),
        ("--fail-on never", false),
        ("--rules $s/all.rules", false),
        ("--only entries", false),
        ("--baseline $s/golden.drift --trust $s/golden.pub.pem", false),
        ("--max-age 9999d", false),
        ("--fail-on never --state $s/state", true),
    ] {
        let line = format!("cd $s; rm -f state/last-*; $drift check {arguments}");
        let _clean = stage.script(Space::Shared, &line).expect(0);
        for name in ["last-run.json", "last-success.json"] {
            assert_eq!(stamp(&stage, name).is_some(), stamped, "{arguments}: {name}");
        }
    }
}

/// Whoever may write to the target knows where drift keeps its memory, and must not hide there.
#[test]
fn nothing_hides_where_the_memory_is_kept() {
    let check = "$drift check dir:$s/root --baseline golden.drift --trust golden.pub.pem
        --state root/var/memory --output json=root/var/memory/report --format json";
    let check = check.split_whitespace().collect::<Vec<_>>().join(" ");
    let head = "cd $s; mkdir -p root/var; touch -h -d @0 root root/var; $drift capture dir:$s/root \
        --out golden.drift --sign golden.key.pem --identity m --state root/var/memory >&2; \
        touch -h -d @0 root/var;";
    let paths = |report: &Report| {
        let path = |change: &Value| change["path"].as_str().unwrap_or_default().to_owned();
        report.all("/changes").map(path).collect::<Vec<_>>()
    };
    for (made, shown) in [
        (
            "rm -f $m/run.lock; cp $s/root/usr/bin/tool $m/run.lock; chmod 4755 $m/run.lock",
            "run.lock",
        ),
        (
            "rm $m/last-success.json; mkdir $m/last-success.json; : >$m/last-success.json/x",
            "last-success.json/x",
        ),
        (
            "echo evil >>$s/root/etc/hosts; ln -sf ../../etc/hosts $m/last-success.json",
            "/etc/hosts",
        ),
        ("echo evil >>$s/root/etc/hosts; ln -sf ../../etc/hosts $m/last-run.json", "/etc/hosts"),
    ] {
        let stage = Stage::sealed();
        let line = format!("{head} {check} >&2; m=$s/root/var/memory; {made}; {check}");
        let report = Report::of(&stage.script(Space::Shared, &line)).expect(1);
        let found = paths(&report);
        assert!(found.iter().any(|path| path.ends_with(shown)), "{made}: {found:?}");
    }
}

/// Where nothing can be written a check still checks, and says what is lost.
#[test]
fn a_state_that_cannot_be_written_is_told() {
    let Some(()) = need::mount() else { return };
    let stage = Stage::sealed();
    for made in [
        "mount -t tmpfs -o ro none $s/state",
        "mount --bind $s/state $s/state; mount -o remount,ro,bind $s/state",
        "rm -r $s/state; : >$s/state",
    ] {
        let line = format!("{made}; check --quiet");
        let run = stage.script(Space::Mounts, &line);
        let told = format!("{made}: {}{}", run.text(), run.error_text());
        // A file in the place of the directory is a state that cannot be read.
        let expect = if made.contains(": >") { 2 } else { 0 };
        assert_eq!(run.code, Some(expect), "{told}");
        assert!(expect == 2 || run.error_text().contains("could not be remembered"), "{told}");
        assert_eq!(run.text(), "", "{told}");
    }
}

/// drift's own files in the target are no drift: the lock, the stamps and the memory.
#[test]
fn a_state_inside_the_target_is_left_out() {
    let stage = Stage::new();
    let line = "mkdir -p $s/root/var/lib/drift
        $drift capture dir:$s/root --out $s/g --sign $s/golden.key.pem --identity web --state $s/root/var/lib/drift
        for run in 1 2 3; do
            $drift check dir:$s/root --baseline $s/g --trust $s/golden.pub.pem --state $s/root/var/lib/drift
        done >$s/said; ls $s/root/var/lib/drift";
    let run = stage.script(Space::Shared, line);
    let said = String::from_utf8_lossy(&stage.read("said")).into_owned();
    assert_eq!(run.code, Some(0), "{said}{}", run.error_text());
    assert_eq!(
        run.text().lines().filter(|line| line.contains('.')).count(),
        4 + 2,
        "{}",
        run.text()
    );
}
