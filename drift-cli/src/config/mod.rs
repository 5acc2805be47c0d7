//! drift.toml: which files there are, who may have written them, what they say, and what of it holds.
//!
//! The command line outranks the project's file, that the user's, that the system's, key by key. A
//! file that somebody else may change is refused, for it decides what is found: see
//! docs/decisions/0014-drift-toml.md.

mod apply;
mod choose;
mod file;
mod keys;
mod show;

use std::path::{Path, PathBuf};

use drift_core::artifact;
use drift_core::model::Digest;
use drift_core::report::document::ConfigDigest;

use crate::args::ConfigArgs;
use crate::failure::Failure;
use crate::settings::Settings;
use crate::terminal::shown;

use self::file::Stated;

pub(crate) use self::apply::fill;
pub(crate) use self::file::Value;
pub(crate) use self::keys::{KEYS, Key};
pub(crate) use self::show::show;
pub(crate) use drift_core::bounds::nearest;

/// The name of the file in every place.
pub(crate) const FILE_NAME: &str = "drift.toml";

/// A configuration is a page of text.
const MAX_CONFIG_BYTES: usize = 256 << 10;

/// All that the files say, the strongest file first.
#[derive(Debug, Default)]
pub(crate) struct Config {
    files: Vec<File>,
}

/// A place where a configuration may be.
#[derive(Debug)]
struct File {
    /// `system`, `user`, `project` or `named`.
    place: &'static str,
    path: PathBuf,
    /// `in-force`, `absent` or `out-of-reach`.
    state: &'static str,
    said: Option<Said>,
}

#[derive(Debug)]
struct Said {
    digest: Digest,
    stated: Vec<Stated>,
}

/// A value that holds, and where it stands.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Setting<'c> {
    pub(crate) value: &'c Value,
    pub(crate) file: &'c Path,
    pub(crate) line: usize,
}

impl Config {
    /// Reads the file that was named, or those of the three places; none at all when asked.
    pub(crate) fn load(args: &ConfigArgs, settings: &Settings) -> Result<Self, Failure> {
        if args.no_config {
            return Ok(Self::default());
        }
        if let Some(path) = &args.config {
            let file = File::read("named", settings.absolute(path)?, settings)?;
            return match file.said {
                Some(_) => Ok(Self { files: vec![file] }),
                None => Err(Failure::usage_text(format!("there is no file {}", shown(path)))
                    .hint("name another --config, or use --no-config")),
            };
        }
        let places = [
            ("project", settings.working_directory().map(|place| place.join(FILE_NAME))),
            ("user", settings.config_home().map(|home| home.join("drift").join(FILE_NAME))),
            ("system", Some(Path::new("/etc/drift").join(FILE_NAME))),
        ];
        let mut files: Vec<File> = Vec::new();
        for (place, path) in places {
            // In /etc/drift the project's file is the system's.
            let Some(path) = path.filter(|path| files.iter().all(|file| file.path != *path)) else {
                continue;
            };
            files.push(File::read(place, path, settings)?);
        }
        Ok(Self { files })
    }

    /// Returns what the strongest file says of a key; of [`KEYS`] with `table` empty at the top.
    pub(crate) fn get(&self, table: &str, name: &str) -> Option<Setting<'_>> {
        self.files.iter().find_map(|file| {
            let stated = file.said.as_ref()?.stated.iter();
            let found =
                stated.rev().find(|stated| stated.key.table == table && stated.key.name == name)?;
            // The two answer one question: the stronger file decides how.
            Some(Setting { value: &found.value, file: &file.path, line: found.line })
        })
    }

    /// Returns what names the baseline: the strongest file decides whether it names files or a
    /// directory to choose from.
    pub(crate) fn reference(&self) -> Option<(&'static str, Setting<'_>)> {
        let place = |name| {
            let says = |file: &File| {
                let said = file.said.as_ref();
                said.is_some_and(|said| said.stated.iter().any(|stated| stated.key.name == name))
            };
            self.files.iter().position(says)
        };
        let name = match (place("baseline"), place("baselines")) {
            (Some(files), Some(directory)) if directory < files => "baselines",
            (None, Some(_)) => "baselines",
            (Some(_), _) => "baseline",
            (None, None) => return None,
        };
        self.get("", name).map(|setting| (name, setting))
    }

    /// Returns the files in force, as reports name them.
    pub(crate) fn digests(&self) -> Vec<ConfigDigest> {
        let digest = |file: &File| {
            let digest = file.said.as_ref()?.digest.to_string();
            Some(ConfigDigest { file: file.path.to_string_lossy().into_owned(), digest })
        };
        self.files.iter().filter_map(digest).collect()
    }
}

impl File {
    fn read(place: &'static str, path: PathBuf, settings: &Settings) -> Result<Self, Failure> {
        match check_owned(&path, settings) {
            Ok(()) => {}
            Err(artifact::Error::System { source, .. }) if is_absent(&source) => {
                return Ok(Self { place, path, state: "absent", said: None });
            }
            // HOME may still be that of whoever started this user's process, and closed to this user.
            Err(artifact::Error::System { source, .. })
                if place == "user" && source.kind() == std::io::ErrorKind::PermissionDenied =>
            {
                return Ok(Self { place, path, state: "out-of-reach", said: None });
            }
            // Somebody else's directory without a file says nothing that could be obeyed; where the
            // system's file is missing, somebody else may have taken it away.
            Err(artifact::Error::Exposed { .. })
                if matches!(place, "project" | "user") && is_nowhere(&path) =>
            {
                return Ok(Self { place, path, state: "absent", said: None });
            }
            Err(error) => {
                return Err(Failure::from(error)
                    .hint("or name another file with --config FILE, or none with --no-config"));
            }
        }
        let bytes = artifact::read_bounded(&path, MAX_CONFIG_BYTES)?;
        let digest = Digest::sha256_of(&bytes);
        let text = String::from_utf8(bytes)
            .map_err(|_| Failure::usage_text(format!("{} is not UTF-8 text", shown(&path))))?;
        let directory = path.parent().unwrap_or(Path::new("/"));
        let stated = file::parse(&text, directory).map_err(|wrong| {
            Failure::usage_text(format!("{}:{}: {}", shown(&path), wrong.line, wrong.why))
                .hint("drift config show --no-config lists every key")
        })?;
        Ok(Self { place, path, state: "in-force", said: Some(Said { digest, stated }) })
    }
}

/// Fails when others may change a file that decides what is found.
fn check_owned(path: &Path, settings: &Settings) -> Result<(), artifact::Error> {
    artifact::check_owned(path, settings.user)
}

/// Whether nothing has this name; a link that leads nowhere is something.
fn is_nowhere(path: &Path) -> bool {
    use rustix::io::Errno;
    matches!(rustix::fs::lstat(path), Err(Errno::NOENT | Errno::NOTDIR))
}

fn is_absent(error: &std::io::Error) -> bool {
    matches!(error.kind(), std::io::ErrorKind::NotFound | std::io::ErrorKind::NotADirectory)
}
