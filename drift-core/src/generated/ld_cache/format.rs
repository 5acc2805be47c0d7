//! The file that ldconfig(8) writes, read and written: `glibc-ld.so.cache` version 1.1.
//!
//! Source: glibc, `sysdeps/generic/dl-cache.h`, `elf/cache.c` and `elf/stringtable.c` (since 2.33).
//! All but the entries follows from the entries, so writing them again must give the same bytes.

use std::cmp::Ordering;
use std::collections::BTreeMap;

use crate::bounds::escape::escaped;

const MAGIC: &[u8] = b"glibc-ld.so.cache1.1";
/// The format before glibc 2.32, which may stand in front of the new one.
const OLD_MAGIC: &[u8] = b"ld.so-1.7.0";
const HEADER: usize = 48;
const ENTRY: usize = 24;
const LITTLE_ENDIAN: u8 = 2;
const EXTENSION_MAGIC: u32 = 0xeaa4_2174;
const TAG_GENERATOR: u32 = 0;
const TAG_HWCAPS: u32 = 1;
/// Set in an entry of a subdirectory of `glibc-hwcaps`; the low half numbers its name.
const EXTENSION: u64 = 1 << 62;

/// One library.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Entry<'b> {
    /// Kind and machine.
    pub(super) flags: u32,
    /// What programs ask for.
    pub(super) soname: &'b [u8],
    /// What they get.
    pub(super) path: &'b [u8],
    /// The subdirectory of `glibc-hwcaps`, and the level of instructions that it needs.
    pub(super) hwcap: Option<(&'b [u8], u32)>,
}

/// A whole cache.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Cache<'b> {
    /// In the order of the file.
    pub(super) entries: Vec<Entry<'b>>,
    /// Names of subdirectories of `glibc-hwcaps`, by number.
    pub(super) hwcaps: Vec<&'b [u8]>,
    /// Which program wrote it.
    pub(super) generator: &'b [u8],
}

/// Why a cache cannot be judged.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Unread {
    /// It is not what ldconfig writes.
    Malformed(String),
    /// It is of a format that is not derived here.
    OtherFormat(&'static str),
}

/// Reads a cache; whatever is not as ldconfig writes it is told.
pub(super) fn parse(bytes: &[u8]) -> Result<Cache<'_>, Unread> {
    if bytes.starts_with(OLD_MAGIC) {
        return Err(Unread::OtherFormat("it is of the format before glibc 2.32"));
    }
    let read = read(bytes).map_err(Unread::Malformed)?;
    let written = write(&read).ok_or_else(|| Unread::Malformed("it is too large".to_owned()))?;
    if written != bytes {
        let at = written.iter().zip(bytes).take_while(|(a, b)| a == b).count();
        let what = format!("its bytes are not laid out as ldconfig(8) does it, from byte {at} on");
        return Err(Unread::Malformed(what));
    }
    for pair in read.entries.windows(2) {
        if let [first, second] = pair
            && order(first, second) == Ordering::Greater
        {
            let name = escaped(second.soname);
            return Err(Unread::Malformed(format!("{name} stands where no program finds it")));
        }
    }
    Ok(read)
}

fn read(bytes: &[u8]) -> Result<Cache<'_>, String> {
    let cut = || "it is cut off".to_owned();
    if !bytes.starts_with(MAGIC) {
        return Err("it does not begin as a cache of ldconfig(8)".to_owned());
    }
    if bytes.get(28) != Some(&LITTLE_ENDIAN) {
        return Err("its order of bytes is not that of this kind of machine".to_owned());
    }
    let count = u32_at(bytes, 20).ok_or_else(cut)? as usize;
    let extension = u32_at(bytes, 32).ok_or_else(cut)? as usize;
    let (hwcaps, generator) = extensions(bytes, extension).ok_or("its extensions are malformed")?;
    let table = bytes.get(HEADER..).ok_or_else(cut)?;
    let table = table.get(..count.checked_mul(ENTRY).ok_or_else(cut)?).ok_or_else(cut)?;
    let mut entries = Vec::new();
    for raw in table.chunks_exact(ENTRY) {
        entries.push(entry(bytes, raw, &hwcaps).ok_or("an entry is malformed")?);
    }
    Ok(Cache { entries, hwcaps, generator })
}

