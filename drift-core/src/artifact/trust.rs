//! Reads what `--trust` names: PEM files, and at most one `trust.toml` with the keys it names.

use std::path::{Path, PathBuf};

use super::{Error, read_bounded};
use crate::seal::{PublicKey, Trust, TrustError, TrustFile, TrustedKey};

/// The longest key or trust file; a thousand keys fit.
const MAX_TRUST_BYTES: usize = 256 * 1024;

/// Reads the trust in `paths`. A name that ends in `.toml` is a trust file, any other is a PEM of
/// one public key, named after the file without its last extension.
pub fn load_trust<P: AsRef<Path>>(paths: &[P]) -> Result<Trust, Error> {
    let mut file: Option<(&Path, TrustFile)> = None;
    let mut keys = Vec::new();
    for path in paths.iter().map(AsRef::as_ref) {
        let refused = |source| Error::Trust { path: path.to_owned(), source };
        let text = read_text(path)?;
        if path.extension().is_some_and(|extension| extension == "toml") {
            if file.is_some() {
                return Err(refused(TrustError::TwoFiles));
            }
            file = Some((path, TrustFile::parse(&text).map_err(refused)?));
        } else {
            let stem = path.file_stem().unwrap_or_default().to_string_lossy();
            // `drift keygen` writes NAME.pub.pem; the key is called NAME.
            let name = stem.strip_suffix(".pub").unwrap_or(&stem).to_owned();
            let key = PublicKey::from_pem(&text)
                .map_err(|source| refused(TrustError::Key { name: name.clone(), source }))?;
            keys.push(TrustedKey::new(&name, key));
        }
    }
    let Some((path, file)) = file else {
        let trust = Trust::of_keys(keys);
        let path = paths.first().map_or(Path::new(""), AsRef::as_ref);
        trust.check().map_err(|source| Error::Trust { path: path.to_owned(), source })?;
        return Ok(trust);
    };
    let beside = |name: &str| path.parent().unwrap_or(Path::new("")).join(name);
    let pems = file.keys().iter().map(|key| read_text(&beside(&key.file)));
    let pems: Vec<String> = pems.collect::<Result<_, _>>()?;
    file.resolve(&pems, keys).map_err(|source| Error::Trust { path: path.to_owned(), source })
}

/// Returns every file that [`load_trust`] reads for these paths: themselves, and the keys that a
/// `trust.toml` names.
pub fn trust_files<P: AsRef<Path>>(paths: &[P]) -> Result<Vec<PathBuf>, Error> {
    let mut files: Vec<PathBuf> = paths.iter().map(|path| path.as_ref().to_owned()).collect();
    for path in paths.iter().map(AsRef::as_ref) {
        if path.extension().is_some_and(|extension| extension == "toml") {
            let refused = |source| Error::Trust { path: path.to_owned(), source };
            let file = TrustFile::parse(&read_text(path)?).map_err(refused)?;
            let directory = path.parent().unwrap_or(Path::new(""));
            files.extend(file.keys().iter().map(|key| directory.join(&key.file)));
        }
    }
    Ok(files)
}

fn read_text(path: &Path) -> Result<String, Error> {
    String::from_utf8(read_bounded(path, MAX_TRUST_BYTES)?)
        .map_err(|_| Error::NotText { path: path.to_owned() })
}
