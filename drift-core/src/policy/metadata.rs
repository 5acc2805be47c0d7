//! `# METADATA`: the YAML in the comments above `package`, which the interpreter does not read.
//!
//! The form is that of OPA's annotations (<https://www.openpolicyagent.org/docs/policy-language/#annotations>),
//! at package scope alone, with ours below `custom`.

use std::collections::BTreeMap;

use serde::Deserialize;

/// What a policy says of itself.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Metadata {
    pub(super) title: String,
    #[serde(default)]
    pub(super) description: Option<String>,
    #[serde(default)]
    pub(super) scope: Option<String>,
    pub(super) custom: Custom,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Custom {
    pub(super) id: String,
    pub(super) severity: String,
    pub(super) rationale: String,
    pub(super) remediation: String,
    #[serde(default)]
    pub(super) references: BTreeMap<String, Vec<String>>,
    #[serde(default)]
    pub(super) paths: Vec<String>,
    #[serde(default)]
    pub(super) parameters: BTreeMap<String, ParameterText>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ParameterText {
    pub(super) description: String,
    pub(super) default: serde_json::Value,
}

/// A block of METADATA: its first line, from 1, and the YAML without the comment signs.
pub(super) struct Block {
    pub(super) line: u32,
    pub(super) yaml: String,
}

/// Finds the block that stands right above `package`.
pub(super) fn block(text: &str) -> Option<Block> {
    let lines: Vec<&str> = text.lines().collect();
    let package = lines.iter().position(|line| line.starts_with("package "))?;
    let above = lines.get(..package)?;
    let start = above.iter().rposition(|line| line.trim() == "# METADATA")?;
    let body = above.get(start.saturating_add(1)..)?;
    if !body.iter().all(|line| line.starts_with('#')) {
        return None;
    }
    let strip = |line: &&str| {
        let rest = line.strip_prefix('#').unwrap_or(line);
        rest.strip_prefix(' ').unwrap_or(rest).to_owned()
    };
    let yaml = body.iter().map(strip).collect::<Vec<_>>().join("\n");
    Some(Block { line: u32::try_from(start).unwrap_or(u32::MAX).saturating_add(1), yaml })
}