fn entry<'b>(bytes: &'b [u8], raw: &[u8], hwcaps: &[&'b [u8]]) -> Option<Entry<'b>> {
    let hwcap = u64::from(u32_at(raw, 16)?) | (u64::from(u32_at(raw, 20)?) << 32);
    let hwcap = match hwcap {
        0 => None,
        set => {
            let level = u32::try_from((set & !EXTENSION) >> 32).ok()?;
            let number = usize::try_from(set & u64::from(u32::MAX)).ok()?;
            Some((*hwcaps.get(number)?, level)).filter(|_| set & EXTENSION != 0)?.into()
        }
    };
    let soname = string_at(bytes, u32_at(raw, 4)?)?;
    let path = string_at(bytes, u32_at(raw, 8)?)?;
    let entry = Entry { flags: u32_at(raw, 0)?, soname, path, hwcap };
    // Its version of the kernel was last used by glibc 2.35.
    (u32_at(raw, 12)? == 0 && !soname.is_empty() && !path.is_empty()).then_some(entry)
}

type Extensions<'b> = (Vec<&'b [u8]>, &'b [u8]);

fn extensions(bytes: &[u8], at: usize) -> Option<Extensions<'_>> {
    let directory = bytes.get(at..)?;
    if u32_at(directory, 0)? != EXTENSION_MAGIC {
        return None;
    }
    let (mut hwcaps, mut generator) = (Vec::new(), None);
    let count = u32_at(directory, 4)? as usize;
    for raw in directory.get(8..)?.chunks_exact(16).take(count.min(2)) {
        let (offset, size) = (u32_at(raw, 8)? as usize, u32_at(raw, 12)? as usize);
        let section = bytes.get(offset..offset.checked_add(size)?)?;
        match u32_at(raw, 0)? {
            TAG_GENERATOR => generator = Some(section),
            TAG_HWCAPS => {
                for raw in section.chunks_exact(4) {
                    hwcaps.push(string_at(bytes, u32_at(raw, 0)?)?);
                }
            }
            _ => return None,
        }
    }
    Some((hwcaps, generator?))
}

fn u32_at(bytes: &[u8], at: usize) -> Option<u32> {
    let raw = bytes.get(at..at.checked_add(4)?)?;
    Some(u32::from_le_bytes(raw.try_into().ok()?))
}

/// Longer than any path that the kernel takes (`PATH_MAX`).
const MAX_STRING: usize = 4096;

fn string_at(bytes: &[u8], at: u32) -> Option<&[u8]> {
    let rest = bytes.get(at as usize..)?;
    let rest = rest.get(..rest.len().min(MAX_STRING))?;
    rest.get(..rest.iter().position(|&byte| byte == 0)?)
}

/// Writes a cache as ldconfig does; `None` of one that is too large for the format.
fn write(cache: &Cache<'_>) -> Option<Vec<u8>> {
    let start = HEADER.checked_add(cache.entries.len().checked_mul(ENTRY)?)?;
    let (strings, offsets) = strings(cache, start)?;
    let offset = |text: &[u8]| offsets.get(text).copied();
    let end = start.checked_add(strings.len())?;
    let extension = end.checked_next_multiple_of(4)?;
    let mut out = MAGIC.to_vec();
    for number in [cache.entries.len(), strings.len()] {
        out.extend(u32::try_from(number).ok()?.to_le_bytes());
    }
    out.extend([LITTLE_ENDIAN, 0, 0, 0]);
    out.extend(u32::try_from(extension).ok()?.to_le_bytes());
    out.resize(HEADER, 0);
    for entry in &cache.entries {
        out.extend(entry.flags.to_le_bytes());
        out.extend(offset(entry.soname)?.to_le_bytes());
        out.extend(offset(entry.path)?.to_le_bytes());
        out.extend([0; 4]);
        let hwcap = match entry.hwcap {
            None => 0,
            Some((name, level)) => {
                let number = cache.hwcaps.iter().position(|known| *known == name)?;
                EXTENSION | (u64::from(level) << 32) | u64::try_from(number).ok()?
            }
        };
        out.extend(hwcap.to_le_bytes());
    }
    out.extend(strings);
    out.resize(extension, 0);
    write_extensions(cache, extension, &offset, &mut out)?;
    Some(out)
}

fn write_extensions(
    cache: &Cache<'_>,
    at: usize,
    offset: &dyn Fn(&[u8]) -> Option<u32>,
    out: &mut Vec<u8>,
) -> Option<()> {
    let names = cache.hwcaps.len().checked_mul(4)?;
    let count: u32 = if cache.hwcaps.is_empty() { 1 } else { 2 };
    let listed = at.checked_add(8)?.checked_add(usize::try_from(count).ok()?.checked_mul(16)?)?;
    let mut words = vec![EXTENSION_MAGIC, count, TAG_GENERATOR, 0];
    words.push(u32::try_from(listed.checked_add(names)?).ok()?);
    words.push(u32::try_from(cache.generator.len()).ok()?);
    if count == 2 {
        words.extend([TAG_HWCAPS, 0, u32::try_from(listed).ok()?, u32::try_from(names).ok()?]);
    }
    for name in &cache.hwcaps {
        words.push(offset(name)?);
    }
    out.extend(words.into_iter().flat_map(u32::to_le_bytes));
    out.extend_from_slice(cache.generator);
    Some(())
}

type Strings<'b> = (Vec<u8>, BTreeMap<&'b [u8], u32>);

