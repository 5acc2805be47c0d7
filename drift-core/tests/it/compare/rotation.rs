//! Class `growing` against the real logrotate(8): what it does is no finding, what looks like it is.
#![expect(clippy::disallowed_methods, reason = "the test plays the program that writes the log")]

use std::fs;
use std::path::{Path, PathBuf};

use drift_core::bounds::{Cancel, Pool, Silent, Timestamp};
use drift_core::capture::{Captured, Parts, RuleSource, Run};
use drift_core::check::{Occasion, Outcome, Reference, Request, Target, View, check};
use drift_core::judge::FailOn;
use drift_core::model::{Severity, SourceKind};
use drift_core::source::{self, MemoryVolume, Source, Walked};
use drift_testkit::{TempRoot, command, need};

use crate::detection::scene::{directory, memory, real};

const RULES: &str = "growing /log";

fn compared(before: &Captured, source: &dyn Source) -> Outcome {
    let (pool, cancel) = (Pool::new(2).unwrap(), Cancel::new());
    let run = Run { pool: &pool, cancel: &cancel, observer: &Silent, artifacts: &[] };
    let now = Timestamp::parse("2026-11-21T12:00:00Z").unwrap();
    let occasion = Occasion { clock: &now, run_id: "test", binary_digest: None };
    let parts = Parts { entries: true, packages: false };
    let mut request = Request::new(parts, FailOn::At(Severity::Informational));
    request.rules = Some(RuleSource::Whole(before.rules.text()));
    let view = View::of_captured(before);
    let reference = Reference::Other(Target::Stored(&view));
    check(&Target::Live(source), &reference, &request, &run, &occasion).unwrap()
}

/// The findings, each as its path and attributes.
fn findings(outcome: &Outcome) -> Vec<String> {
    let found = outcome.report.changes.iter().filter(|one| one.severity != Severity::None);
    let names = |change: &drift_core::report::document::Change| {
        let names = change.attributes.iter().map(|attribute| attribute.name.as_str());
        names.collect::<Vec<_>>().join(",")
    };
    found.map(|change| format!("{}: {}", change.path, names(change))).collect()
}

fn notes(outcome: &Outcome) -> Vec<&str> {
    let notes = outcome.report.notes.iter().map(String::as_str);
    notes.filter(|note| note.starts_with("Logs that")).collect()
}

/// A root with a log that logrotate turns over by `directives`.
struct Site {
    root: TempRoot,
    logrotate: PathBuf,
    lines: u32,
}

impl Site {
    fn new(logrotate: &Path, directives: &str) -> Self {
        let root = TempRoot::new().directory("log", 0o755).directory("log/old", 0o755);
        let config = format!("{}/log/app.log {{\n{directives}\n}}\n", root.path().display());
        let root = root.file("rotate.conf", config, 0o644);
        let mut site = Self { root, logrotate: logrotate.to_owned(), lines: 0 };
        site.write();
        site
    }

    /// Appends to the log; every line is another.
    fn write(&mut self) {
        let at = self.root.at("log/app.log");
        let mut text = fs::read(&at).unwrap_or_default();
        for _ in 0..200 {
            self.lines += 1;
            text.extend(format!("line {} of the log\n", self.lines).bytes());
        }
        fs::write(at, text).unwrap();
    }

    fn rotate(&mut self, times: u32) {
        for _ in 0..times {
            let state = self.root.at("state");
            let config = self.root.at("rotate.conf");
            let arguments = ["-f".as_ref(), "-s".as_ref(), state.as_os_str(), config.as_os_str()];
            let _told = command::run(&self.logrotate, arguments).success();
            self.write();
        }
    }

    fn capture(&self) -> Captured {
        real(self.root.path(), RULES_HERE)
    }

    fn compare(&self, before: &Captured) -> Outcome {
        compared(before, &directory(self.root.path()))
    }
}

/// The configuration and the state of logrotate are no part of it.
const RULES_HERE: &str = "dynamic /\ngrowing /log";

