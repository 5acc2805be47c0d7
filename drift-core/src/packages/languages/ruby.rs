//! Packages of Ruby: the specifications of installed gems (guides.rubygems.org, "Specification
//! Reference"). They are programs in Ruby; here only the form that RubyGems writes is read, literals
//! in fixed lines, and nothing is run.

mod version;

use std::cmp::Ordering;

use super::Language;
use super::part::{Listed, MAX_DEPENDS, Part, Place, Unit, Wanted, short};
use crate::packages::Details;

/// Packages of Ruby.
#[derive(Debug)]
pub(super) struct Ruby;

const END: &[u8] = b".gemspec";
/// Lines that are looked at; the longest known has 300.
const MAX_LINES: usize = 65_536;

impl Language for Ruby {
    fn name(&self) -> &'static str {
        "gem"
    }

    fn wants(&self, place: &Place<'_>) -> Option<Wanted> {
        if place.name().len() <= END.len() || !place.name().ends_with(END) {
            return None;
        }
        let up = match (place.above(1), place.above(2)) {
            (b"specifications", _) => 2,
            (b"default", b"specifications") => 3,
            _ => return None,
        };
        Some(Wanted { unit: Unit::File, up })
    }

    fn read(&self, _path: &[u8], bytes: &[u8]) -> Part {
        let text = String::from_utf8_lossy(bytes);
        let mut part = Part::default();
        let mut listed = Listed::default();
        for line in text.lines().take(MAX_LINES).map(str::trim) {
            take_line(line, &mut listed);
        }
        if listed.architecture == "ruby" {
            listed.architecture.clear();
        }
        if listed.name.is_empty() {
            part.fault("it has no name as RubyGems writes one; the gem is known by its path");
        } else {
            if listed.version.is_empty() {
                part.fault("it has no version as RubyGems writes one");
            }
            part.packages.push(listed);
        }
        part
    }

    fn by_path(&self, place: &Place<'_>) -> Option<Listed> {
        let stem = String::from_utf8_lossy(place.name().strip_suffix(END)?).into_owned();
        // Name, version and perhaps a platform; a version begins with a digit, a name may have dashes.
        let dash = |(at, _): &(usize, &str)| {
            stem.get(at.saturating_add(1)..)
                .is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_digit()))
        };
        let at = stem.match_indices('-').find(dash).map(|(at, _)| at);
        let (name, rest) = at.and_then(|at| stem.split_at_checked(at)).unwrap_or((&stem, ""));
        let rest = rest.strip_prefix('-').unwrap_or(rest);
        let (version, platform) = rest.split_once('-').unwrap_or((rest, ""));
        Some(Listed {
            name: short(name),
            version: short(version),
            architecture: short(platform),
            ..Listed::default()
        })
    }

    fn compare_versions(&self, a: &str, b: &str) -> Ordering {
        version::compare(a, b)
    }
}

/// Takes what one line says. The first line of a kind counts: what follows may be anything.
fn take_line(line: &str, listed: &mut Listed) {
    if let Some(stub) = line.strip_prefix("# stub: ") {
        let mut words = stub.split(' ');
        for slot in [&mut listed.name, &mut listed.version, &mut listed.architecture] {
            if slot.is_empty() {
                *slot = short(words.next().unwrap_or_default());
            }
        }
        return;
    }
    let Some((field, value)) = line.strip_prefix("s.").and_then(|rest| rest.split_once([' ', '(']))
    else {
        return;
    };
    let Details { licence, homepage, depends, .. } = &mut listed.details;
    let literal = || literal(value).map(|text| short(&text)).filter(|text| !text.is_empty());
    match field {
        "name" if listed.name.is_empty() => listed.name = literal().unwrap_or_default(),
        "version" if listed.version.is_empty() => listed.version = literal().unwrap_or_default(),
        "platform" if listed.architecture.is_empty() => {
            listed.architecture = literal().unwrap_or_default();
        }
        "licenses" | "license" if licence.is_none() => *licence = literal(),
        "homepage" if homepage.is_none() => *homepage = literal(),
        "add_dependency" | "add_runtime_dependency" if depends.len() < MAX_DEPENDS => {
            depends.extend(literal().filter(|name| !depends.contains(name)));
        }
        _ => {}
    }
}

/// Returns the first literal: `"…"`, `'…'` or `%q<…>`.
fn literal(value: &str) -> Option<String> {
    let quoted = value.find(['"', '\'']);
    let angled = value.find("%q<");
    let (rest, end) = match (quoted, angled) {
        (Some(at), angled) if angled.is_none_or(|angled| at < angled) => {
            let rest = value.get(at..)?;
            let end = rest.chars().next()?;
            (rest.get(1..)?, end)
        }
        (_, Some(at)) => (value.get(at.saturating_add(3)..)?, '>'),
        _ => return None,
    };
    let mut text = String::new();
    let mut letters = rest.chars();
    loop {
        match letters.next()? {
            letter if letter == end => return Some(text),
            '\\' if end != '>' => text.push(letters.next()?),
            letter => text.push(letter),
        }
    }
}
