//! The layers of an image, merged in memory into the root that a container would see; nothing is
//! extracted.
//!
//! Layers are read at the same time and applied one after the other, because where a name leads
//! depends on every layer below it (`lib/x` over `lib -> usr/lib`). Every digest holds before
//! anything is handed on. `docs/decisions/0010-layers.md` says how layers merge, what is refused and
//! what is reported.

mod examine;
mod merge;
mod reach;
mod removals;
mod second;
mod stack;
#[cfg(test)]
mod tests;
mod whiteout;

use std::io::{self, Read};
use std::sync::{Arc, Mutex, PoisonError};

use crate::bounds::{Cancel, Event, Observer, Pool, Silent};
use crate::model::{
    BlobDigest, Carries, FileType, Image, Intake, LayerId, SourceKind, Tree, TreePath,
};

use super::compression::Coding;
use super::tar::reader::Fault;
use super::tar::{content, survey};
use super::{Ask, ContentSink, Error, Plan, Source};
pub use removals::Removals;
use stack::{Failure, Stack};

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

/// Makes a source of an image's layers, the lowest first, fewer than 65,536; they are read at the
/// first use.
pub(super) fn source(
    kind: SourceKind,
    locator: &str,
    image: Image,
    layers: Vec<LayerInput>,
) -> Box<dyn Source> {
    let stack = Mutex::new(None);
    Box::new(Layers { kind, locator: locator.to_owned(), image, layers, stack })
}

/// An image and, after the first use, what its layers make together.
struct Layers {
    kind: SourceKind,
    locator: String,
    image: Image,
    layers: Vec<LayerInput>,
    stack: Mutex<Option<Arc<Stack>>>,
}

impl Layers {
    /// Returns the merged layers, read by whoever comes first.
    fn stack(
        &self,
        pool: &Pool,
        cancel: &Cancel,
        observer: &dyn Observer,
    ) -> Result<Arc<Stack>, Error> {
        let mut slot = self.stack.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(stack) = &*slot {
            return Ok(Arc::clone(stack));
        }
        let stack = Stack::read(&self.layers, pool, cancel, observer);
        let stack = Arc::new(stack.map_err(|failure| self.failed(failure))?);
        *slot = Some(Arc::clone(&stack));
        Ok(stack)
    }

    fn failed(&self, failure: Failure) -> Error {
        match failure.fault {
            Fault::Cancelled => Error::Cancelled(crate::bounds::Cancelled),
            Fault::Malformed(reason) => {
                let name = self.layers.get(failure.layer).map_or("", |layer| &layer.name);
                Error::Malformed {
                    locator: self.locator.clone(),
                    reason: format!("layer {} ({name}): {reason}", failure.layer),
                }
            }
        }
    }

    fn probed(&self, path: &TreePath, limit: u64) -> Option<Vec<u8>> {
        let cancel = Cancel::new();
        let pool = Pool::new(1).ok()?;
        let stack = self.stack(&pool, &cancel, &Silent).ok()?;
        let index = &stack.index;
        let number = index.nodes.object(index.resolve(path.as_bytes())?)?;
        let object = index.objects.get(number as usize)?;
        if object.file_type != FileType::File || object.digest().is_none() || object.size > limit {
            return None;
        }
        match index.kept(number) {
            Some(bytes) => Some(bytes.to_vec()),
            None => second::pass(&self.layers, &stack, object.layer, |reader| {
                content::bytes(reader, object, limit, &cancel)
            })
            .ok()
            .flatten(),
        }
    }
}

impl Source for Layers {
    fn kind(&self) -> SourceKind {
        self.kind
    }

    fn locator(&self) -> &str {
        &self.locator
    }

    fn prepare(&self, pool: &Pool, cancel: &Cancel, observer: &dyn Observer) -> Result<(), Error> {
        self.stack(pool, cancel, observer).map(|_| ())
    }

    fn probe(&self, path: &TreePath, limit: u64) -> Option<Vec<u8>> {
        self.probed(path, limit)
    }

    fn image(&self) -> Option<Image> {
        Some(self.image.clone())
    }

    fn removals(&self) -> Option<Arc<Removals>> {
        let slot = self.stack.lock().unwrap_or_else(PoisonError::into_inner);
        slot.as_ref().map(|stack| Arc::clone(&stack.removals))
    }

    fn survey(&self, plan: &Plan<'_>, intake: &Intake) -> Result<Carries, Error> {
        let stack = self.stack(plan.pool, plan.cancel, plan.observer)?;
        plan.cancel.check()?;
        survey::feed(&stack.index, self.kind, plan.rules, intake);
        plan.observer.event(Event::Surveyed { entries: intake.entries() });
        Ok(survey::carries(&stack.index, self.kind))
    }

    fn read(
        &self,
        plan: &Plan<'_>,
        tree: &Tree,
        asks: &[Ask],
        sink: &dyn ContentSink,
    ) -> Result<(), Error> {
        let stack = self.stack(plan.pool, plan.cancel, plan.observer)?;
        let waiting = content::sorted(&stack.index, tree, asks, sink);
        second::read(&self.layers, &stack, waiting, plan, sink)
            .map_err(|failure| self.failed(failure))
    }
}

/// Returns the place of a layer in the list.
fn place_of(layer: LayerId) -> usize {
    usize::from(layer.0)
}
