//! Which changes were selected, and whether each selector named something.

use std::collections::BTreeSet;

use crate::bounds::escape::escaped;
use crate::bounds::nearest;
use crate::model::{Cause, FileType, TreePath};
use crate::report::{Previous, exact};

use super::candidates::{Behind, Candidate, Offered};
use super::{AcceptError, Selector};

/// The least of an id that is taken for one.
const MIN_ID_DIGITS: usize = 8;

/// The places of the selected changes.
pub(super) type Chosen = BTreeSet<usize>;

/// Selects; every selector must find something that the snapshot still has.
pub(super) fn select(
    offered: &Offered,
    selectors: &[Selector],
    report: Option<&Previous>,
) -> Result<Chosen, AcceptError> {
    let mut chosen = Chosen::new();
    for selector in selectors {
        stale(offered, selector, report)?;
        let found = match selector {
            Selector::All => all(offered),
            Selector::Path(pattern) => {
                let found = at_path(offered, |path| pattern.matches(path));
                let near = || near_path(offered, pattern.as_str());
                let pattern = pattern.as_str().to_owned();
                some(found, || AcceptError::NoSuchPath { pattern, near: near() })?
            }
            Selector::Package(name) => {
                let near = || near_package(offered, name);
                let found = of_package(offered, name);
                some(found, || AcceptError::NoSuchPackage { name: name.clone(), near: near() })?
            }
            Selector::Change(id) => Chosen::from([by_id(offered, id, report)?]),
        };
        chosen.extend(found);
    }
    image_whole(offered, &chosen)?;
    some(chosen, || AcceptError::NothingDiffers)
}

fn some(found: Chosen, otherwise: impl FnOnce() -> AcceptError) -> Result<Chosen, AcceptError> {
    if found.is_empty() { Err(otherwise()) } else { Ok(found) }
}

/// Those that may be taken at all.
fn open(offered: &Offered) -> impl Iterator<Item = (usize, &Candidate)> {
    let takes = |(_, one): &(usize, &Candidate)| one.listed && one.behind != Behind::Nothing;
    offered.all.iter().enumerate().filter(takes)
}

/// Everything but what rules call normal; of that, what the rest cannot be without: the directory of
/// something new, and what lies in a directory that is gone.
fn all(offered: &Offered) -> Chosen {
    let mut chosen: Chosen =
        open(offered).filter(|(_, one)| !one.is_by_rule()).map(|(at, _)| at).collect();
    let (mut above, mut lost) = (BTreeSet::new(), BTreeSet::new());
    for candidate in chosen.iter().filter_map(|at| offered.all.get(*at)) {
        let paths = [(&candidate.path, false), (&candidate.moved_from, true)];
        for (path, moved) in paths {
            let Some(path) = path.as_ref().and_then(|path| TreePath::parse(path).ok()) else {
                continue;
            };
            if moved || candidate.change.kind == "removed" || is_retyped(candidate) {
                lost.insert(path.clone());
            }
            if !moved && candidate.change.kind != "removed" {
                above.extend(ancestors(&path));
            }
        }
    }
    let needed = |candidate: &Candidate| {
        let path = candidate.path.as_ref().and_then(|path| TreePath::parse(path).ok());
        path.is_some_and(|path| {
            let comes = candidate.change.kind == "added" || candidate.moved_from.is_some();
            (comes && above.contains(&path))
                || ancestors(&path).any(|directory| lost.contains(&directory))
        })
    };
    let more = open(offered).filter(|(_, one)| one.is_by_rule() && needed(one));
    chosen.extend(more.map(|(at, _)| at).collect::<Vec<_>>());
    chosen
}

fn is_retyped(candidate: &Candidate) -> bool {
    candidate.change.kind == "modified"
        && candidate.change.file_type != Some(FileType::Directory.name())
        && candidate.change.attributes.iter().any(|attribute| attribute.name == "type")
}

