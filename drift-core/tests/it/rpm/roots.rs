//! The roots, built once for all tests.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::LazyLock;

use drift_core::bounds::Budget;
use drift_core::packages::{Files, Records, parse, wants};
use drift_testkit::{TempRoot, need};

/// Where `roots.py` put the roots; `None` where its tools are missing.
static BUILT: LazyLock<Option<TempRoot>> = LazyLock::new(|| {
    need::root()?;
    for tool in ["rpm", "rpmbuild", "db5.3_load", "setcap", "sqlite3", "python3"] {
        need::tool(tool)?;
    }
    let root = TempRoot::new();
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fixtures/packages/rpm/roots.py");
    let done = Command::new("python3")
        .arg("-B")
        .arg(script)
        .arg(root.path())
        .stdin(Stdio::null())
        .output()
        .expect("because python3 was found");
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    Some(root)
});

/// Returns the directory of the roots.
pub(super) fn built() -> Option<&'static Path> {
    BUILT.as_ref().map(TempRoot::path)
}

/// Runs rpm on the database of a root and returns what it prints.
pub(super) fn rpm<I: AsRef<OsStr>>(
    root: &Path,
    backend: &str,
    arguments: impl IntoIterator<Item = I>,
) -> Vec<u8> {
    let mut command = Command::new("rpm");
    command.arg("--root").arg(root).args(["--dbpath", "/var/lib/rpm"]);
    command.arg("--define").arg(format!("_db_backend {backend}")).args(arguments);
    let done = command
        .env("LC_ALL", "C.UTF-8")
        .stdin(Stdio::null())
        .stderr(Stdio::null())
        .output()
        .expect("because rpm was found");
    done.stdout
}

/// Reads the files of databases below a root.
pub(super) fn contents(root: &Path) -> Vec<(String, Vec<u8>)> {
    let directory = root.join("var/lib/rpm");
    let items = std::fs::read_dir(&directory).expect("because the database is there");
    let names = items.flatten().filter_map(|item| item.file_name().into_string().ok());
    let paths = names.map(|name| format!("var/lib/rpm/{name}"));
    let mut found: Vec<(String, Vec<u8>)> = paths
        .filter(|path| wants(path.as_bytes()))
        .map(|path| (path.clone(), std::fs::read(root.join(&path)).expect("because it is ours")))
        .collect();
    found.sort();
    found
}

pub(super) fn records_of(contents: &[(String, Vec<u8>)]) -> Records {
    let mut files = Files::new();
    for (path, content) in contents {
        files.insert(path.as_bytes(), Ok(content));
    }
    parse(&files, &mut Budget::new(1 << 30, 1 << 24))
}

/// A directory for one test.
pub(super) fn scratch(name: &str) -> (TempRoot, PathBuf) {
    let root = TempRoot::new();
    let path = root.at(name);
    (root, path)
}
