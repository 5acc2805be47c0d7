//! Built-in profiles: rules for a kind of system, as files.

/// A named list of rules that comes with drift.
#[derive(Debug, Clone, Copy)]
pub struct Profile {
    /// Its name.
    pub name: &'static str,
    /// Its rules.
    pub text: &'static str,
    /// Values of `ID` in os-release for which it is chosen.
    pub systems: &'static [&'static str],
}

/// Every profile.
pub const PROFILES: &[Profile] = &[Profile {
    name: "debian",
    text: include_str!("profiles/debian.rules"),
    systems: &["debian", "ubuntu"],
}];
