//! `RECORD`: a table of path, digest and size, as the module `csv` of Python writes it; and
//! `installed-files.txt` of older installers, which has paths alone.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use super::super::part::{Named, Part};
use crate::bounds::escape::escaped;
use crate::model::{Algorithm, Digest};

/// Lines of one record; the largest known has 20,000.
const MAX_LINES: usize = 1_000_000;

/// Bytes of all paths of one record, once they count from the root.
const MAX_PATHS: usize = 64 << 20;

/// Bytes of a path (PATH_MAX).
const MAX_PATH: usize = 4096;

/// Reads a `RECORD` whose paths count from `around`, the directory of the packages.
///
/// It cannot hold a digest of itself: that it is what was read says as much as all the rest of it.
pub(super) fn read_record(around: &[u8], own: &[u8], bytes: &[u8]) -> Part {
    let mut part = Part::default();
    let (mut rest, mut held) = (bytes, 0usize);
    for _ in 0..MAX_LINES {
        if rest.is_empty() {
            return part;
        }
        if held > MAX_PATHS {
            break;
        }
        let (fields, next) = row(rest);
        rest = next;
        let [path, digest, _] = &fields;
        if path.is_empty() {
            continue;
        }
        let Some(path) = resolved(around, path, &mut part) else { continue };
        let digest = match path == own {
            true => Some(Digest::sha256_of(bytes)),
            false => digest_of(digest, &path, &mut part),
        };
        held = held.saturating_add(path.len());
        part.files.push(Named { path, digest });
    }
    part.fault("it names more than a million files, or 64 MiB of them; the rest is not checked");
    part
}

/// Reads an `installed-files.txt`, whose paths count from the directory that it is in.
pub(super) fn read_installed(directory: &[u8], bytes: &[u8]) -> Part {
    let (mut part, mut held) = (Part::default(), 0usize);
    for (at, line) in bytes.split(|&byte| byte == b'\n').enumerate() {
        if at >= MAX_LINES || held > MAX_PATHS {
            part.fault("it names more than a million files, or 64 MiB of them");
            break;
        }
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        if line.is_empty() {
            continue;
        }
        if let Some(path) = resolved(directory, line, &mut part) {
            held = held.saturating_add(path.len());
            part.files.push(Named { path, digest: None });
        }
    }
    part
}

/// Reads three fields up to the end of a line; more are left out, as `csv` readers here do.
fn row(bytes: &[u8]) -> ([Vec<u8>; 3], &[u8]) {
    let mut fields = [Vec::new(), Vec::new(), Vec::new()];
    let (mut which, mut quoted, mut at) = (0usize, false, 0usize);
    let mut begins = true;
    while let Some(&byte) = bytes.get(at) {
        at = at.saturating_add(1);
        match byte {
            b'"' if quoted && bytes.get(at) == Some(&b'"') => {
                at = at.saturating_add(1);
                push(&mut fields, which, b'"');
            }
            b'"' if quoted || begins => {
                quoted = !quoted;
                begins = false;
            }
            b',' if !quoted => {
                which = which.saturating_add(1);
                begins = true;
            }
            b'\n' if !quoted => break,
            b'\r' if !quoted && matches!(bytes.get(at), None | Some(b'\n')) => {}
            byte => {
                push(&mut fields, which, byte);
                begins = false;
            }
        }
    }
    (fields, bytes.get(at..).unwrap_or_default())
}

/// A field longer than any path is not kept whole: it names nothing.
fn push(fields: &mut [Vec<u8>; 3], which: usize, byte: u8) {
    if let Some(field) = fields.get_mut(which).filter(|field| field.len() <= MAX_PATH) {
        field.push(byte);
    }
}

/// Returns the path inside the root. A path that leads out of the root is the fault of its writer
/// and claims nothing.
fn resolved(from: &[u8], path: &[u8], part: &mut Part) -> Option<Vec<u8>> {
    if path.len() > MAX_PATH || path.contains(&0) {
        part.fault("it names something that is no path");
        return None;
    }
    let mut names: Vec<&[u8]> = match path.first() {
        Some(b'/') => Vec::new(),
        _ => from.split(|&byte| byte == b'/').filter(|name| !name.is_empty()).collect(),
    };
    for name in path.split(|&byte| byte == b'/') {
        match name {
            b"" | b"." => {}
            b".." if names.pop().is_none() => {
                part.fault(format!("it names {}, which lies outside the root", escaped(path)));
                return None;
            }
            b".." => {}
            name => names.push(name),
        }
    }
    Some(names.join(&b'/')).filter(|path| !path.is_empty())
}

/// Reads `sha256=` and the digest in the alphabet of RFC 4648 section 5, without padding.
fn digest_of(text: &[u8], path: &[u8], part: &mut Part) -> Option<Digest> {
    if text.is_empty() {
        return None;
    }
    let encoded = match text.strip_prefix(b"sha256=") {
        Some(encoded) => encoded,
        None => {
            let algorithm = text.split(|&byte| byte == b'=').next().unwrap_or_default();
            let reason = "a digest that is not checked, by";
            part.fault(format!("it has {reason} {}, of {}", escaped(algorithm), escaped(path)));
            return None;
        }
    };
    // Some builders write it in hexadecimal, against the specification (Debian ships a few of those);
    // so long a text is never the other form.
    if let Some(digest) = Digest::from_hex(Algorithm::Sha256, encoded) {
        return Some(digest);
    }
    let trimmed = encoded.strip_suffix(b"=").unwrap_or(encoded);
    let bytes = URL_SAFE_NO_PAD.decode(trimmed).ok();
    let digest = bytes.and_then(|bytes| <[u8; 32]>::try_from(bytes).ok()).map(Digest::sha256);
    if digest.is_none() {
        part.fault(format!("the digest of {} is none", escaped(path)));
    }
    digest
}
