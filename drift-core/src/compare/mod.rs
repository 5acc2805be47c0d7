//! Comparing two trees: one merge-join of two cursors, each change once and nothing lost.
//!
//! Both trees come in the same order, so an entry is on one side alone exactly when the other
//! side's next entry lies behind it: the deeper one comes first, then the lesser name. No path is
//! compared and no tree is held.

mod apply;
mod change;
mod composite;
mod difference;
mod evidence;
mod explain;
mod image;
mod less;
mod manifested;
mod merge;
mod listed;
mod moves;
mod packages;
mod per_host;
mod ruled;
mod side;
mod vouch;

use crate::baseline::Alike;
use crate::bounds::{Cancel, Cancelled};
use crate::model::{
    AttributeSet, Carries, Cursor, CursorError, Entry, FileType, LayerId, Listing, Observed,
    PerHost, PerHostValue, RuleId, TreePath,
};
use crate::rules::RuleSet;

pub use apply::{Entries, apply, each_entry, entries};
pub use change::{EntryChange, Kind, State, Values};
pub use composite::{Component, Composite, MAX_COMPONENTS};
use difference::{Difference, Measure};
pub use evidence::{Evidence, Live, PackageEvents};
pub use explain::{Explanation, explain, explain_all, grants_power, is_executable};
pub use image::{ImageChange, compare_images};
pub use less::{ComparedLess, compared_less};
pub use listed::compare_listed_packages;
pub use merge::{Decisions, Layers, Merged, Numbering, Orphan};
pub use packages::{PackageChange, Packages, compare_packages, compose_packages};
pub use per_host::{Verdict, verdict};
use ruled::Ruled;
use side::Side;

/// The longest path that a program can name in one call (path_resolution(7)).
const PATH_MAX: usize = 4096;

/// All paths above that length that one comparison reports, together.
const MAX_LONG_PATH_BYTES: usize = 16 << 20;

/// How two trees are compared.
#[derive(Debug, Clone, Copy)]
pub struct Context<'c> {
    /// Which attributes count at which path.
    pub rules: &'c RuleSet,
    /// What the older tree carries.
    pub before: Carries,
    /// What each part of an older tree that is a composition carries, by the first origin of the part,
    /// in this order; empty of one tree. A part that carries less must not blind the others.
    pub before_parts: &'c [(LayerId, Carries)],
    /// What the newer tree carries.
    pub after: Carries,
    /// Paths of drift's own artefacts, which neither side is asked about.
    pub artifacts: &'c [TreePath],
    /// Paths of which the result says whether the older tree has them.
    pub watch: &'c [TreePath],
    /// Usual mount points of kernel file systems, on either side: what lies below is out of scope.
    pub outside: &'c [TreePath],
    /// Set from outside to stop.
    pub cancel: &'c Cancel,
}

impl Context<'_> {
    /// Returns which part of the older tree has this origin, if it is a composition.
    fn part_of(&self, origin: Option<LayerId>) -> Option<usize> {
        let origin = origin?;
        self.before_parts.partition_point(|(first, _)| *first <= origin).checked_sub(1)
    }
}

/// What a comparison found.
#[derive(Debug, Default)]
pub struct Comparison {
    /// Every change, in the order of paths.
    pub changes: Vec<EntryChange>,
    /// Files that grew under class `growing`, whose beginning must still be looked at.
    pub grown: Vec<EntryChange>,
    /// Entries that could not be compared, or not wholly; each has a problem on one side.
    pub not_compared: u64,
    /// Entries of which something that the rules compare was recorded on one side alone, or by
    /// another algorithm; counted above, and each needs a problem of its own.
    pub unrecorded: Vec<TreePath>,
    /// Entries that may differ by host, of which one side was captured under other rules; counted
    /// above, and each needs a problem of its own.
    pub unjudged: Vec<TreePath>,
    /// The first entry of one side alone whose path did not fit, and how many came after it.
    pub too_deep: Option<(TreePath, u64)>,
    /// The watched paths that the older tree has.
    pub watched: Vec<TreePath>,
}

