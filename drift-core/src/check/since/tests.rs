//! Random pairs of runs against a slow reference that knows no index, and the rules one by one.

use proptest::prelude::*;
use serde_json::{Value, json};

use super::ground::{Ground, Unseen};
use super::{Since, changes, counts_again, policies};
use crate::bounds::Timestamp;
use crate::capture::Parts;
use crate::check::assess::Assessed;
use crate::check::describe::blank;
use crate::check::{Occasion, Reference, Request, describe, or_stopped, stopped};
use crate::judge::{FailOn, Stopped};
use crate::model::{Cause, Severity, TreePath};
use crate::report::Previous;
use crate::report::document::{self, Change};

const SEVERITIES: [Severity; 3] = [Severity::None, Severity::Low, Severity::High];

/// A change of one of a few objects, in one of a few forms.
type Form = (usize, usize, usize, bool, bool);

fn path(at: usize) -> String {
    format!("/d{}/f{at}", at % 3)
}

fn id((object, form, ..): Form) -> String {
    format!("{object}-{form}")
}

fn change(form: Form) -> Change {
    let (object, _, severity, folded, waived) = form;
    let path = TreePath::parse(path(object).as_bytes()).unwrap();
    Change {
        id: id(form),
        severity: SEVERITIES[severity],
        folded_into: folded.then(|| "x".to_owned()),
        waived_by: waived.then(|| "W".to_owned()),
        cause: Cause::Unowned,
        ..blank("entry", describe::path_of(&path))
    }
}

fn earlier(changes: &[Form], policies: &Value) -> Previous {
    let changes: Vec<Value> = changes
        .iter()
        .map(|form| {
            let change = change(*form);
            json!({"id": change.id, "subject": "entry", "path": change.path,
                "folded_into": change.folded_into, "severity": change.severity,
                "waived_by": change.waived_by})
        })
        .collect();
    let document = json!({
        "schema": "drift.report/v1", "tool": {"rules_digest": "x"}, "run_id": "r",
        "finished": "2026-01-01T00:00:00Z", "scope": {"only": ["entries"]},
        "target": {"kind": "host", "locator": "/", "identity": {"hostname": null},
            "root_digest": "x", "effective_root": "x"},
        "baseline": {"kind": "sealed", "root_digest": "x", "effective_root": "x"},
        "verdict": {"status": "findings", "complete": true, "reason": null},
        "coverage": {"not_observable": []}, "problems": [], "changes": changes,
        "policies": policies,
    });
    Previous::read("p", document.to_string().as_bytes(), false).unwrap()
}

fn unseen(directories: &[usize]) -> Unseen {
    let path = |at: &usize| (format!("/d{at}").into_bytes(), "list");
    Unseen::new(directories.iter().map(path), "sealed")
}

/// One line for each finding, from lists alone.
fn reference(before: &[Form], now: &[Form], hidden: (&[usize], &[usize])) -> Vec<String> {
    let loud = |form: &&Form| SEVERITIES[form.2] > Severity::None && !form.3;
    let before: Vec<&Form> = before.iter().filter(loud).collect();
    let now: Vec<&Form> = now.iter().filter(loud).collect();
    let is_in = |list: &[&Form], form: &Form| list.iter().any(|other| id(**other) == id(*form));
    let mut told = Vec::new();
    for form in &now {
        told.push(match is_in(&before, form) {
            true => "unchanged".to_owned(),
            false if hidden.0.contains(&(form.0 % 3)) => "incomparable now".to_owned(),
            false => format!("new {}", id(**form)),
        });
    }
    for form in before.iter().filter(|form| !is_in(&now, form)) {
        let news = |other: &&&Form| {
            other.0 == form.0 && !is_in(&before, other) && !hidden.0.contains(&(other.0 % 3))
        };
        told.push(match now.iter().find(news) {
            _ if hidden.1.contains(&(form.0 % 3)) => "incomparable before".to_owned(),
            Some(_) => "replaced".to_owned(),
            None => format!("fixed {}", id(**form)),
        });
    }
    told.sort();
    told
}

fn told(since: &Since) -> Vec<String> {
    let said = &since.said;
    let mut told = Vec::new();
    told.extend(said.new.iter().map(|finding| format!("new {}", finding.id)));
    told.extend(said.fixed.iter().map(|finding| format!("fixed {}", finding.id)));
    let mut times = |count: u64, word: &str| {
        told.extend((0..count).map(|_| word.to_owned()));
    };
    times(said.unchanged, "unchanged");
    times(said.replaced, "replaced");
    for one in &said.incomparable {
        times(one.now, "incomparable now");
        times(one.before, "incomparable before");
    }
    told.sort();
    told
}

