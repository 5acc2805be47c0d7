//! Cancellation: a flag that the embedding program sets and every loop over input looks at.

use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};

/// A flag shared by the one who stops a run and the run. It remembers why it was set first.
///
/// ```
/// use drift_core::bounds::{Cancel, Stop};
/// let cancel = Cancel::new();
/// assert!(cancel.check().is_ok());
/// cancel.stop(Stop::Deadline);
/// cancel.cancel();
/// assert!(cancel.clone().check().is_err());
/// assert_eq!(cancel.reason(), Some(Stop::Deadline));
/// ```
#[derive(Debug, Clone, Default)]
pub struct Cancel(Arc<AtomicU8>);

/// Why a run is stopped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stop {
    /// Somebody asked for it, such as by a signal.
    Asked,
    /// Its time is over.
    Deadline,
}

/// The run was stopped from outside; nothing partial remains.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the run was cancelled")]
pub struct Cancelled;

/// Not set; the other values are those of [`Stop::code`].
const RUNNING: u8 = 0;

impl Stop {
    fn code(self) -> u8 {
        match self {
            Self::Asked => 1,
            Self::Deadline => 2,
        }
    }
}

impl Cancel {
    /// Returns a flag that is not set.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets the flag because somebody asked for it; may be called from any thread.
    pub fn cancel(&self) {
        self.stop(Stop::Asked);
    }

    /// Sets the flag; of several reasons the first stays.
    pub fn stop(&self, why: Stop) {
        let order = Ordering::Relaxed;
        let _set_before = self.0.compare_exchange(RUNNING, why.code(), order, order);
    }

    /// Returns why the flag was set; `None` while it is not.
    #[must_use]
    pub fn reason(&self) -> Option<Stop> {
        let code = self.0.load(Ordering::Relaxed);
        [Stop::Asked, Stop::Deadline].into_iter().find(|why| why.code() == code)
    }

    /// Returns whether the flag is set.
    #[must_use]
    pub fn is_cancelled(&self) -> bool {
        self.0.load(Ordering::Relaxed) != RUNNING
    }

    /// Fails once the flag is set.
    pub fn check(&self) -> Result<(), Cancelled> {
        if self.is_cancelled() { Err(Cancelled) } else { Ok(()) }
    }
}
