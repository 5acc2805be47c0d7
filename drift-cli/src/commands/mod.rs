//! The verbs, one a file.

mod capture;
mod check;
mod completions;
mod diff;
mod explain;
mod export;
mod inspect;
mod keygen;
mod man;
mod rules;
mod seal;
mod sealing;
mod verify;

use drift_core::judge::Exit;

use crate::args::Command;
use crate::failure::Failure;
use crate::settings::Settings;
use crate::terminal::Terminal;

/// Runs the verb that was typed.
pub(crate) fn run(
    command: Command,
    settings: &Settings,
    terminal: &Terminal,
) -> Result<Exit, Failure> {
    match command {
        Command::Check(args) => check::run(&args, settings, terminal),
        Command::Capture(args) => capture::run(&args, settings, terminal),
        Command::Seal(args) => seal::run(&args, settings, terminal),
        Command::Verify(args) => verify::run(&args, settings, terminal),
        Command::Diff(args) => diff::run(&args, settings, terminal),
        Command::Explain(args) => explain::run(&args, settings, terminal),
        Command::Inspect(args) => inspect::run(&args, settings, terminal),
        Command::Export(args) => export::run(&args, settings, terminal),
        Command::Keygen(args) => keygen::run(&args, terminal),
        Command::Rules(args) => rules::run(&args, settings, terminal),
        Command::Completions(args) => completions::run(&args, terminal),
        Command::Man(args) => man::run(&args, terminal),
    }
}
