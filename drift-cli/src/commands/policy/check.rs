//! `drift policy check`: is anything wrong with these policies, or with their tests?

use drift_core::judge::Exit;
use drift_core::policy::{Diagnostics, testing};

use crate::args::{PolicyCheck, TrustArgs};
use crate::failure::Failure;
use crate::settings::Settings;
use crate::terminal::Terminal;

use super::counted;

pub(super) fn run(
    args: &PolicyCheck,
    settings: &Settings,
    terminal: &Terminal,
) -> Result<Exit, Failure> {
    let set = super::load(&args.policy, &TrustArgs::default(), settings)?;
    let (mut tests, mut wrong) = (0, Vec::new());
    for origin in 0..set.origins.len() {
        match testing::discover(&set, origin) {
            Ok(found) => tests += found.len(),
            Err(found) => wrong.extend(found.0),
        }
    }
    if !wrong.is_empty() {
        return Err(Failure::usage(Diagnostics(wrong)));
    }
    let policies = counted(set.policies.len(), "policy", "policies");
    let told = format!("{policies}, {}: nothing wrong\n", counted(tests, "test", "tests"));
    terminal.result(told.as_bytes())?;
    Ok(Exit::CLEAN)
}
