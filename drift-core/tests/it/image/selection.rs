//! Which image is taken: tags, digests, platforms, and what stands beside images in an index.

use std::collections::BTreeMap;
use std::fs;

use drift_testkit::{command, need};
use serde_json::{Value, json};

use super::layout::{
    Edits, Files, INDEX, MANIFEST, descriptor, finish, good, packed, put, put_manifest, sha256,
    sha512, write,
};
use super::{image, malformed, no_choice, open, text};

const ARCHITECTURES: [(&str, Option<&str>); 5] = [
    ("amd64", None),
    ("arm64", Some("v8")),
    ("arm", Some("v6")),
    ("arm", Some("v7")),
    ("s390x", None),
];

/// A layout whose tag `multi` is an index of images for several platforms, with an attestation; and
/// the digest of each manifest.
fn multi(nested: usize) -> (Files, BTreeMap<String, String>) {
    let mut files = Files::new();
    let mut digests = BTreeMap::new();
    let mut list = Vec::new();
    for (architecture, variant) in ARCHITECTURES {
        let edit = |value: &mut Value| {
            if let Some(variant) = variant {
                value["variant"] = json!(variant);
            }
        };
        let edits = Edits { config: Some(super::layout::Edit::Value(&edit)), ..Edits::default() };
        let manifest = put_manifest(&mut files, architecture, &edits);
        let mut one = descriptor(MANIFEST, &manifest);
        one["platform"] = json!({ "os": "linux", "architecture": architecture });
        let mut name = format!("linux/{architecture}");
        if let Some(variant) = variant {
            one["platform"]["variant"] = json!(variant);
            name = format!("{name}/{variant}");
        }
        let _new = digests.insert(name, sha256(&manifest));
        list.push(one);
    }
    let mut attestation = list[0].clone();
    attestation["digest"] = json!(sha256(b"no such thing"));
    attestation["platform"] = json!({ "os": "unknown", "architecture": "unknown" });
    attestation["annotations"] = json!({ "vnd.docker.reference.type": "attestation-manifest" });
    list.push(attestation);
    let mut index = json!({ "schemaVersion": 2, "mediaType": INDEX, "manifests": list });
    for _ in 0..nested {
        let bytes = index.to_string().into_bytes();
        put(&mut files, &bytes);
        index = json!({ "schemaVersion": 2, "manifests": [descriptor(INDEX, &bytes)] });
    }
    index["manifests"][0]["annotations"] = json!({ "org.opencontainers.image.ref.name": "multi" });
    finish(&mut files, index.to_string().as_bytes());
    (files, digests)
}

#[test]
fn the_platform_is_found_however_deep_the_index() {
    for nested in 0..=2 {
        let (files, digests) = multi(nested);
        let temp = tempfile::tempdir().unwrap();
        write(temp.path(), &files);
        let target = format!("oci:{}", text(temp.path()));
        for (platform, digest) in &digests {
            let found = image(&target, platform);
            assert_eq!(
                found.manifest.as_ref().map(|digest| digest.as_str()),
                Some(digest.as_str())
            );
            assert_eq!(found.platform.to_string(), *platform);
            let by_digest = image(&format!("{target}@{digest}"), "");
            assert_eq!(by_digest.manifest, found.manifest);
        }
        assert_eq!(image(&target, "linux/arm64").platform.to_string(), "linux/arm64/v8");
        assert_eq!(image(&target, "linux/arm").platform.to_string(), "linux/arm/v7");
        no_choice(&target, "linux/riscv64", "there is none for linux/riscv64; choose with @TAG");
        no_choice(&target, "windows/amd64", "linux/s390x sha256:");
        if nested > 0 {
            no_choice(&format!("{target}@other"), "", "@multi");
            assert_eq!(
                image(&format!("{target}@multi"), "linux/arm64").reference.as_deref(),
                Some("multi")
            );
        }
    }
}

