//! What the measurements share: trees and images of a stated size.

mod generated;
mod layered;

pub use generated::GeneratedVolume;
pub use layered::write_layout;
