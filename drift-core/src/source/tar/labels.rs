//! Extended attributes, access control lists and labels among the PAX records of a member.
//!
//! Three dialects: `SCHILY.xattr.NAME` raw (star, GNU tar, Go, Python), `LIBARCHIVE.xattr.NAME`
//! with an encoded name and a base64 value (bsdtar writes both), `RHT.security.selinux` and
//! `SCHILY.acl.*` in text (GNU tar `--selinux`, `--acls`).

#![warn(clippy::indexing_slicing, clippy::arithmetic_side_effects)]

use base64::Engine as _;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};

use crate::model::attribute::ATTRIBUTES;
use crate::model::{AttributeSet, Xattr, Xattrs};

use super::acl::{List, Names, binary};
use super::records::Records;

const ACCESS: &[u8] = b"system.posix_acl_access";
const DEFAULT: &[u8] = b"system.posix_acl_default";

/// libarchive leaves the padding out.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &base64::alphabet::STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// What the records of one member say.
#[derive(Debug, Default)]
pub(in crate::source) struct Labels {
    pairs: Vec<Xattr>,
    /// Lists in text, until the archive's users are known.
    lists: Vec<(List, Box<[u8]>)>,
    /// Which attributes have a record at all.
    pub(super) seen: AttributeSet,
    fault: Option<&'static str>,
    /// The names in `SCHILY.xattr` with a value, and those that stand elsewhere or have none.
    raw: Vec<Vec<u8>>,
    foreign: Vec<Vec<u8>>,
}

/// Returns the attributes that an archive carries only where a record of them occurs.
pub(super) fn optional() -> AttributeSet {
    AttributeSet::of(|attribute| !attribute.xattrs.is_empty() || attribute.name == "xattr")
}

impl Labels {
    pub(super) fn read(records: &Records) -> Self {
        let mut labels = Self::default();
        for (key, value) in records.iter() {
            if let Some(name) = key.strip_prefix(b"SCHILY.xattr.") {
                let name = unescaped(name, &[b"3D", b"25"]);
                let list = if value.is_empty() { &mut labels.foreign } else { &mut labels.raw };
                list.push(name.clone());
                labels.put(name, Some(value.to_vec()));
            } else if let Some(name) = key.strip_prefix(b"LIBARCHIVE.xattr.") {
                let name = unescaped(name, &[]);
                labels.foreign.push(name.clone());
                labels.put(name, BASE64.decode(value).ok());
            } else if key == b"RHT.security.selinux" {
                // The kernel's value ends with a NUL that the record lacks.
                let value = value.strip_suffix(b"\0").unwrap_or(value);
                labels.put(b"security.selinux".to_vec(), Some([value, b"\0"].concat()));
            } else if key == b"SCHILY.acl.access" {
                labels.list(List::Access, value);
            } else if key == b"SCHILY.acl.default" {
                labels.list(List::Default, value);
            } else if key == b"SCHILY.acl.ace" {
                labels.fault = Some("an NFSv4 access control list, which is not read");
            }
        }
        labels
    }

    fn put(&mut self, name: Vec<u8>, value: Option<Vec<u8>>) {
        self.saw(&name);
        let Some(value) = value else {
            self.fault = Some("an extended attribute whose base64 cannot be read");
            return;
        };
        if name.is_empty() || name.contains(&0) {
            self.fault = Some("an extended attribute without a proper name");
            return;
        }
        match self.pairs.iter().find(|(known, _)| **known == *name) {
            Some((_, known)) if **known != *value => {
                self.fault = Some("two values of one extended attribute");
            }
            Some(_) => {}
            None => self.pairs.push((name.into(), value.into())),
        }
    }

    fn list(&mut self, list: List, text: &[u8]) {
        self.saw(raw_name(list));
        self.foreign.push(raw_name(list).to_vec());
        self.lists.retain(|(known, _)| *known != list);
        self.lists.push((list, text.into()));
    }

    fn saw(&mut self, name: &[u8]) {
        let known = ATTRIBUTES.iter().any(|attribute| attribute.xattrs.contains(&name));
        let set = AttributeSet::of(|attribute| {
            attribute.xattrs.contains(&name) || (!known && attribute.name == "xattr")
        });
        self.seen = self.seen.with(set);
    }

