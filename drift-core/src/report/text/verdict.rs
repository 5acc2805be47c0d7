//! The first lines: the conclusion in a sentence, and what was compared with what; and the last
//! lines: what to do.

use std::io;

use super::changes::CAUSES;
use super::page::{Line, Page};
use super::words::{count, number, span, total};
use crate::model::Severity;
use crate::policy::Status;
use crate::report::Report;
use crate::report::document::{Change, Policy, Reference};

/// Codes of `verdict.reason` in words; any other code is shown as it is.
const REASONS: &[(&str, &str)] = &[
    ("problems", "some objects in scope could not be read"),
    ("policy-error", "a policy ended in an error"),
    ("required-missing", "something that --require names could not be observed"),
    ("deadline", "the deadline passed"),
    ("busy", "another run holds the state directory"),
    ("no-trust", "no trusted key was given"),
    ("unsigned", "it has no signature"),
    ("malformed", "its seal is not well formed"),
    ("altered", "its bytes are not those that were signed"),
    ("wrong-key", "no trusted key signed it"),
    ("below-threshold", "too few trusted keys signed it"),
    ("revoked", "the key that signed it is revoked"),
    ("not-yet-valid", "it is not valid yet"),
    ("expired", "it has expired"),
    ("too-old", "it is older than the maximum age"),
    ("rolled-back", "a later one of its lineage was seen before"),
    ("wrong-identity", "it was sealed for another subject"),
];

pub(super) fn write(page: &mut Page<'_>, report: &Report) -> io::Result<()> {
    let verdict = &report.verdict;
    let mut line = Line::at(0);
    match verdict.status {
        "findings" => {
            line.painted("1;31", "DRIFT:");
            findings(&mut line, report);
        }
        "untrusted" => {
            line.painted("1;31", "UNTRUSTED:").say(refused(report)).say("refused;");
            reason(&mut line, verdict.reason.as_deref());
            if let Some(code) = &verdict.reason {
                line.say("(code").name(code.as_bytes()).glue(")");
            }
        }
        "clean" if verdict.complete => {
            let new = if report.scope.fail_on_new { "new finding" } else { "finding" };
            line.painted("1;32", "CLEAN:").say(&format!("no {new}{}", at_threshold(report)));
            aside(&mut line, report);
            line.glue(";").say("everything in scope was compared");
            if !report.baseline.verified {
                line.glue(",").say("but with an UNSIGNED reference");
            }
        }
        "clean" | "incomplete" => {
            line.painted("1;33", "INCOMPLETE:");
            incomplete(&mut line, report);
        }
        other => {
            line.painted("1;31", "UNKNOWN:").say("status").name(other.as_bytes());
        }
    }
    line.glue(".").say(&format!("Exit code {}.", verdict.exit_code));
    page.line(&line)?;
    if let Some(detail) = detail(report) {
        page.line(Line::at(2).say("Reason:").say(detail))?;
    }
    if verdict.status == "findings" && !verdict.complete {
        let mut line = Line::at(0);
        line.painted("1;33", "INCOMPLETE").say("as well:");
        line.say(&format!("{}.", unseen(report)));
        page.line(&line)?;
    }
    compared(page, report)
}

/// Returns whether the target was never captured, so that nothing of it is known.
pub(super) fn nothing_compared(report: &Report) -> bool {
    report.verdict.status == "incomplete"
        && report.target.root_digest.is_none()
        && report.changes.is_empty()
}

/// Returns the one problem that the reason in the first lines tells already.
pub(super) fn only_problem(report: &Report) -> Option<&str> {
    match report.problems.as_slice() {
        [only] if nothing_compared(report) => Some(&only.reason),
        _ => None,
    }
}

fn detail(report: &Report) -> Option<&str> {
    report.verdict.detail.as_deref().or_else(|| only_problem(report))
}

fn incomplete(line: &mut Line, report: &Report) {
    let code = report.verdict.reason.as_deref();
    if nothing_compared(report) {
        line.say("nothing was compared:");
        match code {
            Some("problems") => {
                line.say("the target could not be read");
            }
            code => reason(line, code),
        }
        return;
    }
    line.say(&format!("no finding{} so far", at_threshold(report)));
    aside(line, report);
    line.glue(",").say("but");
    reason(line, code);
    line.say(&format!("({})", unseen(report)));
}

/// Whether a finding of this severity fails the run.
fn is_loud(report: &Report, severity: Severity) -> bool {
    let threshold = Severity::ALL.into_iter().find(|level| level.name() == report.scope.fail_on);
    severity >= threshold.unwrap_or(Severity::Low).max(Severity::Informational)
}

