//! Several trees laid over each other, walked as one: later ones win, entry by entry.
//!
//! * A later directory over an earlier one takes its attributes; what lies in either is in both.
//! * Anything else over a directory, or under one, hides what the earlier tree has below that path.
//! * A tree that is a whole root also says what is not there: an entry of an earlier tree that it
//!   lacks, in a directory whose names it knows and where its own rules left nothing out, is gone.
//!
//! All trees come in the same order, so the next entry is the first of the next ones, and no tree is
//! held. `docs/decisions/0015-hierarchies.md` says why it is so.

use std::cmp::Ordering;
use std::fmt;

use crate::model::{Cursor, CursorError, Entry, FileType, LayerId, Listing, PackageId, Step};
use crate::rules::RuleSet;

use super::side::{Current, Side};

/// The most trees that can be laid over each other: a set of them is one number of 64 bits.
pub const MAX_COMPONENTS: usize = 64;

/// One of the trees.
#[derive(Debug)]
pub struct Component<'c, C> {
    /// Walks it.
    pub cursor: C,
    /// The rules that it was captured under, where it is a whole root.
    pub whole: Option<&'c RuleSet>,
    /// The number that each of its packages has among all.
    pub owners: &'c [Option<PackageId>],
    /// Its origins begin here: an entry without layer has this one, one of layer n the n-th after it.
    pub first_origin: u16,
}

/// Walks several trees as one.
pub struct Composite<'c, C> {
    components: Vec<Layer<'c, C>>,
    /// For each directory on the way down, the whole roots that know all its names.
    knowing: Vec<u64>,
    /// The components that stand at the last entry; at first all, before their first.
    consumed: u64,
}

struct Layer<'c, C> {
    side: Side<C>,
    whole: Option<&'c RuleSet>,
    owners: &'c [Option<PackageId>],
    first_origin: u16,
}

/// What became of the entries at one path.
struct Winner {
    /// The last component that has it.
    at: usize,
    /// Those that contribute what lies below it.
    visible: u64,
    listing: Listing,
}

impl<C> fmt::Debug for Composite<'_, C> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Composite").field("components", &self.components.len()).finish()
    }
}

impl<'c, C: Cursor> Composite<'c, C> {
    /// Lays trees over each other, the earlier ones below; those beyond [`MAX_COMPONENTS`] are an
    /// error of the caller and fail the walk.
    pub fn new(components: Vec<Component<'c, C>>) -> Self {
        let all = if components.len() >= MAX_COMPONENTS {
            u64::MAX
        } else {
            (1u64 << components.len()).saturating_sub(1)
        };
        let layer = |component: Component<'c, C>| Layer {
            side: Side::before_first(component.cursor),
            whole: component.whole,
            owners: component.owners,
            first_origin: component.first_origin,
        };
        Self {
            components: components.into_iter().map(layer).collect(),
            knowing: Vec::new(),
            consumed: all,
        }
    }

    /// Moves on every component that stands at the last entry.
    fn advance(&mut self) -> Result<(), CursorError> {
        for at in members(std::mem::take(&mut self.consumed)) {
            if let Some(layer) = self.components.get_mut(at) {
                layer.side.advance()?;
            }
        }
        Ok(())
    }

    /// Returns the components that stand at the first of the next paths.
    fn standing(&self) -> u64 {
        let mut first: Option<&Side<C>> = None;
        let mut standing = 0;
        for (at, layer) in self.components.iter().enumerate() {
            if layer.side.current.is_none() {
                continue;
            }
            match first.map_or(Ordering::Less, |first| layer.side.order(first)) {
                Ordering::Less => (first, standing) = (Some(&layer.side), bit(at)),
                Ordering::Equal => standing |= bit(at),
                Ordering::Greater => {}
            }
        }
        standing
    }

    fn current(&self, at: usize) -> Option<&Current> {
        self.components.get(at)?.side.current.as_ref()
    }

    fn is_directory(&self, at: usize) -> bool {
        self.current(at).is_some_and(|current| current.entry.file_type == FileType::Directory)
    }

    /// Returns the last whole root above the components that stand here which says that nothing does.
    fn denying(&self, standing: u64, depth: u32) -> Option<usize> {
        let parent = (depth as usize).checked_sub(1)?;
        let knowing = self.knowing.get(parent).copied().unwrap_or(0) & !standing;
        let lowest = lowest(standing)?;
        let above = members(knowing).filter(|at| *at > lowest);
        let mut path = None;
        above
            .filter(|at| {
                let Some(layer) = self.components.get(lowest) else { return false };
                let path = path.get_or_insert_with(|| layer.side.path());
                let rules = self.components.get(*at).and_then(|layer| layer.whole);
                // What its rules left out was never looked for.
                rules.is_some_and(|rules| {
                    !rules.rule(rules.evaluate(path, self.is_directory(lowest))).excludes()
                })
            })
            .last()
    }

    /// Decides between the components that stand at one path; `None` when it is gone.
    fn decide(&self, standing: u64, depth: u32) -> Option<Winner> {
        let floor = self.denying(standing, depth).map_or(0, |at| at.saturating_add(1));
        let alive = standing & !bit(floor).wrapping_sub(1);
        let at = highest(alive)?;
        let mut winner = Winner { at, visible: 0, listing: Listing::Complete };
        let mut below = alive;
        while let Some(at) = highest(below) {
            let directory = self.is_directory(at);
            if at != winner.at && !(directory && self.is_directory(winner.at)) {
                break;
            }
            winner.visible |= bit(at);
            let listing = self.current(at).map_or(Listing::Complete, |current| current.listing);
            winner.listing = winner.listing.max(listing);
            below &= !bit(at);
        }
        Some(winner)
    }

    /// Passes over what the components that lost have below this depth.
    fn pass_over(&mut self, lost: u64, depth: u32) -> Result<(), CursorError> {
        for at in members(lost) {
            let Some(layer) = self.components.get_mut(at) else { continue };
            layer.side.advance()?;
            while layer.side.current.as_ref().is_some_and(|current| current.depth > depth) {
                layer.side.advance()?;
            }
        }
        Ok(())
    }

    /// Notes which whole roots know all names of the directory that is now open.
    fn open(&mut self, winner: &Winner, depth: u32) {
        let knows = |at: &usize| {
            self.components.get(*at).is_some_and(|layer| layer.whole.is_some())
                && self.current(*at).is_some_and(|current| current.listing == Listing::Complete)
        };
        let directory = self.is_directory(winner.at);
        let knowing = members(winner.visible).filter(knows).fold(0, |set, at| set | bit(at));
        self.knowing.truncate(depth as usize);
        self.knowing.push(if directory { knowing } else { 0 });
    }
}