fn distinct(mut forms: Vec<Form>) -> Vec<Form> {
    forms.sort();
    forms.dedup_by_key(|form| (form.0, form.1));
    forms
}

fn forms() -> impl Strategy<Value = Vec<Form>> {
    let form = (0..8_usize, 0..3_usize, 0..3_usize, any::<bool>(), any::<bool>());
    prop::collection::vec(form, 0..12).prop_map(distinct)
}

proptest! {
    #[test]
    fn changes_are_told_as_the_reference_tells_them(
        before in forms(),
        now in forms(),
        hidden_before in prop::collection::vec(0..3_usize, 0..2),
        hidden_now in prop::collection::vec(0..3_usize, 0..2),
    ) {
        let ground = Ground {
            before: unseen(&hidden_before),
            now: unseen(&hidden_now),
            ..Ground::level()
        };
        let previous = earlier(&before, &json!([]));
        let changes: Vec<Change> = now.iter().copied().map(change).collect();
        let mut since = Since::default();
        changes::compare(&mut since, &previous.report, &changes, &ground);
        since.finish();
        prop_assert_eq!(told(&since), reference(&before, &now, (&hidden_before, &hidden_now)));
        // What does not count is known, was not waived then, and was as loud.
        for change in changes.iter().filter(|change| change.waived_by.is_none()) {
            let loud = change.folded_into.is_none() && change.severity > Severity::None;
            let same = |was: &&Form| {
                id(**was) == change.id
                    && !was.3
                    && !was.4
                    && SEVERITIES[was.2] >= change.severity
            };
            prop_assert_eq!(since.counts_change(change), loud && !before.iter().any(|was| same(&was)));
        }
    }
}

#[test]
fn what_counts_again() {
    use Severity::{High, Low};
    for (waived, severity, expect) in [
        ((false, false), (High, High), false),
        ((false, false), (High, Low), false),
        ((false, false), (Low, High), true),
        ((true, false), (High, High), true),
        ((true, true), (High, High), false),
        ((false, true), (Low, High), false),
    ] {
        assert_eq!(counts_again(waived, severity), expect, "{waived:?} {severity:?}");
    }
}

fn policy(
    status: &'static str,
    denials: &[(&str, Option<&str>)],
    omitted: u64,
) -> document::Policy {
    let denial = |(id, path): &(&str, Option<&str>)| document::Evidence {
        id: (*id).to_owned(),
        path: path.map(str::to_owned),
        line: None,
        observed: None,
        expected: None,
        message: None,
        package: None,
        waived_by: None,
    };
    document::Policy {
        id: "host/a".to_owned(),
        title: String::new(),
        status,
        severity: Severity::High,
        tailored: None,
        reason: None,
        references: std::collections::BTreeMap::new(),
        origin: String::new(),
        revision: "sha256:1".to_owned(),
        evidence: denials.iter().map(denial).collect(),
        evidence_omitted: omitted,
        rationale: String::new(),
        remediation: String::new(),
        waived_by: None,
    }
}

/// Compares one policy with itself as it was; returns what is told, and whether it is fixed.
fn compared(
    before: Option<&document::Policy>,
    now: Option<document::Policy>,
    ground: &Ground,
    lacking: bool,
) -> (Vec<String>, bool, bool) {
    let previous = earlier(&[], &json!(before.into_iter().collect::<Vec<_>>()));
    let request = Request::new(Parts::ALL, FailOn::At(Severity::Medium));
    let assessed = Assessed {
        policies: now.into_iter().collect(),
        lacking: lacking.then(|| "host/a".to_owned()).into_iter().collect(),
        ..Assessed::default()
    };
    let mut since = Since::default();
    let fixed = policies::compare(&mut since, &previous.report, &request, &assessed, ground);
    since.finish();
    let counts = assessed.policies.iter().any(|policy| since.counts_policy(policy));
    (told(&since), !fixed.is_empty(), counts)
}

