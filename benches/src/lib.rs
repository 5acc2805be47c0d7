//! What the measurements share: trees and images of a stated size, commands in turn, the machine, the
//! limit, the goals.

pub mod floor;
mod flat;
mod generated;
pub mod goals;
mod layered;
mod machine;
pub mod questions;
mod rounds;
mod table;
mod trees;

pub use flat::{FlatPlace, FlatReading, FlatVolume};
pub use generated::GeneratedVolume;
pub use layered::write_layout;
pub use machine::{Tree, describe, is_installed, versions};
pub use rounds::{Contender, Runs, Schedule, compete, median};
pub use table::table;
pub use trees::{Shape, write_tree};
