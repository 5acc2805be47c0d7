//! Account files by line: passwd(5), group(5), shadow(5), gshadow(5), subuid(5), subgid(5).
//!
//! Left out is only a line that is beyond doubt an account of its own: its numbers in the range,
//! its name and its numbers nobody else's, a password that is not empty. Everything that could give
//! power over the system (a second line for `root`, group 0, members of a group that stays, with their
//! passwords, unless the rule names it, a range of subordinate ids that reaches below 65536) stays, and
//! so is compared.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::RangeInclusive;

use crate::model::Digest;

use super::error::FormError;

/// Ids below this one are those of the system and its accounts.
const FIRST_SUBORDINATE: u64 = 1 << 16;

/// Groups that sudoers(5), polkit(8) or a daemon gives power by their name, whatever their number.
const POWERFUL: [&[u8]; 12] = [
    b"adm",
    b"admin",
    b"disk",
    b"docker",
    b"incus-admin",
    b"kmem",
    b"libvirt",
    b"lxd",
    b"root",
    b"shadow",
    b"sudo",
    b"wheel",
];

/// The numbers of accounts that differ by host, and the groups that may have them as members.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Accounts {
    range: RangeInclusive<u64>,
    groups: Vec<String>,
}

/// What the same directory says of accounts; `None` of what is not there or cannot be read.
#[derive(Debug, Clone, Copy, Default)]
pub struct AccountFiles<'f> {
    /// Its `passwd`.
    pub passwd: Option<&'f [u8]>,
    /// Its `group`.
    pub group: Option<&'f [u8]>,
}

type Fields<'l> = Vec<&'l [u8]>;

/// The names that each number has.
type Numbered<'f> = BTreeMap<u64, BTreeSet<&'f [u8]>>;

/// What is left of a line.
type Keep<'k> = dyn Fn(&[u8], Fields<'_>) -> Option<Vec<u8>> + 'k;

impl Accounts {
    pub(super) fn parse(text: &str) -> Result<Self, FormError> {
        let mut parts = text.split(',');
        let range = parts.next().unwrap_or_default();
        let bad = || FormError::BadRange { text: text.to_owned() };
        let (first, last) = range.split_once('-').ok_or_else(bad)?;
        let first = number(first.as_bytes()).ok_or_else(bad)?;
        let last = number(last.as_bytes()).filter(|last| *last >= first).ok_or_else(bad)?;
        let groups: Vec<String> = parts.map(str::to_owned).collect();
        if groups.iter().any(String::is_empty) {
            return Err(bad());
        }
        Ok(Self { range: first..=last, groups })
    }

    /// Returns the digest of what is left of an account file by its name; `None` of any other file.
    pub(super) fn left(
        &self,
        name: &[u8],
        bytes: &[u8],
        files: &AccountFiles<'_>,
    ) -> Option<Digest> {
        let names = Names::of(self, files);
        let name = name.strip_suffix(b"-").unwrap_or(name);
        let keep: &Keep<'_> = match name {
            b"passwd" => &|line, fields| (!names.has_user_line(&fields)).then(|| line.to_vec()),
            b"shadow" => &|line, fields| (!names.has_shadow_line(&fields)).then(|| line.to_vec()),
            b"group" => &|line, fields| match names.has_group_line(&fields) {
                true => None,
                false => Some(names.without_members(line, &fields, 4)),
            },
            b"gshadow" => &|line, fields| match names.has_gshadow_line(&fields) {
                true => None,
                false => Some(names.without_members(line, &fields, 4)),
            },
            b"subuid" | b"subgid" => {
                &|line, fields| (!names.has_subordinates(&fields)).then(|| line.to_vec())
            }
            _ => return None,
        };
        Some(super::left(bytes, |line| keep(line, fields(line))))
    }
}

/// Who the left-out accounts and groups are.
struct Names<'f> {
    accounts: &'f Accounts,
    users: BTreeSet<&'f [u8]>,
    groups: BTreeSet<&'f [u8]>,
    /// Primary groups that a left-out account may have.
    primary: BTreeSet<u64>,
    /// The names of each user's number, and of each group's.
    by_uid: Numbered<'f>,
    by_gid: Numbered<'f>,
    /// Members of groups that stay: who has rights beyond his own is the image's matter.
    members: BTreeSet<&'f [u8]>,
}

impl<'f> Names<'f> {
    fn of(accounts: &'f Accounts, files: &AccountFiles<'f>) -> Self {
        let mut names = Self {
            accounts,
            users: BTreeSet::new(),
            groups: BTreeSet::new(),
            primary: BTreeSet::new(),
            by_uid: numbered(files.passwd),
            by_gid: numbered(files.group),
            members: BTreeSet::new(),
        };
        names.primary = lines(files.group)
            .filter(|fields| fields.first().is_some_and(|name| names.is_named(name)))
            .filter_map(|fields| number(fields.get(2)?))
            .collect();
        names.users = agreed(files.passwd, |fields| names.is_user(fields));
        names.groups = agreed(files.group, |fields| names.is_group(fields));
        names.members = lines(files.group)
            .filter(|fields| !names.has_group_line(fields))
            .filter(|fields| !fields.first().is_some_and(|name| names.is_named(name)))
            .filter_map(|fields| fields.get(3).copied())
            .flat_map(|members| members.split(|&byte| byte == b','))
            .collect();
        names
    }

    fn in_range(&self, field: Option<&&[u8]>) -> bool {
        field.and_then(|field| number(field)).is_some_and(|id| self.accounts.range.contains(&id))
    }

