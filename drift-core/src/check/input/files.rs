//! One object with a path as policies see it.

use std::collections::{BTreeMap, BTreeSet};

use crate::bounds::Timestamp;
use crate::check::Error;
use crate::check::view::View;
use crate::configs::Configs;
use crate::model::{Entry, FileType, Observed, TreePath, attribute};
use crate::policy::{Lack, Value};
use crate::report::lossy;

use super::places::{Place, Places, Seen, Trail};

/// An object, or what stands for one that is not there.
#[derive(Debug, Clone)]
pub(super) struct File {
    /// As it is called: the declared path, or its own.
    pub(super) path: TreePath,
    /// Where it is, links of directories followed.
    pub(super) real: TreePath,
    pub(super) seen: Option<Seen>,
    /// What is missing of it.
    pub(super) lack: Option<Lack>,
}

impl File {
    /// Describes what a path leads to.
    pub(super) fn at(path: TreePath, place: Place<'_>, places: &Places<'_>) -> Self {
        match place {
            Place::Seen(real, seen) => Self::seen(path, real, seen.clone(), places),
            Place::Absent => Self { real: path.clone(), path, seen: None, lack: None },
            Place::Unseen(lack) => Self::unseen(path, lack),
        }
    }

    /// Describes what could not be looked at.
    pub(super) fn unseen(path: TreePath, lack: Lack) -> Self {
        Self { real: path.clone(), path, seen: None, lack: Some(lack) }
    }

    /// Describes an entry.
    pub(super) fn seen(path: TreePath, real: TreePath, seen: Seen, places: &Places<'_>) -> Self {
        let problem = places.problem(&real, &seen);
        let lack = match problem {
            None if !is_examined(&seen.entry) => Some("it could not be examined".to_owned()),
            other => other,
        };
        let lack = lack.map(|reason| Lack::Problem(format!("{path}: {reason}")));
        Self { path, real, seen: Some(seen), lack }
    }

    /// Returns whether it is there, as far as is known.
    pub(super) fn state(&self) -> &'static str {
        match (&self.seen, &self.lack) {
            (Some(seen), _) if is_examined(&seen.entry) => "present",
            (Some(_), _) => "unreadable",
            (None, None) => "absent",
            (None, Some(Lack::Problem(_))) => "unreadable",
            (None, Some(Lack::NotObservable(_))) => "not_observable",
        }
    }
}

/// Whether more is known of it than its name.
fn is_examined(entry: &Entry) -> bool {
    entry.file_type != FileType::Unknown && entry.mode != Observed::Unobserved
}

/// The members of a file, in one place so that each name exists once.
const MEMBERS: [&str; 23] = [
    "path",
    "state",
    "reason",
    "type",
    "mode",
    "uid",
    "gid",
    "user",
    "group",
    "size",
    "mtime",
    "digest",
    "link_target",
    "setuid",
    "setgid",
    "sticky",
    "executable",
    "group_writable",
    "world_writable",
    "capability",
    "package",
    "layer",
    "in_baseline",
];

/// What all files share.
#[derive(Debug)]
pub(super) struct Shared {
    keys: Vec<Value>,
    path_b64: Value,
    packages: Vec<Value>,
    users: BTreeMap<u32, Value>,
    groups: BTreeMap<u32, Value>,
    types: BTreeMap<&'static str, Value>,
    states: BTreeMap<&'static str, Value>,
    image: bool,
    /// What the baseline has of what is shown; `None` without one.
    in_baseline: Option<BTreeSet<TreePath>>,
}

impl Shared {
    pub(super) fn new(
        view: &View<'_>,
        configs: Option<&Configs>,
        in_baseline: Option<BTreeSet<TreePath>>,
    ) -> Self {
        let mut users = BTreeMap::new();
        let passwd = configs.and_then(|configs| configs.passwd.as_ref());
        for user in passwd.into_iter().flat_map(|passwd| &passwd.entries) {
            users.entry(user.uid).or_insert_with(|| Value::text(&user.name));
        }
        let mut groups = BTreeMap::new();
        let group = configs.and_then(|configs| configs.group.as_ref());
        for group in group.into_iter().flat_map(|group| &group.entries) {
            groups.entry(group.gid).or_insert_with(|| Value::text(&group.name));
        }
        let states = ["present", "absent", "unreadable", "not_observable"];
        Self {
            keys: MEMBERS.iter().map(|name| Value::text(name)).collect(),
            path_b64: Value::text("path_b64"),
            packages: view.packages.iter().map(|package| Value::text(&package.name)).collect(),
            users,
            groups,
            types: FileType::ALL.iter().map(|one| (one.name(), Value::text(one.name()))).collect(),
            states: states.iter().map(|state| (*state, Value::text(state))).collect(),
            image: view.image.is_some(),
            in_baseline,
        }
    }

