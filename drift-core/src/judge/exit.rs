//! Exit codes: a public interface. This table feeds `--help`, the README and the reports.

/// One exit code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Exit {
    /// What the process returns.
    pub code: u8,
    /// Its name.
    pub name: &'static str,
    /// When it is returned.
    pub when: &'static str,
}

impl Exit {
    /// Compared completely, nothing found.
    pub const CLEAN: Self = Self {
        code: 0,
        name: "clean",
        when: "compared completely, no finding at or above --fail-on; diff: no difference",
    };
    /// Something was found.
    pub const FINDINGS: Self = Self {
        code: 1,
        name: "findings",
        when: "drift or a failed policy at or above --fail-on; diff: differences; policy test: a test failed",
    };
    /// The command line or a file of the operator is wrong.
    pub const USAGE: Self =
        Self { code: 2, name: "usage", when: "bad arguments, configuration, rules or policies" };
    /// Something in scope was not compared.
    pub const INCOMPLETE: Self = Self {
        code: 3,
        name: "incomplete",
        when: "nothing found, but something in scope could not be compared, a policy ended in error or unknown, the deadline passed, or another run holds the state directory",
    };
    /// A seal does not hold.
    pub const UNTRUSTED: Self = Self {
        code: 4,
        name: "untrusted",
        when: "a baseline, report, bundle of policies or file of waivers is unsigned where signed is required, altered, expired, rolled back, or sealed by a wrong key or for another identity",
    };
    /// An output was not written.
    pub const OUTPUT: Self = Self {
        code: 5,
        name: "output",
        when: "a report or artefact could not be written completely; the old one is intact",
    };
    /// A bug.
    pub const INTERNAL: Self =
        Self { code: 70, name: "internal", when: "a bug; never used for anything else" };
    /// SIGINT.
    pub const INTERRUPTED: Self =
        Self { code: 130, name: "interrupted", when: "SIGINT, leaving no partial artefact" };
    /// SIGTERM.
    pub const TERMINATED: Self =
        Self { code: 143, name: "terminated", when: "SIGTERM, leaving no partial artefact" };
}

/// Every exit code, by number.
pub const EXIT_CODES: &[Exit] = &[
    Exit::CLEAN,
    Exit::FINDINGS,
    Exit::USAGE,
    Exit::INCOMPLETE,
    Exit::UNTRUSTED,
    Exit::OUTPUT,
    Exit::INTERNAL,
    Exit::INTERRUPTED,
    Exit::TERMINATED,
];
