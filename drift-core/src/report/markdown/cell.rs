//! Texts of the document in Markdown: bare words, or a code span.

use crate::bounds::escape::escaped;

/// Returns text that is not escaped for people yet as a code span.
pub(super) fn code(text: &str) -> String {
    span(&escaped(text.as_bytes()).to_string())
}

/// Returns text that is escaped already: bare where it is harmless, else as a code span.
pub(super) fn ready(text: &str) -> String {
    if is_bare(text) { text.to_owned() } else { span(text) }
}

/// Returns text that is not escaped yet: bare where it is harmless, else as a code span.
pub(in crate::report) fn prose(text: &str) -> String {
    ready(&escaped(text.as_bytes()).to_string())
}

/// Puts text into a code span (CommonMark §6.1). What would end it, or a cell of a table (GFM §4.10),
/// is written as `escaped` writes characters that are not shown, so that it can be turned back.
fn span(text: &str) -> String {
    if text.is_empty() {
        return String::new();
    }
    let inner = text.replace('`', "\\u{60}").replace('|', "\\u{7c}");
    // A blank on both sides is stripped, unless there is nothing else: then it is a picture of nothing.
    match inner.trim_matches(' ').is_empty() {
        true => format!("`\"{inner}\"`"),
        false if inner.starts_with(' ') && inner.ends_with(' ') => format!("` {inner} `"),
        false => format!("`{inner}`"),
    }
}

/// Returns whether text means itself to CommonMark, to GFM and to what GitHub and GitLab do after it:
/// ASCII letters and digits and punctuation that no dialect gives a meaning within a line, no web
/// address, nothing that is taken for a reference to a commit or an issue.
fn is_bare(text: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b" ,;.()'/-".contains(&byte);
    let colons = text.match_indices(':').all(|(at, _)| text.get(at..).is_some_and(is_spoken));
    let mut words = text.split(|c: char| !c.is_ascii_alphanumeric());
    let lower = text.to_ascii_lowercase();
    !text.is_empty()
        && text.bytes().all(|byte| plain(byte) || byte == b':')
        && text.starts_with(|first: char| first.is_ascii_alphanumeric())
        && colons
        && !lower.contains("www.")
        && !lower.contains("gh-")
        && !words.any(is_commit)
        && !text.contains("  ")
}

/// A colon at the end of a word; any other may belong to an address or an emoji.
fn is_spoken(rest: &str) -> bool {
    rest.starts_with(": ")
}

/// What GitHub takes for an abbreviated commit.
fn is_commit(word: &str) -> bool {
    word.len() >= 7 && word.bytes().all(|byte| byte.is_ascii_hexdigit())
}

#[cfg(test)]
mod tests {
    use super::{code, prose};

    #[test]
    fn only_harmless_words_stand_bare() {
        for text in [
            "No account has an empty password",
            "observed: root (uid 0), expected: nobody",
            "it's 3.5 GB / 4 GB; see sshd-config",
        ] {
            assert_eq!(prose(text), text);
        }
        for text in [
            "@everyone",
            "fixes #1",
            "https://a.example",
            "www.example.org",
            "a_b_",
            "*a*",
            "<b>x",
            "![x](y)",
            "[x]",
            "&lt;",
            "$x$",
            "~a~",
            "0123abc",
            "GH-1",
            ":tada:",
            "x  y",
            "- x",
            "a\\b",
            "1",
            "~",
            "a@b.example",
            "mailto:x",
        ] {
            let shown = prose(text);
            assert!(shown.starts_with('`') || text == "1", "{shown}");
        }
    }

    #[test]
    fn nothing_ends_a_code_span() {
        assert_eq!(code("a`b``c"), "`a\\u{60}b\\u{60}\\u{60}c`");
        assert_eq!(code("a|b\\|"), "`a\\u{7c}b\\\\\\u{7c}`");
        assert_eq!(code(" a "), "`  a  `");
        assert_eq!(code(" a"), "` a`");
        assert_eq!(code("  "), "`\"  \"`");
        assert_eq!(code("a\nb"), "`a\\nb`");
        assert_eq!(code(""), "");
    }
}
