//! How logrotate(8), savelog(8) and newsyslog(8) name a log that they put aside.

#![warn(clippy::indexing_slicing, clippy::arithmetic_side_effects)]

/// What stands behind the name of a compressed log; those after the first three cannot be read.
const CODINGS: [&[u8]; 8] = [b".gz", b".zst", b".xz", b".bz2", b".Z", b".lz4", b".lzma", b".lzo"];
const READ: usize = 3;

/// The name of a log that was put aside.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Aside<'n> {
    /// The name of the log, before the number and after it (`extension`).
    pub(super) log: (&'n [u8], &'n [u8]),
    /// Its number; `None` of a date.
    pub(super) number: Option<u32>,
    /// Whether it is compressed.
    pub(super) coding: Coding,
}

/// What a name says of compression. The bytes decide when they are read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Coding {
    None,
    Read,
    NotRead,
}

impl Aside<'_> {
    /// Returns the name of the log.
    pub(super) fn name(&self) -> Vec<u8> {
        [self.log.0, self.log.1].concat()
    }
}

/// Reads a name as that of a log put aside: `NAME.1`, `NAME-20261121.gz`, `STEM-20261121.EXT`.
pub(super) fn aside(name: &[u8]) -> Option<Aside<'_>> {
    let coding = CODINGS.iter().position(|coding| name.ends_with(coding));
    let bare = match coding.and_then(|at| CODINGS.get(at)) {
        Some(coding) => name.strip_suffix(*coding).unwrap_or(name),
        None => name,
    };
    let coding = match coding {
        None => Coding::None,
        Some(at) if at < READ => Coding::Read,
        Some(_) => Coding::NotRead,
    };
    let found = |(before, number, after)| Aside { log: (before, after), number, coding };
    if let Some((before, number)) = numbered(bare) {
        return Some(found((before, number, &b""[..])));
    }
    // The number stands before the last extension.
    let dot = bare.iter().rposition(|&byte| byte == b'.').filter(|&dot| dot > 0)?;
    let (stem, extension) = bare.split_at_checked(dot)?;
    numbered(stem).map(|(before, number)| found((before, number, extension)))
}

/// Splits `NAME[.-_]DIGITS…` where everything from the first digit on is digits and what stands
/// between those of a date.
fn numbered(name: &[u8]) -> Option<(&[u8], Option<u32>)> {
    let date = |&byte: &u8| byte.is_ascii_digit() || b"-_.:T+".contains(&byte);
    let tail = name.iter().rev().take_while(|byte| date(byte)).count();
    let (_, mark) = name.split_at_checked(name.len().saturating_sub(tail))?;
    // The longest tail that begins with a mark and a digit.
    let at = mark.windows(2).position(|pair| {
        pair.first().is_some_and(|mark| b".-_".contains(mark))
            && pair.last().is_some_and(u8::is_ascii_digit)
    })?;
    let start = name.len().saturating_sub(tail).saturating_add(at);
    let (before, tail) = name.split_at_checked(start)?;
    let digits = tail.get(1..)?;
    let number = std::str::from_utf8(digits).ok().filter(|text| text.len() <= 4);
    let ends = digits.last().is_some_and(u8::is_ascii_digit);
    (!before.is_empty() && ends).then_some((before, number.and_then(|text| text.parse().ok())))
}

#[cfg(test)]
mod tests {
    use super::{Coding, aside};

    #[test]
    fn names_of_logs_that_were_put_aside() {
        let check = |name: &str, log: &str, number: Option<u32>, coding| {
            let found = aside(name.as_bytes()).unwrap_or_else(|| panic!("{name} is one"));
            assert_eq!(found.name(), log.as_bytes(), "{name}: {found:?}");
            assert_eq!((found.number, found.coding), (number, coding), "{name}");
        };
        check("syslog.1", "syslog", Some(1), Coding::None);
        check("syslog.0", "syslog", Some(0), Coding::None);
        check("syslog.12.gz", "syslog", Some(12), Coding::Read);
        check("a.log.2.xz", "a.log", Some(2), Coding::Read);
        check("a.log.2.zst", "a.log", Some(2), Coding::Read);
        check("a.log.2.bz2", "a.log", Some(2), Coding::NotRead);
        check("a.log-20261121", "a.log", None, Coding::None);
        check("a.log-20261121-1795230000.gz", "a.log", None, Coding::Read);
        check("a.log.2026-11-21_12:00:00", "a.log", None, Coding::None);
        check("a-20261121.log", "a.log", None, Coding::None);
        check("a.1.log.gz", "a.log", Some(1), Coding::Read);
        for name in ["syslog", "a.log", ".1", "1", "a.", "a.log.gz", "a1", "-1", "a.1x"] {
            assert_eq!(aside(name.as_bytes()), None, "{name}");
        }
    }
}
