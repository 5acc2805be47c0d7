//! What package managers wrote into their logs: when a package changed, and by which command.
//!
//! A log is the target's own word, written by programs and altered by whoever may write there. It says
//! who and when of a change that was found without it; it proves no change and vouches for none.
//!
//! To add a log: one file with a type that implements [`EventLog`], a `mod` line and a line in
//! [`LOGS`]. Its lines go one by one through [`EventSink::item`] and its events to
//! [`EventSink::event`], which keeps those of the packages that are asked about. The battery in
//! `tests.rs` then covers the newcomer, over the sample that it brings along.

mod apk;
mod apt;
mod dnf;
mod dpkg;
mod moment;
mod pacman;
mod sink;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use crate::bounds::Budget;

use super::files;

pub use moment::{Moment, Zone};
pub use sink::EventSink;

/// What happened to a package.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Action {
    /// It came.
    Installed,
    /// A later version took the place of an earlier one.
    Upgraded,
    /// An earlier version took the place of a later one.
    Downgraded,
    /// The same version came again.
    Reinstalled,
    /// It went; its configuration may be left.
    Removed,
    /// It went with its configuration.
    Purged,
}

impl Action {
    /// Returns the word that reports use.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Installed => "installed",
            Self::Upgraded => "upgraded",
            Self::Downgraded => "downgraded",
            Self::Reinstalled => "reinstalled",
            Self::Removed => "removed",
            Self::Purged => "purged",
        }
    }
}

/// One event, as a log tells it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    /// When, or when the command began.
    pub moment: Moment,
    /// When the command ended, where the log says so.
    pub until: Option<Moment>,
    /// What happened.
    pub action: Action,
    /// The package.
    pub name: String,
    /// Its architecture, where the log names it.
    pub architecture: Option<String>,
    /// The version before, where the log names it.
    pub before: Option<String>,
    /// The version after, where the log names it.
    pub after: Option<String>,
    /// The command as it was typed, secrets and all.
    pub command: Option<Arc<str>>,
    /// On whose behalf, as the log has it, such as `anna (1000)`.
    pub requested_by: Option<Arc<str>>,
    /// The line of the log, from 1.
    pub line: u64,
}

/// One kind of log.
pub trait EventLog: Sync {
    /// Returns the manager whose packages it is about, as in `Package::manager`.
    fn manager(&self) -> &'static str;

    /// Returns the files, relative to the root of the target: exact paths, or a directory followed
    /// by a name with one `*`, which stands for any bytes but `/`. They may be compressed.
    fn files(&self) -> &'static [&'static str];

    /// Reads one file, uncompressed. Lines that it does not know mean nothing.
    fn parse(&self, content: &[u8], budget: &mut Budget, out: &mut EventSink<'_>);

    /// Returns a small log for the battery that every line of the table goes through.
    #[cfg(test)]
    fn sample(&self) -> &'static str;
}

/// Every log that is understood.
pub const LOGS: &[&dyn EventLog] =
    &[&apt::AptHistory, &dpkg::DpkgLog, &dnf::DnfRpmLog, &apk::ApkLog, &pacman::PacmanLog];

/// Returns the log that lies at `path`, relative to the root of the target.
#[must_use]
pub fn log_at(path: &[u8]) -> Option<&'static dyn EventLog> {
    let lies = |log: &&&dyn EventLog| {
        log.files().iter().any(|pattern| files::matches(pattern.as_bytes(), path))
    };
    LOGS.iter().find(lies).copied()
}

/// Returns the lines of a log with their numbers, from 1; bytes that are no text are replaced.
fn lines(content: &[u8]) -> impl Iterator<Item = (u64, std::borrow::Cow<'_, str>)> {
    let lines = content.split(|byte| *byte == b'\n').map(String::from_utf8_lossy);
    (1..).zip(lines)
}

/// Splits `NAME:ARCHITECTURE`, as dpkg writes it.
fn qualified(text: &str) -> (String, Option<String>) {
    match text.split_once(':') {
        Some((name, architecture)) => (name.to_owned(), Some(architecture.to_owned())),
        None => (text.to_owned(), None),
    }
}
