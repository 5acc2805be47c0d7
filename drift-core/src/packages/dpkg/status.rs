//! The packages that dpkg knows: `status`, the journal `updates/`, and `status.d/`.

use std::collections::BTreeMap;

use super::deb822::{Field, Stanza, Stanzas};
use super::details::Told;
use super::{STATUS, STATUS_D, UPDATES};
use crate::packages::{Completeness, Reading};

/// Bytes of a package name, version or architecture; Debian's longest is far below 200.
const MAX_VALUE_BYTES: usize = 4096;

/// The packages by name and architecture.
pub(super) type Registered<'f> = BTreeMap<(String, String), Registration<'f>>;

/// One package as dpkg registered it.
#[derive(Debug)]
pub(super) struct Registration<'f> {
    pub(super) version: String,
    pub(super) status: String,
    pub(super) state: State,
    /// `Multi-Arch: same`: several architectures at once, so its files carry the architecture.
    pub(super) coinstallable: bool,
    pub(super) conffiles: Option<Field<'f>>,
    pub(super) told: Told<'f>,
    /// The file that registers it.
    pub(super) source: Box<[u8]>,
}

/// The third word of `Status`, as far as it matters which files are there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum State {
    /// `not-installed`.
    Absent,
    /// `config-files`: removed, not purged.
    ConfigFiles,
    /// Everything else: at least some of its files are unpacked.
    Present,
}

impl State {
    pub(super) fn is_present(self) -> bool {
        self == Self::Present
    }
}

impl Registration<'_> {
    /// Returns whether the package comes from `status.d/`, which knows no states and no lists.
    pub(super) fn is_distroless(&self) -> bool {
        self.source.starts_with(STATUS_D)
    }
}

/// Reads every registration.
pub(super) fn read<'f>(reading: &mut Reading<'_, 'f>) -> Registered<'f> {
    let mut registered = Registered::new();
    read_file(reading, STATUS, &mut registered);
    // What dpkg wrote while it runs or before it was interrupted; the last number is the newest.
    let updates: Vec<Vec<u8>> = reading.files().inside(UPDATES).map(<[u8]>::to_vec).collect();
    for path in updates {
        let name = path.strip_prefix(UPDATES).unwrap_or_default();
        if !name.is_empty() && name.iter().all(u8::is_ascii_digit) {
            read_file(reading, &path, &mut registered);
        }
    }
    let apart: Vec<Vec<u8>> = reading.files().inside(STATUS_D).map(<[u8]>::to_vec).collect();
    for path in apart {
        if !path.ends_with(b".md5sums") {
            read_file(reading, &path, &mut registered);
        }
    }
    registered
}

fn read_file<'f>(reading: &mut Reading<'_, 'f>, path: &[u8], registered: &mut Registered<'f>) {
    let Some(text) = reading.open(path, Completeness::Incomplete) else { return };
    // dpkg ends each stanza of `status` with a blank line, the last one too.
    if path == STATUS && !text.is_empty() && !text.ends_with(b"\n\n") && text != b"\n" {
        let reason = "does not end with a blank line as dpkg writes it; it may be cut off";
        reading.note(path, reason.to_owned(), Completeness::Incomplete);
    }
    let mut stanzas = Stanzas::new(text);
    loop {
        let stanza = stanzas.next();
        for fault in stanzas.faults.drain(..) {
            reading.fault(path, fault.line, fault.what, Completeness::Incomplete);
        }
        let Some(stanza) = stanza else { return };
        for _ in &stanza.fields {
            if !reading.item(path, Completeness::Incomplete) {
                return;
            }
        }
        register(reading, path, &stanza, registered);
    }
}

fn register<'f>(
    reading: &mut Reading<'_, 'f>,
    path: &[u8],
    stanza: &Stanza<'f>,
    registered: &mut Registered<'f>,
) {
    let name = stanza.value(b"Package");
    if !is_package_name(name) {
        let what = "a stanza without a valid Package name; its package is not known";
        return reading.fault(path, stanza.line, what, Completeness::Incomplete);
    }
    let [name, architecture, version, status] =
        [name, stanza.value(b"Architecture"), stanza.value(b"Version"), stanza.value(b"Status")]
            .map(|value| reading.text(path, stanza.line, value));
    let state = match status.split_ascii_whitespace().nth(2) {
        None if path.starts_with(STATUS_D) => State::Present,
        Some("not-installed") => State::Absent,
        Some("config-files") => State::ConfigFiles,
        Some(
            "installed" | "unpacked" | "half-installed" | "half-configured" | "triggers-awaited"
            | "triggers-pending",
        ) => State::Present,
        _ => {
            let what = "no valid Status; the package is taken as installed";
            reading.fault(path, stanza.line, what, Completeness::Incomplete);
            State::Present
        }
    };
    // A package whose unpacking failed at the start has no version yet.
    let unborn = status.ends_with(" half-installed");
    if state.is_present() && !unborn && (version.is_empty() || architecture.is_empty()) {
        let what = "an installed package without Version or Architecture";
        reading.fault(path, stanza.line, what, Completeness::Incomplete);
    }
    let coinstallable = stanza.value(b"Multi-Arch").eq_ignore_ascii_case(b"same");
    let conffiles = stanza.field(b"Conffiles");
    let source: Box<[u8]> = path.into();
    let key = (name, architecture);
    let updates = path.starts_with(UPDATES);
    if !updates && registered.contains_key(&key) {
        let what = "a package for the second time; the first registration counts";
        return reading.fault(path, stanza.line, what, Completeness::Incomplete);
    }
    if updates {
        // The journal may change the architecture of a package that cannot be there twice.
        let first = (key.0.clone(), String::new());
        let same = registered.range(first..).take_while(|((other, _), _)| *other == key.0);
        let old = same.filter(|(_, old)| !old.coinstallable).map(|(old, _)| old.clone());
        for old in old.collect::<Vec<_>>() {
            registered.remove(&old);
        }
    }
    let told = Told::of(stanza);
    let registration =
        Registration { version, status, state, coinstallable, conffiles, told, source };
    registered.insert(key, registration);
}

/// The names that dpkg itself accepts (`pkg_name_is_illegal` in its library).
fn is_package_name(name: &[u8]) -> bool {
    name.len() <= MAX_VALUE_BYTES
        && name.first().is_some_and(u8::is_ascii_alphanumeric)
        && name.iter().all(|byte| byte.is_ascii_alphanumeric() || b"-+._".contains(byte))
}
