//! `drift manifest`: what packages contain, sealed.

mod apt;
mod build;
mod signatures;

use drift_core::judge::Exit;

use crate::args::{Manifest, ManifestCommand};
use crate::failure::Failure;
use crate::settings::Settings;
use crate::terminal::Terminal;

pub(crate) fn run(
    args: &Manifest,
    settings: &Settings,
    terminal: &Terminal,
) -> Result<Exit, Failure> {
    match &args.command {
        ManifestCommand::Build(args) => build::run(args, settings, terminal),
    }
}
