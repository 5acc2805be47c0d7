//! rpm's databases against rpm itself: packages, paths, records, the order of versions, the log.
//!
//! `fixtures/packages/rpm/roots.py` builds packages and installs them; rpm reads two of the three
//! formats, SQLite's program makes logs that were never checkpointed.
#![expect(
    clippy::disallowed_methods,
    reason = "the tests build real roots and ask the tools that keep them"
)]

mod log;
mod order;
mod recorded;
mod roots;
