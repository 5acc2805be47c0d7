//! `drift completions`: the script of a shell.

use clap::CommandFactory as _;
use drift_core::judge::Exit;

use crate::args::{Args, Completions};
use crate::failure::Failure;
use crate::terminal::Terminal;

pub(crate) fn run(args: &Completions, terminal: &Terminal) -> Result<Exit, Failure> {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut Args::command(), "drift", &mut script);
    terminal.result(&script)?;
    Ok(Exit::CLEAN)
}
