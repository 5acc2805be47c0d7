//! The verbs `check` and `diff`: capture, compare, look again, explain, judge, and one report.
//!
//! ```no_run
//! use drift_core::bounds::{Cancel, Pool, Silent, Timestamp};
//! use drift_core::capture::{Parts, Run};
//! use drift_core::check::{Occasion, Reference, Request, Target, check};
//! use drift_core::judge::FailOn;
//! use drift_core::model::Severity;
//! let source = drift_core::source::open("dir:/srv/root", &drift_core::source::Selection::default())?;
//! let (pool, cancel) = (Pool::new(2)?, Cancel::new());
//! let run = Run { pool: &pool, cancel: &cancel, observer: &Silent, artifacts: &[] };
//! let request = Request::new(Parts::ALL, FailOn::At(Severity::Medium));
//! let now = Timestamp::parse("2026-11-21T12:00:00Z")?;
//! let occasion = Occasion { clock: &now, run_id: "nightly", binary_digest: None };
//! let outcome = check(&Target::Live(&*source), &Reference::PackageDatabase, &request, &run, &occasion)?;
//! assert_eq!(outcome.verdict.exit().code, 0);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod accept;
mod accounts;
mod alterations;
mod assess;
mod composition;
mod content;
mod derive;
mod describe;
mod differences;
mod events;
mod input;
mod occasion;
mod origins;
mod lost;
mod manifested;
mod path_directories;
mod refused;
mod roots;
mod rotation;
mod second_look;
mod since;
mod unsealed;
mod view;
mod waived;
mod weakened;

use std::sync::Arc;

use crate::baseline::{Baseline, effective_root};
use crate::bounds::{Event, Timestamp};
use crate::cache::Cache;
use crate::capture::{self, Captured, Options, Parts, RuleSource, Run};
use crate::compare;
use crate::judge::{FailOn, Seen, Verdict, Waivers, judge};
use crate::manifest;
use crate::model::{CursorError, Problem};
use crate::policy::{Evaluator, Input, PolicySet};
use crate::report::{Previous, Report, document};
use crate::rules::{self, RuleSet};
use crate::sbom::SealedBill;
use crate::seal::SealInfo;
use crate::source::{self, Source};

use composition::Composition;

pub use accept::{AcceptError, Acceptance, Accepted, Selector, accept};
use manifested::manifests_of;

pub use manifested::SealedManifest;
pub use occasion::Occasion;
pub use path_directories::PATH_DIRECTORIES;
pub use refused::{busy, or_stopped, refused, refused_policies, stopped, unreadable};
pub use view::View;

/// What was asked for, as far as it bears on the result or is reported.
#[derive(Debug, Clone)]
pub struct Request {
    /// Rules of the operator; with a baseline they replace the rules that travel in it.
    pub rules: Option<RuleSource>,
    /// Whether packages of the target may be upgraded in place: the profile [`rules::MUTABLE`].
    pub upgrades_expected: bool,
    /// What is looked at.
    pub parts: Parts,
    /// The lowest severity that fails.
    pub fail_on: FailOn,
    /// What must be observable, such as `entries.xattr`.
    pub require: Vec<String>,
    /// Whether the report shows what small text files that changed say now.
    pub with_content: bool,
    /// The policies to evaluate; without them none are.
    pub assessment: Option<Assessment>,
    /// Whether the differences count for the verdict and stand in the report; the policies see them
    /// all the same.
    pub changes: Changes,
    /// Manifests that vouch for packages beside the target's own databases.
    pub manifests: Arc<[SealedManifest]>,
    /// Findings that are accepted.
    pub waivers: Option<Arc<Waivers>>,
    /// An earlier report to compare with.
    pub previous: Option<Arc<Previous>>,
    /// Whether only what that report did not have counts for the verdict.
    pub fail_on_new: bool,
    /// Digests of the target's files from earlier runs, and where this one leaves its own.
    pub cache: Option<Arc<Cache>>,
}

/// Whether differences are findings.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Changes {
    /// They are.
    #[default]
    Count,
    /// They are what policies look at, and nothing else.
    ForPoliciesAlone,
}

/// Which policies are evaluated, and how.
#[derive(Debug, Clone)]
pub struct Assessment {
    /// The policies, tailored.
    pub set: Arc<PolicySet>,
    /// Who asks them.
    pub evaluator: Arc<dyn Evaluator>,
    /// Whether the input is handed out with the outcome.
    pub keep_input: bool,
}

