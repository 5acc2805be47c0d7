//! `mtree`: type, mode, owner, time and digests of each path, as makepkg wrote it: mtree(5).
//!
//! Compressed with gzip and read line by line, so that what comes out is never held. makepkg writes
//! each path in full; the form with one directory inside the other is not read, and that is told.

use std::io::{BufRead as _, BufReader, Read};

use crate::model::{Algorithm, Digest, FileType, PathError};
use crate::packages::{Claimant, Completeness, Owner, Reading, Recorded, Shipped};

const LOSS: Completeness = Completeness::RecordsIncomplete;

/// Bytes of a line: a path of PATH_MAX in escapes of four bytes, and its keywords.
const MAX_LINE_BYTES: usize = 32 << 10;

/// Keywords of mtree(5) whose values are not needed here.
const OTHER_KEYWORDS: [&str; 19] = [
    "cksum",
    "contents",
    "flags",
    "gname",
    "ignore",
    "inode",
    "nlink",
    "nochange",
    "optional",
    "resdevice",
    "rmd160",
    "rmd160digest",
    "ripemd160digest",
    "sha1",
    "sha384",
    "sha384digest",
    "sha512",
    "sha512digest",
    "uname",
];

/// What the lines so far say where a path says nothing.
#[derive(Debug, Clone, Copy, Default)]
struct Keywords {
    shipped: Shipped,
    digest: Option<Digest>,
}

/// Reads the mtree of one package.
pub(super) fn read(
    reading: &mut Reading<'_, '_>,
    claimant: Claimant,
    directory: &[u8],
    source: &[u8],
) {
    let Some(packed) = reading.open(source, LOSS) else { return };
    if packed.is_empty() {
        return reading.note(source, "it is empty; the files cannot be checked".to_owned(), LOSS);
    }
    // Old packages have it plain.
    let plain = packed.starts_with(b"#");
    let unpacked: Box<dyn Read + '_> = match plain {
        true => Box::new(packed),
        false => Box::new(flate2::bufread::MultiGzDecoder::new(packed)),
    };
    let mut input = BufReader::new(unpacked);
    let mut defaults = Keywords::default();
    let mut line = Vec::new();
    for number in 1_usize.. {
        match next_line(reading, &mut input, source, &mut line) {
            Ok(true) => {}
            Ok(false) => return,
            Err(reason) => return reading.note(source, reason, LOSS),
        }
        let taken = match line.trim_ascii() {
            [] | [b'#', ..] => Ok(()),
            [b'/', command @ ..] => default(reading, &mut defaults, command),
            entry => path(reading, claimant, directory, (defaults, entry)),
        };
        if let Err(what) = taken {
            reading.fault(source, number, &what, LOSS);
        }
    }
}

/// Reads a line with those that a backslash at its end joins to it; `false` at the end, or when the
/// budget is spent, which has been told then.
fn next_line(
    reading: &mut Reading<'_, '_>,
    input: &mut impl std::io::BufRead,
    source: &[u8],
    line: &mut Vec<u8>,
) -> Result<bool, String> {
    line.clear();
    loop {
        let before = line.len();
        let room = MAX_LINE_BYTES.saturating_sub(before);
        let limit = u64::try_from(room).unwrap_or(0);
        let taken = input.by_ref().take(limit).read_until(b'\n', line);
        let taken = taken.map_err(|error| format!("cannot be unpacked: {error}"))?;
        if taken == 0 && room > 0 {
            return if before == 0 { Ok(false) } else { Err("ends within a line".to_owned()) };
        }
        if line.pop_if(|byte| *byte == b'\n').is_none() {
            let cut = line.len() < MAX_LINE_BYTES;
            let reason = if cut { "the last line has no end" } else { "a line is too long" };
            return Err(format!("{reason}; nothing after it is read"));
        }
        let bytes = u64::try_from(taken).unwrap_or(u64::MAX);
        if !reading.item(source, LOSS) || !reading.bytes(source, bytes, LOSS) {
            return Ok(false);
        }
        if line.pop_if(|byte| *byte == b'\\').is_none() {
            return Ok(true);
        }
    }
}

