//! A bundle: policies in one file, which a seal beside it vouches for.
//!
//! A line with the mark, a line of JSON with name, size and SHA-256 of each file, and then the files,
//! one after the other in the order of their names. There is one encoding of a bundle and nothing else
//! is read, so a file that is missing, more, altered or out of place is refused even where somebody
//! signed it.

#![warn(clippy::indexing_slicing, clippy::arithmetic_side_effects)]

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::model::Digest;
use crate::seal::Verified;

use super::files::place;
use super::set::PolicyFile;

/// The first bytes of a bundle.
pub const BUNDLE_MARK: &[u8] = b"drift.policies/v1\n";

/// The longest bundle that is read.
pub const MAX_BUNDLE_BYTES: usize = 32 << 20;

/// More files than a set of policies has.
const MAX_FILES: usize = 4096;

/// Policies as they travel.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bundle {
    /// What the set is called.
    pub name: String,
    /// The version of drift that made it.
    pub created_by: String,
    /// Every file, sorted by name.
    pub files: Vec<PolicyFile>,
}

/// A bundle that is not made or not read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum BundleError {
    /// It is no bundle.
    #[error("it is no bundle of policies; make one with drift policy bundle")]
    NoBundle,
    /// The list of files is not one.
    #[error("the list of files in it is malformed; make the bundle anew")]
    List,
    /// A file has a name that none has in a bundle.
    #[error("a file {name:?} does not belong into a bundle: {why}")]
    Name {
        /// The name.
        name: String,
        /// Why not.
        why: &'static str,
    },
    /// There are too many.
    #[error("it has more than {MAX_FILES} files or {MAX_BUNDLE_BYTES} bytes; make several bundles")]
    TooLarge,
    /// A file is not what the list says.
    #[error("the file {name:?} in it is not what its list says; make the bundle anew")]
    File {
        /// The name.
        name: String,
    },
    /// Something stands in it that the list does not say, or in another order or spelling.
    #[error("it holds more than its list says, or holds it otherwise; make the bundle anew")]
    Form,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct List {
    schema: String,
    name: String,
    created_by: String,
    files: Vec<Listed>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Listed {
    name: String,
    size: u64,
    sha256: String,
}

const SCHEMA: &str = "drift.policies/v1";

impl Bundle {
    /// Returns the one text of the bundle.
    pub fn encode(&self) -> Result<Vec<u8>, BundleError> {
        let mut files: Vec<&PolicyFile> = self.files.iter().collect();
        files.sort();
        if files.len() > MAX_FILES {
            return Err(BundleError::TooLarge);
        }
        for pair in files.windows(2) {
            if let [one, other] = pair
                && one.name == other.name
            {
                let why = "there are two of that name";
                return Err(BundleError::Name { name: one.name.clone(), why });
            }
        }
        let listed = |file: &&PolicyFile| match place(&file.name) {
            Err(why) => Err(BundleError::Name { name: file.name.clone(), why }),
            Ok(_) => Ok(Listed {
                name: file.name.clone(),
                size: u64::try_from(file.text.len()).unwrap_or(u64::MAX),
                sha256: Digest::sha256_of(file.text.as_bytes()).hex(),
            }),
        };
        let list = List {
            schema: SCHEMA.to_owned(),
            name: self.name.clone(),
            created_by: self.created_by.clone(),
            files: files.iter().map(listed).collect::<Result<_, _>>()?,
        };
        let mut bytes = BUNDLE_MARK.to_vec();
        bytes.extend(serde_json::to_vec(&list).map_err(|_| BundleError::List)?);
        bytes.push(b'\n');
        for file in files {
            bytes.extend_from_slice(file.text.as_bytes());
        }
        if bytes.len() > MAX_BUNDLE_BYTES { Err(BundleError::TooLarge) } else { Ok(bytes) }
    }

    /// Reads a bundle whose seal held.
    pub fn decode(verified: &Verified<Arc<[u8]>>) -> Result<Self, BundleError> {
        read(verified.get())
    }

    /// Reads a bundle that nobody vouches for, so that it can be sealed or shown; nothing may rest on it.
    pub fn decode_unverified(bytes: &[u8]) -> Result<Self, BundleError> {
        read(bytes)
    }
}

fn read(bytes: &[u8]) -> Result<Bundle, BundleError> {
    if bytes.len() > MAX_BUNDLE_BYTES {
        return Err(BundleError::TooLarge);
    }
    let rest = bytes.strip_prefix(BUNDLE_MARK).ok_or(BundleError::NoBundle)?;
    let end = rest.iter().position(|&byte| byte == b'\n').ok_or(BundleError::List)?;
    let (list, rest) = rest.split_at_checked(end).ok_or(BundleError::List)?;
    let mut rest = rest.get(1..).ok_or(BundleError::List)?;
    let list: List = serde_json::from_slice(list).map_err(|_| BundleError::List)?;
    if list.schema != SCHEMA || list.files.len() > MAX_FILES {
        return Err(BundleError::List);
    }
    let mut files = Vec::new();
    for Listed { name, size, sha256 } in list.files {
        let wrong = || BundleError::File { name: name.clone() };
        let size = usize::try_from(size).map_err(|_| wrong())?;
        let (text, after) = rest.split_at_checked(size).ok_or_else(wrong)?;
        if Digest::sha256_of(text).hex() != sha256 {
            return Err(wrong());
        }
        let text = std::str::from_utf8(text).map_err(|_| wrong())?.to_owned();
        files.push(PolicyFile { name, text });
        rest = after;
    }
    let bundle = Bundle { name: list.name, created_by: list.created_by, files };
    // Order, spelling, names and the end are right only if it would be written so again.
    if bundle.encode()? == bytes { Ok(bundle) } else { Err(BundleError::Form) }
}

#[cfg(test)]
mod tests;
