//! What the checks refuse, where, and what they let through: each case is a policy.

use crate::model::Digest;
use crate::policy::{
    CODES, Diagnostics, Origin, OriginKind, PACKS, PolicyFile, PolicySet, SourceSet, load, pack,
};

const METADATA: &str = "# METADATA
# title: A title
# custom:
#   id: host/case
#   severity: high
#   rationale: Why.
#   remediation: What.
";

fn loaded(files: &[(&str, &str)]) -> Result<PolicySet, Diagnostics> {
    let file = |(name, text): &(&str, &str)| PolicyFile {
        name: (*name).to_owned(),
        text: (*text).to_owned(),
    };
    let origin = Origin {
        name: "test".to_owned(),
        kind: OriginKind::Directory,
        digest: Digest::sha256_of(b""),
        signers: Vec::new(),
        lineage: None,
    };
    load(vec![SourceSet { origin, files: files.iter().map(file).collect() }])
}

/// The policy of the cases: METADATA, with these lines more, the package and this body. The body
/// begins on line 20.
fn policy(metadata: &str, body: &str) -> String {
    let mut text = format!("{METADATA}{metadata}package drift.host.case\n");
    while text.lines().count() < 19 {
        text.push('\n');
    }
    text + body
}

fn refusals(files: &[(&str, &str)]) -> Vec<String> {
    match loaded(files) {
        Ok(_) => Vec::new(),
        Err(Diagnostics(found)) => {
            let short = found.iter().map(|one| format!("{} {}:{}", one.code, one.line, one.column));
            short.collect()
        }
    }
}

#[test]
fn the_built_in_packs_are_clean() {
    let sources = PACKS.iter().filter_map(|one| pack(one.name)).collect();
    let loaded = load(sources);
    assert!(loaded.is_ok(), "{}", loaded.err().unwrap_or_default());
}

/// Body, and everything that is refused in it: code, line, column.
const CASES: &[(&str, &[&str])] = &[
    ("deny contains {\"path\": f.path} if some f in input.lists.setuid", &[]),
    ("deny contains {\"path\": f.path} if some f in input.filez", &["lint/input 20:51"]),
    ("deny contains {\"path\": f.path} if some f in input.lists.setuids", &["lint/input 20:57"]),
    ("deny contains {\"path\": f.paht} if some f in input.lists.setuid", &["lint/input 20:26"]),
];

#[test]
fn each_is_refused_at_its_place() {
    let mut wrong = Vec::new();
    for (body, expected) in CASES {
        let text = policy("", body);
        let found = refusals(&[("case.rego", &text)]);
        if found != *expected {
            let all = loaded(&[("case.rego", &text)]).err().unwrap_or_default();
            wrong.push(format!("{body}\n wanted {expected:?}\n found {found:?}\n{all}"));
        }
    }
    assert!(wrong.is_empty(), "{} of {}:\n{}", wrong.len(), CASES.len(), wrong.join("\n"));
}

#[test]
fn codes_are_unique() {
    let codes: std::collections::BTreeSet<&str> = CODES.iter().map(|code| code.code).collect();
    assert_eq!(codes.len(), CODES.len());
}
