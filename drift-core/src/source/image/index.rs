//! The indexes of an OCI layout: from `index.json` to every image that could be meant (OCI image
//! specification 1.1, "Image Index").

#![warn(clippy::indexing_slicing, clippy::arithmetic_side_effects)]

use std::collections::{BTreeMap, BTreeSet};

use crate::bounds::escape::escaped;
use crate::model::BlobDigest;

use super::Refusal;
use super::choice::{Candidate, Wanted, refused};
use super::descriptor::{Descriptor, MAX_DOCUMENT_BYTES, Medium, check_document, medium};
use super::json;
use super::store::Store;

/// How deep indexes may lie below `index.json`: buildx nests one, and a copy of that one more.
const MAX_DEPTH: usize = 2;

/// The most descriptors of all indexes together that are looked at.
const MAX_DESCRIPTORS: usize = 1000;

/// The most indexes that are read.
const MAX_INDEXES: usize = 64;

/// The name of an image among those of a layout.
const REFERENCE: &str = "org.opencontainers.image.ref.name";

/// The whole name, as containerd and buildx write it beside a short one.
const CONTAINERD_NAME: &str = "io.containerd.image.name";

/// An index that is still to be read, or a manifest.
struct Pending {
    descriptor: Descriptor,
    depth: usize,
    names: Vec<String>,
    /// Whether it is, or lies below, what was asked for.
    wanted: bool,
}

/// Returns every image that could be meant, each once.
pub(super) fn candidates(
    store: &Store,
    wanted: &Wanted,
) -> Result<Vec<Candidate<Descriptor>>, Refusal> {
    let bytes = store.file("index.json")?.bytes(MAX_DOCUMENT_BYTES)?;
    let digest = wanted.digest();
    let top = manifests(&bytes, None).map_err(|reason| format!("index.json: {reason}"))?;
    check_tag(&top, wanted)?;
    let mut seen = top.len();
    let offered: Vec<Candidate<()>> = top.iter().filter_map(offered).collect();
    let mut pending: Vec<Pending> = top
        .into_iter()
        .map(|descriptor| {
            let names = names(&descriptor);
            let named = wanted.tag.is_none() || names.iter().any(|name| wanted.names(name));
            let wanted = named || digest.as_ref() == Some(&descriptor.digest);
            Pending { descriptor, depth: 0, names, wanted }
        })
        .filter(|one| one.wanted || digest.is_some())
        .collect();
    let mut found: BTreeMap<BlobDigest, Candidate<Descriptor>> = BTreeMap::new();
    let mut indexes = BTreeSet::new();
    let mut unread = None;
    while let Some(one) = pending.pop() {
        if seen > MAX_DESCRIPTORS {
            return Err(format!("its indexes name more than {MAX_DESCRIPTORS} images").into());
        }
        match one.descriptor.medium() {
            Medium::Manifest if one.descriptor.is_beside_images() => {
                if one.wanted {
                    check_beside(store, &one.descriptor)?;
                }
            }
            Medium::Index if one.depth >= MAX_DEPTH => {
                return Err(format!("its indexes lie more than {MAX_DEPTH} deep").into());
            }
            Medium::Index => {
                // The same index reached by way of what was asked for is another matter.
                if !indexes.insert((one.descriptor.digest.clone(), one.wanted)) {
                    continue;
                }
                if indexes.len() > MAX_INDEXES {
                    return Err(format!("it has more than {MAX_INDEXES} indexes").into());
                }
                let below = index(store, &one, digest.as_ref())?;
                seen = seen.saturating_add(below.len());
                pending.extend(below);
            }
            Medium::Manifest if one.wanted => take(&mut found, one),
            Medium::Manifest | Medium::Unknown => {}
            Medium::Refused(why) => unread = Some(why),
            Medium::Config | Medium::Layer(_) => {
                unread = Some("an index names something that is neither index nor manifest");
            }
        }
    }
    match (found.is_empty(), unread, &wanted.tag) {
        (true, Some(why), _) => Err(format!("it holds no image that is read: {why}").into()),
        (true, None, Some(tag)) => {
            let tag = escaped(tag.as_bytes());
            Err(refused(format!("there is none with the tag \"{tag}\""), &offered))
        }
        (true, None, None) => Err("it holds no image".to_owned().into()),
        (false, _, _) => Ok(found.into_values().collect()),
    }
}