    /// Returns why readers of images, which take `SCHILY.xattr` alone and no empty ones, would see
    /// other labels, or none but orders to overlayfs (kernel, `Documentation/filesystems/overlayfs`).
    pub(super) fn foreign(&self) -> Option<&'static str> {
        let (odd, order) = (self.foreign.iter(), |name: &[u8]| {
            name.starts_with(b"trusted.overlay.") || name.starts_with(b"user.overlay.")
        });
        if self.pairs.iter().any(|(name, _)| order(name)) {
            return Some(
                "an extended attribute of it is an order to overlayfs, which may hide or rename \
                 what lower layers have where the image is mounted",
            );
        }
        let raw = |name: &[u8]| self.raw.iter().any(|known| known == name);
        odd.into_iter().any(|name| !raw(name)).then_some(
            "a label of it is written in a form that readers of images leave out, so that it may be \
             without",
        )
    }

    /// Returns whether there is nothing to resolve.
    pub(super) fn is_empty(&self) -> bool {
        self.pairs.is_empty() && self.lists.is_empty() && self.fault.is_none()
    }

    /// Returns whether names of users stand in it, which only the whole archive explains.
    pub(super) fn needs_names(&self) -> bool {
        !self.lists.is_empty()
    }

    /// Returns about how many bytes of memory this takes.
    pub(super) fn weight(&self) -> usize {
        let pairs = self.pairs.iter().map(|(name, value)| name.len().saturating_add(value.len()));
        let lists = self.lists.iter().map(|(_, text)| text.len());
        pairs.chain(lists).fold(size_of::<Self>(), usize::saturating_add)
    }

    /// Returns all of them as the kernel stores them, or why they are not known.
    pub(super) fn resolve(self, names: &Names) -> Result<Xattrs, String> {
        if let Some(fault) = self.fault {
            return Err(format!("its records hold {fault}"));
        }
        let mut pairs = self.pairs;
        for (list, text) in self.lists {
            let Some(value) = binary(&text, list, names)? else { continue };
            let name = raw_name(list);
            match pairs.iter().find(|(known, _)| **known == *name) {
                Some((_, known)) if **known != *value => {
                    return Err("its records hold two different lists of access rights".to_owned());
                }
                Some(_) => {}
                None => pairs.push((name.into(), value.into())),
            }
        }
        Ok(Xattrs::new(pairs))
    }
}

fn raw_name(list: List) -> &'static [u8] {
    match list {
        List::Access => ACCESS,
        List::Default => DEFAULT,
    }
}

/// Decodes `%HH`: those listed, or all where none is listed.
fn unescaped(name: &[u8], only: &[&[u8; 2]]) -> Vec<u8> {
    let mut plain = Vec::with_capacity(name.len());
    let mut rest = name;
    while let Some((&byte, tail)) = rest.split_first() {
        let code = tail.first_chunk::<2>().filter(|code| only.is_empty() || only.contains(code));
        let decoded = code.filter(|_| byte == b'%').and_then(|code| {
            let text = std::str::from_utf8(code).ok()?;
            u8::from_str_radix(text, 16).ok().filter(|_| code.iter().all(u8::is_ascii_hexdigit))
        });
        match decoded {
            Some(decoded) => {
                plain.push(decoded);
                rest = tail.get(2..).unwrap_or_default();
            }
            None => {
                plain.push(byte);
                rest = tail;
            }
        }
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::{Labels, Names, Records};

    type Pairs = Vec<(Vec<u8>, Vec<u8>)>;

    #[expect(clippy::arithmetic_side_effects, reason = "the test's own short records")]
    fn resolved(records: &[(&str, &[u8])]) -> Result<Pairs, String> {
        let mut bytes = Vec::new();
        for (key, value) in records {
            let body = key.len() + value.len() + 3;
            let length = (1..).find(|digits| (body + digits).to_string().len() == *digits);
            bytes.extend(format!("{} {key}=", body + length.unwrap_or(0)).bytes());
            bytes.extend_from_slice(value);
            bytes.push(b'\n');
        }
        let labels = Labels::read(&Records::parse(&bytes).expect("the test writes good records"));
        let xattrs = labels.resolve(&Names::default())?;
        Ok(xattrs.iter().map(|(name, value)| (name.to_vec(), value.to_vec())).collect())
    }

    #[test]
    fn dialects_agree_or_are_refused() {
        let one = |name: &[u8], value: &[u8]| Ok(vec![(name.to_vec(), value.to_vec())]);
        assert_eq!(
            resolved(&[("SCHILY.xattr.user.a%3Db%25", b"\0\n")]),
            one(b"user.a=b%", b"\0\n")
        );
        assert_eq!(resolved(&[("SCHILY.xattr.user.a%20", b"")]), one(b"user.a%20", b""));
        assert_eq!(resolved(&[("LIBARCHIVE.xattr.user.a%20", b"aGk")]), one(b"user.a ", b"hi"));
        let both: &[(&str, &[u8])] =
            &[("LIBARCHIVE.xattr.user.a", b"aGk"), ("SCHILY.xattr.user.a", b"hi")];
        assert_eq!(resolved(both), one(b"user.a", b"hi"));
        let differ: &[(&str, &[u8])] =
            &[("LIBARCHIVE.xattr.user.a", b"aGk"), ("SCHILY.xattr.user.a", b"ho")];
        assert!(resolved(differ).is_err());
        assert!(resolved(&[("LIBARCHIVE.xattr.user.a", b"a!")]).is_err());
        assert_eq!(
            resolved(&[("RHT.security.selinux", b"a:b:c:s0")]),
            one(b"security.selinux", b"a:b:c:s0\0")
        );
    }
}
