//! Images: an OCI layout or an archive of `docker save`, down to the layers that make its root.
//!
//! What is read here is small and decides everything else, so nothing is taken on trust: each
//! document is verified against the digest that named it before it is parsed, and parsed as strictly
//! as [`json`] says. The layers themselves are verified and merged in `source/layers`.
//! `docs/images.md` says what is taken and what is refused, `docs/decisions/0011-image-layouts.md` why.

mod assemble;
mod choice;
mod command;
mod config;
mod descriptor;
mod docker;
mod index;
mod json;
mod oci;
mod store;

use std::ops::ControlFlow;
use std::path::Path;
use std::sync::Arc;

use crate::bounds::Cancel;
use crate::model::{Platform, SourceKind};

use super::compression::{self, Coding};
use super::layers;
use super::rate::Rate;
use super::stored::StoredFile;
use super::tar::members::names;
use super::{Error, Source};

use choice::Wanted;
use store::{Members, Store, top};

/// Which form an image has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    /// An OCI layout.
    Oci,
    /// An archive of `docker save`.
    Docker,
}

impl Form {
    /// Every form.
    pub(super) const ALL: [Self; 2] = [Self::Oci, Self::Docker];

    /// Returns what stands before the colon.
    pub(super) fn scheme(self) -> &'static str {
        self.kind().name()
    }

    fn kind(self) -> SourceKind {
        match self {
            Self::Oci => SourceKind::Oci,
            Self::Docker => SourceKind::DockerArchive,
        }
    }
}

/// Why an image cannot be had.
#[derive(Debug)]
enum Refusal {
    /// None, or several, are what was asked for.
    Choice(String),
    /// It contradicts itself, breaks off, or is of a kind that is not read.
    Malformed(String),
}

impl From<String> for Refusal {
    fn from(reason: String) -> Self {
        Self::Malformed(reason)
    }
}

/// What was asked for, and what it is called.
#[derive(Debug, Clone, Copy)]
pub(super) struct Asked<'a> {
    /// What reports call the target, escaped.
    pub(super) locator: &'a str,
    pub(super) tag: Option<&'a str>,
    pub(super) platform: Option<&'a Platform>,
    pub(super) cancel: &'a Cancel,
    /// The limit to the rate of reading.
    pub(super) rate: Option<&'a Arc<Rate>>,
}

/// Whether a directory is an OCI layout.
pub(super) fn is_layout(path: &Path) -> bool {
    Store::directory(path, None)
        .is_ok_and(|store| store.has("oci-layout") && store.has("index.json"))
}

/// Opens an OCI layout in a directory.
pub(super) fn directory(path: &Path, asked: Asked<'_>) -> Result<Box<dyn Source>, Error> {
    let store = Store::directory(path, asked.rate)
        .map_err(|reason| Error::Open { locator: asked.locator.to_owned(), reason })?;
    source(Form::Oci, &store, asked)
}

/// Opens an image in an archive.
pub(super) fn archive(
    file: StoredFile,
    form: Form,
    asked: Asked<'_>,
) -> Result<Box<dyn Source>, Error> {
    let malformed = |reason| Error::Malformed { locator: asked.locator.to_owned(), reason };
    let members = plain(file, asked.cancel)
        .and_then(|file| Members::read(file, |_| true))
        .map_err(malformed)?
        .ok_or_else(|| malformed("it is empty".to_owned()))?;
    source(form, &Store::Archive(members), asked)
}

/// What a file turned out to be.
pub(super) enum Detected {
    /// An image.
    Image(Form, Box<Found>),
    /// Something else.
    Other(StoredFile),
}

/// The files of an image that was detected.
pub(super) struct Found(Store);

impl Found {
    /// Opens the image.
    pub(super) fn open(&self, form: Form, asked: Asked<'_>) -> Result<Box<dyn Source>, Error> {
        source(form, &self.0, asked)
    }
}

