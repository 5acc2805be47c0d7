//! Where reports go: one form on standard output, any number of files, each signed if asked.

use std::path::{Path, PathBuf};

use drift_core::artifact::{self, Replace};
use drift_core::bounds::Timestamp;
use drift_core::model::{Algorithm, Digest};
use drift_core::report::{self, FORMATS, Format, Report, Style};
use drift_core::seal::{Predicate, PrivateKey, ReportCounts, ReportPredicate};

use crate::failure::Failure;
use crate::terminal::{Terminal, shown};

/// A private key in PEM.
const MAX_KEY_BYTES: usize = 64 << 10;

/// Everything about where a report goes.
pub(crate) struct Outputs {
    stdout: &'static Format,
    files: Vec<(&'static Format, PathBuf)>,
    key: Option<PrivateKey>,
}

impl Outputs {
    /// Reads `--format`, `--output` and `--sign-report`.
    pub(crate) fn parse(
        format: &str,
        outputs: &[String],
        key: Option<&Path>,
    ) -> Result<Self, Failure> {
        let mut files = Vec::new();
        for output in outputs {
            let (format, file) =
                output.split_once('=').filter(|(_, file)| !file.is_empty()).ok_or_else(|| {
                    Failure::usage_text(format!("--output takes FORMAT=FILE, not {output:?}"))
                })?;
            files.push((find(format)?, PathBuf::from(file)));
        }
        if key.is_some() && files.is_empty() {
            return Err(Failure::usage_text(
                "--sign-report signs files; name one with --output FORMAT=FILE",
            ));
        }
        Ok(Self { stdout: find(format)?, files, key: key.map(private_key).transpose()? })
    }

    /// Fails when a report would be written over another report or over one of these files.
    pub(crate) fn spare(&self, others: &[PathBuf]) -> Result<(), Failure> {
        let real = |file: &PathBuf| crate::artifacts::absolute(file);
        let mut taken: Vec<PathBuf> = others.iter().filter_map(real).collect();
        for (_, file) in &self.files {
            let Some(path) = real(file) else { continue };
            if taken.contains(&path) {
                let told =
                    format!("--output {} would overwrite another file of this run", shown(file));
                return Err(Failure::usage_text(told).hint("name another file"));
            }
            taken.push(path);
        }
        Ok(())
    }

    /// Returns the files that will be written.
    pub(crate) fn files(&self) -> Vec<PathBuf> {
        self.files.iter().flat_map(|(_, file)| crate::artifacts::with_bundles(file)).collect()
    }

    /// Writes the files and then standard output, unless that is to stay silent.
    pub(crate) fn write(
        &self,
        report: &Report,
        now: Timestamp,
        silent: bool,
        terminal: &Terminal,
    ) -> Result<(), Failure> {
        for (format, file) in &self.files {
            let bytes = render(format, report, &Style::default())?;
            let told = shown(file);
            let failed = |error| Failure::output(&told, error);
            artifact::write(file, &bytes, 0o644, Replace::Yes).map_err(failed)?;
            if let Some(key) = &self.key {
                let name = file
                    .file_name()
                    .map(|name| name.to_string_lossy().into_owned())
                    .unwrap_or_default();
                let seals = drift_core::seal::seal(
                    &bytes,
                    &name,
                    predicate(report, now),
                    std::slice::from_ref(key),
                )?;
                for seal in seals {
                    let mut beside = file.clone().into_os_string();
                    beside.push(&seal.suffix);
                    artifact::write(Path::new(&beside), &seal.bytes, 0o644, Replace::Yes)
                        .map_err(failed)?;
                }
            }
        }
        if silent {
            return Ok(());
        }
        terminal.result(&render(self.stdout, report, &terminal.style())?)
    }
}

/// Reads a private key, and refuses one that others may read.
pub(crate) fn private_key(path: &Path) -> Result<PrivateKey, Failure> {
    let private = artifact::read_private(path, MAX_KEY_BYTES)?;
    let shown = shown(path);
    if let Some(mode) = private.exposed {
        return Err(Failure::usage_text(format!(
            "{shown} may be read or written by others (mode {mode:04o})"
        ))
        .hint(format!("chmod 600 {shown}, and consider the key exposed")));
    }
    let text = std::str::from_utf8(&private.bytes)
        .map_err(|_| Failure::usage_text(format!("{shown} is no PEM: it is not text")))?;
    PrivateKey::from_pem(text).map_err(|error| Failure::usage_text(format!("{shown}: {error}")))
}

fn find(name: &str) -> Result<&'static Format, Failure> {
    report::find(name).ok_or_else(|| {
        let known: Vec<&str> = FORMATS.iter().map(|format| format.name).collect();
        Failure::usage_text(format!(
            "there is no report format {name:?}; there are {}",
            known.join(", ")
        ))
    })
}

fn render(format: &Format, report: &Report, style: &Style) -> Result<Vec<u8>, Failure> {
    let mut bytes = Vec::new();
    (format.write)(report, style, &mut bytes).map_err(Failure::internal)?;
    Ok(bytes)
}

fn predicate(report: &Report, now: Timestamp) -> Predicate {
    let subject = report.baseline.identity.as_ref().or(report.target.identity.hostname.as_ref());
    let digest =
        report.baseline.digest.as_deref().and_then(|digest| digest.strip_prefix("sha256:"));
    Predicate::Report(ReportPredicate {
        identity: subject.cloned().unwrap_or_else(|| report.target.locator.clone()),
        scope: report.scope.only.clone(),
        tool: format!("drift {}", report.tool.version),
        created: now,
        status: report.verdict.status.to_owned(),
        exit_code: report.verdict.exit_code,
        complete: report.verdict.complete,
        counts: ReportCounts {
            changes: report.changes.len() as u64,
            problems: report.problems.len() as u64,
        },
        baseline: digest.and_then(|hex| Digest::from_hex(Algorithm::Sha256, hex.as_bytes())),
    })
}
