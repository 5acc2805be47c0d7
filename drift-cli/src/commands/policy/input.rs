//! `drift policy input`: what policies see of a target, as JSON.

use drift_core::judge::Exit;

use crate::args::PolicyInput;
use crate::failure::Failure;
use crate::settings::Settings;
use crate::terminal::Terminal;

pub(super) fn run(
    args: &PolicyInput,
    settings: &Settings,
    terminal: &Terminal,
) -> Result<Exit, Failure> {
    let input = crate::commands::check::input(&args.check, settings, terminal)?;
    let mut text = serde_json::to_string_pretty(&input.value).map_err(Failure::internal)?;
    text.push('\n');
    terminal.result(text.as_bytes())?;
    Ok(Exit::CLEAN)
}
