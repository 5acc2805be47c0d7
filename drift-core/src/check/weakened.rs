//! Earlier baselines of which the rules in force, those of the last, compare less than their own: what
//! an application lets change of its base is never silent.

use crate::bounds::escape::escaped;
use crate::capture::Run;
use crate::compare::compared_less;
use crate::model::Problem;
use crate::report::document::BaselineOf;
use crate::rules::RuleSet;

use super::Error;
use super::composition::Composition;
use super::differences::unproven;

/// Returns one problem for each such baseline.
pub(super) fn problems(
    composition: &Composition<'_>,
    in_force: &RuleSet,
    run: &Run<'_>,
) -> Result<Vec<Problem>, Error> {
    let Some((last, earlier)) = composition.parts.split_last() else { return Ok(Vec::new()) };
    let text = in_force.text();
    let mut problems = Vec::new();
    for (part, own) in earlier.iter().zip(composition.rules()) {
        if own.text() == text {
            continue;
        }
        let less = compared_less(&mut part.baseline.cursor(), own, in_force, run.cancel)?;
        let Some(example) = less.example else { continue };
        let (app, base) = (named(last.name()), named(part.name()));
        let reason = format!(
            "the rules of {app} compare less of {} entries of {base} than its own rules, such as \
             {example}; seal {app} under the profile of its base, or name rules with --rules",
            less.count
        );
        problems.push(unproven(&example, &reason));
    }
    Ok(problems)
}

/// The identity, else the file.
fn named(baseline: BaselineOf) -> String {
    let name = if baseline.identity.is_empty() { baseline.file } else { baseline.identity };
    escaped(name.as_bytes()).to_string()
}
