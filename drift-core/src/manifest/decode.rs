//! Reads a manifest: the tail at once, a package when it is wanted.
//!
//! Whoever sealed it is trusted, and still nothing here allocates by what the file claims: a block is
//! restored to at most 16 MiB, and the paths of one package to at most 256 MiB.

#![cfg_attr(not(test), warn(clippy::indexing_slicing, clippy::arithmetic_side_effects))]

use std::sync::Arc;

use crate::baseline::frame::{Codec, restore};
use crate::baseline::wire::Input;
use crate::model::{Device, Digest, TreePath};
use crate::seal::Verified;

use super::encode::{
    ALL_BITS, CONFFILE, HAS_CAPABILITY, HAS_DEVICE, HAS_DIGEST, HAS_GID, HAS_LINK, HAS_MODE,
    HAS_UID, Head, MARK, MAX_BLOCK_BYTES, MAX_MANIFEST_BYTES, OPTIONAL, SCHEMA, TRAILER_BYTES,
    TYPES,
};
use super::error::Error;
use super::packed::{Origin, PackageName, PackedFile, PackedPackage};

/// Raw bytes of the tail: a hundred a package.
const MAX_TAIL_BYTES: u64 = 256 << 20;

/// All paths of one package together.
const MAX_PATH_BYTES: usize = 256 << 20;

/// A manifest that was opened.
#[derive(Debug, Clone)]
pub struct Manifest {
    file: Arc<[u8]>,
    created_by: String,
    files: u64,
    origins: Vec<Origin>,
    blocks: Vec<Block>,
    /// Sorted by name.
    packages: Vec<Listed>,
}

#[derive(Debug, Clone)]
struct Block {
    codec: Codec,
    /// Where its frame begins in the file; the digests follow.
    at: usize,
    stored: usize,
    raw: u64,
    digests: usize,
}

#[derive(Debug, Clone)]
struct Listed {
    name: PackageName,
    origin: usize,
    block: usize,
    offset: usize,
    digest: usize,
    sha256: Digest,
}

impl Manifest {
    /// Opens a manifest whose seal held.
    pub fn decode(verified: &Verified<Arc<[u8]>>) -> Result<Self, Error> {
        Self::open(Arc::clone(verified.get()))
    }

    /// Opens a manifest that nobody vouches for, so that it can be sealed or shown; nothing may rest
    /// on it.
    pub fn decode_unverified(file: Arc<[u8]>) -> Result<Self, Error> {
        Self::open(file)
    }

    /// Returns the version of drift that made it.
    #[must_use]
    pub fn created_by(&self) -> &str {
        &self.created_by
    }

    /// Returns how many packages it holds.
    #[must_use]
    pub fn len(&self) -> usize {
        self.packages.len()
    }

