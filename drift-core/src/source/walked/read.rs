//! Reading contents: large files first, small ones directory by directory, leased ones last.

use std::ops::Range;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use crate::bounds::{Cancelled, Event};
use crate::model::{DirId, Stage, Tree};
use crate::source::volume::{Errno, Volume};
use crate::source::{Ask, ContentSink, Error, LARGE_BYTES, Plan, Unread, UnreadKind, errno_name};

use super::Walked;
use super::crossing::Mounts;
use super::round::Worker;

/// Small files of one directory that make one job.
const BATCH: usize = 128;
/// Bytes of these, so that no worker is left with much when the others are done.
const BATCH_BYTES: u64 = 4 << 20;
/// Between two looks at the leased files.
const POLL_MILLISECONDS: u64 = 250;

/// One reading of many files under way.
pub(super) struct Reading<'r, V: Volume> {
    pub(super) walked: &'r Walked<V>,
    pub(super) plan: &'r Plan<'r>,
    pub(super) tree: &'r Tree,
    pub(super) sink: &'r dyn ContentSink,
    pub(super) mounts: Mounts,
    asks: Vec<Ask>,
    jobs: Vec<(DirId, Range<usize>)>,
    next: AtomicUsize,
    held: Mutex<Vec<(DirId, Ask)>>,
    /// Bytes of the jobs that nobody has taken.
    left: AtomicU64,
    /// Set once descriptors ran short: from then on a worker begins one file at a time.
    short: AtomicBool,
    /// Files that workers hold open from round to round.
    open: AtomicUsize,
    files: AtomicU64,
    bytes: AtomicU64,
}

/// Answers every ask once.
pub(super) fn read<V: Volume>(
    walked: &Walked<V>,
    plan: &Plan<'_>,
    tree: &Tree,
    asks: &[Ask],
    sink: &dyn ContentSink,
) -> Result<(), Error> {
    plan.observer.event(Event::Phase("read"));
    let (asks, jobs) = arrange(tree, asks);
    let left = bytes(tree, &asks);
    let reading = Reading {
        walked,
        plan,
        tree,
        sink,
        asks,
        jobs,
        next: AtomicUsize::new(0),
        mounts: Mounts::default(),
        held: Mutex::default(),
        left: AtomicU64::new(left),
        short: AtomicBool::new(false),
        open: AtomicUsize::new(0),
        files: AtomicU64::new(0),
        bytes: AtomicU64::new(0),
    };
    plan.pool.on_each(|_| reading.work())?;
    reading.wait_for_held()?;
    Ok(())
}

/// Orders the asks and cuts them into jobs. Large files come first, so that no worker starts one
/// when the others are done.
fn arrange(tree: &Tree, asks: &[Ask]) -> (Vec<Ask>, Vec<(DirId, Range<usize>)>) {
    let directory = |ask: &Ask| tree.directory_of(ask.row).unwrap_or(DirId(0));
    let (mut large, mut small): (Vec<Ask>, Vec<Ask>) =
        asks.iter().partition(|ask| tree.size(ask.row) >= LARGE_BYTES);
    large.sort_by_key(|ask| (std::cmp::Reverse(tree.size(ask.row)), ask.row));
    // Rows of one directory stand together, and those of directories below often soon after.
    small.sort_unstable_by_key(|ask| ask.row);
    let mut jobs: Vec<(DirId, Range<usize>)> =
        large.iter().enumerate().map(|(at, ask)| (directory(ask), at..at + 1)).collect();
    let mut at = large.len();
    for group in small.chunk_by(|a, b| directory(a) == directory(b)) {
        let id = group.first().map_or(DirId(0), directory);
        let (mut files, mut bytes) = (0, 0_u64);
        for ask in group {
            if files == BATCH || bytes >= BATCH_BYTES {
                jobs.push((id, at..at + files));
                (at, files, bytes) = (at + files, 0, 0);
            }
            files += 1;
            bytes = bytes.saturating_add(tree.size(ask.row));
        }
        jobs.push((id, at..at + files));
        at += files;
    }
    large.append(&mut small);
    (large, jobs)
}

