//! What the administrator and packages changed about other packages' files: diversions, imposed
//! owners and modes, and the architectures of the system.
//!
//! The formats are dpkg's own and written down only in its sources (`lib/dpkg/db-fsys-divert.c`,
//! `db-fsys-override.c`): three lines a diversion; `USER GROUP MODE PATH` an override.

use super::{ARCHITECTURES, DIVERSIONS, OVERRIDES, lines};
use crate::packages::{Completeness, Reading};

const LOSS: Completeness = Completeness::RecordsIncomplete;

/// Reads the diversions.
pub(super) fn diversions(reading: &mut Reading<'_, '_>) {
    let Some(text) = reading.open(DIVERSIONS, LOSS) else { return };
    let (mut lines, ended) = lines(text);
    while let Some((line, from)) = lines.next() {
        if !reading.item(DIVERSIONS, LOSS) {
            return;
        }
        let (Some((_, to)), Some((_, by))) = (lines.next(), lines.next()) else {
            return reading.fault(DIVERSIONS, line, "a diversion of fewer than three lines", LOSS);
        };
        if !from.starts_with(b"/") || !to.starts_with(b"/") {
            reading.fault(DIVERSIONS, line, "a diversion of what is no absolute path", LOSS);
            continue;
        }
        let by = match std::str::from_utf8(by) {
            Ok(":") => None,
            Ok(name) if !name.is_empty() => Some(name.to_owned()),
            _ => {
                reading.fault(DIVERSIONS, line, "a diversion by no valid package name", LOSS);
                continue;
            }
        };
        if let Err(error) = reading.out.diversion(from, to, by) {
            reading.fault(DIVERSIONS, line, &error.to_string(), LOSS);
        }
    }
    if !ended {
        let reason = "the last line has no end; it may be cut off";
        reading.note(DIVERSIONS, reason.to_owned(), LOSS);
    }
}

/// Reads the imposed owners and modes.
pub(super) fn overrides(reading: &mut Reading<'_, '_>) {
    let Some(text) = reading.open(OVERRIDES, LOSS) else { return };
    let (lines, ended) = lines(text);
    for (line, content) in lines {
        if !reading.item(OVERRIDES, LOSS) {
            return;
        }
        let taken = match stat_override(content) {
            Some((user, group, mode, path)) => {
                let (user, group) = (user.to_owned(), group.to_owned());
                reading.out.stat_override(path, user, group, mode).map_err(|e| e.to_string())
            }
            None => Err("not an owner, a group, an octal mode and an absolute path".to_owned()),
        };
        if let Err(what) = taken {
            reading.fault(OVERRIDES, line, &what, LOSS);
        }
    }
    if !ended {
        let reason = "the last line has no end; it may be cut off";
        reading.note(OVERRIDES, reason.to_owned(), LOSS);
    }
}

/// Returns the system's own architecture where dpkg wrote it down, which it does once foreign ones
/// are added; it is the first line.
pub(super) fn native_architecture(reading: &mut Reading<'_, '_>) -> Option<String> {
    let text = reading.open(ARCHITECTURES, LOSS)?;
    let first = text.split(|&byte| byte == b'\n').next().unwrap_or_default();
    let valid = |byte: &u8| byte.is_ascii_alphanumeric() || *byte == b'-';
    if first.is_empty() || first.len() > 64 || !first.iter().all(valid) {
        reading.fault(ARCHITECTURES, 1, "not the name of an architecture", LOSS);
        return None;
    }
    std::str::from_utf8(first).ok().map(str::to_owned)
}

fn stat_override(line: &[u8]) -> Option<(&str, &str, u16, &[u8])> {
    let mut words = line.splitn(4, |&byte| byte == b' ');
    let mut word = || words.next().filter(|word| !word.is_empty());
    let user = std::str::from_utf8(word()?).ok()?;
    let group = std::str::from_utf8(word()?).ok()?;
    let mode = std::str::from_utf8(word()?).ok()?;
    let mode = u16::from_str_radix(mode, 8).ok().filter(|mode| *mode <= 0o7777)?;
    let path = word()?;
    path.starts_with(b"/").then_some((user, group, mode, path))
}
