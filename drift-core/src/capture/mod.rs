//! Capturing a target: probe, survey, read, own, freeze.
//!
//! Content is read once: the bytes of a package database that are parsed are the bytes that were
//! digested. What may not be kept (class `secret`) is dropped here, before anything stores it.

mod cached;
mod databases;
mod kept;
mod languages;
mod per_host;
mod probe;
mod read;

use std::collections::BTreeMap;

use crate::bounds::{Cancel, Event, Observer, Pool};
use crate::cache::Cache;
use crate::configs::Configs;
use crate::model::{
    ARTIFACT_RULE, Algorithm, Coverage, Digest, Exclusion, FileType, Frozen, Intake, Package,
    RowId, RuleId, Snapshot, Tree, TreePath,
};
use crate::packages::{Completeness, Ownership, PackageSink};
use crate::rules::{self, Class, RuleSet};
use crate::source::{self, Ask, Content, Known, Plan, Source, Want};

pub(crate) use cached::Cached;
pub use probe::{identity as system, image_names, systems};
pub use read::Extra;
use read::read_rows;
pub(crate) use read::{Ledger, read};

/// What a run shares: workers, cancellation, progress, and its own artefacts.
#[derive(Clone, Copy)]
pub struct Run<'r> {
    /// The workers.
    pub pool: &'r Pool,
    /// Set from outside to stop.
    pub cancel: &'r Cancel,
    /// Told about progress.
    pub observer: &'r dyn Observer,
    /// Paths of drift's own artefacts inside the target, left out and counted.
    pub artifacts: &'r [TreePath],
}

impl std::fmt::Debug for Run<'_> {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Run").field("pool", self.pool).finish_non_exhaustive()
    }
}

impl<'r> Run<'r> {
    /// Returns what sources need, with these rules.
    #[must_use]
    pub fn plan(&self, rules: &'r RuleSet) -> Plan<'r> {
        Plan {
            rules,
            artifacts: self.artifacts,
            pool: self.pool,
            cancel: self.cancel,
            observer: self.observer,
            known: None,
        }
    }
}

/// Where the rules of a capture come from.
#[derive(Debug, Clone)]
pub enum RuleSource {
    /// Profiles by name (none: the one that fits os-release), then texts with their names.
    Layers {
        /// Names of built-in profiles.
        profiles: Vec<String>,
        /// Name and text of each further list.
        texts: Vec<(String, String)>,
    },
    /// The canonical text of a whole list, as it travels in a baseline.
    Whole(String),
}

/// The parts of a snapshot that are wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Parts {
    /// Files and everything else that has a path.
    pub entries: bool,
    /// Installed packages, and which entry belongs to which.
    pub packages: bool,
}

impl Parts {
    /// Everything.
    pub const ALL: Self = Self { entries: true, packages: true };
}

/// How to capture.
#[derive(Debug, Clone)]
pub struct Options {
    /// The rules.
    pub rules: RuleSource,
    /// What is wanted.
    pub parts: Parts,
    /// Whether every file that a package database has a digest of is digested by that algorithm too;
    /// without entries by that one alone, and nothing else is read.
    pub vendor_digests: bool,
    /// Whether the files of [`crate::configs`] are read, whatever their rules say: for policies, and
    /// for the accounts that records of packages name.
    pub configs: bool,
    /// Whether programs are looked into for the packages of languages that they were made of. That
    /// takes reading every program whole.
    pub binaries: bool,
}

/// A target as captured, with what only the live capture knows.
#[derive(Debug)]
pub struct Captured {
    /// What can be stored.
    pub snapshot: Snapshot,
    /// The rules in force, compiled.
    pub rules: RuleSet,
    /// Names of the profiles in force.
    pub profiles: Vec<String>,
    /// Which entry belongs to whom, and what the package databases say.
    pub ownership: Ownership,
    /// Digests of files by the algorithm that their package database has one by, where asked for.
    pub vendor: BTreeMap<RowId, Digest>,
    /// What configuration files say, where asked for.
    pub configs: Configs,
}

