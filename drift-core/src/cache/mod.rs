//! Digests of files from earlier runs, and when they may stand for a reading.
//!
//! A file that looks to the nanosecond as it did when it was read, on a file system whose stamps are
//! believed, and that had been quiet for long enough then, is taken to hold what it held. That is true
//! of everything that goes through the kernel; it is no proof against whoever can write to the disk
//! itself, set the clock or read the key, so a random part is read again at every run. Of a file that
//! fs-verity sealed the kernel's own digest is asked instead, which is proof. See
//! `docs/incremental.md`.
//!
//! Pure over bytes: who calls reads and writes the file, and gives time, key and randomness.

mod mac;
mod places;
mod record;
mod sample;
mod table;
mod write;

#[cfg(test)]
mod tests;

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::bounds::{Cancelled, Pool, Timestamp};
use crate::model::{Algorithm, Digest, SourceKind, Time};
use crate::source::{FileSystem, Known, Place, Seal, Stat};

use places::Places;
use record::Record;
use sample::Sample;
use table::Table;

/// A file counts as quiet when nothing had changed it for so long before the run began that read it.
///
/// Two things leave no stamp right after a change: file systems keep times as coarsely as a second
/// (ext4 with inodes of 128 bytes), and a page that is mapped and was stored to takes further stores
/// unnoticed until it is written back: 35 s by default (`vm.dirty_expire_centisecs` and
/// `vm.dirty_writeback_centisecs`).
pub const QUIET_SECONDS: i64 = 120;

/// Within so many runs every file is read again, unless something else is asked for.
pub const DEFAULT_WITHIN: u32 = 32;

/// A larger file is no cache: some eleven million records.
pub const MAX_BYTES: usize = 1 << 30;

/// What the cache is for in this run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// Files are taken from it, but for a sample.
    Trust,
    /// Everything is read, and it is written anew.
    Refresh,
}

/// What belongs to one run. Without a default: each of these is a matter of trust.
pub struct Setting<'s> {
    /// What it is for.
    pub purpose: Purpose,
    /// The target, by kind and locator.
    pub target: (SourceKind, &'s str),
    /// What tells this host from any other.
    pub machine: &'s [u8],
    /// What tells this drift from any other.
    pub revision: &'s [u8],
    /// What codes are made with; nobody else may know it.
    pub key: [u8; 32],
    /// Random numbers that are used in no other run.
    pub random: [u8; 32],
    /// Within how many runs every file is read again that is not sealed; 1 reads all of them.
    pub within: u32,
    /// When the run began, before anything of the target was looked at.
    pub started: Timestamp,
}

impl std::fmt::Debug for Setting<'_> {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Setting").field("purpose", &self.purpose).finish_non_exhaustive()
    }
}

/// The cache in one run. Asked and told by all workers at once.
pub struct Cache {
    purpose: Purpose,
    target: (SourceKind, String),
    binding: [u8; 32],
    key: [u8; 32],
    /// The number of this run.
    generation: u32,
    started: i64,
    stored: Option<Table>,
    sample: Sample,
    places: Mutex<Places>,
    learned: Mutex<Vec<Record>>,
    /// One bit for each stored record that was taken.
    taken: Vec<AtomicU64>,
    again: AtomicU64,
    proofs: AtomicU64,
    unmeasured: AtomicU64,
    lies: AtomicU64,
    broken: AtomicU64,
    doubted: AtomicBool,
    refusal: Option<String>,
}

impl std::fmt::Debug for Cache {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Cache").field("purpose", &self.purpose).finish_non_exhaustive()
    }
}

