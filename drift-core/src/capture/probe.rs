//! Which system a target says it is, before anything is surveyed: it chooses the profile.

use crate::model::{Identity, TreePath};
use crate::source::Source;

/// os-release(5) and hostname(5) are a few hundred bytes; anything larger is not one.
const MAX_BYTES: u64 = 64 << 10;

/// Reads os-release and the host name of a target.
#[must_use]
pub fn identity(source: &dyn Source) -> Identity {
    let release = release(source);
    Identity {
        os: variable(&release, "ID"),
        version: variable(&release, "VERSION_ID"),
        architecture: None,
        hostname: read(source, b"etc/hostname").and_then(|bytes| hostname(&bytes)),
    }
}

/// Reads the names by which profiles are chosen, the nearest first: `ID`, then those of `ID_LIKE`.
#[must_use]
pub fn systems(source: &dyn Source) -> Vec<String> {
    let release = release(source);
    let like = variable(&release, "ID_LIKE").unwrap_or_default();
    let like = like.split_ascii_whitespace().map(str::to_owned);
    variable(&release, "ID").into_iter().chain(like).collect()
}

/// Returns the names by which the image of a target may be sealed, from os-release(5): with
/// `IMAGE_VERSION` first `IMAGE_ID:IMAGE_VERSION`, then `IMAGE_ID`. A colon can stand in neither of
/// them, so that no two images have one name.
#[must_use]
pub fn image_names(source: &dyn Source) -> Vec<String> {
    let release = release(source);
    let said = |name: &str| {
        let plain = |text: &String| !text.is_empty() && !text.contains(':');
        variable(&release, name).filter(plain)
    };
    match (said("IMAGE_ID"), said("IMAGE_VERSION")) {
        (None, _) => Vec::new(),
        (Some(id), None) => vec![id],
        (Some(id), Some(version)) => vec![format!("{id}:{version}"), id],
    }
}

/// Returns the text of os-release; empty where there is none.
fn release(source: &dyn Source) -> String {
    let bytes = read(source, b"etc/os-release").or_else(|| read(source, b"usr/lib/os-release"));
    String::from_utf8_lossy(&bytes.unwrap_or_default()).into_owned()
}

fn read(source: &dyn Source, path: &[u8]) -> Option<Vec<u8>> {
    TreePath::parse(path).ok().and_then(|path| source.probe(&path, MAX_BYTES))
}

/// The first line that is neither empty nor a comment (hostname(5)).
fn hostname(bytes: &[u8]) -> Option<String> {
    let text = String::from_utf8_lossy(bytes);
    let line =
        text.lines().map(str::trim).find(|line| !line.is_empty() && !line.starts_with('#'))?;
    Some(line.chars().take(253).collect())
}

/// A shell-like assignment of os-release(5): the last one counts, quotes are taken off.
fn variable(text: &str, name: &str) -> Option<String> {
    let assigned = |line: &str| -> Option<String> {
        let value = line.trim().strip_prefix(name)?.strip_prefix('=')?.trim();
        let quote = value.chars().next().filter(|first| matches!(first, '"' | '\''));
        let value = quote.map_or(value, |quote| value.trim_matches(quote));
        let mut plain = String::new();
        let mut characters = value.chars().take(256);
        while let Some(character) = characters.next() {
            match character {
                '\\' if quote != Some('\'') => plain.extend(characters.next()),
                other => plain.push(other),
            }
        }
        Some(plain)
    };
    text.lines().filter_map(assigned).next_back()
}

#[cfg(test)]
mod tests {
    use super::variable;

    #[test]
    fn quotes_and_repeats_as_a_shell_reads_them() {
        let text = "ID=debian\nVERSION_ID=\"12\"\nNAME='a b'\nID_LIKE=x\nNAME=\"c\\\"d\"\n";
        let check = |name, expect: &str| assert_eq!(variable(text, name).as_deref(), Some(expect));
        check("ID", "debian");
        check("VERSION_ID", "12");
        check("NAME", "c\"d");
        assert_eq!(variable(text, "BUILD_ID"), None);
    }
}
