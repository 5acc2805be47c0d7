//! Which source a target names: by its scheme, or by what stands at the path.

use std::fs::FileType;
use std::path::Path;

use crate::bounds::escape::escaped;
use crate::model::SourceKind;

use super::walked::Walked;
use super::{
    Error, HostVolume, OverlayTarget, Resolution, Selection, Source, errno_name, overlay, tar,
};

/// The schemes that a target can begin with, for messages.
const SUPPORTED: &str = "/ or host: for this host, dir:PATH for a root directory, \
    overlay:UPPER:LOWER[:LOWER...] for one under overlayfs, tar:FILE for an \
    archive of one (plain, gzip, zstd or xz)";

/// Opens a target: `/` or `host:`, `dir:PATH`, `tar:FILE`, or a path, which is a root directory or
/// an archive by what stands there.
///
/// ```
/// use drift_core::source;
/// let error = source::open("floppy:a", &source::Selection::default()).err().expect("there is no such scheme");
/// assert!(error.to_string().contains("dir:PATH"));
/// ```
pub fn open(target: &str, _selection: &Selection) -> Result<Box<dyn Source>, Error> {
    if let Some(path) = target.strip_prefix("dir:") {
        return directory(path, SourceKind::Directory, target);
    }
    if let Some(path) = target.strip_prefix("tar:") {
        return tar::open(Path::new(path), target);
    }
    if let Some(named) = OverlayTarget::parse(target)? {
        return overlay::open(&named);
    }
    if target == "/" || target == "host:" || target == "host:/" {
        return directory("/", SourceKind::Host, "/");
    }
    let found = kind_of(Path::new(target)).map_err(|reason| {
        let scheme = target.split_once(':').map(|(scheme, _)| scheme);
        let is_scheme = scheme.is_some_and(|word| {
            !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'-')
        });
        match scheme.filter(|_| is_scheme) {
            Some(scheme) => unrecognised(
                target,
                format!("\"{scheme}:\" is no kind of target; a target is {SUPPORTED}"),
            ),
            None => Error::Open { locator: shown(target), reason },
        }
    })?;
    if found.is_dir() {
        directory(target, SourceKind::Directory, &format!("dir:{target}"))
    } else if found.is_file() {
        tar::open(Path::new(target), &format!("tar:{target}"))
    } else {
        let reason =
            format!("it is neither a directory nor a regular file; a target is {SUPPORTED}");
        Err(unrecognised(target, reason))
    }
}

#[expect(clippy::disallowed_methods, reason = "the target itself, before it is opened")]
fn kind_of(path: &Path) -> Result<FileType, String> {
    std::fs::metadata(path).map(|found| found.file_type()).map_err(|error| error.to_string())
}

fn directory(path: &str, kind: SourceKind, locator: &str) -> Result<Box<dyn Source>, Error> {
    let volume = HostVolume::open(Path::new(path), Resolution::Automatic).map_err(|errno| {
        let reason = format!("the directory cannot be opened ({})", errno_name(errno));
        Error::Open { locator: shown(locator), reason }
    })?;
    Ok(Box::new(Walked::new(volume, kind, locator)))
}

fn unrecognised(target: &str, reason: String) -> Error {
    Error::Unrecognised { locator: shown(target), reason }
}

fn shown(target: &str) -> String {
    escaped(target.as_bytes()).to_string()
}
