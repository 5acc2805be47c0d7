//! I05 of the threat model: one change to a good layout, and why it is refused. Each is opened as a
//! directory and as an archive.

use std::fs;
use std::os::unix::fs::symlink;

use serde_json::{Value, json};

use super::layout::{
    CONFIG, Edit, Edits, Files, INDEX, LAYER, MANIFEST, descriptor, good, packed, put, sha256,
    spoiled, write,
};
use drift_core::source::Error;

use super::{captured, image, malformed, open, survey, text};

#[track_caller]
fn refused(needle: &str, files: &Files) {
    let temp = tempfile::tempdir().unwrap();
    let directory = temp.path().join("layout");
    write(&directory, files);
    malformed(&format!("oci:{}", text(&directory)), needle);
    let archive = temp.path().join("layout.tar");
    fs::write(&archive, packed(files)).unwrap();
    malformed(&format!("oci:{}", text(&archive)), needle);
}

#[track_caller]
fn config(needle: &str, edit: &dyn Fn(&mut Value)) {
    refused(needle, &spoiled(&Edits { config: Some(Edit::Value(edit)), ..Edits::default() }));
}

#[track_caller]
fn manifest(needle: &str, edit: &dyn Fn(&mut Value)) {
    refused(needle, &spoiled(&Edits { manifest: Some(Edit::Value(edit)), ..Edits::default() }));
}

#[track_caller]
fn index(needle: &str, edit: &dyn Fn(&mut Value)) {
    refused(needle, &spoiled(&Edits { index: Some(Edit::Value(edit)), ..Edits::default() }));
}

