//! Commands of a history and of a configuration, with what looks like a secret masked.
//!
//! A command says what made a layer, so as much of it as can be is kept: only the value after a
//! telling name goes, up to the next blank outside quotes. Builders write the values of `ENV`, `ARG`
//! and `LABEL`, and the arguments before `/bin/sh -c`, without quotes: there a value ends where the
//! next `NAME=` begins.

#![warn(clippy::indexing_slicing, clippy::arithmetic_side_effects)]

use std::collections::BTreeSet;

use crate::bounds::secrets::{MASK, kind_of_name, kind_of_value};

/// What is left of a text, and the kinds of secrets that were in it.
pub(super) struct Masked {
    pub(super) text: String,
    pub(super) kinds: BTreeSet<&'static str>,
}

/// The most secrets that are masked one by one; what follows them is masked whole, or a command made
/// for it would cost the square of its length.
const MAX_SECRETS: usize = 16;

/// Options that carry `user:password` after a blank.
const CREDENTIAL_OPTIONS: [&str; 4] = ["-u", "--user", "--proxy-user", "-U"];

/// Masks one command line.
pub(super) fn masked(command: &str) -> Masked {
    let mut kinds = BTreeSet::new();
    let mut text = String::with_capacity(command.len());
    let mut rest = command;
    let mut before = Before::default();
    // The words that follow an instruction, or the count of arguments, are pairs without quotes.
    let mut loose = is_loose(command);
    let mut secrets = 0usize;
    while !rest.is_empty() {
        let blanks = rest.len().saturating_sub(rest.trim_start().len());
        let (space, tail) = rest.split_at(blanks);
        text.push_str(space);
        if tail.starts_with("/bin/sh") {
            loose = is_loose(tail);
        }
        let word = tail.get(..end(tail)).unwrap_or(tail);
        let (value, kind) = judge(word, &before);
        let Some(value) = value else {
            text.push_str(word);
            rest = tail.get(word.len()..).unwrap_or_default();
            before = Before::of(word, &before);
            continue;
        };
        kinds.insert(kind);
        secrets = secrets.saturating_add(1);
        let (kept, secret) = tail.split_at(value);
        text.push_str(kept);
        if secrets > MAX_SECRETS {
            text.push_str(MASK);
            break;
        }
        let length = match loose {
            true => loose_end(secret),
            false => quoted_end(secret, open_quote(&text)),
        };
        text.push_str(MASK);
        rest = secret.get(length.max(1)..).unwrap_or_default();
        before = Before::default();
    }
    Masked { text, kinds }
}

/// Masks a list of arguments, each a word of its own.
pub(super) fn masked_arguments(arguments: &[&str]) -> (Vec<String>, BTreeSet<&'static str>) {
    let mut kinds = BTreeSet::new();
    let mut before = Before::default();
    let mut shown = Vec::new();
    for argument in arguments {
        let whole = before.names_a_secret || !argument.contains(char::is_whitespace);
        let (value, kind) = if whole { judge(argument, &before) } else { (None, "") };
        if let Some(kept) = value.and_then(|value| argument.get(..value)) {
            kinds.insert(kind);
            shown.push(format!("{kept}{MASK}"));
            before = Before::default();
            continue;
        }
        let inner = masked(argument);
        kinds.extend(inner.kinds);
        shown.push(inner.text);
        before = Before::of(argument, &before);
    }
    (shown, kinds)
}

/// What the word before says of the next one.
#[derive(Debug, Default, Clone, Copy)]
struct Before {
    /// It is an option or a name whose value comes next.
    names_a_secret: bool,
    /// `user:password` comes next.
    credentials: bool,
    /// The word before was `ENV` or `ARG`: a name comes next, and perhaps its value after it.
    instruction: bool,
    /// So it was with the word before that.
    named: bool,
}

impl Before {
    fn of(word: &str, before: &Self) -> Self {
        let bare = word.trim_matches(['"', '\'']);
        let option = bare.strip_prefix('-').map(|name| name.trim_start_matches('-'));
        let secret_option = option.is_some_and(|name| {
            !name.is_empty()
                && !name.contains('=')
                && !is_stdin(name)
                && kind_of_name(name).is_some()
        });
        let header = bare.ends_with(':') && kind_of_name(bare).is_some()
            || bare.eq_ignore_ascii_case("authorization:");
        let bearer = ["bearer", "basic"].iter().any(|word| bare.eq_ignore_ascii_case(word));
        let named = before.instruction && kind_of_name(bare).is_some() && !bare.contains('=');
        Self {
            names_a_secret: secret_option || header || bearer || named,
            credentials: CREDENTIAL_OPTIONS.contains(&bare),
            instruction: matches!(bare, "ENV" | "ARG" | "LABEL"),
            named,
        }
    }
}

