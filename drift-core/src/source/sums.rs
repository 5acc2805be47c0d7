//! Digests of an archive: of its stored bytes, of its plain bytes and of each file in it, computed
//! together and, where a worker has nothing else to do, beside the reading.
//!
//! Whoever reads collects what passes in batches. The streams of a batch are independent of each
//! other, so all of them go to the kernel at once. Of one archive at most [`QUEUED`] batches wait, one
//! is filled and one is worked on; a batch ends at [`BATCH_BYTES`] of any of its three kinds and the
//! piece that reached them (at most 128 KiB): some 6 MiB for each archive that is being read. Batches
//! are worked on in their order, by whoever holds the lock of the states.

#![cfg_attr(not(test), warn(clippy::indexing_slicing, clippy::arithmetic_side_effects))]

use std::cell::RefCell;
use std::collections::VecDeque;
use std::io::{self, Read};
use std::mem;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

use drift_lanes::{Kernel, Lane, Sha256, update_many};
use sha2::Digest as _;

use crate::model::{BlobDigest, hex};

/// Bytes of one kind in a batch: the batch, and the states of its streams, stay in a cache of 1 MiB.
const BATCH_BYTES: usize = 256 << 10;

/// Batches that may wait while somebody else works on an earlier one.
const QUEUED: usize = 4;

/// The sum of one whole stream.
#[derive(Clone)]
pub(in crate::source) struct Sum {
    algorithm: Algorithm,
    bytes: u64,
}

/// The state of one of the registered algorithms.
#[derive(Clone)]
enum Algorithm {
    Sha256(Sha256),
    Sha512(Box<sha2::Sha512>),
}

impl Sum {
    /// Starts with the algorithm of the digest that is expected.
    pub(in crate::source) fn new(expected: &BlobDigest) -> Self {
        let algorithm = match expected.algorithm() {
            "sha512" => Algorithm::Sha512(Box::default()),
            _ => Algorithm::Sha256(Sha256::new()),
        };
        Self { algorithm, bytes: 0 }
    }

    /// Takes the next bytes.
    pub(in crate::source) fn update(&mut self, piece: &[u8]) {
        if let Some(lane) = self.lane(piece) {
            lane.digest.update(piece);
        }
    }

    /// Returns how many bytes passed.
    pub(in crate::source) fn bytes(&self) -> u64 {
        self.bytes
    }

    /// Returns the digest of what passed so far, written as the expected one is.
    pub(in crate::source) fn digest(&self) -> String {
        match &self.algorithm {
            Algorithm::Sha256(state) => format!("sha256:{}", hex(&state.clone().finish())),
            Algorithm::Sha512(state) => format!("sha512:{}", hex(&state.clone().finalize())),
        }
    }

    /// Counts a piece and returns it as a lane, unless its algorithm has none and took it.
    fn lane<'l>(&'l mut self, data: &'l [u8]) -> Option<Lane<'l, Sha256>> {
        self.bytes = self.bytes.saturating_add(data.len() as u64);
        match &mut self.algorithm {
            Algorithm::Sha256(digest) => Some(Lane { digest, data, last: false }),
            Algorithm::Sha512(state) => {
                state.update(data);
                None
            }
        }
    }
}

/// What is known in the end.
pub(in crate::source) struct Sums {
    pub(in crate::source) stored: Option<Sum>,
    pub(in crate::source) plain: Option<Sum>,
}

/// Files that ended, each with the digest of its content.
pub(in crate::source) type Files = Vec<(u32, [u8; 32])>;

/// Which of an archive's streams something passed of.
#[derive(Clone, Copy)]
pub(in crate::source) enum Part {
    /// The bytes as they lie.
    Stored,
    /// What they decompress to.
    Plain,
}

/// Where the reader of one archive puts what passes.
pub(in crate::source) struct Feed<'f> {
    filling: RefCell<Batch>,
    shared: Arc<Shared>,
    idle: Option<&'f Idle>,
}

#[derive(Default)]
struct Batch {
    stored: Vec<u8>,
    plain: Vec<u8>,
    /// The files' bytes, one after the other.
    files: Vec<u8>,
    /// Which file ended where in them. What follows the last end belongs to a file that goes on.
    ends: Vec<(u32, usize)>,
}

/// What reader and helper have in common.
struct Shared {
    jobs: Mutex<Jobs>,
    states: Mutex<States>,
}

