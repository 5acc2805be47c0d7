//! `drift inspect`: what a baseline or a manifest holds, without a target.

use std::path::Path;

use drift_core::bounds::escape::escaped;
use drift_core::check::View;
use drift_core::compare::each_entry;
use drift_core::judge::Exit;
use drift_core::model::{BlobDigest, CursorError};

use super::manifest;
use crate::args::{Inspect, InspectPart, TrustArgs};
use crate::failure::Failure;
use crate::inputs::{self, Stored};
use crate::settings::Settings;
use crate::terminal::Terminal;

pub(crate) fn run(
    args: &Inspect,
    settings: &Settings,
    terminal: &Terminal,
) -> Result<Exit, Failure> {
    if manifest::is_manifest(&args.file) {
        return manifest::inspect(args, settings, terminal);
    }
    let stored = open(&args.file, args.unverified, &args.trust, settings)?;
    let view = stored.view();
    let text = match args.part {
        None => summary(&stored, &view),
        Some(InspectPart::Packages) => packages(&view),
        Some(InspectPart::Coverage) => coverage(&view),
        Some(InspectPart::Image) => image(&view),
        Some(InspectPart::Entries) => entries(&view).map_err(Failure::usage)?,
    };
    terminal.result(text.as_bytes())?;
    Ok(Exit::CLEAN)
}

/// Opens a baseline as the operator asked: verified, or knowingly not.
pub(super) fn open(
    file: &Path,
    unverified: bool,
    trust: &TrustArgs,
    settings: &Settings,
) -> Result<Stored, Failure> {
    if unverified {
        return Ok(Stored::Unverified(Box::new(inputs::unverified(file)?)));
    }
    let clock = settings.clock(trust.now.as_deref())?;
    let (baseline, info) = inputs::baseline(file, trust, settings, &*clock)??;
    Ok(Stored::Sealed(Box::new(baseline), Box::new(info)))
}

fn summary(stored: &Stored, view: &View<'_>) -> String {
    let mut lines = Vec::new();
    let mut line =
        |name: &str, value: &str| lines.push(format!("{name:<15} {}", escaped(value.as_bytes())));
    match stored {
        Stored::Sealed(_, info) => {
            line("seal", "verified");
            for signer in &info.signers {
                line("signed by", &format!("{} ({})", signer.name, signer.key));
            }
        }
        Stored::Unverified(_) | Stored::Bill(_) => {
            line("seal", "NOT VERIFIED: nothing here can be relied on");
        }
    }
    line("captured from", &view.locator);
    line("kind", view.kind.name());
    let identity = &view.identity;
    for (name, value) in [
        ("system", &identity.os),
        ("version", &identity.version),
        ("architecture", &identity.architecture),
        ("host name", &identity.hostname),
    ] {
        line(name, value.as_deref().unwrap_or("unknown"));
    }
    if let Ok(root) = view.root() {
        line("root", &root.to_string());
    }
    let coverage = view.coverage;
    line("entries", &coverage.entries.to_string());
    line("files hashed", &format!("{}, {} bytes", coverage.files_hashed, coverage.bytes_hashed));
    let whole = if view.packages_complete { "" } else { ", not all of them" };
    line("packages", &format!("{}{whole}", view.packages.len()));
    line("problems", &view.problems.len().to_string());
    line("rules", &view.rules.lines().count().to_string());
    if let Some(image) = view.image {
        line("image", image.reference.as_deref().unwrap_or("of no name"));
        line("layers", &image.layers.len().to_string());
    }
    for unknown in &view.attributes_not_compared {
        line("not understood", unknown);
    }
    lines.join("\n") + "\n"
}

fn packages(view: &View<'_>) -> String {
    view.packages
        .iter()
        .map(|package| {
            let text = format!(
                "{} {} {} {} ({})",
                package.manager,
                package.name,
                package.version,
                package.architecture,
                package.status
            );
            format!("{}\n", escaped(text.as_bytes()))
        })
        .collect()
}

fn image(view: &View<'_>) -> String {
    let Some(image) = view.image else { return "what was captured is not an image\n".to_owned() };
    let mut lines = Vec::new();
    let mut line =
        |name: &str, value: &str| lines.push(format!("{name:<15} {}", escaped(value.as_bytes())));
    let digest = |digest: &Option<BlobDigest>| match digest {
        Some(digest) => digest.to_string(),
        None => "none".to_owned(),
    };
    line("reference", image.reference.as_deref().unwrap_or("none"));
    line("manifest", &digest(&image.manifest));
    line("configuration", &digest(&image.config_digest));
    line("platform", &image.platform.to_string());
    line("size", &format!("{} bytes", image.size));
    let config = &image.config;
    for (name, value) in [
        ("user", &config.user),
        ("directory", &config.working_directory),
        ("stop signal", &config.stop_signal),
    ] {
        line(name, value.as_deref().unwrap_or("none"));
    }
    for (name, values) in [
        ("entrypoint", &config.entrypoint),
        ("command", &config.command),
        ("health check", &config.healthcheck),
        ("environment", &config.environment),
        ("ports", &config.exposed_ports),
        ("volumes", &config.volumes),
    ] {
        line(name, &values.join(" "));
    }
    for (name, pairs) in [
        ("variable", &config.environment_values),
        ("label", &config.labels),
        ("annotation", &image.annotations),
    ] {
        for (key, value) in pairs {
            line(name, &format!("{key}={value}"));
        }
    }
    for (at, layer) in image.layers.iter().enumerate() {
        let command = layer.created_by.as_deref().unwrap_or("no command is named");
        line(
            &format!("layer {at}"),
            &format!("{}, {} bytes: {command}", layer.diff_id, layer.size),
        );
    }
    line("secrets", &format!("{} that look like one", image.secrets.len()));
    for secret in &image.secrets {
        line("", &format!("{} at {}", secret.kind, secret.location));
    }
    lines.iter().map(|line| format!("{}\n", line.trim_end())).collect()
}

fn coverage(view: &View<'_>) -> String {
    let coverage = view.coverage;
    let mut text = format!(
        "{} entries, {} files hashed, {} unreadable, {} unstable, {} vanished\n",
        coverage.entries,
        coverage.files_hashed,
        coverage.unreadable,
        coverage.unstable,
        coverage.vanished
    );
    for mount in &coverage.mounts_not_entered {
        text.push_str(&format!(
            "not entered: {} ({})\n",
            mount.path,
            escaped(mount.file_system.as_bytes())
        ));
    }
    for excluded in &coverage.excluded {
        text.push_str(&format!(
            "excluded: {} by {}\n",
            excluded.entries,
            escaped(excluded.rule.as_bytes())
        ));
    }
    for problem in view.problems {
        let reason = escaped(problem.reason.as_bytes());
        text.push_str(&format!(
            "not observed: {} ({}): {reason}\n",
            problem.path,
            problem.stage.name()
        ));
    }
    text
}

fn entries(view: &View<'_>) -> Result<String, CursorError> {
    let mut text = String::new();
    each_entry(&mut *view.cursor(), &mut |path, entry| -> Result<(), CursorError> {
        let mode = entry.mode.seen().map_or("----".to_owned(), |mode| format!("{mode:04o}"));
        let id = |id: Option<&u32>| id.map_or("-".to_owned(), u32::to_string);
        text.push_str(&format!(
            "{:<9} {mode} {:>5} {:>5} {:>10} {path}\n",
            entry.file_type,
            id(entry.uid.seen()),
            id(entry.gid.seen()),
            entry.size.seen().map_or("-".to_owned(), u64::to_string),
        ));
        Ok(())
    })?;
    Ok(text)
}
