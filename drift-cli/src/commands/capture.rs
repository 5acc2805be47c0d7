//! `drift capture`: a target into a snapshot, sealed at once with `--sign`.

use drift_core::artifact::{self, Replace};
use drift_core::bounds::Silent;
use drift_core::bounds::escape::escaped;
use drift_core::capture::{self, Options, Run};
use drift_core::judge::Exit;
use drift_core::model::Image;

use crate::args::Capture;
use crate::artifacts;
use crate::failure::Failure;
use crate::inputs;
use crate::settings::Settings;
use crate::state;
use crate::terminal::{Terminal, shown};

use super::sealing;

pub(crate) fn run(
    args: &Capture,
    settings: &Settings,
    terminal: &Terminal,
) -> Result<Exit, Failure> {
    inputs::no_policies(&args.scope.only)?;
    inputs::deadline(settings, args.deadline.as_deref())?;
    let clock = settings.clock(args.now.as_deref())?;
    let orders = sealing::Orders::parse(&args.seal)?;
    let stale = artifact::bundle_paths(&args.out).unwrap_or_default();
    if let Some(bundle) = stale.first().filter(|_| orders.is_empty()) {
        return Err(Failure::usage_text(format!(
            "{} seals the file that would be replaced",
            shown(bundle)
        ))
        .hint("choose another --out, or seal the new snapshot at once with --sign"));
    }
    // Only the sequence of a seal is remembered.
    let _lease = match orders.is_empty() {
        true => state::Lease::Without,
        false => state::hold_or_fail(settings, args.state.as_ref())?,
    };
    let source = inputs::source(&args.target, &args.image, settings)??;
    let mut files = artifacts::of_capture(&args.out);
    files.extend(state::files(settings, args.state.as_ref()));
    let own = artifacts::inside(&*source, &files);
    let pool = inputs::pool(settings, args.scope.threads.as_deref())?;
    let run = Run { pool: &pool, cancel: &settings.cancel, observer: &Silent, artifacts: &own };
    let options = Options {
        rules: inputs::rules_or_detected(&args.rules)?,
        parts: inputs::parts(&args.scope.only),
        vendor_digests: false,
        configs: false,
        binaries: false,
    };
    let captured = capture::capture(&*source, &options, &run)?;
    let snapshot = &captured.snapshot;
    let encoded = drift_core::baseline::encode(snapshot)?;
    let shown = shown(&args.out);
    artifact::write_unless(&args.out, &encoded.bytes, 0o600, Replace::Yes, &settings.cancel)
        .map_err(|error| Failure::output(&shown, error))?;
    let image = snapshot.image.as_ref().map(described).unwrap_or_default();
    let summary = format!(
        "captured {} entries and {} packages of {} into {shown}, {} bytes\n{image}root {}\n",
        snapshot.coverage.entries,
        snapshot.packages.len(),
        escaped(snapshot.locator.as_bytes()),
        encoded.bytes.len(),
        encoded.root,
    );
    terminal.result(summary.as_bytes())?;
    for problem in snapshot.problems.iter().take(SHOWN_PROBLEMS) {
        terminal.note(&format!("not observed: {}: {}", problem.path, problem.reason));
    }
    if snapshot.problems.len() > SHOWN_PROBLEMS {
        terminal.note(&format!(
            "and {} more; see drift inspect {shown} coverage",
            snapshot.problems.len() - SHOWN_PROBLEMS
        ));
    }
    if orders.is_empty() {
        terminal.note(&format!(
            "the snapshot is not sealed; drift seal {shown} --sign KEY.pem makes it a baseline"
        ));
    } else {
        let identity = snapshot.identity.hostname.clone();
        let memory = settings.state_directory(args.state.as_ref());
        sealing::seal_snapshot(
            &args.out,
            encoded.bytes.into(),
            identity.as_deref(),
            &orders,
            memory.as_deref(),
            clock.now(),
            terminal,
        )?;
    }
    Ok(if snapshot.problems.is_empty() { Exit::CLEAN } else { Exit::INCOMPLETE })
}

/// Returns a line that names an image.
fn described(image: &Image) -> String {
    let reference = image.reference.as_deref().unwrap_or("without a name");
    // An archive of docker save has no manifest; what Docker calls its image is the configuration.
    let (what, digest) = match &image.manifest {
        Some(digest) => ("manifest", Some(digest)),
        None => ("configuration", image.config_digest.as_ref()),
    };
    let digest = digest.map(ToString::to_string).unwrap_or_default();
    let platform = image.platform.to_string();
    let layers = match image.layers.len() {
        1 => "1 layer".to_owned(),
        several => format!("{several} layers"),
    };
    let text = format!("image {reference}, {what} {digest}, {platform}, {layers}");
    format!("{}\n", escaped(text.as_bytes()))
}

/// Problems that are told one by one; the rest are counted.
const SHOWN_PROBLEMS: usize = 10;
