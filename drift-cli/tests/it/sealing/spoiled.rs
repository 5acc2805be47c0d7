//! One flipped bit, garbage under a seal, and truncation: nothing is read that is not verified.

#![expect(clippy::disallowed_methods, reason = "tests build and spoil real files")]

use std::collections::BTreeMap;
use std::thread;

use drift_core::bounds::Timestamp;
use drift_core::model::Digest;
use drift_core::seal::{self, Counts, Predicate, PrivateKey, SnapshotPredicate};

use crate::stage::{DRIFT, Report, Stage};

/// Positions of the file whose bit is flipped; every byte of the bundle is.
const POSITIONS: usize = 2_000;

/// Runs at the same time.
const LANES: usize = 4;

#[test]
fn one_flipped_bit_anywhere_is_refused() {
    let stage = Stage::new();
    for number in 0..400 {
        stage.write(format!("root/etc/{number}"), format!("{number} of some files\n"));
    }
    stage.capture("root", &[]);
    let (file, bundle) = (stage.read("golden.drift"), stage.read("golden.drift.sigstore.json"));
    assert!(file.len() > POSITIONS, "{} bytes are too few", file.len());
    let spread = (0..POSITIONS).map(|at| (true, at * file.len() / POSITIONS));
    let cases: Vec<(bool, usize)> = spread.chain((0..bundle.len()).map(|at| (false, at))).collect();
    let lanes: Vec<BTreeMap<String, usize>> = thread::scope(|scope| {
        let lane = |lane: usize| {
            let (cases, stage, file, bundle) = (&cases, &stage, &file, &bundle);
            move || {
                let mine = cases.iter().skip(lane).step_by(LANES);
                flip(stage, lane, file, bundle, mine.copied())
            }
        };
        let running: Vec<_> = (0..LANES).map(|number| scope.spawn(lane(number))).collect();
        running.into_iter().map(|lane| lane.join().expect("a lane failed")).collect()
    });
    let mut reasons: BTreeMap<String, usize> = BTreeMap::new();
    for (reason, count) in lanes.into_iter().flatten() {
        *reasons.entry(reason).or_default() += count;
    }
    assert_eq!(reasons.values().sum::<usize>(), cases.len());
    assert!(reasons.get("altered").is_some_and(|&count| count >= POSITIONS), "{reasons:?}");
    assert!(
        reasons
            .keys()
            .all(|reason| ["altered", "malformed", "wrong-key"].contains(&reason.as_str())),
        "{reasons:?}"
    );
    println!(
        "{POSITIONS} positions of {} bytes, {} of the bundle: {reasons:?}",
        file.len(),
        bundle.len()
    );
}

/// Verifies each spoiled pair, and counts the reasons.
fn flip(
    stage: &Stage,
    lane: usize,
    file: &[u8],
    bundle: &[u8],
    cases: impl Iterator<Item = (bool, usize)>,
) -> BTreeMap<String, usize> {
    let mut reasons = BTreeMap::new();
    std::fs::create_dir_all(stage.at(format!("lane{lane}"))).expect("a lane");
    let name = format!("lane{lane}/golden.drift");
    let (path, trust) = (stage.path(&name), stage.path("golden.pub.pem"));
    let state = stage.path("state");
    for (of_file, at) in cases {
        let (mut file, mut bundle) = (file.to_vec(), bundle.to_vec());
        let byte = if of_file { file.get_mut(at) } else { bundle.get_mut(at) };
        *byte.expect("a position") ^= 1 << (at % 8);
        stage.write(&name, file);
        stage.write(format!("{name}.sigstore.json"), bundle);
        let run = drift_testkit::command::run(
            DRIFT,
            ["verify", &path, "--trust", &trust, "--state", &state],
        );
        let what = if of_file { "file" } else { "bundle" };
        assert_eq!(run.code, Some(4), "{what} byte {at}: {}{}", run.text(), run.error_text());
        let said = run.error_text();
        let reason = said.strip_prefix("drift: ").and_then(|rest| rest.split(':').next());
        *reasons.entry(reason.unwrap_or_default().to_owned()).or_default() += 1;
    }
    reasons
}

