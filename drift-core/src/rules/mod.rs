//! Rules: which paths are compared, and by which attributes. One ordered list; the last match wins.
//!
//! A pattern is written as in gitignore(5) and speaks for everything below what it matches. Unlike
//! gitignore, a later rule wins also below a directory that an earlier one excluded. Profiles are
//! files of such rules in `profiles/`; to add one: the file and its line in `profiles.rs`.

mod class;
mod form;
mod less;
mod newcomer;
mod parse;
mod profiles;
mod set;

pub use class::Class;
pub use form::{AccountFiles, Accounts, Form, FormError, MAX_VALUE_BYTES};
pub use newcomer::Newcomer;
pub use parse::{Error, ErrorKind, Origin, Rule};
pub use profiles::{MUTABLE, PROFILES, Profile, profile_of};
pub use set::RuleSet;
