//! The catalogue of policies: as a table for people, as JSON, as Markdown for a wiki.

use serde::Serialize;

use crate::bounds::escape::escaped;

use super::set::{Parameter, Policy, PolicySet, Selection};

/// The name of the form of the JSON.
const SCHEMA: &str = "drift.catalogue/v1";

#[derive(Serialize)]
struct Catalogue<'s> {
    schema: &'static str,
    origins: Vec<Origin<'s>>,
    policies: Vec<Entry<'s>>,
}

#[derive(Serialize)]
struct Origin<'s> {
    name: &'s str,
    kind: &'static str,
    digest: String,
    signers: Vec<&'s str>,
}

#[derive(Serialize)]
struct Entry<'s> {
    id: &'s str,
    title: &'s str,
    severity: &'static str,
    origin: &'s str,
    selected: bool,
    reason: Option<&'s str>,
    references: &'s std::collections::BTreeMap<String, Vec<String>>,
    paths: &'s [String],
    sections: Vec<&'s str>,
    parameters: Vec<Chosen<'s>>,
    rationale: &'s str,
    remediation: &'s str,
    file: &'s str,
    line: u32,
}

#[derive(Serialize)]
struct Chosen<'s> {
    name: &'s str,
    description: &'s str,
    r#type: &'static str,
    default: &'s super::Value,
    value: &'s super::Value,
}

/// Returns the catalogue as JSON, pretty, with a line end.
#[must_use]
pub fn catalogue_json(set: &PolicySet) -> String {
    let origins = set.origins.iter().map(|origin| Origin {
        name: &origin.name,
        kind: origin.kind.name(),
        digest: origin.digest.to_string(),
        signers: origin.signers.iter().map(|signer| signer.name.as_str()).collect(),
    });
    let catalogue = Catalogue {
        schema: SCHEMA,
        origins: origins.collect(),
        policies: set.policies.iter().map(|policy| entry(set, policy)).collect(),
    };
    let mut text = serde_json::to_string_pretty(&catalogue).unwrap_or_default();
    text.push('\n');
    text
}

fn entry<'s>(set: &'s PolicySet, policy: &'s Policy) -> Entry<'s> {
    Entry {
        id: policy.id.as_str(),
        title: &policy.title,
        severity: policy.severity.name(),
        origin: set.origins.get(policy.origin).map_or("", |origin| &origin.name),
        selected: policy.selection == Selection::Selected,
        reason: left_out(policy),
        references: &policy.references,
        paths: &policy.paths,
        sections: policy.sections.iter().map(String::as_str).collect(),
        parameters: policy.parameters.iter().map(|parameter| chosen(set, parameter)).collect(),
        rationale: &policy.rationale,
        remediation: &policy.remediation,
        file: &policy.file,
        line: policy.line,
    }
}

fn chosen<'s>(set: &'s PolicySet, parameter: &'s Parameter) -> Chosen<'s> {
    Chosen {
        name: &parameter.name,
        description: &parameter.description,
        r#type: parameter.default.kind(),
        default: &parameter.default,
        value: set.parameters.get(&parameter.name).unwrap_or(&parameter.default),
    }
}

fn left_out(policy: &Policy) -> Option<&str> {
    match &policy.selection {
        Selection::Selected => None,
        Selection::NotSelected(why) => Some(why),
    }
}

/// Returns the catalogue as aligned lines: id, severity, title, and below each its parameters.
#[must_use]
pub fn catalogue_text(set: &PolicySet) -> String {
    let width = set.policies.iter().map(|policy| policy.id.as_str().len()).max().unwrap_or(0);
    let loudest = crate::model::Severity::ALL.iter().map(|severity| severity.name().len()).max();
    let loudest = loudest.unwrap_or(0);
    let mut text = String::new();
    for policy in &set.policies {
        let (id, severity) = (policy.id.as_str(), policy.severity.name());
        let title = escaped(policy.title.as_bytes());
        text.push_str(&format!("{id:<width$}  {severity:<loudest$}  {title}\n"));
        if let Some(why) = left_out(policy) {
            let why = escaped(why.as_bytes());
            text.push_str(&format!("{:width$}  not selected: {why}\n", ""));
        }
        for parameter in &policy.parameters {
            let Chosen { name, description, value, .. } = chosen(set, parameter);
            let value = value.json();
            let (value, description) = (escaped(value.as_bytes()), escaped(description.as_bytes()));
            text.push_str(&format!("{:width$}  {name} = {value}  ({description})\n", ""));
        }
    }
    let count = set.policies.len();
    text.push_str(&format!("{count} {}\n", if count == 1 { "policy" } else { "policies" }));
    text
}

