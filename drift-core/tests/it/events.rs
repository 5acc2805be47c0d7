//! Who changed packages and when, as the target's logs have it: beside the change and nowhere else.

use std::io::Write as _;

use drift_core::bounds::{Cancel, Pool, Silent, Timestamp};
use drift_core::capture::{self, Options, Parts, RuleSource, Run};
use drift_core::check::{Occasion, Outcome, Reference, Request, Target, View, check};
use drift_core::judge::FailOn;
use drift_core::model::{Severity, SourceKind};
use drift_core::report::{Style, document::PackageEvent, find};
use drift_core::source::{Errno, Faulty, MemoryVolume, Operation, Source, Walked};

const RULES: &str = "dynamic /var/log/**\ndynamic /var/lib/dpkg/**\n";

const APT: &str = "\nStart-Date: 2026-11-20  02:10:30\n\
    Commandline: apt-get -y -o Acquire::http::Proxy=http://joe:hunter2@proxy/ dist-upgrade\n\
    Requested-By: anna (1000)\n\
    Upgrade: alpha:amd64 (1, 2)\nRemove: gone:amd64 (1)\nEnd-Date: 2026-11-20  02:11:00\n";

fn system(packages: &[(&str, &str)], logs: &[(&str, &[u8])]) -> MemoryVolume {
    let mut volume = MemoryVolume::new();
    let stanza = |(name, version): &(&str, &str)| {
        format!(
            "Package: {name}\nStatus: install ok installed\nArchitecture: amd64\n\
             Version: {version}\n\n"
        )
    };
    let status: String = packages.iter().map(stanza).collect();
    volume.file(b"var/lib/dpkg/status", status.as_bytes());
    for (path, content) in logs {
        volume.file(path.as_bytes(), content);
    }
    volume
}

fn golden() -> MemoryVolume {
    system(&[("alpha", "1"), ("gone", "1"), ("same", "1")], &[])
}

fn checked(target: &dyn Source) -> Outcome {
    compared(golden(), target)
}

fn compared(before: MemoryVolume, target: &dyn Source) -> Outcome {
    let (pool, cancel) = (Pool::new(1).unwrap(), Cancel::new());
    let run = Run { pool: &pool, cancel: &cancel, observer: &Silent, artifacts: &[] };
    let options = Options {
        rules: RuleSource::Whole(RULES.to_owned()),
        parts: Parts::ALL,
        vendor_digests: false,
        configs: false,
        binaries: false,
    };
    let before = Walked::new(before, SourceKind::Memory, "memory:");
    let before = capture::capture(&before, &options, &run).unwrap();
    let view = View::of_captured(&before);
    let now = Timestamp::parse("2026-11-21T12:00:00Z").unwrap();
    let occasion = Occasion { clock: &now, run_id: "test", binary_digest: None };
    let request = Request::new(Parts::ALL, FailOn::At(Severity::Medium));
    let reference = Reference::Other(Target::Stored(&view));
    check(&Target::Live(target), &reference, &request, &run, &occasion).unwrap()
}

fn of(volume: MemoryVolume) -> Outcome {
    checked(&Walked::new(volume, SourceKind::Memory, "memory:"))
}

fn event(outcome: &Outcome, name: &str) -> Option<PackageEvent> {
    let mut changes = outcome.report.changes.iter();
    let change = changes.find(|one| one.subject == "package" && one.path == name).unwrap();
    change.package.as_ref().unwrap().event.clone()
}

fn told(outcome: &Outcome, name: &str) -> String {
    let Some(event) = event(outcome, name) else { return "nothing".to_owned() };
    let PackageEvent { time, action, command, requested_by, log, line } = event;
    format!(
        "{time} {action} by {} for {}, {log}:{line}",
        command.as_deref().unwrap_or("-"),
        requested_by.as_deref().unwrap_or("-")
    )
}

const UPGRADED: [(&str, &str); 2] = [("alpha", "2"), ("same", "1")];

#[test]
fn a_change_of_a_package_has_the_command_behind_it() {
    let outcome = of(system(&UPGRADED, &[("var/log/apt/history.log", APT.as_bytes())]));
    let command = "apt-get -y -o Acquire::http::Proxy=[masked] dist-upgrade";
    let expected = format!(
        "2026-11-20T02:10:30Z upgraded by {command} for anna (1000), /var/log/apt/history.log:5"
    );
    assert_eq!(told(&outcome, "alpha"), expected);
    assert!(told(&outcome, "gone").starts_with("2026-11-20T02:10:30Z removed by apt-get"));
    let mut text = Vec::new();
    (find("text").unwrap().write)(&outcome.report, &Style::default(), &mut text).unwrap();
    let text = String::from_utf8(text).unwrap();
    let line = format!(
        "upgraded on 2026-11-20 02:10 UTC by \"{command}\" for \"anna (1000)\", says \
         /var/log/apt/history.log"
    );
    assert!(text.contains(&line), "{text}");
    assert!(!text.contains("hunter2"), "{text}");
    // A log is no evidence: nothing is verified by it.
    let verified = |change: &drift_core::report::document::Change| change.cause_verified;
    let packages = || outcome.report.changes.iter().filter(|one| one.subject == "package");
    assert_eq!(packages().filter(|one| verified(one)).count(), 0);
    let silent = of(system(&UPGRADED, &[]));
    let shown = |outcome: &Outcome| {
        let changes = outcome.report.changes.iter().filter(|one| one.subject == "package");
        changes.map(|one| (one.id.clone(), one.cause, one.severity)).collect::<Vec<_>>()
    };
    assert_eq!(shown(&outcome), shown(&silent), "a log changes no id, cause or severity");
}