#[test]
fn skopeo_chooses_the_same() {
    let Some(skopeo) = need::tool("skopeo") else { return };
    let (files, _) = multi(1);
    let temp = tempfile::tempdir().unwrap();
    write(temp.path(), &files);
    for (architecture, variant) in ARCHITECTURES {
        let mut arguments =
            vec!["--override-os=linux".to_owned(), format!("--override-arch={architecture}")];
        arguments.extend(variant.map(|variant| format!("--override-variant={variant}")));
        arguments.extend(["inspect", "--config", "--raw"].map(str::to_owned));
        arguments.push(format!("oci:{}:multi", text(temp.path())));
        let config = command::run(&skopeo, &arguments).expect(0).stdout;
        let asked =
            format!("linux/{architecture}{}", variant.map(|v| format!("/{v}")).unwrap_or_default());
        let found = image(&format!("oci:{}@multi", text(temp.path())), &asked);
        assert_eq!(
            found.config_digest.map(|digest| digest.to_string()),
            Some(sha256(&config)),
            "{asked}"
        );
    }
}

#[test]
fn a_platform_must_be_true() {
    let (mut files, _) = multi(0);
    let mut index: Value = serde_json::from_slice(&files["index.json"]).unwrap();
    // arm64 stands for what is s390x.
    index["manifests"][1]["digest"] = index["manifests"][4]["digest"].clone();
    index["manifests"][1]["size"] = index["manifests"][4]["size"].clone();
    drop(index["manifests"].as_array_mut().expect("a list").remove(4));
    finish(&mut files, index.to_string().as_bytes());
    let temp = tempfile::tempdir().unwrap();
    write(temp.path(), &files);
    let error = open(&text(temp.path()), "linux/arm64").err().expect("it is refused").to_string();
    assert!(
        error.contains(
            "stands in the index for linux/arm64/v8, and its configuration says linux/s390x"
        ),
        "{error}"
    );
}

#[test]
fn tags_are_those_of_the_layout_itself() {
    let mut files = Files::new();
    let mut list = Vec::new();
    for (architecture, name) in
        [("amd64", "docker.io/library/debian:12"), ("arm64", "12-slim"), ("s390x", "13")]
    {
        let manifest = put_manifest(&mut files, architecture, &Edits::default());
        let mut one = descriptor(MANIFEST, &manifest);
        one["annotations"] = json!({ "org.opencontainers.image.ref.name": name });
        list.push(one);
    }
    // A name below the top is its author's, and no tag.
    let inner = json!({ "schemaVersion": 2, "manifests": [list.pop()] }).to_string().into_bytes();
    put(&mut files, &inner);
    list.push(descriptor(INDEX, &inner));
    // A signature has no platform, and its own type.
    let mut signature = descriptor(MANIFEST, b"x");
    signature["artifactType"] = json!("application/vnd.dev.cosign.artifact.sig.v1+json");
    signature["annotations"] = json!({ "org.opencontainers.image.ref.name": "12" });
    list.push(signature);
    finish(&mut files, json!({ "schemaVersion": 2, "manifests": list }).to_string().as_bytes());
    let temp = tempfile::tempdir().unwrap();
    write(temp.path(), &files);
    let target = |tag: &str| format!("oci:{}{tag}", text(temp.path()));
    assert_eq!(image(&target("@12"), "").platform.architecture, "amd64");
    assert_eq!(image(&target("@12-slim"), "").platform.architecture, "arm64");
    assert_eq!(image(&target("@docker.io/library/debian:12"), "").platform.architecture, "amd64");
    no_choice(&target("@13"), "", "there is none with the tag \"13\"");
    no_choice(&target("@12"), "linux/arm64", "there is none for linux/arm64");
    no_choice(&target("@evil\u{1b}[2J"), "", r"evil\u{1b}[2J");
    // Without platforms in the index they come from the configurations.
    assert_eq!(image(&target(""), "linux/arm64").platform.architecture, "arm64");
    assert_eq!(image(&target(""), "linux/s390x").platform.architecture, "s390x");
}