#[test]
fn a_check_of_spoiled_pairs_reports_the_reason() {
    let stage = Stage::sealed();
    let (file, bundle) = (stage.read("golden.drift"), stage.read("golden.drift.sigstore.json"));
    for (name, good, reasons) in [
        ("golden.drift", &file, ["altered"].as_slice()),
        ("golden.drift.sigstore.json", &bundle, &["altered", "malformed", "wrong-key"]),
    ] {
        for part in 0..8 {
            let mut spoiled = good.clone();
            let at = spoiled.len() * part / 8;
            if let Some(byte) = spoiled.get_mut(at) {
                *byte ^= 0x10;
            }
            stage.write(name, &spoiled);
            let report = stage.report(&[]).expect(4);
            assert!(reasons.contains(&report.reason()), "{name} byte {at}: {}", report.reason());
            // Truncated, and lengthened.
            stage.write(name, good.get(..at).unwrap_or_default());
            let report = stage.report(&[]).expect(4);
            assert!(reasons.contains(&report.reason()), "{name} cut at {at}: {}", report.reason());
            stage.write(name, [good.as_slice(), &[b'\n'; 3][..1 + part % 3]].concat());
            let report = stage.report(&[]).expect(4);
            assert!(reasons.contains(&report.reason()), "{name} lengthened: {}", report.reason());
        }
        stage.write(name, good);
    }
    let _report = stage.report(&[]).expect(0);
}

/// Content that no decoder takes shows whether a decoder saw it: under a seal that does not hold
/// it must be the seal that is refused.
#[test]
fn content_is_read_only_under_a_seal_that_holds() {
    let stage = Stage::sealed();
    let _made = stage.drift(["keygen", "--out", &stage.path("other")]).expect(0);
    let valid = stage.read("golden.drift");
    let half = valid.get(..valid.len() / 2).unwrap_or_default().to_vec();
    for garbage in [b"no snapshot at all".to_vec(), Vec::new(), half] {
        for (key, code) in [("other", 4), ("golden", 2)] {
            seal_anything(&stage, &garbage, key);
            let run = stage.check(&["--format", "json"]);
            assert_eq!(run.code, Some(code), "{key}: {}{}", run.text(), run.error_text());
            if code == 4 {
                assert_eq!(Report::of(&run).reason(), "wrong-key");
            } else {
                assert!(run.stdout.is_empty() && run.error_text().contains("golden.drift"));
            }
        }
    }
}

/// Seals bytes that `drift seal` would refuse.
fn seal_anything(stage: &Stage, content: &[u8], key: &str) {
    let pem = String::from_utf8(stage.read(format!("{key}.key.pem"))).expect("PEM is text");
    let key = PrivateKey::from_pem(&pem).expect("the key that keygen made");
    let nothing = Digest::sha256_of(b"");
    let predicate = Predicate::Snapshot(SnapshotPredicate {
        root: nothing,
        effective_root: nothing,
        counts: Counts { entries: 1, packages: 0, problems: 0 },
        identity: "web".to_owned(),
        scope: vec!["entries".to_owned()],
        tool: "drift 0.1.0".to_owned(),
        created: Timestamp::parse("2026-01-01T00:00:00Z").expect("a time"),
        expires: None,
        sequence: 9,
        rules_digest: nothing,
        policies_digest: None,
        provenance: BTreeMap::new(),
        accepted: None,
    });
    stage.write("golden.drift", content);
    for sealed in seal::seal(content, "golden.drift", predicate, &[key]).expect("a seal") {
        stage.write(format!("golden.drift{}", sealed.suffix), sealed.bytes);
    }
}
