//! One local thread pool per run, never the global one; serial when threads cannot be had.

use std::cell::Cell;

use drift_lanes::Kernel;

use crate::bounds::Cancelled;

/// Stack of a worker. Nothing recurses on input, so this is small and fixed.
const WORKER_STACK_BYTES: usize = 1 << 20;

thread_local! {
    static IS_WORKER: Cell<bool> = const { Cell::new(false) };
}

/// Returns whether this thread belongs to a [`Pool`], and to nobody else.
pub(crate) fn is_worker() -> bool {
    IS_WORKER.get()
}

/// The workers of one run.
///
/// ```
/// use drift_core::bounds::Pool;
/// let pool = Pool::new(2)?;
/// let squares = pool.map(&[1, 2, 3], |number| Ok(number * number))?;
/// assert_eq!(squares, [1, 4, 9]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct Pool {
    pool: Option<rayon::ThreadPool>,
    kernel: Kernel,
}

/// The pool was asked for something impossible.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PoolError {
    /// Zero workers can do nothing.
    #[error("at least one thread is needed")]
    NoThreads,
}

impl Pool {
    /// Starts up to `threads` workers; where the system grants fewer, fewer run, down to the
    /// calling thread alone. The results are the same.
    pub fn new(threads: usize) -> Result<Self, PoolError> {
        if threads == 0 {
            return Err(PoolError::NoThreads);
        }
        let kernel = Kernel::detect();
        let mut wanted = threads;
        while wanted > 1 {
            let built = rayon::ThreadPoolBuilder::new()
                .num_threads(wanted)
                .stack_size(WORKER_STACK_BYTES)
                .thread_name(|number| format!("drift-{number}"))
                .start_handler(|_| IS_WORKER.set(true))
                .build();
            if let Ok(pool) = built {
                return Ok(Self { pool: Some(pool), kernel });
            }
            wanted /= 2;
        }
        Ok(Self { pool: None, kernel })
    }

    /// Computes digests with this kernel instead of the fastest one; the digests are the same.
    #[must_use]
    pub fn with_kernel(mut self, kernel: Kernel) -> Self {
        self.kernel = kernel;
        self
    }

    /// Returns the code that computes digests.
    #[must_use]
    pub fn kernel(&self) -> Kernel {
        self.kernel
    }

    /// Returns how many workers run.
    #[must_use]
    pub fn threads(&self) -> usize {
        self.pool.as_ref().map_or(1, rayon::ThreadPool::current_num_threads)
    }

    /// Runs `work` once on every worker at the same time and waits for all; the argument is the
    /// worker's number. The first error in the order of workers is returned.
    pub fn on_each<E: Send>(&self, work: impl Fn(usize) -> Result<(), E> + Sync) -> Result<(), E> {
        match &self.pool {
            None => work(0),
            Some(pool) => {
                pool.broadcast(|context| work(context.index()))
                    .into_iter()
                    .collect::<Result<Vec<()>, E>>()?;
                Ok(())
            }
        }
    }

    /// Maps `items` in parallel; the results stand in the order of the items.
    pub fn map<T: Sync, R: Send>(
        &self,
        items: &[T],
        work: impl Fn(&T) -> Result<R, Cancelled> + Sync + Send,
    ) -> Result<Vec<R>, Cancelled> {
        use rayon::iter::{IntoParallelRefIterator as _, ParallelIterator as _};
        match &self.pool {
            None => items.iter().map(work).collect(),
            Some(pool) => pool.install(|| items.par_iter().map(work).collect()),
        }
    }
}
