//! Processes that misbehave: each is a script in the place of this program.

use std::time::Duration;

use drift_core::bounds::Cancel;

use super::{Bounds, Ended, ask_all};
use crate::settings::Stopwatch;

/// Reads the first line, and the job: the names that are asked.
const HEAD: &str = "read preface; read job; ";

fn bounds(script: &'static str) -> Bounds {
    Bounds {
        program: ("/bin/sh", vec!["-c", script]),
        memory: 1 << 30,
        each: Duration::from_millis(300),
        all: Duration::from_secs(20),
    }
}

fn asked() -> Vec<String> {
    vec!["a".to_owned(), "b".to_owned()]
}

fn ask(bounds: &Bounds, input: &str) -> Vec<Result<u64, Ended>> {
    let time = Stopwatch::start();
    let job = |rest: &[String]| rest.join(",");
    ask_all(&asked(), &job, input, bounds, (&time, &Cancel::new())).expect("not cancelled")
}

fn told(script: &str) -> Vec<Result<u64, Ended>> {
    let script: &'static str = Box::leak(format!("{HEAD}{script}").into_boxed_str());
    ask(&bounds(script), "{}")
}

/// Answers for `b` alone, as the process does that goes on after `a` killed the first one.
const B: &str = r#"printf '{"Start":"b"}\n{"Answer":["b",2]}\n"Done"\n'"#;

fn killed_by_a(what: &str) -> Vec<Result<u64, Ended>> {
    told(&format!(r#"case $job in a*) printf '{{"Start":"a"}}\n'; {what};; *) {B};; esac"#))
}

fn words(answer: &Result<u64, Ended>) -> String {
    match answer {
        Ok(number) => format!("answer {number}"),
        Err(Ended::Failed(why)) => format!("failed: {why}"),
        Err(Ended::Exceeded(why)) => format!("exceeded: {why}"),
    }
}

#[test]
fn answers_are_taken() {
    let lines = r#"printf '{"Start":"a"}\n{"Answer":["a",1]}\n{"Start":"b"}\n{"Answer":["b",2]}\n"Done"\n'"#;
    assert_eq!(told(lines), [Ok(1), Ok(2)]);
}

#[test]
fn one_that_dies_takes_its_question_with_it_and_no_other() {
    for (what, expect) in [
        ("kill -ABRT $$", "failed: its process died (signal 6)"),
        (
            "echo memory allocation of 9 bytes failed >&2; kill -ABRT $$",
            "exceeded: it needed more memory than 1024 MiB",
        ),
        ("echo has overflowed its stack >&2; kill -ABRT $$", "exceeded: it overflowed its stack"),
        ("kill -KILL $$", "exceeded: its process was ended by the system (signal 9)"),
        ("echo why >&2; exit 7", "failed: its process ended too early (exit code 7): why"),
        ("exit 0", "failed: its process ended too early (exit code 0)"),
        ("exec sleep 60", "exceeded: it was ended after 300ms without an answer"),
        ("while :; do :; done", "exceeded: it was ended after 300ms without an answer"),
        ("exec tr '\\0' x </dev/zero", "exceeded: "),
        ("echo garbage", "failed: the process that evaluated it wrote something that is no answer"),
        ("printf '\\377\\n'", "failed: the process that evaluated it wrote something"),
        (
            r#"printf '{"Answer":["b",2]}\n'"#,
            "failed: the process that evaluated it wrote an answer that was not due",
        ),
        (
            r#"printf '{"Start":"a"}\n'"#,
            "failed: the process that evaluated it wrote an answer that was not due",
        ),
        (
            r#"printf '"Done"\n'"#,
            "failed: the process that evaluated it wrote an answer that was not due",
        ),
    ] {
        let answers = killed_by_a(what);
        assert!(words(&answers[0]).starts_with(expect), "{what}: {answers:?}");
        assert_eq!(answers[1], Ok(2), "{what}: {answers:?}");
    }
}

#[test]
fn one_that_dies_before_any_question_answers_none() {
    for (what, expect) in [
        ("exit 2", "failed: its process ended too early (exit code 2)"),
        (
            "echo nonsense",
            "failed: the process that evaluated it wrote something that is no answer",
        ),
        (B, "failed: the process that evaluated it wrote an answer that was not due"),
    ] {
        let answers = told(what);
        assert_eq!(answers.len(), 2);
        assert!(answers.iter().all(|answer| words(answer).starts_with(expect)), "{answers:?}");
    }
    let nowhere = Bounds { program: ("/nonexistent/drift", Vec::new()), ..bounds("") };
    let answers = ask(&nowhere, "{}");
    assert!(answers.iter().all(|answer| words(answer).contains("could be started")), "{answers:?}");
}

#[test]
fn the_time_of_all_ends_all() {
    let short = Bounds { all: Duration::from_millis(300), ..bounds("exec sleep 60") };
    let answers = ask(&short, "{}");
    assert!(answers.iter().all(|answer| matches!(answer, Err(Ended::Exceeded(_)))), "{answers:?}");
    let none = Bounds { all: Duration::ZERO, ..short };
    let answers = ask(&none, "{}");
    assert!(words(&answers[1]).contains("before it was asked"), "{answers:?}");
}

/// A pipe holds 64 KiB: whoever does not read must not keep the one that tells waiting.
#[test]
fn one_that_does_not_listen_hangs_nobody() {
    let answers = ask(&bounds("exit 0"), &"x".repeat(8 << 20));
    assert!(answers.iter().all(|answer| words(answer).contains("too early")), "{answers:?}");
}

#[test]
fn a_run_that_is_stopped_asks_no_more() {
    let cancel = Cancel::new();
    cancel.cancel();
    let job = |rest: &[String]| rest.join(",");
    let (time, bounds) = (Stopwatch::start(), bounds("exit 0"));
    assert!(ask_all::<u64>(&asked(), &job, "", &bounds, (&time, &cancel)).is_err());
}