impl Captured {
    /// Returns the digest of an entry's content by one algorithm, where it was computed.
    #[must_use]
    pub fn digest(&self, row: RowId, algorithm: Algorithm) -> Option<Digest> {
        let own = self.snapshot.tree.digest(row).seen().copied();
        let known = own.into_iter().chain(self.vendor.get(&row).copied());
        known.into_iter().find(|digest| digest.algorithm() == algorithm)
    }
}

/// A capture cannot be made.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The target cannot be read.
    #[error(transparent)]
    Source(#[from] source::Error),
    /// The rules cannot be read.
    #[error(transparent)]
    Rules(#[from] rules::Error),
    /// A profile does not exist.
    #[error("there is no profile \"{name}\"; built in are: {known}")]
    NoProfile {
        /// The name asked for.
        name: String,
        /// The names that exist.
        known: String,
    },
}

/// Captures a target.
///
/// ```
/// use drift_core::bounds::{Cancel, Pool, Silent};
/// use drift_core::capture::{Options, Parts, RuleSource, Run, capture};
/// use drift_core::model::SourceKind;
/// use drift_core::source::{MemoryVolume, Walked};
/// let mut volume = MemoryVolume::new();
/// volume.file(b"etc/hostname", b"web-1\n");
/// let source = Walked::new(volume, SourceKind::Memory, "memory:web-1");
/// let (pool, cancel) = (Pool::new(1)?, Cancel::new());
/// let run = Run { pool: &pool, cancel: &cancel, observer: &Silent, artifacts: &[] };
/// let rules = RuleSource::Whole("read-only /".to_owned());
/// let options = Options { rules, parts: Parts::ALL, vendor_digests: false, configs: false, binaries: false };
/// let snapshot = capture(&source, &options, &run)?.snapshot;
/// assert_eq!(snapshot.identity.hostname.as_deref(), Some("web-1"));
/// assert_eq!(snapshot.tree.len(), 3);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn capture(source: &dyn Source, options: &Options, run: &Run<'_>) -> Result<Captured, Error> {
    capture_with(source, options, None, run)
}

