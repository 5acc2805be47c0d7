//! What is read of the files of npm, without ever building the whole document: unknown members are
//! passed over as they come, and nesting is bounded by the parser.

use std::fmt;

use serde::de::{Deserialize, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};

use super::super::part::{Listed, MAX_DEPENDS, Part, short};
use crate::packages::Details;

/// Packages of one lock file; the largest known has 5,000.
const MAX_LOCKED: usize = 100_000;

/// Reads a `package.json`.
pub(super) fn read_manifest(bytes: &[u8]) -> Part {
    let mut part = Part::default();
    match serde_json::from_slice::<Manifest>(bytes) {
        Ok(manifest) => {
            // Readers of other languages may take the other one.
            if let Some(member) = manifest.twice {
                part.fault(format!(
                    "it has the member {member} twice; the last counts, as for node"
                ));
            }
            match manifest.name.as_ref().and_then(|name| name.0.clone()) {
                Some(name) if !name.is_empty() => part.packages.push(manifest.listed(&name)),
                _ => part.fault("it has no name; the package is known by its path"),
            }
        }
        Err(error) => part.fault(format!("it cannot be read ({error}); known by its path")),
    }
    part
}

/// Reads a lock file of version 2 or 3: where each package lies, and which it is.
pub(super) fn read_lock(bytes: &[u8]) -> Part {
    let mut part = Part::default();
    match serde_json::from_slice::<Lock>(bytes) {
        Ok(lock) => {
            if lock.packages.1 {
                part.fault("it names more than 100,000 packages; the rest is not looked for");
            }
            if lock.packages.2 {
                part.fault("a package has its name or version twice; the last counts, as for node");
            }
            part.otherwise = lock.packages.0;
        }
        Err(error) => part.fault(format!("it cannot be read: {error}")),
    }
    part
}

#[derive(Default)]
struct Manifest {
    name: Option<Text>,
    version: Option<Text>,
    licence: Option<Text>,
    homepage: Option<Text>,
    depends: Vec<String>,
    is_link: bool,
    /// A member that stands there with two values.
    twice: Option<&'static str>,
}

impl Manifest {
    fn named(&mut self, name: Text) {
        let other = self.name.as_ref().is_some_and(|first| first.0 != name.0);
        self.twice = self.twice.or(other.then_some("name"));
        self.name = Some(name);
    }

    fn numbered(&mut self, version: Text) {
        let other = self.version.as_ref().is_some_and(|first| first.0 != version.0);
        self.twice = self.twice.or(other.then_some("version"));
        self.version = Some(version);
    }

    fn listed(self, name: &str) -> Listed {
        let text = |text: Option<Text>| {
            text.and_then(|text| text.0).map(|text| short(&text)).filter(|text| !text.is_empty())
        };
        Listed {
            name: short(name),
            version: text(self.version).unwrap_or_default(),
            details: Details {
                licence: text(self.licence),
                homepage: text(self.homepage),
                depends: self.depends,
                ..Details::default()
            },
            ..Listed::default()
        }
    }
}

impl<'de> Deserialize<'de> for Manifest {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Members;
        impl<'de> Visitor<'de> for Members {
            type Value = Manifest;

            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Manifest, A::Error> {
                let mut manifest = Manifest::default();
                // Of a member twice the last counts, as everywhere in JavaScript.
                while let Some(key) = map.next_key::<String>()? {
                    match key.as_str() {
                        "name" => manifest.named(map.next_value()?),
                        "version" => manifest.numbered(map.next_value()?),
                        "license" | "licenses" => manifest.licence = Some(map.next_value()?),
                        "homepage" => manifest.homepage = Some(map.next_value()?),
                        "dependencies" => manifest.depends = map.next_value::<Names>()?.0,
                        "link" => {
                            manifest.is_link =
                                map.next_value::<Text>()?.0.as_deref() == Some("true");
                        }
                        _ => {
                            map.next_value::<IgnoredAny>()?;
                        }
                    }
                }
                Ok(manifest)
            }
        }
        deserializer.deserialize_map(Members)
    }
}

