//! What a test needs of the machine: a tool, a privilege, an ability of the kernel.
//!
//! ```no_run
//! let Some(debsums) = drift_testkit::need::tool("debsums") else { return };
//! ```
//!
//! What is missing is a recorded skip; with `DRIFT_TEST_REQUIRE=all`, as in CI, it fails the test.
//! Only what `fixtures/impossible.toml` names may be missing there, and only while its probe
//! fails. Skips are appended to the file that `DRIFT_TEST_SKIPS` names, one `TEST\tREASON` a line;
//! `.ci/test` counts them.

mod impossible;
mod probe;
mod skip;

use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use skip::{environment, missing, tolerated};

/// Packages of Debian that hold a tool of another name; shown to whoever lacks it.
const PACKAGES: &[(&str, &str)] = &[
    ("chattr", "e2fsprogs"),
    ("getfacl", "acl"),
    ("setfacl", "acl"),
    ("getfattr", "attr"),
    ("setfattr", "attr"),
    ("getcap", "libcap2-bin"),
    ("setcap", "libcap2-bin"),
    ("systemd-analyze", "systemd"),
    ("man", "man-db"),
    ("mkfs.ext4", "e2fsprogs"),
    ("mtree", "mtree-netbsd"),
    ("rpmbuild", "rpm"),
    ("bsdtar", "libarchive-tools"),
    ("pacman", "pacman-package-manager"),
    ("vercmp", "makepkg"),
    ("gem", "ruby"),
    ("node", "nodejs"),
    ("go", "golang-go"),
    ("java", "libmaven3-core-java default-jre-headless"),
    ("fincore", "util-linux"),
    ("taskset", "util-linux"),
    ("unshare", "util-linux"),
    ("xz", "xz-utils"),
];

/// Returns where the tool stands on `PATH` or in the directories of root's tools.
#[must_use]
#[track_caller]
pub fn tool(name: &str) -> Option<PathBuf> {
    if let Some(path) = find(name) {
        return Some(path);
    }
    let package = PACKAGES.iter().find(|(tool, _)| *tool == name).map_or(name, |row| row.1);
    missing(&format!("no {name}: apt-get install {package}"))
}

/// Returns whether the test runs as root.
#[must_use]
#[track_caller]
pub fn root() -> Option<()> {
    if rustix::process::geteuid().is_root() {
        return Some(());
    }
    missing("not root: run the tests as root")
}

/// Returns the minimal Debian root that `.ci/debian-root` made and `DRIFT_TEST_DEBIAN_ROOT` names.
/// Other tests read it at the same time: change a copy.
#[must_use]
#[track_caller]
pub fn debian_root() -> Option<PathBuf> {
    match environment("DRIFT_TEST_DEBIAN_ROOT").map(PathBuf::from) {
        Some(root) if root.join("etc/os-release").exists() => Some(root),
        Some(root) => {
            missing(&format!("no Debian root in {}: run .ci/debian-root", root.display()))
        }
        None => missing("no Debian root: run .ci/debian-root DIR, set DRIFT_TEST_DEBIAN_ROOT=DIR"),
    }
}

/// Returns a Python interpreter that can import `module`: that of `DRIFT_TEST_PYTHON`, which
/// `.ci/run` sets to its virtual environment, else `python3`.
#[must_use]
#[track_caller]
pub fn python_module(module: &str) -> Option<PathBuf> {
    let python = match environment("DRIFT_TEST_PYTHON") {
        Some(python) => PathBuf::from(python),
        None => tool("python3")?,
    };
    let import = format!("import {module}");
    if crate::command::run(&python, ["-c", &import]).code == Some(0) {
        return Some(python);
    }
    missing(&format!(
        "no Python module {module}: install it and set DRIFT_TEST_PYTHON to its interpreter"
    ))
}

