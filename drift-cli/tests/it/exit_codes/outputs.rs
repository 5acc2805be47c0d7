//! A report that nobody got is not a success: 5, and what stood there before is intact.

use drift_testkit::need;

use crate::stage::{Space, Stage};

#[test]
fn an_output_that_cannot_be_written_leaves_the_old_one() {
    let Some(()) = need::mount() else { return };
    let stage = Stage::sealed();
    let run = stage.script(
        Space::Mounts,
        "set +e
         mkdir $s/full $s/locked
         mount -t tmpfs -o size=64k full $s/full; mount -t tmpfs locked $s/locked
         for d in full locked; do echo old >$s/$d/report.json; cp $s/golden.drift $s/$d/golden.drift; done
         dd if=/dev/zero of=$s/full/ballast bs=1k status=none 2>/dev/null
         mount -o remount,ro $s/locked
         for d in full locked; do
             check --output json=$s/$d/report.json >/dev/null; echo $d $?
             capture --out $s/$d/golden.drift >/dev/null 2>&1; echo twice $?
             $drift capture dir:$s/root --out $s/$d/golden.drift >/dev/null; echo capture $?
             $drift keygen --out $s/$d/key >/dev/null; echo keygen $?
             cat $s/$d/report.json; cmp $s/golden.drift $s/$d/golden.drift && echo same
             ls $s/$d | tr '\\n' ' '; echo
         done
         check --output json=$s/missing/report.json >/dev/null; echo missing $?
         check --output json=$s/root >/dev/null; echo directory $?
         check --output json=/dev/full >/dev/null; echo device $?",
    );
    let said = run.text();
    let kept = "twice 2\ncapture 5\nkeygen 5\nold\nsame\n";
    assert_eq!(
        said,
        format!(
            "full 5\n{kept}ballast golden.drift report.json \nlocked 5\n{kept}golden.drift report.json \nmissing 5\ndirectory 5\ndevice 5\n"
        ),
        "{}",
        run.error_text()
    );
}

#[test]
fn a_reader_that_goes_away_is_five() {
    let stage = Stage::new();
    for number in 0..3_000 {
        stage.write(format!("root/etc/file-with-a-long-name-{number}"), "x");
    }
    stage.capture("root", &[]);
    stage.write("root/etc/hosts", "changed\n");
    let run = stage.script(
        Space::Shared,
        "set +e
         code() { echo ${PIPESTATUS[0]}; }
         $drift export $s/golden.drift --unverified --format ndjson 2>$s/said | head -1 >/dev/null; code
         $drift inspect $s/golden.drift --unverified entries 2>>$s/said | true; code
         sleep_then_close() { :; }
         check 2>>$s/said > >(:); check --format json >/dev/full 2>>$s/full; echo $?
         $drift --help >/dev/full 2>>$s/full; echo $?
         $drift completions bash >/dev/full 2>>$s/full; echo $?",
    );
    assert_eq!(run.text(), "5\n5\n5\n5\n5\n", "{}", run.error_text());
    assert_eq!(stage.read("said"), b"", "nobody is left to be told");
    let full = String::from_utf8(stage.read("full")).expect("text");
    assert!(full.contains("No space left on device"), "{full}");
}
