//! Which source a target names: by its scheme, or by what stands at the path.

use std::fs::FileType;
use std::path::Path;

use crate::bounds::escape::escaped;
use crate::model::SourceKind;

use super::image::{self, Asked, Detected, Form};
use super::stored::StoredFile;
use super::walked::Walked;
use super::{
    Error, HostVolume, OverlayTarget, Resolution, Selection, Source, errno_name, overlay, tar,
};

/// The schemes that a target can begin with, for messages.
const SUPPORTED: &str = "/ or host: for this host, dir:PATH for a root directory, \
    overlay:UPPER:LOWER[:LOWER...] for one under overlayfs, tar:FILE for an \
    archive of one (plain, gzip, zstd or xz), oci:DIR|FILE[@TAG] or docker-archive:FILE[@TAG] for an \
    image, and - in the place of FILE for standard input";

/// Opens a target: `/` or `host:`, `dir:PATH`, `tar:FILE`, `oci:DIR[@TAG]`, `oci:FILE[@TAG]`,
/// `docker-archive:FILE[@TAG]`, or a path, which is a root directory, an archive of one or an image
/// by what stands there. `-` in the place of a file is standard input.
///
/// ```
/// use drift_core::source;
/// let error = source::open("floppy:a", &source::Selection::default()).err().expect("there is no such scheme");
/// assert!(error.to_string().contains("dir:PATH"));
/// ```
pub fn open(target: &str, selection: &Selection) -> Result<Box<dyn Source>, Error> {
    if let Some(path) = target.strip_prefix("dir:") {
        return directory(path, SourceKind::Directory, target, selection);
    }
    if let Some(path) = target.strip_prefix("tar:") {
        return tar::of_file(stored(path, target, selection)?, target);
    }
    if let Some(named) = OverlayTarget::parse(target)? {
        return overlay::open(&named, &selection.manners);
    }
    let scheme = |form: &Form| {
        let rest = target.strip_prefix(form.scheme())?;
        rest.strip_prefix(':')
    };
    if let Some((form, rest)) = Form::ALL.iter().find_map(|form| Some((*form, scheme(form)?))) {
        return named_image(form, rest, target, selection);
    }
    match target {
        "/" | "host:" | "host:/" => directory("/", SourceKind::Host, "/", selection),
        "-" => detected(stored("-", target, selection)?, target, selection),
        _ => by_path(target, selection),
    }
}

/// Opens what stands at a path.
fn by_path(target: &str, selection: &Selection) -> Result<Box<dyn Source>, Error> {
    let found = kind_of(Path::new(target)).map_err(|reason| not_there(target, reason))?;
    if found.is_dir() {
        if !image::is_layout(Path::new(target)) {
            return directory(target, SourceKind::Directory, &format!("dir:{target}"), selection);
        }
        let locator = format!("{}:{}", Form::Oci.scheme(), shown(target));
        return image::directory(Path::new(target), asked(&locator, None, selection));
    }
    if found.is_file() {
        return detected(stored(target, target, selection)?, target, selection);
    }
    let reason = format!("it is neither a directory nor a regular file; a target is {SUPPORTED}");
    Err(unrecognised(target, reason))
}

/// Opens a file by what is in it: an image, or else the archive of a root.
fn detected(
    file: StoredFile,
    target: &str,
    selection: &Selection,
) -> Result<Box<dyn Source>, Error> {
    let found = image::detect(file, &selection.cancel)
        .map_err(|reason| Error::Malformed { locator: shown(target), reason })?;
    selection.cancel.check()?;
    match found {
        Detected::Other(file) => tar::of_file(file, &format!("tar:{target}")),
        Detected::Image(form, found) => {
            let locator = format!("{}:{}", form.scheme(), shown(target));
            found.open(form, asked(&locator, None, selection))
        }
    }
}