fn ancestors(path: &TreePath) -> impl Iterator<Item = TreePath> + use<> {
    std::iter::successors(path.parent(), TreePath::parent)
}

fn at_path(offered: &Offered, matches: impl Fn(&[u8]) -> bool) -> Chosen {
    let fits = |one: &Candidate| {
        [&one.path, &one.moved_from].into_iter().flatten().any(|path| matches(path))
    };
    open(offered).filter(|(_, one)| fits(one)).map(|(at, _)| at).collect()
}

/// Whether a package is meant by `NAME` or `NAME:ARCHITECTURE`.
fn is_named(candidate: &Candidate, name: &str) -> bool {
    let of = candidate.change.package.as_ref().filter(|_| candidate.change.subject == "package");
    of.is_some_and(|package| {
        package.name == name || format!("{}:{}", package.name, package.architecture) == name
    })
}

fn of_package(offered: &Offered, name: &str) -> Chosen {
    let events: Chosen =
        open(offered).filter(|(_, one)| is_named(one, name)).map(|(at, _)| at).collect();
    let ids: BTreeSet<&str> = events.iter().map(|at| offered.id(*at)).collect();
    let folded = |one: &Candidate| one.folded_into.as_deref().is_some_and(|id| ids.contains(id));
    let files = open(offered).filter(|(_, one)| folded(one)).map(|(at, _)| at);
    files.chain(events.iter().copied()).collect()
}

fn by_id(offered: &Offered, id: &str, report: Option<&Previous>) -> Result<usize, AcceptError> {
    let plain = id.strip_prefix("sha256:").unwrap_or(id).to_ascii_lowercase();
    let digits = plain.bytes().all(|byte| byte.is_ascii_hexdigit());
    if !digits || plain.len() < MIN_ID_DIGITS {
        return Err(AcceptError::NoId { id: id.to_owned() });
    }
    let mut found = offered.beginning(&plain);
    found.retain(|at| open(offered).any(|(open, _)| open == *at));
    match found.as_slice() {
        [one] => Ok(*one),
        [] => Err(AcceptError::NoSuchChange {
            id: plain.clone(),
            near: near(offered, &plain, report),
        }),
        several => Err(AcceptError::Ambiguous { id: plain, count: several.len() }),
    }
}

/// Names the path that was meant: the one that the report gives the id, else that of the id which is
/// most alike.
fn near(offered: &Offered, id: &str, report: Option<&Previous>) -> String {
    let told = report
        .and_then(|report| report.report.changes.iter().find(|change| change.id.starts_with(id)));
    let named = told.map(|change| shown(&exact(&change.path, change.path_b64.as_deref())));
    if let Some(path) = named {
        return format!(", which the report gives to {path}");
    }
    let nearest = nearest(id, open(offered).map(|(_, one)| one.change.id.as_str()));
    let found = nearest.and_then(|id| offered.all.get(offered.find(id)?));
    found.map_or(String::new(), |one| {
        format!("; the nearest is {} at {}", one.change.id, shown_path(one))
    })
}

fn near_path(offered: &Offered, pattern: &str) -> String {
    let texts: Vec<String> =
        open(offered).filter_map(|(_, one)| one.path.as_ref()).map(|path| shown(path)).collect();
    let found = nearest(pattern, texts.iter().map(String::as_str));
    let found = found.map_or(String::new(), |path| format!("; the nearest that does is {path}"));
    // Other languages of patterns know more than this one.
    let literal = if pattern.contains(['[', '?', '{']) {
        " (only * and ** stand for other bytes, all else stands for itself)"
    } else {
        ""
    };
    format!("{literal}{found}")
}

fn near_package(offered: &Offered, name: &str) -> String {
    let names = open(offered).filter(|(_, one)| one.change.subject == "package");
    let found = nearest(name, names.map(|(_, one)| one.change.path.as_str()));
    found.map_or(String::new(), |name| format!("; the nearest is {}", shown(name.as_bytes())))
}