impl Cache {
    /// Begins a run with what an earlier one wrote, if there is something. What cannot be believed
    /// is no error: everything is read then, and [`Self::notes`] says why.
    pub fn begin(
        stored: Option<Vec<u8>>,
        setting: &Setting<'_>,
        pool: &Pool,
    ) -> Result<Self, Cancelled> {
        let binding = binding(setting);
        let (stored, refusal) = match stored {
            None => (None, None),
            Some(bytes) => match Table::read(bytes, &setting.key, &binding, pool)? {
                Ok(table) => believed(table, setting),
                Err(refused) => (None, Some(refused.to_string())),
            },
        };
        let last = stored.as_ref().map_or(0, |table| table.header.generation);
        let generation = u32::try_from(last).unwrap_or(0).saturating_add(1);
        let records = stored.as_ref().map(Table::records).unwrap_or_default();
        let within = setting.within.max(1);
        let sample = match setting.purpose {
            Purpose::Trust => Sample::draw(records, generation, within, &setting.random),
            Purpose::Refresh => Sample::default(),
        };
        let taken = (0..records.len().div_ceil(64)).map(|_| AtomicU64::new(0)).collect();
        let places = stored.as_ref().map(|table| table.header.places.clone()).unwrap_or_default();
        Ok(Self {
            purpose: setting.purpose,
            target: (setting.target.0, setting.target.1.to_owned()),
            binding,
            key: setting.key,
            generation,
            started: setting.started.seconds(),
            sample,
            places: Mutex::new(Places::new(places)),
            learned: Mutex::default(),
            taken,
            again: AtomicU64::new(0),
            proofs: AtomicU64::new(0),
            unmeasured: AtomicU64::new(0),
            lies: AtomicU64::new(0),
            broken: AtomicU64::new(0),
            doubted: AtomicBool::new(false),
            refusal,
            stored,
        })
    }

    /// Returns whether it is of this target.
    #[must_use]
    pub fn is_of(&self, kind: SourceKind, locator: &str) -> bool {
        self.target.0 == kind && self.target.1 == locator
    }

    /// Returns whether an earlier run of this target on this host wrote it.
    #[must_use]
    pub fn is_believed(&self) -> bool {
        self.stored.is_some()
    }

    /// Returns whether files may be taken from it.
    #[must_use]
    pub fn is_trusted(&self) -> bool {
        self.purpose == Purpose::Trust && self.is_believed()
    }

    /// Returns whether a file was found to hold something else though its stamp is the same. Then no
    /// stamp proves anything in this run, and everything must be read.
    #[must_use]
    pub fn is_doubted(&self) -> bool {
        self.doubted.load(Ordering::Relaxed)
    }

    /// Returns how many known files were read again as a sample.
    #[must_use]
    pub fn read_again(&self) -> u64 {
        self.again.load(Ordering::Relaxed)
    }

    /// Returns of how many names the seal was that of an earlier reading; 0 when nothing is trusted.
    #[must_use]
    pub fn proofs(&self) -> u64 {
        if self.is_doubted() { 0 } else { self.proofs.load(Ordering::Relaxed) }
    }

    /// Returns what the reader of a report should know, in words.
    #[must_use]
    pub fn notes(&self) -> Vec<String> {
        let mut notes = Vec::new();
        if let Some(why) = &self.refusal {
            notes.push(format!("the cache was not used, and every file was read: {why}"));
        }
        let lies = self.lies.load(Ordering::Relaxed);
        if lies > 0 {
            notes.push(format!(
                "stamps lied: {lies} of the files that were read again held something else than \
                 before, though size, inode and every time were the same; nothing was taken from the \
                 cache, and every file was read. Somebody wrote past the kernel, set the clock, or a \
                 disk loses data"
            ));
        }
        let broken = self.broken.load(Ordering::Relaxed);
        if broken > 0 {
            notes.push(format!(
                "seals lied: {broken} of the files that fs-verity seals held something else under the \
                 same seal; nothing was taken from the cache, and every file was read. The kernel hands \
                 out what it did not check, or somebody has the key of the cache: examine this host \
                 from outside"
            ));
        }
        let unmeasured = self.unmeasured.load(Ordering::Relaxed);
        if self.purpose == Purpose::Trust && unmeasured > 0 {
            notes.push(format!(
                "{unmeasured} of the files that fs-verity seals were read, because the kernel did not \
                 say by what (FS_IOC_MEASURE_VERITY)"
            ));
        }
        if self.purpose == Purpose::Trust {
            notes.extend(self.lock(&self.places).disbelieved().map(|(name, reason)| {
                format!("files on file systems of {name} were all read: {reason}")
            }));
        }
        notes
    }

