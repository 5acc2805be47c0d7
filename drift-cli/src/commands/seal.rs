//! `drift seal`: a snapshot becomes a baseline, where the key lives.

use std::path::Path;
use std::sync::Arc;

use drift_core::artifact::{self, Replace};
use drift_core::judge::Exit;
use drift_core::manifest::{MANIFEST_MARK, Manifest};
use drift_core::policy::{BUNDLE_MARK, Bundle};
use drift_core::sbom::Bill;
use drift_core::seal::{self, PAE_SUFFIX, PublicKey, Sealed, TrustedKey};

use crate::args::Seal;
use crate::artifacts;
use crate::failure::Failure;
use crate::inputs::MAX_BASELINE_BYTES;
use crate::policies;
use crate::settings::Settings;
use crate::terminal::{Terminal, shown};
use crate::waivers;

use super::sealing::{self, Subject};

/// A signature, a public key, or the bytes that were signed.
const MAX_SMALL_BYTES: usize = 1 << 20;

pub(crate) fn run(args: &Seal, settings: &Settings, terminal: &Terminal) -> Result<Exit, Failure> {
    let memory = settings.state_directory(args.state.as_ref());
    let clock = settings.clock(args.now.as_deref())?;
    let file: Arc<[u8]> = artifact::read_bounded(&args.file, MAX_BASELINE_BYTES)?.into();
    if let (Some(signature), Some(public_key)) = (&args.signature, &args.public_key) {
        let encoded =
            artifact::read_bounded(&artifacts::beside(&args.file, PAE_SUFFIX), MAX_SMALL_BYTES)?;
        let signature = artifact::read_bounded(signature, MAX_SMALL_BYTES)?;
        let text = String::from_utf8(artifact::read_bounded(public_key, MAX_SMALL_BYTES)?)
            .map_err(|_| Failure::usage_text(format!("{} is no PEM", shown(public_key))))?;
        let key = PublicKey::from_pem(&text).map_err(Failure::usage)?;
        let sealed = seal::complete(&file, &encoded, &signature, &key)?;
        let path = artifacts::beside(&args.file, &sealed.suffix);
        artifact::write(&path, &sealed.bytes, 0o644, Replace::Yes)
            .map_err(|error| Failure::output(&shown(&path), error))?;
        terminal
            .result(format!("sealed {} in {}\n", shown(&args.file), shown(&path)).as_bytes())?;
        let keys = vec![TrustedKey::new("own", key)];
        let statement = seal::unverified_statement(&sealed.bytes)?;
        let sealed = Sealed { file, bundles: vec![sealed.bytes] };
        let sealed = (&sealed, statement.predicate.artefact());
        sealing::remember(sealed, keys, memory.as_deref(), clock.now(), terminal)?;
        return Ok(Exit::CLEAN);
    }
    let orders = sealing::Orders::parse(&args.seal)?;
    if orders.is_empty() {
        return Err(Failure::usage_text("a seal needs a key")
            .hint("name one with --sign KEY.pem, or make one with drift keygen"));
    }
    let standing = sealing::Standing::find(&args.file, &file)?;
    if let Some(standing) = standing.as_ref().filter(|standing| standing.takes(&orders)) {
        return sealing::countersign(&args.file, &file, standing, &orders, terminal);
    }
    let named = standing.as_ref().map(sealing::Standing::identity);
    if let Some(subject) = subject(&args.file, &file, orders.identity().or(named))? {
        let sealed = (args.file.as_path(), file);
        sealing::seal_subject(sealed, subject, &orders, memory.as_deref(), clock.now(), terminal)?;
        return Ok(Exit::CLEAN);
    }
    sealing::seal_snapshot(
        &args.file,
        file,
        named,
        &orders,
        memory.as_deref(),
        clock.now(),
        terminal,
    )?;
    Ok(Exit::CLEAN)
}

/// Returns what the file is, unless it is a snapshot: bundles, manifests and bills of materials by their
/// first bytes, waivers by name.
fn subject(path: &Path, file: &Arc<[u8]>, named: Option<&str>) -> Result<Option<Subject>, Failure> {
    if file.starts_with(BUNDLE_MARK) {
        let bundle = Bundle::decode_unverified(file).map_err(Failure::usage)?;
        let identity = named.map_or(bundle.name.clone(), str::to_owned);
        let (digest, policies) = policies::counted(bundle)?;
        return Ok(Some(Subject::Policies { identity, digest, policies }));
    }
    if file.starts_with(MANIFEST_MARK) {
        let manifest = Manifest::decode_unverified(file.clone()).map_err(Failure::usage)?;
        let stem = path.file_stem().map(|stem| stem.to_string_lossy().into_owned());
        let identity = named.map_or(stem.unwrap_or_default(), str::to_owned);
        let (packages, files) = (manifest.len() as u64, manifest.files());
        return Ok(Some(Subject::Manifest { identity, packages, files }));
    }
    if path.extension().is_some_and(|extension| extension == "toml") {
        let _waivers = waivers::unverified(path)?;
        let stem = path.file_stem().map(|stem| stem.to_string_lossy().into_owned());
        let identity = named.map_or(stem.unwrap_or_default(), str::to_owned);
        return Ok(Some(Subject::Waivers { identity }));
    }
    if file.trim_ascii_start().starts_with(b"{") {
        let shown = path.display().to_string();
        let bill = Bill::decode_unverified(file, &format!("sbom:{shown}"))
            .map_err(|error| Failure::bill(path, error))?;
        let stem = path.file_stem().map(|stem| stem.to_string_lossy().into_owned());
        return Ok(Some(Subject::Sbom {
            identity: named.map_or(stem.unwrap_or_default(), str::to_owned),
            form: bill.form().to_owned(),
            packages: bill.snapshot().packages.len() as u64,
            files: bill.file_count(),
        }));
    }
    Ok(None)
}
