//! Reading in rounds: pieces of several files come into one buffer, and are digested together.
//!
//! A digest is a chain of steps that wait for each other, so a core computes several chains in the
//! time of one, and each file is a chain. A small file is opened, read and closed at once, and its
//! bytes wait for those of others; a large one gives a piece to every round, so that it goes on
//! beside the rest and is not left alone at the end.

use std::cmp::Reverse;
use std::ops::Range;

use drift_lanes::Kernel;

use crate::bounds::Cancelled;
use crate::model::{DirId, Stage};
use crate::source::volume::{Stat, Volume};
use crate::source::{Ask, Content, Seal, Unread};

use super::apart;
use super::content::{Failed, Lanes, Underway};
use super::opening::{Closed, Hands, Opened, Tries, unread};
use super::read::Reading;
use super::window::Window;

/// Bytes of one round: with what else a worker touches they stay in the second-level cache.
const ROUND_BYTES: usize = 512 << 10;

/// Into so many pieces a round of large files is cut at least and at most, whatever the kernel
/// interleaves.
const PIECES: std::ops::RangeInclusive<usize> = 4..=16;

/// Files of a round that is for the largest ones alone.
const FEW: usize = 3;

/// With less room no further file begins in this round.
const LEAST_BYTES: usize = 8 << 10;

/// Files of one round, however small.
const FILES: usize = 128;

/// Where pieces begin, and where those end that are not a file's last: blocks of the digests.
const BLOCK_BYTES: usize = 64;

/// What one worker has: the bytes of a round, the files that they are of, and the directory that it
/// read in last.
pub(super) struct Worker<V: Volume> {
    buffer: Vec<u8>,
    /// How much of the buffer this round has used.
    used: usize,
    /// What a file gives to one round at most.
    piece: usize,
    files: Vec<File<V::File>>,
    /// How many of them are open.
    open: usize,
    /// Files that changed while they were read.
    again: Vec<(DirId, Ask, Tries)>,
    last: Option<Opened<V::Directory>>,
    /// Files that it is known to hold open from round to round.
    held: usize,
}

/// A file of the round.
struct File<F> {
    directory: DirId,
    ask: Ask,
    tries: Tries,
    underway: Underway<F>,
    piece: Range<usize>,
    failed: Option<Failed>,
}

/// A file with its first piece.
type Begun<F> = (Underway<F>, Range<usize>);

impl<V: Volume> Worker<V> {
    /// Makes one for a kernel. On a disk that rotates the head goes from file to file as seldom as can
    /// be: a file fills the round.
    pub(super) fn new(kernel: Kernel, volume: &V) -> Self {
        let pieces = match volume.prefers_inodes() {
            true => 1,
            false => kernel.lanes().clamp(*PIECES.start(), *PIECES.end()),
        };
        Self {
            buffer: vec![0; ROUND_BYTES],
            used: 0,
            piece: ROUND_BYTES / pieces,
            files: Vec::new(),
            open: 0,
            again: Vec::new(),
            last: None,
            held: 0,
        }
    }

    fn room(&self) -> usize {
        ROUND_BYTES.saturating_sub(self.used)
    }
}

/// Reads the next piece of a file into the buffer.
fn read<V: Volume>(
    volume: &V,
    underway: &mut Underway<V::File>,
    buffer: &mut [u8],
    used: &mut usize,
    piece: usize,
) -> Result<Range<usize>, Failed> {
    let start = *used;
    let most = buffer.len().saturating_sub(start).min(piece);
    let room = buffer.get_mut(start..start.saturating_add(most)).unwrap_or_default();
    let count = underway.read(volume, room)?;
    let end = start.saturating_add(count);
    *used = end.next_multiple_of(BLOCK_BYTES).min(buffer.len());
    Ok(start..end)
}

