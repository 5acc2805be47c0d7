//! What waivers do to findings, to the verdict, and to each other.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::counting::counted;
use super::mark;
use crate::bounds::Timestamp;
use crate::judge::{Exit, FailOn, Identities, Seen, Waivers, judge};
use crate::model::{Cause, Digest, Severity};
use crate::report::{document, lossy};

const NOW: &str = "2026-11-21T12:00:00Z";

fn change(path: &[u8], severity: Severity) -> document::Change {
    let (shown, path_b64) = lossy(path);
    document::Change {
        id: Digest::sha256_of(path).hex(),
        subject: "entry",
        path: shown,
        path_b64,
        kind: "modified",
        file_type: Some("file"),
        moved_from: None,
        moved_from_b64: None,
        folded_into: None,
        setting: None,
        fact: None,
        attributes: Vec::new(),
        cause: Cause::ModifiedInPlace,
        cause_verified: true,
        explanation: None,
        layer: None,
        baseline_of: None,
        altered_by: None,
        package: None,
        rule: None,
        entries: None,
        on_path: false,
        content: None,
        severity,
        waived_by: None,
    }
}

fn policy(id: &str, status: &'static str, paths: &[&str]) -> document::Policy {
    let evidence = |path: &&str| document::Evidence {
        id: Digest::sha256_of(format!("{id}{path}").as_bytes()).hex(),
        path: Some((*path).to_owned()),
        line: None,
        observed: None,
        expected: None,
        message: None,
        package: None,
        waived_by: None,
    };
    document::Policy {
        id: id.to_owned(),
        title: "T".to_owned(),
        status,
        severity: Severity::High,
        tailored: None,
        reason: None,
        references: BTreeMap::new(),
        origin: "o".to_owned(),
        revision: String::new(),
        evidence: paths.iter().map(evidence).collect(),
        evidence_omitted: 0,
        rationale: "R".to_owned(),
        remediation: "R".to_owned(),
        waived_by: None,
    }
}

fn one(id: &str, expires: &str, selector: &str) -> String {
    format!(
        "[[waiver]]\nid = \"{id}\"\nowner = \"o\"\nreason = \"r\"\nexpires = {expires}\n\
         match = {{ {selector} }}\n"
    )
}

/// Everything that a run says of its findings.
struct Ended {
    changes: Vec<document::Change>,
    policies: Vec<document::Policy>,
    waivers: Vec<document::Waiver>,
}

impl Ended {
    fn of(
        text: &str,
        mut changes: Vec<document::Change>,
        mut policies: Vec<document::Policy>,
    ) -> Self {
        let waivers = Waivers::parse("w.toml", text.as_bytes()).expect("they can be read");
        let now = Timestamp::parse(NOW).expect("it is a time");
        let identities = Identities(vec!["web-1".to_owned()]);
        let waivers = mark((&waivers, &identities), now, (&mut changes, false), &mut policies);
        Self { changes, policies, waivers }
    }

    /// The exit code of a complete run with the default threshold.
    fn exit(&self) -> Exit {
        let seen = Seen { problems: 0, not_compared: 0, required_missing: false, policy_errors: 0 };
        let counting = counted(&self.changes, &self.policies, None);
        judge(counting, &seen, FailOn::At(Severity::Medium)).exit()
    }

    fn waived(&self) -> Vec<Option<&str>> {
        let changes = self.changes.iter().map(|change| change.waived_by.as_deref());
        let evidence = self.policies.iter().flat_map(|policy| &policy.evidence);
        changes.chain(evidence.map(|evidence| evidence.waived_by.as_deref())).collect()
    }

    fn states(&self) -> Vec<(&str, u64)> {
        self.waivers.iter().map(|waiver| (waiver.state, waiver.matched)).collect()
    }
}

