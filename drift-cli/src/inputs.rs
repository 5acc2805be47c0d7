//! From what was typed to what the library takes: targets, baselines, rules, trust, requests.

use std::io::IsTerminal as _;
use std::num::NonZeroU32;
use std::os::fd::{AsFd as _, OwnedFd};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use clap::ValueEnum as _;

use drift_core::artifact;
use drift_core::baseline::{Baseline, UnverifiedSnapshot};
use drift_core::bounds::{Clock, Pool, Timestamp};
use drift_core::capture::{Parts, RuleSource};
use drift_core::check::{Changes, Target, View};
use drift_core::judge::FailOn;
use drift_core::model::{Digest, Platform, Severity, SourceKind};
use drift_core::rules::MUTABLE;
use drift_core::sbom::{Bill, MAX_BILL_BYTES};
use drift_core::seal::{Artefact, Expectations, SealInfo, Term, Untrusted};
use drift_core::source::{self, OverlayTarget, Selection, Source};

use crate::args::{ImageArgs, Mode, Part, RuleArgs, TrustArgs};
use crate::failure::Failure;
use crate::golden;
use crate::settings::Settings;

/// A baseline file: 55 bytes an entry, so this holds some 20 million.
pub(crate) const MAX_BASELINE_BYTES: usize = 1 << 30;

/// A rules file.
const MAX_RULES_BYTES: usize = 4 << 20;

/// A stored snapshot, and how far it can be trusted.
#[derive(Debug)]
pub(crate) enum Stored {
    Sealed(Box<Baseline>, Box<SealInfo>),
    Unverified(Box<UnverifiedSnapshot>),
    Bill(Box<Bill>),
}

impl Stored {
    pub(crate) fn view(&self) -> View<'_> {
        match self {
            Self::Sealed(baseline, _) => View::of_baseline(baseline),
            Self::Unverified(snapshot) => View::of_unverified(snapshot),
            Self::Bill(bill) => View::of_bill(bill),
        }
    }
}

/// What a target argument names.
pub(crate) enum Input {
    Live(Box<dyn Source>),
    Stored(Stored),
}

impl Input {
    /// Returns the view of a stored snapshot, which [`Input::target`] borrows.
    pub(crate) fn view(&self) -> Option<View<'_>> {
        match self {
            Self::Live(_) => None,
            Self::Stored(stored) => Some(stored.view()),
        }
    }

    pub(crate) fn target<'t>(&'t self, view: Option<&'t View<'t>>) -> Option<Target<'t>> {
        match self {
            Self::Live(source) => Some(Target::Live(&**source)),
            Self::Stored(_) => view.map(Target::Stored),
        }
    }
}

/// How a baseline's seal is treated.
#[derive(Clone, Copy)]
pub(crate) enum Sealing<'s> {
    Verified(&'s TrustArgs),
    Unverified,
}

/// Opens a target; a baseline only as `sealing` allows, a bill of materials without a seal. The outer error is the operator's, the
/// inner one the target's.
pub(crate) fn target(
    text: &str,
    sealing: Sealing<'_>,
    image: &ImageArgs,
    settings: &Settings,
) -> Result<Result<Input, source::Error>, Failure> {
    if let Some(path) = text.strip_prefix("sbom:") {
        let bill = Stored::Bill(Box::new(bill(Path::new(path), text)?));
        return Ok(Ok(Input::Stored(bill)));
    }
    let path = text.strip_prefix("baseline:").unwrap_or(text);
    if !is_stored(text) {
        return Ok(source(text, image, settings)?.map(Input::Live));
    }
    let stored = match sealing {
        Sealing::Unverified => Stored::Unverified(Box::new(unverified(Path::new(path))?)),
        Sealing::Verified(trust) => {
            let clock = settings.clock(trust.now.as_deref())?;
            let (baseline, info) = baseline(Path::new(path), trust, settings, &*clock)??;
            Stored::Sealed(Box::new(baseline), Box::new(info))
        }
    };
    Ok(Ok(Input::Stored(stored)))
}

