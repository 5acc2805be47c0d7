//! A root file system in a tar archive: plain, or compressed by gzip, zstd or xz.
//!
//! Nothing is ever extracted. The first use reads the whole archive once and keeps an index of what
//! extracting it into an empty directory would give, digests included; a survey applies rules to
//! the index alone. What is asked later of single files costs another pass from the start.
//! `docs/decisions/0005-tar.md` says what is refused, what is reported and what is inferred.

mod acl;
mod archive;
pub(super) mod content;
mod header;
pub(super) mod index;
mod labels;
mod member;
pub(super) mod members;
pub(super) mod nodes;
pub(super) mod object;
pub(super) mod paths;
pub(super) mod reader;
mod records;
pub(super) mod scan;
mod sparse;
pub(super) mod steps;
pub(super) mod survey;

use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use crate::bounds::{Cancel, Event, Observer, Pool, Silent};
use crate::model::{Carries, FileType, Intake, LayerId, SourceKind, Tree, TreePath};

use super::stored::StoredFile;
use super::sums::Feed;
use super::{Ask, ContentSink, Error, Plan, Source};
use archive::Archive;
use index::Index;
use scan::{Progress, Scan, Watch};

/// Opens an archive; `locator` is what reports call it, such as `tar:root.tar.gz`.
///
/// Coding and format are recognised by the first bytes, never by the name. Fails when the file
/// cannot be opened, is no regular file, or is no tar archive; everything else is found by the first
/// use.
pub fn open(path: &Path, locator: &str) -> Result<Box<dyn Source>, Error> {
    let file = StoredFile::open(path)
        .map_err(|reason| Error::Open { locator: locator.to_owned(), reason })?;
    of_file(file, locator)
}

/// Makes a source of an archive that is open.
pub(super) fn of_file(file: StoredFile, locator: &str) -> Result<Box<dyn Source>, Error> {
    let archive = Archive::new(file, locator)?;
    Ok(Box::new(TarSource { archive, locator: locator.to_owned(), index: Mutex::new(None) }))
}

/// An archive and, after the first use, what is in it.
struct TarSource {
    archive: Archive,
    locator: String,
    index: Mutex<Option<Arc<Index>>>,
}

impl TarSource {
    /// Returns the index, built by whoever comes first.
    fn index(&self, cancel: &Cancel, observer: &dyn Observer) -> Result<Arc<Index>, Error> {
        let mut slot = self.index.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(index) = &*slot {
            return Ok(Arc::clone(index));
        }
        let progress = Progress::default();
        let watch = Watch { cancel, observer, progress: &progress };
        let index = Arc::new(self.archive.pass(|reader| {
            Scan::read(reader, LayerId(0), watch, &Feed::of_files()).and_then(Index::of)
        })?);
        *slot = Some(Arc::clone(&index));
        Ok(index)
    }
}

impl Source for TarSource {
    fn kind(&self) -> SourceKind {
        SourceKind::Tar
    }

    fn locator(&self) -> &str {
        &self.locator
    }

    fn prepare(&self, _pool: &Pool, cancel: &Cancel, observer: &dyn Observer) -> Result<(), Error> {
        self.index(cancel, observer).map(|_| ())
    }

    fn probe(&self, path: &TreePath, limit: u64) -> Option<Vec<u8>> {
        let cancel = Cancel::new();
        let index = self.index(&cancel, &Silent).ok()?;
        let number = index.nodes.object(index.resolve(path.as_bytes())?)?;
        let object = index.objects.get(number as usize)?;
        if object.file_type != FileType::File || object.digest().is_none() || object.size > limit {
            return None;
        }
        match index.kept(number) {
            Some(bytes) => Some(bytes.to_vec()),
            None => {
                let read =
                    self.archive.pass(|reader| content::bytes(reader, object, limit, &cancel));
                read.ok().flatten()
            }
        }
    }

    fn survey(&self, plan: &Plan<'_>, intake: &Intake) -> Result<Carries, Error> {
        let index = self.index(plan.cancel, plan.observer)?;
        plan.cancel.check()?;
        survey::feed(&index, self.kind(), plan.rules, intake);
        plan.observer.event(Event::Surveyed { entries: intake.entries() });
        Ok(survey::carries(&index, self.kind()))
    }

    fn read(
        &self,
        plan: &Plan<'_>,
        tree: &Tree,
        asks: &[Ask],
        sink: &dyn ContentSink,
    ) -> Result<(), Error> {
        let index = self.index(plan.cancel, plan.observer)?;
        for mut waiting in content::sorted(&index, tree, asks, sink).into_values() {
            // Nothing is handed out before the pass has proved that the file stayed as it was.
            let answers =
                self.archive.pass(|reader| content::answers(reader, &mut waiting, plan.cancel))?;
            content::hand_out(answers, &waiting, sink);
        }
        Ok(())
    }
}
