//! `drift policy`: for those who write policies, and those who choose among them.

mod bundle;
mod check;
mod input;
mod list;
mod new;
mod test;

use std::path::Path;

use drift_core::judge::Exit;
use drift_core::policy::{self, PolicySet};

use crate::args::{Policy, PolicyCommand, TrustArgs};
use crate::failure::Failure;
use crate::policies;
use crate::settings::Settings;
use crate::terminal::{Terminal, shown};

pub(crate) fn run(
    args: &Policy,
    settings: &Settings,
    terminal: &Terminal,
) -> Result<Exit, Failure> {
    match &args.command {
        PolicyCommand::List(args) => list::run(args, settings, terminal),
        PolicyCommand::Check(args) => check::run(args, settings, terminal),
        PolicyCommand::Test(args) => test::run(args, settings, terminal),
        PolicyCommand::Input(args) => input::run(args, settings, terminal),
        PolicyCommand::New(args) => new::run(args, terminal),
        PolicyCommand::Bundle(args) => bundle::run(args, settings, terminal),
    }
}

/// Loads what was named, whatever a configuration says of a check.
fn load(named: &[String], trust: &TrustArgs, settings: &Settings) -> Result<PolicySet, Failure> {
    let clock = settings.clock(trust.now.as_deref())?;
    let sources = policies::sources(named, trust, settings, &*clock)?.map_err(|refused| {
        Failure::from(refused.why).within(&shown(Path::new(&refused.file))).hint(
            "a bundle is verified by a check with --trust; look at the directory it was made of",
        )
    })?;
    policy::load(sources.sets).map_err(Failure::usage)
}

/// Returns what a number of things is called.
fn counted(number: usize, one: &str, several: &str) -> String {
    format!("{number} {}", if number == 1 { one } else { several })
}
