//! The `drift` command line: reads what was typed, runs one verb, ends with its exit code.

mod args;
mod artifacts;
mod commands;
mod config;
mod failure;
mod golden;
mod incremental;
mod inputs;
mod manifests;
mod manners;
mod outputs;
mod own_digest;
mod policies;
mod previous;
mod progress;
mod settings;
mod state;
mod tailoring;
mod terminal;
mod waivers;
mod worker;

use std::process::ExitCode;

use clap::{CommandFactory as _, FromArgMatches as _};
use drift_core::judge::Exit;

use crate::terminal::Terminal;

/// What was typed is parsed by code that takes more stack than some limit may leave (setrlimit(2),
/// RLIMIT_STACK is for the first thread alone).
const STACK_BYTES: usize = 8 << 20;

fn main() -> ExitCode {
    let thread = std::thread::Builder::new().name("drift".to_owned()).stack_size(STACK_BYTES);
    match thread.spawn(run) {
        Ok(thread) => thread.join().unwrap_or(ExitCode::from(Exit::INTERNAL.code)),
        Err(_) => run(),
    }
}

fn run() -> ExitCode {
    // Content of secret files must not reach a core dump or a debugger of the same user.
    let _best_effort =
        rustix::process::set_dumpable_behavior(rustix::process::DumpableBehavior::NotDumpable);
    let parsed = args::Args::command().try_get_matches().and_then(|matches| {
        let args = args::Args::from_arg_matches(&matches)?;
        Ok((args, matches))
    });
    let (args, matches) = match parsed {
        Ok(parsed) => parsed,
        Err(error) => return terminal::usage(&error),
    };
    let mut settings = settings::Settings::from_process();
    let terminal = Terminal::new(&settings);
    let code = match commands::run(args, &matches, &mut settings, &terminal) {
        Ok(exit) => exit.code,
        Err(failure) => {
            terminal.failure(&failure);
            failure.exit().code
        }
    };
    // A signal outranks whatever the verb made of being stopped.
    settings.signal().map_or(ExitCode::from(code), |exit| ExitCode::from(exit.code))
}