    fn lock<'l, T>(&self, mutex: &'l Mutex<T>) -> MutexGuard<'l, T> {
        mutex.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn is_taken(&self, at: usize) -> bool {
        let bits = self.taken.get(at / 64).map_or(0, |bits| bits.load(Ordering::Relaxed));
        bits >> (at % 64) & 1 == 1
    }

    /// Whether nothing may have changed the file between its stamp and the beginning of this run.
    fn is_quiet(&self, stat: &Stat) -> bool {
        let limit = self.started.saturating_sub(QUIET_SECONDS);
        let before = |time: Time| time.seconds < limit;
        before(stat.ctime) && before(stat.mtime) && stat.btime.is_none_or(before)
    }

    /// Returns the record of a file in a run that may trust one.
    fn find(&self, place: Place, stat: &Stat) -> Option<(usize, &Record)> {
        let stored = self.stored.as_ref().filter(|_| self.purpose == Purpose::Trust)?;
        stored.find((place.0, stat.inode))
    }

    fn take(&self, at: usize, record: &Record) -> Option<Digest> {
        let digest = record::digest(record)?;
        let bit = 1_u64.checked_shl(u32::try_from(at % 64).ok()?)?;
        self.taken.get(at / 64)?.fetch_or(bit, Ordering::Relaxed);
        Some(digest)
    }

    fn notice_lie(&self, place: Place, stat: &Stat, seal: Option<Seal>, digest: Digest) {
        let stored = self.stored.as_ref().and_then(|table| table.find((place.0, stat.inode)));
        let lied = stored.is_some_and(|(_, record)| {
            let known = record::digest(record);
            // One with holes may have been digested by its data alone, and now whole.
            let is_other = known
                .is_none_or(|known| known.algorithm() == digest.algorithm() && known != digest);
            record::looks_like(record, stat, seal) && is_other
        });
        if lied {
            let lies = if seal.is_some() { &self.broken } else { &self.lies };
            lies.fetch_add(1, Ordering::Relaxed);
            self.doubted.store(true, Ordering::Relaxed);
        }
    }
}

impl Known for Cache {
    fn place(
        &self,
        mount_and_device: (u64, u64),
        ask: &mut dyn FnMut() -> Option<FileSystem>,
    ) -> Option<Place> {
        self.lock(&self.places).place(mount_and_device, ask)
    }

    fn digest(&self, place: Place, stat: &Stat) -> Option<Digest> {
        let (at, record) =
            self.find(place, stat).filter(|(_, record)| record::looks_like(record, stat, None))?;
        if self.sample.holds(at) {
            self.again.fetch_add(1, Ordering::Relaxed);
            return None;
        }
        self.take(at, record)
    }

    fn proved(
        &self,
        place: Place,
        stat: &Stat,
        seal: &mut dyn FnMut() -> Option<Seal>,
    ) -> Option<Digest> {
        let (at, record) =
            self.find(place, stat).filter(|(_, record)| record::is_sealed(record))?;
        let seal = seal()?;
        let digest = record::looks_like(record, stat, Some(seal)).then(|| self.take(at, record))?;
        self.proofs.fetch_add(u64::from(digest.is_some()), Ordering::Relaxed);
        digest
    }

    fn learn(&self, stat: &Stat, seal: Option<Seal>, digest: Digest) {
        let Some(place) = self.lock(&self.places).met((stat.mount, stat.device)) else { return };
        self.notice_lie(place, stat, seal, digest);
        // Of what is sealed nothing can change unnoticed; without its seal it is read every time.
        if !stat.verity && !self.is_quiet(stat) {
            return;
        }
        if stat.verity && seal.is_none() {
            let is_whole = digest.algorithm() == Algorithm::Sha256;
            self.unmeasured.fetch_add(is_whole.into(), Ordering::Relaxed);
            return;
        }
        let record = record::record(place, stat, seal, digest, self.generation);
        self.lock(&self.learned).extend(record);
    }
}

/// A clock that went back, and numbers of runs that ended, make stamps of no use.
fn believed(table: Table, setting: &Setting<'_>) -> (Option<Table>, Option<String>) {
    if setting.started.seconds() < table.header.written {
        let why = "the clock was set back since it was written, so that a later change can have an \
                   earlier time";
        return (None, Some(why.to_owned()));
    }
    if u32::try_from(table.header.generation).is_ok_and(|last| last < u32::MAX) {
        return (Some(table), None);
    }
    (None, Some("its runs can be counted no further; it begins anew".to_owned()))
}

/// Everything that a cache must share with the run that believes it.
fn binding(setting: &Setting<'_>) -> [u8; 32] {
    let (kind, locator) = setting.target;
    let parts = [setting.revision, setting.machine, kind.name().as_bytes(), locator.as_bytes()];
    let mut digest = drift_lanes::Sha256::new();
    for part in parts {
        digest.update(&(part.len() as u64).to_le_bytes());
        digest.update(part);
    }
    digest.finish()
}
