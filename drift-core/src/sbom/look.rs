//! The second look of a bill: what no comparison needs, and so no capture reads.

use std::collections::BTreeMap;

use crate::capture::{self, Captured, Run};
use crate::model::{Algorithm, Digest, FileType, FollowLast, PackageId, RowId};
use crate::packages::licences_of_copyright;
use crate::source::{self, Ask, Source, Want};

use super::Files;

/// Bytes of a copyright file; those of Debian 12 have up to 600 KiB, the machine-readable among the
/// packages of a server up to 100 KiB.
const MAX_COPYRIGHT_BYTES: u64 = 256 << 10;

/// Copyright files whose bytes are held at a time.
const BATCH: usize = 512;

/// What is wanted beyond a capture.
#[derive(Debug, Clone, Copy)]
pub struct Wanted {
    /// SHA-1 of the files that the bill lists.
    pub sha1: Option<Files>,
    /// Licences from the copyright files of Debian's packages.
    pub licences: bool,
}

/// What a second look found.
#[derive(Debug, Default)]
pub struct Beyond {
    /// SHA-1 by row.
    pub sha1: BTreeMap<RowId, Digest>,
    /// Licences as they are worded, by package.
    pub licences: BTreeMap<PackageId, String>,
}

/// Looks again at a target that was just captured; what cannot be read becomes a problem of the
/// snapshot.
pub fn look(
    source: &dyn Source,
    captured: &mut Captured,
    wanted: Wanted,
    run: &Run<'_>,
) -> Result<Beyond, source::Error> {
    let mut beyond = Beyond::default();
    if let Some(files) = wanted.sha1 {
        let tree = &captured.snapshot.tree;
        let listed = |row: &RowId| {
            tree.file_type(*row) == FileType::File
                && tree.digest(*row).seen().is_some()
                && (files == Files::All || (files == Files::Packaged && tree.owner(*row).is_some()))
        };
        let want = Want { vendor: Some(Algorithm::Sha1), ..Want::default() };
        let asks: Vec<Ask> = tree.rows().filter(listed).map(|row| Ask { row, want }).collect();
        let found = capture::read_more(source, captured, &asks, run)?;
        beyond.sha1 =
            found.into_iter().filter_map(|(row, extra)| Some((row, extra.vendor?))).collect();
    }
    if wanted.licences {
        beyond.licences = licences(source, captured, run)?;
    }
    Ok(beyond)
}

fn licences(
    source: &dyn Source,
    captured: &mut Captured,
    run: &Run<'_>,
) -> Result<BTreeMap<PackageId, String>, source::Error> {
    let rows = copyrights(captured);
    let want = Want { bytes: Some(MAX_COPYRIGHT_BYTES), ..Want::default() };
    let files: Vec<RowId> = rows.keys().copied().collect();
    // A stream is read from its beginning for every batch.
    let batch = if source.kind().is_stream() { usize::MAX } else { BATCH };
    let mut licences = BTreeMap::new();
    for files in files.chunks(batch) {
        let asks: Vec<Ask> = files.iter().map(|row| Ask { row: *row, want }).collect();
        for (row, extra) in capture::read_more(source, captured, &asks, run)? {
            let Some(text) = extra.bytes.as_deref().and_then(licences_of_copyright) else {
                continue;
            };
            for package in rows.get(&row).into_iter().flatten() {
                licences.insert(*package, text.clone());
            }
        }
    }
    Ok(licences)
}

/// The copyright files of Debian's packages; packages of one source often share one by a link.
fn copyrights(captured: &Captured) -> BTreeMap<RowId, Vec<PackageId>> {
    let mut rows: BTreeMap<RowId, Vec<PackageId>> = BTreeMap::new();
    let tree = &captured.snapshot.tree;
    for (id, package) in (0..).map(PackageId).zip(&captured.snapshot.packages) {
        if package.manager != "dpkg" {
            continue;
        }
        let path = format!("usr/share/doc/{}/copyright", package.name);
        let row = tree.resolve(path.as_bytes(), FollowLast::Yes);
        if let Some(row) = row.filter(|row| tree.file_type(*row) == FileType::File) {
            rows.entry(row).or_default().push(id);
        }
    }
    rows
}
