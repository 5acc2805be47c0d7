//! What archives say of themselves: the coordinates of Maven (`java.util.Properties` in one group,
//! artifact and version) and the main section of a manifest.

use super::super::part::{Listed, short};
use crate::packages::Details;

/// Lines that are looked at.
const MAX_LINES: usize = 65_536;

/// Reads coordinates; `None` where they are not all there.
pub(super) fn coordinates(text: &str) -> Option<Listed> {
    let value = |wanted: &str| {
        let lines = text.lines().take(MAX_LINES).map(str::trim_start);
        let pairs = lines.filter(|line| !line.starts_with(['#', '!'])).filter_map(|line| {
            let (name, value) = line.split_once(['=', ':'])?;
            Some((name.trim(), value))
        });
        // Of a name twice the last counts (`Properties.load`).
        let found = pairs.filter(|(name, _)| *name == wanted).last();
        found.map(|(_, value)| short(value)).filter(|value| !value.is_empty())
    };
    let (group, artifact) = (value("groupId")?, value("artifactId")?);
    let version = value("version").unwrap_or_default();
    Some(Listed { name: format!("{group}:{artifact}"), version, ..Listed::default() })
}

/// Names an archive without coordinates by its manifest, or else by its file.
pub(super) fn stated(manifest: &str, file: &str) -> Option<Listed> {
    let main = main_section(manifest);
    let value = |wanted: &str| {
        let found = main.iter().find(|(name, _)| name.eq_ignore_ascii_case(wanted));
        found.map(|(_, value)| short(value)).filter(|value| !value.is_empty())
    };
    let stem = file.rsplit_once('.').map_or(file, |(stem, _)| stem);
    let digit = |(at, _): &(usize, &str)| {
        let rest = stem.get(at.saturating_add(1)..).unwrap_or_default();
        rest.starts_with(|letter: char| letter.is_ascii_digit())
    };
    let at = stem.match_indices('-').find(digit).map(|(at, _)| at);
    let (plain, numbered) = at.and_then(|at| stem.split_at_checked(at)).unwrap_or((stem, ""));
    let bundle = value("Bundle-SymbolicName");
    let bundle = bundle.map(|name| short(name.split(';').next().unwrap_or_default()));
    let numbered = Some(short(numbered.trim_start_matches('-'))).filter(|text| !text.is_empty());
    let version = value("Implementation-Version")
        .or_else(|| value("Bundle-Version"))
        .or(numbered)
        .or_else(|| value("Specification-Version"));
    let name = bundle.or_else(|| value("Automatic-Module-Name")).unwrap_or_else(|| short(plain));
    let details = Details {
        licence: value("Bundle-License"),
        supplier: value("Implementation-Vendor").or_else(|| value("Bundle-Vendor")),
        homepage: value("Bundle-DocURL"),
        ..Details::default()
    };
    let version = version.unwrap_or_default();
    (!name.is_empty()).then(|| Listed { name, version, details, ..Listed::default() })
}

/// The headers before the first empty line, lines that go on joined.
fn main_section(manifest: &str) -> Vec<(String, String)> {
    let mut headers: Vec<(String, String)> = Vec::new();
    for line in manifest.lines().take(MAX_LINES) {
        if line.is_empty() {
            break;
        }
        match (line.strip_prefix(' '), headers.last_mut()) {
            (Some(more), Some((_, value))) => value.push_str(more),
            _ => {
                if let Some((name, value)) = line.split_once(':') {
                    headers.push((name.to_owned(), value.trim_start().to_owned()));
                }
            }
        }
    }
    headers
}
