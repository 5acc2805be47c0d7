//! What can be typed to look at the configuration.

use clap::{Parser, Subcommand, ValueEnum};

#[derive(Debug, Parser)]
pub(crate) struct Config {
    #[command(subcommand)]
    pub(crate) command: ConfigCommand,
}

#[derive(Debug, Subcommand)]
pub(crate) enum ConfigCommand {
    /// Show every setting of a check or capture, and where it comes from
    Show(ConfigShow),
}

#[derive(Debug, Parser)]
pub(crate) struct ConfigShow {
    /// The form
    #[arg(long, value_enum, default_value = "text")]
    pub(crate) format: ShowFormat,
    /// Options of drift check that are to be taken into account
    #[arg(last = true, value_name = "OPTION")]
    pub(crate) options: Vec<std::ffi::OsString>,
}

/// How settings are shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum ShowFormat {
    Text,
    Json,
}
