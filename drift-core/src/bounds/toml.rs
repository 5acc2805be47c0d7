//! An operator's TOML, read key by key: whatever is wrong is told with its line.
//!
//! `serde` would tell of an unknown key without the nearest known one, and of a missing one without a
//! line; both are what an author needs.

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::escape::escaped;
use super::nearest;

/// What is wrong with a file, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Wrong {
    /// From 1.
    pub(crate) line: usize,
    /// What, as a fragment.
    pub(crate) why: String,
}

/// Something that stands in a file, and its line, from 1.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Stated<T> {
    pub(crate) value: T,
    pub(crate) line: usize,
}

/// Where lines begin.
#[derive(Debug)]
struct Lines(Vec<usize>);

/// A table of the file.
#[derive(Debug, Clone)]
pub(crate) struct Table<'d> {
    members: &'d DeTable<'d>,
    lines: &'d Lines,
    /// Where it begins.
    pub(crate) line: usize,
    /// What it is about, for messages: `a waiver`.
    what: &'static str,
}

/// Reads the text and hands its top table to `read`.
pub(crate) fn read<T>(
    text: &str,
    what: &'static str,
    read: impl FnOnce(&Table<'_>) -> Result<T, Wrong>,
) -> Result<T, Wrong> {
    let newlines = text.bytes().enumerate().filter(|(_, byte)| *byte == b'\n');
    let lines = Lines(newlines.map(|(offset, _)| offset).collect());
    let document = DeTable::parse(text).map_err(|error| Wrong {
        line: lines.at(error.span().map_or(0, |span| span.start)),
        why: error.message().to_owned(),
    })?;
    read(&Table { members: document.get_ref(), lines: &lines, line: 1, what })
}

impl Lines {
    fn at(&self, offset: usize) -> usize {
        self.0.partition_point(|newline| *newline < offset).saturating_add(1)
    }
}

impl Wrong {
    pub(crate) fn new(line: usize, why: impl Into<String>) -> Self {
        Self { line, why: why.into() }
    }
}

impl<'d> Table<'d> {
    /// Fails at the first key that is not one of these.
    pub(crate) fn only(&self, known: &[&'static str]) -> Result<(), Wrong> {
        let unknown = |(name, _): &(&Spanned<_>, _)| {
            let name: &std::borrow::Cow<'_, str> = name.get_ref();
            !known.contains(&name.as_ref())
        };
        let mut found: Vec<_> = self.members.iter().filter(unknown).collect();
        found.sort_by_key(|(name, _)| name.span().start);
        let Some((name, _)) = found.first() else { return Ok(()) };
        let near = nearest(name.get_ref(), known.iter().copied()).unwrap_or_default();
        let said = escaped(name.get_ref().as_bytes());
        let why = format!("{} has no key {said}; the nearest is {near}", self.what);
        Err(Wrong::new(self.lines.at(name.span().start), why))
    }

    /// Returns every member with its name, in the order of the file.
    pub(crate) fn members(&self) -> Vec<(Stated<&'d str>, &'d DeValue<'d>)> {
        let mut members: Vec<_> = self.members.iter().collect();
        members.sort_by_key(|(name, _)| name.span().start);
        let member = |(name, value): (&'d Spanned<_>, &'d Spanned<DeValue<'d>>)| {
            let text: &'d std::borrow::Cow<'_, str> = name.get_ref();
            let line = self.lines.at(name.span().start);
            (Stated { value: text.as_ref(), line }, value.get_ref())
        };
        members.into_iter().map(member).collect()
    }

    /// Returns a text; TOML has dates of its own, which are texts here.
    pub(crate) fn text(&self, key: &str) -> Result<Option<Stated<String>>, Wrong> {
        let Some(value) = self.get(key) else { return Ok(None) };
        self.one_text(value, || format!("{key} takes a text")).map(Some)
    }

    /// Returns a text that must be there and say something.
    pub(crate) fn required(&self, key: &str) -> Result<Stated<String>, Wrong> {
        match self.text(key)? {
            Some(text) if !text.value.trim().is_empty() => Ok(text),
            Some(text) => Err(Wrong::new(text.line, format!("{key} is empty"))),
            None => Err(Wrong::new(self.line, format!("{} has no {key}", self.what))),
        }
    }

    /// Returns an array of texts.
    pub(crate) fn texts(&self, key: &str) -> Result<Vec<Stated<String>>, Wrong> {
        let expected = || format!("{key} takes an array of texts");
        match self.get(key) {
            None => Ok(Vec::new()),
            Some(value) => match value.get_ref() {
                DeValue::Array(items) => {
                    items.iter().map(|item| self.one_text(item, expected)).collect()
                }
                _ => Err(Wrong::new(self.lines.at(value.span().start), expected())),
            },
        }
    }

    /// Returns a table within this one.
    pub(crate) fn table(&self, key: &str, what: &'static str) -> Result<Option<Self>, Wrong> {
        let Some(value) = self.get(key) else { return Ok(None) };
        self.one_table(value, key, what).map(Some)
    }

    /// Returns an array of tables.
    pub(crate) fn tables(&self, key: &str, what: &'static str) -> Result<Vec<Self>, Wrong> {
        match self.get(key) {
            None => Ok(Vec::new()),
            Some(value) => match value.get_ref() {
                DeValue::Array(items) => {
                    items.iter().map(|item| self.one_table(item, key, what)).collect()
                }
                _ => {
                    let why = format!("{key} is an array of tables; write [[{key}]]");
                    Err(Wrong::new(self.lines.at(value.span().start), why))
                }
            },
        }
    }

    fn get(&self, key: &str) -> Option<&'d Spanned<DeValue<'d>>> {
        self.members.iter().find(|(name, _)| name.get_ref() == key).map(|(_, value)| value)
    }

    fn one_text(
        &self,
        value: &Spanned<DeValue<'_>>,
        expected: impl Fn() -> String,
    ) -> Result<Stated<String>, Wrong> {
        let line = self.lines.at(value.span().start);
        match value.get_ref() {
            DeValue::String(text) => Ok(Stated { value: text.clone().into_owned(), line }),
            DeValue::Datetime(time) => Ok(Stated { value: time.to_string(), line }),
            _ => Err(Wrong::new(line, expected())),
        }
    }

    fn one_table(
        &self,
        value: &'d Spanned<DeValue<'d>>,
        key: &str,
        what: &'static str,
    ) -> Result<Self, Wrong> {
        let line = self.lines.at(value.span().start);
        match value.get_ref() {
            DeValue::Table(members) => Ok(Self { members, lines: self.lines, line, what }),
            _ => Err(Wrong::new(line, format!("{key} takes a table"))),
        }
    }
}
