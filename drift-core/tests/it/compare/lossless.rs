//! `apply(compare(a, b), a) == b`, over random trees, under rules that select everything.

use std::collections::BTreeMap;
use std::sync::Arc;

use drift_core::baseline::{self, UnverifiedSnapshot};
use drift_core::capture::Captured;
use drift_core::compare::{Comparison, Entries, apply, entries};
use drift_core::model::{Entry, FileType, Observed, SourceKind, TreePath};
use drift_core::rules::RuleSet;
use drift_core::source::{MemoryVolume, Walked};
use proptest::prelude::{ProptestConfig, Strategy, any, prop_oneof, proptest};

use crate::detection::scene::{TYPES, capture_with, difference, difference_from, everything, told};

/// One object as a test wants it; comparing two of these is the oracle.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Wanted {
    file_type: FileType,
    /// Content, target or device number, by type.
    matter: u8,
    mode: u16,
    uid: u32,
    seconds: i64,
    note: Option<u8>,
}

/// Objects by path; what stands below something else than a directory is left out when built.
pub(crate) type Forest = BTreeMap<Vec<u8>, Wanted>;

/// One step from the first tree to the second.
#[derive(Debug, Clone)]
pub(crate) enum Step {
    Put(Vec<u8>, Wanted),
    Remove(usize),
    Touch(usize, u8),
    Move(usize, Vec<u8>),
}

fn wanted() -> impl Strategy<Value = Wanted> {
    (0..TYPES.len(), 0..3u8, 0..3u16, 0..2u32, 0..3i64, any::<Option<bool>>()).prop_map(
        |(at, matter, mode, uid, seconds, note)| Wanted {
            file_type: TYPES[at],
            matter,
            mode: [0o644, 0o755, 0o4755][usize::from(mode)],
            uid,
            seconds,
            note: note.map(u8::from),
        },
    )
}

/// Up to four names deep, with names that sort around the slash and are no text.
fn path() -> impl Strategy<Value = Vec<u8>> {
    const NAMES: [&[u8]; 8] = [b"a", b"a-b", b"a.b", b"b", b"\xff", b"a\n", b"c", b"\x01"];
    proptest::collection::vec(0..NAMES.len(), 1..4)
        .prop_map(|names| names.iter().map(|at| NAMES[*at]).collect::<Vec<_>>().join(&b'/'))
}

pub(crate) fn forest() -> impl Strategy<Value = Forest> {
    proptest::collection::btree_map(path(), wanted(), 0..40).prop_map(rooted)
}

pub(crate) fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        (path(), wanted()).prop_map(|(path, wanted)| Step::Put(path, wanted)),
        any::<usize>().prop_map(Step::Remove),
        (any::<usize>(), any::<u8>()).prop_map(|(at, what)| Step::Touch(at, what)),
        (any::<usize>(), path()).prop_map(|(at, path)| Step::Move(at, path)),
    ];
    proptest::collection::vec(step, 0..12)
}

/// Leaves only what can stand: every parent is a directory, made where it is missing.
fn rooted(forest: Forest) -> Forest {
    let mut whole = Forest::new();
    let plain = Wanted {
        file_type: FileType::Directory,
        matter: 0,
        mode: 0o755,
        uid: 0,
        seconds: 0,
        note: None,
    };
    for (path, wanted) in forest {
        let cuts = path.iter().enumerate().filter(|(_, byte)| **byte == b'/');
        let mut parents: Vec<&[u8]> = cuts.map(|(at, _)| &path[..at]).collect();
        let stands = |parent: &&[u8]| {
            whole.get(*parent).is_none_or(|above| above.file_type == FileType::Directory)
        };
        if !parents.iter().all(stands) {
            continue;
        }
        parents.retain(|parent| !whole.contains_key(*parent));
        let parents: Vec<Vec<u8>> = parents.into_iter().map(<[u8]>::to_vec).collect();
        whole.extend(parents.into_iter().map(|parent| (parent, plain.clone())));
        whole.insert(path, wanted);
    }
    whole
}

pub(crate) fn stepped(mut forest: Forest, steps: &[Step]) -> Forest {
    for step in steps {
        let pick = |at: &usize| forest.keys().nth(at % forest.len().max(1)).cloned();
        match step {
            Step::Put(path, wanted) => {
                forest.insert(path.clone(), wanted.clone());
            }
            Step::Remove(at) => {
                if let Some(path) = pick(at) {
                    let below = [path.as_slice(), b"/"].concat();
                    forest.retain(|other, _| *other != path && !other.starts_with(&below));
                }
            }
            Step::Touch(at, what) => {
                let Some(wanted) = pick(at).and_then(|path| forest.get_mut(&path)) else {
                    continue;
                };
                match what % 5 {
                    0 => wanted.matter = wanted.matter.wrapping_add(1),
                    1 => wanted.mode ^= 0o022,
                    2 => wanted.uid += 1,
                    3 => wanted.seconds += 1,
                    _ => wanted.note = Some(wanted.note.map_or(7, |note| note.wrapping_add(1))),
                }
            }
            Step::Move(at, to) => {
                if let Some((path, wanted)) =
                    pick(at).and_then(|path| Some((path.clone(), forest.remove(&path)?)))
                {
                    if wanted.file_type == FileType::Directory {
                        forest.insert(path, wanted.clone());
                    }
                    forest.insert(to.clone(), wanted);
                }
            }
        }
    }
    // A step may have put a file where others stand below.
    rooted(forest)
}

