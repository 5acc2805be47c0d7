//! Passing over blocks that both trees have changes nothing but the time that it takes.

use std::sync::Arc;

use drift_core::baseline::{
    Alike, EntryBlocks, Newer, UnverifiedSnapshot, encode, likeness, root_of, root_with,
};
use drift_core::bounds::{Cancel, Cancelled, Pool};
use drift_core::compare::{Comparison, Context, compare, compare_except};
use drift_core::model::{
    Digest, FileType, Found, Listing, Observed, PerHost, PerHostValue, RuleId, Snapshot, TreePath,
};
use drift_core::rules::RuleSet;
use proptest::prelude::{ProptestConfig, any, proptest};

use crate::baseline::sample::{Plan, Random, bare, judge, plain_tree, snapshot};

/// Every class, a form, a directory rule, and a file that never ends growing.
const RULES: &str = "read-only /\nignore *.mo\ngrowing *.py\ndynamic *.h\nread-only /share-1/\n\
                     expected-per-host present *.so\n";

fn stored(snapshot: &Snapshot) -> UnverifiedSnapshot {
    UnverifiedSnapshot::decode(Arc::from(encode(snapshot).unwrap().bytes)).unwrap()
}

/// A copy of a plan in which `changes` things are other, new or gone.
fn altered(plan: &Plan, random: &mut Random, changes: u64) -> Plan {
    let mut plan = plan.clone();
    let paths: Vec<Vec<u8>> = plan.directories.keys().cloned().collect();
    for number in 0..changes {
        let at = usize::try_from(random.below(paths.len() as u64)).unwrap();
        let Some((listing, children)) = plan.directories.get_mut(&paths[at]) else { continue };
        let child = usize::try_from(random.below(children.len().max(1) as u64)).unwrap();
        match (random.below(9), children.get_mut(child)) {
            (0, Some(child)) => child.mode ^= 0o4000,
            (1, Some(child)) => child.mtime.seconds += 1,
            (2, Some(child)) => child.digest = None,
            (3, Some(child)) => {
                child.digest = Some(Digest::sha256_of(b"other"));
                child.size += 1;
            }
            (4, Some(_)) => drop(children.swap_remove(child)),
            (5, Some(child)) => child.flags = Observed::Unobserved,
            (6, _) => *listing = Listing::Partial,
            (7, Some(child)) => *child = Found::unobserved(&child.name, RuleId(0)),
            _ => {
                let name = format!("new-{number}");
                children.push(Found::plain(name.as_bytes(), FileType::File, RuleId(0)));
            }
        }
    }
    plan
}

/// Compares with and without passing over, from what is captured and from what is stored, and returns
/// what is alike.
fn check(
    before: &Snapshot,
    after: &Snapshot,
    (rules, watch): (&str, &[TreePath]),
    threads: usize,
) -> (Vec<Alike>, Comparison) {
    let (pool, cancel) = (Pool::new(threads).unwrap(), Cancel::new());
    let rules = RuleSet::parse(&[("test", rules)]).unwrap();
    let context = Context {
        rules: &rules,
        before: before.carries,
        before_parts: &[],
        after: after.carries,
        artifacts: &[],
        watch,
        outside: watch,
        cancel: &cancel,
    };
    let (older, newer) = (stored(before), stored(after));
    let find = |newer| {
        let found = likeness(Some(older.blocks()), newer, watch, (&pool, &cancel), || ());
        found.unwrap()
    };
    let from_tree = find(Newer::Captured(&after.tree));
    let blocks = from_tree.blocks.unwrap();
    assert_eq!(root_with(after, &blocks), root_of(after));
    let from_file = find(Newer::Stored(newer.blocks()));
    assert_eq!(from_tree.alike, from_file.alike);
    let walk = || older.unverified_cursor();
    let plainly = compare(&mut walk(), &mut after.tree.cursor(), &context).unwrap();
    let alike = &from_tree.alike;
    let passing = compare_except(&mut walk(), &mut after.tree.cursor(), alike, &context).unwrap();
    assert_eq!(format!("{plainly:?}"), format!("{passing:?}"));
    // What is stored says neither rows nor rules.
    let plainly = compare(&mut walk(), &mut newer.unverified_cursor(), &context).unwrap();
    let passing =
        compare_except(&mut walk(), &mut newer.unverified_cursor(), alike, &context).unwrap();
    assert_eq!(format!("{plainly:?}"), format!("{passing:?}"));
    (from_tree.alike, passing)
}

