//! The sections on policies, waivers and the previous report.

use drift_core::model::Severity;
use drift_core::report::document::{
    Evidence, FindingName, Incomparable, Policy, Report, SincePrevious, Waiver,
};

use super::sample::plain;
use super::{PLAIN, clean, written};

fn evidence(path: Option<&str>, observed: Option<&str>, message: Option<&str>) -> Evidence {
    let text = |text: Option<&str>| text.map(str::to_owned);
    Evidence {
        id: String::new(),
        path: text(path),
        line: path.map(|_| 7),
        observed: text(observed),
        expected: text(observed.map(|_| "root alone")),
        message: text(message),
        package: None,
        waived_by: None,
    }
}

fn policy(id: &str, status: &'static str, severity: Severity, reason: Option<&str>) -> Policy {
    let one = plain().policies.into_iter().next_back().expect("the sample has policies");
    Policy {
        id: id.to_owned(),
        status,
        severity,
        reason: reason.map(str::to_owned),
        evidence: Vec::new(),
        evidence_omitted: 0,
        waived_by: None,
        ..one
    }
}

fn waiver(id: &str, state: &'static str, matched: u64) -> Waiver {
    let one = plain().waivers.remove(0);
    Waiver { id: id.to_owned(), state, matched, ..one }
}

/// A run of which everything that can be said of policies and waivers is true.
pub(crate) fn of_every_status() -> Report {
    let mut report = clean();
    let several = (0..12).map(|at| evidence(Some(&format!("/usr/bin/p{at:02}")), None, None));
    let mut said = evidence(Some("/etc/passwd"), Some("toor"), Some("it is root"));
    said.package = Some("passwd".to_owned());
    let mut accepted = evidence(None, None, Some("the baseline is old"));
    accepted.waived_by = Some("W2".to_owned());
    report.policies = vec![
        Policy {
            evidence: several.collect(),
            evidence_omitted: 1_000,
            ..policy("host/setuid", "fail", Severity::High, Some("1,012 denials"))
        },
        Policy {
            evidence: vec![said, evidence(None, None, None), accepted.clone()],
            ..policy("host/second_uid_0", "fail", Severity::Critical, Some("3 denials"))
        },
        Policy {
            evidence: vec![accepted],
            waived_by: Some("W2".to_owned()),
            ..policy("supply-chain/age", "fail", Severity::Critical, Some("1 denial"))
        },
        Policy {
            evidence: vec![evidence(Some("/etc/motd"), Some("x"), None)],
            ..policy("host/motd", "informational", Severity::Informational, Some("1 denial"))
        },
        policy("site/broken", "error", Severity::High, Some("deny holds a number")),
        policy("site/slow", "unknown", Severity::Low, Some("more than 5 s")),
        policy("image/user", "notchecked", Severity::High, Some("the target is no image")),
        policy("image/size", "notchecked", Severity::High, Some("the target is no image")),
        policy("host/shadow", "notchecked", Severity::High, Some("/etc/shadow: unreadable")),
        policy("host/desktop", "notapplicable", Severity::High, Some("no desktop")),
        policy("host/off", "notselected", Severity::High, Some("left out by tailoring")),
        policy("host/gone", "fixed", Severity::High, Some("it failed in the previous report")),
        policy("host/good", "pass", Severity::High, None),
    ];
    for policy in &report.policies {
        *report.summary.policies.entry(policy.status).or_default() += 1;
    }
    report.waivers = [
        waiver("W1", "active", 4),
        waiver("W2", "expiring", 2),
        waiver("W3", "unused", 0),
        waiver("W4", "expired", 1),
        waiver("W5", "not-yet-valid", 1),
    ]
    .into();
    report.summary.waived = 6;
    report.summary.score.method = "weighted";
    report.summary.score.value = Some(12.0 / 28.0);
    (report.summary.score.waived, report.summary.score.not_checked) = (10, 25);
    report.verdict.status = "findings";
    (report.verdict.exit_code, report.verdict.complete) = (1, false);
    report
}

