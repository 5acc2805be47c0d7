//! The second look: layers that hold what is asked for are read again, several at a time.

#![warn(clippy::indexing_slicing, clippy::arithmetic_side_effects)]

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Mutex, PoisonError};

use crate::model::LayerId;
use crate::source::tar::content::{self, Waiting};
use crate::source::tar::reader::{Fault, Reader};
use crate::source::{ContentSink, Plan};

use super::examine::stream;
use super::stack::{Failure, Stack};
use super::{LayerInput, place_of};

/// Answers what is waited for in each layer.
pub(super) fn read(
    layers: &[LayerInput],
    stack: &Stack,
    waiting: BTreeMap<LayerId, Waiting<'_>>,
    plan: &Plan<'_>,
    sink: &dyn ContentSink,
) -> Result<(), Failure> {
    let queue: Mutex<VecDeque<(LayerId, Waiting<'_>)>> = Mutex::new(waiting.into_iter().collect());
    let failures: Mutex<Vec<Failure>> = Mutex::default();
    let next = || {
        let stopped = !failures.lock().unwrap_or_else(PoisonError::into_inner).is_empty();
        queue.lock().unwrap_or_else(PoisonError::into_inner).pop_front().filter(|_| !stopped)
    };
    let done: Result<(), Failure> = plan.pool.on_each(|_| {
        while let Some((layer, mut waiting)) = next() {
            let read = pass(layers, stack, layer, |reader| {
                content::answers(reader, &mut waiting, plan.cancel)
            });
            // Nothing is handed out before the pass has proved that the file stayed as it was.
            match read {
                Ok(answers) => content::hand_out(answers, &waiting, sink),
                Err(fault) => failures
                    .lock()
                    .unwrap_or_else(PoisonError::into_inner)
                    .push(Failure { layer: place_of(layer), fault }),
            }
        }
        Ok(())
    });
    done?;
    let failures = failures.into_inner().unwrap_or_else(PoisonError::into_inner);
    failures.into_iter().min_by_key(|failure| failure.layer).map_or(Ok(()), Err)
}

/// Runs one pass over the members of a layer.
pub(super) fn pass<T>(
    layers: &[LayerInput],
    stack: &Stack,
    layer: LayerId,
    work: impl FnOnce(&mut Reader<'_>) -> Result<T, Fault>,
) -> Result<T, Fault> {
    let missing = || Fault::Malformed("there is no such layer".to_owned());
    let input = layers.get(place_of(layer)).ok_or_else(missing)?;
    input.blob.unchanged().map_err(Fault::Malformed)?;
    let stored = input
        .blob
        .open()
        .map_err(|error| Fault::Malformed(format!("it cannot be read: {error}")))?;
    let mut reader = Reader::new(stream(stack.coding(layer), stored)?);
    let result = work(&mut reader);
    drop(reader);
    input.blob.unchanged().map_err(Fault::Malformed)?;
    result
}
