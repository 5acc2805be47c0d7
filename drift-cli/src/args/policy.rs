//! What can be typed after `drift policy`.

use std::path::PathBuf;

use clap::{Parser, Subcommand, ValueEnum};

use super::{Check, SealArgs, TailorArgs, TrustArgs};

#[derive(Debug, Parser)]
pub(crate) struct Policy {
    #[command(subcommand)]
    pub(crate) command: PolicyCommand,
}

#[derive(Debug, Subcommand)]
pub(crate) enum PolicyCommand {
    /// Show policies with their parameters: those that come with drift, or those named
    List(PolicyList),
    /// Say what is wrong with policies, without evaluating any
    Check(PolicyCheck),
    /// Run the tests that stand beside policies: every rule test_* in *_test.rego must be true
    Test(PolicyTest),
    /// Print what policies see of a target, for another engine or for writing tests
    Input(PolicyInput),
    /// Write a policy and its tests to begin with
    New(PolicyNew),
    /// Put a directory of policies into one sealed file
    Bundle(PolicyBundle),
}

#[derive(Debug, Parser)]
pub(crate) struct PolicyList {
    /// Directories, files, sealed bundles, or builtin:NAME; without any all that come with drift
    #[arg(value_name = "DIR|BUNDLE|builtin:NAME")]
    pub(crate) policy: Vec<String>,
    /// The form
    #[arg(long, value_enum, default_value = "text")]
    pub(crate) format: CatalogueFormat,
    #[command(flatten)]
    pub(crate) tailoring: TailorArgs,
    #[command(flatten)]
    pub(crate) trust: TrustArgs,
}

/// A form of the catalogue.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum CatalogueFormat {
    Text,
    Json,
    Markdown,
}

#[derive(Debug, Parser)]
pub(crate) struct PolicyCheck {
    /// Directories, files, or builtin:NAME
    #[arg(required = true, value_name = "PATH|builtin:NAME")]
    pub(crate) policy: Vec<String>,
}

#[derive(Debug, Parser)]
pub(crate) struct PolicyTest {
    /// Directories, or builtin:NAME
    #[arg(required = true, value_name = "PATH|builtin:NAME")]
    pub(crate) policy: Vec<String>,
    /// Run those tests alone whose PACKAGE.NAME holds this text
    #[arg(long, value_name = "TEXT")]
    pub(crate) run: Option<String>,
    /// Show which lines the tests reached
    #[arg(long)]
    pub(crate) coverage: bool,
    /// Fail when the tests of a file reach less than so much of it
    #[arg(long, value_name = "PERCENT", value_parser = clap::value_parser!(u8).range(0..=100))]
    pub(crate) threshold: Option<u8>,
    /// The form
    #[arg(long, value_enum, default_value = "text")]
    pub(crate) format: TestFormat,
}

/// A form of the results of tests.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum TestFormat {
    Text,
    Json,
    Junit,
}

#[derive(Debug, Parser)]
pub(crate) struct PolicyInput {
    #[command(flatten)]
    pub(crate) check: Box<Check>,
}

#[derive(Debug, Parser)]
pub(crate) struct PolicyNew {
    /// The id of the policy, such as site/no_telnet
    #[arg(value_name = "PACK/NAME")]
    pub(crate) id: String,
    /// The directory for it; it is made when it is missing
    #[arg(long, value_name = "DIR")]
    pub(crate) out: PathBuf,
}

#[derive(Debug, Parser)]
pub(crate) struct PolicyBundle {
    /// The directory
    pub(crate) directory: String,
    /// The bundle to write
    #[arg(long, value_name = "FILE")]
    pub(crate) out: PathBuf,
    #[command(flatten)]
    pub(crate) seal: SealArgs,
    /// Where the last sequence of each lineage is remembered; /var/lib/drift for root, else
    /// $XDG_STATE_HOME/drift
    #[arg(long, value_name = "DIR")]
    pub(crate) state: Option<PathBuf>,
    /// The time of sealing, RFC 3339, instead of the clock
    #[arg(long, value_name = "TIME")]
    pub(crate) now: Option<String>,
}

/// What a worker is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Work {
    Evaluate,
    Test,
}
