//! What is read equals what was written, entry by entry.

use std::sync::Arc;

use drift_core::baseline::{self, Error, UnverifiedSnapshot};
use drift_core::model::{
    FileType, Found, Intake, Listing, Observed, RuleId, Snapshot, TreePath, Xattrs,
};
use proptest::prelude::{ProptestConfig, any, proptest};

use super::sample::{Plan, Random, judge, locate, snapshot, walk, written};

/// Compares everything that both can say.
fn check(snapshot: &Snapshot) {
    let encoded = baseline::encode(snapshot).unwrap();
    assert_eq!(baseline::root_of(snapshot).unwrap(), encoded.root);
    let stored = UnverifiedSnapshot::decode(Arc::from(encoded.bytes)).unwrap();
    assert_eq!(stored.root(), encoded.root);
    assert_eq!(stored.counts(), encoded.counts);
    assert_eq!(stored.kind(), snapshot.kind);
    assert_eq!(stored.locator(), snapshot.locator);
    assert_eq!(stored.identity(), &snapshot.identity);
    assert_eq!(stored.carries(), snapshot.carries);
    assert_eq!(stored.rules(), snapshot.rules);
    assert_eq!(stored.image(), snapshot.image.as_ref());
    assert_eq!(stored.packages(), snapshot.packages);
    assert_eq!(stored.packages_complete(), snapshot.packages_complete);
    assert_eq!(stored.coverage(), &snapshot.coverage);
    assert_eq!(stored.problems(), snapshot.problems);
    assert!(stored.attributes_not_compared().is_empty());
    assert!(stored.sections_not_read().is_empty());
    let written = written(snapshot);
    let read = walk(&mut stored.unverified_cursor()).unwrap();
    assert_eq!(written.len(), snapshot.tree.len());
    assert_eq!(written.len(), read.len());
    for (written, read) in written.iter().zip(&read) {
        assert_eq!(written, read);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(64) })]

    #[test]
    fn any_snapshot_survives(seed in any::<u64>(), entries in 1usize..900) {
        let mut random = Random::new(seed);
        let frozen = Plan::random(&mut random, entries).freeze(&mut random.clone());
        let mut snapshot = snapshot(&mut random, frozen);
        if seed % 3 == 0 {
            locate(&mut random, &mut snapshot);
        }
        if seed % 2 == 0 {
            judge(&mut random, &mut snapshot.tree);
        }
        check(&snapshot);
    }

    #[test]
    fn the_order_of_the_survey_leaves_no_trace(seed in any::<u64>(), order in any::<u64>()) {
        let mut random = Random::new(seed);
        let plan = Plan::random(&mut random, 400);
        let encoded = [seed, order].map(|order| {
            // The rest of the snapshot must not depend on the order of rows either.
            let frozen = plan.freeze(&mut Random::new(order));
            baseline::encode(&super::sample::bare(frozen)).unwrap()
        });
        assert_eq!(encoded[0].root, encoded[1].root);
        assert!(encoded[0].bytes == encoded[1].bytes);
    }
}

#[test]
fn many_blocks_survive() {
    let mut random = Random::new(5);
    let frozen = Plan::random(&mut random, 60_000).freeze(&mut random.clone());
    check(&snapshot(&mut random, frozen));
}

#[test]
fn each_entry_is_found_by_its_path() {
    let mut random = Random::new(11);
    let frozen = Plan::random(&mut random, 12_000).freeze(&mut random.clone());
    let mut snapshot = snapshot(&mut random, frozen);
    // An image's layers are found with the entry.
    snapshot.image = Some(super::sample::image(&mut random));
    let encoded = baseline::encode(&snapshot).unwrap();
    let stored = UnverifiedSnapshot::decode(Arc::from(encoded.bytes)).unwrap();
    for row in snapshot.tree.rows().step_by(97) {
        let path = snapshot.tree.path(row);
        let found = stored.find_unverified(&path).unwrap().unwrap();
        assert_eq!(found.entry, snapshot.tree.entry(row));
        let tree = &snapshot.tree;
        assert_eq!((found.owner, found.origin), (tree.owner(row), tree.origin(row)));
        let absent = path.join(b"\x01absent");
        assert_eq!(stored.find_unverified(&absent).unwrap(), None);
    }
    assert!(stored.find_unverified(&TreePath::root()).unwrap().is_some());
}

#[test]
fn what_is_aside_does_not_change_the_root() {
    let make = |locator: &str, vanished| {
        let mut random = Random::new(3);
        let frozen = Plan::random(&mut random, 50).freeze(&mut random.clone());
        let mut snapshot = super::sample::bare(frozen);
        snapshot.locator = locator.to_owned();
        snapshot.coverage.vanished = vanished;
        baseline::encode(&snapshot).unwrap()
    };
    assert_eq!(make("/", 0).root, make("/mnt", 9).root);
    assert!(make("/", 0).bytes != make("/mnt", 9).bytes);
}

#[test]
fn a_deep_tree_costs_no_more_than_a_flat_one() {
    // 20,000 names of 200 bytes: whole paths would be 40 GB.
    let intake = Intake::default();
    let plain = |name: &[u8], file_type| Found::plain(name, file_type, RuleId(0));
    let mut directory = intake.root(plain(b"", FileType::Directory));
    for level in 0..20_000 {
        let name = format!("{level:0200}");
        let children =
            vec![plain(b"zz", FileType::File), plain(name.as_bytes(), FileType::Directory)];
        directory = intake.listing(directory, Listing::Complete, children)[0].1;
    }
    let snapshot = super::sample::bare(intake.freeze());
    let encoded = baseline::encode(&snapshot).unwrap();
    assert!(encoded.bytes.len() < 1 << 20, "{}", encoded.bytes.len());
    check(&snapshot);
}

#[test]
fn what_cannot_be_read_back_is_refused() {
    let with = |name: &[u8], xattr: usize| {
        let intake = Intake::default();
        let root = intake.root(Found::plain(b"", FileType::Directory, RuleId(0)));
        let value = vec![1; xattr].into();
        let xattrs = Observed::Is(Xattrs::new(vec![((*b"user.large").into(), value)]));
        let found = Found { xattrs, ..Found::plain(name, FileType::File, RuleId(0)) };
        intake.listing(root, Listing::Complete, vec![found]);
        super::sample::bare(intake.freeze())
    };
    for name in [&b""[..], b".", b"..", b"a/b", b"a\0b"] {
        let refused = baseline::encode(&with(name, 0)).unwrap_err();
        assert!(matches!(refused, Error::Unstorable { .. }), "{refused}");
        assert_eq!(baseline::root_of(&with(name, 0)), Err(refused));
    }
    check(&with(b"fits", 15 << 20));
    assert!(matches!(baseline::encode(&with(b"too large", 16 << 20)), Err(Error::TooLarge { .. })));
}
