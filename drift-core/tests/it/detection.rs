//! What is detected: every attribute on every type that carries it, once each, and no noise.
//!
//! The cases are computed from the table of attributes, so a new line there fails here until it
//! brings a way to change it.

mod mutators;
mod quiet;
pub(crate) mod scene;
mod shapes;
mod table;