fn shown_path(candidate: &Candidate) -> String {
    shown(candidate.path.as_deref().unwrap_or(candidate.change.path.as_bytes()))
}

fn shown(bytes: &[u8]) -> String {
    escaped(bytes).to_string()
}

/// Fails where a selector covers what the report lists and the snapshot does not have so.
fn stale(
    offered: &Offered,
    selector: &Selector,
    report: Option<&Previous>,
) -> Result<(), AcceptError> {
    let Some(report) = report else { return Ok(()) };
    let changes = &report.report.changes;
    let events: BTreeSet<&str> = match selector {
        Selector::Package(name) => {
            let is_event = |path: &str| name.split(':').next() == Some(path);
            let events =
                changes.iter().filter(|one| one.subject == "package" && is_event(&one.path));
            events.map(|one| one.id.as_str()).collect()
        }
        _ => BTreeSet::new(),
    };
    let gone = changes.iter().filter(|one| offered.find(&one.id).is_none()).find(|one| {
        let path = exact(&one.path, one.path_b64.as_deref());
        match selector {
            // What weighs nothing is what rules call normal, and changes all the time.
            Selector::All => {
                one.folded_into.is_some() || one.severity > crate::model::Severity::None
            }
            Selector::Path(pattern) => one.subject == "entry" && pattern.matches(&path),
            Selector::Package(_) => {
                events.contains(one.id.as_str())
                    || one.folded_into.as_deref().is_some_and(|id| events.contains(id))
            }
            // Its own error names the path.
            Selector::Change(_) => false,
        }
    });
    gone.map_or(Ok(()), |one| {
        Err(AcceptError::Stale { path: shown(&exact(&one.path, one.path_b64.as_deref())) })
    })
}

/// What an image says of itself is taken whole or not at all.
fn image_whole(offered: &Offered, chosen: &Chosen) -> Result<(), AcceptError> {
    let facts = offered.all.iter().enumerate().filter(|(_, one)| one.behind == Behind::Image);
    let (all, selected) = facts.fold((0, 0), |(all, selected): (usize, usize), (at, _)| {
        (all.saturating_add(1), selected.saturating_add(usize::from(chosen.contains(&at))))
    });
    match selected == 0 || selected == all {
        true => Ok(()),
        false => Err(AcceptError::ImageInPart { selected, all }),
    }
}

/// Says which files of accepted packages nothing vouches for: they were not accepted with them.
pub(super) fn unvouched(
    offered: &Offered,
    chosen: &Chosen,
    selectors: &[Selector],
    report: Option<&Previous>,
) -> Vec<String> {
    let next = match report {
        Some(_) => "if they are right, select them by path",
        None => {
            "a stored snapshot has no package records, so name the report of a check of the target \
             with --report, or select them by path"
        }
    };
    let named = |selector: &Selector| match selector {
        Selector::Package(name) => Some(name.clone()),
        _ => None,
    };
    let told = selectors.iter().filter_map(named).filter_map(|name| {
        let packages: Vec<_> =
            offered.all.iter().filter(|one| is_named(one, &name)).filter_map(of).collect();
        let left = |(at, one): &(usize, &Candidate)| {
            let is_of = one.change.subject == "entry"
                && of(one).is_some_and(|package| packages.contains(&package));
            is_of && !chosen.contains(at) && one.change.cause != Cause::DeclaredDynamic
        };
        let left: Vec<_> = offered.all.iter().enumerate().filter(left).collect();
        let (_, first) = left.first()?;
        Some(format!(
            "{} of package {} did not fold into it and stay as the golden baseline has them, such as \
             {}: {next}",
            crate::report::counted(left.len() as u64, "entry"),
            shown(name.as_bytes()),
            shown_path(first)
        ))
    });
    told.collect()
}

/// Manager, name and architecture.
fn of(candidate: &Candidate) -> Option<(&str, &str, &str)> {
    let package = candidate.change.package.as_ref()?;
    Some((&package.manager, &package.name, &package.architecture))
}
