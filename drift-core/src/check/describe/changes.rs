//! Changes as the report has them.

use crate::check::origins::Origins;
use crate::check::path_directories::PATH_DIRECTORIES;
use crate::compare::{
    EntryChange, Explanation, ImageChange, Kind, PackageChange, State, grants_power, is_executable,
};
use crate::judge::{Circumstances, severity};
use crate::model::{
    Cause, Digest, Entry, FileType, LayerId, Package, PackageId, Severity, TreePath,
};
use crate::report::document::{AttributeChange, Change, Fact, LayerOf, PackageOf};
use crate::report::lossy;
use crate::rules::RuleSet;
use crate::source::Removals;

/// The collector of facts that the configuration of an image says.
const IMAGE: &str = "image";

/// What numbers in changes stand for.
#[derive(Debug, Clone, Copy)]
pub(in crate::check) struct Names<'n> {
    pub(in crate::check) before: &'n [Package],
    pub(in crate::check) after: &'n [Package],
    pub(in crate::check) rules: &'n RuleSet,
    /// What the layers of both sides are.
    pub(in crate::check) origins: (Origins<'n>, Origins<'n>),
    /// Whether packages of the target may be upgraded in place.
    pub(in crate::check) upgrades_expected: bool,
    /// Which layer of the newer side removed what, where that is known.
    pub(in crate::check) removals: Option<&'n Removals>,
}

/// Describes the change of an entry.
pub(in crate::check) fn entry_change(
    change: &EntryChange,
    explanation: &Explanation,
    folded_into: Option<String>,
    names: &Names<'_>,
    against_baseline: bool,
) -> Change {
    let sides = [&change.before, &change.after];
    let executable =
        sides.iter().any(|side| side.as_ref().is_some_and(|state| is_executable(&state.entry)));
    let rule = names.rules.rule(change.rule);
    let on_path = change.after.as_ref().is_some_and(|after| is_on_path(&change.path, &after.entry));
    let about = Circumstances {
        against_baseline,
        executable,
        conffile: explanation.conffile,
        privileged: sides
            .iter()
            .any(|side| side.as_ref().is_some_and(|state| grants_power(&state.entry, rule))),
        on_path,
        verified: explanation.verified,
        folded: folded_into.is_some(),
        beside_package: folded_into.is_none() && explanation.because.is_some(),
        upgrades_expected: names.upgrades_expected,
        ..Circumstances::default()
    };
    let (moved_from, moved_from_b64) = change.moved_from.as_ref().map(path_of).unzip();
    let mut described = Change {
        kind: change.kind().name(),
        file_type: Some(change.file_type().name()),
        moved_from,
        moved_from_b64: moved_from_b64.flatten(),
        folded_into,
        attributes: change
            .values()
            .into_iter()
            .map(|(name, (before, after))| attribute_change(&name, before, after))
            .collect(),
        cause: explanation.cause,
        cause_verified: explanation.verified,
        explanation: explanation.because.clone(),
        layer: layer_of(change, names),
        baseline_of: names.origins.0.baseline(origin(&change.before)),
        package: package_of(owner(names.before, &change.before), owner(names.after, &change.after)),
        rule: Some(rule.to_string()),
        on_path,
        severity: severity(explanation.cause, &about),
        ..blank("entry", path_of(&change.path))
    };
    described.id = id_of(&described, change.path.as_bytes());
    described
}

/// Describes the change of a package.
pub(in crate::check) fn package_change(
    change: &PackageChange,
    names: &Names<'_>,
    against_baseline: bool,
) -> Change {
    let (before, after) =
        (package_at(names.before, change.before), package_at(names.after, change.after));
    let mut attributes = Vec::new();
    for (name, get) in [
        ("version", (|package| package.version.as_str()) as fn(&Package) -> &str),
        ("status", |package| package.status.as_str()),
    ] {
        let (old, new) = (before.map(get), after.map(get));
        // A bill of materials tells no states.
        let told = name == "version" || (old != Some("") && new != Some(""));
        if old != new && told {
            let bytes = |value: Option<&str>| value.map(|value| value.as_bytes().to_vec());
            attributes.push(attribute_change(name.as_bytes(), bytes(old), bytes(new)));
        }
    }
    let name = after.or(before).map(|package| package.name.clone()).unwrap_or_default();
    let mut described = Change {
        kind: change.kind().name(),
        attributes,
        cause: change.cause,
        package: package_of(before, after),
        severity: package_severity(change.cause, false, names, against_baseline),
        ..blank("package", (name.clone(), None))
    };
    described.id = id_of(&described, name.as_bytes());
    described
}

/// Returns how loud the change of a package is; whether it is verified is known last.
pub(in crate::check) fn package_severity(
    cause: Cause,
    verified: bool,
    names: &Names<'_>,
    against_baseline: bool,
) -> Severity {
    let upgrades_expected = names.upgrades_expected;
    let about =
        Circumstances { against_baseline, verified, upgrades_expected, ..Circumstances::default() };
    severity(cause, &about)
}

/// Describes a difference of two images' configurations.
pub(in crate::check) fn image_change(change: &ImageChange) -> Change {
    let about = Circumstances {
        against_baseline: true,
        image_fact: true,
        decides_what_runs: change.decides_what_runs(),
        ..Circumstances::default()
    };
    let bytes = |value: &Option<String>| value.as_ref().map(|value| value.as_bytes().to_vec());
    let kind = match (&change.before, &change.after) {
        (None, _) => Kind::Added,
        (_, None) => Kind::Removed,
        _ => Kind::Modified,
    };
    let mut described = Change {
        kind: kind.name(),
        fact: Some(Fact { collector: IMAGE, key: change.key.clone() }),
        attributes: vec![attribute_change(b"value", bytes(&change.before), bytes(&change.after))],
        cause_verified: true,
        severity: severity(Cause::ModifiedInPlace, &about),
        ..blank("fact", (change.key.clone(), None))
    };
    described.id = id_of(&described, change.key.as_bytes());
    described
}

