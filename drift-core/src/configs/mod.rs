//! Configuration files that policies look at: accounts and what the dynamic linker preloads.
//!
//! Parsers here are pure: they get bytes that somebody else read and digested, and open nothing. They
//! read what the C library reads, odd numbers and short lines included, because what counts is who may
//! log in, not who should have written the file otherwise; what a careful reader would stumble over is
//! [`Malformed`] beside it. Nothing of a password is kept but its [`Password`].
//!
//! To add a file: a module with a function from bytes to [`Parsed`], a line in [`FILES`] and one in
//! [`Configs::read`]; the battery in `tests.rs` goes over every line of the table.
#![cfg_attr(not(test), warn(clippy::indexing_slicing, clippy::arithmetic_side_effects))]

mod group;
mod lines;
mod passwd;
mod preload;
mod shadow;
#[cfg(test)]
mod tests;

use crate::bounds::Budget;

pub use group::Group;
pub use lines::{Malformed, Parsed};
pub use passwd::User;
pub use preload::Library;
pub use shadow::{Password, Shadow};

/// A file of this size is read; a larger one is a problem. The largest passwd that is known to us has
/// some 300,000 lines.
pub const MAX_BYTES: u64 = 16 << 20;

/// Lines of one file.
const MAX_LINES: u64 = 1 << 20;

/// Where accounts stand (passwd(5)).
pub const PASSWD: &str = "/etc/passwd";

/// Where groups stand (group(5)).
pub const GROUP: &str = "/etc/group";

/// Where passwords stand (shadow(5)).
pub const SHADOW: &str = "/etc/shadow";

/// What is loaded into every program (ld.so(8)).
pub const PRELOAD: &str = "/etc/ld.so.preload";

/// Every file that is read.
pub const FILES: [&str; 4] = [PASSWD, GROUP, SHADOW, PRELOAD];

/// What was read; `None` of a file that is not there or could not be read.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Configs {
    /// Accounts.
    pub passwd: Option<Parsed<User>>,
    /// Groups.
    pub group: Option<Parsed<Group>>,
    /// Passwords, without them.
    pub shadow: Option<Parsed<Shadow>>,
    /// Libraries that the dynamic linker loads into every program.
    pub preload: Option<Parsed<Library>>,
}

impl Configs {
    /// Reads the file at one of [`FILES`]; any other path is left alone.
    ///
    /// ```
    /// use drift_core::configs::{Configs, PASSWD};
    /// let mut configs = Configs::default();
    /// configs.read(PASSWD, b"toor::00:0::/root:\n");
    /// let toor = &configs.passwd.expect("it was read").entries[0];
    /// assert_eq!((toor.name.as_str(), toor.uid, toor.line), ("toor", 0, 1));
    /// ```
    pub fn read(&mut self, path: &str, bytes: &[u8]) {
        let budget = &mut Budget::new(MAX_BYTES, MAX_LINES);
        match path {
            PASSWD => self.passwd = Some(passwd::parse(bytes, budget)),
            GROUP => self.group = Some(group::parse(bytes, budget)),
            SHADOW => self.shadow = Some(shadow::parse(bytes, budget)),
            PRELOAD => self.preload = Some(preload::parse(bytes, budget)),
            _ => {}
        }
    }
}
