//! dpkg's own books, as far as they are not the database that ownership was read from: what they say
//! must follow from that.

use super::about::About;
use super::{Contents, Derivation, Product};
use crate::bounds::escape::escaped;
use crate::model::{RowId, TreePath};
use crate::packages::{Completeness, Diversion};

/// Files below `/var/lib/dpkg`.
#[derive(Debug)]
pub(super) struct Books;

const ROOT: &[u8] = b"var/lib/dpkg/";
/// Those that the database is read from, or that nothing reads: nothing else says the same.
const BOOKS: [&[u8]; 9] = [
    b"arch",
    b"available",
    b"available-old",
    b"cmethopt",
    b"diversions-old",
    b"statoverride-old",
    b"status",
    b"status-old",
    b"triggers/File",
];

impl Product for Books {
    fn made_by(&self) -> &'static str {
        "dpkg(1)"
    }

    fn is_at(&self, path: &TreePath, _about: &About<'_>) -> bool {
        let Some(name) = path.as_bytes().strip_prefix(ROOT) else { return false };
        let exact = [&b"diversions"[..], b"arch-native", b"info/format", b"lock", b"lock-frontend"];
        exact.contains(&name) || BOOKS.contains(&name) || is_list(name)
    }

    fn needs(&self, path: &TreePath, about: &About<'_>, _contents: &Contents) -> Vec<RowId> {
        let mut rows: Vec<RowId> = about.tree.find(path).into_iter().collect();
        if path.name() == b"diversions" {
            let diversions = about.ownership.records().diversions();
            rows.extend(diversions.iter().flat_map(|diversion| scripts(diversion, about)));
        }
        rows
    }

    fn derive(&self, path: &TreePath, about: &About<'_>, contents: &Contents) -> Derivation {
        let name = path.as_bytes().strip_prefix(ROOT).unwrap_or_default();
        if about.tree.find(path).is_none() {
            return Derivation::Unproven("dpkg(1) may have removed it".to_owned());
        }
        let Some(bytes) = about.own(path, contents) else {
            return Derivation::Unproven("it could not be read".to_owned());
        };
        let records = about.ownership.records();
        if records.completeness() != Completeness::Complete {
            return Derivation::Wrong("the database of packages has faults".to_owned());
        }
        let equal = |is: bool, what: &str| match is {
            true => Derivation::Right(what.to_owned()),
            false => Derivation::Wrong(format!("not so: {what}")),
        };
        match name {
            b"diversions" => diversions(bytes, about, contents),
            b"lock" | b"lock-frontend" => equal(bytes.is_empty(), "it is empty"),
            b"info/format" => equal(bytes == b"1\n", "it names the only format there is"),
            b"arch-native" => {
                let own = records.packages().iter().find(|package| package.name == "dpkg");
                let own = own.map(|package| [package.architecture.as_bytes(), b"\n"].concat());
                equal(own.as_deref() == Some(bytes), "it names the architecture of dpkg itself")
            }
            name if is_list(name) => Derivation::Unproven(
                "dpkg(1) rewrites the list of a package when another takes its files; nothing else \
                 says what it held"
                    .to_owned(),
            ),
            _ => Derivation::Unproven(
                "what it says of packages was compared package by package; of the rest of it \
                 there is no second source"
                    .to_owned(),
            ),
        }
    }
}

fn is_list(name: &[u8]) -> bool {
    name.strip_prefix(b"info/")
        .is_some_and(|name| name.ends_with(b".list") && !name.contains(&b'/'))
}

/// The scripts of the package that diverts.
fn scripts(diversion: &Diversion, about: &About<'_>) -> Vec<RowId> {
    let Some(by) = &diversion.by else { return Vec::new() };
    let packages = about.ownership.records().packages().iter().filter(|one| one.name == *by);
    let mut rows = Vec::new();
    for package in packages {
        for stem in [by.clone(), format!("{by}:{}", package.architecture)] {
            for script in ["preinst", "postinst"] {
                let path = format!("var/lib/dpkg/info/{stem}.{script}");
                rows.extend(about.file(path.as_bytes()));
            }
        }
    }
    rows
}

fn diversions(bytes: &[u8], about: &About<'_>, contents: &Contents) -> Derivation {
    let records = about.ownership.records();
    let mut written = Vec::new();
    for diversion in records.diversions() {
        for path in [diversion.from, diversion.to] {
            written.extend([b"/", records.path(path).as_bytes(), b"\n"].concat());
        }
        written.extend([diversion.by.as_deref().unwrap_or(":").as_bytes(), b"\n"].concat());
    }
    if written != bytes {
        return Derivation::Wrong("it is not as dpkg-divert(1) writes it".to_owned());
    }
    for diversion in records.diversions() {
        let from = records.path(diversion.from);
        let shown = escaped(from.as_bytes());
        let Some(by) = &diversion.by else {
            return Derivation::Unproven(format!("somebody diverted /{shown} by hand"));
        };
        if !records.packages().iter().any(|package| package.name == *by) {
            return Derivation::Wrong(format!("/{shown} is diverted by {by}, which is not there"));
        }
        let to = records.path(diversion.to);
        let texts = scripts(diversion, about);
        let mut texts = texts.iter().filter_map(|row| contents.get(row));
        if !texts.any(|text| diverts(text, from.as_bytes(), to.as_bytes())) {
            return Derivation::Unproven(format!("no script of {by} diverts /{shown}"));
        }
    }
    Derivation::Right("every diversion is that of a script of an installed package".to_owned())
}

/// Whether a script diverts one path to another, which it may write as a suffix.
fn diverts(script: &[u8], from: &[u8], to: &[u8]) -> bool {
    let holds =
        |part: &[u8]| !part.is_empty() && script.windows(part.len()).any(|window| window == part);
    let absolute = [b"/", from].concat();
    let suffix = to.strip_prefix(from).filter(|suffix| suffix.starts_with(b"."));
    // The suffix that dpkg-divert(1) takes by itself need not stand there.
    let suffixed = suffix.is_some_and(|suffix| suffix == b".distrib" || holds(suffix));
    holds(b"dpkg-divert") && holds(&absolute) && (holds(to) || suffixed)
}
