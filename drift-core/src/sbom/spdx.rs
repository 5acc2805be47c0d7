//! SPDX 2.3 in JSON: <https://spdx.github.io/spdx-spec/v2.3/>.
//!
//! A file must have a SHA-1 there (8.4), and a package whose files are listed a code over those of
//! all of them (7.9); where these are not known, no files are listed.

use std::collections::BTreeMap;
use std::io;

use drift_lanes::Sha1;
use serde_json::{Value, json};

use crate::bounds::Timestamp;
use crate::model::{Package, PackageId, SourceKind};
use crate::report::lossy;

use super::inventory::{Inventory, each_file, name, system, uuid};
use super::licence::Licence;
use super::written::{Document, List};
use super::{Error, Files, Form, Matter};

pub(super) const FORM: Form =
    Form { name: "spdx", meaning: "SPDX 2.3 in JSON", needs_sha1: true, write };

const TARGET: &str = "SPDXRef-Target";
const SYSTEM: &str = "SPDXRef-OperatingSystem";

/// SHA-1 digests of the files of each package, and of none.
type Codes = BTreeMap<Option<PackageId>, Vec<[u8; 20]>>;

/// Licences that are no expressions, numbered.
type Extracted<'i> = BTreeMap<&'i str, usize>;

fn write(matter: &Matter<'_>, out: &mut dyn io::Write) -> Result<(), Error> {
    let inventory = Inventory::new(matter);
    let mut extracted = Extracted::new();
    for licence in inventory.licences.values() {
        if let Licence::Text(text) = licence {
            let number = extracted.len().saturating_add(1);
            extracted.entry(text).or_insert(number);
        }
    }
    let codes = codes(matter)?;
    let mut document = Document::begin(out)?;
    head(&mut document, matter)?;
    let mut packages = document.list("packages")?;
    packages.push(&target(matter, &codes))?;
    if let Some((os, version)) = system(matter.identity) {
        let version = if version.is_empty() { "NOASSERTION" } else { version };
        packages.push(&plain(SYSTEM, os, version, "OPERATING-SYSTEM"))?;
    }
    for (id, package) in ids(matter) {
        let code = codes.get(&Some(id)).map(Vec::as_slice);
        packages.push(&described(id, package, (&inventory, &extracted), code))?;
    }
    packages.end()?;
    files(&mut document, matter)?;
    let mut licences = document.list("hasExtractedLicensingInfos")?;
    for (text, number) in &extracted {
        let id = format!("LicenseRef-{number}");
        licences.push(&json!({"licenseId": id, "name": text, "extractedText": text}))?;
    }
    licences.end()?;
    let mut relationships = document.list("relationships")?;
    relations(&mut relationships, matter, &inventory)?;
    relationships.end()?;
    Ok(document.end()?)
}

