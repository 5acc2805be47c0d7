//! The chain of an apt archive: a signed release names indices by SHA-256, an index names packages by
//! SHA-256 (Debian wiki, "DebianRepository/Format"; apt-secure(8)).
//!
//! Who signed is not decided here: that is gpgv's, on the machine where manifests are made.

#![cfg_attr(not(test), warn(clippy::indexing_slicing, clippy::arithmetic_side_effects))]

use std::collections::BTreeMap;
use std::io::Read as _;

use crate::bounds::Timestamp;
use crate::bounds::escape::escaped;
use crate::model::{Algorithm, Digest, TreePath};
use crate::packages::deb822::{Stanza, Stanzas};
use crate::seal::Reason;
use crate::source;

use super::error::Error;
use super::packed::PackageName;

/// An index when it is decompressed: ten times that of all Debian.
const MAX_INDEX_BYTES: u64 = 1 << 30;

/// A release whose clock was a little ahead is taken: seconds.
const CLOCK_SKEW_SECONDS: i64 = 300;

/// A release, after its signature held.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Release {
    /// `Origin` and `Suite`.
    pub archive: String,
    /// `Codename`.
    pub codename: String,
    /// `Date`, as it is written.
    pub date: String,
    /// SHA-256 of the text.
    pub digest: Digest,
    /// Every file by name with its digest and size.
    files: BTreeMap<String, (Digest, u64)>,
}

/// An index of packages that a release names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Index {
    /// SHA-256, as the release says it of the file that was read.
    pub digest: Digest,
    /// Every package.
    pub listings: Vec<Listing>,
}

/// One package of an index.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listing {
    /// Which it is.
    pub name: PackageName,
    /// Where it lies below the root of the archive, relative.
    pub file: String,
    /// SHA-256 of its file.
    pub sha256: Digest,
}

/// Fails unless a file is one message signed in clear and nothing beside it: what stands before, between
/// or after is signed by nobody, and has deceived readers before (RFC 9580 section 7).
pub fn check_framing(message: &[u8]) -> Result<(), Error> {
    let lines: Vec<&[u8]> =
        message.split(|&byte| byte == b'\n').map(<[u8]>::trim_ascii_end).collect();
    let count = |wanted: &[u8]| lines.iter().filter(|line| **line == wanted).count();
    let last = lines.iter().rev().find(|line| !line.is_empty());
    let framed = lines.first() == Some(&&b"-----BEGIN PGP SIGNED MESSAGE-----"[..])
        && last == Some(&&b"-----END PGP SIGNATURE-----"[..])
        && lines.iter().filter(|line| line.starts_with(b"-----")).count() == 3
        && count(b"-----BEGIN PGP SIGNATURE-----") == 1;
    match framed {
        true => Ok(()),
        false => Err(broken("it is no single message signed in clear, and nothing else")),
    }
}

impl Release {
    /// Reads the text that was signed, and refuses it before its `Date` and after its `Valid-Until`.
    pub fn parse(text: &[u8], now: Timestamp) -> Result<Self, Error> {
        let stanza = single(text)?;
        let date = required(&stanza, "Date")?;
        if time(&date)? > now.plus_seconds(CLOCK_SKEW_SECONDS) {
            let reason = format!("it is of {date}, which is after now ({now})");
            return Err(refused(Reason::NotYetValid, reason));
        }
        let until = shown(stanza.value(b"Valid-Until"));
        if !until.is_empty() && time(&until)? < now {
            let reason =
                format!("it was valid until {until} (now {now}); fetch one with apt-get update");
            return Err(refused(Reason::Expired, reason));
        }
        let mut files = BTreeMap::new();
        for line in stanza.value(b"SHA256").split(|&byte| byte == b'\n') {
            let words: Vec<&[u8]> =
                line.split(u8::is_ascii_whitespace).filter(|word| !word.is_empty()).collect();
            let (digest, size, name) = match words.as_slice() {
                [] => continue,
                [digest, size, name] => (*digest, shown(size), shown(name)),
                _ => return Err(broken("a line of its SHA256 is no digest, size and name")),
            };
            let digest = Digest::from_hex(Algorithm::Sha256, digest);
            let known = digest.zip(size.parse::<u64>().ok());
            let known =
                known.ok_or_else(|| broken("a line of its SHA256 is no digest, size and name"))?;
            if name.starts_with('/') || TreePath::parse(name.as_bytes()).is_err() {
                let name = escaped(name.as_bytes());
                return Err(broken(format!("it names \"{name}\", which lies outside of it")));
            }
            if files.insert(name.clone(), known).is_some_and(|other| other != known) {
                return Err(broken(format!("it names two digests of {name}")));
            }
        }
        if files.is_empty() {
            return Err(broken("it names no file by SHA-256"));
        }
        Ok(Self {
            archive: format!(
                "{} {}",
                shown(stanza.value(b"Origin")),
                shown(stanza.value(b"Suite"))
            )
            .trim()
            .to_owned(),
            codename: shown(stanza.value(b"Codename")),
            date,
            digest: Digest::sha256_of(text),
            files,
        })
    }

