//! Work shared by all workers, last in first out, so that what is open is used while it is open.

use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

/// Jobs that make more jobs. It is empty for good once nobody works and none is left.
#[derive(Debug)]
pub(super) struct Queue<J> {
    state: Mutex<State<J>>,
    changed: Condvar,
}

#[derive(Debug)]
struct State<J> {
    jobs: Vec<J>,
    working: usize,
}

impl<J> Queue<J> {
    pub(super) fn new(first: J) -> Self {
        Self { state: Mutex::new(State { jobs: vec![first], working: 0 }), changed: Condvar::new() }
    }

    /// Hands every job to `work` on the calling worker until none is left and none can come.
    pub(super) fn drain<E>(&self, mut work: impl FnMut(J) -> Result<(), E>) -> Result<(), E> {
        while let Some(job) = self.take() {
            let _working = Working(self);
            work(job)?;
        }
        Ok(())
    }

    pub(super) fn push(&self, jobs: impl Iterator<Item = J>) {
        self.lock().jobs.extend(jobs);
        self.changed.notify_all();
    }

    /// Changes every waiting job.
    pub(super) fn each(&self, change: impl FnMut(&mut J)) {
        self.lock().jobs.iter_mut().for_each(change);
    }

    fn take(&self) -> Option<J> {
        let mut state = self.lock();
        loop {
            if let Some(job) = state.jobs.pop() {
                state.working = state.working.saturating_add(1);
                return Some(job);
            }
            if state.working == 0 {
                return None;
            }
            state = self.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
    }

    fn lock(&self) -> MutexGuard<'_, State<J>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A worker at work; also one that fails or panics must not leave the others waiting.
struct Working<'q, J>(&'q Queue<J>);

impl<J> Drop for Working<'_, J> {
    fn drop(&mut self) {
        let mut state = self.0.lock();
        state.working = state.working.saturating_sub(1);
        if state.working == 0 && state.jobs.is_empty() {
            self.0.changed.notify_all();
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU64, Ordering};

    use super::Queue;

    /// Every job of depth n makes two of depth n - 1: 2¹⁵ - 1 jobs in all.
    #[test]
    fn every_job_is_done_once_by_any_number_of_workers() {
        for workers in [1, 2, 7] {
            let queue = Queue::new(14_u32);
            let done = AtomicU64::new(0);
            std::thread::scope(|scope| {
                for _ in 0..workers {
                    scope.spawn(|| {
                        queue.drain(|depth| {
                            done.fetch_add(1, Ordering::Relaxed);
                            let more = if depth == 0 { 0 } else { 2 };
                            queue.push((0..more).map(|_| depth - 1));
                            Ok::<(), ()>(())
                        })
                    });
                }
            });
            assert_eq!(done.into_inner(), (1 << 15) - 1);
        }
    }

    #[test]
    fn a_failure_leaves_nobody_waiting() {
        let queue = Queue::new(());
        std::thread::scope(|scope| {
            let workers: Vec<_> =
                (0..4).map(|_| scope.spawn(|| queue.drain(|()| Err("stop")))).collect();
            let failed = workers.into_iter().filter_map(|worker| worker.join().unwrap().err());
            assert_eq!(failed.count(), 1);
        });
    }
}
