//! `apt/history.log`: one paragraph a command, in local time (apt, `apt-pkg/deb/dpkgpm.cc`).

use std::sync::Arc;

use crate::bounds::Budget;

use super::{Action, Event, EventLog, EventSink, Moment, lines, qualified};

#[derive(Debug)]
pub(super) struct AptHistory;

/// What one command is known to be so far.
#[derive(Default)]
struct Command {
    began: Option<Moment>,
    command: Option<Arc<str>>,
    requested_by: Option<Arc<str>>,
}

impl EventLog for AptHistory {
    fn manager(&self) -> &'static str {
        "dpkg"
    }

    fn files(&self) -> &'static [&'static str] {
        &["var/log/apt/history.log", "var/log/apt/history.log.*"]
    }

    fn parse(&self, content: &[u8], budget: &mut Budget, out: &mut EventSink<'_>) {
        let (mut command, mut mark) = (Command::default(), 0);
        for (number, line) in lines(content) {
            if !out.item(budget) {
                return;
            }
            let Some((field, value)) = line.split_once(": ") else { continue };
            match field {
                "Start-Date" => {
                    command = Command { began: moment(value), ..Command::default() };
                    mark = out.len();
                }
                "Commandline" => command.command = Some(value.into()),
                "Requested-By" => command.requested_by = Some(value.into()),
                "End-Date" => {
                    let ended = moment(value);
                    out.since(mark).iter_mut().for_each(|event| event.until = ended);
                }
                _ => {
                    if let (Some(action), Some(began)) = (action(field), command.began) {
                        for item in items(value) {
                            if !out.item(budget) {
                                return;
                            }
                            if let Some(event) = event(action, item, began, &command, number) {
                                out.event(event);
                            }
                        }
                    }
                }
            }
        }
    }

    #[cfg(test)]
    fn sample(&self) -> &'static str {
        "\nStart-Date: 2026-11-20  02:10:30\nCommandline: apt-get -y dist-upgrade\n\
         Requested-By: anna (1000)\nInstall: two:all (2, automatic)\n\
         Upgrade: one:amd64 (1.0-1, 1.0-1+deb12u1), other:amd64 (1, 2)\n\
         End-Date: 2026-11-20  02:11:02\n"
    }
}

fn moment(value: &str) -> Option<Moment> {
    let mut words = value.split_ascii_whitespace();
    Moment::parse(words.next()?, words.next()?)
}

fn action(field: &str) -> Option<Action> {
    Some(match field {
        "Install" => Action::Installed,
        "Reinstall" => Action::Reinstalled,
        "Upgrade" => Action::Upgraded,
        "Downgrade" => Action::Downgraded,
        "Remove" => Action::Removed,
        "Purge" => Action::Purged,
        _ => return None,
    })
}

/// `NAME:ARCH (VERSIONS), NAME:ARCH (VERSIONS)`, without the closing brackets.
fn items(value: &str) -> impl Iterator<Item = &str> {
    value.split("), ").map(|item| item.trim_end().strip_suffix(')').unwrap_or(item))
}

fn event(action: Action, item: &str, began: Moment, command: &Command, line: u64) -> Option<Event> {
    let (package, versions) = item.split_once(" (")?;
    let mut versions = versions.split(", ").filter(|word| *word != "automatic");
    let (first, second) = (versions.next()?.to_owned(), versions.next().map(str::to_owned));
    let (before, after) = match action {
        Action::Upgraded | Action::Downgraded => (Some(first), Some(second?)),
        Action::Removed | Action::Purged => (Some(first), None),
        Action::Installed | Action::Reinstalled => (None, Some(first)),
    };
    let (name, architecture) = qualified(package);
    Some(Event {
        moment: began,
        until: None,
        action,
        name,
        architecture,
        before,
        after,
        command: command.command.clone(),
        requested_by: command.requested_by.clone(),
        line,
    })
}
