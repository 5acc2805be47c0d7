//! Programs that judge our seals independently.

#![expect(
    clippy::disallowed_methods,
    reason = "the oracles are other programs, named by the environment of the test run"
)]
#![expect(clippy::print_stderr, reason = "a skipped test says why")]

use std::path::{Path, PathBuf};
use std::process::Command;

/// Runs a program; the error is what it said.
pub(super) fn run(program: &Path, arguments: &[&str]) -> Result<Vec<u8>, String> {
    let output = Command::new(program).args(arguments).output().map_err(|why| why.to_string())?;
    if output.status.success() {
        Ok(output.stdout)
    } else {
        Err(format!("{arguments:?}: {}", String::from_utf8_lossy(&output.stderr)))
    }
}

/// Returns OpenSSL, or skips.
pub(super) fn openssl() -> Option<PathBuf> {
    need(PathBuf::from("openssl"), &["version"], "openssl: apt-get install openssl")
}

/// Returns strace, or skips.
pub(super) fn strace() -> Option<PathBuf> {
    need(PathBuf::from("strace"), &["-V"], "strace: apt-get install strace")
}

/// Returns a Python with securesystemslib, or skips.
pub(super) fn securesystemslib() -> Option<PathBuf> {
    let python = std::env::var_os("DRIFT_TEST_PYTHON").unwrap_or_else(|| "python3".into());
    let import = ["-c", "import securesystemslib.dsse, cryptography"];
    need(python.into(), &import, "Python module securesystemslib[crypto]; set DRIFT_TEST_PYTHON")
}

fn need(program: PathBuf, arguments: &[&str], what: &str) -> Option<PathBuf> {
    match run(&program, arguments) {
        Ok(_) => Some(program),
        Err(_) if std::env::var_os("DRIFT_TEST_REQUIRE").is_none_or(|value| value != "all") => {
            eprintln!("skipped: no {what}");
            None
        }
        Err(why) => panic!("no {what}: {why}"),
    }
}
