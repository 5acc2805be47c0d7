//! One fixed snapshot has one root for ever. A change here is a break of the format.

use drift_core::baseline;
use drift_core::model::{AttributeSet, SourceKind};

use super::sample::{Plan, Random, snapshot};

#[test]
fn the_root_of_a_fixed_snapshot() {
    let mut random = Random::new(1);
    let frozen = Plan::random(&mut random, 5000).freeze(&mut random.clone());
    let mut snapshot = snapshot(&mut random, frozen);
    // The kind it had when there were four to pick from.
    snapshot.kind = SourceKind::Tar;
    // The table's first 17 lines: what it was when this root was written down.
    let first = AttributeSet::from_bits((1 << 17) - 1);
    snapshot.carries.attributes = snapshot.carries.attributes.and(first);
    assert_eq!(
        baseline::root_of(&snapshot).unwrap().to_string(),
        "sha256:6a264f89b4b0604b8c09f64d4361482218fae7723b56144a9384fffab19d788b"
    );
}
