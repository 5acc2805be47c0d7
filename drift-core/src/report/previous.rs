//! An earlier report, read again: as much of it as comparing two runs needs.

/// An earlier report.
#[derive(Debug, Clone)]
pub struct Previous {}