#[derive(Default)]
struct Jobs {
    batches: VecDeque<Batch>,
    /// Empty ones, to be filled again.
    spare: Vec<Batch>,
    /// Whether a worker was called, and has not yet found nothing to do.
    helped: bool,
}

struct States {
    kernel: Kernel,
    sums: Sums,
    /// Of the file that goes on.
    file: Sha256,
    done: Files,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl<'f> Feed<'f> {
    /// Digests files, and the whole streams that are expected to have a digest.
    pub(in crate::source) fn new(
        stored: Option<&BlobDigest>,
        plain: Option<&BlobDigest>,
        idle: Option<&'f Idle>,
    ) -> Self {
        let states = States {
            kernel: Kernel::detect(),
            sums: Sums { stored: stored.map(Sum::new), plain: plain.map(Sum::new) },
            file: Sha256::new(),
            done: Files::new(),
        };
        let shared = Shared { jobs: Mutex::default(), states: Mutex::new(states) };
        Self { filling: RefCell::default(), shared: Arc::new(shared), idle }
    }

    /// Digests the files alone, without help.
    pub(in crate::source) fn of_files() -> Self {
        Self::new(None, None, None)
    }

    /// Returns a stream that is summed while it is read.
    pub(in crate::source) fn tee<R: Read>(&self, part: Part, input: R) -> Tee<'_, 'f, R> {
        Tee { input, part, feed: self }
    }

    /// Takes the next bytes of the file that is read.
    pub(in crate::source) fn file(&self, piece: &[u8]) {
        let mut batch = self.filling.borrow_mut();
        batch.files.extend_from_slice(piece);
        self.send_if_full(&mut batch);
    }

    /// Ends the file that is read; the next bytes are another's.
    pub(in crate::source) fn end(&self, file: u32) {
        let mut batch = self.filling.borrow_mut();
        let end = batch.files.len();
        batch.ends.push((file, end));
        self.send_if_full(&mut batch);
    }

    /// Returns the files whose digests are known and were not returned before.
    pub(in crate::source) fn done(&self) -> Files {
        // Who works holds the lock for long, and nothing is lost by asking later.
        self.shared.states.try_lock().map_or_else(|_| Files::new(), |mut s| mem::take(&mut s.done))
    }

    /// Finishes the files: all digests that were not returned before.
    pub(in crate::source) fn all_done(&self) -> Files {
        self.shared.finish(mem::take(&mut *self.filling.borrow_mut()));
        mem::take(&mut lock(&self.shared.states).done)
    }

    /// Finishes the whole streams.
    pub(in crate::source) fn finish(self) -> Sums {
        self.shared.finish(self.filling.into_inner());
        let mut states = lock(&self.shared.states);
        Sums { stored: states.sums.stored.take(), plain: states.sums.plain.take() }
    }

    fn send_if_full(&self, batch: &mut Batch) {
        if batch.is_full() {
            let mut jobs = lock(&self.shared.jobs);
            let empty = jobs.spare.pop().unwrap_or_default();
            jobs.batches.push_back(mem::replace(batch, empty));
            self.shared.distribute(jobs, self.idle);
        }
    }
}

impl Batch {
    fn is_full(&self) -> bool {
        // A file without content takes no bytes, but its end does.
        let ends = self.ends.len().saturating_mul(size_of::<(u32, usize)>());
        let most = self.stored.len().max(self.plain.len()).max(self.files.len()).max(ends);
        most >= BATCH_BYTES
    }

    fn clear(&mut self) {
        self.stored.clear();
        self.plain.clear();
        self.files.clear();
        self.ends.clear();
    }
}

impl Shared {
    /// Sees to it that what waits is worked on: by a worker that is idle, else here.
    fn distribute<'s>(self: &'s Arc<Self>, mut jobs: MutexGuard<'s, Jobs>, idle: Option<&Idle>) {
        if !jobs.helped {
            jobs.helped = idle.is_some_and(|idle| idle.call(self));
        }
        let most = if jobs.helped { QUEUED } else { 0 };
        while jobs.batches.len() > most {
            drop(jobs);
            self.work();
            jobs = lock(&self.jobs);
        }
    }

