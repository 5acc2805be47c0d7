//! Packages of Java inside archives: the coordinates that Maven writes into `META-INF/maven`, or else
//! what the manifest says (JAR File Specification). Archives inside archives are read one level down,
//! as Spring Boot and web applications nest them.

mod properties;
mod version;
mod zip;

use std::cmp::Ordering;

use super::Language;
use super::part::{Part, Place, Unit, Wanted, short};
use crate::bounds::Ranges;
use zip::{Archive, Member};

/// Packages of Java.
#[derive(Debug)]
pub(super) struct Java;

const ENDS: [&[u8]; 3] = [b".jar", b".war", b".ear"];
/// Bytes of a file of coordinates or a manifest.
const MAX_TEXT: u64 = 1 << 20;
/// Bytes of one archive within another, and of all of them together.
const MAX_NESTED: u64 = 64 << 20;
const MAX_ALL_NESTED: u64 = 512 << 20;
/// Archives within one, and coordinates in one.
const MAX_FOUND: usize = 4096;

impl Language for Java {
    fn name(&self) -> &'static str {
        "maven"
    }

    fn wants(&self, place: &Place<'_>) -> Option<Wanted> {
        let name = place.name();
        let wanted = ENDS.iter().any(|end| name.len() > end.len() && name.ends_with(end));
        wanted.then_some(Wanted { unit: Unit::File, up: 1 })
    }

    fn max_bytes(&self) -> u64 {
        256 << 20
    }

    fn takes_ranges(&self) -> bool {
        true
    }

    fn read(&self, path: &[u8], mut bytes: &[u8]) -> Part {
        self.look(path, &mut bytes)
    }

    fn look(&self, path: &[u8], file: &mut dyn Ranges) -> Part {
        let mut part = Part::default();
        let name = path.rsplit(|&byte| byte == b'/').next().unwrap_or_default();
        let mut left = Left { nested: MAX_ALL_NESTED, archives: MAX_FOUND };
        read_archive(&String::from_utf8_lossy(name), "", file, Some(&mut left), &mut part);
        part
    }

    fn compare_versions(&self, a: &str, b: &str) -> Ordering {
        version::compare(a, b)
    }
}

/// What archives within an archive may still cost.
struct Left {
    nested: u64,
    archives: usize,
}

/// Reads one archive; what lies in it only where something is left to be spent on that.
fn read_archive(
    name: &str,
    below: &str,
    file: &mut dyn Ranges,
    left: Option<&mut Left>,
    part: &mut Part,
) {
    let archive = match Archive::open(file) {
        Ok(archive) => archive,
        Err(reason) => {
            return part.loses(format!("{name} is no archive that can be read: {reason}"));
        }
    };
    let (mut found, mut manifest, mut nested) = (Vec::new(), None, Vec::new());
    for member in archive.members() {
        let member = match member {
            Ok(member) => member,
            Err(reason) => return part.loses(format!("{name} is damaged: {reason}")),
        };
        if is_coordinates(member.name) && found.len() < MAX_FOUND {
            found.push(member);
        } else if member.name == b"META-INF/MANIFEST.MF" {
            manifest = Some(member);
        } else if member.name.ends_with(b".jar") && left.is_some() && nested.len() <= MAX_FOUND {
            nested.push(member);
        }
    }
    let before = part.packages.len();
    for member in &found {
        if let Some(text) = content((&archive, file), member, name, part) {
            part.packages.extend(properties::coordinates(&text));
        }
    }
    if part.packages.len() == before {
        let text = manifest.and_then(|member| content((&archive, file), &member, name, part));
        let stated = properties::stated(&text.unwrap_or_default(), name);
        part.packages.extend(stated);
    }
    for listed in part.packages.get_mut(before..).unwrap_or_default() {
        listed.below = below.to_owned();
    }
    if let Some(left) = left {
        for member in nested {
            read_nested((&archive, file), &member, name, left, part);
        }
    }
}

fn read_nested(
    (archive, file): (&Archive, &mut dyn Ranges),
    member: &Member<'_>,
    outer: &str,
    left: &mut Left,
    part: &mut Part,
) {
    let shown = short(&String::from_utf8_lossy(member.name));
    let limit = MAX_NESTED.min(left.nested);
    if left.archives == 0 || member.size > limit {
        part.loses(format!("{shown} in {outer} is too large, or one too many, and was not read"));
        return;
    }
    left.archives = left.archives.saturating_sub(1);
    // Whether it can be read or not, so much may have been decompressed.
    left.nested = left.nested.saturating_sub(member.size);
    match archive.content(file, member, limit) {
        Ok(bytes) => {
            let (directory, name) = shown.rsplit_once('/').unwrap_or(("", &shown));
            let below = format!("{outer}/{directory}");
            read_archive(name, below.trim_end_matches('/'), &mut &*bytes, None, part);
        }
        Err(reason) => part.loses(format!("{shown} in {outer} cannot be read: {reason}")),
    }
}

fn content(
    (archive, file): (&Archive, &mut dyn Ranges),
    member: &Member<'_>,
    name: &str,
    part: &mut Part,
) -> Option<String> {
    match archive.content(file, member, MAX_TEXT) {
        Ok(bytes) => Some(String::from_utf8_lossy(&bytes).into_owned()),
        Err(reason) => {
            let shown = short(&String::from_utf8_lossy(member.name));
            part.loses(format!("{shown} in {name} cannot be read: {reason}"));
            None
        }
    }
}

/// `META-INF/maven/GROUP/ARTIFACT/pom.properties`.
fn is_coordinates(name: &[u8]) -> bool {
    let inside = name
        .strip_prefix(b"META-INF/maven/")
        .and_then(|rest| rest.strip_suffix(b"/pom.properties"));
    inside.is_some_and(|inside| inside.iter().filter(|&&byte| byte == b'/').count() == 1)
}