/// Captures a target, and takes from the cache what need not be read; one of another target is left
/// alone.
pub fn capture_with(
    source: &dyn Source,
    options: &Options,
    cache: Option<&Cache>,
    run: &Run<'_>,
) -> Result<Captured, Error> {
    let is_of = |cache: &&Cache| cache.is_of(source.kind(), source.locator());
    let cache = cache.filter(is_of).filter(|_| options.parts.entries);
    run.observer.event(Event::Phase("survey"));
    source.prepare(run.pool, run.cancel, run.observer)?;
    let identity = probe::identity(source);
    let (rules, profiles) = rules_for(&options.rules, &systems(source))?;
    let plan = Plan { known: cache.map(|cache| cache as &dyn Known), ..run.plan(&rules) };

    let intake = Intake::default();
    let carries = source.survey(&plan, &intake)?;
    let Frozen { mut tree, mut problems, mut coverage, excluded } = intake.freeze();
    redact(&mut tree, &rules);
    let cached = cache.map_or_else(Cached::default, |_| Cached::of(&tree));
    if options.parts.entries && cache.is_none() {
        count_surveyed(&tree, &mut coverage);
    }

    run.observer.event(Event::Phase("read"));
    let mut unread = cached.clone();
    let mut ledger = Ledger {
        tree: &mut tree,
        coverage: &mut coverage,
        problems: &mut problems,
        unread: &mut unread,
    };
    let mut sink = PackageSink::default();
    let (mut completeness, mut languages_complete) = (Completeness::Complete, true);
    if options.parts.packages {
        completeness = databases::read_all(source, &plan, options.parts, &mut ledger, &mut sink)?;
        let asked = languages::Asked { parts: options.parts, binaries: options.binaries };
        languages_complete = languages::read_all(source, &plan, asked, &mut ledger, &mut sink)?;
    }
    let ownership = Ownership::resolve(sink.finish(completeness), ledger.tree);
    let kept = match options.configs && (options.parts.entries || options.vendor_digests) {
        true => kept::Kept::find(ledger.tree),
        false => kept::Kept::default(),
    };
    let want = |tree: &Tree, row| {
        let wanted = content_wanted(&rules, tree, &ownership, options, row);
        cached.or_whole(row, kept.or_wanted(row, wanted))
    };
    let beside = match options.parts.entries {
        true => per_host::begin(source, &plan, &want, &kept, &mut ledger)?,
        false => per_host::Beside::default(),
    };
    let judge = |tree: &Tree, row, content: &mut Content| {
        let judged = beside.judge(&rules, tree, row, content);
        // They are judged or kept now; no more than a few are held at a time.
        let taken = kept.take(row, content.bytes.as_deref());
        if taken || judged.is_some() {
            content.bytes = None;
        }
        judged
    };
    let extras = read_rows(source, &plan, (&want, &judge), &mut ledger)?;
    if let Some(cache) = cache {
        if cache.is_doubted() {
            cached::read_all(source, &plan, &mut ledger)?;
        }
        coverage.rehash_sample = cache.read_again();
        coverage.proved_by_verity = cache.proofs();
        unread.count(&tree, &mut coverage);
    }
    let vendor = extras.into_iter().filter_map(|(row, extra)| Some((row, extra.vendor?))).collect();
    let configs = kept.into_configs();

    ownership.mark(&mut tree);
    let records = ownership.records();
    problems.extend(records.problems().iter().cloned());
    problems.sort();
    problems.dedup();
    coverage.excluded = exclusions(&excluded, &rules, run.artifacts);
    let packages: Vec<Package> = records.packages().to_vec();
    let mut identity = identity;
    identity.architecture = records.architecture().map(str::to_owned);
    let snapshot = Snapshot {
        kind: source.kind(),
        locator: source.locator().to_owned(),
        identity,
        carries,
        rules: rules.text(),
        image: source.image(),
        tree,
        packages,
        packages_complete: options.parts.packages
            && languages_complete
            && records.completeness() != Completeness::Incomplete,
        coverage,
        problems,
    };
    Ok(Captured { snapshot, rules, profiles, ownership, vendor, configs })
}

/// Goes back to the bytes of a target that was captured; what cannot be read becomes a problem of
/// the snapshot.
pub(crate) fn read_more(
    source: &dyn Source,
    captured: &mut Captured,
    asks: &[Ask],
    run: &Run<'_>,
) -> Result<BTreeMap<RowId, Extra>, source::Error> {
    let plan = run.plan(&captured.rules);
    let snapshot = &mut captured.snapshot;
    let mut ledger = Ledger {
        tree: &mut snapshot.tree,
        coverage: &mut snapshot.coverage,
        problems: &mut snapshot.problems,
        unread: &mut Cached::default(),
    };
    read(source, &plan, asks, &mut ledger)
}

/// Builds the rules of a system of which only the `ID` is known, as a stored snapshot has it.
pub fn rules_of(from: &RuleSource, os: Option<&str>) -> Result<(RuleSet, Vec<String>), Error> {
    rules_for(from, os.map(str::to_owned).as_slice())
}

