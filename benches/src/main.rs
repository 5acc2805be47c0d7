//! Times a full check of a directory beside `find -ls` and `sha256sum`, run in turn, and prints a
//! result with the machine that it is from.
//!
//! `cargo run --release -p golden-drift-benches -- [DIRECTORY [ROUNDS]]`, `/usr` and 5 by default,
//! after `cargo build --release`. Redirect it to `benches/results/DATE.md` to keep it. With
//! `oci:LAYOUT` in place of the directory: a capture of that image beside the least work it takes.

#![expect(
    clippy::disallowed_methods,
    reason = "a benchmark starts other programs and reads clocks"
)]

mod image;

use std::error::Error;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use drift_benches::{Contender, compete, describe};

const DEFAULT_DIRECTORY: &str = "/usr";
/// The least number that has a median and a range worth the name.
const DEFAULT_ROUNDS: usize = 5;

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let directory = arguments.next().unwrap_or_else(|| DEFAULT_DIRECTORY.to_owned());
    let rounds = arguments.next().map_or(Ok(DEFAULT_ROUNDS), |text| text.parse())?;
    let drift = drift_beside_this()?;
    let state = scratch()?;
    let outcome = match directory.strip_prefix("oci:") {
        Some(layout) => image::measure(&drift, layout, rounds, &state),
        None => measure(&drift, &directory, rounds, &state),
    };
    std::fs::remove_dir_all(&state)?;
    outcome
}

fn measure(
    drift: &Path,
    directory: &str,
    rounds: usize,
    state: &Path,
) -> Result<(), Box<dyn Error>> {
    let golden = state.join("golden.drift");
    let target = format!("dir:{directory}");
    let (keys, key) = (state.join("bench"), state.join("bench.key.pem"));
    let public = state.join("bench.pub.pem");
    succeed(Command::new(drift).arg("keygen").arg("--out").arg(keys))?;
    let mut capture = Command::new(drift);
    capture.args(["capture", &target, "--identity", "bench", "--sign"]).arg(key);
    succeed(capture.arg("--out").arg(&golden))?;
    let check = format!(
        "'{}' check '{target}' --baseline '{}' --trust '{}'",
        text(drift)?,
        text(&golden)?,
        text(&public)?
    );
    let contenders = [
        Contender { name: "drift check", script: check, codes: &[0] },
        Contender {
            name: "find -ls; sha256sum",
            script: format!(
                "find '{directory}' -xdev -ls; \
                 find '{directory}' -xdev -type f -print0 | xargs -0 sha256sum"
            ),
            codes: &[0],
        },
        Contender {
            name: "find -ls; sha256sum, one process a core",
            script: format!(
                "find '{directory}' -xdev -ls; find '{directory}' -xdev -type f -print0 | \
                 xargs -0 -n 256 -P \"$(nproc)\" sha256sum"
            ),
            codes: &[0],
        },
    ];
    let mut out = std::io::stdout().lock();
    writeln!(out, "# A full check of {directory}\n\n{}", describe(directory, Some(&golden))?)?;
    writeln!(out, "{}", compete(&contenders, rounds)?)?;
    Ok(())
}

/// The program under measurement is the one that was built beside this one.
fn drift_beside_this() -> Result<PathBuf, Box<dyn Error>> {
    let drift = std::env::current_exe()?.with_file_name("drift");
    if drift.is_file() {
        return Ok(drift);
    }
    Err(format!("{} is missing; run cargo build --release first", drift.display()).into())
}

/// A directory for keys and baselines, outside what is measured.
fn scratch() -> Result<PathBuf, Box<dyn Error>> {
    let path = std::env::temp_dir().join(format!("drift-bench-{}", std::process::id()));
    std::fs::create_dir(&path)?;
    Ok(path)
}

fn text(path: &Path) -> Result<&str, Box<dyn Error>> {
    path.to_str().ok_or_else(|| "a path is not UTF-8".into())
}

fn succeed(command: &mut Command) -> Result<(), Box<dyn Error>> {
    let output = command.output()?;
    if output.status.success() {
        return Ok(());
    }
    let said = String::from_utf8_lossy(&output.stderr);
    Err(format!("{command:?} ended with {}: {said}", output.status).into())
}
