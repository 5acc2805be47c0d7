//! What is missing of each section, and why: the difference between "there is none" and "nobody
//! looked".

use std::collections::BTreeMap;

use crate::check::describe;
use crate::check::view::View;
use crate::check::{Found, Job};
use crate::configs::{Configs, GROUP, PASSWD, PRELOAD, Parsed, SHADOW};
use crate::model::{FileType, FollowLast};
use crate::packages::Completeness;
use crate::policy::Lack;
use crate::report::document;

use super::accounts::Homes;
use super::lists::{Swept, too_many};
use super::places::{Place, Places};

/// What the command line left out.
pub(super) const NO_ENTRIES: &str = "entries are left out of this run";

/// What is missing, by section.
pub(super) type Sections = BTreeMap<String, Vec<Lack>>;

fn not_observable(reason: &str) -> Lack {
    Lack::NotObservable(reason.to_owned())
}

/// What needs no walk to be known.
pub(super) fn of_run(
    job: &Job<'_>,
    found: &Found,
    reference: &document::Reference,
    after: &View<'_>,
) -> Sections {
    let parts = job.request.parts;
    let mut sections = Sections::new();
    if after.image.is_none() {
        sections.insert("image".to_owned(), vec![not_observable("the target is no image")]);
    }
    let packages = packages(parts.packages, after);
    if let Some(lack) = &packages {
        sections.insert("packages".to_owned(), vec![lack.clone()]);
    }
    let mut changes = Vec::new();
    if !parts.entries {
        changes.push(not_observable(NO_ENTRIES));
    }
    if !parts.packages {
        changes.push(not_observable("packages are left out of this run"));
    }
    if !has_baseline(reference) {
        let reason = "there is no baseline; the reference is the target's own package databases";
        sections.insert("baseline".to_owned(), vec![not_observable(reason)]);
        changes.push(not_observable(reason));
    }
    if let Some(first) = found.problems.iter().min() {
        let count = found.problems.len();
        let (objects, path) = (if count == 1 { "object" } else { "objects" }, &first.path);
        let reason =
            format!("{count} {objects} could not be compared, first {path}: {}", first.reason);
        changes.push(Lack::Problem(reason));
    } else if found.not_compared > 0 {
        let reason = format!("{} entries could not be compared", found.not_compared);
        changes.push(Lack::Problem(reason));
    }
    if !changes.is_empty() {
        sections.insert("changes".to_owned(), changes);
    }
    sections
}

/// Whether something was captured before, sealed or not.
pub(super) fn has_baseline(reference: &document::Reference) -> bool {
    [describe::SEALED, "snapshot"].contains(&reference.kind)
}

fn packages(asked: bool, after: &View<'_>) -> Option<Lack> {
    match () {
        () if !asked => Some(not_observable("packages are left out of this run")),
        () if !after.packages_complete => {
            Some(Lack::Problem("the list of packages is not whole".to_owned()))
        }
        () if after.packages.is_empty() => Some(not_observable("no package database was found")),
        () => None,
    }
}

/// What is missing when no entry was looked at.
pub(super) fn without_entries() -> Sections {
    let lack = || vec![not_observable(NO_ENTRIES)];
    ["accounts", "lists", "settings"].map(|name| (name.to_owned(), lack())).into_iter().collect()
}

/// What is missing of accounts and settings.
pub(super) fn of_configs(
    configs: &Configs,
    view: &View<'_>,
    places: &Places<'_>,
    homes: &Homes,
) -> Sections {
    let mut sections = Sections::new();
    let mut add = |section: &str, lacks: Vec<Lack>| {
        if !lacks.is_empty() {
            sections.entry(section.to_owned()).or_default().extend(lacks);
        }
    };
    let required = true;
    let passwd = of_file(PASSWD, configs.passwd.as_ref(), required, view, places);
    let group = of_file(GROUP, configs.group.as_ref(), required, view, places);
    add("lists.without_account", passwd.iter().chain(&group).cloned().collect());
    add("accounts", passwd.into_iter().chain(group).collect());
    add("accounts.password", of_file(SHADOW, configs.shadow.as_ref(), !required, view, places));
    add("accounts.authorized_keys", homes.key_lacks.iter().cloned().collect());
    add("accounts.start_files", homes.start_lacks.iter().cloned().collect());
    add("settings", of_file(PRELOAD, configs.preload.as_ref(), !required, view, places));
    sections
}

