//! `METADATA` and `PKG-INFO`: headers as of mail, up to the first empty line ("Core metadata
//! specifications" of packaging.python.org). What follows is a text for people.

use super::super::part::{Listed, MAX_DEPENDS, Part, short};
use crate::packages::Details;

/// Lines of headers that are looked at.
const MAX_LINES: usize = 65_536;

/// Reads the headers.
pub(super) fn read(bytes: &[u8]) -> Part {
    let mut part = Part::default();
    let (mut name, mut version) = (None, None);
    let mut details = Details::default();
    let (mut worded, mut expression) = (None, None);
    for line in bytes.split(|&byte| byte == b'\n').take(MAX_LINES) {
        let line = String::from_utf8_lossy(line.strip_suffix(b"\r").unwrap_or(line));
        if line.is_empty() {
            break;
        }
        // A line that goes on belongs to a text of several lines, none of which is kept.
        let Some((field, value)) = line.split_once(':').filter(|_| !line.starts_with([' ', '\t']))
        else {
            continue;
        };
        let value = short(value);
        let slot = match field.to_ascii_lowercase().as_str() {
            "name" => &mut name,
            "version" => &mut version,
            "license" => &mut worded,
            "license-expression" => &mut expression,
            "home-page" => &mut details.homepage,
            "requires-dist" => {
                depend(&value, &mut details.depends);
                continue;
            }
            _ => continue,
        };
        // A header twice is a trap for readers that take the other one.
        match slot {
            Some(first) if *first != value => {
                part.fault(format!("it has the header {field} twice; the first counts"));
            }
            _ => *slot = Some(value),
        }
    }
    let known = |text: &String| !text.is_empty() && text != "UNKNOWN";
    details.licence = expression.or(worded).filter(known);
    details.homepage = details.homepage.filter(known);
    match name.filter(known) {
        Some(name) => {
            let version = version.unwrap_or_default();
            part.packages.push(Listed { details, ..listed(&name, &version) });
        }
        None => part.fault("it has no header Name; the package is known by its path"),
    }
    part
}

/// Names a package as PEP 503 does, so that its name is the same however it is written.
pub(super) fn listed(name: &str, version: &str) -> Listed {
    Listed { name: normal(name), version: short(version), ..Listed::default() }
}

fn normal(name: &str) -> String {
    let mut normal = String::new();
    for letter in short(name).chars() {
        match letter {
            '-' | '_' | '.' if normal.ends_with('-') => {}
            '-' | '_' | '.' => normal.push('-'),
            letter => normal.push(letter.to_ascii_lowercase()),
        }
    }
    normal
}

/// Takes the name of a requirement (PEP 508), unless only an extra asks for it.
fn depend(requirement: &str, depends: &mut Vec<String>) {
    let (needed, marker) = requirement.split_once(';').unwrap_or((requirement, ""));
    let ends =
        |letter: char| !(letter.is_ascii_alphanumeric() || matches!(letter, '-' | '_' | '.'));
    let name = normal(needed.split(ends).next().unwrap_or_default());
    let is_extra =
        marker.split(|letter: char| !letter.is_ascii_alphabetic()).any(|word| word == "extra");
    if !name.is_empty() && !is_extra && depends.len() < MAX_DEPENDS && !depends.contains(&name) {
        depends.push(name);
    }
}
