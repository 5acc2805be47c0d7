//! Building small trees, capturing them, and saying in one line each what a comparison found.

use std::path::Path;

use drift_core::bounds::{Cancel, Pool, Silent};
use drift_core::capture::{self, Captured, Options, Parts, RuleSource, Run};
use drift_core::compare::{Comparison, Context, EntryChange, Kind, compare};
use drift_core::model::{AttributeSet, Cursor, FileType, SourceKind, attribute};
use drift_core::source::{HostVolume, MemoryNode, MemoryVolume, Resolution, Source, Walked};
use drift_testkit::{Device, TempRoot};

/// Every type that can be examined.
pub(crate) const TYPES: [FileType; 7] = [
    FileType::File,
    FileType::Directory,
    FileType::Symlink,
    FileType::Fifo,
    FileType::Socket,
    FileType::Char,
    FileType::Block,
];

/// The time of everything in a real scene that was given none.
pub(crate) const EPOCH: i64 = 1_600_000_000;

/// Captures entries alone, under these rules and no profile.
pub(crate) fn capture_with(source: &dyn Source, rules: &str, threads: usize) -> Captured {
    let (pool, cancel) = (Pool::new(threads).unwrap(), Cancel::new());
    let run = Run { pool: &pool, cancel: &cancel, observer: &Silent, artifacts: &[] };
    let texts = vec![("test".to_owned(), rules.to_owned())];
    let options = Options {
        rules: RuleSource::Layers { profiles: Vec::new(), texts },
        parts: Parts { entries: true, packages: false },
        vendor_digests: false,
        configs: false,
        binaries: false,
    };
    capture::capture(source, &options, &run).unwrap()
}

/// Captures a volume in memory.
pub(crate) fn memory(volume: MemoryVolume, rules: &str) -> Captured {
    capture_with(&Walked::new(volume, SourceKind::Memory, "memory:"), rules, 2)
}

/// Opens a real directory as a target.
pub(crate) fn directory(path: &Path) -> Walked<HostVolume> {
    let volume = HostVolume::open(path, Resolution::Automatic).unwrap();
    Walked::new(volume, SourceKind::Directory, "dir:test")
}

/// Captures a real directory.
pub(crate) fn real(path: &Path, rules: &str) -> Captured {
    capture_with(&directory(path), rules, 2)
}

/// Compares two captures under the rules of the later one.
pub(crate) fn difference(before: &Captured, after: &Captured) -> Comparison {
    difference_from(&mut before.snapshot.tree.cursor(), before, after)
}

/// Compares as [`difference`], reading the earlier tree from `cursor`.
pub(crate) fn difference_from(
    cursor: &mut dyn Cursor,
    before: &Captured,
    after: &Captured,
) -> Comparison {
    let context = Context {
        rules: &after.rules,
        before: before.snapshot.carries,
        before_parts: &[],
        after: after.snapshot.carries,
        artifacts: &[],
        watch: &[],
        outside: &[],
        cancel: &Cancel::new(),
    };
    compare(cursor, &mut after.snapshot.tree.cursor(), &context).unwrap()
}

/// One line for each change: `added /x`, `removed /x`, `modified /x: a,b`, `moved /x from /y`.
pub(crate) fn told(comparison: &Comparison) -> Vec<String> {
    comparison.changes.iter().map(line).collect()
}

fn line(change: &EntryChange) -> String {
    let path = &change.path;
    match (&change.moved_from, change.kind()) {
        (Some(from), _) => format!("moved {path} from {from}"),
        (None, Kind::Modified) => format!("modified {path}: {}", names(change.attributes)),
        (None, kind) => format!("{} {path}", kind.name()),
    }
}

/// The names of a set, in the order of the table.
pub(crate) fn names(set: AttributeSet) -> String {
    set.iter().map(|attribute| attribute.name).collect::<Vec<_>>().join(",")
}

/// A rule that compares every attribute of everything but the root.
pub(crate) fn everything() -> String {
    let all: Vec<&str> = attribute::ATTRIBUTES.iter().map(|attribute| attribute.name).collect();
    format!("attributes={} *", all.join(","))
}

/// Puts an object of this type at a path; all of one type are alike.
pub(crate) fn put<'v>(
    volume: &'v mut MemoryVolume,
    file_type: FileType,
    path: &[u8],
) -> &'v mut MemoryNode {
    match file_type {
        FileType::File => volume.file(path, b"content"),
        FileType::Directory => volume.directory(path),
        FileType::Symlink => volume.symlink(path, b"target"),
        FileType::Fifo => volume.fifo(path),
        FileType::Socket => volume.socket(path),
        FileType::Char => volume.char_device(path, 1, 3),
        FileType::Block => volume.block_device(path, 8, 1),
        FileType::Unknown => unreachable!("nothing is made of an unknown type"),
    }
}

/// Puts an object of this type at a path of a real directory, with a fixed mode and time.
pub(crate) fn put_real(root: TempRoot, file_type: FileType, path: &str) -> TempRoot {
    let root = match file_type {
        FileType::File => root.file(path, b"content", 0o644),
        FileType::Directory => root.directory(path, 0o755),
        FileType::Symlink => root.symlink("target", path),
        FileType::Fifo => root.fifo(path, 0o644),
        FileType::Socket => root.socket(path, 0o644),
        FileType::Char => root.device(path, Device::Char(1, 3), 0o644),
        FileType::Block => root.device(path, Device::Block(8, 1), 0o644),
        FileType::Unknown => unreachable!("nothing is made of an unknown type"),
    };
    root.mtime(path, EPOCH, 0)
}

/// The object that changes stands at `/d/subject`; around it stands one of every type that does
/// not, a directory for further names of it, and one that the rules ignore.
pub(crate) fn stage(subject: FileType) -> MemoryVolume {
    let mut volume = MemoryVolume::new();
    for file_type in TYPES {
        put(&mut volume, file_type, format!("d/{file_type}").as_bytes());
    }
    volume.directory(b"a");
    volume.directory(b"elsewhere");
    put(&mut volume, subject, b"d/subject");
    volume
}

/// The same as [`stage`] in a real directory; needs root for its device nodes.
pub(crate) fn real_stage(subject: FileType) -> TempRoot {
    let mut root = TempRoot::new().directory("d", 0o755);
    root = root.directory("a", 0o755).directory("elsewhere", 0o755);
    for file_type in TYPES {
        root = put_real(root, file_type, &format!("d/{file_type}"));
    }
    settle(put_real(root, subject, "d/subject"))
}

/// Gives the directories of a real stage their time back.
pub(crate) fn settle(root: TempRoot) -> TempRoot {
    root.mtime("a", EPOCH, 0).mtime("d", EPOCH, 0).mtime("elsewhere", EPOCH, 0).mtime("", EPOCH, 0)
}
