//! Where another file system begins, and whether the walk goes on into it.
//!
//! Decided from the number of the mount before anything there is opened: a FUSE server may never
//! answer, an automount point mounts when touched.

use std::sync::{Mutex, PoisonError};

use crate::model::{RuleId, TreePath};
use crate::rules::RuleSet;
use crate::source::mounts::{FileSystemKind, MountPoint, is_usual_point};
use crate::source::volume::{Stat, Volume};

/// A mount that is not in the table makes the walk read it again, so often in all.
const MAX_RELOADS: u32 = 16;

/// What lies between a directory and something in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Crossing {
    /// The same file system.
    None,
    /// Another one, of this type, to be entered.
    Enter(String),
    /// Another one, of this type, not to be entered; with the reason, if that is a problem.
    Stay(String, Option<String>),
}

impl Crossing {
    /// Whether the object can be asked for more than statx told without waiting for a program or a
    /// server that may never answer.
    pub(super) fn answers(&self) -> bool {
        match self {
            Self::None | Self::Enter(_) => true,
            Self::Stay(file_system, _) => FileSystemKind::of(file_system) == FileSystemKind::Kernel,
        }
    }
}

/// The mount table, read when first needed.
#[derive(Debug, Default)]
pub(super) struct Mounts(Mutex<Table>);

#[derive(Debug, Default)]
struct Table {
    points: Vec<MountPoint>,
    reloads: u32,
}

impl Mounts {
    /// Decides about an object with `stat` in a directory of this mount and device.
    pub(super) fn crossing<V: Volume>(
        &self,
        volume: &V,
        (mount, device): (u64, u64),
        stat: &Stat,
        rules: &RuleSet,
        named: impl FnOnce() -> (TreePath, RuleId),
    ) -> Crossing {
        let same = if stat.mount == 0 { stat.device == device } else { stat.mount == mount };
        if same {
            return Crossing::None;
        }
        let Some(file_system) = self.file_system(volume, stat) else {
            if stat.mount == 0 {
                // A kernel without mount numbers, and a device that nobody mounted: a subvolume.
                return Crossing::None;
            }
            let reason = "it is another file system of unknown type; mount /proc to enter it";
            return Crossing::Stay("unknown".to_owned(), Some(reason.to_owned()));
        };
        let (path, rule) = named();
        decide(file_system, &path, rules, rule)
    }

    /// Returns what is mounted below a mount that is not entered, other than the kernel's own: the
    /// path from there, the type, and whether setuid bits and devices are without effect. Nothing of it is walked, so it must be told.
    pub(super) fn nested(&self, stat: &Stat) -> Vec<(Vec<u8>, String, bool)> {
        let table = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(above) = table.points.iter().rev().find(|point| is_of(point, stat)) else {
            return Vec::new();
        };
        let below = |point: &MountPoint| {
            let rest = point.point.strip_prefix(&*above.point)?.strip_prefix(b"/")?;
            let kernel = FileSystemKind::of(&point.file_system) == FileSystemKind::Kernel;
            let told = || (rest.to_vec(), point.file_system.clone(), point.is_inert);
            (!kernel && !rest.is_empty()).then(told)
        };
        table.points.iter().filter_map(below).collect()
    }

    fn file_system<V: Volume>(&self, volume: &V, stat: &Stat) -> Option<String> {
        let mut table = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        loop {
            let found = table.points.iter().rev().find(|point| is_of(point, stat));
            if let Some(point) = found {
                return Some(point.file_system.clone());
            }
            if table.reloads >= MAX_RELOADS {
                return None;
            }
            table.reloads = table.reloads.saturating_add(1);
            let known = std::mem::take(&mut table.points);
            table.points = volume.mounts().unwrap_or(known);
            if !table.points.iter().any(|point| is_of(point, stat)) {
                return None;
            }
        }
    }
}

fn is_of(point: &MountPoint, stat: &Stat) -> bool {
    if stat.mount != 0 {
        return point.id == stat.mount;
    }
    rustix::fs::makedev(point.device.0, point.device.1) == stat.device
}

fn decide(file_system: String, path: &TreePath, rules: &RuleSet, rule: RuleId) -> Crossing {
    let reason = match FileSystemKind::of(&file_system) {
        FileSystemKind::Local => return Crossing::Enter(file_system),
        FileSystemKind::Kernel if is_usual_point(path, &file_system) => {
            return Crossing::Stay(file_system, None);
        }
        FileSystemKind::Kernel => "a file system of the kernel is mounted at an unusual place",
        FileSystemKind::Fuse => "a FUSE file system is mounted here",
        FileSystemKind::Remote => "a remote file system is mounted here",
        FileSystemKind::Automount => "an automount point stands here",
    };
    let problem = (!is_ruled(path, rules, rule))
        .then(|| format!("{reason} and covers what lies below; a rule that names it accepts that"));
    Crossing::Stay(file_system, problem)
}

/// Whether the operator spoke of this mount: by an `ignore` that reaches it, or by its very path.
pub(super) fn is_ruled(path: &TreePath, rules: &RuleSet, rule: RuleId) -> bool {
    let rule = rules.rule(rule);
    let pattern = rule.pattern.as_bytes();
    let pattern = pattern.strip_prefix(b"/").unwrap_or(pattern);
    let pattern = pattern.strip_suffix(b"/**").unwrap_or(pattern);
    let pattern = pattern.strip_suffix(b"/").unwrap_or(pattern);
    rule.excludes() || (!path.is_root() && pattern == path.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::{Crossing, decide};
    use crate::model::TreePath;
    use crate::rules::RuleSet;

    fn check(rules: &str, path: &[u8], file_system: &str, entered: bool, problem: bool) {
        let rules = RuleSet::parse(&[("test", rules)]).unwrap();
        let path = TreePath::parse(path).unwrap();
        let rule = rules.evaluate(&path, true);
        match decide(file_system.to_owned(), &path, &rules, rule) {
            Crossing::Stay(_, reason) => assert_eq!((false, problem), (entered, reason.is_some())),
            other => assert_eq!((other, entered), (Crossing::Enter(file_system.to_owned()), true)),
        }
    }

    #[test]
    fn what_is_entered_and_what_is_a_problem() {
        check("", b"srv", "xfs", true, false);
        check("", b"proc", "proc", false, false);
        check("", b"sys/fs/cgroup/cpu", "cgroup", false, false);
        check("", b"srv/proc", "proc", false, true);
        check("", b"mnt", "fuse.sshfs", false, true);
        check("ignore /mnt", b"mnt", "fuse.sshfs", false, false);
        check("ignore /mnt", b"mnt/x", "nfs4", false, false);
        check("read-only /mnt/x", b"mnt/x", "nfs4", false, false);
        check("dynamic /mnt/x/**", b"mnt/x", "nfs4", false, true);
        check("dynamic /mnt", b"mnt/x", "autofs", false, true);
    }
}
