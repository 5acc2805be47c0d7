//! Reading contents: large files first, small ones directory by directory, leased ones last.

use std::ops::Range;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use crate::bounds::{Cancelled, Event};
use crate::model::{DirId, FileType, RowId, Stage, Tree};
use crate::source::volume::{Errno, Stat, Volume};
use crate::source::{Ask, Content, ContentSink, Error, Plan, Unread, UnreadKind, errno_name};

use super::content::{self, BUFFER_BYTES, Failed};
use super::crossing::{Crossing, Mounts};
use super::handles::patiently;
use super::{Walked, described};

/// From this size on a file is a job of its own.
const LARGE_BYTES: u64 = 1 << 20;
/// Small files of one directory that make one job.
const BATCH: usize = 128;
/// Readings of a file that changes meanwhile.
const TRIES: u32 = 3;
/// Between two looks at the leased files.
const POLL_MILLISECONDS: u64 = 250;

/// One reading of many files under way.
struct Reading<'r, V: Volume> {
    walked: &'r Walked<V>,
    plan: &'r Plan<'r>,
    tree: &'r Tree,
    sink: &'r dyn ContentSink,
    asks: Vec<Ask>,
    jobs: Vec<(DirId, Range<usize>)>,
    next: AtomicUsize,
    mounts: Mounts,
    held: Mutex<Vec<(DirId, Ask)>>,
    files: AtomicU64,
    bytes: AtomicU64,
}

/// What one worker has: a buffer, and the directory that it read in last.
struct Worker<D> {
    buffer: Vec<u8>,
    last: Option<Opened<D>>,
}

struct Opened<D> {
    id: DirId,
    directory: D,
    /// Mount and device.
    place: (u64, u64),
}

/// What came of one file.
enum Answer {
    Read(Content),
    Not(Unread),
    /// Another program holds a lease on it.
    Held,
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
    small.sort_by_key(|ask| (directory(ask), ask.row));
    let mut jobs: Vec<(DirId, Range<usize>)> =
        large.iter().enumerate().map(|(at, ask)| (directory(ask), at..at + 1)).collect();
    let mut at = large.len();
    for group in small.chunk_by(|a, b| directory(a) == directory(b)) {
        for batch in group.chunks(BATCH) {
            let id = batch.first().map_or(DirId(0), directory);
            jobs.push((id, at..at + batch.len()));
            at += batch.len();
        }
    }
    large.append(&mut small);
    (large, jobs)
}