/// By its directives; how often before the capture and after it.
const CLEAN: &[(&str, u32, u32)] = &[
    ("rotate 9\ncreate", 0, 1),
    ("rotate 9\ncreate", 0, 3),
    ("rotate 9\ncreate", 3, 2),
    ("rotate 9\ncompress", 0, 1),
    ("rotate 9\ncompress", 3, 3),
    ("rotate 9\ncompress\ndelaycompress", 0, 1),
    ("rotate 9\ncompress\ndelaycompress", 3, 2),
    ("rotate 9\ncompress\ndelaycompress", 3, 4),
    ("rotate 9\ncopytruncate", 2, 2),
    ("rotate 9\ncopytruncate\ncompress", 2, 2),
    ("rotate 9\nstart 0\ncompress", 2, 2),
    ("rotate 9\nextension .log\ncompress", 2, 2),
    ("rotate 9\ndateext", 0, 1),
    ("rotate 9\ndateext\ncompress", 0, 1),
    ("rotate 9\ndateext\ndateformat .%Y-%m-%d-%s\ncompress", 0, 1),
    ("rotate 9\ncompress\ncompresscmd XZ\ncompressext .xz", 2, 2),
    ("rotate 9\ncompress\ncompresscmd ZSTD\ncompressext .zst\ncompressoptions -q", 2, 2),
];

#[test]
fn what_logrotate_does_is_clean() {
    let tools = ["logrotate", "xz", "zstd"].map(need::tool);
    let [Some(logrotate), Some(xz), Some(zstd)] = &tools else { return };
    for (directives, earlier, later) in CLEAN {
        let directives = directives.replace("XZ", &xz.to_string_lossy());
        let directives = directives.replace("ZSTD", &zstd.to_string_lossy());
        let mut site = Site::new(logrotate, &directives);
        site.rotate(*earlier);
        let before = site.capture();
        site.write();
        site.rotate(*later);
        let outcome = site.compare(&before);
        let case = format!("{directives}, {earlier} and {later} times");
        assert!(findings(&outcome).is_empty(), "{case}: {:?}", findings(&outcome));
        assert!(outcome.verdict.complete() && notes(&outcome).is_empty(), "{case}");
        // That there was something to explain.
        let changed = fs::metadata(site.root.at("log/app.log")).unwrap();
        assert!(changed.len() > 0 && site.compare(&site.capture()).report.changes.is_empty());
    }
}

/// An archive is read in one go, so its compressed logs are held and decoded afterwards.
#[test]
fn in_an_archive_too() {
    let tools = ["logrotate", "tar"].map(need::tool);
    let [Some(logrotate), Some(tar)] = &tools else { return };
    let mut site = Site::new(logrotate, "rotate 9\ncompress\ndelaycompress");
    site.rotate(2);
    let before = site.capture();
    site.rotate(3);
    let archived = |site: &Site| {
        let archive = TempRoot::new();
        let (to, from) = (archive.at("root.tar"), site.root.path());
        let arguments = ["-cf".as_ref(), to.as_os_str(), "-C".as_ref(), from.as_os_str()];
        let _told = command::run(tar, arguments.into_iter().chain([".".as_ref()])).success();
        let locator = format!("tar:{}", to.display());
        let source = source::open(&locator, &source::Selection::default()).unwrap();
        findings(&compared(&before, &*source))
    };
    assert_eq!(archived(&site), [""; 0]);
    fs::remove_file(site.root.at("log/app.log.3.gz")).unwrap();
    assert_eq!(archived(&site), ["/log/app.log: digest,size"]);
}

#[test]
fn what_is_kept_no_longer_is_a_note_and_a_log_of_which_nothing_is_left_a_finding() {
    let Some(logrotate) = need::tool("logrotate") else { return };
    let case = |earlier, later| {
        let mut site = Site::new(&logrotate, "rotate 2\ncompress");
        site.rotate(earlier);
        let before = site.capture();
        site.rotate(later);
        site.compare(&before)
    };
    let once = case(2, 1);
    assert!(findings(&once).is_empty(), "{:?}", findings(&once));
    let kept = "Logs that rotation keeps no longer, so nothing proves what they said: \
                /log/app.log.2.gz.";
    assert_eq!(notes(&once), [kept]);
    let twice = case(0, 3);
    assert_eq!(findings(&twice), ["/log/app.log: digest,size"]);
    assert!(notes(&twice).is_empty());
}

