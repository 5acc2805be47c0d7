//! CycloneDX 1.6 in JSON: <https://cyclonedx.org/docs/1.6/json/>.

use std::collections::BTreeSet;
use std::io;

use serde_json::{Map, Value, json};

use crate::model::{Package, PackageId, SourceKind};
use crate::report::lossy;

use super::inventory::{Inventory, Listed, each_file, name, system, uuid};
use super::licence::Licence;
use super::written::Document;
use super::{Error, Form, Matter};

pub(super) const FORM: Form =
    Form { name: "cyclonedx", meaning: "CycloneDX 1.6 in JSON", needs_sha1: false, write };

/// What the target itself and its system are called inside the bill.
const TARGET: &str = "target";
const SYSTEM: &str = "operating-system";

fn write(matter: &Matter<'_>, out: &mut dyn io::Write) -> Result<(), Error> {
    let inventory = Inventory::new(matter);
    let refs = refs(matter.packages, &inventory);
    let reference = |id: PackageId| refs.get(id.index()).map(String::as_str).unwrap_or_default();
    let mut document = Document::begin(out)?;
    document.member("$schema", &"http://cyclonedx.org/schema/bom-1.6.schema.json")?;
    document.member("bomFormat", &"CycloneDX")?;
    document.member("specVersion", &"1.6")?;
    document.member("serialNumber", &format!("urn:uuid:{}", uuid(matter, FORM.name)))?;
    document.member("version", &1)?;
    document.member("metadata", &metadata(matter))?;
    let mut components = document.list("components")?;
    if let Some((os, version)) = system(matter.identity) {
        let kind = json!({"type": "operating-system", "bom-ref": SYSTEM, "name": os});
        components.push(&with(kind, "version", Some(version).filter(|text| !text.is_empty())))?;
    }
    for (id, package) in (0..).map(PackageId).zip(matter.packages) {
        components.push(&component(id, package, reference(id), &inventory))?;
    }
    each_file(matter, false, &mut |file| {
        Ok(components.push(&file_component(file, file.owner.map(reference)))?)
    })?;
    components.end()?;
    let mut dependencies = document.list("dependencies")?;
    let list = |ids: &[PackageId]| ids.iter().map(|id| reference(*id)).collect::<Vec<_>>();
    let mut topmost = list(&inventory.topmost);
    topmost.extend(system(matter.identity).map(|_| SYSTEM));
    dependencies.push(&json!({"ref": TARGET, "dependsOn": topmost}))?;
    for (id, _) in (0..).map(PackageId).zip(matter.packages) {
        let needs = list(inventory.needs(id));
        dependencies.push(&json!({"ref": reference(id), "dependsOn": needs}))?;
    }
    dependencies.end()?;
    let whole = matter.packages_complete && matter.problems == 0;
    let aggregate = if whole { "complete" } else { "incomplete" };
    document.member("compositions", &json!([{"aggregate": aggregate, "assemblies": [TARGET]}]))?;
    Ok(document.end()?)
}

fn metadata(matter: &Matter<'_>) -> Value {
    let kind = match matter.kind {
        SourceKind::Oci | SourceKind::DockerArchive => "container",
        SourceKind::Host => "device",
        _ => "platform",
    };
    let mut properties = vec![
        json!({"name": "drift:root", "value": matter.root.to_string()}),
        json!({"name": "drift:kind", "value": matter.kind.name()}),
        json!({"name": "drift:locator", "value": matter.locator}),
    ];
    if !matter.packages_complete {
        properties.push(json!({"name": "drift:packages", "value": "incomplete"}));
    }
    if matter.problems > 0 {
        properties.push(json!({"name": "drift:problems", "value": matter.problems.to_string()}));
    }
    let digest = matter.image.and_then(|image| image.digest()).map(ToString::to_string);
    let target = json!({"type": kind, "bom-ref": TARGET, "name": name(matter)});
    json!({
        "timestamp": matter.now.to_string(),
        "tools": {"components": [{
            "type": "application", "name": "drift", "version": env!("CARGO_PKG_VERSION"),
        }]},
        "component": with(target, "version", digest.as_deref()),
        "properties": properties,
    })
}

