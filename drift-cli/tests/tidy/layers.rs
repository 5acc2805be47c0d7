//! The order of modules in drift-core/src/lib.rs is the order of dependence.

use super::repository::{none, read, rust};

/// Uses that go against the order, each with its reason: file, module, why.
const EXCEPTIONS: &[(&str, &str, &str)] =
    &[("bounds/observer.rs", "model", "an event names the path that a run waits for")];

const SOURCES: &str = "drift-core/src/";

/// Returns the top modules in the order of lib.rs.
fn order() -> Vec<String> {
    let declared = |line: &str| {
        let line = line.strip_prefix("pub ").unwrap_or(line);
        Some(line.strip_prefix("mod ")?.strip_suffix(';')?.to_owned())
    };
    read("drift-core/src/lib.rs").lines().filter_map(declared).collect()
}

/// Returns the top module of a path below `drift-core/src`, and how many modules deep it lies.
fn place(path: &str) -> (&str, usize) {
    let stem = path.trim_end_matches(".rs").trim_end_matches("/mod");
    (stem.split('/').next().unwrap_or(stem), stem.split('/').count())
}

/// Returns the top modules that code at this depth names: `crate::NAME`, `crate::{A::…, B::…}`, and
/// as many `super::` as lead up to the root.
fn used(code: &str, depth: usize) -> Vec<String> {
    let identifier = |text: &str| -> String {
        text.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect()
    };
    let climb = "super::".repeat(depth);
    let mut used = Vec::new();
    for prefix in ["crate::", climb.as_str()] {
        for (at, _) in code.match_indices(prefix) {
            let before = code.get(..at).unwrap_or_default();
            if before.ends_with("super::")
                || before.ends_with(|c: char| c.is_alphanumeric() || c == '_')
            {
                continue;
            }
            let rest = code.get(at + prefix.len()..).unwrap_or_default();
            match rest.strip_prefix('{') {
                Some(group) => used.extend(heads(group)),
                None => used.push(identifier(rest)),
            }
        }
    }
    used.retain(|name| name != "super");
    used
}

/// Returns the first names of a group's parts, up to its closing brace.
fn heads(group: &str) -> Vec<String> {
    let (mut heads, mut head, mut depth, mut open) = (Vec::new(), String::new(), 1_usize, true);
    for character in group.chars() {
        match character {
            '{' => depth += 1,
            '}' => depth -= 1,
            ',' if depth == 1 => {
                heads.push(std::mem::take(&mut head));
                open = true;
            }
            ':' => open = false,
            _ if open && depth == 1 && !character.is_whitespace() => head.push(character),
            _ => {}
        }
        if depth == 0 {
            break;
        }
    }
    heads.push(head);
    heads.retain(|head| !head.is_empty());
    heads
}

#[test]
fn a_module_uses_only_what_stands_above_it() {
    let order = order();
    let rank = |module: &str| order.iter().position(|known| known == module);
    let (mut against, mut needed) = (Vec::new(), Vec::new());
    for file in rust() {
        let Some(path) = file.path.strip_prefix(SOURCES) else { continue };
        let (module, depth) = place(path);
        let Some(own) = rank(module).filter(|_| !file.is_test()) else { continue };
        let code: Vec<&str> = file.statements().map(|(_, line)| line).collect();
        for name in used(&code.join("\n"), depth) {
            if rank(&name).is_none_or(|other| other <= own) {
                continue;
            }
            match EXCEPTIONS.iter().find(|(file, other, _)| *file == path && *other == name) {
                Some(exception) => needed.push(exception),
                None => against.push(format!("{path} uses {name}, which stands below {module}")),
            }
        }
    }
    none(&against, "move the code up, or hand the value in from below (drift-core/src/lib.rs)");
    let stale = EXCEPTIONS.iter().filter(|exception| !needed.contains(exception));
    let stale: Vec<_> = stale.map(|(file, other, _)| format!("{file} and {other}")).collect();
    none(&stale, "delete the exception, which nothing needs any more");
}

#[test]
fn uses_are_found_in_every_spelling() {
    let check =
        |code: &str, depth, expect: &[&str]| assert_eq!(used(code, depth), expect, "{code}");
    check("use crate::model::{A, b::C};", 1, &["model"]);
    check("use crate::{bounds::{A, B}, model::C, seal};", 1, &["bounds", "model", "seal"]);
    check("use super::model::A;", 1, &["model"]);
    check("use super::sibling::A; super::super::model::B", 2, &["model"]);
    check("fn f() -> drift_crate::x {}", 1, &[]);
    assert_eq!(place("model/attribute/mod.rs"), ("model", 2));
    assert_eq!(place("artifact.rs"), ("artifact", 1));
    assert!(order().starts_with(&["bounds".to_owned(), "model".to_owned()]));
}