/// Every status then against every status now, with and without evidence.
#[test]
fn a_denial_is_new_or_gone_only_where_the_other_run_looked() {
    let a = ("a", Some("/d0/a"));
    let b = ("b", Some("/d1/b"));
    let level = Ground::level();
    let check = |before: Option<document::Policy>, now, expect: &[&str], fixed, counts| {
        let was = before.as_ref().map(|policy| policy.status);
        let got = compared(before.as_ref(), now, &level, false);
        let expect: Vec<String> = expect.iter().map(|one| (*one).to_owned()).collect();
        assert_eq!(got, (expect, fixed, counts), "{was:?}");
    };
    let fail = |denials: &[_]| Some(policy("fail", denials, 0));
    let bare = |status| Some(policy(status, &[], 0));
    // An already failing policy hides nothing that it denies since.
    check(fail(&[a]), fail(&[a, b]), &["new b", "unchanged"], false, true);
    check(fail(&[a]), fail(&[a]), &["unchanged"], false, false);
    check(fail(&[a, b]), fail(&[a]), &["fixed b", "unchanged"], false, false);
    check(fail(&[a]), bare("pass"), &["fixed a"], true, false);
    for status in ["pass", "fixed", "notapplicable"] {
        check(bare(status), fail(&[a]), &["new a"], false, true);
    }
    for status in ["notchecked", "error", "unknown", "notselected"] {
        check(bare(status), fail(&[a]), &["incomparable now"], false, true);
        check(fail(&[a]), bare(status), &["incomparable before"], false, false);
    }
    check(fail(&[a]), bare("notapplicable"), &["incomparable before"], false, false);
    check(None, fail(&[a]), &["incomparable now"], false, true);
    check(fail(&[a]), None, &["incomparable before"], false, false);
    check(None, bare("pass"), &[], false, false);
    // The same object denied otherwise is not fixed.
    let other = ("c", Some("/d0/a"));
    check(fail(&[a]), fail(&[other]), &["new c", "replaced"], false, true);
}

#[test]
fn what_could_not_be_seen_is_never_called_fixed() {
    let a = ("a", Some("/d0/a"));
    let nameless = ("n", None);
    let fail = |denials: &[_], omitted| policy("fail", denials, omitted);
    let pass = || Some(policy("pass", &[], 0));
    let gone = |before: &document::Policy, now, ground: &Ground, lacking| {
        let (told, fixed, _) = compared(Some(before), now, ground, lacking);
        (told.join(" "), fixed)
    };
    let incomparable = ("incomparable before".to_owned(), false);
    let level = Ground::level();
    let hidden = Ground { now: unseen(&[0]), ..Ground::level() };
    let elsewhere = Ground { now: unseen(&[2]), ..Ground::level() };
    let other = Ground { target: Some("another host".to_owned()), ..Ground::level() };
    let baseline = Ground { reference: Some("another".to_owned()), ..Ground::level() };
    let of_a = fail(&[a], 0);
    assert_eq!(gone(&of_a, pass(), &level, false), ("fixed a".to_owned(), true));
    assert_eq!(gone(&of_a, pass(), &elsewhere, false), ("fixed a".to_owned(), true));
    assert_eq!(gone(&of_a, pass(), &hidden, false), incomparable);
    assert_eq!(gone(&fail(&[nameless], 0), pass(), &elsewhere, false), incomparable);
    assert_eq!(gone(&of_a, pass(), &level, true), incomparable);
    assert_eq!(gone(&of_a, pass(), &other, false), incomparable);
    // Nothing is known here of what the policy looks at, so it may rest on the baseline.
    assert_eq!(gone(&of_a, pass(), &baseline, false), incomparable);
    let revised = document::Policy { revision: "sha256:2".to_owned(), ..policy("pass", &[], 0) };
    assert_eq!(gone(&of_a, Some(revised), &level, false), incomparable);
    // One of two is gone for certain, so the policy is not called fixed.
    let (told, fixed) = gone(&fail(&[a, nameless], 0), pass(), &elsewhere, false);
    assert_eq!((told.as_str(), fixed), ("fixed a incomparable before", false));
}

#[test]
fn denials_beyond_the_limit_count_on_either_side() {
    let a = ("a", Some("/d0/a"));
    let level = Ground::level();
    let few = policy("fail", &[a], 0);
    let many = policy("fail", &[a], 2);
    let (told, _, counts) = compared(Some(&few), Some(many.clone()), &level, false);
    assert_eq!(told, ["incomparable now", "incomparable now", "unchanged"]);
    assert!(counts);
    let b = policy("fail", &[("b", Some("/d1/b"))], 0);
    let (told, ..) = compared(Some(&many), Some(b), &level, false);
    let before = ["incomparable before"; 2];
    assert_eq!(told, [&["fixed a"][..], &before, &["incomparable now"]].concat());
}

