//! The payload of a .rpm file: cpio in the new ASCII form (cpio(5)), and rpm's own short form of it for
//! files of 4 GiB and more, which names a file by its place in the header (`lib/cpio.c` of rpm).

#![cfg_attr(not(test), warn(clippy::indexing_slicing, clippy::arithmetic_side_effects))]

use std::collections::BTreeMap;
use std::io::Read;

use drift_lanes::Sha256;

use crate::bounds::Cancel;
use crate::bounds::escape::escaped;
use crate::model::{Digest, TreePath};

/// Fields of eight hexadecimal digits after the magic.
const FIELDS: usize = 13;

/// The longest name, as of rpm itself.
const MAX_NAME: u64 = 4096;

/// The longest target of a link.
const MAX_LINK: u64 = 4096;

const TYPE: u64 = 0o170_000;
const REGULAR: u64 = 0o100_000;
const LINK: u64 = 0o120_000;

/// What the payload holds of one path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Content {
    /// A file.
    File(Digest),
    /// A symbolic link.
    Link(Vec<u8>),
    /// Something without content.
    Nothing,
}

/// Reads a payload; `listed` is every path of the header in its order, with its size.
pub(super) fn read(
    input: Box<dyn Read + '_>,
    listed: &[(Vec<u8>, u64)],
    cancel: &Cancel,
) -> Result<BTreeMap<TreePath, Content>, String> {
    let mut reader = Reader { input, offset: 0, buffer: vec![0; 1 << 16] };
    let mut found = BTreeMap::new();
    // Names of files whose content comes with the last name of the same inode.
    let mut linked: BTreeMap<(u64, u64, u64), Vec<TreePath>> = BTreeMap::new();
    while let Some(member) = reader.member(listed)? {
        cancel.check().map_err(|error| error.to_string())?;
        let path = &member.path;
        let twice = found.contains_key(path) || linked.values().flatten().any(|one| one == path);
        if twice {
            return Err(format!("{path} stands twice in it"));
        }
        let content = match member.mode & TYPE {
            REGULAR if member.size == 0 && member.links > 1 => {
                linked.entry(member.inode).or_default().push(member.path);
                continue;
            }
            REGULAR => Content::File(reader.digest(member.size)?),
            LINK => Content::Link(reader.target(member.size)?),
            _ if member.size == 0 => Content::Nothing,
            _ => return Err(format!("{path} is no file and has content")),
        };
        for other in linked.remove(&member.inode).into_iter().flatten() {
            found.insert(other, content.clone());
        }
        found.insert(member.path, content);
    }
    reader.ended()?;
    // Links of an empty file come without any content.
    for path in linked.into_values().flatten() {
        found.insert(path, Content::File(Digest::sha256_of(b"")));
    }
    Ok(found)
}

struct Member {
    path: TreePath,
    mode: u64,
    size: u64,
    links: u64,
    inode: (u64, u64, u64),
}

struct Reader<'a> {
    input: Box<dyn Read + 'a>,
    offset: u64,
    buffer: Vec<u8>,
}

