//! The second look: back to the bytes once, with a sorted list of asks, for what only a difference
//! makes worth reading: the vendor's digest of changed files, the beginning of grown ones.

use std::collections::BTreeMap;

use crate::capture::{Captured, Extra, Run, read_more, vendor_algorithm};
use crate::compare::{Comparison, EntryChange};
use crate::model::{AttributeSet, Digest, FileType, Observed, RowId};
use crate::source::{self, Ask, Source, Want};

use super::rotation;

/// Reads again what the comparison made worth reading, settles what grew or was rotated, and returns
/// what the report must say beside it.
pub(super) fn look(
    source: &dyn Source,
    captured: &mut Captured,
    comparison: &mut Comparison,
    run: &Run<'_>,
) -> Result<Vec<String>, source::Error> {
    let mut asks: BTreeMap<RowId, Want> = BTreeMap::new();
    for change in &comparison.changes {
        let Some(row) = file_row(change) else { continue };
        if let Some(algorithm) = vendor_algorithm(&captured.ownership, row) {
            asks.entry(row).or_default().vendor = Some(algorithm);
        }
    }
    for change in &comparison.grown {
        if let (Some(row), Some(size)) = (file_row(change), size_before(change)) {
            asks.entry(row).or_default().prefix = Some(size);
        }
    }
    let asks: Vec<Ask> = asks.into_iter().map(|(row, want)| Ask { row, want }).collect();
    let extras = read_again(source, captured, &asks, run)?;
    captured.vendor.extend(extras.iter().filter_map(|(row, extra)| Some((*row, extra.vendor?))));
    settle_growth(comparison, &extras);
    rotation::settle(source, captured, comparison, run)
}

/// Goes back to the bytes; what cannot be read becomes a problem of the snapshot.
pub(super) fn read_again(
    source: &dyn Source,
    captured: &mut Captured,
    asks: &[Ask],
    run: &Run<'_>,
) -> Result<BTreeMap<RowId, Extra>, source::Error> {
    read_more(source, captured, asks, run)
}

/// A grown file is as declared when its beginning is what the whole was before.
fn settle_growth(comparison: &mut Comparison, extras: &BTreeMap<RowId, Extra>) {
    let content = AttributeSet::named("digest").with(AttributeSet::named("size"));
    for mut change in std::mem::take(&mut comparison.grown) {
        let prefix =
            file_row(&change).and_then(|row| extras.get(&row)).and_then(|extra| extra.prefix);
        match (prefix, digest_before(&change)) {
            (Some(prefix), Some(before)) if prefix == before => {
                if !change.attributes.is_empty() {
                    comparison.changes.push(change);
                }
            }
            (Some(_), Some(_)) => {
                change.attributes = change.attributes.with(content);
                comparison.changes.push(change);
            }
            _ => {
                comparison.not_compared = comparison.not_compared.saturating_add(1);
                if !change.attributes.is_empty() {
                    comparison.changes.push(change.clone());
                }
                comparison.grown.push(change);
            }
        }
    }
    comparison.changes.sort_by(|a, b| a.path.cmp(&b.path));
}

fn file_row(change: &EntryChange) -> Option<RowId> {
    let after = change.after.as_ref()?;
    if after.entry.file_type == FileType::File { after.row } else { None }
}

fn size_before(change: &EntryChange) -> Option<u64> {
    change.before.as_ref()?.entry.size.seen().copied()
}

fn digest_before(change: &EntryChange) -> Option<Digest> {
    match change.before.as_ref()?.entry.digest {
        Observed::Is(digest) => Some(digest),
        _ => None,
    }
}