/// What an index says of a manifest is not looked at by all readers: skopeo takes the first of a name,
/// others the first of a platform.
#[test]
fn an_image_that_is_marked_as_none_is_refused() {
    let marks = [
        json!({ "artifactType": "application/vnd.example" }),
        json!({ "platform": { "os": "unknown", "architecture": "unknown" } }),
        json!({ "annotations": { "vnd.docker.reference.type": "attestation-manifest" } }),
    ];
    for mark in marks {
        let mut files = Files::new();
        let good = descriptor(MANIFEST, &put_manifest(&mut files, "amd64", &Edits::default()));
        let mut other = descriptor(MANIFEST, &put_manifest(&mut files, "s390x", &Edits::default()));
        let add = mark.as_object().expect("an object").clone();
        other.as_object_mut().expect("an object").extend(add);
        let index = json!({ "schemaVersion": 2, "manifests": [other, good] });
        finish(&mut files, index.to_string().as_bytes());
        let temp = tempfile::tempdir().unwrap();
        write(temp.path(), &files);
        malformed(&format!("oci:{}", text(temp.path())), "is marked in its index as no image");
    }
}

#[test]
fn a_tag_of_several_images_means_none() {
    let mut files = Files::new();
    let named = ["arm64", "amd64"].map(|architecture| {
        let mut one =
            descriptor(MANIFEST, &put_manifest(&mut files, architecture, &Edits::default()));
        one["annotations"] = json!({ "org.opencontainers.image.ref.name": "1" });
        one
    });
    finish(&mut files, json!({ "schemaVersion": 2, "manifests": named }).to_string().as_bytes());
    let temp = tempfile::tempdir().unwrap();
    write(temp.path(), &files);
    no_choice(&format!("oci:{}@1", text(temp.path())), "", "several are called \"1\"");
}

#[test]
fn paths_with_an_at_sign() {
    let temp = tempfile::tempdir().unwrap();
    let layout = temp.path().join("a@one");
    write(&layout, &good());
    let _image = image(&format!("oci:{}", text(&layout)), "");
    let _image = image(&format!("oci:{}@one", text(&layout)), "");
    write(&temp.path().join("a"), &good());
    no_choice(&format!("oci:{}", text(&layout)), "", "for the path");
    let _image = image(&format!("oci:{}@", text(&layout)), "");
}

#[test]
fn sha512_names_images_too() {
    let mut files = good();
    let index: Value = serde_json::from_slice(&files["index.json"]).unwrap();
    let hex = index["manifests"][0]["digest"].as_str().expect("a digest").replace("sha256:", "");
    let manifest = files.remove(&format!("blobs/sha256/{hex}")).expect("the manifest");
    let digest = sha512(&manifest);
    let _new = files.insert(format!("blobs/{}", digest.replace(':', "/")), manifest);
    let mut changed = index;
    changed["manifests"][0]["digest"] = json!(digest);
    finish(&mut files, changed.to_string().as_bytes());
    let temp = tempfile::tempdir().unwrap();
    write(temp.path(), &files);
    let found = image(&text(temp.path()), "");
    assert_eq!(found.manifest.map(|digest| digest.to_string()), Some(digest.clone()));
    let name = format!("blobs/{}", digest.replace(':', "/"));
    files.get_mut(&name).expect("it is there")[9] ^= 4;
    write(temp.path(), &files);
    malformed(&format!("oci:{}", text(temp.path())), "another digest");
}

#[test]
fn an_image_without_layers_is_one() {
    let no_layers = |value: &mut Value| value["layers"] = json!([]);
    let no_ids = |value: &mut Value| value["rootfs"]["diff_ids"] = Value::Null;
    let edits = Edits {
        manifest: Some(super::layout::Edit::Value(&no_layers)),
        config: Some(super::layout::Edit::Value(&no_ids)),
        ..Edits::default()
    };
    let temp = tempfile::tempdir().unwrap();
    let file = temp.path().join("empty.tar");
    fs::write(&file, packed(&super::layout::spoiled(&edits))).unwrap();
    assert!(image(&text(&file), "").layers.is_empty());
}
