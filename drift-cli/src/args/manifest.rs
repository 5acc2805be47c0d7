//! What can be typed after `drift manifest`.

use std::path::PathBuf;

use clap::{Parser, Subcommand};

use super::SealArgs;

#[derive(Debug, Parser)]
pub(crate) struct Manifest {
    #[command(subcommand)]
    pub(crate) command: ManifestCommand,
}

#[derive(Debug, Subcommand)]
pub(crate) enum ManifestCommand {
    /// Read packages, and write and seal what they contain: where the key lives
    Build(ManifestBuild),
}

#[derive(Debug, Parser)]
pub(crate) struct ManifestBuild {
    /// Packages (.deb, .rpm), directories of them, and apt archives: a directory with dists/ or with
    /// the lists of /var/lib/apt/lists
    #[arg(required = true, value_name = "PACKAGE|DIR|APT-TREE")]
    pub(crate) sources: Vec<PathBuf>,
    /// The manifest to write
    #[arg(long, value_name = "FILE")]
    pub(crate) out: PathBuf,
    /// Whose signatures of releases are taken, in the form that gpgv reads; without it those of apt
    #[arg(long, value_name = "FILE")]
    pub(crate) keyring: Vec<PathBuf>,
    /// Whose signatures of .rpm files are taken: the directory of rpm's database of keys; without it
    /// .rpm files are vouched for by the seal alone
    #[arg(long, value_name = "DIR")]
    pub(crate) rpm_keys: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) seal: SealArgs,
    /// Where the last sequence of each lineage is remembered; /var/lib/drift for root, else
    /// $XDG_STATE_HOME/drift
    #[arg(long, value_name = "DIR")]
    pub(crate) state: Option<PathBuf>,
    /// The time of sealing, which releases must hold at, RFC 3339, instead of the clock
    #[arg(long, value_name = "TIME")]
    pub(crate) now: Option<String>,
}
