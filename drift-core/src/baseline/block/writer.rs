//! Collects entries until the block is cut, then writes its columns.

use std::collections::HashMap;
use std::hash::Hash;

use crate::model::{
    EntryRef, LayerId, Listing, Observed, PackageId, PerHost, PerHostValue, Step, TreePath, Xattrs,
};

use super::columns::{COLUMNS, CONFORMS, Column, LEFT, VIOLATES};
use super::runs::RunWriter;
use crate::baseline::limits::expanded;
use crate::baseline::shape::Shape;
use crate::baseline::wire::{put, put_bytes, put_field, zigzag};

/// The raw bytes of a block of each of the sections that run side by side.
#[derive(Debug, Default)]
pub(in crate::baseline) struct RawBlock {
    pub(in crate::baseline) key: Box<[u8]>,
    pub(in crate::baseline) count: u64,
    pub(in crate::baseline) entries: Vec<u8>,
    pub(in crate::baseline) digests: Vec<u8>,
    pub(in crate::baseline) owners: Vec<u8>,
    pub(in crate::baseline) layers: Vec<u8>,
}

/// The open block.
#[derive(Debug, Default)]
pub(in crate::baseline) struct BlockWriter {
    key: Box<[u8]>,
    count: u64,
    expanded: u64,
    depth: u64,
    seconds: i64,
    columns: [Vec<u8>; COLUMNS.len()],
    shapes: Table<Shape>,
    xattr_sets: Table<Xattrs>,
    leaders: Table<TreePath>,
    digests: Vec<u8>,
    owners: RunWriter,
    layers: RunWriter,
    /// Entries since the last that differs by host by right.
    since_per_host: u64,
}

/// An entry to write, looked at where it lies.
#[derive(Debug, Clone, Copy)]
pub(in crate::baseline) struct RowRef<'r> {
    pub(in crate::baseline) depth: u32,
    pub(in crate::baseline) name: &'r [u8],
    pub(in crate::baseline) entry: EntryRef<'r>,
    pub(in crate::baseline) listing: Listing,
    pub(in crate::baseline) owner: Option<PackageId>,
    pub(in crate::baseline) origin: Option<LayerId>,
}

impl<'r> RowRef<'r> {
    pub(in crate::baseline) fn of(step: &'r Step<'_>) -> Self {
        Self {
            depth: step.depth,
            name: step.name,
            entry: step.entry.as_ref(),
            listing: step.listing,
            owner: step.owner,
            origin: step.origin,
        }
    }

    /// Returns what the entry counts towards its block.
    pub(in crate::baseline) fn weight(&self) -> u64 {
        let entry = &self.entry;
        expanded([
            self.name.len(),
            entry.link_target.seen().map_or(0, |target| target.len()),
            entry.hardlinks.seen().map_or(0, |leader| leader.as_bytes().len()),
            entry.xattrs.seen().map_or(0, |set| super::reader::xattrs_weight(set)),
        ])
    }
}

/// Values that were asked for lately, by a number that tells most of them apart.
const RECENT: usize = 8;

/// Values by order of first appearance; the map is only asked, never walked.
#[derive(Debug)]
struct Table<T> {
    places: HashMap<T, u32>,
    /// Nearly every entry has what one shortly before it has, which costs no hash to find.
    recent: [Option<(T, u32)>; RECENT],
    bytes: Vec<u8>,
}

impl<T> Default for Table<T> {
    fn default() -> Self {
        Self { places: HashMap::new(), recent: [const { None }; RECENT], bytes: Vec::new() }
    }
}

impl<T: Hash + Eq + Clone> Table<T> {
    /// Returns the place of a value; equal values have equal hints.
    fn place(&mut self, value: &T, hint: usize, write: impl FnOnce(&mut Vec<u8>)) -> u32 {
        let recent = self.recent.get_mut(hint % RECENT);
        if let Some(Some((known, place))) = &recent
            && known == value
        {
            return *place;
        }
        let place = match self.places.get(value) {
            Some(&place) => place,
            None => {
                // A block has at most 8192 entries and each adds at most one value.
                let place = u32::try_from(self.places.len()).unwrap_or(u32::MAX);
                self.places.insert(value.clone(), place);
                write(&mut self.bytes);
                place
            }
        };
        if let Some(recent) = recent {
            *recent = Some((value.clone(), place));
        }
        place
    }

    fn into_bytes(self) -> Vec<u8> {
        let mut bytes = Vec::new();
        if !self.places.is_empty() {
            put(&mut bytes, self.places.len() as u64);
            bytes.extend_from_slice(&self.bytes);
        }
        bytes
    }
}

impl BlockWriter {
    /// Starts a block whose first entry has this path.
    pub(in crate::baseline) fn new(key: &[u8]) -> Self {
        Self { key: key.into(), ..Self::default() }
    }

    pub(in crate::baseline) fn count(&self) -> u64 {
        self.count
    }

