//! Every format over plain and hostile documents; the JSON against its schema, by two readers.

mod formats;
mod policies;
mod sample;
mod schema;

use std::collections::BTreeSet;

use drift_core::bounds::escape::{escaped, is_plain};
use drift_core::model::{Cause, Severity};
use drift_core::report::document::{Problem, Reference, Report, Verdict};
use drift_core::report::{self, FORMATS, Style, exact};
use serde_json::{Value, json};

use self::sample::{Sample, counts, plain};

const PLAIN: Style = Style { color: false, width: 0 };

/// H20 to H25 of the threat model: what a name may hold beside letters.
const HOSTILE: [&[u8]; 25] = [
    b"\nCLEAN: no finding",
    b"\r\x1b[2K\x1b[1;32mCLEAN",
    b"\x1b]0;title\x07",
    b"\x08\x08\x7f",
    "\u{9b}31m".as_bytes(),
    "\u{202e}txt.exe".as_bytes(),
    "\u{2066}\u{2069}".as_bytes(),
    "\u{200b}\u{2060}\u{feff}".as_bytes(),
    "\u{2028}\u{2029}".as_bytes(),
    b"bad\xff",
    b"bad\xfe",
    b"\xed\xa0\x80",
    b"\xc0\xaf",
    "\u{fffd}".as_bytes(),
    "e\u{301}".as_bytes(),
    "\u{e9}".as_bytes(),
    b". ",
    b" -rf --config=x @file ~",
    b"$(x) %n {{x}} ::error:: ##vso[",
    b"<script>alert(1)</script>",
    b"\"; !! critical",
    b"\\n\\xff",
    b"   ",
    &[b'x'; 255],
    b"=cmd|' /C calc'!A0",
];

fn hostile(bytes: &[u8]) -> Report {
    let name = |text: &str| [text.as_bytes(), bytes].concat();
    Sample { name: &name, made: &str::to_owned }.report()
}

/// Not even what drift makes itself, or knows as a word, is what it should be.
fn hostile_everywhere(bytes: &[u8]) -> Report {
    let made = |text: &str| format!("{text}{}", String::from_utf8_lossy(bytes));
    let name = |text: &str| [text.as_bytes(), bytes].concat();
    let mut report = Sample { name: &name, made: &made }.report();
    for word in [&mut report.target.kind, &mut report.scope.fail_on] {
        *word = made(word);
    }
    report.scope.only.push(made("only"));
    report.verdict.reason = Some(made("reason"));
    report
}

fn written(format: &str, report: &Report, style: Style) -> String {
    let format = report::find(format).expect("the table has it");
    let mut out = Vec::new();
    (format.write)(report, &style, &mut out).expect("memory takes everything");
    String::from_utf8(out).expect("every format is UTF-8")
}

fn unindented(text: &str) -> Vec<&str> {
    text.lines().filter(|line| !line.starts_with(' ') && !line.is_empty()).collect()
}

#[test]
fn no_format_lets_a_hostile_string_reach_the_terminal() {
    for bytes in HOSTILE {
        let everywhere = hostile_everywhere(bytes);
        for format in FORMATS {
            for width in [0, 60] {
                let text = written(format.name, &everywhere, Style { color: false, width });
                for line in text.lines() {
                    assert!(is_plain(line.replace('\\', "/").as_bytes()), "{line:?}");
                }
            }
            // One item, one line; the indented JSON grows by its members in base64, and Markdown
            // shows fewer rows of longer names.
            let lines = |report| written(format.name, report, PLAIN).lines().count();
            let varies = matches!(format.name, "json" | "sarif" | "markdown");
            assert!(varies || lines(&everywhere) == lines(&plain()), "{}", format.name);
        }
        let mut refused = hostile_everywhere(bytes);
        refused.verdict.status = "untrusted";
        refused.verdict.detail = Some(String::from_utf8_lossy(bytes).into_owned());
        for line in written("text", &refused, PLAIN).lines() {
            assert!(is_plain(line.replace('\\', "/").as_bytes()), "{line:?}");
        }
        // Whatever starts at the margin is ours: the conclusion and the headings.
        let text = written("text", &hostile(bytes), Style { color: false, width: 40 });
        assert_eq!(
            unindented(&text),
            unindented(&written("text", &plain(), Style { color: false, width: 40 }))
        );
    }
}

#[test]
fn different_names_stay_different_in_every_format() {
    for format in FORMATS {
        let shown: BTreeSet<String> =
            HOSTILE.iter().map(|bytes| written(format.name, &hostile(bytes), PLAIN)).collect();
        assert_eq!(shown.len(), HOSTILE.len(), "{}", format.name);
    }
}

/// The oracle is the escaping function over the bytes that went in.
#[test]
fn text_shows_the_exact_bytes_of_every_kind_of_name() {
    for bytes in HOSTILE {
        let text = written("text", &hostile(bytes), PLAIN);
        for name in
            ["/usr/bin/ssh", "/usr/bin/old", "/etc/shadow", "/proc", "user.note", "/usr/bin/x"]
        {
            let expect = escaped(&[name.as_bytes(), bytes].concat()).to_string();
            let expect: String = expect.replace('"', "\\\"").chars().take(160).collect();
            assert!(text.contains(&expect), "{expect}");
        }
    }
}

