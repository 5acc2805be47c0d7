//! What can be typed of waivers and tailoring.

use std::path::PathBuf;

use clap::{Args as Group, Parser, Subcommand};

use super::{ShowFormat, TrustArgs};

/// How policies are tailored.
#[derive(Debug, Clone, Default, Group)]
pub(crate) struct TailorArgs {
    /// A profile that says which policies run: a file, or the name of one that comes with the
    /// policies or with drift; may be repeated, later ones win
    #[arg(long, value_name = "FILE|NAME")]
    pub(crate) tailor: Vec<String>,
    /// A value for a parameter of policies, whatever the profiles say; may be repeated
    #[arg(long, value_name = "NAME=VALUE")]
    pub(crate) param: Vec<String>,
    /// Whether a drift.toml names the values; nobody typed them then.
    #[arg(skip)]
    pub(crate) is_param_configured: bool,
}

/// Which findings are accepted.
#[derive(Debug, Clone, Default, Group)]
pub(crate) struct WaiverArgs {
    /// Findings that are accepted: who, why and until when
    #[arg(long, value_name = "FILE")]
    pub(crate) waivers: Option<PathBuf>,
    /// The file of waivers must be sealed
    #[arg(long, value_name = "BOOL", num_args = 0..=1, require_equals = true,
          default_value = "false", default_missing_value = "true", hide_default_value = true)]
    pub(crate) require_sealed_waivers: bool,
}

#[derive(Debug, Parser)]
pub(crate) struct Waiver {
    #[command(subcommand)]
    pub(crate) command: WaiverCommand,
}

#[derive(Debug, Subcommand)]
pub(crate) enum WaiverCommand {
    /// List waivers, those that no longer hold first
    List(WaiverList),
    /// Seal a file of waivers: sign it, so that nobody can alter it unnoticed
    Seal(WaiverSeal),
}

#[derive(Debug, Parser)]
pub(crate) struct WaiverList {
    #[command(flatten)]
    pub(crate) acceptance: WaiverArgs,
    #[command(flatten)]
    pub(crate) trust: TrustArgs,
    /// Read a sealed file without verifying its seal
    #[arg(long, conflicts_with = "trust")]
    pub(crate) unverified: bool,
    /// The form
    #[arg(long, value_enum, default_value = "text")]
    pub(crate) format: ShowFormat,
}

#[derive(Debug, Parser)]
pub(crate) struct WaiverSeal {
    /// The file of waivers
    pub(crate) file: PathBuf,
    /// A private key in PEM; may be repeated
    #[arg(long, value_name = "KEY.pem", required = true)]
    pub(crate) sign: Vec<PathBuf>,
    /// Until when the seal holds: a time, a date, or a duration such as 90d
    #[arg(long, value_name = "D")]
    pub(crate) expires: Option<String>,
    /// Whose findings they accept; without it the name of the file
    #[arg(long, value_name = "NAME")]
    pub(crate) identity: Option<String>,
    /// The time of sealing, RFC 3339, instead of the clock
    #[arg(long, value_name = "TIME")]
    pub(crate) now: Option<String>,
}