    fn is_named(&self, group: &[u8]) -> bool {
        self.accounts.groups.iter().any(|named| named.as_bytes() == group)
    }

    fn is_user(&self, fields: &Fields<'_>) -> bool {
        let &[name, password, uid, gid, ..] = fields.as_slice() else { return false };
        let gid_fits = number(gid).is_some_and(|number| {
            let mut groups = self.by_gid.get(&number).into_iter().flatten();
            self.primary.contains(&number)
                || (self.in_range(Some(&gid)) && groups.all(|group| self.is_harmless(group)))
        });
        fields.len() == 7
            && is_name(name)
            && password == b"x"
            && self.in_range(Some(&uid))
            && is_alone(&self.by_uid, uid, name)
            && gid_fits
    }

    /// A group with nobody but left-out accounts in it, and of no name that gives power by itself.
    fn is_group(&self, fields: &Fields<'_>) -> bool {
        let &[name, _, gid, members] = fields.as_slice() else { return false };
        let known = |member: &[u8]| member.is_empty() || self.users.contains(member);
        is_name(name)
            && self.is_harmless(name)
            && self.in_range(Some(&gid))
            && is_alone(&self.by_gid, gid, name)
            && members.split(|&byte| byte == b',').all(known)
    }

    fn is_harmless(&self, group: &[u8]) -> bool {
        !POWERFUL.contains(&group) || self.is_named(group)
    }

    /// Whether the account has no rights that another group gives.
    fn is_plain(&self, name: &[u8]) -> bool {
        self.users.contains(name) && !self.members.contains(name)
    }

    fn has_user_line(&self, fields: &Fields<'_>) -> bool {
        self.is_user(fields) && fields.first().is_some_and(|name| self.is_plain(name))
    }

    fn has_group_line(&self, fields: &Fields<'_>) -> bool {
        self.is_group(fields) && fields.first().is_some_and(|name| self.groups.contains(name))
    }

    fn has_shadow_line(&self, fields: &Fields<'_>) -> bool {
        let &[name, password, ..] = fields.as_slice() else { return false };
        fields.len() == 9 && self.is_plain(name) && !password.is_empty()
    }

    fn has_gshadow_line(&self, fields: &Fields<'_>) -> bool {
        fields.len() == 4 && fields.first().is_some_and(|name| self.groups.contains(name))
    }

    fn has_subordinates(&self, fields: &Fields<'_>) -> bool {
        let &[owner, first, count] = fields.as_slice() else { return false };
        let known = self.users.contains(owner) || self.in_range(Some(&owner));
        known
            && number(first).is_some_and(|first| first >= FIRST_SUBORDINATE)
            && number(count).is_some()
    }

    /// The line of a group that the rule names, without the left-out accounts among its members.
    fn without_members(&self, line: &[u8], fields: &Fields<'_>, count: usize) -> Vec<u8> {
        let (Some(name), Some((members, before))) = (fields.first(), fields.split_last()) else {
            return line.to_vec();
        };
        if fields.len() != count || !self.is_named(name) {
            return line.to_vec();
        }
        let kept: Vec<&[u8]> = members
            .split(|&byte| byte == b',')
            .filter(|member| !self.users.contains(member))
            .collect();
        let mut fields = before.to_vec();
        let kept = kept.join(&b',');
        fields.push(&kept);
        fields.join(&b':')
    }
}

fn numbered(file: Option<&[u8]>) -> Numbered<'_> {
    let mut names = Numbered::new();
    for fields in lines(file) {
        if let (Some(name), Some(id)) = (fields.first(), fields.get(2).and_then(|id| number(id))) {
            names.entry(id).or_default().insert(name);
        }
    }
    names
}

/// Whether no other name has the number: who shares one shares all that it may do.
fn is_alone(names: &Numbered<'_>, id: &[u8], name: &[u8]) -> bool {
    let all = number(id).and_then(|id| names.get(&id));
    all.is_none_or(|all| all.iter().all(|one| *one == name))
}

/// The names of lines that fit, unless another line of the same name does not.
fn agreed<'f>(file: Option<&'f [u8]>, fits: impl Fn(&Fields<'f>) -> bool) -> BTreeSet<&'f [u8]> {
    let mut names: BTreeMap<&[u8], bool> = BTreeMap::new();
    for fields in lines(file) {
        let Some(name) = fields.first() else { continue };
        let all = names.entry(name).or_insert(true);
        *all = *all && fits(&fields);
    }
    names.into_iter().filter(|(_, all)| *all).map(|(name, _)| name).collect()
}

fn lines<'f>(file: Option<&'f [u8]>) -> impl Iterator<Item = Fields<'f>> {
    file.unwrap_or_default().split(|&byte| byte == b'\n').map(fields)
}

fn fields(line: &[u8]) -> Fields<'_> {
    line.split(|&byte| byte == b':').collect()
}

/// A plain name; `+` and `-` begin lines of nss_compat, `#` comments.
fn is_name(name: &[u8]) -> bool {
    let plain = |byte: &u8| byte.is_ascii_alphanumeric() || b"_-.$@".contains(byte);
    name.first().is_some_and(|first| first.is_ascii_alphanumeric() || *first == b'_')
        && name.iter().all(plain)
}

/// A decimal number in its shortest form; programs disagree about any other.
fn number(digits: &[u8]) -> Option<u64> {
    let text = std::str::from_utf8(digits).ok().filter(|text| text.len() <= 10)?;
    let shortest = text == "0" || !text.starts_with('0');
    let plain = shortest && text.bytes().all(|byte| byte.is_ascii_digit());
    text.parse().ok().filter(|_| plain)
}
