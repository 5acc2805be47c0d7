//! Objects placed where, or named so that, a scan does not reach or show them.

use std::collections::BTreeSet;
use std::os::unix::ffi::OsStrExt as _;

use drift_testkit::{command, need};
use serde_json::Value;

use crate::stage::{DRIFT, LIMIT, Report, Space, Stage, hostile};

/// Deeper than PATH_MAX (4096 bytes), so that no path name reaches it.
#[test]
fn a_setuid_file_below_path_max_is_found() {
    let Some(python) = need::tool("python3") else { return };
    let stage = Stage::sealed();
    let plant = hostile("path_max_plant.py");
    let depth = command::run(&python, [plant.clone(), stage.path("root")]).success();
    let report = stage.report(&[]).expect(1);
    let found: Vec<&Value> = report
        .all("/changes")
        .filter(|change| change["path"].as_str().is_some_and(|path| path.ends_with("/su")))
        .collect();
    assert_eq!(found.len(), 1, "the plant, once");
    let length = found[0]["path"].as_str().map_or(0, str::len);
    assert!(length > 4096, "{length} bytes do not exceed PATH_MAX");
    assert_eq!(found[0]["kind"], "added");
    assert!(["high", "critical"].contains(&found[0]["severity"].as_str().unwrap_or_default()));
    println!("found at {length} bytes, depth {}", depth.trim());
    // The tree must go by descriptors too: its paths are too long for the kernel.
    let _gone = command::run(&python, [plant, stage.path("root"), "remove".to_owned()]).expect(0);
}

#[test]
fn what_an_ordinary_user_cannot_read_is_listed() {
    let (Some(()), Some(setpriv)) = (need::root(), need::tool("setpriv")) else { return };
    let stage = Stage::new();
    stage.write("root/etc/closed", "golden");
    stage.mode("root/etc/closed", 0);
    stage.write("drift", stage_binary());
    stage.mode("drift", 0o755);
    stage.capture("root", &[]);
    stage.mode("golden.drift", 0o644);
    // The plant: other content of the same length and with the time of the golden file.
    let plant = "touch -r $s/root/etc/closed $s/stamp
        printf edited >$s/root/etc/closed; touch -r $s/stamp $s/root/etc/closed";
    let _done = stage.script(Space::Shared, plant).expect(0);

    let mut arguments: Vec<String> =
        ["--reuid=65534", "--regid=65534", "--clear-groups"].map(str::to_owned).into();
    arguments.push(stage.path("drift"));
    arguments.extend(stage.check_arguments("root"));
    // That user may not read the memory of root.
    for argument in arguments.iter_mut().filter(|argument| **argument == stage.path("state")) {
        *argument = stage.path("state-of-nobody");
    }
    arguments.extend(["--format", "json"].map(str::to_owned));
    let report = Report::of(&command::run_within(LIMIT, &setpriv, &arguments)).expect(3);
    let problems = report.problems("/etc/closed");
    assert_eq!(problems.len(), 1, "{:#}", report.document["problems"]);
    assert_eq!(problems[0]["errno"], "EACCES");
    assert_eq!(report.document["coverage"]["unreadable"], 1);
    // Whoever may read it sees the plant.
    let report = stage.report(&[]).expect(1);
    assert_eq!(report.changes("/etc/closed")[0]["attributes"][0]["name"], "digest");

    // A directory closed to that user hides what is below it: not compared, never removed.
    let close = "mkdir $s/root/srv; echo x >$s/root/srv/f; capture >/dev/null 2>&1
        chmod 644 $s/golden.drift; chmod 000 $s/root/srv; rm $s/root/srv/f";
    let _done = stage.script(Space::Shared, close).expect(0);
    let report = Report::of(&command::run_within(LIMIT, &setpriv, &arguments)).expect(1);
    assert_eq!(report.problems("/srv").len(), 1);
    assert!(report.changes("/srv/f").is_empty(), "what was not listed was not removed");
    assert_eq!(report.document["verdict"]["complete"], false);
}

/// The user of that test cannot enter the build directory everywhere.
#[expect(clippy::disallowed_methods, reason = "a test's own copy of the program")]
fn stage_binary() -> Vec<u8> {
    std::fs::read(DRIFT).expect("the program under test")
}

