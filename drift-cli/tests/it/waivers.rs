//! Waivers at the command line: what they accept ends with 0, what they no longer do with 1, and a file
//! that is not the operator's, or whose seal is broken, accepts nothing.

use drift_testkit::command::Run;
use serde_json::Value;

use crate::stage::{Report, Space, Stage};

const NOW: &str = "2026-11-21T12:00:00Z";

/// A stage whose tool was altered after it was sealed.
fn altered() -> Stage {
    let stage = Stage::new();
    stage.capture("root", &["--now", "2026-11-01T00:00:00Z"]);
    stage.write("root/usr/bin/tool", "#!/bin/sh\nexit 1\n");
    stage
}

fn waiver(expires: &str, selector: &str) -> String {
    format!(
        "[[waiver]]\nid = \"W1\"\nowner = \"ops\"\nreason = \"being replaced\"\nticket = \"OPS-1\"\n\
         expires = {expires}\nmatch = {{ {selector} }}\n"
    )
}

const TOOL: &str = "path = \"/usr/bin/tool\"";

fn checked(stage: &Stage, more: &[&str]) -> Report {
    let waivers = stage.path("waivers.toml");
    stage.report(&[&["--waivers", &waivers, "--now", NOW], more].concat())
}

#[test]
fn what_is_accepted_ends_clean_and_stays_in_the_report() {
    let stage = altered();
    assert_eq!(stage.report(&["--now", NOW]).code, Some(1));
    stage.write("waivers.toml", waiver("2027-06-30", TOOL));
    let report = checked(&stage, &[]);
    assert_eq!(report.code, Some(0));
    assert_eq!(report.text("/verdict/status"), "clean");
    assert_eq!(report.text("/changes/0/waived_by"), "W1");
    assert_eq!(report.text("/changes/0/cause"), "modified-in-place");
    assert_eq!(report.text("/waivers/0/state"), "active");
    assert_eq!(report.text("/waivers/0/match/path"), "/usr/bin/tool");
    assert_eq!(report.document["waivers"][0]["matched"], 1);
    assert_eq!(report.document["summary"]["waived"], 1);
    assert_eq!(report.text("/summary/recommendation"), "none");
    assert_eq!(report.document["waiver_origin"]["signed"], false);
    assert_eq!(report.text("/waiver_origin/digest"), report.text("/tool/waivers_digest"));
    // Every other change counts.
    stage.write("root/etc/hosts", "6.6.6.6 localhost\n");
    assert_eq!(checked(&stage, &[]).code, Some(1));
}

#[test]
fn an_expired_waiver_counts_again_in_every_time_zone() {
    let stage = altered();
    for (expires, now, code) in [
        ("2026-11-21", "2026-11-21T23:59:59Z", 0),
        ("2026-11-21", "2026-11-22T00:00:00Z", 1),
        ("2026-11-21T12:00:00+14:00", "2026-11-20T22:00:00Z", 0),
        ("2026-11-21T12:00:00+14:00", "2026-11-20T22:00:01Z", 1),
    ] {
        stage.write("waivers.toml", waiver(expires, TOOL));
        for zone in ["UTC", "Pacific/Kiritimati", "Pacific/Niue"] {
            let script =
                format!("TZ={zone} check --format json --waivers $s/waivers.toml --now {now}");
            let report = Report::of(&stage.script(Space::Shared, &script));
            assert_eq!(report.code, Some(code), "{expires} {now} {zone}");
            let state = if code == 0 { "expiring" } else { "expired" };
            assert_eq!(report.text("/waivers/0/state"), state);
            assert_eq!(report.document["waivers"][0]["matched"], 1);
            let notes = report.document["notes"].to_string();
            assert_eq!(notes.contains("1 expired waiver holds no longer"), code == 1, "{notes}");
            assert_eq!(report.document["changes"][0]["waived_by"].is_null(), code == 1);
        }
    }
}

#[test]
fn a_file_that_cannot_be_read_or_that_others_may_write_is_a_usage_error() {
    let stage = altered();
    for (text, told) in [
        (
            waiver("2027-06-30", TOOL).replace("owner", "ownr"),
            "waivers.toml:3: a waiver has no key ownr",
        ),
        (waiver("2027-06-31", TOOL), "waivers.toml:6: "),
        (waiver("2027-06-30", TOOL).repeat(2), "the id W1 is that of line 2"),
        (waiver("2027-06-30", "identity = \"web\""), "match needs one of"),
    ] {
        stage.write("waivers.toml", text);
        let run = stage.check(&["--waivers", &stage.path("waivers.toml")]).expect(2);
        assert!(run.error_text().contains(told), "{}", run.error_text());
    }
    stage.write("waivers.toml", waiver("2027-06-30", TOOL));
    stage.mode("waivers.toml", 0o666);
    let run = stage.check(&["--waivers", &stage.path("waivers.toml")]).expect(2);
    assert!(run.error_text().contains("may change"), "{}", run.error_text());
    let gone = stage.check(&["--waivers", &stage.path("gone.toml")]).expect(2);
    assert!(gone.error_text().contains("gone.toml"), "{}", gone.error_text());
}

fn sealed(stage: &Stage, more: &[&str]) -> Run {
    let (file, key) = (stage.path("waivers.toml"), stage.path("golden.key.pem"));
    stage.drift([&["waiver", "seal", &file, "--sign", &key, "--now", NOW], more].concat())
}

