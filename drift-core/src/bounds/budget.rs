//! Budgets: what one parser or one run may spend, counted in bytes and items, never in time.

/// What ran out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Limit {
    /// Bytes of input or of decompressed output.
    Bytes,
    /// Records, entries, fields.
    Items,
}

/// A budget is spent; the parser stops where it stands and says so.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the limit of {allowed} {} is reached", match limit { Limit::Bytes => "bytes", Limit::Items => "items" })]
pub struct Exceeded {
    /// What ran out.
    pub limit: Limit,
    /// How much of it there was.
    pub allowed: u64,
}

/// Bytes and items that may still be spent.
#[derive(Debug, Clone)]
pub struct Budget {
    bytes_allowed: u64,
    bytes_spent: u64,
    items_allowed: u64,
    items_spent: u64,
}

impl Budget {
    /// Grants so many bytes and items.
    #[must_use]
    pub fn new(bytes: u64, items: u64) -> Self {
        Self { bytes_allowed: bytes, bytes_spent: 0, items_allowed: items, items_spent: 0 }
    }

    /// Spends bytes.
    pub fn bytes(&mut self, count: u64) -> Result<(), Exceeded> {
        self.bytes_spent = self.bytes_spent.saturating_add(count);
        if self.bytes_spent > self.bytes_allowed {
            return Err(Exceeded { limit: Limit::Bytes, allowed: self.bytes_allowed });
        }
        Ok(())
    }

    /// Spends one item.
    pub fn item(&mut self) -> Result<(), Exceeded> {
        self.items_spent = self.items_spent.saturating_add(1);
        if self.items_spent > self.items_allowed {
            return Err(Exceeded { limit: Limit::Items, allowed: self.items_allowed });
        }
        Ok(())
    }
}
