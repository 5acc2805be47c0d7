//! Class `expected-per-host`: what may differ between hosts of one image, and nothing else.

use drift_core::baseline::effective_root;
use drift_core::bounds::{Cancel, Pool, Silent, Timestamp};
use drift_core::capture::{Captured, Parts, RuleSource, Run};
use drift_core::check::{Occasion, Outcome, Reference, Request, Target, View, check};
use drift_core::judge::{FailOn, Status};
use drift_core::model::{Digest, Severity, SourceKind};
use drift_core::rules::RuleSet;
use drift_core::source::{MemoryVolume, Walked};
use proptest::collection::vec;
use proptest::prelude::{ProptestConfig, any, proptest};

use crate::detection::scene::memory;

const RULES: &str = "expected-per-host matches:[0-9a-f]{4} /etc/machine-id\n\
    expected-per-host lines:127\\.0\\.1\\.1\\s.* /etc/hosts\n\
    expected-per-host one-of:dev,prod /etc/stage\n\
    expected-per-host present /etc/ssh/ssh_host_*_key mode=0600 uid=0\n\
    expected-per-host one-of:../b,../c /etc/link\n\
    expected-per-host new /home/*\n\
    expected-per-host accounts:1000-59999,users /etc/passwd\n\
    expected-per-host accounts:1000-59999,users /etc/group\n\
    expected-per-host accounts:1000-59999,users /etc/shadow\n";

fn golden() -> MemoryVolume {
    let mut volume = MemoryVolume::new();
    volume.file(b"etc/machine-id", b"uninitialized\n").mode(0o444);
    volume.file(b"etc/hosts", b"127.0.0.1 localhost\n");
    volume.file(b"etc/stage", b"dev\n");
    volume.file(b"etc/app.conf", b"x\n");
    volume.file(b"etc/passwd", b"root:x:0:0::/root:/bin/sh\n");
    volume.file(b"etc/group", b"root:x:0:\nusers:x:100:\nsudo:x:27:\n");
    volume.file(b"etc/shadow", b"root:*:1:0:99999:7:::\n").mode(0o640);
    volume.symlink(b"etc/link", b"../a");
    volume.directory(b"etc/ssh");
    volume.file(b"home/app/run", b"x");
    volume
}

fn instance(id: &str) -> MemoryVolume {
    let mut volume = golden();
    volume.file(b"etc/machine-id", format!("{id}\n").as_bytes()).mode(0o444).mtime(7, 7);
    let hosts = format!("127.0.0.1 localhost\n127.0.1.1 host-{id}\n");
    volume.file(b"etc/hosts", hosts.as_bytes()).mtime(7, 7);
    volume.file(b"etc/stage", b"prod\n").mtime(7, 7);
    volume.file(b"etc/ssh/ssh_host_x_key", id.as_bytes()).mode(0o600);
    volume.symlink(b"etc/link", b"../b");
    let user = format!("u{id}");
    let passwd = format!("root:x:0:0::/root:/bin/sh\n{user}:x:1000:1000::/:/bin/sh\n");
    volume.file(b"etc/passwd", passwd.as_bytes());
    let group = format!("root:x:0:\nusers:x:100:{user}\nsudo:x:27:\n{user}:x:1000:\n");
    volume.file(b"etc/group", group.as_bytes());
    let shadow = format!("root:*:1:0:99999:7:::\n{user}:!:1:0:99999:7:::\n");
    volume.file(b"etc/shadow", shadow.as_bytes()).mode(0o640);
    volume.file(format!("home/{user}/.profile").as_bytes(), b"x");
    volume
}

fn compared(before: &Captured, after: MemoryVolume, rules: &str) -> Outcome {
    let (pool, cancel) = (Pool::new(2).unwrap(), Cancel::new());
    let run = Run { pool: &pool, cancel: &cancel, observer: &Silent, artifacts: &[] };
    let now = Timestamp::parse("2026-11-21T12:00:00Z").unwrap();
    let occasion = Occasion { clock: &now, run_id: "test", binary_digest: None };
    let parts = Parts { entries: true, packages: false };
    let mut request = Request::new(parts, FailOn::At(Severity::Informational));
    request.rules = Some(RuleSource::Whole(RuleSet::parse(&[("x", rules)]).unwrap().text()));
    let view = View::of_captured(before);
    let source = Walked::new(after, SourceKind::Memory, "memory:");
    let reference = Reference::Other(Target::Stored(&view));
    check(&Target::Live(&source), &reference, &request, &run, &occasion).unwrap()
}

/// Every change as `kind path: attributes (cause)`.
fn told(outcome: &Outcome) -> Vec<String> {
    let line = |change: &drift_core::report::document::Change| {
        let names: Vec<&str> =
            change.attributes.iter().map(|attribute| attribute.name.as_ref()).collect();
        let names = if change.kind == "modified" { names.join(",") } else { String::new() };
        format!("{} {}: {names} ({})", change.kind, change.path, change.cause)
    };
    outcome.report.changes.iter().map(line).collect()
}

