//! `desc`: what a package is.

use super::{LOCAL, sections};
use crate::model::Package;
use crate::packages::{Completeness, Details, Reading, details};

const LOSS: Completeness = Completeness::Incomplete;

/// Every section that pacman writes (`be_local.c`).
const SECTIONS: [&str; 21] = [
    "NAME",
    "VERSION",
    "BASE",
    "DESC",
    "GROUPS",
    "URL",
    "LICENSE",
    "ARCH",
    "BUILDDATE",
    "INSTALLDATE",
    "PACKAGER",
    "SIZE",
    "REASON",
    "VALIDATION",
    "REPLACES",
    "DEPENDS",
    "OPTDEPENDS",
    "CONFLICTS",
    "PROVIDES",
    "XDATA",
    "INSTALLED_DB",
];

/// Reads the package of a directory; what `desc` lacks is taken from the directory's own name.
pub(super) fn read(reading: &mut Reading<'_, '_>, directory: &[u8]) -> (Package, Details) {
    let path = [directory, b"desc"].concat();
    let named = directory.strip_prefix(LOCAL).unwrap_or_default();
    let named = named.strip_suffix(b"/").unwrap_or(named);
    let mut found: [Option<String>; 3] = [None, None, None];
    let mut told = Told::default();
    if reading.files().get(&path).is_none() {
        let reason = "the description of the package is missing".to_owned();
        reading.note(&path, reason, LOSS);
    }
    sections::each(reading, &path, &SECTIONS, LOSS, |reading, value| {
        let which = match value.section {
            b"NAME" => 0,
            b"VERSION" => 1,
            b"ARCH" => 2,
            section => return told.take(section, value.text),
        };
        if value.at > 0 {
            return reading.fault(&path, value.line, "a second value", LOSS);
        }
        let text = reading.text(&path, value.line, value.text);
        if let Some(slot) = found.get_mut(which) {
            *slot = Some(text);
        }
    });
    let [name, version, architecture] = found;
    let (stated_name, stated_version) = split(named);
    let says = match (&name, &version) {
        (Some(name), Some(version)) => format!("{name}-{version}").into_bytes() == named,
        _ => false,
    };
    if !says {
        let reason = "does not say the name and version that its directory has".to_owned();
        reading.note(&path, reason, LOSS);
    }
    if architecture.is_none() {
        // Every package has one, so the end of the file is missing.
        reading.note(&path, "does not say the architecture".to_owned(), LOSS);
    }
    let mut text = |value: &[u8]| reading.text(directory, 0, value);
    let package = Package {
        manager: "pacman".to_owned(),
        name: name.unwrap_or_else(|| text(stated_name)),
        version: version.unwrap_or_else(|| text(stated_version)),
        architecture: architecture.unwrap_or_default(),
        status: "installed".to_owned(),
        location: String::new(),
    };
    let mut details = told.details;
    details.source = told.base.map(|base| (base, package.version.clone()));
    (package, details)
}

/// What it says for bills of materials.
#[derive(Default)]
struct Told {
    details: Details,
    base: Option<String>,
}

impl Told {
    fn take(&mut self, section: &[u8], value: &[u8]) {
        let details = &mut self.details;
        // Of `NAME>=VERSION` the name.
        let end = value.iter().position(|byte| b"<>=".contains(byte)).unwrap_or(value.len());
        let name = details::line(value.get(..end).unwrap_or(value));
        match section {
            b"BASE" => self.base = details::line(value),
            b"URL" => details.homepage = details::line(value),
            b"PACKAGER" => details.supplier = details::line(value),
            b"DEPENDS" => details.depends.extend(name),
            b"PROVIDES" => details.provides.extend(name),
            b"LICENSE" => {
                let all = details.licence.take().into_iter().chain(details::line(value));
                let all: Vec<String> = all.collect();
                details.licence = (!all.is_empty()).then(|| all.join(" AND "));
            }
            _ => {}
        }
    }
}

/// Splits `NAME-VERSION-RELEASE` before the version.
fn split(named: &[u8]) -> (&[u8], &[u8]) {
    let before = |end: usize| named.get(..end)?.iter().rposition(|&byte| byte == b'-');
    let Some(hyphen) = before(named.len()).and_then(before) else { return (named, &[]) };
    let version = named.get(hyphen.saturating_add(1)..).unwrap_or_default();
    (named.get(..hyphen).unwrap_or_default(), version)
}
