//! What can be typed of `drift sbom`.

use std::path::PathBuf;

use clap::{Parser, ValueEnum};

use super::{ImageArgs, MannersArgs, RuleArgs, TARGETS, TrustArgs};

#[derive(Debug, Parser)]
pub(crate) struct Sbom {
    #[arg(default_value = "/", help = TARGETS)]
    pub(crate) target: String,
    /// The form
    #[arg(long, value_enum, default_value = "cyclonedx")]
    pub(crate) format: SbomFormat,
    /// Write it to this file instead of standard output
    #[arg(long, value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,
    /// Which files are listed with their digests; --files alone means all
    #[arg(long, value_enum, value_name = "WHICH", num_args = 0..=1, require_equals = true,
          default_value = "packaged", default_missing_value = "all")]
    pub(crate) files: SbomFiles,
    #[command(flatten)]
    pub(crate) trust: TrustArgs,
    /// Open a baseline without verifying its seal
    #[arg(long, conflicts_with = "trust")]
    pub(crate) unverified: bool,
    #[command(flatten)]
    pub(crate) image: ImageArgs,
    #[command(flatten)]
    pub(crate) rules: RuleArgs,
    /// Threads, as a number or a share of the processors such as 50%
    #[arg(long, value_name = "N|N%")]
    pub(crate) threads: Option<String>,
    #[command(flatten)]
    pub(crate) manners: MannersArgs,
    /// End after this time, such as 90s, 5m, 1h, without a bill
    #[arg(long, value_name = "D")]
    pub(crate) deadline: Option<String>,
}

/// A form of bill.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum SbomFormat {
    /// CycloneDX 1.6 in JSON
    Cyclonedx,
    /// SPDX 2.3 in JSON
    Spdx,
}

/// Which files a bill lists.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum SbomFiles {
    /// None
    None,
    /// Those that belong to a package
    Packaged,
    /// Every file
    All,
}
