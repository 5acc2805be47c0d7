//! Who and when: what the target's logs say of packages that changed, read in the second look.
//!
//! Logs verify nothing, so nothing here touches a cause, and a log that cannot be read is a note and
//! makes no run incomplete.

use std::collections::{BTreeMap, BTreeSet};

use crate::bounds::Budget;
use crate::capture::{Cached, Captured, Ledger, Run, read};
use crate::compare::PackageChange;
use crate::model::{FileType, FollowLast, Package, RowId, Tree};
use crate::packages::events::{Action, Event, EventLog, EventSink, LOGS, Zone, log_at};
use crate::report::document::{Change, PackageEvent};
use crate::rules::Class;
use crate::source::{self, Ask, Source, Want, masked_command, unpacked};

/// One log as it is stored; dpkg's of a year has some 5 MB.
const MAX_LOG_BYTES: u64 = 32 << 20;

/// All logs together, unpacked.
const MAX_BYTES: u64 = 256 << 20;
const MAX_LINES: u64 = 20_000_000;

/// The zone of the target, localtime(5).
const LOCALTIME: &[u8] = b"etc/localtime";

/// Characters of a command that a report has.
const MAX_COMMAND: usize = 1000;

/// What the logs say, in the order of the changes, and what is to be said of the logs.
#[derive(Debug, Default)]
pub(super) struct Told {
    events: Vec<Option<PackageEvent>>,
    pub(super) notes: Vec<String>,
}

impl Told {
    /// Puts each event beside the change of its package.
    pub(super) fn attach(self, changes: &mut [Change]) {
        let packages = changes.iter_mut().filter(|change| change.subject == "package");
        for (change, event) in packages.zip(self.events) {
            if let Some(package) = &mut change.package {
                package.event = event;
            }
        }
    }
}

/// A log that lies in the target.
struct Found {
    path: Vec<u8>,
    log: &'static dyn EventLog,
}

/// Reads the logs, if any package changed, and finds the event behind each change.
pub(super) fn look(
    source: &dyn Source,
    captured: &mut Captured,
    changes: &[PackageChange],
    before: &[Package],
    run: &Run<'_>,
) -> Result<Told, source::Error> {
    if changes.is_empty() {
        return Ok(Told::default());
    }
    let packages = captured.snapshot.packages.clone();
    let pairs: Vec<Pair<'_>> = changes.iter().map(|one| Pair::of(one, before, &packages)).collect();
    let managers: BTreeSet<&str> = pairs.iter().filter_map(Pair::manager).collect();
    let logs = find(captured, &managers);
    if logs.is_empty() {
        return Ok(Told::default());
    }
    let mut told = Told::default();
    let mut contents = contents(source, captured, &logs, &mut told.notes, run)?;
    let zone = zone(&captured.snapshot.tree, &mut contents);
    let wanted: BTreeSet<&str> = pairs.iter().filter_map(Pair::name).collect();
    let mut budget = Budget::new(MAX_BYTES, MAX_LINES);
    let mut best: Vec<Best> = pairs.iter().map(|_| Best::default()).collect();
    for (row, log) in &logs {
        let Some(content) = contents.remove(row) else { continue };
        let mut sink = EventSink::new(&wanted);
        match unpack(&content, &mut budget) {
            Ok(text) => log.log.parse(&text, &mut budget, &mut sink),
            Err(reason) => told.notes.push(unread(&captured.snapshot.tree, *row, &reason)),
        }
        let (events, whole) = sink.finish();
        if !whole {
            told.notes.push(unread(&captured.snapshot.tree, *row, "it is too long"));
        }
        for event in &events {
            for (pair, best) in pairs.iter().zip(&mut best) {
                if pair.manager() == Some(log.log.manager()) && pair.is_told_by(event) {
                    best.take(event, &log.path);
                }
            }
        }
    }
    told.events = best.into_iter().map(|best| best.described(&zone)).collect();
    Ok(told)
}

/// The two states of a package that changed.
struct Pair<'p> {
    before: Option<&'p Package>,
    after: Option<&'p Package>,
}

impl<'p> Pair<'p> {
    fn of(change: &PackageChange, before: &'p [Package], after: &'p [Package]) -> Self {
        Self {
            before: change.before.and_then(|id| before.get(id.index())),
            after: change.after.and_then(|id| after.get(id.index())),
        }
    }

    fn either(&self) -> Option<&'p Package> {
        self.after.or(self.before)
    }

    fn manager(&self) -> Option<&'p str> {
        self.either().map(|package| package.manager.as_str())
    }

    fn name(&self) -> Option<&'p str> {
        self.either().map(|package| package.name.as_str())
    }

    /// Whether the event ended in the state that the target has: an event on the way, or one of
    /// another version, explains nothing.
    fn is_told_by(&self, event: &Event) -> bool {
        let Some(package) = self.either() else { return false };
        // apt names the native architecture for a package that has none.
        let portable = package.architecture == "all";
        let same = event.architecture.as_ref().is_none_or(|one| *one == package.architecture);
        let is_it = package.name == event.name && (same || portable);
        let gone = matches!(event.action, Action::Removed | Action::Purged);
        let version = |told: &Option<String>, of: &Package| {
            told.as_ref().is_some_and(|told| *told == of.version)
        };
        is_it
            && match (self.before, self.after) {
                // Its state alone changed, such as to one whose configuration is left.
                (Some(before), Some(after)) if before.version == after.version => {
                    version(if gone { &event.before } else { &event.after }, after)
                }
                (_, Some(after)) => !gone && version(&event.after, after),
                // One of another architecture may have taken its place.
                (Some(before), None) => {
                    version(&event.before, before) || (gone && event.before.is_none())
                }
                (None, None) => false,
            }
    }
}

