//! From what was typed to the policies of a run.

use std::sync::Arc;

use drift_core::check::Assessment;
use drift_core::policy::{self, InProcess};

use crate::args::Check;
use crate::failure::Failure;
use crate::settings::Settings;
use crate::tailoring;

/// The packs that run when there is no baseline and none is named.
const WITHOUT_BASELINE: [&str; 1] = ["builtin:host"];

/// Loads what was named; without a baseline, and with nothing named, the built-in packs.
pub(crate) fn assessment(args: &Check, settings: &Settings) -> Result<Option<Assessment>, Failure> {
    let named: Vec<&str> = match args.policy.is_empty() && args.baseline.is_empty() {
        true => WITHOUT_BASELINE.to_vec(),
        false => args.policy.iter().map(String::as_str).collect(),
    };
    if named.is_empty() {
        tailoring::needless(&args.tailoring)?;
        return Ok(None);
    }
    let mut sources = Vec::new();
    for name in named {
        let pack = name.strip_prefix("builtin:").and_then(policy::pack);
        sources.push(
            pack.ok_or_else(|| Failure::usage_text(format!("there are no policies {name:?}")))?,
        );
    }
    let mut set = policy::load(sources).map_err(Failure::usage)?;
    tailoring::tailor(&mut set, &args.tailoring, settings)?;
    let evaluator = Arc::new(InProcess::default());
    Ok(Some(Assessment { set: Arc::new(set), evaluator, keep_input: false }))
}
