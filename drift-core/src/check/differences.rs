//! From two sides to explained and judged changes.

use std::collections::BTreeMap;

use crate::baseline::Alike;
use crate::bounds::escape::escaped;
use crate::capture::{Captured, Parts, Run};
use crate::compare::{
    self, Comparison, Context, EntryChange, Evidence, Explanation, Live, PackageChange,
    PackageEvents, Packages, Verdict, compare, compare_except, compare_images,
    compare_listed_packages, compare_packages, explain_all, verdict,
};
use crate::manifest::Manifests;
use crate::model::{Cause, Mount, PackageId, Problem, Stage, TreePath};
use crate::report::document;
use crate::rules::RuleSet;
use crate::sbom::Selected;
use crate::source::{Removals, Source, is_usual_point};

use super::describe::{self, Names};
use super::roots::{self, Roots};
use super::view::View;
use super::{
    Error, Found, SealedManifest, accounts, content, derive, events, manifested, manifests_of,
    second_look,
};

/// What was asked for, as far as a comparison cares.
#[derive(Debug, Clone, Copy)]
pub(super) struct Asked<'a> {
    /// Whether the older side is a sealed baseline.
    pub(super) sealed: bool,
    /// Manifests that vouch for packages.
    pub(super) manifests: &'a [SealedManifest],
    /// What is compared.
    pub(super) parts: Parts,
    /// Whether the report shows what changed files say.
    pub(super) with_content: bool,
    /// Whether packages of the target may be upgraded in place.
    pub(super) upgrades_expected: bool,
}

/// Compares with a target that can be asked again.
pub(super) fn live(
    before: &View<'_>,
    source: &dyn Source,
    captured: &mut Captured,
    asked: Asked<'_>,
    run: &Run<'_>,
) -> Result<Found, Error> {
    let Joined { mut comparison, covering, roots } = match asked.parts.entries {
        true => join(before, &View::of_captured(captured), &captured.rules, run)?,
        false => Joined::default(),
    };
    let notes = second_look::look(source, captured, &mut comparison, run)?;
    let generated = derive::derive(source, captured, &comparison, run)?;
    let contents = match asked.with_content {
        true => content::read_changed(source, captured, &comparison, run)?,
        false => BTreeMap::new(),
    };
    let after = View::of_captured(captured);
    let mut packages = package_changes(before, &after);
    let missing: BTreeMap<TreePath, _> = captured
        .ownership
        .missing()
        .iter()
        .map(|missing| (missing.path.clone(), missing))
        .collect();
    let manifests = manifests(asked, &after, &comparison, &packages)?;
    let owned = (before.packages, after.packages);
    packages.extend(manifested::reinstalled(&comparison.changes, owned, &manifests));
    let accounts = accounts::of(&captured.configs);
    let live = Live {
        tree: &captured.snapshot.tree,
        packages: &captured.snapshot.packages,
        ownership: &captured.ownership,
        missing: &missing,
        vendor: &captured.vendor,
        accounts: &accounts,
        generated: &generated,
        manifests: &manifests,
    };
    let evidence = Evidence {
        rules: &captured.rules,
        sealed: asked.sealed,
        packages: &PackageEvents::new(&packages),
        after: after.packages,
        live: Some(&live),
        covering: &covering,
    };
    let removals = source.removals();
    let verified = manifested::verified(&packages, captured, &manifests);
    let evidence = (&evidence, verified);
    let mut found = found((before, &after), &comparison, evidence, removals.as_deref(), asked);
    found.roots = roots;
    found.notes.extend(notes);
    let told = events::look(source, captured, &packages, before.packages, run)?;
    found.notes.extend(told.notes.iter().cloned());
    told.attach(&mut found.changes);
    for (change, described) in comparison.changes.iter().zip(&mut found.changes) {
        let row = change.after.as_ref().and_then(|after| after.row);
        described.content = row.and_then(|row| contents.get(&row)).cloned();
    }
    Ok(found)
}