/// Returns the changes that the threshold makes findings, and that nobody accepted.
fn loud(report: &Report) -> Vec<&Change> {
    let is_finding = |change: &&Change| {
        change.folded_into.is_none()
            && change.waived_by.is_none()
            && is_loud(report, change.severity)
    };
    report.changes.iter().filter(is_finding).collect()
}

/// Returns how many policies failed that the threshold makes findings, and that nobody accepted.
fn failed(report: &Report) -> usize {
    let failed = |policy: &&Policy| {
        policy.status == Status::Fail.name()
            && policy.waived_by.is_none()
            && is_loud(report, policy.severity)
    };
    report.policies.iter().filter(failed).count()
}

/// Returns how many findings do not count because the previous report had them.
fn known(report: &Report) -> u64 {
    let since = report.since_previous.as_ref().filter(|_| report.scope.fail_on_new);
    since.map_or(0, |since| since.not_counted)
}

fn findings(line: &mut Line, report: &Report) {
    let (mut found, failed, known) = (loud(report), failed(report), known(report));
    let all = (found.len() as u64).saturating_add(failed as u64);
    if all == 0 {
        // `diff` calls every difference a finding.
        found = report.changes.iter().filter(|change| change.folded_into.is_none()).collect();
        line.say(&count(found.len(), "difference"));
    } else {
        line.say(&total(all.saturating_sub(known), "finding")).say(&at_threshold(report));
    }
    if report.scope.fail_on_new && report.since_previous.is_some() {
        line.say("that the previous report does not have, or not for certain");
        aside(line, report);
        return;
    }
    let mut separator = ":";
    for (cause, _, phrase) in CAUSES {
        let members = found.iter().filter(|change| change.cause == *cause);
        let (all, critical) = members.fold((0u64, 0u64), |(all, critical), change| {
            (all.saturating_add(1), critical + u64::from(change.severity == Severity::Critical))
        });
        if all > 0 {
            line.glue(separator).say(&number(all)).say(phrase);
            separator = ",";
        }
        if critical > 0 {
            line.say(&format!("({} critical)", number(critical)));
        }
    }
    if failed > 0 {
        let policies = if failed == 1 { "policy failed" } else { "policies failed" };
        line.glue(separator).say(&number(failed as u64)).say(policies);
    }
    aside(line, report);
}

/// Appends what does not count, so that nobody takes it for gone.
fn aside(line: &mut Line, report: &Report) {
    let (known, waived) = (known(report), report.summary.waived);
    if known > 0 {
        line.glue(";").say(&total(known, "known one")).say("left uncounted (--fail-on-new)");
    }
    if waived > 0 {
        line.glue(";").say(&number(waived)).say("waived");
    }
    let unchecked = |policy: &&Policy| policy.status == Status::NotChecked.name();
    let unchecked = report.policies.iter().filter(unchecked).count();
    if unchecked > 0 {
        line.glue(";").say(&count(unchecked, "policy")).say("not checked");
    }
}

fn at_threshold(report: &Report) -> String {
    match report.scope.fail_on.as_str() {
        "never" => String::new(),
        level => format!(" at or above {level}"),
    }
}

fn reason(line: &mut Line, code: Option<&str>) {
    match code.map(|code| (code, REASONS.iter().find(|(known, _)| *known == code))) {
        Some((_, Some((_, words)))) => line.say(words),
        Some((code, None)) => line.say("reason").name(code.as_bytes()),
        None => line.say("it is not said why"),
    };
}

fn unseen(report: &Report) -> String {
    let is_incomplete =
        |policy: &&Policy| Status::parse(policy.status).is_none_or(Status::is_incomplete);
    let unanswered = report.policies.iter().filter(is_incomplete).count();
    let mut text = format!(
        "{}, {} not compared",
        count(report.problems.len(), "problem"),
        total(report.coverage.not_compared, "entry")
    );
    if unanswered > 0 {
        text.push_str(&format!(", {} without an answer", count(unanswered, "policy")));
    }
    text
}