/// The result of a check or diff.
#[derive(Debug)]
pub struct Outcome {
    /// The conclusion.
    pub verdict: Verdict,
    /// Everything behind it.
    pub report: Report,
    /// What was captured for it, where the target was captured now.
    pub captured: Option<Box<Captured>>,
    /// What policies saw, where that was asked for.
    pub input: Option<Box<Input>>,
}

/// A check or diff cannot give a result.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The target cannot be captured.
    #[error(transparent)]
    Capture(#[from] capture::Error),
    /// The rules of a baseline cannot be read.
    #[error("failed to read the rules in the baseline: {0}")]
    Rules(#[from] rules::Error),
    /// A stored tree cannot be read on.
    #[error(transparent)]
    Cursor(#[from] CursorError),
    /// The comparison failed.
    #[error(transparent)]
    Compare(#[from] compare::Error),
    /// The snapshot cannot be put into the form that its root is computed over.
    #[error(transparent)]
    Baseline(#[from] crate::baseline::Error),
    /// A stored snapshot has no package database of its own to compare with.
    #[error(
        "a stored snapshot can only be compared with another; name one with --baseline, or use diff"
    )]
    NoReference,
    /// A package database is a reference for entries and packaged files alone.
    #[error(
        "without a baseline only entries and packages can be looked at; name one with --baseline"
    )]
    NothingToCompare,
    /// There are no baselines to compose, or too many.
    #[error(
        "{count} baselines cannot be composed; name 1 to 64, with fewer than 65,000 layers together"
    )]
    Composition {
        /// How many there are.
        count: usize,
    },
    /// The target cannot be read again.
    #[error(transparent)]
    Source(#[from] source::Error),
    /// A manifest cannot be read on.
    #[error(transparent)]
    Manifest(#[from] manifest::Error),
    /// The input of the policies cannot be made.
    #[error(transparent)]
    Input(#[from] crate::policy::ValueError),
    /// The run was stopped while policies were evaluated.
    #[error(transparent)]
    Cancelled(#[from] crate::bounds::Cancelled),
}

impl Error {
    /// Returns whether the run was stopped, and nothing else is wrong.
    #[must_use]
    pub fn is_cancelled(&self) -> bool {
        matches!(
            self,
            Self::Capture(capture::Error::Source(source::Error::Cancelled(_)))
                | Self::Source(source::Error::Cancelled(_))
                | Self::Compare(compare::Error::Cancelled(_))
                | Self::Baseline(crate::baseline::Error::Cancelled(_))
                | Self::Cancelled(_)
        )
    }
}

/// A verified baseline with what its seal says.
#[derive(Debug, Clone, Copy)]
pub struct Sealed<'b> {
    /// Its content.
    pub baseline: &'b Baseline,
    /// What its seal says.
    pub seal: &'b SealInfo,
    /// The file, as the operator named it.
    pub file: &'b str,
}

/// A verified bill of materials with what its seal says.
#[derive(Debug, Clone, Copy)]
pub struct SealedBillOf<'b> {
    /// Its content.
    pub bill: &'b SealedBill,
    /// What its seal says.
    pub seal: &'b SealInfo,
    /// The file, as the operator named it.
    pub file: &'b str,
}

/// What is looked at.
#[derive(Clone, Copy)]
pub enum Target<'t> {
    /// It is captured now.
    Live(&'t dyn Source),
    /// It was captured before.
    Stored(&'t View<'t>),
}

impl std::fmt::Debug for Target<'_> {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Live(source) => formatter.debug_tuple("Live").field(&source.locator()).finish(),
            Self::Stored(view) => formatter.debug_tuple("Stored").field(&view.locator).finish(),
        }
    }
}

