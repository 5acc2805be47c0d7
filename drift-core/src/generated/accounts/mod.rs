//! Account files, by useradd(8), groupadd(8) and systemd-sysusers(8) in scripts of packages:
//! additions of system accounts that nobody can log in to, and nothing else.
//!
//! A baseline holds digests alone, so an addition is proved by taking it away: what is left must
//! have the digest that was sealed. Names of accounts are told, passwords never.

mod line;

use super::about::{About, Older};
use super::{Contents, Derivation, Product};
use crate::model::{Digest, Entry, Observed, PerHostValue, RowId, TreePath};
use crate::rules::AccountFiles;
use line::{Kind, System};

/// Additions of system accounts.
#[derive(Debug)]
pub(super) struct Accounts;

/// Lines that a file may have to be judged: what is tried grows with their square.
const MAX_LINES: usize = 1024;

impl Product for Accounts {
    fn made_by(&self) -> &'static str {
        "useradd(8)"
    }

    fn is_at(&self, path: &TreePath, _about: &About<'_>) -> bool {
        Kind::of(path.as_bytes()).is_some()
    }

    fn needs(&self, path: &TreePath, about: &About<'_>, _contents: &Contents) -> Vec<RowId> {
        let own = about.tree.find(path);
        own.into_iter().chain(about.file(PASSWD)).chain(about.file(GROUP)).collect()
    }

    fn derive(&self, path: &TreePath, about: &About<'_>, contents: &Contents) -> Derivation {
        let Some(row) = about.tree.find(path) else {
            return Derivation::Wrong("it is gone".to_owned());
        };
        let (Some(kind), Some(text)) = (Kind::of(path.as_bytes()), contents.get(&row)) else {
            return Derivation::Unproven("it could not be read".to_owned());
        };
        let bases = bases(path, about);
        if bases.is_empty() {
            let what = "the older side kept nothing that shows what was added";
            return Derivation::Unproven(what.to_owned());
        }
        let files = AccountFiles {
            passwd: about.bytes(PASSWD, contents),
            group: about.bytes(GROUP, contents),
        };
        let system = System::of(files.passwd.unwrap_or_default(), files.group.unwrap_or_default());
        let split = || text.split_inclusive(|&byte| byte == b'\n');
        let lines: Vec<&[u8]> = split().take(MAX_LINES).collect();
        if lines.len() != split().count() {
            return Derivation::Unproven("it has too many lines to be judged".to_owned());
        }
        let proof = Proof { about, row, bases, files, lines };
        proof.judge(kind, &system)
    }
}

const PASSWD: &[u8] = b"etc/passwd";
const GROUP: &[u8] = b"etc/group";

/// What the older side had: of a backup also what the file itself was, for it is an earlier state.
fn bases(path: &TreePath, about: &About<'_>) -> Vec<Entry> {
    let mut paths = vec![path.clone()];
    if let Some(main) = path.as_bytes().strip_suffix(b"-") {
        paths.extend(TreePath::parse(main));
    }
    let was = |path: &TreePath| match about.older(path) {
        Older::Was(entry) => Some(entry.clone()),
        Older::Same => about.tree.find(path).map(|row| about.tree.entry(row)),
        Older::Absent => None,
    };
    let kept = |entry: &Entry| entry.digest.seen().is_some() || entry.per_host.seen().is_some();
    paths.iter().filter_map(was).filter(kept).collect()
}

struct Proof<'p, 'a> {
    about: &'p About<'a>,
    row: RowId,
    bases: Vec<Entry>,
    files: AccountFiles<'p>,
    lines: Vec<&'p [u8]>,
}

impl Proof<'_, '_> {
    fn judge(&self, kind: Kind, system: &System<'_>) -> Derivation {
        let faults: Vec<Option<&'static str>> =
            (0..self.lines.len()).map(|at| line::fault(kind, &self.lines, at, system)).collect();
        let mut kept = Kept::all(self.lines.len());
        if self.is_base(&kept) {
            return Derivation::Right("it is as the accounts were before".to_owned());
        }
        // The newest lines are the last, so the shortest addition is tried first.
        let mut names = Vec::new();
        for (at, _) in faults.iter().enumerate().rev().filter(|(_, fault)| fault.is_none()) {
            kept.take(at);
            names.insert(0, self.name(at));
            if self.is_base(&kept) {
                return Derivation::Right(format!(
                    "without the system accounts {} it is what it was; none of them can log in",
                    names.join(", ")
                ));
            }
        }
        self.culprit(&faults)
    }

    /// Names the account that is more than a system account, where one can be made out.
    fn culprit(&self, faults: &[Option<&'static str>]) -> Derivation {
        let told = |at: usize, fault: &str| {
            Derivation::Wrong(format!("it gained the line of {}: {fault}", self.name(at)))
        };
        let faulty: Vec<(usize, &str)> =
            faults.iter().enumerate().filter_map(|(at, fault)| Some((at, (*fault)?))).collect();
        for (at, fault) in &faulty {
            let mut kept = Kept::all(self.lines.len());
            kept.take(*at);
            if self.is_base(&kept) {
                return told(*at, fault);
            }
        }
        // A block at the end, with system accounts among it.
        let mut kept = Kept::all(self.lines.len());
        for at in (0..self.lines.len()).rev() {
            kept.take(at);
            let first = faulty.iter().find(|(faulty, _)| *faulty >= at);
            if let Some((faulty, fault)) = first
                && self.is_base(&kept)
            {
                return told(*faulty, fault);
            }
        }
        let what = "more than lines of system accounts was added: a line was changed or is gone";
        Derivation::Wrong(what.to_owned())
    }

    /// Whether the file with these lines alone is what the older side had.
    fn is_base(&self, kept: &Kept) -> bool {
        let lines = self.lines.iter().zip(&kept.0).filter(|(_, kept)| **kept);
        let text: Vec<u8> = lines.flat_map(|(line, _)| line.iter().copied()).collect();
        let digest = Digest::sha256_of(&text);
        self.bases
            .iter()
            .any(|base| base.digest == Observed::Is(digest) || self.has_shared_part(base, &text))
    }

    /// Whether what hosts share of it is what they shared before, where its rule says what that is.
    fn has_shared_part(&self, base: &Entry, text: &[u8]) -> bool {
        let tree = self.about.tree;
        let form = self.about.rules.rule(tree.rule(self.row)).form.as_ref();
        let (Some(form), Observed::Is(before)) = (form, base.per_host) else { return false };
        matches!(before.value, PerHostValue::Left(_))
            && form.judge(&tree.entry(self.row), tree.name(self.row), Some(text), &self.files)
                == before
    }

    fn name(&self, at: usize) -> String {
        let line = self.lines.get(at).copied().unwrap_or_default();
        let name = line.split(|&byte| byte == b':').next().unwrap_or_default();
        crate::bounds::escape::escaped(name.trim_ascii_end()).to_string()
    }
}

/// Which lines are kept.
struct Kept(Vec<bool>);

impl Kept {
    fn all(lines: usize) -> Self {
        Self(vec![true; lines])
    }

    fn take(&mut self, at: usize) {
        if let Some(kept) = self.0.get_mut(at) {
            *kept = false;
        }
    }
}
