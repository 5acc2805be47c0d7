//! `drift summarize`: many reports as one.

use std::path::Path;

use drift_core::artifact;
use drift_core::judge::Exit;
use drift_core::report::{
    Gathering, MAX_REPORT_BYTES, Previous, Take, write_fleet, write_fleet_json,
};

use crate::args::{ShowFormat, Summarize};
use crate::failure::Failure;
use crate::previous;
use crate::settings::Settings;
use crate::terminal::Terminal;

pub(crate) fn run(
    args: &Summarize,
    settings: &Settings,
    terminal: &Terminal,
) -> Result<Exit, Failure> {
    let mut gathering = Gathering::default();
    for file in &args.reports {
        settings.cancel.check().map_err(Failure::interrupted)?;
        take(&mut gathering, file, args, settings)?;
    }
    let fleet = gathering.grouped(if args.all { Take::All } else { Take::Latest });
    let mut bytes = Vec::new();
    match args.format {
        ShowFormat::Text => write_fleet(&fleet, &terminal.style(), &mut bytes),
        ShowFormat::Json => write_fleet_json(&fleet, &mut bytes),
    }
    .map_err(Failure::internal)?;
    terminal.result(&bytes)?;
    Ok(fleet.exit())
}

/// A file that cannot be read must not keep the others from being summed up, nor pass unseen.
fn take(
    gathering: &mut Gathering,
    file: &Path,
    args: &Summarize,
    settings: &Settings,
) -> Result<(), Failure> {
    let name = file.display().to_string();
    let read = if args.trust.is_empty() {
        artifact::read_bounded(file, MAX_REPORT_BYTES)
            .map(std::sync::Arc::from)
            .map_err(Failure::from)
    } else {
        let clock = settings.clock(None)?;
        match previous::verified(file, &args.trust, None, &*clock) {
            Ok(Ok(bytes)) => Ok(bytes),
            Ok(Err(untrusted)) => {
                gathering
                    .refuse(&name, format!("{}: {}", untrusted.reason.name(), untrusted.detail));
                return Ok(());
            }
            Err(failure) => Err(failure),
        }
    };
    match read {
        Ok(bytes) => match Previous::read(&name, &bytes, !args.trust.is_empty()) {
            Ok(report) => gathering.take(&report),
            Err(error) => gathering.unreadable(&name, Failure::usage(error).told()),
        },
        Err(failure) => gathering.unreadable(&name, failure.told()),
    }
    Ok(())
}
