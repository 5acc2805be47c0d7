//! POSIX access control lists, decoded from `system.posix_acl_access` and `…_default`.
//!
//! The layout is `struct posix_acl_xattr_entry` of `linux/posix_acl_xattr.h`; the text is the short
//! form of acl(5) with numeric ids, because names belong to the machine that reads them.

use super::value::base64;
use super::{Attribute, EVERYWHERE, Value, decoded};
use crate::model::kind::{FileType, FileTypes};

/// Symbolic links have none.
const LISTED: FileTypes = FileTypes::ALL.except(&[FileType::Symlink]);

pub(super) const ACL: Attribute = Attribute {
    name: "acl",
    meaning: "access ACL in the short text form of acl(5) with numeric ids; none for a minimal one",
    types: LISTED,
    compared: LISTED,
    guarded: true,
    sources: EVERYWHERE,
    xattrs: &[b"system.posix_acl_access"],
    get: |entry| {
        decoded(entry, b"system.posix_acl_access", |raw| match is_minimal(raw) {
            true => Value::None,
            false => Value::Text(to_text(raw).into_bytes().into()),
        })
    },
};

pub(super) const ACL_DEFAULT: Attribute = Attribute {
    name: "acl_default",
    meaning: "default ACL of a directory in the short text form of acl(5) with numeric ids",
    types: FileTypes::of(&[FileType::Directory]),
    compared: FileTypes::of(&[FileType::Directory]),
    guarded: true,
    sources: EVERYWHERE,
    xattrs: &[b"system.posix_acl_default"],
    get: |entry| {
        decoded(entry, b"system.posix_acl_default", |raw| {
            Value::Text(to_text(raw).into_bytes().into())
        })
    },
};

/// Whether the list says no more than the permission bits do; the kernel stores none then, an
/// archive may.
fn is_minimal(raw: &[u8]) -> bool {
    let tags = raw.get(4..).unwrap_or_default().chunks_exact(8).map(|entry| entry.get(..2));
    decode(raw).is_some()
        && tags.into_iter().all(|tag| matches!(tag, Some([0x01 | 0x04 | 0x20, 0x00])))
}

fn to_text(raw: &[u8]) -> String {
    decode(raw).unwrap_or_else(|| format!("malformed:{}", base64(raw)))
}

fn decode(raw: &[u8]) -> Option<String> {
    let (version, entries) = raw.split_first_chunk::<4>()?;
    if u32::from_le_bytes(*version) != 2 || entries.len() % 8 != 0 {
        return None;
    }
    let mut text = Vec::new();
    for entry in entries.chunks_exact(8) {
        let (tag, rest) = entry.split_first_chunk::<2>()?;
        let (permissions, id) = rest.split_first_chunk::<2>()?;
        let permissions = u16::from_le_bytes(*permissions);
        let id = u32::from_le_bytes(id.try_into().ok()?);
        let who = match u16::from_le_bytes(*tag) {
            0x01 => "user:".to_owned(),
            0x02 => format!("user:{id}"),
            0x04 => "group:".to_owned(),
            0x08 => format!("group:{id}"),
            0x10 => "mask:".to_owned(),
            0x20 => "other:".to_owned(),
            _ => return None,
        };
        if permissions > 7 {
            return None;
        }
        let letter = |bit: u16, letter: char| if permissions & bit == 0 { '-' } else { letter };
        text.push(format!("{who}:{}{}{}", letter(4, 'r'), letter(2, 'w'), letter(1, 'x')));
    }
    Some(text.join(","))
}

#[cfg(test)]
mod tests {
    use super::{is_minimal, to_text};

    #[test]
    fn a_named_user_as_getfacl_says() {
        let raw = [
            2, 0, 0, 0, 1, 0, 6, 0, 255, 255, 255, 255, 2, 0, 4, 0, 0xe8, 3, 0, 0, 4, 0, 4, 0, 255,
            255, 255, 255, 16, 0, 4, 0, 255, 255, 255, 255, 32, 0, 0, 0, 255, 255, 255, 255,
        ];
        assert_eq!(to_text(&raw), "user::rw-,user:1000:r--,group::r--,mask::r--,other::---");
        let minimal = [&raw[..12], &raw[20..28], &raw[36..44]].concat();
        assert!(is_minimal(&minimal) && !is_minimal(&raw));
        assert_eq!(to_text(&raw[..10]), format!("malformed:{}", super::base64(&raw[..10])));
    }
}
