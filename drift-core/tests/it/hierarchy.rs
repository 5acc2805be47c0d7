//! Several baselines as one, and images as target and baseline.

mod checked;
mod images;
pub(crate) mod stage;
mod union;
