//! drift's own artefacts inside a target: found by exact path, left out, and listed in the report.
//!
//! Whoever may write to a target knows these paths. So only what drift itself writes is left out there:
//! a regular file that cannot be executed. A link leads to no artefact, and a program, a directory or
//! a device in the place of one is looked at like anything else.

use std::ffi::OsString;
use std::os::unix::ffi::{OsStrExt as _, OsStringExt as _};
use std::path::{Path, PathBuf};

use drift_core::artifact;
use drift_core::model::{SourceKind, TreePath};
use drift_core::seal::{BUNDLE_SUFFIX, MAX_BUNDLE_BYTES, PAE_SUFFIX};
use drift_core::source::{OverlayTarget, Source};

/// Returns the paths, inside the target, of those of these files that are drift's own.
pub(crate) fn inside(source: &dyn Source, files: &[PathBuf]) -> Vec<TreePath> {
    let files: Vec<PathBuf> = files.iter().filter_map(|file| in_directory(file)).collect();
    let roots = roots(source);
    // The layers of an overlay each may hold something by the same name.
    let is_own = |name: &&Path| roots.iter().all(|root| may_be_own(&root.join(name)));
    let below = |root: &PathBuf| {
        let names = files.iter().filter_map(|file| file.strip_prefix(root).ok()).filter(is_own);
        names.filter_map(|name| TreePath::parse(name.as_os_str().as_bytes()).ok()).collect()
    };
    let mut paths: Vec<TreePath> = roots.iter().flat_map::<Vec<_>, _>(below).collect();
    paths.retain(|path| !path.is_root());
    paths.sort();
    paths.dedup();
    paths
}

/// Whether drift may have written what is there, or there is nothing yet.
fn may_be_own(path: &Path) -> bool {
    use rustix::fs::FileType;
    match rustix::fs::lstat(path) {
        Ok(status) => {
            FileType::from_raw_mode(status.st_mode) == FileType::RegularFile
                && status.st_mode & 0o7111 == 0
        }
        Err(errno) => matches!(errno, rustix::io::Errno::NOENT | rustix::io::Errno::NOTDIR),
    }
}

/// The directories of this machine that hold what the target shows.
fn roots(source: &dyn Source) -> Vec<PathBuf> {
    let locator = source.locator();
    match source.kind() {
        SourceKind::Host => vec![PathBuf::from("/")],
        SourceKind::Directory => {
            let root = Path::new(locator.strip_prefix("dir:").unwrap_or(locator));
            absolute(root).into_iter().collect()
        }
        SourceKind::Overlay => match OverlayTarget::parse(locator) {
            Ok(Some(overlay)) => overlay.directories().filter_map(absolute).collect(),
            _ => Vec::new(),
        },
        SourceKind::Tar
        | SourceKind::Memory
        | SourceKind::Oci
        | SourceKind::DockerArchive
        | SourceKind::Sbom => Vec::new(),
    }
}

/// Returns a sealed file with its bundles: the first, which drift writes, and those further ones
/// that are bundles. A file that merely has such a name is looked at like any other.
pub(crate) fn with_bundles(file: &Path) -> Vec<PathBuf> {
    let mut files = vec![file.to_owned(), beside(file, BUNDLE_SUFFIX)];
    let standing = artifact::bundle_paths(file).unwrap_or_default();
    files.extend(standing.into_iter().filter(|path| is_bundle(path)));
    files
}

/// Returns what a capture writes: the same, and what is to be signed elsewhere.
pub(crate) fn of_capture(file: &Path) -> Vec<PathBuf> {
    let mut files = with_bundles(file);
    files.push(beside(file, PAE_SUFFIX));
    files
}

fn is_bundle(path: &Path) -> bool {
    artifact::read_bounded(path, MAX_BUNDLE_BYTES)
        .is_ok_and(|bytes| drift_core::seal::unverified_statement(&bytes).is_ok())
}

/// Returns the path of a file that stands beside another.
pub(crate) fn beside(file: &Path, suffix: &str) -> PathBuf {
    let mut name = file.as_os_str().to_owned();
    name.push(suffix);
    PathBuf::from(name)
}

/// Follows every link; the last name need not exist yet.
pub(crate) fn absolute(path: &Path) -> Option<PathBuf> {
    real_path(path).ok().or_else(|| in_directory(path))
}

/// Resolves the directory and keeps the last name.
fn in_directory(path: &Path) -> Option<PathBuf> {
    let name = path.file_name()?;
    let parent =
        path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    Some(real_path(parent).ok()?.join(name))
}

/// The path with every link followed, as the kernel knows it.
fn real_path(path: &Path) -> rustix::io::Result<PathBuf> {
    use rustix::fs::{Mode, OFlags};
    use std::os::fd::AsRawFd as _;
    let file = rustix::fs::open(path, OFlags::PATH | OFlags::CLOEXEC, Mode::empty())?;
    let link = format!("/proc/self/fd/{}", file.as_raw_fd());
    let target = rustix::fs::readlink(link, Vec::new())?;
    Ok(PathBuf::from(OsString::from_vec(target.into_bytes())))
}
