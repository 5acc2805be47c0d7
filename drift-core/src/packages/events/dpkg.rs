//! `dpkg.log`: one line a step, in local time (dpkg(1), "--log").

use std::cmp::Ordering;

use crate::bounds::Budget;
use crate::packages::dpkg_version_cmp;

use super::{Action, Event, EventLog, EventSink, Moment, lines, qualified};

#[derive(Debug)]
pub(super) struct DpkgLog;

/// What stands for no version.
const NONE: &str = "<none>";

impl EventLog for DpkgLog {
    fn manager(&self) -> &'static str {
        "dpkg"
    }

    fn files(&self) -> &'static [&'static str] {
        &["var/log/dpkg.log", "var/log/dpkg.log.*"]
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
        "2026-11-20 02:10:33 startup archives unpack\n\
         2026-11-20 02:10:33 upgrade one:amd64 1.0-1 1.0-1+deb12u1\n\
         2026-11-20 02:10:34 status installed one:amd64 1.0-1+deb12u1\n\
         2026-11-20 02:11:00 install two:all <none> 2\n"
    }
}

/// `DATE TIME ACTION PACKAGE OLD NEW`; of what begins otherwise nothing is made.
fn event(number: u64, line: &str) -> Option<Event> {
    let mut words = line.split(' ');
    let moment = Moment::parse(words.next()?, words.next()?)?;
    let (verb, package) = (words.next()?, words.next()?);
    let (old, new) = (words.next()?, words.next()?);
    if words.next().is_some() {
        return None;
    }
    let action = match verb {
        "install" => Action::Installed,
        "upgrade" => match dpkg_version_cmp(old.as_bytes(), new.as_bytes()) {
            Ordering::Less => Action::Upgraded,
            Ordering::Equal => Action::Reinstalled,
            Ordering::Greater => Action::Downgraded,
        },
        "remove" => Action::Removed,
        "purge" => Action::Purged,
        _ => return None,
    };
    let version = |text: &str| (text != NONE).then(|| text.to_owned());
    let gone = matches!(action, Action::Removed | Action::Purged);
    let (name, architecture) = qualified(package);
    Some(Event {
        moment,
        until: None,
        action,
        name,
        architecture,
        before: version(old),
        after: version(new).filter(|_| !gone),
        command: None,
        requested_by: None,
        line: number,
    })
}
