//! SPDX 2.2 and 2.3: `packages` by their reference of type `purl`, and `files`.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::fmt;

use serde::Deserialize;
use serde::de::{Deserializer, IgnoredAny, MapAccess, Visitor};

use super::fields::{Each, Element, Few, once};
use super::gathered::Gathered;

pub(super) fn read<'de, D: Deserializer<'de>>(
    deserializer: D,
    gathered: &mut Gathered,
) -> Result<(), D::Error> {
    deserializer.deserialize_map(Document(gathered))
}

struct Document<'g>(&'g mut Gathered);

impl<'de> Visitor<'de> for Document<'_> {
    type Value = ();

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a document")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<(), A::Error> {
        let mut seen = [false; 4];
        let [packages, files, relationships, described] = &mut seen;
        while let Some(name) = members.next_key::<Cow<'_, str>>()? {
            match &*name {
                "packages" => {
                    once::<A::Error>(packages)?;
                    members.next_value_seed(Each::<Package>::of(self.0))?;
                }
                "files" => {
                    once::<A::Error>(files)?;
                    members.next_value_seed(Each::<File>::of(self.0))?;
                }
                "relationships" => {
                    once::<A::Error>(relationships)?;
                    members.next_value_seed(Each::<Relationship>::of(self.0))?;
                }
                "documentDescribes" => {
                    once::<A::Error>(described)?;
                    members.next_value_seed(Each::<Described>::of(self.0))?;
                }
                _ => {
                    members.next_value::<IgnoredAny>()?;
                }
            }
        }
        self.0.settle_described();
        Ok(())
    }
}

#[derive(Deserialize)]
struct Package {
    #[serde(rename = "SPDXID")]
    id: Option<String>,
    name: Option<String>,
    #[serde(rename = "versionInfo")]
    version: Option<String>,
    #[serde(rename = "externalRefs", default)]
    references: Few<Reference>,
    #[serde(rename = "primaryPackagePurpose")]
    purpose: Option<String>,
}

#[derive(Deserialize)]
struct Reference {
    #[serde(rename = "referenceType")]
    kind: Option<String>,
    #[serde(rename = "referenceLocator")]
    locator: Option<String>,
}

impl Element for Package {
    fn read<'de, D: Deserializer<'de>>(
        deserializer: D,
        gathered: &mut Gathered,
    ) -> Result<(), D::Error> {
        let package: Self = Deserialize::deserialize(deserializer)?;
        let of_purl = |reference: &&Reference| reference.kind.as_deref() == Some("purl");
        let purls: BTreeSet<&str> = package
            .references
            .0
            .iter()
            .filter(of_purl)
            .filter_map(|reference| reference.locator.as_deref())
            .collect();
        for purl in &purls {
            gathered.package(purl);
        }
        if !purls.is_empty() {
            return Ok(());
        }
        match package.purpose.as_deref() {
            Some("OPERATING-SYSTEM") => {
                let version = package.version.filter(|version| version != "NOASSERTION");
                let system = (package.name.unwrap_or_default(), version.unwrap_or_default());
                gathered.system.get_or_insert(system);
            }
            _ => gathered.unnamed(package.id.unwrap_or_default()),
        }
        Ok(())
    }
}

#[derive(Deserialize)]
struct File {
    #[serde(rename = "fileName")]
    name: Option<String>,
    #[serde(default)]
    checksums: Few<Checksum>,
    comment: Option<String>,
}

#[derive(Deserialize)]
struct Checksum {
    algorithm: Option<String>,
    #[serde(rename = "checksumValue")]
    value: Option<String>,
}

impl Element for File {
    fn read<'de, D: Deserializer<'de>>(
        deserializer: D,
        gathered: &mut Gathered,
    ) -> Result<(), D::Error> {
        let file: Self = Deserialize::deserialize(deserializer)?;
        let sha256 = file
            .checksums
            .0
            .iter()
            .find(|checksum| checksum.algorithm.as_deref() == Some("SHA256"))
            .and_then(|checksum| checksum.value.as_deref());
        let comment = file.comment.as_deref();
        let exact = comment.and_then(|text| text.strip_prefix("path in base64: "));
        gathered.file(file.name.as_deref().unwrap_or_default(), exact, sha256);
        Ok(())
    }
}

#[derive(Deserialize)]
struct Relationship {
    #[serde(rename = "spdxElementId")]
    from: Option<String>,
    #[serde(rename = "relationshipType")]
    kind: Option<String>,
    #[serde(rename = "relatedSpdxElement")]
    to: Option<String>,
}

impl Element for Relationship {
    fn read<'de, D: Deserializer<'de>>(
        deserializer: D,
        gathered: &mut Gathered,
    ) -> Result<(), D::Error> {
        let relationship: Self = Deserialize::deserialize(deserializer)?;
        let of_document = relationship.from.as_deref() == Some("SPDXRef-DOCUMENT");
        if let (true, Some("DESCRIBES"), Some(to)) =
            (of_document, relationship.kind.as_deref(), relationship.to)
        {
            gathered.described(to);
        }
        Ok(())
    }
}

struct Described;

impl Element for Described {
    fn read<'de, D: Deserializer<'de>>(
        deserializer: D,
        gathered: &mut Gathered,
    ) -> Result<(), D::Error> {
        gathered.described(Deserialize::deserialize(deserializer)?);
        Ok(())
    }
}
