//! Every attribute on every type that can carry it, changed once, reported exactly once.
#![expect(clippy::print_stderr, reason = "the number of cases is part of what the test shows")]

use std::collections::BTreeMap;

use drift_core::model::{Attribute, AttributeSet, FileType, attribute};
use drift_testkit::{need, reference};

use super::mutators::{MUTATORS, Mutator};
use super::scene::{TYPES, difference, everything, memory, names, real, real_stage, stage, told};

/// The lists of rules under which a case is looked at, and what each shows of it.
fn judgements(row: &Attribute, file_type: FileType, also: &[&str]) -> Vec<(String, String)> {
    let named = |set: AttributeSet, name: &&str| set.with(AttributeSet::named(name));
    let all = also.iter().fold(AttributeSet::named(row.name), named);
    let compared = all.and(attribute::compared(file_type));
    [
        (String::new(), compared),
        (format!("attributes={} *", row.name), AttributeSet::named(row.name)),
        (everything(), all),
    ]
    .into_iter()
    .map(|(rules, expected)| (format!("{rules}\nignore /elsewhere/*"), names(expected)))
    .collect()
}

/// Checks what a comparison says of `/d/subject`, and that it says nothing else but of the paths
/// that must change with it.
fn check(what: &str, told: Vec<String>, mutator: &Mutator, expected: &str) {
    let is_elsewhere = |line: &String| mutator.elsewhere.iter().any(|path| line.contains(path));
    let (elsewhere, here): (Vec<String>, Vec<String>) = told.into_iter().partition(is_elsewhere);
    assert_eq!(elsewhere.is_empty(), mutator.elsewhere.is_empty(), "{what}: {elsewhere:?}");
    assert!(elsewhere.len() <= mutator.elsewhere.len(), "{what}: {elsewhere:?}");
    let expected: Vec<String> = match expected {
        "" => Vec::new(),
        names => vec![format!("modified /d/subject: {names}")],
    };
    assert_eq!(here, expected, "{what}");
}

fn in_memory(row: &Attribute, mutator: &Mutator, file_type: FileType) -> usize {
    let build = |changed: bool| {
        let mut volume = stage(file_type);
        if let Some(prepare) = mutator.prepare {
            (prepare.memory)(&mut volume, file_type);
        }
        if changed {
            (mutator.change.memory)(&mut volume, file_type);
        }
        volume
    };
    let judgements = judgements(row, file_type, mutator.also);
    for (rules, expected) in &judgements {
        let what = format!("{} of a {file_type} in memory under {rules:?}", row.name);
        let (before, after) = (memory(build(false), rules), memory(build(true), rules));
        let comparison = difference(&before, &after);
        assert_eq!(comparison.not_compared, 0, "{what}");
        check(&what, told(&comparison), mutator, expected);
    }
    judgements.len()
}

fn on_disk(row: &Attribute, mutator: &Mutator, file_type: FileType) -> usize {
    let mut root = real_stage(file_type);
    if let Some(prepare) = mutator.prepare {
        root = (prepare.real)(root, file_type);
    }
    let judgements = judgements(row, file_type, mutator.also);
    let look = |root: &drift_testkit::TempRoot| -> Vec<_> {
        judgements.iter().map(|(rules, _)| real(root.path(), rules)).collect()
    };
    let (before, oracle_before) = (look(&root), reference::walk(root.path()));
    root = (mutator.change.real)(root, file_type);
    let (after, oracle_after) = (look(&root), reference::walk(root.path()));
    for ((rules, expected), (before, after)) in judgements.iter().zip(before.iter().zip(&after)) {
        let what = format!("{} of a {file_type} on disk under {rules:?}", row.name);
        let comparison = difference(before, after);
        assert_eq!(comparison.not_compared, 0, "{what}");
        check(&what, told(&comparison), mutator, expected);
    }
    independently(row, mutator, &reference::compare(&oracle_before, &oracle_after));
    judgements.len()
}

/// The plain walk saw the same change, so the mutator did what it says and nothing more.
fn independently(
    row: &Attribute,
    mutator: &Mutator,
    differences: &BTreeMap<Vec<u8>, reference::Difference>,
) {
    let decoded = |name| attribute::find(name).is_some_and(|row| !row.xattrs.is_empty());
    let raw = |name: &'static str| if decoded(name) { "xattr" } else { name };
    let elsewhere = |path: &[u8]| {
        path.starts_with(b"elsewhere/")
            || mutator.elsewhere.iter().any(|at| at.as_bytes().get(1..) == Some(path))
    };
    let here: Vec<_> = differences.iter().filter(|(path, _)| !elsewhere(path)).collect();
    let expected = mutator.also.iter().copied().chain([row.name]).map(raw).collect();
    let expected = reference::Difference::Changed(expected);
    assert_eq!(here, [(&b"d/subject".to_vec(), &expected)], "{}", row.name);
}

#[test]
fn every_line_of_the_table_has_a_mutator() {
    for row in attribute::ATTRIBUTES {
        let count = MUTATORS.iter().filter(|mutator| mutator.attribute == row.name).count();
        assert!(count > 0, "{} is in the table and nothing here changes it", row.name);
    }
    for mutator in MUTATORS {
        assert!(attribute::find(mutator.attribute).is_some(), "{}", mutator.attribute);
    }
}

#[test]
fn each_attribute_of_each_type_is_reported_once_and_alone() {
    let root = need::root();
    let (mut cases, mut comparisons) = ((0, 0), 0);
    for mutator in MUTATORS {
        let row = attribute::find(mutator.attribute).expect("the test above says so");
        for file_type in TYPES.into_iter().filter(|file_type| row.types.contains(*file_type)) {
            comparisons += in_memory(row, mutator, file_type);
            cases.0 += 1;
            if root.is_some() {
                comparisons += on_disk(row, mutator, file_type);
                cases.1 += 1;
            }
        }
    }
    let attributes = attribute::ATTRIBUTES.len();
    let of_types: usize = attribute::ATTRIBUTES
        .iter()
        .map(|row| TYPES.iter().filter(|file_type| row.types.contains(**file_type)).count())
        .sum();
    eprintln!(
        "detection: {} cases ({} in memory, {} on disk; {attributes} attributes, \
         {of_types} pairs with a type), {comparisons} comparisons",
        cases.0 + cases.1,
        cases.0,
        cases.1,
    );
    assert!(cases.0 >= of_types, "a pair of attribute and type was left out");
}
