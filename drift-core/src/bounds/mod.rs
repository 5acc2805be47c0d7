//! Limits, injected time, cancellation, the one escaping function and the one thread pool.
//!
//! Everything that could differ between two machines or two runs enters the library through here.

mod budget;
mod cancel;
mod clock;
pub mod escape;
mod nearest;
mod observer;
mod pool;
mod ranges;
pub mod secrets;
mod slack;
mod timestamp;
pub(crate) mod toml;
mod wildcard;

pub use budget::{Budget, Exceeded, Limit};
pub use cancel::{Cancel, Cancelled, Stop};
pub use clock::Clock;
pub use drift_lanes::Kernel;
pub use nearest::nearest;
pub use observer::{Event, Observer, Silent};
pub(crate) use pool::is_worker;
pub use pool::{Pool, PoolError};
pub use ranges::Ranges;
pub(crate) use slack::make_room;
pub use timestamp::{Timestamp, TimestampError};
pub use wildcard::{Wildcard, WildcardError};
