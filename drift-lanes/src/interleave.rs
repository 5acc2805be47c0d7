//! How lanes are filled: the next stream takes the place of one that ended, at any block.

use crate::stream::{Algorithm, Block};
use crate::work::Work;

/// Compresses everything, one stream after the other.
pub(crate) fn one_by_one<'w, A: Algorithm + 'w>(works: impl IntoIterator<Item = Work<'w, A>>) {
    for mut work in works {
        loop {
            let (state, blocks) = work.parts();
            let count = blocks.len();
            A::compress(state, blocks);
            if !work.took(count) {
                break;
            }
        }
    }
}

/// Compresses everything on up to `N` lanes at a time. `step` compresses the same number of blocks of
/// each of the streams that it gets, between one and `N` of them.
pub(crate) fn few<'w, A: Algorithm + 'w, const N: usize>(
    works: impl IntoIterator<Item = Work<'w, A>>,
    step: impl Fn(&mut [Option<Work<'w, A>>], usize),
) {
    let mut waiting = works.into_iter();
    let mut lanes: [Option<Work<'w, A>>; N] = std::array::from_fn(|_| waiting.next());
    loop {
        // The live ones stand first, so that a step sees no gaps.
        let mut live = 0;
        for lane in 0..N {
            if lanes[lane].is_some() {
                lanes.swap(live, lane);
                live += 1;
            }
        }
        let Some(blocks) = lanes[..live].iter().flatten().map(|work| work.ready().len()).min()
        else {
            return;
        };
        step(&mut lanes[..live], blocks);
        for lane in &mut lanes[..live] {
            if !lane.as_mut().is_some_and(|work| work.took(blocks)) {
                *lane = waiting.next();
            }
        }
    }
}

/// Chaining values of `L` streams, word by word, as vectors hold them.
#[derive(Debug, Clone, Copy)]
#[repr(align(64))]
pub(crate) struct Columns<const L: usize, const WORDS: usize>(pub(crate) [[u32; L]; WORDS]);

/// Compresses on `L` lanes at a time as long as at least `least` of them are in use, and returns what
/// is then left to do. `step` compresses the same number of blocks of every lane; on a lane that is
/// not in use it may compute anything.
pub(crate) fn many<'w, A, const L: usize, const WORDS: usize>(
    works: impl IntoIterator<Item = Work<'w, A>>,
    least: usize,
    step: impl Fn(&mut Columns<L, WORDS>, &[&[Block]; L], usize),
) -> [Option<Work<'w, A>>; L]
where
    A: Algorithm<State = [u32; WORDS]> + 'w,
{
    let mut waiting = works.into_iter();
    let mut lanes: [Option<Work<'w, A>>; L] = std::array::from_fn(|_| waiting.next());
    let mut columns = Columns([[0; L]; WORDS]);
    for (lane, work) in lanes.iter_mut().enumerate() {
        enter(&mut columns, lane, work);
    }
    let mut live = lanes.iter().flatten().count();
    while live >= least.max(1) {
        let ready: [&[Block]; L] =
            lanes.each_ref().map(|lane| lane.as_ref().map_or(&[][..], Work::ready));
        let used = ready.iter().filter(|blocks| !blocks.is_empty());
        let Some(shortest) = used.min_by_key(|blocks| blocks.len()).copied() else { break };
        let blocks = shortest.len();
        step(&mut columns, &ready.map(|own| if own.is_empty() { shortest } else { own }), blocks);
        for (lane, slot) in lanes.iter_mut().enumerate() {
            let Some(work) = slot else { continue };
            if !work.took(blocks) {
                leave(&columns, lane, work);
                *slot = waiting.next();
                enter(&mut columns, lane, slot);
                live -= usize::from(slot.is_none());
            }
        }
    }
    for (lane, work) in lanes.iter_mut().enumerate() {
        if let Some(work) = work {
            leave(&columns, lane, work);
        }
    }
    lanes
}

fn enter<A, const L: usize, const WORDS: usize>(
    columns: &mut Columns<L, WORDS>,
    lane: usize,
    work: &mut Option<Work<'_, A>>,
) where
    A: Algorithm<State = [u32; WORDS]>,
{
    let Some(work) = work else { return };
    for (column, word) in columns.0.iter_mut().zip(work.state()) {
        column[lane] = *word;
    }
}

fn leave<A, const L: usize, const WORDS: usize>(
    columns: &Columns<L, WORDS>,
    lane: usize,
    work: &mut Work<'_, A>,
) where
    A: Algorithm<State = [u32; WORDS]>,
{
    for (word, column) in work.state().iter_mut().zip(&columns.0) {
        *word = column[lane];
    }
}