/// Returns whether this machine's kernel and privileges allow what the probe `id` tries.
///
/// The probes are `chattr`, `device-mapper`, `fs-verity`, `fuse`, `loop-mount`, `mknod`, `overlay`,
/// `quota`, `trusted-xattr` and `unshare-mount`.
///
/// # Panics
/// With `DRIFT_TEST_REQUIRE=all`, when it is not allowed and `fixtures/impossible.toml` does not
/// say so, and when it is allowed though the file says that it is impossible. An unknown `id`.
#[must_use]
#[track_caller]
pub fn kernel(id: &str) -> Option<()> {
    let listed = impossible::find(id);
    match (probe::run(listed.as_ref().map_or(id, |entry| &entry.probe)), listed) {
        (Ok(()), None) => Some(()),
        (Ok(()), Some(entry)) => {
            entry.assert_still_impossible(Ok(()));
            Some(())
        }
        (Err(_), Some(entry)) => tolerated(&format!("{}: {}", entry.what, entry.reason)),
        (Err(why), None) => missing(&format!("this machine cannot do {id}: {why}")),
    }
}

/// Returns whether file systems can be mounted in a private mount namespace.
#[must_use]
#[track_caller]
pub fn mount() -> Option<()> {
    root()?;
    kernel("unshare-mount")
}

/// Returns whether a FUSE file system can be served.
#[must_use]
#[track_caller]
pub fn fuse() -> Option<()> {
    mount()?;
    kernel("fuse")
}

/// Returns whether overlay file systems can be mounted.
#[must_use]
#[track_caller]
pub fn overlay() -> Option<()> {
    mount()?;
    kernel("overlay")
}

/// Returns whether a file with an ext4 file system can be mounted.
#[must_use]
#[track_caller]
pub fn loop_mount() -> Option<()> {
    mount()?;
    let _mkfs = tool("mkfs.ext4")?;
    kernel("loop-mount")
}

/// Returns whether tests that take minutes run: `.ci/run full` sets `DRIFT_TEST_FULL=1`.
#[must_use]
#[track_caller]
pub fn full_tier() -> Option<()> {
    match environment("DRIFT_TEST_FULL") {
        Some(value) if value == "1" => Some(()),
        _ => tolerated("takes minutes: set DRIFT_TEST_FULL=1, as .ci/run full does"),
    }
}

/// An executable file of this name, found without starting it.
fn find(name: &str) -> Option<PathBuf> {
    let path = environment("PATH").unwrap_or_default();
    let directories = path.split(':').chain(["/usr/local/sbin", "/usr/sbin", "/sbin"]);
    directories.map(|directory| Path::new(directory).join(name)).find(|path| is_executable(path))
}

#[expect(clippy::disallowed_methods, reason = "looks at this machine's tools, not at a target")]
fn is_executable(path: &Path) -> bool {
    std::fs::metadata(path)
        .is_ok_and(|found| found.is_file() && found.permissions().mode() & 0o111 != 0)
}

#[cfg(test)]
mod tests {
    use super::{find, impossible, probe};

    #[test]
    fn tools_are_found_by_name() {
        assert!(find("sh").is_some_and(|path| path.ends_with("sh")));
        assert_eq!(find("no-such-tool-anywhere"), None);
    }

    #[test]
    fn every_impossible_thing_has_a_probe_and_is_still_impossible() {
        let entries = impossible::all();
        for (at, entry) in entries.iter().enumerate() {
            assert!(probe::names().any(|name| name == entry.probe), "{} has no probe", entry.id);
            assert!(!entry.what.is_empty() && !entry.reason.is_empty(), "{} is bare", entry.id);
            assert!(entries.iter().skip(at + 1).all(|other| other.id != entry.id));
            entry.assert_still_impossible(probe::run(&entry.probe));
        }
    }

    #[test]
    fn a_probe_that_fails_says_why() {
        let Some(()) = super::mount() else { return };
        let Err(why) = probe::attempt("echo no such thing >&2; exit 1") else {
            unreachable!("the script fails")
        };
        assert_eq!(why, "no such thing");
        assert_eq!(probe::attempt("test -d ."), Ok(()));
    }
}
