//! `drift sbom`: a bill of materials of any target.

use std::io::{self, Write as _};
use std::path::Path;

use drift_core::artifact::{self, Replace};
use drift_core::bounds::{Silent, Timestamp};
use drift_core::capture::{self, Options, Parts, Run};
use drift_core::check::View;
use drift_core::judge::Exit;
use drift_core::packages::Records;
use drift_core::sbom::{self, Beyond, Files, Form, Matter, Wanted};
use drift_core::source::Source;

use crate::args::{Sbom, SbomFiles, SbomFormat};
use crate::artifacts;
use crate::failure::Failure;
use crate::inputs::{self, Input, Sealing};
use crate::settings::Settings;
use crate::terminal::{Terminal, shown};

/// Problems that are told one by one; the rest are counted.
const SHOWN_PROBLEMS: usize = 10;

pub(crate) fn run(args: &Sbom, settings: &Settings, terminal: &Terminal) -> Result<Exit, Failure> {
    inputs::deadline(settings, args.deadline.as_deref())?;
    let clock = settings.clock(args.trust.now.as_deref())?;
    let form = form(args.format)?;
    let sealing =
        if args.unverified { Sealing::Unverified } else { Sealing::Verified(&args.trust) };
    match inputs::target(&args.target, sealing, &args.image, settings)?? {
        Input::Live(source) => live(args, &*source, (form, clock.now()), settings, terminal),
        Input::Stored(stored) => {
            let view = stored.view();
            if form.needs_sha1 && files(args) != Files::None {
                terminal.note(
                    "a stored snapshot has no SHA-1, which SPDX wants of every file: the bill lists \
                     no files",
                );
            }
            let beyond = (None, &Beyond::default());
            let bill = Bill { args, form, now: clock.now(), settings };
            bill.write(&view, beyond, terminal)?;
            Ok(told(&view, terminal))
        }
    }
}

/// Captures the target and looks at it once more for what only a bill needs.
fn live(
    args: &Sbom,
    source: &dyn Source,
    (form, now): (&'static Form, Timestamp),
    settings: &Settings,
    terminal: &Terminal,
) -> Result<Exit, Failure> {
    let written: Vec<_> =
        args.output.iter().flat_map(|file| artifacts::with_bundles(file)).collect();
    let own = artifacts::inside(source, &written);
    let pool = inputs::pool(settings, args.threads.as_deref())?;
    let run = Run { pool: &pool, cancel: &settings.cancel, observer: &Silent, artifacts: &own };
    let options = Options {
        rules: inputs::rules_or_detected(&args.rules)?,
        parts: Parts::ALL,
        vendor_digests: false,
        configs: false,
        binaries: true,
    };
    let mut captured = capture::capture(source, &options, &run)?;
    let wanted = Wanted { sha1: form.needs_sha1.then_some(files(args)), licences: true };
    let beyond = sbom::look(source, &mut captured, wanted, &run)?;
    let view = View::of_captured(&captured);
    let bill = Bill { args, form, now, settings };
    bill.write(&view, (Some(captured.ownership.records()), &beyond), terminal)?;
    Ok(told(&view, terminal))
}

/// What is to be written, and where.
struct Bill<'b> {
    args: &'b Sbom,
    form: &'static Form,
    now: Timestamp,
    settings: &'b Settings,
}

impl Bill<'_> {
    fn write(
        &self,
        view: &View<'_>,
        (records, beyond): (Option<&Records>, &Beyond),
        terminal: &Terminal,
    ) -> Result<(), Failure> {
        let matter = Matter {
            kind: view.kind,
            locator: &view.locator,
            identity: &view.identity,
            image: view.image,
            root: view.root()?,
            packages: view.packages,
            packages_complete: view.packages_complete,
            problems: view.problems.len() as u64,
            records,
            beyond,
            entries: &|| view.cursor(),
            files: files(self.args),
            now: self.now,
            cancel: &self.settings.cancel,
        };
        match &self.args.output {
            None => {
                let mut out = terminal.stream();
                let written = sbom::write(self.form, &matter, &mut out);
                finished(written.and_then(|()| Ok(out.flush()?)), |error| Failure::stdout(&error))
            }
            Some(file) => self.write_file(file, &matter, terminal),
        }
    }

    fn write_file(
        &self,
        file: &Path,
        matter: &Matter<'_>,
        terminal: &Terminal,
    ) -> Result<(), Failure> {
        let cancel = &self.settings.cancel;
        let fill = |out: &mut dyn io::Write| sbom::write(self.form, matter, out);
        let written = artifact::write_stream(file, 0o644, Replace::Yes, cancel, fill)
            .map_err(|error| Failure::output(&shown(file), error))?;
        finished(written, |error| Failure::output(&shown(file), error))?;
        let told = format!("wrote {} packages to {}\n", matter.packages.len(), shown(file));
        terminal.result(told.as_bytes())
    }
}

fn finished(
    written: Result<(), sbom::Error>,
    unwritable: impl FnOnce(io::Error) -> Failure,
) -> Result<(), Failure> {
    match written {
        Ok(()) => Ok(()),
        Err(sbom::Error::Write(error)) => Err(unwritable(error)),
        Err(sbom::Error::Cancelled(cancelled)) => Err(Failure::cancelled(cancelled)),
        Err(error) => Err(Failure::usage(error)),
    }
}

/// Says what could not be seen, on which the bill therefore says nothing.
fn told(view: &View<'_>, terminal: &Terminal) -> Exit {
    for problem in view.problems.iter().take(SHOWN_PROBLEMS) {
        terminal.note(&format!("not observed: {}: {}", problem.path, problem.reason));
    }
    if view.problems.len() > SHOWN_PROBLEMS {
        terminal.note(&format!("and {} more", view.problems.len() - SHOWN_PROBLEMS));
    }
    if view.packages.is_empty() {
        terminal.note("no packages were found; the bill says nothing of any");
    }
    match view.problems.is_empty() && view.packages_complete {
        true => Exit::CLEAN,
        false => Exit::INCOMPLETE,
    }
}

fn files(args: &Sbom) -> Files {
    match args.files {
        SbomFiles::None => Files::None,
        SbomFiles::Packaged => Files::Packaged,
        SbomFiles::All => Files::All,
    }
}

fn form(format: SbomFormat) -> Result<&'static Form, Failure> {
    let name = match format {
        SbomFormat::Cyclonedx => "cyclonedx",
        SbomFormat::Spdx => "spdx",
    };
    sbom::find(name).ok_or_else(|| Failure::usage_text(format!("there is no form {name:?}")))
}