/// Says whether a file is an image: an archive, perhaps compressed, in which nothing stands at the
/// top but what belongs to one. An error is one of the archive.
pub(super) fn detect(file: StoredFile, cancel: &Cancel) -> Result<Detected, String> {
    let Some(coding) = coding_of_image(&file) else { return Ok(Detected::Other(file)) };
    let members = match coding {
        Coding::Plain => file.again().and_then(|again| Members::read(again, belongs)),
        _ => held(&file, coding, cancel).and_then(|held| Members::read(held, belongs)),
    };
    let Some(members) = members? else { return Ok(Detected::Other(file)) };
    let store = Store::Archive(members);
    let form = match (store.has("oci-layout") && store.has("index.json"), &store) {
        (true, _) => Form::Oci,
        (false, store) if store.has("manifest.json") || store.has("repositories") => Form::Docker,
        _ => return Ok(Detected::Other(file)),
    };
    Ok(Detected::Image(form, Box::new(Found(store))))
}

fn source(form: Form, store: &Store, asked: Asked<'_>) -> Result<Box<dyn Source>, Error> {
    let wanted = Wanted { tag: asked.tag.map(str::to_owned), platform: asked.platform.cloned() };
    let found = match form {
        Form::Oci => oci::read(store, &wanted).and_then(|found| {
            if matches!(store, Store::Archive(_)) && store.has("manifest.json") {
                docker::check_same(store, &wanted, &found.image)?;
            }
            Ok(found)
        }),
        Form::Docker => docker::read(store, &wanted),
    };
    let locator = asked.locator.to_owned();
    match found {
        Ok(found) => Ok(layers::source(form.kind(), asked.locator, found.image, found.layers)),
        Err(Refusal::Choice(reason)) => Err(Error::Choice { locator, reason }),
        Err(Refusal::Malformed(reason)) => Err(Error::Malformed { locator, reason }),
    }
}

/// Returns the coding of a file whose first entry is one of an image.
fn coding_of_image(file: &StoredFile) -> Option<Coding> {
    let coding = coding(file).ok()?;
    let input = compression::decoded(coding, file.from(0)).ok()?;
    let mut is_image = false;
    let mut had_root = false;
    names(input, &mut |name| match top(name) {
        // The root itself tells nothing, once.
        b"" | b"." if !had_root => {
            had_root = true;
            ControlFlow::Continue(())
        }
        top => {
            is_image = belongs(top);
            ControlFlow::Break(())
        }
    });
    is_image.then_some(coding)
}

fn coding(file: &StoredFile) -> Result<Coding, String> {
    let mut first = Vec::new();
    std::io::Read::read_to_end(&mut std::io::Read::take(file.from(0), 512), &mut first)
        .map_err(|error| format!("its first bytes cannot be read: {error}"))?;
    compression::detect(&first)
        .map_err(|name| format!("{name} is not read; decompress it, or use gzip, zstd or xz"))
}

/// Returns the archive without compression: ranges of it are read.
fn plain(file: StoredFile, cancel: &Cancel) -> Result<StoredFile, String> {
    match coding(&file)? {
        Coding::Plain => Ok(file),
        coding => held(&file, coding, cancel),
    }
}

fn held(file: &StoredFile, coding: Coding, cancel: &Cancel) -> Result<StoredFile, String> {
    let input = compression::decoded(coding, file.from(0)).map_err(|error| error.to_string())?;
    let held = StoredFile::held(input, cancel)?;
    file.unchanged()?;
    Ok(held)
}

/// Whether a name at the top of an archive belongs to an image: of a layout, of `docker save`, or of
/// the tools that write as it does, which name files by digests.
fn belongs(top: &[u8]) -> bool {
    const NAMES: [&[u8]; 7] =
        [b"", b".", b"oci-layout", b"index.json", b"blobs", b"manifest.json", b"repositories"];
    let hex = top.strip_prefix(b"sha256:").unwrap_or(top);
    let digits = hex.iter().take_while(|byte| byte.is_ascii_hexdigit()).count();
    NAMES.contains(&top) || (digits == 64 && matches!(hex.get(64), None | Some(b'.')))
}

/// Returns a command line with what looks like a secret masked.
pub(crate) fn masked_command(command: &str) -> String {
    command::masked(command).text
}
