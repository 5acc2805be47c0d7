//! Several baselines as one, and images as target and baseline.

mod checked;
mod images;
mod stage;
mod union;
