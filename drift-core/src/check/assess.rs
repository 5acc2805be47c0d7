//! The policies of a check: their input is made, they are asked, and each ends in one status.

use std::collections::BTreeSet;

use crate::bounds::Event;
use crate::model::Digest;
use crate::policy::{self, Evaluation, Input, Policy, PolicySet, Status, conclude};
use crate::report::document;

use super::{Error, Found, Job, View, input};

/// How the policies of a run ended.
#[derive(Debug, Default)]
pub(super) struct Assessed {
    /// One for each policy of the set, by id.
    pub(super) policies: Vec<document::Policy>,
    /// Where they come from.
    pub(super) origins: Vec<document::PolicyOrigin>,
    /// What the operator chose of them; none where nobody did.
    pub(super) tailoring: Option<document::Tailoring>,
    /// Of the set; none when no policies ran.
    pub(super) digest: Option<Digest>,
    /// Those that could not see all that they look at, whatever they denied.
    pub(super) lacking: BTreeSet<String>,
    /// What they saw, where that was asked for.
    pub(super) input: Option<Box<Input>>,
}

impl Assessed {
    /// Counts what makes the run incomplete.
    pub(super) fn errors(&self) -> u64 {
        let ended = |policy: &&document::Policy| {
            Status::parse(policy.status).is_none_or(Status::is_incomplete)
        };
        self.policies.iter().filter(ended).count() as u64
    }
}

/// Evaluates the policies that were asked for.
pub(super) fn assess(
    job: &Job<'_>,
    found: &Found,
    reference: &document::Reference,
    sides: (Option<&View<'_>>, &View<'_>),
) -> Result<Assessed, Error> {
    let Some(assessment) = &job.request.assessment else { return Ok(Assessed::default()) };
    let set = &*assessment.set;
    job.run.observer.event(Event::Phase("input"));
    let input = input::build(job, found, reference, sides, set)?;
    job.run.observer.event(Event::Phase("policies"));
    let answers = assessment.evaluator.evaluate(set, &input, job.run.pool, job.run.cancel)?;
    let mut answers = answers.into_iter();
    let ended = |policy: &Policy| {
        let answer = answers.next().flatten();
        described(set, policy, conclude(policy, answer.as_ref(), &input))
    };
    let lacking = set.policies.iter().filter(|policy| !input.lacks(policy).is_empty());
    let lacking = lacking.map(|policy| policy.id.to_string()).collect();
    Ok(Assessed {
        lacking,
        policies: set.policies.iter().map(ended).collect(),
        origins: set.origins.iter().map(origin).collect(),
        tailoring: tailoring(set),
        digest: Some(set.digest()),
        input: assessment.keep_input.then(|| Box::new(input)),
    })
}

fn described(set: &PolicySet, policy: &Policy, ended: Evaluation) -> document::Policy {
    let origin = set.origins.get(policy.origin).map(|origin| origin.name.clone());
    document::Policy {
        id: policy.id.to_string(),
        title: policy.title.clone(),
        status: ended.status.name(),
        severity: policy.severity,
        tailored: tailored(set, policy),
        reason: ended.reason,
        references: policy.references.clone(),
        origin: origin.unwrap_or_default(),
        revision: set.revision(policy).to_string(),
        evidence: ended.evidence.into_iter().map(evidence).collect(),
        evidence_omitted: ended.omitted,
        rationale: policy.rationale.clone(),
        remediation: policy.remediation.clone(),
        waived_by: None,
    }
}

fn tailored(set: &PolicySet, policy: &Policy) -> Option<document::Tailored> {
    let (severity, by) = set.tailoring.severities.get(policy.id.as_str())?;
    Some(document::Tailored { severity: *severity, by: by.clone() })
}

fn tailoring(set: &PolicySet) -> Option<document::Tailoring> {
    let policy::Tailoring { profiles, parameters, .. } = &set.tailoring;
    let profile = |profile: &policy::AppliedProfile| document::TailoringProfile {
        name: profile.name.clone(),
        title: profile.title.clone(),
        file: profile.file.clone(),
        digest: profile.digest.to_string(),
    };
    let parameter = |(name, by): (&String, &String)| {
        let value = set.parameters.get(name)?.clone();
        Some(document::TailoringParameter { name: name.clone(), value, by: by.clone() })
    };
    (!set.tailoring.is_empty()).then(|| document::Tailoring {
        profiles: profiles.iter().map(profile).collect(),
        parameters: parameters.iter().filter_map(parameter).collect(),
    })
}

fn evidence(evidence: policy::Evidence) -> document::Evidence {
    let policy::Denial { path, line, observed, expected, message, package } = evidence.denial;
    document::Evidence {
        id: evidence.id.hex(),
        path,
        line,
        observed,
        expected,
        message,
        package,
        waived_by: None,
    }
}

fn origin(origin: &policy::Origin) -> document::PolicyOrigin {
    let signer = |signer: &policy::Signer| document::Signer {
        name: signer.name.clone(),
        key: signer.key.clone(),
    };
    document::PolicyOrigin {
        name: origin.name.clone(),
        kind: origin.kind.name(),
        digest: origin.digest.to_string(),
        signed: !origin.signers.is_empty(),
        signers: origin.signers.iter().map(signer).collect(),
    }
}
