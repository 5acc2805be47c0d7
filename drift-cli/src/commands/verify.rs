//! `drift verify`: does a seal hold, and what does it say?

use drift_core::artifact;
use drift_core::bounds::Timestamp;
use drift_core::bounds::escape::escaped;
use drift_core::judge::Exit;
use drift_core::seal::{self, AcceptedChanges, Artefact, Predicate, SealInfo};

use crate::args::Verify;
use crate::failure::Failure;
use crate::inputs::{self, MAX_BASELINE_BYTES};
use crate::settings::Settings;
use crate::terminal::Terminal;

pub(crate) fn run(
    args: &Verify,
    settings: &Settings,
    terminal: &Terminal,
) -> Result<Exit, Failure> {
    let clock = settings.clock(args.trust.now.as_deref())?;
    let trust = artifact::load_trust(&args.trust.trust)?;
    let sealed = artifact::open_sealed(&args.file, MAX_BASELINE_BYTES)?;
    // What kind of seal it claims to be; the signature is then verified over that very claim.
    let claimed = sealed.bundles.first().and_then(|bundle| seal::unverified_statement(bundle).ok());
    let artefact = claimed.map_or(Artefact::Snapshot, |statement| statement.predicate.artefact());
    let state = match settings.state_directory(args.trust.state.as_ref()) {
        Some(directory) if artefact != Artefact::Report => artifact::load_lineages(&directory)?,
        _ => None,
    };
    let expected = inputs::expectations(&args.trust, artefact)?;
    let (_, info) = seal::verify(&sealed, &trust, &expected, clock.now(), state.as_ref())?;
    terminal.result(described(&args.file.display().to_string(), &info).as_bytes())?;
    for note in &info.notes {
        terminal.note(note);
    }
    Ok(Exit::CLEAN)
}

fn described(file: &str, info: &SealInfo) -> String {
    let mut lines = vec![format!("VERIFIED: {}", escaped(file.as_bytes()))];
    let mut line = |name: &str, value: String| {
        lines.push(format!("  {name:<15} {}", escaped(value.as_bytes())))
    };
    line("digest", info.statement.subject_digest.to_string());
    match &info.statement.predicate {
        Predicate::Snapshot(snapshot) => {
            line("kind", "snapshot".to_owned());
            line("identity", snapshot.identity.clone());
            line("sequence", snapshot.sequence.to_string());
            line("sealed", snapshot.created.to_string());
            line("expires", until(snapshot.expires));
            line("root", snapshot.root.to_string());
            line("effective root", snapshot.effective_root.to_string());
            let counts = snapshot.counts;
            let (entries, packages, problems) = (counts.entries, counts.packages, counts.problems);
            line("holds", format!("{entries} entries, {packages} packages, {problems} problems"));
            for (key, value) in &snapshot.provenance {
                line("provenance", format!("{key}={value}"));
            }
            if let Some(accepted) = &snapshot.accepted {
                line("accepted", described_acceptance(accepted));
            }
        }
        Predicate::Report(report) => {
            line("kind", "report".to_owned());
            line("identity", report.identity.clone());
            line("signed", report.created.to_string());
            line("verdict", format!("{}, exit code {}", report.status, report.exit_code));
            line("complete", report.complete.to_string());
        }
        Predicate::Policies(policies) => {
            line("kind", "bundle of policies".to_owned());
            line("identity", policies.identity.clone());
            line("sequence", policies.sequence.to_string());
            line("sealed", policies.created.to_string());
            line("expires", until(policies.expires));
            line("policies digest", policies.policies_digest.to_string());
            line("holds", format!("{} policies", policies.policies));
        }
        Predicate::Sbom(sbom) => {
            line("kind", "bill of materials".to_owned());
            line("identity", sbom.identity.clone());
            line("sequence", sbom.sequence.to_string());
            line("sealed", sbom.created.to_string());
            line("expires", until(sbom.expires));
            line("form", sbom.form.clone());
            line("holds", format!("{} packages, {} files", sbom.packages, sbom.files));
            for (key, value) in &sbom.provenance {
                line("provenance", format!("{key}={value}"));
            }
        }
        Predicate::Waivers(waivers) => {
            line("kind", "file of waivers".to_owned());
            line("identity", waivers.identity.clone());
            line("sealed", waivers.created.to_string());
            line("expires", until(waivers.expires));
        }
        Predicate::Manifest(manifest) => {
            line("kind", "manifest".to_owned());
            line("identity", manifest.identity.clone());
            line("sequence", manifest.sequence.to_string());
            line("sealed", manifest.created.to_string());
            line("expires", until(manifest.expires));
            line("holds", format!("{} packages, {} files", manifest.packages, manifest.files));
        }
    }
    for signer in &info.signers {
        line("signed by", format!("{} ({})", signer.name, signer.key));
    }
    lines.join("\n") + "\n"
}

/// Says what a baseline took over, and from which it followed.
fn described_acceptance(accepted: &AcceptedChanges) -> String {
    let AcceptedChanges { golden, golden_sequence, snapshot_root, changes, ids_digest, .. } =
        accepted;
    let selectors = accepted.selectors.join(", ");
    let noun = if *changes == 1 { "change" } else { "changes" };
    format!(
        "{changes} {noun} (ids {ids_digest}) by {selectors}, after sequence {golden_sequence} \
         ({golden}), from a snapshot with root {snapshot_root}"
    )
}

fn until(expires: Option<Timestamp>) -> String {
    expires.map_or("never".to_owned(), |expires| expires.to_string())
}
