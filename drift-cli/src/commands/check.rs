//! `drift check`: is the target still its golden image?

use std::path::{Path, PathBuf};
use std::sync::Arc;

use drift_core::artifact;
use drift_core::bounds::{Clock, Stop};
use drift_core::capture::{self, Run};
use drift_core::check::{self, Occasion, Outcome, Reference, Request};
use drift_core::judge::{Exit, Status, Stopped};
use drift_core::policy;
use drift_core::seal::SealInfo;
use drift_core::source;

use crate::args::Check;
use crate::artifacts;
use crate::failure::Failure;
use crate::golden::{self, Golden, Refused};
use crate::incremental::{self, Incremental};
use crate::inputs::{self, Input, Memory, Sealing};
use crate::manifests;
use crate::outputs::Outputs;
use crate::own_digest::OwnDigest;
use crate::policies::{self, Policies, Use};
use crate::previous;
use crate::progress::Progress;
use crate::settings::Settings;
use crate::state::{self, Lease};
use crate::tailoring;
use crate::terminal::Terminal;
use crate::waivers;

/// What a check of an overlay without a baseline rests on.
const LOWERS_ARE_REFERENCE: &str = "the reference is what the lower directories hold now, which nobody \
    sealed: every change is one made in the upper directory, and what was changed in a lower one does \
    not show";

/// The target's own word decided what it is compared with.
const CHOSEN_BY_TARGET: &str = "the baseline was chosen by IMAGE_ID of the target; name identity in \
    drift.toml to settle it";

pub(crate) fn run(args: &Check, settings: &Settings, terminal: &Terminal) -> Result<Exit, Failure> {
    let outputs =
        Outputs::parse(&args.report.format, &args.report.output, args.sign_report.as_deref())?;
    outputs.spare(&named_files(args, settings))?;
    let started = settings.real_now();
    let clock = settings.clock(args.trust.now.as_deref())?;
    let mut lease = Lease::Without;
    let outcome =
        looked(args, (Use::Evaluate, &outputs), &*clock, (settings, terminal), &mut lease)?;
    let exit = exit(&outcome, args.report.exit_zero);
    let silent = args.report.quiet && outcome.verdict.status() == Status::Clean;
    match outputs.write(&outcome.report, clock.now(), silent, terminal) {
        Ok(()) => {
            let span = (started, settings.real_now());
            state::stamp(&lease, args, &outcome, exit, span, terminal);
            Ok(exit)
        }
        // Untrusted outranks an output that failed.
        Err(failure) if outcome.verdict.status() == Status::Untrusted => {
            terminal.failure(&failure);
            Ok(exit)
        }
        Err(failure) => Err(failure),
    }
}

/// Returns what the policies of such a check see.
pub(crate) fn input(
    args: &Check,
    settings: &Settings,
    terminal: &Terminal,
) -> Result<policy::Input, Failure> {
    if !args.report.output.is_empty() || args.sign_report.is_some() {
        return Err(Failure::usage_text(
            "the input goes to standard output, and to no --output and no --sign-report",
        )
        .hint("leave these out; where drift.toml names them, add --no-config"));
    }
    let outputs = Outputs::parse("json", &[], None)?;
    let clock = settings.clock(args.trust.now.as_deref())?;
    let mut lease = Lease::Without;
    let outcome = looked(args, (Use::Show, &outputs), &*clock, (settings, terminal), &mut lease)?;
    match outcome.input {
        Some(input) => Ok(*input),
        None => Err(Failure::without_result(&outcome)),
    }
}