/// prowler#3721: muted failures failed the run all the same.
#[test]
fn a_waived_failure_never_changes_the_exit_code() {
    let changes = || vec![change(b"/opt/a", Severity::Critical)];
    let policies = || vec![policy("host/a", "fail", &["/etc/passwd"])];
    assert_eq!(Ended::of("", changes(), policies()).exit(), Exit::FINDINGS);
    let text = one("A", "2027-12-31", "path = \"/opt/**\"")
        + &one("B", "2027-12-31", "policy = \"host/*\"");
    let ended = Ended::of(&text, changes(), policies());
    assert_eq!(ended.exit(), Exit::CLEAN);
    assert_eq!(ended.waived(), [Some("A"), Some("B")]);
    assert_eq!(ended.policies[0].waived_by.as_deref(), Some("B"));
    // It is accepted, and it failed.
    assert_eq!(ended.policies[0].status, "fail");
    assert_eq!(ended.states(), [("active", 1), ("active", 1)]);
}

/// inspec#5260: an expired waiver was shown as if it held.
#[test]
fn an_expired_waiver_accepts_nothing_and_says_what_it_would() {
    for (expires, exit, state) in [
        ("2026-11-21T12:00:00Z", Exit::CLEAN, "expiring"),
        ("2026-11-21T11:59:59Z", Exit::FINDINGS, "expired"),
        ("2026-11-20", Exit::FINDINGS, "expired"),
        ("2026-11-21", Exit::CLEAN, "expiring"),
        ("2026-12-04", Exit::CLEAN, "expiring"),
        ("2026-12-05", Exit::CLEAN, "active"),
    ] {
        let text = one("A", expires, "path = \"/opt/**\"");
        let changes = vec![change(b"/opt/a", Severity::High), change(b"/opt/b", Severity::High)];
        let ended = Ended::of(&text, changes, Vec::new());
        assert_eq!(ended.exit(), exit, "{expires}");
        assert_eq!(ended.states(), [(state, 2)], "{expires}");
    }
    let later = one("A", "2027-12-31\ncreated = 2026-11-22", "path = \"/opt/**\"");
    let ended = Ended::of(&later, vec![change(b"/opt/a", Severity::High)], Vec::new());
    assert_eq!((ended.exit(), ended.states()), (Exit::FINDINGS, vec![("not-yet-valid", 1)]));
}

#[test]
fn what_matches_nothing_says_so() {
    let text = one("A", "2027-12-31", "path = \"/srv/**\"")
        + &one("B", "2026-11-30", "path = \"/srv/**\"")
        + &one("C", "2026-01-01", "path = \"/srv/**\"")
        + &one("D", "2027-12-31", "path = \"/opt/**\", identity = \"db-*\"")
        + &one("E", "2027-12-31", "path = \"/quiet\"");
    let changes = vec![change(b"/opt/a", Severity::High), change(b"/quiet", Severity::None)];
    let ended = Ended::of(&text, changes, Vec::new());
    assert_eq!(
        ended.states(),
        [("unused", 0), ("unused", 0), ("expired", 0), ("unused", 0), ("unused", 0)]
    );
    assert_eq!(ended.exit(), Exit::FINDINGS);
}

#[test]
fn of_overlapping_waivers_each_counts_and_the_first_that_holds_is_named() {
    let text = one("A", "2026-01-01", "path = \"/opt/**\"")
        + &one("B", "2027-12-31", "path = \"/opt/a\"")
        + &one("C", "2027-12-31", "path = \"/opt/**\"");
    let changes = vec![change(b"/opt/a", Severity::High), change(b"/opt/b", Severity::High)];
    let ended = Ended::of(&text, changes, Vec::new());
    assert_eq!(ended.waived(), [Some("B"), Some("C")]);
    assert_eq!(ended.states(), [("expired", 2), ("active", 1), ("active", 2)]);
}

/// kubescape#3352: a control that failed before hid what failed anew.
#[test]
fn a_policy_counts_while_one_denial_is_not_accepted() {
    let text = one("A", "2027-12-31", "policy = \"host/a\", path = \"/etc/old\"");
    let policies = |paths: &[&str]| vec![policy("host/a", "fail", paths)];
    assert_eq!(Ended::of(&text, Vec::new(), policies(&["/etc/old"])).exit(), Exit::CLEAN);
    let ended = Ended::of(&text, Vec::new(), policies(&["/etc/old", "/etc/new"]));
    assert_eq!(ended.exit(), Exit::FINDINGS);
    assert_eq!(ended.waived(), [Some("A"), None]);
    assert_eq!(ended.policies[0].waived_by, None);
}

