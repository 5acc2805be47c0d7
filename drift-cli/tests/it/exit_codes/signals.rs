//! SIGINT is 130, SIGTERM 143: within a second, and no partial file is left.

use drift_testkit::{command, need};

use crate::stage::{DRIFT, LIMIT, Stage, hostile};

/// How long a run may take to end after the signal.
const LIMIT_MILLISECONDS: u128 = 1_000;

/// The run waits for a lease that its holder never gives back: of itself it would end after 45
/// seconds.
#[test]
fn a_signal_ends_a_run_within_a_second() {
    let Some(python) = need::tool("python3") else { return };
    let stage = Stage::sealed();
    let (before, golden) = (stage.names(""), stage.read("golden.drift"));
    let report = format!("json={}", stage.path("report.json"));
    let root = format!("dir:{}", stage.path("root"));
    let mut check = stage.check_arguments("root");
    check.extend(["--output".to_owned(), report.clone()]);
    let diff = ["diff", &root, &root, "--output", &report].map(str::to_owned).to_vec();
    let explain = ["explain", "/etc/hosts", &root].map(str::to_owned).to_vec();
    let verbs = [check, stage.capture_arguments("root"), diff, explain];
    for (signal, code) in [("INT", 130), ("TERM", 143), ("HUP", 143)] {
        for verb in &verbs {
            let mut all = vec![
                hostile("interrupt.py"),
                stage.path("root/etc"),
                signal.to_owned(),
                DRIFT.to_owned(),
            ];
            all.extend(verb.iter().cloned());
            let said = command::run_within(LIMIT, &python, &all).success();
            let (verb, mut words) = (&verb[0], said.split_whitespace());
            assert_eq!(words.next(), Some(code.to_string().as_str()), "{verb} {signal}: {said}");
            let took: u128 = words.next().and_then(|took| took.parse().ok()).expect("a time");
            assert!(took <= LIMIT_MILLISECONDS, "{verb} SIG{signal}: {took} ms");
            println!("{verb} SIG{signal}: {took} ms");
            assert_eq!(stage.names(""), before, "{verb} SIG{signal} left something");
            assert_eq!(stage.read("golden.drift"), golden, "{verb} SIG{signal}");
        }
    }
}