fn bytes(tree: &Tree, asks: &[Ask]) -> u64 {
    asks.iter().fold(0, |bytes, ask| bytes.saturating_add(tree.size(ask.row)))
}

impl<V: Volume> Reading<'_, V> {
    fn work(&self) -> Result<(), Cancelled> {
        let mut worker = Worker::new(self.plan.kernel(), &self.walked.volume);
        let mut held = Vec::new();
        let (mut directory, mut asks) = (DirId(0), [].iter());
        let next = || loop {
            if let Some(ask) = asks.next() {
                return Some((directory, *ask));
            }
            let (id, range) = self.jobs.get(self.next.fetch_add(1, Ordering::Relaxed))?;
            let job = self.asks.get(range.clone()).unwrap_or_default();
            (directory, asks) = (*id, job.iter());
            self.left.fetch_sub(bytes(self.tree, job), Ordering::Relaxed);
            self.tell();
        };
        let drained = self.drain(&mut worker, next, &mut held);
        self.walked.volume.leave();
        drained?;
        self.tell();
        self.held.lock().unwrap_or_else(PoisonError::into_inner).append(&mut held);
        Ok(())
    }

    /// Tells how much has been read so far.
    fn tell(&self) {
        self.plan.observer.event(Event::Read {
            files: self.files.load(Ordering::Relaxed),
            bytes: self.bytes.load(Ordering::Relaxed),
        });
    }

    /// Returns how many bytes nobody has begun to read.
    pub(super) fn unbegun(&self) -> u64 {
        self.left.load(Ordering::Relaxed)
    }

    /// Takes note that descriptors are short.
    pub(super) fn run_short(&self) {
        self.short.store(true, Ordering::Relaxed);
    }

    /// Whether descriptors ran short.
    pub(super) fn is_short(&self) -> bool {
        self.short.load(Ordering::Relaxed)
    }

    /// Takes note of how many files a worker holds open, `before` until now.
    pub(super) fn hold(&self, before: &mut usize, now: usize) {
        if *before != now {
            self.open.fetch_add(now, Ordering::Relaxed);
            self.open.fetch_sub(std::mem::replace(before, now), Ordering::Relaxed);
        }
    }

    /// Whether a worker that holds no open file can hope for descriptors: others hold some, and will
    /// hold fewer.
    pub(super) fn others_hold_files(&self) -> bool {
        self.run_short();
        self.open.load(Ordering::Relaxed) > 0 && self.plan.cancel.check().is_ok()
    }

    /// Counts a file that was read.
    pub(super) fn count(&self, bytes: u64) {
        self.files.fetch_add(1, Ordering::Relaxed);
        self.bytes.fetch_add(bytes, Ordering::Relaxed);
    }

    /// Looks at all leased files together until none is held or the time is over.
    fn wait_for_held(&self) -> Result<(), Cancelled> {
        let mut held =
            std::mem::take(&mut *self.held.lock().unwrap_or_else(PoisonError::into_inner));
        if held.is_empty() {
            return Ok(());
        }
        held.sort_by_key(|(_, ask)| ask.row);
        if let Some((_, ask)) = held.first() {
            self.plan.observer.event(Event::Waiting { path: &self.tree.path(ask.row) });
        }
        let mut worker = Worker::new(self.plan.kernel(), &self.walked.volume);
        let mut waited = 0;
        loop {
            let mut waiting = held.into_iter();
            let mut still = Vec::new();
            self.drain(&mut worker, || waiting.next(), &mut still)?;
            held = still;
            if held.is_empty() || waited >= self.walked.lease_wait {
                break;
            }
            std::thread::sleep(Duration::from_millis(POLL_MILLISECONDS));
            waited = waited.saturating_add(POLL_MILLISECONDS);
        }
        for (_, ask) in held {
            self.sink.take(
                ask.row,
                Err(Unread {
                    kind: UnreadKind::Unreadable,
                    stage: Stage::Open,
                    reason: "another program holds a lease on it and did not let go".to_owned(),
                    errno: Some(errno_name(Errno::AGAIN)),
                }),
            );
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
