//! What hosts share of the few entries that differ by host by right.

use crate::model::per_host::PerHost;

use super::{RowId, Tree};

impl Tree {
    /// Records what hosts share of an entry.
    pub fn set_per_host(&mut self, row: RowId, value: PerHost) {
        self.edits = self.edits.saturating_add(1);
        self.per_host.insert(row, value);
    }

    /// Returns what hosts share of an entry, where a rule of class `expected-per-host` judged it.
    #[must_use]
    pub fn per_host(&self, row: RowId) -> Option<PerHost> {
        self.per_host.get(&row).copied()
    }

    /// Returns whether any entry was judged by what differs between hosts.
    #[must_use]
    pub fn has_per_host(&self) -> bool {
        !self.per_host.is_empty()
    }
}
