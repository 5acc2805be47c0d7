//! Baselines that were never sealed and never whole, for whoever opens them unverified.

use super::{ORDERLY, Random};
use crate::evasion::placed::assert_harmless;
use crate::stage::Stage;

/// Spoiled baselines, each opened by one verb.
const SPOILED: usize = 400;

#[test]
fn no_baseline_harms_whoever_opens_it_unverified() {
    let stage = Stage::new();
    for number in 0..50 {
        stage.write(format!("root/etc/name\u{1b}{number}"), format!("{number}"));
    }
    stage.capture("root", &[]);
    let (good, mut random) = (stage.read("golden.drift"), Random(0x9e37_79b9_7f4a_7c15));
    let bad = stage.path("bad.drift");
    let (target, root) = (format!("baseline:{bad}"), format!("dir:{}", stage.path("root")));
    let verbs: [&[&str]; 7] = [
        &["inspect", &bad, "--unverified"],
        &["inspect", &bad, "--unverified", "entries"],
        &["inspect", &bad, "--unverified", "coverage"],
        &["inspect", &bad, "--unverified", "packages"],
        &["export", &bad, "--unverified", "--format", "ndjson"],
        &["export", &bad, "--unverified", "--format", "mtree"],
        &["diff", "--unverified", &target, &root],
    ];
    let (mut refused, mut opened) = (0, 0);
    for number in 0..SPOILED {
        let bytes = match number {
            0 => Vec::new(),
            1 => random.bytes(100_000),
            2 => [good.get(..8).unwrap_or_default(), &random.bytes(4_096)].concat(),
            3 => vec![0xff; 1 << 20],
            _ => random.spoil(&good),
        };
        stage.write("bad.drift", &bytes);
        let verb = verbs[number % verbs.len()];
        let run = stage.drift(verb);
        let code = run.code.unwrap_or(-1);
        assert!(ORDERLY.contains(&code), "case {number} {verb:?}: {code} {}", run.error_text());
        assert_harmless(verb[0], &run.stderr);
        assert_harmless(verb[0], &run.stdout);
        if code == 2 { refused += 1 } else { opened += 1 }
    }
    assert!(refused > SPOILED / 2, "{refused} refused, {opened} opened");
    println!("{SPOILED} spoiled baselines: {refused} refused, {opened} opened");
}