/// Refuses a manifest that is set aside by what its descriptor says, and is that of an image all the
/// same: other readers do not look at what sets it aside, and would run it.
fn check_beside(store: &Store, descriptor: &Descriptor) -> Result<(), String> {
    // What cannot be read is run by nobody.
    let document = descriptor.document(store, "the manifest").ok();
    let Some(document) = document.and_then(|bytes| json::object(&bytes).ok()) else {
        return Ok(());
    };
    let medium_of = |value: &json::Value| {
        let text = value.as_object("a descriptor").and_then(|one| one.some_text("mediaType"));
        text.ok().flatten().map_or(Medium::Unknown, medium)
    };
    let config = document.get("config")?.map_or(Medium::Unknown, medium_of);
    let layers = document.list("layers")?;
    if config != Medium::Config
        || !layers.iter().any(|one| matches!(medium_of(one), Medium::Layer(_)))
    {
        return Ok(());
    }
    Err(format!(
        "the manifest {} is marked in its index as no image, and is one, so that readers disagree \
         which image is meant",
        descriptor.digest
    ))
}

/// Refuses a tag that stands for several images: readers take the first, or the last, whatever their
/// platforms are.
fn check_tag(top: &[Descriptor], wanted: &Wanted) -> Result<(), Refusal> {
    let Some(tag) = wanted.tag.as_deref().filter(|_| wanted.digest().is_none()) else {
        return Ok(());
    };
    let meant = top.iter().filter(|one| names(one).iter().any(|name| name == tag));
    let images = meant.filter_map(|one| offered(one).map(|_| &one.digest));
    if images.collect::<BTreeSet<_>>().len() <= 1 {
        return Ok(());
    }
    let all: Vec<Candidate<()>> = top.iter().filter_map(offered).collect();
    let tag = escaped(tag.as_bytes());
    Err(refused(format!("several are called \"{tag}\", and readers differ in which it is"), &all))
}

fn index(
    store: &Store,
    one: &Pending,
    digest: Option<&BlobDigest>,
) -> Result<Vec<Pending>, String> {
    let bytes = one.descriptor.document(store, "the index")?;
    let below = manifests(&bytes, Some(&one.descriptor))
        .map_err(|reason| format!("the index {}: {reason}", one.descriptor.digest))?;
    let pending = below.into_iter().map(|descriptor| Pending {
        wanted: one.wanted || digest == Some(&descriptor.digest),
        descriptor,
        depth: one.depth.saturating_add(1),
        names: one.names.clone(),
    });
    Ok(pending.collect())
}

fn take(found: &mut BTreeMap<BlobDigest, Candidate<Descriptor>>, one: Pending) {
    let digest = one.descriptor.digest.clone();
    let candidate = found.entry(digest.clone()).or_insert_with(|| Candidate {
        platform: one.descriptor.platform.clone(),
        image: one.descriptor,
        names: Vec::new(),
        digest,
    });
    candidate.names.extend(one.names);
    candidate.names.sort();
    candidate.names.dedup();
}

fn offered(descriptor: &Descriptor) -> Option<Candidate<()>> {
    let images = matches!(descriptor.medium(), Medium::Index | Medium::Manifest);
    (images && !descriptor.is_beside_images()).then(|| Candidate {
        image: (),
        names: names(descriptor),
        digest: descriptor.digest.clone(),
        platform: descriptor.platform.clone(),
    })
}

/// Returns the names of an image; only those in `index.json` itself count.
fn names(descriptor: &Descriptor) -> Vec<String> {
    let names = [REFERENCE, CONTAINERD_NAME].into_iter();
    names.filter_map(|name| descriptor.annotation(name)).map(str::to_owned).collect()
}

/// Reads the descriptors of an index.
fn manifests(bytes: &[u8], of: Option<&Descriptor>) -> Result<Vec<Descriptor>, String> {
    let document = json::object(bytes)?;
    check_document(&document, Medium::Index, of)?;
    let list = document.list("manifests")?;
    if list.len() > MAX_DESCRIPTORS {
        return Err(format!("it names more than {MAX_DESCRIPTORS} images"));
    }
    let each = list.iter().enumerate();
    each.map(|(at, value)| Descriptor::read(value, &format!("manifests[{at}]"))).collect()
}
