//! All layers together: read at the same time, applied in sequence as soon as each is next.

#![warn(clippy::indexing_slicing, clippy::arithmetic_side_effects)]

use std::collections::BTreeMap;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

use crate::bounds::{Cancel, Observer, Pool};
use crate::model::LayerId;
use crate::source::compression::Coding;
use crate::source::sums::{Idle, Reading};
use crate::source::tar::index::Index;
use crate::source::tar::reader::Fault;
use crate::source::tar::scan::{Progress, Scan, Watch};

use super::examine::examine;
use super::merge::Merge;
use super::removals::Removals;
use super::{LayerInput, place_of};

/// Layers that are read and cannot be applied yet may take so much memory together before no
/// further one is begun.
const MAX_READY: usize = 256 << 20;

/// The merged layers.
pub(super) struct Stack {
    pub(super) index: Index,
    pub(super) removals: Arc<Removals>,
    /// How each layer is compressed.
    pub(super) codings: Vec<Coding>,
}

/// What went wrong, and in which layer.
#[derive(Debug)]
pub(super) struct Failure {
    pub(super) layer: usize,
    pub(super) fault: Fault,
}

impl Stack {
    /// Reads and merges all layers. Of several that cannot be read the lowest is named, whatever the
    /// number of threads.
    pub(super) fn read(
        layers: &[LayerInput],
        pool: &Pool,
        cancel: &Cancel,
        observer: &dyn Observer,
    ) -> Result<Self, Failure> {
        let progress = Progress::default();
        let watch = Watch { cancel, observer, progress: &progress };
        let (state, turn) = (Mutex::new(State::new()), Condvar::new());
        let line = Line { layers, watch, state, turn, idle: Idle::default() };
        let done: Result<(), Failure> = pool.on_each(|_| {
            line.work();
            Ok(())
        });
        done?;
        let state = line.state.into_inner().unwrap_or_else(PoisonError::into_inner);
        match (state.failure, state.merge) {
            (None, Some(merge)) => {
                let (index, removals) = merge.finish();
                Ok(Self { index, removals: Arc::new(removals), codings: state.codings })
            }
            (Some(failure), _) => Err(failure),
            (None, None) => Err(Failure { layer: 0, fault: Fault::Cancelled }),
        }
    }

    /// Returns how a layer is compressed.
    pub(super) fn coding(&self, layer: LayerId) -> Coding {
        self.codings.get(place_of(layer)).copied().unwrap_or(Coding::Plain)
    }
}

/// Where the layers stand in line.
struct Line<'l> {
    layers: &'l [LayerInput],
    watch: Watch<'l>,
    state: Mutex<State>,
    /// Somebody applied a layer, or failed.
    turn: Condvar,
    /// Workers that no layer is left for.
    idle: Idle,
}

struct State {
    /// The next layer to read, and the next to apply.
    next: usize,
    due: usize,
    ready: BTreeMap<usize, Scan>,
    weight: usize,
    codings: Vec<Coding>,
    /// Taken out while a layer is applied.
    merge: Option<Merge>,
    /// Of the lowest layer that failed.
    failure: Option<Failure>,
}

impl State {
    fn new() -> Self {
        Self {
            next: 0,
            due: 0,
            ready: BTreeMap::new(),
            weight: 0,
            codings: Vec::new(),
            merge: Some(Merge::new()),
            failure: None,
        }
    }

    fn fail(&mut self, layer: usize, fault: Fault) {
        if self.failure.as_ref().is_none_or(|known| layer < known.layer) {
            self.failure = Some(Failure { layer, fault });
        }
    }
}

impl Line<'_> {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Reads and applies layers until there is none left to begin, then helps the others.
    fn work(&self) {
        while let Some((number, layer, reading)) = self.begin() {
            let id = LayerId(u16::try_from(number).unwrap_or(u16::MAX));
            let result = examine(layer, id, self.watch, &self.idle);
            drop(reading);
            let mut state = self.state();
            match result {
                Ok((scan, coding)) => {
                    if state.codings.len() <= number {
                        state.codings.resize(number.saturating_add(1), Coding::Plain);
                    }
                    if let Some(slot) = state.codings.get_mut(number) {
                        *slot = coding;
                    }
                    state.weight = state.weight.saturating_add(scan.weight());
                    state.ready.insert(number, scan);
                }
                Err(fault) => state.fail(number, fault),
            }
            self.apply(state);
            self.turn.notify_all();
        }
        self.idle.help();
    }

    /// Takes the next layer; waits while too much is ready that cannot be applied. The layer that
    /// is due was begun before any other, so somebody is at work on it and will end the wait.
    fn begin(&self) -> Option<(usize, &LayerInput, Reading<'_>)> {
        let mut state = self.state();
        while state.failure.is_none() && state.weight > MAX_READY && state.next != state.due {
            state = self.turn.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
        if state.failure.is_some() {
            return None;
        }
        let number = state.next;
        let layer = self.layers.get(number)?;
        state.next = number.saturating_add(1);
        // Noted before the lock is gone: who then finds no layer must know that this one is read.
        Some((number, layer, self.idle.reading()))
    }

    /// Applies what is ready and due, unless somebody does.
    fn apply<'s>(&'s self, mut state: MutexGuard<'s, State>) {
        while let Some(mut merge) = state.merge.take() {
            let due = state.due;
            let scan = state.ready.remove(&due).filter(|_| state.failure.is_none());
            let Some(scan) = scan else {
                state.merge = Some(merge);
                return;
            };
            drop(state);
            let weight = scan.weight();
            let result = merge.apply(scan, self.watch.cancel);
            state = self.state();
            state.weight = state.weight.saturating_sub(weight);
            state.due = due.saturating_add(1);
            state.merge = Some(merge);
            if let Err(fault) = result {
                state.fail(due, fault);
            }
            self.turn.notify_all();
        }
    }
}
