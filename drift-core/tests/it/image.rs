//! Images as layouts and archives: good ones made by other tools and by hand, and what each of many
//! changes to a good one must become.

#![expect(clippy::disallowed_methods, reason = "the tests make and look at files on their own")]
#![expect(clippy::panic, reason = "the functions that tests share fail as tests do")]
#![expect(clippy::print_stdout, reason = "tests say how much they compared")]

mod archives;
mod hostile;
pub(crate) mod layout;
mod selection;
mod tools;

use std::path::Path;

use drift_core::bounds::{Cancel, Pool, Silent};
use drift_core::capture::{self, Options, Parts, RuleSource, Run};
use drift_core::model::{Image, Platform, Snapshot};
use drift_core::source::{self, Error, Selection, Source};

/// Opens a target for a platform, any for an empty text.
fn open(target: &str, platform: &str) -> Result<Box<dyn Source>, Error> {
    let selection = Selection { platform: Platform::parse(platform), ..Selection::default() };
    source::open(target, &selection)
}

/// Returns what the image says of itself.
#[track_caller]
fn image(target: &str, platform: &str) -> Image {
    match open(target, platform) {
        Ok(source) => source.image().unwrap_or_else(|| panic!("{target} is no image")),
        Err(error) => panic!("{target}: {error}"),
    }
}

/// Asserts that a target is refused for a reason that names `needle`, as an image that cannot be
/// trusted rather than as a wrong command line.
#[track_caller]
fn malformed(target: &str, needle: &str) {
    match open(target, "") {
        Err(Error::Malformed { reason, .. }) if reason.contains(needle) => {}
        Err(other) => panic!("{target}: {other:?} does not name {needle:?}"),
        Ok(source) => panic!("{target} was taken as {}, not {needle:?}", source.kind().name()),
    }
}

/// Asserts that a choice is refused for a reason that names `needle`.
#[track_caller]
fn no_choice(target: &str, platform: &str, needle: &str) {
    match open(target, platform) {
        Err(Error::Choice { reason, .. }) if reason.contains(needle) => {}
        Err(other) => panic!("{target}: {other:?} does not name {needle:?}"),
        Ok(source) => panic!("{target} was taken as {:?}, not {needle:?}", source.image()),
    }
}

/// Captures a target whole.
fn captured(target: &str) -> Result<Snapshot, Error> {
    survey(&*open(target, "")?)
}

/// Captures what is open.
fn survey(source: &dyn Source) -> Result<Snapshot, Error> {
    let (pool, cancel) = (Pool::new(2).expect("two threads"), Cancel::new());
    let run = Run { pool: &pool, cancel: &cancel, observer: &Silent, artifacts: &[] };
    let rules = RuleSource::Whole("read-only /".to_owned());
    let options = Options {
        rules,
        parts: Parts::ALL,
        vendor_digests: false,
        configs: false,
        binaries: false,
    };
    match capture::capture(source, &options, &run) {
        Ok(captured) => Ok(captured.snapshot),
        Err(capture::Error::Source(error)) => Err(error),
        Err(other) => panic!("{}: {other}", source.locator()),
    }
}

fn text(path: &Path) -> String {
    path.to_str().expect("the tests write plain names").to_owned()
}
