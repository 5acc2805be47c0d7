//! What one entry adds to the effective root: its attributes that count, each with its name.
//!
//! All but a few of them are the same of very many entries, because owner, permissions and extended
//! attributes are. So the bytes of those are kept, and only the others are asked of each entry.

use crate::model::attribute::{Attribute, Value};
use crate::model::{Entry, FileType, Flags, Observed, RuleId, Step, Xattrs};
use crate::rules::Rule;

use super::wire::{put, put_bytes, zigzag};

/// Attributes that follow from type, mode, owner, flags and extended attributes alone.
const SHARED: [&str; 10] =
    ["type", "mode", "uid", "gid", "xattr", "acl", "acl_default", "capability", "selinux", "flags"];

/// How many outlines of a record are kept.
const KEPT: usize = 32;

/// Outlines of records that were written lately, each where its mode, type and rule say.
#[derive(Debug)]
pub(super) struct Outlines([Option<Outline>; KEPT]);

impl Default for Outlines {
    fn default() -> Self {
        Self([const { None }; KEPT])
    }
}

/// The record of all entries that share what [`SHARED`] follows from.
#[derive(Debug)]
struct Outline {
    of: Shared,
    /// Bytes that stand before each value that is an entry's own.
    own: Vec<(Vec<u8>, &'static Attribute)>,
    rest: Vec<u8>,
}

/// What such entries have in common.
#[derive(Debug, PartialEq, Eq)]
struct Shared {
    rule: RuleId,
    file_type: FileType,
    mode: Observed<u16>,
    uid: Observed<u32>,
    gid: Observed<u32>,
    flags: Observed<Flags>,
    xattrs: Observed<Xattrs>,
}

impl Shared {
    fn of(rule: RuleId, entry: &Entry) -> Self {
        Self {
            rule,
            file_type: entry.file_type,
            mode: entry.mode,
            uid: entry.uid,
            gid: entry.gid,
            flags: entry.flags,
            xattrs: entry.xattrs.clone(),
        }
    }

    fn has(&self, rule: RuleId, entry: &Entry) -> bool {
        self.rule == rule
            && self.file_type == entry.file_type
            && self.mode == entry.mode
            && self.uid == entry.uid
            && self.gid == entry.gid
            && self.flags == entry.flags
            && self.xattrs == entry.xattrs
    }
}

impl Outlines {
    /// Appends type, listing and the attributes that the rule compares.
    pub(super) fn put(&mut self, rule: (RuleId, &Rule), step: &Step<'_>, out: &mut Vec<u8>) {
        let entry = &step.entry;
        out.push(entry.file_type as u8);
        out.push(step.listing as u8);
        let mode = entry.mode.seen().map_or(0, |mode| usize::from(*mode));
        let place = mode ^ (mode >> 6) ^ (entry.file_type as usize) ^ usize::from(rule.0.0);
        let Some(slot) = self.0.get_mut(place % KEPT) else { return };
        let outline = match slot.take().filter(|outline| outline.of.has(rule.0, entry)) {
            Some(outline) => outline,
            None => Outline::new(rule, entry),
        };
        slot.insert(outline).put(entry, out);
    }
}

impl Outline {
    fn new((id, rule): (RuleId, &Rule), entry: &Entry) -> Self {
        let mut outline = Self { of: Shared::of(id, entry), own: Vec::new(), rest: Vec::new() };
        let attributes = rule.attributes(entry.file_type);
        put(&mut outline.rest, attributes.iter().count() as u64);
        for attribute in attributes.iter() {
            put_bytes(&mut outline.rest, attribute.name.as_bytes());
            if SHARED.contains(&attribute.name) {
                put_observed(&mut outline.rest, attribute, entry);
            } else {
                outline.own.push((std::mem::take(&mut outline.rest), attribute));
            }
        }
        outline
    }

    fn put(&self, entry: &Entry, out: &mut Vec<u8>) {
        for (before, attribute) in &self.own {
            out.extend_from_slice(before);
            put_observed(out, attribute, entry);
        }
        out.extend_from_slice(&self.rest);
    }
}

fn put_observed(out: &mut Vec<u8>, attribute: &Attribute, entry: &Entry) {
    match (attribute.get)(entry) {
        Observed::NotApplicable => out.push(0),
        Observed::Unobserved => out.push(1),
        Observed::Is(value) => put_value(out, &value),
    }
}

/// Appends a value.
pub(super) fn put_value(out: &mut Vec<u8>, value: &Value<'_>) {
    match value {
        Value::None => out.push(2),
        Value::Number(number) => {
            out.push(3);
            put(out, *number);
        }
        Value::Mode(mode) => {
            out.push(4);
            put(out, u64::from(*mode));
        }
        Value::Time(time) => {
            out.push(5);
            put(out, zigzag(time.seconds));
            put(out, u64::from(time.nanoseconds));
        }
        Value::Digest(digest) => {
            out.push(6);
            out.push(digest.algorithm() as u8);
            out.extend_from_slice(digest.as_bytes());
        }
        Value::Device(device) => {
            out.push(7);
            put(out, u64::from(device.major));
            put(out, u64::from(device.minor));
        }
        Value::Text(text) => {
            out.push(8);
            put_bytes(out, text);
        }
        Value::Named(pairs) => {
            out.push(9);
            put(out, pairs.len() as u64);
            for (name, value) in pairs {
                put_bytes(out, name);
                put_bytes(out, value);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::SHARED;
    use crate::model::attribute::{ATTRIBUTES, find};
    use crate::model::{Device, Digest, Entry, FileType, Flags, Observed, Time, TreePath, Xattrs};

    /// Whoever adds an attribute here must have looked at what it follows from.
    #[test]
    fn what_is_shared_does_not_follow_from_what_is_not() {
        let pair = |name: &[u8]| (name.into(), (*b"\x02\0\0\0").into());
        for file_type in FileType::ALL {
            let one = Entry {
                mode: Observed::Is(0o4755),
                uid: Observed::Is(7),
                gid: Observed::Is(8),
                flags: Observed::Is(Flags { immutable: true, append: false }),
                xattrs: Observed::Is(Xattrs::new(vec![
                    pair(b"user.a"),
                    pair(b"system.posix_acl_access"),
                    pair(b"system.posix_acl_default"),
                    pair(b"security.capability"),
                    pair(b"security.selinux"),
                ])),
                ..Entry::unobserved(file_type)
            };
            let other = Entry {
                size: Observed::Is(9),
                mtime: Observed::Is(Time::default()),
                digest: Observed::Is(Digest::sha256_of(b"")),
                link_target: Observed::Is((*b"x").into()),
                rdev: Observed::Is(Device { major: 1, minor: 2 }),
                nlink: Observed::Is(3),
                hardlinks: Observed::Is(TreePath::root()),
                ..one.clone()
            };
            for attribute in ATTRIBUTES {
                let same = (attribute.get)(&one) == (attribute.get)(&other);
                assert!(same || !SHARED.contains(&attribute.name), "{}", attribute.name);
            }
        }
        assert!(SHARED.iter().all(|name| find(name).is_some()));
    }
}