fn component(
    id: PackageId,
    package: &Package,
    reference: &str,
    inventory: &Inventory<'_>,
) -> Value {
    let mut component = json!({
        "type": "library",
        "bom-ref": reference,
        "name": package.name,
        "purl": inventory.purl(id),
    });
    if !package.version.is_empty() {
        component = with(component, "version", Some(&package.version));
    }
    let Some(object) = component.as_object_mut() else { return component };
    if let Some(supplier) = inventory.supplier(id) {
        object.insert("supplier".to_owned(), json!({"name": supplier}));
    }
    if let Some(licence) = inventory.licences.get(&id) {
        let licence = match licence {
            Licence::Expression(expression) => json!([{"expression": expression}]),
            Licence::Text(text) => json!([{"license": {"name": text}}]),
        };
        object.insert("licenses".to_owned(), licence);
    }
    if let Some(page) = inventory.homepage(id) {
        let references = json!([{"type": "website", "url": page}]);
        object.insert("externalReferences".to_owned(), references);
    }
    if !package.location.is_empty() {
        let evidence = json!({"occurrences": [{"location": format!("/{}", package.location)}]});
        object.insert("evidence".to_owned(), evidence);
    }
    let source = inventory.details(id).and_then(|details| details.source.as_ref());
    let source = source.map(|(name, version)| format!("{name} {version}"));
    object.insert("properties".to_owned(), properties(package, source.as_deref()));
    component
}

fn properties(package: &Package, source: Option<&str>) -> Value {
    let told = [
        ("drift:manager", package.manager.as_str()),
        ("drift:architecture", &package.architecture),
        ("drift:status", &package.status),
        ("drift:location", &package.location),
        ("drift:source", source.unwrap_or_default()),
    ];
    let told = told.iter().filter(|(_, value)| !value.is_empty());
    told.map(|(name, value)| json!({"name": name, "value": value})).collect()
}

fn file_component(file: &Listed<'_>, owner: Option<&str>) -> Value {
    let (path, exact) = lossy(&[b"/", file.path.as_bytes()].concat());
    let mut hashes = vec![json!({"alg": "SHA-256", "content": file.sha256.hex()})];
    hashes.extend(file.sha1.map(|sha1| json!({"alg": "SHA-1", "content": sha1.hex()})));
    let mut component = json!({"type": "file", "name": path, "hashes": hashes});
    let told = [("drift:package", owner), ("drift:path_b64", exact.as_deref())];
    let told: Vec<Value> = told
        .iter()
        .filter_map(|(name, value)| Some(json!({"name": name, "value": (*value)?})))
        .collect();
    if let (false, Some(object)) = (told.is_empty(), component.as_object_mut()) {
        object.insert("properties".to_owned(), told.into());
    }
    component
}

/// Names each package inside the bill: by its package URL, and by its place where that is not enough.
fn refs(packages: &[Package], inventory: &Inventory<'_>) -> Vec<String> {
    let mut taken = BTreeSet::from([TARGET.to_owned(), SYSTEM.to_owned()]);
    let mut refs = Vec::with_capacity(packages.len());
    for (id, package) in (0..).map(PackageId).zip(packages) {
        let mut reference = inventory.purl(id).to_owned();
        if !package.location.is_empty() {
            reference.push_str(&format!("#{}", package.location));
        }
        if !taken.insert(reference.clone()) {
            reference.push_str(&format!("#{}", id.0));
            taken.insert(reference.clone());
        }
        refs.push(reference);
    }
    refs
}

fn with(value: Value, name: &str, text: Option<&str>) -> Value {
    let mut object: Map<String, Value> = value.as_object().cloned().unwrap_or_default();
    object.extend(text.map(|text| (name.to_owned(), text.into())));
    Value::Object(object)
}
