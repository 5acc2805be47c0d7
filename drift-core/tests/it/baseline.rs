//! The stored form of snapshots against two oracles: the tree it was written from, and a second
//! reader in another language that knows only `docs/baseline-format.md`.

#![expect(clippy::unwrap_used, reason = "the steps of these tests stand outside test functions")]

mod damage;
mod effective;
mod locality;
mod pinned;
mod roundtrip;
pub(crate) mod sample;
mod sealed;
mod second_reader;