fn root_of(volume: MemoryVolume) -> Digest {
    let captured = memory(volume, RULES);
    effective_root(&mut captured.snapshot.tree.cursor(), &captured.rules, &[]).unwrap()
}

#[test]
fn an_instance_of_the_image_is_clean_and_every_difference_is_told() {
    let outcome = compared(&memory(golden(), RULES), instance("ab12"), RULES);
    assert_eq!(outcome.verdict.status(), Status::Clean, "{:#?}", told(&outcome));
    let expected = [
        "modified /etc/group: digest,size (expected-per-host)",
        "modified /etc/hosts: digest,size (expected-per-host)",
        "modified /etc/link: link_target (expected-per-host)",
        "modified /etc/machine-id: digest,size (expected-per-host)",
        "modified /etc/passwd: digest,size (expected-per-host)",
        "modified /etc/shadow: digest,size (expected-per-host)",
        "added /etc/ssh/ssh_host_x_key:  (expected-per-host)",
        "modified /etc/stage: digest,size (expected-per-host)",
        "added /home/uab12:  (expected-per-host)",
        "added /home/uab12/.profile:  (expected-per-host)",
    ];
    assert_eq!(told(&outcome), expected);
}

#[test]
fn instances_have_one_effective_root_and_the_image_another() {
    let first = root_of(instance("ab12"));
    assert_eq!(first, root_of(instance("77ff")));
    assert_ne!(first, root_of(golden()));
    let mut changed = instance("77ff");
    changed.file(b"etc/stage", b"test\n");
    assert_ne!(first, root_of(changed));
    let mut changed = instance("77ff");
    changed.file(b"home/u77ff/run", b"x").mode(0o755);
    assert_ne!(first, root_of(changed));
    let mut changed = instance("77ff");
    changed.file(b"etc/hosts", b"127.0.0.1 localhost\n1.2.3.4 deb.debian.org\n");
    assert_ne!(first, root_of(changed));
}

/// A step is done when its node is as it should be.
fn keep(_node: impl Sized) {}

/// One change of an instance and the one line that it gives.
#[test]
fn what_has_not_the_form_is_a_finding() {
    type Step = fn(&mut MemoryVolume);
    let cases: &[(Step, &str)] = &[
        (
            |volume| keep(volume.file(b"etc/machine-id", b"none\n").mode(0o444)),
            "modified /etc/machine-id: digest,size (modified-in-place)",
        ),
        (
            |volume| keep(volume.file(b"etc/machine-id", b"00ff\n").mode(0o666)),
            "modified /etc/machine-id: mode (modified-in-place)",
        ),
        (
            |volume| keep(volume.file(b"etc/hosts", b"127.0.1.1 x\n6.6.6.6 deb.debian.org\n")),
            "modified /etc/hosts: digest,size (modified-in-place)",
        ),
        (
            |volume| keep(volume.file(b"etc/stage", b"test\n")),
            "modified /etc/stage: digest,size (modified-in-place)",
        ),
        (
            |volume| keep(volume.symlink(b"etc/link", b"../d")),
            "modified /etc/link: link_target (modified-in-place)",
        ),
        (
            |volume| keep(volume.file(b"etc/link", b"../b")),
            "modified /etc/link: type (modified-in-place)",
        ),
        (
            |volume| keep(volume.file(b"etc/ssh/ssh_host_x_key", b"x").mode(0o4755)),
            "added /etc/ssh/ssh_host_x_key:  (unowned)",
        ),
        (
            |volume| keep(volume.file(b"etc/ssh/ssh_host_x_key", b"x").mode(0o755)),
            "added /etc/ssh/ssh_host_x_key:  (unowned)",
        ),
        (
            |volume| keep(volume.file(b"etc/ssh/ssh_host_x_key", b"x").mode(0o640)),
            "added /etc/ssh/ssh_host_x_key:  (unowned)",
        ),
        (
            |volume| keep(volume.file(b"etc/ssh/ssh_host_x_key", b"x").mode(0o600).owner(7, 0)),
            "added /etc/ssh/ssh_host_x_key:  (unowned)",
        ),
        (
            |volume| keep(volume.file(b"home/uab12/.profile", b"y").mode(0o666)),
            "added /home/uab12/.profile:  (unowned)",
        ),
        (
            |volume| keep(volume.fifo(b"etc/ssh/ssh_host_x_key")),
            "added /etc/ssh/ssh_host_x_key:  (unowned)",
        ),
        (|volume| keep(volume.remove(b"etc/stage")), "removed /etc/stage:  (modified-in-place)"),
        (
            |volume| keep(volume.file(b"home/app/run", b"y")),
            "modified /home/app/run: digest (modified-in-place)",
        ),
        // The home of the image's own account: who may log in there is the image's matter.
        (
            |volume| keep(volume.file(b"home/app/.ssh/authorized_keys", b"ssh-ed25519 AAAA\n")),
            "added /home/app/.ssh:  (unowned)",
        ),
        (
            |volume| keep(volume.file(b"home/app/.profile", b"y")),
            "added /home/app/.profile:  (unowned)",
        ),
        (
            |volume| keep(volume.file(b"home/uab12/bin", b"y").mode(0o755)),
            "added /home/uab12/bin:  (unowned)",
        ),
        (
            |volume| keep(volume.file(b"etc/group", b"root:x:0:\nusers:x:100:\nsudo:x:27:uab12\n")),
            "modified /etc/group: digest,size (modified-in-place)",
        ),
        (
            |volume| {
                let text = b"root:x:0:0::/root:/bin/sh\nuab12:x:1000:0::/:/bin/sh\n";
                keep(volume.file(b"etc/passwd", text));
            },
            "modified /etc/passwd: digest,size (modified-in-place)",
        ),
        (
            |volume| {
                keep(volume.file(b"etc/shadow", b"root:$y$x:1:0:99999:7:::\n").mode(0o640));
            },
            "modified /etc/shadow: digest,size (modified-in-place)",
        ),
    ];
    let before = memory(golden(), RULES);
    for (step, expected) in cases {
        let mut volume = instance("ab12");
        step(&mut volume);
        let outcome = compared(&before, volume, RULES);
        let mut lines = told(&outcome);
        lines.retain(|line| !line.ends_with("(expected-per-host)"));
        // A user who may no longer be told apart takes the line in shadow along.
        if expected.contains("/etc/passwd") {
            lines.retain(|line| !line.contains("/etc/group") && !line.contains("/etc/shadow"));
        }
        // A user who has rights is told by his own lines, too.
        if expected.contains("/etc/group") {
            lines.retain(|line| !line.contains("/etc/passwd") && !line.contains("/etc/shadow"));
        }
        assert_eq!(lines, [*expected]);
        let noted = outcome.report.notes.iter().any(|note| note.starts_with("Not as the rules"));
        let by_form = ["removed", "mode (", "type ("].iter().all(|no| !expected.contains(no));
        assert_eq!(noted, by_form, "{expected}: {:?}", outcome.report.notes);
        assert_eq!(outcome.verdict.status(), Status::Findings);
    }
}

