//! The report of a run that compared nothing: a seal does not hold, the target cannot be read, or the
//! run was stopped.

use crate::bounds::escape::escaped;
use crate::judge::{Seen, Stopped, Verdict, judge, untrusted};
use crate::model::{Digest, Problem, Stage, TreePath};
use crate::report::{Report, document};
use crate::rules::RuleSet;
use crate::seal::Untrusted;

use super::composition::Composition;
use super::describe::{self, SEALED};
use super::{Error, Occasion, Outcome, Reference, Request, since};

/// Concludes that nothing of the baseline in `file` may be used, with the reason.
pub fn refused(
    why: &Untrusted,
    target: &str,
    file: &str,
    request: &Request,
    occasion: &Occasion<'_>,
) -> Result<Outcome, Error> {
    let verdict = untrusted(why.reason.name());
    let mut report = nothing(&verdict, target, request, occasion)?;
    report.verdict.detail = Some(why.detail.clone());
    report.baseline.kind = SEALED;
    report.baseline.file = Some(file.to_owned());
    Ok(Outcome { verdict, report, captured: None, input: None })
}

/// Concludes that nothing of the policies or waivers in `file` may be used, with the reason; nothing
/// else was looked at.
pub fn refused_policies(
    why: &Untrusted,
    target: &str,
    file: &str,
    request: &Request,
    occasion: &Occasion<'_>,
) -> Result<Outcome, Error> {
    let verdict = untrusted(why.reason.name());
    let mut report = nothing(&verdict, target, request, occasion)?;
    let file = escaped(file.as_bytes());
    report.verdict.detail = Some(format!("{file}: {}", why.detail));
    report.baseline.kind = "none";
    Ok(Outcome { verdict, report, captured: None, input: None })
}

/// Concludes that the target could not be read as a whole, for the reason of `error`.
pub fn unreadable(
    error: &dyn std::error::Error,
    (target, reference): (&str, &Reference<'_>),
    request: &Request,
    occasion: &Occasion<'_>,
) -> Result<Outcome, Error> {
    let problem = Problem {
        path: TreePath::root(),
        stage: Stage::Read,
        reason: error.to_string(),
        errno: None,
    };
    unseen(&problem, (target, reference), request, occasion)
}

/// Concludes that nothing was compared, because of one problem with the whole target.
fn unseen(
    problem: &Problem,
    (target, reference): (&str, &Reference<'_>),
    request: &Request,
    occasion: &Occasion<'_>,
) -> Result<Outcome, Error> {
    let seen = Seen { problems: 1, not_compared: 0, required_missing: false, policy_errors: 0 };
    let verdict = judge([], &seen, request.fail_on);
    let mut report = nothing(&verdict, target, request, occasion)?;
    report.problems.push(describe::problem(problem));
    report.baseline = match reference {
        Reference::Sealed(sealed) => describe::sealed(sealed, occasion.clock.now()),
        Reference::Bill(sealed) => describe::sealed_bill(sealed, occasion.clock.now())?,
        Reference::Composed(parts) => {
            describe::composed(&Composition::new(parts)?, occasion.clock.now())
        }
        Reference::Other(_) | Reference::PackageDatabase => {
            document::Reference { kind: "none", ..document::Reference::default() }
        }
    };
    Ok(Outcome { verdict, report, captured: None, input: None })
}

/// Concludes that the run was stopped before anything was compared. `seen` says how far it came.
pub fn stopped(
    why: Stopped,
    seen: &str,
    (target, reference): (&str, &Reference<'_>),
    request: &Request,
    occasion: &Occasion<'_>,
) -> Result<Outcome, Error> {
    let problem = Problem {
        path: TreePath::root(),
        stage: Stage::Read,
        reason: seen.to_owned(),
        errno: None,
    };
    let mut outcome = unseen(&problem, (target, reference), request, occasion)?;
    outcome.report.verdict.detail = Some(seen.to_owned());
    Ok(or_stopped(outcome, why))
}

/// Concludes that another run holds the memory: nothing found is then no proof of anything. What
/// was found stays found.
#[must_use]
pub fn busy(outcome: Outcome) -> Outcome {
    or_stopped(outcome, Stopped::Busy)
}

/// Concludes that the run was stopped while it came to its end: what it did not find proves
/// nothing. What was found stays found.
#[must_use]
pub fn or_stopped(mut outcome: Outcome, why: Stopped) -> Outcome {
    outcome.verdict = outcome.verdict.or_stopped(why);
    let verdict = &mut outcome.report.verdict;
    verdict.status = outcome.verdict.status().name();
    verdict.exit_code = outcome.verdict.exit().code;
    verdict.complete = outcome.verdict.complete();
    verdict.reason = outcome.verdict.reason().map(str::to_owned);
    since::stopped(&mut outcome.report, why);
    outcome
}

/// A report without anything compared.
fn nothing(
    verdict: &Verdict,
    target: &str,
    request: &Request,
    occasion: &Occasion<'_>,
) -> Result<Report, Error> {
    let now = occasion.clock.now().to_string();
    Ok(Report {
        schema: document::SCHEMA,
        tool: document::Tool {
            name: "drift",
            version: env!("CARGO_PKG_VERSION"),
            binary_digest: occasion
                .binary_digest
                .and_then(|own| own())
                .map(|digest| digest.to_string()),
            policies_digest: None,
            rules_digest: RuleSet::parse(&[])?.digest().to_string(),
            waivers_digest: None,
            config_digests: Vec::new(),
        },
        run_id: occasion.run_id.to_owned(),
        started: now.clone(),
        finished: now,
        scope: document::Scope {
            only: describe::only(request),
            mode: "full",
            fail_on: request.fail_on.to_string(),
            profiles: Vec::new(),
            require: request.require.clone(),
            rules_overridden: request.rules.is_some(),
            options_digest: Digest::sha256_of(b"").to_string(),
            previous: None,
            fail_on_new: request.fail_on_new,
        },
        target: document::Target {
            kind: kind_of(target).to_owned(),
            locator: target.to_owned(),
            identity: document::TargetIdentity::default(),
            root_digest: None,
            effective_root: None,
            image: None,
        },
        baseline: document::Reference::default(),
        manifests: Vec::new(),
        verdict: document::Verdict {
            status: verdict.status().name(),
            exit_code: verdict.exit().code,
            complete: false,
            reason: verdict.reason().map(str::to_owned),
            detail: None,
        },
        coverage: document::Coverage::default(),
        problems: Vec::new(),
        changes: Vec::new(),
        policy_origins: Vec::new(),
        tailoring: None,
        policies: Vec::new(),
        waiver_origin: None,
        waivers: Vec::new(),
        since_previous: None,
        summary: document::Summary { recommendation: "review", ..document::Summary::default() },
        notes: vec!["Nothing was compared.".to_owned()],
    })
}

/// The kind of a target that was not opened, from its scheme alone.
fn kind_of(target: &str) -> &'static str {
    match target.split_once(':') {
        _ if target == "/" => "host",
        Some(("host", _)) => "host",
        Some(("tar", _)) => "tar",
        Some(("oci", _)) => "oci",
        Some(("docker-archive", _)) => "docker-archive",
        Some(("overlay", _)) => "overlay",
        Some(("baseline", _)) => "snapshot",
        _ => "directory",
    }
}
