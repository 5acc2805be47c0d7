//! `installed`: one stanza a package, lines of a letter, a colon and a value, a blank line after each.
//!
//! `F` begins a directory and `M` is its owner and mode; `R` begins a file in it, with `a` and `Z`.
//! apk leaves out `M` and `a` where they are `0:0:755` and `0:0:644`. Of a link `Z` is the digest of
//! where it leads, and that it is one only its mode, 777, suggests.

use super::needs::{self, Needs};
use super::protected::{Lookup, Mode, Protected};
use crate::model::{Algorithm, Digest, FileType, Package};
use crate::packages::{
    Claimant, Completeness, Conffile, Details, Owner, Presence, Reading, Shipped, details,
};

/// What is lost where the package itself is known.
const RECORD: Completeness = Completeness::RecordsIncomplete;
const PACKAGE: Completeness = Completeness::Incomplete;

/// The mode of a link as apk writes it; files with it are rare enough not to be told apart.
const LINK_MODE: u16 = 0o777;

const TOO_MANY: &str = "too many patterns of protected paths; taken as not protected";

/// Letters whose values are not needed here: description, size, build time and their kin.
const OTHER_LETTERS: &[u8] = b"TSItckigrqs";

/// One reading of the file.
pub(super) struct Installed<'f, 'n> {
    path: &'static [u8],
    protected: Lookup<'n>,
    needs: &'n mut Needs<'f>,
    names: std::collections::BTreeSet<&'f [u8]>,
}

/// The package that is being read.
#[derive(Default)]
struct Stanza<'f> {
    line: usize,
    letters: Vec<u8>,
    name: &'f [u8],
    version: &'f [u8],
    architecture: &'f [u8],
    flags: &'f [u8],
    origin: &'f [u8],
    details: Details,
    claimant: Option<Claimant>,
    directory: Option<&'f [u8]>,
    object: Option<Object>,
}

/// The directory or file that is being read.
struct Object {
    line: usize,
    path: Vec<u8>,
    directory: bool,
    mode: Option<Mode>,
    acl: Option<(u32, u32, u16)>,
    digest: Option<Digest>,
    digested: bool,
}

impl<'f, 'n> Installed<'f, 'n> {
    pub(super) fn new(
        path: &'static [u8],
        protected: &'n Protected,
        needs: &'n mut Needs<'f>,
    ) -> Self {
        let names = std::collections::BTreeSet::new();
        Self { path, protected: protected.lookup(), needs, names }
    }

    /// Reads every package.
    pub(super) fn read(mut self, reading: &mut Reading<'_, 'f>) {
        let Some(text) = reading.open(self.path, PACKAGE) else { return };
        if !text.is_empty() && !text.ends_with(b"\n\n") && text != b"\n" {
            let reason = "does not end with a blank line as apk writes it; it may be cut off";
            reading.note(self.path, reason.to_owned(), PACKAGE);
        }
        let mut stanza = Stanza::default();
        for (line, content) in (1..).zip(text.split(|&byte| byte == b'\n')) {
            if content.is_empty() {
                self.close(reading, std::mem::take(&mut stanza));
                continue;
            }
            if !reading.item(self.path, PACKAGE) {
                break;
            }
            if !self.line(reading, &mut stanza, line, content) {
                break;
            }
        }
        self.close(reading, stanza);
    }

    /// Takes one line; `false` when the budget is spent.
    fn line(
        &mut self,
        reading: &mut Reading<'_, 'f>,
        stanza: &mut Stanza<'f>,
        line: usize,
        content: &'f [u8],
    ) -> bool {
        let (letter, value) = match content {
            [letter, b':', value @ ..] => (*letter, value),
            _ => {
                reading.fault(self.path, line, "not a letter, a colon and a value", PACKAGE);
                return true;
            }
        };
        if b"CP".contains(&letter) && stanza.letters.contains(&letter) {
            let what = "a second package in one stanza; a blank line is missing";
            reading.fault(self.path, line, what, PACKAGE);
            self.close(reading, std::mem::take(stanza));
        }
        if stanza.letters.is_empty() {
            stanza.line = line;
        }
        let again = stanza.letters.contains(&letter);
        if !again {
            stanza.letters.push(letter);
        }
        if b"FMRaZ".contains(&letter) {
            self.object_line(reading, stanza, line, (letter, value));
            return true;
        }
        if again {
            reading.fault(self.path, line, "a field for the second time", PACKAGE);
            return true;
        }
        match letter {
            b'P' => stanza.name = value,
            b'V' => stanza.version = value,
            b'A' => stanza.architecture = value,
            b'f' => stanza.flags = value,
            b'C' => self.needs.identity(value),
            b'D' => {
                stanza.details.depends = needs::names(value);
                return self.needs.depends(reading, self.path, (line, value));
            }
            b'p' => {
                stanza.details.provides = needs::names(value);
                return self.needs.provides(reading, self.path, value);
            }
            b'L' => stanza.details.licence = details::line(value),
            b'm' => stanza.details.supplier = details::line(value),
            b'o' => stanza.origin = value,
            b'U' => stanza.details.homepage = details::line(value),
            other if OTHER_LETTERS.contains(&other) => {}
            _ => reading.fault(self.path, line, "a field that is not known", RECORD),
        }
        if stanza.claimant.is_some() && b"PVAf".contains(&letter) {
            reading.fault(self.path, line, "a field of the package after its files", PACKAGE);
        }
        true
    }