#[test]
fn attributes_are_added_and_dropped() {
    let check = |rule: &str, expected: &[&str]| {
        let before = memory(golden(), rule);
        let outcome = compared(&before, instance("ab12"), rule);
        let mut lines = told(&outcome);
        lines.retain(|line| line.contains("/etc/stage"));
        assert_eq!(lines, expected, "{rule}");
    };
    let stage = |rest: &str| format!("expected-per-host one-of:dev,prod /etc/stage{rest}");
    check(&stage(""), &["modified /etc/stage: digest,size (expected-per-host)"]);
    check(&stage(" +mtime"), &["modified /etc/stage: mtime (modified-in-place)"]);
    check(&stage(" +digest"), &["modified /etc/stage: digest (modified-in-place)"]);
    check(&format!("{}\ndynamic /etc/stage", stage("")), &[]);
}

#[test]
fn a_value_that_was_captured_under_other_rules_is_not_compared_where_both_sides_are_needed() {
    let before = memory(golden(), "");
    let outcome = compared(&before, instance("ab12"), RULES);
    assert_eq!(outcome.verdict.status(), Status::Incomplete, "{:#?}", told(&outcome));
    let problems: Vec<&str> =
        outcome.report.problems.iter().map(|problem| problem.path.as_str()).collect();
    assert_eq!(problems, ["/etc/group", "/etc/hosts", "/etc/passwd", "/etc/shadow"]);
    assert!(outcome.report.problems[0].reason.contains("capture the baseline again"));
    let same = compared(&before, golden(), RULES);
    assert_eq!(same.verdict.status(), Status::Clean);
}

#[test]
fn a_value_that_is_too_long_is_compared_plainly() {
    let hosts = |first: u8| {
        let mut volume = golden();
        let mut text = b"127.0.1.1 x\n".repeat(100_000);
        text[10] = first;
        volume.file(b"etc/hosts", &text);
        volume
    };
    let outcome = compared(&memory(hosts(b'x'), RULES), hosts(b'y'), RULES);
    assert_eq!(told(&outcome), ["modified /etc/hosts: digest (modified-in-place)"]);
    assert_eq!(compared(&memory(hosts(b'x'), RULES), hosts(b'x'), RULES).report.changes.len(), 0);
}