/// Opens an image by its scheme.
fn named_image(
    form: Form,
    rest: &str,
    target: &str,
    selection: &Selection,
) -> Result<Box<dyn Source>, Error> {
    let (path, tag) = split(rest, target)?;
    let locator = shown(target);
    let asked = asked(&locator, tag, selection);
    let is_directory = || kind_of(Path::new(path)).is_ok_and(|found| found.is_dir());
    if form == Form::Oci && path != "-" && is_directory() {
        return image::directory(Path::new(path), asked);
    }
    image::archive(stored(path, target, selection)?, form, asked)
}

/// Splits `PATH@TAG`. An `@` of the path itself is one when nothing stands at the path without what
/// follows it; `PATH@` ends doubt.
fn split<'t>(rest: &'t str, target: &str) -> Result<(&'t str, Option<&'t str>), Error> {
    let Some((path, tag)) = rest.rsplit_once('@') else { return Ok((rest, None)) };
    if tag.is_empty() {
        return Ok((path, None));
    }
    let is_there = |path: &str| path == "-" || kind_of(Path::new(path)).is_ok();
    match (is_there(rest), is_there(path)) {
        (true, true) => {
            let reason = format!(
                "\"{}\" is a path and could be a path with a tag; write {}@ for the path",
                shown(rest),
                shown(target)
            );
            Err(Error::Choice { locator: shown(target), reason })
        }
        (true, false) => Ok((rest, None)),
        (false, _) => Ok((path, Some(tag))),
    }
}

/// Opens a file, or takes standard input for `-`.
fn stored(path: &str, target: &str, selection: &Selection) -> Result<StoredFile, Error> {
    let opened = match (path, &selection.input) {
        ("-", Some(input)) => {
            StoredFile::of_input(input, &selection.cancel, selection.manners.rate.clone())
        }
        ("-", None) => Err("there is no standard input to read".to_owned()),
        _ => StoredFile::open(Path::new(path))
            .map(|file| file.at_rate(selection.manners.rate.clone())),
    };
    selection.cancel.check()?;
    opened.map_err(|reason| Error::Open { locator: shown(target), reason })
}

fn asked<'a>(locator: &'a str, tag: Option<&'a str>, selection: &'a Selection) -> Asked<'a> {
    let Selection { platform, cancel, manners, .. } = selection;
    Asked { locator, tag, platform: platform.as_ref(), cancel, rate: manners.rate.as_ref() }
}

/// Says why nothing stands at a path: perhaps it was meant as a scheme that there is not.
fn not_there(target: &str, reason: String) -> Error {
    let scheme = target.split_once(':').map(|(scheme, _)| scheme);
    let is_scheme = scheme.is_some_and(|word| {
        !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'-')
    });
    match scheme.filter(|_| is_scheme) {
        Some(scheme) => unrecognised(
            target,
            format!("\"{scheme}:\" is no kind of target; a target is {SUPPORTED}"),
        ),
        None => Error::Open { locator: shown(target), reason },
    }
}

#[expect(clippy::disallowed_methods, reason = "the target itself, before it is opened")]
fn kind_of(path: &Path) -> Result<FileType, String> {
    std::fs::metadata(path).map(|found| found.file_type()).map_err(|error| error.to_string())
}

fn directory(
    path: &str,
    kind: SourceKind,
    locator: &str,
    selection: &Selection,
) -> Result<Box<dyn Source>, Error> {
    let volume = HostVolume::open(Path::new(path), Resolution::Automatic).map_err(|errno| {
        let reason = format!("the directory cannot be opened ({})", errno_name(errno));
        Error::Open { locator: shown(locator), reason }
    })?;
    let volume = volume.with_manners(selection.manners.clone());
    Ok(Box::new(Walked::new(volume, kind, locator)))
}

fn unrecognised(target: &str, reason: String) -> Error {
    Error::Unrecognised { locator: shown(target), reason }
}

fn shown(target: &str) -> String {
    escaped(target.as_bytes()).to_string()
}