/// Opens a target that is no stored snapshot. The outer error is the operator's, the inner one the
/// target's.
pub(crate) fn source(
    text: &str,
    image: &ImageArgs,
    settings: &Settings,
) -> Result<Result<Box<dyn Source>, source::Error>, Failure> {
    let platform = image.platform.as_deref().map(platform).transpose()?;
    let asked = platform.is_some();
    let input = if is_input(text) { Some(standard_input()?) } else { None };
    let selection = Selection { platform, input, ..selection(settings) };
    let opened = source::open(text, &selection);
    // Nobody may believe that a root was looked at as one of that platform.
    if let (true, Ok(source)) = (asked, &opened)
        && !matches!(source.kind(), SourceKind::Oci | SourceKind::DockerArchive)
    {
        let found = source.kind().name();
        return Err(Failure::usage_text(format!("--platform chooses an image, not a {found}")));
    }
    Ok(opened)
}

pub(crate) fn platform(text: &str) -> Result<Platform, Failure> {
    Platform::parse(text).ok_or_else(|| {
        Failure::usage_text(format!(
            "--platform takes OS/ARCH or OS/ARCH/VARIANT, such as linux/arm64, not {text:?}"
        ))
    })
}

/// Whether a target is read from standard input.
pub(crate) fn is_input(text: &str) -> bool {
    let (scheme, rest) = text.split_once(':').unwrap_or(("", text));
    let path = rest.split_once('@').map_or(rest, |(path, _)| path);
    match scheme {
        "" | "tar" => rest == "-",
        "oci" | "docker-archive" => path == "-",
        _ => false,
    }
}

fn standard_input() -> Result<OwnedFd, Failure> {
    let input = std::io::stdin();
    if input.is_terminal() {
        return Err(Failure::usage_text("- reads an archive from standard input, a terminal here")
            .hint("give it an archive, as in docker save IMAGE | drift check -"));
    }
    input.as_fd().try_clone_to_owned().map_err(Failure::usage)
}

/// Opens what an overlay was before anything was changed in its upper directory; `None` of any other
/// target.
pub(crate) fn beneath(
    target: &str,
    settings: &Settings,
) -> Result<Option<Box<dyn Source>>, Failure> {
    match OverlayTarget::parse(target)?.and_then(|overlay| overlay.beneath()) {
        Some(lowers) => Ok(Some(source::open(&lowers.to_string(), &selection(settings))?)),
        None => Ok(None),
    }
}

/// How any target of this run is read.
fn selection(settings: &Settings) -> Selection {
    let (cancel, manners) = (settings.cancel.clone(), settings.manners.clone());
    Selection { cancel, manners, ..Selection::default() }
}

/// Whether the target is a stored snapshot: by its scheme, or by its first bytes.
pub(crate) fn is_stored(text: &str) -> bool {
    text.starts_with("baseline:")
        || text.starts_with("sbom:")
        || (!text.contains(':') && text != "-" && is_baseline(Path::new(text)))
}

/// Whether the file begins as a baseline; the name says nothing.
pub(crate) fn is_baseline(path: &Path) -> bool {
    artifact::read_start(path, drift_core::baseline::MARK.len())
        .is_ok_and(|start| start == drift_core::baseline::MARK)
}

/// Whether the file begins as a document of JSON, which no snapshot and no archive does.
pub(crate) fn is_bill(path: &Path) -> bool {
    const BLANKS: usize = 64;
    let start = artifact::read_start(path, BLANKS).unwrap_or_default();
    let start = start.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&start);
    start.trim_ascii_start().starts_with(b"{")
}

/// Opens a bill of materials without looking at a seal.
pub(crate) fn bill(path: &Path, locator: &str) -> Result<Bill, Failure> {
    let bytes = artifact::read_bounded(path, MAX_BILL_BYTES)?;
    Bill::decode_unverified(&bytes, locator).map_err(|error| Failure::bill(path, error))
}

/// Opens a snapshot without looking at its seal.
pub(crate) fn unverified(path: &Path) -> Result<UnverifiedSnapshot, Failure> {
    let bytes: Arc<[u8]> = artifact::read_bounded(path, MAX_BASELINE_BYTES)?.into();
    UnverifiedSnapshot::decode(bytes).map_err(|error| Failure::baseline(path, error))
}

