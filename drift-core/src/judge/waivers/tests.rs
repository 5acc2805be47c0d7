//! Waivers: when they hold, what they accept, and what is refused with its line.

use proptest::prelude::*;

use super::{Finding, Identities, Standing, Waivers};
use crate::bounds::Timestamp;
use crate::model::Cause;

const HEAD: &str = "[[waiver]]\nid = \"W1\"\nowner = \"ops\"\nreason = \"known\"\n";

fn waiver(more: &str) -> Waivers {
    let text = format!("{HEAD}{more}\n");
    Waivers::parse("waivers.toml", text.as_bytes()).expect("the waiver can be read")
}

fn refused(text: &str) -> String {
    let error = Waivers::parse("waivers.toml", text.as_bytes()).expect_err("it is refused");
    error.to_string()
}

fn standing(times: &str, now: &str) -> Standing {
    let waivers = waiver(&format!("{times}\nmatch = {{ path = \"/a\" }}"));
    let now = Timestamp::parse(now).expect("it is a time");
    waivers.list()[0].standing(now)
}

/// The moment is one, however its offset is written, and holds through its second; inspec#5794 asked
/// which zone ends a date.
#[test]
fn a_waiver_ends_at_one_moment_in_every_time_zone() {
    for (expires, last) in [
        ("2026-11-21", "2026-11-21T23:59:59"),
        ("\"2026-11-21\"", "2026-11-21T23:59:59"),
        ("2026-11-21T12:00:00Z", "2026-11-21T12:00:00"),
        ("2026-11-21T12:00:00+00:00", "2026-11-21T12:00:00"),
        // Kolkata, Kiritimati and Baker Island, each the same moment.
        ("2026-11-21T17:30:00+05:30", "2026-11-21T12:00:00"),
        ("2026-11-22T02:00:00+14:00", "2026-11-21T12:00:00"),
        ("2026-11-21T00:00:00-12:00", "2026-11-21T12:00:00"),
        ("\"2026-11-21T00:00:00-12:00\"", "2026-11-21T12:00:00"),
        // A leap second is its minute's last second: there is none in this time scale.
        ("\"2016-12-31T23:59:60Z\"", "2016-12-31T23:59:59"),
    ] {
        let times = format!("expires = {expires}");
        let end = Timestamp::parse(&format!("{last}Z")).expect("it is a time");
        let at = |seconds: i64| standing(&times, &end.plus_seconds(seconds).to_string());
        assert_eq!((at(-1), at(0)), (Standing::Expiring, Standing::Expiring), "{expires}");
        assert_eq!(standing(&times, &format!("{last}.999Z")), Standing::Expiring, "{expires}");
        assert_eq!(at(1), Standing::Expired, "{expires}");
        assert_eq!(at(-14 * 86_400), Standing::Expiring, "{expires}");
        assert_eq!(at(-14 * 86_400 - 1), Standing::Active, "{expires}");
    }
}

/// The same comparison, by a reader of RFC 3339 that is not the one under test: digits alone.
#[test]
fn offsets_agree_with_arithmetic_by_hand() {
    for offset_minutes in (-12_i32 * 60..=14 * 60).step_by(15) {
        let sign = if offset_minutes < 0 { '-' } else { '+' };
        let (hours, minutes) = (offset_minutes.abs() / 60, offset_minutes.abs() % 60);
        let expires = format!("expires = 2026-06-15T12:00:00{sign}{hours:02}:{minutes:02}");
        // Noon there is so many minutes before or after noon UTC, on the day itself or beside it.
        let of_day = 12 * 60 - offset_minutes;
        let (day, of_day) = (15 + i32::div_euclid(of_day, 1440), i32::rem_euclid(of_day, 1440));
        let utc = format!("2026-06-{day}T{:02}:{:02}", of_day / 60, of_day % 60);
        assert_ne!(standing(&expires, &format!("{utc}:00Z")), Standing::Expired, "{expires}");
        assert_eq!(standing(&expires, &format!("{utc}:01Z")), Standing::Expired, "{expires}");
    }
}

#[test]
fn a_waiver_begins_when_it_says() {
    let times = "created = 2026-11-21\nexpires = 2027-11-21";
    assert_eq!(standing(times, "2026-11-20T23:59:59.9Z"), Standing::NotYetValid);
    assert_eq!(standing(times, "2026-11-21T00:00:00Z"), Standing::Active);
    let times = "created = 2026-11-21T00:00:00+02:00\nexpires = 2027-11-21";
    assert_eq!(standing(times, "2026-11-20T21:59:59Z"), Standing::NotYetValid);
    assert_eq!(standing(times, "2026-11-20T22:00:00Z"), Standing::Active);
}

