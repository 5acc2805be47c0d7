//! Which blocks of entries two trees have alike, so that a comparison need not look at their entries.
//!
//! Blocks are cut by content, so a block that both trees have begins with the same path and has the
//! same digests in both. What is equal to itself is no difference under any rule as long as nothing
//! of it is unseen ([`Shape::is_plain`](super::shape::Shape::is_plain)); only such blocks are passed
//! over. No digest of an index is believed: the bytes of every block that is passed over are restored,
//! digested and read with every check of a walk, by all workers. What fails there, or is not plain,
//! is left to the walk, which says what is wrong with it.

use std::collections::HashMap;

use crate::bounds::{Cancel, Pool};
use crate::model::{FileType, Passage, Tree, TreePath};

use super::container::Container;
use super::cursor::{begins, enter};
use super::error::Error;
use super::index::Block;
use super::limits::MAX_KEY_BYTES;
use super::rows::{EntryBlock, EntryBlocks, blocks_of, spread};
use super::trail::Trail;

/// The blocks of a stored snapshot.
#[derive(Debug, Clone, Copy)]
pub struct StoredBlocks<'b>(pub(super) &'b Container);

/// The newer of two trees.
#[derive(Debug, Clone, Copy)]
pub enum Newer<'n> {
    /// It was captured now, and its blocks are still to be cut.
    Captured(&'n Tree),
    /// It is stored too.
    Stored(StoredBlocks<'n>),
}

/// A block that two trees have alike, and how many entries lie between it and the one before, or the
/// beginning, in each tree.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Alike {
    /// Entries before it in the older tree.
    pub before: u64,
    /// Entries before it in the newer tree.
    pub after: u64,
    /// The block.
    pub passage: Passage,
}

/// How alike two trees are.
#[derive(Debug, Default)]
pub struct Likeness {
    /// The blocks that both have, in order.
    pub alike: Vec<Alike>,
    /// The blocks of the newer tree, where they were still to be cut.
    pub blocks: Option<EntryBlocks>,
}

/// Finds the blocks that two trees have alike; without an older one only cuts those of the newer.
///
/// A block in which one of the paths of `avoid` lies, or may lie, is not taken. `beside` is done once,
/// at the same time.
///
/// # Errors
///
/// Those of [`encode`](super::encode()) for a captured tree. Whatever is wrong with a stored one is left
/// to its cursor.
pub fn likeness(
    older: Option<StoredBlocks<'_>>,
    newer: Newer<'_>,
    avoid: &[TreePath],
    (pool, cancel): (&Pool, &Cancel),
    beside: impl Fn() + Sync,
) -> Result<Likeness, Error> {
    let older = older.map(|older| Older::new(older.0, avoid));
    match newer {
        Newer::Captured(tree) => {
            let find = |block: &EntryBlock| older.as_ref()?.passage(&block.key, &Said::of(block));
            let (blocks, found) = blocks_of(tree, (pool, cancel), find, beside)?;
            let counts = blocks.blocks.iter().map(|block| block.count);
            let alike = older.map_or(Vec::new(), |older| older.in_order(counts.zip(found)));
            Ok(Likeness { alike, blocks: Some(blocks) })
        }
        Newer::Stored(StoredBlocks(newer)) => {
            let indexed: Vec<[&Block; 3]> = newer.indexed().collect();
            let find = |at: usize| {
                cancel.check()?;
                let Some(block @ [entries, ..]) = indexed.get(at) else { return Ok(None) };
                let found = || older.as_ref()?.passage(&entries.key, &Said::by(block));
                // The same words in two indexes prove nothing of the bytes behind the second.
                Ok(found()
                    .filter(|(_, found)| passage(newer, at).ok().flatten().as_ref() == Some(found)))
            };
            let mut places = 0..indexed.len();
            let found = spread(pool, || Ok(places.next()), find, beside)?;
            let counts = indexed.iter().map(|[entries, ..]| entries.count);
            let alike = older.map_or(Vec::new(), |older| older.in_order(counts.zip(found)));
            Ok(Likeness { alike, blocks: None })
        }
    }
}

/// What an index says of entries and digests of a block. Owners and layers are not compared.
#[derive(PartialEq, Eq)]
struct Said {
    count: u64,
    entries: (u64, [u8; 32]),
    digests: (u64, [u8; 32]),
}

impl Said {
    fn of(block: &EntryBlock) -> Self {
        let [entries, digests, _] = block.parts;
        Self { count: block.count, entries, digests }
    }

    fn by([entries, digests, _]: &[&Block; 3]) -> Self {
        Self {
            count: entries.count,
            entries: (entries.raw, entries.digest),
            digests: (digests.raw, digests.digest),
        }
    }
}

