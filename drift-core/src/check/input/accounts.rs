//! Accounts as policies see them: what passwd, group and shadow say together, and what lies in each
//! home directory that is run or believed at a login.

use std::collections::{BTreeMap, BTreeSet};

use crate::bounds::escape::escaped;
use crate::check::Error;
use crate::configs::{Configs, GROUP, Group, PASSWD, Parsed, Password, SHADOW, Shadow, User};
use crate::model::{FollowLast, TreePath};
use crate::policy::{Lack, Value};

use super::files::{File, Shared};
use super::places::{Place, Places};

/// Where sshd looks by default (sshd_config(5), AuthorizedKeysFile).
const AUTHORIZED_KEYS: [&str; 2] = [".ssh/authorized_keys", ".ssh/authorized_keys2"];

/// What shells and sshd run at login and start (bash(1), dash(1), zsh(1), ksh(1), tcsh(1), fish(1),
/// sshd(8)).
const START_FILES: [&str; 18] = [
    ".bash_login",
    ".bash_logout",
    ".bash_profile",
    ".bashrc",
    ".config/fish/config.fish",
    ".cshrc",
    ".kshrc",
    ".login",
    ".logout",
    ".mkshrc",
    ".profile",
    ".ssh/rc",
    ".tcshrc",
    ".zlogin",
    ".zlogout",
    ".zprofile",
    ".zshenv",
    ".zshrc",
];

/// Home directories that are looked into; a host with more has its accounts elsewhere.
const MAX_HOMES: usize = 20_000;

/// Reasons that are told.
const MAX_REASONS: usize = 8;

/// Shells that let nobody in.
const NO_LOGIN: [&str; 6] = ["nologin", "false", "true", "sync", "halt", "shutdown"];

/// Where they lie; elsewhere a program of such a name may be anything.
const NO_LOGIN_IN: [&str; 4] = ["/bin", "/sbin", "/usr/bin", "/usr/sbin"];

/// What was found in one home directory.
#[derive(Debug, Default)]
pub(super) struct Home {
    authorized_keys: Vec<File>,
    start_files: Vec<File>,
}

/// What was found in all of them.
#[derive(Debug, Default)]
pub(super) struct Homes {
    by_path: BTreeMap<Vec<u8>, Home>,
    pub(super) key_lacks: BTreeSet<Lack>,
    pub(super) start_lacks: BTreeSet<Lack>,
}

impl Homes {
    /// Looks into the home directory of every account.
    pub(super) fn look(configs: &Configs, places: &mut Places<'_>) -> Result<Self, Error> {
        let users = configs.passwd.iter().flat_map(|passwd| &passwd.entries);
        let all: BTreeSet<&[u8]> = users.map(|user| user.home_path.as_slice()).collect();
        let mut homes = Self::default();
        if all.len() > MAX_HOMES {
            let reason = format!("there are more than {MAX_HOMES} home directories");
            homes.key_lacks.insert(Lack::Problem(reason.clone()));
            homes.start_lacks.insert(Lack::Problem(reason));
        }
        let all: Vec<&[u8]> = all.into_iter().take(MAX_HOMES).collect();
        let names = || AUTHORIZED_KEYS.iter().chain(&START_FILES);
        let below = |home: &[u8]| names().map(|name| below(home, name)).collect::<Vec<_>>();
        let wanted: Vec<Vec<u8>> = all.iter().flat_map(|home| below(home)).collect();
        places.learn(wanted.iter().map(|path| (path.as_slice(), FollowLast::No)))?;
        for home in all {
            let keys = found(home, &AUTHORIZED_KEYS, places, &mut homes.key_lacks);
            let starts = found(home, &START_FILES, places, &mut homes.start_lacks);
            let home_files = Home { authorized_keys: keys, start_files: starts };
            homes.by_path.insert(home.to_owned(), home_files);
        }
        Ok(homes)
    }

    /// Returns every file of it.
    pub(super) fn files(&self) -> impl Iterator<Item = &File> {
        self.by_path.values().flat_map(|home| home.authorized_keys.iter().chain(&home.start_files))
    }
}

/// A home that is empty or no whole path begins at the root, where a login starts then (login(1)).
fn below(home: &[u8], name: &str) -> Vec<u8> {
    let parts = [without_slashes(home), name.as_bytes()];
    let parts = parts.into_iter().filter(|part| !part.is_empty());
    parts.flat_map(|part| b"/".iter().chain(part)).copied().collect()
}

