//! Reads the entries of one block in order.

#![warn(clippy::indexing_slicing, clippy::arithmetic_side_effects)]

use std::ops::Range;

use crate::model::{
    Algorithm, Device, Digest, Entry, FileType, LayerId, Listing, Observed, PackageId, PerHost,
    PerHostValue, Time, TreePath, Xattr, Xattrs,
};

use super::columns::{COLUMNS, CONFORMS, Column, LEFT, VIOLATES};
use super::runs::RunReader;
use crate::baseline::error::Error;
use crate::baseline::limits::{MAX_BLOCK_BYTES, MAX_BLOCK_ENTRIES, expanded};
use crate::baseline::shape::Shape;
use crate::baseline::wire::{Input, unzigzag};

const PART: &str = "a block of entries";

/// One entry as its block knows it.
#[derive(Debug)]
pub(in crate::baseline) struct Row<'b> {
    pub(in crate::baseline) depth: u64,
    pub(in crate::baseline) name: &'b [u8],
    pub(in crate::baseline) entry: Entry,
    pub(in crate::baseline) listing: Listing,
    pub(in crate::baseline) owner: Option<PackageId>,
    pub(in crate::baseline) origin: Option<LayerId>,
}

/// An entry that is read past.
#[derive(Debug)]
pub(in crate::baseline) struct Passed<'b> {
    pub(in crate::baseline) depth: u64,
    pub(in crate::baseline) name: &'b [u8],
    pub(in crate::baseline) file_type: FileType,
    /// Whether an equal entry is the same under any rule.
    pub(in crate::baseline) is_plain: bool,
}

/// An entry as it stands in the columns.
struct Found {
    depth: u64,
    name: Range<usize>,
    shape: Shape,
    values: Values,
    owner: Option<PackageId>,
    origin: Option<LayerId>,
}

/// What the columns hold for one entry; of bytes, where they stand.
struct Values {
    size: Observed<u64>,
    mtime: Observed<Time>,
    digest: Observed<(Algorithm, Range<usize>)>,
    link_target: Observed<Range<usize>>,
    rdev: Observed<Device>,
    nlink: Observed<u32>,
    /// The place in the table.
    leader: Observed<usize>,
    per_host: Observed<PerHost>,
    /// The length of the variable parts.
    weight: usize,
}

/// Runs beside a block of entries, and how many things their numbers may stand for.
#[derive(Debug)]
pub(in crate::baseline) struct Beside {
    pub(in crate::baseline) raw: Vec<u8>,
    pub(in crate::baseline) of: u64,
}

/// A block being read. It owns its bytes; columns are ranges of what is still to be read of them.
#[derive(Debug)]
pub(in crate::baseline) struct BlockReader {
    raw: Vec<u8>,
    columns: [Range<usize>; COLUMNS.len()],
    shapes: Vec<Shape>,
    xattr_sets: Vec<(Xattrs, usize)>,
    leaders: Vec<TreePath>,
    digests: Vec<u8>,
    digests_read: usize,
    owners: RunReader,
    /// None where nothing is known of layers.
    layers: Option<RunReader>,
    left: u64,
    first: bool,
    depth: u64,
    seconds: i64,
    expanded: u64,
    /// Entries until the next that differs by host by right; `None` after the last.
    per_host_in: Option<u64>,
}

fn malformed(reason: &'static str) -> Error {
    Error::Malformed { part: PART, reason }
}

impl BlockReader {
    /// Takes the raw bytes of a block of each of the sections that run side by side.
    pub(in crate::baseline) fn new(
        count: u64,
        [raw, digests]: [Vec<u8>; 2],
        owners: Beside,
        layers: Option<Beside>,
    ) -> Result<Self, Error> {
        let runs =
            |part, beside: Beside, missing| RunReader::new(part, beside.raw, (beside.of, missing));
        let columns = find_columns(&raw)?;
        let mut block = Self {
            raw,
            columns,
            shapes: Vec::new(),
            xattr_sets: Vec::new(),
            leaders: Vec::new(),
            digests,
            digests_read: 0,
            owners: runs("a block of owners", owners, "a package is missing"),
            layers: layers.map(|layers| runs("a block of layers", layers, "a layer is missing")),
            left: count,
            first: true,
            depth: 0,
            seconds: 0,
            expanded: 0,
            per_host_in: None,
        };
        block.shapes = block.table(Column::Shapes, Shape::read)?;
        let mut weight = 0usize;
        block.xattr_sets =
            block.table(Column::XattrSets, |input| read_xattrs(input, &mut weight))?;
        block.leaders = block.table(Column::Leaders, |input| input.path())?;
        block.per_host_in = block.next_per_host()?;
        Ok(block)
    }