/// A run in which only what is new counts, and nothing is.
pub(crate) fn since_yesterday() -> Report {
    let mut report = clean();
    let finding = |kind, policy: Option<&str>, path: Option<&str>, severity| FindingName {
        kind,
        policy: policy.map(str::to_owned),
        path: path.map(str::to_owned),
        path_b64: None,
        id: "55".repeat(32),
        severity,
    };
    let incomparable = |what: &str, reason: &str, now, before| Incomparable {
        what: what.to_owned(),
        reason: reason.to_owned(),
        now,
        before,
    };
    report.since_previous = Some(SincePrevious {
        new: vec![
            finding("policy", Some("host/setuid"), Some("/usr/bin/p"), Severity::Low),
            finding("policy", Some("supply-chain/age"), None, Severity::Low),
        ],
        again: vec![finding("change", None, Some("/etc/motd"), Severity::Low)],
        fixed: vec![finding("change", None, Some("/usr/bin/ssh"), Severity::Critical)],
        incomparable: vec![
            incomparable("changes", "not observed in this run", 0, 3),
            incomparable("site/own", "another revision of the policy, or other parameters", 1, 2),
        ],
        unchanged: 1_204,
        replaced: 1,
        not_counted: 7,
        ..plain().since_previous.expect("the sample has one")
    });
    report.scope.fail_on_new = true;
    report
}

/// The order is that in which somebody has to act.
#[test]
fn what_failed_stands_before_what_is_unknown() {
    let text = written("text", &of_every_status(), PLAIN);
    let mut rest = text.as_str();
    for expect in [
        "2 policies failed; 6 waived",
        "2 policies without an answer",
        "Policies failed: 3, 1 waived",
        "!! critical host/second_uid_0",
        "/etc/passwd:7: observed toor, expected \"root alone\"; it is root; package passwd",
        "! ",
        "host/setuid",
        "and 2 more (in the JSON report)",
        "and 1,000 beyond the limit",
        "What to do: Lock the account: passwd --lock NAME",
        "supply-chain/age",
        "waived by W2",
        "For information: 1",
        "Policies without an answer: 2",
        "Policies not checked: 3",
        "the target is no image: image/user, image/size",
        "Waivers: 5",
        "EXPIRED W4",
        "expiring W2",
        "not valid yet W5",
        "unused W3",
        "weight 10 waived; weight 25 not checked",
    ] {
        let at = rest.find(expect);
        assert!(at.is_some(), "{expect} in {rest}");
        rest = &rest[at.unwrap_or(0) + expect.len()..];
    }
}

#[test]
fn a_known_finding_is_never_called_none_without_saying_so() {
    let text = written("text", &since_yesterday(), PLAIN);
    let first = text.lines().next().unwrap_or_default();
    assert!(first.starts_with("CLEAN: no new finding"), "{first}");
    assert!(first.contains("7 known ones left uncounted (--fail-on-new)"), "{first}");
}

/// Every list says how much of it is left out.
#[test]
fn long_lists_of_policies_are_cut_and_say_so() {
    let mut report = of_every_status();
    let one = report.policies[0].clone();
    report.policies = (0..60).map(|at| Policy { id: format!("x/p{at}"), ..one.clone() }).collect();
    let waiver = waiver("W", "expired", 1);
    report.waivers = (0..60).map(|at| Waiver { id: format!("W{at}"), ..waiver.clone() }).collect();
    report.since_previous = since_yesterday().since_previous;
    let since = report.since_previous.as_mut().expect("it was set");
    since.new = (0..60).map(|_| since.new[0].clone()).collect();
    let text = written("text", &report, PLAIN);
    assert_eq!(text.lines().filter(|line| line.contains(" x/p")).count(), 50);
    assert_eq!(text.lines().filter(|line| line.contains("EXPIRED")).count(), 50);
    assert_eq!(text.lines().filter(|line| line.contains("new: host/setuid")).count(), 50);
    assert_eq!(
        text.lines().filter(|line| line.trim() == "and 10 more (in the JSON report)").count(),
        3
    );
}
