//! A small root with a key pair beside it, and the program that captures and checks it.
//!
//! The state directory is one of the stage's own, so that no test sees the memory of another.

#![expect(clippy::disallowed_methods, reason = "tests build and spoil real files")]

use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use drift_testkit::TempRoot;
use drift_testkit::command::{self, Run};
use serde_json::Value;

/// The program under test.
pub(crate) const DRIFT: &str = env!("CARGO_BIN_EXE_drift");

/// No run of these tests may take longer; the slowest waits for the kernel to take leases back.
pub(crate) const LIMIT: Duration = Duration::from_secs(60);

/// A directory with `root/` to be captured, a key pair, and a place for outputs.
#[derive(Debug)]
pub(crate) struct Stage {
    base: TempRoot,
}

impl Stage {
    /// Makes the root and the keys; nothing is captured yet.
    pub(crate) fn new() -> Self {
        let base = TempRoot::new()
            .directory("root/etc", 0o755)
            .directory("root/usr/bin", 0o755)
            .file("root/etc/hosts", b"127.0.0.1 localhost\n", 0o644)
            .file("root/usr/bin/tool", b"#!/bin/sh\nexit 0\n", 0o755);
        let stage = Self { base };
        let _made = stage.drift(["keygen", "--out", &stage.path("golden")]).expect(0);
        stage
    }

    /// Makes the root, captures and seals it as `web`, sequence 1.
    pub(crate) fn sealed() -> Self {
        let stage = Self::new();
        stage.capture("root", &[]);
        stage
    }

    /// Returns where a file of the stage is, as text.
    pub(crate) fn path(&self, name: &str) -> String {
        self.at(name).to_string_lossy().into_owned()
    }

    /// Returns where a file of the stage is.
    pub(crate) fn at(&self, name: impl AsRef<Path>) -> PathBuf {
        self.base.at(name)
    }

    /// Writes a file of the stage.
    #[track_caller]
    pub(crate) fn write(&self, name: impl AsRef<Path>, content: impl AsRef<[u8]>) {
        fs::write(self.at(name), content).expect("the stage can be written");
    }

    /// Reads a file of the stage.
    #[track_caller]
    pub(crate) fn read(&self, name: impl AsRef<Path>) -> Vec<u8> {
        fs::read(self.at(name)).expect("the stage can be read")
    }

    /// Sets permission bits.
    #[track_caller]
    pub(crate) fn mode(&self, name: &str, mode: u32) {
        let mode = fs::Permissions::from_mode(mode);
        fs::set_permissions(self.at(name), mode).expect("the mode can be set");
    }

    /// Returns the names of the files that stand beside the root, sorted.
    pub(crate) fn names(&self, directory: &str) -> Vec<String> {
        let listed = fs::read_dir(self.at(directory)).expect("the stage can be listed");
        let mut names: Vec<String> = listed
            .map(|entry| entry.expect("an entry").file_name().to_string_lossy().into_owned())
            .collect();
        names.sort();
        names
    }

    /// Captures a directory of the stage into `golden.drift` and seals it as `web`.
    #[track_caller]
    pub(crate) fn capture(&self, target: &str, more: &[&str]) {
        let mut all = self.capture_arguments(target);
        all.extend(more.iter().map(|&argument| argument.to_owned()));
        let _made = self.drift(all).expect(0);
    }

    /// Returns the arguments that capture and seal.
    pub(crate) fn capture_arguments(&self, target: &str) -> Vec<String> {
        let mut all = vec!["capture".to_owned(), format!("dir:{}", self.path(target))];
        for (flag, value) in [
            ("--out", self.path("golden.drift")),
            ("--sign", self.path("golden.key.pem")),
            ("--identity", "web".to_owned()),
            ("--state", self.path("state")),
        ] {
            all.extend([flag.to_owned(), value]);
        }
        all
    }

    /// Returns the arguments that check a directory against `golden.drift`.
    pub(crate) fn check_arguments(&self, target: &str) -> Vec<String> {
        let mut all = vec!["check".to_owned(), format!("dir:{}", self.path(target))];
        for (flag, value) in [
            ("--baseline", self.path("golden.drift")),
            ("--trust", self.path("golden.pub.pem")),
            ("--state", self.path("state")),
        ] {
            all.extend([flag.to_owned(), value]);
        }
        all
    }

    /// Checks `root/` against `golden.drift`.
    #[track_caller]
    pub(crate) fn check(&self, more: &[&str]) -> Run {
        let mut all = self.check_arguments("root");
        all.extend(more.iter().map(|&argument| argument.to_owned()));
        self.drift(all)
    }

    /// Checks `root/`, and returns the exit code and the report.
    #[track_caller]
    pub(crate) fn report(&self, more: &[&str]) -> Report {
        let run = self.check(&[&["--format", "json"], more].concat());
        Report::of(&run)
    }

