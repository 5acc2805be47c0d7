//! Modules inside programs made by Go (package `debug/buildinfo` of its library): the text that the
//! linker writes, inline since Go 1.18, behind two pointers before.

use std::cmp::Ordering;

use super::Language;
use super::elf::{Elf, slice};
use super::part::{Listed, Part, Place, Unit, Wanted, short};

/// Modules in programs of Go.
#[derive(Debug)]
pub(super) struct Go;

/// Begins the header, on a boundary of 16 bytes.
const MARK: &[u8] = b"\xff Go buildinf:";
const HEADER: usize = 32;
const ALIGNMENT: usize = 16;
/// How far into the data of a program without such a section its header may begin; Go itself looks
/// no further.
const SEARCHED: usize = 64 << 10;
/// Modules of one program; the largest known has 1,500.
const MAX_MODULES: usize = 65_536;

/// The largest program that is looked into.
pub(super) const MAX_PROGRAM: u64 = 256 << 20;

impl Language for Go {
    fn name(&self) -> &'static str {
        "golang"
    }

    fn wants(&self, place: &Place<'_>) -> Option<Wanted> {
        place.executable.then_some(Wanted { unit: Unit::File, up: 0 })
    }

    fn is_in_programs(&self) -> bool {
        true
    }

    fn max_bytes(&self) -> u64 {
        MAX_PROGRAM
    }

    fn read(&self, _path: &[u8], bytes: &[u8]) -> Part {
        let mut part = Part::default();
        let Some((elf, header)) = Elf::new(bytes).and_then(|elf| Some((elf, header(&elf)?))) else {
            return part;
        };
        match texts(&elf, header) {
            Some((version, modules)) => list(&version, &modules, &mut part),
            None => part.loses("its build information of Go is damaged, and names no modules"),
        }
        part
    }

    fn compare_versions(&self, a: &str, b: &str) -> Ordering {
        super::semver::compare(a, b)
    }
}

/// Returns the bytes from the header on.
fn header<'b>(elf: &Elf<'b>) -> Option<&'b [u8]> {
    if let Some(section) = elf.section(b".go.buildinfo") {
        return section.starts_with(MARK).then_some(section);
    }
    let data = elf.segments().into_iter().find(|segment| segment.writable)?.bytes;
    let searched = data.get(..data.len().min(SEARCHED)).unwrap_or_default();
    let at = searched.chunks(ALIGNMENT).position(|chunk| chunk.starts_with(MARK))?;
    data.get(at.checked_mul(ALIGNMENT)?..)
}

/// Returns the version of Go and the list of modules.
fn texts(elf: &Elf<'_>, header: &[u8]) -> Option<(Vec<u8>, Vec<u8>)> {
    let (&width, &flags) = (header.get(14)?, header.get(15)?);
    if flags & 2 != 0 {
        let (version, rest) = counted(header.get(HEADER..)?)?;
        let (modules, _) = counted(rest)?;
        return Some((version.to_vec(), modules.to_vec()));
    }
    if !matches!(width, 4 | 8) {
        return None;
    }
    // The byte order of the pointers is said once more, and is the program's.
    let width = usize::from(width);
    let pointer = |at: usize| {
        let bytes = header.get(at..at.checked_add(width)?)?;
        string(elf, elf.number(bytes), width)
    };
    Some((pointer(16)?, pointer(16usize.checked_add(width)?)?))
}

/// A number in groups of seven bits, and so many bytes.
fn counted(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let (mut length, mut shift, mut at) = (0u64, 0u32, 0usize);
    loop {
        let &byte = bytes.get(at)?;
        length |= u64::from(byte & 0x7f).checked_shl(shift)?;
        (at, shift) = (at.checked_add(1)?, shift.checked_add(7)?);
        if byte & 0x80 == 0 {
            break;
        }
        if shift > 28 {
            return None;
        }
    }
    bytes.get(at..)?.split_at_checked(usize::try_from(length).ok()?)
}

/// A string of Go by the address of its two words, address and length.
fn string(elf: &Elf<'_>, address: u64, width: usize) -> Option<Vec<u8>> {
    let segments = elf.segments();
    let at = |address: u64, length: u64| {
        segments
            .iter()
            .find_map(|segment| slice(segment.bytes, address.checked_sub(segment.address)?, length))
    };
    let words = at(address, u64::try_from(width.checked_mul(2)?).ok()?)?;
    let (start, length) = words.split_at_checked(width)?;
    at(elf.number(start), elf.number(length)).map(<[u8]>::to_vec)
}

/// Reads the lines between two sentinels of 16 bytes.
fn list(version: &[u8], modules: &[u8], part: &mut Part) {
    let end = modules.len().checked_sub(16);
    let framed = end.and_then(|end| modules.get(16..end)).filter(|text| text.ends_with(b"\n"));
    let text = String::from_utf8_lossy(framed.unwrap_or(modules));
    let mut replaced: Option<usize> = None;
    for line in text.lines() {
        let mut words = line.split('\t');
        let (kind, name, version) =
            (words.next(), words.next().unwrap_or_default(), words.next().unwrap_or_default());
        let listed = Listed { name: short(name), version: short(version), ..Listed::default() };
        match kind {
            Some("mod" | "dep") if part.packages.len() >= MAX_MODULES => {
                return part.loses("it names more than 65,536 modules; the rest is not listed");
            }
            Some("mod" | "dep") if !listed.name.is_empty() => {
                replaced = Some(part.packages.len());
                part.packages.push(listed);
            }
            // What was built is the replacement; a directory of the builder has no version.
            Some("=>") => {
                if let Some(slot) = replaced.take().and_then(|at| part.packages.get_mut(at)) {
                    *slot = listed;
                }
            }
            _ => {}
        }
    }
    let release = String::from_utf8_lossy(version);
    let release = release.split(' ').next().unwrap_or_default();
    if let Some(release) = release.strip_prefix("go").filter(|release| !release.is_empty()) {
        let standard =
            Listed { name: "stdlib".into(), version: short(release), ..Listed::default() };
        part.packages.push(standard);
    }
}