/// Returns the catalogue as Markdown: a table, and then a section for each policy.
#[must_use]
pub fn catalogue_markdown(set: &PolicySet) -> String {
    let mut text = "# Policies\n\n| Policy | Severity | Title |\n|---|---|---|\n".to_owned();
    for policy in &set.policies {
        text.push_str(&format!(
            "| {} | {} | {} |\n",
            plain(policy.id.as_str()),
            policy.severity.name(),
            plain(&policy.title)
        ));
    }
    for policy in &set.policies {
        section(&mut text, set, policy);
    }
    text
}

fn section(text: &mut String, set: &PolicySet, policy: &Policy) {
    let mut part = |line: String| {
        text.push_str(&line);
        text.push_str("\n\n");
    };
    text_start(&mut part, policy);
    if let Some(why) = left_out(policy) {
        part(format!("Not selected: {}", plain(why)));
    }
    part(format!("**Why:** {}", plain(&policy.rationale)));
    part(format!("**What to do:** {}", plain(&policy.remediation)));
    let looks = policy.sections.iter().chain(&policy.paths).map(|what| plain(what));
    part(format!("**Looks at:** {}", looks.collect::<Vec<_>>().join(", ")));
    let references = policy.references.iter();
    let references: Vec<String> = references
        .map(|(name, ids)| format!("{} {}", plain(name), plain(&ids.join(", "))))
        .collect();
    if !references.is_empty() {
        part(format!("**References:** {}", references.join("; ")));
    }
    if policy.parameters.is_empty() {
        text.truncate(text.trim_end().len().saturating_add(1));
        return;
    }
    text.push_str("| Parameter | Type | Value | Default | Meaning |\n|---|---|---|---|---|\n");
    for parameter in &policy.parameters {
        let Chosen { name, description, r#type, default, value } = chosen(set, parameter);
        let (default, value) = (plain(&default.json()), plain(&value.json()));
        let (name, description) = (plain(name), plain(description));
        text.push_str(&format!("| {name} | {type} | {value} | {default} | {description} |\n"));
    }
}

fn text_start(part: &mut dyn FnMut(String), policy: &Policy) {
    part(format!("\n## {}", plain(policy.id.as_str())));
    part(format!("{} ({})", plain(&policy.title), policy.severity.name()));
}

/// Escapes what Markdown or HTML would take as more than text.
fn plain(text: &str) -> String {
    let text = escaped(text.as_bytes()).to_string();
    let mut safe = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '&' => safe.push_str("&amp;"),
            '\\' | '`' | '*' | '_' | '[' | ']' | '|' | '#' | '~' | '!' => {
                safe.push('\\');
                safe.push(character);
            }
            other => safe.push(other),
        }
    }
    safe
}

#[cfg(test)]
mod tests {
    use super::{catalogue_json, catalogue_markdown, catalogue_text};
    use crate::policy::worker::sources;
    use crate::policy::{PolicySet, load};

    fn set() -> PolicySet {
        let text = "# METADATA\n# title: \"T | <b> `x`\"\n# custom:\n#   id: site/one\n\
            #   severity: high\n#   rationale: R\n#   remediation: M\n\
            #   references: {cis: [\"1.2\"]}\n\
            #   parameters: {least: {description: D, default: 3}}\n\
            package drift.site.one\n\ndeny contains {\"message\": \"m\"} if {\n\
            \tcount(input.changes) > data.params.least\n}\n";
        load(vec![sources("site", &[("one.rego".to_owned(), text.to_owned())])]).expect("a policy")
    }

    #[test]
    fn every_form_shows_what_was_chosen() {
        let mut set = set();
        set.choose("least", crate::policy::Value::integer(7)).expect("a choice");
        let json: serde_json::Value = serde_json::from_str(&catalogue_json(&set)).expect("JSON");
        let parameter = &json["policies"][0]["parameters"][0];
        assert_eq!((&parameter["default"], &parameter["value"]), (&3.into(), &7.into()));
        assert_eq!(parameter["type"], "number");
        let text = catalogue_text(&set);
        assert!(text.contains("site/one  high") && text.contains("least = 7  (D)"), "{text}");
        assert!(text.ends_with("1 policy\n"), "{text}");
        let markdown = catalogue_markdown(&set);
        assert!(markdown.contains("| site/one | high | T \\| &lt;b&gt; \\`x\\` |"), "{markdown}");
        assert!(markdown.contains("| least | number | 7 | 3 | D |"), "{markdown}");
    }
}
