//! Documents that follow from the code, and the form of decisions.

use drift_core::model::attribute::{ATTRIBUTES, Attribute};
use drift_core::model::{FileType, FileTypes, SourceKind};

use super::repository::{files, none, read, write};

#[test]
fn every_attribute_is_documented() {
    let expect = attributes();
    if is_blessing() {
        write("docs/attributes.md", &expect);
    }
    let advice = "run `DRIFT_TEST_BLESS=1 cargo test --test tidy` and commit docs/attributes.md";
    let found = read("docs/attributes.md");
    let wrong = expect.lines().zip(found.lines()).filter(|(expect, found)| expect != found);
    let wrong: Vec<_> = wrong.map(|(_, found)| found.to_owned()).collect();
    none(&wrong, advice);
    assert_eq!(found.len(), expect.len(), "{advice}: a line is missing or too many");
}

#[expect(clippy::disallowed_methods, reason = "the switch of whoever runs the tests")]
pub(crate) fn is_blessing() -> bool {
    std::env::var_os("DRIFT_TEST_BLESS").is_some_and(|value| value == "1")
}

/// The document of the table of attributes.
fn attributes() -> String {
    let mut text = "# Attributes

Written from `ATTRIBUTES` in `drift-core/src/model/attribute/mod.rs` by the test `tidy`; change it
there. *Carried by* are the types that can have the attribute, *compared for* those of which class
`read-only` compares it. A *guarded* attribute is compared as well where content may change
(`dynamic`, `growing`, `secret`). A target that cannot carry an attribute says so in
`coverage.not_observable`.

| attribute | meaning | carried by | compared for | guarded | targets |
|---|---|---|---|---|---|
"
    .to_owned();
    for attribute in ATTRIBUTES {
        text.push_str(&row(attribute));
    }
    text
}

fn row(attribute: &Attribute) -> String {
    let Attribute { name, meaning, .. } = attribute;
    let guarded = if attribute.guarded { "yes" } else { "no" };
    let targets = match attribute.sources {
        all if all.len() == SourceKind::ALL.len() => "all".to_owned(),
        // A bill of materials carries so little that naming all others would say less.
        objects
            if objects.len() + 1 == SourceKind::ALL.len()
                && !objects.contains(&SourceKind::Sbom) =>
        {
            "all but sbom".to_owned()
        }
        some => some.iter().map(|kind| kind.name()).collect::<Vec<_>>().join(", "),
    };
    let (carried, compared) = (types(attribute.types), types(attribute.compared));
    format!("| `{name}` | {meaning} | {carried} | {compared} | {guarded} | {targets} |\n")
}

/// The shorter of the types that are in the set and those that are not.
fn types(set: FileTypes) -> String {
    let known = FileType::ALL.into_iter().filter(|file_type| *file_type != FileType::Unknown);
    let (within, without): (Vec<_>, Vec<_>) = known.partition(|kind| set.contains(*kind));
    let names =
        |types: &[FileType]| types.iter().map(|kind| kind.name()).collect::<Vec<_>>().join(", ");
    match (within.as_slice(), without.as_slice()) {
        (_, []) => "all".to_owned(),
        ([], _) => "none".to_owned(),
        (_, but) if but.len() < 3 => format!("all but {}", names(but)),
        (only, _) => names(only),
    }
}

#[test]
fn decisions_are_numbered_and_short() {
    const LINES: usize = 80;
    let mut wrong = Vec::new();
    let mut numbers = Vec::new();
    for file in files() {
        let Some(name) = file.path.strip_prefix("docs/decisions/") else { continue };
        let number = name.split('-').next().filter(|number| number.len() == 4);
        match number.and_then(|number| number.parse::<u16>().ok()) {
            Some(number) if numbers.contains(&number) => {
                wrong.push(format!("{}: its number is taken", file.path));
            }
            Some(number) => numbers.push(number),
            None => wrong.push(format!("{}: is not NNNN-NAME.md", file.path)),
        }
        if !name.ends_with(".md") || file.text.lines().count() > LINES {
            wrong.push(format!("{}: is not Markdown of at most {LINES} lines", file.path));
        }
    }
    none(&wrong, "a decision is docs/decisions/NNNN-NAME.md, one page: context, choice, doubts");
}

#[test]
fn links_between_documents_lead_somewhere() {
    let mut broken = Vec::new();
    for file in files().into_iter().filter(|file| file.path.ends_with(".md")) {
        let folder = file.path.rsplit_once('/').map_or("", |(folder, _)| folder);
        for part in file.text.split("](").skip(1) {
            let link = part.split([')', '#', ' ']).next().unwrap_or_default();
            let path = super::repository::root().join(folder).join(link);
            if !link.is_empty() && !link.contains("://") && !path.exists() {
                broken.push(format!("{}: {link}", file.path));
            }
        }
    }
    none(&broken, "mend the link");
}