/// The waiver of a whole policy accepts each of its denials, then and now.
#[test]
fn a_waiver_that_ended_counts_again() {
    let a = ("a", Some("/d0/a"));
    let waived = document::Policy { waived_by: Some("W".to_owned()), ..policy("fail", &[a], 0) };
    let open = policy("fail", &[a], 0);
    let level = Ground::level();
    for (before, now, expect) in [
        (&open, &open, false),
        (&waived, &open, true),
        (&open, &waived, false),
        (&waived, &waived, false),
    ] {
        let (_, _, counts) = compared(Some(before), Some(now.clone()), &level, false);
        assert_eq!(counts, expect);
    }
}

/// The oracle is the way up, step by step, of `TreePath`.
#[test]
fn a_problem_covers_what_lies_below_it() {
    let parse = |path: &str| TreePath::parse(path.as_bytes()).unwrap();
    for problem in ["/", "/d0", "/d0/f", "/d0/f/x", "/d"] {
        let unseen = Unseen::new([(problem.as_bytes().to_vec(), "open")].into_iter(), "sealed");
        for path in ["/", "/d0", "/d0/f", "/d0/ff", "/d1", "/d0/f/x/y", "/dd"] {
            let expect = parse(path).starts_with(&parse(problem));
            assert_eq!(unseen.covers(path.as_bytes()), expect, "{problem} {path}");
        }
        assert_eq!(unseen.hides("package", b"bash"), problem == "/");
    }
    for problem in ["/var/lib/dpkg/status", "/var/lib", "/", "/var/lib/dpkg/info/a.list"] {
        let unseen =
            Unseen::new([(problem.as_bytes().to_vec(), "open")].into_iter(), "package-database");
        assert!(unseen.hides("package", b"bash"), "{problem}");
        assert!(unseen.hides("entry", b"/usr/bin/x"), "{problem}");
    }
}

/// One problem at the root says that there is no reference; a second one is about the target.
#[test]
fn a_missing_reference_hides_no_denial() {
    let problem = || (b"/".to_vec(), "parse");
    for (kind, problems, expect) in [
        ("none", vec![problem()], false),
        ("none", vec![problem(), problem()], true),
        ("none", vec![(b"/".to_vec(), "list")], true),
        ("sealed", vec![problem()], true),
    ] {
        let told = format!("{kind} {problems:?}");
        let unseen = Unseen::new(problems.into_iter(), kind);
        assert_eq!(unseen.covers(b"/etc/passwd"), expect, "{told}");
        assert_eq!(unseen.is_empty(), !expect, "{told}");
    }
}

/// What a run that was stopped did not find proves nothing.
#[test]
fn a_stopped_run_takes_back_what_is_fixed() {
    let finding = |policy: Option<&str>| document::FindingName {
        policy: policy.map(str::to_owned),
        ..super::of_change("x", ("/a", None), Severity::High)
    };
    let said = document::SincePrevious {
        fixed: vec![finding(None), finding(Some("host/a")), finding(Some("host/a"))],
        unchanged: 1,
        ..document::SincePrevious::default()
    };
    let request = Request::new(Parts::ALL, FailOn::At(Severity::Medium));
    let now = Timestamp::from_unix(0, 0);
    let occasion = Occasion { clock: &now, run_id: "x", binary_digest: None };
    let sides = ("/", &Reference::PackageDatabase);
    let mut outcome = stopped(Stopped::Deadline, "x", sides, &request, &occasion).unwrap();
    outcome.report.since_previous = Some(said);
    outcome.report.policies = vec![policy("fixed", &[], 0)];
    outcome.report.summary.policies = [("fixed", 1), ("pass", 2)].into();
    let report = or_stopped(outcome, Stopped::Deadline).report;
    let said = report.since_previous.unwrap();
    assert!(said.fixed.is_empty());
    let told: Vec<_> =
        said.incomparable.iter().map(|one| (one.what.as_str(), one.now, one.before)).collect();
    assert_eq!(told, [("changes", 0, 1), ("host/a", 0, 2)]);
    assert_eq!(report.policies[0].status, "pass");
    assert_eq!(report.summary.policies, [("pass", 3)].into());
}
