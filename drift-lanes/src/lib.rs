//! Streaming digests, and many of them at once.
//!
//! One SHA-256 keeps a core busy only in part: each step of the instructions waits for the one
//! before. [`update_many`] takes the next pieces of several independent streams and computes as many
//! of them together as the machine's [`Kernel`] interleaves. The digests are the ordinary ones.
//!
//! ```
//! use drift_lanes::{Kernel, Lane, Sha256, sha256, update_many};
//!
//! let kernel = Kernel::detect();
//! let (mut first, mut second) = (Sha256::new(), Sha256::new());
//! update_many(
//!     kernel,
//!     &mut [
//!         Lane { digest: &mut first, data: b"one file", last: true },
//!         Lane { digest: &mut second, data: b"the beginning of ", last: false },
//!     ],
//! );
//! second.update(b"another");
//! assert_eq!(first.finish(), sha256(b"one file"));
//! assert_eq!(second.finish(), sha256(b"the beginning of another"));
//! ```

mod stream;

mod md5;
mod sha1;
mod sha256;

mod interleave;
mod kernel;
mod lane;
mod work;
#[cfg(target_arch = "x86_64")]
mod x86;

#[doc(hidden)]
pub mod fuzz;

pub use kernel::Kernel;
pub use lane::{Lane, md5_update_many, update_many};
pub use md5::{Md5, md5};
pub use sha1::Sha1;
pub use sha256::{Sha256, sha256};

#[cfg(test)]
mod tests;