    pub(in crate::baseline) fn expanded(&self) -> u64 {
        self.expanded
    }

    /// Takes the next entry.
    pub(in crate::baseline) fn push(&mut self, row: &RowRef<'_>) {
        let depth = u64::from(row.depth);
        let up = if self.count == 0 { depth } else { (self.depth + 1).saturating_sub(depth) };
        self.put(Column::Depth, up);
        self.depth = depth;
        self.count += 1;
        self.expanded = self.expanded.saturating_add(row.weight());
        self.put(Column::NameLength, row.name.len() as u64);
        self.column(Column::Name).extend_from_slice(row.name);
        let sets = &mut self.xattr_sets;
        let xattrs = row.entry.xattrs;
        let xattrs = xattrs.map(|set| sets.place(set, set.len(), |out| put_xattrs(out, set)));
        let shape = Shape::of(&row.entry, row.listing, xattrs);
        let place = self.shapes.place(&shape, shape.hint(), |out| shape.put(out));
        self.put(Column::Shape, place.into());
        self.push_values(&row.entry);
        self.push_per_host(&row.entry.per_host);
        self.owners.push(row.owner.map_or(0, |owner| u64::from(owner.0) + 1));
        self.layers.push(row.origin.map_or(0, |layer| u64::from(layer.0) + 1));
    }

    fn push_values(&mut self, entry: &EntryRef<'_>) {
        if let Observed::Is(size) = entry.size {
            self.put(Column::Size, size);
        }
        if let Observed::Is(time) = entry.mtime {
            self.put(Column::Seconds, zigzag(time.seconds.wrapping_sub(self.seconds)));
            self.put(Column::Nanoseconds, time.nanoseconds.into());
            self.seconds = time.seconds;
        }
        if let Observed::Is(digest) = &entry.digest {
            self.digests.extend_from_slice(digest.as_bytes());
        }
        if let Observed::Is(target) = entry.link_target {
            self.put(Column::LinkLength, target.len() as u64);
            self.column(Column::Link).extend_from_slice(target);
        }
        if let Observed::Is(device) = entry.rdev {
            self.put(Column::Rdev, device.major.into());
            self.put(Column::Rdev, device.minor.into());
        }
        if let Observed::Is(nlink) = entry.nlink
            && nlink != 1
        {
            self.put(Column::Nlink, nlink.into());
        }
        if let Observed::Is(leader) = entry.hardlinks {
            let hint = leader.as_bytes().len();
            let place = self.leaders.place(leader, hint, |out| put_bytes(out, leader.as_bytes()));
            self.put(Column::Hardlinks, place.into());
        }
    }

    fn push_per_host(&mut self, judged: &Observed<PerHost>) {
        let Observed::Is(judged) = judged else {
            self.since_per_host = self.since_per_host.saturating_add(1);
            return;
        };
        let since = std::mem::take(&mut self.since_per_host);
        self.put(Column::PerHost, since);
        put_per_host(self.column(Column::PerHost), judged);
    }

    /// Ends the block; `None` when it is empty.
    pub(in crate::baseline) fn finish(mut self) -> Option<RawBlock> {
        if self.count == 0 {
            return None;
        }
        let tables = [
            (Column::Shapes, std::mem::take(&mut self.shapes).into_bytes()),
            (Column::XattrSets, std::mem::take(&mut self.xattr_sets).into_bytes()),
            (Column::Leaders, std::mem::take(&mut self.leaders).into_bytes()),
        ];
        for (column, bytes) in tables {
            *self.column(column) = bytes;
        }
        let mut entries = Vec::new();
        for ((column, _), bytes) in COLUMNS.iter().zip(&self.columns) {
            put_field(&mut entries, *column as u64, bytes);
        }
        Some(RawBlock {
            key: self.key,
            count: self.count,
            entries,
            digests: self.digests,
            owners: self.owners.finish(),
            layers: self.layers.finish(),
        })
    }

    fn put(&mut self, column: Column, value: u64) {
        put(self.column(column), value);
    }

    #[expect(clippy::indexing_slicing, reason = "there is one vector for each column")]
    fn column(&mut self, column: Column) -> &mut Vec<u8> {
        &mut self.columns[column.index()]
    }
}

fn put_xattrs(out: &mut Vec<u8>, xattrs: &Xattrs) {
    put(out, xattrs.len() as u64);
    for (name, value) in xattrs.iter() {
        put_bytes(out, name);
        put_bytes(out, value);
    }
}

/// The form, a number for the value, and what is left where something is.
fn put_per_host(out: &mut Vec<u8>, judged: &PerHost) {
    out.extend_from_slice(judged.form.as_bytes());
    match &judged.value {
        PerHostValue::Conforms => out.push(CONFORMS),
        PerHostValue::Violates => out.push(VIOLATES),
        PerHostValue::Left(left) => {
            out.push(LEFT);
            out.extend_from_slice(left.as_bytes());
        }
    }
}
