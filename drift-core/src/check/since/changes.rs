//! The changes of two runs, by id.

use std::collections::{BTreeMap, BTreeSet};

use crate::model::Severity;
use crate::report::document::Change;
use crate::report::{Earlier, exact};

use super::ground::Ground;
use super::{Since, counts_again, of_change};

/// What `Incomparable::what` says of changes.
pub(super) const CHANGES: &str = "changes";

const UNSEEN_BEFORE: &str = "not observed in the previous run";
const UNSEEN_NOW: &str = "not observed in this run";

pub(super) fn compare(since: &mut Since, before: &Earlier, now: &[Change], ground: &Ground) {
    let known: BTreeMap<&str, _> =
        before.findings().map(|change| (change.id.as_str(), change)).collect();
    let is_finding =
        |change: &&Change| change.folded_into.is_none() && change.severity > Severity::None;
    let present: BTreeMap<&str, &Change> =
        now.iter().filter(is_finding).map(|change| (change.id.as_str(), change)).collect();
    let mut objects = BTreeSet::new();
    for (id, change) in &present {
        let path = exact(&change.path, change.path_b64.as_deref());
        let name = || of_change(id, (&change.path, change.path_b64.as_ref()), change.severity);
        if let Some(was) = known.get(id) {
            since.said.unchanged = since.said.unchanged.saturating_add(1);
            let waived = (was.waived_by.is_some(), change.waived_by.is_some());
            if counts_again(waived, (was.severity, change.severity)) {
                since.said.again.push(name());
                since.changes.insert((*id).to_owned());
            }
            continue;
        }
        since.changes.insert((*id).to_owned());
        let hidden = ground.before.hides(change.subject, &path).then_some(UNSEEN_BEFORE);
        if let Some(reason) = ground.of_changes(change.subject).or(hidden) {
            since.incomparable(CHANGES, reason, 1, 0);
        } else {
            since.said.new.push(name());
            if let Some(from) = &change.moved_from {
                let from = exact(from, change.moved_from_b64.as_deref()).into_owned();
                objects.insert((change.subject, from));
            }
            objects.insert((change.subject, path.into_owned()));
        }
    }
    for (id, was) in known.iter().filter(|(id, _)| !present.contains_key(*id)) {
        let path = was.exact_path();
        let hidden = ground.now.hides(&was.subject, &path).then_some(UNSEEN_NOW);
        if let Some(reason) = ground.of_changes(&was.subject).or(hidden) {
            since.incomparable(CHANGES, reason, 0, 1);
        } else if objects.contains(&(was.subject.as_str(), path)) {
            since.said.replaced = since.said.replaced.saturating_add(1);
        } else {
            let path = (was.path.as_str(), was.path_b64.as_ref());
            since.said.fixed.push(of_change(id, path, was.severity));
        }
    }
}
