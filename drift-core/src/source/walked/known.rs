//! Asking what an earlier run knows of a file, while its `Stat` is at hand.

use crate::model::{Digest, FileType, Found, Observed};
use crate::source::Known;
use crate::source::volume::{Stat, Volume};

use super::chain::Node;
use super::survey::Survey;

impl<V: Volume> Survey<'_, V> {
    /// Learns which file system a directory lies on, for what is known of the files in it.
    pub(super) fn place(&self, node: &Node<V::Directory>, directory: &V::Directory) {
        let mut ask = || self.volume.file_system(directory);
        let of = |known: &dyn Known| known.place((node.mount, node.device()), &mut ask);
        if let Some(place) = self.plan.known.and_then(of) {
            node.place.get_or_init(|| place);
        }
    }

    /// Returns the digest of a file that an earlier run read, where the rules have it read at all. What
    /// the kernel itself checks needs no stamp, whoever owns it and whatever power it gives.
    pub(super) fn known(
        &self,
        node: &Node<V::Directory>,
        (directory, name): (&V::Directory, &[u8]),
        stat: &Stat,
        found: &Found,
    ) -> Option<Digest> {
        let known = self.plan.known.filter(|_| stat.file_type == FileType::File)?;
        let place = *node.place.get()?;
        // A single file can be a mount.
        let lies_there = (stat.mount, stat.device) == (node.mount, node.device());
        let is_read = self.plan.rules.rule(found.rule).reads_content();
        if !lies_there || !is_read {
            return None;
        }
        let mut seal = || {
            let file = self.volume.open(directory, name, stat).ok()?;
            self.volume.seal(&file)
        };
        match stat.verity {
            true => known.proved(place, stat, &mut seal),
            false if is_others(found) || may_give_power(found) => None,
            false => known.digest(place, stat),
        }
    }
}

/// Whether somebody but root may write it. Calls that exchange the contents of two files that one may
/// write (`EXT4_IOC_MOVE_EXT`, `XFS_IOC_SWAPEXT`) leave times as they are. An access control list
/// cannot give more than the bits of the group.
fn is_others(found: &Found) -> bool {
    found.uid != 0 || found.mode & 0o022 != 0
}

/// Whether starting the file gives more than its user has, or that could not be seen: such files are
/// few, and read at every run when they are not sealed.
fn may_give_power(found: &Found) -> bool {
    let is_capable = match &found.xattrs {
        Observed::Is(xattrs) => xattrs.get(b"security.capability").is_some(),
        Observed::NotApplicable => false,
        Observed::Unobserved => true,
    };
    found.mode & 0o6000 != 0 || is_capable
}
