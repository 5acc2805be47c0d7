//! The denials of two runs, policy by policy and one by one: that a policy failed already must not
//! hide what it denies since.

use std::collections::{BTreeMap, BTreeSet};

use crate::check::Request;
use crate::check::assess::Assessed;
use crate::policy::{PolicySet, Status};
use crate::report::document;
use crate::report::{Earlier, EarlierPolicy};

use super::ground::Ground;
use super::{Since, counts_again, of_denial};

const OMITTED: &str = "more denials than are listed";

/// The member of a file in the input that says whether the baseline has it.
const IN_BASELINE: &str = "in_baseline";

/// Compares, and returns the policies that are fixed.
pub(super) fn compare(
    since: &mut Since,
    before: &Earlier,
    request: &Request,
    assessed: &Assessed,
    ground: &Ground,
) -> BTreeSet<String> {
    let set = request.assessment.as_ref().map(|assessment| &*assessment.set);
    let earlier: BTreeMap<&str, &EarlierPolicy> =
        before.policies.iter().map(|policy| (policy.id.as_str(), policy)).collect();
    let now: BTreeMap<&str, &document::Policy> =
        assessed.policies.iter().map(|policy| (policy.id.as_str(), policy)).collect();
    let ids: BTreeSet<&str> = earlier.keys().chain(now.keys()).copied().collect();
    let mut fixed = BTreeSet::new();
    for id in ids {
        let pair = Pair {
            id,
            before: earlier.get(id).copied(),
            now: now.get(id).copied(),
            ground,
            rests_on_reference: set.is_none_or(|set| rests_on_reference(set, id)),
            lacking: assessed.lacking.contains(id),
        };
        if pair.compare(since) {
            fixed.insert(id.to_owned());
        }
    }
    fixed
}

/// Whether what a policy denies may change with the baseline alone.
fn rests_on_reference(set: &PolicySet, id: &str) -> bool {
    let Some(policy) = set.find(id) else { return true };
    let text = set.files.get(policy.origin).into_iter().flatten();
    let mut text = text.filter(|file| file.name == policy.file || file.name.starts_with("lib/"));
    policy.sections.contains("changes")
        || policy.sections.contains("baseline")
        || text.any(|file| file.text.contains(IN_BASELINE))
}

/// One policy in both reports.
struct Pair<'p> {
    id: &'p str,
    before: Option<&'p EarlierPolicy>,
    now: Option<&'p document::Policy>,
    ground: &'p Ground,
    rests_on_reference: bool,
    /// Whether something that it looks at could not be observed now, although it denies something.
    lacking: bool,
}