/// Names that break terminals, line-based tools and careless decoders.
const NAMES: &[&[u8]] = &[
    b"esc\x1b[2J\x1b]0;owned\x07",
    b"newline\nDRIFT: clean",
    b"return\rCLEAN: all is well",
    b"backspace\x08\x08",
    b"delete\x7f",
    b"c1-csi\xc2\x9b31m",
    b"c1-raw\x9b31m",
    b"c1-nel\xc2\x85x",
    b"bidi\xe2\x80\xaegnp.exe",
    b"isolate\xe2\x81\xa6x\xe2\x81\xa9",
    b"zero\xe2\x80\x8bwidth",
    b"joiner\xe2\x80\x8dx",
    b"line\xe2\x80\xa8separator",
    b"paragraph\xe2\x80\xa9separator",
    b"tag\xf3\xa0\x81\x81x",
    b"bad\xff",
    b"bad\xfe",
    b"overlong\xc0\xaf",
    b"surrogate\xed\xa0\x80",
    b"caf\xc3\xa9",
    b"cafe\xcc\x81",
    b"back\\x1bslash",
    b"quote\"'`$(id)",
    b"::error::injected",
    b"\xef\xbb\xbfbom",
    b" ",
    b"tab\tx",
    b"-rf",
];

#[test]
fn hostile_names_are_found_and_shown_without_harm() {
    let stage = Stage::sealed();
    for name in NAMES {
        stage.write(
            std::path::Path::new("root/etc").join(std::ffi::OsStr::from_bytes(name)),
            "planted",
        );
    }
    let wanted: BTreeSet<Vec<u8>> = NAMES.iter().map(|name| [b"/etc/", *name].concat()).collect();
    let report = stage.report(&[]).expect(1);
    assert_eq!(exact(report.all("/changes")), wanted, "json");

    let run = stage.check(&["--format", "ndjson"]).expect(1);
    let lines: Vec<Value> = run
        .text()
        .lines()
        .map(|line| serde_json::from_str(line).expect("each line is a document"))
        .collect();
    let changes = lines.iter().filter(|line| line["kind"] == "added");
    assert_eq!(exact(changes), wanted, "ndjson");

    let text = stage.check(&["--format", "paths"]).expect(1).text();
    let paths: BTreeSet<&str> = text.lines().collect();
    assert_eq!((paths.len(), text.lines().count()), (NAMES.len(), NAMES.len()), "one line each");

    for format in ["text", "paths", "json", "ndjson"] {
        let run = stage.check(&["--format", format]).expect(1);
        assert_harmless(format, &run.stdout);
        assert_harmless(format, &run.stderr);
    }
    println!("{} names, 4 formats", NAMES.len());
}

/// Returns the exact paths of changes.
fn exact<'c>(changes: impl Iterator<Item = &'c Value>) -> BTreeSet<Vec<u8>> {
    changes
        .map(|change| match change["path_b64"].as_str() {
            Some(encoded) => base64(encoded),
            None => change["path"].as_str().expect("a path").as_bytes().to_owned(),
        })
        .collect()
}

/// Decodes base64 by another program than drift.
fn base64(text: &str) -> Vec<u8> {
    let command = format!("printf %s '{text}' | base64 -d");
    command::run("sh", ["-c", &command]).expect(0).stdout
}

/// Fails on any byte or character that a terminal or a line-based reader acts upon.
#[track_caller]
pub(crate) fn assert_harmless(what: &str, bytes: &[u8]) {
    let text = std::str::from_utf8(bytes).expect("the output is UTF-8");
    let harmful = |c: char| {
        (c.is_control() && c != '\n')
            || matches!(u32::from(c),
                0x61c | 0x200b..=0x200f | 0x2028..=0x202e | 0x2060..=0x206f | 0xfeff | 0xe0000..=0xe007f)
    };
    if let Some(at) = text.find(harmful) {
        let line = text.get(..at).unwrap_or_default().lines().count();
        panic!("{what}: {:?} in line {line}", text.get(at..).and_then(|rest| rest.chars().next()));
    }
}
