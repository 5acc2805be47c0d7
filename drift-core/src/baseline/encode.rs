//! Writing a snapshot, or only its root.

use crate::bounds::{Budget, make_room};
use crate::model::{Cursor, Digest, Snapshot};

use super::block::{BlockWriter, RawBlock, RowRef};
use super::coverage::{self, spent};
use super::cut::{Parent, starts_block};
use super::error::Error;
use super::frame::{Codec, Compressor};
use super::index::{self, Block, Section, Tag};
use super::layout::{self, ROOT_DOMAIN};
use super::limits::{
    MAX_BLOCK_BYTES, MAX_BLOCK_ENTRIES, MAX_HELD_BYTES, MAX_HELD_ITEMS, MAX_KEY_BYTES,
    SOFT_BLOCK_BYTES,
};
use super::rows::EntryBlocks;
use super::trail::Trail;
use super::{head, image, packages};

/// A snapshot in its stored form.
#[derive(Debug)]
pub struct Encoded {
    /// The file.
    pub bytes: Vec<u8>,
    /// What the snapshot is, whatever the compressor made of it.
    pub root: Digest,
    /// How much it holds.
    pub counts: Counts,
}

/// How much a snapshot holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Counts {
    /// Entries, the root included.
    pub entries: u64,
    /// Packages.
    pub packages: u64,
    /// Problems.
    pub problems: u64,
}

/// Writes a snapshot. The same snapshot gives the same bytes in every run of one build, and the same
/// root in every build.
///
/// # Errors
///
/// A name that no file system gives, or a single entry or rule text above 16 MiB.
pub fn encode(snapshot: &Snapshot) -> Result<Encoded, Error> {
    let per_host = snapshot.tree.has_per_host();
    encode_entries(snapshot, &mut snapshot.tree.cursor(), per_host)
}

/// Writes a snapshot with the entries of `entries` in the place of its own, none of which is held;
/// `per_host` is whether any of them was judged by what differs between hosts.
///
/// # Errors
///
/// As [`encode`], and those of the cursor.
pub fn encode_entries(
    snapshot: &Snapshot,
    entries: &mut dyn Cursor,
    per_host: bool,
) -> Result<Encoded, Error> {
    let entries = Entries::Walked(entries, per_host);
    let assembly = assemble(snapshot, entries, Some(Compressor::new()?))?;
    let root = assembly.root();
    let counts = Counts {
        entries: assembly.entries(),
        packages: snapshot.packages.len() as u64,
        problems: snapshot.problems.len() as u64,
    };
    Ok(Encoded { bytes: assembly.into_file(), root, counts })
}

/// Computes the root of a snapshot without compressing anything.
///
/// # Errors
///
/// As [`encode`].
pub fn root_of(snapshot: &Snapshot) -> Result<Digest, Error> {
    let per_host = snapshot.tree.has_per_host();
    let entries = &mut snapshot.tree.cursor();
    Ok(assemble(snapshot, Entries::Walked(entries, per_host), None)?.root())
}

/// Computes the root of a snapshot whose blocks of entries are known.
///
/// # Errors
///
/// As [`encode`].
pub fn root_with(snapshot: &Snapshot, blocks: &EntryBlocks) -> Result<Digest, Error> {
    if !blocks.are_of(&snapshot.tree) {
        return root_of(snapshot);
    }
    Ok(assemble(snapshot, Entries::Known(blocks), None)?.root())
}

/// Returns the root that an index names.
pub(super) fn root_of_index(logical: &[u8]) -> Digest {
    let mut state = drift_lanes::Sha256::new();
    state.update(ROOT_DOMAIN);
    state.update(logical);
    Digest::sha256(state.finish())
}

/// Sections being filled, those of the logical index first.
struct Assembly {
    sections: Vec<Building>,
    /// None when only the root is wanted.
    compressor: Option<Compressor>,
}

struct Building {
    section: Section,
    /// One for each block, so that each is given up when it has been put into the file.
    frames: Vec<Box<[u8]>>,
    storage: Vec<u8>,
}

