//! The indexes: which sections there are, what each block holds and where it lies.
//!
//! LOGICAL says what the snapshot is, and its digest is the root. The index *aside* has the same
//! form for what must not change the root. PHYSICAL says how the blocks of both are stored.

#![warn(clippy::indexing_slicing, clippy::arithmetic_side_effects)]

use std::ops::Range;

use super::error::Error;
use super::frame::Codec;
use super::limits::{MAX_BLOCK_BYTES, MAX_KEY_BYTES, MAX_SECTIONS};
use super::wire::{Input, put, put_bytes};

/// The name of a section: four letters.
pub(super) type Tag = [u8; 4];

pub(super) const HEAD: Tag = *b"HEAD";
pub(super) const RULE: Tag = *b"RULE";
/// Entries, without digests and owners.
pub(super) const ENTR: Tag = *b"ENTR";
/// Digests of the entries of the same block of ENTR.
pub(super) const DIGS: Tag = *b"DIGS";
/// Owners of the entries of the same block of ENTR.
pub(super) const OWNS: Tag = *b"OWNS";
pub(super) const PACK: Tag = *b"PACK";
pub(super) const COVR: Tag = *b"COVR";
/// Aside: where the target was, how the run went.
pub(super) const VOLA: Tag = *b"VOLA";
/// Aside too, of an image: what it says of itself.
pub(super) const IMAG: Tag = *b"IMAG";
/// Aside too, of an image: the layers of the entries of the same block of ENTR.
pub(super) const LAYR: Tag = *b"LAYR";
/// The sections aside, in order; the last two of an image alone.
pub(super) const ASIDE: [Tag; 3] = [VOLA, IMAG, LAYR];
/// The sections of LOGICAL, in order.
pub(super) const LOGICAL: [Tag; 7] = [HEAD, RULE, ENTR, DIGS, OWNS, PACK, COVR];
/// The revision of every section.
pub(super) const REVISION: u64 = 1;
/// The revision of PACK where some package has a location, so that no other root depends on it.
pub(super) const LOCATED: u64 = 2;

/// One section.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Section {
    pub(super) tag: Tag,
    /// Whether a reader that does not know it must refuse the file.
    pub(super) critical: bool,
    pub(super) revision: u64,
    pub(super) blocks: Vec<Block>,
}

/// One block.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Block {
    /// The first path or name in it, at most [`MAX_KEY_BYTES`].
    pub(super) key: Box<[u8]>,
    /// How many records it holds.
    pub(super) count: u64,
    /// Its length before compression.
    pub(super) raw: u64,
    /// SHA-256 of it before compression.
    pub(super) digest: [u8; 32],
    pub(super) codec: Codec,
    /// Where it lies among the frames.
    pub(super) place: Range<usize>,
}

/// Appends an index.
pub(super) fn put_index<'a>(
    out: &mut Vec<u8>,
    sections: impl ExactSizeIterator<Item = &'a Section>,
) {
    put(out, sections.len() as u64);
    for section in sections {
        out.extend_from_slice(&section.tag);
        out.push(u8::from(section.critical));
        put(out, section.revision);
        put(out, section.blocks.len() as u64);
        for block in &section.blocks {
            put_bytes(out, &block.key);
            put(out, block.count);
            put(out, block.raw);
            out.extend_from_slice(&block.digest);
        }
    }
}

/// Reads an index; places are still to come.
pub(super) fn read_index(part: &'static str, bytes: &[u8]) -> Result<Vec<Section>, Error> {
    let mut input = Input::new(part, bytes);
    let count = input.number()?;
    if count > MAX_SECTIONS as u64 {
        return Err(input.malformed("it names more than 64 sections"));
    }
    let mut sections: Vec<Section> = Vec::new();
    for _ in 0..count {
        let section = read_section(&mut input)?;
        if sections.iter().any(|other| other.tag == section.tag) {
            return Err(input.malformed("it names a section twice"));
        }
        sections.push(section);
    }
    input.finish()?;
    Ok(sections)
}

fn read_section(input: &mut Input<'_>) -> Result<Section, Error> {
    let tag = <Tag>::try_from(input.take(4)?).unwrap_or_default();
    if !tag.iter().all(u8::is_ascii_uppercase) {
        return Err(input.malformed("the tag of a section is not four capital letters"));
    }
    let critical = match input.byte()? {
        0 => false,
        1 => true,
        _ => return Err(input.malformed("a critical bit is neither 0 nor 1")),
    };
    let revision = input.number()?;
    let mut blocks = Vec::new();
    for _ in 0..input.number()? {
        blocks.push(read_block(input)?);
    }
    Ok(Section { tag, critical, revision, blocks })
}

fn read_block(input: &mut Input<'_>) -> Result<Block, Error> {
    let key = input.bytes()?;
    if key.len() > MAX_KEY_BYTES {
        return Err(input.malformed("the first path of a block is too long"));
    }
    let (count, raw) = (input.number()?, input.number()?);
    if raw > MAX_BLOCK_BYTES {
        return Err(input.malformed("a block is longer than 16 MiB"));
    }
    let digest = <[u8; 32]>::try_from(input.take(32)?).unwrap_or_default();
    Ok(Block { key: key.into(), count, raw, digest, codec: Codec::Raw, place: 0..0 })
}

/// Appends how one block is stored.
pub(super) fn put_storage(out: &mut Vec<u8>, codec: Codec, length: usize) {
    out.push(codec as u8);
    put(out, length as u64);
}

/// Reads PHYSICAL: blocks lie without a gap in the order of the indexes, so a place is a sum.
pub(super) fn place_blocks<'a>(
    bytes: &[u8],
    frames: &[u8],
    blocks: impl Iterator<Item = &'a mut Block>,
) -> Result<(), Error> {
    let mut input = Input::new("the physical index", bytes);
    let mut at = 0usize;
    for block in blocks {
        block.codec = Codec::from_number(input.byte()?)
            .ok_or(input.malformed("a block has an unknown codec"))?;
        let length: usize = input.small()?;
        let end = at
            .checked_add(length)
            .filter(|end| *end <= frames.len())
            .ok_or(input.malformed("a block lies outside the file"))?;
        if block.codec == Codec::Raw && length as u64 != block.raw {
            return Err(
                input.malformed("a raw block does not have the length that the index names")
            );
        }
        block.place = at..end;
        at = end;
    }
    if at != frames.len() {
        return Err(input.malformed("bytes of the file belong to no block"));
    }
    input.finish()
}
