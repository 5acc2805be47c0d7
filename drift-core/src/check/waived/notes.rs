//! What a reader must be told of waivers and tailoring, in sentences.

use crate::bounds::escape::escaped;
use crate::judge::{EXPIRING_SECONDS, Identities, Waiver, Waivers};
use crate::policy::Status;
use crate::report::document;

use crate::check::assess::Assessed;

/// Waivers that are named one by one; the rest is a number.
const NAMED: usize = 5;

/// Says that tailoring leaves nothing to evaluate, where it does.
pub(super) fn nothing_selected(assessed: &Assessed) -> Option<String> {
    let policies = &assessed.policies;
    let none = policies.iter().all(|policy| policy.status == Status::NotSelected.name());
    (none && !policies.is_empty()).then(|| {
        let count = policies.len();
        format!("Tailoring selects none of the {count} policies: this run says nothing of any.")
    })
}

/// Says which waivers no longer hold, soon will not, or are needed no more.
pub(super) fn of_waivers(
    told: &[document::Waiver],
    waivers: &Waivers,
    identities: &Identities,
    policies_ran: bool,
) -> Vec<String> {
    let state = |name: &'static str| told.iter().filter(move |waiver| waiver.state == name);
    let mut notes = Vec::new();
    let lapsed = |waiver: &&document::Waiver| waiver.matched > 0;
    notes.extend(listed(state("expired").filter(lapsed), |count| {
        format!(
            "{} no longer: the findings count again",
            plural(count, "expired waiver holds", "expired waivers hold")
        )
    }));
    notes.extend(listed(state("not-yet-valid").filter(lapsed), |count| {
        format!(
            "{} yet: the findings count",
            plural(count, "waiver does not hold", "waivers do not hold")
        )
    }));
    let days = EXPIRING_SECONDS / 86_400;
    notes.extend(listed(state("expiring"), |count| {
        format!("{} within {days} days", plural(count, "waiver expires", "waivers expire"))
    }));
    // One for another host, or for policies that did not run, is not needless for that.
    let here = |known: &Waiver| {
        known.selector.concerns(identities) && (policies_ran || known.selector.policy.is_none())
    };
    // What is told of them stands in the order of the file.
    let unused = told.iter().zip(waivers.list());
    let unused = unused.filter(|(told, known)| told.state == "unused" && here(known));
    notes.extend(listed(unused.map(|(told, _)| told), |count| {
        format!(
            "{} nothing in this run; remove what is needed no more",
            plural(count, "waiver accepts", "waivers accept")
        )
    }));
    notes
}

fn plural(count: usize, one: &str, several: &str) -> String {
    format!("{count} {}", if count == 1 { one } else { several })
}

fn listed<'w>(
    waivers: impl Iterator<Item = &'w document::Waiver>,
    sentence: impl Fn(usize) -> String,
) -> Option<String> {
    let waivers: Vec<&document::Waiver> = waivers.collect();
    if waivers.is_empty() {
        return None;
    }
    let name = |waiver: &&document::Waiver| {
        let (id, owner) = (escaped(waiver.id.as_bytes()), escaped(waiver.owner.as_bytes()));
        format!("{id} of {owner} until {}", waiver.expires)
    };
    let names: Vec<String> = waivers.iter().take(NAMED).map(name).collect();
    let more = waivers.len().saturating_sub(NAMED);
    let rest = if more > 0 { format!("; and {more} more") } else { String::new() };
    Some(format!("{} ({}{rest}).", sentence(waivers.len()), names.join("; ")))
}