    /// Returns the next entry, `None` after the last.
    pub(in crate::baseline) fn next(&mut self) -> Result<Option<Row<'_>>, Error> {
        let Some(found) = self.read_row()? else { return Ok(None) };
        let entry = self.entry(&found)?;
        let name = self.raw.get(found.name).unwrap_or_default();
        let (depth, listing) = (found.depth, found.shape.listing);
        Ok(Some(Row { depth, name, entry, listing, owner: found.owner, origin: found.origin }))
    }

    /// Reads the next entry with every check and makes nothing of its values; `None` after the last.
    pub(in crate::baseline) fn pass(&mut self) -> Result<Option<Passed<'_>>, Error> {
        let Some(found) = self.read_row()? else { return Ok(None) };
        let name = self.raw.get(found.name).unwrap_or_default();
        let (file_type, is_plain) = (found.shape.file_type, found.shape.is_plain());
        Ok(Some(Passed { depth: found.depth, name, file_type, is_plain }))
    }

    fn read_row(&mut self) -> Result<Option<Found>, Error> {
        let Some(left) = self.left.checked_sub(1) else {
            self.end()?;
            return Ok(None);
        };
        self.left = left;
        let depth = self.next_depth()?;
        let length: usize = self.small(Column::NameLength)?;
        let name = self.bytes(Column::Name, length)?;
        let shape: usize = self.small(Column::Shape)?;
        let shape = *self.shapes.get(shape).ok_or(malformed("a shape is missing"))?;
        let values = self.values(&shape)?;
        let weight = (values.weight as u64).saturating_add(expanded([name.len()]));
        self.expanded = self.expanded.saturating_add(weight);
        if self.expanded > MAX_BLOCK_BYTES {
            return Err(malformed("its entries amount to more than 16 MiB"));
        }
        let owner = self.owners.next()?.map(PackageId);
        let layer = self.layers.as_mut().map_or(Ok(None), RunReader::next)?;
        let origin = layer.and_then(|layer| u16::try_from(layer).ok()).map(LayerId);
        Ok(Some(Found { depth, name, shape, values, owner, origin }))
    }

    fn next_depth(&mut self) -> Result<u64, Error> {
        let up = self.number(Column::Depth)?;
        self.depth = if self.first {
            up
        } else {
            self.depth
                .checked_add(1)
                .and_then(|deepest| deepest.checked_sub(up))
                .ok_or(malformed("an entry lies above the root"))?
        };
        self.first = false;
        Ok(self.depth)
    }

    /// Reads what the columns hold for an entry of this shape.
    fn values(&mut self, shape: &Shape) -> Result<Values, Error> {
        let mut weight = 0usize;
        if let Observed::Is(place) = shape.xattrs {
            let set = self.xattr_sets.get(place as usize);
            let (_, length) = set.ok_or(malformed("a set of attributes is missing"))?;
            weight = weight.saturating_add(*length);
        }
        Ok(Values {
            size: shape.size.value(|| self.number(Column::Size))?,
            mtime: shape.mtime.value(|| self.time())?,
            digest: shape.digest.value(|| self.digest(shape))?,
            link_target: shape.link_target.value(|| self.link(&mut weight))?,
            rdev: shape.rdev.value(|| {
                Ok(Device { major: self.small(Column::Rdev)?, minor: self.small(Column::Rdev)? })
            })?,
            nlink: if shape.nlink.is_one() {
                Observed::Is(1)
            } else {
                shape.nlink.value(|| self.small(Column::Nlink))?
            },
            leader: shape.hardlinks.value(|| self.leader(&mut weight))?,
            per_host: self.per_host()?,
            weight,
        })
    }

    /// Makes the entry of what was read.
    fn entry(&self, found: &Found) -> Result<Entry, Error> {
        let (shape, values) = (&found.shape, &found.values);
        let set = |place: u32| self.xattr_sets.get(place as usize).map(|(set, _)| set.clone());
        let leader = |place: usize| self.leaders.get(place).cloned();
        let digest = |(algorithm, range): (Algorithm, Range<usize>)| {
            Digest::from_bytes(algorithm, self.digests.get(range)?)
        };
        let missing = malformed("a value is missing");
        Ok(Entry {
            file_type: shape.file_type,
            mode: shape.mode,
            uid: shape.uid,
            gid: shape.gid,
            size: values.size,
            mtime: values.mtime,
            digest: found_value(values.digest.clone().map(digest)).ok_or(missing.clone())?,
            link_target: values
                .link_target
                .clone()
                .map(|range| self.raw.get(range).unwrap_or_default().into()),
            rdev: values.rdev,
            nlink: values.nlink,
            hardlinks: found_value(values.leader.map(leader)).ok_or(missing.clone())?,
            flags: shape.flags,
            xattrs: found_value(shape.xattrs.map(set)).ok_or(missing)?,
            per_host: values.per_host,
        })
    }

    fn per_host(&mut self) -> Result<Observed<PerHost>, Error> {
        let Some(left) = self.per_host_in else { return Ok(Observed::NotApplicable) };
        if let Some(left) = left.checked_sub(1) {
            self.per_host_in = Some(left);
            return Ok(Observed::NotApplicable);
        }
        let judged = self.read(Column::PerHost, |input| {
            let form = sha256(input)?;
            let value = match input.byte()? {
                CONFORMS => PerHostValue::Conforms,
                LEFT => PerHostValue::Left(sha256(input)?),
                VIOLATES => PerHostValue::Violates,
                _ => return Err(input.malformed("a value by host has an unknown state")),
            };
            Ok(PerHost { form, value })
        })?;
        self.per_host_in = self.next_per_host()?;
        Ok(Observed::Is(judged))
    }

    /// Reads how many entries lie before the next that differs by host by right.
    fn next_per_host(&mut self) -> Result<Option<u64>, Error> {
        self.read(Column::PerHost, |input| match input.len() {
            0 => Ok(None),
            _ => input.number().map(Some),
        })
    }

    fn time(&mut self) -> Result<Time, Error> {
        let change = unzigzag(self.number(Column::Seconds)?);
        self.seconds = self.seconds.wrapping_add(change);
        Ok(Time { seconds: self.seconds, nanoseconds: self.small(Column::Nanoseconds)? })
    }

    fn digest(&mut self, shape: &Shape) -> Result<(Algorithm, Range<usize>), Error> {
        let algorithm =
            shape.digest.algorithm().ok_or(malformed("a digest has an unknown algorithm"))?;
        let range = self.digests_read..self.digests_read.saturating_add(algorithm.length());
        if range.end > self.digests.len() {
            return Err(malformed("a digest is missing"));
        }
        self.digests_read = range.end;
        Ok((algorithm, range))
    }

    fn link(&mut self, weight: &mut usize) -> Result<Range<usize>, Error> {
        let length = self.small(Column::LinkLength)?;
        *weight = weight.saturating_add(length);
        self.bytes(Column::Link, length)
    }

    fn leader(&mut self, weight: &mut usize) -> Result<usize, Error> {
        let place: usize = self.small(Column::Hardlinks)?;
        let leader = self.leaders.get(place).ok_or(malformed("a first path is missing"))?;
        // The sum is checked before the path is copied, so copies never amount to more than a block.
        *weight = weight.saturating_add(leader.as_bytes().len());
        Ok(place)
    }

    /// Everything must have been used.
    fn end(&self) -> Result<(), Error> {
        let columns = self.columns.iter().all(Range::is_empty);
        let runs = self.owners.is_spent() && self.layers.as_ref().is_none_or(RunReader::is_spent);
        let judged = self.per_host_in.is_none();
        if columns && runs && judged && self.digests_read == self.digests.len() {
            return Ok(());
        }
        Err(malformed("it holds more than its entries"))
    }

    /// Reads with `read` from what is left of a column.
    fn read<T>(
        &mut self,
        column: Column,
        read: impl FnOnce(&mut Input<'_>) -> Result<T, Error>,
    ) -> Result<T, Error> {
        let range = self.columns.get_mut(column.index()).ok_or(malformed("a column is missing"))?;
        let mut input = Input::new(PART, self.raw.get(range.clone()).unwrap_or_default());
        let value = read(&mut input)?;
        range.start = range.end.saturating_sub(input.len());
        Ok(value)
    }

    fn number(&mut self, column: Column) -> Result<u64, Error> {
        self.read(column, |input| input.number())
    }

    fn small<T: TryFrom<u64>>(&mut self, column: Column) -> Result<T, Error> {
        self.read(column, |input| input.small())
    }

    /// Returns where the next bytes of a column stand.
    fn bytes(&mut self, column: Column, length: usize) -> Result<Range<usize>, Error> {
        self.read(column, |input| input.take(length).map(|_| ()))?;
        let end = self.columns.get(column.index()).map_or(0, |range| range.start);
        Ok(end.saturating_sub(length)..end)
    }

    fn table<T>(
        &mut self,
        column: Column,
        mut read: impl FnMut(&mut Input<'_>) -> Result<T, Error>,
    ) -> Result<Vec<T>, Error> {
        self.read(column, |input| {
            let mut table = Vec::new();
            if input.len() == 0 {
                return Ok(table);
            }
            let count = input.number()?;
            if count > MAX_BLOCK_ENTRIES {
                return Err(input.malformed("a table has more lines than a block has entries"));
            }
            for _ in 0..count {
                table.push(read(input)?);
            }
            input.clone().finish()?;
            Ok(table)
        })
    }
}

/// Turns a value that may be missing around.
fn found_value<T>(value: Observed<Option<T>>) -> Option<Observed<T>> {
    Some(match value {
        Observed::Is(value) => Observed::Is(value?),
        Observed::NotApplicable => Observed::NotApplicable,
        Observed::Unobserved => Observed::Unobserved,
    })
}

fn sha256(input: &mut Input<'_>) -> Result<Digest, Error> {
    let bytes = input.take(Algorithm::Sha256.length())?;
    Digest::from_bytes(Algorithm::Sha256, bytes).ok_or(malformed("a digest is missing"))
}

fn find_columns(raw: &[u8]) -> Result<[Range<usize>; COLUMNS.len()], Error> {
    let mut columns = [const { 0..0 }; COLUMNS.len()];
    let mut input = Input::new(PART, raw);
    let mut last = 0;
    while let Some((tag, bytes)) = input.field(&mut last)? {
        let end = raw.len().saturating_sub(input.len());
        let known = COLUMNS.iter().find(|(column, _)| *column as u64 == tag);
        // A column of a later version is passed over; HEAD gave its name to the caller.
        if let Some(range) = known.and_then(|(column, _)| columns.get_mut(column.index())) {
            *range = end.saturating_sub(bytes.len())..end;
        }
    }
    Ok(columns)
}

/// Returns what a set counts towards its block.
pub(in crate::baseline) fn xattrs_weight(set: &Xattrs) -> usize {
    set.iter().fold(0, |sum, (name, value)| pair_weight(sum, name, value))
}

/// 32 bytes a pair, because that is what one costs in memory.
fn pair_weight(sum: usize, name: &[u8], value: &[u8]) -> usize {
    sum.saturating_add(32).saturating_add(name.len()).saturating_add(value.len())
}

fn read_xattrs(input: &mut Input<'_>, total: &mut usize) -> Result<(Xattrs, usize), Error> {
    let mut pairs: Vec<Xattr> = Vec::new();
    let mut weight = 0;
    for _ in 0..input.number()? {
        let (name, value) = (input.bytes()?, input.bytes()?);
        weight = pair_weight(weight, name, value);
        if total.saturating_add(weight) as u64 > MAX_BLOCK_BYTES {
            return Err(input.malformed("its extended attributes amount to more than 16 MiB"));
        }
        if pairs.last().is_some_and(|(last, _)| **last >= *name) {
            return Err(input.malformed("extended attributes are not in order"));
        }
        pairs.push((name.into(), value.into()));
    }
    *total = total.saturating_add(weight);
    Ok((Xattrs::new(pairs), weight))
}