    fn object_line(
        &mut self,
        reading: &mut Reading<'_, 'f>,
        stanza: &mut Stanza<'f>,
        line: usize,
        (letter, value): (u8, &'f [u8]),
    ) {
        let path = self.path;
        if b"FR".contains(&letter) {
            self.put(reading, stanza);
        }
        match (letter, &mut stanza.object, stanza.directory) {
            (b'F', ..) => {
                stanza.directory = Some(value);
                if !self.protected.enter(value) {
                    reading.fault(path, line, TOO_MANY, RECORD);
                }
                stanza.object = Some(Object::new(line, value.to_vec(), None));
            }
            (b'R', _, Some(directory)) => {
                if value.is_empty() || value.contains(&b'/') || value == b"." {
                    let what = "not the name of a file; it is not owned here";
                    return reading.fault(path, line, what, RECORD);
                }
                let mode = self.protected.mode_of(value);
                if mode.is_none() {
                    reading.fault(path, line, TOO_MANY, RECORD);
                }
                let full = [directory, b"/", value].concat();
                stanza.object = Some(Object::new(line, full, Some(mode.unwrap_or(Mode::Not))));
            }
            (b'M', Some(object), _) if object.directory && object.acl.is_none() => {
                object.acl = acl(value);
                if object.acl.is_none() {
                    reading.fault(path, line, "not an owner, a group and an octal mode", RECORD);
                }
            }
            (b'a', Some(object), _) if !object.directory && object.acl.is_none() => {
                object.acl = acl(value);
                if object.acl.is_none() {
                    reading.fault(path, line, "not an owner, a group and an octal mode", RECORD);
                }
            }
            (b'Z', Some(object), _) if !object.directory && !object.digested => {
                object.digested = true;
                // `S`: sums of packages of version 3, the first 20 bytes of a SHA-256.
                object.digest = checksum(value).filter(|digest| {
                    digest.algorithm() != Algorithm::Sha1 || !stanza.flags.contains(&b'S')
                });
                if object.digest.is_none() {
                    let what = "a checksum of no known kind; the file cannot be checked";
                    reading.fault(path, line, what, RECORD);
                }
            }
            (b'R', ..) => reading.fault(path, line, "a file without a directory", RECORD),
            _ => reading.fault(path, line, "a record of nothing before it", RECORD),
        }
    }

    /// Hands over the object that is complete.
    fn put(&mut self, reading: &mut Reading<'_, 'f>, stanza: &mut Stanza<'f>) {
        let claimant = self.open(reading, stanza);
        let (Some(object), Some(claimant)) = (stanza.object.take(), claimant) else { return };
        if let Err(error) = object.hand_over(reading, claimant) {
            reading.fault(self.path, object.line, &error.to_string(), RECORD);
        }
    }

    /// Hands over the package at its first path, or at its end where it has none.
    fn open(&mut self, reading: &mut Reading<'_, 'f>, stanza: &mut Stanza<'f>) -> Option<Claimant> {
        if stanza.claimant.is_some() {
            return stanza.claimant;
        }
        if stanza.name.is_empty() {
            return None;
        }
        let (path, line) = (self.path, stanza.line);
        if !is_package_name(stanza.name) {
            reading.fault(path, line, "not a valid name of a package", PACKAGE);
        }
        if !self.names.insert(stanza.name) {
            reading.fault(path, line, "a package for the second time", PACKAGE);
        }
        if stanza.version.is_empty() {
            reading.fault(path, line, "a package without a version", PACKAGE);
        }
        self.needs.name(stanza.name);
        let [name, version, architecture] = [stanza.name, stanza.version, stanza.architecture]
            .map(|value| reading.text(path, line, value));
        let package = Package {
            manager: "apk".to_owned(),
            name,
            architecture,
            version,
            status: status(stanza.flags),
            location: String::new(),
        };
        stanza.claimant = Some(reading.out.package(package));
        stanza.claimant
    }

    /// Ends a stanza.
    fn close(&mut self, reading: &mut Reading<'_, 'f>, mut stanza: Stanza<'f>) {
        if stanza.letters.is_empty() {
            return;
        }
        self.put(reading, &mut stanza);
        if let Some(claimant) = stanza.claimant {
            // A source has the version of what is built from it.
            let version = details::line(stanza.version);
            stanza.details.source = details::line(stanza.origin).zip(version);
            reading.out.details(claimant, stanza.details);
        } else {
            let what = "a stanza without the name of its package, which is not known";
            reading.fault(self.path, stanza.line, what, PACKAGE);
        }
    }
}

impl Object {
    fn new(line: usize, path: Vec<u8>, mode: Option<Mode>) -> Self {
        let directory = mode.is_none();
        Self { line, path, directory, mode, acl: None, digest: None, digested: false }
    }

