//! Modules inside programs made by Go (package `debug/buildinfo` of its library): the text that the
//! linker writes, inline since Go 1.18, behind two pointers before.

use std::cmp::Ordering;

use super::Language;
use super::elf::{Elf, Extent};
use super::part::{Listed, Part, Place, Unit, Wanted, short};
use crate::bounds::Ranges;

/// Modules in programs of Go.
#[derive(Debug)]
pub(super) struct Go;

/// Begins the header, on a boundary of 16 bytes.
const MARK: &[u8] = b"\xff Go buildinf:";
const HEADER: u64 = 32;
const ALIGNMENT: usize = 16;
/// How far into the data of a program without such a section its header may begin; Go itself looks
/// no further.
const SEARCHED: u64 = 64 << 10;
/// Bytes of a number in groups of seven bits, and of a text that it counts.
const COUNT_BYTES: u64 = 5;
const MAX_TEXT: u64 = 16 << 20;
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

    fn takes_ranges(&self) -> bool {
        true
    }

    fn read(&self, path: &[u8], mut bytes: &[u8]) -> Part {
        self.look(path, &mut bytes)
    }

    fn look(&self, _path: &[u8], file: &mut dyn Ranges) -> Part {
        let mut part = Part::default();
        let Some((mut elf, header)) =
            Elf::new(file).and_then(|mut elf| header(&mut elf).map(|header| (elf, header)))
        else {
            return part;
        };
        match texts(&mut elf, header) {
            Some((version, modules)) => list(&version, &modules, &mut part),
            None => part.loses("its build information of Go is damaged, and names no modules"),
        }
        part
    }

    fn compare_versions(&self, a: &str, b: &str) -> Ordering {
        super::semver::compare(a, b)
    }
}

/// Returns where the header begins, and how much there is from there on.
fn header(elf: &mut Elf<'_>) -> Option<Extent> {
    let marked = |elf: &mut Elf<'_>, extent: Extent| {
        elf.read(extent.part(0, MARK.len() as u64)?).filter(|bytes| bytes == MARK).map(|_| extent)
    };
    if let Some(section) = elf.section(b".go.buildinfo") {
        return marked(elf, section);
    }
    let data = elf.segments().into_iter().find(|segment| segment.writable)?.extent;
    let searched = elf.read(data.part(0, data.length.min(SEARCHED))?)?;
    let at = searched.chunks(ALIGNMENT).position(|chunk| chunk.starts_with(MARK))?;
    data.from(at.checked_mul(ALIGNMENT)? as u64)
}

/// Returns the version of Go and the list of modules.
fn texts(elf: &mut Elf<'_>, place: Extent) -> Option<(Vec<u8>, Vec<u8>)> {
    let header = elf.read(place.part(0, HEADER)?)?;
    let (&width, &flags) = (header.get(14)?, header.get(15)?);
    if flags & 2 != 0 {
        let (version, rest) = counted(elf, place.from(HEADER)?)?;
        let (modules, _) = counted(elf, rest)?;
        return Some((version, modules));
    }
    if !matches!(width, 4 | 8) {
        return None;
    }
    // The byte order of the pointers is said once more, and is the program's.
    let width = usize::from(width);
    let mut pointer = |at: usize| {
        let bytes = header.get(at..at.checked_add(width)?)?;
        string(elf, elf.number(bytes), width)
    };
    Some((pointer(16)?, pointer(16usize.checked_add(width)?)?))
}

/// A number in groups of seven bits, and so many bytes; what follows them comes too.
fn counted(elf: &mut Elf<'_>, place: Extent) -> Option<(Vec<u8>, Extent)> {
    let bytes = elf.read(place.part(0, place.length.min(COUNT_BYTES))?)?;
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
    let rest = place.from(at as u64)?;
    let text = elf.read(rest.part(0, Some(length).filter(|length| *length <= MAX_TEXT)?)?)?;
    Some((text, rest.from(length)?))
}

/// A string of Go by the address of its two words, address and length.
fn string(elf: &mut Elf<'_>, address: u64, width: usize) -> Option<Vec<u8>> {
    let segments = elf.segments();
    let at = |elf: &mut Elf<'_>, address: u64, length: u64| {
        let lies = segments
            .iter()
            .find_map(|segment| segment.extent.part(address.checked_sub(segment.address)?, length));
        elf.read(lies.filter(|_| length <= MAX_TEXT)?)
    };
    let words = at(elf, address, u64::try_from(width.checked_mul(2)?).ok()?)?;
    let (start, length) = words.split_at_checked(width)?;
    let (start, length) = (elf.number(start), elf.number(length));
    at(elf, start, length)
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