fn freeze(plan: &Plan) -> Snapshot {
    bare(plan.freeze(&mut Random::new(3)))
}

fn entries(alike: &[Alike]) -> u64 {
    alike.iter().map(|one| one.passage.count).sum()
}

#[test]
fn an_equal_tree_is_passed_over_whole() {
    let before = freeze(&plain_tree(30_000));
    let (alike, comparison) = check(&before, &before, ("read-only /", &[]), 2);
    assert_eq!(entries(&alike), before.tree.len() as u64);
    assert!(comparison.changes.is_empty() && comparison.not_compared == 0);
    assert!(alike.iter().all(|one| (one.before, one.after) == (0, 0)));
}

#[test]
fn a_few_changes_leave_most_of_it_alike() {
    let plan = plain_tree(40_000);
    let after = freeze(&altered(&plan, &mut Random::new(8), 4));
    let before = freeze(&plan);
    let (alike, _) = check(&before, &after, ("read-only /", &[]), 3);
    assert!(entries(&alike) > 20_000, "{}", entries(&alike));
}

#[test]
fn what_must_be_met_is_not_passed_over() {
    let plan = plain_tree(30_000);
    let before = freeze(&plan);
    let inside: Vec<TreePath> = plan
        .directories
        .keys()
        .step_by(plan.directories.len() / 4)
        .map(|path| TreePath::parse(path).unwrap())
        .collect();
    let (alike, comparison) = check(&before, &before, ("read-only /", &inside), 2);
    assert_eq!(comparison.watched.len(), inside.len());
    let left = before.tree.len() as u64 - entries(&alike);
    assert!(!alike.is_empty() && left > 0);
}

#[test]
fn what_nobody_saw_is_counted_though_it_is_the_same_on_both_sides() {
    let unseen: [fn(&mut Found); 4] = [
        |found| found.flags = Observed::Unobserved,
        |found| found.xattrs = Observed::Unobserved,
        |found| *found = Found::unobserved(&found.name, RuleId(0)),
        |found| found.link_target = Observed::Unobserved,
    ];
    for (at, change) in unseen.into_iter().enumerate() {
        let mut plan = plain_tree(5000);
        let all = plan.directories.values_mut().flat_map(|(_, children)| children);
        let wanted = if at == 3 { FileType::Symlink } else { FileType::File };
        let one = all.filter(|child| child.file_type == wanted).nth(300).unwrap();
        change(one);
        let before = freeze(&plan);
        let (alike, comparison) = check(&before, &before, ("read-only /", &[]), 2);
        assert_eq!(comparison.not_compared, 1, "{at}");
        assert!(!alike.is_empty() && entries(&alike) < before.tree.len() as u64);
    }
}

/// A file under class `growing` without a digest on either side was never recorded.
#[test]
fn what_was_never_recorded_is_told_though_it_is_the_same() {
    let mut plan = plain_tree(5000);
    let all = plan.directories.values_mut().flat_map(|(_, children)| children);
    let mut files = all.filter(|child| child.name.ends_with(b".py"));
    files.nth(300).unwrap().digest = None;
    let before = freeze(&plan);
    let (_, comparison) = check(&before, &before, ("read-only /\ngrowing *.py", &[]), 2);
    assert_eq!(comparison.unrecorded.len(), 1);
}

#[test]
fn what_lies_below_an_unread_directory_is_not_gone() {
    let mut plan = plain_tree(20_000);
    let before = freeze(&plan);
    // Its names are not all known, so those missing from it are no loss.
    let (path, (listing, children)) = plan
        .directories
        .iter_mut()
        .filter(|(_, (_, children))| children.len() > 15)
        .nth(200)
        .unwrap();
    *listing = Listing::Partial;
    let (path, gone) = (path.clone(), children.split_off(9).len() as u64);
    let after = freeze(&plan);
    let (_, comparison) = check(&before, &after, ("read-only /", &[]), 2);
    assert!(comparison.changes.is_empty(), "{}", String::from_utf8_lossy(&path));
    assert!(comparison.not_compared >= gone);
}