/// Takes `/set` and `/unset`.
fn default(
    reading: &mut Reading<'_, '_>,
    defaults: &mut Keywords,
    command: &[u8],
) -> Result<(), String> {
    let mut words = words(command);
    match words.next() {
        Some(b"set") => words.try_for_each(|word| defaults.take(reading, word)),
        Some(b"unset") => {
            for word in words {
                defaults.forget(word)?;
            }
            Ok(())
        }
        _ => Err("a command that is not known".to_owned()),
    }
}

/// Takes one path with its keywords.
fn path(
    reading: &mut Reading<'_, '_>,
    claimant: Claimant,
    directory: &[u8],
    (defaults, entry): (Keywords, &[u8]),
) -> Result<(), String> {
    let mut words = words(entry);
    let name = unescaped(words.next().unwrap_or_default())?;
    let mut keywords = defaults;
    words.try_for_each(|word| keywords.take(reading, word))?;
    let Some(inside) = name.strip_prefix(b"./") else {
        return if name == b"." { Ok(()) } else { Err("a path that is not in full".to_owned()) };
    };
    let kept = match inside {
        b".INSTALL" => Some("install"),
        b".CHANGELOG" => Some("changelog"),
        // What describes the package and is not installed.
        [b'.', rest @ ..] if !rest.contains(&b'/') => return Ok(()),
        _ => None,
    };
    let told = |error: PathError| error.to_string();
    if let Some(kept) = kept {
        let path = [directory, kept.as_bytes()].concat();
        if let Some(digest) = keywords.digest {
            reading.out.digest(claimant, &path, digest).map_err(told)?;
        }
        return Ok(());
    }
    keywords.keep_what_fits();
    let recorded = reading.out.shipped(claimant, inside, keywords.shipped).map_err(told)?;
    if let Some(digest) = keywords.digest {
        reading.out.digest(claimant, inside, digest).map_err(told)?;
    }
    match recorded {
        Recorded::Yes => Ok(()),
        Recorded::NotOwned(_) => {
            Err("a path that the package's list does not hold; the list may be cut off".to_owned())
        }
    }
}

impl Keywords {
    fn take(&mut self, reading: &mut Reading<'_, '_>, word: &[u8]) -> Result<(), String> {
        let equals = word.iter().position(|&byte| byte == b'=').unwrap_or(word.len());
        let (keyword, value) = word.split_at_checked(equals).unwrap_or((word, &[]));
        let value = value.get(1..).unwrap_or_default();
        let bad = || format!("\"{}\" has no valid value", String::from_utf8_lossy(keyword));
        let shipped = &mut self.shipped;
        match keyword {
            b"type" => shipped.file_type = Some(file_type(value).ok_or_else(bad)?),
            b"mode" => {
                let mode = std::str::from_utf8(value).ok().map(|mode| u16::from_str_radix(mode, 8));
                let mode = mode.and_then(Result::ok).filter(|mode| *mode <= 0o7777);
                shipped.mode = Some(mode.ok_or_else(bad)?);
            }
            b"uid" => shipped.user = Some(Owner::Id(number(value).ok_or_else(bad)?)),
            b"gid" => shipped.group = Some(Owner::Id(number(value).ok_or_else(bad)?)),
            b"size" => shipped.size = Some(number(value).ok_or_else(bad)?),
            b"time" => {
                let seconds = value.split(|&byte| byte == b'.').next().unwrap_or_default();
                shipped.mtime = Some(number(seconds).ok_or_else(bad)?);
            }
            b"link" => shipped.link_target = Some(reading.out.text(&unescaped(value)?)),
            b"device" => shipped.rdev = device(value),
            b"md5digest" | b"md5" => self.digest(Algorithm::Md5, value).ok_or_else(bad)?,
            b"sha1digest" => self.digest(Algorithm::Sha1, value).ok_or_else(bad)?,
            b"sha256digest" | b"sha256" => {
                self.digest(Algorithm::Sha256, value).ok_or_else(bad)?;
            }
            other if OTHER_KEYWORDS.iter().any(|known| known.as_bytes() == other) => {}
            _ => return Err("a keyword that is not known".to_owned()),
        }
        Ok(())
    }

