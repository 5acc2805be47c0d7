//! What an image says of itself, as the report has it. Nothing of it is believed about the files.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::model;

/// An image.
#[derive(Debug, Clone, Serialize)]
pub struct Image {
    /// The name or tag under which it was found.
    pub reference: Option<String>,
    /// Digest of the manifest; null of a docker archive, which has none.
    pub manifest_digest: Option<String>,
    /// Digest of the configuration.
    pub config_digest: Option<String>,
    /// `os/architecture[/variant]`.
    pub platform: String,
    /// Bytes of configuration and layers as stored.
    pub size: u64,
    /// With what a container would be started.
    pub config: ImageConfig,
    /// Lowest first.
    pub layers: Vec<ImageLayer>,
    /// Oldest first.
    pub history: Vec<ImageStep>,
    /// Annotations of the manifest; the base image stands here.
    pub annotations: BTreeMap<String, String>,
    /// What looks like a secret: where and of what kind, never its value.
    pub secrets: Vec<ImageSecret>,
}

/// With what a container would be started (OCI image specification, "Image Configuration").
#[derive(Debug, Clone, Serialize)]
pub struct ImageConfig {
    /// User or number, perhaps with a group.
    pub user: Option<String>,
    /// The program and its first arguments.
    pub entrypoint: Vec<String>,
    /// Further arguments, or the program where there is no entrypoint.
    pub command: Vec<String>,
    /// The command that Docker runs in each container from time to time, after how it is run.
    pub healthcheck: Vec<String>,
    /// Names of environment variables.
    pub environment: Vec<String>,
    /// Values by name of those that decide which code runs, masked where they look like a secret; no
    /// others are kept. More than one where the image sets a name more than once.
    pub environment_values: BTreeMap<String, Vec<String>>,
    /// Where it starts.
    pub working_directory: Option<String>,
    /// Such as `8080/tcp`.
    pub exposed_ports: Vec<String>,
    /// Paths that are volumes.
    pub volumes: Vec<String>,
    /// Such as `SIGTERM`.
    pub stop_signal: Option<String>,
    /// Labels by name.
    pub labels: BTreeMap<String, String>,
}

/// One layer.
#[derive(Debug, Clone, Serialize)]
pub struct ImageLayer {
    /// Digest of the bytes as stored; null of a docker archive.
    pub digest: Option<String>,
    /// Digest of the uncompressed archive.
    pub diff_id: String,
    /// Bytes as stored.
    pub size: u64,
    /// The command that made it, as the history says.
    pub created_by: Option<String>,
}

/// One line of the history.
#[derive(Debug, Clone, Serialize)]
pub struct ImageStep {
    /// When, as written.
    pub created: Option<String>,
    /// The command.
    pub created_by: Option<String>,
    /// The layer that it made; null where it changed the configuration alone.
    pub layer: Option<u16>,
}

/// Something that looks like a secret.
#[derive(Debug, Clone, Serialize)]
pub struct ImageSecret {
    /// Such as `config.env.API_TOKEN`.
    pub location: String,
    /// Such as `private-key`.
    pub kind: String,
}

impl From<&model::Image> for Image {
    fn from(image: &model::Image) -> Self {
        let text = |digest: &Option<model::BlobDigest>| digest.as_ref().map(ToString::to_string);
        Self {
            reference: image.reference.clone(),
            manifest_digest: text(&image.manifest),
            config_digest: text(&image.config_digest),
            platform: image.platform.to_string(),
            size: image.size,
            config: ImageConfig::from(&image.config),
            layers: image
                .layers
                .iter()
                .map(|layer| ImageLayer {
                    digest: text(&layer.digest),
                    diff_id: layer.diff_id.to_string(),
                    size: layer.size,
                    created_by: layer.created_by.clone(),
                })
                .collect(),
            history: image
                .history
                .iter()
                .map(|step| ImageStep {
                    created: step.created.clone(),
                    created_by: step.created_by.clone(),
                    layer: step.layer,
                })
                .collect(),
            annotations: image.annotations.iter().cloned().collect(),
            secrets: image
                .secrets
                .iter()
                .map(|secret| ImageSecret {
                    location: secret.location.clone(),
                    kind: secret.kind.to_string(),
                })
                .collect(),
        }
    }
}

impl From<&model::ImageConfig> for ImageConfig {
    fn from(config: &model::ImageConfig) -> Self {
        let mut environment_values: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for (name, value) in &config.environment_values {
            environment_values.entry(name.clone()).or_default().push(value.clone());
        }
        Self {
            user: config.user.clone(),
            entrypoint: config.entrypoint.clone(),
            command: config.command.clone(),
            healthcheck: config.healthcheck.clone(),
            environment: config.environment.clone(),
            environment_values,
            working_directory: config.working_directory.clone(),
            exposed_ports: config.exposed_ports.clone(),
            volumes: config.volumes.clone(),
            stop_signal: config.stop_signal.clone(),
            labels: config.labels.iter().cloned().collect(),
        }
    }
}
