//! `fixtures/impossible.toml`: what the kernels of the machines that test drift cannot do.

#![expect(clippy::panic, reason = "a wrong list of exceptions is a failed test")]

use serde::Deserialize;

use super::skip::is_required;

/// One thing that cannot be tested, and the probe that notices when it can.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Impossible {
    /// What tests ask for.
    pub(super) id: String,
    /// What cannot be done.
    pub(super) what: String,
    /// The name of the probe.
    pub(super) probe: String,
    /// Why it cannot be done.
    pub(super) reason: String,
}

impl Impossible {
    /// Fails the test when everything is required and the probe did succeed.
    #[track_caller]
    pub(super) fn assert_still_impossible(&self, probed: Result<(), String>) {
        if probed.is_ok() && is_required() {
            panic!(
                "{} works here: delete `{}` from fixtures/impossible.toml and run its tests",
                self.what, self.id
            );
        }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    impossible: Vec<Impossible>,
}

/// Returns the whole list.
pub(super) fn all() -> Vec<Impossible> {
    match toml::from_str::<File>(include_str!("../../../fixtures/impossible.toml")) {
        Ok(file) => file.impossible,
        Err(error) => panic!("fixtures/impossible.toml: {error}"),
    }
}

/// Returns the line for `id`.
pub(super) fn find(id: &str) -> Option<Impossible> {
    all().into_iter().find(|entry| entry.id == id)
}
