//! What is accepted: who must look at it again. Waivers that hold are counted.

use std::io;

use super::page::{Line, Page};
use super::words::{count, number, total};
use super::{MAX_LINES, list};
use crate::report::Report;
use crate::report::document::Waiver;

/// States that somebody should look at, in the order of the report, with what is to be said of each.
const STATES: [(&str, &str, &str); 4] = [
    ("expired", "EXPIRED", "counts again"),
    ("expiring", "expiring", "accepted until then"),
    ("not-yet-valid", "not valid yet", "counts"),
    ("unused", "unused", "remove it"),
];

pub(super) fn write(page: &mut Page<'_>, report: &Report) -> io::Result<()> {
    if report.waivers.is_empty() {
        return Ok(());
    }
    page.heading(&format!("Waivers: {}", number(report.waivers.len() as u64)))?;
    let active = report.waivers.iter().filter(|waiver| waiver.state == "active").count();
    let accepted = total(report.summary.waived, "finding");
    page.say(2, &format!("{} active; {accepted} waived.", number(active as u64)))?;
    let place = |waiver: &Waiver| STATES.iter().position(|(state, ..)| *state == waiver.state);
    let mut told: Vec<&Waiver> =
        report.waivers.iter().filter(|waiver| waiver.state != "active").collect();
    // A state that is not known comes first.
    told.sort_by_key(|waiver| place(waiver));
    list(page, &told, MAX_LINES, |waiver| {
        let known = STATES.iter().find(|(state, ..)| *state == waiver.state);
        one(waiver, known.map_or((waiver.state, ""), |(_, word, then)| (word, then)))
    })
}

fn one(waiver: &Waiver, (word, then): (&str, &str)) -> Line {
    let mut line = Line::at(2);
    line.painted("33", "* ").say(word).name(waiver.id.as_bytes());
    line.glue(",").say("expires").name(waiver.expires.as_bytes());
    if waiver.matched > 0 {
        let matched = usize::try_from(waiver.matched).unwrap_or(usize::MAX);
        line.glue(",").say("matches").say(&count(matched, "finding"));
    }
    if !then.is_empty() && (waiver.matched > 0 || waiver.state == "unused") {
        line.glue(",").say(then);
    }
    line.glue(";").say("owner").name(waiver.owner.as_bytes());
    if let Some(approver) = &waiver.approver {
        line.glue(",").say("approved by").name(approver.as_bytes());
    }
    if let Some(ticket) = &waiver.ticket {
        line.glue(",").say("ticket").name(ticket.as_bytes());
    }
    line.glue(":").say(&waiver.reason);
    line
}
