//! How loud each cause is: one table.

use crate::model::{Cause, Severity};

/// What about a change bears on its severity.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Circumstances {
    /// The comparison is with a sealed baseline, or with a snapshot.
    pub against_baseline: bool,
    /// Setuid, setgid, with file capabilities, or executable, before or after.
    pub executable: bool,
    /// A package's configuration file.
    pub conffile: bool,
    /// Setuid, setgid, with file capabilities, or a device node.
    pub privileged: bool,
    /// An executable in a directory of the usual PATH.
    pub on_path: bool,
    /// The cause rests on more than the target's own word.
    pub verified: bool,
    /// A fact of an image's configuration.
    pub image_fact: bool,
    /// It bears on which program runs, or as whom.
    pub decides_what_runs: bool,
    /// Packages of this host may be upgraded in place (profile `mutable`).
    pub upgrades_expected: bool,
    /// An entry that came with the change of a package, and that no record speaks for.
    pub beside_package: bool,
    /// The change is explained by a package change that carries the severity.
    pub folded: bool,
}

/// One line of the table: the first line that fits gives the severity.
#[derive(Debug)]
pub struct SeverityRow {
    /// The cause.
    pub cause: Cause,
    /// The circumstances in words, for the documentation.
    pub when: &'static str,
    /// The circumstances.
    pub fits: fn(&Circumstances) -> bool,
    /// The severity.
    pub severity: Severity,
}

const fn row(
    cause: Cause,
    when: &'static str,
    fits: fn(&Circumstances) -> bool,
    severity: Severity,
) -> SeverityRow {
    SeverityRow { cause, when, fits, severity }
}

fn always(_: &Circumstances) -> bool {
    true
}

fn unsigned_conffile(about: &Circumstances) -> bool {
    about.conffile && !about.against_baseline
}

fn unverified_baseline(about: &Circumstances) -> bool {
    about.against_baseline && !about.verified
}

fn expected_upgrade(about: &Circumstances) -> bool {
    about.upgrades_expected && about.verified
}

const EXPECTED: &str = "verified by a manifest, on a host that may be upgraded (profile `mutable`)";
const BESIDE: &str = "a script of the package, of which no database records the content";
const CONFFILE: &str = "a configuration file, without baseline";
const EXECUTABLE: &str = "executable, setuid, setgid or with capabilities";
const UNVERIFIED: &str = "against a baseline, on the package database's word alone";

/// Every cause with its severities.
pub const SEVERITIES: &[SeverityRow] = &[
    row(
        Cause::ModifiedInPlace,
        "what an image runs, and as whom: entrypoint, variables such as PATH …",
        |about| about.image_fact && about.decides_what_runs,
        Severity::High,
    ),
    row(
        Cause::ModifiedInPlace,
        "other configuration of an image",
        |about| about.image_fact,
        Severity::Medium,
    ),
    row(Cause::ModifiedInPlace, CONFFILE, unsigned_conffile, Severity::Low),
    row(Cause::ModifiedInPlace, EXECUTABLE, |about| about.executable, Severity::Critical),
    row(Cause::ModifiedInPlace, "otherwise", always, Severity::High),
    row(Cause::Moved, EXECUTABLE, |about| about.executable, Severity::Critical),
    row(Cause::Moved, "otherwise", always, Severity::High),
    row(Cause::VendorRecordDiffers, CONFFILE, unsigned_conffile, Severity::Low),
    row(Cause::VendorRecordDiffers, EXECUTABLE, |about| about.executable, Severity::Critical),
    row(Cause::VendorRecordDiffers, "otherwise", always, Severity::High),
    row(Cause::CoveredByMount, "always", always, Severity::High),
    row(
        Cause::Unowned,
        "executable, against a baseline",
        |about| about.executable && about.against_baseline,
        Severity::High,
    ),
    row(
        Cause::Unowned,
        "otherwise, against a baseline",
        |about| about.against_baseline,
        Severity::Medium,
    ),
    row(
        Cause::Unowned,
        "an executable on PATH, without baseline",
        |about| about.on_path,
        Severity::High,
    ),
    row(
        Cause::Unowned,
        "setuid, setgid, with capabilities, a device",
        |about| about.privileged,
        Severity::High,
    ),
    row(Cause::Unowned, "otherwise, without baseline", always, Severity::Low),
    row(
        Cause::ConffileEdited,
        "setuid, setgid or with capabilities, against a baseline",
        |about| about.against_baseline && about.privileged,
        Severity::High,
    ),
    row(
        Cause::ConffileEdited,
        "against a baseline",
        |about| about.against_baseline,
        Severity::Medium,
    ),
    row(Cause::ConffileEdited, "without baseline", always, Severity::Low),
    row(Cause::Generated, "not derived again", |about| !about.verified, Severity::Medium),
    row(Cause::Generated, "derived again and found right", always, Severity::Low),
    row(Cause::Upgraded, EXPECTED, expected_upgrade, Severity::Informational),
    row(Cause::Upgraded, BESIDE, |about| about.beside_package, Severity::Medium),
    row(Cause::Upgraded, UNVERIFIED, unverified_baseline, Severity::High),
    row(Cause::Upgraded, "otherwise", always, Severity::Medium),
    row(Cause::Downgraded, BESIDE, |about| about.beside_package, Severity::Medium),
    row(Cause::Downgraded, UNVERIFIED, unverified_baseline, Severity::High),
    row(Cause::Downgraded, "otherwise", always, Severity::Medium),
    row(Cause::Reinstalled, EXPECTED, expected_upgrade, Severity::Informational),
    row(Cause::Reinstalled, BESIDE, |about| about.beside_package, Severity::Medium),
    row(Cause::Reinstalled, UNVERIFIED, unverified_baseline, Severity::High),
    row(Cause::Reinstalled, "otherwise", always, Severity::Medium),
    row(Cause::Installed, EXPECTED, expected_upgrade, Severity::Informational),
    row(Cause::Installed, BESIDE, |about| about.beside_package, Severity::Medium),
    row(Cause::Installed, UNVERIFIED, unverified_baseline, Severity::High),
    row(Cause::Installed, "otherwise", always, Severity::Medium),
    row(Cause::Removed, EXPECTED, expected_upgrade, Severity::Informational),
    row(Cause::Removed, UNVERIFIED, unverified_baseline, Severity::High),
    row(Cause::Removed, "otherwise", always, Severity::Medium),
    row(Cause::RuntimeDiffers, "always", always, Severity::Medium),
    row(Cause::DeclaredDynamic, "always", always, Severity::None),
    row(Cause::ExpectedPerHost, "always", always, Severity::None),
];