/// A password of an account that the image put into a group with rights is the image's.
#[test]
fn accounts_of_the_image_that_have_rights_are_compared() {
    let volume = |hash: &str| {
        let mut volume = golden();
        let passwd = b"root:x:0:0::/root:/bin/sh\nadmin:x:1000:1000::/:/bin/sh\n";
        volume.file(b"etc/passwd", passwd);
        volume.file(b"etc/group", b"root:x:0:\nsudo:x:27:admin\nadmin:x:1000:\n");
        let shadow = format!("root:*:1:0:99999:7:::\nadmin:{hash}:1:0:99999:7:::\n");
        volume.file(b"etc/shadow", shadow.as_bytes()).mode(0o640);
        volume
    };
    let outcome = compared(&memory(volume("!"), RULES), volume("$"), RULES);
    assert_eq!(told(&outcome), ["modified /etc/shadow: digest (modified-in-place)"]);
    assert_ne!(root_of(volume("!")), root_of(volume("$")));
}

/// Account files with the same system accounts and these of people.
fn accounts(people: &[(u32, bool)], shell: &str) -> MemoryVolume {
    let mut volume = golden();
    let mut passwd = format!("root:x:0:0::/root:/bin/sh\nwww:x:33:33::/:{shell}\n");
    let mut group = String::from("root:x:0:\nwww:x:33:\nsudo:x:27:\n");
    let mut shadow = String::from("root:*:1:0:99999:7:::\nwww:*:1:0:99999:7:::\n");
    let mut members = Vec::new();
    // A number that two have belongs to neither beyond doubt.
    let people: std::collections::BTreeMap<u32, bool> = people.iter().copied().collect();
    for (number, (id, in_users)) in people.iter().enumerate() {
        let name = format!("p{number}_{id}");
        passwd.push_str(&format!("{name}:x:{id}:{id}::/home/{name}:/bin/sh\n"));
        group.push_str(&format!("{name}:x:{id}:\n"));
        shadow.push_str(&format!("{name}:$y${id}:1:0:99999:7:::\n"));
        members.extend(in_users.then_some(name));
    }
    group.push_str(&format!("users:x:100:{}\n", members.join(",")));
    volume.file(b"etc/passwd", passwd.as_bytes());
    volume.file(b"etc/group", group.as_bytes());
    volume.file(b"etc/shadow", shadow.as_bytes()).mode(0o640);
    volume
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(64) })]

    #[test]
    fn people_are_left_out_and_the_system_is_not(
        first in vec((1000u32..60_000, any::<bool>()), 0..12),
        second in vec((1000u32..60_000, any::<bool>()), 0..12),
    ) {
        let root = root_of(accounts(&first, "/usr/sbin/nologin"));
        assert_eq!(root, root_of(accounts(&second, "/usr/sbin/nologin")));
        assert_ne!(root, root_of(accounts(&second, "/bin/sh")));
        let before = memory(accounts(&first, "/usr/sbin/nologin"), RULES);
        let outcome = compared(&before, accounts(&second, "/bin/sh"), RULES);
        let mut lines = told(&outcome);
        lines.retain(|line| !line.ends_with("(expected-per-host)"));
        assert_eq!(lines.len(), 1);
        assert!(lines[0].starts_with("modified /etc/passwd: digest"), "{lines:?}");
    }
}

/// A system whose package database is not read yet is compared by its entries, and says so.
#[test]
fn packages_that_cannot_be_read_are_not_observable() {
    let gentoo = || {
        let mut volume = MemoryVolume::new();
        volume.file(b"etc/os-release", b"ID=gentoo\n");
        volume.file(b"var/db/pkg/sys-libs/musl-1.2.5/CONTENTS", b"dir /lib\n");
        volume
    };
    let (pool, cancel) = (Pool::new(2).unwrap(), Cancel::new());
    let run = Run { pool: &pool, cancel: &cancel, observer: &Silent, artifacts: &[] };
    let now = Timestamp::parse("2026-11-21T12:00:00Z").unwrap();
    let occasion = Occasion { clock: &now, run_id: "test", binary_digest: None };
    let sides = [gentoo(), gentoo()].map(|side| Walked::new(side, SourceKind::Memory, "memory:"));
    let status = |require: &[&str]| {
        let mut request = Request::new(Parts::ALL, FailOn::At(Severity::Informational));
        request.require = require.iter().map(|name| (*name).to_owned()).collect();
        let [before, after] = &sides;
        let reference = Reference::Other(Target::Live(before));
        let outcome = check(&Target::Live(after), &reference, &request, &run, &occasion).unwrap();
        assert!(outcome.report.coverage.not_observable.contains(&"packages".to_owned()));
        outcome.verdict.status()
    };
    assert_eq!(status(&[]), Status::Clean);
    assert_eq!(status(&["packages"]), Status::Incomplete);
}
