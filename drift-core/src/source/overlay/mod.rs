//! Directories put on one another as overlayfs does, without mounting them.
//!
//! The rules are the kernel's (Documentation/filesystems/overlayfs.rst, and `ovl_lookup` where that
//! page is silent); the tests compare with a mount. A container's upper directory holds exactly
//! what was changed in place, so reading it wrongly would hide a change: whatever the kernel would
//! refuse is a problem here. See `docs/decisions/0013-overlay.md`.

#![warn(clippy::indexing_slicing, clippy::arithmetic_side_effects)]

mod attributes;
mod listing;
mod lookup;
mod target;

use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::model::{FileType, Observed, SourceKind, Xattrs};

use super::host::sees_trusted_attributes;
use super::volume::{DirectoryEntry, Errno, Stat, Volume};
use super::walked::Walked;
use super::{Error, HostVolume, Manners, Resolution, Source, errno_name};

pub use attributes::OverlayAttributes;
pub use target::OverlayTarget;

/// The number of the one mount that everything in an overlay is seen through.
const MOUNT: u64 = 1;

/// Directories below a redirect that are listed. Redirects can lead to one directory from many
/// places, and so a few of them to a tree of any size.
const MAX_REDIRECTED_LISTINGS: u64 = 1 << 20;

/// Directories kept open by a walk, over all layers; see `walked`.
const HANDLES: usize = 64;

/// Layers of another volume as one.
#[derive(Debug)]
pub struct Overlay<V> {
    /// The uppermost first.
    layers: Vec<Layer<V>>,
    has_upper: bool,
    attributes: OverlayAttributes,
    /// Whether overlayfs's own attributes can be seen at all.
    sees_attributes: bool,
    redirected_listings: AtomicU64,
    most_redirected: u64,
}

#[derive(Debug)]
struct Layer<V> {
    volume: V,
    /// The mount of its root; overlayfs shows no other.
    mount: u64,
}

/// An open directory of an overlay: the directories that it is merged of, the uppermost first.
#[derive(Debug)]
pub struct OverlayDirectory<D> {
    parts: Vec<Part<D>>,
    is_root: bool,
    /// Whether a redirect led here, or to a directory above.
    redirected: bool,
}

#[derive(Debug)]
struct Part<D> {
    layer: usize,
    directory: D,
    /// Whether it says that whiteouts with attributes are in it (opaque = x).
    holds_whiteouts: bool,
}

/// An open file of an overlay.
#[derive(Debug)]
pub struct OverlayFile<F> {
    layer: usize,
    file: F,
    /// Of a file whose content lies lower: what it shows, and what the content's file showed.
    lower: Option<(Stat, Stat)>,
}

/// Opens an overlay of directories of this machine.
pub(super) fn open(target: &OverlayTarget, manners: &Manners) -> Result<Box<dyn Source>, Error> {
    let locator = target.to_string();
    let failed = |directory: &Path, errno| Error::Open {
        locator: locator.clone(),
        reason: format!(
            "its directory {} cannot be opened ({})",
            crate::bounds::escape::escaped(directory.as_os_str().as_encoded_bytes()),
            errno_name(errno)
        ),
    };
    let mut volumes = Vec::new();
    for directory in target.directories() {
        let volume = HostVolume::open(directory, Resolution::Automatic);
        let volume = volume.map_err(|errno| failed(directory, errno))?;
        volumes.push(volume.with_manners(manners.clone()));
    }
    let handles = HANDLES.checked_div(volumes.len()).unwrap_or(0).max(1);
    let overlay = match target.upper {
        Some(_) => Overlay::new(volumes, target.attributes),
        None => Overlay::of_lowers(volumes, target.attributes),
    };
    let mut overlay = overlay.map_err(|errno| failed(Path::new(&*locator), errno))?;
    overlay.sees_attributes =
        target.attributes == OverlayAttributes::User || sees_trusted_attributes();
    let source = Walked::new(overlay, SourceKind::Overlay, &locator).with_handles(handles);
    Ok(Box::new(source))
}

impl<V: Volume> Overlay<V> {
    /// Puts volumes on one another, the upper directory first.
    pub fn new(volumes: Vec<V>, attributes: OverlayAttributes) -> Result<Self, Errno> {
        Self::stacked(volumes, attributes, true)
    }

