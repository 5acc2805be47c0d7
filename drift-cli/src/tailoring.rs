//! From what was typed of tailoring to a set of policies that is tailored.

use std::path::{Path, PathBuf};

use drift_core::artifact;
use drift_core::policy::PolicySet;

use crate::args::TailorArgs;
use crate::failure::Failure;
use crate::settings::Settings;

/// A profile is a page of text.
const MAX_PROFILE_BYTES: usize = 1 << 20;

/// Applies the profiles, then the parameters that were typed.
pub(crate) fn tailor(
    set: &mut PolicySet,
    args: &TailorArgs,
    settings: &Settings,
) -> Result<(), Failure> {
    // A file that somebody else may change would decide what is looked for.
    let read = |path: &Path| {
        let place = settings.absolute(path).unwrap_or_else(|_| path.to_owned());
        artifact::check_owned(&place, settings.user)?;
        let bytes = artifact::read_bounded(&place, MAX_PROFILE_BYTES)?;
        String::from_utf8(bytes).map_err(|_| artifact::Error::NotText { path: path.to_owned() })
    };
    set.tailor(&args.tailor, &read).map_err(Failure::usage)?;
    let by = if args.is_param_configured { "drift.toml: param" } else { "--param" };
    for text in &args.param {
        set.choose_text(text, by).map_err(|error| Failure::usage_text(format!("{by}: {error}")))?;
    }
    Ok(())
}

/// A line that lost its `--policy` must not go on as a check without policies.
pub(crate) fn needless(args: &TailorArgs) -> Result<(), Failure> {
    if args.tailor.is_empty() && args.param.is_empty() {
        return Ok(());
    }
    Err(Failure::usage_text("--tailor and --param speak of policies, and none runs")
        .hint("name some with --policy, such as --policy builtin:host"))
}

/// Whether a profile is named by its file.
pub(crate) fn is_file(name: &str) -> bool {
    name.ends_with(".toml") || name.contains('/')
}

/// Returns the files of profiles that are named.
pub(crate) fn files(args: &TailorArgs) -> impl Iterator<Item = PathBuf> {
    args.tailor.iter().filter(|name| is_file(name)).map(PathBuf::from)
}
