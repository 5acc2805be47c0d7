//! Parts of accounts that may be missing by themselves: a policy about user ids must not wait for
//! home directories that nobody may list, and one about passwords must not pass without shadow(5).
//!
//! Which policy looks at which part is told by words in its text and in that of the helpers it imports:
//! a word too many costs a pass, a word too few would be one that nobody earned.

use std::collections::BTreeSet;

use super::packs::LIBRARY;
use super::set::PolicySet;

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
    for policy in policies {
        let own = files.get(policy.origin).map(Vec::as_slice).unwrap_or_default();
        let helpers = || {
            let own = own.iter().filter(|file| file.name.starts_with("lib/"));
            let own = own.map(|file| (file.name.trim_start_matches("lib/"), file.text.as_str()));
            LIBRARY.iter().map(|(name, text)| (*name, *text)).chain(own)
        };
        let Some(file) = own.iter().find(|file| file.name == policy.file) else { continue };
        let mut seen = BTreeSet::new();
        let mut todo = vec![file.text.as_str()];
        while let Some(text) = todo.pop() {
            policy.sections.extend(sections(text));
            for (name, helper) in helpers() {
                let import = format!("{HELPERS}{}", name.trim_end_matches(".rego"));
                if text.contains(&import) && seen.insert(name) {
                    todo.push(helper);
                }
            }
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
