//! What fs-verity seals a file with, as the kernel measures it.

use composefs_ioctls::fsverity::fs_ioc_measure_verity;
use rustix::fd::BorrowedFd;

use crate::source::known::Seal;

/// `FS_VERITY_HASH_ALG_SHA256` and `FS_VERITY_HASH_ALG_SHA512` of linux/fsverity.h: all that there are.
const SHA256: u8 = 1;
const SHA512: u8 = 2;

/// Asks the kernel; any refusal is no seal.
pub(super) fn of(file: BorrowedFd<'_>) -> Option<Seal> {
    let short = fs_ioc_measure_verity::<32>(file, SHA256).map(|digest| seal(SHA256, &digest));
    short
        .or_else(|_| fs_ioc_measure_verity::<64>(file, SHA512).map(|long| seal(SHA512, &long)))
        .ok()
}

fn seal(algorithm: u8, digest: &[u8]) -> Seal {
    let mut both = drift_lanes::Sha256::new();
    both.update(&[algorithm]);
    both.update(digest);
    Seal(both.finish())
}

#[cfg(test)]
mod tests {
    use std::os::fd::AsFd as _;

    use super::{SHA256, SHA512, of, seal};

    #[test]
    fn a_file_that_is_not_sealed_has_no_seal() {
        let file = tempfile::tempfile().unwrap();
        assert_eq!(of(file.as_fd()), None);
    }

    /// The first half of a long digest is no short one.
    #[test]
    fn algorithms_are_told_apart() {
        assert_ne!(seal(SHA256, &[7; 32]), seal(SHA512, &[7; 32]));
        assert_ne!(seal(SHA512, &[7; 64]), seal(SHA512, &[7; 32]));
    }
}
