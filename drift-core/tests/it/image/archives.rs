//! I06 of the threat model, and the archives around images: `docker save`, outer tars, streams.

use std::fs;
use std::io::{Seek as _, Write as _};
use std::os::fd::OwnedFd;
use std::path::PathBuf;

use drift_core::model::SourceKind;
use drift_core::source::{self, Error, Selection};
use serde_json::{Value, json};

use super::layout::{archive, config, good, layers, member, packed, sha256, write};
use super::{image, malformed, no_choice, open, text};

/// The parts of a good archive of `docker save`, as the Docker of before 25 writes it.
struct Saved {
    members: Vec<Vec<u8>>,
    manifest: Value,
}

fn saved() -> Saved {
    let config = config("amd64").to_string().into_bytes();
    let name = format!("{}.json", sha256(&config).replace("sha256:", ""));
    let [lower, upper] = layers();
    Saved {
        members: vec![
            member("lower/", b'5', "", b""),
            member("lower/layer.tar", b'0', "", &lower),
            member("lower/VERSION", b'0', "", b"1.0"),
            member("upper/layer.tar", b'0', "", &upper),
            member("again/layer.tar", b'2', "../upper/layer.tar", b""),
            member(&name, b'0', "", &config),
        ],
        manifest: json!([{
            "Config": name,
            "RepoTags": ["example.org/web:1"],
            "Layers": ["lower/layer.tar", "upper/layer.tar"],
        }]),
    }
}

impl Saved {
    fn bytes(&self) -> Vec<u8> {
        let manifest = member("manifest.json", b'0', "", self.manifest.to_string().as_bytes());
        archive(&[self.members.clone(), vec![manifest]].concat())
    }
}

struct Written {
    _temp: tempfile::TempDir,
    path: PathBuf,
}

fn written(bytes: &[u8]) -> Written {
    let temp = tempfile::tempdir().unwrap();
    let path = temp.path().join("image.tar");
    fs::write(&path, bytes).unwrap();
    Written { path, _temp: temp }
}

impl Written {
    fn docker(&self) -> String {
        format!("docker-archive:{}", text(&self.path))
    }
}

#[track_caller]
fn refused(needle: &str, change: impl FnOnce(&mut Saved)) {
    let mut saved = saved();
    change(&mut saved);
    let file = written(&saved.bytes());
    malformed(&file.docker(), needle);
}

#[test]
fn what_docker_saves_is_an_image() {
    let file = written(&saved().bytes());
    let found = image(&file.docker(), "");
    assert_eq!(found.reference.as_deref(), Some("example.org/web:1"));
    assert!(found.manifest.is_none() && found.layers.iter().all(|layer| layer.digest.is_none()));
    assert_eq!(found.layers[1].created_by.as_deref(), Some("RUN hostname"));
    for tag in ["@1", "@example.org/web:1"] {
        let _image = image(&format!("{}{tag}", file.docker()), "");
    }
    let id = found.config_digest.expect("it has a configuration");
    let _image = image(&format!("{}@{id}", file.docker()), "linux/amd64");
    no_choice(&format!("{}@2", file.docker()), "", "@example.org/web:1");
    no_choice(&file.docker(), "linux/arm64", "there is none for linux/arm64");
}

#[test]
fn layers_listed_twice_and_linked_are_found() {
    let mut twice = saved();
    twice.manifest[0]["Layers"] = json!(["lower/layer.tar", "again/layer.tar"]);
    let file = written(&twice.bytes());
    assert_eq!(image(&file.docker(), "").layers.len(), 2);
    twice.manifest[0]["Layers"] = json!(["upper/layer.tar", "again/layer.tar"]);
    let file = written(&twice.bytes());
    assert_eq!(image(&file.docker(), "").layers.len(), 2, "wrong layers, which their digests tell");
}

#[test]
fn names_never_lead_outside() {
    for name in
        ["../../etc/passwd", "/etc/passwd", "lower/../lower/layer.tar", "", ".", "a//b", "a\0b"]
    {
        refused("inside the image", |saved| saved.manifest[0]["Layers"][0] = json!(name));
        if !name.is_empty() {
            refused("inside the image", |saved| saved.manifest[0]["Config"] = json!(name));
        }
    }
    refused("it is not in the archive", |saved| saved.manifest[0]["Layers"][0] = json!("none"));
    refused("it is a directory", |saved| saved.manifest[0]["Layers"][0] = json!("lower"));
    for (target, needle) in [
        ("../../../etc/passwd", "out of the archive"),
        ("/etc/passwd", "out of the archive"),
        ("../none", "it is not in the archive"),
        ("layer.tar", "more than 8 links"),
    ] {
        refused(needle, |saved| {
            saved.members[4] = member("again/layer.tar", b'2', target, b"");
            saved.manifest[0]["Layers"][0] = json!("again/layer.tar");
        });
    }
}

