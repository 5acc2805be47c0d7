//! The digest of the running program, for the report: computed beside the run, for a program of 20 MB
//! takes as long as a small check.

use std::os::unix::fs::MetadataExt as _;
use std::sync::{Mutex, OnceLock, PoisonError};
use std::thread::JoinHandle;

use drift_core::model::Digest;

use crate::inputs::binary_digest;

/// A digest that is computed once.
#[derive(Debug, Default)]
pub(crate) struct OwnDigest {
    begun: OnceLock<()>,
    running: Mutex<Option<JoinHandle<Option<Digest>>>>,
    found: OnceLock<Option<Digest>>,
}

impl OwnDigest {
    /// Begins, the first time; nobody waits for it yet.
    pub(crate) fn begin(&self) {
        self.begun.get_or_init(|| {
            let thread = std::thread::Builder::new().name("drift-digest".to_owned());
            // Without a thread it is computed when it is asked for.
            *self.running.lock().unwrap_or_else(PoisonError::into_inner) =
                thread.spawn(binary_digest).ok();
        });
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
            // Nor the device, which may have another number after the next boot.
            format!("{version} {} {} {changed:?}", own.ino(), own.size())
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
        let told = told.split(' ').next().map(|hex| format!("sha256:{hex}"));
        let digest = OwnDigest::default();
        digest.begin();
        digest.begin();
        let found = digest.wait().map(|digest| digest.to_string());
        assert_eq!(found, told);
        assert_eq!(digest.wait().map(|digest| digest.to_string()), told, "asked again");
        let never_begun = OwnDigest::default().wait();
        assert_eq!(never_begun.map(|digest| digest.to_string()), told);
    }
}
