//! The `drift` command line: reads what was typed, runs one verb, ends with its exit code.

mod args;
mod artifacts;
mod commands;
mod failure;
mod inputs;
mod outputs;
mod settings;
mod terminal;

use std::process::ExitCode;

use clap::Parser as _;

use crate::terminal::Terminal;

fn main() -> ExitCode {
    // Content of secret files must not reach a core dump or a debugger of the same user.
    let _best_effort = rustix::process::set_dumpable_behavior(rustix::process::DumpableBehavior::NotDumpable);
    let args = match args::Args::try_parse() {
        Ok(args) => args,
        Err(error) => return terminal::usage(&error),
    };
    let settings = settings::Settings::from_process();
    let terminal = Terminal::new(&settings);
    let code = match commands::run(args.command, &settings, &terminal) {
        Ok(exit) => exit.code,
        Err(failure) => {
            terminal.failure(&failure);
            failure.exit().code
        }
    };
    // A signal outranks whatever the verb made of being stopped.
    settings.signal().map_or(ExitCode::from(code), |exit| ExitCode::from(exit.code))
}
