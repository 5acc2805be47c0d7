//! The one table of attributes: what is compared, of which types, from which targets, how shown.
//!
//! To add an attribute: one file here with a `pub(super) const NAME: Attribute`, its `mod` line and
//! its line in [`ATTRIBUTES`]; `docs/extending.md` shows one. The place in the table is the
//! attribute's number in stored sets, so new lines go to the end.

mod acl;
mod capability;
mod content;
mod device;
mod flags;
mod links;
mod ownership;
mod selinux;
mod set;
mod times;
mod value;
mod xattr;

use super::entry::{Entry, Observed};
use super::kind::{FileType, FileTypes};
use super::snapshot::SourceKind;

pub use capability::capability_from_text;
pub use set::AttributeSet;
pub use value::{Value, base64};

/// One line of the table.
#[derive(Debug)]
pub struct Attribute {
    /// The name in rules, reports and schemas.
    pub name: &'static str,
    /// What it is, with its unit and source.
    pub meaning: &'static str,
    /// The types that can carry it.
    pub types: FileTypes,
    /// The types of which class `read-only` compares it.
    pub compared: FileTypes,
    /// Whether it is compared as well where content may change (`dynamic`, `growing`, `secret`).
    pub guarded: bool,
    /// The kinds of target that can carry it.
    pub sources: &'static [SourceKind],
    /// Names of raw extended attributes that it decodes, and that `xattr` then leaves out.
    pub xattrs: &'static [&'static [u8]],
    /// Reads it from an entry.
    pub get: for<'e> fn(&'e Entry) -> Observed<Value<'e>>,
}

/// Every attribute. An attribute's number is its place here; the baseline format depends on it.
pub const ATTRIBUTES: &[Attribute] = &[
    content::TYPE,
    content::DIGEST,
    content::SIZE,
    ownership::MODE,
    ownership::UID,
    ownership::GID,
    times::MTIME,
    links::LINK_TARGET,
    device::RDEV,
    links::NLINK,
    links::HARDLINKS,
    xattr::XATTR,
    acl::ACL,
    acl::ACL_DEFAULT,
    capability::CAPABILITY,
    selinux::SELINUX,
    flags::FLAGS,
];

/// Every kind of target that holds the objects themselves.
const EVERYWHERE: &[SourceKind] = &[
    SourceKind::Host,
    SourceKind::Directory,
    SourceKind::Tar,
    SourceKind::Memory,
    SourceKind::Overlay,
    SourceKind::Oci,
    SourceKind::DockerArchive,
];

/// Returns the attribute of this name.
///
/// ```
/// use drift_core::model::{FileType, attribute};
/// let mode = attribute::find("mode").expect("the table has it");
/// assert!(mode.types.contains(FileType::Directory));
/// ```
#[must_use]
pub fn find(name: &str) -> Option<&'static Attribute> {
    ATTRIBUTES.iter().find(|attribute| attribute.name == name)
}

/// Returns the attributes that a kind of target can carry.
#[must_use]
pub fn carried_by(kind: SourceKind) -> AttributeSet {
    AttributeSet::of(|attribute| attribute.sources.contains(&kind))
}

/// Returns the attributes that class `read-only` compares of this type.
#[must_use]
pub fn compared(file_type: FileType) -> AttributeSet {
    AttributeSet::of(|attribute| attribute.compared.contains(file_type))
}

/// Returns the attributes that are compared even where content may change.
#[must_use]
pub fn guarded(file_type: FileType) -> AttributeSet {
    AttributeSet::of(|attribute| attribute.guarded && attribute.compared.contains(file_type))
}

/// Returns whether an attribute of the table decodes this raw extended attribute.
fn is_decoded(xattr: &[u8]) -> bool {
    ATTRIBUTES.iter().any(|attribute| attribute.xattrs.contains(&xattr))
}

/// Reads one raw extended attribute and decodes it.
fn decoded<'e>(
    entry: &'e Entry,
    name: &[u8],
    decode: fn(&'e [u8]) -> Value<'e>,
) -> Observed<Value<'e>> {
    entry.xattrs.as_ref().map(|xattrs| xattrs.get(name).map_or(Value::None, decode))
}

#[cfg(test)]
mod tests {
    use super::{ATTRIBUTES, FileType};

    #[test]
    fn names_are_distinct_and_every_compared_type_can_carry_it() {
        for (at, attribute) in ATTRIBUTES.iter().enumerate() {
            assert!(ATTRIBUTES.iter().skip(at + 1).all(|other| other.name != attribute.name));
            for file_type in FileType::ALL {
                assert!(
                    !attribute.compared.contains(file_type) || attribute.types.contains(file_type)
                );
            }
        }
    }
}
