//! Earlier reports: whose word they are, and what is in them.

use std::path::Path;
use std::sync::Arc;

use drift_core::artifact;
use drift_core::bounds::Clock;
use drift_core::report::{MAX_REPORT_BYTES, Previous, PreviousError};
use drift_core::seal::{self, Artefact, Expectations, Untrusted};

use crate::args::Check;
use crate::artifacts;
use crate::failure::Failure;
use crate::settings::Settings;
use crate::terminal::shown;

/// Reads the report that `--previous` names.
pub(crate) fn named(
    args: &Check,
    settings: &Settings,
    clock: &dyn Clock,
) -> Result<Option<Arc<Previous>>, Failure> {
    let Some(file) = &args.previous else {
        if args.fail_on_new {
            return Err(Failure::usage_text("--fail-on-new needs a report to compare with")
                .hint("name an earlier one with --previous REPORT.json"));
        }
        return Ok(None);
    };
    let bytes = match sealed(file, &args.trust.trust, args.trust.threshold, clock)? {
        Some(Ok(bytes)) => (bytes, true),
        Some(Err(untrusted)) => return Err(Failure::from(untrusted).within(&shown(file))),
        None => (own(file, settings)?, false),
    };
    let (bytes, verified) = bytes;
    let name = file.display().to_string();
    let previous = Previous::read(&name, &bytes, verified).map_err(|error| wrong(file, &error))?;
    Ok(Some(Arc::new(previous)))
}

fn wrong(file: &Path, error: &PreviousError) -> Failure {
    Failure::usage(error).within(&shown(file)).hint("name a report made by --output json=FILE")
}

/// What verifying a seal gives.
type Verified = Result<Arc<[u8]>, Untrusted>;

/// Reads a report that has a seal, where there are keys to verify it with. The outer error is the
/// operator's, the inner one the seal's.
fn sealed(
    file: &Path,
    keys: &[std::path::PathBuf],
    threshold: Option<u32>,
    clock: &dyn Clock,
) -> Result<Option<Verified>, Failure> {
    let has_seal = !artifact::bundle_paths(file)?.is_empty();
    if keys.is_empty() || !has_seal {
        return Ok(None);
    }
    verified(file, keys, threshold, clock).map(Some)
}

/// Reads a report and verifies its seal, of whichever system it is. The outer error is the
/// operator's, the inner one the seal's.
pub(crate) fn verified(
    file: &Path,
    keys: &[std::path::PathBuf],
    threshold: Option<u32>,
    clock: &dyn Clock,
) -> Result<Result<Arc<[u8]>, Untrusted>, Failure> {
    let mut trust = artifact::load_trust(keys)?;
    // What a trust.toml expects is expected of baselines.
    (trust.subject.identity, trust.subject.min_sequence) = (None, None);
    let expected = Expectations {
        artefact: Artefact::Report,
        identity: None,
        min_sequence: None,
        max_age: None,
        threshold: threshold.and_then(std::num::NonZeroU32::new),
    };
    let sealed = artifact::open_sealed(file, MAX_REPORT_BYTES)?;
    let held = seal::verify(&sealed, &trust, &expected, clock.now(), None);
    Ok(held.map(|(bytes, _)| Arc::clone(bytes.get())))
}

/// Reads a report that nobody sealed: whoever may write it decides what counts as known.
fn own(file: &Path, settings: &Settings) -> Result<Arc<[u8]>, Failure> {
    let Some(path) = artifacts::absolute(file) else {
        return Ok(artifact::read_bounded(file, MAX_REPORT_BYTES)?.into());
    };
    artifact::check_owned(&path, settings.user).map_err(|error| {
        Failure::from(error).hint(
            "take away the right to write from others, or seal reports with --sign-report and name \
             the key with --trust",
        )
    })?;
    Ok(artifact::read_bounded(&path, MAX_REPORT_BYTES)?.into())
}
