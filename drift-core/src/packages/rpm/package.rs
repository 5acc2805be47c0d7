//! From a header to a package: who it is, then its files.

use super::header::{Error, Header};
use super::scan::Scan;
use super::{about, files, tags};
use crate::bounds::escape::escaped;
use crate::model::Package;

/// Bytes of a name, version or architecture; the longest of a distribution is far below 200.
const MAX_TEXT_BYTES: usize = 4096;

/// Reads one header.
pub(super) fn read(scan: &mut Scan<'_, '_, '_>, number: u32, blob: &[u8]) {
    let package = Header::parse(blob).and_then(|header| Ok((header, identity(scan, &header)?)));
    let (header, package) = match package {
        Ok((header, Some(package))) => (header, package),
        Ok((_, None)) => {
            let what = "a package without name, version or release";
            return scan.lost(format!("header {number}: {what}"));
        }
        Err(error) => return scan.lost(format!("header {number}: {error}")),
    };
    let name = package.name.clone();
    if header.is_intact() == Some(false) {
        scan.fault(format!("header {number}, {name}: it has not the digest that it says it has"));
    }
    let claimant = scan.reading.out.package(package);
    let details = about::read(scan, &name, &header);
    scan.reading.out.details(claimant, details);
    files::read(scan, claimant, &name, &header);
}

/// Returns who the package is; `None` when the header does not say.
fn identity(scan: &mut Scan<'_, '_, '_>, header: &Header<'_>) -> Result<Option<Package>, Error> {
    let mut text = |tag| -> Result<Option<String>, Error> {
        Ok(header.text(tag)?.filter(|text| !text.is_empty()).map(|text| line(scan, text)))
    };
    let (Some(name), Some(version), Some(release)) =
        (text(tags::NAME)?, text(tags::VERSION)?, text(tags::RELEASE)?)
    else {
        return Ok(None);
    };
    // Keys of repositories, which rpm keeps as packages, have no architecture.
    let architecture = text(tags::ARCHITECTURE)?.unwrap_or_default();
    let epoch = header.numbers(tags::EPOCH)?.and_then(|epoch| epoch.get(0));
    let epoch = epoch.map(|epoch| format!("{epoch}:")).unwrap_or_default();
    Ok(Some(Package {
        manager: "rpm".to_owned(),
        name,
        architecture,
        version: format!("{epoch}{version}-{release}"),
        status: "installed".to_owned(),
        location: String::new(),
    }))
}

/// Takes a value as text; what is no text, or too long, is a fault and is shown escaped and cut.
fn line(scan: &mut Scan<'_, '_, '_>, value: &[u8]) -> String {
    let short = value.get(..MAX_TEXT_BYTES).unwrap_or(value);
    match std::str::from_utf8(short) {
        Ok(text) if short.len() == value.len() && !text.contains(char::is_control) => {
            text.to_owned()
        }
        _ => {
            scan.lost("a name, version or architecture that is no line of text, or too long");
            escaped(short).to_string()
        }
    }
}