/// What a target is compared with.
#[derive(Debug, Clone, Copy)]
pub enum Reference<'r> {
    /// A baseline whose seal held.
    Sealed(Sealed<'r>),
    /// Several of them, the later ones laid over the earlier ones: base, runtime, application. What a
    /// later one alters of an earlier one is a finding.
    Composed(&'r [Sealed<'r>]),
    /// A bill of materials whose seal held.
    Bill(SealedBillOf<'r>),
    /// Any other target: a diff.
    Other(Target<'r>),
    /// The target's own package databases: nobody's seal, and the report says so.
    PackageDatabase,
}

impl Request {
    /// Returns a request without rules of the operator and without requirements.
    #[must_use]
    pub fn new(parts: Parts, fail_on: FailOn) -> Self {
        Self {
            rules: None,
            upgrades_expected: false,
            parts,
            fail_on,
            require: Vec::new(),
            with_content: false,
            assessment: None,
            changes: Changes::Count,
            manifests: Arc::new([]),
            waivers: None,
            previous: None,
            fail_on_new: false,
            cache: None,
        }
    }
}

/// Compares a target with a reference.
pub fn check(
    target: &Target<'_>,
    reference: &Reference<'_>,
    request: &Request,
    run: &Run<'_>,
    occasion: &Occasion<'_>,
) -> Result<Outcome, Error> {
    let job = Job {
        request,
        run,
        occasion,
        started: occasion.clock.now(),
        binaries: compares_packages_of_two(target, reference, request.parts),
    };
    match reference {
        Reference::Sealed(sealed) => {
            let before = View::of_baseline(sealed.baseline);
            let described = describe::sealed(sealed, job.started);
            job.against(&before, described, target)
        }
        Reference::Bill(sealed) => {
            let before = View::of_sealed_bill(sealed.bill);
            let described = describe::sealed_bill(sealed, job.started)?;
            job.against(&before, described, target)
        }
        Reference::Composed([sealed]) => {
            check(target, &Reference::Sealed(*sealed), request, run, occasion)
        }
        Reference::Composed(parts) => {
            let composition = Composition::new(parts)?;
            let described = describe::composed(&composition, job.started);
            job.against(&View::of_composition(&composition), described, target)
        }
        Reference::Other(Target::Stored(before)) => {
            job.against(before, describe::snapshot(before)?, target)
        }
        Reference::Other(Target::Live(source)) => {
            let captured = job.capture(*source, job.detected_rules())?;
            let before = View::of_captured(&captured);
            job.against(&before, describe::snapshot(&before)?, target)
        }
        Reference::PackageDatabase => match target {
            Target::Stored(_) => Err(Error::NoReference),
            Target::Live(_) if !request.parts.packages && !request.parts.entries => {
                Err(Error::NothingToCompare)
            }
            Target::Live(source) => {
                // What a manifest says is compared by SHA-256. The package database is the reference,
                // whatever is looked at.
                let entries = request.parts.entries || !request.manifests.is_empty();
                let options = Options {
                    rules: job.detected_rules(),
                    parts: Parts { entries, packages: true },
                    vendor_digests: true,
                    configs: true,
                    binaries: false,
                };
                let cache = request.cache.as_deref();
                let captured = capture::capture_with(*source, &options, cache, run)?;
                let found = unsealed::differences(&captured, request, run)?;
                let reference = describe::databases(&captured);
                let outcome = job.conclude(
                    found,
                    reference,
                    (None, &View::of_captured(&captured)),
                    &captured.rules,
                )?;
                Ok(Outcome { captured: Some(Box::new(captured)), ..outcome })
            }
        },
    }
}

/// One check with all that was asked for.
struct Job<'j> {
    request: &'j Request,
    run: &'j Run<'j>,
    occasion: &'j Occasion<'j>,
    started: Timestamp,
    /// Whether programs are looked into for what they were made of.
    binaries: bool,
}

/// Whether only the packages of two targets are compared, both captured now: then programs are looked
/// into as well. What was captured before was not, and would seem to lack their packages.
fn compares_packages_of_two(target: &Target<'_>, reference: &Reference<'_>, parts: Parts) -> bool {
    let both = matches!((target, reference), (Target::Live(_), Reference::Other(Target::Live(_))));
    both && parts.packages && !parts.entries
}

