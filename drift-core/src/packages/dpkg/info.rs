//! What belongs to a package: `info/NAME.list`, `info/NAME.md5sums`, and the field `Conffiles`.

use std::collections::BTreeSet;
use std::rc::Rc;

use super::deb822::Field;
use super::status::{Registered, Registration};
use super::{INFO, lines};
use crate::model::{Algorithm, Digest};
use crate::packages::{Claimant, Completeness, Conffile, PathId, Presence, Reading, Recorded};

/// Files that dpkg and debconf keep of a package (deb-control(5) and its kin). Other names are no
/// package's: whoever plants one there is not covered by the package.
const CONTROL_FILES: [&str; 13] = [
    "config",
    "conffiles",
    "isinstallable",
    "list",
    "md5sums",
    "postinst",
    "postrm",
    "preinst",
    "prerm",
    "shlibs",
    "symbols",
    "templates",
    "triggers",
];

const CUT: &str = "the last line has no end; it may be cut off";

/// What is lost with any of these files: every package is still known.
const LOSS: Completeness = Completeness::RecordsIncomplete;

/// A sum of a path that the package's own list does not hold.
#[derive(Debug)]
pub(super) struct Stray {
    source: Rc<[u8]>,
    line: usize,
    path: PathId,
}

/// Reads what belongs to one installed package.
pub(super) fn read(
    reading: &mut Reading<'_, '_>,
    claimant: Claimant,
    (name, arch): (&str, &str),
    package: &Registration<'_>,
    strays: &mut Vec<Stray>,
) {
    if package.is_distroless() {
        let sums = [&package.source[..], b".md5sums"].concat();
        own(reading, claimant, &package.source, &package.source, 0);
        own(reading, claimant, &sums, &sums, 0);
        sums_as_list(reading, claimant, &sums);
    } else {
        let stem = stem(reading, name, arch, package.coinstallable);
        let listed = list(reading, claimant, &file(&stem, "list"));
        let mut edited = 0_usize;
        conffiles(reading, &package.source, package.conffiles, |reading, path, conffile| {
            edited = edited.saturating_add(1);
            reading.out.conffile(claimant, path, conffile)
        });
        let sums = file(&stem, "md5sums");
        if reading.files().get(&sums).is_some() {
            md5sums(reading, claimant, &sums, strays);
        } else if listed > edited {
            let reason = "the package's list of MD5 sums is missing; its files cannot be checked";
            reading.note(&sums, reason.to_owned(), LOSS);
        }
        for extension in CONTROL_FILES {
            // Charged as well: thirteen paths a package are more than a hostile status costs.
            if !reading.item(&package.source, LOSS) {
                return;
            }
            let path = file(&stem, extension);
            own(reading, claimant, &path, &path, 0);
        }
    }
}

/// Takes the configuration files of a package that was removed but not purged.
pub(super) fn leftovers(reading: &mut Reading<'_, '_>, name: &str, package: &Registration<'_>) {
    conffiles(reading, &package.source, package.conffiles, |reading, path, conffile| {
        reading.out.leftover(name, path, conffile)
    });
}

/// Finds sums of paths that no package owns: then a list lost lines. A file that another package
/// replaced leaves the list of the first, but stays among its sums, so this waits for all lists.
pub(super) fn strays(reading: &mut Reading<'_, '_>, strays: &[Stray]) {
    for stray in strays {
        if !reading.out.is_owned(stray.path) {
            let what = "a sum of a path that no list holds; a list may be cut off";
            reading.fault(&stray.source, stray.line, what, LOSS);
        }
    }
}

/// Finds lists of packages that nobody registers: then a registration was lost.
pub(super) fn orphans(reading: &mut Reading<'_, '_>, registered: &Registered<'_>) {
    let mut stems = BTreeSet::new();
    for (name, arch) in registered.keys() {
        stems.insert(name.clone().into_bytes());
        stems.insert(format!("{name}:{arch}").into_bytes());
    }
    let lists: Vec<Vec<u8>> = reading.files().inside(INFO).map(<[u8]>::to_vec).collect();
    for path in lists {
        let stem = path.strip_prefix(INFO).and_then(|name| name.strip_suffix(b".list"));
        if stem.is_some_and(|stem| !stems.contains(stem)) {
            let reason = "lists files of a package that status does not name".to_owned();
            reading.note(&path, reason, Completeness::Incomplete);
        }
    }
}

/// Returns the name of the package's files without the extension; which of the two forms is in use
/// depends on the age of the database (`info/format`), so the files themselves decide.
fn stem(reading: &Reading<'_, '_>, name: &str, arch: &str, coinstallable: bool) -> String {
    let qualified = format!("{name}:{arch}");
    let there = |stem: &str| reading.files().get(&file(stem, "list")).is_some();
    let (first, second) =
        if coinstallable { (qualified, name.to_owned()) } else { (name.to_owned(), qualified) };
    if !there(&first) && there(&second) { second } else { first }
}

fn file(stem: &str, extension: &str) -> Vec<u8> {
    [INFO, stem.as_bytes(), b".", extension.as_bytes()].concat()
}

/// Claims a path that need not be there.
fn own(reading: &mut Reading<'_, '_>, claimant: Claimant, path: &[u8], source: &[u8], line: usize) {
    if let Err(error) = reading.out.owns(claimant, path, Presence::Optional) {
        reading.fault(source, line, &error.to_string(), LOSS);
    }
}

