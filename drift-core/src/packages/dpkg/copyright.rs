//! The licences of a package of Debian, from its machine-readable copyright file (DEP-5).
//!
//! Source: <https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/>. Most, but not all,
//! packages have one; of free text nothing is guessed.

use std::collections::BTreeSet;

use super::deb822::Stanzas;

/// Stanzas that are read; the kernel's file has some 300.
const MAX_STANZAS: usize = 10_000;

/// Bytes of all names together.
const MAX_BYTES: usize = 4096;

/// Returns the licences that a copyright file names for the files of a package, each once, sorted
/// and joined by ` AND `; `None` of a file that is not machine-readable or that names too many.
///
/// ```
/// let file = b"Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/\n\n\
///     Files: *\nCopyright: A\nLicense: GPL-2+ or Artistic\n\nFiles: b\nCopyright: B\nLicense: Expat\n";
/// let licences = drift_core::packages::licences_of_copyright(file);
/// assert_eq!(licences.as_deref(), Some("Expat AND (GPL-2+ or Artistic)"));
/// ```
#[must_use]
pub fn licences_of_copyright(text: &[u8]) -> Option<String> {
    let mut stanzas = Stanzas::new(text);
    let format = stanzas.next()?.value(b"Format").to_ascii_lowercase();
    let known = |word: &[u8]| format.windows(word.len()).any(|part| part == word);
    if !known(b"copyright-format") && !known(b"dep5") && !known(b"dep-5") {
        return None;
    }
    let (mut names, mut bytes) = (BTreeSet::new(), 0_usize);
    for _ in 0..MAX_STANZAS {
        let Some(stanza) = stanzas.next() else { return joined(&names) };
        stanzas.faults.clear();
        if stanza.field(b"Files").is_none() {
            continue;
        }
        let field = stanza.field(b"License")?;
        let licence = field.value.split(|&byte| byte == b'\n').next()?.trim_ascii();
        let licence = std::str::from_utf8(licence).ok()?;
        if licence.is_empty() || licence.contains(char::is_control) {
            return None;
        }
        bytes = bytes.saturating_add(licence.len());
        if bytes > MAX_BYTES.saturating_mul(MAX_BYTES) {
            return None;
        }
        names.insert(licence);
    }
    None
}

fn joined(names: &BTreeSet<&str>) -> Option<String> {
    let alone = names.len() == 1;
    let term = |name: &&str| match alone || !name.contains(' ') {
        true => (*name).to_owned(),
        false => format!("({name})"),
    };
    let text = names.iter().map(term).collect::<Vec<_>>().join(" AND ");
    (!text.is_empty() && text.len() <= MAX_BYTES).then_some(text)
}

#[cfg(test)]
mod tests {
    use super::licences_of_copyright;

    #[test]
    fn free_text_and_damaged_files_name_no_licence() {
        let head = "Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/\n";
        let check = |body: &str, expect: Option<&str>| {
            let found = licences_of_copyright(format!("{head}{body}").as_bytes());
            assert_eq!(found.as_deref(), expect, "{body}");
        };
        check("\nFiles: *\nLicense: GPL-2+\n text\n .\n more\n", Some("GPL-2+"));
        check("\nFiles: *\nLicense: A\n\nFiles: b\nLicense: A\n\nLicense: B\n text\n", Some("A"));
        check("\nFiles: *\n", None);
        check("\nFiles: *\nLicense:\n only a text\n", None);
        check("", None);
        let long = format!("\nFiles: *\nLicense: {}\n", "a".repeat(5000));
        check(&long, None);
        assert_eq!(licences_of_copyright(b"This package is free.\n"), None);
        assert_eq!(licences_of_copyright(b""), None);
    }
}
