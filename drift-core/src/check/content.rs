//! `--with-content`: what small text files that changed say now, lines with secrets masked.
//!
//! Secrets stay where they are (promise 7). A file of class `secret` is never read here; one that
//! looks like key material is withheld whole; a line whose key looks like a secret's keeps its key
//! alone. That is a judgement by looks, so the content is only there when it is asked for.

use std::collections::BTreeMap;

use crate::bounds::secrets::{Line, MASK, has_key_material, look};
use crate::capture::{Captured, Run};
use crate::compare::Comparison;
use crate::model::{FileType, RowId};
use crate::report::document::Content;
use crate::source::{self, Ask, Source, Want};

use super::second_look::read_again;

/// A configuration file is smaller; of a larger file nobody reads the whole in a report.
const MAX_BYTES: u64 = 64 << 10;

/// Reads what changed files say now.
pub(super) fn read_changed(
    source: &dyn Source,
    captured: &mut Captured,
    comparison: &Comparison,
    run: &Run<'_>,
) -> Result<BTreeMap<RowId, Content>, source::Error> {
    let mut asks = Vec::new();
    for change in &comparison.changes {
        let Some(after) = &change.after else { continue };
        let rule = captured.rules.rule(change.rule);
        let small = after.entry.size.seen().is_some_and(|size| *size <= MAX_BYTES);
        if let (Some(row), FileType::File, true, true) =
            (after.row, after.entry.file_type, small, rule.keeps_size())
        {
            asks.push(Ask { row, want: Want { bytes: Some(MAX_BYTES), ..Want::default() } });
        }
    }
    asks.sort_unstable_by_key(|ask| ask.row);
    let extras = read_again(source, captured, &asks, run)?;
    Ok(extras.into_iter().filter_map(|(row, extra)| Some((row, shown(&extra.bytes?)?))).collect())
}

/// What may be shown of a file; `None` of one that is no text.
fn shown(bytes: &[u8]) -> Option<Content> {
    let text = std::str::from_utf8(bytes).ok().filter(|text| !text.contains('\0'))?;
    let withheld =
        |why: &str| Some(Content { after: None, masked_lines: 0, withheld: Some(why.to_owned()) });
    if has_key_material(text) {
        return withheld("it looks like key material or a password hash");
    }
    let mut masked_lines = 0u64;
    let mut after = String::with_capacity(text.len());
    for line in text.split_inclusive('\n') {
        match look(line) {
            Line::Plain => after.push_str(line),
            Line::Secret { kept } => {
                masked_lines = masked_lines.saturating_add(1);
                after.push_str(kept);
                after.push_str(MASK);
                after.push_str(if line.ends_with('\n') { "\n" } else { "" });
            }
            Line::SecretBelow => {
                return withheld("the value of a secret-looking key goes on below it");
            }
        }
    }
    Some(Content { after: Some(after), masked_lines, withheld: None })
}

#[cfg(test)]
mod tests {
    use super::shown;

    fn check(text: &str, expect: Option<&str>) {
        assert_eq!(
            shown(text.as_bytes()).and_then(|content| content.after).as_deref(),
            expect,
            "{text:?}"
        );
    }

    #[test]
    fn values_of_secrets_are_masked_and_nothing_else() {
        check("PermitRootLogin no\nPort 22\n", Some("PermitRootLogin no\nPort 22\n"));
        check("user=a\npassword = hunter2\n", Some("user=a\npassword [masked]\n"));
        check("export API_KEY=abc", Some("export API_KEY=[masked]"));
        check("  db_secret: x\nplain: y", Some("  db_secret:[masked]\nplain: y"));
        check("Authorization: Bearer abc", Some("Authorization:[masked]"));
        check("<password>hunter2</password>", Some("<password>[masked]"));
        check("{\"token\": \"x\"}", Some("{\"token\"[masked]"));
        check("URL=postgres://u:hunter2@h/db", Some("URL=postgres://[masked]"));
        check("password: |\n  hunter2\n", None);
        check("# Authentication:\nPort 22", Some("# Authentication:\nPort 22"));
        check("admin:$2y$05$abc", None);
        check("root:$6$salt$hash:1:0", None);
        check("-----BEGIN PRIVATE KEY-----", None);
        check("a\0b", None);
        assert!(shown(b"\xff").is_none());
    }
}
