//! Where the time comes from: whoever embeds the library says.

use super::timestamp::Timestamp;

/// Tells the time of reports, seals and expiry. Never used to decide the order of events.
pub trait Clock: Sync {
    /// Returns the present time.
    fn now(&self) -> Timestamp;
}

/// A fixed time, as `--now` gives it.
impl Clock for Timestamp {
    fn now(&self) -> Timestamp {
        *self
    }
}
