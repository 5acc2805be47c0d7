//! `drift config show`: what drift.toml and the command line come to.

use std::ffi::OsString;

use clap::{CommandFactory as _, FromArgMatches as _};
use drift_core::judge::Exit;

use crate::args::{Args, Config, ConfigCommand, ShowFormat};
use crate::config;
use crate::failure::Failure;
use crate::settings::Settings;
use crate::terminal::Terminal;

pub(crate) fn run(
    args: &Config,
    config: &config::Config,
    settings: &Settings,
    terminal: &Terminal,
) -> Result<Exit, Failure> {
    let ConfigCommand::Show(args) = &args.command;
    let words = ["drift", "check"].map(OsString::from);
    let words = words.into_iter().chain(args.options.iter().cloned());
    let matches = Args::command().try_get_matches_from(words).map_err(|error| {
        Failure::usage_text(format!("as options of drift check: {}", error.render()))
    })?;
    let mut parsed = Args::from_arg_matches(&matches).map_err(Failure::usage)?;
    let check = matches.subcommand().map(|(_, check)| check);
    let json = args.format == ShowFormat::Json;
    terminal.result(&config::show(config, check, settings, json)?)?;
    // What a check would refuse, such as a trusted key that others may change, is refused here too.
    config::fill(&mut parsed.command, &matches, config, settings)?;
    Ok(Exit::CLEAN)
}
