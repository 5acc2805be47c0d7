//! The only place that decides what counts: severities, the verdict, exit codes. Three tables.

mod exit;
mod severity;
mod verdict;
mod waivers;

pub use exit::{EXIT_CODES, Exit};
pub use severity::{Circumstances, SEVERITIES, SeverityRow, severity};
pub use verdict::{FailOn, Seen, Status, Stopped, Verdict, judge, untrusted};
pub use waivers::{
    EXPIRING_SECONDS, Finding, Identities, Selector, Standing, Waiver, WaiverError, WaiverFile,
    Waivers,
};
