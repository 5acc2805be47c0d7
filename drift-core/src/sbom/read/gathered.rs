//! What a bill holds that can be compared, and what it holds beyond that.

use std::collections::{BTreeMap, BTreeSet};

use base64::Engine as _;

use crate::bounds::Budget;
use crate::bounds::escape::escaped;
use crate::model::{Algorithm, Digest, Package, Problem, Stage, TreePath};
use crate::packages::{self, Purl};

/// Packages and files of one bill; the largest images have half a million files.
const MAX_ITEMS: u64 = 5_000_000;

/// Bytes of the longest path that a program can name in one call (path_resolution(7)).
const MAX_PATH_BYTES: usize = 4096;

/// Kinds of components that are told apart when they cannot be compared.
const MAX_KINDS: usize = 20;

/// Faults that are told one by one.
const FAULTS_TOLD: usize = 8;

/// Files by path, with their SHA-256 where the bill gives one.
pub(in crate::sbom) type FileDigests = BTreeMap<TreePath, Option<Digest>>;

/// What was read so far.
#[derive(Debug)]
pub(in crate::sbom) struct Gathered {
    /// In the order of the bill.
    pub(in crate::sbom) packages: Vec<Package>,
    pub(in crate::sbom) files: FileDigests,
    /// Name and version of the operating system.
    pub(in crate::sbom) system: Option<(String, String)>,
    /// Whether the bill itself says that it does not list everything.
    pub(in crate::sbom) incomplete: bool,
    /// Components that drift cannot compare, by what they are.
    beyond: BTreeMap<String, u64>,
    /// Packages of SPDX without a package URL, and what the document is about; the latter need none.
    unnamed: BTreeSet<String>,
    described: BTreeSet<String>,
    faults: Vec<String>,
    more_faults: u64,
    budget: Budget,
}

impl Default for Gathered {
    fn default() -> Self {
        Self {
            packages: Vec::new(),
            files: BTreeMap::new(),
            system: None,
            incomplete: false,
            beyond: BTreeMap::new(),
            unnamed: BTreeSet::new(),
            described: BTreeSet::new(),
            faults: Vec::new(),
            more_faults: 0,
            budget: Budget::new(0, MAX_ITEMS),
        }
    }
}

impl Gathered {
    /// Pays for one component.
    pub(super) fn item(&mut self) -> Result<(), String> {
        self.budget.item().map_err(|exceeded| exceeded.to_string())
    }

    /// Takes a package by its package URL.
    pub(super) fn package(&mut self, purl: &str) {
        let Some(read) = Purl::parse(purl) else {
            let shown: String = purl.chars().take(128).collect();
            return self
                .fault(format!("{:?} is no package URL", escaped(shown.as_bytes()).to_string()));
        };
        match read.package().filter(|package| packages::reads(&package.manager)) {
            Some(package) => self.packages.push(package),
            None => self.beyond(&format!("packages of type \"{}\"", read.kind)),
        }
    }

    /// Counts a component that says nothing that drift could compare.
    pub(super) fn beyond(&mut self, what: &str) {
        let known = self.beyond.len() < MAX_KINDS || self.beyond.contains_key(what);
        let what: String =
            if known { what.chars().take(64).collect() } else { "others".to_owned() };
        let count = self.beyond.entry(what).or_default();
        *count = count.saturating_add(1);
    }

    /// Notes a package of SPDX without a package URL.
    pub(super) fn unnamed(&mut self, id: String) {
        self.unnamed.insert(id);
    }

    /// Notes that the document is about this element.
    pub(super) fn described(&mut self, id: String) {
        self.described.insert(id);
    }

    /// Counts the packages without a package URL, but for what the document is about.
    pub(super) fn settle_described(&mut self) {
        let unnamed = std::mem::take(&mut self.unnamed);
        let described = std::mem::take(&mut self.described);
        for _ in 0..unnamed.difference(&described).count() {
            self.beyond("packages without a package URL");
        }
    }

    /// Takes a file; `exact` is its path in base64 where text cannot carry it.
    pub(super) fn file(&mut self, name: &str, exact: Option<&str>, sha256: Option<&str>) {
        let decoded =
            exact.and_then(|coded| base64::engine::general_purpose::STANDARD.decode(coded).ok());
        let bytes = decoded.as_deref().unwrap_or(name.as_bytes());
        let bytes = bytes.strip_prefix(b"./").unwrap_or(bytes);
        let bytes = bytes.strip_prefix(b"/").unwrap_or(bytes);
        let long = bytes.len() > MAX_PATH_BYTES;
        let path = match TreePath::parse(bytes) {
            Ok(path) if !path.is_root() && !long => path,
            _ => {
                let shown: Vec<u8> = bytes.iter().copied().take(128).collect();
                return self.fault(format!("\"{}\" is no path of a file", escaped(&shown)));
            }
        };
        let digest = sha256.and_then(|hex| {
            Digest::from_hex(Algorithm::Sha256, hex.trim().to_ascii_lowercase().as_bytes())
        });
        if sha256.is_some() && digest.is_none() {
            self.fault(format!("{path} has a SHA-256 that is none"));
        }
        match self.files.get(&path) {
            Some(first) if *first != digest => {
                self.fault(format!(
                    "{path} stands twice, with different digests; the first counts"
                ));
            }
            Some(_) => {}
            None => {
                self.files.insert(path, digest);
            }
        }
    }

    pub(super) fn fault(&mut self, what: String) {
        if self.faults.len() < FAULTS_TOLD {
            self.faults.push(what);
        } else {
            self.more_faults = self.more_faults.saturating_add(1);
        }
    }

    /// Returns what of the bill could not be taken, as problems of the whole.
    pub(in crate::sbom) fn problems(&self) -> Vec<Problem> {
        let beyond = self.beyond.iter().map(|(what, count)| {
            format!("the bill of materials lists {count} {what}, which cannot be compared")
        });
        let faults = self.faults.iter().map(|what| format!("in the bill of materials, {what}"));
        let more = (self.more_faults > 0)
            .then(|| format!("and {} faults more in the bill of materials", self.more_faults));
        let problem =
            |reason| Problem { path: TreePath::root(), stage: Stage::Parse, reason, errno: None };
        beyond.chain(faults).chain(more).map(problem).collect()
    }
}
