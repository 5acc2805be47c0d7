//! The profiles that come with drift.

/// One built-in profile.
#[derive(Debug, Clone, Copy)]
pub struct BuiltinProfile {
    /// Its name, as in `builtin:NAME`.
    pub name: &'static str,
    /// Its TOML.
    pub text: &'static str,
}

/// A file of `policies/profiles/`.
macro_rules! profiles {
    ($($name:literal),* $(,)?) => {
        &[$(BuiltinProfile {
            name: $name,
            text: include_str!(concat!("../../../../policies/profiles/", $name, ".toml")),
        }),*]
    };
}

/// Every one, by name.
pub const PROFILES: &[BuiltinProfile] = profiles!("minimal", "strict");
