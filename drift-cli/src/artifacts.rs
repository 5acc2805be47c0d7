//! drift's own artefacts inside a target: found by exact path, left out, and listed in the report.

use std::ffi::OsString;
use std::os::unix::ffi::{OsStrExt as _, OsStringExt as _};
use std::path::{Path, PathBuf};

use drift_core::artifact;
use drift_core::model::{SourceKind, TreePath};
use drift_core::seal::{BUNDLE_SUFFIX, PAE_SUFFIX};
use drift_core::source::Source;

use crate::settings::Settings;

/// Returns the paths, inside the target, of these files and of what drift writes beside them.
pub(crate) fn inside(source: &dyn Source, files: &[PathBuf]) -> Vec<TreePath> {
    let root = match source.kind() {
        SourceKind::Host => PathBuf::from("/"),
        SourceKind::Directory => {
            match absolute(Path::new(source.locator().strip_prefix("dir:").unwrap_or(source.locator()))) {
                Some(root) => root,
                None => return Vec::new(),
            }
        }
        SourceKind::Tar | SourceKind::Memory => return Vec::new(),
    };
    let mut paths: Vec<TreePath> = files
        .iter()
        .filter_map(|file| absolute(file))
        .filter_map(|file| TreePath::parse(file.strip_prefix(&root).ok()?.as_os_str().as_bytes()).ok())
        .filter(|path| !path.is_root())
        .collect();
    paths.sort();
    paths.dedup();
    paths
}

/// Returns a sealed file with its bundles, those there now and those about to be written.
pub(crate) fn with_bundles(file: &Path) -> Vec<PathBuf> {
    let beside = |suffix: &str| {
        let mut name = file.as_os_str().to_owned();
        name.push(suffix);
        PathBuf::from(name)
    };
    let mut files = vec![file.to_owned(), beside(BUNDLE_SUFFIX), beside(PAE_SUFFIX)];
    files.extend(artifact::bundle_paths(file).unwrap_or_default());
    files
}

/// Returns the file in which sequences are remembered.
pub(crate) fn state(settings: &Settings, named: Option<&PathBuf>) -> Option<PathBuf> {
    settings.state_directory(named).map(|directory| directory.join(artifact::LINEAGES_FILE))
}

/// Resolves the directory and keeps the last name, which need not exist yet.
fn absolute(path: &Path) -> Option<PathBuf> {
    if let Ok(whole) = real_path(path) {
        return Some(whole);
    }
    let name = path.file_name()?;
    let parent = path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
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