    /// Returns the names of its indices of binary packages, compressed or not.
    pub fn indices(&self) -> impl Iterator<Item = &str> {
        let index = |name: &&str| {
            let last = name.rsplit('/').next().unwrap_or_default();
            matches!(last, "Packages" | "Packages.gz" | "Packages.xz" | "Packages.zst")
                && !name.contains("debian-installer/")
        };
        self.files.keys().map(String::as_str).filter(index)
    }

    /// Reads the index `name` from the bytes of its file, if they are those that the release names.
    pub fn index(&self, name: &str, bytes: &[u8]) -> Result<Index, Error> {
        let chain = |code: Reason, reason: String| Error::Chain {
            code,
            what: "an index of packages",
            reason: format!("{}: {reason}", escaped(name.as_bytes())),
        };
        let refused = |reason: String| chain(Reason::Malformed, reason);
        let digest = Digest::sha256_of(bytes);
        match self.files.get(name) {
            Some((named, size)) if *named == digest && *size == bytes.len() as u64 => {}
            Some((named, _)) => {
                let reason = format!(
                    "it has the digest {digest}, and the release names {named}; fetch both"
                );
                return Err(chain(Reason::Altered, reason));
            }
            None => return Err(refused("the release does not name it".to_owned())),
        }
        let mut text = Vec::new();
        let input = source::decompressed(bytes).map_err(refused)?;
        let read = input.take(MAX_INDEX_BYTES.saturating_add(1)).read_to_end(&mut text);
        read.map_err(|error| refused(error.to_string()))?;
        if text.len() as u64 > MAX_INDEX_BYTES {
            return Err(refused("it has more than 1 GiB".to_owned()));
        }
        Ok(Index { digest, listings: listings(&text).map_err(refused)? })
    }
}

/// Reads the stanzas of an index.
fn listings(text: &[u8]) -> Result<Vec<Listing>, String> {
    let mut stanzas = Stanzas::new(text);
    let mut listings = Vec::new();
    loop {
        let stanza = stanzas.next();
        if let Some(fault) = stanzas.faults.first() {
            return Err(format!("line {}: {}", fault.line, fault.what));
        }
        let Some(stanza) = stanza else { return Ok(listings) };
        let lacking = |name: &str| format!("line {}: a package has no {name}", stanza.line);
        let field = |name: &str| {
            let value = stanza.value(name.as_bytes());
            let plain = !value.is_empty() && value.iter().all(u8::is_ascii_graphic);
            plain.then(|| shown(value)).ok_or_else(|| lacking(name))
        };
        let file = field("Filename")?;
        let inside = !file.starts_with('/') && TreePath::parse(file.as_bytes()).is_ok();
        // Some archives write a dot in front.
        let dotted = file.strip_prefix("./").map(str::to_owned);
        let file = match (inside, dotted) {
            (true, _) => file,
            (false, Some(rest)) if TreePath::parse(rest.as_bytes()).is_ok() => rest,
            _ => {
                return Err(format!(
                    "line {}: the file \"{}\" lies outside the archive",
                    stanza.line,
                    escaped(file.as_bytes())
                ));
            }
        };
        let sha256 = Digest::from_hex(Algorithm::Sha256, stanza.value(b"SHA256"));
        listings.push(Listing {
            name: PackageName {
                manager: "dpkg".to_owned(),
                name: field("Package")?,
                architecture: field("Architecture")?,
                version: field("Version")?,
            },
            file,
            sha256: sha256.ok_or_else(|| lacking("SHA256"))?,
        });
    }
}

fn single(text: &[u8]) -> Result<Stanza<'_>, Error> {
    let mut stanzas = Stanzas::new(text);
    let stanza = stanzas.next();
    let more = stanzas.next().is_some();
    match stanza {
        Some(stanza) if !more && stanzas.faults.is_empty() => Ok(stanza),
        _ => Err(broken("it is no single stanza of fields")),
    }
}

fn required(stanza: &Stanza<'_>, name: &str) -> Result<String, Error> {
    let value = shown(stanza.value(name.as_bytes()));
    if value.is_empty() { Err(broken(format!("it has no {name}"))) } else { Ok(value) }
}

fn shown(value: &[u8]) -> String {
    String::from_utf8_lossy(value).into_owned()
}

fn broken(reason: impl Into<String>) -> Error {
    refused(Reason::Malformed, reason)
}

fn refused(code: Reason, reason: impl Into<String>) -> Error {
    Error::Chain { code, what: "the release", reason: reason.into() }
}

/// Reads a date as releases write it: `Sat, 11 Oct 2025 09:12:01 UTC` (RFC 5322 section 3.3).
fn time(text: &str) -> Result<Timestamp, Error> {
    const MONTHS: [&str; 12] =
        ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
    let refused = || broken(format!("\"{}\" is no date", escaped(text.as_bytes())));
    let words: Vec<&str> = text.split_whitespace().collect();
    let words = match words.as_slice() {
        [day, rest @ ..] if day.ends_with(',') => rest,
        all => all,
    };
    let [day, month, year, clock, "UTC" | "GMT" | "Z" | "+0000"] = words else {
        return Err(refused());
    };
    let month = MONTHS.iter().position(|known| known == month).ok_or_else(refused)?;
    let month = month.saturating_add(1);
    let clock = if clock.len() == 7 { format!("0{clock}") } else { (*clock).to_owned() };
    Timestamp::parse(&format!("{year}-{month:02}-{day:0>2}T{clock}Z")).map_err(|_| refused())
}