/// The comparison was stopped, or a stored tree cannot be read on.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A stored tree is malformed.
    #[error(transparent)]
    Cursor(#[from] CursorError),
    /// The run was stopped from outside.
    #[error(transparent)]
    Cancelled(#[from] Cancelled),
}

/// What became of the directory that an entry lies in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Parent {
    /// On both sides; whether each side's names are all known.
    Both { before_complete: bool, after_complete: bool },
    /// Gone or new with everything in it.
    OneSide,
    /// Not compared, so nothing in it is either.
    NotCompared,
    /// Out of scope with everything in it.
    Outside,
    /// Hidden by what the newer tree has in its place.
    Hidden,
}

/// Which entries of one side alone count.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Keep {
    /// All of them.
    All,
    /// None but those of the older tree that are gone because something else stands in the place of
    /// a directory above them; the newer tree is a part, so what it lacks says nothing.
    Hidden,
    /// Those of the older tree; the newer one is a whole root, so what it lacks is gone.
    Removed,
}

/// Compares two trees.
pub fn compare(
    before: &mut dyn Cursor,
    after: &mut dyn Cursor,
    context: &Context<'_>,
) -> Result<Comparison, Error> {
    compare_except(before, after, &[], context)
}

/// Compares two trees but for what they are known to have alike
/// ([`likeness`](crate::baseline::likeness)); the result is the same.
pub fn compare_except(
    before: &mut dyn Cursor,
    after: &mut dyn Cursor,
    alike: &[Alike],
    context: &Context<'_>,
) -> Result<Comparison, Error> {
    let mut comparison = join((before, after), alike, context, &[], Keep::All)?;
    moves::recognise(&mut comparison.changes);
    Ok(comparison)
}

/// Finds what a newer tree, laid over an older one, alters of it: what differs at the same path, what
/// it hides, and where it is a `whole` root, what it no longer has. What it adds alters nothing.
///
/// An entry is judged under the rules that its part of the older tree `owns`, in the order of
/// [`Context::before_parts`], and its change names one of these; without any under [`Context::rules`].
pub fn alterations(
    before: &mut dyn Cursor,
    after: &mut dyn Cursor,
    whole: bool,
    owns: &[RuleSet],
    context: &Context<'_>,
) -> Result<Comparison, Error> {
    let keep = if whole { Keep::Removed } else { Keep::Hidden };
    join((before, after), &[], context, owns, keep)
}

fn join<'c>(
    (before, after): (&'c mut (dyn Cursor + 'c), &'c mut (dyn Cursor + 'c)),
    alike: &[Alike],
    context: &Context<'_>,
    owns: &[RuleSet],
    keep: Keep,
) -> Result<Comparison, Error> {
    let mut join = Join {
        before: Side::before_first(before),
        after: Side::before_first(after),
        alike,
        parents: Vec::new(),
        ruled: Ruled::default(),
        comparison: Comparison::default(),
        measure: Measure::new(context),
        long_paths: 0,
        keep,
        owns,
        context,
    };
    join.go_on()?;
    let mut steps = 0u32;
    while join.step()? {
        steps = steps.wrapping_add(1);
        if steps.is_multiple_of(1024) {
            context.cancel.check()?;
        }
    }
    Ok(join.comparison)
}

struct Join<'c, 'd> {
    before: Side<&'c mut dyn Cursor>,
    after: Side<&'c mut dyn Cursor>,
    /// What is still to be passed over on both sides.
    alike: &'d [Alike],
    parents: Vec<Parent>,
    ruled: Ruled,
    comparison: Comparison,
    measure: Measure,
    /// Bytes of the paths above `PATH_MAX` that were reported so far.
    long_paths: usize,
    keep: Keep,
    /// The rules of each part of the older tree, where these decide.
    owns: &'d [RuleSet],
    context: &'d Context<'d>,
}

