//! What a value that differs by host by right must look like: the forms of `expected-per-host`.
//!
//! A form is judged over bytes alone, so that a capture keeps no value, and it speaks for nothing
//! else: owner, permissions and labels are compared as under `read-only`.

#![warn(clippy::indexing_slicing, clippy::arithmetic_side_effects)]

mod accounts;
mod error;
mod pattern;

#[cfg(test)]
mod tests;

use crate::model::{Digest, Entry, FileType, PerHost, PerHostValue};

pub use accounts::{AccountFiles, Accounts};
pub use error::FormError;
use pattern::Pattern;

/// The longest value that is judged, in bytes; a longer file is compared plainly.
pub const MAX_VALUE_BYTES: u64 = 1 << 20;

/// What may differ between hosts of one image.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Form {
    /// As it was written.
    text: String,
    kind: Kind,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Kind {
    Present,
    New(Option<Pattern>),
    Matches(Pattern),
    OneOf(Vec<Vec<u8>>),
    Lines(Pattern),
    Accounts(Accounts),
}

impl Form {
    /// Every form as errors and the documentation show it.
    pub const SYNTAX: [&'static str; 6] = [
        "present",
        "new[:REGEX]",
        "matches:REGEX",
        "one-of:VALUE,VALUE",
        "lines:REGEX",
        "accounts:FIRST-LAST[,GROUP]",
    ];

    /// Reads a form as a rule has it, with `\` before blanks.
    pub fn parse(text: &str) -> Result<Self, FormError> {
        let (name, rest) = match text.split_once(':') {
            Some((name, rest)) => (name, Some(rest)),
            None => (text, None),
        };
        let argument = || rest.filter(|rest| !rest.is_empty());
        let missing = |syntax| FormError::NoArgument { syntax };
        let kind = match name {
            "present" if rest.is_none() => Kind::Present,
            "present" => return Err(FormError::Argument),
            "new" if rest.is_none() => Kind::New(None),
            "new" => Kind::New(Some(Pattern::new(argument().ok_or(missing("new:REGEX"))?)?)),
            "matches" => Kind::Matches(Pattern::new(argument().ok_or(missing("matches:REGEX"))?)?),
            "lines" => Kind::Lines(Pattern::new(argument().ok_or(missing("lines:REGEX"))?)?),
            "one-of" => Kind::OneOf(values(argument().ok_or(missing("one-of:VALUE,VALUE"))?)),
            "accounts" => {
                let argument = argument().ok_or(missing("accounts:FIRST-LAST[,GROUP]"))?;
                Kind::Accounts(Accounts::parse(argument)?)
            }
            other => return Err(FormError::unknown(other)),
        };
        Ok(Self { text: text.to_owned(), kind })
    }

    /// Returns the form as it was written.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Returns in words what may differ.
    #[must_use]
    pub fn meaning(&self) -> &'static str {
        match &self.kind {
            Kind::Present => "it may be anything, and may come",
            Kind::New(None) => "it may come where the baseline has none",
            Kind::New(Some(_)) => "it may come where the baseline has none, if it matches",
            Kind::Matches(_) => "it may be, or come as, anything that matches",
            Kind::OneOf(_) => "it may be, or come as, one of these",
            Kind::Lines(_) => "lines that match are left out, every other is compared",
            Kind::Accounts(_) => "lines of these accounts are left out, every other is compared",
        }
    }

    /// Returns what values under this form are bound to.
    #[must_use]
    pub fn digest(&self) -> Digest {
        Digest::sha256_of(self.text.as_bytes())
    }

    /// Returns the accounts that the form leaves out, where it is of that kind.
    #[must_use]
    pub fn accounts(&self) -> Option<&Accounts> {
        match &self.kind {
            Kind::Accounts(accounts) => Some(accounts),
            _ => None,
        }
    }

    /// Returns whether the form has to see the bytes of a file.
    #[must_use]
    pub fn reads_bytes(&self) -> bool {
        !matches!(self.kind, Kind::Present | Kind::New(None))
    }

    /// Returns whether the form speaks only for what the baseline does not have. Such entries may
    /// have another name on every host, so they are no part of the effective root.
    #[must_use]
    pub fn only_new(&self) -> bool {
        matches!(self.kind, Kind::New(_))
    }

    /// Judges an entry. Of a file `bytes` is the content, `None` when it is longer than
    /// [`MAX_VALUE_BYTES`] or was not needed, and `files` are the account files beside it; a link is
    /// judged by where it points, and a directory can only be there.
    #[must_use]
    pub fn judge(
        &self,
        entry: &Entry,
        name: &[u8],
        bytes: Option<&[u8]>,
        files: &AccountFiles<'_>,
    ) -> PerHost {
        let value = match entry.file_type {
            // No form speaks for what gives power.
            FileType::File if entry.is_privileged() => PerHostValue::Violates,
            FileType::File => self.file(name, bytes, files),
            FileType::Symlink => {
                let target = entry.link_target.seen().map_or(&b""[..], |target| target);
                conforms(!self.reads_bytes() || self.admits(target))
            }
            FileType::Directory => conforms(!self.reads_bytes()),
            _ => PerHostValue::Violates,
        };
        PerHost { form: self.digest(), value }
    }

    fn file(&self, name: &[u8], bytes: Option<&[u8]>, files: &AccountFiles<'_>) -> PerHostValue {
        let Some(bytes) = bytes else { return conforms(!self.reads_bytes()) };
        match &self.kind {
            Kind::Lines(pattern) => PerHostValue::Left(left(bytes, |line| {
                (!pattern.is_match(line)).then(|| line.into())
            })),
            Kind::Accounts(accounts) => match accounts.left(name, bytes, files) {
                Some(left) => PerHostValue::Left(left),
                None => PerHostValue::Violates,
            },
            _ => conforms(!self.reads_bytes() || self.admits(bytes)),
        }
    }

    /// Whether a whole value, without the line end after it, has the form.
    fn admits(&self, value: &[u8]) -> bool {
        let value = value.strip_suffix(b"\n").unwrap_or(value);
        match &self.kind {
            Kind::Matches(pattern) | Kind::New(Some(pattern)) => pattern.is_match(value),
            Kind::OneOf(values) => values.iter().any(|one| one == value),
            _ => false,
        }
    }
}

fn conforms(does: bool) -> PerHostValue {
    if does { PerHostValue::Conforms } else { PerHostValue::Violates }
}

/// The digest of what `keep` makes of each line; lines come without their end.
fn left<'l>(bytes: &'l [u8], keep: impl Fn(&'l [u8]) -> Option<Vec<u8>>) -> Digest {
    let mut state = drift_lanes::Sha256::new();
    for whole in bytes.split_inclusive(|&byte| byte == b'\n') {
        let line = whole.strip_suffix(b"\n").unwrap_or(whole);
        if let Some(kept) = keep(line) {
            state.update(&kept);
            // A last line without its end is another file than one with it.
            state.update(whole.get(line.len()..).unwrap_or_default());
        }
    }
    Digest::sha256(state.finish())
}

/// Splits at commas; a backslash keeps the next character.
fn values(list: &str) -> Vec<Vec<u8>> {
    let mut values = vec![String::new()];
    let mut characters = list.chars();
    while let Some(character) = characters.next() {
        match (character, values.last_mut()) {
            (',', _) => values.push(String::new()),
            ('\\', Some(last)) => last.extend(characters.next()),
            (other, Some(last)) => last.push(other),
            (_, None) => {}
        }
    }
    values.into_iter().map(String::into_bytes).collect()
}
