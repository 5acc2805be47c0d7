//! overlayfs's own extended attributes: reading them, and hiding them as a mount does.
//!
//! A mount reads one family and shows the other like any attribute. Which one must not depend on
//! what the tree holds: whoever works in a container may set `user.*`, and `user.overlay.metacopy` on
//! a changed file would otherwise show the original content.

use crate::model::{Flags, Observed, Xattrs};
use crate::source::volume::Errno;

/// Which extended attributes are overlayfs's own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum OverlayAttributes {
    /// `trusted.overlay.*`, as mounts of root have them.
    #[default]
    Trusted,
    /// `user.overlay.*`, of mounts with the option `userxattr`.
    User,
}

/// What overlayfs wrote on one object.
#[derive(Debug, Default)]
pub(super) struct Own {
    /// Nothing below shows through.
    pub(super) opaque: bool,
    /// Zero-size files in it may be whiteouts.
    pub(super) holds_whiteouts: bool,
    /// The object itself says that a lower name is gone.
    pub(super) whiteout: bool,
    /// Its content lies in a lower layer.
    pub(super) metacopy: bool,
    redirect: Option<Box<[u8]>>,
}

impl Own {
    /// Returns under which name the layers below have it: one name beside it, or a path from their
    /// roots with `/` in front.
    pub(super) fn redirect(&self) -> Result<Option<&[u8]>, Errno> {
        let Some(redirect) = self.redirect.as_deref() else { return Ok(None) };
        let names = redirect.strip_prefix(b"/");
        let plain =
            |name: &[u8]| !name.is_empty() && name != b"." && name != b".." && !name.contains(&0);
        let good = match names {
            Some(names) => names.split(|&byte| byte == b'/').all(plain),
            None => plain(redirect) && !redirect.contains(&b'/'),
        };
        if good { Ok(Some(redirect)) } else { Err(Errno::PROTO) }
    }
}

impl OverlayAttributes {
    fn prefix(self) -> &'static [u8] {
        match self {
            Self::Trusted => b"trusted.overlay.",
            Self::User => b"user.overlay.",
        }
    }

    /// Returns what overlayfs wrote on an object.
    pub(super) fn of(self, xattrs: &Observed<Xattrs>) -> Own {
        let Some(xattrs) = xattrs.seen() else { return Own::default() };
        let get = |name: &[u8]| xattrs.get(&[self.prefix(), name].concat());
        Own {
            // The kernel reads one byte and wants exactly one.
            opaque: get(b"opaque") == Some(b"y"),
            holds_whiteouts: get(b"opaque") == Some(b"x"),
            whiteout: get(b"whiteout").is_some(),
            metacopy: get(b"metacopy").is_some(),
            redirect: get(b"redirect").map(Into::into),
        }
    }

    /// Returns the attributes that a mount shows. One level of `overlay.` is an escape for those of
    /// an overlay within the overlay, and taken away (since Linux 6.7).
    pub(super) fn without_own(self, all: &Xattrs) -> Xattrs {
        let prefix = self.prefix();
        let shown = |(name, value): (&[u8], &[u8])| match name.strip_prefix(prefix) {
            None => Some((name.into(), value.into())),
            Some(own) => {
                let inner = own.strip_prefix(b"overlay.")?;
                Some(([prefix, inner].concat().into(), value.into()))
            }
        };
        Xattrs::new(all.iter().filter_map(shown).collect())
    }

    /// Adds the flags that overlayfs keeps in an attribute, because a file that truly had them could
    /// not be linked or renamed by it.
    pub(super) fn protected(
        self,
        flags: Observed<Flags>,
        xattrs: &Observed<Xattrs>,
    ) -> Observed<Flags> {
        let name = [self.prefix(), b"protattr"].concat();
        let Some(letters) = xattrs.seen().and_then(|xattrs| xattrs.get(&name)) else {
            return flags;
        };
        let real = flags.seen().copied();
        let has = |letter| letters.contains(&letter);
        Observed::Is(Flags {
            immutable: has(b'i') || real.is_some_and(|real| real.immutable),
            append: has(b'a') || real.is_some_and(|real| real.append),
        })
    }
}
