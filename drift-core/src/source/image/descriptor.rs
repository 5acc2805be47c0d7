//! Descriptors: what stands for bytes that lie elsewhere, by type, digest and size (OCI image
//! specification, "OCI Content Descriptors"; Docker's "Image Manifest V 2, Schema 2").

#![warn(clippy::indexing_slicing, clippy::arithmetic_side_effects)]

use sha2::{Digest as _, Sha512};

use crate::bounds::escape::escaped;
use crate::model::{BlobDigest, Platform, hex};
use crate::source::compression::Coding;

use super::json::{Object, Value};
use super::store::Store;

/// The most bytes of an index, a manifest or a configuration: what registries take of a manifest.
pub(super) const MAX_DOCUMENT_BYTES: u64 = 4 << 20;

/// A descriptor.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Descriptor {
    pub(super) media_type: String,
    pub(super) digest: BlobDigest,
    pub(super) size: u64,
    pub(super) platform: Option<Platform>,
    /// Sorted by name.
    pub(super) annotations: Vec<(String, String)>,
    pub(super) is_artifact: bool,
}

/// What a media type stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Medium {
    Index,
    Manifest,
    Config,
    /// A layer, compressed so.
    Layer(Coding),
    /// What drift knows and does not read, and why.
    Refused(&'static str),
    Unknown,
}

/// Every media type that is known, and what it stands for.
const MEDIA: [(&str, Medium); 19] = [
    ("application/vnd.oci.image.index.v1+json", Medium::Index),
    ("application/vnd.docker.distribution.manifest.list.v2+json", Medium::Index),
    ("application/vnd.oci.image.manifest.v1+json", Medium::Manifest),
    ("application/vnd.docker.distribution.manifest.v2+json", Medium::Manifest),
    ("application/vnd.docker.distribution.manifest.v1+json", SCHEMA_1),
    ("application/vnd.docker.distribution.manifest.v1+prettyjws", SCHEMA_1),
    ("application/vnd.oci.image.config.v1+json", Medium::Config),
    ("application/vnd.docker.container.image.v1+json", Medium::Config),
    ("application/vnd.oci.image.layer.v1.tar", Medium::Layer(Coding::Plain)),
    ("application/vnd.oci.image.layer.v1.tar+gzip", Medium::Layer(Coding::Gzip)),
    ("application/vnd.oci.image.layer.v1.tar+zstd", Medium::Layer(Coding::Zstd)),
    ("application/vnd.oci.image.layer.nondistributable.v1.tar", Medium::Layer(Coding::Plain)),
    ("application/vnd.oci.image.layer.nondistributable.v1.tar+gzip", Medium::Layer(Coding::Gzip)),
    ("application/vnd.oci.image.layer.nondistributable.v1.tar+zstd", Medium::Layer(Coding::Zstd)),
    ("application/vnd.docker.image.rootfs.diff.tar", Medium::Layer(Coding::Plain)),
    ("application/vnd.docker.image.rootfs.diff.tar.gzip", Medium::Layer(Coding::Gzip)),
    ("application/vnd.docker.image.rootfs.diff.tar.zstd", Medium::Layer(Coding::Zstd)),
    ("application/vnd.docker.image.rootfs.foreign.diff.tar", Medium::Layer(Coding::Plain)),
    ("application/vnd.docker.image.rootfs.foreign.diff.tar.gzip", Medium::Layer(Coding::Gzip)),
];

const SCHEMA_1: Medium = Medium::Refused(
    "Docker's manifest of schema 1 names no configuration; convert it with skopeo copy --format oci",
);

/// Returns what a media type stands for.
pub(super) fn medium(media_type: &str) -> Medium {
    if media_type.ends_with("+encrypted") {
        return Medium::Refused("it is encrypted; decrypt the image with skopeo copy first");
    }
    let row = MEDIA.iter().find(|(name, _)| *name == media_type);
    row.map_or(Medium::Unknown, |(_, medium)| *medium)
}

impl Descriptor {
    /// Reads a descriptor; `what` is what messages call it.
    pub(super) fn read(value: &Value, what: &str) -> Result<Self, String> {
        let wrong = |reason: String| format!("{what}: {reason}");
        Self::read_object(value.as_object("the descriptor").map_err(wrong)?).map_err(wrong)
    }

