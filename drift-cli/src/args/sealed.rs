//! What can be typed of the verbs about one sealed file, and the keys for it.

use std::path::PathBuf;

use clap::{Parser, ValueEnum};

use super::{SealArgs, TrustArgs};

#[derive(Debug, Parser)]
pub(crate) struct Seal {
    /// The snapshot, bundle of policies, manifest, file of waivers, or bill of materials
    pub(crate) file: PathBuf,
    #[command(flatten)]
    pub(crate) seal: SealArgs,
    /// A signature made elsewhere over FILE.pae
    #[arg(long, value_name = "SIG", requires = "public_key", conflicts_with = "sign")]
    pub(crate) signature: Option<PathBuf>,
    /// The public key of that signature
    #[arg(long, value_name = "PUB.pem", requires = "signature")]
    pub(crate) public_key: Option<PathBuf>,
    /// Where the last sequence of each lineage is remembered; /var/lib/drift for root, else
    /// $XDG_STATE_HOME/drift
    #[arg(long, value_name = "DIR")]
    pub(crate) state: Option<PathBuf>,
    /// The time of sealing, RFC 3339, instead of the clock
    #[arg(long, value_name = "TIME")]
    pub(crate) now: Option<String>,
}

#[derive(Debug, Parser)]
pub(crate) struct Verify {
    /// A baseline, a signed report, a bundle of policies, a manifest, a file of waivers, or a bill of
    /// materials
    pub(crate) file: PathBuf,
    #[command(flatten)]
    pub(crate) trust: TrustArgs,
}

#[derive(Debug, Parser)]
pub(crate) struct Inspect {
    /// The baseline, or the manifest
    pub(crate) file: PathBuf,
    /// What to show; without it a summary
    pub(crate) part: Option<InspectPart>,
    #[command(flatten)]
    pub(crate) trust: TrustArgs,
    /// Open it without verifying its seal
    #[arg(long, conflicts_with = "trust")]
    pub(crate) unverified: bool,
}

/// A part of a baseline.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum InspectPart {
    Packages,
    Entries,
    Coverage,
    /// What the image said of itself, where one was captured
    Image,
}

#[derive(Debug, Parser)]
pub(crate) struct Export {
    /// The baseline
    pub(crate) file: PathBuf,
    /// The form
    #[arg(long, value_enum)]
    pub(crate) format: ExportFormat,
    #[command(flatten)]
    pub(crate) trust: TrustArgs,
    /// Open it without verifying its seal
    #[arg(long, conflicts_with = "trust")]
    pub(crate) unverified: bool,
}

/// A form of export.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum ExportFormat {
    /// One JSON object an entry
    Ndjson,
    /// The mtree(5) specification
    Mtree,
}

#[derive(Debug, Parser)]
pub(crate) struct Keygen {
    /// Where the files go, less their endings
    #[arg(long, value_name = "PREFIX")]
    pub(crate) out: PathBuf,
    /// The kind of key
    #[arg(long, value_enum, default_value = "ecdsa-p256")]
    pub(crate) algorithm: KeyAlgorithm,
}

/// A kind of key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum KeyAlgorithm {
    EcdsaP256,
    Ed25519,
}
