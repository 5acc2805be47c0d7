//! The verbs, one a file.

mod accept;
mod capture;
mod check;
mod completions;
mod config;
mod diff;
mod explain;
mod export;
mod init;
mod inspect;
mod keygen;
mod man;
mod manifest;
mod policy;
mod rules;
mod sbom;
mod seal;
mod sealing;
mod summarize;
mod verify;
mod waiver;
mod worker;

use clap::ArgMatches;
use clap::parser::ValueSource;
use drift_core::judge::Exit;

use crate::args::{Args, Command};
use crate::config::Config;
use crate::failure::Failure;
use crate::settings::Settings;
use crate::terminal::Terminal;

/// Runs the verb that was typed.
pub(crate) fn run(
    mut args: Args,
    matches: &ArgMatches,
    settings: &mut Settings,
    terminal: &Terminal,
) -> Result<Exit, Failure> {
    // Those that look at nothing need no configuration, and must not fail on a wrong one.
    let needless = matches!(
        args.command,
        Command::Keygen(_)
            | Command::Summarize(_)
            | Command::Completions(_)
            | Command::Man(_)
            | Command::Init(_)
            | Command::PolicyWorker { .. }
    );
    let loaded = if needless { Config::default() } else { Config::load(&args.config, settings)? };
    // It chooses a baseline by what the target says, which the deadline may end as well.
    crate::config::fill(&mut args.command, matches, &loaded, settings)
        .map_err(|failure| failure.or_late(settings.cancel.reason()))?;
    crate::manners::begin(&args.command, settings, terminal);
    settings.config = loaded.digests();
    let settings = &*settings;
    let ended = match args.command {
        Command::Check(args) => check::run(&args, settings, terminal),
        Command::Capture(args) => capture::run(&args, settings, terminal),
        Command::Seal(args) => seal::run(&args, settings, terminal),
        Command::Accept(args) => accept::run(&args, settings, terminal),
        Command::Verify(args) => verify::run(&args, settings, terminal),
        Command::Diff(args) => diff::run(&args, settings, terminal),
        Command::Explain(args) => {
            explain::run(&args, is_typed(matches, "target"), settings, terminal)
        }
        Command::Summarize(args) => summarize::run(&args, settings, terminal),
        Command::Inspect(args) => inspect::run(&args, settings, terminal),
        Command::Export(args) => export::run(&args, settings, terminal),
        Command::Sbom(args) => sbom::run(&args, settings, terminal),
        Command::Keygen(args) => keygen::run(&args, terminal),
        Command::Rules(args) => rules::run(&args, settings, terminal),
        Command::Waiver(args) => waiver::run(&args, settings, terminal),
        Command::Init(args) => init::run(&args, settings, terminal),
        Command::Config(args) => config::run(&args, &loaded, settings, terminal),
        Command::Completions(args) => completions::run(&args, terminal),
        Command::Man(args) => man::run(&args, terminal),
        Command::Manifest(args) => manifest::run(&args, settings, terminal),
        Command::Policy(args) => policy::run(&args, settings, terminal),
        Command::PolicyWorker { work } => worker::run(work, terminal),
    };
    ended.map_err(|failure: Failure| failure.or_late(settings.cancel.reason()))
}

/// Whether an option or argument of the verb stands on the command line.
fn is_typed(matches: &ArgMatches, name: &str) -> bool {
    let source = matches.subcommand().and_then(|(_, verb)| verb.value_source(name));
    source == Some(ValueSource::CommandLine)
}
