//! `drift config show`: every setting of a check with where it comes from.

use std::path::Path;

use clap::parser::ValueSource;
use clap::{ArgMatches, CommandFactory as _};
use drift_core::bounds::escape::escaped;
use serde::Serialize;

use crate::args::Args;
use crate::failure::Failure;
use crate::settings::Settings;
use crate::terminal::shown;

use super::{Config, KEYS, Key, Value};

/// The form of the JSON output.
const SCHEMA: &str = "drift.config/v1";

#[derive(Serialize)]
struct Document {
    schema: &'static str,
    files: Vec<FileShown>,
    settings: Vec<Shown>,
}

#[derive(Serialize)]
struct FileShown {
    place: &'static str,
    file: String,
    state: &'static str,
    digest: Option<String>,
}

/// One setting as it holds.
#[derive(Serialize)]
struct Shown {
    key: String,
    /// One element for a single value; none where nothing is set.
    values: Vec<String>,
    origin: &'static str,
    file: Option<String>,
    line: Option<usize>,
    /// What holds where nothing is set.
    #[serde(skip_serializing_if = "Option::is_none")]
    unset: Option<String>,
    takes: String,
    meaning: &'static str,
}

/// Returns the settings for people, or as JSON; `typed` are the options of a check.
pub(crate) fn show(
    config: &Config,
    typed: Option<&ArgMatches>,
    settings: &Settings,
    json: bool,
) -> Result<Vec<u8>, Failure> {
    let files = config.files.iter().map(|file| FileShown {
        place: file.place,
        file: file.path.to_string_lossy().into_owned(),
        state: file.state,
        digest: file.said.as_ref().map(|said| said.digest.to_string()),
    });
    let document = Document {
        schema: SCHEMA,
        files: files.collect(),
        settings: KEYS.iter().map(|key| setting(key, config, typed, settings)).collect(),
    };
    if json {
        let mut bytes = serde_json::to_vec_pretty(&document).map_err(Failure::internal)?;
        bytes.push(b'\n');
        return Ok(bytes);
    }
    Ok(text(&document).into_bytes())
}

fn setting(
    key: &'static Key,
    config: &Config,
    typed: Option<&ArgMatches>,
    settings: &Settings,
) -> Shown {
    let shown = |values, origin| Shown {
        key: key.full_name(),
        values,
        origin,
        file: None,
        line: None,
        unset: None,
        takes: key.kind.expected(),
        meaning: key.meaning,
    };
    if let Some(values) = typed.filter(|_| key.table.is_empty()).and_then(|all| typed_of(key, all))
    {
        return shown(values, "command-line");
    }
    let reference_is_typed =
        || typed.is_some_and(|all| ["baseline", "baselines"].iter().any(|id| is_typed(id, all)));
    let names_reference = ["baseline", "baselines"].contains(&key.name);
    // Of the two that name a baseline the stronger one hides the other.
    let hidden = names_reference
        && (reference_is_typed() || config.reference().is_some_and(|(name, _)| name != key.name));
    if let Some(stated) = config.get(key.table, key.name).filter(|_| !hidden) {
        return Shown {
            file: Some(stated.file.to_string_lossy().into_owned()),
            line: Some(stated.line),
            ..shown(values_of(stated.value), "file")
        };
    }
    let unset = match (key.name, settings.state_directory(None)) {
        ("state", Some(directory)) => directory.to_string_lossy().into_owned(),
        _ => default_of(key).unwrap_or_else(|| key.unset.to_owned()),
    };
    Shown { unset: Some(unset), ..shown(Vec::new(), "default") }
}

fn is_typed(id: &str, all: &ArgMatches) -> bool {
    all.value_source(id) == Some(ValueSource::CommandLine)
}

fn typed_of(key: &Key, all: &ArgMatches) -> Option<Vec<String>> {
    if !is_typed(key.option, all) {
        return None;
    }
    let raw = all.get_raw(key.option)?;
    Some(raw.map(|value| value.to_string_lossy().into_owned()).collect())
}

/// The default that the option itself has.
fn default_of(key: &Key) -> Option<String> {
    let args = Args::command();
    let check = args.find_subcommand("check")?;
    let option = check.get_arguments().find(|option| option.get_id() == key.option)?;
    let default = option.get_default_values().first().filter(|_| key.table.is_empty())?;
    Some(default.to_string_lossy().into_owned())
}

fn values_of(value: &Value) -> Vec<String> {
    let path = |path: &Path| path.to_string_lossy().into_owned();
    match value {
        Value::Text(text) => vec![text.clone()],
        Value::Texts(texts) => texts.clone(),
        Value::Path(one) => vec![path(one)],
        Value::Paths(paths) => paths.iter().map(|one| path(one)).collect(),
        Value::Number(number) => vec![number.to_string()],
        Value::Flag(flag) => vec![flag.to_string()],
    }
}

fn text(document: &Document) -> String {
    let mut text = String::from("Files, the strongest first:\n");
    if document.files.is_empty() {
        text.push_str("  none is read\n");
    }
    for file in &document.files {
        let state = file.state.replace('-', " ");
        let name = shown(Path::new(&file.file));
        text.push_str(&format!("  {:<8} {name} ({state})\n", file.place));
    }
    text.push_str("\nSettings of drift check and drift capture:\n");
    for setting in &document.settings {
        let joined = setting.values.join(", ");
        let value = match &setting.unset {
            Some(unset) => format!("({unset})"),
            None if setting.values.is_empty() => "[]".to_owned(),
            None => escaped(joined.as_bytes()).to_string(),
        };
        let origin = match (&setting.file, setting.line) {
            (Some(file), Some(line)) => format!("{}:{line}", shown(Path::new(file))),
            _ => setting.origin.replace('-', " "),
        };
        text.push_str(&format!("  {:<19} {value:<40} {origin}\n", setting.key));
    }
    text
}
