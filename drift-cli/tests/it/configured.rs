//! drift.toml, the state directory and the deadline: what an installed and scheduled drift obeys.

mod choice;
mod deadline;
mod files;
mod first;
mod owners;
mod precedence;
mod state;