/// What is missing of one file. That one is not there is something to know, unless everything hangs
/// on it: a directory that is no root has no accounts, and that is no merit.
fn of_file<T>(
    path: &str,
    parsed: Option<&Parsed<T>>,
    required: bool,
    view: &View<'_>,
    places: &Places<'_>,
) -> Vec<Lack> {
    let mut lacks = Vec::new();
    match (places.place(path.as_bytes(), FollowLast::Yes), parsed) {
        (_, Some(parsed)) => {
            if !parsed.whole {
                lacks.push(Lack::Problem(format!("{path} has too many lines")));
            }
            if let Some(line) = parsed.included.first() {
                let reason = format!("{path}:{line} brings in accounts of NIS, which are not seen");
                lacks.push(Lack::NotObservable(reason));
            }
        }
        (Place::Absent, None) if required => {
            lacks.push(Lack::NotObservable(format!("there is no {path}")));
        }
        (Place::Absent, None) => {}
        (Place::Unseen(lack), None) => lacks.push(lack),
        (Place::Seen(..), None) if view.captured().is_none() => {
            let reason = format!("a stored snapshot holds no content of {path}");
            lacks.push(Lack::NotObservable(reason));
        }
        (Place::Seen(real, seen), None) => {
            let reason = match (places.problem(&real, seen), seen.entry.file_type) {
                (Some(reason), _) => reason,
                (None, FileType::File) => {
                    "it could not be read, or is larger than 16 MiB".to_owned()
                }
                (None, other) => format!("it is no file but of type {other}"),
            };
            lacks.push(Lack::Problem(format!("{path}: {reason}")));
        }
    }
    lacks
}

/// What is missing of lists.
pub(super) fn of_lists(swept: &Swept, view: &View<'_>) -> Sections {
    let mut sections = Sections::new();
    let mut all: Vec<Lack> = swept.lacks.iter().cloned().collect();
    for line in view.coverage.excluded.iter().filter(|line| line.entries > 0) {
        // Its own artefacts are named one by one, and are the operator's.
        if !line.rule.starts_with("drift's own artefacts") {
            let reason = format!("the rule \"{}\" left out {} names", line.rule, line.entries);
            all.push(Lack::NotObservable(reason));
        }
    }
    if !view.carries.attributes.holds("mode") {
        all.push(not_observable("such a target carries no permissions"));
    }
    if !all.is_empty() {
        sections.insert("lists".to_owned(), all);
    }
    let mut add = |list: &str, lack: Lack| {
        sections.entry(format!("lists.{list}")).or_default().push(lack);
    };
    for (list, lacks) in &swept.of_list {
        for lack in lacks {
            add(list, lack.clone());
        }
    }
    for list in &swept.full {
        add(list, too_many("there are"));
    }
    if !view.carries.attributes.holds("capability") {
        add("capabilities", not_observable("such a target carries no file capabilities"));
    }
    if swept.xattrs_unread > 0 {
        let count = swept.xattrs_unread;
        let reason = format!("the extended attributes of {count} files could not be read");
        add("capabilities", Lack::Problem(reason));
    }
    match view.captured() {
        None => add("unowned", not_observable("a stored snapshot does not tell who owns what")),
        Some(_) if view.packages.is_empty() && view.packages_complete => {
            add("unowned", not_observable("no package database was found"));
        }
        Some(captured) if captured.ownership.records().completeness() != Completeness::Complete => {
            add("unowned", Lack::Problem("the list of packages is not whole".to_owned()));
        }
        Some(_) if view.packages.is_empty() => {
            add("unowned", not_observable("packages are left out of this run"));
        }
        Some(_) => {}
    }
    sections
}