#[test]
fn json_gives_every_name_back() {
    for bytes in HOSTILE {
        let report = hostile(bytes);
        let value: Value = serde_json::from_str(&written("json", &report, PLAIN)).unwrap();
        assert_eq!(value, serde_json::to_value(&report).unwrap());
        for list in ["changes", "problems"] {
            for item in value[list].as_array().unwrap() {
                let path = exact(item["path"].as_str().unwrap(), item["path_b64"].as_str());
                assert!(path.ends_with(bytes), "{item}");
                assert_eq!(item.get("path_b64").is_some(), str::from_utf8(bytes).is_err());
            }
        }
    }
}

/// The oracle is the JSON document: the records put together are it.
#[test]
fn the_stream_holds_the_document() {
    for report in [plain(), hostile(b"bad\xff\n")] {
        let text = written("ndjson", &report, PLAIN);
        let mut whole = json!({
            "problems": [], "changes": [], "policy_origins": [], "policies": [], "waivers": [],
        });
        let records: Vec<Value> =
            text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        for (at, mut record) in records.iter().cloned().enumerate() {
            let members = record.as_object_mut().unwrap();
            let kind = members.remove("record").unwrap();
            let list = match kind.as_str().unwrap() {
                "problem" => "problems",
                "change" => "changes",
                "policy_origin" => "policy_origins",
                "policy" => "policies",
                "waiver" => "waivers",
                edge => {
                    assert_eq!(edge, if at == 0 { "start" } else { "summary" });
                    assert!(at == 0 || at == records.len() - 1);
                    whole.as_object_mut().unwrap().append(members);
                    continue;
                }
            };
            whole[list].as_array_mut().unwrap().push(record);
        }
        assert_eq!(whole, serde_json::to_value(&report).unwrap());
    }
}

#[test]
fn colour_is_never_the_only_signal() {
    let colored = written("text", &plain(), Style { color: true, width: 80 });
    let mut bare = String::new();
    let mut rest = colored.as_str();
    while let Some((before, after)) = rest.split_once("\x1b[") {
        bare.push_str(before);
        rest = after.split_once('m').expect("every sequence is a colour").1;
    }
    bare.push_str(rest);
    assert_ne!(bare, colored);
    assert_eq!(bare, written("text", &plain(), Style { color: false, width: 80 }));
}

#[test]
fn long_lists_say_how_much_is_left_out() {
    let sample = Sample { name: &|text| text.as_bytes().to_vec(), made: &str::to_owned };
    for cause in Cause::ALL {
        let mut report = plain();
        report.changes =
            (0..60).map(|at| sample.change(&format!("/dir{at:02}/x/file"), cause)).collect();
        let text = written("text", &report, PLAIN);
        let shown = text.lines().filter(|line| line.contains("/x/file")).count();
        let by_rule = matches!(cause, Cause::DeclaredDynamic | Cause::ExpectedPerHost);
        assert_eq!(shown, if by_rule { 0 } else { 50 }, "{cause}");
        assert!(text.contains(if by_rule { "60 changes" } else { "and 10 more" }), "{cause}");
    }
}

/// Every change is shown, or counted where a line says how many it stands for.
#[test]
fn every_change_is_shown_or_folded() {
    let report = plain();
    let text = written("text", &report, PLAIN);
    for change in &report.changes {
        let by_rule = matches!(change.cause, Cause::DeclaredDynamic | Cause::ExpectedPerHost);
        let folded = change.folded_into.is_some() || change.path == "/opt/app/d/e";
        assert_eq!(text.contains(&change.path), !by_rule && !folded, "{}", change.path);
    }
    assert_eq!(written("paths", &report, PLAIN).lines().count(), report.changes.len() - 3);
}

#[test]
fn only_a_complete_run_reads_clean() {
    let mut report = plain();
    report.changes.clear();
    for (status, complete, expect) in [
        ("clean", true, "CLEAN:"),
        ("clean", false, "INCOMPLETE:"),
        ("incomplete", false, "INCOMPLETE:"),
        ("incomplete", true, "INCOMPLETE:"),
        ("findings", true, "DRIFT:"),
        ("untrusted", false, "UNTRUSTED:"),
        ("other", true, "UNKNOWN:"),
    ] {
        report.verdict = Verdict { status, exit_code: 3, complete, reason: None, detail: None };
        let text = written("text", &report, PLAIN);
        assert!(text.starts_with(expect), "{text}");
        assert_eq!(text.contains("CLEAN"), expect == "CLEAN:");
    }
}