impl<V: Volume> Reading<'_, V> {
    fn work(&self) -> Result<(), Cancelled> {
        let mut worker = Worker { buffer: vec![0; BUFFER_BYTES], last: None };
        loop {
            let job = self.jobs.get(self.next.fetch_add(1, Ordering::Relaxed));
            let Some((directory, range)) = job else { return Ok(()) };
            for ask in self.asks.get(range.clone()).unwrap_or_default() {
                self.plan.cancel.check()?;
                if !self.answer(&mut worker, *directory, *ask)? {
                    let mut held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
                    held.push((*directory, *ask));
                }
            }
            self.plan.observer.event(Event::Read {
                files: self.files.load(Ordering::Relaxed),
                bytes: self.bytes.load(Ordering::Relaxed),
            });
        }
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
        let mut worker = Worker { buffer: vec![0; BUFFER_BYTES], last: None };
        let mut waited = 0;
        loop {
            let mut still = Vec::new();
            for (directory, ask) in held {
                self.plan.cancel.check()?;
                if !self.answer(&mut worker, directory, ask)? {
                    still.push((directory, ask));
                }
            }
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

    /// Answers one ask, unless the file is held; returns whether it did.
    fn answer(
        &self,
        worker: &mut Worker<V::Directory>,
        directory: DirId,
        ask: Ask,
    ) -> Result<bool, Cancelled> {
        let answer = match self.enter(&mut worker.last, directory) {
            Ok(opened) => self.file(opened, &mut worker.buffer, ask)?,
            Err(errno) => Answer::Not(unread(&self.walked.volume, Stage::Open, errno)),
        };
        match answer {
            Answer::Held => return Ok(false),
            Answer::Not(unread) => self.sink.take(ask.row, Err(unread)),
            Answer::Read(content) => {
                self.files.fetch_add(1, Ordering::Relaxed);
                self.bytes.fetch_add(content.size, Ordering::Relaxed);
                self.sink.take(ask.row, Ok(content));
            }
        }
        Ok(true)
    }

    /// Opens the directory that the survey saw; from the last one, where that lies above it.
    fn enter<'w>(
        &self,
        last: &'w mut Option<Opened<V::Directory>>,
        id: DirId,
    ) -> Result<&'w Opened<V::Directory>, Errno> {
        if last.as_ref().is_none_or(|opened| opened.id != id) {
            let opened = self.open(last.as_ref(), id);
            *last = None;
            *last = Some(opened?);
        }
        last.as_ref().ok_or(Errno::STALE)
    }

    fn open(
        &self,
        last: Option<&Opened<V::Directory>>,
        id: DirId,
    ) -> Result<Opened<V::Directory>, Errno> {
        let volume = &self.walked.volume;
        let mut names: Vec<&[u8]> = Vec::new();
        let mut at = id;
        let start = loop {
            if let Some(opened) = last.filter(|opened| opened.id == at) {
                break Some(opened);
            }
            if at == DirId(0) {
                break None;
            }
            let row = self.tree.directory_row(at);
            names.push(self.tree.name(row));
            at = self.tree.directory_of(row).unwrap_or(DirId(0));
        };
        names.reverse();
        let path = names.join(&b'/');
        let directory = patiently(
            || (),
            || match start {
                Some(opened) => volume.open_directory(&opened.directory, &path),
                None if path.is_empty() => volume.root(),
                None => volume.open_directory(&volume.root()?, &path),
            },
        )?;
        let stat = volume.stat_directory(&directory)?;
        if (stat.device, stat.inode) != self.tree.directory_identity(id) {
            return Err(Errno::STALE);
        }
        Ok(Opened { id, directory, place: (stat.mount, stat.device) })
    }

    /// Reads one file, up to three times while it changes and twice when it is replaced.
    fn file(
        &self,
        opened: &Opened<V::Directory>,
        buffer: &mut [u8],
        ask: Ask,
    ) -> Result<Answer, Cancelled> {
        let volume = &self.walked.volume;
        let name = self.tree.name(ask.row);
        let mut replaced = false;
        let mut changed = 0;
        while changed < TRIES {
            let seen = match volume.stat(&opened.directory, name) {
                Ok(seen) if seen.file_type != FileType::File => {
                    return Ok(Answer::Not(is_replaced()));
                }
                Ok(seen) => seen,
                Err(errno) => return Ok(Answer::Not(unread(volume, Stage::Stat, errno))),
            };
            if let Some(unread) = self.across(opened, &seen, ask.row) {
                return Ok(Answer::Not(unread));
            }
            let file = patiently(|| (), || volume.open(&opened.directory, name, &seen));
            let mut file = match file {
                Ok(file) => file,
                Err(Errno::AGAIN) => return Ok(Answer::Held),
                Err(Errno::STALE) if !replaced => {
                    replaced = true;
                    continue;
                }
                Err(Errno::STALE) => return Ok(Answer::Not(is_replaced())),
                Err(errno) => return Ok(Answer::Not(unread(volume, Stage::Open, errno))),
            };
            match content::read(volume, &mut file, &seen, ask.want, buffer, self.plan.cancel) {
                Ok(content) => {
                    if let (Some(known), Some(digest)) = (self.plan.known, content.digest) {
                        known.learn(&seen, digest);
                    }
                    return Ok(Answer::Read(content));
                }
                Err(Failed::Changed) => changed += 1,
                Err(Failed::Errno(errno)) => {
                    return Ok(Answer::Not(unread(volume, Stage::Read, errno)));
                }
                Err(Failed::Cancelled(cancelled)) => return Err(cancelled),
            }
        }
        Ok(Answer::Not(Unread {
            kind: UnreadKind::Unstable,
            stage: Stage::Read,
            reason: format!("it changed during each of {TRIES} readings"),
            errno: None,
        }))
    }

    /// A single file can be a mount, and then its content may come from a program or a server.
    fn across(&self, opened: &Opened<V::Directory>, seen: &Stat, row: RowId) -> Option<Unread> {
        let (volume, rules) = (&self.walked.volume, self.plan.rules);
        let named = || (self.tree.path(row), self.tree.rule(row));
        match self.mounts.crossing(volume, opened.place, seen, rules, named) {
            Crossing::None | Crossing::Enter(_) => None,
            Crossing::Stay(file_system, _) => Some(Unread {
                kind: UnreadKind::Unreadable,
                stage: Stage::Mount,
                reason: format!("a file of type {file_system} is mounted here and was not read"),
                errno: None,
            }),
        }
    }
}

fn is_replaced() -> Unread {
    Unread {
        kind: UnreadKind::Replaced,
        stage: Stage::Open,
        reason: "something else stands there now".to_owned(),
        errno: None,
    }
}

fn unread(volume: &impl Volume, stage: Stage, errno: Errno) -> Unread {
    let kind = match errno {
        Errno::NOENT => UnreadKind::Vanished,
        Errno::STALE | Errno::NOTDIR | Errno::LOOP if stage == Stage::Open => UnreadKind::Replaced,
        _ => UnreadKind::Unreadable,
    };
    Unread { kind, stage, reason: described(volume, errno), errno: Some(errno_name(errno)) }
}

#[cfg(test)]
mod tests;
