//! The files of the repository, as text, in order of their paths.

#![expect(clippy::disallowed_methods, reason = "this test reads the repository")]

use std::fs;
use std::path::{Path, PathBuf};

/// One file.
pub(crate) struct File {
    /// Its path inside the repository.
    pub(crate) path: String,
    /// What it says.
    pub(crate) text: String,
}

impl File {
    pub(crate) fn is_rust(&self) -> bool {
        self.path.ends_with(".rs")
    }

    /// Whether the whole file is for tests.
    pub(crate) fn is_test(&self) -> bool {
        self.path.contains("/tests/") || self.path.ends_with("/tests.rs")
    }

    /// Its lines with their numbers, up to the tests beside the code.
    pub(crate) fn code(&self) -> impl Iterator<Item = (usize, &str)> {
        let numbered = self.text.lines().enumerate().map(|(at, line)| (at + 1, line));
        numbered.take_while(|(_, line)| !line.starts_with("#[cfg(test)]"))
    }

    /// `code`, without the lines that are comments.
    pub(crate) fn statements(&self) -> impl Iterator<Item = (usize, &str)> {
        self.code().filter(|(_, line)| !line.trim_start().starts_with("//"))
    }
}

/// Where the repository is on this machine.
pub(crate) fn root() -> PathBuf {
    let package = Path::new(env!("CARGO_MANIFEST_DIR"));
    package.parent().expect("because the package lies in the repository").to_owned()
}

/// Returns every text file, generated and recorded ones left out.
pub(crate) fn files() -> Vec<File> {
    let root = root();
    let mut found = Vec::new();
    let mut pending = vec![root.clone()];
    while let Some(directory) = pending.pop() {
        for entry in fs::read_dir(&directory).expect("a directory of the repository") {
            let path = entry.expect("a name of the repository").path();
            let name = path.strip_prefix(&root).expect("because the walk starts there");
            let name = name.to_str().expect("the repository's names are UTF-8").to_owned();
            if [".git", "target", "Cargo.lock"].contains(&name.as_str()) || path.is_symlink() {
                continue;
            }
            if path.is_dir() {
                pending.push(path);
            } else if let Ok(text) = fs::read_to_string(&path) {
                found.push(File { path: name, text });
            }
        }
    }
    found.sort_by(|one, other| one.path.cmp(&other.path));
    found
}

/// Returns the Rust sources.
pub(crate) fn rust() -> Vec<File> {
    files().into_iter().filter(File::is_rust).collect()
}

/// Returns what one file says; empty when there is no such file.
pub(crate) fn read(path: &str) -> String {
    fs::read_to_string(root().join(path)).unwrap_or_default()
}

/// Replaces a generated document.
pub(crate) fn write(path: &str, text: &str) {
    fs::write(root().join(path), text).expect("the repository can be written");
}

/// Fails with one line for each finding and what to do about them.
#[track_caller]
pub(crate) fn none(findings: &[String], advice: &str) {
    assert!(findings.is_empty(), "{advice}:\n  {}", findings.join("\n  "));
}

#[test]
fn the_walk_sees_the_repository() {
    let files = files();
    for known in ["Cargo.toml", "drift-core/src/lib.rs", "drift-cli/tests/tidy/main.rs", ".ci/run"]
    {
        assert!(files.iter().any(|file| file.path == known), "{known} was not found");
    }
}
