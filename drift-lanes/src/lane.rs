//! Many streams at once.

use crate::work::Work;
use crate::{Kernel, Md5, Sha256};

/// The next piece of one stream; `D` is [`Sha256`] or [`Md5`].
#[derive(Debug)]
pub struct Lane<'l, D> {
    /// The digest in progress.
    pub digest: &'l mut D,
    /// Its next bytes; none are left afterwards.
    pub data: &'l [u8],
    /// Whether these are the last ones: then the padding is part of the work, and `finish` costs
    /// nothing. Bytes that come after it give what is the digest of no message.
    pub last: bool,
}

/// Takes all data of all lanes: as many streams at once as the kernel interleaves, the longest first,
/// the next one as soon as one ends. Afterwards every lane is without data, and their order is not
/// what it was.
pub fn update_many(kernel: Kernel, lanes: &mut [Lane<'_, Sha256>]) {
    longest_first(lanes);
    kernel.sha256(lanes.iter_mut().filter_map(|lane| {
        Work::begin(&mut lane.digest.0, std::mem::take(&mut lane.data), lane.last)
    }));
}

/// As [`update_many`], for MD5.
pub fn md5_update_many(kernel: Kernel, lanes: &mut [Lane<'_, Md5>]) {
    longest_first(lanes);
    kernel.md5(lanes.iter_mut().filter_map(|lane| {
        Work::begin(&mut lane.digest.0, std::mem::take(&mut lane.data), lane.last)
    }));
}

/// The longest must not be what is left alone at the end.
fn longest_first<D>(lanes: &mut [Lane<'_, D>]) {
    lanes.sort_unstable_by_key(|lane| std::cmp::Reverse(lane.data.len()));
}
