//! Reads the text of one drift.toml: every key, with its line, or the first thing that is wrong.

use std::path::{Path, PathBuf};

use drift_core::bounds::escape::escaped;
use drift_core::policy::PACKS;
use drift_core::report;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use crate::policies;
use crate::tailoring;

use super::keys::{Form, KEYS, Key, Kind};
use super::nearest;

/// A value of a known key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Value {
    Text(String),
    Texts(Vec<String>),
    Path(PathBuf),
    Paths(Vec<PathBuf>),
    Number(u64),
    Flag(bool),
}

/// A key with its value and the line where it stands, counted from 1.
#[derive(Debug)]
pub(super) struct Stated {
    pub(super) key: &'static Key,
    pub(super) value: Value,
    pub(super) line: usize,
}

/// What is wrong with a file, and where.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Wrong {
    pub(super) line: usize,
    pub(super) why: String,
}

/// Reads the text of a file that stands in `directory`.
pub(super) fn parse(text: &str, directory: &Path) -> Result<Vec<Stated>, Wrong> {
    let line_at = |offset: usize| {
        text.as_bytes().iter().take(offset).filter(|byte| **byte == b'\n').count() + 1
    };
    let document = DeTable::parse(text).map_err(|error| Wrong {
        line: line_at(error.span().map_or(0, |span| span.start)),
        why: error.message().to_owned(),
    })?;
    let mut stated = Vec::new();
    for (name, value) in document.get_ref() {
        let line = line_at(name.span().start);
        match value.get_ref() {
            DeValue::Table(table) if is_table(name.get_ref()) => {
                for (inner, value) in table {
                    let line = line_at(inner.span().start);
                    let key = known(name.get_ref(), inner.get_ref(), line)?;
                    stated.push(read(key, value, line, directory)?);
                }
            }
            _ => stated.push(read(known("", name.get_ref(), line)?, value, line, directory)?),
        }
    }
    stated.sort_by_key(|stated| stated.line);
    match both(&stated) {
        Some(line) => Err(Wrong {
            line,
            why: "baseline and baselines exclude each other: the one names the files, the other \
                  where to choose one"
                .to_owned(),
        }),
        None => Ok(stated),
    }
}

fn both(stated: &[Stated]) -> Option<usize> {
    let line = |name| stated.iter().find(|stated| stated.key.name == name).map(|found| found.line);
    line("baseline").and(line("baselines"))
}

fn is_table(name: &str) -> bool {
    KEYS.iter().any(|key| !key.table.is_empty() && key.table == name)
}

fn known(table: &str, name: &str, line: usize) -> Result<&'static Key, Wrong> {
    if let Some(key) = KEYS.iter().find(|key| key.table == table && key.name == name) {
        return Ok(key);
    }
    let said = if table.is_empty() { name.to_owned() } else { format!("{table}.{name}") };
    let said = escaped(said.as_bytes());
    let elsewhere = KEYS.iter().find(|key| key.name == name);
    // Whoever knows the option of the command line writes its name.
    let by_option =
        KEYS.iter().find(|key| key.table == table && key.option == name.replace('-', "_"));
    let meant = match (by_option, elsewhere) {
        (Some(key), _) => key.full_name(),
        (None, Some(key)) if key.table.is_empty() => {
            format!("{} at the top, before any [table]", key.name)
        }
        (None, Some(key)) => format!("{} in the table [{}]", key.name, key.table),
        (None, None) => {
            let names = KEYS.iter().filter(|key| key.table == table).map(|key| key.name);
            let tables = KEYS.iter().map(|key| key.table).filter(|inner| !inner.is_empty());
            let tables = tables.filter(|_| table.is_empty());
            nearest(name, names.chain(tables)).unwrap_or_default().to_owned()
        }
    };
    Err(Wrong { line, why: format!("there is no key {said}; the nearest is {meant}") })
}

fn read(
    key: &'static Key,
    value: &Spanned<DeValue<'_>>,
    line: usize,
    directory: &Path,
) -> Result<Stated, Wrong> {
    match value_of(key.kind, value.get_ref(), directory) {
        Some(value) => Ok(Stated { key, value, line }),
        None => {
            Err(Wrong { line, why: format!("{} takes {}", key.full_name(), key.kind.expected()) })
        }
    }
}

