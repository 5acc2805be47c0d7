//! What of a tree the rules in force compare less than the rules that it was sealed under.

use crate::bounds::Cancel;
use crate::model::{Cursor, FileType, RuleId, TreePath};
use crate::rules::RuleSet;

use super::Error;
use super::side::Side;

/// Entries of which less is compared.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ComparedLess {
    /// How many there are.
    pub count: u64,
    /// One of them: the first that is no directory, else the first.
    pub example: Option<TreePath>,
}

/// Walks a tree and counts the entries of which the rules in force compare less than its `own`.
pub fn compared_less(
    tree: &mut dyn Cursor,
    own: &RuleSet,
    in_force: &RuleSet,
    cancel: &Cancel,
) -> Result<ComparedLess, Error> {
    let mut side = Side::new(tree)?;
    let mut less = ComparedLess::default();
    let mut is_file = false;
    let mut above: Vec<(RuleId, RuleId)> = Vec::new();
    let mut steps = 0u32;
    while let Some(current) = &side.current {
        let directory = current.entry.file_type == FileType::Directory;
        let parent = (current.depth as usize).checked_sub(1).and_then(|at| above.get(at)).copied();
        let (owns, forces) = parent.unwrap_or((RuleId(0), RuleId(0)));
        let path = side.path_bytes();
        let rules =
            (own.classify(owns, path, directory), in_force.classify(forces, path, directory));
        above.truncate(current.depth as usize);
        above.push(rules);
        let (owned, forced) = (own.rule(rules.0), in_force.rule(rules.1));
        if forced.compares_less_than(owned, current.entry.file_type) {
            less.count = less.count.saturating_add(1);
            if less.example.is_none() || (!is_file && !directory) {
                less.example = Some(side.path());
                is_file = !directory;
            }
        }
        side.advance()?;
        steps = steps.wrapping_add(1);
        if steps.is_multiple_of(1024) {
            cancel.check()?;
        }
    }
    Ok(less)
}
