//! What the measurements share: trees and images of a stated size, commands in turn, the machine.

mod flat;
mod generated;
mod layered;
mod machine;
mod rounds;

pub use flat::{FlatPlace, FlatReading, FlatVolume};
pub use generated::GeneratedVolume;
pub use layered::write_layout;
pub use machine::describe;
pub use rounds::{Contender, compete};
