//! One pass over a layer as stored: digest and size of what is stored, digest of what comes out,
//! members.

#![warn(clippy::indexing_slicing, clippy::arithmetic_side_effects)]

use std::io::{BufReader, Read};

use crate::model::LayerId;
use crate::source::compression::{self, Coding};
use crate::source::sums::{Feed, Idle, Part, Sum};
use crate::source::tar::reader::{Fault, Reader};
use crate::source::tar::scan::{Scan, Watch};

use super::LayerInput;

/// Headers are read block by block; digests like larger pieces.
const BUFFER: usize = 1 << 17;

/// Reads a layer and proves its digests.
pub(super) fn examine(
    layer: &LayerInput,
    number: LayerId,
    watch: Watch<'_>,
    idle: &Idle,
) -> Result<(Scan, Coding), Fault> {
    layer.blob.unchanged().map_err(Fault::Malformed)?;
    let coding = coding(layer)?;
    let result = read(layer, number, coding, watch, idle);
    layer.blob.unchanged().map_err(Fault::Malformed)?;
    match result {
        Ok(scan) => Ok((scan, coding)),
        Err(Fault::Cancelled) => Err(Fault::Cancelled),
        // Bytes that are not those of the manifest are no wonder, and say more than what broke.
        Err(Fault::Malformed(reason)) => {
            Err(stored_fault(layer, watch)?.unwrap_or(Fault::Malformed(reason)))
        }
    }
}

/// Starts a reading of what a layer holds.
pub(super) fn stream<'l>(
    coding: Coding,
    stored: impl Read + 'l,
) -> Result<Box<dyn Read + 'l>, Fault> {
    compression::decoded(coding, stored).map_err(|error| Fault::Malformed(error.to_string()))
}

fn open(layer: &LayerInput) -> Result<Box<dyn Read + Send + '_>, Fault> {
    let cannot = |error| Fault::Malformed(format!("it cannot be read: {error}"));
    layer.blob.open().map_err(cannot)
}

/// Recognises the coding by the first bytes; the media type must not say otherwise.
fn coding(layer: &LayerInput) -> Result<Coding, Fault> {
    let mut first = Vec::new();
    let read = open(layer)?.take(512).read_to_end(&mut first);
    read.map_err(|error| Fault::Malformed(format!("its first bytes cannot be read: {error}")))?;
    let found = compression::detect(&first).map_err(|name| {
        Fault::Malformed(format!(
            "it is compressed by {name}, which is not read; write the image anew with gzip or zstd"
        ))
    })?;
    match layer.coding {
        Some(claimed) if claimed != found => Err(Fault::Malformed(format!(
            "its media type says {}, and its bytes are {}",
            coding_name(claimed),
            coding_name(found)
        ))),
        _ => Ok(found),
    }
}

fn coding_name(coding: Coding) -> &'static str {
    match coding {
        Coding::Plain => "not compressed",
        Coding::Gzip => "gzip",
        Coding::Zstd => "zstd",
        Coding::Xz => "xz",
    }
}

fn read(
    layer: &LayerInput,
    number: LayerId,
    coding: Coding,
    watch: Watch<'_>,
    idle: &Idle,
) -> Result<Scan, Fault> {
    let stored = layer.stored.as_ref().map(|(digest, _)| digest);
    let feed = Feed::new(stored, Some(&layer.diff_id), Some(idle));
    let input: Box<dyn Read + '_> = match stored {
        Some(_) => Box::new(feed.tee(Part::Stored, open(layer)?)),
        None => open(layer)?,
    };
    let output = feed.tee(Part::Plain, stream(coding, input)?);
    let mut reader = Reader::new(Box::new(BufReader::with_capacity(BUFFER, output)));
    let scan = Scan::read(&mut reader, number, watch, &feed)?;
    drop(reader);
    let sums = feed.finish();
    if let (Some(sum), Some((digest, size))) = (&sums.stored, &layer.stored) {
        agree(sum, digest.as_str(), *size)?;
    }
    let whole = sums.plain.map(|sum| sum.digest()).unwrap_or_default();
    if whole != layer.diff_id.as_str() {
        return Err(Fault::Malformed(format!(
            "its uncompressed bytes have the digest {whole}, and the configuration of the image \
             says {}",
            layer.diff_id
        )));
    }
    Ok(scan)
}

fn agree(sum: &Sum, digest: &str, size: u64) -> Result<(), Fault> {
    if sum.bytes() != size {
        let reason = format!("it has {} bytes, and the manifest says {size}", sum.bytes());
        return Err(Fault::Malformed(reason));
    }
    if sum.digest() != digest {
        let reason =
            format!("its bytes have the digest {}, and the manifest says {digest}", sum.digest());
        return Err(Fault::Malformed(reason));
    }
    Ok(())
}

/// Returns the fault of a layer whose stored bytes are not those that the manifest names.
fn stored_fault(layer: &LayerInput, watch: Watch<'_>) -> Result<Option<Fault>, Fault> {
    let Some((digest, size)) = &layer.stored else { return Ok(None) };
    let mut sum = Sum::new(digest);
    let mut input = open(layer)?;
    let mut buffer = vec![0; BUFFER];
    // What cannot be read leaves the sum short, which is a fault as well.
    while let Ok(count) = input.read(&mut buffer) {
        if count == 0 {
            break;
        }
        sum.update(buffer.get(..count).unwrap_or_default());
        watch.cancel.check().map_err(|_| Fault::Cancelled)?;
    }
    Ok(agree(&sum, digest.as_str(), *size).err())
}
