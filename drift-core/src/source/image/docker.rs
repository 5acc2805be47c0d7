//! Archives of `docker save`: `manifest.json` names for each image a configuration and its layers
//! (moby, `image/tarexport`). Nothing names digests of what is stored, so the configuration's name
//! and its `diff_ids` are what is verified.

#![warn(clippy::indexing_slicing, clippy::arithmetic_side_effects)]

use crate::bounds::escape::escaped;
use crate::model::{BlobDigest, Image};

use super::Refusal;
use super::assemble::{Found, Part, assemble, check_count};
use super::choice::{Candidate, Wanted, choose, refused, same_machine};
use super::config::Configuration;
use super::descriptor::{MAX_DOCUMENT_BYTES, digest_of};
use super::json::{self, Value};
use super::store::Store;

/// The most images of one archive.
const MAX_IMAGES: usize = 64;

/// One image, as `manifest.json` has it.
struct Entry {
    names: Vec<String>,
    layers: Vec<String>,
    configuration: Configuration,
    digest: BlobDigest,
    size: u64,
}

/// Refuses an archive whose `manifest.json` means another image than its `index.json`, of which
/// `found` was read: some readers go by the one, some by the other.
pub(super) fn check_same(store: &Store, wanted: &Wanted, found: &Image) -> Result<(), Refusal> {
    let entries = entries(store)?;
    let same = |entry: &&Entry| Some(&entry.digest) == found.config_digest.as_ref();
    let named = |entry: &&Entry| match (&wanted.tag, wanted.digest()) {
        (Some(_), None) => entry.names.iter().any(|name| wanted.names(name)),
        _ => true,
    };
    let fitting: Vec<&Entry> = entries.iter().filter(named).collect();
    let machine = |entry: &&&Entry| same_machine(&entry.configuration.platform, &found.platform);
    let rivals: Vec<&&Entry> = fitting.iter().filter(machine).collect();
    let agrees = match (fitting.is_empty(), rivals.is_empty()) {
        // Its names are written in another way.
        (true, _) => entries.iter().any(|entry| same(&entry)),
        // It holds the image of one platform alone, and another was asked for.
        (false, true) => wanted.platform.is_some(),
        (false, false) => rivals.into_iter().all(same),
    };
    if agrees || (entries.is_empty() && wanted.tag.is_none()) {
        return Ok(());
    }
    Err("its manifest.json stands for another image than its index.json, and readers differ in which \
         of them they go by"
        .to_owned()
        .into())
}

/// Reads the image of an archive that is wanted.
pub(super) fn read(store: &Store, wanted: &Wanted) -> Result<Found, Refusal> {
    if !store.has("manifest.json") && store.has("repositories") {
        return Err(
            "it has \"repositories\" and no \"manifest.json\", as Docker wrote before 1.10; \
                    load it and save it again with a Docker of today"
                .to_owned()
                .into(),
        );
    }
    let all = entries(store)?.into_iter().map(candidate);
    let digest = wanted.digest();
    let fits = |one: &Candidate<Entry>| match &digest {
        Some(digest) => one.digest == *digest,
        None => wanted.tag.is_none() || one.names.iter().any(|name| wanted.names(name)),
    };
    let (candidates, others): (Vec<_>, Vec<_>) = all.partition(fits);
    if let (true, Some(tag)) = (candidates.is_empty(), &wanted.tag) {
        let tag = escaped(tag.as_bytes());
        return Err(refused(format!("there is none with the tag \"{tag}\""), &others));
    }
    let (chosen, _) = choose(candidates, wanted)?;
    let entry = chosen.image;
    check_count(entry.layers.len(), &entry.configuration)?;
    let mut parts = Vec::new();
    for name in &entry.layers {
        parts.push(part(store, name)?);
    }
    let mut found = assemble(entry.configuration, parts, entry.size)?;
    found.image.config_digest = Some(entry.digest);
    found.image.reference = chosen.names.into_iter().next();
    Ok(found)
}

fn entries(store: &Store) -> Result<Vec<Entry>, String> {
    let bytes = store.file("manifest.json")?.bytes(MAX_DOCUMENT_BYTES)?;
    let in_file = |reason: String| format!("manifest.json: {reason}");
    let list = json::list(&bytes).map_err(in_file)?;
    if list.len() > MAX_IMAGES {
        return Err(in_file(format!("it names more than {MAX_IMAGES} images")));
    }
    list.iter().map(|value| entry(store, value).map_err(in_file)).collect()
}

fn candidate(entry: Entry) -> Candidate<Entry> {
    Candidate {
        names: entry.names.clone(),
        digest: entry.digest.clone(),
        platform: Some(entry.configuration.platform.clone()),
        image: entry,
    }
}

fn entry(store: &Store, value: &Value) -> Result<Entry, String> {
    let object = value.as_object("an image")?;
    let name = object.some_text("Config")?.ok_or("an image has no \"Config\"")?;
    let bytes = store.file(name)?.bytes(MAX_DOCUMENT_BYTES)?;
    let shown = escaped(name.as_bytes());
    let hex = digest_of("sha256", &bytes);
    if named_digest(name).is_some_and(|named| named != hex) {
        return Err(format!("the configuration \"{shown}\": its bytes have another digest, {hex}"));
    }
    let configuration = Configuration::read(&bytes)
        .map_err(|reason| format!("the configuration \"{shown}\": {reason}"))?;
    let owned = |texts: Vec<&str>| texts.into_iter().map(str::to_owned).collect::<Vec<_>>();
    Ok(Entry {
        names: owned(object.texts("RepoTags")?),
        layers: owned(object.texts("Layers")?),
        configuration,
        digest: BlobDigest::parse(&format!("sha256:{hex}")).map_err(|why| why.to_string())?,
        size: bytes.len() as u64,
    })
}

fn part(store: &Store, name: &str) -> Result<Part, String> {
    let shown = escaped(name.as_bytes()).to_string();
    let (blob, size) =
        store.layer(name).map_err(|reason| format!("the layer \"{shown}\": {reason}"))?;
    // Since Docker 25 the files of an OCI layout are named, by their digest.
    let stored = name.strip_prefix("blobs/").and_then(|rest| rest.split_once('/'));
    let stored = stored
        .map(|(algorithm, hex)| BlobDigest::parse(&format!("{algorithm}:{hex}")))
        .transpose()
        .map_err(|why| format!("the layer \"{shown}\" is not named by a digest: {why}"))?;
    Ok(Part { blob, name: shown, stored, size, coding: None })
}

/// Returns the digits of a name that is a digest: `HEX.json`, `sha256:HEX`, `blobs/sha256/HEX`.
fn named_digest(name: &str) -> Option<&str> {
    let last = name.rsplit('/').next().unwrap_or(name);
    let stem = last.strip_suffix(".json").unwrap_or(last);
    let stem = stem.strip_prefix("sha256:").unwrap_or(stem);
    let is_hex = stem.len() == 64 && stem.bytes().all(|byte| byte.is_ascii_hexdigit());
    is_hex.then_some(stem)
}
