//! `apk.log`: a command with its time in UTC, then what it did, as apk shows it (apk-tools,
//! `src/print.c` and `src/commit.c`).

use std::sync::Arc;

use crate::bounds::Budget;

use super::{Action, Event, EventLog, EventSink, Moment, lines};

#[derive(Debug)]
pub(super) struct ApkLog;

impl EventLog for ApkLog {
    fn manager(&self) -> &'static str {
        "apk"
    }

    fn files(&self) -> &'static [&'static str] {
        &["var/log/apk.log", "var/log/apk.log.*"]
    }

    fn parse(&self, content: &[u8], budget: &mut Budget, out: &mut EventSink<'_>) {
        let mut running: Option<(Moment, Arc<str>)> = None;
        for (number, line) in lines(content) {
            if !out.item(budget) {
                return;
            }
            if line.starts_with("Running `") {
                // What follows a command whose time cannot be read is not that of the one before.
                running = command(&line);
            } else if let Some((moment, command)) = &running
                && let Some(event) = event(&line, *moment, command, number)
            {
                out.event(event);
            }
        }
    }

    #[cfg(test)]
    fn sample(&self) -> &'static str {
        "\nRunning `apk upgrade` at 2026-11-20 02:10:30\napk-tools 2.14.4, compiled for x86_64.\n\
         (1/2) Upgrading one (1.0-1 -> 1.0-1+deb12u1)\n(2/2) Installing two (2)\n\
         Executing busybox-1.36.1-r29.trigger\nOK: 9 MiB in 16 packages\n"
    }
}

/// ``Running `COMMAND` at DATE TIME``; the command may hold anything.
fn command(line: &str) -> Option<(Moment, Arc<str>)> {
    let (command, time) = line.strip_prefix("Running `")?.rsplit_once("` at ")?;
    let (date, time) = time.trim_end().split_once(' ')?;
    Some((Moment::parse(date, time)?.in_utc(), command.into()))
}

/// `(1/2) Upgrading NAME (OLD -> NEW)`, or `(1/2) Installing NAME (VERSION)`; a pinned package has
/// ` @TAG` after its name.
fn event(line: &str, moment: Moment, command: &Arc<str>, number: u64) -> Option<Event> {
    let (_, told) = line.strip_prefix('(')?.split_once(") ")?;
    let (verb, rest) = told.split_once(' ')?;
    let (name, versions) = rest.split_once(" (")?;
    let name = name.split_once('@').map_or(name, |(name, _)| name).trim_end();
    let versions = versions.trim_end().strip_suffix(')')?;
    let both = versions.split_once(" -> ");
    let one = || Some(versions.to_owned());
    let pair = both.map(|(old, new)| (Some(old.to_owned()), Some(new.to_owned())));
    let (action, (before, after)) = match (verb, pair) {
        ("Installing", None) => (Action::Installed, (None, one())),
        ("Reinstalling", None) => (Action::Reinstalled, (one(), one())),
        ("Purging", None) => (Action::Removed, (one(), None)),
        ("Upgrading", Some(pair)) => (Action::Upgraded, pair),
        ("Downgrading", Some(pair)) => (Action::Downgraded, pair),
        ("Replacing", Some(pair)) => (Action::Reinstalled, pair),
        _ => return None,
    };
    Some(Event {
        moment,
        until: None,
        action,
        name: name.to_owned(),
        architecture: None,
        before,
        after,
        command: Some(Arc::clone(command)),
        requested_by: None,
        line: number,
    })
}
