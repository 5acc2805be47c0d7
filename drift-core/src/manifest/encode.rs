//! Writes a manifest: packages in the order of their names, the same bytes for the same packages.
//!
//! The mark; blocks of packages, each a zstd frame of everything but digests followed by the digests,
//! which do not compress; the tail (origins, blocks, packages) and 17 bytes that say where it begins.
//! `docs/manifests.md` is the contract.

#![cfg_attr(not(test), warn(clippy::indexing_slicing, clippy::arithmetic_side_effects))]

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::baseline::frame::{Codec, Compressor};
use crate::baseline::wire::{put, put_bytes};
use crate::model::{Digest, FileType};

use super::error::Error;
use super::packed::{Origin, PackageName, PackedFile, PackedPackage};

/// The first bytes of a manifest.
pub const MARK: &[u8] = b"drift.manifest/v1\n";

/// What the head names the form.
pub(super) const SCHEMA: &str = "drift.manifest/v1";

/// The longest manifest that is read: twice what all of Debian main for one architecture needs.
pub const MAX_MANIFEST_BYTES: usize = 1 << 30;

/// Raw bytes of one package; a kernel's headers are 1 MB.
pub(super) const MAX_BLOCK_BYTES: u64 = 16 << 20;

/// A block is full from here on. Reading one package costs reading its block, so blocks are small.
const SOFT_BLOCK_BYTES: usize = 128 << 10;

/// The bytes at the end: how the tail is stored, its stored and its raw length.
pub(super) const TRAILER_BYTES: usize = 17;

/// What stands in the tail before the tables.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Head {
    pub(super) schema: String,
    pub(super) created_by: String,
    pub(super) packages: u64,
    pub(super) files: u64,
    pub(super) origins: Vec<Origin>,
}

/// A manifest that is being made: of each package what it takes in the file, before compression.
#[derive(Debug, Default)]
pub struct Builder {
    packages: BTreeMap<PackageName, Encoded>,
    files: u64,
}

#[derive(Debug)]
struct Encoded {
    sha256: Digest,
    origin: Origin,
    raw: Vec<u8>,
    digests: Vec<u8>,
}

/// A manifest as it is written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Written {
    /// The file.
    pub bytes: Vec<u8>,
    /// How many packages it holds.
    pub packages: u64,
    /// How many files these hold.
    pub files: u64,
}

impl Builder {
    /// Takes a package. The very same file twice counts once, with the origin that says more.
    pub fn add(&mut self, package: &PackedPackage, origin: Origin) -> Result<(), Error> {
        if let Some(known) = self.packages.get_mut(&package.name) {
            if known.sha256 != package.sha256 {
                return Err(Error::Twice { name: package.name.to_string() });
            }
            if known.origin == Origin::Operator {
                known.origin = origin;
            }
            return Ok(());
        }
        let mut encoded =
            Encoded { sha256: package.sha256, origin, raw: Vec::new(), digests: Vec::new() };
        put(&mut encoded.raw, package.files.len() as u64);
        let mut last: &[u8] = &[];
        for file in &package.files {
            let path = file.path.as_bytes();
            put_file(&mut encoded, last, path, file);
            last = path;
        }
        if encoded.raw.len() as u64 > MAX_BLOCK_BYTES {
            return Err(Error::TooLarge { what: format!("the package {}", package.name) });
        }
        self.files = self.files.saturating_add(package.files.len() as u64);
        self.packages.insert(package.name.clone(), encoded);
        Ok(())
    }

    /// Returns how many packages there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.packages.len()
    }

    /// Returns whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.packages.is_empty()
    }

    /// Writes all packages.
    pub fn finish(self, created_by: &str) -> Result<Written, Error> {
        let mut origins: Vec<Origin> =
            self.packages.values().map(|package| package.origin.clone()).collect();
        origins.sort();
        origins.dedup();
        let head = Head {
            schema: SCHEMA.to_owned(),
            created_by: created_by.to_owned(),
            packages: self.packages.len() as u64,
            files: self.files,
            origins,
        };
        let mut out = Out::new()?;
        for (name, package) in &self.packages {
            let origin = head.origins.binary_search(&package.origin).unwrap_or_default();
            out.package(name, package, origin)?;
        }
        out.close()?;
        let bytes = out.finish(&head)?;
        if bytes.len() > MAX_MANIFEST_BYTES {
            return Err(Error::TooLarge { what: "all of it".to_owned() });
        }
        Ok(Written { bytes, packages: head.packages, files: head.files })
    }
}

/// The file as far as it is written.
struct Out {
    bytes: Vec<u8>,
    compressor: Compressor,
    /// The block that is open.
    raw: Vec<u8>,
    digests: Vec<u8>,
    /// Tables of the tail.
    blocks: Vec<u8>,
    count: u64,
    packages: Vec<u8>,
    sums: Vec<u8>,
}

impl Out {
    fn new() -> Result<Self, Error> {
        Ok(Self {
            bytes: MARK.to_vec(),
            compressor: Compressor::new()?,
            raw: Vec::new(),
            digests: Vec::new(),
            blocks: Vec::new(),
            count: 0,
            packages: Vec::new(),
            sums: Vec::new(),
        })
    }

