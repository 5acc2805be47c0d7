//! What can be typed after `drift explain`.

use std::path::PathBuf;

use clap::Parser;

use super::{ImageArgs, MannersArgs, RuleArgs, TARGETS, TailorArgs, TrustArgs};

#[derive(Debug, Parser)]
pub(crate) struct Explain {
    /// The path, as it is inside the target, or the id of a policy, such as host/second_uid_0
    #[arg(value_name = "PATH|POLICY")]
    pub(crate) path: String,
    #[arg(default_value = "/", help = TARGETS)]
    pub(crate) target: String,
    /// Policies to look for the id in, beside the built-in ones: a directory or a sealed bundle; may
    /// be repeated
    #[arg(long, value_name = "DIR|BUNDLE|builtin:NAME")]
    pub(crate) policy: Vec<String>,
    #[command(flatten)]
    pub(crate) tailoring: TailorArgs,
    /// The sealed snapshot to compare with; may be repeated, later ones are laid over earlier ones
    #[arg(long, value_name = "FILE")]
    pub(crate) baseline: Vec<PathBuf>,
    /// A directory of sealed snapshots; the one is taken whose identity is expected, else the one
    /// that IMAGE_ID and IMAGE_VERSION of the target's os-release name
    #[arg(long, value_name = "DIR", conflicts_with = "baseline")]
    pub(crate) baselines: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) trust: TrustArgs,
    #[command(flatten)]
    pub(crate) image: ImageArgs,
    #[command(flatten)]
    pub(crate) rules: RuleArgs,
    /// Threads, as a number or a share of the processors such as 50%
    #[arg(long, value_name = "N|N%")]
    pub(crate) threads: Option<String>,
    #[command(flatten)]
    pub(crate) manners: MannersArgs,
}
