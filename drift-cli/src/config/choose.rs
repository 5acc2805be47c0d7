//! Which of several installed baselines is the one of this image.
//!
//! A seal counts only when it verifies. When none that verifies fits, the one that merely claims to
//! fit is taken after all: the check then refuses it with its reason and exit code 4, instead of
//! saying that nothing is there.

use std::path::{Path, PathBuf};

use drift_core::bounds::escape::escaped;
use drift_core::seal::{self, Artefact};
use drift_core::{artifact, capture};

use crate::args::{ImageArgs, TrustArgs};
use crate::failure::Failure;
use crate::inputs::{self, MAX_BASELINE_BYTES};
use crate::settings::Settings;
use crate::terminal::shown;

/// The baseline that was chosen.
#[derive(Debug)]
pub(super) struct Chosen {
    pub(super) path: PathBuf,
    pub(super) identity: String,
    /// Whether the target's own os-release chose it.
    pub(super) by_target: bool,
}

/// A baseline in the directory.
#[derive(Debug)]
struct Candidate {
    path: PathBuf,
    /// What its seal says, if it has one that can be read.
    identity: Option<String>,
    /// Why its seal does not hold; `None` when it holds.
    refused: Option<&'static str>,
}

/// Chooses from `directory`: by the expected identity, else by what the target's os-release says.
pub(super) fn choose(
    directory: &Path,
    (target, image): (&str, &ImageArgs),
    trust: &TrustArgs,
    settings: &Settings,
) -> Result<Chosen, Failure> {
    let candidates = candidates(directory, trust, settings)?;
    let (wanted, by_target) = match trusted_identity(trust)? {
        Some(identity) => (vec![identity], false),
        None => (named_by(target, image, settings)?, true),
    };
    let chosen = pick(&candidates, &wanted).map(|chosen| Chosen { by_target, ..chosen });
    chosen.ok_or_else(|| {
        let told: Vec<String> = candidates.iter().map(Candidate::told).collect();
        let there = if told.is_empty() { "none at all".to_owned() } else { told.join(", ") };
        let said: Vec<String> =
            wanted.iter().map(|name| escaped(name.as_bytes()).to_string()).collect();
        let wanted = match said.is_empty() {
            true => "the target's os-release names no IMAGE_ID".to_owned(),
            false => format!("not exactly one is sealed for {}", said.join(" or ")),
        };
        Failure::usage_text(format!(
            "no baseline can be chosen in {}: {wanted}; there is {there}",
            shown(directory)
        ))
        .hint("set identity in drift.toml, or name a file with --baseline FILE")
    })
}

/// The first wanted name with exactly one baseline; several for one name are no choice.
fn pick(candidates: &[Candidate], wanted: &[String]) -> Option<Chosen> {
    for verified in [true, false] {
        for name in wanted {
            let mut fitting = candidates.iter().filter(|candidate| {
                candidate.identity.as_ref() == Some(name) && candidate.refused.is_none() == verified
            });
            match (fitting.next(), fitting.next()) {
                (Some(one), None) => {
                    let (path, identity) = (one.path.clone(), name.clone());
                    return Some(Chosen { path, identity, by_target: false });
                }
                (Some(_), Some(_)) => return None,
                (None, _) => {}
            }
        }
    }
    None
}

fn trusted_identity(trust: &TrustArgs) -> Result<Option<String>, Failure> {
    let stated = artifact::load_trust(&trust.trust)?.subject.identity;
    Ok(trust.expect_identity.clone().or(stated))
}

/// Asks the target who it is.
fn named_by(target: &str, image: &ImageArgs, settings: &Settings) -> Result<Vec<String>, Failure> {
    // Standard input cannot be read twice.
    if inputs::is_input(target) || inputs::is_stored(target) {
        return Err(Failure::usage_text("this target has no os-release to choose a baseline by")
            .hint("name the identity with --expect-identity, or a file with --baseline"));
    }
    let source = inputs::source(target, image, settings)??;
    Ok(capture::image_names(&*source))
}

fn candidates(
    directory: &Path,
    args: &TrustArgs,
    settings: &Settings,
) -> Result<Vec<Candidate>, Failure> {
    let trust = artifact::load_trust(&args.trust)?;
    let clock = settings.clock(args.now.as_deref())?;
    let mut expected = inputs::expectations(args, Artefact::Snapshot)?;
    (expected.identity, expected.min_sequence) = (None, None);
    let mut candidates = Vec::new();
    for path in artifact::list_files(directory)? {
        if !inputs::is_baseline(&path) {
            continue;
        }
        let sealed = artifact::open_sealed(&path, MAX_BASELINE_BYTES)?;
        let candidate = match seal::verify(&sealed, &trust, &expected, clock.now(), None) {
            Ok((_, info)) => Candidate {
                path,
                identity: Some(info.statement.predicate.identity().to_owned()),
                refused: None,
            },
            Err(untrusted) => Candidate {
                path,
                identity: sealed
                    .bundles
                    .first()
                    .and_then(|bundle| seal::unverified_statement(bundle).ok())
                    .map(|statement| statement.predicate.identity().to_owned()),
                refused: Some(untrusted.reason.name()),
            },
        };
        candidates.push(candidate);
    }
    Ok(candidates)
}

impl Candidate {
    fn told(&self) -> String {
        let file = self.path.file_name().map(Path::new).map(shown).unwrap_or_default();
        let identity = self.identity.as_deref().unwrap_or("nobody");
        let identity = escaped(identity.as_bytes());
        match self.refused {
            None => format!("{file} (for {identity})"),
            Some(reason) => format!("{file} (claims {identity}, but its seal is {reason})"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Candidate, pick};

    #[test]
    fn exactly_one_is_chosen_and_those_that_verify_come_first() {
        let candidate = |path: &str, identity: &str, refused| Candidate {
            path: path.into(),
            identity: Some(identity.to_owned()),
            refused,
        };
        let all = [
            candidate("web", "web", None),
            candidate("web2", "web:2", None),
            candidate("forged", "web:2", Some("wrong-key")),
            candidate("db1", "db", None),
            candidate("db2", "db", None),
            candidate("old", "old", Some("expired")),
            candidate("bad1", "bad", Some("altered")),
            candidate("bad2", "bad", Some("altered")),
        ];
        for (wanted, expect) in [
            (&["web"][..], Some("web")),
            (&["web:2", "web"], Some("web2")),
            (&["web:3", "web"], Some("web")),
            (&["db"], None),
            (&["db:1", "db"], None),
            (&["old"], Some("old")),
            (&["old", "web"], Some("web")),
            (&["bad"], None),
            (&["absent"], None),
            (&[], None),
        ] {
            let wanted: Vec<String> = wanted.iter().map(|name| (*name).to_owned()).collect();
            let chosen = pick(&all, &wanted).map(|chosen| chosen.path);
            assert_eq!(chosen, expect.map(Into::into), "{wanted:?}");
        }
    }
}
