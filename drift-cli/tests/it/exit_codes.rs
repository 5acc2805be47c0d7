//! Each exit code's situations, and what outranks what.

mod circumstances;
mod outputs;
mod signals;
mod verdicts;