/// Reads the list of files; returns how many paths it holds.
fn list(reading: &mut Reading<'_, '_>, claimant: Claimant, source: &[u8]) -> usize {
    let mut listed = 0_usize;
    if reading.files().get(source).is_none() {
        reading.note(source, "the package's list of files is missing".to_owned(), LOSS);
        return listed;
    }
    let Some(text) = reading.open(source, LOSS) else { return listed };
    let (lines, ended) = lines(text);
    for (line, path) in lines {
        if !reading.item(source, LOSS) {
            return listed;
        }
        if path == b"/." {
            continue;
        }
        listed = listed.saturating_add(1);
        if !path.starts_with(b"/") || path.ends_with(b"\r") || path.len() < 2 {
            let what = "not an absolute path; it is not owned here";
            reading.fault(source, line, what, LOSS);
            continue;
        }
        if let Err(error) = reading.out.owns(claimant, path, Presence::Shipped) {
            reading.fault(source, line, &error.to_string(), LOSS);
        }
    }
    if !ended {
        reading.note(source, CUT.to_owned(), LOSS);
    }
    listed
}

fn md5sums(
    reading: &mut Reading<'_, '_>,
    claimant: Claimant,
    source: &[u8],
    strays: &mut Vec<Stray>,
) {
    let shared: Rc<[u8]> = source.into();
    each_sum(reading, source, |reading, line, path, md5| {
        match reading.out.digest(claimant, path, md5) {
            Ok(Recorded::Yes) => {}
            Ok(Recorded::NotOwned(path)) => {
                strays.push(Stray { source: Rc::clone(&shared), line, path });
            }
            Err(error) => reading.fault(source, line, &error.to_string(), LOSS),
        }
    });
}

/// Reads MD5 sums where no list is kept: then they are the list.
fn sums_as_list(reading: &mut Reading<'_, '_>, claimant: Claimant, source: &[u8]) {
    if reading.files().get(source).is_none() {
        return reading.note(source, "the package's list of files is missing".to_owned(), LOSS);
    }
    each_sum(reading, source, |reading, line, path, md5| {
        let owned = reading.out.owns(claimant, path, Presence::Shipped);
        if let Err(error) = owned.and_then(|_| reading.out.digest(claimant, path, md5)) {
            reading.fault(source, line, &error.to_string(), LOSS);
        }
    });
}

fn each_sum<'f>(
    reading: &mut Reading<'_, 'f>,
    source: &[u8],
    mut take: impl FnMut(&mut Reading<'_, 'f>, usize, &[u8], Digest),
) {
    let Some(text) = reading.open(source, LOSS) else { return };
    let (lines, ended) = lines(text);
    for (line, content) in lines {
        if !reading.item(source, LOSS) {
            return;
        }
        match sum(content) {
            Some((path, md5)) => take(reading, line, &path, md5),
            None => reading.fault(source, line, "not an MD5 sum, two spaces and a path", LOSS),
        }
    }
    if !ended {
        reading.note(source, CUT.to_owned(), LOSS);
    }
}

/// Reads a line of md5sum(1), whose leading `\` says that the name is escaped.
fn sum(line: &[u8]) -> Option<(std::borrow::Cow<'_, [u8]>, Digest)> {
    let (line, escaped) = match line.strip_prefix(b"\\") {
        Some(rest) => (rest, true),
        None => (line, false),
    };
    let (hex, rest) = line.split_at_checked(32)?;
    let md5 = Digest::from_hex(Algorithm::Md5, hex)?;
    let path = rest.strip_prefix(b"  ").or_else(|| rest.strip_prefix(b" *"))?;
    if path.is_empty() || path.ends_with(b"\r") {
        return None;
    }
    Some((if escaped { unescaped(path).into() } else { path.into() }, md5))
}

fn unescaped(path: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(path.len());
    let mut bytes = path.iter().copied();
    while let Some(byte) = bytes.next() {
        let plain = match (byte, byte == b'\\') {
            (_, false) => Some(byte),
            (_, true) => bytes.next().map(|escaped| match escaped {
                b'n' => b'\n',
                b'r' => b'\r',
                other => other,
            }),
        };
        out.extend(plain);
    }
    out
}

fn conffiles<'f>(
    reading: &mut Reading<'_, 'f>,
    source: &[u8],
    field: Option<Field<'_>>,
    mut take: impl FnMut(&mut Reading<'_, 'f>, &[u8], Conffile) -> Result<(), crate::model::PathError>,
) {
    let Some(field) = field else { return };
    for (line, content) in (field.line..).zip(field.value.split(|&byte| byte == b'\n')) {
        let content = content.trim_ascii();
        if content.is_empty() {
            continue;
        }
        if !reading.item(source, LOSS) {
            return;
        }
        let taken = match conffile(content) {
            Some((path, conffile)) => take(reading, path, conffile).map_err(|e| e.to_string()),
            None => Err("not a configuration file, its MD5 sum and flags".to_owned()),
        };
        if let Err(what) = taken {
            reading.fault(source, line, &what, LOSS);
        }
    }
}

/// Reads `PATH MD5 [obsolete] [remove-on-upgrade]`; the path may hold spaces, so from the end.
fn conffile(line: &[u8]) -> Option<(&[u8], Conffile)> {
    let mut conffile = Conffile::default();
    let mut rest = line;
    loop {
        let space = rest.iter().rposition(|&byte| byte == b' ')?;
        let word = rest.get(space.saturating_add(1)..)?;
        rest = rest.get(..space)?.trim_ascii_end();
        match word {
            b"obsolete" => conffile.obsolete = true,
            b"remove-on-upgrade" => conffile.remove_on_upgrade = true,
            b"newconffile" => break,
            hex => {
                conffile.digest = Some(Digest::from_hex(Algorithm::Md5, hex)?);
                break;
            }
        }
    }
    rest.starts_with(b"/").then_some((rest, conffile))
}
