//! The text of one profile: every statement with its line.

use toml::de::DeValue;

use crate::bounds::Wildcard;
use crate::bounds::escape::escaped;
use crate::bounds::nearest;
use crate::bounds::toml::{Stated, Table, Wrong, read};
use crate::model::{Digest, Severity};
use crate::policy::engine::Value;

use super::error::{TailorError, TailorErrorKind};

const KEYS: &[&str] = &["name", "title", "extends", "select", "deselect", "severity", "parameters"];

/// Statements of one profile at the most.
const MAX_STATEMENTS: usize = 10_000;

/// How deep a parameter may be nested.
const MAX_VALUE_DEPTH: usize = 4;

/// A profile, as it was written.
#[derive(Debug)]
pub(super) struct Profile {
    pub(super) name: String,
    pub(super) title: Option<String>,
    pub(super) file: String,
    pub(super) digest: Digest,
    /// Whether it comes with drift, and so may name policies of packs that do not take part.
    pub(super) builtin: bool,
    pub(super) extends: Vec<Stated<String>>,
    pub(super) select: Vec<Stated<Wildcard>>,
    /// With the reason of each.
    pub(super) deselect: Vec<(Stated<Wildcard>, String)>,
    pub(super) severities: Vec<(Stated<Wildcard>, Loudness)>,
    pub(super) parameters: Vec<(Stated<String>, Value)>,
}

/// How loud a policy is to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Loudness {
    /// This.
    Exactly(Severity),
    /// What it says itself, but no less than this.
    AtLeast(Severity),
}

/// Reads the text of `file`.
pub(super) fn parse(file: &str, text: &str, builtin: bool) -> Result<Profile, TailorError> {
    let parsed = read(text, "a profile", |table| profile(file, text, builtin, table));
    parsed.map_err(|Wrong { line, why }| TailorError::new(file, line, TailorErrorKind::Format(why)))
}

fn profile(file: &str, text: &str, builtin: bool, table: &Table<'_>) -> Result<Profile, Wrong> {
    table.only(KEYS)?;
    let name = table.required("name")?;
    let plain = |byte: u8| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_');
    if !name.value.bytes().all(plain) || name.value.len() > 64 {
        let why = "name takes at most 64 lower-case letters, digits, - and _";
        return Err(Wrong::new(name.line, why));
    }
    let select = table.texts("select")?.into_iter().map(pattern).collect::<Result<Vec<_>, _>>()?;
    let deselect = table.tables("deselect", "a deselect")?;
    let deselect = deselect.iter().map(deselected).collect::<Result<Vec<_>, _>>()?;
    let severities = table.tables("severity", "a severity")?;
    let severities = severities.iter().map(loudness).collect::<Result<Vec<_>, _>>()?;
    if select.len().saturating_add(deselect.len()).saturating_add(severities.len()) > MAX_STATEMENTS
    {
        return Err(Wrong::new(
            1,
            format!("the profile has more than {MAX_STATEMENTS} statements"),
        ));
    }
    for (found, _) in &deselect {
        if select.iter().any(|other| other.value == found.value) {
            let why = format!(
                "the profile selects and deselects {}; say one of the two",
                escaped(found.value.as_str().as_bytes())
            );
            return Err(Wrong::new(found.line, why));
        }
    }
    Ok(Profile {
        name: name.value,
        title: table.text("title")?.map(|title| title.value),
        file: file.to_owned(),
        digest: Digest::sha256_of(text.as_bytes()),
        builtin,
        extends: table.texts("extends")?,
        select,
        deselect,
        severities,
        parameters: parameters(table)?,
    })
}

fn pattern(text: Stated<String>) -> Result<Stated<Wildcard>, Wrong> {
    let Stated { value, line } = text;
    let value = Wildcard::member(&value).map_err(|error| {
        let shown = escaped(value.as_bytes());
        let form = "write PACK/NAME, where * stands for any part of either";
        Wrong::new(line, format!("\"{shown}\" is no pattern of policies: {error}; {form}"))
    })?;
    Ok(Stated { value, line })
}

fn deselected(table: &Table<'_>) -> Result<(Stated<Wildcard>, String), Wrong> {
    table.only(&["policy", "reason"])?;
    Ok((pattern(table.required("policy")?)?, table.required("reason")?.value))
}

fn loudness(table: &Table<'_>) -> Result<(Stated<Wildcard>, Loudness), Wrong> {
    table.only(&["policy", "severity", "at_least"])?;
    let policy = pattern(table.required("policy")?)?;
    let loudness = match (table.text("severity")?, table.text("at_least")?) {
        (Some(exactly), None) => Loudness::Exactly(severity(&exactly)?),
        (None, Some(least)) => Loudness::AtLeast(severity(&least)?),
        _ => return Err(Wrong::new(table.line, "write one of severity and at_least")),
    };
    Ok((policy, loudness))
}

fn severity(word: &Stated<String>) -> Result<Severity, Wrong> {
    let found = Severity::ALL.into_iter().find(|severity| severity.name() == word.value);
    found.ok_or_else(|| {
        let near = nearest(&word.value, Severity::ALL.map(Severity::name)).unwrap_or_default();
        let shown = escaped(word.value.as_bytes());
        Wrong::new(word.line, format!("there is no severity \"{shown}\"; the nearest is {near}"))
    })
}

fn parameters(table: &Table<'_>) -> Result<Vec<(Stated<String>, Value)>, Wrong> {
    let Some(table) = table.table("parameters", "parameters")? else { return Ok(Vec::new()) };
    let members = table.members().into_iter();
    let parameter = |(Stated { value: name, line }, value): (Stated<&str>, &DeValue<'_>)| {
        let value = converted(value, MAX_VALUE_DEPTH).ok_or_else(|| {
            let shown = escaped(name.as_bytes());
            let why = "is a number that is not finite or too large, or nested too deep";
            Wrong::new(line, format!("the parameter {shown} {why}"))
        })?;
        Ok((Stated { value: name.to_owned(), line }, value))
    };
    members.map(parameter).collect()
}

fn converted(value: &DeValue<'_>, depth: usize) -> Option<Value> {
    let deeper = depth.checked_sub(1)?;
    Some(match value {
        DeValue::String(text) => Value::text(text),
        DeValue::Datetime(time) => Value::text(&time.to_string()),
        DeValue::Boolean(flag) => Value::boolean(*flag),
        DeValue::Integer(number) => {
            Value::integer(i64::from_str_radix(number.as_str(), number.radix()).ok()?)
        }
        DeValue::Float(number) => {
            Value::float(number.as_str().parse::<f64>().ok().filter(|number| number.is_finite())?)
        }
        DeValue::Array(items) => {
            let items: Option<Vec<Value>> =
                items.iter().map(|item| converted(item.get_ref(), deeper)).collect();
            Value::array(items?)
        }
        DeValue::Table(members) => {
            let member = |(name, value): (&toml::Spanned<_>, &toml::Spanned<DeValue<'_>>)| {
                let name: &std::borrow::Cow<'_, str> = name.get_ref();
                Some((Value::text(name), converted(value.get_ref(), deeper)?))
            };
            Value::map(members.iter().map(member).collect::<Option<Vec<_>>>()?)
        }
    })
}
