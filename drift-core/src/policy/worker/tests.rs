//! Both sides of a conversation, and lines that are not due.

#![expect(clippy::indexing_slicing, reason = "a test that panics has failed")]

use super::{Conversation, Told, cut, job, serve, sources};
use crate::policy::{Answer, Evaluator, InProcess, Input, Limits, PolicySet, Value, load};

const POLICY: &str = r#"# METADATA
# title: T
# custom:
#   id: site/NAME
#   severity: high
#   rationale: R
#   remediation: R
package drift.site.NAME

deny contains {"path": change.path, "observed": "x"} if {
	some change in input.changes
}
"#;

const INPUT: &str = r#"{"changes": [{"path": "/b"}, {"path": "/a"}]}"#;

fn set() -> PolicySet {
    let file = |name: &str| (format!("{name}.rego"), POLICY.replace("NAME", name));
    load(vec![sources("site", &[file("one"), file("two")])]).expect("two policies")
}

fn asked() -> Vec<String> {
    vec!["site/one".to_owned(), "site/two".to_owned()]
}

fn spoken(set: &PolicySet, limits: Limits) -> Vec<String> {
    let mut lines = Vec::new();
    let mut tell = |line: &str| {
        lines.push(line.to_owned());
        true
    };
    serve(&job(set, 0, &asked(), limits), INPUT, &mut tell).expect("the job makes sense");
    lines
}

fn heard(lines: &[String]) -> Result<Vec<Told>, String> {
    let asked = asked();
    let mut conversation = Conversation::new(&asked);
    for line in lines {
        conversation.hear(line.trim_end().as_bytes()).map_err(|garbled| garbled.to_string())?;
    }
    if !conversation.is_done() {
        return Err(format!("open after {}", conversation.answered()));
    }
    Ok(conversation.into_answers())
}

#[test]
fn a_worker_answers_what_this_process_would() {
    let (set, limits) = (set(), Limits::default());
    let told = heard(&spoken(&set, limits)).expect("a conversation");
    let told: Vec<Answer> = told.into_iter().map(|told| told.answer(limits)).collect();
    let input = Input {
        value: Value::from_json(INPUT).expect("JSON"),
        sections: Default::default(),
        paths: Default::default(),
    };
    let pool = crate::bounds::Pool::new(1).expect("a pool");
    let here = InProcess { limits }
        .evaluate(&set, &input, &pool, &crate::bounds::Cancel::new())
        .expect("not cancelled");
    assert_eq!(told, here.into_iter().flatten().collect::<Vec<_>>());
    assert!(matches!(&told[0], Answer::Said { deny, .. } if deny.len() == 2));
}

#[test]
fn lines_that_are_not_due_end_the_conversation() {
    let lines = spoken(&set(), Limits::default());
    assert_eq!(lines.len(), 5);
    for left_out in 0..lines.len() {
        let mut spoiled = lines.clone();
        let _line = spoiled.remove(left_out);
        assert!(heard(&spoiled).is_err(), "without line {left_out}");
    }
    for doubled in 0..lines.len() {
        let mut spoiled = lines.clone();
        spoiled.insert(doubled, lines[doubled].clone());
        assert!(heard(&spoiled).is_err(), "line {doubled} twice");
    }
    for swapped in 1..lines.len() {
        let mut spoiled = lines.clone();
        spoiled.swap(swapped - 1, swapped);
        assert!(heard(&spoiled).is_err(), "lines {swapped} and before it swapped");
    }
    for garbage in ["", "{}", "null", "\"Start\"", "{\"Start\":\"site/three\"}", "\u{0}", "[[[[["] {
        for at in 0..=lines.len() {
            let mut spoiled = lines.clone();
            spoiled.insert(at, garbage.to_owned());
            assert!(heard(&spoiled).is_err(), "{garbage:?} as line {at}");
        }
    }
    let other = lines[1].replace("site/one", "site/two");
    assert!(heard(&[lines[0].clone(), other]).is_err(), "an answer for another policy");
    let more = lines[1].replace("\"omitted\"", "\"extra\":1,\"omitted\"");
    assert!(heard(&[lines[0].clone(), more]).is_err(), "an unknown member");
}

#[test]
fn answers_beyond_the_limits_are_no_answers() {
    let lines = spoken(&set(), Limits::default());
    let first = |limits: Limits| heard(&lines).expect("a conversation").remove(0).answer(limits);
    let wide = Limits { denials: 2, text_bytes: 2, ..Limits::default() };
    assert!(matches!(first(wide), Answer::Said { .. }));
    for narrow in [Limits { denials: 1, ..wide }, Limits { text_bytes: 1, ..wide }] {
        assert!(matches!(first(narrow), Answer::Failed(_)), "{narrow:?}");
    }
    let said = |deny: &str, omitted: u64| {
        let text = format!(
            "{{\"Said\":{{\"deny\":[{deny}],\"omitted\":{omitted},\"not_applicable\":[],\
             \"not_checked\":[]}}}}"
        );
        serde_json::from_str::<Told>(&text).map(|told| told.answer(wide))
    };
    let empty = "{\"path\":null,\"line\":null,\"observed\":null,\"expected\":null,\
         \"message\":null,\"package\":null}";
    assert!(matches!(said(empty, 0), Ok(Answer::Failed(_))), "an empty denial");
    assert!(matches!(said("", 1), Ok(Answer::Failed(_))), "omitted below the limit");
    assert!(matches!(said("", 0), Ok(Answer::Said { .. })));
}

#[test]
fn a_job_that_makes_no_sense_is_refused() {
    let mut silent = |_: &str| true;
    assert!(serve("", INPUT, &mut silent).is_err());
    let job = job(&set(), 0, &asked(), Limits::default());
    assert!(serve(&job, "{\"changes\": [", &mut silent).is_err(), "an input that was cut off");
    assert!(serve(&job.replace("site/one\",", "site/none\","), INPUT, &mut silent).is_err());
}

#[test]
fn texts_are_cut_at_characters() {
    assert_eq!(cut("a\u{e9}b".to_owned(), 2), "a");
    assert_eq!(cut("a\u{e9}b".to_owned(), 3), "a\u{e9}");
    assert_eq!(cut("ab".to_owned(), 9), "ab");
}
