//! The report of a run that compared nothing, because a seal does not hold.

use crate::judge::{Status, untrusted};
use crate::report::{Report, document};
use crate::rules::RuleSet;
use crate::seal::Untrusted;

use super::{Error, Occasion, Outcome, Request};

/// Concludes that nothing of the baseline in `file` may be used, with the reason.
pub fn refused(
    why: &Untrusted,
    target: &str,
    file: &str,
    request: &Request,
    occasion: &Occasion<'_>,
) -> Result<Outcome, Error> {
    let verdict = untrusted(why.reason.name());
    let now = occasion.clock.now().to_string();
    let parts = request.parts;
    let only = [("entries", parts.entries), ("packages", parts.packages)];
    let report = Report {
        schema: document::SCHEMA,
        tool: document::Tool {
            name: "drift",
            version: env!("CARGO_PKG_VERSION"),
            binary_digest: occasion.binary_digest.map(|digest| digest.to_string()),
            policies_digest: None,
            rules_digest: RuleSet::parse(&[])?.digest().to_string(),
            waivers_digest: None,
        },
        run_id: occasion.run_id.to_owned(),
        started: now.clone(),
        finished: now,
        scope: document::Scope {
            only: only.iter().filter(|(_, wanted)| *wanted).map(|(name, _)| (*name).to_owned()).collect(),
            mode: "full",
            fail_on: request.fail_on.to_string(),
            profiles: Vec::new(),
            require: request.require.clone(),
            rules_overridden: request.rules.is_some(),
            options_digest: crate::model::Digest::sha256_of(b"").to_string(),
            previous: None,
        },
        target: document::Target {
            kind: kind_of(target).to_owned(),
            locator: target.to_owned(),
            identity: document::TargetIdentity::default(),
            root_digest: None,
            effective_root: None,
        },
        baseline: document::Reference {
            kind: super::describe::SEALED,
            verified: false,
            file: Some(file.to_owned()),
            ..document::Reference::default()
        },
        manifests: Vec::new(),
        verdict: document::Verdict {
            status: Status::Untrusted.name(),
            exit_code: verdict.exit().code,
            complete: false,
            reason: Some(why.reason.name().to_owned()),
            detail: Some(why.detail.clone()),
        },
        coverage: document::Coverage::default(),
        problems: Vec::new(),
        changes: Vec::new(),
        policies: Vec::new(),
        waivers: Vec::new(),
        summary: document::Summary { recommendation: "review", ..document::Summary::default() },
        notes: vec!["Nothing was compared.".to_owned()],
    };
    Ok(Outcome { verdict, report, captured: None })
}

/// The kind of a target that was not opened, from its scheme alone.
fn kind_of(target: &str) -> &'static str {
    match target.split_once(':') {
        _ if target == "/" => "host",
        Some(("host", _)) => "host",
        Some(("tar", _)) => "tar",
        Some(("baseline", _)) => "snapshot",
        _ => "directory",
    }
}
