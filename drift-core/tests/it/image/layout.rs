//! A good image of two layers, put together step by step so that each step can be spoiled.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use serde_json::{Value, json};
use sha2::{Digest as _, Sha256, Sha512};

pub(super) const MANIFEST: &str = "application/vnd.oci.image.manifest.v1+json";
pub(super) const INDEX: &str = "application/vnd.oci.image.index.v1+json";
pub(super) const CONFIG: &str = "application/vnd.oci.image.config.v1+json";
pub(super) const LAYER: &str = "application/vnd.oci.image.layer.v1.tar";

/// The files of a layout, by name.
pub(crate) type Files = BTreeMap<String, Vec<u8>>;

/// A change to one of the documents, before it is digested.
#[derive(Default)]
pub(super) struct Edits<'e> {
    pub(super) config: Option<Edit<'e>>,
    pub(super) manifest: Option<Edit<'e>>,
    pub(super) index: Option<Edit<'e>>,
    pub(super) files: Option<&'e dyn Fn(&mut Files)>,
}

/// A change to a document or to its text.
pub(super) enum Edit<'e> {
    Value(&'e dyn Fn(&mut Value)),
    Text(&'e str, &'e str),
}

pub(super) fn sha256(bytes: &[u8]) -> String {
    format!("sha256:{}", drift_core::model::hex(&Sha256::digest(bytes)))
}

pub(super) fn sha512(bytes: &[u8]) -> String {
    format!("sha512:{}", drift_core::model::hex(&Sha512::digest(bytes)))
}

/// One member of an archive, checksum and padding included.
pub(crate) fn member(name: &str, flag: u8, link: &str, data: &[u8]) -> Vec<u8> {
    let mut block = vec![0u8; 512];
    let mut put = |at: usize, bytes: &[u8]| block[at..at + bytes.len()].copy_from_slice(bytes);
    put(0, name.as_bytes());
    put(100, if flag == b'5' { b"0000755\0" } else { b"0000644\0" });
    put(108, b"0000000\0");
    put(116, b"0000000\0");
    put(124, format!("{:011o}\0", data.len()).as_bytes());
    put(136, b"00000000000\0");
    put(148, b"        ");
    put(156, &[flag]);
    put(157, link.as_bytes());
    put(257, b"ustar\x0000");
    let sum: u32 = block.iter().map(|byte| u32::from(*byte)).sum();
    block[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
    block.extend_from_slice(data);
    block.resize(block.len().next_multiple_of(512), 0);
    block
}

/// An archive of members.
pub(crate) fn archive(members: &[Vec<u8>]) -> Vec<u8> {
    [members.concat(), vec![0; 1024]].concat()
}

/// The two layers: a root with two files, of which the second layer changes one.
pub(super) fn layers() -> [Vec<u8>; 2] {
    let lower = [
        member("etc/", b'5', "", b""),
        member("etc/hostname", b'0', "", b"lower\n"),
        member("etc/hosts", b'0', "", b"127.0.0.1 localhost\n"),
    ];
    [archive(&lower), archive(&[member("etc/hostname", b'0', "", b"upper\n")])]
}

pub(super) fn descriptor(media_type: &str, bytes: &[u8]) -> Value {
    json!({ "mediaType": media_type, "digest": sha256(bytes), "size": bytes.len() })
}

pub(super) fn config(architecture: &str) -> Value {
    let diff_ids: Vec<String> = layers().iter().map(|layer| sha256(layer)).collect();
    json!({
        "architecture": architecture,
        "os": "linux",
        "config": { "Env": ["PATH=/bin"], "Labels": { "a": "b" } },
        "rootfs": { "type": "layers", "diff_ids": diff_ids },
        "history": [
            { "created_by": "COPY lower /" },
            { "created_by": "ENV PATH=/bin", "empty_layer": true },
            { "created_by": "RUN hostname" },
        ],
    })
}

/// Puts a blob where its digest says.
pub(super) fn put(files: &mut Files, bytes: &[u8]) {
    let hex = drift_core::model::hex(&Sha256::digest(bytes));
    let _before = files.insert(format!("blobs/sha256/{hex}"), bytes.to_vec());
}

fn edited(mut value: Value, edit: Option<&Edit<'_>>) -> Vec<u8> {
    match edit {
        None => value.to_string().into_bytes(),
        Some(Edit::Value(change)) => {
            change(&mut value);
            value.to_string().into_bytes()
        }
        Some(Edit::Text(from, to)) => {
            let text = value.to_string();
            assert!(text.contains(from), "{from:?} is not in {text}");
            text.replacen(from, to, 1).into_bytes()
        }
    }
}

/// Puts a manifest with its configuration and layers into `files`; returns its bytes.
pub(super) fn put_manifest(files: &mut Files, architecture: &str, edits: &Edits<'_>) -> Vec<u8> {
    let config = edited(config(architecture), edits.config.as_ref());
    put(files, &config);
    let layers = layers();
    layers.iter().for_each(|layer| put(files, layer));
    let layers: Vec<Value> = layers.iter().map(|layer| descriptor(LAYER, layer)).collect();
    let manifest = json!({
        "schemaVersion": 2,
        "mediaType": MANIFEST,
        "config": descriptor(CONFIG, &config),
        "layers": layers,
        "annotations": { "org.opencontainers.image.base.name": "debian:12" },
    });
    let manifest = edited(manifest, edits.manifest.as_ref());
    put(files, &manifest);
    manifest
}

/// Returns the files of a layout with the tag `one`, spoiled as `edits` say.
pub(super) fn spoiled(edits: &Edits<'_>) -> Files {
    let mut files = Files::new();
    let manifest = put_manifest(&mut files, "amd64", edits);
    let mut one = descriptor(MANIFEST, &manifest);
    one["annotations"] = json!({ "org.opencontainers.image.ref.name": "one" });
    let index = edited(json!({ "schemaVersion": 2, "manifests": [one] }), edits.index.as_ref());
    finish(&mut files, &index);
    if let Some(change) = edits.files {
        change(&mut files);
    }
    files
}

/// Adds what every layout has at its top.
pub(super) fn finish(files: &mut Files, index: &[u8]) {
    let _new = files.insert("index.json".to_owned(), index.to_vec());
    let version = br#"{"imageLayoutVersion":"1.0.0"}"#.to_vec();
    let _new = files.insert("oci-layout".to_owned(), version);
}

pub(crate) fn good() -> Files {
    spoiled(&Edits::default())
}

/// Writes a layout as a directory.
pub(crate) fn write(directory: &Path, files: &Files) {
    for (name, bytes) in files {
        let path = directory.join(name);
        fs::create_dir_all(path.parent().expect("a file stands in a directory")).unwrap();
        fs::write(path, bytes).unwrap();
    }
}

/// Returns a layout as an archive.
pub(super) fn packed(files: &Files) -> Vec<u8> {
    let each = files.iter().map(|(name, bytes)| member(name, b'0', "", bytes));
    archive(&each.collect::<Vec<_>>())
}
