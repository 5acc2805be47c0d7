//! `drift explain PACK/NAME`: everything that is known of one policy, and how a target fares with it.

use drift_core::bounds::escape::escaped;
use drift_core::policy::{self, OriginKind, PACKS, Policy, PolicyId, PolicySet, SourceSet};
use drift_core::report::document;

use crate::args::Explain;
use crate::config::nearest;
use crate::failure::Failure;
use crate::policies::{self, BUILTIN};
use crate::settings::Settings;
use crate::tailoring;

/// The policy that was asked for, in a set of it alone or with others of its origin.
pub(super) struct Asked {
    pub(super) set: PolicySet,
    pub(super) id: String,
}

/// Returns the policy that the argument names; `None` where it is a path.
///
/// A path needs no slash before it, so what looks like an id is one only if its pack exists.
pub(super) fn asked(args: &Explain, settings: &Settings) -> Result<Option<Asked>, Failure> {
    let Ok(id) = PolicyId::parse(&args.path) else { return Ok(None) };
    let mut set = policy::load(sources(args, settings)?).map_err(Failure::usage)?;
    // A profile may speak of what is not asked for here, and a path is no policy.
    if set.find(id.as_str()).is_some() {
        tailoring::tailor(&mut set, &args.tailoring, settings)?;
    }
    if set.find(id.as_str()).is_some() {
        return Ok(Some(Asked { set, id: id.to_string() }));
    }
    if !set.policies.iter().any(|policy| policy.id.pack() == id.pack()) {
        return Ok(None);
    }
    let known = set.policies.iter().map(|policy| policy.id.as_str());
    let meant = nearest(id.as_str(), known).unwrap_or_default();
    Err(Failure::usage_text(format!("there is no policy {id}; the nearest is {meant}"))
        .hint(format!("a path of that name is /{id}")))
}

/// All that comes with drift, and what was named.
fn sources(args: &Explain, settings: &Settings) -> Result<Vec<SourceSet>, Failure> {
    let mut names: Vec<String> =
        PACKS.iter().map(|pack| format!("{BUILTIN}{}", pack.name)).collect();
    names.extend(args.policy.iter().filter(|name| !name.starts_with(BUILTIN)).cloned());
    let clock = settings.clock(args.trust.now.as_deref())?;
    let sources = policies::sources(&names, &args.trust, settings, &*clock)?;
    Ok(sources.map_err(|refused| Failure::from(refused.why).within(&shown(&refused.file)))?.sets)
}

/// Returns everything that the policy says of itself.
pub(super) fn described(asked: &Asked) -> String {
    let Some(policy) = asked.set.find(&asked.id) else { return String::new() };
    let mut text = format!("{}: {}\n", policy.id, shown(&policy.title));
    let mut line = |name: &str, value: &str| {
        if !value.is_empty() {
            text.push_str(&format!("  {name:<12} {}\n", shown(value)));
        }
    };
    line("severity", policy.severity.name());
    line("rationale", &policy.rationale);
    line("remediation", &policy.remediation);
    for (catalogue, numbers) in &policy.references {
        line(catalogue, &numbers.join(", "));
    }
    line("looks at", &list(policy.paths.iter()));
    line("sections", &list(policy.sections.iter()));
    for parameter in &policy.parameters {
        let value = asked.set.parameters.get(&parameter.name).unwrap_or(&parameter.default);
        let name = &parameter.name;
        line("parameter", &format!("{name} = {}: {}", value.json(), parameter.description));
    }
    line("text", &place(asked, policy));
    line("revision", &asked.set.revision(policy).to_string());
    text
}

fn place(asked: &Asked, policy: &Policy) -> String {
    let Some(origin) = asked.set.origins.get(policy.origin) else { return String::new() };
    let signed = match origin.kind {
        OriginKind::Builtin => "part of drift".to_owned(),
        OriginKind::Directory => "unsigned".to_owned(),
        OriginKind::Bundle => {
            let names: Vec<&str> = origin.signers.iter().map(|one| one.name.as_str()).collect();
            format!("signed by {}", names.join(", "))
        }
    };
    format!("{}, {} line {} ({signed})", origin.name, policy.file, policy.line)
}

/// Returns how the target fares.
pub(super) fn ended(policy: &document::Policy) -> String {
    let reason = policy.reason.as_deref().map(|reason| format!(": {}", shown(reason)));
    let mut text = format!("  {:<12} {}{}\n", "status", policy.status, reason.unwrap_or_default());
    for denial in &policy.evidence {
        let mut parts = Vec::new();
        if let Some(path) = &denial.path {
            let line = denial.line.map(|line| format!(":{line}")).unwrap_or_default();
            parts.push(format!("{}{line}", shown(path)));
        }
        for (word, value) in [
            ("observed", &denial.observed),
            ("expected", &denial.expected),
            ("package", &denial.package),
        ] {
            parts.extend(value.as_deref().map(|value| format!("{word} {}", shown(value))));
        }
        parts.extend(denial.message.as_deref().map(shown));
        text.push_str(&format!("    {}\n", parts.join("; ")));
    }
    if policy.evidence_omitted > 0 {
        text.push_str(&format!("    and {} more\n", policy.evidence_omitted));
    }
    text
}

fn list<'t>(names: impl Iterator<Item = &'t String>) -> String {
    names.map(String::as_str).collect::<Vec<_>>().join(", ")
}

fn shown(text: &str) -> String {
    escaped(text.as_bytes()).to_string()
}
