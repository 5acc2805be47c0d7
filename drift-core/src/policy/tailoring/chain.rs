//! From names to profiles: what each extends stands before it, each once.

use std::path::Path;

use crate::bounds::nearest;
use crate::bounds::toml::Stated;
use crate::policy::set::PolicySet;

use super::ReadProfile;
use super::builtin::PROFILES;
use super::error::{TailorError, TailorErrorKind};
use super::profile::{Profile, parse};

/// How deep profiles may extend each other.
pub(super) const MAX_DEPTH: usize = 16;

/// How many profiles may apply.
pub(super) const MAX_PROFILES: usize = 64;

/// What a profile of an origin is called: `profiles/NAME.toml`.
const DIRECTORY: &str = "profiles/";
const ENDING: &str = ".toml";

/// A profile whose extensions are being read.
struct Open {
    profile: Profile,
    /// How many of them are done.
    done: usize,
}

/// Returns the profiles in the order in which they apply.
pub(super) fn resolve(
    set: &PolicySet,
    named: &[String],
    read: ReadProfile<'_>,
) -> Result<Vec<Profile>, TailorError> {
    let mut applied: Vec<Profile> = Vec::new();
    for name in named {
        let typed = Stated { value: name.clone(), line: 0 };
        let Some(first) = find(set, &typed, None, read, &applied)? else { continue };
        let mut open = vec![Open { profile: first, done: 0 }];
        while let Some(last) = open.last_mut() {
            let next = last.profile.extends.get(last.done).cloned();
            last.done = last.done.saturating_add(1);
            let Some(next) = next else {
                applied.extend(open.pop().map(|open| open.profile));
                continue;
            };
            let beside = last.profile.file.clone();
            let wrong = |kind| TailorError::new(&beside, next.line, kind);
            let Some(found) = find(set, &next, Some(&beside), read, &applied)? else { continue };
            if open.iter().any(|open| open.profile.file == found.file) {
                let way = open.iter().map(|open| open.profile.file.as_str());
                let way: Vec<&str> = way.chain([found.file.as_str()]).collect();
                return Err(wrong(TailorErrorKind::Circle(way.join(" → "))));
            }
            if open.len() >= MAX_DEPTH {
                return Err(wrong(TailorErrorKind::Deep));
            }
            if applied.len().saturating_add(open.len()) >= MAX_PROFILES {
                return Err(wrong(TailorErrorKind::Many));
            }
            open.push(Open { profile: found, done: 0 });
        }
        if applied.len() > MAX_PROFILES {
            return Err(TailorError::new(name, 0, TailorErrorKind::Many));
        }
    }
    Ok(applied)
}

/// Reads a profile; none where it applies already.
fn find(
    set: &PolicySet,
    name: &Stated<String>,
    beside: Option<&str>,
    read: ReadProfile<'_>,
    applied: &[Profile],
) -> Result<Option<Profile>, TailorError> {
    let said_in = beside.unwrap_or("--tailor");
    let wrong = |kind| TailorError::new(said_in, name.line, kind);
    let is_new = |file: &str| applied.iter().all(|profile| profile.file != file);
    let text = name.value.as_str();
    if text.ends_with(ENDING) || text.contains('/') {
        let file = match beside.map(Path::new).and_then(Path::parent) {
            Some(directory) => directory.join(text),
            None => Path::new(text).to_owned(),
        };
        let shown = file.to_string_lossy().into_owned();
        // What comes with policies is read with them, from wherever they are.
        if let Some((file, text)) = within(set, &shown) {
            return is_new(&file).then(|| parse(&file, text, false)).transpose();
        }
        if !is_new(&shown) {
            return Ok(None);
        }
        let content = read(&file).map_err(|error| wrong(TailorErrorKind::Read(error)))?;
        return parse(&shown, &content, false).map(Some);
    }
    let found = by_name(set, text);
    match found.as_slice() {
        [(file, text, builtin)] => is_new(file).then(|| parse(file, text, *builtin)).transpose(),
        [] => Err(wrong(unknown(set, text))),
        several => {
            let origins: Vec<&str> = several.iter().map(|(file, _, _)| file.as_str()).collect();
            let origins = origins.join(", ");
            Err(wrong(TailorErrorKind::Ambiguous { name: text.to_owned(), origins }))
        }
    }
}

/// Every profile of this name: its file, its text, and whether it is built in.
fn by_name<'s>(set: &'s PolicySet, name: &str) -> Vec<(String, &'s str, bool)> {
    let plain = name.strip_prefix("builtin:");
    let mut found = Vec::new();
    if plain.is_none() {
        let wanted = format!("{DIRECTORY}{name}{ENDING}");
        for (origin, files) in set.origins.iter().zip(&set.files) {
            let file = files.iter().find(|file| file.name == wanted);
            let shown = |name: &str| format!("{}/{name}", origin.name);
            found.extend(file.map(|file| (shown(&file.name), file.text.as_str(), false)));
        }
    }
    // What comes with the policies is nearer than what comes with drift.
    if found.is_empty() {
        let builtin = PROFILES.iter().find(|profile| profile.name == plain.unwrap_or(name));
        found.extend(
            builtin.map(|profile| (format!("builtin:{}", profile.name), profile.text, true)),
        );
    }
    found
}

/// A file that was read with the policies, by the name that reports give it.
fn within<'s>(set: &'s PolicySet, shown: &str) -> Option<(String, &'s str)> {
    set.origins.iter().zip(&set.files).find_map(|(origin, files)| {
        let name = shown.strip_prefix(&origin.name)?.strip_prefix('/')?;
        let file = files.iter().find(|file| file.name == name && name.starts_with(DIRECTORY))?;
        Some((shown.to_owned(), file.text.as_str()))
    })
}

fn unknown(set: &PolicySet, name: &str) -> TailorErrorKind {
    let files = set.files.iter().flatten();
    let own = files.filter_map(|file| file.name.strip_prefix(DIRECTORY)?.strip_suffix(ENDING));
    let known = own.chain(PROFILES.iter().map(|profile| profile.name));
    let plain = name.strip_prefix("builtin:").unwrap_or(name);
    let nearest = nearest(plain, known).unwrap_or_default().to_owned();
    TailorErrorKind::UnknownProfile { name: name.to_owned(), nearest }
}
