//! Section IMAG: what an image says of itself. Not part of the root: the same tree through other
//! layers is the same tree.

#![warn(clippy::indexing_slicing, clippy::arithmetic_side_effects)]

use crate::bounds::Budget;
use crate::model::{BlobDigest, HistoryStep, Image, ImageConfig, ImageSecret, Layer, Platform};

use super::error::Error;
use super::limits::{MAX_BLOCK_BYTES, MAX_IMAGE_ITEMS};
use super::wire::{Input, put, put_bytes, put_field};

const MANIFEST: u64 = 1;
const CONFIG_DIGEST: u64 = 2;
const REFERENCE: u64 = 3;
const PLATFORM: u64 = 4;
const LAYERS: u64 = 5;
const HISTORY: u64 = 6;
const CONFIG: u64 = 7;
const ANNOTATIONS: u64 = 8;
const SIZE: u64 = 9;
const SECRETS: u64 = 10;

const USER: u64 = 1;
const ENTRYPOINT: u64 = 2;
const COMMAND: u64 = 3;
const ENVIRONMENT: u64 = 4;
const WORKING_DIRECTORY: u64 = 5;
const EXPOSED_PORTS: u64 = 6;
const VOLUMES: u64 = 7;
const STOP_SIGNAL: u64 = 8;
const LABELS: u64 = 9;
const HEALTHCHECK: u64 = 10;
const ENVIRONMENT_VALUES: u64 = 11;

/// Returns the raw block.
pub(super) fn write(image: &Image) -> Result<Vec<u8>, Error> {
    if items(image) > MAX_IMAGE_ITEMS || image.layers.len() > usize::from(u16::MAX) {
        return Err(too_many());
    }
    let mut out = Vec::new();
    let text = |digest: &Option<BlobDigest>| digest.as_ref().map(BlobDigest::to_string);
    put_field(&mut out, MANIFEST, text(&image.manifest).unwrap_or_default().as_bytes());
    put_field(&mut out, CONFIG_DIGEST, text(&image.config_digest).unwrap_or_default().as_bytes());
    put_field(&mut out, REFERENCE, &option(image.reference.as_deref()));
    let Platform { os, architecture, variant } = &image.platform;
    let mut platform = Vec::new();
    put_bytes(&mut platform, os.as_bytes());
    put_bytes(&mut platform, architecture.as_bytes());
    platform.extend_from_slice(&option(variant.as_deref()));
    put_field(&mut out, PLATFORM, &platform);
    put_field(&mut out, LAYERS, &list(&image.layers, put_layer));
    put_field(&mut out, HISTORY, &list(&image.history, put_step));
    put_field(&mut out, CONFIG, &config(&image.config));
    put_field(&mut out, ANNOTATIONS, &list(&image.annotations, put_pair));
    let mut size = Vec::new();
    put(&mut size, image.size);
    put_field(&mut out, SIZE, &size);
    put_field(
        &mut out,
        SECRETS,
        &list(&image.secrets, |out, secret| {
            put_bytes(out, secret.location.as_bytes());
            put_bytes(out, secret.kind.as_bytes());
        }),
    );
    Ok(out)
}

/// Counts what a reader will hold one by one.
fn items(image: &Image) -> u64 {
    let config = &image.config;
    let lists = [
        image.layers.len(),
        image.history.len(),
        image.annotations.len(),
        image.secrets.len(),
        config.entrypoint.len(),
        config.command.len(),
        config.healthcheck.len(),
        config.environment.len(),
        config.environment_values.len(),
        config.exposed_ports.len(),
        config.volumes.len(),
        config.labels.len(),
    ];
    lists.iter().fold(0, |sum, length| sum.saturating_add(*length as u64))
}

fn too_many() -> Error {
    Error::TooLarge {
        what: "what the image says of itself",
        limit: MAX_IMAGE_ITEMS,
        unit: "layers, commands, names and labels",
    }
}

/// A byte 0, or a byte 1 and the text.
fn option(text: Option<&str>) -> Vec<u8> {
    let mut out = vec![u8::from(text.is_some())];
    if let Some(text) = text {
        put_bytes(&mut out, text.as_bytes());
    }
    out
}