    fn hand_over(
        &self,
        reading: &mut Reading<'_, '_>,
        claimant: Claimant,
    ) -> Result<(), crate::model::PathError> {
        let default = if self.directory { 0o755 } else { 0o644 };
        let (user, group, mode) = self.acl.unwrap_or((0, 0, default));
        let out = &mut *reading.out;
        out.owns(claimant, &self.path, Presence::Shipped)?;
        let may_be_link = !self.directory && mode == LINK_MODE;
        let file_type = match (self.directory, may_be_link) {
            (true, _) => Some(FileType::Directory),
            (false, true) => None,
            (false, false) => Some(FileType::File),
        };
        let shipped = Shipped {
            file_type,
            mode: Some(mode),
            user: Some(Owner::Id(user)),
            group: Some(Owner::Id(group)),
            ..Shipped::default()
        };
        out.shipped(claimant, &self.path, shipped)?;
        if let Some(digest) = self.digest {
            out.digest(claimant, &self.path, digest)?;
        }
        let edited = match self.mode {
            Some(Mode::All) => true,
            Some(Mode::Links) => may_be_link,
            Some(Mode::Not) | None => false,
        };
        if edited {
            let conffile = Conffile { digest: self.digest, ..Conffile::default() };
            out.conffile(claimant, &self.path, conffile)?;
        }
        Ok(())
    }
}

/// Reads `UID:GID:MODE`, and drops the digest of extended attributes that may follow: it is of a
/// form of them that only apk makes.
fn acl(value: &[u8]) -> Option<(u32, u32, u16)> {
    let mut words = std::str::from_utf8(value).ok()?.split(':');
    let user = words.next()?.parse().ok()?;
    let group = words.next()?.parse().ok()?;
    let mode = u16::from_str_radix(words.next()?, 8).ok().filter(|mode| *mode <= 0o7777)?;
    let extended = words.next().is_none_or(|digest| checksum(digest.as_bytes()).is_some());
    (extended && words.next().is_none()).then_some((user, group, mode))
}

/// Reads `Q1` or `Q2` and base64, or `X1` or `X2` and hexadecimal digits. Whatever says 1 and is as
/// long as a SHA-256 is one (`apk_blob_pull_digest` in blob.c).
fn checksum(value: &[u8]) -> Option<Digest> {
    use base64::Engine as _;
    let (kind, text) = value.split_at_checked(2)?;
    let raw = match kind.first()? {
        b'Q' => base64::engine::general_purpose::STANDARD.decode(text).ok()?,
        b'X' => {
            let algorithm = if text.len() == 40 { Algorithm::Sha1 } else { Algorithm::Sha256 };
            Digest::from_hex(algorithm, text)?.as_bytes().to_vec()
        }
        _ => return None,
    };
    match (kind.get(1)?, raw.len()) {
        (b'1', 20) => Digest::from_bytes(Algorithm::Sha1, &raw),
        (b'1' | b'2', 32) => Digest::from_bytes(Algorithm::Sha256, &raw),
        _ => None,
    }
}

/// Says what apk itself noted as broken.
fn status(flags: &[u8]) -> String {
    let mut status = "installed".to_owned();
    for (flag, word) in [(b'f', " broken-files"), (b's', " broken-script"), (b'x', " broken-xattr")]
    {
        if flags.contains(&flag) {
            status.push_str(word);
        }
    }
    status
}

/// The names of apk-package(5), and those of virtual packages, which begin with a dot.
fn is_package_name(name: &[u8]) -> bool {
    name.first().is_some_and(|byte| byte.is_ascii_alphanumeric() || b"._".contains(byte))
        && name.iter().all(|byte| byte.is_ascii_alphanumeric() || b"-+._".contains(byte))
}
