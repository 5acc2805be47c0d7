//! Writes OCI layouts of layers given as lines, one member each, so that a case stays readable.

use std::io::Write as _;
use std::path::Path;

use drift_core::model::Digest;

/// How a layer is stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Coding {
    Plain,
    Gzip,
    Zstd,
}

/// A layer: its archive and how it is stored.
pub(super) struct Layer {
    pub(super) archive: Vec<u8>,
    pub(super) coding: Coding,
}

/// Reads lines `TYPE PATH [ARGUMENT [MODE [OWNER [NAME=VALUE]]]]`; the argument of a file is its
/// content, of a link its target, of a device its number; `_` is an empty one.
pub(super) fn layer(lines: &[impl AsRef<str>]) -> Layer {
    let mut archive: Vec<u8> = lines.iter().flat_map(|line| member(line.as_ref())).collect();
    archive.extend([0; 1024]);
    Layer { archive, coding: Coding::Gzip }
}

fn member(line: &str) -> Vec<u8> {
    let words: Vec<&str> = line.split(' ').collect();
    let word = |at: usize, other: &'static str| match words.get(at) {
        Some(&"_") | None => other.to_owned(),
        Some(word) => (*word).to_owned(),
    };
    let (kind, path, argument) = (words[0], words[1], word(2, ""));
    let mode = word(3, if kind == "d" { "755" } else { "644" });
    let owner: u32 = word(4, "0").parse().expect("a number");
    let (flag, content, target) = match kind {
        "f" => (b'0', argument.clone(), String::new()),
        "h" => (b'1', String::new(), argument.clone()),
        "l" => (b'2', String::new(), argument.clone()),
        "c" => (b'3', String::new(), String::new()),
        "d" => (b'5', String::new(), String::new()),
        "p" => (b'6', String::new(), String::new()),
        _ => panic!("no type: {line}"),
    };
    let mut header = vec![0u8; 512];
    let mut put =
        |at: usize, text: &str| header[at..at + text.len()].copy_from_slice(text.as_bytes());
    put(0, path);
    put(100, &format!("{:07o}", u32::from_str_radix(&mode, 8).expect("octal")));
    put(108, &format!("{owner:07o}"));
    put(116, &format!("{:07o}", owner / 2));
    put(124, &format!("{:011o}", content.len()));
    put(136, &format!("{:011o}", 1_700_000_000 + path.len()));
    put(157, &target);
    put(257, "ustar\x0000");
    if kind == "c" {
        let (major, minor) = argument.split_once(',').expect("two numbers");
        put(329, &format!("{:07o}", major.parse::<u32>().expect("a number")));
        put(337, &format!("{:07o}", minor.parse::<u32>().expect("a number")));
    }
    header[156] = flag;
    let record = words.get(5).map(|pair| {
        let (name, value) = pair.split_once('=').expect("NAME=VALUE");
        pax(b'x', &format!("SCHILY.xattr.{name}"), value)
    });
    [record.unwrap_or_default(), sealed(header), padded(content.as_bytes())].concat()
}

/// An extended header of one record, for the next member or, with the flag `g`, for all.
pub(super) fn pax(flag: u8, key: &str, value: &str) -> Vec<u8> {
    let body = key.len() + value.len() + 3;
    let digits = (1..).find(|digits| (body + digits).to_string().len() == *digits).expect("some");
    let record = format!("{} {key}={value}\n", body + digits);
    let mut header = vec![0u8; 512];
    header[..1].copy_from_slice(b"x");
    header[100..107].copy_from_slice(b"0000644");
    header[124..135].copy_from_slice(format!("{:011o}", record.len()).as_bytes());
    header[156] = flag;
    header[257..265].copy_from_slice(b"ustar\x0000");
    [sealed(header), padded(record.as_bytes())].concat()
}

