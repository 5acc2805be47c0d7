//! `pacman.log`: lines of pacman and of its library; a command, then what it did (pacman(8)).
//!
//! Since pacman 5.2 times have an offset; those of before are local.

use std::sync::Arc;

use crate::bounds::Budget;

use super::{Action, Event, EventLog, EventSink, Moment, lines};

#[derive(Debug)]
pub(super) struct PacmanLog;

impl EventLog for PacmanLog {
    fn manager(&self) -> &'static str {
        "pacman"
    }

    fn files(&self) -> &'static [&'static str] {
        &["var/log/pacman.log", "var/log/pacman.log.*"]
    }

    fn parse(&self, content: &[u8], budget: &mut Budget, out: &mut EventSink<'_>) {
        let mut command: Option<Arc<str>> = None;
        for (number, line) in lines(content) {
            if !out.item(budget) {
                return;
            }
            let stamped = line.strip_prefix('[').and_then(|rest| rest.split_once("] "));
            let Some((time, rest)) = stamped else { continue };
            if let Some(running) = rest.strip_prefix("[PACMAN] Running '") {
                command = Some(running.strip_suffix('\'').unwrap_or(running).into());
            } else if let Some(told) = rest.strip_prefix("[ALPM] ")
                && let Some(event) = event(time, told, command.as_ref(), number)
            {
                out.event(event);
            }
        }
    }

    #[cfg(test)]
    fn sample(&self) -> &'static str {
        "[2026-11-20T02:10:30+0000] [PACMAN] Running 'pacman -Syu'\n\
         [2026-11-20T02:10:32+0000] [ALPM] transaction started\n\
         [2026-11-20T02:10:33+0000] [ALPM] upgraded one (1.0-1 -> 1.0-1+deb12u1)\n\
         [2026-11-20T02:10:34+0000] [ALPM] installed two (2)\n"
    }
}

/// `upgraded NAME (OLD -> NEW)`, or `installed NAME (VERSION)`.
fn event(time: &str, told: &str, command: Option<&Arc<str>>, line: u64) -> Option<Event> {
    let mut words = told.splitn(3, ' ');
    let (verb, name) = (words.next()?, words.next()?);
    let versions = words.next()?.trim_end().strip_prefix('(')?.strip_suffix(')')?;
    let both = versions.split_once(" -> ");
    let one = || Some(versions.to_owned());
    let (action, before, after) = match (verb, both) {
        ("installed", None) => (Action::Installed, None, one()),
        ("reinstalled", None) => (Action::Reinstalled, one(), one()),
        ("removed", None) => (Action::Removed, one(), None),
        ("upgraded", Some((old, new))) => {
            (Action::Upgraded, Some(old.to_owned()), Some(new.to_owned()))
        }
        ("downgraded", Some((old, new))) => {
            (Action::Downgraded, Some(old.to_owned()), Some(new.to_owned()))
        }
        _ => return None,
    };
    Some(Event {
        moment: Moment::parse_iso(time)?,
        until: None,
        action,
        name: name.to_owned(),
        architecture: None,
        before,
        after,
        command: command.cloned(),
        requested_by: None,
        line,
    })
}