    fn read_object(object: &Object) -> Result<Self, String> {
        let text = object.text("digest")?.ok_or("it has no \"digest\"")?;
        let digest = BlobDigest::parse(text)
            .map_err(|why| format!("\"{}\" is no digest: {why}", escaped(text.as_bytes())))?;
        if !object.list("urls")?.is_empty() {
            return Err(format!(
                "{digest} lies at an address outside the image (\"urls\"), and nothing is fetched; \
                 use a copy of the image that holds all its layers"
            ));
        }
        Ok(Self {
            media_type: object.some_text("mediaType")?.ok_or("it has no \"mediaType\"")?.to_owned(),
            size: object.number("size")?.ok_or("it has no \"size\"")?,
            platform: object.object("platform")?.map(platform).transpose()?,
            annotations: owned(object.pairs("annotations")?),
            is_artifact: object.some_text("artifactType")?.is_some(),
            digest,
        })
    }

    /// Returns what its media type stands for.
    pub(super) fn medium(&self) -> Medium {
        medium(&self.media_type)
    }

    /// Returns an annotation.
    pub(super) fn annotation(&self, name: &str) -> Option<&str> {
        let pair = self.annotations.iter().find(|(key, _)| key == name)?;
        Some(&pair.1)
    }

    /// Returns whether it says of itself that it is no image: a signature, an attestation.
    pub(super) fn is_beside_images(&self) -> bool {
        let unknown =
            |platform: &Platform| platform.os == "unknown" || platform.architecture == "unknown";
        self.is_artifact
            || self.platform.as_ref().is_some_and(unknown)
            || self.annotation("vnd.docker.reference.type").is_some()
    }

    /// Reads the document that it stands for; the bytes are exactly those it names.
    pub(super) fn document(&self, store: &Store, what: &str) -> Result<Vec<u8>, String> {
        let Self { digest, size, .. } = self;
        let wrong = |reason: String| format!("{what} {digest}: {reason}");
        let range = store.blob(digest).map_err(wrong)?;
        if range.length() != *size {
            return Err(wrong(format!("it should have {size} bytes and has {}", range.length())));
        }
        let bytes = range.bytes(MAX_DOCUMENT_BYTES).map_err(wrong)?;
        let found = digest_of(digest.algorithm(), &bytes);
        if found != digest.hex() {
            return Err(wrong(format!("its bytes have another digest, {found}")));
        }
        Ok(bytes)
    }
}

/// Returns the digits of a digest by one of the two algorithms that [`BlobDigest`] takes.
pub(super) fn digest_of(algorithm: &str, bytes: &[u8]) -> String {
    match algorithm {
        "sha512" => hex(&Sha512::digest(bytes)),
        _ => hex(&drift_lanes::sha256(bytes)),
    }
}

/// Refuses a document that could be an index and a manifest at once (CVE-2021-41190), or of another
/// type or version than its descriptor says.
pub(super) fn check_document(
    document: &Object,
    expected: Medium,
    of: Option<&Descriptor>,
) -> Result<(), String> {
    if document.number("schemaVersion")? != Some(2) {
        return Err("its \"schemaVersion\" is not 2".to_owned());
    }
    let foreign: &[&str] = match expected {
        Medium::Index => &["config", "layers", "fsLayers"],
        _ => &["manifests", "fsLayers"],
    };
    for name in foreign {
        if document.get(name)?.is_some() {
            return Err(format!("it has \"{name}\", so that it can be read as something else"));
        }
    }
    let Some(own) = document.some_text("mediaType")? else { return Ok(()) };
    let agrees = of.is_none_or(|descriptor| descriptor.media_type == own);
    if medium(own) == expected && agrees {
        return Ok(());
    }
    let shown = escaped(own.as_bytes());
    Err(format!("it says that it is of another media type, \"{shown}\""))
}

/// Reads `os`, `architecture` and `variant`.
pub(super) fn platform(object: &Object) -> Result<Platform, String> {
    let text = |name| Ok::<_, String>(object.some_text(name)?.unwrap_or_default().to_owned());
    Ok(Platform {
        os: text("os")?,
        architecture: text("architecture")?,
        variant: object.some_text("variant")?.map(str::to_owned),
    })
}

/// Takes pairs along.
pub(super) fn owned(pairs: Vec<(&str, &str)>) -> Vec<(String, String)> {
    pairs.into_iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
}
