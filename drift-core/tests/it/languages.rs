//! Packages of languages, against the tools that install them.

#![expect(clippy::disallowed_methods, reason = "the tests run the tools that install packages")]

mod hostile;
mod jars;
mod node;
mod programs;
mod python;
mod ruby;
mod scene;
mod versions;