    /// Keeps the strongest of several digests.
    fn digest(&mut self, algorithm: Algorithm, value: &[u8]) -> Option<()> {
        let digest = Digest::from_hex(algorithm, value)?;
        let strength = |digest: Digest| digest.algorithm().length();
        if self.digest.is_none_or(|known| strength(known) <= strength(digest)) {
            self.digest = Some(digest);
        }
        Some(())
    }

    fn forget(&mut self, keyword: &[u8]) -> Result<(), String> {
        let shipped = &mut self.shipped;
        match keyword {
            b"all" => *self = Self::default(),
            b"type" => shipped.file_type = None,
            b"mode" => shipped.mode = None,
            b"uid" => shipped.user = None,
            b"gid" => shipped.group = None,
            b"size" => shipped.size = None,
            b"time" => shipped.mtime = None,
            other if OTHER_KEYWORDS.iter().any(|known| known.as_bytes() == other) => {}
            _ => return Err("a keyword that cannot be unset".to_owned()),
        }
        Ok(())
    }

    /// Drops what a path of its type does not have, and the time of a directory, which every file
    /// put into it changes; pacman does not look at that either.
    fn keep_what_fits(&mut self) {
        if self.shipped.file_type == Some(FileType::Directory) {
            self.shipped.mtime = None;
        }
        if self.shipped.file_type != Some(FileType::File) {
            self.shipped.size = None;
            self.digest = None;
        }
        if self.shipped.file_type != Some(FileType::Symlink) {
            self.shipped.link_target = None;
        }
    }
}

fn words(line: &[u8]) -> impl Iterator<Item = &[u8]> {
    line.split(|byte| b" \t".contains(byte)).filter(|word| !word.is_empty())
}

fn number<N: std::str::FromStr>(value: &[u8]) -> Option<N> {
    std::str::from_utf8(value).ok()?.parse().ok()
}

fn file_type(value: &[u8]) -> Option<FileType> {
    Some(match value {
        b"file" => FileType::File,
        b"dir" => FileType::Directory,
        b"link" => FileType::Symlink,
        b"block" => FileType::Block,
        b"char" => FileType::Char,
        b"fifo" => FileType::Fifo,
        b"socket" => FileType::Socket,
        _ => return None,
    })
}

/// Reads `FORMAT,MAJOR,MINOR`; the form of one number depends on the system that wrote it.
fn device(value: &[u8]) -> Option<(u32, u32)> {
    let mut parts = value.split(|&byte| byte == b',').skip(1);
    let device = (number(parts.next()?)?, number(parts.next()?)?);
    parts.next().is_none().then_some(device)
}

/// Undoes vis(3): `\` and three octal digits, or one of the letters that stand for a byte.
fn unescaped(text: &[u8]) -> Result<Vec<u8>, String> {
    let mut out = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some((&first, after)) = rest.split_first() {
        rest = after;
        if first != b'\\' {
            out.push(first);
            continue;
        }
        let octal = rest.get(..3).and_then(|digits| std::str::from_utf8(digits).ok());
        let octal = octal.and_then(|digits| u8::from_str_radix(digits, 8).ok());
        let (byte, length) = match (octal, rest.first()) {
            (Some(byte), _) => (byte, 3),
            (None, Some(letter)) => match letter {
                b'\\' | b'#' | b'=' => (*letter, 1),
                b's' => (b' ', 1),
                b'n' => (b'\n', 1),
                b'r' => (b'\r', 1),
                b't' => (b'\t', 1),
                b'a' => (7, 1),
                b'b' => (8, 1),
                b'f' => (12, 1),
                b'v' => (11, 1),
                _ => return Err("an escape that is not known".to_owned()),
            },
            (None, None) => return Err("an escape that is not whole".to_owned()),
        };
        out.push(byte);
        rest = rest.get(length..).unwrap_or_default();
    }
    Ok(out)
}
