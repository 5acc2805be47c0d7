//! Directories on the way down, as chains of names, and opening them again.
//!
//! A directory knows its parent and not its path, so a tree of any depth costs memory in the number
//! of directories only. Whoever needs one open goes up to the nearest ancestor that somebody still
//! holds open and takes the names below it in one call.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError, Weak};

use crate::model::{RuleId, TreePath};
use crate::source::Place;
use crate::source::volume::{Errno, Stat, Volume};

use super::handles::patiently;

/// Rules look at no longer paths; see `rules::RuleSet`.
const MAX_PATH_BYTES: usize = 4096;

/// A directory of the walk.
#[derive(Debug)]
pub(super) struct Node<D> {
    parent: Option<Arc<Node<D>>>,
    name: Box<[u8]>,
    /// The path, while it is short enough for rules to look at.
    path: Option<Box<[u8]>>,
    /// Device and inode, to know it again.
    identity: (u64, u64),
    /// The mount it lies on.
    pub(super) mount: u64,
    /// The rule that classes it.
    pub(super) rule: RuleId,
    /// The file system, once the directory was listed, where files of it may be known.
    pub(super) place: OnceLock<Place>,
    /// The open directory, as long as somebody holds it.
    live: Mutex<Weak<Open<D>>>,
}

/// An open directory, counted as long as it lives.
#[derive(Debug)]
pub(super) struct Open<D> {
    pub(super) directory: D,
    count: Arc<AtomicUsize>,
}

impl<D> Drop for Open<D> {
    fn drop(&mut self) {
        self.count.fetch_sub(1, Ordering::Relaxed);
    }
}

impl<D> Node<D> {
    pub(super) fn root(stat: &Stat) -> Self {
        Self {
            parent: None,
            name: Box::default(),
            path: Some(Box::default()),
            identity: (stat.device, stat.inode),
            mount: stat.mount,
            rule: RuleId(0),
            place: OnceLock::new(),
            live: Mutex::default(),
        }
    }

    pub(super) fn child(parent: &Arc<Self>, name: &[u8], stat: &Stat, rule: RuleId) -> Arc<Self> {
        let mut path = Vec::new();
        let fits = parent.write_path(name, &mut path) && path.len() <= MAX_PATH_BYTES;
        Arc::new(Self {
            parent: Some(Arc::clone(parent)),
            name: name.into(),
            path: fits.then(|| path.into()),
            identity: (stat.device, stat.inode),
            mount: stat.mount,
            rule,
            place: OnceLock::new(),
            live: Mutex::default(),
        })
    }

    pub(super) fn device(&self) -> u64 {
        self.identity.0
    }

    /// Writes the path of the child `name`; returns false, and nothing, where it is too long for
    /// rules to look at.
    pub(super) fn write_path(&self, name: &[u8], buffer: &mut Vec<u8>) -> bool {
        buffer.clear();
        let Some(path) = &self.path else { return false };
        buffer.extend_from_slice(path);
        if !buffer.is_empty() {
            buffer.push(b'/');
        }
        buffer.extend_from_slice(name);
        true
    }

    /// Builds the whole path, however long.
    pub(super) fn full_path(&self) -> TreePath {
        let mut names: Vec<&[u8]> = Vec::new();
        let mut at = self;
        while let Some(parent) = &at.parent {
            names.push(&at.name);
            at = parent;
        }
        names.reverse();
        TreePath::from_joined(names.join(&b'/'))
    }

    fn held(&self) -> Option<Arc<Open<D>>> {
        self.live.lock().unwrap_or_else(PoisonError::into_inner).upgrade()
    }
}

/// The chain is let go link by link: the compiler's own way would recurse as deep as the tree.
impl<D> Drop for Node<D> {
    fn drop(&mut self) {
        let mut next = self.parent.take();
        while let Some(mut node) = next.and_then(Arc::into_inner) {
            next = node.parent.take();
        }
    }
}

/// A way longer than twice this leaves a directory open so many levels above its end: the walk
/// comes up again level by level, and without that a deep tree would cost time quadratic in depth.
const STRIDE: usize = 256;

/// Opens directories of one volume and counts them.
pub(super) struct Opener<'v, V: Volume> {
    volume: &'v V,
    count: Arc<AtomicUsize>,
    /// How many may be kept open for later.
    budget: AtomicUsize,
    landmark: Mutex<Option<Arc<Open<V::Directory>>>>,
}

impl<'v, V: Volume> Opener<'v, V> {
    pub(super) fn new(volume: &'v V, budget: usize) -> Self {
        Self {
            volume,
            count: Arc::default(),
            budget: AtomicUsize::new(budget),
            landmark: Mutex::default(),
        }
    }

    /// Returns whether one more directory may be kept open.
    pub(super) fn may_keep(&self) -> bool {
        self.count.load(Ordering::Relaxed) <= self.budget.load(Ordering::Relaxed)
    }

    /// Keeps none from now on: the system is short of descriptors.
    pub(super) fn keep_none(&self) {
        self.budget.store(0, Ordering::Relaxed);
        *self.landmark() = None;
    }

    /// Returns whether directories may be kept at all.
    pub(super) fn keeps_any(&self) -> bool {
        self.budget.load(Ordering::Relaxed) > 0
    }

    /// Opens a directory of the walk, and only if it is the one that was examined.
    pub(super) fn open(
        &self,
        node: &Node<V::Directory>,
        shed: impl Fn(),
    ) -> Result<Arc<Open<V::Directory>>, Errno> {
        let mut way: Vec<&Node<V::Directory>> = Vec::new();
        let mut at = node;
        let mut start = loop {
            if let Some(held) = at.held() {
                break Some(held);
            }
            way.push(at);
            let Some(parent) = &at.parent else { break None };
            at = parent;
        };
        way.reverse();
        let near = way.len().checked_sub(STRIDE).filter(|&near| near > STRIDE && self.keeps_any());
        if let Some((far, rest)) = near.and_then(|near| way.split_at_checked(near)) {
            let landmark = self.descend(start.as_ref(), far, &shed)?;
            *self.landmark() = Some(Arc::clone(&landmark));
            start = Some(landmark);
            way = rest.to_vec();
        }
        match start {
            Some(held) if way.is_empty() => Ok(held),
            start => self.descend(start.as_ref(), &way, &shed),
        }
    }

    /// Opens the last directory of a way that begins in `start`, or with the root.
    fn descend(
        &self,
        start: Option<&Arc<Open<V::Directory>>>,
        way: &[&Node<V::Directory>],
        shed: &impl Fn(),
    ) -> Result<Arc<Open<V::Directory>>, Errno> {
        let node = way.last().ok_or(Errno::STALE)?;
        let names: Vec<&[u8]> =
            way.iter().filter(|node| node.parent.is_some()).map(|node| &*node.name).collect();
        let path = names.join(&b'/');
        let directory = patiently(shed, || match start {
            Some(held) => self.volume.open_directory(&held.directory, &path),
            None if path.is_empty() => self.volume.root(),
            None => self.volume.open_directory(&self.volume.root()?, &path),
        })?;
        self.count.fetch_add(1, Ordering::Relaxed);
        let opened = Arc::new(Open { directory, count: Arc::clone(&self.count) });
        let stat = self.volume.stat_directory(&opened.directory)?;
        if (stat.device, stat.inode) != node.identity {
            return Err(Errno::STALE);
        }
        *node.live.lock().unwrap_or_else(PoisonError::into_inner) = Arc::downgrade(&opened);
        Ok(opened)
    }

    fn landmark(&self) -> MutexGuard<'_, Option<Arc<Open<V::Directory>>>> {
        self.landmark.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
