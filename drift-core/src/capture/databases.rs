//! Finding and reading the files of package databases, in the same reading that digests them.

use std::collections::BTreeMap;

use crate::bounds::Budget;
use crate::model::{FileType, FollowLast, RowId, Stage, Tree, TreePath};
use crate::packages::{self, Completeness, DATABASES, Files, PackageSink};
use crate::rules::Class;
use crate::source::{self, Ask, Plan, Source, Want};

use super::Parts;
use super::read::{Ledger, read};

/// One database file: a `status` with ten thousand packages is 15 MB.
const MAX_FILE_BYTES: u64 = 256 << 20;

/// All database files together, and their records: a large host has some 60 MB and a million.
const MAX_BYTES: u64 = 1 << 30;
const MAX_RECORDS: u64 = 50_000_000;

/// A database file by its path: its bytes, or why they could not be read.
type Content<'c> = (&'c Vec<u8>, Result<Vec<u8>, &'c str>);

/// Reads and parses every package database of the target into the sink.
pub(super) fn read_all(
    source: &dyn Source,
    plan: &Plan<'_>,
    parts: Parts,
    ledger: &mut Ledger<'_>,
    out: &mut PackageSink,
) -> Result<Completeness, source::Error> {
    let wanted = find(ledger.tree);
    let asks: Vec<Ask> = wanted
        .keys()
        .map(|row| {
            let rule = plan.rules.rule(ledger.tree.rule(*row));
            let digest = parts.entries && rule.reads_content() && rule.class != Some(Class::Secret);
            Ask { row: *row, want: Want { digest, bytes: Some(MAX_FILE_BYTES), ..Want::default() } }
        })
        .collect();
    let mut contents = read(source, plan, &asks, ledger)?;
    let unread = |path: &TreePath| {
        let problem = ledger
            .problems
            .iter()
            .find(|problem| problem.path == *path && problem.stage <= Stage::Read);
        problem.map_or("it could not be read", |problem| problem.reason.as_str())
    };
    let contents: Vec<Content<'_>> = wanted
        .iter()
        .map(|(row, path)| match contents.remove(row).and_then(|extra| extra.bytes) {
            Some(bytes) => (path, Ok(bytes)),
            None => (path, Err(unread(&ledger.tree.path(*row)))),
        })
        .collect();
    let mut files = Files::new();
    for (path, content) in &contents {
        files.insert(path, content.as_ref().map(Vec::as_slice).map_err(|reason| *reason));
    }
    Ok(packages::parse_into(&files, &mut Budget::new(MAX_BYTES, MAX_RECORDS), out))
}

/// The rows of all files that some database wants, each with its path as the database names it.
fn find(tree: &Tree) -> BTreeMap<RowId, Vec<u8>> {
    let mut wanted = BTreeMap::new();
    for pattern in DATABASES.iter().flat_map(|database| database.files()) {
        for path in expanded(tree, pattern).into_iter().filter(|path| packages::wants(path)) {
            let row = tree.resolve(&path, FollowLast::No);
            if let Some(row) = row.filter(|&row| tree.file_type(row) == FileType::File) {
                wanted.insert(row, path);
            }
        }
    }
    wanted
}

/// The paths that a pattern may stand for: its directory's names take the place of the one with `*`.
fn expanded(tree: &Tree, pattern: &str) -> Vec<Vec<u8>> {
    let Some((before, after)) = pattern.split_once('*') else {
        return vec![pattern.as_bytes().to_vec()];
    };
    let (directory, _) = before.rsplit_once('/').unwrap_or(("", before));
    // What follows the name with the star.
    let after = after.find('/').and_then(|slash| after.get(slash..)).unwrap_or_default();
    let id = tree.resolve(directory.as_bytes(), FollowLast::Yes);
    let Some(id) = id.and_then(|row| tree.as_directory(row)) else { return Vec::new() };
    let names = tree.children(id).map(|row| tree.name(row));
    names.map(|name| [directory.as_bytes(), b"/", name, after.as_bytes()].concat()).collect()
}
