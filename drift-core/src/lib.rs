//! Captures what is on a host or in a root file system, seals it, and compares it with what was
//! sealed before; the library behind `drift`.
//!
//! The modules stand in reading order, which is also the order of dependence: each uses only what
//! stands above it. Nothing here prints, exits, spawns, reads a clock or the environment, or keeps
//! a global: time, threads, progress and cancellation come in through [`bounds`].

pub mod bounds;
pub mod model;
pub mod seal;
pub mod artifact;
pub mod rules;
pub mod packages;
pub mod configs;
pub mod generated;
pub mod source;
pub mod cache;
pub mod capture;
pub mod baseline;
pub mod manifest;
pub mod compare;
pub mod policy;
pub mod judge;
pub mod report;
pub mod export;
pub mod sbom;
pub mod check;
