//! Files of released formats must load for ever, and say what they said when they were written.

use std::path::{Path, PathBuf};

use drift_core::artifact::{load_trust, open_sealed, read_bounded};
use drift_core::baseline::Baseline;
use drift_core::bounds::Timestamp;
use drift_core::export;
use drift_core::seal::{Expectations, verify};

fn fixture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../fixtures/baselines/v1").join(name)
}

/// Written by the first version; the seal, the root and every attribute of every entry hold.
#[test]
fn the_first_baseline_still_loads() {
    let sealed = open_sealed(&fixture("small.drift"), 1 << 20).expect("the fixture can be read");
    let trust = load_trust(&[fixture("small.pub.pem")]).expect("the key can be read");
    let now = Timestamp::parse("2026-11-22T00:00:00Z").expect("a time");
    let expected = Expectations { identity: Some("fixture".to_owned()), ..Expectations::default() };
    let (file, info) = verify(&sealed, &trust, &expected, now, None).expect("the seal holds");
    let baseline = Baseline::decode(file).expect("the format is still read");
    let sealed_root = match &info.statement.predicate {
        drift_core::seal::Predicate::Snapshot(predicate) => predicate.root,
        other => panic!("not a snapshot: {other:?}"),
    };
    assert_eq!(baseline.root(), sealed_root);
    assert_eq!(baseline.packages().len(), 1);
    let form = export::find("ndjson").expect("the form exists");
    let mut lines = Vec::new();
    export::export(form, &mut baseline.cursor(), &mut lines).expect("the cursor reads on");
    let written = read_bounded(&fixture("small.ndjson"), 1 << 20).expect("the fixture can be read");
    assert_eq!(String::from_utf8_lossy(&lines), String::from_utf8_lossy(&written));
}