    /// Works on the next batch; `false` if none waits.
    fn work(&self) -> bool {
        let mut states = lock(&self.states);
        // Taken under the lock of the states, so that batches keep their order.
        let next = lock(&self.jobs).batches.pop_front();
        let Some(mut batch) = next else { return false };
        states.take(&batch);
        batch.clear();
        lock(&self.jobs).spare.push(batch);
        true
    }

    /// Works until nothing waits, as who was called.
    fn help(&self) {
        loop {
            while self.work() {}
            let mut jobs = lock(&self.jobs);
            if jobs.batches.is_empty() {
                jobs.helped = false;
                return;
            }
        }
    }

    fn finish(&self, last: Batch) {
        lock(&self.jobs).batches.push_back(last);
        while self.work() {}
    }
}

impl States {
    fn take(&mut self, batch: &Batch) {
        let mut files = vec![Sha256::new(); batch.ends.len()];
        let mut lanes = Vec::with_capacity(files.len().saturating_add(3));
        let mut start = 0;
        // The first end is that of the file that went on.
        if let Some(first) = files.first_mut() {
            mem::swap(first, &mut self.file);
        }
        for (digest, (_, end)) in files.iter_mut().zip(&batch.ends) {
            let data = batch.files.get(start..*end).unwrap_or_default();
            lanes.push(Lane { digest, data, last: true });
            start = *end;
        }
        let data = batch.files.get(start..).unwrap_or_default();
        lanes.push(Lane { digest: &mut self.file, data, last: false });
        lanes.extend(self.sums.stored.as_mut().and_then(|sum| sum.lane(&batch.stored)));
        lanes.extend(self.sums.plain.as_mut().and_then(|sum| sum.lane(&batch.plain)));
        update_many(self.kernel, &mut lanes);
        drop(lanes);
        let ended = files.into_iter().zip(&batch.ends);
        self.done.extend(ended.map(|(digest, (file, _))| (*file, digest.finish())));
    }
}

/// A stream that is summed while it is read.
pub(in crate::source) struct Tee<'t, 'f, R> {
    input: R,
    part: Part,
    feed: &'t Feed<'f>,
}

impl<R: Read> Read for Tee<'_, '_, R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.input.read(buffer)?;
        let mut batch = self.feed.filling.borrow_mut();
        let into = match self.part {
            Part::Stored => &mut batch.stored,
            Part::Plain => &mut batch.plain,
        };
        into.extend_from_slice(buffer.get(..count).unwrap_or_default());
        self.feed.send_if_full(&mut batch);
        Ok(count)
    }
}

/// Workers that have no archive to read, and help those that have one.
#[derive(Default)]
pub(in crate::source) struct Idle {
    calls: Mutex<Calls>,
    bell: Condvar,
}

#[derive(Default)]
struct Calls {
    /// Workers that read an archive, so that a call may still come.
    readers: usize,
    waiting: usize,
    calls: VecDeque<Arc<Shared>>,
}

impl Idle {
    /// Notes that an archive is being read, until what this returns is dropped.
    pub(in crate::source) fn reading(&self) -> Reading<'_> {
        let mut calls = lock(&self.calls);
        calls.readers = calls.readers.saturating_add(1);
        Reading(self)
    }

    /// Helps until no archive is being read.
    pub(in crate::source) fn help(&self) {
        let mut calls = lock(&self.calls);
        loop {
            if let Some(shared) = calls.calls.pop_front() {
                drop(calls);
                shared.help();
                calls = lock(&self.calls);
            } else if calls.readers == 0 {
                return;
            } else {
                calls.waiting = calls.waiting.saturating_add(1);
                calls = self.bell.wait(calls).unwrap_or_else(PoisonError::into_inner);
                calls.waiting = calls.waiting.saturating_sub(1);
            }
        }
    }

    /// Calls a worker that waits; `false` if there is none.
    fn call(&self, shared: &Arc<Shared>) -> bool {
        let mut calls = lock(&self.calls);
        if calls.waiting <= calls.calls.len() {
            return false;
        }
        calls.calls.push_back(Arc::clone(shared));
        self.bell.notify_one();
        true
    }
}

/// An archive is being read.
pub(in crate::source) struct Reading<'r>(&'r Idle);

impl Drop for Reading<'_> {
    fn drop(&mut self) {
        let mut calls = lock(&self.0.calls);
        calls.readers = calls.readers.saturating_sub(1);
        self.0.bell.notify_all();
    }
}

#[cfg(test)]
mod tests;