#[test]
fn what_is_wrong_is_told_with_its_line() {
    let whole = format!("{HEAD}expires = 2026-12-31\nmatch = {{ path = \"/a\" }}\n");
    for (text, line, why) in [
        ("[[waivers]]\n".to_owned(), 1, "has no key waivers; the nearest is waiver"),
        (whole.replace("owner", "ownr"), 3, "a waiver has no key ownr; the nearest is owner"),
        (whole.replace("owner = \"ops\"\n", ""), 1, "a waiver has no owner"),
        (whole.replace("\"known\"", "\" \""), 4, "reason is empty"),
        (whole.replace("expires = 2026-12-31\n", ""), 1, "a waiver has no expires"),
        (whole.replace("2026-12-31", "2026-02-30"), 5, "date"),
        (whole.replace("2026-12-31", "\"2026-02-30\""), 5, "is no time"),
        (whole.replace("2026-12-31", "2026-12-31T12:00:00"), 5, "is no time"),
        (whole.replace("2026-12-31", "12:00:00"), 5, "is no time"),
        (whole.replace("2026-12-31", "\"never\""), 5, "is no time"),
        (whole.replace("2026-12-31", "7"), 5, "expires takes a text"),
        (whole.replace("expires", "created = 2027-01-01\nexpires"), 2, "before it is created"),
        (whole.replace("match", "#match"), 2, "a waiver has no match"),
        (whole.replace("path = \"/a\"", ""), 6, "match needs one of"),
        (whole.replace("path = \"/a\"", "identity = \"*\""), 6, "match needs one of"),
        (whole.replace("path = \"/a\"", "paht = \"/a\""), 6, "nearest is path"),
        (whole.replace("\"/a\"", "\"a\""), 6, "path: a path begins with /"),
        (whole.replace("path = \"/a\"", "cause = \"unownd\""), 6, "the nearest is unowned"),
        (whole.replace("path = \"/a\"", "change = \"abc\""), 6, "64 hexadecimal digits"),
        (
            whole.replace("path = \"/a\"", "policy = \"a/b\", cause = \"unowned\""),
            6,
            "can hold for nothing",
        ),
        (format!("{whole}{whole}"), 8, "the id W1 is that of line 2"),
        ("[[waiver]\n".to_owned(), 1, ""),
        (HEAD.replace("ops", &"x".repeat(5000)) + "expires = 2026-12-31", 3, "over 4096 bytes"),
    ] {
        let told = refused(&text);
        assert!(told.starts_with(&format!("waivers.toml:{line}: ")), "{told}\n{text}");
        assert!(told.contains(why), "{told}: {why}");
    }
    assert!(Waivers::parse("w", b"\xff").is_err());
    assert!(Waivers::parse("w", b"").is_ok_and(|waivers| waivers.list().is_empty()));
    let many: String =
        (0..10_001).map(|number| whole.replace("W1", &format!("W{number}"))).collect();
    assert!(refused(&many).contains("more than 10000 waivers"));
}

const CHANGE: Finding<'_> = Finding {
    moved_from: None,
    id: "1111111111111111111111111111111111111111111111111111111111111111",
    policy: None,
    path: Some(b"/opt/app/a"),
    package: Some("app"),
    cause: Some(Cause::ModifiedInPlace),
};

const DENIAL: Finding<'_> = Finding {
    moved_from: None,
    id: "2222222222222222222222222222222222222222222222222222222222222222",
    policy: Some("host/second_uid_0"),
    path: Some(b"/etc/passwd"),
    package: None,
    cause: None,
};

fn accepts(selector: &str) -> (bool, bool) {
    let waivers = waiver(&format!("expires = 2026-12-31\nmatch = {{ {selector} }}"));
    let selector = &waivers.list()[0].selector;
    (selector.accepts(&CHANGE), selector.accepts(&DENIAL))
}

#[test]
fn every_part_that_is_given_must_hold() {
    for (selector, expect) in [
        ("path = \"/opt/**\"", (true, false)),
        ("path = \"/opt\"", (false, false)),
        ("path = \"/**\"", (true, true)),
        ("policy = \"*\"", (false, true)),
        ("policy = \"host/*\"", (false, true)),
        ("policy = \"image/*\"", (false, false)),
        ("policy = \"host/*\", path = \"/etc/passwd\"", (false, true)),
        ("policy = \"host/*\", path = \"/etc/shadow\"", (false, false)),
        ("policy = \"host/*\", package = \"*\"", (false, false)),
        ("package = \"a*\"", (true, false)),
        ("package = \"a*\", path = \"/srv/**\"", (false, false)),
        ("cause = \"modified-in-place\"", (true, false)),
        ("cause = \"moved\"", (false, false)),
        ("cause = \"modified-in-place\", path = \"/opt/app/*\"", (true, false)),
    ] {
        assert_eq!(accepts(selector), expect, "{selector}");
    }
    assert_eq!(accepts(&format!("change = \"{}\"", CHANGE.id)), (true, false));
    assert_eq!(accepts(&format!("change = \"{}\"", DENIAL.id)), (false, true));
}

#[test]
fn an_identity_must_be_known_to_be_meant() {
    let waivers = waiver("expires = 2026-12-31\nmatch = { identity = \"web-*\", path = \"/a\" }");
    let selector = &waivers.list()[0].selector;
    let called = |names: &[&str]| {
        selector.concerns(&Identities(names.iter().map(|name| (*name).to_owned()).collect()))
    };
    assert!(called(&["web-1"]) && called(&["golden", "web-2"]));
    assert!(!called(&[]) && !called(&["db-1"]) && !called(&["a-web-1"]));
}

#[test]
fn only_a_whole_policy_accepts_what_is_merely_counted() {
    for (selector, expect) in [
        ("policy = \"host/*\"", true),
        ("policy = \"host/*\", identity = \"*\"", true),
        ("policy = \"host/*\", path = \"/**\"", false),
        ("policy = \"host/*\", package = \"*\"", false),
        ("path = \"/**\"", false),
        ("policy = \"image/*\"", false),
    ] {
        let waivers = waiver(&format!("expires = 2026-12-31\nmatch = {{ {selector} }}"));
        let whole = waivers.list()[0].selector.accepts_all_of("host/second_uid_0");
        assert_eq!(whole, expect, "{selector}");
    }
}

proptest! {
    /// Bytes of an attacker or of a tired author never panic, and what is read has an end.
    #[test]
    fn no_text_panics(text in "(\\[\\[waiver\\]\\]\n|id = \"[a-z]\"\n|match = \\{.{0,9}\\}\n|.{0,20}\n){0,8}") {
        if let Ok(waivers) = Waivers::parse("w", text.as_bytes()) {
            prop_assert!(waivers.list().iter().all(|waiver| !waiver.id.is_empty()));
        }
    }
}