    /// Returns whether it holds none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.packages.is_empty()
    }

    /// Returns how many files all packages hold together.
    #[must_use]
    pub fn files(&self) -> u64 {
        self.files
    }

    /// Returns every package with the digest of its file and who vouches for it.
    pub fn packages(&self) -> impl Iterator<Item = (&PackageName, Digest, &Origin)> {
        let origin = |listed: &Listed| self.origins.get(listed.origin);
        self.packages
            .iter()
            .filter_map(move |listed| Some((&listed.name, listed.sha256, origin(listed)?)))
    }

    /// Reads one package; `None` when the manifest does not hold it.
    pub fn package(&self, name: &PackageName) -> Result<Option<PackedPackage>, Error> {
        let Ok(at) = self.packages.binary_search_by(|listed| listed.name.cmp(name)) else {
            return Ok(None);
        };
        let Some(listed) = self.packages.get(at) else { return Ok(None) };
        let block = self.blocks.get(listed.block).ok_or(INDEX)?;
        let end = block.at.checked_add(block.stored).ok_or(INDEX)?;
        let frame = self.file.get(block.at..end).ok_or(INDEX)?;
        let raw = restore(block.codec, frame, block.raw)?;
        let mut input = Input::new("a package", raw.get(listed.offset..).ok_or(INDEX)?);
        let digests = self.file.get(end..).ok_or(INDEX)?;
        let digests = digests.get(..block.digests.saturating_mul(32)).ok_or(INDEX)?;
        let mut digests = digests.get(listed.digest.saturating_mul(32)..).ok_or(INDEX)?;
        let count = input.number()?;
        let mut files: Vec<PackedFile> = Vec::new();
        let mut path = Vec::new();
        let mut room = MAX_PATH_BYTES;
        for _ in 0..count {
            let file = read_file(&mut input, &mut path, &mut digests)?;
            if files.last().is_some_and(|last| last.path >= file.path) {
                return Err(malformed("its paths are not in ascending order"));
            }
            room = room.checked_sub(path.len()).ok_or(malformed("its paths are too long"))?;
            files.push(file);
        }
        Ok(Some(PackedPackage { name: name.clone(), sha256: listed.sha256, files }))
    }

    fn open(file: Arc<[u8]>) -> Result<Self, Error> {
        if !file.starts_with(MARK) {
            return Err(Error::NotAManifest);
        }
        if file.len() > MAX_MANIFEST_BYTES {
            return Err(Error::TooLarge { what: "the file".to_owned() });
        }
        let (tail, tail_at) = tail(&file)?;
        let mut input = Input::new("the tail", &tail);
        let json = input.bytes()?;
        let head: Head = serde_json::from_slice(json).map_err(|_| HEAD)?;
        if head.schema != SCHEMA || serde_json::to_vec(&head).ok().as_deref() != Some(json) {
            return Err(HEAD);
        }
        let blocks = read_blocks(&mut input, tail_at)?;
        let mut packages: Vec<Listed> = Vec::new();
        for _ in 0..head.packages {
            let listed = read_listed(&mut input, &head, &blocks)?;
            if packages.last().is_some_and(|last| last.name >= listed.name) {
                return Err(input.malformed("its packages are not in ascending order").into());
            }
            packages.push(listed);
        }
        for listed in &mut packages {
            listed.sha256 = sha256(input.take(32)?).ok_or(INDEX)?;
        }
        input.finish()?;
        let Head { created_by, files, origins, .. } = head;
        Ok(Self { file, created_by, files, origins, blocks, packages })
    }
}

const INDEX: Error = Error::Malformed { part: "the tail", reason: "it points beyond the file" };
const HEAD: Error =
    Error::Malformed { part: "the head", reason: "it is not in the form of version 1" };

fn malformed(reason: &'static str) -> Error {
    Error::Malformed { part: "a package", reason }
}

fn sha256(bytes: &[u8]) -> Option<Digest> {
    bytes.try_into().ok().map(Digest::sha256)
}

/// Restores the tail; also returns where it begins.
fn tail(file: &[u8]) -> Result<(Vec<u8>, usize), Error> {
    let end = file.len().checked_sub(TRAILER_BYTES).ok_or(INDEX)?;
    let trailer = file.get(end..).ok_or(INDEX)?;
    let (codec, lengths) = trailer.split_first().ok_or(INDEX)?;
    let codec = Codec::from_number(*codec).ok_or(INDEX)?;
    let (stored, raw) = lengths.split_first_chunk::<8>().ok_or(INDEX)?;
    let raw = raw.first_chunk::<8>().ok_or(INDEX)?;
    let (stored, raw) = (u64::from_le_bytes(*stored), u64::from_le_bytes(*raw));
    let stored = usize::try_from(stored).map_err(|_| INDEX)?;
    let at = end.checked_sub(stored).filter(|at| *at >= MARK.len()).ok_or(INDEX)?;
    if raw > MAX_TAIL_BYTES || (codec == Codec::Raw && raw != stored as u64) {
        return Err(INDEX);
    }
    Ok((restore(codec, file.get(at..end).ok_or(INDEX)?, raw)?, at))
}

