//! Policies of the operator: where they are read from, where they run, and the verbs of their authors.

mod bundles;
mod directories;
mod engines;
mod processes;
mod stage;
mod verbs;