/// Lays out the strings: each once, in reverse order of their reversed bytes, and one that another
/// ends with inside that one.
fn strings<'b>(cache: &Cache<'b>, start: usize) -> Option<Strings<'b>> {
    let entries = cache.entries.iter().flat_map(|entry| [entry.soname, entry.path]);
    let mut all: Vec<&[u8]> = entries.chain(cache.hwcaps.iter().copied()).collect();
    all.sort_unstable_by(|a, b| b.iter().rev().cmp(a.iter().rev()));
    all.dedup();
    let (mut out, mut offsets) = (Vec::new(), BTreeMap::new());
    let mut previous: (&[u8], usize) = (b"", 0);
    for text in all {
        let at = match previous.0.ends_with(text) {
            true => previous.1.checked_add(previous.0.len())?.checked_sub(text.len())?,
            false => out.len(),
        };
        if at == out.len() {
            out.extend_from_slice(text);
            out.push(0);
        }
        offsets.insert(text, u32::try_from(start.checked_add(at)?).ok()?);
        previous = (text, at);
    }
    Some((out, offsets))
}

/// The order in which the loader searches: names downwards, then what is more special.
pub(super) fn order(a: &Entry<'_>, b: &Entry<'_>) -> Ordering {
    let special = |entry: &Entry<'_>| entry.hwcap.is_none();
    compare_names(b.soname, a.soname)
        .then_with(|| b.flags.cmp(&a.flags))
        .then_with(|| special(a).cmp(&special(b)))
        .then_with(|| a.hwcap.map(|(name, _)| name).cmp(&b.hwcap.map(|(name, _)| name)))
}

/// `_dl_cache_libcmp` of glibc: runs of digits compare as numbers.
pub(super) fn compare_names(mut a: &[u8], mut b: &[u8]) -> Ordering {
    loop {
        let (Some(&x), Some(&y)) = (a.first(), b.first()) else {
            // A digit sorts after everything, also after the end.
            return a.len().cmp(&b.len());
        };
        match (x.is_ascii_digit(), y.is_ascii_digit()) {
            (true, true) => match number(&mut a).cmp(&number(&mut b)) {
                Ordering::Equal => {}
                unequal => return unequal,
            },
            (true, false) => return Ordering::Greater,
            (false, true) => return Ordering::Less,
            // Characters of C on x86 are signed.
            (false, false) if x != y => return x.cast_signed().cmp(&y.cast_signed()),
            (false, false) => {
                a = a.get(1..).unwrap_or_default();
                b = b.get(1..).unwrap_or_default();
            }
        }
    }
}

/// Takes the digits at the beginning as an `int` of C, which wraps.
fn number(text: &mut &[u8]) -> i32 {
    let mut value = 0_i32;
    while let Some((&digit, rest)) = text.split_first().filter(|(digit, _)| digit.is_ascii_digit())
    {
        value = value.wrapping_mul(10).wrapping_add(i32::from(digit.wrapping_sub(b'0')));
        *text = rest;
    }
    value
}

#[cfg(test)]
mod tests {
    use std::cmp::Ordering;

    use super::{Cache, Entry, Unread, compare_names, parse, write};

    #[test]
    fn names_compare_as_the_loader_compares_them() {
        let check = |a: &str, b: &str, expect| {
            assert_eq!(compare_names(a.as_bytes(), b.as_bytes()), expect, "{a} {b}");
            assert_eq!(compare_names(b.as_bytes(), a.as_bytes()), expect.reverse(), "{b} {a}");
        };
        // Worked out by hand from `_dl_cache_libcmp` of glibc.
        check("libc.so.6", "libc.so.6", Ordering::Equal);
        check("libc.so.10", "libc.so.9", Ordering::Greater);
        check("libc.so.010", "libc.so.10", Ordering::Equal);
        check("libc.so", "libc.so.6", Ordering::Less);
        check("lib1", "liba", Ordering::Greater);
        check("lib1", "lib.", Ordering::Greater);
    }

    #[test]
    fn subdirectories_for_processors_come_first_and_are_written_as_ldconfig_does() {
        let entry = |path, hwcap| Entry { flags: 0x303, soname: b"liba.so.1", path, hwcap };
        let special = entry(b"/lib/glibc-hwcaps/x86-64-v3/liba.so.1", Some((&b"x86-64-v3"[..], 0)));
        let plain = entry(b"/lib/liba.so.1", None);
        let cache = |entries| Cache { entries, hwcaps: vec![b"x86-64-v3"], generator: b"ldconfig" };
        let right = write(&cache(vec![special, plain])).unwrap();
        assert_eq!(parse(&right).unwrap(), cache(vec![special, plain]));
        let wrong = write(&cache(vec![plain, special])).unwrap();
        assert!(matches!(parse(&wrong), Err(Unread::Malformed(_))));
        for at in 0..right.len() {
            assert!(parse(&right[..at]).is_err(), "cut at {at}");
        }
        assert!(matches!(parse(b"ld.so-1.7.0"), Err(Unread::OtherFormat(_))));
    }
}