/// Nothing of an empty list, so that the field is left out.
fn list<T>(items: &[T], each: impl Fn(&mut Vec<u8>, &T)) -> Vec<u8> {
    let mut out = Vec::new();
    if !items.is_empty() {
        put(&mut out, items.len() as u64);
        items.iter().for_each(|item| each(&mut out, item));
    }
    out
}

fn put_layer(out: &mut Vec<u8>, layer: &Layer) {
    out.extend_from_slice(&option(layer.digest.as_ref().map(BlobDigest::as_str)));
    put_bytes(out, layer.diff_id.as_str().as_bytes());
    put(out, layer.size);
    out.extend_from_slice(&option(layer.created_by.as_deref()));
}

fn put_step(out: &mut Vec<u8>, step: &HistoryStep) {
    out.extend_from_slice(&option(step.created.as_deref()));
    out.extend_from_slice(&option(step.created_by.as_deref()));
    put(out, step.layer.map_or(0, |layer| u64::from(layer).saturating_add(1)));
}

fn put_pair(out: &mut Vec<u8>, (name, value): &(String, String)) {
    put_bytes(out, name.as_bytes());
    put_bytes(out, value.as_bytes());
}

fn config(config: &ImageConfig) -> Vec<u8> {
    let mut out = Vec::new();
    let texts =
        |items: &[String]| list(items, |out, text: &String| put_bytes(out, text.as_bytes()));
    let maybe = |text: &Option<String>| match text {
        Some(text) => option(Some(text)),
        None => Vec::new(),
    };
    put_field(&mut out, USER, &maybe(&config.user));
    put_field(&mut out, ENTRYPOINT, &texts(&config.entrypoint));
    put_field(&mut out, COMMAND, &texts(&config.command));
    put_field(&mut out, ENVIRONMENT, &texts(&config.environment));
    put_field(&mut out, WORKING_DIRECTORY, &maybe(&config.working_directory));
    put_field(&mut out, EXPOSED_PORTS, &texts(&config.exposed_ports));
    put_field(&mut out, VOLUMES, &texts(&config.volumes));
    put_field(&mut out, STOP_SIGNAL, &maybe(&config.stop_signal));
    put_field(&mut out, LABELS, &list(&config.labels, put_pair));
    if !config.healthcheck.is_empty() {
        put_field(&mut out, HEALTHCHECK, &texts(&config.healthcheck));
    }
    if !config.environment_values.is_empty() {
        put_field(&mut out, ENVIRONMENT_VALUES, &list(&config.environment_values, put_pair));
    }
    out
}

/// Reads the raw block.
pub(super) fn read(raw: &[u8]) -> Result<Image, Error> {
    let mut budget = Budget::new(MAX_BLOCK_BYTES, MAX_IMAGE_ITEMS);
    let mut input = Input::new("section IMAG", raw);
    let mut image = Image::default();
    let mut last = 0;
    while let Some((tag, bytes)) = input.field(&mut last)? {
        let mut field = Input::new("section IMAG", bytes);
        match tag {
            MANIFEST => image.manifest = Some(digest(&mut field, bytes.len())?),
            CONFIG_DIGEST => image.config_digest = Some(digest(&mut field, bytes.len())?),
            REFERENCE => image.reference = read_option(&mut field)?,
            PLATFORM => image.platform = read_platform(&mut field)?,
            LAYERS => image.layers = read_list(&mut field, &mut budget, read_layer)?,
            HISTORY => image.history = read_list(&mut field, &mut budget, read_step)?,
            CONFIG => {
                read_config(bytes, &mut budget, &mut image.config)?;
                continue;
            }
            ANNOTATIONS => image.annotations = read_list(&mut field, &mut budget, read_pair)?,
            SIZE => image.size = field.number()?,
            SECRETS => image.secrets = read_list(&mut field, &mut budget, read_secret)?,
            _ => continue,
        }
        field.finish()?;
    }
    let steps = image.history.iter().filter_map(|step| step.layer);
    if steps.into_iter().any(|layer| usize::from(layer) >= image.layers.len()) {
        return Err(input.malformed("a command names a layer that is not there"));
    }
    Ok(image)
}