impl<'d> Join<'_, 'd> {
    /// Treats the next entry in the order of both sides together; false at the end.
    fn step(&mut self) -> Result<bool, CursorError> {
        use std::cmp::Ordering::{Equal, Greater, Less};
        if self.before.current.is_none() && self.after.current.is_none() {
            return self.pass();
        }
        match self.before.order(&self.after) {
            Less => {
                self.one_side(Which::Before);
                self.before.advance()?;
            }
            Greater => {
                self.one_side(Which::After);
                self.after.advance()?;
            }
            Equal => {
                self.both();
                self.before.advance()?;
                self.after.advance()?;
            }
        }
        Ok(true)
    }

    /// Goes on as far as the next block that both sides have alike.
    fn go_on(&mut self) -> Result<(), CursorError> {
        let (before, after) =
            self.alike.first().map_or((u64::MAX, u64::MAX), |next| (next.before, next.after));
        self.before.go_on(before);
        self.after.go_on(after);
        self.before.advance()?;
        self.after.advance()
    }

    /// Passes over such a block; false when there is none, which is the end.
    fn pass(&mut self) -> Result<bool, CursorError> {
        let Some((next, rest)) = self.alike.split_first() else { return Ok(false) };
        self.alike = rest;
        let passage = &next.passage;
        self.before.pass(passage)?;
        self.after.pass(passage)?;
        // All names in the directories of such a block are known, on both sides.
        let known = Parent::Both { before_complete: true, after_complete: true };
        self.enter(passage.depth, known);
        self.ruled.enter(passage.depth);
        self.ruled.enter(passage.keeps.saturating_add(1));
        self.parents.truncate((passage.keeps as usize).saturating_add(1));
        self.parents.extend(passage.names.iter().map(|_| known));
        self.go_on()?;
        Ok(true)
    }

    fn one_side(&mut self, which: Which) {
        let side = match which {
            Which::Before => &self.before,
            Which::After => &self.after,
        };
        let Some(current) = side.current.as_ref() else { return };
        let parent = parent_of(&self.parents, current.depth);
        let depth = current.depth;
        self.ruled.enter(depth);
        let counts = match (self.keep, which) {
            (Keep::All, _) | (Keep::Removed, Which::Before) => true,
            (Keep::Hidden, Which::Before) => matches!(parent, Parent::Hidden | Parent::OneSide),
            (Keep::Hidden | Keep::Removed, Which::After) => false,
        };
        if !counts {
            return self.enter(depth, Parent::Outside);
        }
        let path = side.path();
        // The older tree may have been captured under other rules, whose numbers mean nothing here.
        let rule = match which {
            Which::Before => None,
            Which::After => current.rule,
        };
        let rules = match which {
            Which::Before => self.rules_of(current.origin),
            Which::After => self.context.rules,
        };
        let rule = rule.unwrap_or_else(|| match self.owns.is_empty() {
            true => self.ruled.rule(rules, side, current),
            false => rule_in(rules, &path, current.entry.file_type),
        });
        if parent == Parent::Outside {
            return self.enter(depth, Parent::Outside);
        }
        let known = match (which, parent) {
            (_, Parent::OneSide | Parent::Hidden) => true,
            (_, Parent::NotCompared | Parent::Outside) => false,
            (Which::Before, Parent::Both { after_complete, .. }) => after_complete,
            (Which::After, Parent::Both { before_complete, .. }) => before_complete,
        };
        let outside = rules.rule(rule).excludes() || self.context.artifacts.contains(&path);
        if which == Which::Before && self.context.watch.contains(&path) {
            self.comparison.watched.push(path.clone());
        }
        if !known {
            if !outside {
                self.comparison.not_compared = self.comparison.not_compared.saturating_add(1);
            }
        } else if !outside && !fits(&path, &mut self.long_paths) {
            let (_, more) = self.comparison.too_deep.get_or_insert((path, 0));
            *more = more.saturating_add(1);
            self.comparison.not_compared = self.comparison.not_compared.saturating_add(1);
        } else if !outside {
            let mut state = current.state();
            if which == Which::After && parent != Parent::OneSide {
                self.judge_newcomer(&path, rule, &mut state.entry);
            }
            let state = Some(state);
            let (before, after) =
                if which == Which::Before { (state, None) } else { (None, state) };
            self.comparison.changes.push(EntryChange {
                path,
                moved_from: None,
                rule,
                before,
                after,
                attributes: AttributeSet::EMPTY,
            });
        }
        self.enter(depth, if known { Parent::OneSide } else { Parent::NotCompared });
    }

    /// What comes into a directory that the baseline has is expected by form `new` only where the
    /// pattern names it: `/home/*` speaks of new homes, and of no new key in a home of the image.
    fn judge_newcomer(&self, path: &TreePath, rule: RuleId, entry: &mut Entry) {
        let known = self.context.rules.rule(rule).form.as_ref().filter(|form| form.only_new());
        let (Some(form), Some(above)) = (known, path.parent()) else { return };
        if rule_in(self.context.rules, &above, FileType::Directory) == rule {
            let value = PerHostValue::Violates;
            entry.per_host = Observed::Is(PerHost { form: form.digest(), value });
        }
    }

    fn both(&mut self) {
        let (Some(before), Some(after)) =
            (self.before.current.as_ref(), self.after.current.as_ref())
        else {
            return;
        };
        let depth = after.depth;
        let rules = self.rules_of(before.origin);
        // The numbers of the newer tree are those of the rules in force.
        self.ruled.enter(depth);
        let rule = match (self.owns.is_empty(), after.rule) {
            (true, Some(rule)) => rule,
            (true, None) => self.ruled.rule(rules, &self.after, after),
            (false, _) => rule_in(rules, &self.after.path(), after.entry.file_type),
        };
        let stands_in =
            |paths: &[TreePath]| paths.iter().any(|one| one.as_bytes() == self.after.path_bytes());
        if stands_in(self.context.watch) {
            self.comparison.watched.push(self.after.path());
        }
        let outside = stands_in(self.context.outside);
        let known_rule = rules.rule(rule);
        // The root of a file system of the kernel is not the directory that it covers.
        let difference = match outside {
            true => Difference::default(),
            false => {
                let measure = self.measure.of_part(before.origin, self.context);
                measure.difference(&before.entry, &after.entry, known_rule)
            }
        };
        if difference.unrecorded {
            self.comparison.unrecorded.push(self.after.path());
        }
        if difference.unjudged {
            self.comparison.unjudged.push(self.after.path());
        }
        if difference.unobserved || difference.unrecorded || difference.unjudged {
            self.comparison.not_compared = self.comparison.not_compared.saturating_add(1);
        }
        let changed = !difference.attributes.is_empty();
        if changed || difference.grown {
            let change = EntryChange {
                path: self.after.path(),
                moved_from: None,
                rule,
                before: Some(before.state()),
                after: Some(after.state()),
                attributes: difference.attributes,
            };
            if difference.grown {
                self.comparison.grown.push(change);
            } else if !self.context.artifacts.contains(&change.path) {
                self.comparison.changes.push(change);
            }
        }
        let complete = |side: &side::Current| {
            side.listing == Listing::Complete && side.entry.file_type != FileType::Unknown
        };
        let parent =
            Parent::Both { before_complete: complete(before), after_complete: complete(after) };
        let directory = |side: &side::Current| side.entry.file_type == FileType::Directory;
        let hides = after.entry.file_type != FileType::Unknown && !directory(after);
        let parent = if hides && directory(before) { Parent::Hidden } else { parent };
        self.enter(depth, if outside { Parent::Outside } else { parent });
    }

    /// Returns the rules that decide on an older entry of this origin.
    fn rules_of(&self, origin: Option<LayerId>) -> &'d RuleSet {
        let own = self.context.part_of(origin).and_then(|at| self.owns.get(at));
        own.unwrap_or(self.context.rules)
    }

    fn enter(&mut self, depth: u32, parent: Parent) {
        self.parents.truncate(depth as usize);
        self.parents.push(parent);
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Which {
    Before,
    After,
}

/// Paths up to the kernel's own limit always fit; of longer ones only so many, because the paths of
/// a chain of directories add up to the square of its depth.
fn fits(path: &TreePath, long_paths: &mut usize) -> bool {
    let length = path.as_bytes().len();
    if length <= PATH_MAX {
        return true;
    }
    let total = long_paths.saturating_add(length);
    if total <= MAX_LONG_PATH_BYTES {
        *long_paths = total;
    }
    total <= MAX_LONG_PATH_BYTES
}

fn rule_in(rules: &RuleSet, path: &TreePath, file_type: FileType) -> RuleId {
    rules.evaluate(path, file_type == FileType::Directory)
}

fn parent_of(parents: &[Parent], depth: u32) -> Parent {
    let at = (depth as usize).checked_sub(1);
    at.and_then(|at| parents.get(at)).copied().unwrap_or(Parent::OneSide)
}
