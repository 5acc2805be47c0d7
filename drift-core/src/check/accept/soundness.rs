//! Whether what was selected can stand in a golden baseline: it was seen, and it was looked for.

use crate::check::View;
use crate::compare::EntryChange;
use crate::model::{AttributeSet, Entry, Observed, Precision, TreePath};
use crate::rules::RuleSet;

use super::AcceptError;
use super::merge::Selection;

/// Fails where a row says nothing of what the golden baseline's rules compare, and where something is
/// gone only because the snapshot's own rules left it out.
pub(super) fn check(
    selection: &Selection<'_>,
    (before, after): (&View<'_>, &View<'_>),
    rules: &RuleSet,
) -> Result<(), AcceptError> {
    let own = match before.rules == after.rules {
        true => None,
        false => Some(RuleSet::from_text(&after.rules).map_err(crate::check::Error::from)?),
    };
    for change in &selection.entries {
        if let Some(state) = &change.after {
            seen(change, &state.entry, (before, after), rules)?;
        }
        let gone = match (&change.moved_from, &change.after) {
            (Some(from), _) => Some(from),
            (None, None) => Some(&change.path),
            (None, Some(_)) => None,
        };
        if let (Some(path), Some(own)) = (gone, &own) {
            looked_for(path, change, own)?;
        }
    }
    Ok(())
}

fn seen(
    change: &EntryChange,
    entry: &Entry,
    (before, after): (&View<'_>, &View<'_>),
    rules: &RuleSet,
) -> Result<(), AcceptError> {
    let carried = before.carries.attributes;
    let wanted = rules.rule(change.rule).attributes(entry.file_type).and(carried);
    let unseen = |attribute| Err(AcceptError::Unseen { path: change.path.clone(), attribute });
    for attribute in wanted.iter().filter(|one| one.types.contains(entry.file_type)) {
        let missing = match (attribute.get)(entry) {
            Observed::Is(_) => false,
            Observed::Unobserved => true,
            Observed::NotApplicable => !attribute.guarded,
        };
        if missing || !after.carries.attributes.holds(attribute.name) {
            return unseen(attribute.name);
        }
    }
    let coarser =
        before.carries.mtime == Precision::Nanosecond && after.carries.mtime == Precision::Second;
    match coarser && !wanted.and(AttributeSet::named("mtime")).is_empty() {
        true => unseen("mtime"),
        false => Ok(()),
    }
}

fn looked_for(path: &TreePath, change: &EntryChange, own: &RuleSet) -> Result<(), AcceptError> {
    let directory = change
        .before
        .as_ref()
        .is_some_and(|before| before.entry.file_type == crate::model::FileType::Directory);
    match own.rule(own.evaluate(path, directory)).excludes() {
        true => Err(AcceptError::NeverLooked { path: path.clone() }),
        false => Ok(()),
    }
}