fn read_config(raw: &[u8], budget: &mut Budget, config: &mut ImageConfig) -> Result<(), Error> {
    let mut input = Input::new("section IMAG", raw);
    let mut last = 0;
    while let Some((tag, bytes)) = input.field(&mut last)? {
        let mut field = Input::new("section IMAG", bytes);
        let text = |input: &mut Input<'_>| input.text().map(str::to_owned);
        match tag {
            USER => config.user = read_option(&mut field)?,
            ENTRYPOINT => config.entrypoint = read_list(&mut field, budget, text)?,
            COMMAND => config.command = read_list(&mut field, budget, text)?,
            ENVIRONMENT => config.environment = read_list(&mut field, budget, text)?,
            WORKING_DIRECTORY => config.working_directory = read_option(&mut field)?,
            EXPOSED_PORTS => config.exposed_ports = read_list(&mut field, budget, text)?,
            VOLUMES => config.volumes = read_list(&mut field, budget, text)?,
            STOP_SIGNAL => config.stop_signal = read_option(&mut field)?,
            HEALTHCHECK => config.healthcheck = read_list(&mut field, budget, text)?,
            ENVIRONMENT_VALUES => {
                config.environment_values = read_list(&mut field, budget, read_pair)?;
            }
            LABELS => config.labels = read_list(&mut field, budget, read_pair)?,
            _ => continue,
        }
        field.finish()?;
    }
    Ok(())
}

fn digest(input: &mut Input<'_>, length: usize) -> Result<BlobDigest, Error> {
    let text = std::str::from_utf8(input.take(length)?).ok();
    text.and_then(|text| BlobDigest::parse(text).ok())
        .ok_or(input.malformed("a digest is of no known form"))
}

fn read_platform(input: &mut Input<'_>) -> Result<Platform, Error> {
    let (os, architecture) = (input.text()?.to_owned(), input.text()?.to_owned());
    Ok(Platform { os, architecture, variant: read_option(input)? })
}

fn read_option(input: &mut Input<'_>) -> Result<Option<String>, Error> {
    match input.byte()? {
        0 => Ok(None),
        1 => Ok(Some(input.text()?.to_owned())),
        _ => Err(input.malformed("a text is neither absent nor there")),
    }
}

fn read_list<T>(
    input: &mut Input<'_>,
    budget: &mut Budget,
    mut each: impl FnMut(&mut Input<'_>) -> Result<T, Error>,
) -> Result<Vec<T>, Error> {
    let mut list = Vec::new();
    for _ in 0..input.number()? {
        budget.item().map_err(|_| too_many())?;
        list.push(each(input)?);
    }
    Ok(list)
}

fn read_layer(input: &mut Input<'_>) -> Result<Layer, Error> {
    let stored = read_option(input)?.map(|text| BlobDigest::parse(&text)).transpose();
    let length = input.small()?;
    Ok(Layer {
        digest: stored.map_err(|_| input.malformed("a digest is of no known form"))?,
        diff_id: digest(input, length)?,
        size: input.number()?,
        created_by: read_option(input)?,
    })
}

fn read_step(input: &mut Input<'_>) -> Result<HistoryStep, Error> {
    let (created, created_by) = (read_option(input)?, read_option(input)?);
    let layer: u32 = input.small()?;
    let layer = match layer.checked_sub(1).map(u16::try_from) {
        None => None,
        Some(Ok(layer)) => Some(layer),
        Some(Err(_)) => return Err(input.malformed("a number is out of range")),
    };
    Ok(HistoryStep { created, created_by, layer })
}

fn read_pair(input: &mut Input<'_>) -> Result<(String, String), Error> {
    Ok((input.text()?.to_owned(), input.text()?.to_owned()))
}

fn read_secret(input: &mut Input<'_>) -> Result<ImageSecret, Error> {
    let (location, kind) = read_pair(input)?;
    Ok(ImageSecret { location, kind: kind.into() })
}
