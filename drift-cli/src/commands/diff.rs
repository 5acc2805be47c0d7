//! `drift diff`: any two targets.

use drift_core::bounds::Silent;
use drift_core::capture::Run;
use drift_core::check::{self, Occasion, Reference, Request};
use drift_core::judge::{Exit, FailOn, Status};
use drift_core::model::Severity;

use crate::args::Diff;
use crate::artifacts;
use crate::failure::Failure;
use crate::inputs::{self, Input, Sealing};
use crate::manifests;
use crate::outputs::Outputs;
use crate::own_digest::OwnDigest;
use crate::settings::Settings;
use crate::terminal::Terminal;

pub(crate) fn run(args: &Diff, settings: &Settings, terminal: &Terminal) -> Result<Exit, Failure> {
    inputs::no_policies(&args.scope.only)?;
    let outputs = Outputs::parse(&args.format, &args.output, None)?;
    let clock = settings.clock(args.trust.now.as_deref())?;
    let sealing =
        if args.unverified { Sealing::Unverified } else { Sealing::Verified(&args.trust) };
    if inputs::is_input(&args.a) && inputs::is_input(&args.b) {
        return Err(Failure::usage_text("only one of two targets can be standard input"));
    }
    let open = |target: &str| inputs::target(target, sealing, &args.image, settings);
    let (before, after) = (open(&args.a)??, open(&args.b)??);
    let mut own = Vec::new();
    for input in [&before, &after] {
        if let Input::Live(source) = input {
            own.extend(artifacts::inside(&**source, &outputs.files()));
        }
    }
    let pool = inputs::pool(settings, args.scope.threads.as_deref())?;
    let run = Run { pool: &pool, cancel: &settings.cancel, observer: &Silent, artifacts: &own };
    let run_id = inputs::run_id();
    let program = OwnDigest::default();
    program.begin();
    let digest = || program.wait();
    let occasion = Occasion { clock: &*clock, run_id: &run_id, binary_digest: Some(&digest) };
    let manifests = manifests::open(&args.manifest, &args.trust, settings, &*clock)?
        .map_err(|refused| Failure::from(refused.why).within(&refused.file))?;
    let request = Request {
        rules: inputs::rules(&args.rules)?,
        manifests: manifests.into(),
        ..Request::new(inputs::parts(&args.scope.only), FailOn::At(Severity::Informational))
    };
    let (view_before, view_after) = (before.view(), after.view());
    let missing = || Failure::usage_text("the target cannot be viewed");
    let older = before.target(view_before.as_ref()).ok_or_else(missing)?;
    let newer = after.target(view_after.as_ref()).ok_or_else(missing)?;
    let mut outcome = check::check(&newer, &Reference::Other(older), &request, &run, &occasion)?;
    outcome.report.tool.config_digests.clone_from(&settings.config);
    outputs.write(&outcome.report, clock.now(), false, terminal)?;
    // To a diff every difference is one, also what a rule declares harmless.
    match outcome.verdict.status() {
        Status::Clean | Status::Incomplete if !outcome.report.changes.is_empty() => {
            Ok(Exit::FINDINGS)
        }
        _ => Ok(outcome.verdict.exit()),
    }
}