/// Builds the rules of a system that has these names, the nearest first (see [`systems`]).
pub fn rules_for(from: &RuleSource, systems: &[String]) -> Result<(RuleSet, Vec<String>), Error> {
    let (profiles, texts) = match from {
        RuleSource::Whole(text) => return Ok((RuleSet::from_text(text)?, Vec::new())),
        RuleSource::Layers { profiles, texts } => (profiles, texts),
    };
    let mut layers: Vec<(String, &str)> = Vec::new();
    let mut names = Vec::new();
    if let Some(profile) = rules::profile_of(systems).filter(|_| profiles.is_empty()) {
        names.push(profile.name.to_owned());
        layers.push((format!("profile {}", profile.name), profile.text));
    }
    for name in profiles {
        let known = || {
            let named = rules::PROFILES.iter().map(|profile| profile.name);
            named.chain([rules::MUTABLE]).collect::<Vec<_>>().join(", ")
        };
        let profile = rules::PROFILES
            .iter()
            .find(|profile| profile.name == name)
            .ok_or_else(|| Error::NoProfile { name: name.clone(), known: known() })?;
        names.push(profile.name.to_owned());
        layers.push((format!("profile {}", profile.name), profile.text));
    }
    layers.extend(texts.iter().map(|(name, text)| (name.clone(), text.as_str())));
    let layers: Vec<(&str, &str)> =
        layers.iter().map(|(name, text)| (name.as_str(), *text)).collect();
    Ok((RuleSet::parse(&layers)?, names))
}

/// Drops size and time of secret files; their digests are never made.
fn redact(tree: &mut Tree, rules: &RuleSet) {
    for row in tree.rows() {
        if tree.file_type(row) == FileType::File && !rules.rule(tree.rule(row)).keeps_size() {
            tree.redact(row);
        }
    }
}

/// Counts the files of which the survey of a stream has the digest already.
fn count_surveyed(tree: &Tree, coverage: &mut Coverage) {
    for row in tree.rows().filter(|row| tree.digest(*row).seen().is_some()) {
        coverage.files_hashed = coverage.files_hashed.saturating_add(1);
        coverage.bytes_hashed = coverage.bytes_hashed.saturating_add(tree.size(row));
    }
}

fn content_wanted(
    rules: &RuleSet,
    tree: &Tree,
    ownership: &Ownership,
    options: &Options,
    row: RowId,
) -> Want {
    if tree.file_type(row) != FileType::File {
        return Want::default();
    }
    let rule = rules.rule(tree.rule(row));
    if !options.parts.entries {
        let verified = options.vendor_digests && rule.class != Some(Class::Secret);
        return if verified { as_recorded(ownership, row) } else { Want::default() };
    }
    let secret = rule.class == Some(Class::Secret);
    let known = tree.digest(row) != crate::model::Observed::NotApplicable;
    let vendor = match options.vendor_digests && !secret {
        true => vendor_algorithm(ownership, row),
        false => None,
    };
    // What gives power is read under any rule but `secret`.
    let reads = rule.reads_content() || (!secret && tree.entry(row).is_privileged());
    let bytes = per_host::bytes_wanted(rules, tree, row);
    Want { digest: reads && !known, vendor, bytes, ..Want::default() }
}

/// Wants the one digest that the package database has of the entry.
fn as_recorded(ownership: &Ownership, row: RowId) -> Want {
    let expected = ownership.record(row).and_then(|record| record.expected_digest());
    match expected.map(|digest| digest.algorithm()) {
        Some(Algorithm::Sha256) => Want { digest: true, ..Want::default() },
        vendor => Want { vendor, ..Want::default() },
    }
}

/// Returns the algorithm by which the package database has a digest of the entry, where it is not
/// the one that every file is digested by.
pub(crate) fn vendor_algorithm(ownership: &Ownership, row: RowId) -> Option<Algorithm> {
    let algorithm = ownership.record(row)?.expected_digest()?.algorithm();
    (algorithm != Algorithm::Sha256).then_some(algorithm)
}

/// One line for each rule that excluded something, and one for drift's own artefacts, by name.
fn exclusions(
    excluded: &[(RuleId, u64)],
    rules: &RuleSet,
    artifacts: &[TreePath],
) -> Vec<Exclusion> {
    let line = |&(id, entries): &(RuleId, u64)| {
        let rule = if id == ARTIFACT_RULE {
            let paths: Vec<String> = artifacts.iter().map(TreePath::to_string).collect();
            format!("drift's own artefacts: {}", paths.join(", "))
        } else {
            rules.rule(id).to_string()
        };
        Exclusion { rule, entries }
    };
    excluded.iter().map(line).collect()
}
