//! An entry against what its package ships.

use crate::model::{Attribute, AttributeSet, Entry, FileType, Observed, Xattrs, attribute};

use super::packed::PackedFile;

/// What came of comparing an entry with what its package ships.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Weighed {
    /// No manifest holds this very package.
    NotHeld,
    /// The package does not ship such a path.
    NotShipped,
    /// The package owns the path and says nothing of what is there, or the entry could not be seen.
    Unsaid,
    /// It ships it.
    Shipped {
        /// What both sides say.
        compared: AttributeSet,
        /// What of that differs.
        differing: AttributeSet,
    },
}

/// Returns whether attributes that are all equal say that the entry is the shipped one: of a file its
/// content is among them, of a link its target, of a device its number.
#[must_use]
pub fn decides(compared: AttributeSet, entry: &Entry) -> bool {
    match entry.file_type {
        FileType::File => compared.holds("digest"),
        FileType::Symlink => compared.holds("link_target"),
        FileType::Char | FileType::Block => compared.holds("rdev"),
        FileType::Directory | FileType::Fifo | FileType::Socket => compared.holds("type"),
        FileType::Unknown => false,
    }
}

impl PackedFile {
    /// Compares an entry with this.
    #[must_use]
    pub fn weigh(&self, entry: &Entry) -> Weighed {
        if self.file_type == FileType::Unknown || entry.file_type == FileType::Unknown {
            return Weighed::Unsaid;
        }
        // A directory that is a link is the administrator's choice, which dpkg(1) keeps.
        if (self.file_type, entry.file_type) == (FileType::Directory, FileType::Symlink) {
            return Weighed::Unsaid;
        }
        let mut compared = AttributeSet::named("type");
        if entry.file_type != self.file_type {
            return Weighed::Shipped { compared, differing: compared };
        }
        let shipped = self.entry();
        let mut differing = AttributeSet::EMPTY;
        for attribute in SHIPPED.into_iter().filter_map(attribute::find) {
            let equal = match &self.capability {
                Some(text) if attribute.name == "capability" => said_capability(text, entry),
                _ => equal(attribute, &shipped, entry),
            };
            if let Some(equal) = equal {
                let one = AttributeSet::named(attribute.name);
                compared = compared.with(one);
                differing = if equal { differing } else { differing.with(one) };
            }
        }
        Weighed::Shipped { compared, differing }
    }

    /// Returns the entry that the package ships, as far as it says.
    #[must_use]
    pub fn entry(&self) -> Entry {
        let file = self.file_type == FileType::File;
        let link = self.file_type == FileType::Symlink;
        let mut entry = Entry::unobserved(self.file_type);
        let said = |value: Option<u32>| value.map_or(Observed::Unobserved, Observed::Is);
        // The permissions of a link mean nothing.
        if let Some(mode) = self.mode.filter(|_| !link) {
            entry.mode = Observed::Is(mode);
        }
        (entry.uid, entry.gid) = (said(self.uid), said(self.gid));
        if let Some(digest) = self.digest.filter(|_| file) {
            entry.digest = Observed::Is(digest);
        }
        if let Some(target) = self.link_target.as_ref().filter(|_| link) {
            entry.link_target = Observed::Is(target.clone());
        }
        if let Some(device) = self.device {
            entry.rdev = Observed::Is(device);
        }
        if file && self.capability.is_none() {
            entry.xattrs = Observed::Is(Xattrs::default());
        }
        entry
    }
}

/// What packages say of what they ship, beside the type.
const SHIPPED: [&str; 7] = ["digest", "mode", "uid", "gid", "link_target", "rdev", "capability"];

/// Returns whether the entry has these capabilities, and no others.
fn said_capability(text: &[u8], entry: &Entry) -> Option<bool> {
    let attribute = attribute::find("capability")?;
    match (attribute.get)(entry) {
        Observed::Is(found) => Some(found.to_bytes().as_deref() == Some(text)),
        _ => None,
    }
}

/// Returns whether both entries have the same value; `None` where one of them says nothing.
fn equal(attribute: &Attribute, shipped: &Entry, entry: &Entry) -> Option<bool> {
    if !attribute.types.contains(entry.file_type) {
        return None;
    }
    if attribute.name == "digest" {
        let (shipped, found) = (shipped.digest.seen()?, entry.digest.seen()?);
        return (shipped.algorithm() == found.algorithm()).then_some(shipped == found);
    }
    match ((attribute.get)(shipped), (attribute.get)(entry)) {
        (Observed::Is(shipped), Observed::Is(found)) => {
            Some(shipped.to_bytes() == found.to_bytes())
        }
        _ => None,
    }
}
