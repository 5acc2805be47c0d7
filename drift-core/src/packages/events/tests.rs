//! What each log says, and that none says anything when it is cut, flipped or made of noise.

use std::collections::BTreeSet;

use super::{Event, EventLog, EventSink, LOGS, Zone, log_at};
use crate::bounds::Budget;

fn wanted() -> BTreeSet<&'static str> {
    BTreeSet::from(["one", "two"])
}

fn parse(log: &dyn EventLog, content: &[u8]) -> Vec<Event> {
    let wanted = wanted();
    let mut out = EventSink::new(&wanted);
    log.parse(content, &mut Budget::new(1 << 30, 1 << 20), &mut out);
    let (events, whole) = out.finish();
    assert!(whole);
    events
}

fn told(event: &Event) -> String {
    format!(
        "{} {} {} {} -> {} by {} for {} line {}",
        event.moment.told(&Zone::unknown()),
        event.action.name(),
        event.name,
        event.before.as_deref().unwrap_or("-"),
        event.after.as_deref().unwrap_or("-"),
        event.command.as_deref().unwrap_or("-"),
        event.requested_by.as_deref().unwrap_or("-"),
        event.line,
    )
}

fn at(path: &str) -> &'static dyn EventLog {
    log_at(path.as_bytes()).expect("a log lies there")
}

#[test]
fn every_log_tells_of_its_sample() {
    for (path, expect) in [
        (
            "var/log/dpkg.log",
            [
                "2026-11-20T02:10:33 upgraded one 1.0-1 -> 1.0-1+deb12u1 by - for - line 2",
                "2026-11-20T02:11:00 installed two - -> 2 by - for - line 4",
            ],
        ),
        (
            "var/log/apt/history.log.2.gz",
            [
                "2026-11-20T02:10:30 installed two - -> 2 by apt-get -y dist-upgrade for anna (1000) \
                 line 5",
                "2026-11-20T02:10:30 upgraded one 1.0-1 -> 1.0-1+deb12u1 by apt-get -y dist-upgrade \
                 for anna (1000) line 6",
            ],
        ),
        (
            "var/log/dnf.rpm.log.1",
            [
                "2026-11-20T02:10:33Z upgraded one - -> 1.0-1+deb12u1 by - for - line 2",
                "2026-11-20T02:10:35Z installed two - -> 2-1 by - for - line 4",
            ],
        ),
        (
            "var/log/apk.log",
            [
                "2026-11-20T02:10:30Z upgraded one 1.0-1 -> 1.0-1+deb12u1 by apk upgrade for - line 4",
                "2026-11-20T02:10:30Z installed two - -> 2 by apk upgrade for - line 5",
            ],
        ),
        (
            "var/log/pacman.log",
            [
                "2026-11-20T02:10:33Z upgraded one 1.0-1 -> 1.0-1+deb12u1 by pacman -Syu for - line 3",
                "2026-11-20T02:10:34Z installed two - -> 2 by pacman -Syu for - line 4",
            ],
        ),
    ] {
        let log = at(path);
        let events: Vec<String> = parse(log, log.sample().as_bytes()).iter().map(told).collect();
        assert_eq!(events, expect, "{path}");
    }
}

