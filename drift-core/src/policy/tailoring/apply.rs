//! What the profiles say of each policy and parameter.

use crate::bounds::toml::Stated;
use crate::bounds::{Wildcard, nearest};
use crate::model::Severity;
use crate::policy::packs::PACKS;
use crate::policy::parameters::ParameterError;
use crate::policy::set::{PolicySet, Selection};

use super::error::{TailorError, TailorErrorKind};
use super::profile::{Loudness, Profile};
use super::{AppliedProfile, Tailoring};

/// Applies all of it, or nothing.
pub(super) fn apply(set: &mut PolicySet, profiles: &[Profile]) -> Result<(), TailorError> {
    if profiles.is_empty() {
        return Ok(());
    }
    known(set, profiles)?;
    let mut tailored = set.clone();
    parameters(&mut tailored, profiles)?;
    let names: Vec<String> = profiles.iter().map(|profile| applied(profile).to_string()).collect();
    let names = names.join(", ");
    let narrow = profiles.iter().any(|profile| !profile.select.is_empty());
    let mut tailoring = Tailoring {
        profiles: profiles.iter().map(applied).collect(),
        ..std::mem::take(&mut tailored.tailoring)
    };
    for policy in &mut tailored.policies {
        let id = policy.id.as_str();
        policy.selection = match selection(profiles, id) {
            Some(selection) => selection,
            None if narrow => Selection::NotSelected(format!("not selected by {names}")),
            None => Selection::Selected,
        };
        if let Some((severity, by)) = severity(profiles, id, policy.severity)
            && severity != policy.severity
        {
            tailoring.severities.insert(id.to_owned(), (policy.severity, by));
            policy.severity = severity;
        }
    }
    tailored.tailoring = tailoring;
    *set = tailored;
    Ok(())
}

fn applied(profile: &Profile) -> AppliedProfile {
    AppliedProfile {
        name: profile.name.clone(),
        title: profile.title.clone(),
        file: profile.file.clone(),
        digest: profile.digest,
    }
}

fn parameters(set: &mut PolicySet, profiles: &[Profile]) -> Result<(), TailorError> {
    for profile in profiles {
        for (name, value) in &profile.parameters {
            let by = format!("{}:{}", profile.file, name.line);
            match set.choose_for(&name.value, value.clone(), &by) {
                // It may be one of a pack that does not take part.
                Err(ParameterError::Unknown { .. }) if profile.builtin => {}
                chosen => {
                    chosen.map_err(|error| TailorError::new(&profile.file, name.line, error))?;
                }
            }
        }
    }
    Ok(())
}

/// The statement that holds for a policy: of those by name the last, else the last of all.
fn last_of<'p, T>(
    statements: impl Iterator<Item = (&'p Stated<Wildcard>, T)>,
    id: &str,
) -> Option<T> {
    let matching = statements.filter(|(pattern, _)| pattern.value.matches(id.as_bytes()));
    let (mut by_name, mut by_pattern) = (None, None);
    for (pattern, said) in matching {
        let slot = if pattern.value.is_literal() { &mut by_name } else { &mut by_pattern };
        *slot = Some(said);
    }
    by_name.or(by_pattern)
}

fn selection(profiles: &[Profile], id: &str) -> Option<Selection> {
    let statements = profiles.iter().flat_map(|profile| {
        let select = profile.select.iter().map(|pattern| (pattern, None));
        let deselect = profile.deselect.iter();
        let deselect = deselect.map(move |(pattern, why)| (pattern, Some((profile, pattern, why))));
        select.chain(deselect)
    });
    Some(match last_of(statements, id)? {
        None => Selection::Selected,
        Some((profile, pattern, why)) => Selection::NotSelected(format!(
            "{why} (deselected by {}:{})",
            profile.file, pattern.line
        )),
    })
}

fn severity(profiles: &[Profile], id: &str, own: Severity) -> Option<(Severity, String)> {
    let statements = profiles.iter().flat_map(|profile| {
        profile.severities.iter().map(move |(pattern, said)| (pattern, (profile, pattern, *said)))
    });
    let (profile, pattern, said) = last_of(statements, id)?;
    let severity = match said {
        Loudness::Exactly(severity) => severity,
        Loudness::AtLeast(least) => own.max(least),
    };
    Some((severity, format!("{}:{}", profile.file, pattern.line)))
}

/// Fails at the first pattern that no policy fits: it is a slip of the pen, and what it should have
/// left out or made loud would go on as if nothing had been said.
fn known(set: &PolicySet, profiles: &[Profile]) -> Result<(), TailorError> {
    let shipped = shipped();
    for profile in profiles.iter().filter(|profile| !profile.builtin) {
        let select = profile.select.iter().map(|pattern| (pattern, true));
        let others = profile.deselect.iter().map(|(pattern, _)| (pattern, false));
        let loud = profile.severities.iter().map(|(pattern, _)| (pattern, false));
        for (Stated { value: pattern, line }, selects) in select.chain(others).chain(loud) {
            let fits = |id: &str| pattern.matches(id.as_bytes());
            if set.policies.iter().any(|policy| fits(policy.id.as_str())) {
                continue;
            }
            let wrong = |kind| TailorError::new(&profile.file, *line, kind);
            let pattern = pattern.as_str().to_owned();
            match shipped.iter().find(|(_, id)| fits(id)) {
                Some(_) if !selects => {}
                Some((pack, _)) => {
                    let pack = (*pack).to_owned();
                    return Err(wrong(TailorErrorKind::NotLoaded { pattern, pack }));
                }
                None => {
                    let nearest = nearest_to(set, &shipped, &pattern);
                    return Err(wrong(TailorErrorKind::UnknownPolicy { pattern, nearest }));
                }
            }
        }
    }
    Ok(())
}

/// Pack and id of every policy that comes with drift, loaded or not.
fn shipped() -> Vec<(&'static str, &'static str)> {
    let files = PACKS.iter().flat_map(|pack| pack.files.iter().map(move |file| (pack.name, file)));
    let id = |text: &'static str| {
        let comments = text.lines().map_while(|line| line.strip_prefix('#'));
        comments.map(str::trim).find_map(|line| line.strip_prefix("id:")).map(str::trim)
    };
    files.filter_map(|(pack, (_, text))| Some((pack, id(text)?))).collect()
}

fn nearest_to(set: &PolicySet, shipped: &[(&str, &str)], pattern: &str) -> String {
    let loaded = set.policies.iter().map(|policy| policy.id.as_str());
    let ids: Vec<&str> = loaded.chain(shipped.iter().map(|(_, id)| *id)).collect();
    if !pattern.contains('*') {
        return nearest(pattern, ids).unwrap_or_default().to_owned();
    }
    let pack = |id: &&str| format!("{}/*", id.split_once('/').map_or(*id, |(pack, _)| pack));
    let packs: Vec<String> = ids.iter().map(pack).collect();
    nearest(pattern, packs.iter().map(String::as_str)).unwrap_or_default().to_owned()
}