/// Where the entries come from.
enum Entries<'e> {
    /// A walk, and whether any of them was judged by what differs between hosts.
    Walked(&'e mut dyn Cursor, bool),
    /// Nothing but what the index says of them is wanted, and that is known.
    Known(&'e EntryBlocks),
}

fn assemble(
    snapshot: &Snapshot,
    entries: Entries<'_>,
    compressor: Option<Compressor>,
) -> Result<Assembly, Error> {
    let per_host = match entries {
        Entries::Walked(_, per_host) => per_host,
        Entries::Known(_) => snapshot.tree.has_per_host(),
    };
    let mut assembly = Assembly::new(compressor, snapshot.image.is_some());
    assembly.add(index::HEAD, b"", 1, &head::write(snapshot, per_host))?;
    assembly.add(index::RULE, b"", 1, snapshot.rules.as_bytes())?;
    match entries {
        Entries::Walked(entries, _) => assembly.add_entries(snapshot, entries)?,
        Entries::Known(blocks) => assembly.add_known(blocks),
    }
    let mut budget = Budget::new(MAX_HELD_BYTES, MAX_HELD_ITEMS);
    let revision = packages::revision(&snapshot.packages);
    assembly.revise(index::PACK, revision);
    let records = snapshot.packages.iter().map(|package| Ok(packages::record(package, revision)));
    assembly.add_records(index::PACK, records, &mut budget)?;
    assembly.add_records(index::COVR, coverage::records(snapshot), &mut budget)?;
    assembly.add(index::VOLA, b"", 1, &coverage::write_aside(snapshot))?;
    if let Some(image) = &snapshot.image {
        assembly.add(index::IMAG, b"", 1, &image::write(image)?)?;
    }
    Ok(assembly)
}

impl Assembly {
    fn new(compressor: Option<Compressor>, of_image: bool) -> Self {
        let building = |tag, critical| Building {
            section: Section { tag, critical, revision: index::REVISION, blocks: Vec::new() },
            frames: Vec::new(),
            storage: Vec::new(),
        };
        let logical = index::LOGICAL.into_iter().map(|tag| building(tag, true));
        let aside = if of_image { &index::ASIDE[..] } else { &[index::VOLA] };
        let sections = logical.chain(aside.iter().map(|tag| building(*tag, false))).collect();
        Self { sections, compressor }
    }

    /// Gives a section another revision than the first.
    fn revise(&mut self, tag: Tag, revision: u64) {
        for building in self.sections.iter_mut().filter(|one| one.section.tag == tag) {
            building.section.revision = revision;
        }
    }

    /// Adds a block to a section.
    fn add(&mut self, tag: Tag, key: &[u8], count: u64, raw: &[u8]) -> Result<(), Error> {
        if raw.len() as u64 > MAX_BLOCK_BYTES {
            let what = match tag {
                index::RULE => "the text of the rules",
                index::IMAG => "what the image says of itself",
                _ => "one record",
            };
            return Err(Error::TooLarge { what, limit: MAX_BLOCK_BYTES, unit: "bytes" });
        }
        self.list(tag, key, count, (raw.len() as u64, drift_lanes::sha256(raw)));
        let Some(building) = self.sections.iter_mut().find(|one| one.section.tag == tag) else {
            return Ok(());
        };
        let Some(compressor) = &mut self.compressor else { return Ok(()) };
        // Digests are random bytes: trying them would cost time and gain nothing.
        let frame = if tag == index::DIGS { None } else { compressor.compress(raw)? };
        let codec = if frame.is_some() { Codec::Zstd } else { Codec::Raw };
        let stored = frame.unwrap_or(raw);
        index::put_storage(&mut building.storage, codec, stored.len());
        building.frames.push(stored.into());
        Ok(())
    }

    /// Adds a block to the index of a section.
    fn list(&mut self, tag: Tag, key: &[u8], count: u64, (raw, digest): (u64, [u8; 32])) {
        let (codec, place) = (Codec::Raw, 0..0);
        let block = Block { key: key.into(), count, raw, digest, codec, place };
        if let Some(building) = self.sections.iter_mut().find(|one| one.section.tag == tag) {
            building.section.blocks.push(block);
        }
    }

    fn add_known(&mut self, blocks: &EntryBlocks) {
        for block in &blocks.blocks {
            let [entries, digests, owners] = block.parts;
            self.list(index::ENTR, &block.key, block.count, entries);
            self.list(index::DIGS, b"", block.count, digests);
            self.list(index::OWNS, b"", block.count, owners);
        }
    }

    fn add_entries(&mut self, snapshot: &Snapshot, cursor: &mut dyn Cursor) -> Result<(), Error> {
        let layers = snapshot.image.as_ref().map_or(0, |image| image.layers.len());
        let mut trail = Trail::default();
        let mut block = BlockWriter::default();
        while let Some(mut step) = cursor.next().map_err(Error::Entries)? {
            check_name(step.depth, step.name)?;
            // A reader refuses a layer that the image does not have.
            step.origin = step.origin.filter(|layer| usize::from(layer.0) < layers);
            let depth = step.depth as usize;
            let row = RowRef::of(&step);
            let weight = row.weight();
            check_weight(weight)?;
            let above = depth.saturating_sub(1);
            let parent = || Parent::new(trail.name(above).unwrap_or_default());
            let cut = starts_block(block.count(), (block.expanded(), weight), parent, step.name);
            trail.step(depth, step.name);
            if cut || block.count() == 0 {
                let key = trail.path();
                let next = BlockWriter::new(key.get(..MAX_KEY_BYTES).unwrap_or(key));
                self.add_block(std::mem::replace(&mut block, next).finish())?;
            }
            block.push(&row);
        }
        self.add_block(block.finish())
    }

    fn add_block(&mut self, block: Option<RawBlock>) -> Result<(), Error> {
        let Some(block) = block else { return Ok(()) };
        self.add(index::ENTR, &block.key, block.count, &block.entries)?;
        self.add(index::DIGS, b"", block.count, &block.digests)?;
        self.add(index::OWNS, b"", block.count, &block.owners)?;
        self.add(index::LAYR, b"", block.count, &block.layers)
    }

    fn add_records(
        &mut self,
        tag: Tag,
        records: impl Iterator<Item = Result<Vec<u8>, Error>>,
        budget: &mut Budget,
    ) -> Result<(), Error> {
        let (mut raw, mut count) = (Vec::new(), 0u64);
        for record in records {
            let record = record?;
            budget.item().map_err(spent)?;
            budget.bytes(record.len() as u64).map_err(spent)?;
            let full = raw.len().saturating_add(record.len()) as u64 > SOFT_BLOCK_BYTES;
            if count > 0 && (full || count >= MAX_BLOCK_ENTRIES) {
                self.add(tag, b"", count, &raw)?;
                raw.clear();
                count = 0;
            }
            raw.extend_from_slice(&record);
            count += 1;
        }
        if count > 0 { self.add(tag, b"", count, &raw) } else { Ok(()) }
    }

    /// Returns how many entries were taken.
    fn entries(&self) -> u64 {
        let entries = self.sections.iter().filter(|one| one.section.tag == index::ENTR);
        entries.flat_map(|one| &one.section.blocks).map(|block| block.count).sum()
    }

    fn indexes(&self) -> (Vec<u8>, Vec<u8>) {
        let (logical, aside) = self.sections.split_at(index::LOGICAL.len());
        let index = |sections: &[Building]| {
            let mut out = Vec::new();
            index::put_index(&mut out, sections.iter().map(|building| &building.section));
            out
        };
        (index(logical), index(aside))
    }

    fn root(&self) -> Digest {
        root_of_index(&self.indexes().0)
    }

    fn into_file(self) -> Vec<u8> {
        let (logical, aside) = self.indexes();
        let mut file = layout::header();
        let mut physical = Vec::new();
        for building in self.sections {
            for frame in building.frames {
                make_room(&mut file, frame.len());
                file.extend_from_slice(&frame);
            }
            physical.extend_from_slice(&building.storage);
        }
        make_room(&mut file, logical.len() + aside.len() + physical.len() + layout::FOOTER_BYTES);
        layout::close(&mut file, &logical, &aside, &physical);
        file
    }
}

/// Makes the check of a name that a reader will make.
pub(super) fn check_name(depth: u32, name: &[u8]) -> Result<(), Error> {
    let good = if depth == 0 { name.is_empty() } else { is_name(name) };
    if good { Ok(()) } else { Err(Error::Unstorable { what: "the name of an entry" }) }
}

/// Makes the check of an entry's weight that a reader will make.
pub(super) fn check_weight(weight: u64) -> Result<(), Error> {
    if weight <= MAX_BLOCK_BYTES {
        return Ok(());
    }
    Err(Error::TooLarge {
        what: "one entry with its extended attributes",
        limit: MAX_BLOCK_BYTES,
        unit: "bytes",
    })
}

/// Returns whether these bytes can name an entry of a directory.
pub(super) fn is_name(name: &[u8]) -> bool {
    !name.is_empty()
        && name != b"."
        && name != b".."
        && !name.iter().any(|byte| matches!(byte, b'/' | 0))
}