pub(crate) fn volume(forest: &Forest) -> MemoryVolume {
    let mut volume = MemoryVolume::new();
    for (path, wanted) in forest {
        let matter = wanted.matter;
        let node = match wanted.file_type {
            FileType::File => volume.file(path, &vec![b'x'; usize::from(matter)]),
            FileType::Directory => volume.directory(path),
            FileType::Symlink => volume.symlink(path, &[b't', matter]),
            FileType::Fifo => volume.fifo(path),
            FileType::Socket => volume.socket(path),
            FileType::Char => volume.char_device(path, 1, matter.into()),
            _ => volume.block_device(path, 8, matter.into()),
        };
        node.mode(wanted.mode).owner(wanted.uid, 0).mtime(wanted.seconds, 0);
        if let Some(note) = wanted.note {
            node.xattr(b"user.note", &[note]);
        }
    }
    volume
}

pub(crate) fn captured(volume: MemoryVolume, threads: usize) -> Captured {
    let source = Walked::new(volume, SourceKind::Memory, "memory:").with_handles(threads);
    capture_with(&source, &everything(), threads)
}

/// What the rules compare of every entry, shown; the map in which both ways must meet.
fn project(entries: &Entries, rules: &RuleSet) -> BTreeMap<TreePath, Vec<String>> {
    let shown = |path: &TreePath, entry: &Entry| {
        let is_directory = entry.file_type == FileType::Directory;
        let rule = rules.rule(rules.evaluate(path, is_directory));
        let values =
            rule.attributes(entry.file_type).iter().map(|attribute| match (attribute.get)(entry) {
                Observed::Is(value) => format!("{}: {value:?}", attribute.name),
                other => format!("{}: {other:?}", attribute.name),
            });
        values.collect()
    };
    entries.iter().map(|(path, entry)| (path.clone(), shown(path, entry))).collect()
}

fn all(captured: &Captured) -> Entries {
    entries(&mut captured.snapshot.tree.cursor()).unwrap()
}

fn replays(before: &Captured, after: &Captured, comparison: &Comparison) {
    let replayed = apply(&comparison.changes, all(before));
    assert_eq!(project(&replayed, &after.rules), project(&all(after), &after.rules));
}

/// What the two wishes differ in, path by path: `+`, `-` or `~`.
fn expected(before: &Forest, after: &Forest) -> BTreeMap<Vec<u8>, char> {
    let gone = before.keys().filter(|path| !after.contains_key(*path)).map(|path| (path, '-'));
    let other = after.iter().filter_map(|(path, wanted)| match before.get(path) {
        None => Some((path, '+')),
        Some(old) if same(old, wanted) => None,
        Some(_) => Some((path, '~')),
    });
    gone.chain(other).map(|(path, mark)| (path.clone(), mark)).collect()
}

/// Pipes, sockets and directories have no matter, and links no permissions.
fn same(old: &Wanted, new: &Wanted) -> bool {
    let plain = |wanted: &Wanted| {
        let mut plain = wanted.clone();
        if matches!(plain.file_type, FileType::Directory | FileType::Fifo | FileType::Socket) {
            plain.matter = 0;
        }
        if plain.file_type == FileType::Symlink {
            plain.mode = 0;
        }
        plain
    };
    plain(old) == plain(new)
}

/// The same marks from a comparison; a move is a loss there and a gain here.
pub(crate) fn marks(comparison: &Comparison) -> BTreeMap<Vec<u8>, char> {
    let mut marks = BTreeMap::new();
    let mut mark = |path: &TreePath, mark| {
        let twice = marks.insert(path.as_bytes().to_vec(), mark);
        assert_eq!(twice, None, "{path} is told twice");
    };
    for change in &comparison.changes {
        match (&change.moved_from, &change.before, &change.after) {
            (Some(from), ..) => {
                mark(from, '-');
                mark(&change.path, '+');
            }
            (None, None, _) => mark(&change.path, '+'),
            (None, _, None) => mark(&change.path, '-'),
            (None, ..) => mark(&change.path, '~'),
        }
    }
    marks
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(256) })]

    #[test]
    fn every_change_once_and_nothing_lost(before in forest(), steps in steps()) {
        let after = stepped(before.clone(), &steps);
        let (first, second) = (captured(volume(&before), 1), captured(volume(&after), 1));
        let comparison = difference(&first, &second);
        assert_eq!(marks(&comparison), expected(&before, &after));
        assert_eq!(comparison.not_compared, 0);
        replays(&first, &second, &comparison);
    }

    #[test]
    fn two_unrelated_trees(before in forest(), after in forest()) {
        let (first, second) = (captured(volume(&before), 1), captured(volume(&after), 1));
        let comparison = difference(&first, &second);
        assert_eq!(marks(&comparison), expected(&before, &after));
        replays(&first, &second, &comparison);
    }

    #[test]
    fn a_tree_equals_itself_however_it_was_walked(forest in forest(), seed in any::<u64>()) {
        let first = captured(volume(&forest), 1);
        let mut permuted = volume(&forest);
        permuted.permute(seed);
        let second = captured(permuted, 3);
        assert_eq!(told(&difference(&first, &second)), [""; 0]);
        assert_eq!(told(&difference(&first, &first)), [""; 0]);
    }

    #[test]
    fn a_stored_tree_compares_as_the_captured_one(before in forest(), steps in steps()) {
        let after = stepped(before.clone(), &steps);
        let (first, second) = (captured(volume(&before), 1), captured(volume(&after), 2));
        let encoded = baseline::encode(&first.snapshot).unwrap();
        let stored = UnverifiedSnapshot::decode(Arc::from(encoded.bytes)).unwrap();
        let from_file = difference_from(&mut stored.unverified_cursor(), &first, &second);
        assert_eq!(told(&from_file), told(&difference(&first, &second)));
        replays(&first, &second, &from_file);
    }
}
