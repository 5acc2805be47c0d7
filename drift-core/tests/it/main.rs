//! One integration binary; its modules mirror those of the library.

#![expect(clippy::unwrap_used, reason = "a test that panics fails")]

mod accept;
mod baseline;
mod compare;
mod detection;
mod events;
mod faults;
mod generated;
mod hierarchy;
mod image;
mod incremental;
mod input;
mod languages;
mod layers;
mod library;
mod manifest;
mod manners;
mod overlay;
mod packages;
mod purl;
mod report;
mod rounds;
mod rpm;
mod rules;
mod seal;
mod stability;
mod tar;
mod verity;
mod walk;
