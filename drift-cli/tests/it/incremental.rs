//! `--mode incremental`: what it leaves, what it says, and when it reads everything.

use drift_testkit::need;
use serde_json::Value;

use crate::stage::{Report, Space, Stage};

/// A root on a disk of its own, whose files were all made long ago.
const AGED: &str = "
    truncate -s 16M $s/disk; mkfs.ext4 -q -F $s/disk
    mount -o loop $s/disk $s/root
    mkdir -p $s/root/etc $s/root/usr/bin
    for name in etc/a etc/b usr/bin/c usr/bin/d usr/bin/e; do echo $name >$s/root/$name; done
    umount $s/root
    for name in etc/a etc/b usr/bin/c usr/bin/d usr/bin/e; do
        for field in ctime mtime crtime; do echo set_inode_field $name $field @1577836800; done
    done >$s/commands
    debugfs -w -f $s/commands $s/disk >/dev/null 2>&1
    mount -o loop $s/disk $s/root
    capture >/dev/null 2>&1
    incremental() { check --mode incremental --rehash-within 1000 \"$@\" || echo \"exit $?\" >&2; }
    ";

/// Runs a script over such a root, and returns the reports that it left as `NAME.json`.
fn told(script: &str, names: &[&str]) -> Option<(Stage, Vec<Value>)> {
    need::loop_mount()?;
    need::tool("debugfs")?;
    let stage = Stage::new();
    let _ = stage.script(Space::Mounts, &(AGED.to_owned() + script)).expect(0);
    let read = |name: &&str| {
        serde_json::from_slice(&stage.read(format!("{name}.json"))).expect("the report has it")
    };
    let reports = names.iter().map(read).collect();
    Some((stage, reports))
}

fn counts(report: &Value) -> (&str, u64, u64) {
    let coverage = &report["coverage"];
    let number = |name: &str| coverage[name].as_u64().expect("the report has it");
    let mode = report["scope"]["mode"].as_str().expect("the report has it");
    (mode, number("files_from_cache") + number("rehash_sample"), number("files_hashed"))
}

#[track_caller]
fn notes(report: &Value, part: &str) -> bool {
    let notes = report["notes"].as_array().expect("the report has it");
    notes.iter().any(|note| note.as_str().expect("the report has it").contains(part))
}

#[test]
fn the_second_check_reads_what_changed() {
    let script = "
        incremental --output json=$s/first.json --quiet
        incremental --output json=$s/second.json >$s/second.txt
        check --output json=$s/full.json --quiet
        echo usr/bin/C >$s/root/usr/bin/c
        incremental --output json=$s/third.json >/dev/null
        stat -c '%a %n' $s/state/cache.* >$s/modes";
    let names = ["first", "second", "full", "third"];
    let Some((stage, reports)) = told(script, &names) else { return };
    let [first, second, full, third] = &*reports else { panic!("four reports") };
    assert_eq!(counts(first), ("full", 0, 5));
    let (mode, known, _) = counts(second);
    assert_eq!((mode, known), ("incremental", 5));
    assert_eq!(second["verdict"]["status"], "clean");
    assert_eq!(counts(full), ("full", 0, 5));
    let root = |report: &Value| report["target"]["root_digest"].clone();
    assert_eq!((root(first), root(second)), (root(full), root(full)));
    let (mode, known, hashed) = counts(third);
    assert_eq!((mode, known), ("incremental", 4));
    assert!(hashed >= 1);
    assert_eq!(third["verdict"]["status"], "findings");
    assert_eq!(third["changes"][0]["path"], "/usr/bin/c");
    let trusted = second["coverage"]["trusted_from_cache"].as_array().unwrap();
    let files: u64 = trusted.iter().map(|one| one["files"].as_u64().unwrap()).sum();
    assert_eq!(Some(files), second["coverage"]["files_from_cache"].as_u64());
    let text = String::from_utf8(stage.read("second.txt")).unwrap();
    let words: Vec<&str> = text.split_whitespace().collect();
    assert!(words.join(" ").contains("from the cache"), "{text}");
    let modes = String::from_utf8(stage.read("modes")).unwrap();
    assert!(modes.lines().count() == 2 && modes.lines().all(|line| line.starts_with("600 ")));
}

#[test]
fn a_cache_that_cannot_be_believed_is_told_and_made_anew() {
    let script = "
        incremental --quiet
        printf x | dd of=$s/state/cache.bin bs=1 seek=200 conv=notrunc 2>/dev/null
        incremental --output json=$s/edited.json --quiet
        incremental --output json=$s/again.json --quiet
        cp -a $s/state/cache.bin $s/kept
        chmod 644 $s/state/cache.key
        incremental --output json=$s/exposed.json --quiet
        incremental --output json=$s/rekeyed.json --quiet
        cp -a $s/kept $s/state/cache.bin
        incremental --output json=$s/foreign.json --quiet
        chmod 644 $s/state/cache.bin
        incremental --output json=$s/open.json --quiet";
    let names = ["edited", "again", "exposed", "rekeyed", "foreign", "open"];
    let Some((_stage, reports)) = told(script, &names) else { return };
    let [edited, again, exposed, rekeyed, foreign, open] = &*reports else { panic!("six") };
    for report in [edited, exposed, foreign] {
        assert_eq!(counts(report), ("full", 0, 5));
        assert!(notes(report, "damaged, or was written with another key"), "{report:#}");
        assert_eq!(report["verdict"]["status"], "clean", "it is no matter of the target");
    }
    assert!(notes(exposed, "was open to others (mode 644)"));
    assert_eq!(counts(again).0, "incremental");
    assert_eq!(counts(rekeyed).0, "incremental");
    assert_eq!(counts(open), ("full", 0, 5));
}

#[test]
fn a_full_check_makes_no_cache_and_keeps_one_that_is_there() {
    let script = "
        check --quiet
        test ! -e $s/state/cache.bin; test ! -e $s/state/cache.key
        incremental --quiet
        echo usr/bin/C >$s/root/usr/bin/c
        cp $s/state/cache.bin $s/before
        check --quiet >/dev/null || true
        ! cmp -s $s/before $s/state/cache.bin
        rm $s/state/cache.bin
        check --quiet >/dev/null || true
        test ! -e $s/state/cache.bin
        # One of another target is not this one's to replace.
        incremental --quiet >/dev/null
        cp $s/state/cache.bin $s/before
        \"$drift\" check dir:$s/root/etc --baseline $s/golden.drift --trust $s/golden.pub.pem \\
            --state $s/state --quiet >/dev/null || true
        cmp $s/before $s/state/cache.bin";
    let _told = told(script, &[]);
}

#[test]
fn drifts_own_files_in_the_target_are_left_out() {
    let script = "
        own() { \"$drift\" check dir:$s/root --baseline $s/golden.drift --trust $s/golden.pub.pem \\
            --state $s/root/state --mode incremental \"$@\"; }
        mkdir -m 700 $s/root/state
        \"$drift\" capture dir:$s/root --out $s/golden.drift --sign $s/golden.key.pem \\
            --identity web --state $s/root/state >/dev/null 2>&1
        own --quiet
        own --output json=$s/own.json --quiet";
    let Some((_stage, reports)) = told(script, &["own"]) else { return };
    assert_eq!(reports[0]["verdict"]["status"], "clean", "{:#}", reports[0]);
    assert_eq!(counts(&reports[0]).0, "incremental");
}

#[test]
fn without_a_place_or_a_target_for_it_everything_is_read() {
    let stage = Stage::new();
    stage.write("root/a", "a");
    stage.capture("root", &[]);
    let target = format!("dir:{}", stage.path("root"));
    let (baseline, trust) = (stage.path("golden.drift"), stage.path("golden.pub.pem"));
    let common = ["--baseline", &baseline, "--trust", &trust, "--mode", "incremental"];
    let json = ["--format", "json"];
    let nowhere = ["--state", "/proc/no-state"];
    let words = [&["check", &target][..], &common, &json, &nowhere].concat();
    let report = Report::of(&stage.drift(&words));
    assert!(
        notes(&report.document, "no state directory could be written"),
        "{:#}",
        report.document
    );
    assert_eq!(counts(&report.document), ("full", 0, 3), "the two files of the stage too");
    let state = stage.path("state");
    let packed = stage.path("root.tar");
    let _ = drift_testkit::command::run("tar", ["-cf", &packed, "-C", &stage.path("root"), "."])
        .success();
    let target = format!("tar:{packed}");
    let words = [&["check", &target][..], &common, &json, &["--state", &state]].concat();
    let report = Report::of(&stage.drift(&words));
    assert!(notes(&report.document, "the target keeps no times"), "{:#}", report.document);
    let words = [&["check", &target][..], &common, &["--rehash-within", "0"]].concat();
    let _usage = stage.drift(&words).expect(2);
}