/// What was merely counted may be anything.
#[test]
fn omitted_denials_are_accepted_by_a_waiver_of_the_whole_policy_alone() {
    for (selector, expect) in [
        ("policy = \"host/a\", path = \"/**\"", None),
        ("path = \"/**\"", None),
        ("policy = \"host/a\"", Some("A")),
    ] {
        let mut found = policy("host/a", "fail", &["/etc/a"]);
        found.evidence_omitted = 7;
        let ended = Ended::of(&one("A", "2027-12-31", selector), Vec::new(), vec![found]);
        assert_eq!(ended.policies[0].waived_by.as_deref(), expect, "{selector}");
        assert_eq!(ended.waived(), [Some("A")], "{selector}");
        let matched = if expect.is_some() { 8 } else { 1 };
        assert_eq!(ended.states(), [("active", matched)], "{selector}");
    }
}

#[test]
fn what_is_no_finding_is_not_accepted() {
    let text = one("A", "2027-12-31", "policy = \"*\"") + &one("B", "2027-12-31", "path = \"/**\"");
    for status in ["error", "unknown", "notchecked", "notapplicable", "notselected", "pass"] {
        let ended = Ended::of(&text, Vec::new(), vec![policy("host/a", status, &["/a"])]);
        assert_eq!(ended.waived(), [None], "{status}");
        assert_eq!(ended.policies[0].waived_by, None, "{status}");
    }
    let ended = Ended::of(&text, vec![change(b"/a", Severity::None)], Vec::new());
    assert_eq!(ended.waived(), [None]);
}

/// A name that merely looks like the one that is accepted.
#[test]
fn names_are_compared_by_their_exact_bytes() {
    let text = one("A", "2027-12-31", "path = '/opt/\\xff'");
    let changes = vec![
        change(b"/opt/\xff", Severity::High),
        change(b"/opt/\xfe", Severity::High),
        change("/opt/\u{fffd}".as_bytes(), Severity::High),
        document::Change { subject: "package", ..change(b"/opt/\xff", Severity::High) },
    ];
    let ended = Ended::of(&text, changes, Vec::new());
    assert_eq!(ended.waived(), [Some("A"), None, None, None]);
}

/// A path and a severity, by number.
type Drawn = Vec<(u8, u8)>;

/// Waivers, changes and denials.
fn runs() -> impl Strategy<Value = (Vec<String>, Drawn, Drawn)> {
    let selector = prop_oneof![
        (0_u8..4).prop_map(|number| format!("path = \"/{number}\"")),
        Just("path = \"/**\"".to_owned()),
        (0_u8..3).prop_map(|number| format!("policy = \"host/p{number}\"")),
        (0_u8..3, 0_u8..4)
            .prop_map(|(policy, path)| format!("policy = \"host/p{policy}\", path = \"/{path}\"")),
        Just("cause = \"modified-in-place\"".to_owned()),
    ];
    let expires = prop_oneof![Just("2027-12-31"), Just("2026-01-01"), Just("2026-11-21")];
    let waivers = prop::collection::vec((selector, expires), 0..5).prop_map(|parts| {
        let numbered = parts.iter().enumerate();
        numbered.map(|(at, (part, until))| one(&format!("W{at}"), until, part)).collect()
    });
    let findings = || prop::collection::vec((0_u8..4, 0_u8..6), 0..6);
    (waivers, findings(), findings())
}