/// Writes what was compared with what, and what that is worth.
fn compared(page: &mut Page<'_>, report: &Report) -> io::Result<()> {
    let target = &report.target;
    let mut line = Line::at(2);
    line.say("Target:").name(target.locator.as_bytes());
    match target.kind.as_str() {
        // Of a target that was not read, the kind is a guess.
        _ if target.root_digest.is_none() => &mut line,
        "oci" => line.say("is an OCI image"),
        "docker-archive" => line.say("is an image in a docker archive"),
        "overlay" => line.say("is an overlay"),
        "sbom" => line.say("is a bill of materials"),
        kind => line.say("is a").name(kind.as_bytes()),
    };
    let identity = &target.identity;
    for (word, value) in [
        ("system", &identity.os),
        ("version", &identity.version),
        ("architecture", &identity.architecture),
        ("host", &identity.hostname),
        ("image", &identity.image_digest),
    ] {
        if let Some(value) = value {
            line.glue(",").say(word).value(value.as_bytes());
        }
    }
    page.line(&line)?;
    configured(page, report)?;
    asked(page, report)?;
    let mut line = Line::at(2);
    line.say("Compared with:");
    if report.verdict.status == "untrusted" {
        line.say("nothing; no byte of what was refused was used");
        if let Some(file) = &report.baseline.file {
            line.glue(",").say("which was").name(file.as_bytes());
        }
        return page.line(&line);
    }
    reference(&mut line, &report.baseline);
    page.line(&line)?;
    composed(page, &report.baseline)?;
    if report.scope.rules_overridden {
        page.say(2, "Rules of the operator replaced those of the baseline.")?;
    }
    if report.scope.only == ["policies"] {
        page.say(
            2,
            "Differences are what policies look at; they were not judged (--only policies).",
        )?;
    }
    Ok(())
}

/// What a seal that does not hold was to vouch for.
fn refused(report: &Report) -> &'static str {
    match report.baseline.kind {
        "none" => "a manifest, a bundle of policies or a file of waivers was",
        _ => "the reference was",
    }
}

/// Writes where policies and waivers come from, and what tailors them.
fn asked(page: &mut Page<'_>, report: &Report) -> io::Result<()> {
    if !report.policy_origins.is_empty() {
        let mut line = Line::at(2);
        line.say("Policies from:");
        for (at, origin) in report.policy_origins.iter().enumerate() {
            if at > 0 {
                line.glue(",");
            }
            line.name(origin.name.as_bytes());
            if origin.kind != "builtin" {
                line.say(if origin.signed { "(sealed)" } else { "(UNSIGNED)" });
            }
        }
        line.glue(".");
        page.line(&line)?;
    }
    if let Some(tailoring) = &report.tailoring {
        let profiles = tailoring.profiles.iter().map(|profile| &profile.name);
        let parameters = tailoring.parameters.iter().map(|parameter| &parameter.name);
        let mut line = Line::at(2);
        line.say("Tailored by:");
        for (at, name) in profiles.chain(parameters).enumerate() {
            if at > 0 {
                line.glue(",");
            }
            line.name(name.as_bytes());
        }
        line.glue(".");
        page.line(&line)?;
    }
    if let Some(origin) = &report.waiver_origin {
        let mut line = Line::at(2);
        line.say("Waivers from:").name(origin.file.as_bytes());
        line.say(if origin.signed { "(sealed)" } else { "(UNSIGNED)" }).glue(".");
        page.line(&line)?;
    }
    Ok(())
}

/// Writes which configuration files were in force.
fn configured(page: &mut Page<'_>, report: &Report) -> io::Result<()> {
    let files = &report.tool.config_digests;
    if files.is_empty() {
        return Ok(());
    }
    let mut line = Line::at(2);
    line.say("Configured by:");
    for (at, config) in files.iter().enumerate() {
        if at > 0 {
            line.glue(",");
        }
        line.name(config.file.as_bytes());
    }
    line.glue(".");
    page.line(&line)
}

