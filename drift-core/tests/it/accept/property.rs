//! Over random trees: accepting a set gives exactly that set, all of it the newer tree, and what
//! would be no tree is refused. The oracle is a map of paths.

use drift_core::baseline::effective_root;
use drift_core::bounds::Cancel;
use drift_core::capture::Captured;
use drift_core::check::{AcceptError, Selector};
use drift_core::compare::{Context, Entries, compare, entries};
use drift_core::model::{Digest, FileType, TreePath};
use drift_core::report::document::Change;
use drift_core::report::exact;
use proptest::prelude::{ProptestConfig, any, prop_assume, proptest};

use super::stage::{Pair, stored};
use crate::compare::lossless::{captured, forest, marks, stepped, steps, volume};
use crate::detection::scene::difference;

fn all(captured: &Captured) -> Entries {
    entries(&mut captured.snapshot.tree.cursor()).unwrap()
}

fn path_of(text: &str, base64: Option<&str>) -> TreePath {
    TreePath::parse(&exact(text, base64)).unwrap()
}

/// The oracle: whole rows of maps, moved from one to the other.
fn merged(mut older: Entries, newer: &Entries, chosen: &[&Change]) -> Entries {
    for change in chosen {
        let path = path_of(&change.path, change.path_b64.as_deref());
        if let Some(from) = &change.moved_from {
            older.remove(&path_of(from, change.moved_from_b64.as_deref()));
        }
        older.remove(&path);
    }
    for change in chosen {
        let path = path_of(&change.path, change.path_b64.as_deref());
        if let Some(entry) = newer.get(&path) {
            older.insert(path, entry.clone());
        }
    }
    older
}

fn is_tree(entries: &Entries) -> bool {
    entries.keys().all(|path| {
        path.parent().is_none_or(|parent| {
            entries.get(&parent).is_some_and(|entry| entry.file_type == FileType::Directory)
        })
    })
}

/// Takes the changes whose bit is set.
fn picked(changes: &[Change], bits: u64) -> Vec<&Change> {
    let taken = |at: usize| bits >> (at % 64) & 1 == 1;
    changes.iter().enumerate().filter(|(at, _)| taken(*at)).map(|(_, change)| change).collect()
}

fn by_ids(chosen: &[&Change]) -> Vec<Selector> {
    chosen.iter().map(|change| Selector::Change(change.id.clone())).collect()
}

fn accepts(first: &Captured, second: &Captured, bits: u64) {
    let pair = Pair::new(first, second);
    let changes = pair.report().changes;
    let chosen = picked(&changes, bits);
    let result = pair.accept(&by_ids(&chosen));
    if chosen.is_empty() {
        assert!(matches!(result, Err(AcceptError::NothingSelected)), "{result:?}");
        return;
    }
    let expected = merged(all(first), &all(second), &chosen);
    if !is_tree(&expected) {
        assert!(matches!(result, Err(AcceptError::Orphan(_))), "{result:?}");
        return;
    }
    let accepted = result.unwrap();
    assert_eq!(accepted.record.changes, chosen.len() as u64);
    assert_eq!(accepted.left, (changes.len() - chosen.len()) as u64);
    let mut ids: Vec<String> = chosen.iter().map(|change| format!("{}\n", change.id)).collect();
    ids.sort();
    assert_eq!(accepted.record.ids_digest, Digest::sha256_of(ids.concat().as_bytes()));
    let new = stored(accepted.encoded.bytes);
    assert_eq!(new.root(), accepted.encoded.root);
    // Every attribute of every row, also of what the rules do not compare.
    assert_eq!(entries(&mut new.unverified_cursor()).unwrap(), expected);
    assert_eq!(new.coverage().entries, expected.len() as u64);
    // What is left to compare is what was not chosen; a move may be told otherwise once one of
    // several that are alike is settled.
    let context = Context {
        rules: &second.rules,
        before: new.carries(),
        before_parts: &[],
        after: second.snapshot.carries,
        artifacts: &[],
        watch: &[],
        outside: &[],
        cancel: &Cancel::new(),
    };
    let left = compare(&mut new.unverified_cursor(), &mut second.snapshot.tree.cursor(), &context)
        .unwrap();
    let mut expected = marks(&difference(first, second));
    for change in chosen {
        let path = path_of(&change.path, change.path_b64.as_deref());
        expected.remove(path.as_bytes());
        if let Some(from) = &change.moved_from {
            let from = path_of(from, change.moved_from_b64.as_deref());
            expected.remove(from.as_bytes());
        }
    }
    assert_eq!(marks(&left), expected);
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(192) })]

    #[test]
    fn a_set_of_changes_and_nothing_else(before in forest(), steps in steps(), bits in any::<u64>()) {
        let after = stepped(before.clone(), &steps);
        accepts(&captured(volume(&before), 1), &captured(volume(&after), 1), bits);
    }

    /// Most bits are set, so that few selections are refused.
    #[test]
    fn nearly_all(before in forest(), after in forest(), bits in any::<(u64, u64, u64)>()) {
        let bits = bits.0 | bits.1 | bits.2;
        accepts(&captured(volume(&before), 1), &captured(volume(&after), 1), bits);
    }

    #[test]
    fn all_of_it_is_the_newer_tree(before in forest(), after in forest()) {
        let (first, second) = (captured(volume(&before), 1), captured(volume(&after), 1));
        let pair = Pair::new(&first, &second);
        prop_assume!(!pair.report().changes.is_empty());
        let accepted = pair.accept(&[Selector::All]).unwrap();
        assert_eq!((accepted.left, accepted.not_compared), (0, 0));
        let new = stored(accepted.encoded.bytes);
        let root = |cursor: &mut dyn drift_core::model::Cursor| {
            effective_root(cursor, &first.rules, &[]).unwrap()
        };
        let expected = root(&mut second.snapshot.tree.cursor());
        assert_eq!(root(&mut new.unverified_cursor()), expected);
    }
}