/// Looks at the target as a check does, and tells nobody.
fn looked(
    args: &Check,
    (use_of, outputs): (Use, &Outputs),
    clock: &dyn Clock,
    (settings, terminal): (&Settings, &Terminal),
    lease: &mut Lease,
) -> Result<Outcome, Failure> {
    trusts_something(args)?;
    let run_id = inputs::run_id();
    let program = OwnDigest::default();
    let digest = || program.wait();
    let occasion = Occasion { clock, run_id: &run_id, binary_digest: Some(&digest) };
    let (policies, refused) = match policies::policies(args, use_of, settings, clock)? {
        Ok(policies) => (policies, None),
        Err(refused) => (Policies::default(), Some(refused)),
    };
    let (accepted, broken) = match waivers::open(args, settings, clock)? {
        Ok(waivers) => (waivers.map(Arc::new), None),
        Err(broken) => (None, Some(broken)),
    };
    let (vouching, unvouched) = match manifests::open(&args.manifest, &args.trust, settings, clock)?
    {
        Ok(manifests) => (manifests, None),
        Err(refused) => (Vec::new(), Some(refused)),
    };
    let manifest_seals: Vec<SealInfo> = vouching.iter().map(|used| used.seal.clone()).collect();
    let request = Request {
        rules: inputs::rules(&args.rules)?,
        manifests: vouching.into(),
        upgrades_expected: inputs::upgrades_expected(&args.rules),
        require: inputs::require(&args.report.require)?,
        with_content: args.with_content,
        assessment: policies.assessment,
        changes: inputs::changes(&args.scope.only),
        previous: previous::named(args, settings, clock)?,
        fail_on_new: args.fail_on_new,
        waivers: accepted,
        ..Request::new(inputs::parts(&args.scope.only), inputs::fail_on(&args.report.fail_on)?)
    };
    let mut outcome = match refused.or(broken).or(unvouched) {
        Some(Refused { file, why }) => {
            *lease = state::hold(settings, args.trust.state.as_ref());
            check::refused_policies(&why, &args.target, &file, &request, &occasion)?
        }
        None => {
            let seals = [policies.seals, manifest_seals].concat();
            let parts = (outputs, seals.as_slice(), &program);
            outcome(args, &request, &occasion, parts, (settings, terminal), lease)?
        }
    };
    outcome.report.tool.config_digests.clone_from(&settings.config);
    if args.trust.named_by_target {
        outcome.report.notes.push(CHOSEN_BY_TARGET.to_owned());
    }
    Ok(outcome)
}

