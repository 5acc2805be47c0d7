//! Packages of rpm: a lead, a header of signatures, the header, the payload
//! (docs/manual/format_v4.md of rpm).
//!
//! The header says what is installed and with which attributes; the content of every file is digested
//! from the payload, and must be what the header says wherever that is SHA-256.

#![cfg_attr(not(test), warn(clippy::indexing_slicing, clippy::arithmetic_side_effects))]

use std::collections::BTreeMap;

use crate::bounds::Cancel;
use crate::model::{Algorithm, Device, Digest, FileType, TreePath};
use crate::packages::{
    Claim, Owner, PackedHeader, Presence, Records, Shipped, VendorRecord, read_packed,
};
use crate::source;

use super::cpio::{self, Content};
use super::error::Error;
use super::packed::{PackageName, PackedFile, PackedPackage};

/// The first bytes of a package.
pub const RPM_MARK: &[u8] = &[0xed, 0xab, 0xee, 0xdb];

const LEAD: usize = 96;

/// What a header begins with; four reserved bytes follow.
const HEADER_MAGIC: &[u8] = &[0x8e, 0xad, 0xe8, 0x01, 0, 0, 0, 0];

/// Reads a package whole. Its signature is rpm's to verify.
pub fn read_rpm(bytes: &[u8], cancel: &Cancel) -> Result<PackedPackage, Error> {
    let broken = |reason: String| Error::package(reason);
    let (header, payload) = parts(bytes).ok_or_else(|| {
        Error::package("its lead or a header is malformed, or the file is cut off")
    })?;
    if bytes.get(6..8) != Some(&[0, 0]) {
        return Err(Error::package("it is a source package; nothing installs it"));
    }
    let PackedHeader { records, files } = read_packed(header).map_err(broken)?;
    let payload_fault = |reason: String| Error::package(format!("its payload: {reason}"));
    let input = source::decompressed(payload).map_err(payload_fault)?;
    let mut contents = cpio::read(input, &files, cancel).map_err(payload_fault)?;
    let package = records.packages().first().ok_or(Error::package("it names no package"))?;
    let mut packed = Vec::new();
    for claim in records.claims() {
        packed.push(file(claim, &records, &mut contents)?);
    }
    if let Some((path, _)) = contents.first_key_value() {
        return Err(Error::package(format!("its payload has {path}, and its header has not")));
    }
    packed.sort_by(|one, other| one.path.cmp(&other.path));
    Ok(PackedPackage {
        name: PackageName::of(package),
        sha256: Digest::sha256_of(bytes),
        files: packed,
    })
}

/// Finds the header, less its magic, and the payload.
fn parts(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let rest = bytes.strip_prefix(RPM_MARK)?.get(LEAD.checked_sub(RPM_MARK.len())?..)?;
    let (signatures, rest) = header(rest)?;
    // The header of signatures ends at a multiple of eight.
    let over = signatures.len() & 7;
    let rest = if over == 0 { rest } else { rest.get(8usize.checked_sub(over)?..)? };
    header(rest)
}

fn header(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let rest = bytes.strip_prefix(HEADER_MAGIC)?;
    let number = |at: usize| {
        let raw = rest.get(at..)?.first_chunk::<4>()?;
        usize::try_from(u32::from_be_bytes(*raw)).ok()
    };
    let length = number(0)?.checked_mul(16)?.checked_add(number(4)?)?.checked_add(8)?;
    rest.split_at_checked(length)
}

/// Puts together what header and payload say of a path.
fn file(
    claim: &Claim,
    records: &Records,
    contents: &mut BTreeMap<TreePath, Content>,
) -> Result<PackedFile, Error> {
    let path = records.path(claim.path);
    let record = records.record(claim);
    let shipped = record.shipped.unwrap_or_default();
    let content = contents.remove(&path);
    let said = |wanted: &str| !shipped.unverified.holds(wanted);
    let number = |owner: Option<Owner>| match owner? {
        Owner::Id(id) => Some(id),
        // Every other name is given a number on each system by itself.
        Owner::Name(name) => (records.text(name) == b"root").then_some(0),
    };
    // A ghost has no type here: whatever is there is as good.
    let file_type = shipped.file_type.unwrap_or(FileType::Unknown);
    let content = match (file_type, content) {
        (FileType::Unknown, None) => None,
        (FileType::Unknown, Some(_)) => {
            return Err(Error::package(format!("its payload has {path}, which is a ghost")));
        }
        (_, None) => return Err(Error::package(format!("its payload lacks {path}"))),
        (_, content) => content,
    };
    let (digest, link_target) = agreed(&path, file_type, content, &record, records, &shipped)?;
    let capability = shipped.capability.map(|text| records.text(text));
    Ok(PackedFile {
        file_type,
        mode: shipped.mode.filter(|_| said("mode")),
        uid: number(shipped.user).filter(|_| said("uid")),
        gid: number(shipped.group).filter(|_| said("gid")),
        digest: digest.filter(|_| said("digest")),
        link_target: link_target.filter(|_| said("link_target")),
        device: shipped.rdev.map(|(major, minor)| Device { major, minor }),
        capability: capability.filter(|text| !text.is_empty()).map(Into::into),
        conffile: record.conffile.is_some(),
        optional: claim.presence == Presence::Optional,
        path,
    })
}

/// A digest of a file, or the target of a link.
type Said = (Option<Digest>, Option<Box<[u8]>>);

/// Returns the content, if the header says nothing else of it.
fn agreed(
    path: &TreePath,
    file_type: FileType,
    content: Option<Content>,
    record: &VendorRecord,
    records: &Records,
    shipped: &Shipped,
) -> Result<Said, Error> {
    let differs = || Error::package(format!("its payload and its header differ in {path}"));
    match (file_type, content) {
        (FileType::File, Some(Content::File(digest))) => {
            let said = record.expected_digest();
            let said = said.filter(|said| said.algorithm() == Algorithm::Sha256);
            match said.is_some_and(|said| said != digest) {
                true => Err(differs()),
                false => Ok((Some(digest), None)),
            }
        }
        (FileType::Symlink, Some(Content::Link(target))) => {
            let said = shipped.link_target.map(|text| records.text(text));
            match said.is_some_and(|said| said != target) {
                true => Err(differs()),
                false => Ok((None, Some(target.into()))),
            }
        }
        (FileType::File | FileType::Symlink, Some(_)) => Err(differs()),
        (_, Some(Content::Nothing)) | (FileType::Unknown, None) => Ok((None, None)),
        _ => Err(differs()),
    }
}
