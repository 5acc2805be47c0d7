//! Parts of accounts that may be missing by themselves: a policy about user ids must not wait for
//! home directories that nobody may list, and one about passwords must not pass without shadow(5).
//!
//! Which policy looks at which part is told by words in its text and in that of the helpers it imports:
//! a word too many costs a pass, a word too few would be one that nobody earned.

use std::collections::{BTreeMap, BTreeSet};

use super::packs::LIBRARY;
use super::set::{PolicyFile, PolicySet};

/// The sections, and the words that make a policy one that looks at them.
pub(super) const PARTS: [(&str, &[&str]); 3] = [
    ("accounts.authorized_keys", &["authorized_keys"]),
    ("accounts.password", &["password", "shadow_line", "last_change_days"]),
    ("accounts.start_files", &["start_files"]),
];

/// What every import of a helper begins with.
const HELPERS: &str = "data.drift.lib.";

/// Adds these sections to [`super::Policy::sections`].
pub(super) fn add(set: &mut PolicySet) {
    let PolicySet { policies, files, .. } = set;
    let origins: Vec<Texts<'_>> = files.iter().map(|files| Texts::new(files)).collect();
    for policy in policies {
        let Some(origin) = origins.get(policy.origin) else { continue };
        let Some(text) = origin.by_name.get(policy.file.as_str()) else { continue };
        let mut seen = BTreeSet::new();
        let mut todo = vec![*text];
        while let Some(text) = todo.pop() {
            policy.sections.extend(sections(text));
            for (import, helper) in &origin.helpers {
                if text.contains(import) && seen.insert(import) {
                    todo.push(*helper);
                }
            }
        }
    }
}

/// The texts of an origin, looked up once for all of its policies.
struct Texts<'f> {
    by_name: BTreeMap<&'f str, &'f str>,
    /// How each helper is imported, and its text.
    helpers: Vec<(String, &'f str)>,
}

impl<'f> Texts<'f> {
    fn new(files: &'f [PolicyFile]) -> Self {
        let own = files.iter().filter(|file| file.name.starts_with("lib/"));
        let own = own.map(|file| (file.name.trim_start_matches("lib/"), file.text.as_str()));
        let all = LIBRARY.iter().map(|(name, text)| (*name, *text)).chain(own);
        let import = |name: &str| format!("{HELPERS}{}", name.trim_end_matches(".rego"));
        Self {
            by_name: files.iter().map(|file| (&*file.name, &*file.text)).collect(),
            helpers: all.map(|(name, text)| (import(name), text)).collect(),
        }
    }
}

fn sections(text: &str) -> impl Iterator<Item = String> {
    let code = || text.lines().filter(|line| !line.trim_start().starts_with('#'));
    let is_letter = |letter: char| letter.is_ascii_alphanumeric() || letter == '_';
    let words: BTreeSet<&str> =
        code().flat_map(|line| line.split(move |letter| !is_letter(letter))).collect();
    let looked_at =
        PARTS.iter().filter(move |(_, named)| named.iter().any(|word| words.contains(word)));
    looked_at.map(|(section, _)| (*section).to_owned())
}

#[cfg(test)]
mod tests {
    use super::sections;

    #[test]
    fn words_outside_comments_tell() {
        let told = |text: &str| sections(text).collect::<Vec<_>>().join(" ");
        assert_eq!(told("# the password\nuser.uid == 0"), "");
        assert_eq!(told("user[\"password\"] == \"empty\""), "accounts.password");
        assert_eq!(told("some f in user.start_files"), "accounts.start_files");
        assert_eq!(told("user.passwords"), "");
    }
}