impl<V: Volume> Reading<'_, V> {
    /// Reads everything that `next` names; what is held by others comes into `held`.
    pub(super) fn drain(
        &self,
        worker: &mut Worker<V>,
        mut next: impl FnMut() -> Option<(DirId, Ask)>,
        held: &mut Vec<(DirId, Ask)>,
    ) -> Result<(), Cancelled> {
        loop {
            self.plan.cancel.check()?;
            let few = self.go_on(worker)?;
            while !few && worker.room() >= LEAST_BYTES && worker.files.len() < self.most_files() {
                let again = worker.again.pop();
                let first = || next().map(|(directory, ask)| (directory, ask, Tries::default()));
                let Some((directory, ask, tries)) = again.or_else(first) else { break };
                self.plan.cancel.check()?;
                self.begin(worker, (directory, ask, tries), held)?;
            }
            if worker.files.is_empty() && worker.again.is_empty() {
                return Ok(());
            }
            self.digest(worker);
            self.hold(&mut worker.held, worker.files.len());
        }
    }

    /// Files that one round may begin with.
    fn most_files(&self) -> usize {
        if self.is_short() { 1 } else { FILES }
    }

    /// Reads the next piece of every file that began in an earlier round; returns whether the round is
    /// for the largest of them alone.
    fn go_on(&self, worker: &mut Worker<V>) -> Result<bool, Cancelled> {
        worker.used = 0;
        let few = self.must_hurry(worker);
        if few {
            worker.files.sort_by_key(|file| Reverse(file.underway.left()));
        }
        let most = if few { FEW } else { usize::MAX };
        let Worker { buffer, used, files, again, piece, .. } = worker;
        let piece = if few { buffer.len() / FEW } else { *piece };
        for (number, file) in files.iter_mut().enumerate() {
            file.piece = *used..*used;
            if number >= most || buffer.len().saturating_sub(*used) < BLOCK_BYTES {
                continue;
            }
            match read(&self.walked.volume, &mut file.underway, buffer, used, piece) {
                Ok(piece) => file.piece = piece,
                Err(failed) => file.failed = Some(failed),
            }
        }
        for mut file in files.extract_if(.., |file| file.failed.is_some()) {
            let failed = file.failed.take().unwrap_or(Failed::Changed);
            match self.outcome(failed, &mut file.tries)? {
                Some(unread) => self.sink.take(file.ask.row, Err(unread)),
                None => again.push((file.directory, file.ask, file.tries)),
            }
        }
        worker.open = worker.files.iter().filter(|file| !file.underway.has_ended()).count();
        // Who holds none any more must not wait for itself.
        self.hold(&mut worker.held, worker.open);
        Ok(few)
    }

    /// Whether a file is so large that, with an equal share of every round, it would be left alone at
    /// the end for long. A kernel computes few streams slower than many, and each of them faster.
    fn must_hurry(&self, worker: &Worker<V>) -> bool {
        let lanes = self.plan.kernel().lanes() as u64;
        let left = worker.files.iter().map(|file| file.underway.left());
        let (largest, own) = left.fold((0_u64, 0_u64), |(largest, own), left| {
            (largest.max(left), own.saturating_add(left))
        });
        let share = self.unbegun() / self.plan.pool.threads().max(1) as u64;
        lanes > *PIECES.start() as u64
            && largest.saturating_mul(lanes) > share.saturating_add(own).saturating_mul(2)
    }

    /// Opens a file and reads its first piece, which of most is all.
    fn begin(
        &self,
        worker: &mut Worker<V>,
        (directory, ask, mut tries): (DirId, Ask, Tries),
        held: &mut Vec<(DirId, Ask)>,
    ) -> Result<(), Cancelled> {
        let Worker { buffer, used, files, open, again, last, piece, .. } = worker;
        let hands = if *open == 0 { Hands::Empty } else { Hands::Full };
        let opened = match self.enter(last, directory, hands) {
            Ok(opened) => opened,
            Err(closed) => {
                self.put_off(closed, (directory, ask, tries), again, held);
                return Ok(());
            }
        };
        loop {
            let (file, seen) = match self.open(opened, ask.row, &mut tries, hands) {
                Ok(open) => open,
                Err(closed) => {
                    self.put_off(closed, (directory, ask, tries), again, held);
                    return Ok(());
                }
            };
            let room = (buffer.as_mut_slice(), &mut *used, *piece);
            match self.first(ask, (file, seen), room) {
                Ok(None) => return Ok(()),
                Ok(Some((underway, piece))) => {
                    *open = open.saturating_add(usize::from(!underway.has_ended()));
                    files.push(File { directory, ask, tries, underway, piece, failed: None });
                    return Ok(());
                }
                Err(failed) => {
                    if let Some(unread) = self.outcome(failed, &mut tries)? {
                        self.sink.take(ask.row, Err(unread));
                        return Ok(());
                    }
                }
            }
        }
    }

    /// Reads the first piece of an open file; all of one that is read apart, and then answers.
    fn first(
        &self,
        ask: Ask,
        (mut file, seen): (V::File, Stat),
        (buffer, used, piece): (&mut [u8], &mut usize, usize),
    ) -> Result<Option<Begun<V::File>>, Failed> {
        let volume = &self.walked.volume;
        let is_learned = self.plan.known.is_some() && ask.want.digest;
        let seal = (seen.verity && is_learned).then(|| volume.seal(&file)).flatten();
        if ask.want.ranges {
            let mut window = Window::new(volume, &mut file, &seen);
            self.sink.look(ask.row, &mut window);
            window.finish()?;
            volume.seek(&mut file, 0)?;
        }
        if apart::is_apart(&seen, ask.want) {
            let content = apart::read(volume, &mut file, &seen, ask.want, self.plan.cancel)?;
            // The kernel checks what it hands out, and not where a file is said to have holes.
            self.answer(ask, content, (&seen, None));
            return Ok(None);
        }
        let mut underway = Underway::new(file, (seen, seal), ask.want);
        let piece = read(volume, &mut underway, buffer, used, piece)?;
        Ok(Some((underway, piece)))
    }

    /// Takes note of a file that was not opened.
    fn put_off(
        &self,
        closed: Closed,
        (directory, ask, tries): (DirId, Ask, Tries),
        again: &mut Vec<(DirId, Ask, Tries)>,
        held: &mut Vec<(DirId, Ask)>,
    ) {
        match closed {
            Closed::Held => held.push((directory, ask)),
            Closed::Unread(unread) => self.sink.take(ask.row, Err(unread)),
            Closed::Short => {
                self.run_short();
                again.push((directory, ask, tries));
            }
        }
    }

    /// Says what a failed reading comes to; `None` where the file is to be read again.
    fn outcome(&self, failed: Failed, tries: &mut Tries) -> Result<Option<Unread>, Cancelled> {
        match failed {
            Failed::Changed => Ok(tries.changed()),
            Failed::Errno(errno) => Ok(Some(unread(&self.walked.volume, Stage::Read, errno))),
            Failed::Cancelled(cancelled) => Err(cancelled),
        }
    }

    /// Digests the pieces of the round, and answers for the files that end with it.
    fn digest(&self, worker: &mut Worker<V>) {
        let mut lanes = Lanes::default();
        for file in &mut worker.files {
            let piece = worker.buffer.get(file.piece.clone()).unwrap_or_default();
            let last = file.underway.has_ended();
            file.underway.digests.lay(piece, last, &mut lanes);
        }
        lanes.update(self.plan.kernel());
        for file in worker.files.extract_if(.., |file| file.underway.has_ended()) {
            let Underway { seen, seal, digests, .. } = file.underway;
            self.answer(file.ask, digests.finish(&seen), (&seen, seal));
        }
    }

    fn answer(&self, ask: Ask, content: Content, (seen, seal): (&Stat, Option<Seal>)) {
        if let (Some(known), Some(digest)) = (self.plan.known, content.digest) {
            known.learn(seen, seal, digest);
        }
        self.count(content.size);
        self.sink.take(ask.row, Ok(content));
    }
}