impl Reader<'_> {
    /// Reads the next header; `None` at the trailer.
    fn member(&mut self, listed: &[(Vec<u8>, u64)]) -> Result<Option<Member>, String> {
        let magic = self.take(6)?;
        if magic == b"07070X" {
            return self.short(listed).map(Some);
        }
        if magic != b"070701" && magic != b"070702" {
            return Err(format!("it is no cpio archive at offset {}", self.offset));
        }
        let mut fields = [0u64; FIELDS];
        for field in &mut fields {
            *field = hexadecimal(&self.take(8)?)?;
        }
        let [inode, mode, _, _, links, _, size, major, minor, _, _, length, _] = fields;
        if length == 0 || length > MAX_NAME {
            return Err("a name in it is empty or too long".to_owned());
        }
        let name = self.take(length)?;
        self.pad()?;
        let name = name.strip_suffix(b"\0").ok_or("a name in it does not end")?;
        if name == b"TRAILER!!!" {
            return Ok(None);
        }
        let path = path(name)?;
        Ok(Some(Member { path, mode, size, links, inode: (major, minor, inode) }))
    }

    /// Reads the rest of a short header: a place in the package's own list.
    fn short(&mut self, listed: &[(Vec<u8>, u64)]) -> Result<Member, String> {
        let place = hexadecimal(&self.take(8)?)?;
        self.pad()?;
        let known = usize::try_from(place).ok().and_then(|place| listed.get(place));
        let (name, size) = known.ok_or("it names a file that the header does not have")?;
        let inode = (u64::MAX, u64::MAX, place);
        Ok(Member { path: path(name)?, mode: REGULAR, size: *size, links: 1, inode })
    }

    fn digest(&mut self, size: u64) -> Result<Digest, String> {
        let mut state = Sha256::new();
        let mut left = size;
        let mut buffer = std::mem::take(&mut self.buffer);
        while left > 0 {
            let most = usize::try_from(left).unwrap_or(usize::MAX).min(buffer.len());
            let piece = buffer.get_mut(..most).unwrap_or_default();
            self.fill(piece)?;
            state.update(piece);
            left = left.saturating_sub(most as u64);
        }
        self.buffer = buffer;
        self.pad()?;
        Ok(Digest::sha256(state.finish()))
    }

    fn target(&mut self, size: u64) -> Result<Vec<u8>, String> {
        if size == 0 || size > MAX_LINK {
            return Err("the target of a link in it is empty or too long".to_owned());
        }
        let target = self.take(size)?;
        self.pad()?;
        Ok(target)
    }

    fn take(&mut self, length: u64) -> Result<Vec<u8>, String> {
        let mut bytes = vec![0; usize::try_from(length.min(MAX_NAME)).unwrap_or_default()];
        self.fill(&mut bytes)?;
        Ok(bytes)
    }

    fn fill(&mut self, buffer: &mut [u8]) -> Result<(), String> {
        self.input.read_exact(buffer).map_err(|error| match error.kind() {
            std::io::ErrorKind::UnexpectedEof => "it breaks off".to_owned(),
            _ => error.to_string(),
        })?;
        self.offset = self.offset.saturating_add(buffer.len() as u64);
        Ok(())
    }

    /// Everything begins at a multiple of four.
    fn pad(&mut self) -> Result<(), String> {
        let over = self.offset & 3;
        if over == 0 { Ok(()) } else { self.take(4u64.saturating_sub(over)).map(drop) }
    }

    /// Only at its end does a compressed stream prove whole.
    fn ended(&mut self) -> Result<(), String> {
        loop {
            match self.input.read(&mut self.buffer) {
                Ok(0) => return Ok(()),
                Ok(count) => {
                    let rest = self.buffer.get(..count).unwrap_or_default();
                    if rest.iter().any(|&byte| byte != 0) {
                        return Err("something follows its end".to_owned());
                    }
                }
                Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error.to_string()),
            }
        }
    }
}

fn path(name: &[u8]) -> Result<TreePath, String> {
    let inside = name.strip_prefix(b"./").or_else(|| name.strip_prefix(b"/")).unwrap_or(name);
    TreePath::parse(inside)
        .ok()
        .filter(|path| !path.is_root())
        .ok_or_else(|| format!("the name \"{}\" in it leads outside", escaped(name)))
}

fn hexadecimal(digits: &[u8]) -> Result<u64, String> {
    let text = std::str::from_utf8(digits).ok();
    let text = text.filter(|text| text.bytes().all(|byte| byte.is_ascii_hexdigit()));
    text.and_then(|text| u64::from_str_radix(text, 16).ok())
        .ok_or_else(|| "a header in it holds no number".to_owned())
}

#[cfg(test)]
mod tests;
