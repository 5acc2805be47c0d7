//! What an entry may be that comes where the baseline has none, whose owner and permissions nothing
//! else says.

use std::fmt;

use crate::model::{Entry, FileType};

/// Others may not write what comes, whatever a rule says.
const OTHERS_WRITE: u16 = 0o002;

/// Limits of an entry that comes: `mode=0640 uid=0 gid=0` behind the pattern.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Newcomer {
    /// The permission bits that it may have, each or none.
    pub mode: Option<u16>,
    /// Its owner.
    pub uid: Option<u32>,
    /// Its group.
    pub gid: Option<u32>,
}

impl Newcomer {
    /// Takes a word of a rule; false when it is no limit, or the second of its kind.
    pub(super) fn read(&mut self, word: &str) -> bool {
        let Some((name, value)) = word.split_once('=') else { return false };
        let decimal = || value.parse::<u32>().ok().filter(|number| number.to_string() == value);
        match name {
            "mode" if self.mode.is_none() => {
                let digits = value.len() == 4 && value.bytes().all(|byte| byte.is_ascii_digit());
                let mode = u16::from_str_radix(value, 8).ok();
                self.mode = mode.filter(|mode| digits && *mode <= 0o777);
                self.mode.is_some()
            }
            "uid" if self.uid.is_none() => {
                self.uid = decimal();
                self.uid.is_some()
            }
            "gid" if self.gid.is_none() => {
                self.gid = decimal();
                self.gid.is_some()
            }
            _ => false,
        }
    }

    /// Returns whether an entry that came is within the limits. What was not seen is not.
    #[must_use]
    pub fn admits(&self, entry: &Entry) -> bool {
        // The bits of a link mean nothing (symlink(7)).
        let allowed = self.mode.unwrap_or(0o7777) & !OTHERS_WRITE;
        let bits = |mode: &u16| entry.file_type == FileType::Symlink || mode & !allowed == 0;
        let is = |wanted: Option<u32>, seen: Option<&u32>| {
            wanted.is_none_or(|wanted| seen == Some(&wanted))
        };
        entry.mode.seen().is_some_and(bits)
            && is(self.uid, entry.uid.seen())
            && is(self.gid, entry.gid.seen())
    }
}

/// As it is written behind a pattern, each with a blank before it.
impl fmt::Display for Newcomer {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(mode) = self.mode {
            write!(formatter, " mode={mode:04o}")?;
        }
        if let Some(uid) = self.uid {
            write!(formatter, " uid={uid}")?;
        }
        if let Some(gid) = self.gid {
            write!(formatter, " gid={gid}")?;
        }
        Ok(())
    }
}
