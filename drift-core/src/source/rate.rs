//! How fast content is read: one limit for a whole run, whoever reads and on how many threads.
//!
//! Every reading pays for its bytes afterwards with a place on one line of time: the line moves on by
//! what the bytes cost, and the reader waits until the clock has come as far. So the rate holds for
//! all readers together, however they take turns, and the time that reading itself takes counts.

use std::fmt;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use crate::bounds::Cancel;

/// Tells how time passes and lets it pass. The library has no clock; a program passes its own.
pub trait Pace: Send + Sync {
    /// Returns the time since a moment that stays the same; it never goes back.
    fn now(&self) -> Duration;

    /// Waits for about so long.
    fn pause(&self, time: Duration);
}

/// Less than this is saved up: a system sleeps no shorter anyway.
const SHORTEST_PAUSE: Duration = Duration::from_millis(5);

/// The longest sleep, after which the reader looks whether the run was stopped.
const LONGEST_PAUSE: Duration = Duration::from_millis(100);

/// Time in which nothing was read that is made up for afterwards. Without it a limit near the speed
/// of the disk would not be reached; with more there would be bursts.
const CREDIT: Duration = Duration::from_millis(100);

/// A limit to the rate of reading.
pub struct Rate {
    bytes_per_second: u64,
    pace: Box<dyn Pace>,
    cancel: Cancel,
    /// Until when everything that was read is paid for.
    paid_until: Mutex<Duration>,
}

impl Rate {
    /// Limits all readings together to so many bytes a second; 0 is taken for 1. Nobody waits any
    /// more once `cancel` is set.
    pub fn new(bytes_per_second: u64, pace: Box<dyn Pace>, cancel: Cancel) -> Self {
        let paid_until = Mutex::new(pace.now());
        Self { bytes_per_second: bytes_per_second.max(1), pace, cancel, paid_until }
    }

    /// Waits until `bytes` that were just read fit into the rate, or until the run is stopped.
    pub fn pay(&self, bytes: usize) {
        let due = self.reserve(bytes);
        loop {
            let left = due.saturating_sub(self.pace.now());
            if left < SHORTEST_PAUSE || self.cancel.is_cancelled() {
                return;
            }
            self.pace.pause(left.min(LONGEST_PAUSE));
        }
    }

    fn reserve(&self, bytes: usize) -> Duration {
        let cost = self.cost(bytes);
        // What was just read took its time too: a disk slower than the limit is never waited for.
        let earliest = self.pace.now().saturating_sub(CREDIT.max(cost));
        let mut paid_until = self.paid_until.lock().unwrap_or_else(PoisonError::into_inner);
        *paid_until = (*paid_until).max(earliest).saturating_add(cost);
        *paid_until
    }

    fn cost(&self, bytes: usize) -> Duration {
        let nanoseconds = u128::from(bytes as u64).saturating_mul(1_000_000_000)
            / u128::from(self.bytes_per_second);
        Duration::from_nanos(u64::try_from(nanoseconds).unwrap_or(u64::MAX))
    }
}

impl fmt::Debug for Rate {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { bytes_per_second, .. } = self;
        formatter
            .debug_struct("Rate")
            .field("bytes_per_second", bytes_per_second)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
pub(super) mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicU64, Ordering};
    use std::time::Duration;

    use super::{CREDIT, Pace, Rate, SHORTEST_PAUSE};
    use crate::bounds::Cancel;

    /// A clock that goes on by what is waited and by what reading is said to take.
    #[derive(Debug, Clone, Default)]
    pub(crate) struct Virtual(pub(crate) Arc<AtomicU64>);

    impl Virtual {
        pub(crate) fn pass(&self, time: Duration) {
            let nanoseconds = u64::try_from(time.as_nanos()).expect("no test waits for ages");
            self.0.fetch_add(nanoseconds, Ordering::SeqCst);
        }
    }

    impl Pace for Virtual {
        fn now(&self) -> Duration {
            Duration::from_nanos(self.0.load(Ordering::SeqCst))
        }

        fn pause(&self, time: Duration) {
            self.pass(time);
        }
    }

    const MEBIBYTE: u64 = 1 << 20;

    fn seconds(bytes: u64, rate: u64) -> Duration {
        Duration::from_secs_f64(bytes as f64 / rate as f64)
    }

    /// Reads pieces of every size, each of which takes `reading` by itself; returns the bytes and how
    /// long it took by the virtual clock.
    fn run(rate: u64, reading: Duration) -> (u64, Duration) {
        let clock = Virtual::default();
        let limit = Rate::new(rate, Box::new(clock.clone()), Cancel::new());
        let mut bytes = 0;
        for piece in [1usize, 4096, 65_536, 262_144, 100].iter().cycle().take(500) {
            clock.pass(reading);
            limit.pay(*piece);
            bytes += *piece as u64;
        }
        (bytes, clock.now())
    }

    #[test]
    fn the_rate_holds_and_is_reached() {
        for rate in [MEBIBYTE, 50 * MEBIBYTE, 3_000_000_000] {
            let (bytes, took) = run(rate, Duration::ZERO);
            let least = seconds(bytes, rate).saturating_sub(CREDIT + SHORTEST_PAUSE);
            assert!(took >= least, "{rate}: {took:?} for {bytes}");
            assert!(took <= seconds(bytes, rate) + SHORTEST_PAUSE, "{rate}: {took:?}");
        }
    }

    #[test]
    fn the_time_that_reading_takes_counts() {
        // A fifth of the time goes into reading; the rate is reached all the same, and not passed.
        let (bytes, alone) = run(MEBIBYTE, Duration::ZERO);
        let (_, took) = run(MEBIBYTE, seconds(bytes, MEBIBYTE) / 2500);
        assert!(took >= alone.saturating_sub(CREDIT), "{took:?} and {alone:?}");
        assert!(took <= alone + CREDIT, "{took:?} and {alone:?}");
        // A disk slower than the limit is not slowed down any more.
        let (_, slow) = run(MEBIBYTE, seconds(bytes, MEBIBYTE) / 100);
        assert!(slow <= seconds(bytes, MEBIBYTE) * 5 + SHORTEST_PAUSE, "{slow:?}");
    }

    #[test]
    fn several_readers_keep_to_the_one_limit() {
        let clock = Virtual::default();
        let limit = Rate::new(MEBIBYTE, Box::new(clock.clone()), Cancel::new());
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| (0..40).for_each(|_| limit.pay(65_536)));
            }
        });
        let least = seconds(4 * 40 * 65_536, MEBIBYTE).saturating_sub(CREDIT + SHORTEST_PAUSE);
        assert!(clock.now() >= least, "{:?}", clock.now());
    }

    /// Stops the run while somebody waits.
    struct Stopping(Cancel, AtomicU64);

    impl Pace for Stopping {
        fn now(&self) -> Duration {
            Duration::ZERO
        }

        fn pause(&self, time: Duration) {
            assert!(time <= Duration::from_millis(100), "one sleep may not hold a run: {time:?}");
            self.1.fetch_add(1, Ordering::SeqCst);
            self.0.cancel();
        }
    }

    #[test]
    fn nobody_waits_once_the_run_is_stopped() {
        let cancel = Cancel::new();
        let pace = Stopping(cancel.clone(), AtomicU64::new(0));
        // An hour is owed; the clock stands still, so only the stop ends the waiting.
        let limit = Rate::new(1, Box::new(pace), cancel.clone());
        limit.pay(3600);
        limit.pay(usize::MAX);
        assert!(cancel.is_cancelled());
    }
}