fn without_slashes(path: &[u8]) -> &[u8] {
    let is_name = |byte: &u8| *byte != b'/';
    let start = path.iter().position(is_name).unwrap_or(path.len());
    let end = path.iter().rposition(is_name).map_or(start, |last| last.saturating_add(1));
    path.get(start..end).unwrap_or_default()
}

fn found(
    home: &[u8],
    names: &[&str],
    places: &Places<'_>,
    lacks: &mut BTreeSet<Lack>,
) -> Vec<File> {
    let mut files = Vec::new();
    for name in names {
        let path = below(home, name);
        let place = places.place(&path, FollowLast::No);
        if matches!(place, Place::Absent) {
            continue;
        }
        // A home with dots in its path is shown where it leads.
        let shown = TreePath::parse(&path).ok();
        let real = match &place {
            Place::Seen(real, _) => Some(real.clone()),
            _ => None,
        };
        let Some(shown) = shown.or(real) else {
            let reason = format!("{}: nobody can tell where it leads", escaped(&path));
            lacks.insert(Lack::Problem(reason));
            continue;
        };
        // `sys` lives in /dev on every Debian: what is out of scope for all else is no lack here. Below
        // it, as in /dev/shm, everybody may make directories.
        let is_of_sys = without_slashes(home) == b"dev" && places.is_of_the_kernel(&shown);
        if matches!(place, Place::Unseen(_)) && is_of_sys {
            continue;
        }
        let file = File::at(shown, place, places);
        if let Some(lack) = file.lack.clone().filter(|_| lacks.len() < MAX_REASONS) {
            lacks.insert(lack);
        }
        if file.seen.is_some() {
            files.push(file);
        }
    }
    files
}

/// Makes the value of `accounts`.
pub(super) fn value(
    configs: &Configs,
    shadow_is_there: bool,
    homes: &Homes,
    shared: &Shared,
) -> Value {
    let groups = first(configs.group.as_ref(), |group: &Group| group.name.as_str());
    let users = first(configs.passwd.as_ref(), |user: &User| user.name.as_str());
    let shadows = first(configs.shadow.as_ref(), |shadow: &Shadow| shadow.name.as_str());
    let memberships = memberships(&groups);
    let describe = |(name, user): (&&str, &&User)| {
        // Where passwd has the password itself, pam_unix(8) looks no further; `x`, `*NP*` and `##NAME`
        // send it to shadow.
        let shadow = shadows.get(*name).copied().filter(|_| user.password.is_none());
        let told = Passwords { shadows: configs.shadow.is_some(), is_there: shadow_is_there };
        let password = told.word(user, shadow);
        (Value::text(name), account(user, (shadow, password), &memberships, homes, shared))
    };
    Value::object([
        ("users", Value::map(users.iter().map(describe))),
        ("groups", Value::map(groups.iter().map(|(name, group)| (Value::text(name), of(group))))),
        ("duplicates", Value::array(duplicates(configs))),
        ("malformed", Value::array(malformed(configs))),
    ])
}

/// Of entries of the same name the first counts, as in getpwnam(3).
fn first<'e, T>(
    parsed: Option<&'e Parsed<T>>,
    name: impl Fn(&'e T) -> &'e str,
) -> BTreeMap<&'e str, &'e T> {
    let mut entries = BTreeMap::new();
    for entry in parsed.into_iter().flat_map(|parsed| &parsed.entries) {
        entries.entry(name(entry)).or_insert(entry);
    }
    entries
}

/// What the groups say of members.
struct Memberships<'g> {
    by_member: BTreeMap<&'g str, BTreeSet<&'g str>>,
    by_gid: BTreeMap<u32, BTreeSet<&'g str>>,
}

fn memberships<'g>(groups: &BTreeMap<&'g str, &'g Group>) -> Memberships<'g> {
    let mut found = Memberships { by_member: BTreeMap::new(), by_gid: BTreeMap::new() };
    for (name, group) in groups {
        found.by_gid.entry(group.gid).or_default().insert(name);
        for member in &group.members {
            found.by_member.entry(member).or_default().insert(name);
        }
    }
    found
}

/// What is known of shadow(5) as a whole.
struct Passwords {
    shadows: bool,
    is_there: bool,
}

impl Passwords {
    fn word(&self, user: &User, shadow: Option<&Shadow>) -> &'static str {
        match (user.password, shadow) {
            (Some(password), _) => word(password),
            (None, Some(shadow)) => word(shadow.password),
            (None, None) if self.shadows => "none",
            (None, None) if self.is_there => "unreadable",
            (None, None) => "shadowed-but-missing",
        }
    }
}

