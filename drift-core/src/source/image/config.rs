//! The configuration of an image (OCI image specification, "Image Configuration"), less what may not
//! be kept: values of environment variables that do not decide which code runs, and what looks like a secret
//! anywhere else.

#![warn(clippy::indexing_slicing, clippy::arithmetic_side_effects)]

use crate::bounds::secrets::{MASK, kind_of_name, kind_of_value};
use crate::model::{
    BlobDigest, HistoryStep, ImageConfig, ImageSecret, Platform, decides_what_runs,
};

use super::command::{masked, masked_arguments};
use super::descriptor::platform;
use super::json::{self, Object};

/// What a configuration says.
#[derive(Debug, Default)]
pub(super) struct Configuration {
    pub(super) platform: Platform,
    /// Digests of the uncompressed layers, the lowest first.
    pub(super) diff_ids: Vec<BlobDigest>,
    pub(super) history: Vec<HistoryStep>,
    pub(super) config: ImageConfig,
    pub(super) secrets: Vec<ImageSecret>,
}

impl Configuration {
    /// Reads a configuration.
    pub(super) fn read(bytes: &[u8]) -> Result<Self, String> {
        let document = json::object(bytes)?;
        let mut secrets = Secrets::default();
        let root = document.object("rootfs")?.ok_or("it has no \"rootfs\", as every image has")?;
        if root.text("type")? != Some("layers") {
            return Err("the type of its \"rootfs\" is not \"layers\"".to_owned());
        }
        let digest = |text: &str| {
            BlobDigest::parse(text)
                .map_err(|why| format!("one of its \"diff_ids\" is no digest: {why}"))
        };
        let diff_ids: Result<Vec<_>, _> = root.texts("diff_ids")?.into_iter().map(digest).collect();
        let platform = platform(&document)?;
        if platform.os.is_empty() || platform.architecture.is_empty() {
            return Err("it names no operating system or no architecture".to_owned());
        }
        let config = match document.object("config")? {
            Some(config) => started(config, &mut secrets)?,
            None => ImageConfig::default(),
        };
        // What the builder's own container was started with; some builders leave it there.
        if let Some(config) = document.object("container_config")? {
            environment(config, "container_config", &mut secrets)?;
        }
        let history = history(&document, &mut secrets)?;
        Ok(Self { platform, diff_ids: diff_ids?, history, config, secrets: secrets.sorted() })
    }
}

/// What looked like a secret so far.
#[derive(Debug, Default)]
pub(super) struct Secrets(Vec<ImageSecret>);

impl Secrets {
    pub(super) fn add(&mut self, location: String, kind: &'static str) {
        self.0.push(ImageSecret { location, kind: kind.into() });
    }

    /// Masks values that look like a secret, by themselves or by their name.
    pub(super) fn masked(&mut self, of: &str, pairs: Vec<(&str, &str)>) -> Vec<(String, String)> {
        let mut shown = Vec::new();
        for (name, value) in pairs {
            let named = kind_of_name(name).filter(|_| !value.is_empty());
            let kind = kind_of_value(value).or(named);
            if let Some(kind) = kind {
                self.add(format!("{of}.{name}"), kind);
            }
            shown.push((name.to_owned(), if kind.is_some() { MASK } else { value }.to_owned()));
        }
        shown
    }

    pub(super) fn sorted(mut self) -> Vec<ImageSecret> {
        self.0.sort();
        self.0.dedup();
        self.0
    }
}

fn started(config: &Object, secrets: &mut Secrets) -> Result<ImageConfig, String> {
    let text = |name| Ok::<_, String>(config.some_text(name)?.map(str::to_owned));
    let names =
        |name| Ok::<_, String>(config.names(name)?.into_iter().map(str::to_owned).collect());
    let mut arguments = |name: &str, location: &str| {
        let (shown, kinds) = masked_arguments(&config.texts(name)?);
        kinds.into_iter().for_each(|kind| secrets.add(format!("config.{location}"), kind));
        Ok::<_, String>(shown)
    };
    let entrypoint = arguments("Entrypoint", "entrypoint")?;
    let command = arguments("Cmd", "command")?;
    let healthcheck = match config.object("Healthcheck")? {
        Some(check) => {
            let (shown, kinds) = masked_arguments(&check.texts("Test")?);
            kinds.into_iter().for_each(|kind| secrets.add("config.healthcheck".to_owned(), kind));
            shown
        }
        None => Vec::new(),
    };
    let (environment, environment_values) = environment(config, "config", secrets)?;
    Ok(ImageConfig {
        user: text("User")?,
        entrypoint,
        command,
        healthcheck,
        environment,
        environment_values,
        working_directory: text("WorkingDir")?,
        exposed_ports: names("ExposedPorts")?,
        volumes: names("Volumes")?,
        stop_signal: text("StopSignal")?,
        labels: secrets.masked("config.labels", config.pairs("Labels")?),
    })
}

