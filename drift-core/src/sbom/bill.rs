//! A bill of materials as one side of a comparison.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::sync::Arc;

use crate::model::{
    AttributeSet, Carries, Coverage, Cursor, CursorError, Digest, FileType, Found, Identity,
    Intake, Listing, Precision, RuleId, Snapshot, SourceKind, Tree, TreePath,
};
use crate::seal::Verified;

use super::read::{self, FileDigests};
use super::selected::links_at;

/// The longest bill that is read: one of a million files has some 250 MB.
pub const MAX_BILL_BYTES: usize = 512 << 20;

/// Directories on the way to all files together.
const MAX_DIRECTORIES: usize = 5_000_000;

/// Bytes of the paths of these directories.
const MAX_DIRECTORY_BYTES: usize = 256 << 20;

/// Links of directories on the way to one file, as the kernel allows (path_resolution(7)).
const MAX_LINKS: usize = 40;

/// Bytes that are no bill, or not one that this version reads.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the bill of materials cannot be read: {reason}")]
pub struct Unreadable {
    reason: String,
}

impl Unreadable {
    pub(super) fn new(reason: impl Into<String>) -> Self {
        Self { reason: reason.into() }
    }
}

/// What a bill holds: packages, and files with digests where it lists them.
#[derive(Debug)]
pub struct Bill {
    form: String,
    snapshot: Snapshot,
    files: FileDigests,
}

/// A bill whose seal held.
///
/// ```compile_fail
/// let bytes: std::sync::Arc<[u8]> = b"{}"[..].into();
/// let bill = drift_core::sbom::SealedBill::decode(bytes, "sbom.json");
/// ```
#[derive(Debug)]
pub struct SealedBill(Bill);

impl SealedBill {
    /// Reads a bill that was verified; `locator` is where it is, as the operator named it.
    pub fn decode(file: &Verified<Arc<[u8]>>, locator: &str) -> Result<Self, Unreadable> {
        Bill::decode_unverified(file.get(), locator).map(Self)
    }

    /// Returns the bill.
    #[must_use]
    pub fn bill(&self) -> &Bill {
        &self.0
    }
}

impl Bill {
    /// Reads a bill that nobody vouches for. Total on any bytes: what cannot be taken is a problem of
    /// the snapshot, and bytes that are no bill are an error.
    pub fn decode_unverified(bytes: &[u8], locator: &str) -> Result<Self, Unreadable> {
        if bytes.len() > MAX_BILL_BYTES {
            return Err(Unreadable::new(format!("it is longer than {MAX_BILL_BYTES} bytes")));
        }
        let (form, mut content) = read::read(bytes)?;
        let mut problems = content.problems();
        problems.sort();
        let mut packages = std::mem::take(&mut content.packages);
        packages.sort();
        packages.dedup();
        let files = std::mem::take(&mut content.files);
        let tree = tree_of(&files)?;
        let (os, version) = content.system.unzip();
        let told = |text: Option<String>| text.filter(|text| !text.is_empty());
        let attributes = match files.is_empty() {
            true => AttributeSet::EMPTY,
            false => AttributeSet::named("type").with(AttributeSet::named("digest")),
        };
        let snapshot = Snapshot {
            kind: SourceKind::Sbom,
            locator: locator.to_owned(),
            identity: Identity { os: told(os), version: told(version), ..Identity::default() },
            carries: Carries { attributes, mtime: Precision::Second },
            rules: String::new(),
            image: None,
            coverage: Coverage { entries: files.len() as u64, ..Coverage::default() },
            tree,
            packages,
            packages_complete: !content.incomplete,
            problems,
        };
        Ok(Self { form, snapshot, files })
    }

    /// Returns which form it has, such as `CycloneDX 1.6`.
    #[must_use]
    pub fn form(&self) -> &str {
        &self.form
    }

    /// Returns what it holds as a snapshot: the directories are those on the way to its files, and
    /// nothing is known of them.
    #[must_use]
    pub fn snapshot(&self) -> &Snapshot {
        &self.snapshot
    }

    /// Returns whether it lists any file.
    #[must_use]
    pub fn has_files(&self) -> bool {
        !self.files.is_empty()
    }

