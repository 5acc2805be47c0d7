//! Built-in profiles: rules for a kind of system, as files.

/// A named list of rules that comes with drift.
#[derive(Debug, Clone, Copy)]
pub struct Profile {
    /// Its name.
    pub name: &'static str,
    /// Its rules.
    pub text: &'static str,
    /// Values of `ID` and words of `ID_LIKE` in os-release for which it is chosen; none of a profile
    /// that only stands beside another.
    pub systems: &'static [&'static str],
}

/// Every profile.
pub const PROFILES: &[Profile] = &[
    Profile {
        name: "debian",
        text: include_str!("profiles/debian.rules"),
        systems: &["debian", "ubuntu"],
    },
    Profile {
        name: "rhel",
        text: include_str!("profiles/rhel.rules"),
        systems: &["rhel", "fedora", "centos"],
    },
    Profile { name: "alpine", text: include_str!("profiles/alpine.rules"), systems: &["alpine"] },
    Profile { name: "container", text: include_str!("profiles/container.rules"), systems: &[] },
    Profile { name: "image", text: include_str!("profiles/image.rules"), systems: &[] },
];

/// The profile that has no rules of its own: packages of this host may be upgraded in place, so what a
/// manifest verifies of that is no finding. The other profiles, or those in a baseline, stay in force.
pub const MUTABLE: &str = "mutable";

/// Returns the profile of a system that has these names, the nearest first: `ID` of os-release(5),
/// then the words of `ID_LIKE`.
#[must_use]
pub fn profile_of(systems: &[String]) -> Option<&'static Profile> {
    let named =
        |name: &String| PROFILES.iter().find(|profile| profile.systems.contains(&name.as_str()));
    systems.iter().find_map(named)
}
