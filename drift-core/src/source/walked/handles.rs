//! Patience where descriptors are short.

use std::time::Duration;

use crate::source::volume::Errno;

/// Tries before a lack of descriptors counts; other workers give theirs back meanwhile.
const TRIES: u32 = 8;

/// Repeats a call while the process or the system is out of descriptors, giving up kept ones
/// before; at most a quarter of a second in all.
pub(super) fn patiently<T>(
    mut shed: impl FnMut(),
    mut call: impl FnMut() -> Result<T, Errno>,
) -> Result<T, Errno> {
    for attempt in 0..TRIES {
        match call() {
            Err(Errno::MFILE | Errno::NFILE) => {
                shed();
                std::thread::sleep(Duration::from_millis(1 << attempt));
            }
            other => return other,
        }
    }
    call()
}

#[cfg(test)]
mod tests {
    use super::{Errno, TRIES, patiently};

    #[test]
    fn gives_up_in_the_end_and_at_once_for_anything_else() {
        let mut calls = 0;
        let mut count = |errno| {
            let mut shed = 0;
            let result: Result<(), Errno> = patiently(
                || shed += 1,
                || {
                    calls += 1;
                    Err(errno)
                },
            );
            (result, shed, std::mem::take(&mut calls))
        };
        assert_eq!(count(Errno::MFILE), (Err(Errno::MFILE), TRIES, TRIES + 1));
        assert_eq!(count(Errno::ACCESS), (Err(Errno::ACCESS), 0, 1));
    }
}