    /// Returns how many files it lists.
    #[must_use]
    pub fn file_count(&self) -> u64 {
        self.files.len() as u64
    }

    /// Returns the files as they lie in another tree, where a directory on the way to one may be a
    /// link: bills are often made of package lists, which say `/bin/sh` where `/bin` is a link.
    ///
    /// # Errors
    ///
    /// The other tree cannot be read on.
    pub fn placed<'o>(
        &self,
        other: &dyn Fn() -> Box<dyn Cursor + 'o>,
    ) -> Result<Tree, CursorError> {
        let mut files = self.files.clone();
        for _ in 0..MAX_LINKS {
            let tree = tree_of(&files).map_err(|error| CursorError { reason: error.reason })?;
            let links = links_at(&tree, &mut *other())?;
            if links.is_empty() {
                return Ok(tree);
            }
            files =
                files.into_iter().map(|(path, digest)| (followed(&path, &links), digest)).collect();
        }
        tree_of(&files).map_err(|error| CursorError { reason: error.reason })
    }
}

/// Follows the first link on the way to a file.
fn followed(path: &TreePath, links: &BTreeMap<TreePath, Box<[u8]>>) -> TreePath {
    let mut above: Vec<&[u8]> = Vec::new();
    let mut names = path.components();
    while let Some(name) = names.next() {
        above.push(name);
        let Some(target) = links.get(&TreePath::from_joined(above.join(&b'/'))) else { continue };
        above.pop();
        if target.starts_with(b"/") {
            above.clear();
        }
        for step in target.split(|&byte| byte == b'/').chain(names) {
            match step {
                b"" | b"." => {}
                b".." => {
                    above.pop();
                }
                step => above.push(step),
            }
        }
        return TreePath::from_joined(above.join(&b'/'));
    }
    path.clone()
}

/// Builds the tree of the files and the directories on the way to them.
fn tree_of(files: &FileDigests) -> Result<Tree, Unreadable> {
    let rule = RuleId(0);
    let mut directories: BTreeMap<TreePath, Vec<Found>> = BTreeMap::new();
    directories.insert(TreePath::root(), Vec::new());
    let mut bytes = 0_usize;
    for (path, digest) in files {
        // A file in the place of a directory of another; a bill with both is shown with neither's
        // content below it.
        let found = Found { digest: *digest, ..Found::plain(path.name(), FileType::File, rule) };
        let (mut at, mut child) = (path.parent().unwrap_or_default(), found);
        loop {
            bytes = bytes.saturating_add(at.as_bytes().len());
            if directories.len() > MAX_DIRECTORIES || bytes > MAX_DIRECTORY_BYTES {
                return Err(Unreadable::new("its files lie in more directories than are read"));
            }
            match directories.entry(at.clone()) {
                Entry::Occupied(mut names) => {
                    names.get_mut().push(child);
                    bytes = bytes.saturating_sub(at.as_bytes().len());
                    break;
                }
                Entry::Vacant(slot) => {
                    slot.insert(vec![child]);
                }
            }
            child = Found::plain(at.name(), FileType::Directory, rule);
            at = at.parent().unwrap_or_default();
        }
    }
    let intake = Intake::default();
    let root = intake.root(Found::plain(b"", FileType::Directory, rule));
    let mut todo = vec![(TreePath::root(), root)];
    while let Some((path, id)) = todo.pop() {
        let mut found = directories.remove(&path).unwrap_or_default();
        // Directories win over files of the same name, which only a faulty bill has.
        found.sort_by(|a, b| {
            let file = |found: &Found| found.file_type != FileType::Directory;
            (&a.name, file(a)).cmp(&(&b.name, file(b)))
        });
        found.dedup_by(|later, kept| later.name == kept.name);
        for (name, below) in intake.listing(id, Listing::Complete, found) {
            todo.push((path.join(&name), below));
        }
    }
    Ok(intake.freeze().tree)
}

impl Bill {
    /// Returns the digest over everything that it holds.
    pub fn root(&self) -> Result<Digest, crate::baseline::Error> {
        crate::baseline::root_of(&self.snapshot)
    }
}
