//! The cache of `--mode incremental` in the state directory, and the key that its codes are made with.
//!
//! A check that cannot use it reads everything and says so. A full check keeps a cache that is there
//! up to date, and makes none: whoever wants none has none.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use drift_core::artifact::{self, Replace};
use drift_core::bounds::{Pool, Timestamp};
use drift_core::cache::{self, Cache, Purpose, Setting};
use drift_core::model::SourceKind;
use drift_core::source::Source;

use crate::args::{Check, Mode};
use crate::inputs;
use crate::own_digest;
use crate::settings::Settings;
use crate::state::Lease;

pub(crate) const CACHE_FILE: &str = "cache.bin";
pub(crate) const KEY_FILE: &str = "cache.key";

/// Nobody else may read it: ages of records say when files are read again.
const PRIVATE_MODE: u32 = 0o600;

const KEY_BYTES: usize = 32;

/// machine-id(5) is 33 bytes.
const MAX_MACHINE_ID_BYTES: usize = 4096;

/// The cache of one run, and where the next one finds it.
#[derive(Debug, Default)]
pub(crate) struct Incremental {
    pub(crate) cache: Option<Arc<Cache>>,
    path: PathBuf,
    refreshes: bool,
    /// What the report must say.
    notes: Vec<String>,
}

/// Returns whether a check asks for a cache.
pub(crate) fn is_asked(args: &Check) -> bool {
    args.mode == Mode::Incremental
}

/// Opens the cache for a check of this target. There is no error: without one everything is read.
pub(crate) fn begin(
    args: &Check,
    settings: &Settings,
    lease: &Lease,
    (source, pool): (&dyn Source, &Pool),
) -> Incremental {
    let purpose = if is_asked(args) { Purpose::Trust } else { Purpose::Refresh };
    let without = |why: &str| {
        let note = format!("--mode incremental: every file was read: {why}");
        let notes = if is_asked(args) { vec![note] } else { Vec::new() };
        Incremental { notes, ..Incremental::default() }
    };
    if !matches!(source.kind(), SourceKind::Host | SourceKind::Directory) {
        return without("the target keeps no times that would prove anything");
    }
    if !inputs::parts(&args.scope.only).entries {
        return without("no entries are looked at");
    }
    let Lease::Held { directory, .. } = lease else {
        return without(
            "no state directory could be written; name one with --state, or make /var/lib/drift \
             writable",
        );
    };
    let path = directory.join(CACHE_FILE);
    let refreshes = purpose == Purpose::Refresh;
    let stored = match artifact::read_private(&path, cache::MAX_BYTES) {
        Ok(stored) if stored.exposed.is_none() => Some(stored.bytes),
        _ if refreshes => return without(""),
        _ => None,
    };
    let Some(random) = random() else { return without("there were no random numbers") };
    let mut notes = Vec::new();
    let key = match key(directory, refreshes, &mut notes) {
        Ok(key) => key,
        Err(why) => return without(&why),
    };
    let machine = artifact::read_bounded(Path::new("/etc/machine-id"), MAX_MACHINE_ID_BYTES);
    let revision = own_digest::stamp();
    let setting = Setting {
        purpose,
        target: (source.kind(), source.locator()),
        machine: &machine.unwrap_or_default(),
        revision: revision.as_bytes(),
        key,
        random,
        within: args.rehash_within,
        started: settings.real_now(),
    };
    match Cache::begin(stored, &setting, pool) {
        Ok(cache) => Incremental { cache: Some(Arc::new(cache)), path, refreshes, notes },
        Err(cancelled) => without(&cancelled.to_string()),
    }
}

impl Incremental {
    /// Leaves the cache for the next run, and returns what the report must say.
    pub(crate) fn end(self, settings: &Settings, now: Timestamp) -> Vec<String> {
        let Self { cache, path, refreshes, mut notes } = self;
        let Some(cache) = cache else { return notes };
        notes.extend(cache.notes());
        // One of another target or host is not this run's to replace, unless that was asked for.
        if settings.cancel.check().is_err() || (refreshes && !cache.is_believed()) {
            return notes;
        }
        let written =
            artifact::write_stream(&path, PRIVATE_MODE, Replace::Yes, &settings.cancel, |out| {
                cache.write(now, out)
            });
        let failed = match written {
            Ok(Ok(())) => return notes,
            Ok(Err(error)) => error.to_string(),
            Err(error) => error.to_string(),
        };
        notes.push(format!(
            "the next check will know less: the cache could not be written: {failed}"
        ));
        notes
    }
}

/// Reads the key, or makes one where there is none that is private.
fn key(
    directory: &Path,
    refreshes: bool,
    notes: &mut Vec<String>,
) -> Result<[u8; KEY_BYTES], String> {
    let path = directory.join(KEY_FILE);
    if let Ok(stored) = artifact::read_private(&path, KEY_BYTES) {
        match (<[u8; KEY_BYTES]>::try_from(stored.bytes), stored.exposed) {
            (Ok(key), None) => return Ok(key),
            (_, Some(mode)) => notes.push(format!(
                "{} was open to others (mode {mode:o}), so it was made anew and the cache with it",
                path.display()
            )),
            (Err(_), None) => {}
        }
    }
    if refreshes {
        return Err("there is no key".to_owned());
    }
    let key = random().ok_or("there were no random numbers")?;
    artifact::write(&path, &key, PRIVATE_MODE, Replace::Yes)
        .map_err(|error| format!("its key could not be written: {error}"))?;
    Ok(key)
}

fn random() -> Option<[u8; KEY_BYTES]> {
    let mut bytes = [0; KEY_BYTES];
    getrandom::fill(&mut bytes).ok().map(|()| bytes)
}
