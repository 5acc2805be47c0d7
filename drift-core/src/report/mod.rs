//! Reports: one document, one file per format, from the document to a writer.
//!
//! A reporter never filters, never judges and never computes: what is in the document is shown or
//! counted. To add a format: one file here with a `pub(super) const FORMAT`, its `mod` line and its
//! line in [`FORMATS`]; `docs/extending.md` shows one.

pub mod document;

pub use document::Report;
