//! `cargo test --test tidy`: what no compiler checks and every reader relies on.
//!
//! Each test says what to do about what it finds. `DRIFT_TEST_BLESS=1` rewrites the generated
//! documents instead of comparing them.

mod commands;
mod deploy;
mod documents;
mod layers;
mod repository;
mod seams;
mod sources;
mod tables;
