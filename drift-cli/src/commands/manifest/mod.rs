//! `drift manifest`: what packages contain, sealed.

mod apt;
mod build;
mod shown;
mod signatures;

use drift_core::judge::Exit;

pub(crate) use shown::{inspect, is_manifest};

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