/// The last event of a change, and the last one with a command.
#[derive(Default)]
struct Best {
    last: Option<(Event, Vec<u8>)>,
    commanded: Option<(Event, Vec<u8>)>,
}

impl Best {
    fn take(&mut self, event: &Event, log: &[u8]) {
        let slots = [(&mut self.last, true), (&mut self.commanded, event.command.is_some())];
        for (slot, fits) in slots {
            if fits && slot.as_ref().is_none_or(|(kept, _)| kept.moment <= event.moment) {
                *slot = Some((event.clone(), log.to_vec()));
            }
        }
    }

    /// The last event; the command that it happened under says the same and more.
    fn described(self, zone: &Zone) -> Option<PackageEvent> {
        let (last, log) = self.last?;
        let over = |commanded: &Event| {
            let ended = commanded.until.is_some_and(|until| until < last.moment);
            commanded.moment <= last.moment && !ended
        };
        let (event, log) = match self.commanded {
            Some((commanded, log)) if over(&commanded) => (commanded, log),
            _ => (last, log),
        };
        let shortened =
            |text: &str| -> String { masked_command(text).chars().take(MAX_COMMAND).collect() };
        Some(PackageEvent {
            time: event.moment.told(zone),
            action: event.action.name(),
            command: event.command.as_deref().map(shortened),
            requested_by: event.requested_by.as_deref().map(shortened),
            log: format!("/{}", String::from_utf8_lossy(&log)),
            line: event.line,
        })
    }
}

/// The rows of all logs of these managers, with their paths as the managers name them.
fn find(captured: &Captured, managers: &BTreeSet<&str>) -> BTreeMap<RowId, Found> {
    let tree = &captured.snapshot.tree;
    let mut found = BTreeMap::new();
    let logs = LOGS.iter().filter(|log| managers.contains(log.manager()));
    for pattern in logs.flat_map(|log| log.files()) {
        let (directory, _) = pattern.rsplit_once('/').unwrap_or(("", pattern));
        let row = tree.resolve(directory.as_bytes(), FollowLast::Yes);
        let Some(inside) = row.and_then(|row| tree.as_directory(row)) else { continue };
        for row in tree.children(inside) {
            let path = [directory.as_bytes(), b"/", tree.name(row)].concat();
            let secret = captured.rules.rule(tree.rule(row)).class == Some(Class::Secret);
            if let (FileType::File, false, Some(log)) = (tree.file_type(row), secret, log_at(&path))
            {
                found.insert(row, Found { path, log });
            }
        }
    }
    found
}

/// Reads the logs and the zone. What cannot be read is said, and is no problem of the target.
fn contents(
    source: &dyn Source,
    captured: &mut Captured,
    logs: &BTreeMap<RowId, Found>,
    notes: &mut Vec<String>,
    run: &Run<'_>,
) -> Result<BTreeMap<RowId, Vec<u8>>, source::Error> {
    let zone = localtime(&captured.snapshot.tree);
    let mut rows: Vec<RowId> = logs.keys().copied().chain(zone).collect();
    rows.sort_unstable();
    rows.dedup();
    let want = Want { bytes: Some(MAX_LOG_BYTES), ..Want::default() };
    let asks: Vec<Ask> = rows.iter().map(|row| Ask { row: *row, want }).collect();
    let (mut coverage, mut problems) = (captured.snapshot.coverage.clone(), Vec::new());
    let plan = run.plan(&captured.rules);
    let mut ledger = Ledger {
        tree: &mut captured.snapshot.tree,
        coverage: &mut coverage,
        problems: &mut problems,
        unread: &mut Cached::default(),
    };
    let extras = read(source, &plan, &asks, &mut ledger)?;
    let contents: BTreeMap<RowId, Vec<u8>> =
        extras.into_iter().filter_map(|(row, extra)| Some((row, extra.bytes?))).collect();
    let missing = logs.keys().filter(|row| !contents.contains_key(row));
    let tree = &captured.snapshot.tree;
    notes.extend(missing.map(|row| {
        let path = tree.path(*row);
        let problem = problems.iter().find(|problem| problem.path == path);
        unread(tree, *row, problem.map_or("it is too large or was gone", |one| &one.reason))
    }));
    Ok(contents)
}

fn unread(tree: &Tree, row: RowId, reason: &str) -> String {
    format!(
        "{} was not read to its end for who changed packages and when: {reason}.",
        tree.path(row)
    )
}

fn localtime(tree: &Tree) -> Option<RowId> {
    let row = tree.resolve(LOCALTIME, FollowLast::Yes)?;
    (tree.file_type(row) == FileType::File).then_some(row)
}

/// Without the file times are UTC; behind a link that leads nowhere the zone had once a name, and it
/// cannot be told what that meant but for UTC.
fn zone(tree: &Tree, contents: &mut BTreeMap<RowId, Vec<u8>>) -> Zone {
    if let Some(row) = localtime(tree) {
        return contents.remove(&row).map_or_else(Zone::unknown, |one| Zone::of_localtime(&one));
    }
    match tree.resolve(LOCALTIME, FollowLast::No) {
        None => Zone::utc(),
        Some(link) => match tree.link_target(link) {
            Some(target) if target.ends_with(b"/UTC") => Zone::utc(),
            _ => Zone::unknown(),
        },
    }
}

fn unpack(content: &[u8], budget: &mut Budget) -> Result<Vec<u8>, String> {
    let text = unpacked(content, MAX_LOG_BYTES.saturating_mul(4)).map_err(str::to_owned)?;
    budget.bytes(text.len() as u64).map_err(|exceeded| exceeded.to_string())?;
    Ok(text)
}