/// The layer of the target that an entry came or went with; else the one that it had in the baseline.
fn layer_of(change: &EntryChange, names: &Names<'_>) -> Option<LayerOf> {
    let (before, after) = &names.origins;
    let now = match &change.after {
        Some(state) => state.origin,
        None => names.removals.and_then(|removals| removals.layer_of(&change.path)),
    };
    after.layer("target", now).or_else(|| before.layer("baseline", origin(&change.before)))
}

fn origin(side: &Option<State>) -> Option<LayerId> {
    side.as_ref()?.origin
}

/// Describes a path that a mount hides and of which nothing else differs.
pub(in crate::check) fn covered(mount: &TreePath) -> Change {
    let about = Circumstances { against_baseline: true, ..Circumstances::default() };
    let mut described = Change {
        file_type: Some(FileType::Directory.name()),
        cause: Cause::CoveredByMount,
        cause_verified: true,
        severity: severity(Cause::CoveredByMount, &about),
        ..blank("entry", path_of(mount))
    };
    described.id = id_of(&described, mount.as_bytes());
    described
}

/// Returns a path as JSON has it, and its bytes in base64 where that loses something.
pub(in crate::check) fn path_of(path: &TreePath) -> (String, Option<String>) {
    lossy(&[b"/", path.as_bytes()].concat())
}

/// Returns whether the entry is a program in a directory of the usual PATH.
pub(in crate::check) fn is_on_path(path: &TreePath, entry: &Entry) -> bool {
    let runs = is_executable(entry) || entry.file_type == FileType::Symlink;
    runs && path.parent().is_some_and(|parent| PATH_DIRECTORIES.contains(&parent.as_bytes()))
}

/// The identity of a change across runs and hosts: no time, no host, no `mtime`.
pub(in crate::check) fn id_of(change: &Change, path: &[u8]) -> String {
    let mut text = Vec::new();
    let mut field = |bytes: &[u8]| {
        text.extend_from_slice(&(bytes.len() as u64).to_le_bytes());
        text.extend_from_slice(bytes);
    };
    field(change.subject.as_bytes());
    field(path);
    field(change.kind.as_bytes());
    if change.subject == "package" {
        field(change.package.as_ref().map_or("", |package| &package.architecture).as_bytes());
        // Packages of the system have none, and keep the names that their changes had.
        if let Some(location) =
            change.package.as_ref().and_then(|package| package.location.as_ref())
        {
            field(location.as_bytes());
        }
    }
    for attribute in change.attributes.iter().filter(|attribute| attribute.name != "mtime") {
        field(attribute.name.as_bytes());
        for (text, exact) in
            [(&attribute.before, &attribute.before_b64), (&attribute.after, &attribute.after_b64)]
        {
            field(match (text, exact) {
                (_, Some(_)) => b"2",
                (Some(_), None) => b"1",
                (None, None) => b"0",
            });
            field(exact.as_ref().or(text.as_ref()).map_or("", String::as_str).as_bytes());
        }
    }
    if let Some(from) = &change.moved_from {
        field(b"moved_from");
        field(change.moved_from_b64.as_ref().unwrap_or(from).as_bytes());
    }
    if let Some(altered) = &change.altered_by {
        field(altered.identity.as_bytes());
    }
    Digest::sha256_of(&text).hex()
}

/// A modification without attributes, cause or severity yet.
pub(in crate::check) fn blank(
    subject: &'static str,
    (path, path_b64): (String, Option<String>),
) -> Change {
    Change {
        id: String::new(),
        subject,
        path,
        path_b64,
        kind: Kind::Modified.name(),
        file_type: None,
        moved_from: None,
        moved_from_b64: None,
        folded_into: None,
        setting: None,
        fact: None,
        attributes: Vec::new(),
        cause: Cause::ModifiedInPlace,
        cause_verified: false,
        explanation: None,
        layer: None,
        baseline_of: None,
        altered_by: None,
        package: None,
        rule: None,
        entries: None,
        on_path: false,
        content: None,
        severity: Severity::None,
        waived_by: None,
    }
}

/// Describes one attribute that differs, from bytes as the target has them.
pub(in crate::check) fn attribute_change(
    name: &[u8],
    before: Option<Vec<u8>>,
    after: Option<Vec<u8>>,
) -> AttributeChange {
    let ((before, before_b64), (after, after_b64)) =
        (before.as_deref().map(lossy).unzip(), after.as_deref().map(lossy).unzip());
    let (name, name_b64) = lossy(name);
    AttributeChange {
        name,
        name_b64,
        before,
        before_b64: before_b64.flatten(),
        after,
        after_b64: after_b64.flatten(),
    }
}

fn owner<'p>(packages: &'p [Package], side: &Option<State>) -> Option<&'p Package> {
    package_at(packages, side.as_ref()?.owner)
}

fn package_at(packages: &[Package], id: Option<PackageId>) -> Option<&Package> {
    packages.get(id?.index())
}

fn package_of(before: Option<&Package>, after: Option<&Package>) -> Option<PackageOf> {
    // What the baseline says of the owner is nobody's to change since.
    let named = before.or(after)?;
    Some(PackageOf {
        name: named.name.clone(),
        manager: named.manager.clone(),
        architecture: named.architecture.clone(),
        location: Some(named.location.clone()).filter(|location| !location.is_empty()),
        before: before.map(|package| package.version.clone()),
        after: after.map(|package| package.version.clone()),
        event: None,
    })
}
