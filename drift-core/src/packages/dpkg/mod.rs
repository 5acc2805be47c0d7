//! dpkg: Debian and its kin, and the `status.d` of images built without dpkg ("distroless").
//!
//! Sources: dpkg(1), deb822(5), deb-conffiles(5), dpkg-divert(1), dpkg-statoverride(1),
//! update-alternatives(1), dpkg.cfg(5). Since version 1.16.3 dpkg itself makes the list of MD5 sums
//! of a package that ships none, so an installed package without one has lost it.

mod config;
mod copyright;
pub(crate) mod deb822;
mod details;
mod info;
mod local;
mod selections;
mod status;
#[cfg(test)]
mod tests;
mod version;

use super::PackageDatabase;
use super::files::{Completeness, Files};
use super::reading::Reading;
use super::record::PackageSink;
use crate::bounds::Budget;
use crate::model::Package;

pub use copyright::licences_of_copyright;
use status::State;
pub use version::dpkg_version_cmp;

const STATUS: &[u8] = b"var/lib/dpkg/status";
const STATUS_D: &[u8] = b"var/lib/dpkg/status.d/";
const UPDATES: &[u8] = b"var/lib/dpkg/updates/";
const INFO: &[u8] = b"var/lib/dpkg/info/";
const DIVERSIONS: &[u8] = b"var/lib/dpkg/diversions";
const OVERRIDES: &[u8] = b"var/lib/dpkg/statoverride";
const ALTERNATIVES: &[u8] = b"var/lib/dpkg/alternatives/";
const ARCHITECTURES: &[u8] = b"var/lib/dpkg/arch";
const CONFIG: &[u8] = b"etc/dpkg/dpkg.cfg";
const CONFIG_D: &[u8] = b"etc/dpkg/dpkg.cfg.d/";

/// Files of dpkg's own that no package ships and that need not be there.
const BOOKS: [&str; 19] = [
    "var/lib/dpkg/arch",
    "var/lib/dpkg/available",
    "var/lib/dpkg/available-old",
    "var/lib/dpkg/cmethopt",
    "var/lib/dpkg/diversions",
    "var/lib/dpkg/diversions-old",
    "var/lib/dpkg/info/format",
    "var/lib/dpkg/lock",
    "var/lib/dpkg/lock-frontend",
    "var/lib/dpkg/statoverride",
    "var/lib/dpkg/statoverride-old",
    "var/lib/dpkg/status",
    "var/lib/dpkg/status-old",
    "var/lib/dpkg/status.d",
    "var/lib/dpkg/triggers",
    "var/lib/dpkg/triggers/File",
    "var/lib/dpkg/triggers/Lock",
    "var/lib/dpkg/triggers/Unincorp",
    "var/lib/dpkg/updates",
];

/// The database of dpkg.
#[derive(Debug, Clone, Copy)]
pub struct Dpkg;

impl PackageDatabase for Dpkg {
    fn name(&self) -> &'static str {
        "dpkg"
    }

    fn compare_versions(&self, a: &str, b: &str) -> std::cmp::Ordering {
        dpkg_version_cmp(a.as_bytes(), b.as_bytes())
    }

    fn files(&self) -> &'static [&'static str] {
        &[
            "var/lib/dpkg/status",
            "var/lib/dpkg/status.d/*",
            "var/lib/dpkg/updates/*",
            "var/lib/dpkg/info/*.list",
            "var/lib/dpkg/info/*.md5sums",
            "var/lib/dpkg/diversions",
            "var/lib/dpkg/statoverride",
            "var/lib/dpkg/alternatives/*",
            "var/lib/dpkg/arch",
            "etc/dpkg/dpkg.cfg",
            "etc/dpkg/dpkg.cfg.d/*",
        ]
    }

    fn parse(&self, files: &Files<'_>, budget: &mut Budget, out: &mut PackageSink) -> Completeness {
        let mut reading = Reading::new(files, budget, out);
        let registered = status::read(&mut reading);
        let (mut architecture, mut strays) = (None, Vec::new());
        for ((name, arch), package) in &registered {
            match package.state {
                State::Absent => continue,
                State::ConfigFiles => {
                    info::leftovers(&mut reading, name, package);
                    continue;
                }
                State::Present => {}
            }
            if name == "dpkg" {
                architecture = Some(arch.clone());
            }
            let claimant = reading.out.package(Package {
                manager: "dpkg".to_owned(),
                name: name.clone(),
                architecture: arch.clone(),
                version: package.version.clone(),
                status: package.status.clone(),
                location: String::new(),
            });
            let details = details::read(&mut reading, package);
            reading.out.details(claimant, details);
            info::read(&mut reading, claimant, (name, arch), package, &mut strays);
        }
        info::strays(&mut reading, &strays);
        info::orphans(&mut reading, &registered);
        local::diversions(&mut reading);
        local::overrides(&mut reading);
        selections::read(&mut reading);
        config::read(&mut reading);
        if let Some(native) = local::native_architecture(&mut reading).or(architecture) {
            reading.out.architecture(native);
        }
        if !registered.is_empty() {
            for path in BOOKS {
                note_book(&mut reading, path.as_bytes());
            }
        }
        reading.finish()
    }

    #[cfg(test)]
    fn sample(&self) -> super::Sample {
        let files = tests::SAMPLE.iter().map(|(path, text)| (*path, text.as_bytes().into()));
        super::Sample { files: files.collect(), silent_cuts: 0 }
    }
}

/// Registers a file of dpkg's own; its path is ours or was a path of `Files`, so it is in order.
fn note_book(reading: &mut Reading<'_, '_>, path: &[u8]) {
    if let Err(error) = reading.out.bookkeeping(path) {
        reading.note(path, error.to_string(), Completeness::RecordsIncomplete);
    }
}

/// Returns the lines of a file with their numbers from 1, and whether the last one ends.
fn lines(text: &[u8]) -> (impl Iterator<Item = (usize, &[u8])>, bool) {
    let ended = text.is_empty() || text.ends_with(b"\n");
    let body = text.strip_suffix(b"\n").unwrap_or(text);
    let count = if text.is_empty() { 0 } else { usize::MAX };
    ((1..).zip(body.split(|&byte| byte == b'\n')).take(count), ended)
}
