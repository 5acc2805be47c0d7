//! Seals at the command line: each way not to be trusted is exit 4 with its own reason, the report
//! is written all the same, and other programs agree on what a seal is.

mod others;
mod refused;
mod spoiled;
