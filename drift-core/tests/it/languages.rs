//! Packages of languages, against the tools that install them.

mod hostile;
mod jars;
mod node;
mod programs;
mod python;
mod ruby;
mod scene;
mod versions;