/// The older tree, by first paths.
struct Older<'b> {
    container: &'b Container,
    blocks: HashMap<&'b [u8], (usize, Said)>,
    counts: Vec<u64>,
}

type Taken = Option<(usize, Passage)>;

impl<'b> Older<'b> {
    fn new(container: &'b Container, avoid: &[TreePath]) -> Self {
        let indexed: Vec<[&'b Block; 3]> = container.indexed().collect();
        let avoided = avoided(&indexed, avoid);
        let blocks = indexed.iter().zip(avoided).enumerate();
        let blocks = blocks.filter(|(_, (_, avoided))| !avoided);
        Self {
            container,
            blocks: blocks
                .map(|(at, (block @ [entries, ..], _))| (&*entries.key, (at, Said::by(block))))
                .collect(),
            counts: indexed.iter().map(|[entries, ..]| entries.count).collect(),
        }
    }

    /// Returns the block that begins with this path, where it is this one, its bytes are those of
    /// the index and it is plain.
    fn passage(&self, key: &[u8], said: &Said) -> Taken {
        let (at, own) = self.blocks.get(key)?;
        if own != said {
            return None;
        }
        Some((*at, passage(self.container, *at).ok()??))
    }

    /// Counts what lies between those that were found, given the counts of the newer tree.
    fn in_order(self, newer: impl Iterator<Item = (u64, Taken)>) -> Vec<Alike> {
        let mut alike = Vec::new();
        let (mut next, mut between) = (0usize, 0u64);
        for (count, found) in newer {
            let ahead = found.filter(|(at, _)| *at >= next);
            let Some((at, passage)) = ahead else {
                between = between.saturating_add(count);
                continue;
            };
            let passed = self.counts.get(next..at).unwrap_or_default();
            let before = passed.iter().fold(0u64, |sum, count| sum.saturating_add(*count));
            alike.push(Alike { before, after: std::mem::take(&mut between), passage });
            next = at.saturating_add(1);
        }
        alike
    }
}

/// Returns for each block whether one of the paths may lie in it. First paths that were cut short say
/// where a block begins at the earliest, so one before such a block is avoided with it.
fn avoided(indexed: &[[&Block; 3]], paths: &[TreePath]) -> Vec<bool> {
    let mut avoided = vec![false; indexed.len()];
    if paths.is_empty() {
        return avoided;
    }
    let firsts: Vec<TreePath> =
        indexed.iter().map(|[block, ..]| TreePath::from_joined(block.key.to_vec())).collect();
    for path in paths {
        for (at, avoided) in avoided.iter_mut().enumerate() {
            let begins = firsts.get(at).is_some_and(|first| first <= path);
            let mut behind = firsts.get(at.saturating_add(1)..).unwrap_or_default().iter();
            let sure = behind.find(|first| first.as_bytes().len() < MAX_KEY_BYTES);
            *avoided |= begins && sure.is_none_or(|next| path < next);
        }
    }
    avoided
}

/// Reads a block with every check of a walk, and returns where it leads to; `None` of one that is not
/// plain or that begins too deep for its first path to be known.
fn passage(container: &Container, at: usize) -> Result<Option<Passage>, Error> {
    let Some(key) = container.first_path(at).filter(|key| key.len() < MAX_KEY_BYTES) else {
        return Ok(None);
    };
    let Some(mut block) = container.entries(at)? else { return Ok(None) };
    let mut trail = Trail::default();
    let mut last = None;
    if let Some(above) = TreePath::from_joined(key.to_vec()).parent() {
        above.components().for_each(|name| trail.push(name));
        last = Some(FileType::Directory);
    }
    let (mut count, mut depth, mut lowest) = (0u64, 0usize, usize::MAX);
    let mut name: Box<[u8]> = Box::default();
    while let Some(passed) = block.pass()? {
        enter(&mut trail, last, passed.depth, passed.name)?;
        if !passed.is_plain {
            return Ok(None);
        }
        last = Some(passed.file_type);
        if count == 0 {
            (depth, name) = (trail.depth(), passed.name.into());
            begins(container, at, &trail)?;
        }
        lowest = lowest.min(trail.depth());
        count = count.saturating_add(1);
    }
    let (Some(last), Ok(depth)) = (last, u32::try_from(depth)) else { return Ok(None) };
    let keeps = lowest.saturating_sub(1);
    let levels = keeps.saturating_add(1)..=trail.depth();
    let names = levels.filter_map(|level| trail.name(level)).map(Into::into).collect();
    let keeps = u32::try_from(keeps).unwrap_or(u32::MAX);
    Ok(Some(Passage { count, depth, name, keeps, names, last }))
}
