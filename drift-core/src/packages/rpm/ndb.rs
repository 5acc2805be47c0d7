//! `Packages.db`: rpm's own format, the backend of SUSE.
//!
//! Source: `lib/backend/ndb/rpmpkg.c` of rpm. A header, pages of slots, then blobs of whole blocks;
//! all numbers are little-endian. rpm keeps the space between blobs zero, so whatever else lies
//! there is a blob whose slot was lost.

use super::bytes::{Order, position, slice};
use super::scan::Scan;

const MAGIC: &[u8] = b"RpmP";
const SLOT_MAGIC: &[u8] = b"Slot";
const BLOB_HEAD: &[u8] = b"BlbS";
const BLOB_TAIL: &[u8] = b"BlbE";

/// Slots fill pages; the first two places of the first page are the header.
const PAGE: usize = 4096;
const SLOT: usize = 16;
const HEADER: usize = 32;

const BLOCK: usize = 16;
const HEAD: usize = 16;
const TAIL: usize = 12;

/// Where a blob is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Slot {
    start: usize,
    length: usize,
    package: u32,
}

pub(super) fn read(scan: &mut Scan<'_, '_, '_>, file: &[u8]) {
    let number = |at| Order::Little.u32(file, at);
    if file.get(..4) != Some(MAGIC) || number(4) != Some(0) {
        return scan.lost("it does not begin as version 0 of rpm's own format does");
    }
    let pages = number(12).and_then(|pages| position(pages, PAGE));
    let Some(directory) = pages.and_then(|end| file.get(..end)).filter(|all| !all.is_empty())
    else {
        return scan.lost("it ends within its slots; it is cut off");
    };
    let Some(mut slots) = slots(scan, file, directory) else { return };
    slots.sort_unstable();
    let mut end = directory.len();
    for slot in slots {
        if slot.start < end {
            scan.lost(format!("header {}: its slot covers another's", slot.package));
            continue;
        }
        if !scan.step() || !gap(scan, file, end, slot.start) {
            return;
        }
        end = slot.start.saturating_add(slot.length);
        match file.get(slot.start..end).map(|blob| header(blob, slot.package)) {
            Some(Ok((blob, intact))) => {
                if !intact {
                    scan.lost(format!("header {}: its sum is not right", slot.package));
                }
                if !scan.header(slot.package, blob) {
                    return;
                }
            }
            Some(Err(what)) => scan.lost(format!("header {}: {what}", slot.package)),
            None => {
                scan.lost(format!("header {}: outside the file, which is cut off", slot.package));
                end = file.len();
            }
        }
    }
    gap(scan, file, end, file.len());
}

/// Reads the slots that are in use; `None` when the budget ends.
fn slots(scan: &mut Scan<'_, '_, '_>, file: &[u8], directory: &[u8]) -> Option<Vec<Slot>> {
    let mut slots = Vec::new();
    let used = directory.get(HEADER..).unwrap_or_default();
    for (at, raw) in used.chunks_exact(SLOT).enumerate() {
        let number = |at| Order::Little.u32(raw, at).unwrap_or(0);
        let (package, start, length) = (number(4), number(8), number(12));
        if raw.get(..4) != Some(SLOT_MAGIC) {
            scan.lost(format!("slot {at} is none"));
            continue;
        }
        if start == 0 {
            if package != 0 || length != 0 {
                scan.lost(format!("slot {at} is free and names header {package}"));
            }
            continue;
        }
        if !scan.step() {
            return None;
        }
        let place = position(start, BLOCK).zip(position(length, BLOCK));
        match place.filter(|(start, _)| *start < file.len()) {
            Some((start, length)) if package != 0 && length > 0 => {
                slots.push(Slot { start, length, package });
            }
            _ => scan.lost(format!("slot {at} leads outside the file, or to nothing")),
        }
    }
    Some(slots)
}

/// Looks for a blob without a slot; `false` means stop.
fn gap(scan: &mut Scan<'_, '_, '_>, file: &[u8], start: usize, end: usize) -> bool {
    let space = file.get(start..end).unwrap_or_default();
    if space.iter().any(|&byte| byte != 0) {
        scan.lost("something lies between the headers; the slot of a package may be lost");
    }
    true
}

/// Takes a blob out of its blocks; returns also whether its sum is right.
fn header(blocks: &[u8], package: u32) -> Result<(&[u8], bool), &'static str> {
    let number = |at| Order::Little.u32(blocks, at);
    if blocks.get(..4) != Some(BLOB_HEAD) || number(4) != Some(package) {
        return Err("its blob is another's, or none");
    }
    let length = number(12).and_then(|length| usize::try_from(length).ok());
    let blob = length.and_then(|length| slice(blocks, HEAD, length));
    let tail = blocks.len().checked_sub(TAIL).filter(|&tail| tail >= HEAD);
    let (Some(blob), Some(tail)) = (blob, tail) else {
        return Err("its blob is longer than its slot");
    };
    let padding = tail.checked_sub(HEAD.saturating_add(blob.len()));
    let ends = slice(blocks, tail.saturating_add(8), 4) == Some(BLOB_TAIL)
        && number(tail.saturating_add(4)) == number(12);
    if !ends || padding.is_none_or(|padding| padding >= BLOCK) {
        return Err("its blob does not end where its slot does");
    }
    let sum = adler32(blocks.get(..tail).unwrap_or_default());
    Ok((blob, number(tail) == Some(sum)))
}

/// The sum of RFC 1950, over the head, the header and the padding.
fn adler32(bytes: &[u8]) -> u32 {
    let (mut first, mut second) = (1u32, 0u32);
    // So many additions that the second cannot overflow.
    for chunk in bytes.chunks(5552) {
        for &byte in chunk {
            first = first.wrapping_add(byte.into());
            second = second.wrapping_add(first);
        }
        (first, second) = (first % 65521, second % 65521);
    }
    second << 16 | first
}
