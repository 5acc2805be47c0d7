//! Access control lists as archives write them, in text, turned into what the kernel stores.
//!
//! `SCHILY.acl.access` and `SCHILY.acl.default` (star(1), GNU tar `--acls`) hold acl(5) text with
//! names; the names are those of the archived system, so its own passwd(5) and group(5) say which
//! numbers they mean. star appends the number itself as a fourth field.

#![warn(clippy::indexing_slicing, clippy::arithmetic_side_effects)]

use std::collections::HashMap;

use crate::bounds::escape::escaped;

use super::records::decimal;

/// Numbers by name, from the archive's own databases.
#[derive(Debug, Default)]
pub(super) struct Names {
    users: HashMap<Vec<u8>, u32>,
    groups: HashMap<Vec<u8>, u32>,
}

impl Names {
    /// Reads passwd(5) and group(5); both keep the number in the third field.
    pub(super) fn new(passwd: &[u8], group: &[u8]) -> Self {
        Self { users: numbers(passwd), groups: numbers(group) }
    }
}

fn numbers(database: &[u8]) -> HashMap<Vec<u8>, u32> {
    let mut numbers = HashMap::new();
    for line in database.split(|&byte| byte == b'\n') {
        let mut fields = line.split(|&byte| byte == b':');
        let (name, _, number) = (fields.next(), fields.next(), fields.next());
        let number = number.and_then(decimal).and_then(|number| u32::try_from(number).ok());
        if let (Some(name), Some(number)) = (name, number) {
            // getpwnam(3) takes the first line of a name.
            numbers.entry(name.to_vec()).or_insert(number);
        }
    }
    numbers
}

/// Which of the two lists of an object it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum List {
    Access,
    Default,
}

const USER_OBJ: u16 = 0x01;
const USER: u16 = 0x02;
const GROUP_OBJ: u16 = 0x04;
const GROUP: u16 = 0x08;
const MASK: u16 = 0x10;
const OTHER: u16 = 0x20;

/// Returns the value of `system.posix_acl_access` or `…_default` (`linux/posix_acl_xattr.h`);
/// `None` for a list that no file system keeps, because the permission bits say the same.
pub(super) fn binary(text: &[u8], list: List, names: &Names) -> Result<Option<Vec<u8>>, String> {
    let mut entries = Vec::new();
    for line in text.split(|byte| matches!(byte, b'\n' | b',')) {
        let line = line.split(|&byte| byte == b'#').next().unwrap_or_default().trim_ascii();
        if !line.is_empty() {
            let entry = entry(line, names);
            entries.push(
                entry.map_err(|what| format!("{what} in the ACL entry \"{}\"", shown(line)))?,
            );
        }
    }
    entries.sort_unstable();
    let keys: Vec<(u16, u32)> = entries.iter().map(|(tag, id, _)| (*tag, *id)).collect();
    if keys.iter().zip(keys.iter().skip(1)).any(|(one, next)| one == next) {
        return Err("two ACL entries for one user or group".to_owned());
    }
    let minimal = entries.iter().all(|(tag, _, _)| matches!(*tag, USER_OBJ | GROUP_OBJ | OTHER));
    if entries.is_empty() || (list == List::Access && minimal) {
        return Ok(None);
    }
    let mut value = 2u32.to_le_bytes().to_vec();
    for (tag, id, permissions) in entries {
        value.extend_from_slice(&tag.to_le_bytes());
        value.extend_from_slice(&permissions.to_le_bytes());
        value.extend_from_slice(&id.to_le_bytes());
    }
    Ok(Some(value))
}

fn entry(line: &[u8], names: &Names) -> Result<(u16, u32, u16), &'static str> {
    let fields: Vec<&[u8]> = line.split(|&byte| byte == b':').map(<[u8]>::trim_ascii).collect();
    let (kind, name, letters, number) = match *fields.as_slice() {
        // Solaris writes `mask:rwx`.
        [kind @ (b"mask" | b"m" | b"other" | b"o"), letters] => (kind, &b""[..], letters, None),
        [kind, name, letters] => (kind, name, letters, None),
        [kind, name, letters, number] => (kind, name, letters, Some(number)),
        _ => return Err("not three or four fields"),
    };
    let (own, named, known) = match kind {
        b"user" | b"u" => (USER_OBJ, Some(USER), &names.users),
        b"group" | b"g" => (GROUP_OBJ, Some(GROUP), &names.groups),
        b"mask" | b"m" => (MASK, None, &names.users),
        b"other" | b"o" => (OTHER, None, &names.users),
        _ => return Err("an unknown kind"),
    };
    let permissions = permissions(letters).ok_or("unknown permissions")?;
    if name.is_empty() {
        return Ok((own, u32::MAX, permissions));
    }
    let tag = named.ok_or("a name where none belongs")?;
    let id = number
        .and_then(decimal)
        .or_else(|| decimal(name))
        .and_then(|id| u32::try_from(id).ok())
        .or_else(|| known.get(name).copied())
        .ok_or("a name that the archive's own passwd and group do not hold")?;
    Ok((tag, id, permissions))
}

fn permissions(letters: &[u8]) -> Option<u16> {
    match letters {
        [read @ (b'r' | b'-'), write @ (b'w' | b'-'), execute @ (b'x' | b'-')] => {
            let bit = |letter: u8, value: u16| if letter == b'-' { 0 } else { value };
            Some(bit(*read, 4) | bit(*write, 2) | bit(*execute, 1))
        }
        _ => None,
    }
}

fn shown(bytes: &[u8]) -> String {
    escaped(bytes.get(..bytes.len().min(80)).unwrap_or_default()).to_string()
}

#[cfg(test)]
mod tests {
    use super::{List, Names, binary};

    /// The expected bytes are what `getfattr -e hex` showed after `setfacl -m u:1000:r` on mode 640.
    #[test]
    fn text_becomes_what_the_kernel_stores() {
        let names = Names::new(b"joe:x:1000:1000::/:/bin/sh\njoe:x:7:7\n", b"");
        let stored = [
            2, 0, 0, 0, 1, 0, 6, 0, 255, 255, 255, 255, 2, 0, 4, 0, 0xe8, 3, 0, 0, 4, 0, 4, 0, 255,
            255, 255, 255, 16, 0, 4, 0, 255, 255, 255, 255, 32, 0, 0, 0, 255, 255, 255, 255,
        ];
        let cases: &[&[u8]] = &[
            b"user::rw-\nuser:joe:r--\ngroup::r--\nmask::r--\nother::---\n",
            b"user::rw-,user:1000:r--,group::r--,mask::r--,other::---",
            b"user::rw-,user:nobody-here:r--:1000,mask:r--,other:---,group::r-- #effective:r--",
        ];
        for text in cases {
            assert_eq!(binary(text, List::Access, &names), Ok(Some(stored.to_vec())));
        }
    }

    #[test]
    fn minimal_lists_are_the_mode_and_bad_ones_are_refused() {
        let names = Names::default();
        let minimal = b"user::rw-\ngroup::r--\nother::r--\n";
        assert_eq!(binary(minimal, List::Access, &names), Ok(None));
        assert!(
            matches!(binary(minimal, List::Default, &names), Ok(Some(value)) if value.len() == 28)
        );
        let bad: &[&[u8]] = &[
            b"user:joe:r--",
            b"user::rwz",
            b"user::r",
            b"boss::rwx",
            b"mask:joe:rwx",
            b"user::r--,user::rw-",
            b"user:4294967296:r--",
        ];
        for text in bad {
            assert!(binary(text, List::Access, &names).is_err(), "{text:?}");
        }
    }
}