    /// Runs the program; a hang fails the test.
    #[track_caller]
    pub(crate) fn drift<A: AsRef<OsStr>>(&self, arguments: impl IntoIterator<Item = A>) -> Run {
        command::run_within(LIMIT, DRIFT, arguments)
    }

    /// Runs a shell script with `$drift`, `$s` (the stage) and `$check` set, in a mount namespace
    /// of its own when `mounts` says so.
    #[track_caller]
    pub(crate) fn script(&self, space: Space, script: &str) -> Run {
        let quoted: Vec<String> =
            self.check_arguments("root").iter().map(|word| format!("'{word}'")).collect();
        let capture: Vec<String> =
            self.capture_arguments("root").iter().map(|word| format!("'{word}'")).collect();
        let head = format!(
            "set -eu\ndrift='{DRIFT}'\ns='{}'\nhostile='{}'\ncheck() {{ \"$drift\" {} \"$@\"; }}\ncapture() {{ \"$drift\" {} \"$@\"; }}\n",
            self.path(""),
            hostile(""),
            quoted.join(" "),
            capture.join(" "),
        );
        let whole = head + script;
        match space {
            Space::Shared => command::run_within(LIMIT, "bash", ["-c", &whole]),
            Space::Mounts => {
                command::run_within(LIMIT, "unshare", ["--mount", "bash", "-c", &whole])
            }
        }
    }
}

/// Writes the bill of a directory of the stage and returns name and version of its packages of a kind,
/// by the beginning of their package URLs.
pub(crate) fn listed_in_bill(
    stage: &Stage,
    target: &str,
    kind: &str,
) -> BTreeSet<(String, String)> {
    let (file, target) = (stage.path("bill.json"), format!("dir:{}", stage.path(target)));
    let arguments = ["sbom", &target, "--format", "cyclonedx", "--files=none", "--output", &file];
    let _written = stage.drift(arguments).expect(0);
    let bill: Value = serde_json::from_slice(&stage.read("bill.json")).expect("a bill is JSON");
    let text = |one: &Value, name: &str| one[name].as_str().unwrap_or_default().to_owned();
    let components = bill["components"].as_array().expect("a list").iter();
    let of_kind = components.filter(|one| text(one, "purl").starts_with(kind));
    let named = |one: &Value| match text(one, "group") {
        group if group.is_empty() => text(one, "name"),
        group => format!("{group}/{}", text(one, "name")),
    };
    of_kind.map(|one| (named(one), text(one, "version"))).collect()
}

/// Whose mounts a script sees.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Space {
    /// Those of the tests.
    Shared,
    /// Its own; they are gone with it.
    Mounts,
}

/// Returns where a hostile program of the fixtures is.
pub(crate) fn hostile(name: &str) -> String {
    format!("{}/../fixtures/hostile/{name}", env!("CARGO_MANIFEST_DIR"))
}

/// What a check said in JSON.
#[derive(Debug)]
pub(crate) struct Report {
    /// The exit code.
    pub(crate) code: Option<i32>,
    /// The document.
    pub(crate) document: Value,
}

impl Report {
    /// Reads the report on standard output.
    #[track_caller]
    pub(crate) fn of(run: &Run) -> Self {
        match serde_json::from_slice(&run.stdout) {
            Ok(document) => Self { code: run.code, document },
            Err(error) => panic!(
                "no JSON on standard output: {error}; exit {:?}, {}{}",
                run.code,
                run.text(),
                run.error_text()
            ),
        }
    }

    /// Returns `verdict.reason`.
    pub(crate) fn reason(&self) -> &str {
        self.text("/verdict/reason")
    }

    /// Returns a text of the document; empty when it is absent or null.
    pub(crate) fn text(&self, pointer: &str) -> &str {
        self.document.pointer(pointer).and_then(Value::as_str).unwrap_or_default()
    }

    /// Returns the changes of one path.
    pub(crate) fn changes(&self, path: &str) -> Vec<&Value> {
        self.all("/changes").filter(|change| change["path"] == path).collect()
    }

    /// Returns the problems of one path.
    pub(crate) fn problems(&self, path: &str) -> Vec<&Value> {
        self.all("/problems").filter(|problem| problem["path"] == path).collect()
    }

    /// Returns the elements of a list.
    pub(crate) fn all(&self, pointer: &str) -> impl Iterator<Item = &Value> {
        self.document.pointer(pointer).and_then(Value::as_array).into_iter().flatten()
    }

    /// Fails unless the run ended with `code`, says so itself, and is complete only if it may be.
    #[track_caller]
    pub(crate) fn expect(self, code: i32) -> Self {
        assert_eq!(self.code, Some(code), "{:#}", self.document);
        assert_eq!(self.document["verdict"]["exit_code"], code, "{:#}", self.document);
        assert!(
            code != 3 || self.document["verdict"]["complete"] == false,
            "incomplete, and yet complete: {:#}",
            self.document["verdict"]
        );
        self
    }
}