fn ids<'m>(matter: &Matter<'m>) -> impl Iterator<Item = (PackageId, &'m Package)> + use<'m> {
    (0..).map(PackageId).zip(matter.packages)
}

fn head(document: &mut Document<'_>, matter: &Matter<'_>) -> io::Result<()> {
    // The specification wants whole seconds.
    let created = Timestamp::from_unix(matter.now.seconds(), 0).to_string();
    let uuid = uuid(matter, FORM.name);
    document.member("spdxVersion", &"SPDX-2.3")?;
    document.member("dataLicense", &"CC0-1.0")?;
    document.member("SPDXID", &"SPDXRef-DOCUMENT")?;
    document.member("name", &name(matter))?;
    document.member("documentNamespace", &format!("urn:uuid:{uuid}"))?;
    let tool = format!("Tool: drift-{}", env!("CARGO_PKG_VERSION"));
    document.member(
        "creationInfo",
        &json!({"created": created, "creators": [tool], "licenseListVersion": "3.28"}),
    )?;
    let mut comment = format!("drift root {} of {}", matter.root, matter.locator);
    if !matter.packages_complete {
        comment.push_str("; the list of packages is not complete");
    }
    if matter.problems > 0 {
        comment.push_str(&format!("; {} things could not be observed", matter.problems));
    }
    document.member("comment", &comment)
}

/// Describes what has no package manager.
fn plain(id: &str, name: &str, version: &str, purpose: &str) -> Value {
    json!({
        "SPDXID": id,
        "name": name,
        "versionInfo": version,
        "downloadLocation": "NOASSERTION",
        "filesAnalyzed": false,
        "licenseConcluded": "NOASSERTION",
        "licenseDeclared": "NOASSERTION",
        "copyrightText": "NOASSERTION",
        "primaryPackagePurpose": purpose,
    })
}

fn target(matter: &Matter<'_>, codes: &Codes) -> Value {
    let purpose = match matter.kind {
        SourceKind::Oci | SourceKind::DockerArchive => "CONTAINER",
        SourceKind::Host => "DEVICE",
        _ => "OTHER",
    };
    let digest = matter.image.and_then(|image| image.digest()).map(ToString::to_string);
    let version = digest.unwrap_or_else(|| matter.root.to_string());
    let target = plain(TARGET, &name(matter), &version, purpose);
    analyzed(target, codes.get(&None).map(Vec::as_slice))
}

fn described(
    id: PackageId,
    package: &Package,
    (inventory, extracted): (&Inventory<'_>, &Extracted<'_>),
    code: Option<&[[u8; 20]]>,
) -> Value {
    let version = if package.version.is_empty() { "NOASSERTION" } else { &package.version };
    let mut described = plain(&spdx_id(id), &package.name, version, "LIBRARY");
    let Some(object) = described.as_object_mut() else { return described };
    let supplier = match inventory.supplier(id).map(|name| name.replace(['(', ')'], " ")) {
        Some(name) => format!("Organization: {}", name.trim()),
        None => "NOASSERTION".to_owned(),
    };
    object.insert("supplier".to_owned(), supplier.into());
    let licence = match inventory.licences.get(&id) {
        Some(Licence::Expression(expression)) => expression.clone(),
        Some(Licence::Text(text)) => match extracted.get(text.as_str()) {
            Some(number) => format!("LicenseRef-{number}"),
            None => "NOASSERTION".to_owned(),
        },
        None => "NOASSERTION".to_owned(),
    };
    object.insert("licenseDeclared".to_owned(), licence.into());
    if let Some(page) = inventory.homepage(id) {
        object.insert("homepage".to_owned(), page.into());
    }
    let source = inventory.details(id).and_then(|details| details.source.as_ref());
    if let Some((name, version)) = source {
        object.insert("sourceInfo".to_owned(), format!("built from {name} {version}").into());
    }
    if !package.location.is_empty() {
        object.insert("packageFileName".to_owned(), format!("./{}", package.location).into());
    }
    let purl = json!([{
        "referenceCategory": "PACKAGE-MANAGER",
        "referenceType": "purl",
        "referenceLocator": inventory.purl(id),
    }]);
    object.insert("externalRefs".to_owned(), purl);
    analyzed(described, code)
}

/// Adds the code over the files that are listed; without any they count as not analysed.
fn analyzed(mut package: Value, code: Option<&[[u8; 20]]>) -> Value {
    if let (Some(digests), Some(object)) = (code, package.as_object_mut()) {
        let value = verification_code(digests);
        object.insert("filesAnalyzed".to_owned(), true.into());
        let code = json!({"packageVerificationCodeValue": value});
        object.insert("packageVerificationCode".to_owned(), code);
    }
    package
}

/// SPDX 2.3, 7.9: SHA-1 over the sorted SHA-1 digests of all files, each in hexadecimal.
fn verification_code(digests: &[[u8; 20]]) -> String {
    let mut sorted = digests.to_vec();
    sorted.sort_unstable();
    let mut sha1 = Sha1::new();
    for digest in sorted {
        sha1.update(crate::model::hex(&digest).as_bytes());
    }
    crate::model::hex(&sha1.finish())
}

fn codes(matter: &Matter<'_>) -> Result<Codes, Error> {
    let mut codes = Codes::new();
    each_file(matter, true, &mut |file| {
        let bytes: Option<[u8; 20]> =
            file.sha1.as_ref().and_then(|sha1| sha1.as_bytes().try_into().ok());
        codes.entry(file.owner).or_default().extend(bytes);
        Ok(())
    })?;
    Ok(codes)
}

fn files(document: &mut Document<'_>, matter: &Matter<'_>) -> Result<(), Error> {
    let mut files = document.list("files")?;
    let mut number = 0_u64;
    each_file(matter, true, &mut |file| {
        number = number.saturating_add(1);
        let (path, exact) = lossy(&[b"./", file.path.as_bytes()].concat());
        let sha1 = file.sha1.map(|sha1| sha1.hex()).unwrap_or_default();
        let mut described = json!({
            "SPDXID": file_id(number),
            "fileName": path,
            "checksums": [
                {"algorithm": "SHA1", "checksumValue": sha1},
                {"algorithm": "SHA256", "checksumValue": file.sha256.hex()},
            ],
            "licenseConcluded": "NOASSERTION",
            "copyrightText": "NOASSERTION",
        });
        if let (Some(exact), Some(object)) = (exact, described.as_object_mut()) {
            object.insert("comment".to_owned(), format!("path in base64: {exact}").into());
        }
        Ok(files.push(&described)?)
    })?;
    Ok(files.end()?)
}

fn relations(
    out: &mut List<'_, '_>,
    matter: &Matter<'_>,
    inventory: &Inventory<'_>,
) -> Result<(), Error> {
    let mut relation = |from: &str, kind: &str, to: &str| {
        out.push(&json!({
            "spdxElementId": from, "relationshipType": kind, "relatedSpdxElement": to,
        }))
    };
    relation("SPDXRef-DOCUMENT", "DESCRIBES", TARGET)?;
    if system(matter.identity).is_some() {
        relation(TARGET, "CONTAINS", SYSTEM)?;
    }
    for (id, _) in ids(matter) {
        relation(TARGET, "CONTAINS", &spdx_id(id))?;
        for needed in inventory.needs(id) {
            relation(&spdx_id(id), "DEPENDS_ON", &spdx_id(*needed))?;
        }
    }
    if matter.files == Files::None {
        return Ok(());
    }
    let mut number = 0_u64;
    each_file(matter, true, &mut |file| {
        number = number.saturating_add(1);
        let owner = file.owner.map_or(TARGET.to_owned(), spdx_id);
        Ok(relation(&owner, "CONTAINS", &file_id(number))?)
    })
}

fn spdx_id(id: PackageId) -> String {
    format!("SPDXRef-Package-{}", id.0)
}

fn file_id(number: u64) -> String {
    format!("SPDXRef-File-{number}")
}