#[test]
fn what_cannot_be_decoded_or_lies_elsewhere_proves_nothing() {
    let (Some(logrotate), Some(bzip2)) = (need::tool("logrotate"), need::tool("bzip2")) else {
        return;
    };
    let case = |directives: &str| {
        let mut site = Site::new(&logrotate, directives);
        let before = site.capture();
        site.rotate(1);
        site.compare(&before)
    };
    let packed =
        format!("rotate 9\ncompress\ncompresscmd {}\ncompressext .bz2", bzip2.to_string_lossy());
    let outcome = case(&packed);
    assert_eq!(findings(&outcome), ["/log/app.log: digest,size"]);
    assert!(notes(&outcome)[0].contains("compression that is not read"), "{:?}", notes(&outcome));
    assert!(notes(&outcome)[0].contains("/log/app.log."));
    let elsewhere = case("rotate 9\nolddir old");
    assert_eq!(findings(&elsewhere), ["/log/app.log: digest,size"]);
}

fn logs(files: &[(&str, &[u8])]) -> MemoryVolume {
    let mut volume = MemoryVolume::new();
    volume.directory(b"log");
    for (name, bytes) in files {
        let length = i64::try_from(bytes.len()).unwrap();
        volume.file(format!("log/{name}").as_bytes(), bytes).mtime(length, 0);
    }
    volume
}

fn gz(bytes: &[u8]) -> Vec<u8> {
    let Some(gzip) = need::tool("gzip") else { return Vec::new() };
    let root = TempRoot::new().file("x", bytes, 0o644);
    command::run(gzip, ["-nc".as_ref(), root.at("x").as_os_str()]).expect(0).stdout
}

/// What was, what is, and what is told of it.
#[test]
fn only_what_the_log_said_explains_it() {
    let check = |before: &[(&str, &[u8])], after: &[(&str, &[u8])], expected: &[&str]| {
        let source = Walked::new(logs(after), SourceKind::Memory, "memory:");
        let outcome = compared(&memory(logs(before), RULES), &source);
        assert_eq!(findings(&outcome), expected);
    };
    const OLD: &[u8] = b"login root\nlogin ann\n";
    let before: &[(&str, &[u8])] = &[("a", OLD), ("a.1", b"older one\n")];
    let all: &[u8] = b"login root\nlogin ann\nlogin bob\n";
    check(before, &[("a", b""), ("a.1", all), ("a.2", b"older one\n")], &[]);
    check(before, &[("a", b"new\n"), ("a.1", OLD), ("a.2.gz", &gz(b"older one\n"))], &[]);
    // Emptied, edited, and shortened.
    check(before, &[("a", b""), ("a.1", b"older one\n")], &["/log/a: digest,size"]);
    let edited: &[u8] = b"login ann_\nlogin ann\nlogin bob\n";
    check(before, &[("a", edited), ("a.1", b"older one\n")], &["/log/a: digest,size"]);
    check(before, &[("a", b"login root\n"), ("a.1", b"older one\n")], &["/log/a: digest,size"]);
    // Rotated, and edited there.
    let rotated: &[(&str, &[u8])] = &[("a", b""), ("a.1", edited), ("a.2", b"older one\n")];
    check(before, rotated, &["/log/a: digest,size"]);
    let rotated: &[(&str, &[u8])] = &[("a", b""), ("a.1", all), ("a.2", b"older two\n")];
    check(before, rotated, &["/log/a.1: digest,size"]);
    let short = gz(b"login root\n");
    check(
        before,
        &[("a", b""), ("a.1", b"older one\n"), ("a.2.gz", &short)],
        &["/log/a: digest,size"],
    );
    // Not by the name of another log.
    check(before, &[("a", b""), ("a.1", b"older one\n"), ("b.1", OLD)], &["/log/a: digest,size"]);
    // What the permissions say is told all the same.
    let mut public = logs(&[("a", b""), ("a.1", all), ("a.2", b"older one\n")]);
    public.file(b"log/a", b"").mode(0o666).mtime(0, 0);
    let source = Walked::new(public, SourceKind::Memory, "memory:");
    let outcome = compared(&memory(logs(before), RULES), &source);
    assert_eq!(findings(&outcome), ["/log/a: mode"]);
}