fn outcome(
    args: &Check,
    request: &Request,
    occasion: &Occasion<'_>,
    (outputs, bundles, program): (&Outputs, &[SealInfo], &OwnDigest),
    (settings, terminal): (&Settings, &Terminal),
    lease: &mut Lease,
) -> Result<Outcome, Failure> {
    let pool = inputs::pool(settings, args.scope.threads.as_deref())?;
    // Whoever cannot trust the baseline has no use for the target.
    let golden = match Golden::open(&args.baseline, &args.trust, settings, occasion.clock)? {
        Ok(golden) => golden,
        Err(Refused { file, why }) => {
            *lease = state::hold(settings, args.trust.state.as_ref());
            return Ok(check::refused(&why, &args.target, &file, request, occasion)?);
        }
    };
    let sealed = golden.sealed();
    let is_sealed = golden.seals().next().is_some();
    let lowers = if is_sealed { None } else { inputs::beneath(&args.target, settings)? };
    let reference = match golden.bill() {
        Some(bill) => Reference::Bill(bill),
        None => golden::reference(&sealed, lowers.as_deref()),
    };
    let remembers = is_sealed || !bundles.is_empty();
    if remembers || incremental::is_asked(args) {
        *lease = state::hold(settings, args.trust.state.as_ref());
    }
    let sides = (args.target.as_str(), &reference);
    if let Lease::Busy(why) = lease {
        return Ok(check::stopped(Stopped::Busy, why, sides, request, occasion)?);
    }
    let progress = Progress::new(program);
    let sealing = Sealing::Verified(&args.trust);
    let target = match inputs::target(&args.target, sealing, &args.image, settings)? {
        Ok(target) => target,
        Err(error) => {
            let opened = in_time(Err(error.into()), settings);
            return unless_unseen(opened, &progress, sides, request, occasion);
        }
    };
    let own = match &target {
        Input::Live(source) => {
            let mut files = outputs.files();
            files.extend(args.baseline.iter().flat_map(|file| artifacts::with_bundles(file)));
            files.extend(args.manifest.iter().flat_map(|file| artifacts::with_bundles(file)));
            // Its seal holds, wherever a link to it leads.
            files.extend(args.baseline.iter().filter_map(|file| artifacts::absolute(file)));
            files.extend(state::files(settings, args.trust.state.as_ref()));
            artifacts::inside(&**source, &files)
        }
        Input::Stored(_) => {
            program.begin();
            Vec::new()
        }
    };
    let run = Run { pool: &pool, cancel: &settings.cancel, observer: &progress, artifacts: &own };
    let incremental = match &target {
        Input::Live(source) => incremental::begin(args, settings, lease, (&**source, &pool)),
        Input::Stored(_) => Incremental::default(),
    };
    let request = &Request { cache: incremental.cache.clone(), ..request.clone() };
    let view = target.view();
    let target = target
        .target(view.as_ref())
        .ok_or_else(|| Failure::usage_text("the target cannot be viewed"))?;
    let checked = check::check(&target, &reference, request, &run, occasion);
    let checked = in_time(checked, settings);
    let is_whole = checked.is_ok();
    let mut outcome = unless_unseen(checked, &progress, sides, request, occasion)?;
    if is_whole {
        outcome.report.notes.extend(incremental.end(settings, settings.real_now()));
    }
    if lowers.is_some() {
        outcome.report.notes.push(LOWERS_ARE_REFERENCE.to_owned());
    }
    if !remembers {
        // Whoever trusts no seal leaves no stamps.
        *lease = Lease::Without;
        return Ok(outcome);
    }
    outcome.report.notes.extend(bundles.iter().filter_map(policies::lineage));
    // Several baselines may have the same to say.
    for note in golden.seals().chain(bundles).flat_map(|info| &info.notes) {
        if !outcome.report.notes.contains(note) {
            outcome.report.notes.push(note.clone());
        }
    }
    match inputs::remember(
        &args.trust,
        settings,
        golden.seals().chain(bundles),
        occasion.clock.now(),
    ) {
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
    let has_seal =
        |file: &PathBuf| artifact::bundle_paths(file).is_ok_and(|found| !found.is_empty());
    let other = !args.manifest.is_empty()
        || args.policy.iter().any(|name| policies::is_bundle(Path::new(name)))
        || args.acceptance.require_sealed_waivers
        || args.acceptance.waivers.iter().chain(&args.previous).any(has_seal);
    // These speak of the baseline alone, whatever else has a seal.
    let of_baseline = trust.expect_identity.is_some() || trust.min_sequence.is_some();
    let of_seals = !trust.trust.is_empty() || trust.threshold.is_some() || trust.max_age.is_some();
    let asks = of_baseline || (of_seals && !other);
    if asks && args.baseline.is_empty() && !inputs::is_stored(&args.target) {
        return Err(Failure::usage_text("options of trust speak of a baseline, and none is named")
            .hint("name one with --baseline FILE, or leave the options out"));
    }
    Ok(())
}

/// Every file that the command line names as an input, and drift's own memory.
fn named_files(args: &Check, settings: &Settings) -> Vec<PathBuf> {
    let mut files: Vec<PathBuf> =
        args.baseline.iter().flat_map(|file| artifacts::with_bundles(file)).collect();
    files.extend(args.manifest.iter().flat_map(|file| artifacts::with_bundles(file)));
    files.extend(args.policy.iter().flat_map(|name| artifacts::with_bundles(Path::new(name))));
    let waivers = args.acceptance.waivers.iter();
    files.extend(waivers.flat_map(|file| artifacts::with_bundles(file)));
    files.extend(tailoring::files(&args.tailoring));
    files.extend(args.trust.trust.iter().cloned());
    files.extend(args.rules.rules.iter().cloned());
    files.extend(args.sign_report.iter().cloned());
    files.extend(args.previous.iter().flat_map(|file| artifacts::with_bundles(file)));
    files.extend(settings.config.iter().map(|config| PathBuf::from(&config.file)));
    files.extend(state::files(settings, args.trust.state.as_ref()));
    files
}

/// What ended a check before its end.
enum Unfinished {
    Error(check::Error),
    Late,
}

/// A check that came to its end after the deadline may have been cut short on the way.
fn in_time(
    checked: Result<Outcome, check::Error>,
    settings: &Settings,
) -> Result<Outcome, Unfinished> {
    let late = settings.cancel.reason() == Some(Stop::Deadline);
    match checked {
        Ok(outcome) if late => Ok(check::or_stopped(outcome, Stopped::Deadline)),
        Ok(outcome) => Ok(outcome),
        Err(error) if late && error.is_cancelled() => Err(Unfinished::Late),
        Err(error) => Err(Unfinished::Error(error)),
    }
}

/// A target that breaks off or contradicts itself, and one for which the time was too short, is
/// reported like any other that was not seen.
fn unless_unseen(
    checked: Result<Outcome, Unfinished>,
    progress: &Progress<'_>,
    sides: (&str, &Reference<'_>),
    request: &Request,
    occasion: &Occasion<'_>,
) -> Result<Outcome, Failure> {
    match checked {
        Err(Unfinished::Error(
            check::Error::Capture(capture::Error::Source(error @ source::Error::Malformed { .. }))
            | check::Error::Source(error @ source::Error::Malformed { .. }),
        )) => Ok(check::unreadable(&error, sides, request, occasion)?),
        Err(Unfinished::Error(error)) => Err(error.into()),
        Err(Unfinished::Late) => {
            let told = progress.told();
            let mut outcome = check::stopped(Stopped::Deadline, &told, sides, request, occasion)?;
            progress.count(&mut outcome.report.coverage);
            Ok(outcome)
        }
        Ok(outcome) => Ok(outcome),
    }
}

/// `--exit-zero` maps findings alone to success.
fn exit(outcome: &Outcome, exit_zero: bool) -> Exit {
    match outcome.verdict.exit() {
        // What was not seen stays unseen, whatever was found beside it.
        exit if exit == Exit::FINDINGS && exit_zero && !outcome.verdict.complete() => {
            Exit::INCOMPLETE
        }
        exit if exit == Exit::FINDINGS && exit_zero => Exit::CLEAN,
        exit => exit,
    }
}