    /// Puts volumes on one another that are all lower directories, the uppermost first.
    pub fn of_lowers(volumes: Vec<V>, attributes: OverlayAttributes) -> Result<Self, Errno> {
        Self::stacked(volumes, attributes, false)
    }

    fn stacked(
        volumes: Vec<V>,
        attributes: OverlayAttributes,
        has_upper: bool,
    ) -> Result<Self, Errno> {
        let mut layers = Vec::new();
        for volume in volumes {
            let mount = volume.stat_directory(&volume.root()?)?.mount;
            layers.push(Layer { volume, mount });
        }
        Ok(Self {
            layers,
            has_upper,
            attributes,
            sees_attributes: true,
            redirected_listings: AtomicU64::new(0),
            most_redirected: MAX_REDIRECTED_LISTINGS,
        })
    }

    fn layer(&self, layer: usize) -> Result<&Layer<V>, Errno> {
        self.layers.get(layer).ok_or(Errno::BADF)
    }

    fn volume(&self, layer: usize) -> Result<&V, Errno> {
        self.layer(layer).map(|layer| &layer.volume)
    }

    /// Nothing but the last layer has anything below it that an attribute could hide or show.
    fn is_last(&self, layer: usize) -> bool {
        layer.saturating_add(1) >= self.layers.len()
    }

    /// What overlayfs shows of an object of a layer.
    fn shown(&self, stat: Stat, layer: usize, xattrs: &Observed<Xattrs>) -> Stat {
        let flags = if self.has_upper && layer == 0 {
            self.attributes.protected(stat.flags, xattrs)
        } else {
            stat.flags
        };
        // The kernel counts one name of every merged directory.
        let nlink = if stat.file_type == FileType::Directory { 1 } else { stat.nlink };
        Stat { flags, nlink, mount: MOUNT, ..stat }
    }
}

impl<V: Volume> Volume for Overlay<V> {
    type Directory = OverlayDirectory<V::Directory>;
    type File = OverlayFile<V::File>;

    fn root(&self) -> Result<Self::Directory, Errno> {
        let mut parts = Vec::new();
        for (layer, Layer { volume, .. }) in self.layers.iter().enumerate() {
            let directory = volume.root()?;
            let own = self.attributes.of(&volume.xattrs(&directory, None)?);
            parts.push(Part { layer, directory, holds_whiteouts: own.holds_whiteouts });
        }
        Ok(OverlayDirectory { parts, is_root: true, redirected: false })
    }

    fn open_directory(
        &self,
        parent: &Self::Directory,
        path: &[u8],
    ) -> Result<Self::Directory, Errno> {
        let mut opened = None;
        for name in path.split(|&byte| byte == b'/').filter(|name| !name.is_empty()) {
            let at = opened.as_ref().unwrap_or(parent);
            opened = Some(self.merged(at, name)?);
        }
        opened.ok_or(Errno::NOENT)
    }

    fn stat_directory(&self, directory: &Self::Directory) -> Result<Stat, Errno> {
        let part = directory.parts.first().ok_or(Errno::BADF)?;
        let volume = self.volume(part.layer)?;
        let stat = volume.stat_directory(&part.directory)?;
        // The walk examines the root apart from its attributes, and reports those once.
        let xattrs = volume.xattrs(&part.directory, None).unwrap_or(Observed::NotApplicable);
        Ok(self.shown(stat, part.layer, &xattrs))
    }

    fn list(
        &self,
        directory: &Self::Directory,
        each: &mut dyn FnMut(DirectoryEntry),
    ) -> Result<(), Errno> {
        if directory.redirected {
            let before = self.redirected_listings.fetch_add(1, Ordering::Relaxed);
            if before >= self.most_redirected {
                return Err(Errno::OVERFLOW);
            }
        }
        self.merged_names(directory, each)
    }

