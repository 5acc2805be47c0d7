//! What can be typed after `drift summarize`.

use std::path::PathBuf;

use clap::Parser;

use super::ShowFormat;

#[derive(Debug, Parser)]
pub(crate) struct Summarize {
    /// Reports in JSON, of one run each
    #[arg(required = true, value_name = "REPORT")]
    pub(crate) reports: Vec<PathBuf>,
    /// The form of the result
    #[arg(long, value_enum, default_value = "text")]
    pub(crate) format: ShowFormat,
    /// Take every report for itself, also older ones of the same host
    #[arg(long)]
    pub(crate) all: bool,
    /// Every report must be sealed by one of these: a public key in PEM, or a trust.toml; may be
    /// repeated
    #[arg(long, value_name = "FILE")]
    pub(crate) trust: Vec<PathBuf>,
}
