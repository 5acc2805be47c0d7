//! One line of an account file: whether it is an account of the system that gives nobody anything.
//!
//! Sources: passwd(5), group(5), shadow(5), gshadow(5), subuid(5), subgid(5); Debian policy 9.2 for
//! the numbers of system accounts.

use std::collections::BTreeSet;
use std::ops::RangeInclusive;

/// Which account file it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Passwd,
    Group,
    Shadow,
    GroupShadow,
    Subordinate,
}

impl Kind {
    /// Tells a file of accounts, or its backup, by its path.
    pub(super) fn of(path: &[u8]) -> Option<Self> {
        let name = path.strip_prefix(b"etc/")?;
        match name.strip_suffix(b"-").unwrap_or(name) {
            b"passwd" => Some(Self::Passwd),
            b"group" => Some(Self::Group),
            b"shadow" => Some(Self::Shadow),
            b"gshadow" => Some(Self::GroupShadow),
            b"subuid" | b"subgid" => Some(Self::Subordinate),
            _ => None,
        }
    }
}

/// Numbers that packages give to accounts of their own.
const SYSTEM: RangeInclusive<u64> = 1..=999;
/// Groups below 100 are the distribution's own, and some give power: disk, shadow, sudo.
const FIRST_PLAIN: u64 = 100;
/// Places where people, or anybody, could leave files for the account.
const OPEN_HOMES: [&[u8]; 4] = [b"/home", b"/tmp", b"/var/tmp", b"/dev/shm"];
const NOGROUP: u64 = 65534;
/// Below are ids that real accounts have.
const FIRST_SUBORDINATE: u64 = 100_000;
const LOCKED: [&[u8]; 4] = [b"*", b"!", b"!!", b"!*"];
const NO_SHELLS: [&[u8]; 4] =
    [b"/usr/sbin/nologin", b"/sbin/nologin", b"/usr/bin/false", b"/bin/false"];

/// The system accounts that `passwd` has now.
#[derive(Debug)]
pub(super) struct System<'p> {
    names: BTreeSet<&'p [u8]>,
    /// The numbers of groups of which no account but the one of the same name has the number.
    own: BTreeSet<(&'p [u8], u64)>,
}

impl<'p> System<'p> {
    pub(super) fn of(passwd: &'p [u8], group: &'p [u8]) -> Self {
        let own: BTreeSet<(&[u8], u64)> = group
            .split_inclusive(|&byte| byte == b'\n')
            .filter_map(|line| {
                let fields = fields(line);
                let [name, _, gid, ..] = fields.as_slice() else { return None };
                Some((*name, number(gid)?))
            })
            .collect();
        let lines: Vec<&[u8]> = passwd.split_inclusive(|&byte| byte == b'\n').collect();
        let unfit = |fields: &[&[u8]]| user(fields, &own).is_some();
        let mut names = BTreeSet::new();
        let mut others = BTreeSet::new();
        for line in lines {
            let fields = fields(line);
            let name = fields.first().copied().unwrap_or_default();
            if unfit(&fields) || names.contains(name) {
                others.insert(name);
            } else {
                names.insert(name);
            }
        }
        Self { names: names.difference(&others).copied().collect(), own }
    }

    fn has(&self, name: &[u8]) -> bool {
        self.names.contains(name)
    }

    fn has_all(&self, members: &[u8]) -> bool {
        members.is_empty() || members.split(|&byte| byte == b',').all(|name| self.has(name))
    }
}

/// Returns why the line at `at` is more than an account of the system; `None` when it is not.
pub(super) fn fault(
    kind: Kind,
    lines: &[&[u8]],
    at: usize,
    system: &System<'_>,
) -> Option<&'static str> {
    let line = lines.get(at).copied().unwrap_or_default();
    if !line.ends_with(b"\n") {
        return Some("it has no end");
    }
    let own = fields(line);
    let Some(name) = own.first().filter(|name| is_name(name)) else {
        return Some("its name is no plain one");
    };
    let others = || {
        let all = lines.iter().enumerate().filter(move |(other, _)| *other != at);
        all.map(|(_, line)| fields(line))
    };
    let subordinate = kind == Kind::Subordinate;
    if others().any(|other| other.first() == Some(name)) && !subordinate {
        return Some("its name stands there twice");
    }
    let numbered = matches!(kind, Kind::Passwd | Kind::Group);
    if numbered && others().any(|other| other.get(2) == own.get(2)) {
        return Some("its number is another's as well");
    }
    match kind {
        Kind::Passwd => user(&own, &system.own),
        Kind::Group => group(&own, system),
        Kind::Shadow => shadow(&own, system),
        Kind::GroupShadow => group_shadow(&own, system),
        Kind::Subordinate => range(&own, others(), system),
    }
}

