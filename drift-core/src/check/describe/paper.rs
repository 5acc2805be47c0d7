//! Everything of the report around the changes.

use std::cmp::Ordering;

use crate::baseline;
use crate::bounds::Timestamp;
use crate::capture::Captured;
use crate::check::assess::Assessed;
use crate::check::composition::Composition;
use crate::check::view::View;
use crate::check::{Changes, Found, Occasion, Request, Sealed, SealedBillOf, SealedManifest};
use crate::judge::{Verdict, Waivers};
use crate::model::{AttributeSet, Digest, Image, Precision, Problem};
use crate::report::{Report, document};
use crate::rules::MUTABLE;
use crate::rules::RuleSet;
use crate::seal::{Predicate, SealedBy};

/// [`document::Reference::kind`] of a baseline whose seal held.
pub(in crate::check) const SEALED: &str = "sealed";

/// What a report is made of besides what was found.
pub(in crate::check) struct Paper<'p> {
    pub(in crate::check) request: &'p Request,
    pub(in crate::check) occasion: &'p Occasion<'p>,
    pub(in crate::check) started: Timestamp,
    pub(in crate::check) reference: document::Reference,
    pub(in crate::check) after: &'p View<'p>,
    pub(in crate::check) rules: &'p RuleSet,
    pub(in crate::check) not_observable: Vec<String>,
    pub(in crate::check) root: Digest,
    pub(in crate::check) effective_root: Digest,
    /// How the policies ended, and where they come from.
    pub(in crate::check) assessed: Assessed,
    /// Every waiver, and what became of it.
    pub(in crate::check) waivers: Vec<document::Waiver>,
    /// What differs from the previous report.
    pub(in crate::check) since_previous: Option<document::SincePrevious>,
}

/// Writes the whole report.
pub(in crate::check) fn report(found: Found, verdict: &Verdict, paper: Paper<'_>) -> Report {
    let Found { mut changes, mut problems, not_compared, notes, roots: _ } = found;
    // In place: a sort that keeps equal ones in order would take half of the list once more, and the
    // order leaves none equal but the very same change.
    changes.sort_unstable_by(in_order);
    problems.sort_unstable();
    problems.dedup();
    let summary = super::summary::summary(
        &changes,
        &paper.assessed.policies,
        verdict,
        paper.request.fail_on,
        problems.len(),
    );
    Report {
        schema: document::SCHEMA,
        tool: tool(&paper),
        run_id: paper.occasion.run_id.to_owned(),
        started: paper.started.to_string(),
        finished: paper.occasion.clock.now().to_string(),
        scope: scope(&paper),
        target: document::Target {
            kind: paper.after.kind.name().to_owned(),
            locator: paper.after.locator.clone(),
            identity: identity(paper.after),
            root_digest: Some(paper.root.to_string()),
            effective_root: Some(paper.effective_root.to_string()),
            image: paper.after.image.map(document::Image::from),
        },
        baseline: paper.reference,
        manifests: paper.request.manifests.iter().map(manifest).collect(),
        verdict: document::Verdict {
            status: verdict.status().name(),
            exit_code: verdict.exit().code,
            complete: verdict.complete(),
            reason: verdict.reason().map(str::to_owned),
            detail: None,
        },
        coverage: coverage(paper.after, not_compared, paper.not_observable),
        problems: problems.iter().map(problem).collect(),
        changes,
        policy_origins: paper.assessed.origins,
        tailoring: paper.assessed.tailoring,
        policies: paper.assessed.policies,
        waiver_origin: paper.request.waivers.as_deref().map(waiver_origin),
        waivers: paper.waivers,
        since_previous: paper.since_previous,
        summary,
        notes,
    }
}

/// The order of changes in a report, and for policies.
pub(in crate::check) fn in_order(a: &document::Change, b: &document::Change) -> Ordering {
    (a.subject, &a.path, &a.path_b64, &a.id).cmp(&(b.subject, &b.path, &b.path_b64, &b.id))
}

fn tool(paper: &Paper<'_>) -> document::Tool {
    let own = paper.occasion.binary_digest.and_then(|own| own());
    document::Tool {
        name: "drift",
        version: env!("CARGO_PKG_VERSION"),
        binary_digest: own.map(|digest| digest.to_string()),
        policies_digest: paper.assessed.digest.map(|digest| digest.to_string()),
        rules_digest: paper.rules.digest().to_string(),
        waivers_digest: paper.request.waivers.as_ref().map(|waivers| waivers.digest().to_string()),
        config_digests: Vec::new(),
    }
}

/// Names what the report is about.
pub(in crate::check) fn only(request: &Request) -> Vec<String> {
    // With policies alone everything is looked at, and nothing but they is judged.
    let judged = request.changes == Changes::Count;
    let parts = [
        ("entries", request.parts.entries && judged),
        ("packages", request.parts.packages && judged),
        ("policies", request.assessment.is_some()),
    ];
    parts.iter().filter(|(_, wanted)| *wanted).map(|(name, _)| (*name).to_owned()).collect()
}