/// Verifies a baseline and only then decodes it. The outer error is the operator's, the inner one
/// the seal's.
pub(crate) fn baseline(
    path: &Path,
    args: &TrustArgs,
    settings: &Settings,
    clock: &dyn Clock,
) -> Result<Result<(Baseline, SealInfo), Untrusted>, Failure> {
    let expected = expectations(args, Artefact::Snapshot)?;
    let trust = artifact::load_trust(&args.trust)?;
    match golden::verify(path, (&expected, &trust), args, settings, clock)? {
        Err(untrusted) => Ok(Err(untrusted)),
        Ok((verified, info)) => {
            let baseline =
                Baseline::decode(verified).map_err(|error| Failure::baseline(path, error))?;
            Ok(Ok((baseline, info)))
        }
    }
}

/// Returns what the operator expects of a seal.
pub(crate) fn expectations(args: &TrustArgs, artefact: Artefact) -> Result<Expectations, Failure> {
    let threshold = match args.threshold {
        None => None,
        Some(number) => Some(
            NonZeroU32::new(number)
                .ok_or_else(|| Failure::usage_text("--threshold takes a number from 1"))?,
        ),
    };
    let max_age = args.max_age.as_deref().map(Term::parse).transpose().map_err(Failure::usage)?;
    Ok(Expectations {
        artefact,
        identity: args.expect_identity.clone(),
        min_sequence: args.min_sequence,
        max_age,
        threshold,
    })
}

/// What became of remembering a sequence.
pub(crate) enum Memory {
    Remembered,
    /// Another run holds the state directory.
    Busy,
    /// It could not be written; the sentence says what follows.
    Lost(String),
}

/// Remembers what was verified of each baseline; a memory that cannot be written is told, not fatal.
pub(crate) fn remember<'i>(
    args: &TrustArgs,
    settings: &Settings,
    seals: impl Iterator<Item = &'i SealInfo>,
    now: Timestamp,
) -> Memory {
    let lost = |why: String| {
        Memory::Lost(format!(
            "the sequence could not be remembered, so a rollback would not be noticed: {why}"
        ))
    };
    let Some(directory) = settings.state_directory(args.state.as_ref()) else {
        return lost("no state directory is known; name one with --state".to_owned());
    };
    // A time that the operator made up must not become the one that later checks start from.
    let at = if args.now.is_some() { Timestamp::from_unix(0, 0) } else { now };
    for info in seals {
        match artifact::remember(&directory, info, at) {
            Ok(()) => {}
            Err(artifact::Error::Busy { .. }) => return Memory::Busy,
            Err(error) => return lost(error.to_string()),
        }
    }
    Memory::Remembered
}

/// Returns the rules that the operator gave; `None` when none were.
pub(crate) fn rules(args: &RuleArgs) -> Result<Option<RuleSource>, Failure> {
    // The profile without rules says how loud upgrades are, and leaves the rules as they are.
    let profiles: Vec<String> =
        args.profile.iter().filter(|name| *name != MUTABLE).cloned().collect();
    if args.rules.is_none() && profiles.is_empty() {
        return Ok(None);
    }
    let mut texts = Vec::new();
    if let Some(path) = &args.rules {
        let name = path.to_string_lossy().into_owned();
        let bytes = artifact::read_bounded(path, MAX_RULES_BYTES)?;
        let text = String::from_utf8(bytes)
            .map_err(|_| Failure::usage_text(format!("{name}: the rules are not UTF-8")))?;
        texts.push((name, text));
    }
    Ok(Some(RuleSource::Layers { profiles, texts }))
}

/// Returns whether the operator says that packages of the target may be upgraded in place.
pub(crate) fn upgrades_expected(args: &RuleArgs) -> bool {
    args.profile.iter().any(|name| name == MUTABLE)
}

/// Returns the rules that the operator gave, or those that fit the target.
pub(crate) fn rules_or_detected(args: &RuleArgs) -> Result<RuleSource, Failure> {
    let detected = RuleSource::Layers { profiles: Vec::new(), texts: Vec::new() };
    Ok(rules(args)?.unwrap_or(detected))
}

/// Returns which parts are wanted.
pub(crate) fn parts(only: &[Part]) -> Parts {
    // Policies alone see everything.
    if changes(only) == Changes::ForPoliciesAlone || only.is_empty() {
        return Parts::ALL;
    }
    Parts { entries: only.contains(&Part::Entries), packages: only.contains(&Part::Packages) }
}

