//! The file of waivers: the operator's own, or sealed by whom he trusts.

use std::path::Path;

use drift_core::artifact;
use drift_core::bounds::Clock;
use drift_core::judge::Waivers;
use drift_core::seal::{self, Artefact, Expectations};

use crate::args::{Check, TrustArgs, WaiverArgs};
use crate::failure::Failure;
use crate::golden::Refused;
use crate::inputs;
use crate::settings::Settings;

/// Two thousand waivers with texts of a page.
const MAX_WAIVERS_BYTES: usize = 4 << 20;

/// Returns the waivers of a check. The outer error is the operator's, the inner one the seal's.
pub(crate) fn open(
    args: &Check,
    settings: &Settings,
    clock: &dyn Clock,
) -> Result<Result<Option<Waivers>, Refused>, Failure> {
    let WaiverArgs { waivers, require_sealed_waivers } = &args.acceptance;
    let Some(file) = waivers else {
        return if *require_sealed_waivers {
            Err(Failure::usage_text(
                "--require-sealed-waivers speaks of waivers, and none are named",
            )
            .hint("name them with --waivers FILE, or leave the option out"))
        } else {
            Ok(Ok(None))
        };
    };
    let opened = read(file, *require_sealed_waivers, &args.trust, settings, clock)?;
    Ok(opened.map(Some))
}

/// Reads a file of waivers; where a seal stands beside it, or is required, it must hold.
pub(crate) fn read(
    path: &Path,
    required: bool,
    trust: &TrustArgs,
    settings: &Settings,
    clock: &dyn Clock,
) -> Result<Result<Waivers, Refused>, Failure> {
    let file = path.display().to_string();
    let place = settings.absolute(path)?;
    let sealed = artifact::open_sealed(&place, MAX_WAIVERS_BYTES)?;
    if sealed.bundles.is_empty() && !required {
        artifact::check_owned(&place, settings.user)?;
        return parse(path, &sealed.file).map(Ok);
    }
    // Whose state a baseline is, and how far its lineage came, says nothing of waivers.
    let expected = inputs::expectations(trust, Artefact::Waivers)?;
    let expected = Expectations { identity: None, min_sequence: None, max_age: None, ..expected };
    let mut trusted = artifact::load_trust(&trust.trust)?;
    trusted.subject = seal::SubjectTrust::default();
    match seal::verify(&sealed, &trusted, &expected, clock.now(), None) {
        Err(why) => Ok(Err(Refused { file, why })),
        Ok((verified, info)) => {
            Ok(Ok(Waivers::of_sealed(&file, &verified, &info).map_err(Failure::usage)?))
        }
    }
}

/// Reads a file of waivers, whoever sealed it.
pub(crate) fn unverified(path: &Path) -> Result<Waivers, Failure> {
    parse(path, &artifact::read_bounded(path, MAX_WAIVERS_BYTES)?)
}

/// Returns the bytes of a file that holds waivers, to be sealed.
pub(crate) fn bytes(path: &Path) -> Result<Vec<u8>, Failure> {
    let bytes = artifact::read_bounded(path, MAX_WAIVERS_BYTES)?;
    parse(path, &bytes)?;
    Ok(bytes)
}

fn parse(path: &Path, bytes: &[u8]) -> Result<Waivers, Failure> {
    Waivers::parse(&path.display().to_string(), bytes).map_err(Failure::usage)
}