/// Returns how loud a change is.
#[must_use]
pub fn severity(cause: Cause, about: &Circumstances) -> Severity {
    if about.folded {
        return Severity::None;
    }
    let row = SEVERITIES.iter().find(|row| row.cause == cause && (row.fits)(about));
    row.map_or(Severity::High, |row| row.severity)
}

#[cfg(test)]
mod tests {
    use super::{Circumstances, SEVERITIES, severity};
    use crate::model::{Cause, Severity};

    #[test]
    fn every_cause_has_a_line_that_always_fits() {
        for cause in Cause::ALL {
            let last = SEVERITIES.iter().rfind(|row| row.cause == cause);
            assert!(
                last.is_some_and(
                    |row| (row.fits)(&Circumstances::default()) || cause == Cause::Generated
                ),
                "{cause}"
            );
        }
    }

    #[test]
    fn as_promised() {
        let sealed = Circumstances { against_baseline: true, ..Circumstances::default() };
        let check =
            |cause, about, expect| assert_eq!(severity(cause, &about), expect, "{cause} {about:?}");
        check(Cause::ModifiedInPlace, sealed, Severity::High);
        check(
            Cause::ModifiedInPlace,
            Circumstances { executable: true, ..sealed },
            Severity::Critical,
        );
        check(Cause::Unowned, Circumstances { executable: true, ..sealed }, Severity::High);
        check(
            Cause::Unowned,
            Circumstances { executable: true, ..Circumstances::default() },
            Severity::Low,
        );
        let image = Circumstances { image_fact: true, ..sealed };
        check(Cause::ModifiedInPlace, image, Severity::Medium);
        let runs = Circumstances { decides_what_runs: true, ..image };
        check(Cause::ModifiedInPlace, runs, Severity::High);
        check(Cause::Upgraded, sealed, Severity::High);
        check(Cause::Upgraded, Circumstances { verified: true, ..sealed }, Severity::Medium);
        let expected = Circumstances { upgrades_expected: true, ..sealed };
        check(Cause::Upgraded, expected, Severity::High);
        let verified = Circumstances { verified: true, ..expected };
        check(Cause::Upgraded, verified, Severity::Informational);
        check(Cause::Downgraded, verified, Severity::Medium);
        check(Cause::ModifiedInPlace, verified, Severity::High);
        check(Cause::Upgraded, Circumstances { folded: true, ..sealed }, Severity::None);
        check(
            Cause::ConffileEdited,
            Circumstances { conffile: true, ..Circumstances::default() },
            Severity::Low,
        );
    }
}