/// Returns whether differences are findings: not where policies alone are wanted.
pub(crate) fn changes(only: &[Part]) -> Changes {
    let told = only.iter().any(|part| *part != Part::Policies);
    if only.is_empty() || told { Changes::Count } else { Changes::ForPoliciesAlone }
}

/// Fails where policies are asked of a verb that evaluates none.
pub(crate) fn no_policies(only: &[Part]) -> Result<(), Failure> {
    match only.contains(&Part::Policies) {
        true => Err(Failure::usage_text("--only policies is for drift check alone")),
        false => Ok(()),
    }
}

/// Returns the threshold of severity.
pub(crate) fn fail_on(text: &str) -> Result<FailOn, Failure> {
    if text == "never" {
        return Ok(FailOn::Never);
    }
    let severity = Severity::ALL
        .into_iter()
        .find(|severity| severity.name() == text && *severity >= Severity::Low);
    severity.map(FailOn::At).ok_or_else(|| {
        Failure::usage_text(format!(
            "--fail-on takes low, medium, high, critical or never, not {text:?}"
        ))
    })
}

/// Returns the names that `--require` asks for, or says which exist.
pub(crate) fn require(names: &[String]) -> Result<Vec<String>, Failure> {
    let attributes = drift_core::model::attribute::ATTRIBUTES.iter();
    let mut known: Vec<String> =
        attributes.map(|attribute| format!("entries.{}", attribute.name)).collect();
    known.extend(
        ["entries.mtime.nanoseconds", "packages", "image", "settings", "facts"].map(str::to_owned),
    );
    match names.iter().find(|name| !known.contains(name)) {
        None => Ok(names.to_vec()),
        Some(name) => Err(Failure::usage_text(format!(
            "--require does not know {name:?}; it knows {}",
            known.join(", ")
        ))),
    }
}

/// Returns the part of a snapshot that a configuration names.
pub(crate) fn part(name: &str) -> Option<Part> {
    // A file speaks for captures too, which evaluate none.
    Part::from_str(name, false).ok().filter(|part| *part != Part::Policies)
}

/// Returns the mode that a configuration names.
pub(crate) fn mode(name: &str) -> Option<Mode> {
    Mode::from_str(name, false).ok()
}

/// Reads a span such as 90s, 5m, 12h or 1d: a whole number above 0 and its unit.
pub(crate) fn span(text: &str) -> Option<Duration> {
    let (number, unit) = text.split_at_checked(text.len().checked_sub(1)?)?;
    let unit = match unit {
        "s" => 1,
        "m" => 60,
        "h" => 3_600,
        "d" => 86_400,
        _ => return None,
    };
    let plain = number.bytes().all(|digit| digit.is_ascii_digit());
    let number: u64 = number.parse().ok().filter(|number| *number > 0 && plain)?;
    number.checked_mul(unit).map(Duration::from_secs)
}

/// Begins to count the time that `--deadline` gives.
pub(crate) fn deadline(settings: &Settings, asked: Option<&str>) -> Result<(), Failure> {
    let Some(text) = asked else { return Ok(()) };
    let time = span(text).ok_or_else(|| {
        Failure::usage_text(format!("--deadline takes a span such as 90s, 5m or 1h, not {text:?}"))
    })?;
    settings.end_after(time)
}

/// Starts the workers.
pub(crate) fn pool(settings: &Settings, threads: Option<&str>) -> Result<Pool, Failure> {
    let pool = Pool::new(settings.threads(threads)?).map_err(Failure::usage)?;
    Ok(match settings.kernel()? {
        Some(kernel) => pool.with_kernel(kernel),
        None => pool,
    })
}

/// Returns 128 random bits in hexadecimal, to tell runs apart.
pub(crate) fn run_id() -> String {
    let mut bytes = [0; 16];
    // Without randomness the runs cannot be told apart, which harms nothing else.
    let _best_effort = getrandom::fill(&mut bytes);
    drift_core::model::hex(&bytes)
}

/// Returns the digest of the running program.
pub(crate) fn binary_digest() -> Option<Digest> {
    const MAX_BINARY_BYTES: usize = 512 << 20;
    artifact::digest_bounded(Path::new("/proc/self/exe"), MAX_BINARY_BYTES).ok()
}
