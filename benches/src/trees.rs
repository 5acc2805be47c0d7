//! Trees of a stated size on a real file system. The same name always gives the same tree.

#![expect(clippy::disallowed_methods, reason = "a generator writes files")]

use std::io;
use std::os::unix::fs::symlink;
use std::path::Path;

/// Entries of one directory.
const FAN_OUT: u64 = 12;
/// Bytes of each file of a tree of big ones.
const BIG_BYTES: u64 = 64 << 20;
/// Sizes of one in so many files of a /usr, by rank: a tenth is empty or nearly, half is below 3 KB,
/// one in a hundred has more than a megabyte.
const MIXED_BYTES: [u64; 20] = [
    0, 120, 300, 560, 860, 1_200, 1_500, 1_900, 2_300, 2_800, 3_500, 4_400, 5_700, 7_500, 10_500,
    15_000, 24_000, 43_000, 90_000, 260_000,
];

/// What the files of a tree are like.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shape {
    /// Files of up to 4 KiB.
    Small,
    /// Files of 64 MiB.
    Big,
    /// Sizes like those of a /usr, with a few links.
    Mixed,
}

impl Shape {
    /// Reads `small`, `big` or `mixed`.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        match name {
            "small" => Some(Self::Small),
            "big" => Some(Self::Big),
            "mixed" => Some(Self::Mixed),
            _ => None,
        }
    }

    fn size(self, number: u64) -> u64 {
        let noise = scatter(number);
        match self {
            Self::Small => noise % 4096,
            Self::Big => BIG_BYTES,
            Self::Mixed if noise % 100 == 99 => (1 << 20) + noise % (4 << 20),
            Self::Mixed => {
                let rank = usize::try_from((noise >> 8) % 20).unwrap_or(0);
                MIXED_BYTES.get(rank).copied().unwrap_or(0)
            }
        }
    }
}

/// Writes so many files, and links among the mixed ones, below `root`, which must not exist.
///
/// # Errors
///
/// Those of the calls.
pub fn write_tree(root: &Path, shape: Shape, files: u64) -> io::Result<()> {
    let mut content = Vec::new();
    for number in 0..files {
        let leaf = number / FAN_OUT;
        let directory = root.join(format!("{:03}/{:03}-part", leaf / 144, leaf % 144));
        if number % FAN_OUT == 0 {
            std::fs::create_dir_all(&directory)?;
        }
        let name = directory.join(format!("{number:07}-library.so"));
        if shape == Shape::Mixed && number % FAN_OUT == 5 {
            symlink(format!("{:07}-library.so", number - 1), name)?;
            continue;
        }
        content.clear();
        let size = usize::try_from(shape.size(number)).unwrap_or(0);
        let words = size.div_ceil(8) as u64;
        content.extend((0..words).flat_map(|word| scatter(number ^ (word << 24)).to_le_bytes()));
        content.truncate(size);
        std::fs::write(name, &content)?;
    }
    Ok(())
}

/// Numbers without a visible pattern, from a number (the finaliser of SplitMix64).
fn scatter(number: u64) -> u64 {
    let number = number.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let number = (number ^ (number >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let number = (number ^ (number >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    number ^ (number >> 31)
}

#[cfg(test)]
mod tests {
    use super::{Shape, write_tree};
    use crate::floor;

    #[test]
    fn as_many_files_as_asked_for_and_the_same_each_time() {
        let place = tempfile::tempdir().unwrap();
        let digest = |name: &str| {
            let root = place.path().join(name);
            write_tree(&root, Shape::Mixed, 500).unwrap();
            floor::walk(&root, 1).unwrap()
        };
        let (one, other) = (digest("one"), digest("other"));
        assert_eq!(one, other);
        // 42 leaves below one directory, the root.
        assert_eq!(one.count, 500 + 42 + 2);
    }
}