fn profiles(paper: &Paper<'_>) -> Vec<String> {
    let mutable = paper.request.upgrades_expected.then(|| MUTABLE.to_owned());
    paper.after.profiles.iter().cloned().chain(mutable).collect()
}

fn scope(paper: &Paper<'_>) -> document::Scope {
    let Request { fail_on, require, rules, with_content, fail_on_new, .. } = paper.request;
    let only = only(paper.request);
    let options =
        format!("{only:?}\0{fail_on}\0{require:?}\0{with_content}\0{}", paper.rules.digest());
    document::Scope {
        only,
        mode: match &paper.request.cache {
            Some(cache) if cache.is_trusted() => "incremental",
            _ => "full",
        },
        fail_on: fail_on.to_string(),
        profiles: profiles(paper),
        require: require.clone(),
        rules_overridden: rules.is_some() && paper.reference.kind == SEALED,
        options_digest: Digest::sha256_of(options.as_bytes()).to_string(),
        previous: paper.since_previous.as_ref().map(|previous| previous.digest.clone()),
        fail_on_new: *fail_on_new,
    }
}

fn waiver_origin(waivers: &Waivers) -> document::WaiverOrigin {
    let origin = waivers.origin();
    document::WaiverOrigin {
        file: origin.file.clone(),
        digest: origin.digest.to_string(),
        signed: !origin.signers.is_empty(),
        signers: origin.signers.iter().map(signer).collect(),
    }
}

fn manifest(used: &SealedManifest) -> document::Manifest {
    let statement = &used.seal.statement;
    document::Manifest {
        file: used.file.clone(),
        digest: statement.subject_digest.to_string(),
        verified: true,
        signers: used.seal.signers.iter().map(signer).collect(),
        sequence: statement.predicate.sequence(),
        expires: statement.predicate.expires().map(|expires| expires.to_string()),
    }
}

fn signer(signer: &SealedBy) -> document::Signer {
    document::Signer { name: signer.name.clone(), key: signer.key.to_string() }
}

/// Describes which system a side says it is.
pub(in crate::check) fn identity(view: &View<'_>) -> document::TargetIdentity {
    let (identity, image) = (&view.identity, view.image);
    document::TargetIdentity {
        os: identity.os.clone(),
        version: identity.version.clone(),
        architecture: identity.architecture.clone(),
        hostname: identity.hostname.clone(),
        image_digest: image.and_then(Image::digest).map(ToString::to_string),
    }
}

/// Names what either side, or this version of drift, cannot observe at all.
pub(in crate::check) fn not_observable(
    before: Option<&View<'_>>,
    after: &View<'_>,
    request: &Request,
) -> Vec<String> {
    let parts = request.parts;
    let sides = || before.into_iter().chain([after]);
    let carried = sides().fold(AttributeSet::all(), |set, side| set.and(side.carries.attributes));
    let missing = AttributeSet::all().without(carried);
    let mut names: Vec<String> =
        missing.iter().map(|attribute| format!("entries.{}", attribute.name)).collect();
    if sides().any(|side| side.carries.mtime == Precision::Second) {
        names.push("entries.mtime.nanoseconds".to_owned());
    }
    if !parts.packages || sides().any(|side| side.packages.is_empty()) {
        names.push("packages".to_owned());
    }
    // Of two sides that are no images nothing is missing, unless it is asked for.
    let images = sides().filter(|side| side.image.is_some()).count();
    let asked = request.require.iter().any(|wanted| wanted == "image");
    if images != sides().count() && (images > 0 || asked) {
        names.push("image".to_owned());
    }
    names.extend(["facts".to_owned(), "settings".to_owned()]);
    names.sort();
    names
}

/// Describes what was seen of a side.
pub(in crate::check) fn coverage(
    view: &View<'_>,
    not_compared: u64,
    not_observable: Vec<String>,
) -> document::Coverage {
    let seen = view.coverage;
    document::Coverage {
        entries: seen.entries,
        files_hashed: seen.files_hashed,
        bytes_hashed: seen.bytes_hashed,
        files_from_cache: seen.files_from_cache,
        proved_by_verity: seen.proved_by_verity,
        rehash_sample: seen.rehash_sample,
        trusted_from_cache: seen
            .trusted
            .iter()
            .map(|trusted| {
                let (path, path_b64) = super::path_of(&trusted.path);
                document::Trusted { path, path_b64, files: trusted.files }
            })
            .collect(),
        unreadable: seen.unreadable,
        unstable: seen.unstable,
        vanished: seen.vanished,
        not_compared,
        mounts_not_entered: seen
            .mounts_not_entered
            .iter()
            .map(|mount| {
                let (path, path_b64) = super::path_of(&mount.path);
                document::Mount { path, path_b64, file_system: mount.file_system.clone() }
            })
            .collect(),
        excluded: seen
            .excluded
            .iter()
            .map(|line| document::Exclusion { rule: line.rule.clone(), entries: line.entries })
            .collect(),
        not_observable,
        attributes_not_compared: view.attributes_not_compared.clone(),
    }
}

