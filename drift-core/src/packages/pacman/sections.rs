//! The form of `desc` and `files`: `%NAME%`, a line for each value, an empty line.

use crate::packages::{Completeness, Reading};

/// One value of a section.
#[derive(Debug, Clone, Copy)]
pub(super) struct Value<'f> {
    pub(super) section: &'f [u8],
    /// Position in its section, from 0.
    pub(super) at: usize,
    pub(super) line: usize,
    pub(super) text: &'f [u8],
}

/// Gives each value to `take`, and tells what is wrong with the form; `loss` says what that costs.
/// `known` says which sections there are; each may be there once.
pub(super) fn each<'f>(
    reading: &mut Reading<'_, 'f>,
    path: &[u8],
    known: &[&str],
    loss: Completeness,
    mut take: impl FnMut(&mut Reading<'_, 'f>, Value<'f>),
) {
    let Some(text) = reading.open(path, loss) else { return };
    if !text.is_empty() && !text.ends_with(b"\n\n") {
        let reason = "does not end with an empty line as pacman writes it; it may be cut off";
        reading.note(path, reason.to_owned(), loss);
    }
    let mut seen: Vec<&[u8]> = Vec::new();
    let mut open: Option<(&'f [u8], usize)> = None;
    for (line, content) in (1..).zip(text.split(|&byte| byte == b'\n')) {
        if content.is_empty() {
            open = None;
            continue;
        }
        if !reading.item(path, loss) {
            return;
        }
        match &mut open {
            Some((section, at)) => {
                take(reading, Value { section, at: *at, line, text: content });
                *at = at.saturating_add(1);
            }
            None => {
                let name = content.strip_prefix(b"%").and_then(|name| name.strip_suffix(b"%"));
                let known = |name: &[u8]| known.iter().any(|known| known.as_bytes() == name);
                let what = match name {
                    None => "neither a section nor a value of one",
                    Some(name) if !known(name) => "a section that is not known",
                    Some(name) if seen.contains(&name) => "a section for the second time",
                    Some(name) => {
                        seen.push(name);
                        open = Some((name, 0));
                        continue;
                    }
                };
                reading.fault(path, line, what, loss);
                // Its values are skipped with it.
                open = Some((b"", 0));
            }
        }
    }
}
