//! What is inside a package: a tar archive in memory, compressed or not, never extracted.
//!
//! A package is no target, but its archive is read by the same code. Where a target's oddity would be
//! a problem among many, here it refuses the whole: a catalogue of what a package contains must not be
//! one reading of several.

#![warn(clippy::indexing_slicing, clippy::arithmetic_side_effects)]

use std::io::Read;

use crate::bounds::{Cancel, Silent};
use crate::model::{Device, Digest, FileType, LayerId, TreePath};

use super::compression::{Coding, decoded, detect};
use super::sums::Feed;
use super::tar::index::Index;
use super::tar::members::{Texts, texts};
use super::tar::nodes::ROOT;
use super::tar::object::Body;
use super::tar::reader::{Fault, Reader};
use super::tar::scan::{Progress, Scan, Watch};

/// One path of an archive, with every hard link as a file of its own.
#[derive(Debug)]
pub(crate) struct Packed {
    pub(crate) path: TreePath,
    pub(crate) file_type: FileType,
    pub(crate) mode: u16,
    pub(crate) uid: u32,
    pub(crate) gid: u32,
    pub(crate) digest: Option<Digest>,
    pub(crate) link_target: Option<Box<[u8]>>,
    pub(crate) device: Option<Device>,
}

/// Returns the bytes that a stream decompresses to, by its own first bytes.
pub(crate) fn decompressed(bytes: &[u8]) -> Result<Box<dyn Read + '_>, String> {
    let coding = detect(bytes).map_err(|name| format!("{name} is not read"))?;
    if coding == Coding::Plain {
        return Ok(Box::new(bytes));
    }
    decoded(coding, bytes).map_err(|error| error.to_string())
}

/// Returns everything that extracting the archive into an empty directory would make, by path.
pub(crate) fn tree(bytes: &[u8], cancel: &Cancel) -> Result<Vec<Packed>, String> {
    let progress = Progress::default();
    let watch = Watch { cancel, observer: &Silent, progress: &progress };
    let mut reader = Reader::new(decompressed(bytes)?);
    let scan = Scan::read(&mut reader, LayerId(0), watch, &Feed::of_files()).map_err(reason)?;
    let index = Index::of(scan).map_err(reason)?;
    if let Some(problem) = index.problems.first() {
        return Err(format!("{}: {}", problem.path, problem.reason));
    }
    let mut all = Vec::new();
    for node in index.nodes.reachable().into_iter().filter(|node| *node != ROOT) {
        // A directory that is named only on the way to others; who ships it says what it is.
        let Some(number) = index.nodes.object(node) else { continue };
        let path = index.nodes.path(node);
        let object = index.objects.get(number as usize);
        let object = object.filter(|object| object.file_type != FileType::Unknown);
        let object = object.ok_or_else(|| format!("{path} cannot be read with certainty"))?;
        if object.file_type == FileType::File && object.digest().is_none() {
            return Err(format!("the content of {path} cannot be read"));
        }
        all.push(Packed {
            path,
            file_type: object.file_type,
            mode: object.mode,
            uid: object.uid,
            gid: object.gid,
            digest: object.digest(),
            link_target: object.link().map(Into::into),
            device: match object.body {
                Body::Device(device) => Some(device),
                _ => None,
            },
        });
    }
    all.sort_by(|one, other| one.path.cmp(&other.path));
    Ok(all)
}

/// Returns the files of an archive whose names are wanted, each of at most `limit` bytes.
pub(crate) fn small_files(bytes: &[u8], wanted: &[&[u8]], limit: u64) -> Result<Texts, String> {
    texts(decompressed(bytes)?, wanted, limit)
}

fn reason(fault: Fault) -> String {
    match fault {
        Fault::Malformed(reason) => reason,
        Fault::Cancelled => "the run was stopped".to_owned(),
    }
}