fn word(password: Password) -> &'static str {
    match password {
        Password::Set => "set",
        Password::Empty => "empty",
        Password::Locked => "locked",
    }
}

fn account(
    user: &User,
    (shadow, password): (Option<&Shadow>, &'static str),
    memberships: &Memberships<'_>,
    homes: &Homes,
    shared: &Shared,
) -> Value {
    let shell = if user.shell.is_empty() { "/bin/sh" } else { user.shell.as_str() };
    let refuses = |(directory, name)| NO_LOGIN_IN.contains(&directory) && NO_LOGIN.contains(&name);
    let login = !shell.rsplit_once('/').is_some_and(refuses);
    let mut groups: BTreeSet<&str> = BTreeSet::new();
    groups.extend(memberships.by_gid.get(&user.gid).into_iter().flatten());
    groups.extend(memberships.by_member.get(user.name.as_str()).into_iter().flatten());
    let home = homes.by_path.get(&user.home_path);
    let files = |files: Option<&Vec<File>>| {
        Value::array(files.into_iter().flatten().map(|file| shared.value(file)))
    };
    let number = |number: Option<u64>| number.map_or(Value::NULL, Value::unsigned);
    let changed = shadow.and_then(|shadow| shadow.last_change_days).map(u64::from);
    Value::object([
        ("name", Value::text(&user.name)),
        ("uid", Value::unsigned(user.uid.into())),
        ("gid", Value::unsigned(user.gid.into())),
        ("home", Value::text(&user.home)),
        ("shell", Value::text(shell)),
        ("gecos", Value::text(&user.gecos)),
        ("line", Value::unsigned(user.line)),
        ("groups", Value::array(groups.into_iter().map(Value::text))),
        ("system", Value::boolean(!(1000..=60_000).contains(&user.uid))),
        ("login", Value::boolean(login)),
        ("password", Value::text(password)),
        ("shadow_line", number(shadow.map(|shadow| shadow.line))),
        ("last_change_days", number(changed)),
        ("authorized_keys", files(home.map(|home| &home.authorized_keys))),
        ("start_files", files(home.map(|home| &home.start_files))),
    ])
}

fn of(group: &Group) -> Value {
    Value::object([
        ("name", Value::text(&group.name)),
        ("gid", Value::unsigned(group.gid.into())),
        ("members", Value::array(group.members.iter().map(|member| Value::text(member)))),
        ("line", Value::unsigned(group.line)),
    ])
}

fn duplicates(configs: &Configs) -> Vec<Value> {
    let mut lines: BTreeMap<(&'static str, String), Vec<u64>> = BTreeMap::new();
    let mut note = |what, value: String, line| lines.entry((what, value)).or_default().push(line);
    for user in configs.passwd.iter().flat_map(|passwd| &passwd.entries) {
        note("user", user.name.clone(), user.line);
        note("uid", user.uid.to_string(), user.line);
    }
    for group in configs.group.iter().flat_map(|group| &group.entries) {
        note("group", group.name.clone(), group.line);
        note("gid", group.gid.to_string(), group.line);
    }
    let several = lines.into_iter().filter(|(_, lines)| lines.len() > 1);
    let describe = |((what, value), lines): ((&str, String), Vec<u64>)| {
        Value::object([
            ("what", Value::text(what)),
            ("value", Value::text(&value)),
            ("lines", Value::array(lines.into_iter().map(Value::unsigned))),
        ])
    };
    several.map(describe).collect()
}

fn malformed(configs: &Configs) -> Vec<Value> {
    let of = |file: &'static str, lines: Option<&[crate::configs::Malformed]>| {
        let lines = lines.unwrap_or_default().to_vec();
        lines.into_iter().map(move |malformed| {
            Value::object([
                ("file", Value::text(file)),
                ("line", Value::unsigned(malformed.line)),
                ("reason", Value::text(malformed.reason)),
            ])
        })
    };
    of(PASSWD, configs.passwd.as_ref().map(|parsed| parsed.malformed.as_slice()))
        .chain(of(GROUP, configs.group.as_ref().map(|parsed| parsed.malformed.as_slice())))
        .chain(of(SHADOW, configs.shadow.as_ref().map(|parsed| parsed.malformed.as_slice())))
        .collect()
}
