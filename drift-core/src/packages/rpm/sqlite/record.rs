//! Values of one row: sqlite.org/fileformat2.html §2.1.

use crate::packages::rpm::bytes::slice;

/// A value of a kind that rpm's tables have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Value<'p> {
    Null,
    Number(i64),
    Text(&'p [u8]),
    Blob(&'p [u8]),
}

/// Returns the value of a column, from 0; `None` for a row that ends before, or is malformed.
pub(super) fn value(payload: &[u8], column: usize) -> Option<Value<'_>> {
    let (length, mut at) = varint(payload, 0)?;
    let end = usize::try_from(length).ok()?;
    let mut data = end;
    for before in 0..=column {
        if at >= end {
            return None;
        }
        let (kind, next) = varint(payload, at)?;
        let size = size_of(kind)?;
        if before == column {
            return decode(kind, slice(payload, data, size)?);
        }
        data = data.checked_add(size)?;
        at = next;
    }
    None
}

fn size_of(kind: u64) -> Option<usize> {
    Some(match kind {
        0 | 8 | 9 => 0,
        1..=4 => usize::try_from(kind).ok()?,
        5 => 6,
        6 | 7 => 8,
        10 | 11 => return None,
        other => usize::try_from(other.checked_sub(12)? / 2).ok()?,
    })
}

fn decode(kind: u64, raw: &[u8]) -> Option<Value<'_>> {
    Some(match kind {
        0 => Value::Null,
        1..=6 => {
            let sign = if raw.first()? & 0x80 == 0 { 0 } else { -1 };
            Value::Number(raw.iter().fold(sign, |number, &byte| number << 8 | i64::from(byte)))
        }
        8 => Value::Number(0),
        9 => Value::Number(1),
        // No column of rpm's holds a floating-point number.
        7 => return None,
        kind if kind % 2 == 0 => Value::Blob(raw),
        _ => Value::Text(raw),
    })
}

/// Reads an integer of one to nine bytes; returns it and where the next thing begins.
pub(super) fn varint(bytes: &[u8], at: usize) -> Option<(u64, usize)> {
    let mut number = 0u64;
    for offset in 0..9usize {
        let position = at.checked_add(offset)?;
        let byte = *bytes.get(position)?;
        let next = position.checked_add(1)?;
        if offset == 8 {
            return Some((number << 8 | u64::from(byte), next));
        }
        number = number << 7 | u64::from(byte & 0x7f);
        if byte & 0x80 == 0 {
            return Some((number, next));
        }
    }
    None
}
