//! What a stanza says for bills of materials: deb822(5), deb-control(5), deb-src-control(5).

use super::deb822::{Field, Stanza};
use super::status::Registration;
use crate::packages::{Completeness, Details, Reading};

/// Bytes of one name or address; longer ones are no such thing and are left out.
const MAX_VALUE_BYTES: usize = 1024;

/// The fields as they stand; only those of installed packages are ever taken apart.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Told<'f> {
    source: Option<Field<'f>>,
    pre_depends: Option<Field<'f>>,
    depends: Option<Field<'f>>,
    provides: Option<Field<'f>>,
    maintainer: Option<Field<'f>>,
    homepage: Option<Field<'f>>,
}

impl<'f> Told<'f> {
    pub(super) fn of(stanza: &Stanza<'f>) -> Self {
        Self {
            source: stanza.field(b"Source"),
            pre_depends: stanza.field(b"Pre-Depends"),
            depends: stanza.field(b"Depends"),
            provides: stanza.field(b"Provides"),
            maintainer: stanza.field(b"Maintainer"),
            homepage: stanza.field(b"Homepage"),
        }
    }
}

/// Takes the fields of one installed package apart.
pub(super) fn read(reading: &mut Reading<'_, '_>, package: &Registration<'_>) -> Details {
    let told = package.told;
    let mut depends = names(reading, package, told.pre_depends);
    depends.extend(names(reading, package, told.depends));
    Details {
        source: told.source.and_then(|field| source(line(field)?, &package.version)),
        licence: None,
        depends,
        provides: names(reading, package, told.provides),
        supplier: told.maintainer.and_then(line).map(str::to_owned),
        homepage: told.homepage.and_then(line).map(str::to_owned),
    }
}

/// Reads `NAME` or `NAME (VERSION)`; without a version the source has the package's own.
fn source(value: &str, own: &str) -> Option<(String, String)> {
    let (name, version) = match value.split_once('(') {
        Some((name, version)) => (name.trim_end(), version.strip_suffix(')')?.trim()),
        None => (value, own),
    };
    is_name(name).then(|| (name.to_owned(), version.to_owned()))
}

/// Returns the names of a list of relationships, alternatives joined by `|`.
fn names(
    reading: &mut Reading<'_, '_>,
    package: &Registration<'_>,
    field: Option<Field<'_>>,
) -> Vec<String> {
    let mut names = Vec::new();
    for group in field.map(|field| field.value).unwrap_or_default().split(|&byte| byte == b',') {
        let alternatives = group.split(|&byte| byte == b'|').filter_map(name);
        let group = alternatives.take(MAX_VALUE_BYTES).collect::<Vec<_>>().join("|");
        if group.is_empty() {
            continue;
        }
        if !reading.item(&package.source, Completeness::RecordsIncomplete) {
            break;
        }
        names.push(group);
    }
    names
}

/// Reads `NAME`, `NAME:ARCHITECTURE` or either with `(RELATION VERSION)` behind.
fn name(relationship: &[u8]) -> Option<&str> {
    let end = |byte: &u8| matches!(byte, b' ' | b'\t' | b'\n' | b'(' | b':' | b'[' | b'<');
    let relationship = relationship.trim_ascii();
    let length = relationship.iter().position(end).unwrap_or(relationship.len());
    let name = std::str::from_utf8(relationship.get(..length)?).ok()?;
    is_name(name).then_some(name)
}

fn is_name(name: &str) -> bool {
    name.len() <= MAX_VALUE_BYTES
        && name.starts_with(|first: char| first.is_ascii_alphanumeric())
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-+._".contains(&byte))
}

/// Returns a value that is one line of text.
fn line<'f>(field: Field<'f>) -> Option<&'f str> {
    let value = field.value.trim_ascii();
    let text = std::str::from_utf8(value).ok().filter(|text| text.len() <= MAX_VALUE_BYTES)?;
    (!text.is_empty() && !text.contains(char::is_control)).then_some(text)
}