/// Describes something that could not be observed.
pub(in crate::check) fn problem(problem: &Problem) -> document::Problem {
    let (path, path_b64) = super::path_of(&problem.path);
    document::Problem {
        path,
        path_b64,
        stage: problem.stage.name(),
        reason: problem.reason.clone(),
        errno: problem.errno,
    }
}

/// A problem of the older side: what was not seen then cannot be compared now.
pub(in crate::check) fn problem_at_capture(problem: &Problem) -> Problem {
    Problem {
        reason: format!("not observed when the baseline was captured: {}", problem.reason),
        ..problem.clone()
    }
}

/// Describes a sealed baseline.
pub(in crate::check) fn sealed(sealed: &Sealed<'_>, now: Timestamp) -> document::Reference {
    let statement = &sealed.seal.statement;
    let mut reference = document::Reference {
        kind: SEALED,
        verified: true,
        file: Some(sealed.file.to_owned()),
        digest: Some(statement.subject_digest.to_string()),
        root_digest: Some(sealed.baseline.root().to_string()),
        signers: signers(sealed),
        image: sealed.baseline.image().map(document::Image::from),
        ..document::Reference::default()
    };
    if let Predicate::Snapshot(predicate) = &statement.predicate {
        reference.identity = Some(predicate.identity.clone());
        reference.effective_root = Some(predicate.effective_root.to_string());
        reference.created = Some(predicate.created.to_string());
        reference.expires = predicate.expires.map(|expires| expires.to_string());
        reference.sequence = Some(predicate.sequence);
        reference.provenance.clone_from(&predicate.provenance);
        reference.age_seconds =
            Some(now.seconds().saturating_sub(predicate.created.seconds()).max(0));
    }
    reference
}

/// Describes a sealed bill of materials.
pub(in crate::check) fn sealed_bill(
    sealed: &SealedBillOf<'_>,
    now: Timestamp,
) -> Result<document::Reference, baseline::Error> {
    let statement = &sealed.seal.statement;
    let mut reference = document::Reference {
        kind: SEALED,
        verified: true,
        file: Some(sealed.file.to_owned()),
        digest: Some(statement.subject_digest.to_string()),
        root_digest: Some(sealed.bill.bill().root()?.to_string()),
        signers: sealed.seal.signers.iter().map(signer).collect(),
        ..document::Reference::default()
    };
    if let Predicate::Sbom(predicate) = &statement.predicate {
        reference.identity = Some(predicate.identity.clone());
        reference.created = Some(predicate.created.to_string());
        reference.expires = predicate.expires.map(|expires| expires.to_string());
        reference.sequence = Some(predicate.sequence);
        reference.provenance.clone_from(&predicate.provenance);
        reference.age_seconds =
            Some(now.seconds().saturating_sub(predicate.created.seconds()).max(0));
    }
    Ok(reference)
}

fn signers(sealed: &Sealed<'_>) -> Vec<document::Signer> {
    sealed.seal.signers.iter().map(signer).collect()
}

/// Describes several sealed baselines, of which the last gives its name to the whole.
pub(in crate::check) fn composed(
    composition: &Composition<'_>,
    now: Timestamp,
) -> document::Reference {
    let last = composition.last().map(|last| sealed(last, now)).unwrap_or_default();
    document::Reference {
        root_digest: Some(composition.root().to_string()),
        effective_root: None,
        composed_of: composition.parts.iter().map(component).collect(),
        ..last
    }
}

fn component(sealed: &Sealed<'_>) -> document::Component {
    let statement = &sealed.seal.statement;
    let predicate = match &statement.predicate {
        Predicate::Snapshot(predicate) => Some(predicate),
        _ => None,
    };
    let document::BaselineOf { identity, file } = sealed.name();
    document::Component {
        file,
        digest: statement.subject_digest.to_string(),
        root_digest: sealed.baseline.root().to_string(),
        identity,
        sequence: predicate.map_or(0, |predicate| predicate.sequence),
        created: predicate.map(|predicate| predicate.created.to_string()).unwrap_or_default(),
        expires: predicate.and_then(|predicate| predicate.expires).map(|time| time.to_string()),
        signers: signers(sealed),
    }
}

/// Describes any other target that stands for the older side.
pub(in crate::check) fn snapshot(view: &View<'_>) -> Result<document::Reference, baseline::Error> {
    Ok(document::Reference {
        kind: "snapshot",
        verified: view.is_sealed(),
        file: Some(view.locator.clone()),
        root_digest: Some(view.root()?.to_string()),
        image: view.image.map(document::Image::from),
        ..document::Reference::default()
    })
}

/// Describes the target's own package databases.
pub(in crate::check) fn databases(captured: &Captured) -> document::Reference {
    let kind = if captured.snapshot.packages.is_empty() { "none" } else { "package-database" };
    document::Reference { kind, ..document::Reference::default() }
}
