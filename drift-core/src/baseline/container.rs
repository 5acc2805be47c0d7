//! The one reader of the file, whether it was verified or not.

#![warn(clippy::indexing_slicing, clippy::arithmetic_side_effects)]

use std::sync::Arc;

use crate::bounds::Budget;
use crate::model::{Coverage, Digest, Image, Package, Problem};

use super::block::{Beside, BlockReader};
use super::encode::{Counts, root_of_index};
use super::error::Error;
use super::frame::restore;
use super::head::{self, Head};
use super::index::{self, Block, Section, Tag, place_blocks, read_index};
use super::layout::divide;
use super::limits::{MAX_BLOCK_ENTRIES, MAX_HELD_BYTES, MAX_HELD_ITEMS};
use super::{coverage, image, packages};

/// A file, its indexes, and everything but the entries, which stay in the file.
#[derive(Debug)]
pub(super) struct Container {
    file: Arc<[u8]>,
    frames: std::ops::Range<usize>,
    logical: Vec<Section>,
    /// The section of layers, where there is one.
    layers: Option<Section>,
    pub(super) root: Digest,
    pub(super) head: Head,
    pub(super) rules: String,
    pub(super) packages: Vec<Package>,
    pub(super) coverage: Coverage,
    pub(super) problems: Vec<Problem>,
    pub(super) locator: String,
    pub(super) image: Option<Image>,
    pub(super) counts: Counts,
    pub(super) sections_not_read: Vec<String>,
}

impl Container {
    /// Reads everything but the entries.
    pub(super) fn decode(file: Arc<[u8]>) -> Result<Self, Error> {
        let parts = divide(&file)?;
        let mut logical = read_index("the logical index", parts.logical)?;
        let mut aside = read_index("the index aside", parts.aside)?;
        let blocks = logical.iter_mut().chain(&mut aside).flat_map(|section| &mut section.blocks);
        place_blocks(parts.physical, parts.frames, blocks)?;
        let mut sections_not_read = unknown_sections(&logical, &index::LOGICAL)?;
        sections_not_read.extend(unknown_sections(&aside, &index::ASIDE)?);
        let read = Sections { frames: parts.frames, sections: &logical };
        let head = head::read(&read.single(index::HEAD)?)?;
        let rules = String::from_utf8(read.single(index::RULE)?)
            .map_err(|_| malformed("the rules are not UTF-8"))?;
        let mut budget = Budget::new(MAX_HELD_BYTES, MAX_HELD_ITEMS);
        let mut list = Vec::new();
        let revision = read.find(index::PACK)?.revision;
        read.each(index::PACK, |raw, count| {
            packages::read(raw, (count, revision), &mut budget, &mut list)
        })?;
        let (mut coverage, mut problems) = (Coverage::default(), Vec::new());
        read.each(index::COVR, |raw, count| {
            coverage::read(raw, count, &mut budget, &mut coverage, &mut problems)
        })?;
        let read_aside = Sections { frames: parts.frames, sections: &aside };
        let mut locator = String::new();
        if read_aside.has(index::VOLA) {
            locator = coverage::read_aside(&read_aside.single(index::VOLA)?, &mut coverage)?;
        }
        let image = match read_aside.has(index::IMAG) {
            true => Some(image::read(&read_aside.single(index::IMAG)?)?),
            false => None,
        };
        let counts = Counts {
            entries: read.count_entries(read_aside)?,
            packages: list.len() as u64,
            problems: problems.len() as u64,
        };
        let start = super::layout::header().len();
        Ok(Self {
            frames: start..start.saturating_add(parts.frames.len()),
            root: root_of_index(parts.logical),
            head,
            rules,
            packages: list,
            coverage,
            problems,
            locator,
            image,
            counts,
            sections_not_read,
            layers: aside.into_iter().find(|one| one.tag == index::LAYR && is_known(one)),
            logical,
            file,
        })
    }

    /// Returns the first path of a block of entries; `None` past the last.
    pub(super) fn first_path(&self, block: usize) -> Option<&[u8]> {
        self.sections().find(index::ENTR).ok()?.blocks.get(block).map(|block| &*block.key)
    }

    /// Returns how many entries a block has; `None` past the last.
    pub(super) fn count(&self, block: usize) -> Option<u64> {
        Some(self.sections().find(index::ENTR).ok()?.blocks.get(block)?.count)
    }

    /// Returns what the index says of the blocks of entries, those of digests and those of owners.
    pub(super) fn indexed(&self) -> impl Iterator<Item = [&Block; 3]> {
        let of = |tag| {
            let found = self.logical.iter().find(|section| section.tag == tag);
            found.map_or(&[][..], |section| &section.blocks)
        };
        let beside = of(index::DIGS).iter().zip(of(index::OWNS));
        of(index::ENTR)
            .iter()
            .zip(beside)
            .map(|(entries, (digests, owners))| [entries, digests, owners])
    }

