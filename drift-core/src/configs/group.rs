//! Groups: group(5). Passwords of groups are not looked at.

use super::lines::{self, Fields, Line, Parsed, text, trimmed};
use crate::bounds::Budget;

/// One group.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Group {
    /// Its name.
    pub name: String,
    /// Its number.
    pub gid: u32,
    /// The accounts that it lists.
    pub members: Vec<String>,
    /// From 1.
    pub line: u64,
}

/// Reads a group(5).
pub(super) fn parse(bytes: &[u8], budget: &mut Budget) -> Parsed<Group> {
    lines::parse(bytes, budget, group)
}

fn group(line: u64, content: &[u8]) -> Line<Group> {
    let mut fields = Fields::new(content);
    let name = fields.text();
    let _password = fields.text();
    let Ok((gid, plain)) = fields.number() else {
        return Line::Skipped("its group is no number");
    };
    let members = fields.rest().split(|&byte| byte == b',').map(trimmed);
    let members = members.filter(|member| !member.is_empty()).map(text).collect();
    let group = Group { name: text(name), gid, members, line };
    let colons = content.iter().filter(|&&byte| byte == b':').count();
    match () {
        () if !plain => {
            Line::Odd(group, "a number is not in its shortest form; programs disagree about it")
        }
        () if name.is_empty() => Line::Odd(group, "it has no name"),
        () if colons != 3 => Line::Odd(group, "it has not four fields"),
        () if content.ends_with(b"\r") => Line::Odd(group, "it ends in a carriage return"),
        () if std::str::from_utf8(content).is_err() => Line::Odd(group, "it is no UTF-8"),
        () => Line::Is(group),
    }
}
