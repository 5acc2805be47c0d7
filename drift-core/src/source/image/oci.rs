//! OCI image layouts: from `index.json` over indexes, manifest and configuration to the layers,
//! each verified before it is read (OCI image specification 1.1).

#![warn(clippy::indexing_slicing, clippy::arithmetic_side_effects)]

use crate::bounds::escape::escaped;
use crate::model::Platform;

use super::Refusal;
use super::assemble::{Found, Part, assemble, check_count};
use super::choice::{By, Candidate, Wanted, choose, refused, same_machine};
use super::config::Configuration;
use super::descriptor::{Descriptor, MAX_DOCUMENT_BYTES, Medium, check_document, owned};
use super::index::candidates;
use super::json;
use super::store::{Store, blob_name};

/// The most candidates without a platform whose configuration is read for it.
const MAX_CONFIGURATIONS: usize = 64;

/// A manifest that was read.
struct Manifest {
    config: Descriptor,
    layers: Vec<Descriptor>,
    annotations: Vec<(String, String)>,
}

/// Reads the image of a layout that is wanted.
pub(super) fn read(store: &Store, wanted: &Wanted) -> Result<Found, Refusal> {
    check_version(store)?;
    let mut candidates = candidates(store, wanted)?;
    if wanted.platform.is_some() || candidates.len() > 1 {
        learn_platforms(store, &mut candidates)?;
    }
    let (chosen, by) = choose(candidates, wanted)?;
    let manifest = manifest(store, &chosen.image)?;
    let bytes = manifest.config.document(store, "the configuration")?;
    let configuration = Configuration::read(&bytes)
        .map_err(|reason| format!("the configuration {}: {reason}", manifest.config.digest))?;
    if by == By::Platform {
        chosen.is_true(&configuration.platform)?;
    }
    check_count(manifest.layers.len(), &configuration)?;
    let mut parts = Vec::new();
    for layer in &manifest.layers {
        parts.push(part(store, layer)?);
    }
    let mut found = assemble(configuration, parts, manifest.config.size)?;
    found.image.manifest = Some(chosen.digest);
    found.image.config_digest = Some(manifest.config.digest);
    found.image.reference = chosen.names.into_iter().next();
    found.annotate(&manifest.annotations);
    Ok(found)
}

fn check_version(store: &Store) -> Result<(), Refusal> {
    let bytes = store.file("oci-layout")?.bytes(MAX_DOCUMENT_BYTES)?;
    let in_file = |reason: String| format!("oci-layout: {reason}");
    let document = json::object(&bytes).map_err(in_file)?;
    match document.text("imageLayoutVersion").map_err(in_file)? {
        Some("1.0.0") => Ok(()),
        Some(other) => {
            let other = escaped(other.as_bytes());
            Err(format!("oci-layout: the version \"{other}\" is not 1.0.0, the one there is")
                .into())
        }
        None => Err("oci-layout: it has no \"imageLayoutVersion\"".to_owned().into()),
    }
}

/// Reads the platforms of candidates whose index does not name them.
fn learn_platforms(store: &Store, candidates: &mut [Candidate<Descriptor>]) -> Result<(), Refusal> {
    let unknown = candidates.iter().filter(|one| one.platform.is_none()).count();
    if unknown > MAX_CONFIGURATIONS {
        let why = format!("{unknown} images do not name their platform");
        return Err(refused(why, candidates));
    }
    for candidate in candidates.iter_mut().filter(|one| one.platform.is_none()) {
        let config = manifest(store, &candidate.image)?.config;
        let bytes = config.document(store, "the configuration")?;
        let configuration = Configuration::read(&bytes)
            .map_err(|reason| format!("the configuration {}: {reason}", config.digest))?;
        candidate.platform = Some(configuration.platform);
    }
    Ok(())
}

fn manifest(store: &Store, descriptor: &Descriptor) -> Result<Manifest, String> {
    let bytes = descriptor.document(store, "the manifest")?;
    read_manifest(&bytes, descriptor)
        .map_err(|reason| format!("the manifest {}: {reason}", descriptor.digest))
}

fn read_manifest(bytes: &[u8], descriptor: &Descriptor) -> Result<Manifest, String> {
    let document = json::object(bytes)?;
    check_document(&document, Medium::Manifest, Some(descriptor))?;
    if let Some(kind) = document.some_text("artifactType")? {
        let kind = escaped(kind.as_bytes());
        return Err(format!("it is an artifact of type \"{kind}\" and no image"));
    }
    let config = document.get("config")?.ok_or("it has no \"config\"")?;
    let config = Descriptor::read(config, "config")?;
    if config.medium() != Medium::Config {
        let shown = escaped(config.media_type.as_bytes());
        return Err(format!("its configuration is of type \"{shown}\", so it is no image"));
    }
    let layers = document.list("layers")?.iter().enumerate();
    let layers = layers.map(|(at, value)| Descriptor::read(value, &format!("layers[{at}]")));
    let layers = layers.collect::<Result<_, _>>()?;
    Ok(Manifest { config, layers, annotations: owned(document.pairs("annotations")?) })
}

fn part(store: &Store, layer: &Descriptor) -> Result<Part, String> {
    let digest = &layer.digest;
    let coding = match layer.medium() {
        Medium::Layer(coding) => coding,
        Medium::Refused(why) => return Err(format!("the layer {digest}: {why}")),
        _ => {
            let shown = escaped(layer.media_type.as_bytes());
            return Err(format!("the layer {digest}: the type \"{shown}\" is none of a layer"));
        }
    };
    let (blob, length) = store
        .layer(&blob_name(digest))
        .map_err(|reason| format!("the layer {digest}: {reason}"))?;
    if length != layer.size {
        let size = layer.size;
        return Err(format!("the layer {digest}: it should have {size} bytes and has {length}"));
    }
    Ok(Part {
        blob,
        name: digest.to_string(),
        stored: Some(digest.clone()),
        size: layer.size,
        coding: Some(coding),
    })
}

impl Candidate<Descriptor> {
    /// Refuses an image that was chosen by a platform which its configuration does not name: what
    /// runs would be another image than what was looked at.
    fn is_true(&self, platform: &Platform) -> Result<(), String> {
        let claimed = self.platform.as_ref().filter(|claimed| !same_machine(claimed, platform));
        claimed.map_or(Ok(()), |claimed| {
            let (digest, claimed) = (&self.digest, escaped(claimed.to_string().as_bytes()).to_string());
            let own = escaped(platform.to_string().as_bytes()).to_string();
            Err(format!(
                "the manifest {digest} stands in the index for {claimed}, and its configuration says {own}"
            ))
        })
    }
}