#[test]
fn a_run_that_compared_nothing_says_so_first_and_once() {
    let mut report = incomplete();
    report.changes.clear();
    report.problems.truncate(1);
    report.problems[0].reason = "the archive breaks off".to_owned();
    report.target.root_digest = None;
    for (reason, first, last) in [
        ("problems", "the target could not be read", "make the target readable"),
        ("busy", "another run holds the state directory", "when the other run has ended"),
        ("deadline", "the deadline passed", "--deadline"),
    ] {
        report.verdict.reason = Some(reason.to_owned());
        let text = written("text", &report, PLAIN);
        assert!(
            text.starts_with(&format!("INCOMPLETE: nothing was compared: {first}. ")),
            "{text}"
        );
        assert_eq!(text.matches("the archive breaks off").count(), 1, "{text}");
        assert!(text.contains(last), "{text}");
        assert!(!text.contains("is a host"), "{text}");
    }
    report.target.root_digest = Some("sha256:00".to_owned());
    assert!(written("text", &report, PLAIN).starts_with("INCOMPLETE: no finding"));
}

#[test]
fn an_unsigned_reference_says_so_beside_the_verdict() {
    let mut report = clean();
    report.baseline = Reference { kind: "package-database", ..Reference::default() };
    let text = written("text", &report, PLAIN);
    assert!(text.lines().next().is_some_and(|line| line.contains("UNSIGNED")), "{text}");
}

#[test]
fn texts_are_as_a_person_approved_them() {
    let mut findings = plain();
    findings.scope.fail_on_new = false;
    check("findings", &findings, 0);
    check("findings-80", &findings, 80);
    check("clean", &clean(), 80);
    check("incomplete", &incomplete(), 80);
    check("untrusted", &untrusted(), 80);
    check("zero-configuration", &zero_configuration(), 80);
    check("policies", &policies::of_every_status(), 80);
    check("since", &policies::since_yesterday(), 80);
}

fn clean() -> Report {
    let mut report = plain();
    report.changes.retain(|change| change.severity == Severity::None);
    report.changes.retain(|change| change.folded_into.is_none());
    report.policies.retain(|policy| policy.status == "pass");
    report.waivers.clear();
    (report.since_previous, report.scope.fail_on_new) = (None, false);
    report.problems.clear();
    report.coverage.not_compared = 0;
    report.coverage.unreadable = 0;
    report.summary = drift_core::report::document::Summary {
        changes: counts(&report.changes),
        recommendation: "none",
        ..Default::default()
    };
    report.verdict =
        Verdict { status: "clean", exit_code: 0, complete: true, reason: None, detail: None };
    report
}

fn incomplete() -> Report {
    let mut report = clean();
    report.problems = (0..10_214)
        .map(|at| Problem {
            path: format!("/home/user/{at}"),
            path_b64: None,
            stage: "open",
            reason: "permission denied".to_owned(),
            errno: Some("EACCES"),
        })
        .collect();
    report.coverage.not_compared = 10_214;
    report.coverage.unreadable = 10_214;
    report.summary.recommendation = "review";
    report.verdict = Verdict {
        status: "incomplete",
        exit_code: 3,
        complete: false,
        reason: Some("problems".to_owned()),
        detail: None,
    };
    report
}

fn untrusted() -> Report {
    let mut report = clean();
    report.changes.clear();
    report.coverage = Default::default();
    report.baseline =
        Reference { kind: "sealed", file: Some("golden.drift".to_owned()), ..Reference::default() };
    report.verdict = Verdict {
        status: "untrusted",
        exit_code: 4,
        complete: false,
        reason: Some("altered".to_owned()),
        detail: Some("the signed digest is sha256:11.., the file's is sha256:22..".to_owned()),
    };
    report.summary.changes = counts(&report.changes);
    report.summary.recommendation = "review";
    report
}

fn zero_configuration() -> Report {
    let mut report = plain();
    report.changes.retain(|change| {
        matches!(change.cause, Cause::VendorRecordDiffers | Cause::Unowned | Cause::Generated)
    });
    report.summary.changes = counts(&report.changes);
    report.summary.policies.clear();
    report.policies.clear();
    report.waivers.clear();
    report.summary.waived = 0;
    (report.since_previous, report.scope.fail_on_new) = (None, false);
    report.problems.clear();
    report.coverage.not_compared = 0;
    report.verdict.complete = true;
    report.baseline = Reference { kind: "package-database", ..Reference::default() };
    report
}

/// Compares with the approved text; with `DRIFT_UPDATE=1` writes it, for `git diff` to show.
#[expect(clippy::disallowed_methods, reason = "a test of ours reads and writes its own files")]
fn check(name: &str, report: &Report, width: usize) {
    let text = written("text", report, Style { color: false, width });
    let path = format!("{}/tests/it/report/{name}.txt", env!("CARGO_MANIFEST_DIR"));
    if std::env::var_os("DRIFT_UPDATE").is_some() {
        std::fs::write(&path, &text).expect("the tree can be written");
    }
    let approved = std::fs::read_to_string(&path).expect("DRIFT_UPDATE=1 makes a missing one");
    assert_eq!(text, approved, "{path}: if the change is meant, set DRIFT_UPDATE=1");
}