/// Reads where the blocks are; they fill the file from the mark to the tail.
fn read_blocks(input: &mut Input<'_>, tail_at: usize) -> Result<Vec<Block>, Error> {
    let count = input.number()?;
    let mut blocks = Vec::new();
    let mut at = MARK.len();
    for _ in 0..count {
        let codec = Codec::from_number(input.byte()?).ok_or(INDEX)?;
        let (stored, raw, digests): (usize, u64, usize) =
            (input.small()?, input.number()?, input.small()?);
        // A single package may fill a block, and others come before it only below the soft limit.
        if raw > MAX_BLOCK_BYTES || (codec == Codec::Raw && raw != stored as u64) {
            return Err(INDEX);
        }
        blocks.push(Block { codec, at, stored, raw, digests });
        let length = digests.checked_mul(32).and_then(|more| more.checked_add(stored));
        at = length.and_then(|length| at.checked_add(length)).ok_or(INDEX)?;
        if at > tail_at {
            return Err(INDEX);
        }
    }
    if at == tail_at { Ok(blocks) } else { Err(INDEX) }
}

fn read_listed(input: &mut Input<'_>, head: &Head, blocks: &[Block]) -> Result<Listed, Error> {
    let mut text = || -> Result<String, Error> { Ok(input.text()?.to_owned()) };
    let (manager, name, architecture, version) = (text()?, text()?, text()?, text()?);
    let (origin, block, offset, digest): (usize, usize, usize, usize) =
        (input.small()?, input.small()?, input.small()?, input.small()?);
    let inside = blocks
        .get(block)
        .is_some_and(|block| (offset as u64) < block.raw && digest <= block.digests);
    if !inside || origin >= head.origins.len() {
        return Err(INDEX);
    }
    let name = PackageName { manager, name, architecture, version };
    Ok(Listed { name, origin, block, offset, digest, sha256: Digest::sha256([0; 32]) })
}

/// Reads one file; `path` holds the one before and then this one's.
fn read_file(
    input: &mut Input<'_>,
    path: &mut Vec<u8>,
    digests: &mut &[u8],
) -> Result<PackedFile, Error> {
    let shared: usize = input.small()?;
    if shared > path.len() {
        return Err(malformed("a path shares more than there is"));
    }
    path.truncate(shared);
    path.extend_from_slice(input.bytes()?);
    let place = TreePath::parse(path).ok().filter(|place| place.as_bytes() == path.as_slice());
    let place = place.ok_or(malformed("a path is not in its simplest form"))?;
    let file_type = TYPES.get(usize::from(input.byte()?)).copied();
    let file_type = file_type.ok_or(malformed("a type is unknown"))?;
    let bits = input.number()?;
    if bits & !ALL_BITS != 0 {
        return Err(malformed("a file has bits that are unknown"));
    }
    let has = |bit: u64| bits & bit != 0;
    let mode = if has(HAS_MODE) { Some(input.small()?) } else { None };
    let uid = if has(HAS_UID) { Some(input.small()?) } else { None };
    let gid = if has(HAS_GID) { Some(input.small()?) } else { None };
    let link_target = if has(HAS_LINK) { Some(input.bytes()?.into()) } else { None };
    let device = match has(HAS_DEVICE) {
        true => Some(Device { major: input.small()?, minor: input.small()? }),
        false => None,
    };
    let capability = if has(HAS_CAPABILITY) { Some(input.bytes()?.into()) } else { None };
    let digest = match has(HAS_DIGEST) {
        true => {
            let (first, rest) =
                digests.split_first_chunk::<32>().ok_or(malformed("a digest is missing"))?;
            *digests = rest;
            Some(Digest::sha256(*first))
        }
        false => None,
    };
    Ok(PackedFile {
        path: place,
        file_type,
        mode,
        uid,
        gid,
        digest,
        link_target,
        device,
        capability,
        conffile: has(CONFFILE),
        optional: has(OPTIONAL),
    })
}