/// Compares two stored snapshots.
pub(super) fn stored(
    before: &View<'_>,
    after: &View<'_>,
    rules: &RuleSet,
    asked: Asked<'_>,
    run: &Run<'_>,
) -> Result<Found, Error> {
    let Joined { mut comparison, covering, roots } = match asked.parts.entries {
        true => join(before, after, rules, run)?,
        false => Joined::default(),
    };
    // Nothing can be read again, so growth stays unproven.
    let grown = comparison.grown.len() as u64;
    comparison.not_compared = comparison.not_compared.saturating_add(grown);
    let packages = if asked.parts.packages { package_changes(before, after) } else { Vec::new() };
    let evidence = Evidence {
        rules,
        sealed: asked.sealed,
        packages: &PackageEvents::new(&packages),
        after: after.packages,
        live: None,
        covering: &covering,
    };
    // Whether all of a package is there needs its target.
    let found = found((before, after), &comparison, (&evidence, Vec::new()), None, asked);
    Ok(Found { roots, ..found })
}

/// Two trees, joined.
#[derive(Debug, Default)]
pub(super) struct Joined {
    /// How they differ.
    pub(super) comparison: Comparison,
    /// The mount points of the newer side that hide older paths.
    pub(super) covering: Vec<TreePath>,
    /// What was computed of the newer side's roots on the way.
    pub(super) roots: Roots,
}

/// Joins the trees.
pub(super) fn join(
    before: &View<'_>,
    after: &View<'_>,
    rules: &RuleSet,
    run: &Run<'_>,
) -> Result<Joined, Error> {
    let known: Vec<&Mount> =
        before.coverage.mounts_entered.iter().chain(&before.coverage.mounts_not_entered).collect();
    let kernel = |mount: &&Mount| is_usual_point(&mount.path, &mount.file_system);
    let not_entered =
        before.coverage.mounts_not_entered.iter().chain(&after.coverage.mounts_not_entered);
    let outside: Vec<TreePath> =
        not_entered.filter(kernel).map(|mount| mount.path.clone()).collect();
    let new = |mount: &&Mount| {
        let rule = rules.rule(rules.evaluate(&mount.path, true));
        !is_usual_point(&mount.path, &mount.file_system)
            // What is mounted below a file system of the kernel hides nothing that was captured.
            && !outside.iter().any(|kernel| mount.path.starts_with(kernel))
            && !mount.path.is_root()
            && !known.iter().any(|old| old.path == mount.path)
            && !rule.may_come_and_go()
            && !rule.excludes()
    };
    let mounts = after.coverage.mounts_entered.iter().chain(&after.coverage.mounts_not_entered);
    // Where file systems were mounted, a bill of materials does not say.
    let tells = |_: &&Mount| before.bill().is_none();
    let watch: Vec<TreePath> =
        mounts.filter(tells).filter(new).map(|mount| mount.path.clone()).collect();
    let context = Context {
        rules,
        before: before.carries,
        before_parts: before.carried_by_parts(),
        after: after.carries,
        artifacts: run.artifacts,
        watch: &watch,
        outside: &outside,
        cancel: run.cancel,
    };
    let avoid = [&*watch, &*outside].concat();
    let (alike, roots) = roots::look((before.blocks(), after), rules, &avoid, run)?;
    let comparison = walk(before, after, &alike, &context)?;
    let covering = comparison.watched.clone();
    Ok(Joined { comparison, covering, roots })
}

/// Walks both trees; of what stands opposite a bill of materials only what the bill speaks of.
fn walk(
    before: &View<'_>,
    after: &View<'_>,
    alike: &[Alike],
    context: &Context<'_>,
) -> Result<Comparison, compare::Error> {
    let (older, newer) = (&|| before.cursor(), &|| after.cursor());
    match (before.bill(), after.bill()) {
        (None, None) => compare_except(&mut *before.cursor(), &mut *after.cursor(), alike, context),
        (Some(one), Some(other)) if one.has_files() && other.has_files() => {
            compare(&mut *before.cursor(), &mut *after.cursor(), context)
        }
        (Some(bill), None) if bill.has_files() => {
            let tree = bill.placed(newer)?;
            let mut newer = after.cursor();
            compare(&mut tree.cursor(), &mut Selected::new(&mut *newer, &tree), context)
        }
        (None, Some(bill)) if bill.has_files() => {
            let tree = bill.placed(older)?;
            let mut older = before.cursor();
            compare(&mut Selected::new(&mut *older, &tree), &mut tree.cursor(), context)
        }
        // Without files there is nothing to compare; the report says what is not observable.
        _ => Ok(Comparison::default()),
    }
}

