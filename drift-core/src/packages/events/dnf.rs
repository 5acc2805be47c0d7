//! `dnf.rpm.log`: one line an element of a transaction, with the offset of its time (dnf 4). The old
//! version stands on a line of its own, and no command.

use crate::bounds::Budget;

use super::{Action, Event, EventLog, EventSink, Moment, lines};

#[derive(Debug)]
pub(super) struct DnfRpmLog;

impl EventLog for DnfRpmLog {
    fn manager(&self) -> &'static str {
        "rpm"
    }

    fn files(&self) -> &'static [&'static str] {
        &["var/log/dnf.rpm.log", "var/log/dnf.rpm.log.*"]
    }

    fn parse(&self, content: &[u8], budget: &mut Budget, out: &mut EventSink<'_>) {
        for (number, line) in lines(content) {
            if !out.item(budget) {
                return;
            }
            if let Some(event) = event(number, &line) {
                out.event(event);
            }
        }
    }

    #[cfg(test)]
    fn sample(&self) -> &'static str {
        "2026-11-20T02:10:30+0000 INFO --- logging initialized ---\n\
         2026-11-20T02:10:33+0000 SUBDEBUG Upgrade: one-1.0-1+deb12u1.x86_64\n\
         2026-11-20T02:10:34+0000 SUBDEBUG Upgraded: one-1.0-1.x86_64\n\
         2026-11-20T02:10:35+0000 SUBDEBUG Installed: two-2-1.noarch\n"
    }
}

/// `TIME SUBDEBUG VERB: NAME-[EPOCH:]VERSION-RELEASE.ARCH`; `Upgraded` and its like name what went.
fn event(number: u64, line: &str) -> Option<Event> {
    let mut words = line.splitn(3, ' ');
    let (time, level) = (words.next()?, words.next()?);
    let (verb, element) = words.next()?.split_once(": ")?;
    let action = match verb {
        "Installed" | "Install" => Action::Installed,
        "Upgrade" => Action::Upgraded,
        "Downgrade" => Action::Downgraded,
        "Reinstall" => Action::Reinstalled,
        "Erase" | "Erased" | "Removed" | "Obsoleted" => Action::Removed,
        _ => return None,
    };
    if level != "SUBDEBUG" {
        return None;
    }
    let (element, architecture) = element.trim_end().rsplit_once('.')?;
    let (name_version, release) = element.rsplit_once('-')?;
    let (name, version) = name_version.rsplit_once('-')?;
    let version = Some(format!("{version}-{release}"));
    let (before, after) = if action == Action::Removed { (version, None) } else { (None, version) };
    Some(Event {
        moment: Moment::parse_iso(time)?,
        until: None,
        action,
        name: name.to_owned(),
        architecture: Some(architecture.to_owned()),
        before,
        after,
        command: None,
        requested_by: None,
        line: number,
    })
}
