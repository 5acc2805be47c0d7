//! An image put together: its configuration, its layers as they lie, and what it says of them.

#![warn(clippy::indexing_slicing, clippy::arithmetic_side_effects)]

use std::sync::Arc;

use crate::model::{BlobDigest, Image, Layer};
use crate::source::compression::Coding;
use crate::source::layers::{Blob, LayerInput};

use super::config::{Configuration, Secrets};

/// The most layers of an image; overlayfs takes 500, the tools that build fewer than 128.
const MAX_LAYERS: usize = 1000;

/// A layer as it lies.
pub(super) struct Part {
    pub(super) blob: Arc<dyn Blob>,
    pub(super) name: String,
    /// Digest of the stored bytes, where something names it.
    pub(super) stored: Option<BlobDigest>,
    pub(super) size: u64,
    pub(super) coding: Option<Coding>,
}

/// An image that was found.
pub(super) struct Found {
    pub(super) image: Image,
    pub(super) layers: Vec<LayerInput>,
}

/// Refuses numbers of layers that cannot be, before any is opened.
pub(super) fn check_count(layers: usize, configuration: &Configuration) -> Result<(), String> {
    if layers > MAX_LAYERS {
        return Err(format!("it has {layers} layers, and at most {MAX_LAYERS} are read"));
    }
    let named = configuration.diff_ids.len();
    if layers != named {
        return Err(format!("its manifest names {layers} layers and its configuration {named}"));
    }
    Ok(())
}

/// Puts an image together; `size` is that of its configuration.
pub(super) fn assemble(
    configuration: Configuration,
    parts: Vec<Part>,
    size: u64,
) -> Result<Found, String> {
    let Configuration { platform, diff_ids, mut history, config, secrets } = configuration;
    if parts.len() != diff_ids.len() {
        return Err("its manifest and its configuration name different layers".to_owned());
    }
    // A history of another length says nothing reliable about any layer.
    if history.iter().filter(|step| step.layer.is_some()).count() != parts.len() {
        history.iter_mut().for_each(|step| step.layer = None);
    }
    let mut image = Image { platform, history, config, secrets, size, ..Image::default() };
    let mut layers = Vec::new();
    for ((number, part), diff_id) in (0u16..).zip(parts).zip(diff_ids) {
        let step = image.history.iter().find(|step| step.layer == Some(number));
        image.size = image.size.saturating_add(part.size);
        image.layers.push(Layer {
            digest: part.stored.clone(),
            diff_id: diff_id.clone(),
            size: part.size,
            created_by: step.and_then(|step| step.created_by.clone()),
        });
        layers.push(LayerInput {
            blob: part.blob,
            name: part.name,
            stored: part.stored.map(|digest| (digest, part.size)),
            diff_id,
            coding: part.coding,
        });
    }
    Ok(Found { image, layers })
}

impl Found {
    /// Takes the annotations of the manifest, less what looks like a secret.
    pub(super) fn annotate(&mut self, annotations: &[(String, String)]) {
        let mut secrets = Secrets::default();
        let pairs = annotations.iter().map(|(name, value)| (name.as_str(), value.as_str()));
        self.image.annotations = secrets.masked("annotations", pairs.collect());
        self.image.secrets.extend(secrets.sorted());
        self.image.secrets.sort();
    }
}
