//! Section PACK: installed packages in the snapshot's order, which OWNS counts by.

#![warn(clippy::indexing_slicing, clippy::arithmetic_side_effects)]

use crate::bounds::Budget;
use crate::model::Package;

use super::coverage::spent;
use super::error::Error;
use super::index;
use super::wire::{Input, put_bytes};

/// Returns the revision that the section of these packages has.
pub(super) fn revision(packages: &[Package]) -> u64 {
    let located = packages.iter().any(|package| !package.location.is_empty());
    if located { index::LOCATED } else { index::REVISION }
}

/// Returns one record.
pub(super) fn record(package: &Package, revision: u64) -> Vec<u8> {
    let Package { manager, name, architecture, location, version, status } = package;
    let mut out = Vec::new();
    for text in [manager, name, architecture, version, status] {
        put_bytes(&mut out, text.as_bytes());
    }
    if revision == index::LOCATED {
        put_bytes(&mut out, location.as_bytes());
    }
    out
}

/// Reads the records of one block.
pub(super) fn read(
    raw: &[u8],
    (count, revision): (u64, u64),
    budget: &mut Budget,
    packages: &mut Vec<Package>,
) -> Result<(), Error> {
    let mut input = Input::new("section PACK", raw);
    budget.bytes(raw.len() as u64).map_err(spent)?;
    for _ in 0..count {
        budget.item().map_err(spent)?;
        packages.push(Package {
            manager: input.text()?.to_owned(),
            name: input.text()?.to_owned(),
            architecture: input.text()?.to_owned(),
            version: input.text()?.to_owned(),
            status: input.text()?.to_owned(),
            location: match revision {
                index::LOCATED => input.text()?.to_owned(),
                _ => String::new(),
            },
        });
    }
    input.finish()
}