#[test]
fn a_sealed_file_is_taken_while_its_seal_holds() {
    let stage = altered();
    stage.write("waivers.toml", waiver("2027-06-30", TOOL));
    let unsigned = checked(&stage, &["--require-sealed-waivers"]);
    assert_eq!((unsigned.code, unsigned.reason()), (Some(4), "unsigned"));
    let _sealed = sealed(&stage, &["--expires", "90d"]).expect(0);
    let report = checked(&stage, &["--require-sealed-waivers"]);
    assert_eq!(report.code, Some(0));
    assert_eq!(report.document["waiver_origin"]["signed"], true);
    assert_eq!(report.text("/waiver_origin/signers/0/name"), "golden");
    // The seal ends before the waiver does.
    let late =
        stage.report(&["--waivers", &stage.path("waivers.toml"), "--now", "2027-03-01T00:00:00Z"]);
    assert_eq!((late.code, late.reason()), (Some(4), "expired"));
    stage.write("waivers.toml", waiver("2028-06-30", TOOL));
    let altered = checked(&stage, &[]);
    assert_eq!((altered.code, altered.reason()), (Some(4), "altered"));
    assert!(altered.text("/verdict/detail").contains("waivers.toml"));
    assert!(altered.document["changes"].as_array().is_some_and(Vec::is_empty));
    // Somebody else's key, and a seal about something else.
    let _made = stage.drift(["keygen", "--out", &stage.path("other")]).expect(0);
    let (file, key) = (stage.path("waivers.toml"), stage.path("other.key.pem"));
    let _sealed = stage.drift(["waiver", "seal", &file, "--sign", &key, "--now", NOW]).expect(0);
    assert_eq!(checked(&stage, &[]).reason(), "wrong-key");
    stage.write("waivers.toml", stage.read("golden.drift"));
    stage.write("waivers.toml.sigstore.json", stage.read("golden.drift.sigstore.json"));
    let snapshot = checked(&stage, &[]);
    assert_eq!((snapshot.code, snapshot.reason()), (Some(4), "wrong-identity"));
}

#[test]
fn nobody_seals_what_no_check_would_take() {
    let stage = altered();
    stage.write("waivers.toml", waiver("never", TOOL));
    let run = sealed(&stage, &[]).expect(2);
    assert!(run.error_text().contains("waivers.toml:6"), "{}", run.error_text());
    assert!(!stage.at("waivers.toml.sigstore.json").exists());
}

const SEVERAL: &str = "\
[[waiver]]
id = \"later\"
owner = \"ops\"
reason = \"r\"
created = 2027-01-01
expires = 2027-06-30
match = { policy = \"host/*\", identity = \"web-*\" }
[[waiver]]
id = \"holds\"
owner = \"ops\"
reason = \"r\"
expires = 2027-06-30
match = { path = \"/opt/**\" }
[[waiver]]
id = \"soon\"
owner = \"ops\"
reason = \"r\"
expires = 2026-11-23
match = { package = \"app\" }
[[waiver]]
id = \"over\\u001b[2J\"
owner = \"ops\"
reason = \"r\"
expires = 2026-11-19
match = { cause = \"unowned\" }
";

#[test]
fn the_list_begins_with_what_asks_for_a_decision() {
    let stage = Stage::new();
    stage.write("waivers.toml", SEVERAL);
    let file = stage.path("waivers.toml");
    let list = |more: &[&str]| {
        stage
            .drift([&["waiver", "list", "--waivers", &file, "--now", NOW], more].concat())
            .expect(0)
    };
    let text = list(&[]).text();
    let states: Vec<&str> = text
        .lines()
        .filter_map(|line| line.strip_prefix("  ")?.split_whitespace().next())
        .filter(|word| !matches!(*word, "accepts" | "because"))
        .collect();
    assert_eq!(states, ["expired", "not-yet-valid", "expiring", "active"], "{text}");
    assert!(text.contains("4 waivers in ") && text.contains("(not sealed)"), "{text}");
    assert!(text.contains("2 days ago") && text.contains("2 days left"), "{text}");
    assert!(text.contains("identity web-*, policy host/*"), "{text}");
    assert!(!text.contains('\u{1b}'), "{text}");
    let document: Value =
        serde_json::from_slice(&list(&["--format", "json"]).stdout).expect("it is JSON");
    assert_eq!(document["signed"], false);
    assert_eq!(document["waivers"][3]["id"], "holds");
    assert_eq!(document["waivers"][3]["match"]["path"], "/opt/**");
    assert_eq!(document["waivers"][0]["days_left"], -2);
    let none = stage.drift(["waiver", "list"]).expect(2);
    assert!(none.error_text().contains("--waivers"), "{}", none.error_text());
}

#[test]
fn a_sealed_list_needs_trust_or_says_unverified() {
    let stage = altered();
    stage.write("waivers.toml", waiver("2027-06-30", TOOL));
    let _sealed = sealed(&stage, &[]).expect(0);
    let file = stage.path("waivers.toml");
    let list = ["waiver", "list", "--waivers", &file, "--now", NOW];
    let _refused = stage.drift(list).expect(4);
    let key = stage.path("golden.pub.pem");
    let listed = stage.drift([&list[..], &["--trust", &key]].concat()).expect(0);
    assert!(listed.text().contains("(sealed)"), "{}", listed.text());
    let _listed = stage.drift([&list[..], &["--unverified"]].concat()).expect(0);
    let verified = stage.drift(["verify", &file, "--trust", &key, "--now", NOW]).expect(0);
    assert!(verified.text().contains("file of waivers"), "{}", verified.text());
}

/// A report must not be written over the file that decides about it.
#[test]
fn no_output_replaces_the_waivers() {
    let stage = altered();
    stage.write("waivers.toml", waiver("2027-06-30", TOOL));
    let file = stage.path("waivers.toml");
    let output = format!("json={file}");
    let _refused = stage.check(&["--waivers", &file, "--output", &output]).expect(2);
    assert_eq!(stage.read("waivers.toml"), waiver("2027-06-30", TOOL).as_bytes());
}
