//! `/etc/shells` and what update-shells(8) remembers of it: programs that may be somebody's shell.

use super::about::{About, lines};
use super::{Contents, Derivation, Product};
use crate::bounds::escape::escaped;
use crate::model::{RowId, TreePath};

/// Lists of shells.
#[derive(Debug)]
pub(super) struct Shells;

/// How the file begins (`/usr/share/debianutils/shells`).
const INTRODUCTION: &[u8] = b"# /etc/shells: valid login shells";

impl Product for Shells {
    fn made_by(&self) -> &'static str {
        "update-shells(8)"
    }

    fn is_at(&self, path: &TreePath, _about: &About<'_>) -> bool {
        matches!(path.as_bytes(), b"etc/shells" | b"var/lib/shells.state")
    }

    fn needs(&self, path: &TreePath, about: &About<'_>, _contents: &Contents) -> Vec<RowId> {
        about.tree.find(path).into_iter().collect()
    }

    fn derive(&self, path: &TreePath, about: &About<'_>, contents: &Contents) -> Derivation {
        let Some(text) = about.own(path, contents) else {
            return match about.tree.find(path) {
                None => Derivation::Wrong("it is gone".to_owned()),
                Some(_) => Derivation::Unproven("it could not be read".to_owned()),
            };
        };
        let text = match path.name() {
            b"shells" => text.strip_prefix(INTRODUCTION).and_then(|text| text.strip_prefix(b"\n")),
            _ => Some(text),
        };
        let Some(text) = text.filter(|text| text.ends_with(b"\n")) else {
            return Derivation::Wrong("it does not begin or end as it should".to_owned());
        };
        let mut known = Vec::new();
        for line in lines(text) {
            let shown = escaped(line);
            let file = about.file(line).filter(|_| line.starts_with(b"/"));
            let path = line.strip_prefix(b"/").and_then(|path| TreePath::parse(path).ok());
            if path.is_none_or(|path| path.as_bytes() != line.get(1..).unwrap_or_default()) {
                return Derivation::Wrong(format!("{shown} is no path"));
            }
            if file.is_none_or(|row| !about.is_owned(row)) {
                return Derivation::Wrong(format!("{shown} is no program of a package"));
            }
            if known.contains(&line) {
                return Derivation::Wrong(format!("{shown} stands there twice"));
            }
            known.push(line);
        }
        Derivation::Right(format!("its {} programs are packages' own", known.len()))
    }
}
