//! The layers of an image, merged in memory into the root that a container would see; nothing is
//! extracted.
//!
//! `docs/decisions/0010-layers.md` says how layers merge, what is refused and what is reported.

use std::io::{self, Read};
use std::sync::Arc;

use crate::model::{BlobDigest, Carries, Image, Intake, SourceKind, Tree, TreePath};

use super::compression::Coding;
use super::{Ask, ContentSink, Error, Plan, Source};

/// The stored bytes of a layer, readable from their start any number of times, from any thread.
pub(super) trait Blob: Send + Sync {
    /// Starts a reading at the first byte.
    fn open(&self) -> io::Result<Box<dyn Read + Send + '_>>;

    /// Fails, with the reason, when the file under it is no longer the one that was opened.
    fn unchanged(&self) -> Result<(), String>;
}

/// One layer, as manifest and configuration describe it.
pub(super) struct LayerInput {
    pub(super) blob: Arc<dyn Blob>,
    /// What messages call it, such as a digest or the name of a file in an archive.
    pub(super) name: String,
    /// Digest and size of the stored bytes; none where nothing names them.
    pub(super) stored: Option<(BlobDigest, u64)>,
    /// Digest of the uncompressed archive.
    pub(super) diff_id: BlobDigest,
    /// What the media type claims; `None` to go by the bytes. A claim that the bytes contradict is
    /// an error.
    pub(super) coding: Option<Coding>,
}

/// Makes a source of an image's layers, the lowest first; they are read at the first use.
pub(super) fn source(
    kind: SourceKind,
    locator: &str,
    image: Image,
    layers: Vec<LayerInput>,
) -> Box<dyn Source> {
    Box::new(Layers { kind, locator: locator.to_owned(), image, layers })
}

/// An image.
struct Layers {
    kind: SourceKind,
    locator: String,
    image: Image,
    layers: Vec<LayerInput>,
}

impl Source for Layers {
    fn kind(&self) -> SourceKind {
        self.kind
    }

    fn locator(&self) -> &str {
        &self.locator
    }

    fn probe(&self, _path: &TreePath, _limit: u64) -> Option<Vec<u8>> {
        None
    }

    fn image(&self) -> Option<Image> {
        Some(self.image.clone())
    }

    fn survey(&self, _plan: &Plan<'_>, _intake: &Intake) -> Result<Carries, Error> {
        Err(Error::Malformed {
            locator: self.locator.clone(),
            reason: format!("its {} layers are not read yet", self.layers.len()),
        })
    }

    fn read(
        &self,
        _plan: &Plan<'_>,
        _tree: &Tree,
        _asks: &[Ask],
        _sink: &dyn ContentSink,
    ) -> Result<(), Error> {
        Ok(())
    }
}
