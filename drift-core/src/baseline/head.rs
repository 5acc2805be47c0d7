//! Section HEAD: what was captured, and the file's own tables of attributes and columns.
//!
//! The tables make numbers mean the same to every version: a reader maps names to its own numbers,
//! and what it has no name for is *not compared*, never different.

#![warn(clippy::indexing_slicing, clippy::arithmetic_side_effects)]

use crate::model::attribute::{self, ATTRIBUTES};
use crate::model::{AttributeSet, Carries, Identity, Precision, Snapshot, SourceKind};

use super::block::{COLUMNS, Column};
use super::error::Error;
use super::limits::MAX_TABLE;
use super::wire::{Input, put, put_bytes, put_field};

const KIND: u64 = 1;
const IDENTITY: u64 = 2;
const ATTRIBUTE_NAMES: u64 = 3;
const CARRIED: u64 = 4;
const MTIME_PRECISION: u64 = 5;
const PACKAGES_COMPLETE: u64 = 6;
const COLUMN_NAMES: u64 = 7;

/// What HEAD says.
#[derive(Debug)]
pub(super) struct Head {
    pub(super) kind: SourceKind,
    pub(super) identity: Identity,
    pub(super) carries: Carries,
    pub(super) packages_complete: bool,
    /// Attributes and columns of the file that this version does not know, sorted.
    pub(super) not_compared: Vec<String>,
}

/// Returns the raw block; `per_host` is whether the entries have that column.
pub(super) fn write(snapshot: &Snapshot, per_host: bool) -> Vec<u8> {
    let mut out = Vec::new();
    put_field(&mut out, KIND, &[snapshot.kind as u8]);
    let mut identity = Vec::new();
    let Identity { os, version, architecture, hostname } = &snapshot.identity;
    for value in [os, version, architecture, hostname] {
        match value {
            None => identity.push(0),
            Some(text) => {
                identity.push(1);
                put_bytes(&mut identity, text.as_bytes());
            }
        }
    }
    put_field(&mut out, IDENTITY, &identity);
    let known = snapshot.carries.attributes.and(AttributeSet::all());
    // Up to the last that is carried: a line that is added later must not change the roots of
    // snapshots without it.
    let named = u64::BITS.saturating_sub(known.bits().leading_zeros()) as usize;
    let mut names = Vec::new();
    put(&mut names, named as u64);
    for attribute in ATTRIBUTES.iter().take(named) {
        put_bytes(&mut names, attribute.name.as_bytes());
    }
    put_field(&mut out, ATTRIBUTE_NAMES, &names);
    let mut carried = Vec::new();
    put(&mut carried, known.bits());
    put_field(&mut out, CARRIED, &carried);
    put_field(&mut out, MTIME_PRECISION, &[snapshot.carries.mtime as u8]);
    put_field(&mut out, PACKAGES_COMPLETE, &[u8::from(snapshot.packages_complete)]);
    let mut columns = Vec::new();
    let named = |column| column != Column::PerHost || per_host;
    let named: Vec<_> = COLUMNS.iter().filter(|(column, _)| named(*column)).collect();
    put(&mut columns, named.len() as u64);
    for &(column, name) in named {
        put(&mut columns, column as u64);
        put_bytes(&mut columns, name.as_bytes());
    }
    put_field(&mut out, COLUMN_NAMES, &columns);
    out
}

/// Reads the raw block.
pub(super) fn read(raw: &[u8]) -> Result<Head, Error> {
    let mut input = Input::new("section HEAD", raw);
    let missing = input.malformed("a field is missing");
    let mut fields: [Option<&[u8]>; 8] = [None; 8];
    let mut last = 0;
    // Fields of later versions are passed over: what must be understood changes the revision.
    while let Some((tag, bytes)) = input.field(&mut last)? {
        if let Some(field) = usize::try_from(tag).ok().and_then(|tag| fields.get_mut(tag)) {
            *field = Some(bytes);
        }
    }
    let field = |tag: u64| {
        let bytes = usize::try_from(tag).ok().and_then(|tag| fields.get(tag).copied().flatten());
        bytes.map(|bytes| Input::new("section HEAD", bytes)).ok_or(missing.clone())
    };
    let kind = one(field(KIND)?, |number| SourceKind::ALL.get(usize::from(number)).copied())?;
    let mtime = one(field(MTIME_PRECISION)?, |number| match number {
        0 => Some(Precision::Second),
        1 => Some(Precision::Nanosecond),
        _ => None,
    })?;
    let packages_complete = one(field(PACKAGES_COMPLETE)?, |number| match number {
        0 => Some(false),
        1 => Some(true),
        _ => None,
    })?;
    let (attributes, mut not_compared) = read_carried(field(ATTRIBUTE_NAMES)?, field(CARRIED)?)?;
    not_compared.extend(read_columns(field(COLUMN_NAMES)?)?);
    not_compared.sort();
    not_compared.dedup();
    let identity = read_identity(field(IDENTITY)?)?;
    let carries = Carries { attributes, mtime };
    Ok(Head { kind, identity, carries, packages_complete, not_compared })
}

fn one<T>(mut input: Input<'_>, value: impl FnOnce(u8) -> Option<T>) -> Result<T, Error> {
    let value = value(input.byte()?).ok_or(input.malformed("a field has an unknown value"))?;
    input.finish()?;
    Ok(value)
}

fn read_identity(mut input: Input<'_>) -> Result<Identity, Error> {
    let mut text = || match input.byte()? {
        0 => Ok(None),
        1 => input.text().map(|text| Some(text.to_owned())),
        _ => Err(input.malformed("a field has an unknown value")),
    };
    let identity =
        Identity { os: text()?, version: text()?, architecture: text()?, hostname: text()? };
    input.finish()?;
    Ok(identity)
}

/// Returns what is carried as this version's set, and the names that it does not know.
fn read_carried(
    mut names: Input<'_>,
    mut carried: Input<'_>,
) -> Result<(AttributeSet, Vec<String>), Error> {
    let bits = carried.number()?;
    carried.finish()?;
    let count: u32 = names.small()?;
    if count > u64::BITS || bits.checked_shr(count).unwrap_or(0) != 0 {
        return Err(names.malformed("the table of attributes does not fit its set"));
    }
    let (mut set, mut unknown) = (AttributeSet::EMPTY, Vec::new());
    for number in 0..count {
        let name = read_name(&mut names)?;
        if bits.checked_shr(number).unwrap_or(0) & 1 == 0 {
            continue;
        }
        match attribute::find(name) {
            Some(_) => set = set.with(AttributeSet::named(name)),
            None => unknown.push(name.to_owned()),
        }
    }
    names.finish()?;
    Ok((set, unknown))
}

/// Returns the names of columns that this version does not know.
fn read_columns(mut input: Input<'_>) -> Result<Vec<String>, Error> {
    let mut unknown = Vec::new();
    let count = input.number()?;
    if count > MAX_TABLE {
        return Err(input.malformed("the table of columns is too long"));
    }
    for _ in 0..count {
        let tag = input.number()?;
        let name = read_name(&mut input)?;
        if !COLUMNS.iter().any(|(column, _)| *column as u64 == tag) {
            unknown.push(name.to_owned());
        }
    }
    input.finish()?;
    Ok(unknown)
}

/// Names reach reports as they are, so they are plain words.
fn read_name<'a>(input: &mut Input<'a>) -> Result<&'a str, Error> {
    let name = input.text()?;
    let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_';
    if name.is_empty() || name.len() > 64 || !name.bytes().all(plain) {
        return Err(input.malformed("a name is not of small letters, digits and underscores"));
    }
    Ok(name)
}
