//! The rules of entries whose tree does not say them, found on the way instead of from whole paths.

use crate::model::{Cursor, FileType, RuleId};
use crate::rules::RuleSet;

use super::side::{Current, Side};

/// The rules of the directories above the entry at hand, as far as anything asked for them.
#[derive(Debug, Default)]
pub(super) struct Ruled(Vec<RuleId>);

impl Ruled {
    /// Goes on to an entry of this depth.
    pub(super) fn enter(&mut self, depth: u32) {
        self.0.truncate(depth as usize);
    }

    /// Returns the rule of the current entry of a side; both sides have the same directories above.
    pub(super) fn rule<C: Cursor>(
        &mut self,
        rules: &RuleSet,
        side: &Side<C>,
        current: &Current,
    ) -> RuleId {
        let mut above = self.0.last().copied().unwrap_or(RuleId(0));
        for depth in self.0.len()..current.depth as usize {
            above = rules.classify(above, side.path_above(depth), true);
            self.0.push(above);
        }
        let is_directory = current.entry.file_type == FileType::Directory;
        rules.classify(above, side.path_bytes(), is_directory)
    }
}
