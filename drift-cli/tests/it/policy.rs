//! Policies of the operator: where they are read from, where they run, and the verbs of their authors.

mod bundles;
mod directories;
mod processes;
mod stage;
mod verbs;
