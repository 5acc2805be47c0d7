//! Random changes to a real directory, against a plain walk that shares no code with the product.
#![expect(clippy::disallowed_methods, reason = "the test changes its own directory")]
#![expect(clippy::print_stderr, reason = "the number of changes is part of what the test shows")]

use std::collections::{BTreeMap, BTreeSet};
use std::os::unix::fs::{PermissionsExt as _, lchown, symlink};
use std::path::{Path, PathBuf};

use drift_core::compare::{Comparison, apply, entries};
use drift_testkit::reference::{self, Difference};
use drift_testkit::{TempRoot, need};
use rustix::fs::{AtFlags, CWD, Timespec, Timestamps, XattrFlags};

use crate::detection::scene::{difference, everything, real};

/// A small generator of numbers that are the same in every run.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963);
        usize::try_from(self.0 >> 33).unwrap() % sides.max(1)
    }
}

fn everything_below(root: &Path) -> Vec<PathBuf> {
    let walk = walkdir::WalkDir::new(root).min_depth(1).sort_by_file_name();
    walk.into_iter().map(|entry| entry.unwrap().into_path()).collect()
}

/// Does one thing to one object; what cannot be done there is not done.
fn mutate(root: &Path, dice: &mut Dice) {
    let all = everything_below(root);
    let at = &all[dice.roll(all.len())];
    let other = &all[dice.roll(all.len())];
    let found = std::fs::symlink_metadata(at).unwrap();
    let fresh = at.with_file_name(format!("new{}", dice.roll(1000)));
    let _whether_it_worked = match dice.roll(12) {
        0 => std::fs::write(&fresh, format!("{}", dice.roll(1 << 20))),
        1 => std::fs::create_dir(&fresh),
        2 => symlink("somewhere", &fresh),
        3 if found.is_file() => std::fs::write(at, format!("{}", dice.roll(1 << 20))),
        4 if !found.is_symlink() => {
            let mode = [0o600, 0o644, 0o755, 0o4755, 0o2711, 0o1777][dice.roll(6)];
            std::fs::set_permissions(at, std::fs::Permissions::from_mode(mode))
        }
        5 => lchown(at, Some(u32::try_from(dice.roll(4)).unwrap()), None),
        6 => lchown(at, None, Some(u32::try_from(dice.roll(4)).unwrap())),
        7 => {
            let time = Timespec { tv_sec: 1_500_000_000, tv_nsec: 7 };
            let times = Timestamps { last_access: time, last_modification: time };
            rustix::fs::utimensat(CWD, at, &times, AtFlags::SYMLINK_NOFOLLOW).map_err(Into::into)
        }
        8 => {
            let value = dice.roll(9).to_string();
            rustix::fs::lsetxattr(at, "trusted.n", value.as_bytes(), XattrFlags::empty())
                .map_err(Into::into)
        }
        9 if !found.is_dir() => std::fs::remove_file(at),
        10 if !found.is_dir() => std::fs::hard_link(at, &fresh),
        _ if !other.starts_with(at) => std::fs::rename(at, other.with_file_name("moved")),
        _ => Ok(()),
    };
}

fn furnished() -> TempRoot {
    let mut root = TempRoot::new();
    for number in 0..30 {
        let path = format!("d{}/e{}/f{number}", number % 3, number % 5);
        let directory = PathBuf::from(&path).parent().unwrap().to_owned();
        root = root.directory(directory, 0o755).file(&path, &path, 0o644);
    }
    root.symlink("d0", "link").fifo("d1/fifo", 0o600).hard_link("d0/e0/f0", "d2/name")
}

/// The comparison in the words of the plain walk: extended attributes are not decoded there, and a
/// move is a loss and a gain.
fn plainly(comparison: &Comparison) -> BTreeMap<Vec<u8>, Difference> {
    let mut plain = BTreeMap::new();
    for change in &comparison.changes {
        let path = change.path.as_bytes().to_vec();
        let difference = match (&change.moved_from, &change.before, &change.after) {
            (Some(from), ..) => {
                plain.insert(from.as_bytes().to_vec(), Difference::Removed);
                Difference::Added
            }
            (None, None, _) => Difference::Added,
            (None, _, None) => Difference::Removed,
            (None, ..) => {
                let decoded = ["acl", "acl_default", "capability", "selinux"];
                let raw = |name| if decoded.contains(&name) { "xattr" } else { name };
                Difference::Changed(change.attributes.iter().map(|row| raw(row.name)).collect())
            }
        };
        assert_eq!(plain.insert(path, difference), None, "{} is told twice", change.path);
    }
    plain
}

/// No pattern reaches the root itself, so its time is not compared.
fn without_time_of_the_root(
    mut differences: BTreeMap<Vec<u8>, Difference>,
) -> BTreeMap<Vec<u8>, Difference> {
    if let Some(Difference::Changed(names)) = differences.get_mut(&Vec::new()) {
        names.remove("mtime");
    }
    differences.retain(|_, difference| *difference != Difference::Changed(BTreeSet::new()));
    differences
}

#[test]
fn random_changes_of_a_real_directory_as_a_plain_walk_sees_them() {
    if need::root().is_none() {
        return;
    }
    let (mut steps, mut changes) = (0, 0);
    for seed in 0..40 {
        let root = furnished();
        let (before, oracle) = (real(root.path(), &everything()), reference::walk(root.path()));
        let mut dice = Dice(seed);
        for _ in 0..=dice.roll(15) {
            mutate(root.path(), &mut dice);
            steps += 1;
        }
        let after = real(root.path(), &everything());
        let expected = reference::compare(&oracle, &reference::walk(root.path()));
        let comparison = difference(&before, &after);
        assert_eq!(comparison.not_compared, 0);
        let expected = without_time_of_the_root(expected);
        assert_eq!(plainly(&comparison), expected, "seed {seed}");
        changes += expected.len();
        let all = |captured: &drift_core::capture::Captured| {
            entries(&mut captured.snapshot.tree.cursor()).unwrap()
        };
        let replayed = apply(&comparison.changes, all(&before));
        assert_eq!(replayed.keys().collect::<Vec<_>>(), all(&after).keys().collect::<Vec<_>>());
    }
    eprintln!("compare: {steps} random steps, {changes} changes, each as the plain walk sees it");
    assert!(changes > 100);
}
