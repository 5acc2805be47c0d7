//! What can be typed of accepting changes.

use std::path::PathBuf;

use clap::{Args as Group, Parser};

use super::{SealArgs, TrustArgs};

#[derive(Debug, Parser)]
pub(crate) struct Accept {
    /// The baseline that is to be followed by another; its seal must hold
    pub(crate) golden: PathBuf,
    /// The snapshot that the new values come from: a sealed baseline, or with --unverified a capture
    #[arg(long, value_name = "SNAPSHOT")]
    pub(crate) from: PathBuf,
    #[command(flatten)]
    pub(crate) selection: SelectionArgs,
    /// Take nothing over that this JSON report on GOLDEN does not list, and fold as it says
    #[arg(long, value_name = "FILE")]
    pub(crate) report: Option<PathBuf>,
    /// Where the new baseline goes
    #[arg(long, value_name = "FILE")]
    pub(crate) out: PathBuf,
    /// A private key in PEM, or "external" to sign elsewhere; may be repeated
    #[arg(long, value_name = "KEY.pem|external")]
    pub(crate) sign: Vec<String>,
    /// Until when the seal holds; without it until that of GOLDEN does
    #[arg(long, value_name = "D")]
    pub(crate) expires: Option<String>,
    /// The place in the lineage; without it the next after that of GOLDEN
    #[arg(long, value_name = "N")]
    pub(crate) sequence: Option<u64>,
    /// A fact on where it comes from, such as git_commit=…; may be repeated
    #[arg(long, value_name = "KEY=VALUE")]
    pub(crate) provenance: Vec<String>,
    #[command(flatten)]
    pub(crate) trust: TrustArgs,
    /// Open SNAPSHOT without verifying a seal; that of GOLDEN is verified all the same
    #[arg(long)]
    pub(crate) unverified: bool,
    /// Threads, as a number or a share of the processors such as 50%
    #[arg(long, value_name = "N|N%")]
    pub(crate) threads: Option<String>,
}

/// Which changes are accepted; several selectors add up.
#[derive(Debug, Clone, Group)]
#[group(required = true, multiple = true)]
pub(crate) struct SelectionArgs {
    /// Accept what differs at these paths, such as /etc/ssh/**; may be repeated
    #[arg(long, value_name = "GLOB")]
    pub(crate) path: Vec<String>,
    /// Accept what happened to a package, with all that folds into it; may be repeated
    #[arg(long, value_name = "NAME[:ARCH]")]
    pub(crate) package: Vec<String>,
    /// Accept one change of a report, by its id; may be repeated
    #[arg(long, value_name = "ID")]
    pub(crate) change: Vec<String>,
    /// Accept everything that differs, but for what rules call normal
    #[arg(long)]
    pub(crate) all: bool,
}

impl Accept {
    /// Returns how the new baseline is sealed; its lineage is that of the golden one.
    pub(crate) fn seal(&self) -> SealArgs {
        SealArgs {
            sign: self.sign.clone(),
            expires: self.expires.clone(),
            sequence: self.sequence,
            identity: None,
            provenance: self.provenance.clone(),
        }
    }
}
