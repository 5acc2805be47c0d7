//! `drift check`: is the target still its golden image?

use std::path::PathBuf;

use drift_core::bounds::Silent;
use drift_core::capture::{self, Run};
use drift_core::check::{self, Occasion, Outcome, Reference, Request, Sealed, Target};
use drift_core::judge::{Exit, Status};
use drift_core::source;

use crate::args::Check;
use crate::artifacts;
use crate::failure::Failure;
use crate::inputs::{self, Input, Memory, Sealing};
use crate::outputs::Outputs;
use crate::settings::Settings;
use crate::terminal::Terminal;

/// What a check of an overlay without a baseline rests on.
const LOWERS_ARE_REFERENCE: &str = "the reference is what the lower directories hold now, which nobody \
    sealed: every change is one made in the upper directory, and what was changed in a lower one does \
    not show";

pub(crate) fn run(args: &Check, settings: &Settings, terminal: &Terminal) -> Result<Exit, Failure> {
    let outputs =
        Outputs::parse(&args.report.format, &args.report.output, args.sign_report.as_deref())?;
    outputs.spare(&named_files(args, settings))?;
    trusts_something(args)?;
    let clock = settings.clock(args.trust.now.as_deref())?;
    let run_id = inputs::run_id();
    let occasion =
        Occasion { clock: &*clock, run_id: &run_id, binary_digest: inputs::binary_digest() };
    let request = Request {
        rules: inputs::rules(&args.rules)?,
        parts: inputs::parts(&args.scope.only),
        fail_on: inputs::fail_on(&args.report.fail_on)?,
        require: inputs::require(&args.report.require)?,
        with_content: args.with_content,
    };
    let outcome = outcome(args, &request, &occasion, &outputs, (settings, terminal))?;
    let exit = exit(&outcome, args.report.exit_zero);
    let silent = args.report.quiet && outcome.verdict.status() == Status::Clean;
    match outputs.write(&outcome.report, clock.now(), silent, terminal) {
        Ok(()) => Ok(exit),
        // Untrusted outranks an output that failed.
        Err(failure) if outcome.verdict.status() == Status::Untrusted => {
            terminal.failure(&failure);
            Ok(exit)
        }
        Err(failure) => Err(failure),
    }
}

fn outcome(
    args: &Check,
    request: &Request,
    occasion: &Occasion<'_>,
    outputs: &Outputs,
    (settings, terminal): (&Settings, &Terminal),
) -> Result<Outcome, Failure> {
    let pool = inputs::pool(settings, args.scope.threads.as_deref())?;
    // Whoever cannot trust the baseline has no use for the target.
    let sealed = match &args.baseline {
        None => None,
        Some(file) => match inputs::baseline(file, &args.trust, settings, occasion.clock)? {
            Ok(sealed) => Some(sealed),
            Err(why) => {
                let file = file.display().to_string();
                return Ok(check::refused(&why, &args.target, &file, request, occasion)?);
            }
        },
    };
    let target = inputs::target(&args.target, Sealing::Verified(&args.trust), settings)?;
    let own = match &target {
        Input::Live(source) => {
            let mut files = outputs.files();
            files.extend(args.baseline.iter().flat_map(|file| artifacts::with_bundles(file)));
            files.extend(artifacts::state(settings, args.trust.state.as_ref()));
            artifacts::inside(&**source, &files)
        }
        Input::Stored(_) => Vec::new(),
    };
    let run = Run { pool: &pool, cancel: &settings.cancel, observer: &Silent, artifacts: &own };
    let view = target.view();
    let target = target
        .target(view.as_ref())
        .ok_or_else(|| Failure::usage_text("the target cannot be viewed"))?;
    let Some((baseline, info)) = &sealed else {
        let lowers = inputs::beneath(&args.target)?;
        let reference = match &lowers {
            Some(lowers) => Reference::Other(Target::Live(&**lowers)),
            None => Reference::PackageDatabase,
        };
        let checked = check::check(&target, &reference, request, &run, occasion);
        let mut outcome =
            unless_unreadable(checked, (&args.target, &reference), request, occasion)?;
        if lowers.is_some() {
            outcome.report.notes.push(LOWERS_ARE_REFERENCE.to_owned());
        }
        return Ok(outcome);
    };
    let file = args.baseline.as_ref().map(|file| file.display().to_string()).unwrap_or_default();
    let reference = Reference::Sealed(Sealed { baseline, seal: info, file: &file });
    let checked = check::check(&target, &reference, request, &run, occasion);
    let mut outcome = unless_unreadable(checked, (&args.target, &reference), request, occasion)?;
    outcome.report.notes.extend(info.notes.iter().cloned());
    match inputs::remember(&args.trust, settings, info, occasion.clock.now()) {
        Memory::Remembered => {}
        Memory::Busy => outcome = check::busy(outcome),
        Memory::Lost(note) => {
            // Also told where a clean run prints nothing.
            terminal.note(&note);
            outcome.report.notes.push(note);
        }
    }
    Ok(outcome)
}

/// A line that lost its `--baseline` must not go on as a check without one.
fn trusts_something(args: &Check) -> Result<(), Failure> {
    let trust = &args.trust;
    let asks = !trust.trust.is_empty()
        || trust.threshold.is_some()
        || trust.expect_identity.is_some()
        || trust.min_sequence.is_some()
        || trust.max_age.is_some();
    if asks && args.baseline.is_none() && !inputs::is_stored(&args.target) {
        return Err(Failure::usage_text("options of trust speak of a baseline, and none is named")
            .hint("name one with --baseline FILE, or leave the options out"));
    }
    Ok(())
}

/// Every file that the command line names as an input, and drift's own memory.
fn named_files(args: &Check, settings: &Settings) -> Vec<PathBuf> {
    let mut files: Vec<PathBuf> =
        args.baseline.iter().flat_map(|file| artifacts::with_bundles(file)).collect();
    files.extend(args.trust.trust.iter().cloned());
    files.extend(args.rules.rules.iter().cloned());
    files.extend(args.sign_report.iter().cloned());
    files.extend(artifacts::state(settings, args.trust.state.as_ref()));
    files
}

/// A target that breaks off or contradicts itself is reported like any other that was not seen.
fn unless_unreadable(
    checked: Result<Outcome, check::Error>,
    sides: (&str, &Reference<'_>),
    request: &Request,
    occasion: &Occasion<'_>,
) -> Result<Outcome, Failure> {
    match checked {
        Err(
            check::Error::Capture(capture::Error::Source(error @ source::Error::Malformed { .. }))
            | check::Error::Source(error @ source::Error::Malformed { .. }),
        ) => Ok(check::unreadable(&error, sides, request, occasion)?),
        other => Ok(other?),
    }
}

/// `--exit-zero` maps findings alone to success.
fn exit(outcome: &Outcome, exit_zero: bool) -> Exit {
    match outcome.verdict.exit() {
        exit if exit == Exit::FINDINGS && exit_zero => Exit::CLEAN,
        exit => exit,
    }
}
