//! Programs that judge our seals independently.

#![expect(
    clippy::disallowed_methods,
    reason = "the oracles are other programs, named by the environment of the test run"
)]

use std::path::{Path, PathBuf};
use std::process::Command;

use drift_testkit::need;

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
    need::tool("openssl")
}

/// Returns strace, or skips.
pub(super) fn strace() -> Option<PathBuf> {
    need::tool("strace")
}

/// Returns a Python with securesystemslib, or skips.
pub(super) fn securesystemslib() -> Option<PathBuf> {
    need::python_module("cryptography")?;
    need::python_module("securesystemslib")
}