#[track_caller]
fn texts(needle: &str, from: &str, to: &str, place: fn(Edit<'_>) -> Edits<'_>) {
    refused(needle, &spoiled(&place(Edit::Text(from, to))));
}

fn in_config(edit: Edit<'_>) -> Edits<'_> {
    Edits { config: Some(edit), ..Edits::default() }
}

fn in_manifest(edit: Edit<'_>) -> Edits<'_> {
    Edits { manifest: Some(edit), ..Edits::default() }
}

fn in_index(edit: Edit<'_>) -> Edits<'_> {
    Edits { index: Some(edit), ..Edits::default() }
}

/// Docker goes by `manifest.json`, containerd and podman by `index.json`.
#[test]
fn two_lists_of_images_in_an_archive_agree() {
    let mut files = good();
    let configuration = |architecture: &str| {
        let bytes = super::layout::config(architecture).to_string().into_bytes();
        let name = sha256(&bytes).replace(':', "/");
        (format!("blobs/{name}"), bytes)
    };
    let temp = tempfile::tempdir().unwrap();
    let path = temp.path().join("both.tar");
    for (architecture, tag, same) in
        [("amd64", "one", true), ("amd64", "a:1", true), ("s390x", "one", false)]
    {
        let (name, bytes) = configuration(architecture);
        let _new = files.insert(name.clone(), bytes);
        let list = json!([{ "Config": name, "RepoTags": [tag], "Layers": [] }]);
        let _old = files.insert("manifest.json".to_owned(), list.to_string().into_bytes());
        fs::write(&path, packed(&files)).unwrap();
        for target in [text(&path), format!("oci:{}@one", text(&path))] {
            match same {
                true => drop(image(&target, "")),
                false => malformed(&target, "stands for another image than its index.json"),
            }
        }
    }
}

#[test]
fn the_good_one_is_good() {
    let temp = tempfile::tempdir().unwrap();
    write(temp.path(), &good());
    let found = image(&text(temp.path()), "");
    assert_eq!(found.reference.as_deref(), Some("one"));
    let commands: Vec<_> = found.layers.iter().map(|layer| layer.created_by.as_deref()).collect();
    assert_eq!(commands, [Some("COPY lower /"), Some("RUN hostname")]);
    assert_eq!(found.annotations[0].1, "debian:12");
}

#[test]
fn one_bit_of_any_document_is_noticed() {
    let files = good();
    let documents: Vec<&String> = files
        .iter()
        .filter(|(_, bytes)| bytes.first() == Some(&b'{'))
        .map(|(name, _)| name)
        .collect();
    assert_eq!(documents.len(), 4, "index.json, oci-layout, manifest, configuration");
    let mut changes = 0;
    for name in documents.into_iter().filter(|name| name.starts_with("blobs/")) {
        for at in (0..files[name].len()).step_by(7) {
            let mut spoiled = files.clone();
            spoiled.get_mut(name).expect("it is there")[at] ^= 1 << (at % 8);
            let temp = tempfile::tempdir().unwrap();
            write(temp.path(), &spoiled);
            malformed(&format!("oci:{}", text(temp.path())), "its bytes have another digest");
            changes += 1;
        }
    }
    println!("{changes} changes of one bit");
    assert!(changes > 100, "{changes}");
}

#[test]
fn one_bit_of_any_layer_is_noticed() {
    let files = good();
    let is_layer = |bytes: &[u8]| bytes.first() != Some(&b'{');
    let names: Vec<&String> =
        files.iter().filter(|(_, bytes)| is_layer(bytes)).map(|(name, _)| name).collect();
    assert_eq!(names.len(), 2);
    let temp = tempfile::tempdir().unwrap();
    let file = temp.path().join("layout.tar");
    let mut changes = 0;
    for name in names {
        for at in (0..files[name].len()).step_by(97) {
            let mut spoiled = files.clone();
            spoiled.get_mut(name).expect("it is there")[at] ^= 1 << (at % 8);
            fs::write(&file, packed(&spoiled)).unwrap();
            match captured(&text(&file)) {
                Err(Error::Malformed { .. }) => changes += 1,
                other => panic!("bit {} of byte {at} of {name}: {other:?}", at % 8),
            }
        }
    }
    println!("{changes} changes of one bit");
    assert!(changes > 40, "{changes}");
    fs::write(&file, packed(&files)).unwrap();
    assert!(captured(&text(&file)).is_ok_and(|snapshot| snapshot.problems.is_empty()));
}

#[test]
fn a_layout_that_changes_under_the_run_is_refused() {
    let temp = tempfile::tempdir().unwrap();
    let layout = temp.path().join("layout");
    write(&layout, &good());
    let source = open(&text(&layout), "").expect("it is good");
    // The same bytes in another file: no digest would tell, and yet somebody is at it.
    let name =
        good().keys().find(|name| name.starts_with("blobs/") && good()[*name][0] != b'{').cloned();
    let path = layout.join(name.expect("a layer"));
    let bytes = fs::read(&path).unwrap();
    fs::remove_file(&path).unwrap();
    fs::write(&path, bytes).unwrap();
    let error = survey(&*source).expect_err("it is refused").to_string();
    assert!(error.contains("was changed while"), "{error}");
}

#[test]
fn sizes_and_missing_blobs() {
    for name in good().keys().filter(|name| name.starts_with("blobs/")) {
        let spoil = |change: &dyn Fn(&mut Files)| {
            spoiled(&Edits { files: Some(change), ..Edits::default() })
        };
        refused("bytes and has", &spoil(&|files| files.get_mut(name).expect("there").push(b' ')));
        refused("bytes and has", &spoil(&|files| files.get_mut(name).expect("there").truncate(3)));
        let absent = |files: &mut Files| drop(files.remove(name));
        let temp = tempfile::tempdir().unwrap();
        write(temp.path(), &spoil(&absent));
        malformed(&format!("oci:{}", text(temp.path())), "it is not there");
    }
    manifest("it should have 1 bytes", &|value| value["config"]["size"] = json!(1));
    manifest("it should have 9 bytes", &|value| value["layers"][1]["size"] = json!(9));
    manifest("whole number", &|value| value["layers"][1]["size"] = json!(-1));
    manifest("whole number", &|value| value["layers"][1]["size"] = json!(1024.5));
    index("whole number", &|value| value["manifests"][0]["size"] = json!("7"));
}

#[test]
fn digests_that_are_none() {
    let odd: [String; 9] = [
        "sha256:../../../../etc/passwd".to_owned(),
        "../../etc/passwd".to_owned(),
        format!("md5:{}", "0".repeat(32)),
        format!("sha384:{}", "0".repeat(96)),
        format!("sha256:{}", "A".repeat(64)),
        format!("sha256:{}", "0".repeat(63)),
        format!("sha512:{}", "0".repeat(64)),
        format!("sha256:{}/", "0".repeat(63)),
        String::new(),
    ];
    for digest in &odd {
        manifest("is no digest", &|value| value["layers"][0]["digest"] = json!(digest));
        manifest("is no digest", &|value| value["config"]["digest"] = json!(digest));
        index("is no digest", &|value| value["manifests"][0]["digest"] = json!(digest));
        config("is no digest", &|value| value["rootfs"]["diff_ids"][1] = json!(digest));
    }
    for name in ["digest", "size", "mediaType"] {
        let gone = |value: &mut Value| drop(value.as_object_mut().expect("an object").remove(name));
        manifest("it has no", &|value| gone(&mut value["config"]));
        manifest("it has no", &|value| gone(&mut value["layers"][0]));
        index("it has no", &|value| gone(&mut value["manifests"][0]));
    }
}

#[test]
fn what_readers_of_json_take_differently() {
    texts("\"layers\" occurs twice", "\"layers\":", "\"layers\":[],\"layers\":", in_manifest);
    texts("\"config\" occurs twice", "\"config\":", "\"config\":{},\"config\":", in_manifest);
    texts("\"Layers\" stands for", "\"layers\":", "\"Layers\":[],\"layers\":", in_manifest);
    texts("\"LAYERS\" stands for", "\"layers\":", "\"LAYERS\":", in_manifest);
    texts("stands for", "\"layers\":", "\"layer\u{17f}\":[],\"layers\":", in_manifest);
    texts(
        "\"manifests\" occurs twice",
        "\"manifests\":",
        "\"manifests\":[],\"manifests\":",
        in_index,
    );
    texts("\"Digest\" stands for", "\"digest\":", "\"Digest\":\"x\",\"digest\":", in_index);
    texts("occurs twice", "\"diff_ids\":", "\"diff_ids\":[],\"diff_ids\":", in_config);
    texts("occurs twice", "\"Labels\":{", "\"Labels\":{\"a\":\"c\",", in_config);
    texts("\"ROOTFS\" stands for", "\"rootfs\":", "\"ROOTFS\":{},\"rootfs\":", in_config);
    texts("trailing characters", "{", "{} {", in_index);
    let deep = format!("\"x\":{}1{},\"layers\":", "[".repeat(200), "]".repeat(200));
    texts("recursion limit", "\"layers\":", &deep, in_manifest);
    texts("it is not the JSON expected", "{", "", in_manifest);
    manifest("is no list", &|value| value["layers"] = json!({}));
    manifest("is no object", &|value| value["layers"][0] = json!("x"));
    manifest("is no object", &|value| value["config"] = json!([]));
    index("is no list", &|value| value["manifests"] = json!(7));
    config("no text", &|value| value["rootfs"]["diff_ids"] = json!([7, 7]));
    config("no text", &|value| value["config"]["Env"] = json!([[]]));
    config("no object", &|value| value["history"] = json!([7]));
    config("neither true nor false", &|value| value["history"][0]["empty_layer"] = json!("yes"));
}

#[test]
fn types_and_versions() {
    for (media_type, needle) in [
        ("application/vnd.docker.distribution.manifest.v1+prettyjws", "schema 1"),
        ("application/vnd.docker.distribution.manifest.v1+json", "schema 1"),
        (CONFIG, "neither index nor manifest"),
        (LAYER, "neither index nor manifest"),
    ] {
        index(needle, &|value| value["manifests"][0]["mediaType"] = json!(media_type));
    }
    index("it holds no image", &|value| value["manifests"][0]["mediaType"] = json!("text/plain"));
    index("it holds no image", &|value| value["manifests"] = json!([]));
    index("another media type", &|value| {
        value["manifests"][0]["mediaType"] =
            json!("application/vnd.docker.distribution.manifest.v2+json")
    });
    index("as something else", &|value| value["manifests"][0]["mediaType"] = json!(INDEX));
    index("\"schemaVersion\" is not 2", &|value| value["schemaVersion"] = json!(1));
    index("as something else", &|value| value["layers"] = json!([]));
    index("as something else", &|value| value["config"] = json!({}));
    index("another media type", &|value| value["mediaType"] = json!(MANIFEST));
    manifest("as something else", &|value| value["manifests"] = json!([]));
    manifest("as something else", &|value| value["fsLayers"] = json!([]));
    manifest("another media type", &|value| value["mediaType"] = json!(INDEX));
    manifest("\"schemaVersion\" is not 2", &|value| value["schemaVersion"] = Value::Null);
    manifest("is an artifact of type", &|value| value["artifactType"] = json!("x/y\u{1b}[2J"));
    manifest("so it is no image", &|value| {
        value["config"]["mediaType"] = json!("application/vnd.oci.empty.v1+json")
    });
    manifest("so it is no image", &|value| value["config"]["mediaType"] = json!(LAYER));
    for (media_type, needle) in [
        ("application/vnd.oci.image.layer.v1.tar+gzip+encrypted", "encrypted"),
        ("application/vnd.oci.image.layer.v1.tar+bzip2", "none of a layer"),
        ("application/vnd.in-toto+json", "none of a layer"),
        (CONFIG, "none of a layer"),
    ] {
        manifest(needle, &|value| value["layers"][1]["mediaType"] = json!(media_type));
    }
    config("the type of its \"rootfs\"", &|value| value["rootfs"]["type"] = json!("layers+base"));
    config("no \"rootfs\"", &|value| value["rootfs"] = Value::Null);
    config("no operating system", &|value| value["os"] = Value::Null);
    config("no operating system", &|value| value["architecture"] = json!(""));
}

#[test]
fn nothing_is_fetched() {
    let away = json!(["https://example.org/layer"]);
    manifest("nothing is fetched", &|value| value["layers"][0]["urls"] = away.clone());
    manifest("nothing is fetched", &|value| value["config"]["urls"] = away.clone());
    index("nothing is fetched", &|value| value["manifests"][0]["urls"] = away.clone());
    manifest("nothing is fetched", &|value| {
        value["layers"][0]["mediaType"] =
            json!("application/vnd.docker.image.rootfs.foreign.diff.tar.gzip");
        value["layers"][0]["urls"] = away.clone();
    });
}

#[test]
fn numbers_of_layers() {
    config("2 layers and its configuration 1", &|value| {
        drop(value["rootfs"]["diff_ids"].as_array_mut().expect("a list").pop());
    });
    config("its configuration 0", &|value| value["rootfs"]["diff_ids"] = Value::Null);
    manifest("1 layers and its configuration 2", &|value| {
        drop(value["layers"].as_array_mut().expect("a list").pop());
    });
    manifest("1001 layers", &|value| {
        let one = value["layers"][0].clone();
        value["layers"] = json!(vec![one; 1001]);
    });
    // A history that does not fit says nothing of any layer.
    let edit = |value: &mut Value| value["history"] = json!([{ "created_by": "x" }]);
    let temp = tempfile::tempdir().unwrap();
    write(temp.path(), &spoiled(&Edits { config: Some(Edit::Value(&edit)), ..Edits::default() }));
    let found = image(&text(temp.path()), "");
    assert!(found.layers.iter().all(|layer| layer.created_by.is_none()));
    assert!(found.history.iter().all(|step| step.layer.is_none()));
}

#[test]
fn indexes_without_end() {
    // Three indexes below index.json.
    let mut files = good();
    let mut inner: Value = serde_json::from_slice(&files["index.json"]).unwrap();
    for _ in 0..3 {
        let bytes = inner.to_string().into_bytes();
        put(&mut files, &bytes);
        inner = json!({ "schemaVersion": 2, "manifests": [descriptor(INDEX, &bytes)] });
    }
    let _before = files.insert("index.json".to_owned(), inner.to_string().into_bytes());
    refused("more than 2 deep", &files);
    index("names more than 1000 images", &|value| {
        let one = value["manifests"][0].clone();
        value["manifests"] = json!(vec![one; 10_000]);
    });
    // 100 indexes with 50 images each.
    let mut files = good();
    let one: Value = serde_json::from_slice(&files["index.json"]).unwrap();
    let mut top = Vec::new();
    for number in 0..100 {
        let inner = json!({
            "schemaVersion": 2,
            "manifests": vec![one["manifests"][0].clone(); 50],
            "annotations": { "n": number.to_string() },
        });
        let bytes = inner.to_string().into_bytes();
        put(&mut files, &bytes);
        top.push(descriptor(INDEX, &bytes));
    }
    let index = json!({ "schemaVersion": 2, "manifests": top });
    let _before = files.insert("index.json".to_owned(), index.to_string().into_bytes());
    refused("more than 1000 images", &files);
    // An index that names itself cannot have the digest that it names.
    let own = json!({ "schemaVersion": 2, "manifests": [descriptor(INDEX, b"x")] }).to_string();
    let mut files = good();
    let hex = sha256(b"x").replace("sha256:", "");
    let _new = files.insert(format!("blobs/sha256/{hex}"), own.clone().into_bytes());
    let _before = files.insert("index.json".to_owned(), own.into_bytes());
    refused("bytes and has", &files);
}

#[test]
fn documents_without_end() {
    index("at most 4194304 are read", &|value| value["x"] = json!(" ".repeat(5 << 20)));
    manifest("at most 4194304 are read", &|value| value["x"] = json!(" ".repeat(5 << 20)));
    config("at most 4194304 are read", &|value| value["x"] = json!(" ".repeat(5 << 20)));
}

#[test]
fn layouts_of_another_version_or_none() {
    let version = |text: &'static str| {
        let change =
            move |files: &mut Files| drop(files.insert("oci-layout".to_owned(), text.into()));
        spoiled(&Edits { files: Some(&change), ..Edits::default() })
    };
    refused("the version \"2.0.0\" is not 1.0.0", &version(r#"{"imageLayoutVersion":"2.0.0"}"#));
    refused("has no \"imageLayoutVersion\"", &version("{}"));
    refused("occurs twice", &version(r#"{"imageLayoutVersion":"1.0.0","imageLayoutVersion":"2"}"#));
    for name in ["oci-layout", "index.json"] {
        let change = |files: &mut Files| drop(files.remove(name));
        refused(name, &spoiled(&Edits { files: Some(&change), ..Edits::default() }));
    }
}

#[test]
fn links_and_other_objects_in_a_directory() {
    let files = good();
    let names: Vec<&String> = files.keys().collect();
    for name in &names {
        let temp = tempfile::tempdir().unwrap();
        let (layout, aside) = (temp.path().join("layout"), temp.path().join("aside"));
        write(&layout, &files);
        fs::rename(layout.join(name), &aside).unwrap();
        symlink(&aside, layout.join(name)).unwrap();
        malformed(&format!("oci:{}", text(&layout)), "no regular file");
        fs::remove_file(layout.join(name)).unwrap();
        let fifo = rustix::fs::mknodat(
            rustix::fs::CWD,
            layout.join(name),
            rustix::fs::FileType::Fifo,
            rustix::fs::Mode::RUSR,
            0,
        );
        fifo.unwrap();
        malformed(&format!("oci:{}", text(&layout)), "no regular file");
    }
    for name in ["blobs", "blobs/sha256"] {
        let temp = tempfile::tempdir().unwrap();
        let (layout, aside) = (temp.path().join("layout"), temp.path().join("aside"));
        write(&layout, &files);
        fs::rename(layout.join(name), &aside).unwrap();
        symlink(&aside, layout.join(name)).unwrap();
        malformed(&format!("oci:{}", text(&layout)), "a link stands on the way");
    }
}

/// Whatever stands in a document that no digest names, what is taken is the image that was there.
#[test]
fn mutated_documents_give_the_same_image_or_none() {
    let temp = tempfile::tempdir().unwrap();
    let file = temp.path().join("layout.tar");
    let target = format!("oci:{}", text(&file));
    let whole = packed(&good());
    fs::write(&file, &whole).unwrap();
    let expect = image(&target, "");
    let mut state = 1u64;
    let mut random = |limit: usize| {
        state =
            state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) as usize % limit
    };
    let (mut taken, mut refused) = (0, 0);
    for _ in 0..3000 {
        let mut bytes = whole.clone();
        for _ in 0..=random(3) {
            let at = random(bytes.len());
            match random(3) {
                0 => bytes[at] ^= 1 << random(8),
                1 => bytes[at] = b"\"{}[]:,0\\ "[random(10)],
                _ => {
                    bytes.copy_within(at.saturating_sub(random(700))..at, random(whole.len() - 700))
                }
            }
        }
        fs::write(&file, &bytes).unwrap();
        match open(&target, "") {
            Err(_) => refused += 1,
            Ok(source) => {
                let found = source.image().expect("it is an image");
                assert_eq!(found.manifest, expect.manifest);
                assert_eq!((&found.layers, &found.config), (&expect.layers, &expect.config));
                taken += 1;
            }
        }
    }
    println!("{taken} taken, {refused} refused");
    assert!(taken > 100 && refused > 1000, "{taken} {refused}");
}
