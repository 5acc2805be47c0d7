//! Accepting changes: what was selected and nothing else, or nothing at all.

mod images;
mod packages;
mod property;
mod refused;
mod stage;
