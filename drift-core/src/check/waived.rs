//! Waivers, applied to what was found: what they accept is marked, and counts no longer.
//!
//! Only findings are accepted: changes louder than `none`, and denials of policies. A problem, an
//! error and what was not checked are no findings, and no waiver reaches them.

mod counting;
mod index;
mod notes;

#[cfg(test)]
mod tests;

use std::collections::BTreeSet;

use crate::bounds::{Timestamp, Wildcard};
use crate::judge::{Finding, Identities, Waiver, Waivers};
use crate::model::{Cause, Image, Severity};
use crate::policy::Status;
use crate::report::{document, exact};

use super::assess::Assessed;
use super::{Found, Job, View};

use index::Index;

pub(super) use counting::counting;

/// Marks what is accepted, and returns what became of each waiver.
pub(super) fn accept(
    job: &Job<'_>,
    found: &mut Found,
    assessed: &mut Assessed,
    reference: &document::Reference,
    after: &View<'_>,
) -> Vec<document::Waiver> {
    if let Some(note) = notes::nothing_selected(assessed) {
        found.notes.push(note);
    }
    let Some(waivers) = &job.request.waivers else { return Vec::new() };
    let identities = identities(reference, after);
    let captured_before = reference.kind != "package-database" && reference.kind != "none";
    let told = mark(
        (waivers, &identities),
        job.started,
        (&mut found.changes, captured_before),
        &mut assessed.policies,
    );
    found.notes.extend(notes::of_waivers(
        &told,
        waivers,
        &identities,
        !assessed.policies.is_empty(),
    ));
    told
}

/// Marks what is accepted at this moment.
fn mark(
    (waivers, identities): (&Waivers, &Identities),
    now: Timestamp,
    (changes, captured_before): (&mut [document::Change], bool),
    policies: &mut [document::Policy],
) -> Vec<document::Waiver> {
    let mut desk = Desk::new(waivers, identities, now);
    for change in changes.iter_mut().filter(|change| change.severity > Severity::None) {
        let path = exact(&change.path, change.path_b64.as_deref());
        let from = change.moved_from.as_deref();
        let from = from.map(|from| exact(from, change.moved_from_b64.as_deref()));
        change.waived_by = desk.judge(&Finding {
            id: &change.id,
            policy: None,
            // What a package or a fact is called is no path.
            path: (change.subject == "entry").then_some(&*path),
            moved_from: from.as_deref(),
            package: package_of(change, captured_before),
            cause: Some(change.cause),
        });
    }
    for policy in policies {
        desk.judge_policy(policy);
    }
    desk.told()
}

/// The package by whose name a change may be accepted. Beside something that was captured before, a
/// file is that of a package only if it was then: the target's own list may claim it since yesterday.
fn package_of(change: &document::Change, captured_before: bool) -> Option<&str> {
    let package = change.package.as_ref()?;
    let claimed = change.subject == "entry" && captured_before && package.before.is_none();
    (!claimed).then_some(package.name.as_str())
}

/// The waivers of a run, and how often each was asked and fitted.
struct Desk<'w> {
    rows: Vec<Row<'w>>,
    /// Those that concern this target.
    index: Index<'w>,
    now: Timestamp,
}

struct Row<'w> {
    waiver: &'w Waiver,
    holds: bool,
    concerns: bool,
    matched: u64,
}

impl<'w> Desk<'w> {
    fn new(waivers: &'w Waivers, identities: &Identities, now: Timestamp) -> Self {
        let row = |waiver: &'w Waiver| Row {
            waiver,
            holds: waiver.standing(now).holds(),
            concerns: waiver.selector.concerns(identities),
            matched: 0,
        };
        let rows: Vec<Row<'w>> = waivers.list().iter().map(row).collect();
        let mut index = Index::default();
        for (number, row) in rows.iter().enumerate().filter(|(_, row)| row.concerns) {
            index.add(number, &row.waiver.selector);
        }
        Self { rows, index, now }
    }

    /// Counts the finding for every waiver that fits; returns the first that holds.
    fn judge(&mut self, finding: &Finding<'_>) -> Option<String> {
        let mut first = None;
        for number in self.index.candidates(finding) {
            let Some(row) = self.rows.get_mut(number) else { continue };
            if row.waiver.selector.accepts(finding) {
                row.matched = row.matched.saturating_add(1);
                if row.holds && first.is_none() {
                    first = Some(row.waiver.id.clone());
                }
            }
        }
        first
    }

    /// A policy is accepted when all that it denies is, what is only counted too.
    fn judge_policy(&mut self, policy: &mut document::Policy) {
        if !matches!(Status::parse(policy.status), Some(Status::Fail | Status::Informational)) {
            return;
        }
        for evidence in &mut policy.evidence {
            evidence.waived_by = self.judge(&Finding {
                id: &evidence.id,
                policy: Some(&policy.id),
                path: evidence.path.as_deref().map(str::as_bytes),
                moved_from: None,
                package: evidence.package.as_deref(),
                cause: None,
            });
        }
        policy.waived_by = match policy.evidence_omitted {
            0 => {
                let by = policy.evidence.iter().map(|evidence| evidence.waived_by.as_deref());
                let by: Option<BTreeSet<&str>> = by.collect();
                by.and_then(|by| self.first_of(&by))
            }
            omitted => self.judge_omitted(&policy.id, omitted),
        };
    }

    /// Nothing is known of what was omitted but its policy.
    fn judge_omitted(&mut self, policy: &str, omitted: u64) -> Option<String> {
        let mut first = None;
        for row in self.rows.iter_mut().filter(|row| row.concerns) {
            if row.waiver.selector.accepts_all_of(policy) {
                row.matched = row.matched.saturating_add(omitted);
                if row.holds && first.is_none() {
                    first = Some(row.waiver.id.clone());
                }
            }
        }
        first
    }

    /// Of several that accept a policy together, the first of the file stands for all.
    fn first_of(&self, ids: &BTreeSet<&str>) -> Option<String> {
        let rows = self.rows.iter().map(|row| row.waiver.id.as_str());
        rows.into_iter().find(|id| ids.contains(id)).map(str::to_owned)
    }

    fn told(self) -> Vec<document::Waiver> {
        let now = self.now;
        self.rows.into_iter().map(|row| told(&row, now)).collect()
    }
}

fn told(row: &Row<'_>, now: Timestamp) -> document::Waiver {
    let Waiver { id, owner, approver, reason, created, expires, ticket, selector, line: _ } =
        row.waiver;
    let text =
        |pattern: &Option<Wildcard>| pattern.as_ref().map(|pattern| pattern.as_str().to_owned());
    let state = match row.matched {
        0 if row.holds => "unused",
        _ => row.waiver.standing(now).name(),
    };
    document::Waiver {
        id: id.clone(),
        owner: owner.clone(),
        approver: approver.clone(),
        reason: reason.clone(),
        created: created.map(|created| created.to_string()),
        expires: expires.to_string(),
        ticket: ticket.clone(),
        selector: document::WaiverMatch {
            policy: text(&selector.policy),
            path: text(&selector.path),
            package: text(&selector.package),
            cause: selector.cause.map(Cause::name),
            identity: text(&selector.identity),
            change: selector.change.clone(),
        },
        matched: row.matched,
        state,
    }
}

/// What this target is called: by its baseline's seal, by itself, by its image.
fn identities(reference: &document::Reference, after: &View<'_>) -> Identities {
    let image = after.image.and_then(Image::digest).map(ToString::to_string);
    let host = after.identity.hostname.clone();
    Identities([reference.identity.clone(), host, image].into_iter().flatten().collect())
}
