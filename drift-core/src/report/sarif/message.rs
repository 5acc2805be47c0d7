//! Texts of SARIF: escaped for people, and for the little language that its messages have.

use serde_json::{Value, json};

use crate::bounds::escape::escaped;

/// Returns a message of text that is not escaped yet.
pub(super) fn message(text: &str) -> Value {
    ready(&escaped(text.as_bytes()).to_string())
}

/// Returns a message of text that is escaped for people already.
pub(super) fn ready(text: &str) -> Value {
    json!({ "text": plain(text) })
}

/// Takes the meaning from what a plain text message may hold: placeholders (§3.11.5) and embedded
/// links (§3.11.6). A name must not become a link to somewhere.
pub(super) fn plain(text: &str) -> String {
    text.replace("](", "]\\u{28}").replace('{', "{{").replace('}', "}}")
}

#[cfg(test)]
mod tests {
    use super::plain;

    #[test]
    fn no_text_is_a_link_or_a_placeholder() {
        assert_eq!(plain("[x](https://a.example) {0}"), "[x]\\u{{28}}https://a.example) {{0}}");
        assert_eq!(plain("/usr/bin/["), "/usr/bin/[");
    }
}