pub(super) fn package_changes(before: &View<'_>, after: &View<'_>) -> Vec<PackageChange> {
    let list = |view: &View<'_>| (view.packages_complete, !view.packages.is_empty());
    // A side without packages says nothing of them, and a problem says that.
    if !list(before).1 || !list(after).1 {
        return Vec::new();
    }
    let compare_lists = match before.bill().or(after.bill()) {
        Some(_) => compare_listed_packages,
        None => compare_packages,
    };
    compare_lists(
        Packages { list: before.packages, complete: before.packages_complete },
        Packages { list: after.packages, complete: after.packages_complete },
    )
}

/// Reads what manifests say of the packages that changes are about.
fn manifests(
    asked: Asked<'_>,
    after: &View<'_>,
    comparison: &Comparison,
    packages: &[PackageChange],
) -> Result<Manifests, Error> {
    let owners = comparison.changes.iter().filter_map(|change| change.after.as_ref()?.owner);
    let mut wanted: Vec<PackageId> =
        owners.chain(packages.iter().filter_map(|package| package.after)).collect();
    wanted.sort_unstable();
    wanted.dedup();
    let wanted = wanted.into_iter().filter_map(|id| after.packages.get(id.index()));
    Ok(manifests_of(asked.manifests, wanted)?)
}

/// The change of a package of which this change is a part that no manifest vouches for.
fn unproven_event(
    change: &EntryChange,
    explanation: &Explanation,
    evidence: &Evidence<'_>,
) -> Option<usize> {
    let owner = change.after.as_ref().and_then(|after| after.owner);
    // What dpkg writes of a package itself, no package ships.
    let book = change.path.as_bytes().starts_with(b"var/lib/dpkg/info/");
    let outside = matches!(
        explanation.cause,
        Cause::DeclaredDynamic | Cause::ExpectedPerHost | Cause::Generated | Cause::ConffileEdited
    );
    match explanation.folded_into {
        Some(folded) => (!explanation.verified && !book).then_some(folded),
        None if outside => None,
        None => evidence.packages.of_after(owner),
    }
}

