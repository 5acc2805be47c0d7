//! Finding a name in the layers of a merged directory: `ovl_lookup` of fs/overlayfs/namei.c.
//!
//! From the uppermost layer down: a whiteout or an opaque directory ends the search, a redirect changes
//! the name for the layers below, a file that has but metadata sends it on for the content.

use crate::model::{Device, FileType};
use crate::source::volume::{Errno, Stat, Volume};

use super::attributes::Own;
use super::{Overlay, OverlayDirectory, Part};

/// The uppermost object of a name.
pub(super) struct Top<'d, D> {
    pub(super) layer: usize,
    pub(super) directory: &'d D,
    pub(super) stat: Stat,
}

/// An object of one layer.
pub(super) struct Located<'d, D> {
    pub(super) layer: usize,
    base: Base<'d, D>,
    pub(super) name: Box<[u8]>,
    pub(super) stat: Stat,
    /// It is a directory, and this is it.
    opened: Option<(D, bool)>,
}

/// A file with the object that has its content.
type WithContent<'d, D> = (Top<'d, D>, Located<'d, D>);

/// A layer, and where a search begins in it.
type Start<'d, D> = (usize, Base<'d, D>);

/// Where a search begins in a layer, or has come to.
enum Base<'d, D> {
    Held(&'d D),
    Opened(D),
}

impl<D> Base<'_, D> {
    fn get(&self) -> &D {
        match self {
            Self::Held(directory) => directory,
            Self::Opened(directory) => directory,
        }
    }
}

impl<D> Located<'_, D> {
    /// Returns the directory that holds it.
    pub(super) fn directory(&self) -> &D {
        self.base.get()
    }
}

/// What a layer has under a name.
enum Seen {
    Absent,
    Whiteout,
    Object(Stat),
}

/// A search on its way down.
struct Search {
    /// The name in the layers still to come; with `/` in front a path from their roots.
    name: Vec<u8>,
    /// The last layer that was searched.
    after: Option<usize>,
    is_directory: bool,
    metacopy: bool,
    stop: bool,
    redirected: bool,
}

impl Search {
    fn of(name: &[u8]) -> Self {
        Self {
            name: name.to_vec(),
            after: None,
            is_directory: false,
            metacopy: false,
            stop: false,
            redirected: false,
        }
    }

    fn is_from_root(&self) -> bool {
        self.name.first() == Some(&b'/')
    }
}

/// The name for the layers below, put together while one layer is searched.
struct Below {
    name: Vec<u8>,
    from_root: bool,
}

impl Below {
    fn push(&mut self, name: &[u8]) {
        if self.from_root {
            self.name.push(b'/');
        }
        self.name.extend_from_slice(name);
    }

    /// Takes over what an object says of its name below.
    fn follow(&mut self, name: &[u8], own: &Own, search: &mut Search) -> Result<(), Errno> {
        match own.redirect()? {
            None => self.push(name),
            Some(redirect) => {
                search.redirected = true;
                if redirect.starts_with(b"/") {
                    self.name = redirect.to_vec();
                    self.from_root = true;
                    // An opaque directory on the way hides what lies at its own place alone.
                    search.stop = false;
                } else {
                    self.push(redirect);
                }
            }
        }
        Ok(())
    }
}

