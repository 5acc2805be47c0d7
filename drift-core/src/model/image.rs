//! What an image says of itself beside its files: layers, history and the configuration that a
//! container would be started with.
//!
//! Values come from the image's author: they are shown escaped, compared, and never believed about
//! the files. Values of environment variables are left out, because secrets live there, but for those
//! that decide which code runs.

use std::borrow::Cow;
use std::fmt;

/// The place of a layer in its image; the lowest is 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LayerId(pub u16);

/// Names bytes by their digest, `ALGORITHM:HEX` (OCI image specification, "Digests").
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct BlobDigest(Box<str>);

/// A text that is no digest of a registered algorithm.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("it is not sha256: with 64 or sha512: with 128 small hexadecimal digits")]
pub struct NoDigest;

/// What an image runs on, `os/architecture[/variant]`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Platform {
    /// Such as `linux`.
    pub os: String,
    /// As Go names it, such as `amd64`.
    pub architecture: String,
    /// Such as `v8`.
    pub variant: Option<String>,
}

/// One layer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Layer {
    /// Digest of the bytes as stored; none of a docker archive, which does not name it.
    pub digest: Option<BlobDigest>,
    /// Digest of the uncompressed archive.
    pub diff_id: BlobDigest,
    /// Bytes as stored.
    pub size: u64,
    /// The command that made it, as the history says.
    pub created_by: Option<String>,
}

/// One line of the history.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct HistoryStep {
    /// When, as written.
    pub created: Option<String>,
    /// The command.
    pub created_by: Option<String>,
    /// The layer that it made; none where it changed the configuration alone.
    pub layer: Option<u16>,
}

/// With what a container would be started.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ImageConfig {
    /// User or number, perhaps with a group.
    pub user: Option<String>,
    /// The program and its first arguments.
    pub entrypoint: Vec<String>,
    /// Further arguments, or the program where there is no entrypoint.
    pub command: Vec<String>,
    /// The command that Docker runs in each container from time to time, after how it is run.
    pub healthcheck: Vec<String>,
    /// Names of environment variables, sorted.
    pub environment: Vec<String>,
    /// Names and values of those that decide which code runs ([`super::decides_what_runs`]), masked
    /// where they look like a secret; sorted by name. A name that is set twice is there twice, in the
    /// image's order, because programs disagree which one counts.
    pub environment_values: Vec<(String, String)>,
    /// Where it starts.
    pub working_directory: Option<String>,
    /// Such as `8080/tcp`, sorted.
    pub exposed_ports: Vec<String>,
    /// Paths that are volumes, sorted.
    pub volumes: Vec<String>,
    /// Such as `SIGTERM`.
    pub stop_signal: Option<String>,
    /// Sorted by name.
    pub labels: Vec<(String, String)>,
}

/// Something in configuration or history that looks like a secret; its value is not kept.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct ImageSecret {
    /// Such as `config.env.API_TOKEN` or `history[3].created_by`.
    pub location: String,
    /// Such as `private-key` or `named-like-a-secret`.
    pub kind: Cow<'static, str>,
}

/// What an image says of itself.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Image {
    /// Digest of the manifest; none of a docker archive, which has none.
    pub manifest: Option<BlobDigest>,
    /// Digest of the configuration.
    pub config_digest: Option<BlobDigest>,
    /// The name or tag under which it was found.
    pub reference: Option<String>,
    /// What it runs on.
    pub platform: Platform,
    /// Lowest first.
    pub layers: Vec<Layer>,
    /// Oldest first.
    pub history: Vec<HistoryStep>,
    /// With what a container would be started.
    pub config: ImageConfig,
    /// Annotations of the manifest, sorted by name; the base image stands here.
    pub annotations: Vec<(String, String)>,
    /// Bytes of configuration and layers as stored.
    pub size: u64,
    /// What looks like a secret, sorted.
    pub secrets: Vec<ImageSecret>,
}

impl BlobDigest {
    /// Reads a digest; nothing but a registered algorithm and its whole length is one, so that it can
    /// stand in a path.
    ///
    /// ```
    /// use drift_core::model::BlobDigest;
    /// assert!(BlobDigest::parse("sha256:../../etc/passwd").is_err());
    /// ```
    pub fn parse(text: &str) -> Result<Self, NoDigest> {
        let length = match text.split_once(':') {
            Some(("sha256", hex)) if hex.len() == 64 => hex,
            Some(("sha512", hex)) if hex.len() == 128 => hex,
            _ => return Err(NoDigest),
        };
        let plain = |byte: u8| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
        if length.bytes().all(plain) { Ok(Self(text.into())) } else { Err(NoDigest) }
    }

    /// Returns the algorithm.
    #[must_use]
    pub fn algorithm(&self) -> &str {
        self.0.split_once(':').map_or("", |(algorithm, _)| algorithm)
    }

    /// Returns the digits.
    #[must_use]
    pub fn hex(&self) -> &str {
        self.0.split_once(':').map_or("", |(_, hex)| hex)
    }

    /// Returns the whole text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Image {
    /// Returns what names the image: the digest of its manifest, or of its configuration where it has
    /// no manifest, as Docker names images.
    #[must_use]
    pub fn digest(&self) -> Option<&BlobDigest> {
        self.manifest.as_ref().or(self.config_digest.as_ref())
    }
}

impl fmt::Display for BlobDigest {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl fmt::Debug for BlobDigest {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl fmt::Display for Platform {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}/{}", self.os, self.architecture)?;
        match &self.variant {
            Some(variant) => write!(formatter, "/{variant}"),
            None => Ok(()),
        }
    }
}

impl Platform {
    /// Returns linux on the architecture that this program was built for, in the words of Go.
    #[must_use]
    pub fn of_this_machine() -> Self {
        let little = cfg!(target_endian = "little");
        let architecture = match std::env::consts::ARCH {
            "x86_64" => "amd64",
            "x86" => "386",
            "aarch64" => "arm64",
            "powerpc64" if little => "ppc64le",
            "powerpc64" => "ppc64",
            "loongarch64" => "loong64",
            other => other,
        };
        Self { os: "linux".to_owned(), architecture: architecture.to_owned(), variant: None }
    }

    /// Reads `OS/ARCH[/VARIANT]`; `None` when it is not of that form.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let mut parts = text.split('/');
        let plain = |part: &&str| {
            !part.is_empty()
                && part.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"._-".contains(&byte))
        };
        let os = parts.next().filter(plain)?.to_owned();
        let architecture = parts.next().filter(plain)?.to_owned();
        let variant = parts.next();
        if variant.is_some_and(|variant| !plain(&variant)) || parts.next().is_some() {
            return None;
        }
        Some(Self { os, architecture, variant: variant.map(str::to_owned) })
    }
}