impl Pair<'_> {
    /// Returns whether the policy is fixed.
    fn compare(&self, since: &mut Since) -> bool {
        let evidence = self.now.into_iter().flat_map(|policy| &policy.evidence);
        let present: BTreeMap<&str, &document::Evidence> =
            evidence.map(|denial| (denial.id.as_str(), denial)).collect();
        let evidence = self.before.into_iter().flat_map(|policy| &policy.evidence);
        let known: BTreeMap<&str, _> =
            evidence.map(|denial| (denial.id.as_str(), denial)).collect();
        // Denials that differ in their line alone share an id: one more of them is new.
        let mut more: BTreeMap<&str, i64> = BTreeMap::new();
        for denial in self.now.into_iter().flat_map(|policy| &policy.evidence) {
            let slot = more.entry(&denial.id).or_default();
            *slot = slot.saturating_add(1);
        }
        for denial in self.before.into_iter().flat_map(|policy| &policy.evidence) {
            let slot = more.entry(&denial.id).or_default();
            *slot = slot.saturating_sub(1);
        }
        let grew = |id: &str| more.get(id).is_some_and(|more| *more > 0);
        let (whole_new, whole_gone) = (self.not_new(), self.not_gone());
        let mut objects = BTreeSet::new();
        for (id, denial) in &present {
            if let Some(was) = known.get(id).filter(|_| !grew(id)) {
                since.said.unchanged = since.said.unchanged.saturating_add(1);
                self.again(since, denial, was.waived_by.is_some());
                continue;
            }
            self.count(since, denial);
            let path = denial.path.as_ref();
            let hidden = self.hides(&self.ground.before, path, "in the previous run");
            if let Some(reason) = whole_new.clone().or(hidden) {
                since.incomparable(self.id, &reason, 1, 0);
            } else {
                since.said.new.push(of_denial(self.id, id, path, self.severity()));
                objects.insert((path, denial.package.as_ref()));
            }
        }
        let mut gone = 0_usize;
        for (id, was) in known.iter().filter(|(id, _)| !present.contains_key(*id)) {
            let path = was.path.as_ref();
            let hidden = self.hides(&self.ground.now, path, "in this run");
            if let Some(reason) = whole_gone.clone().or(hidden) {
                since.incomparable(self.id, &reason, 0, 1);
            } else if objects.contains(&(path, was.package.as_ref())) {
                since.said.replaced = since.said.replaced.saturating_add(1);
            } else {
                gone = gone.saturating_add(1);
                let severity = self.before.map_or(self.severity(), |policy| policy.severity);
                since.said.fixed.push(of_denial(self.id, id, path, severity));
            }
        }
        self.omitted(since);
        let failed = self.before.is_some_and(|policy| policy.ended() == Status::Fail);
        let passes = self.now.is_some_and(|policy| policy.status == Status::Pass.name());
        failed && passes && gone == known.len() && gone > 0
    }

    fn severity(&self) -> crate::model::Severity {
        self.now.map_or(crate::model::Severity::None, |policy| policy.severity)
    }

    fn is_waived(&self, denial: &document::Evidence) -> bool {
        denial.waived_by.is_some() || self.now.is_some_and(|policy| policy.waived_by.is_some())
    }

    fn count(&self, since: &mut Since, denial: &document::Evidence) {
        if !self.is_waived(denial) {
            since.policies.insert(self.id.to_owned());
        }
    }

    fn again(&self, since: &mut Since, denial: &document::Evidence, was_waived: bool) {
        let Some(before) = self.before else { return };
        let waived = (was_waived || before.waived_by.is_some(), self.is_waived(denial));
        if counts_again(waived, (before.severity, self.severity())) {
            let path = denial.path.as_ref();
            since.said.again.push(of_denial(self.id, &denial.id, path, self.severity()));
            self.count(since, denial);
        }
    }

    /// Denials that neither report lists.
    fn omitted(&self, since: &mut Since) {
        let now = self.now.map_or(0, |policy| policy.evidence_omitted);
        let before = self.before.map_or(0, |policy| policy.evidence_omitted);
        if now > 0 || before > 0 {
            since.incomparable(self.id, OMITTED, now, before);
        }
        if now > 0 && self.now.is_some_and(|policy| policy.waived_by.is_none()) {
            since.policies.insert(self.id.to_owned());
        }
    }

    /// Returns why a denial that only this report has need not be new.
    fn not_new(&self) -> Option<String> {
        let Some(before) = self.before else {
            return Some("the previous report does not have this policy".to_owned());
        };
        let ended = before.ended();
        let looked = matches!(
            ended,
            Status::Pass
                | Status::Fixed
                | Status::Fail
                | Status::Informational
                | Status::NotApplicable
        );
        let unlooked = || (!looked).then(|| format!("{ended} in the previous report"));
        let omitted = || (before.evidence_omitted > 0).then(|| OMITTED.to_owned());
        self.common().or_else(unlooked).or_else(|| self.revised()).or_else(omitted)
    }

    /// Returns why a denial that only the previous report has need not be gone.
    fn not_gone(&self) -> Option<String> {
        let Some(now) = self.now else {
            return Some("this run does not have this policy".to_owned());
        };
        let looked = [Status::Pass, Status::Fail, Status::Informational];
        let looked = looked.iter().any(|status| status.name() == now.status);
        let unlooked = || (!looked).then(|| format!("{} now", now.status));
        let omitted = || (now.evidence_omitted > 0).then(|| OMITTED.to_owned());
        let lacking = || {
            self.lacking
                .then(|| "not all that it looks at could be observed in this run".to_owned())
        };
        let common = self.common().or_else(unlooked);
        common.or_else(|| self.revised()).or_else(omitted).or_else(lacking)
    }

    fn common(&self) -> Option<String> {
        let reference = self.ground.reference.as_ref().filter(|_| self.rests_on_reference);
        self.ground.target.as_ref().or(reference).cloned()
    }

    /// Another text or another parameter may deny more or less of the same state.
    fn revised(&self) -> Option<String> {
        let (before, now) = (self.before?, self.now?);
        let same = before.revision.as_ref() == Some(&now.revision);
        (!same).then(|| "another revision of the policy, or other parameters".to_owned())
    }

    fn hides(
        &self,
        unseen: &super::ground::Unseen,
        path: Option<&String>,
        which: &str,
    ) -> Option<String> {
        let hidden = match path {
            Some(path) => unseen.covers(path.as_bytes()),
            // Whatever it is about may be among what was missed.
            None => !unseen.is_empty(),
        };
        hidden.then(|| format!("not observed {which}"))
    }
}