impl<C: Cursor> Cursor for Composite<'_, C> {
    fn next(&mut self) -> Result<Option<Step<'_>>, CursorError> {
        if self.components.len() > MAX_COMPONENTS {
            return Err(CursorError {
                reason: format!("more than {MAX_COMPONENTS} trees compose"),
            });
        }
        self.advance()?;
        let (winner, depth) = loop {
            let standing = self.standing();
            let Some(first) = lowest(standing) else { return Ok(None) };
            let depth = self.current(first).map_or(0, |current| current.depth);
            match self.decide(standing, depth) {
                None => self.pass_over(standing, depth)?,
                Some(winner) => {
                    // Before they move on: their current entries say what they know.
                    self.open(&winner, depth);
                    self.pass_over(standing & !winner.visible, depth)?;
                    self.consumed = winner.visible;
                    break (winner, depth);
                }
            }
        };
        let Some(layer) = self.components.get_mut(winner.at) else { return Ok(None) };
        let Some(current) = layer.side.current.as_mut() else { return Ok(None) };
        let nothing = Entry::unobserved(FileType::Unknown);
        let entry = std::mem::replace(&mut current.entry, nothing);
        let owner = current.owner.and_then(|owner| layer.owners.get(owner.index()).copied());
        let after = current.origin.map_or(Some(0), |origin| origin.0.checked_add(1));
        let origin = after.and_then(|after| layer.first_origin.checked_add(after)).map(LayerId);
        let name = layer.side.position().map_or(&[][..], |(_, name)| name);
        Ok(Some(Step {
            depth,
            name,
            entry,
            listing: winner.listing,
            owner: owner.flatten(),
            rule: None,
            origin,
            row: None,
        }))
    }
}

/// The set of one component.
fn bit(at: usize) -> u64 {
    u32::try_from(at).ok().and_then(|at| 1u64.checked_shl(at)).unwrap_or(0)
}

fn lowest(set: u64) -> Option<usize> {
    (set != 0).then(|| set.trailing_zeros() as usize)
}

fn highest(set: u64) -> Option<usize> {
    set.checked_ilog2().map(|at| at as usize)
}

/// The components of a set, the lowest first.
fn members(mut set: u64) -> impl Iterator<Item = usize> {
    std::iter::from_fn(move || {
        let at = lowest(set)?;
        set &= !bit(at);
        Some(at)
    })
}