fn user(fields: &[&[u8]], groups: &BTreeSet<(&[u8], u64)>) -> Option<&'static str> {
    let [name, password, uid, gid, _, home, shell] = fields else {
        return Some("it has not seven fields");
    };
    let uid = number(uid);
    let gid = number(gid);
    match () {
        () if uid == Some(0) => Some("its number is 0, that of root"),
        () if uid.is_none_or(|uid| !SYSTEM.contains(&uid)) => {
            Some("its number is not one of a system account")
        }
        () if *password != b"x" && !LOCKED.contains(password) => {
            Some("its password stands in the file, or it has none")
        }
        // Whoever has the group of something else has its rights, and needs no shell for that.
        () if gid.is_none_or(|gid| {
            gid != NOGROUP && (gid < FIRST_PLAIN || !is_own(name, gid, groups))
        }) =>
        {
            Some("its group is not its own")
        }
        () if !home.starts_with(b"/") || *home == b"/root" => Some("its home is not its own"),
        () if OPEN_HOMES.iter().any(|open| home.starts_with(open)) => {
            Some("its home lies where others write")
        }
        () if !NO_SHELLS.contains(shell) => Some("it has a shell to log in with"),
        () => None,
    }
}

/// Whether the group of that number has the account's name, and no other group the number.
fn is_own(name: &[u8], gid: u64, groups: &BTreeSet<(&[u8], u64)>) -> bool {
    let mut same = groups.iter().filter(|(_, number)| *number == gid);
    same.next().is_some_and(|(group, _)| *group == name) && same.next().is_none()
}

fn group(fields: &[&[u8]], system: &System<'_>) -> Option<&'static str> {
    let [_, password, gid, members] = fields else { return Some("it has not four fields") };
    match () {
        () if *password != b"x" && !LOCKED.contains(password) => {
            Some("its password stands in the file, or it has none")
        }
        () if number(gid).is_none_or(|gid| !SYSTEM.contains(&gid)) => {
            Some("its number is not one of a system group")
        }
        () if !system.has_all(members) => Some("a member of it is no system account"),
        () => None,
    }
}

fn shadow(fields: &[&[u8]], system: &System<'_>) -> Option<&'static str> {
    let [name, password, ages @ ..] = fields else { return Some("it has not nine fields") };
    let plain = |age: &&[u8]| age.iter().all(u8::is_ascii_digit);
    match () {
        () if !LOCKED.contains(password) => Some("its password is not locked"),
        () if !system.has(name) => Some("it is no system account"),
        () if ages.len() != 7 || !ages.iter().all(plain) => Some("it has not nine fields"),
        () => None,
    }
}

fn group_shadow(fields: &[&[u8]], system: &System<'_>) -> Option<&'static str> {
    let [_, password, administrators, members] = fields else {
        return Some("it has not four fields");
    };
    match () {
        () if !LOCKED.contains(password) => Some("its password is not locked"),
        () if !administrators.is_empty() => Some("it has an administrator"),
        () if !system.has_all(members) => Some("a member of it is no system account"),
        () => None,
    }
}

fn range<'l>(
    fields: &[&[u8]],
    mut others: impl Iterator<Item = Vec<&'l [u8]>>,
    system: &System<'_>,
) -> Option<&'static str> {
    let [name, ..] = fields else { return Some("it has not three fields") };
    let Some(own) = ids(fields) else { return Some("it is no range") };
    let meets = |other: &Vec<&[u8]>| {
        ids(other).is_none_or(|other| own.start() <= other.end() && other.start() <= own.end())
    };
    match () {
        () if !system.has(name) => Some("it is no system account"),
        () if *own.start() < FIRST_SUBORDINATE => Some("its range reaches below 100000"),
        () if others.any(|other| meets(&other)) => Some("its range is another's as well"),
        () => None,
    }
}

fn ids(fields: &[&[u8]]) -> Option<RangeInclusive<u64>> {
    let [_, start, count] = fields else { return None };
    let (start, count) = (number(start)?, number(count)?);
    Some(start..=start.checked_add(count.checked_sub(1)?)?)
}

fn fields(line: &[u8]) -> Vec<&[u8]> {
    let line = line.strip_suffix(b"\n").unwrap_or(line);
    line.split(|&byte| byte == b':').collect()
}

/// A plain name; `+` and `-` begin lines of nss_compat, `#` comments.
fn is_name(name: &[u8]) -> bool {
    let plain = |byte: &u8| byte.is_ascii_alphanumeric() || b"_-.".contains(byte);
    name.first().is_some_and(|first| first.is_ascii_alphabetic() || *first == b'_')
        && name.iter().all(plain)
}

/// A decimal number in its shortest form; programs disagree about any other.
fn number(digits: &[u8]) -> Option<u64> {
    let text = std::str::from_utf8(digits).ok().filter(|text| text.len() <= 10)?;
    let shortest = text == "0" || !text.starts_with('0');
    text.parse().ok().filter(|_| shortest && text.bytes().all(|byte| byte.is_ascii_digit()))
}
