//! "The application adds, never alters its base": what each later baseline of a composition changes of
//! the earlier ones. Each is a finding of its own, whatever the target looks like.
//!
//! What the rules of the earlier one let change (a package database, a log) is none: a later one cannot
//! loosen what another sealed. Rules of the operator replace them all.

use crate::capture::Run;
use crate::compare::{
    self, Comparison, Context, EntryChange, Evidence, PackageEvents, alterations, explain,
};
use crate::model::{Cause, FileType};
use crate::report::document::Change;
use crate::rules::RuleSet;

use super::composition::Composition;
use super::describe::{self, Names};
use super::differences::unseen;
use super::origins::Origins;
use super::{Error, Found, Sealed};

/// Adds what the later baselines alter to what was found in the target.
pub(super) fn add(
    found: &mut Found,
    composition: &Composition<'_>,
    (rules, overridden): (&RuleSet, bool),
    run: &Run<'_>,
) -> Result<(), Error> {
    let mut grown = 0usize;
    for (at, later) in composition.parts.iter().enumerate().skip(1) {
        let earlier = Composition::new(composition.parts.get(..at).unwrap_or_default())?;
        let owns = if overridden { &[][..] } else { earlier.rules() };
        let comparison = compare(&earlier, later, (rules, owns), run)?;
        found.not_compared = found.not_compared.saturating_add(comparison.not_compared);
        found.problems.extend(unseen(&comparison));
        grown = grown.saturating_add(comparison.grown.len());
        let own = RuleSet::from_text(later.baseline.rules())?;
        let (packages, after) = (&earlier.packages, later.baseline.packages());
        let image = later.baseline.image().map_or(Origins::None, Origins::Image);
        let origins = (Origins::Composed(&earlier), image);
        for change in &comparison.changes {
            let origin = change.before.as_ref().and_then(|before| before.origin);
            let own_rules = origin.filter(|_| !overridden).and_then(|at| earlier.rules_of(at));
            let rules = own_rules.unwrap_or(rules);
            let names = Names {
                before: packages,
                after,
                rules,
                origins,
                upgrades_expected: false,
                removals: None,
            };
            found.changes.extend(altered(change, later, &own, &names));
        }
    }
    if grown > 0 {
        found.notes.push(format!(
            "{grown} files that may grow are longer in a later baseline than in an earlier one; \
             whether they begin alike is not known."
        ));
    }
    Ok(())
}

fn compare(
    earlier: &Composition<'_>,
    later: &Sealed<'_>,
    (rules, owns): (&RuleSet, &[RuleSet]),
    run: &Run<'_>,
) -> Result<Comparison, compare::Error> {
    let context = Context {
        rules,
        before: earlier.carries,
        before_parts: &earlier.carried,
        after: later.baseline.carries(),
        artifacts: &[],
        watch: &[],
        outside: &[],
        cancel: run.cancel,
    };
    let (mut before, mut after) = (earlier.cursor(), later.baseline.cursor());
    alterations(&mut before, &mut after, later.is_whole(), owns, &context)
}

/// Describes an alteration; `None` of what the rules let come and go, or never looked for.
fn altered(
    change: &EntryChange,
    later: &Sealed<'_>,
    own: &RuleSet,
    names: &Names<'_>,
) -> Option<Change> {
    let directory = change.file_type() == FileType::Directory;
    if change.after.is_none() && own.rule(own.evaluate(&change.path, directory)).excludes() {
        return None;
    }
    let packages = PackageEvents::default();
    let evidence = Evidence {
        rules: names.rules,
        sealed: true,
        packages: &packages,
        after: names.after,
        live: None,
        covering: &[],
    };
    let explanation = explain(change, &evidence);
    if explanation.cause == Cause::DeclaredDynamic {
        return None;
    }
    let mut described = describe::entry_change(change, &explanation, None, names, true);
    if let Some(layer) = &mut described.layer {
        layer.of = "baseline";
    }
    described.altered_by = Some(later.name());
    described.id = describe::id_of(&described, change.path.as_bytes());
    Some(described)
}