/// `--password-stdin` takes no value.
fn is_stdin(option: &str) -> bool {
    option.ends_with("-stdin") || option.ends_with("-prompt")
}

/// Says where in a word a secret begins, if one does, and its kind.
fn judge(word: &str, before: &Before) -> (Option<usize>, &'static str) {
    if before.names_a_secret && !word.starts_with(['-', '&', '|', ';']) || before.named {
        let scheme = ["bearer", "basic"].iter().any(|name| word.eq_ignore_ascii_case(name));
        if !scheme {
            return (Some(0), "named-like-a-secret");
        }
    }
    if before.credentials && word.contains(':') {
        return (Some(0), "password-argument");
    }
    if let Some((name, value)) = word.split_once('=') {
        let last = name.rsplit(['"', '\'', '(', ';', '&', '|', '{', ',', '?', ':']).next();
        let telling = last.and_then(kind_of_name);
        let empty = value.trim_matches(['"', '\'', ';']).is_empty();
        // `$TOKEN` is a name again.
        let reference = value.trim_start_matches(['"', '\'']).starts_with('$');
        if let Some(kind) = telling.filter(|_| !empty && !is_variable(reference, value)) {
            return (Some(name.len().saturating_add(1)), kind);
        }
    }
    match kind_of_value(word) {
        Some(kind) => (Some(start_of_value(word)), kind),
        None => (None, ""),
    }
}

/// Whether a value is nothing but the name of a variable.
fn is_variable(reference: bool, value: &str) -> bool {
    let bare = value.trim_matches(['"', '\'', ';', ')', '$', '{', '}']);
    reference && bare.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
}

/// A value that is a secret by its looks is masked from the `=` before it, or whole.
fn start_of_value(word: &str) -> usize {
    match word.find('=') {
        Some(at) if kind_of_value(word.get(..at).unwrap_or_default()).is_none() => {
            at.saturating_add(1)
        }
        _ => 0,
    }
}

/// Whether the command begins with pairs that are not quoted.
fn is_loose(command: &str) -> bool {
    let start = command.trim_start();
    let start = start.strip_prefix("RUN ").unwrap_or(start);
    let start = start.strip_prefix("/bin/sh -c #(nop)").unwrap_or(start).trim_start();
    ["ENV ", "ARG ", "LABEL ", "|"].iter().any(|word| start.starts_with(word))
}

/// The end of a word: the next blank.
fn end(text: &str) -> usize {
    text.find(char::is_whitespace).unwrap_or(text.len())
}

/// The end of a value as a shell reads it; `outer` is the quote in which it stands.
fn quoted_end(value: &str, outer: Option<char>) -> usize {
    for quote in ["\\\"", "\\'"] {
        if let Some(rest) = value.strip_prefix(quote) {
            let end = rest.find(quote).map(|end| end.saturating_add(quote.len().saturating_mul(2)));
            return end.unwrap_or(value.len());
        }
    }
    // What begins with a quote ends with it, whatever stood before.
    let outer = outer.filter(|_| !value.starts_with(['"', '\'']));
    let mut quote = None;
    let mut escaped = false;
    for (at, character) in value.char_indices() {
        match (quote, character) {
            _ if escaped => escaped = false,
            (Some('\''), '\\') => {}
            (_, '\\') => escaped = true,
            (None, close) if outer == Some(close) => return at,
            (Some(open), close) if open == close => quote = None,
            (None, '"' | '\'') => quote = Some(character),
            (None, blank) if blank.is_whitespace() => return at,
            _ => {}
        }
    }
    value.len()
}

/// Returns the quote that is open at the end of a text.
fn open_quote(text: &str) -> Option<char> {
    let mut quote = None;
    let mut escaped = false;
    for character in text.chars() {
        match (quote, character) {
            _ if escaped => escaped = false,
            (Some('\''), '\\') => {}
            (_, '\\') => escaped = true,
            (Some(open), close) if open == close => quote = None,
            (None, '"' | '\'') => quote = Some(character),
            _ => {}
        }
    }
    quote
}

/// The end of a value without quotes: before the next `NAME=`, or before the shell.
fn loose_end(value: &str) -> usize {
    let mut at = end(value);
    while let Some(rest) = value.get(at..).filter(|rest| !rest.is_empty()) {
        let blanks = rest.len().saturating_sub(rest.trim_start().len());
        let word = rest.trim_start();
        let word = word.get(..end(word)).unwrap_or(word);
        let name = word.split_once('=').map(|(name, _)| name);
        let plain = |name: &str| {
            !name.is_empty()
                && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_.-".contains(&byte))
        };
        if name.is_some_and(plain) || word == "/bin/sh" {
            return at;
        }
        at = at.saturating_add(blanks).saturating_add(word.len());
    }
    value.len()
}

#[cfg(test)]
mod tests;