    fn package(
        &mut self,
        name: &PackageName,
        package: &Encoded,
        origin: usize,
    ) -> Result<(), Error> {
        let full = self.raw.len().saturating_add(package.raw.len());
        if !self.raw.is_empty() && full > SOFT_BLOCK_BYTES {
            self.close()?;
        }
        for text in [&name.manager, &name.name, &name.architecture, &name.version] {
            put_bytes(&mut self.packages, text.as_bytes());
        }
        let digests = self.digests.len().checked_div(32).unwrap_or_default();
        for number in [origin as u64, self.count, self.raw.len() as u64, digests as u64] {
            put(&mut self.packages, number);
        }
        self.sums.extend_from_slice(package.sha256.as_bytes());
        self.raw.extend_from_slice(&package.raw);
        self.digests.extend_from_slice(&package.digests);
        Ok(())
    }

    /// Writes the open block.
    fn close(&mut self) -> Result<(), Error> {
        if self.raw.is_empty() {
            return Ok(());
        }
        let (codec, stored) = match self.compressor.compress(&self.raw)? {
            Some(frame) => (Codec::Zstd, frame),
            None => (Codec::Raw, &*self.raw),
        };
        let digests = self.digests.len().checked_div(32).unwrap_or_default();
        let lengths = [stored.len() as u64, self.raw.len() as u64, digests as u64];
        self.bytes.extend_from_slice(stored);
        self.bytes.append(&mut self.digests);
        self.blocks.push(codec as u8);
        for length in lengths {
            put(&mut self.blocks, length);
        }
        self.count = self.count.saturating_add(1);
        self.raw.clear();
        Ok(())
    }

    fn finish(mut self, head: &Head) -> Result<Vec<u8>, Error> {
        let json = serde_json::to_vec(head)
            .map_err(|error| Error::Compressor { reason: error.to_string() })?;
        let mut tail = Vec::new();
        put_bytes(&mut tail, &json);
        put(&mut tail, self.count);
        tail.append(&mut self.blocks);
        tail.append(&mut self.packages);
        tail.append(&mut self.sums);
        let (codec, stored) = match self.compressor.compress(&tail)? {
            Some(frame) => (Codec::Zstd, frame),
            None => (Codec::Raw, &*tail),
        };
        let lengths = [stored.len() as u64, tail.len() as u64];
        self.bytes.extend_from_slice(stored);
        self.bytes.push(codec as u8);
        for length in lengths {
            self.bytes.extend_from_slice(&length.to_le_bytes());
        }
        Ok(self.bytes)
    }
}

/// Bits of a file beside its type.
pub(super) const CONFFILE: u64 = 1;
pub(super) const OPTIONAL: u64 = 1 << 1;
pub(super) const HAS_MODE: u64 = 1 << 2;
pub(super) const HAS_UID: u64 = 1 << 3;
pub(super) const HAS_GID: u64 = 1 << 4;
pub(super) const HAS_DIGEST: u64 = 1 << 5;
pub(super) const HAS_LINK: u64 = 1 << 6;
pub(super) const HAS_DEVICE: u64 = 1 << 7;
pub(super) const HAS_CAPABILITY: u64 = 1 << 8;
pub(super) const ALL_BITS: u64 = (1 << 9) - 1;

/// The types by number; their places are the format's.
pub(super) const TYPES: [FileType; 8] = [
    FileType::Unknown,
    FileType::File,
    FileType::Directory,
    FileType::Symlink,
    FileType::Char,
    FileType::Block,
    FileType::Fifo,
    FileType::Socket,
];

/// Writes one file after the path `last`.
fn put_file(encoded: &mut Encoded, last: &[u8], path: &[u8], file: &PackedFile) {
    let out = &mut encoded.raw;
    let shared = last.iter().zip(path).take_while(|(one, other)| one == other).count();
    put(out, shared as u64);
    put_bytes(out, path.get(shared..).unwrap_or_default());
    out.push(TYPES.iter().position(|known| *known == file.file_type).unwrap_or(0) as u8);
    let bit = |bit: u64, set: bool| if set { bit } else { 0 };
    let bits = bit(CONFFILE, file.conffile)
        | bit(OPTIONAL, file.optional)
        | bit(HAS_MODE, file.mode.is_some())
        | bit(HAS_UID, file.uid.is_some())
        | bit(HAS_GID, file.gid.is_some())
        | bit(HAS_DIGEST, file.digest.is_some())
        | bit(HAS_LINK, file.link_target.is_some())
        | bit(HAS_DEVICE, file.device.is_some())
        | bit(HAS_CAPABILITY, file.capability.is_some());
    put(out, bits);
    let numbers = [file.mode.map(u64::from), file.uid.map(u64::from), file.gid.map(u64::from)];
    for number in numbers.into_iter().flatten() {
        put(out, number);
    }
    if let Some(target) = &file.link_target {
        put_bytes(out, target);
    }
    if let Some(device) = &file.device {
        put(out, u64::from(device.major));
        put(out, u64::from(device.minor));
    }
    if let Some(capability) = &file.capability {
        put_bytes(out, capability);
    }
    if let Some(digest) = &file.digest {
        encoded.digests.extend_from_slice(digest.as_bytes());
    }
}
