//! A capture of an image beside decompression with digests, and beside unpacking and hashing.

use std::error::Error;
use std::io::Write as _;
use std::path::Path;
use std::process::Command;

use drift_benches::{Contender, compete, describe};

use crate::text;

/// Measures one OCI layout that holds one image.
pub(crate) fn measure(
    drift: &Path,
    layout: &str,
    rounds: usize,
    state: &Path,
) -> Result<(), Box<dyn Error>> {
    let (snapshot, bundle) = (state.join("image.drift"), state.join("bundle"));
    let (drift, snapshot, bundle) = (text(drift)?, text(&snapshot)?, text(&bundle)?);
    let decode = drift.strip_suffix("drift").unwrap_or_default();
    let contenders = [
        Contender {
            name: "drift capture oci:",
            script: format!("'{drift}' capture 'oci:{layout}' --out '{snapshot}'"),
            codes: &[0],
        },
        Contender {
            name: "decompression and SHA-256 of both streams, as many threads",
            script: format!("'{decode}decode' '{layout}' \"$(nproc)\""),
            codes: &[0],
        },
        Contender {
            name: "umoci unpack; sha256sum",
            script: format!(
                "tag=$(umoci list --layout '{layout}' | head -n 1); rm -rf '{bundle}'; \
                 umoci unpack --image '{layout}:'\"$tag\" '{bundle}' && \
                 find '{bundle}/rootfs' -xdev -type f -print0 | xargs -0 sha256sum"
            ),
            codes: &[0],
        },
    ];
    let table = compete(&contenders, rounds)?;
    let decoded = Command::new(format!("{decode}decode")).args([layout, "1"]).output()?;
    let about = describe(layout, Some(snapshot.as_ref()))?;
    // Those two speak of a directory of files; here they would be of the layout's own.
    let about = about.lines().filter(|line| !line.starts_with("- tree:"));
    let about: Vec<&str> = about.filter(|line| !line.starts_with("- baseline:")).collect();
    let mut out = std::io::stdout().lock();
    writeln!(out, "# A capture of an image\n\n{}", about.join("\n"))?;
    writeln!(out, "- image: {}\n\n{table}", String::from_utf8_lossy(&decoded.stdout).trim())?;
    Ok(())
}
