//! Other programs as oracles: runs one to its end and keeps what it said.
//!
//! Each runs without standard input, in the C.UTF-8 locale and in UTC, so that its words are the
//! same on every machine.

#![expect(clippy::disallowed_methods, reason = "oracles are other programs, so tests start them")]
#![expect(clippy::panic, reason = "a failed oracle is a failed test")]

use std::ffi::OsStr;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

/// What a program left behind when it ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Run {
    /// The program, as it was named.
    pub program: String,
    /// Its exit code; `None` when a signal ended it.
    pub code: Option<i32>,
    /// Its standard output.
    pub stdout: Vec<u8>,
    /// Its standard error.
    pub stderr: Vec<u8>,
}

impl Run {
    /// Returns the standard output as text, bytes that are no UTF-8 replaced.
    #[must_use]
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.stdout).into_owned()
    }

    /// Returns the standard error as text, bytes that are no UTF-8 replaced.
    #[must_use]
    pub fn error_text(&self) -> String {
        String::from_utf8_lossy(&self.stderr).into_owned()
    }

    /// Returns the run if the program ended with `code`, else fails the test with all it said.
    #[must_use]
    #[track_caller]
    pub fn expect(self, code: i32) -> Self {
        if self.code != Some(code) {
            panic!(
                "{} ended with {:?} instead of {code}\n--- stdout\n{}\n--- stderr\n{}",
                self.program,
                self.code,
                self.text(),
                self.error_text()
            );
        }
        self
    }

    /// Returns the standard output as text if the program succeeded, else fails the test.
    #[must_use]
    #[track_caller]
    pub fn success(self) -> String {
        self.expect(0).text()
    }
}

/// Runs a program to its end.
#[track_caller]
pub fn run<A: AsRef<OsStr>>(
    program: impl AsRef<OsStr>,
    arguments: impl IntoIterator<Item = A>,
) -> Run {
    let program = program.as_ref();
    let output = Command::new(program)
        .args(arguments)
        .env("LC_ALL", "C.UTF-8")
        .env("TZ", "UTC0")
        .stdin(Stdio::null())
        .output();
    match output {
        Ok(output) => Run {
            program: program.to_string_lossy().into_owned(),
            code: output.status.code(),
            stdout: output.stdout,
            stderr: output.stderr,
        },
        Err(error) => panic!("{} cannot be started: {error}", program.display()),
    }
}

/// Runs a program that must end by itself within `limit`; a hang fails the test.
#[track_caller]
pub fn run_within<A: AsRef<OsStr>>(
    limit: Duration,
    program: impl AsRef<OsStr>,
    arguments: impl IntoIterator<Item = A>,
) -> Run {
    // timeout(1) says 137 when it had to send SIGKILL.
    const KILLED: i32 = 137;
    let program = program.as_ref();
    let mut all =
        vec!["--signal=KILL".into(), format!("{}", limit.as_secs_f64()).into(), program.to_owned()];
    all.extend(arguments.into_iter().map(|argument| argument.as_ref().to_owned()));
    let run = run("timeout", all);
    let name = program.to_string_lossy().into_owned();
    assert!(run.code.is_some_and(|code| code != KILLED), "{name} hung: killed after {limit:?}");
    Run { program: name, ..run }
}

/// A process that runs beside a test and ends with it, passed or failed.
///
/// One that outlived a failed test would keep the test's output open, and whoever reads that to its
/// end would wait for ever.
#[derive(Debug)]
pub struct Beside(pub Child);

impl Drop for Beside {
    fn drop(&mut self) {
        let _gone_already = self.0.kill();
        let _status = self.0.wait();
    }
}

#[cfg(test)]
mod tests {
    use super::{Beside, run, run_within};
    use std::time::Duration;

    #[test]
    fn keeps_code_and_both_streams() {
        let run = run("sh", ["-c", "echo out; echo err >&2; exit 7"]).expect(7);
        assert_eq!((run.text().as_str(), run.error_text().as_str()), ("out\n", "err\n"));
    }

    #[test]
    fn what_runs_beside_a_test_ends_with_it() {
        let child = std::process::Command::new("sleep").arg("600").spawn();
        let child = child.expect("coreutils is there");
        let process = format!("/proc/{}", child.id());
        assert!(std::path::Path::new(&process).exists());
        drop(Beside(child));
        assert!(!std::path::Path::new(&process).exists());
    }

    #[test]
    #[should_panic(expected = "hung")]
    fn a_hang_is_a_failure() {
        let _never = run_within(Duration::from_millis(200), "sleep", ["60"]);
    }

    #[test]
    #[should_panic(expected = "ended with Some(1) instead of 0")]
    fn a_failure_is_not_a_success() {
        let _never = run("false", [""; 0]).success();
    }
}
