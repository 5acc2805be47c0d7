//! A real root captured with its databases, and its entries against what the databases recorded.

#![expect(clippy::panic, reason = "the functions that tests share fail as tests do")]

use std::collections::BTreeSet;
use std::path::Path;

use drift_core::bounds::{Cancel, Pool, Silent};
use drift_core::capture::{self, Captured, Options, Parts, RuleSource, Run};
use drift_core::model::{FileType, RowId, TreePath};
use drift_core::packages::Owner;

use crate::detection::scene::directory;

/// Captures everything below `root`.
pub(super) fn captured(root: &Path) -> Captured {
    let (pool, cancel) = (Pool::new(2).unwrap(), Cancel::new());
    let run = Run { pool: &pool, cancel: &cancel, observer: &Silent, artifacts: &[] };
    let texts = vec![("test".to_owned(), "read-only /\n".to_owned())];
    let options = Options {
        rules: RuleSource::Layers { profiles: Vec::new(), texts },
        parts: Parts::ALL,
        vendor_digests: true,
        configs: false,
        binaries: false,
    };
    capture::capture(&directory(root), &options, &run).unwrap()
}

/// A path and what differs there from the record of its package.
pub(super) type Differences = BTreeSet<(String, &'static str)>;

/// Compares every owned entry with its record.
pub(super) fn differences(captured: &Captured) -> Differences {
    let tree = &captured.snapshot.tree;
    let mut found = Differences::new();
    for row in tree.rows() {
        let names = attributes(captured, row);
        found.extend(names.into_iter().map(|name| (raw(&tree.path(row)), name)));
    }
    for missing in captured.ownership.missing().iter().filter(|missing| !missing.filtered) {
        found.insert((raw(&missing.path), "missing"));
    }
    found
}

/// Returns a path as other programs print it, nothing escaped.
pub(super) fn raw(path: &TreePath) -> String {
    format!("/{}", String::from_utf8_lossy(path.as_bytes()))
}

fn attributes(captured: &Captured, row: RowId) -> Vec<&'static str> {
    let ownership = &captured.ownership;
    let Some(record) = ownership.record(row) else { return Vec::new() };
    let shipped = record.shipped.unwrap_or_default();
    let entry = captured.snapshot.tree.entry(row);
    if shipped.file_type.is_some_and(|shipped| shipped != entry.file_type) {
        return vec!["type"];
    }
    let id = |owner: Owner| match owner {
        Owner::Id(id) => id,
        Owner::Name(name) => panic!("{:?}", ownership.records().text(name)),
    };
    let link = shipped.link_target.map(|target| ownership.records().text(target));
    let expected = record.digest;
    let actual = expected.and_then(|digest| captured.digest(row, digest.algorithm()));
    let seconds = entry.mtime.seen().map(|time| time.seconds);
    let regular = entry.file_type == FileType::File;
    let differs = [
        ("mode", shipped.mode.is_some_and(|mode| entry.mode.seen() != Some(&mode))),
        ("uid", shipped.user.is_some_and(|user| entry.uid.seen() != Some(&id(user)))),
        ("gid", shipped.group.is_some_and(|group| entry.gid.seen() != Some(&id(group)))),
        ("size", shipped.size.is_some_and(|size| entry.size.seen() != Some(&size))),
        ("mtime", shipped.mtime.is_some() && shipped.mtime != seconds),
        ("link", link.is_some() && link != entry.link_target.seen().map(|target| &**target)),
        ("digest", regular && expected.is_some() && expected != actual),
    ];
    differs.into_iter().filter(|(_, differs)| *differs).map(|(name, _)| name).collect()
}