fn value_of(kind: Kind, value: &DeValue<'_>, directory: &Path) -> Option<Value> {
    let text_of =
        |form: Form| move |value: &DeValue<'_>| text(value).filter(|text| (form.holds)(text));
    match kind {
        Kind::Text(form) => text_of(form)(value).map(Value::Text),
        Kind::Texts(form) => several(value, text_of(form)).map(Value::Texts),
        Kind::File => file(value, directory).map(Value::Path),
        Kind::Files => several(value, |value| file(value, directory)).map(Value::Paths),
        Kind::Outputs => several(value, |value| output(value, directory)).map(Value::Texts),
        Kind::Signers => several(value, |value| signer(value, directory)).map(Value::Texts),
        Kind::Profiles => several(value, |value| profile(value, directory)).map(Value::Texts),
        Kind::Policies => several(value, |value| policies(value, directory)).map(Value::Texts),
        Kind::Facts => facts(value).map(Value::Texts),
        Kind::Number(least) => number(value).filter(|number| *number >= least).map(Value::Number),
        Kind::Within((least, most)) => {
            number(value).filter(|number| (least..=most).contains(number)).map(Value::Number)
        }
        Kind::Flag => match value {
            DeValue::Boolean(flag) => Some(Value::Flag(*flag)),
            _ => None,
        },
        Kind::Threads => threads(value).map(Value::Text),
    }
}

/// TOML has dates of its own, so both `2027-01-01` and `"2027-01-01"` are right.
fn text(value: &DeValue<'_>) -> Option<String> {
    match value {
        DeValue::String(text) => Some(text.clone().into_owned()),
        DeValue::Datetime(time) => Some(time.to_string()),
        _ => None,
    }
}

fn number(value: &DeValue<'_>) -> Option<u64> {
    match value {
        DeValue::Integer(number) => u64::from_str_radix(number.as_str(), number.radix()).ok(),
        _ => None,
    }
}

/// An array of what `one` reads, or one of it alone. An empty array is one: it replaces another.
fn several<T>(value: &DeValue<'_>, one: impl Fn(&DeValue<'_>) -> Option<T>) -> Option<Vec<T>> {
    match value {
        DeValue::Array(values) => values.iter().map(|value| one(value.get_ref())).collect(),
        single => one(single).map(|value| vec![value]),
    }
}

fn file(value: &DeValue<'_>, directory: &Path) -> Option<PathBuf> {
    match value {
        DeValue::String(text) if !text.is_empty() => Some(directory.join(text.as_ref())),
        _ => None,
    }
}

fn output(value: &DeValue<'_>, directory: &Path) -> Option<String> {
    let text = text(value)?;
    let (format, name) = text.split_once('=').filter(|(_, name)| !name.is_empty())?;
    report::find(format)?;
    Some(format!("{format}={}", directory.join(name).to_str()?))
}

fn signer(value: &DeValue<'_>, directory: &Path) -> Option<String> {
    match text(value)? {
        text if text == "external" => Some(text),
        text if text.is_empty() => None,
        text => directory.join(text).to_str().map(str::to_owned),
    }
}

fn profile(value: &DeValue<'_>, directory: &Path) -> Option<String> {
    match text(value)? {
        text if text.is_empty() => None,
        text if tailoring::is_file(&text) => directory.join(text).to_str().map(str::to_owned),
        text => Some(text),
    }
}

fn policies(value: &DeValue<'_>, directory: &Path) -> Option<String> {
    let text = text(value).filter(|text| !text.is_empty())?;
    match text.strip_prefix(policies::BUILTIN) {
        Some(pack) => PACKS.iter().any(|known| known.name == pack).then_some(text),
        None => directory.join(text).to_str().map(str::to_owned),
    }
}

fn facts(value: &DeValue<'_>) -> Option<Vec<String>> {
    let DeValue::Table(table) = value else { return None };
    let fact = |(name, value): (&Spanned<_>, &Spanned<DeValue<'_>>)| {
        let name: &std::borrow::Cow<'_, str> = name.get_ref();
        let plain = !name.is_empty() && !name.contains('=');
        text(value.get_ref()).filter(|_| plain).map(|text| format!("{name}={text}"))
    };
    table.iter().map(fact).collect()
}

fn threads(value: &DeValue<'_>) -> Option<String> {
    let said = number(value).map(|number| number.to_string()).or_else(|| text(value))?;
    let number = said.strip_suffix('%').unwrap_or(&said).parse::<u64>().ok()?;
    (1..=1024).contains(&number).then_some(said)
}

#[cfg(test)]
mod tests;