fn ended(waivers: &[String], changes: &[(u8, u8)], denials: &[(u8, u8)]) -> Ended {
    let loud = |level: u8| Severity::ALL[usize::from(level)];
    let changes = changes
        .iter()
        .map(|(path, level)| change(format!("/{path}").as_bytes(), loud(*level)))
        .collect();
    let policies = denials
        .iter()
        .map(|(path, level)| document::Policy {
            severity: loud(*level),
            ..policy(&format!("host/p{}", level % 3), "fail", &[&format!("/{path}"), "/0"])
        })
        .collect();
    Ended::of(&waivers.concat(), changes, policies)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1000))]

    /// Whoever takes a waiver away never gets a cleaner run.
    #[test]
    fn less_is_accepted_by_fewer_waivers((waivers, changes, denials) in runs()) {
        let all = ended(&waivers, &changes, &denials);
        for gone in 0..waivers.len() {
            let mut fewer = waivers.clone();
            fewer.remove(gone);
            let less = ended(&fewer, &changes, &denials);
            prop_assert!(less.exit().code >= all.exit().code);
            for (with, without) in all.waived().iter().zip(less.waived()) {
                prop_assert!(with.is_some() || without.is_none());
            }
        }
    }

    /// What is accepted, and how often each waiver fits, hangs on no order of the findings.
    #[test]
    fn the_order_of_findings_says_nothing((waivers, changes, denials) in runs()) {
        let forwards = ended(&waivers, &changes, &denials);
        let reversed = |list: &[(u8, u8)]| -> Vec<(u8, u8)> { list.iter().rev().copied().collect() };
        let mut backwards = ended(&waivers, &reversed(&changes), &reversed(&denials));
        prop_assert_eq!(forwards.states(), backwards.states());
        backwards.changes.reverse();
        backwards.policies.reverse();
        prop_assert_eq!(forwards.waived(), backwards.waived());
        prop_assert_eq!(forwards.exit(), backwards.exit());
    }

    /// A slow reader of the same words: each finding asks each waiver.
    #[test]
    fn a_slow_reference_agrees((waivers, changes, denials) in runs()) {
        let found = ended(&waivers, &changes, &denials);
        let text = waivers.concat();
        let parsed = Waivers::parse("w.toml", text.as_bytes()).expect("they can be read");
        for change in &found.changes {
            let first = waivers.iter().zip(parsed.list()).find(|(text, _)| {
                let holds = !text.contains("2026-01-01");
                let path = text.contains(&format!("path = \"{}\"", change.path))
                    || text.contains("path = \"/**\"")
                    || text.contains("cause =");
                holds && path && !text.contains("policy =") && change.severity > Severity::None
            });
            prop_assert_eq!(change.waived_by.as_deref(), first.map(|(_, waiver)| &*waiver.id));
        }
    }
}

/// What is gone from one place is not accepted by a waiver for the other.
#[test]
fn a_move_is_accepted_at_both_of_its_ends_alone() {
    let moved = || {
        let moved = change(b"/opt/agent/x", Severity::Critical);
        vec![document::Change { moved_from: Some("/usr/bin/auditd".to_owned()), ..moved }]
    };
    let new_place = one("A", "2027-12-31", "path = \"/opt/agent/*\"");
    assert_eq!(Ended::of(&new_place, moved(), Vec::new()).exit(), Exit::FINDINGS);
    let anywhere = one("A", "2027-12-31", "path = \"/**\"");
    assert_eq!(Ended::of(&anywhere, moved(), Vec::new()).exit(), Exit::CLEAN);
}

/// The target's own database may say since yesterday that a file is of an accepted package.
#[test]
fn a_package_that_claims_a_file_of_the_baseline_accepts_nothing() {
    let claimed = |before: Option<&str>| document::Change {
        package: Some(document::PackageOf {
            name: "agent".to_owned(),
            manager: "dpkg".to_owned(),
            architecture: "amd64".to_owned(),
            location: None,
            before: before.map(str::to_owned),
            after: Some("1.0".to_owned()),
            event: None,
        }),
        ..change(b"/usr/bin/sudo", Severity::Critical)
    };
    assert_eq!(super::package_of(&claimed(None), true), None);
    assert_eq!(super::package_of(&claimed(Some("1.0")), true), Some("agent"));
    assert_eq!(super::package_of(&claimed(None), false), Some("agent"));
}