#[test]
fn deep_trees_too() {
    let root = Some(Found::plain(b"", FileType::Directory, RuleId(0)));
    let mut plan = Plan { root, ..Plan::default() };
    let mut path = Vec::new();
    for level in 0..6000u32 {
        let file = |name: &str| Found {
            digest: Some(Digest::sha256_of(name.as_bytes())),
            ..Found::plain(name.as_bytes(), FileType::File, RuleId(0))
        };
        let name = format!("d{level}");
        let below = Found::plain(name.as_bytes(), FileType::Directory, RuleId(0));
        let children = vec![file("a"), below, file("z")];
        plan.directories.insert(path.clone(), (Listing::Complete, children));
        path = crate::baseline::sample::join(&path, name.as_bytes());
    }
    plan.directories.insert(path, (Listing::Complete, Vec::new()));
    let before = freeze(&plan);
    let (alike, _) = check(&before, &before, ("read-only /", &[]), 2);
    // First paths that do not fit into the index are not known, so those blocks are compared.
    assert!(!alike.is_empty() && entries(&alike) < before.tree.len() as u64);
}

#[test]
fn a_stop_is_heeded() {
    let (pool, cancel) = (Pool::new(2).unwrap(), Cancel::new());
    let before = freeze(&plain_tree(9000));
    cancel.cancel();
    let stopped = likeness(None, Newer::Captured(&before.tree), &[], (&pool, &cancel), || ());
    let stop = drift_core::baseline::Error::Cancelled(Cancelled);
    assert_eq!(stopped.map(|_| ()), Err(stop));
}

/// Blocks that were made before an entry changed are not used after it.
#[test]
fn blocks_of_another_time_are_made_again() {
    let (pool, cancel) = (Pool::new(2).unwrap(), Cancel::new());
    let mut snapshot = freeze(&plain_tree(3000));
    let blocks = |snapshot: &Snapshot| -> EntryBlocks {
        let newer = Newer::Captured(&snapshot.tree);
        likeness(None, newer, &[], (&pool, &cancel), || ()).unwrap().blocks.unwrap()
    };
    let old = blocks(&snapshot);
    assert_eq!(root_with(&snapshot, &old), root_of(&snapshot));
    let was = root_of(&snapshot).unwrap();
    let row = snapshot.tree.rows().find(|row| snapshot.tree.size(*row) > 0).unwrap();
    let judged = PerHost { form: Digest::sha256_of(b"x"), value: PerHostValue::Conforms };
    snapshot.tree.set_per_host(row, judged);
    assert!(!old.are_of(&snapshot.tree));
    assert_eq!(root_with(&snapshot, &old), root_of(&snapshot));
    snapshot.tree.forget(row);
    assert_ne!(root_of(&snapshot).unwrap(), was);
    assert_eq!(root_with(&snapshot, &old), root_of(&snapshot));
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(24) })]

    #[test]
    fn no_change_is_lost(seed in any::<u64>(), changes in 0u64..60, threads in 1usize..4) {
        let mut random = Random::new(seed);
        let plan = plain_tree(6000);
        let first = altered(&plan, &mut random, changes / 2);
        let second = altered(&first, &mut random, changes);
        let (mut before, mut after) = (freeze(&first), freeze(&second));
        judge(&mut random.clone(), &mut before.tree);
        if seed % 2 == 0 {
            judge(&mut random.clone(), &mut after.tree);
        }
        let watch: Vec<TreePath> = plan
            .directories
            .keys()
            .take(usize::try_from(seed % 3).unwrap())
            .map(|path| TreePath::parse(path).unwrap())
            .collect();
        check(&before, &after, (RULES, &watch), threads);
    }

    #[test]
    fn snapshots_of_anything(seed in any::<u64>(), entries in 1usize..3000, threads in 1usize..4) {
        let mut random = Random::new(seed);
        let frozen = Plan::random(&mut random, entries).freeze(&mut random.clone());
        let before = snapshot(&mut random, frozen);
        check(&before, &before, (RULES, &[]), threads);
    }
}
