//! The stored form of snapshots against two oracles: the tree it was written from, and a second
//! reader in another language that knows only `docs/baseline-format.md`.

mod damage;
mod locality;
mod pinned;
mod roundtrip;
mod sample;
mod second_reader;
