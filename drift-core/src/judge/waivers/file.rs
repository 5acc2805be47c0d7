//! The TOML of waivers.

#![warn(clippy::indexing_slicing, clippy::arithmetic_side_effects)]

use std::collections::BTreeMap;

use crate::bounds::escape::escaped;
use crate::bounds::toml::{Stated, Table, Wrong, read};
use crate::bounds::{Timestamp, Wildcard, WildcardError, nearest};
use crate::model::Cause;

use super::Waiver;
use super::selector::Selector;

/// More exceptions than anyone can answer for.
const MAX_WAIVERS: usize = 10_000;

/// The longest text of one member.
const MAX_TEXT_BYTES: usize = 4096;

const KEYS: &[&str] =
    &["id", "owner", "approver", "reason", "created", "expires", "ticket", "match"];

const SELECTORS: &[&str] = &["policy", "path", "package", "cause", "identity", "change"];

/// A file of waivers that is not taken; no waiver of it is used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}:{line}: {why}", escaped(.file.as_bytes()))]
pub struct WaiverError {
    /// The file.
    pub file: String,
    /// From 1.
    pub line: usize,
    /// What is wrong.
    pub why: String,
}

/// Reads every waiver, in order.
pub(super) fn parse(file: &str, bytes: &[u8]) -> Result<Vec<Waiver>, WaiverError> {
    let wrong = |Wrong { line, why }| WaiverError { file: file.to_owned(), line, why };
    let text = str::from_utf8(bytes).map_err(|_| wrong(Wrong::new(1, "it is not UTF-8 text")))?;
    read(text, "a file of waivers", waivers).map_err(wrong)
}

fn waivers(top: &Table<'_>) -> Result<Vec<Waiver>, Wrong> {
    top.only(&["waiver"])?;
    let tables = top.tables("waiver", "a waiver")?;
    if let Some(table) = tables.get(MAX_WAIVERS) {
        return Err(Wrong::new(table.line, format!("there are more than {MAX_WAIVERS} waivers")));
    }
    let mut lines: BTreeMap<String, usize> = BTreeMap::new();
    let mut waivers = Vec::new();
    for table in &tables {
        let waiver = waiver(table)?;
        if let Some(first) = lines.insert(waiver.id.clone(), waiver.line) {
            let id = escaped(waiver.id.as_bytes());
            let why = format!("the id {id} is that of line {first}; give each waiver its own");
            return Err(Wrong::new(waiver.line, why));
        }
        waivers.push(waiver);
    }
    Ok(waivers)
}

fn waiver(table: &Table<'_>) -> Result<Waiver, Wrong> {
    table.only(KEYS)?;
    let short = |text: Stated<String>| -> Result<String, Wrong> {
        if text.value.len() > MAX_TEXT_BYTES {
            return Err(Wrong::new(text.line, format!("a text has over {MAX_TEXT_BYTES} bytes")));
        }
        Ok(text.value)
    };
    let some = |key: &str| table.text(key)?.map(short).transpose();
    let id = table.required("id")?;
    let line = id.line;
    let created = table.text("created")?.map(created).transpose()?;
    let expires = expires(&table.required("expires")?)?;
    if created.is_some_and(|created| created > expires) {
        return Err(Wrong::new(line, "the waiver expires before it is created"));
    }
    Ok(Waiver {
        id: short(id)?,
        owner: short(table.required("owner")?)?,
        approver: some("approver")?,
        reason: short(table.required("reason")?)?,
        created,
        expires,
        ticket: some("ticket")?,
        selector: selector(table, line)?,
        line,
    })
}

/// A bare date is its first moment, UTC.
fn created(text: Stated<String>) -> Result<Timestamp, Wrong> {
    let Stated { value, line } = text;
    let bare = Timestamp::parse(&value).is_err() && Timestamp::parse_end(&value).is_ok();
    let read = Timestamp::parse(&if bare { format!("{value}T00:00:00Z") } else { value });
    read.map_err(|error| Wrong::new(line, format!("created: {error}")))
}

/// A bare date is its last second, UTC.
fn expires(text: &Stated<String>) -> Result<Timestamp, Wrong> {
    Timestamp::parse_end(&text.value)
        .map_err(|error| Wrong::new(text.line, format!("expires: {error}")))
}

fn selector(table: &Table<'_>, line: usize) -> Result<Selector, Wrong> {
    let Some(parts) = table.table("match", "match")? else {
        return Err(Wrong::new(line, "a waiver has no match, as match = { path = \"/opt/**\" }"));
    };
    parts.only(SELECTORS)?;
    let pattern = |key: &str, read: fn(&str) -> Result<Wildcard, WildcardError>| {
        let Some(text) = parts.text(key)? else { return Ok(None) };
        let wrong = |error| Wrong::new(text.line, format!("{key}: {error}"));
        read(&text.value).map(Some).map_err(wrong)
    };
    let selector = Selector {
        policy: pattern("policy", Wildcard::member)?,
        path: pattern("path", Wildcard::path)?,
        package: pattern("package", Wildcard::name)?,
        cause: parts.text("cause")?.map(cause).transpose()?,
        identity: pattern("identity", Wildcard::name)?,
        change: parts.text("change")?.map(change).transpose()?,
    };
    let Selector { policy, path, package, cause, identity: _, change } = &selector;
    if policy.is_none()
        && path.is_none()
        && package.is_none()
        && cause.is_none()
        && change.is_none()
    {
        let why = "match needs one of policy, path, package, cause and change; else it would accept \
                   everything";
        return Err(Wrong::new(parts.line, why));
    }
    if policy.is_some() && cause.is_some() {
        let why =
            "match can hold for nothing: only changes have a cause, and only denials a policy";
        return Err(Wrong::new(parts.line, why));
    }
    Ok(selector)
}

fn cause(word: Stated<String>) -> Result<Cause, Wrong> {
    Cause::ALL.into_iter().find(|cause| cause.name() == word.value).ok_or_else(|| {
        let near = nearest(&word.value, Cause::ALL.map(Cause::name)).unwrap_or_default();
        let shown = escaped(word.value.as_bytes());
        Wrong::new(word.line, format!("there is no cause {shown}; the nearest is {near}"))
    })
}

fn change(text: Stated<String>) -> Result<String, Wrong> {
    let digits = text.value.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
    if text.value.len() != 64 || !digits {
        let why =
            "change takes the id of a change or denial, 64 hexadecimal digits as in the report";
        return Err(Wrong::new(text.line, why));
    }
    Ok(text.value)
}