#[test]
fn the_words_of_each_log() {
    for (path, line, expect) in [
        ("var/log/dpkg.log", "2026-01-02 03:04:05 upgrade one:amd64 2 1", "downgraded one 2 -> 1"),
        ("var/log/dpkg.log", "2026-01-02 03:04:05 upgrade one:amd64 2 2", "reinstalled one 2 -> 2"),
        ("var/log/dpkg.log", "2026-01-02 03:04:05 remove one:amd64 2 2", "removed one 2 -> -"),
        ("var/log/dpkg.log", "2026-01-02 03:04:05 purge one:amd64 2 <none>", "purged one 2 -> -"),
        ("var/log/dpkg.log", "2026-01-02 03:04:05 configure one:amd64 2 <none>", ""),
        ("var/log/dpkg.log", "2026-01-02 03:04:05 status installed one:amd64 2", ""),
        ("var/log/dpkg.log", "2026-01-02 03:04:05 conffile /etc/one keep", ""),
        ("var/log/dnf.rpm.log", "2026-01-02T03:04:05+0000 SUBDEBUG Upgraded: one-1-1.x86_64", ""),
        (
            "var/log/dnf.rpm.log",
            "2026-01-02T03:04:05+0000 SUBDEBUG Downgrade: one-2:1.5-3.fc40.x86_64",
            "downgraded one - -> 2:1.5-3.fc40",
        ),
        (
            "var/log/dnf.rpm.log",
            "2026-01-02T03:04:05+0000 SUBDEBUG Erase: one-1-1.x86_64",
            "removed one 1-1 -> -",
        ),
        (
            "var/log/pacman.log",
            "[2013-05-01 12:00] [ALPM] downgraded one (1:2-1 -> 1:1-1)",
            "downgraded one 1:2-1 -> 1:1-1",
        ),
        ("var/log/pacman.log", "[2013-05-01 12:00] [ALPM] removed one (1)", "removed one 1 -> -"),
        ("var/log/pacman.log", "[2013-05-01 12:00] [ALPM-SCRIPTLET] upgraded one (1 -> 2)", ""),
        ("var/log/pacman.log", "[2013-05-01 12:00] [ALPM] warning: one (x)", ""),
    ] {
        let events: Vec<String> = parse(at(path), line.as_bytes())
            .iter()
            .map(told)
            .map(|told| told.split_once(' ').expect("a time").1.to_owned())
            .collect();
        let expect: Vec<String> = [expect]
            .iter()
            .filter(|text| !text.is_empty())
            .map(|text| format!("{text} by - for - line 1"))
            .collect();
        assert_eq!(events, expect, "{line}");
    }
    let apk = "Running `apk fix --reinstall one@edge` at 2026-01-02 03:04:05\n\
               (1/3) Reinstalling one@edge (1-r0)\n(2/3) Purging two (2-r0)\n\
               (3/3) Downgrading two (3-r0 -> 2-r0)\n";
    let events: Vec<String> = parse(at("var/log/apk.log"), apk.as_bytes())
        .iter()
        .map(|event| format!("{} {}", event.action.name(), event.name))
        .collect();
    assert_eq!(events, ["reinstalled one", "removed two", "downgraded two"]);
}

#[test]
fn a_command_holds_only_for_what_it_did() {
    let log = "Start-Date: 2026-11-20  02:10:30\nCommandline: apt-get install one\n\
               Install: one:amd64 (1)\nEnd-Date: 2026-11-20  02:10:31\n\n\
               Start-Date: 2026-11-21  02:10:30\nUpgrade: one:amd64 (1, 2)\n";
    let events = parse(at("var/log/apt/history.log"), log.as_bytes());
    let commands: Vec<Option<&str>> = events.iter().map(|one| one.command.as_deref()).collect();
    assert_eq!(commands, [Some("apt-get install one"), None]);
    assert!(events[0].until.is_some() && events[1].until.is_none());
    let log = "Running `apk add one` at 2026-01-02 03:04:05\nRunning `apk` at noon\n\
               (1/1) Installing one (1)\n";
    assert_eq!(parse(at("var/log/apk.log"), log.as_bytes()), []);
}

#[test]
fn only_logs_are_logs() {
    for path in ["var/log/dpkg.log.d/x", "var/log/dpkg.logs", "var/log/apt/term.log", "dpkg.log"] {
        assert!(log_at(path.as_bytes()).is_none(), "{path}");
    }
}

/// Cut anywhere, with any byte flipped and with every budget: no panic, nothing but wanted names,
/// and a line that is not there.
#[test]
fn hostile_logs_say_nothing_else() {
    for log in LOGS {
        let sample = log.sample().as_bytes();
        let last = u64::try_from(sample.split(|byte| *byte == b'\n').count()).expect("fits");
        let sound = |content: &[u8]| {
            for event in parse(*log, content) {
                assert!(wanted().contains(event.name.as_str()));
                assert!(event.line <= last);
            }
        };
        for cut in 0..sample.len() {
            sound(&sample[..cut]);
        }
        for at in 0..sample.len() {
            for bit in 0..8 {
                let mut flipped = sample.to_vec();
                flipped[at] ^= 1 << bit;
                if flipped[at] != b'\n' {
                    sound(&flipped);
                }
            }
        }
        for lines in 0..last {
            let names = wanted();
            let mut out = EventSink::new(&names);
            log.parse(sample, &mut Budget::new(1 << 20, lines), &mut out);
            assert!(!out.finish().1, "{lines} of {last} lines are not all");
        }
        let endless = [log.sample().as_bytes(), &[b'('; 1 << 16], b"\n"].concat();
        assert_eq!(parse(*log, &endless).len(), 2);
        let long = log.sample().replace("1.0-1+deb12u1", &"1".repeat(5000));
        assert_eq!(parse(*log, long.as_bytes()).len(), 1, "a version of 5000 letters is none");
    }
}