fn found(
    (before, after): (&View<'_>, &View<'_>),
    comparison: &Comparison,
    (evidence, mut verified): (&Evidence<'_>, Vec<bool>),
    removals: Option<&Removals>,
    asked: Asked<'_>,
) -> Found {
    let names = Names {
        before: before.packages,
        after: after.packages,
        rules: evidence.rules,
        origins: (before.origins(), after.origins()),
        upgrades_expected: asked.upgrades_expected,
        removals,
    };
    let against_baseline = true;
    let mut package_changes: Vec<document::Change> = evidence
        .packages
        .list()
        .iter()
        .map(|package| describe::package_change(package, &names, against_baseline))
        .collect();
    let mut changes = Vec::with_capacity(comparison.changes.len());
    let explanations = explain_all(&comparison.changes, evidence);
    for (change, explanation) in comparison.changes.iter().zip(&explanations) {
        if let Some(verified) =
            unproven_event(change, explanation, evidence).and_then(|at| verified.get_mut(at))
        {
            *verified = false;
        }
        let folded_into = explanation
            .folded_into
            .and_then(|at| package_changes.get(at))
            .map(|package| package.id.clone());
        changes.push(describe::entry_change(
            change,
            explanation,
            folded_into,
            &names,
            against_baseline,
        ));
    }
    for (described, verified) in package_changes.iter_mut().zip(verified) {
        described.cause_verified |= verified;
        let (cause, verified) = (described.cause, described.cause_verified);
        described.severity = describe::package_severity(cause, verified, &names, against_baseline);
    }
    for mount in evidence.covering {
        if !comparison.changes.iter().any(|change| change.path == *mount) {
            changes.push(describe::covered(mount));
        }
    }
    changes.extend(package_changes);
    if let (true, Some(old), Some(new)) = (asked.parts.entries, before.image, after.image) {
        changes.extend(compare_images(old, new).iter().map(describe::image_change));
    }
    let carried = before.problems.iter().filter(|problem| {
        !evidence.rules.rule(evidence.rules.evaluate(&problem.path, false)).excludes()
    });
    let mut problems: Vec<_> = after.problems.to_vec();
    problems.extend(carried.map(describe::problem_at_capture));
    let reason = match (before.packages.is_empty(), after.packages.is_empty()) {
        _ if !asked.parts.packages => None,
        (true, false) => Some("the baseline holds no packages to compare those of the target with"),
        (false, true) => Some("no packages were found in the target, and the baseline holds some"),
        (true, true) if !asked.parts.entries => Some("no packages were found on either side"),
        _ => None,
    };
    problems.extend(reason.map(|reason| unproven(&TreePath::root(), reason)));
    problems.extend(unseen(comparison));
    problems.extend(comparison.grown.iter().map(|change| {
        unproven(&change.path, "it grew, and its beginning could not be read again to compare it")
    }));
    let form = form_note(comparison, evidence.rules);
    let bill = bill_note((before, after), asked);
    let notes = form.into_iter().chain(bill).collect();
    let roots = Roots::default();
    Found { changes, problems, not_compared: comparison.not_compared, notes, roots }
}

/// Says how far a bill of materials goes.
fn bill_note((before, after): (&View<'_>, &View<'_>), asked: Asked<'_>) -> Option<String> {
    let bills = [before.bill(), after.bill()];
    if !asked.parts.entries {
        return None;
    }
    let files = bills.iter().flatten().map(|bill| bill.file_count()).min()?;
    Some(match files {
        0 => "A bill of materials without files says nothing of entries: packages alone were \
              compared."
            .to_owned(),
        files => format!(
            "Of entries only the files that the bill of materials lists were compared ({files}), by \
             type and SHA-256."
        ),
    })
}

/// Values that a note names.
const NAMED: usize = 5;

/// Says which values have not the form that their rules expect, and which that is.
fn form_note(comparison: &Comparison, rules: &RuleSet) -> Option<String> {
    let violates = |change: &EntryChange| {
        let rule = rules.rule(change.rule);
        let after = &change.after.as_ref()?.entry;
        let before = change.before.as_ref().map(|before| &before.entry);
        let form = rule.form.as_ref().filter(|_| change.moved_from.is_none())?;
        (verdict(before, after, rule) == Verdict::Differs)
            .then(|| format!("{} ({})", change.path, escaped(form.text().as_bytes())))
    };
    let all: Vec<String> = comparison.changes.iter().filter_map(violates).collect();
    let named = all.get(..all.len().min(NAMED)).unwrap_or_default();
    let more = all.len().saturating_sub(NAMED);
    let rest = if more > 0 { format!(" and {more} more") } else { String::new() };
    let what = "Not as the rules expect what differs by host";
    (!all.is_empty()).then(|| format!("{what}: {}{rest}.", named.join(", ")))
}

/// What a comparison could not compare without either side having a problem.
pub(super) fn unseen(comparison: &Comparison) -> Vec<Problem> {
    let deep = comparison.too_deep.iter().map(|(path, count)| {
        unproven(path, &format!("and {count} entries more lie too deep to list one by one"))
    });
    let unrecorded = comparison.unrecorded.iter().map(|path| {
        unproven(
            path,
            "what the rules compare of it was recorded on one side alone, or by another algorithm",
        )
    });
    let unjudged = comparison.unjudged.iter().map(|path| {
        unproven(
            path,
            "it may differ by host, but it was captured under other rules, which kept nothing to \
             tell what hosts share; capture the baseline again under these rules",
        )
    });
    deep.chain(unrecorded).chain(unjudged).collect()
}

/// Something that both sides have and that still cannot be compared.
pub(super) fn unproven(path: &TreePath, reason: &str) -> Problem {
    Problem { path: path.clone(), stage: Stage::Read, reason: reason.to_owned(), errno: None }
}