#[test]
fn manifests_of_archives() {
    refused("no JSON list", |saved| saved.manifest = json!({}));
    refused("is no object", |saved| saved.manifest = json!(["x"]));
    refused("no \"Config\"", |saved| saved.manifest[0]["Config"] = Value::Null);
    refused("stands for", |saved| saved.manifest[0]["layers"] = json!([]));
    refused("more than 64 images", |saved| {
        saved.manifest = json!(vec![saved.manifest[0].clone(); 65]);
    });
    refused("1 layers and its configuration 2", |saved| {
        drop(saved.manifest[0]["Layers"].as_array_mut().expect("a list").pop());
    });
    refused("another digest", |saved| {
        let name = saved.manifest[0]["Config"].as_str().expect("a name").to_owned();
        saved.members[5] = member(&name, b'0', "", config("arm64").to_string().as_bytes());
    });
    refused("not named by a digest", |saved| {
        saved.members.push(member("blobs/sha256/abc", b'0', "", b"x"));
        saved.manifest[0]["Layers"][0] = json!("blobs/sha256/abc");
    });
    let old = archive(&[member("repositories", b'0', "", b"{}")]);
    malformed(&written(&old).docker(), "before 1.10");
    malformed(&text(&written(&old).path), "before 1.10");
    malformed(&written(&archive(&[])).docker(), "\"manifest.json\" cannot be read");
    // Several images: a tag chooses.
    let mut two = saved();
    let mut other = two.manifest[0].clone();
    other["RepoTags"] = json!(["example.org/web:2"]);
    two.manifest.as_array_mut().expect("a list").push(other);
    let file = written(&two.bytes());
    no_choice(&file.docker(), "linux/amd64", "several for linux/amd64");
    assert_eq!(
        image(&format!("{}@2", file.docker()), "").reference.as_deref(),
        Some("example.org/web:2")
    );
}

#[test]
fn odd_archives_around_an_image_are_refused() {
    let manifest = || member("manifest.json", b'0', "", saved().manifest.to_string().as_bytes());
    let twice = |saved: &mut Saved| {
        let again = saved.members[1].clone();
        saved.members.push(again);
    };
    refused("occurs twice", twice);
    refused("occurs twice", |saved| saved.members.push(manifest()));
    refused("occurs twice", |saved| saved.members.push(member("./manifest.json", b'0', "", b"[]")));
    refused("hard link", |saved| saved.members.push(member("x", b'1', "manifest.json", b"")));
    refused("neither file, directory nor link", |saved| {
        saved.members.push(member("x", b'6', "", b""))
    });
    refused("leads elsewhere", |saved| saved.members.push(member("../x", b'0', "", b"")));
    refused("leads elsewhere", |saved| saved.members.push(member("/x", b'0', "", b"")));
    refused("below what is no directory", |saved| {
        saved.members.push(member("link", b'2', "lower", b""));
        saved.members.push(member("link/layer.tar", b'0', "", b"x"));
    });
    let whole = saved().bytes();
    malformed(&written(&whole[..whole.len() - 1024]).docker(), "no end mark");
    malformed(
        &written(&[whole.clone(), member("x", b'0', "", b"")].concat()).docker(),
        "follows the end mark",
    );
    malformed(&written(&whole[..2000]).docker(), "breaks off");
    for length in (512..whole.len() - 1024).step_by(512) {
        let file = written(&whole[..length]);
        assert!(open(&file.docker(), "").is_err(), "cut at {length}");
    }
}