fn reference(line: &mut Line, baseline: &Reference) {
    match (baseline.kind, baseline.verified) {
        ("package-database", _) => {
            line.say("the target's own package database. This reference is UNSIGNED: it is the")
                .say("target's own word, and whoever could change the files could change it too.");
            return;
        }
        ("none", _) => {
            line.say("nothing: no reference was given.");
            return;
        }
        ("sealed", true) if !baseline.composed_of.is_empty() => {
            let several = count(baseline.composed_of.len(), "sealed baseline");
            line.say(&several).say("laid over each other, the last of them")
        }
        ("sealed", true) => line.say("the sealed baseline"),
        ("sealed", false) => line.say("the baseline, its seal NOT VERIFIED,"),
        (kind, true) => line.say("the verified").say(kind),
        (kind, false) => line.say("the UNSIGNED").say(kind),
    };
    line.name(baseline.file.as_deref().unwrap_or("").as_bytes());
    if let Some(identity) = &baseline.identity {
        line.say("of").name(identity.as_bytes());
    }
    if let Some(sequence) = baseline.sequence {
        line.glue(",").say(&format!("sequence {sequence}"));
    }
    if let Some(created) = &baseline.created {
        line.glue(",").say("made").name(created.as_bytes());
    }
    match baseline.age_seconds {
        Some(age) if age < 0 => {
            line.say(&format!("({} in the future)", span(age.unsigned_abs())));
        }
        Some(age) => {
            line.say(&format!("({} ago)", span(age.unsigned_abs())));
        }
        None => {}
    }
    if let Some(expires) = &baseline.expires {
        line.glue(",").say("expires").name(expires.as_bytes());
    }
    for (at, signer) in baseline.signers.iter().enumerate() {
        line.glue(",").say(if at == 0 { "signed by" } else { "and by" });
        line.name(signer.name.as_bytes()).say("with key").value(signer.key.as_bytes());
    }
    line.glue(".");
    if !baseline.verified {
        line.say("Whoever could write it decides what this report says.");
    }
}

/// Writes each of several baselines, the lowest first.
fn composed(page: &mut Page<'_>, baseline: &Reference) -> io::Result<()> {
    for (at, one) in baseline.composed_of.iter().enumerate() {
        let mut line = Line::at(4);
        line.say(&format!("{}.", at.saturating_add(1))).name(one.file.as_bytes());
        line.say("of").name(one.identity.as_bytes());
        line.glue(",").say(&format!("sequence {}", one.sequence));
        line.glue(",").say("made").name(one.created.as_bytes());
        if let Some(expires) = &one.expires {
            line.glue(",").say("expires").name(expires.as_bytes());
        }
        for signer in &one.signers {
            line.glue(",").say("signed by").name(signer.name.as_bytes());
        }
        page.line(&line)?;
    }
    Ok(())
}

/// Writes what to do, and what this run does not prove.
pub(super) fn write_advice(page: &mut Page<'_>, report: &Report) -> io::Result<()> {
    page.heading("What to do")?;
    let advice = match (report.verdict.status, report.summary.recommendation) {
        ("untrusted", _) if report.baseline.kind == "none" => {
            match report.verdict.reason.as_deref() {
                Some("no-trust") => distrust(Some("no-trust")),
                _ => {
                    "Do not use this file. Fetch it again from where it was sealed, or find out who \
                 changed it; the baseline is not at fault."
                }
            }
        }
        ("untrusted", _) => distrust(report.verdict.reason.as_deref()),
        _ if nothing_compared(report) => again(report.verdict.reason.as_deref()),
        (_, "replace") if matches!(report.target.kind.as_str(), "oci" | "docker-archive") => {
            "REPLACE: the image is not what was sealed. Do not deploy it. Find out what changed it, \
             and build it again; seal it only if the change was meant."
        }
        (_, "replace") => {
            "REPLACE: something was changed in place. Keep the evidence, then replace this system \
             from its golden image; do not repair it by hand."
        }
        (_, "review") => "REVIEW: somebody should look at the lines above and decide.",
        _ => "Nothing.",
    };
    page.say(2, advice)?;
    for note in &report.notes {
        page.line(Line::at(2).say("Note:").say(note))?;
    }
    Ok(())
}

/// Returns what to do about a reference that was refused.
fn distrust(reason: Option<&str>) -> &'static str {
    match reason {
        Some("no-trust") => {
            "Name the public key by --trust, from where the key was made and not from where the \
             reference lay."
        }
        Some("unsigned") => {
            "Do not use this reference. Copy its seal along with it from where it was sealed, or \
             have it sealed there."
        }
        Some("wrong-identity") => {
            "Do not use this reference here. Name the one that was sealed for this system, or \
             correct the identity that is expected."
        }
        Some("expired" | "too-old") => {
            "Do not use this reference. Have a newer one captured and sealed."
        }
        _ => {
            "Do not use this reference. Fetch it again from where it was sealed, or find out who \
             changed it."
        }
    }
}

/// Returns what to do after a run that compared nothing.
fn again(reason: Option<&str>) -> &'static str {
    match reason {
        Some("busy") => "RETRY: check again when the other run has ended.",
        Some("deadline") => "RETRY: allow more time by --deadline, or find out what is slow.",
        _ => "RETRY: make the target readable, or correct its name, and check again.",
    }
}
