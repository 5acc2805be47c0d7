//! Joins what the files of one package say and hands it to the sink, in the order of the tree.

use std::collections::{BTreeMap, BTreeSet};

use super::part::{LOST, Listed, Named, Part};
use crate::bounds::escape::escaped;
use crate::model::{FileType, Package, PathError, Problem, Stage, TreePath};
use crate::packages::{Claimant, PackageSink, Presence, Shipped};

/// Packages of languages in one target: a build machine has some 100,000, and a baseline has room
/// for two million.
const MAX_PACKAGES: usize = 1_000_000;

/// Paths of all their records together.
const MAX_PATHS: usize = 20_000_000;

/// Takes the packages of one target, a unit at a time.
#[derive(Debug, Default)]
pub struct Units {
    /// Digests of what has been handed on without files: two archives of one directory may hold the
    /// same.
    seen: BTreeSet<[u8; 32]>,
    /// By place, what counts only if nothing else is there.
    otherwise: BTreeMap<String, (&'static str, Listed)>,
    packages: usize,
    paths: usize,
    full: bool,
    lost: bool,
}

impl Units {
    /// Takes everything that the files of a unit say. `place` is where its packages lie, `path` one
    /// of its files, of which problems speak.
    pub fn unit(
        &mut self,
        manager: &'static str,
        (place, path): (&[u8], &TreePath),
        parts: Vec<Part>,
        by_path: Option<Listed>,
        out: &mut PackageSink,
    ) {
        let mut whole = Part::default();
        for part in parts {
            whole.packages.extend(part.packages);
            whole.otherwise.extend(part.otherwise);
            whole.files.extend(part.files);
            whole.of_the_system |= part.of_the_system;
            self.lost |= part.lost;
            for reason in part.faults {
                out.problem(problem(path, reason));
            }
        }
        let at = text_of(place);
        for listed in whole.otherwise {
            let place = below(&at, &listed.below);
            if self.otherwise.len() < MAX_PACKAGES {
                self.otherwise.entry(place).or_insert((manager, listed));
            }
        }
        if whole.packages.is_empty() {
            whole.packages.extend(by_path);
        }
        let files = if whole.of_the_system { Vec::new() } else { whole.files };
        let mut files = Some(files);
        for listed in whole.packages {
            let files = files.take().unwrap_or_default();
            self.package(manager, &at, listed, files, path, out);
        }
    }

    /// Hands on what counts where nothing else was found, and returns whether all packages are listed.
    #[must_use]
    pub fn finish(mut self, is_there: &dyn Fn(&[u8]) -> bool, out: &mut PackageSink) -> bool {
        let otherwise = std::mem::take(&mut self.otherwise);
        let places: BTreeSet<String> = match otherwise.is_empty() {
            true => BTreeSet::new(),
            false => out.packages().iter().map(|package| package.location.clone()).collect(),
        };
        for (place, (manager, listed)) in otherwise {
            if !places.contains(&place) && is_there(place.as_bytes()) {
                let at = Listed { below: String::new(), ..listed };
                self.package(manager, &place, at, Vec::new(), &TreePath::root(), out);
            }
        }
        !self.lost && !self.full
    }

    fn package(
        &mut self,
        manager: &'static str,
        at: &str,
        listed: Listed,
        files: Vec<Named>,
        path: &TreePath,
        out: &mut PackageSink,
    ) {
        let Listed { name, version, architecture, status, details, below: under } = listed;
        if [&name, &version, &architecture, &status].iter().any(|text| text.contains(LOST)) {
            let what = "has control characters, no UTF-8, or no end; another package may be meant";
            out.problem(problem(
                path,
                format!("what it says of {} {what}", escaped(name.as_bytes())),
            ));
        }
        let location = below(at, &under);
        let manager = manager.to_owned();
        let at = location.clone();
        let package = Package { manager, name, architecture, version, status, location };
        if files.is_empty() && !self.seen.insert(digest_of(&package)) {
            return;
        }
        if self.packages >= MAX_PACKAGES {
            if !std::mem::replace(&mut self.full, true) {
                let reason =
                    format!("{MAX_PACKAGES} packages of languages are listed; more are not");
                out.problem(problem(path, reason));
            }
            return;
        }
        self.packages = self.packages.saturating_add(1);
        let claimant = out.package(package);
        out.details(claimant, details);
        let mut directories =
            Directories { location: at.as_bytes(), seen: BTreeSet::new(), held: 0 };
        for file in files {
            directories.claim(claimant, &file.path, out);
            self.paths = self.paths.saturating_add(1);
            if self.paths > MAX_PATHS || !out.has_room(file.path.len()) {
                let reason = "too many files in the records of languages; the rest is not checked";
                return out.problem(problem(path, reason.to_owned()));
            }
            if let Err(error) = claim(claimant, &file, out) {
                let reason = format!("it names {}: {error}", escaped(&file.path));
                out.problem(problem(path, reason));
                return;
            }
        }
    }
}

/// Bytes of the paths of a package's directories that are remembered; real ones have a hundredth.
const MAX_DIRECTORY_BYTES: usize = 4 << 20;

/// The directories that were made for one package: those of its files below its place. Others, such
/// as that of programs, are shared.
struct Directories<'l> {
    location: &'l [u8],
    seen: BTreeSet<Box<[u8]>>,
    held: usize,
}

impl Directories<'_> {
    fn claim(&mut self, claimant: Claimant, file: &[u8], out: &mut PackageSink) {
        let mut directory = file;
        while let Some(at) = directory.iter().rposition(|&byte| byte == b'/') {
            directory = directory.get(..at).unwrap_or_default();
            let below = directory.strip_prefix(self.location);
            let inside =
                below.is_some_and(|below| self.location.is_empty() || below.starts_with(b"/"));
            if !inside || self.seen.contains(directory) || self.held > MAX_DIRECTORY_BYTES {
                return;
            }
            self.held = self.held.saturating_add(directory.len());
            self.seen.insert(directory.into());
            let shipped = Shipped { file_type: Some(FileType::Directory), ..Shipped::default() };
            // A path that is none is told where its file is claimed.
            if out.owns(claimant, directory, Presence::Optional).is_ok() {
                let _recorded = out.shipped(claimant, directory, shipped);
            }
        }
    }
}

fn claim(claimant: Claimant, file: &Named, out: &mut PackageSink) -> Result<(), PathError> {
    // What was installed without a digest was made afterwards, such as bytecode, and may be gone.
    let presence = if file.digest.is_some() { Presence::Shipped } else { Presence::Optional };
    out.owns(claimant, &file.path, presence)?;
    if let Some(digest) = file.digest {
        out.digest(claimant, &file.path, digest)?;
    }
    Ok(())
}

fn digest_of(package: &Package) -> [u8; 32] {
    let Package { manager, name, architecture, version, status, location } = package;
    // None of them holds a NUL.
    drift_lanes::sha256(
        [&**manager, name, architecture, version, status, location].join("\0").as_bytes(),
    )
}

fn problem(path: &TreePath, reason: String) -> Problem {
    Problem { path: path.clone(), stage: Stage::Parse, reason, errno: None }
}

/// A directory as text: names that are none are shown as everywhere else.
fn text_of(place: &[u8]) -> String {
    match std::str::from_utf8(place) {
        Ok(text) => text.to_owned(),
        Err(_) => escaped(place).to_string(),
    }
}

fn below(at: &str, under: &str) -> String {
    match (at.is_empty(), under.is_empty()) {
        (_, true) => at.to_owned(),
        (true, false) => under.to_owned(),
        (false, false) => format!("{at}/{under}"),
    }
}