#[test]
fn kinds_are_told_by_what_is_inside() {
    let kind = |bytes: &[u8]| open(&text(&written(bytes).path), "").map(|source| source.kind());
    let is = |bytes: &[u8], kind_of: SourceKind| {
        assert_eq!(kind(bytes).expect("it opens"), kind_of);
    };
    is(&saved().bytes(), SourceKind::Tar);
    let mut hex = saved();
    for (at, name) in
        [(0, "a/"), (1, "a/layer.tar"), (2, "a/VERSION"), (3, "b/layer.tar"), (4, "c/layer.tar")]
    {
        let name = name.replacen(['a', 'b', 'c'], &name[..1].repeat(64), 1);
        let data = [layers()[0].clone(), layers()[1].clone()];
        hex.members[at] = match at {
            0 => member(&name, b'5', "", b""),
            1 => member(&name, b'0', "", &data[0]),
            3 => member(&name, b'0', "", &data[1]),
            _ => member(&name, b'0', "", b""),
        };
    }
    hex.manifest[0]["Layers"] =
        json!([format!("{}/layer.tar", "a".repeat(64)), format!("{}/layer.tar", "b".repeat(64))]);
    is(&hex.bytes(), SourceKind::DockerArchive);
    is(&packed(&good()), SourceKind::Oci);
    // A layout beside which manifest.json stands, as Docker writes since 25, is a layout.
    let mut both = good();
    let _new = both.insert("manifest.json".to_owned(), b"[]".to_vec());
    is(&packed(&both), SourceKind::Oci);
    // One more file at the top, and it is a root.
    let mut root = good();
    let _new = root.insert("usr/bin/x".to_owned(), b"x".to_vec());
    is(&packed(&root), SourceKind::Tar);
    is(&layers()[0], SourceKind::Tar);
    is(&archive(&[member("blobs/", b'5', "", b"")]), SourceKind::Tar);
    let temp = tempfile::tempdir().unwrap();
    write(temp.path(), &good());
    assert_eq!(open(&text(temp.path()), "").expect("opens").kind(), SourceKind::Oci);
    assert_eq!(
        open(&format!("dir:{}", text(temp.path())), "").expect("opens").kind(),
        SourceKind::Directory
    );
    fs::remove_file(temp.path().join("index.json")).unwrap();
    assert_eq!(open(&text(temp.path()), "").expect("opens").kind(), SourceKind::Directory);
}

/// Gives bytes as standard input: through a pipe, or as a file.
fn from_input(bytes: &[u8], target: &str, pipe: bool) -> Result<Box<dyn source::Source>, Error> {
    if !pipe {
        let mut file = tempfile::tempfile().unwrap();
        file.write_all(bytes).unwrap();
        file.rewind().unwrap();
        let selection = Selection { input: Some(OwnedFd::from(file)), ..Selection::default() };
        return source::open(target, &selection);
    }
    let (reader, mut writer) = std::io::pipe().unwrap();
    let bytes = bytes.to_vec();
    let feeder = std::thread::spawn(move || writer.write_all(&bytes));
    let selection = Selection { input: Some(OwnedFd::from(reader)), ..Selection::default() };
    let source = source::open(target, &selection);
    drop(selection);
    let _may_be_refused_early = feeder.join().expect("the feeder ends");
    source
}

#[test]
fn standard_input_is_any_archive() {
    let layout = packed(&good());
    let gzip = {
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        encoder.write_all(&layout).unwrap();
        encoder.finish().unwrap()
    };
    let zstd = zstd::stream::encode_all(&*layout, 1).unwrap();
    for pipe in [true, false] {
        for bytes in [&layout, &gzip, &zstd] {
            for target in ["-", "oci:-", "oci:-@one"] {
                let source = from_input(bytes, target, pipe).expect("it opens");
                assert_eq!(source.kind(), SourceKind::Oci);
                let shown = if target == "-" { "oci:-" } else { target };
                assert_eq!(source.locator(), shown);
            }
        }
        let source = from_input(&saved().bytes(), "docker-archive:-", pipe).expect("it opens");
        assert_eq!(source.locator(), "docker-archive:-");
        let source = from_input(&layers()[0], "-", pipe).expect("it opens");
        assert_eq!((source.kind(), source.locator()), (SourceKind::Tar, "tar:-"));
        let error = from_input(b"no archive at all", "-", pipe).err().expect("it is refused");
        assert!(matches!(error, Error::Unrecognised { .. }), "{error}");
        let error =
            from_input(&gzip[..gzip.len() - 9], "oci:-", pipe).err().expect("it is refused");
        assert!(matches!(error, Error::Malformed { .. } | Error::Open { .. }), "{error}");
    }
    let error = open("-", "").err().expect("there is no input").to_string();
    assert!(error.contains("there is no standard input"), "{error}");
}