impl<V: Volume> Overlay<V> {
    /// Finds the uppermost object of a name.
    pub(super) fn top<'d>(
        &self,
        parent: &'d OverlayDirectory<V::Directory>,
        name: &[u8],
    ) -> Result<Top<'d, V::Directory>, Errno> {
        for part in &parent.parts {
            match self.seen(part.layer, &part.directory, name)? {
                Seen::Absent => {}
                Seen::Whiteout => return Err(Errno::NOENT),
                Seen::Object(stat) => {
                    return Ok(Top { layer: part.layer, directory: &part.directory, stat });
                }
            }
        }
        Err(Errno::NOENT)
    }

    /// Opens a directory in all layers that it is merged of.
    pub(super) fn merged(
        &self,
        parent: &OverlayDirectory<V::Directory>,
        name: &[u8],
    ) -> Result<OverlayDirectory<V::Directory>, Errno> {
        let mut search = Search::of(name);
        let mut parts = Vec::new();
        while let Some(found) = self.next(parent, &mut search)? {
            let layer = found.layer;
            match found.opened {
                Some((directory, holds_whiteouts)) => {
                    parts.push(Part { layer, directory, holds_whiteouts });
                }
                None if found.stat.file_type == FileType::Symlink => return Err(Errno::LOOP),
                None => return Err(Errno::NOTDIR),
            }
        }
        if parts.is_empty() {
            return Err(Errno::NOENT);
        }
        let redirected = parent.redirected || search.redirected;
        Ok(OverlayDirectory { parts, is_root: false, redirected })
    }

    /// Finds a file, and the one that has its content: the same, but for a metacopy.
    pub(super) fn data<'d>(
        &self,
        parent: &'d OverlayDirectory<V::Directory>,
        name: &[u8],
    ) -> Result<WithContent<'d, V::Directory>, Errno> {
        let top = self.top(parent, name)?;
        if top.stat.file_type != FileType::File {
            return Err(Errno::STALE);
        }
        let mut search = Search::of(name);
        let mut last = None;
        while let Some(found) = self.next(parent, &mut search)? {
            last = Some(found);
        }
        match last {
            Some(found) if !search.metacopy => Ok((top, found)),
            _ => Err(Errno::NOLINK),
        }
    }

    /// Searches on, and returns the next object that belongs to the name.
    fn next<'d>(
        &self,
        parent: &'d OverlayDirectory<V::Directory>,
        search: &mut Search,
    ) -> Result<Option<Located<'d, V::Directory>>, Errno> {
        while !search.stop {
            let Some((layer, base)) = self.base(parent, search)? else { return Ok(None) };
            search.after = Some(layer);
            if let Some(found) = self.in_layer(layer, base, search)? {
                return Ok(Some(found));
            }
        }
        Ok(None)
    }

    /// Returns where to begin in the next layer.
    fn base<'d>(
        &self,
        parent: &'d OverlayDirectory<V::Directory>,
        search: &Search,
    ) -> Result<Option<Start<'d, V::Directory>>, Errno> {
        if search.is_from_root() {
            let layer = search.after.map_or(0, |after| after.saturating_add(1));
            return match self.layers.get(layer) {
                None => Ok(None),
                Some(found) => Ok(Some((layer, Base::Opened(found.volume.root()?)))),
            };
        }
        let is_next = |part: &&Part<V::Directory>| search.after.is_none_or(|at| part.layer > at);
        let part = parent.parts.iter().find(is_next);
        Ok(part.map(|part| (part.layer, Base::Held(&part.directory))))
    }

    /// Searches one layer.
    fn in_layer<'d>(
        &self,
        layer: usize,
        mut base: Base<'d, V::Directory>,
        search: &mut Search,
    ) -> Result<Option<Located<'d, V::Directory>>, Errno> {
        let whole = std::mem::take(&mut search.name);
        let from_root = whole.first() == Some(&b'/');
        let mut below = Below { name: Vec::new(), from_root };
        let mut names =
            whole.split(|&byte| byte == b'/').filter(|name| !name.is_empty()).peekable();
        let mut found = None;
        while let Some(name) = names.next() {
            let is_end = names.peek().is_none();
            let Some(here) = self.step(layer, base, name, is_end, (search, &mut below))? else {
                below.push(name);
                break;
            };
            match here.opened {
                Some((directory, _)) if !is_end => base = Base::Opened(directory),
                _ => {
                    found = Some(here);
                    break;
                }
            }
        }
        names.for_each(|name| below.push(name));
        search.name = below.name;
        Ok(found)
    }

    /// Goes one name further in one layer.
    fn step<'d>(
        &self,
        layer: usize,
        base: Base<'d, V::Directory>,
        name: &[u8],
        is_end: bool,
        (search, below): (&mut Search, &mut Below),
    ) -> Result<Option<Located<'d, V::Directory>>, Errno> {
        let volume = self.volume(layer)?;
        let stat = match self.seen(layer, base.get(), name)? {
            Seen::Absent => return Ok(None),
            Seen::Whiteout => {
                search.stop = true;
                return Ok(None);
            }
            Seen::Object(stat) => stat,
        };
        let is_directory = stat.file_type == FileType::Directory;
        let no_content = is_end && search.metacopy && stat.file_type != FileType::File;
        if no_content || (!is_directory && (search.is_directory || !is_end)) {
            search.stop = true;
            return Ok(None);
        }
        let mut opened = None;
        if is_directory {
            let directory = volume.open_directory(base.get(), name)?;
            let found = volume.stat_directory(&directory)?;
            if (found.device, found.inode) != (stat.device, stat.inode) {
                return Err(Errno::STALE);
            }
            search.is_directory |= is_end;
            let own = self.own(layer, &directory, None)?;
            if self.is_last(layer) {
                below.push(name);
            } else if own.opaque {
                search.stop = true;
                below.push(name);
            } else {
                below.follow(name, &own, search)?;
            }
            opened = Some((directory, own.holds_whiteouts));
        } else {
            let regular = stat.file_type == FileType::File;
            let own =
                if regular { self.own(layer, base.get(), Some(name))? } else { Own::default() };
            search.metacopy = own.metacopy;
            search.stop = !own.metacopy;
            if own.metacopy && !self.is_last(layer) {
                below.follow(name, &own, search)?;
            } else {
                below.push(name);
            }
        }
        Ok(Some(Located { layer, base, name: name.into(), stat, opened }))
    }

    fn own(
        &self,
        layer: usize,
        directory: &V::Directory,
        name: Option<&[u8]>,
    ) -> Result<Own, Errno> {
        Ok(self.attributes.of(&self.volume(layer)?.xattrs(directory, name)?))
    }

    /// Examines a name of one layer.
    fn seen(&self, layer: usize, directory: &V::Directory, name: &[u8]) -> Result<Seen, Errno> {
        let Some(stat) = self.stat_in(layer, directory, name)? else { return Ok(Seen::Absent) };
        if stat.file_type == FileType::Char && stat.rdev == Some(Device { major: 0, minor: 0 }) {
            return Ok(Seen::Whiteout);
        }
        let may_be = stat.file_type == FileType::File && stat.size == 0;
        if may_be && self.own(layer, directory, Some(name))?.whiteout {
            return Ok(Seen::Whiteout);
        }
        Ok(Seen::Object(stat))
    }

    /// A name that the layer's file system cannot hold is not in it.
    fn stat_in(
        &self,
        layer: usize,
        directory: &V::Directory,
        name: &[u8],
    ) -> Result<Option<Stat>, Errno> {
        let at = self.layer(layer)?;
        match at.volume.stat(directory, name) {
            Ok(stat) if stat.mount != at.mount => Err(Errno::XDEV),
            Ok(stat) => Ok(Some(stat)),
            Err(Errno::NOENT | Errno::NAMETOOLONG) => Ok(None),
            Err(errno) => Err(errno),
        }
    }

    /// Returns whether a listed name is a whiteout.
    pub(super) fn is_whiteout(&self, part: &Part<V::Directory>, name: &[u8]) -> bool {
        // Whatever fails here fails again when the name is examined, and is a problem then.
        matches!(self.seen(part.layer, &part.directory, name), Ok(Seen::Whiteout))
    }
}
