//! What a header says of its package beyond who it is: for bills of materials.

use super::header::{Error, Header};
use super::scan::Scan;
use super::tags;
use crate::bounds::escape::escaped;
use crate::packages::{Completeness, Details};

/// Bytes of one text; licences of large packages are below 2,000.
const MAX_TEXT_BYTES: usize = 16 << 10;

/// Reads it; what is malformed is told, for nothing else would show that it is missing.
pub(super) fn read(scan: &mut Scan<'_, '_, '_>, name: &str, header: &Header<'_>) -> Details {
    let all = all(scan, name, header);
    all.unwrap_or_else(|error| {
        scan.fault(format!("{name}: {error}; its details are not known"));
        Details::default()
    })
}

fn all(scan: &mut Scan<'_, '_, '_>, name: &str, header: &Header<'_>) -> Result<Details, Error> {
    let text = |tag| -> Result<Option<String>, Error> {
        Ok(header.text(tag)?.filter(|text| !text.is_empty()).map(shown))
    };
    let source = text(tags::SOURCE_PACKAGE)?;
    Ok(Details {
        source: source.as_deref().and_then(named),
        licence: text(tags::LICENSE)?,
        depends: names(scan, name, header, tags::REQUIRES)?,
        provides: names(scan, name, header, tags::PROVIDES)?,
        supplier: text(tags::VENDOR)?,
        homepage: text(tags::URL)?,
    })
}

/// Returns the names of a list, each once, without rpm's own abilities and the package's own name.
fn names(
    scan: &mut Scan<'_, '_, '_>,
    name: &str,
    header: &Header<'_>,
    tag: u32,
) -> Result<Vec<String>, Error> {
    let mut names = Vec::new();
    for text in header.strings(tag)?.into_iter().flatten() {
        if !scan.reading.item(scan.path, Completeness::RecordsIncomplete) {
            break;
        }
        let text = text?;
        if !text.starts_with(b"rpmlib(") && text != name.as_bytes() {
            names.push(shown(text));
        }
    }
    names.sort();
    names.dedup();
    Ok(names)
}

/// Takes the name of a source package apart: `NAME-VERSION-RELEASE.src.rpm`.
fn named(file: &str) -> Option<(String, String)> {
    let name = file.strip_suffix(".rpm")?;
    let name = name.strip_suffix(".src").or_else(|| name.strip_suffix(".nosrc"))?;
    let (name, release) = name.rsplit_once('-')?;
    let (name, version) = name.rsplit_once('-')?;
    Some((name.to_owned(), format!("{version}-{release}")))
}

fn shown(text: &[u8]) -> String {
    let text = text.get(..MAX_TEXT_BYTES).unwrap_or(text);
    match std::str::from_utf8(text) {
        Ok(text) if !text.contains(char::is_control) => text.to_owned(),
        _ => escaped(text).to_string(),
    }
}
