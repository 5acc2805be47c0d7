//! The digest of the running program, for the report: computed beside the run, for a program with its
//! symbols takes longer than a small check.

use std::os::unix::fs::MetadataExt as _;
use std::sync::{Mutex, OnceLock, PoisonError};
use std::thread::JoinHandle;

use drift_core::model::Digest;

use crate::inputs::binary_digest;

/// A digest that is being computed.
#[derive(Debug)]
pub(crate) struct OwnDigest {
    running: Mutex<Option<JoinHandle<Option<Digest>>>>,
    found: OnceLock<Option<Digest>>,
}

impl OwnDigest {
    /// Begins; nobody waits for it yet.
    pub(crate) fn begin() -> Self {
        let thread = std::thread::Builder::new().name("drift-digest".to_owned());
        // Without a thread it is computed when it is asked for.
        Self { running: Mutex::new(thread.spawn(binary_digest).ok()), found: OnceLock::new() }
    }

    /// Returns it; `None` where the program cannot be read.
    pub(crate) fn wait(&self) -> Option<Digest> {
        *self.found.get_or_init(|| {
            let running = self.running.lock().unwrap_or_else(PoisonError::into_inner).take();
            running.map_or_else(binary_digest, |thread| thread.join().unwrap_or(None))
        })
    }
}

/// Returns what tells this program from another, as far as the cache needs that: which file it is, and
/// when it was last changed. Its digest takes longer than a small check.
#[expect(clippy::disallowed_methods, reason = "the program itself is no target")]
pub(crate) fn stamp() -> String {
    let version = env!("CARGO_PKG_VERSION");
    match std::fs::metadata("/proc/self/exe") {
        Ok(own) => {
            // Not the time of change of the object: whoever links or backs it up sets that.
            let changed = (own.mtime(), own.mtime_nsec());
            format!("{version} {} {} {} {changed:?}", own.dev(), own.ino(), own.size())
        }
        Err(_) => version.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::OwnDigest;

    #[test]
    fn it_is_that_of_sha256sum() {
        let Some(tool) = drift_testkit::need::tool("sha256sum") else { return };
        let own = std::env::current_exe().expect("the tests run");
        let told = drift_testkit::command::run(tool, [own]).success();
        let digest = OwnDigest::begin();
        let found = digest.wait().expect("it can be read").to_string();
        assert_eq!(
            Some(&*found),
            told.split(' ').next().map(|hex| format!("sha256:{hex}")).as_deref()
        );
        assert_eq!(digest.wait().map(|digest| digest.to_string()), Some(found), "asked again");
    }
}