#[test]
fn of_several_events_the_last_that_ends_in_what_is_there() {
    let dpkg = b"2026-11-19 01:00:00 upgrade alpha:amd64 1 1.5\n\
        2026-11-20 02:10:40 upgrade alpha:amd64 1.5 2\n";
    let apt = APT.as_bytes();
    let both = |dpkg: &[u8]| {
        let logs = [("var/log/apt/history.log", apt), ("var/log/dpkg.log", dpkg)];
        told(&of(system(&UPGRADED, &logs)), "alpha")
    };
    // The command covers the step of dpkg.
    assert!(both(dpkg).contains("by apt-get"), "{}", both(dpkg));
    // Somebody installed the same version again, past apt.
    let again = [&dpkg[..], b"2026-11-21 09:00:00 upgrade alpha:amd64 2 2\n"].concat();
    assert_eq!(both(&again), "2026-11-21T09:00:00Z reinstalled by - for -, /var/log/dpkg.log:3");
    // An event of another version or architecture explains nothing.
    let other = b"2026-11-19 01:00:00 upgrade alpha:amd64 1 1.5\n\
        2026-11-20 02:10:40 upgrade alpha:i386 1.5 2\n";
    let outcome = of(system(&UPGRADED, &[("var/log/dpkg.log", other)]));
    assert_eq!(told(&outcome, "alpha"), "nothing");
}

/// As a real dist-upgrade of Debian writes it: the native architecture stands for `all`, and an
/// upgrade to another architecture is a removal and an installation to the database.
#[test]
fn packages_without_an_architecture_of_their_own() {
    let log = b"Start-Date: 2026-11-20  02:10:30\nCommandline: apt-get dist-upgrade\n\
        Upgrade: tzdata:amd64 (1, 2), charset:amd64 (3, 4)\nEnd-Date: 2026-11-20  02:10:31\n";
    let system = |tzdata: &str, charset: (&str, &str)| {
        let mut volume = MemoryVolume::new();
        let status = format!(
            "Package: tzdata\nStatus: install ok installed\nArchitecture: all\nVersion: {tzdata}\n\n\
             Package: charset\nStatus: install ok installed\nArchitecture: {}\nVersion: {}\n\n",
            charset.0, charset.1
        );
        volume.file(b"var/lib/dpkg/status", status.as_bytes());
        volume.file(b"var/log/apt/history.log", log);
        volume
    };
    let outcome = compared(
        system("1", ("all", "3")),
        &Walked::new(system("2", ("amd64", "4")), SourceKind::Memory, "memory:"),
    );
    let changes = outcome.report.changes.iter().filter(|one| one.subject == "package");
    let told: Vec<String> = changes
        .map(|one| {
            let package = one.package.as_ref().unwrap();
            let event = package.event.as_ref().map_or("nothing", |event| event.action);
            format!("{} {} {}: {event}", one.kind, package.name, package.architecture)
        })
        .collect();
    let mut told = told;
    told.sort();
    let expected = [
        "added charset amd64: upgraded",
        "modified tzdata all: upgraded",
        "removed charset all: upgraded",
    ];
    assert_eq!(told, expected);
}

#[test]
fn rotated_and_compressed_logs_are_read() {
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    gzip.write_all(APT.as_bytes()).unwrap();
    let packed = gzip.finish().unwrap();
    let outcome = of(system(&UPGRADED, &[("var/log/apt/history.log.1.gz", &packed)]));
    assert!(told(&outcome, "alpha").ends_with("/var/log/apt/history.log.1.gz:5"));
    let cut = packed.get(..packed.len() / 2).unwrap();
    let outcome = of(system(&UPGRADED, &[("var/log/apt/history.log.1.gz", cut)]));
    assert_eq!(told(&outcome, "alpha"), "nothing");
    let note = "/var/log/apt/history.log.1.gz was not read to its end for who changed packages";
    assert!(
        outcome.report.notes.iter().any(|one| one.starts_with(note)),
        "{:?}",
        outcome.report.notes
    );
}

/// A log that cannot be read says nothing, and is no problem of what was compared.
#[test]
fn an_unreadable_log_is_a_note() {
    let volume = || {
        let log = b"2026-11-20 02:10:40 upgrade alpha 1 2\n";
        system(&UPGRADED, &[("var/log/dpkg.log", log)])
    };
    let whole = of(volume());
    let faulty = Faulty::on(volume(), Operation::Read, b"dpkg.log", Errno::IO);
    let outcome = checked(&Walked::new(faulty, SourceKind::Memory, "memory:").with_lease_wait(0));
    assert_eq!(
        told(&whole, "alpha"),
        "2026-11-20T02:10:40Z upgraded by - for -, /var/log/dpkg.log:1"
    );
    assert_eq!(told(&outcome, "alpha"), "nothing");
    assert!(outcome.report.notes.iter().any(|one| one.contains("dpkg.log was not read")));
    assert_eq!(outcome.report.problems.len(), whole.report.problems.len());
}