impl Job<'_> {
    fn detected_rules(&self) -> RuleSource {
        let detected = RuleSource::Layers { profiles: Vec::new(), texts: Vec::new() };
        self.request.rules.clone().unwrap_or(detected)
    }

    fn capture(&self, source: &dyn Source, rules: RuleSource) -> Result<Captured, Error> {
        let options = Options {
            rules,
            parts: self.request.parts,
            vendor_digests: false,
            configs: self.request.parts.packages || self.request.assessment.is_some(),
            binaries: self.binaries,
        };
        let cache = self.request.cache.as_deref();
        Ok(capture::capture_with(source, &options, cache, self.run)?)
    }

    /// Compares with what was captured before, under the rules that travel with it.
    fn against(
        &self,
        before: &View<'_>,
        mut reference: document::Reference,
        target: &Target<'_>,
    ) -> Result<Outcome, Error> {
        let own = || match before.bill() {
            // It was made under no rules.
            Some(_) => self.detected_rules(),
            None => RuleSource::Whole(before.rules.clone()),
        };
        let rules = self.request.rules.clone().unwrap_or_else(own);
        let asked = differences::Asked {
            sealed: reference.kind == describe::SEALED,
            manifests: &self.request.manifests,
            parts: self.request.parts,
            with_content: self.request.with_content,
            upgrades_expected: self.request.upgrades_expected,
        };
        match target {
            Target::Live(source) => {
                let mut captured = self.capture(*source, rules)?;
                let mut found = differences::live(before, *source, &mut captured, asked, self.run)?;
                self.compose(before, &captured.rules, &mut found, &mut reference)?;
                let after = View::of_captured(&captured);
                let outcome =
                    self.conclude(found, reference, (Some(before), &after), &captured.rules)?;
                Ok(Outcome { captured: Some(Box::new(captured)), ..outcome })
            }
            Target::Stored(after) => {
                let (rules, _) = capture::rules_of(&rules, after.identity.os.as_deref())?;
                let mut found = differences::stored(before, after, &rules, asked, self.run)?;
                self.compose(before, &rules, &mut found, &mut reference)?;
                self.conclude(found, reference, (Some(before), after), &rules)
            }
        }
    }

    /// Adds what is to say of a reference that several baselines make.
    fn compose(
        &self,
        before: &View<'_>,
        rules: &RuleSet,
        found: &mut Found,
        reference: &mut document::Reference,
    ) -> Result<(), Error> {
        let Some(composition) = before.composition().filter(|_| self.request.parts.entries) else {
            return Ok(());
        };
        let overridden = self.request.rules.is_some();
        alterations::add(found, composition, (rules, overridden), self.run)?;
        // The operator may loosen what was sealed, and the report says that he did.
        if !overridden {
            found.problems.extend(weakened::problems(composition, rules, self.run)?);
        }
        let root = effective_root(&mut *before.cursor(), rules, before.packages)?;
        reference.effective_root = Some(root.to_string());
        Ok(())
    }

    /// Judges and reports.
    fn conclude(
        &self,
        mut found: Found,
        reference: document::Reference,
        (before, after): (Option<&View<'_>>, &View<'_>),
        rules: &RuleSet,
    ) -> Result<Outcome, Error> {
        let not_observable = describe::not_observable(before, after, self.request);
        let mut assessed = assess::assess(self, &found, &reference, (before, after))?;
        if self.request.changes == Changes::ForPoliciesAlone {
            found.changes.clear();
        }
        self.run.observer.event(Event::Phase("judge"));
        let waivers = waived::accept(self, &mut found, &mut assessed, &reference, after);
        let now =
            since::Now { reference: &reference, after, rules, not_observable: &not_observable };
        let since = since::compare(self, &found, &mut assessed, &now);
        let missing = |wanted: &String| not_observable.contains(wanted);
        let seen = Seen {
            problems: found.problems.len() as u64,
            not_compared: found.not_compared,
            required_missing: self.request.require.iter().any(missing),
            policy_errors: assessed.errors(),
        };
        let counting = waived::counting(self, &found, &assessed, since.as_ref());
        let verdict = judge(counting, &seen, self.request.fail_on);
        let input = assessed.input.take();
        let (root, effective_root) = std::mem::take(&mut found.roots).of(after, rules, self.run)?;
        let paper = describe::Paper {
            request: self.request,
            occasion: self.occasion,
            started: self.started,
            reference,
            after,
            rules,
            not_observable,
            root,
            effective_root,
            assessed,
            waivers,
            since_previous: since.map(|since| since.said),
        };
        let report = describe::report(found, &verdict, paper);
        Ok(Outcome { report, verdict, captured: None, input })
    }
}

/// What a comparison found, judged one by one.
#[derive(Debug, Default)]
struct Found {
    changes: Vec<document::Change>,
    problems: Vec<Problem>,
    not_compared: u64,
    notes: Vec<String>,
    roots: roots::Roots,
}
