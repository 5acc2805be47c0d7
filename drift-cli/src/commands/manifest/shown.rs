//! `drift inspect` of a manifest: every package, the digest of its file, and who vouches for it.

use std::path::Path;

use drift_core::artifact;
use drift_core::bounds::escape::escaped;
use drift_core::judge::Exit;
use drift_core::manifest::{MANIFEST_MARK, MAX_MANIFEST_BYTES, Manifest, Origin};

use crate::args::{Inspect, InspectPart};
use crate::failure::Failure;
use crate::manifests;
use crate::settings::Settings;
use crate::terminal::Terminal;

/// Whether the file begins as a manifest; the name says nothing.
pub(crate) fn is_manifest(path: &Path) -> bool {
    artifact::read_start(path, MANIFEST_MARK.len()).is_ok_and(|start| start == MANIFEST_MARK)
}

/// Shows a manifest: verified, or knowingly not.
pub(crate) fn inspect(
    args: &Inspect,
    settings: &Settings,
    terminal: &Terminal,
) -> Result<Exit, Failure> {
    if !matches!(args.part, None | Some(InspectPart::Packages)) {
        return Err(
            Failure::usage_text("a manifest holds packages alone").hint("leave the part out")
        );
    }
    let (seal, manifest) = if args.unverified {
        let bytes = artifact::read_bounded(&args.file, MAX_MANIFEST_BYTES)?;
        let manifest = Manifest::decode_unverified(bytes.into()).map_err(Failure::usage)?;
        ("NOT VERIFIED: nothing here can be relied on", manifest)
    } else {
        let clock = settings.clock(args.trust.now.as_deref())?;
        let files = [args.file.clone()];
        let opened = manifests::open(&files, &args.trust, settings, &*clock)?
            .map_err(|refused| Failure::from(refused.why))?;
        let Some(opened) = opened.into_iter().next() else {
            return Err(Failure::usage_text("there is no manifest"));
        };
        ("verified", opened.manifest)
    };
    terminal.result(text(seal, &manifest).as_bytes())?;
    Ok(Exit::CLEAN)
}

fn text(seal: &str, manifest: &Manifest) -> String {
    let mut lines = vec![
        format!("{:<15} {seal}", "seal"),
        format!("{:<15} {}", "made by", escaped(manifest.created_by().as_bytes())),
        format!("{:<15} {} packages, {} files", "holds", manifest.len(), manifest.files()),
    ];
    for (name, digest, origin) in manifest.packages() {
        let vouched = escaped(said(origin).as_bytes()).to_string();
        lines.push(format!("{name} {digest} {vouched}"));
    }
    lines.join("\n") + "\n"
}

fn said(origin: &Origin) -> String {
    match origin {
        Origin::Operator => "named by the operator".to_owned(),
        Origin::Apt { archive, codename, date, signed_by, index, .. } => format!(
            "in {index} of {archive} {codename} of {date}, signed by {}",
            signed_by.join(" and ")
        ),
        Origin::Rpm { signed_by } => format!("signed by {}", signed_by.join(" and ")),
        _ => "vouched for in a way that this version does not know".to_owned(),
    }
}