fn sealed(mut header: Vec<u8>) -> Vec<u8> {
    header[148..156].fill(b' ');
    let sum: u32 = header.iter().map(|&byte| u32::from(byte)).sum();
    header[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
    header
}

fn padded(data: &[u8]) -> Vec<u8> {
    let mut data = data.to_vec();
    data.resize(data.len().next_multiple_of(512), 0);
    data
}

impl Layer {
    pub(super) fn stored(&self) -> Vec<u8> {
        match self.coding {
            Coding::Plain => self.archive.clone(),
            Coding::Gzip => {
                let mut encoder =
                    flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
                encoder.write_all(&self.archive).expect("compresses");
                encoder.finish().expect("compresses")
            }
            Coding::Zstd => zstd::stream::encode_all(&*self.archive, 1).expect("compresses"),
        }
    }
}

/// What a layout says of a layer; tests make it lie.
pub(super) struct Said {
    pub(super) stored: Vec<u8>,
    pub(super) digest: String,
    pub(super) size: usize,
    pub(super) diff_id: String,
    pub(super) media_type: &'static str,
}

/// The truth of a layer.
pub(super) fn said(layer: &Layer) -> Said {
    let stored = layer.stored();
    Said {
        digest: Digest::sha256_of(&stored).to_string(),
        size: stored.len(),
        diff_id: Digest::sha256_of(&layer.archive).to_string(),
        media_type: match layer.coding {
            Coding::Plain => "application/vnd.oci.image.layer.v1.tar",
            Coding::Gzip => "application/vnd.oci.image.layer.v1.tar+gzip",
            Coding::Zstd => "application/vnd.oci.image.layer.v1.tar+zstd",
        },
        stored,
    }
}

/// Writes a layout with one image, tagged `t`.
pub(super) fn write(directory: &Path, layers: &[Said]) {
    let blob = |digest: &str, bytes: &[u8]| {
        let (algorithm, hex) = digest.split_once(':').expect("a digest");
        let place = directory.join("blobs").join(algorithm);
        std::fs::create_dir_all(&place).expect("makes");
        std::fs::write(place.join(hex), bytes).expect("writes");
    };
    let listed =
        |text: &dyn Fn(&Said) -> String| layers.iter().map(text).collect::<Vec<_>>().join(",");
    for layer in layers {
        blob(&layer.digest, &layer.stored);
    }
    let diff_ids = listed(&|layer| format!("\"{}\"", layer.diff_id));
    let history = listed(&|_| r#"{"created_by":"a command"}"#.to_owned());
    let config = format!(
        r#"{{"architecture":"amd64","os":"linux","config":{{}},"rootfs":{{"type":"layers","diff_ids":[{diff_ids}]}},"history":[{history}]}}"#
    );
    let config_digest = Digest::sha256_of(config.as_bytes()).to_string();
    blob(&config_digest, config.as_bytes());
    let descriptors = listed(&|layer| {
        format!(
            r#"{{"mediaType":"{}","digest":"{}","size":{}}}"#,
            layer.media_type, layer.digest, layer.size
        )
    });
    let manifest = format!(
        r#"{{"schemaVersion":2,"mediaType":"application/vnd.oci.image.manifest.v1+json","config":{{"mediaType":"application/vnd.oci.image.config.v1+json","digest":"{config_digest}","size":{}}},"layers":[{descriptors}]}}"#,
        config.len()
    );
    let digest = Digest::sha256_of(manifest.as_bytes()).to_string();
    blob(&digest, manifest.as_bytes());
    let index = format!(
        r#"{{"schemaVersion":2,"manifests":[{{"mediaType":"application/vnd.oci.image.manifest.v1+json","digest":"{digest}","size":{},"platform":{{"architecture":"amd64","os":"linux"}},"annotations":{{"org.opencontainers.image.ref.name":"t"}}}}]}}"#,
        manifest.len()
    );
    std::fs::write(directory.join("index.json"), index).expect("writes");
    std::fs::write(directory.join("oci-layout"), r#"{"imageLayoutVersion":"1.0.0"}"#)
        .expect("writes");
}

/// Writes a layout of layers that are what it says.
pub(super) fn write_true(directory: &Path, layers: &[Layer]) {
    write(directory, &layers.iter().map(said).collect::<Vec<_>>());
}
