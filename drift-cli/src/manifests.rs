//! The manifests of a run: all verified before a byte of any is used.

use std::path::PathBuf;

use drift_core::artifact;
use drift_core::bounds::Clock;
use drift_core::check::SealedManifest;
use drift_core::manifest::{MAX_MANIFEST_BYTES, Manifest};
use drift_core::seal::{self, Artefact, Expectations, Reason, Untrusted};

use crate::args::TrustArgs;
use crate::failure::Failure;
use crate::golden::Refused;
use crate::inputs;
use crate::settings::Settings;

/// Opens what was named. The outer error is the operator's, the inner one that of a seal.
///
/// What is expected of whose state a baseline is, and of its sequence, says nothing of a manifest.
pub(crate) fn open(
    files: &[PathBuf],
    args: &TrustArgs,
    settings: &Settings,
    clock: &dyn Clock,
) -> Result<Result<Vec<SealedManifest>, Refused>, Failure> {
    let mut opened = Vec::new();
    if files.is_empty() {
        return Ok(Ok(opened));
    }
    let expected = inputs::expectations(args, Artefact::Manifest)?;
    let expected = Expectations { identity: None, min_sequence: None, ..expected };
    let mut trust = artifact::load_trust(&args.trust)?;
    (trust.subject.identity, trust.subject.min_sequence) = (None, None);
    let state = match settings.state_directory(args.state.as_ref()) {
        Some(directory) => artifact::load_lineages(&directory)?,
        None => None,
    };
    for path in files {
        let file = path.display().to_string();
        let sealed = artifact::open_sealed(path, MAX_MANIFEST_BYTES)?;
        let verified = seal::verify(&sealed, &trust, &expected, clock.now(), state.as_ref());
        let read = verified.and_then(|(bytes, info)| {
            Manifest::decode(&bytes)
                .map(|manifest| (manifest, info))
                .map_err(|error| Untrusted::new(Reason::Malformed, error.to_string()))
        });
        match read {
            Ok((manifest, seal)) => opened.push(SealedManifest { manifest, seal, file }),
            Err(why) => return Ok(Err(Refused { file, why })),
        }
    }
    Ok(Ok(opened))
}
