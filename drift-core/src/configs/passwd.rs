//! Accounts: passwd(5).

use super::lines::{self, Fields, Line, Parsed, text};
use super::shadow::Password;
use crate::bounds::Budget;

/// One account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct User {
    /// Its name.
    pub name: String,
    /// What its second field says of its password; `None` where shadow(5) says it.
    pub password: Option<Password>,
    /// Its number.
    pub uid: u32,
    /// The number of its first group.
    pub gid: u32,
    /// Its comment.
    pub gecos: String,
    /// Its home directory.
    pub home: String,
    /// The same as it stands there, to look into it.
    pub home_path: Vec<u8>,
    /// Its shell, empty for `/bin/sh`.
    pub shell: String,
    /// From 1.
    pub line: u64,
}

/// Reads a passwd(5).
pub(super) fn parse(bytes: &[u8], budget: &mut Budget) -> Parsed<User> {
    lines::parse(bytes, budget, user)
}

fn user(line: u64, content: &[u8]) -> Line<User> {
    let mut fields = Fields::new(content);
    let name = fields.text();
    let password = fields.text();
    let (Ok((uid, plain_uid)), Ok((gid, plain_gid))) = (fields.number(), fields.number()) else {
        return Line::Skipped("its user or group is no number");
    };
    let (gecos, home) = (fields.text(), fields.text());
    let user = User {
        name: text(name),
        password: (!is_in_shadow(name, password)).then(|| Password::of(password)),
        uid,
        gid,
        gecos: text(gecos),
        home: text(home),
        home_path: home.to_vec(),
        shell: text(fields.rest()),
        line,
    };
    let colons = content.iter().filter(|&&byte| byte == b':').count();
    match () {
        () if !plain_uid || !plain_gid => {
            Line::Odd(user, "a number is not in its shortest form; programs disagree about it")
        }
        () if name.is_empty() => Line::Odd(user, "it has no name"),
        () if colons != 6 => Line::Odd(user, "it has not seven fields"),
        () if content.ends_with(b"\r") => Line::Odd(user, "it ends in a carriage return"),
        () if std::str::from_utf8(content).is_err() => Line::Odd(user, "it is no UTF-8"),
        () => Line::Is(user),
    }
}

/// Whether the password is in shadow(5): pam_unix(8) asks it for `x`, `*NP*` and `##NAME`.
fn is_in_shadow(name: &[u8], password: &[u8]) -> bool {
    password == b"x" || password == b"*NP*" || password.strip_prefix(b"##") == Some(name)
}
