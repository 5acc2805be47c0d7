//! `path-exclude` and `path-include` of dpkg.cfg(5): what was not installed on purpose.
//!
//! dpkg reads the files of `dpkg.cfg.d` by name, then `dpkg.cfg`; of all patterns that match a path
//! the last decides. Slim images leave out documentation so.

use super::{CONFIG, CONFIG_D, lines};
use crate::packages::{Completeness, PathFilter, Reading};

/// Bytes of a pattern: a longer one than PATH_MAX matches no path.
const MAX_PATTERN_BYTES: usize = 4096;

const LOSS: Completeness = Completeness::RecordsIncomplete;

/// Reads the patterns in the order in which dpkg applies them.
pub(super) fn read(reading: &mut Reading<'_, '_>) {
    let mut paths: Vec<Vec<u8>> = reading.files().inside(CONFIG_D).map(<[u8]>::to_vec).collect();
    paths.retain(|path| {
        let name = path.strip_prefix(CONFIG_D).unwrap_or_default();
        name.iter().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(byte))
    });
    paths.push(CONFIG.to_vec());
    for path in paths {
        read_file(reading, &path);
    }
}

fn read_file(reading: &mut Reading<'_, '_>, path: &[u8]) {
    let Some(text) = reading.open(path, LOSS) else { return };
    let (lines, _) = lines(text);
    for (line, content) in lines {
        let Some((filter, pattern)) = filter(content.trim_ascii_end()) else { continue };
        if !reading.item(path, LOSS) {
            return;
        }
        match unquoted(pattern) {
            Some(pattern) if pattern.len() <= MAX_PATTERN_BYTES => {
                reading.out.filter(filter, pattern);
            }
            _ => reading.fault(path, line, "not a valid pattern of paths", LOSS),
        }
    }
}

fn filter(line: &[u8]) -> Option<(PathFilter, &[u8])> {
    let end = line.iter().position(|byte| !byte.is_ascii_alphanumeric() && *byte != b'-')?;
    let (name, value) = line.split_at_checked(end)?;
    let filter = match name {
        b"path-exclude" => PathFilter::Exclude,
        b"path-include" => PathFilter::Include,
        _ => return None,
    };
    // One separator, which may be `=`, then any blanks; as dpkg reads it.
    let value = value.trim_ascii_start();
    Some((filter, value.strip_prefix(b"=").unwrap_or(value).trim_ascii_start()))
}

/// Removes a pair of quotes; `None` when only one is there.
fn unquoted(value: &[u8]) -> Option<&[u8]> {
    match value {
        [quote @ (b'"' | b'\''), inside @ .., last] => (quote == last).then_some(inside),
        [b'"' | b'\''] => None,
        plain => Some(plain),
    }
}
