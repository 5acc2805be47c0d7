//! A fuzz target as a plain function: any bytes are orders to digest streams in pieces, and what comes
//! out must be what the crates of RustCrypto compute.

use sha2::Digest as _;

use crate::{Kernel, Lane, Md5, Sha256, md5_update_many, update_many};

/// More streams than any kernel has lanes.
const STREAMS: usize = 24;

/// One stream as ordered so far, and its digests in progress.
#[derive(Default, Clone)]
struct Stream {
    message: Vec<u8>,
    /// The piece that the next call takes, and whether it is the last.
    piece: Vec<u8>,
    last: bool,
    sha256: Sha256,
    md5: Md5,
}

/// Follows the orders: the first byte chooses a kernel, each three after it say which stream gets how
/// many bytes, whether they are its last ones, and whether all that is ordered is then computed.
///
/// # Panics
///
/// When a digest is wrong.
pub fn lanes(orders: &[u8]) {
    let Some((first, orders)) = orders.split_first() else { return };
    let kernels: Vec<Kernel> = Kernel::available().collect();
    let kernel = kernels[usize::from(*first) % kernels.len()];
    let mut streams = vec![Stream::default(); STREAMS];
    for (at, [which, length, flags]) in orders.as_chunks::<3>().0.iter().enumerate() {
        let stream = &mut streams[usize::from(*which) % STREAMS];
        if !stream.last {
            let length = usize::from(*length) * [1, 1, 7, 65][usize::from(flags & 3)];
            let bytes = (0..length).map(|byte| (byte * 31 + at * 7) as u8);
            stream.piece.extend(bytes);
            stream.last = flags & 4 != 0;
        }
        if flags & 8 != 0 {
            compute(kernel, &mut streams);
        }
    }
    compute(kernel, &mut streams);
    for stream in streams {
        let expected: [u8; 32] = sha2::Sha256::digest(&stream.message).into();
        assert_eq!(stream.sha256.finish(), expected, "{}", kernel.name());
        let expected: [u8; 16] = md5::Md5::digest(&stream.message).into();
        assert_eq!(stream.md5.finish(), expected, "{}", kernel.name());
    }
}

fn compute(kernel: Kernel, streams: &mut [Stream]) {
    let (mut sha256, mut md5) = (Vec::new(), Vec::new());
    for stream in streams.iter_mut() {
        let (data, last) = (stream.piece.as_slice(), stream.last);
        sha256.push(Lane { digest: &mut stream.sha256, data, last });
        md5.push(Lane { digest: &mut stream.md5, data, last });
    }
    update_many(kernel, &mut sha256);
    md5_update_many(kernel, &mut md5);
    for stream in streams {
        stream.message.append(&mut stream.piece);
    }
}
