//! CycloneDX 1.4 to 1.6: `components`, those inside each other too, and what `compositions` say.

use std::borrow::Cow;
use std::fmt;

use serde::Deserialize;
use serde::de::{Deserializer, Error, IgnoredAny, MapAccess, Visitor};

use super::fields::{Each, Element, Few, once};
use super::gathered::Gathered;

pub(super) fn read<'de, D: Deserializer<'de>>(
    deserializer: D,
    gathered: &mut Gathered,
) -> Result<(), D::Error> {
    deserializer.deserialize_map(Document(gathered))
}

struct Document<'g>(&'g mut Gathered);

#[derive(Deserialize)]
struct Composition {
    aggregate: Option<String>,
}

impl<'de> Visitor<'de> for Document<'_> {
    type Value = ();

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a document")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<(), A::Error> {
        let (mut components, mut compositions) = (false, false);
        while let Some(name) = members.next_key::<Cow<'_, str>>()? {
            match &*name {
                "components" => {
                    once::<A::Error>(&mut components)?;
                    members.next_value_seed(Each::<Component>::of(self.0))?;
                }
                "compositions" => {
                    once::<A::Error>(&mut compositions)?;
                    let said: Few<Composition> = members.next_value()?;
                    let mut said = said.0.iter().filter_map(|one| one.aggregate.as_deref());
                    // `incomplete` and its kin; `unknown` and `not_specified` say nothing.
                    self.0.incomplete |= said.any(|one| one.starts_with("incomplete"));
                }
                _ => {
                    members.next_value::<IgnoredAny>()?;
                }
            }
        }
        Ok(())
    }
}

#[derive(Deserialize)]
struct Hash {
    alg: String,
    content: String,
}

#[derive(Deserialize)]
struct Property {
    name: Option<String>,
    value: Option<String>,
}

/// One component; those that it consists of are taken on the way.
#[derive(Default)]
struct Component {
    kind: Option<String>,
    name: Option<String>,
    version: Option<String>,
    purl: Option<String>,
    hashes: Option<Few<Hash>>,
    properties: Option<Few<Property>>,
    inside: bool,
}

impl Element for Component {
    fn read<'de, D: Deserializer<'de>>(
        deserializer: D,
        gathered: &mut Gathered,
    ) -> Result<(), D::Error> {
        deserializer.deserialize_map(Reading(gathered))
    }
}

struct Reading<'g>(&'g mut Gathered);

impl<'de> Visitor<'de> for Reading<'_> {
    type Value = ();

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a component")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<(), A::Error> {
        let mut component = Component::default();
        while let Some(name) = members.next_key::<Cow<'_, str>>()? {
            match &*name {
                "type" => fill(&mut component.kind, &mut members)?,
                "name" => fill(&mut component.name, &mut members)?,
                "version" => fill(&mut component.version, &mut members)?,
                "purl" => fill(&mut component.purl, &mut members)?,
                "hashes" => fill(&mut component.hashes, &mut members)?,
                "properties" => fill(&mut component.properties, &mut members)?,
                "components" => {
                    once::<A::Error>(&mut component.inside)?;
                    members.next_value_seed(Each::<Component>::of(self.0))?;
                }
                _ => {
                    members.next_value::<IgnoredAny>()?;
                }
            }
        }
        component.take(self.0);
        Ok(())
    }
}

fn fill<'de, T: Deserialize<'de>, A: MapAccess<'de>>(
    slot: &mut Option<T>,
    members: &mut A,
) -> Result<(), A::Error> {
    let value: Option<T> = members.next_value()?;
    match value {
        Some(_) if slot.is_some() => Err(A::Error::custom("a member for the second time")),
        Some(value) => {
            *slot = Some(value);
            Ok(())
        }
        None => Ok(()),
    }
}

impl Component {
    fn take(self, gathered: &mut Gathered) {
        let kind = self.kind.as_deref().unwrap_or_default();
        let name = self.name.unwrap_or_default();
        match (kind, self.purl) {
            ("file", _) => {
                let hashes = self.hashes.iter().flat_map(|hashes| &hashes.0);
                let sha256 = hashes.filter(|hash| hash.alg == "SHA-256").map(|hash| &hash.content);
                let properties = self.properties.iter().flat_map(|properties| &properties.0);
                let exact = properties
                    .filter(|property| property.name.as_deref() == Some("drift:path_b64"))
                    .filter_map(|property| property.value.as_deref());
                let sha256 = sha256.map(String::as_str).next();
                gathered.file(&name, exact.into_iter().next(), sha256);
            }
            ("operating-system", _) => {
                let version = self.version.unwrap_or_default();
                gathered.system.get_or_insert((name, version));
            }
            (_, Some(purl)) => gathered.package(&purl),
            (_, None) => gathered.beyond("components without a package URL"),
        }
    }
}
