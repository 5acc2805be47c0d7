//! `drift export`: the entries of a baseline in another form.

use std::io::Write as _;

use drift_core::export;
use drift_core::judge::Exit;

use crate::args::{Export, ExportFormat};
use crate::failure::Failure;
use crate::settings::Settings;
use crate::terminal::Terminal;

use super::inspect::open;

pub(crate) fn run(args: &Export, settings: &Settings, terminal: &Terminal) -> Result<Exit, Failure> {
    let stored = open(&args.file, args.unverified, &args.trust, settings)?;
    let name = match args.format {
        ExportFormat::Ndjson => "ndjson",
        ExportFormat::Mtree => "mtree",
    };
    let form = export::find(name).ok_or_else(|| Failure::usage_text(format!("there is no form {name:?}")))?;
    let mut out = terminal.stream();
    let view = stored.view();
    let written = export::export(form, &mut *view.cursor(), &mut out);
    match written.and_then(|()| out.flush().map_err(export::Error::from)) {
        Ok(()) => Ok(Exit::CLEAN),
        Err(export::Error::Write(error)) => Err(Failure::stdout(&error)),
        Err(error) => Err(Failure::usage(error)),
    }
}