#[derive(serde::Deserialize)]
struct Lock {
    #[serde(default)]
    packages: Locked,
}

/// The packages, whether there were more, and whether one of them has a member twice.
#[derive(Default)]
struct Locked(Vec<Listed>, bool, bool);

impl<'de> Deserialize<'de> for Locked {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Members;
        impl<'de> Visitor<'de> for Members {
            type Value = Locked;

            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Locked, A::Error> {
                let mut locked = Locked::default();
                while let Some((place, manifest)) = map.next_entry::<String, Manifest>()? {
                    locked.2 |= manifest.twice.is_some();
                    let Some(name) = name_of(&place, &manifest) else { continue };
                    if locked.0.len() >= MAX_LOCKED {
                        locked.1 = true;
                        continue;
                    }
                    locked.0.push(Listed { below: place, ..manifest.listed(&name) });
                }
                Ok(locked)
            }
        }
        deserializer.deserialize_map(Members)
    }
}

/// The name of a locked package: its own, or that of the directory where it lies. The project
/// itself, at the empty place, is not installed, and a link is listed where it leads.
fn name_of(place: &str, manifest: &Manifest) -> Option<String> {
    let plain = |name: &str| !matches!(name, "" | "." | "..");
    let (_, named) = place.rsplit_once("node_modules/")?;
    let fits = place.len() <= 4096 && place.split('/').all(plain) && !manifest.is_link;
    let own = manifest.name.as_ref().and_then(|name| name.0.clone());
    fits.then(|| own.unwrap_or_else(|| named.to_owned()))
}

/// The names of an object, whatever its values are; of anything else, none.
struct Names(Vec<String>);

/// A text; of an object its `type` or `name`, of a list its first.
struct Text(Option<String>);

impl<'de> Deserialize<'de> for Names {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Loose).map(|loose| Self(loose.names))
    }
}

impl<'de> Deserialize<'de> for Text {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Loose).map(|loose| Self(loose.text))
    }
}

#[derive(Default)]
struct LooseValue {
    text: Option<String>,
    names: Vec<String>,
}

struct Loose;

impl<'de> Visitor<'de> for Loose {
    type Value = LooseValue;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("any value")
    }

    fn visit_str<E>(self, text: &str) -> Result<LooseValue, E> {
        Ok(LooseValue { text: Some(text.to_owned()), ..LooseValue::default() })
    }

    fn visit_bool<E>(self, value: bool) -> Result<LooseValue, E> {
        Ok(LooseValue { text: Some(value.to_string()), ..LooseValue::default() })
    }

    fn visit_u64<E>(self, value: u64) -> Result<LooseValue, E> {
        Ok(LooseValue { text: Some(value.to_string()), ..LooseValue::default() })
    }

    fn visit_i64<E>(self, value: i64) -> Result<LooseValue, E> {
        Ok(LooseValue { text: Some(value.to_string()), ..LooseValue::default() })
    }

    fn visit_f64<E>(self, value: f64) -> Result<LooseValue, E> {
        Ok(LooseValue { text: Some(value.to_string()), ..LooseValue::default() })
    }

    fn visit_unit<E>(self) -> Result<LooseValue, E> {
        Ok(LooseValue::default())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<LooseValue, A::Error> {
        let first = seq.next_element::<Text>()?;
        while seq.next_element::<IgnoredAny>()?.is_some() {}
        Ok(LooseValue { text: first.and_then(|first| first.0), ..LooseValue::default() })
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<LooseValue, A::Error> {
        let mut value = LooseValue::default();
        while let Some(key) = map.next_key::<String>()? {
            if matches!(key.as_str(), "type" | "name") && value.text.is_none() {
                value.text = map.next_value::<Text>()?.0;
            } else {
                map.next_value::<IgnoredAny>()?;
            }
            if value.names.len() < MAX_DEPENDS {
                value.names.push(short(&key));
            }
        }
        value.names.sort_unstable();
        value.names.dedup();
        Ok(value)
    }
}
