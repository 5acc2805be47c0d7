//! What may stand in a directory or bundle of policies, by name alone.

/// What a file is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// A policy, a library or a test.
    Rego,
    /// A profile of tailoring.
    Profile,
    /// For people alone: it decides nothing, and is no part of what is digested.
    Document,
}

/// The longest name of a file.
const MAX_NAME_BYTES: usize = 128;

/// Says what a file is for; the error says why it cannot stand there.
pub fn place(name: &str) -> Result<Place, &'static str> {
    let plain = |part: &str| {
        !part.is_empty()
            && !part.starts_with(['.', '-'])
            && part.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"._-".contains(&byte))
    };
    if name.len() > MAX_NAME_BYTES || !name.split('/').all(plain) {
        return Err("a name is at most 128 letters, digits, \".\", \"-\" and \"_\"");
    }
    let (directory, file) = name.rsplit_once('/').unwrap_or(("", name));
    let ending = file.rsplit_once('.').map_or("", |(_, ending)| ending);
    match (directory, ending) {
        ("" | "lib", "rego") => Ok(Place::Rego),
        ("profiles", "toml") => Ok(Place::Profile),
        ("" | "lib" | "profiles", "md") => Ok(Place::Document),
        (_, "json" | "yaml" | "yml") => {
            Err("policies take no data files; a value that the operator may choose is a parameter")
        }
        _ => Err("policies are *.rego, lib/*.rego, profiles/*.toml and *.md, and nothing else"),
    }
}

/// Says why a directory cannot stand there.
pub fn place_of_directory(name: &str) -> Result<(), &'static str> {
    match name {
        "lib" | "profiles" => Ok(()),
        _ => Err("below a directory of policies stand lib and profiles alone; name each pack"),
    }
}

#[cfg(test)]
mod tests {
    use super::{Place, place, place_of_directory};

    #[test]
    fn names_decide() {
        for (name, expect) in [
            ("a.rego", Some(Place::Rego)),
            ("a_test.rego", Some(Place::Rego)),
            ("lib/a.rego", Some(Place::Rego)),
            ("profiles/cis.toml", Some(Place::Profile)),
            ("README.md", Some(Place::Document)),
            ("data.json", None),
            ("data.yaml", None),
            ("lib/lib/a.rego", None),
            ("other/a.rego", None),
            ("../a.rego", None),
            ("/a.rego", None),
            ("lib//a.rego", None),
            (".a.rego", None),
            ("lib/.rego", None),
            ("a b.rego", None),
            ("a\n.rego", None),
            ("profiles/a.rego", None),
            ("a.toml", None),
            ("rego", None),
            ("", None),
        ] {
            assert_eq!(place(name).ok(), expect, "{name:?}");
        }
        assert!(place(&format!("{}.rego", "a".repeat(124))).is_err());
        assert!(place_of_directory("lib").is_ok() && place_of_directory("host").is_err());
    }
}