    fn stat(&self, directory: &Self::Directory, name: &[u8]) -> Result<Stat, Errno> {
        let top = self.top(directory, name)?;
        let has_own = matches!(top.stat.file_type, FileType::File | FileType::Directory);
        let asks = has_own && (top.stat.file_type == FileType::File || top.layer == 0);
        if !asks {
            return Ok(self.shown(top.stat, top.layer, &Observed::NotApplicable));
        }
        let xattrs = self.volume(top.layer)?.xattrs(top.directory, Some(name))?;
        let mut stat = self.shown(top.stat, top.layer, &xattrs);
        if stat.file_type == FileType::File && self.attributes.of(&xattrs).metacopy {
            let (_, data) = self.data(directory, name)?;
            stat.allocated = data.stat.allocated;
        }
        Ok(stat)
    }

    fn read_link(&self, directory: &Self::Directory, name: &[u8]) -> Result<Box<[u8]>, Errno> {
        let top = self.top(directory, name)?;
        self.volume(top.layer)?.read_link(top.directory, name)
    }

    fn xattrs(
        &self,
        directory: &Self::Directory,
        name: Option<&[u8]>,
    ) -> Result<Observed<Xattrs>, Errno> {
        let all = match name {
            None if directory.is_root && !self.sees_attributes && self.layers.len() > 1 => {
                return Err(Errno::PERM);
            }
            None => {
                let part = directory.parts.first().ok_or(Errno::BADF)?;
                self.volume(part.layer)?.xattrs(&part.directory, None)?
            }
            Some(name) => {
                let top = self.top(directory, name)?;
                self.volume(top.layer)?.xattrs(top.directory, Some(name))?
            }
        };
        Ok(all.map(|all| self.attributes.without_own(&all)))
    }

    fn leave(&self) {
        self.layers.iter().for_each(|layer| layer.volume.leave());
    }

    fn open(
        &self,
        directory: &Self::Directory,
        name: &[u8],
        expected: &Stat,
    ) -> Result<Self::File, Errno> {
        let (top, data) = self.data(directory, name)?;
        if (top.stat.device, top.stat.inode) != (expected.device, expected.inode) {
            return Err(Errno::STALE);
        }
        let is_lower = data.layer != top.layer;
        let file = self.volume(data.layer)?.open(data.directory(), &data.name, &data.stat)?;
        let lower = is_lower.then(|| (expected.clone(), data.stat.clone()));
        Ok(OverlayFile { layer: data.layer, file, lower })
    }

    fn stat_file(&self, file: &Self::File) -> Result<Stat, Errno> {
        let now = self.volume(file.layer)?.stat_file(&file.file)?;
        let unchanged = |seen: &Stat| {
            (seen.size, seen.mtime, seen.ctime, seen.inode)
                == (now.size, now.mtime, now.ctime, now.inode)
        };
        match &file.lower {
            Some((shown, seen)) if unchanged(seen) => Ok(shown.clone()),
            _ => Ok(self.shown(now, file.layer, &Observed::NotApplicable)),
        }
    }

    fn read(&self, file: &mut Self::File, buffer: &mut [u8]) -> Result<usize, Errno> {
        self.volume(file.layer)?.read(&mut file.file, buffer)
    }

    fn next_data(&self, file: &Self::File, offset: u64) -> Result<Option<(u64, u64)>, Errno> {
        self.volume(file.layer)?.next_data(&file.file, offset)
    }

    fn seek(&self, file: &mut Self::File, offset: u64) -> Result<(), Errno> {
        self.volume(file.layer)?.seek(&mut file.file, offset)
    }

    fn prefers_inodes(&self) -> bool {
        self.layers.iter().any(|layer| layer.volume.prefers_inodes())
    }

    fn meaning(&self, errno: Errno) -> Option<&'static str> {
        Some(match errno {
            Errno::PERM if !self.sees_attributes => {
                "permission denied; run as root to see everything, the attributes trusted.overlay.* \
                 of overlayfs included (a mount with userxattr has none: name it \
                 overlay,userxattr:UPPER:LOWER)"
            }
            Errno::NOLINK => {
                "overlayfs says that its content lies in a lower directory, and none has it there"
            }
            Errno::PROTO => "overlayfs redirects it to something that is no path",
            Errno::XDEV => {
                "a file system is mounted here inside a layer, and overlayfs shows what is below it"
            }
            Errno::OVERFLOW => {
                "redirects of overlayfs lead to too many directories, or to some again and again"
            }
            _ => return None,
        })
    }
}

#[cfg(test)]
mod tests;