/// Names of variables, and names with values of those that decide which code runs.
type Environment = (Vec<String>, Vec<(String, String)>);

/// Reads the variables; of the values of most of them only what they look like is kept.
fn environment(config: &Object, of: &str, secrets: &mut Secrets) -> Result<Environment, String> {
    let (mut names, mut values) = (Vec::new(), Vec::new());
    for variable in config.texts("Env")? {
        let (name, value) = variable.split_once('=').unwrap_or((variable, ""));
        let named = kind_of_name(name).filter(|_| !value.is_empty());
        if let Some(kind) = kind_of_value(value).or(named) {
            secrets.add(format!("{of}.env.{name}"), kind);
        }
        if decides_what_runs(name) {
            let inner = masked(value);
            // Words look harmless one by one where a key has blanks in it.
            let whole = named.is_some() || kind_of_value(&inner.text).is_some();
            for kind in inner.kinds {
                secrets.add(format!("{of}.env.{name}"), kind);
            }
            let shown = if whole { MASK.to_owned() } else { inner.text };
            values.push((name.to_owned(), shown));
        }
        names.push(name.to_owned());
    }
    names.sort();
    names.dedup();
    values.sort_by(|(a, _), (b, _)| a.cmp(b));
    values.dedup();
    Ok((names, values))
}

fn history(document: &Object, secrets: &mut Secrets) -> Result<Vec<HistoryStep>, String> {
    let mut steps = Vec::new();
    let mut layers = 0u16;
    for (at, value) in document.list("history")?.iter().enumerate() {
        let step = value.as_object("a line of its history")?;
        let empty = step.flag("empty_layer")?;
        let layer = (!empty).then_some(layers);
        layers = if empty { layers } else { layers.saturating_add(1) };
        let created_by = step.some_text("created_by")?.map(|command| {
            let masked = masked(command);
            let location = format!("history[{at}].created_by");
            masked.kinds.into_iter().for_each(|kind| secrets.add(location.clone(), kind));
            masked.text
        });
        let created = step.some_text("created")?.map(str::to_owned);
        steps.push(HistoryStep { created, created_by, layer });
    }
    Ok(steps)
}

#[cfg(test)]
mod tests {
    use super::Configuration;

    /// Reads an image's environment, and checks that no part of it has `never` in it.
    fn read(variables: &[&str], never: &str) -> (Vec<String>, Vec<String>) {
        let root = serde_json::json!({ "type": "layers", "diff_ids": [] });
        let config = serde_json::json!({
            "os": "linux", "architecture": "amd64", "rootfs": root, "config": { "Env": variables },
        });
        let found = Configuration::read(config.to_string().as_bytes()).unwrap();
        assert!(never.is_empty() || !format!("{found:?}").contains(never), "{found:?}");
        let values = found.config.environment_values.into_iter();
        let secrets = found.secrets.iter().map(|one| format!("{} {}", one.location, one.kind));
        (values.map(|(name, value)| format!("{name}={value}")).collect(), secrets.collect())
    }

    #[test]
    fn values_are_kept_of_what_decides_which_code_runs() {
        let variables = ["PATH=/z", "API_URL=hidden", "BASH_ENV", "PATH=/a=b", "PATH=/a=b", "ENV="];
        let (values, secrets) = read(&variables, "hidden");
        assert_eq!(values, ["BASH_ENV=", "ENV=", "PATH=/z", "PATH=/a=b"]);
        assert_eq!(secrets, [""; 0]);
    }

    #[test]
    fn secrets_in_values_are_masked() {
        let (values, secrets) = read(&["API_TOKEN=hunter2"], "hunter2");
        assert_eq!((values, secrets.len()), (Vec::new(), 1));
        for (variable, shown, kind) in [
            (
                "JAVA_TOOL_OPTIONS=-Dstore.password=hunter2 -javaagent:/x.jar",
                "JAVA_TOOL_OPTIONS=-Dstore.password=[masked] -javaagent:/x.jar",
                "named-like-a-secret",
            ),
            ("LD_API_TOKEN=hunter2", "LD_API_TOKEN=[masked]", "named-like-a-secret"),
            ("PERL5OPT=-----BEGIN EC PRIVATE KEY----- hunter2", "PERL5OPT=[masked]", "private-key"),
            (
                "NODE_OPTIONS=--require https://u:hunter2@h/x",
                "NODE_OPTIONS=--require [masked]",
                "url-with-password",
            ),
        ] {
            let (values, secrets) = read(&[variable], "hunter2");
            let name = variable.split_once('=').unwrap().0;
            assert_eq!(values, [shown]);
            assert_eq!(secrets, [format!("config.env.{name} {kind}")]);
        }
        let (values, _) = read(&["PATH=/opt/token:/srv/auth:/bin"], "");
        assert_eq!(values, ["PATH=/opt/token:/srv/auth:/bin"], "places are no secrets");
    }
}