    /// Makes the value of a file.
    pub(super) fn value(&self, file: &File) -> Value {
        let (path, path_b64) = lossy(&[b"/", file.path.as_bytes()].concat());
        let state = self.states.get(file.state()).cloned().unwrap_or(Value::NULL);
        let reason = file.lack.as_ref().map_or(Value::NULL, |lack| Value::text(lack.reason()));
        let in_baseline = self.in_baseline.as_ref();
        let in_baseline =
            in_baseline.map_or(Value::NULL, |known| Value::boolean(known.contains(&file.real)));
        let mut values = vec![Value::text(&path), state, reason];
        values.extend(self.of_entry(file.seen.as_ref().filter(|_| file.state() == "present")));
        values.push(in_baseline);
        let members = self.keys.iter().cloned().zip(values);
        let exact = path_b64.map(|coded| (self.path_b64.clone(), Value::text(&coded)));
        Value::map(members.chain(exact))
    }

    /// From `type` to `layer`.
    fn of_entry(&self, seen: Option<&Seen>) -> [Value; 19] {
        let entry = seen.map(|seen| &seen.entry);
        let mode = entry.and_then(|entry| entry.mode.seen().copied());
        let bit = |bits: u16| Value::boolean(mode.is_some_and(|mode| mode & bits != 0));
        let number =
            |value: Option<u32>| value.map_or(Value::NULL, |id| Value::unsigned(id.into()));
        let uid = entry.and_then(|entry| entry.uid.seen().copied());
        let gid = entry.and_then(|entry| entry.gid.seen().copied());
        let named = |names: &BTreeMap<u32, Value>, id: Option<u32>| {
            id.and_then(|id| names.get(&id)).cloned().unwrap_or(Value::NULL)
        };
        let file_type = entry.and_then(|entry| self.types.get(entry.file_type.name()));
        let owner = seen.and_then(|seen| seen.owner);
        let layer = seen.and_then(|seen| seen.origin).filter(|_| self.image);
        [
            file_type.cloned().unwrap_or(Value::NULL),
            mode.map_or(Value::NULL, |mode| Value::text(&format!("{mode:04o}"))),
            number(uid),
            number(gid),
            named(&self.users, uid),
            named(&self.groups, gid),
            entry.and_then(|entry| entry.size.seen()).map_or(Value::NULL, |n| Value::unsigned(*n)),
            entry.map_or(Value::NULL, mtime),
            text(entry.and_then(|entry| entry.digest.seen()).map(ToString::to_string)),
            text(entry.and_then(|entry| entry.link_target.seen()).map(|link| lossy(link).0)),
            bit(0o4000),
            bit(0o2000),
            bit(0o1000),
            bit(0o111),
            bit(0o020),
            bit(0o002),
            text(entry.and_then(capability)),
            owner.and_then(|id| self.packages.get(id.index())).cloned().unwrap_or(Value::NULL),
            number(layer.map(|layer| layer.0.into())),
        ]
    }
}

/// Returns the file capabilities as text; `None` of what has none.
pub(super) fn capability(entry: &Entry) -> Option<String> {
    let found = attribute::find("capability").map(|attribute| (attribute.get)(entry))?;
    let bytes = found.seen().and_then(attribute::Value::to_bytes)?;
    Some(String::from_utf8_lossy(&bytes).into_owned()).filter(|_| entry.file_type == FileType::File)
}

/// A year of five digits or before the first is no time of RFC 3339.
fn mtime(entry: &Entry) -> Value {
    let time = entry.mtime.seen().map(|time| Timestamp::from_unix(time.seconds, time.nanoseconds));
    let text = time.map(|time| time.to_string()).filter(|text| !text.starts_with(['-', '+']));
    text.map_or(Value::NULL, |text| Value::text(&text))
}

fn text(text: Option<String>) -> Value {
    text.map_or(Value::NULL, |text| Value::text(&text))
}

/// Returns those of the paths that the older side has.
pub(super) fn in_baseline<'f>(
    before: &View<'_>,
    files: impl Iterator<Item = &'f File>,
) -> Result<BTreeSet<TreePath>, Error> {
    let wanted: BTreeSet<&[u8]> = files.map(|file| file.real.as_bytes()).collect();
    let mut found = BTreeSet::new();
    let mut trail = Trail::default();
    let mut cursor = before.cursor();
    while let Some(step) = cursor.next()? {
        let path = trail.enter(step.depth, step.name);
        if wanted.contains(path) {
            found.insert(TreePath::from_joined(path.to_vec()));
        }
    }
    Ok(found)
}