    /// Restores a block of entries; `None` past the last.
    pub(super) fn entries(&self, block: usize) -> Result<Option<BlockReader>, Error> {
        let sections = self.sections();
        let layers = match self.layers.as_ref().and_then(|section| section.blocks.get(block)) {
            Some(found) => {
                let of = self.image.as_ref().map_or(0, |image| image.layers.len() as u64);
                Some(Beside { raw: sections.restore(index::LAYR, block, found)?, of })
            }
            None => None,
        };
        let read = |tag| match sections.find(tag)?.blocks.get(block) {
            Some(found) => sections.restore(tag, block, found).map(|raw| Some((found.count, raw))),
            None => Ok(None),
        };
        let (Some((count, entries)), Some((_, digests)), Some((_, owners))) =
            (read(index::ENTR)?, read(index::DIGS)?, read(index::OWNS)?)
        else {
            return Ok(None);
        };
        let owners = Beside { raw: owners, of: self.counts.packages };
        BlockReader::new(count, [entries, digests], owners, layers).map(Some)
    }

    fn sections(&self) -> Sections<'_> {
        let frames = self.file.get(self.frames.clone()).unwrap_or_default();
        Sections { frames, sections: &self.logical }
    }
}

fn malformed(reason: &'static str) -> Error {
    Error::Malformed { part: "the file", reason }
}

fn is_known(section: &Section) -> bool {
    let located = section.tag == index::PACK && section.revision == index::LOCATED;
    section.revision == index::REVISION || located
}

fn name(tag: Tag) -> String {
    tag.iter().map(|&letter| char::from(letter)).collect()
}

/// Returns the sections that may be passed over; an error for one that must be understood.
fn unknown_sections(sections: &[Section], known: &[Tag]) -> Result<Vec<String>, Error> {
    let mut passed_over = Vec::new();
    for section in sections {
        if known.contains(&section.tag) && is_known(section) {
            continue;
        }
        if section.critical || index::LOGICAL.contains(&section.tag) {
            return Err(Error::Section { tag: name(section.tag), revision: section.revision });
        }
        passed_over.push(name(section.tag));
    }
    Ok(passed_over)
}

/// Sections with the bytes that their blocks lie in.
#[derive(Clone, Copy)]
struct Sections<'a> {
    frames: &'a [u8],
    sections: &'a [Section],
}

impl<'a> Sections<'a> {
    fn find(&self, tag: Tag) -> Result<&'a Section, Error> {
        self.sections
            .iter()
            .find(|section| section.tag == tag)
            .ok_or(malformed("a section is missing"))
    }

    /// Returns whether there is such a section that this version can read.
    fn has(&self, tag: Tag) -> bool {
        self.sections.iter().any(|section| section.tag == tag && is_known(section))
    }

    /// Restores a block and checks that it is the one of the index.
    fn restore(&self, tag: Tag, at: usize, block: &Block) -> Result<Vec<u8>, Error> {
        let stored = self.frames.get(block.place.clone()).unwrap_or_default();
        let raw = restore(block.codec, stored, block.raw)?;
        if drift_lanes::sha256(&raw) != block.digest {
            return Err(Error::Damaged { section: name(tag), block: at });
        }
        Ok(raw)
    }

    /// Restores the block of a section that has exactly one.
    fn single(&self, tag: Tag) -> Result<Vec<u8>, Error> {
        match &*self.find(tag)?.blocks {
            [block] => self.restore(tag, 0, block),
            _ => Err(malformed("a section does not have exactly one block")),
        }
    }

    /// Restores each block of a section in order.
    fn each(
        &self,
        tag: Tag,
        mut read: impl FnMut(&[u8], u64) -> Result<(), Error>,
    ) -> Result<(), Error> {
        for (at, block) in self.find(tag)?.blocks.iter().enumerate() {
            read(&self.restore(tag, at, block)?, block.count)?;
        }
        Ok(())
    }

    /// Counts the entries; the sections of entries must run side by side.
    fn count_entries(&self, aside: Sections<'_>) -> Result<u64, Error> {
        let entries = &self.find(index::ENTR)?.blocks;
        let counts = |blocks: &[Block]| blocks.iter().map(|block| block.count).collect::<Vec<_>>();
        let mut beside = vec![self.find(index::DIGS)?, self.find(index::OWNS)?];
        if aside.has(index::LAYR) {
            beside.push(aside.find(index::LAYR)?);
        }
        if beside.iter().any(|section| counts(&section.blocks) != counts(entries)) {
            return Err(malformed("the sections of entries do not run side by side"));
        }
        if entries.iter().any(|block| block.count == 0 || block.count > MAX_BLOCK_ENTRIES) {
            return Err(malformed("a block of entries has none, or more than 8192"));
        }
        Ok(entries.iter().fold(0, |sum, block| sum.saturating_add(block.count)))
    }
}
