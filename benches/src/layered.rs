//! An image of a stated number of layers and entries, written as an OCI layout.

#![expect(clippy::disallowed_methods, reason = "a generator writes files")]

use std::io::{self, Write as _};
use std::path::Path;

use flate2::Compression;
use flate2::write::GzEncoder;

/// Bytes of a header or a block of content.
const BLOCK: usize = 512;
/// Directories in one layer hold about so many names.
const FAN_OUT: u64 = 100;

/// Writes a layout with one image; each layer adds its share of the entries under a directory of its
/// own, and every fourth file has content.
///
/// # Errors
///
/// Those of the files.
pub fn write_layout(path: &Path, layers: u64, entries: u64) -> io::Result<()> {
    let blobs = path.join("blobs/sha256");
    std::fs::create_dir_all(&blobs)?;
    let blob = |bytes: &[u8]| -> io::Result<(String, usize)> {
        let name = hex(&drift_lanes::sha256(bytes));
        std::fs::write(blobs.join(&name), bytes)?;
        Ok((format!("sha256:{name}"), bytes.len()))
    };
    let (mut described, mut diff_ids) = (Vec::new(), Vec::new());
    for layer in 0..layers {
        let plain = archive(layer, entries / layers);
        diff_ids.push(format!("\"sha256:{}\"", hex(&drift_lanes::sha256(&plain))));
        let mut stored = GzEncoder::new(Vec::new(), Compression::fast());
        stored.write_all(&plain)?;
        let (digest, size) = blob(&stored.finish()?)?;
        described.push(descriptor("layer.v1.tar+gzip", &digest, size));
    }
    let config = format!(
        r#"{{"architecture":"amd64","os":"linux","rootfs":{{"type":"layers","diff_ids":[{}]}}}}"#,
        diff_ids.join(",")
    );
    let (digest, size) = blob(config.as_bytes())?;
    let manifest = format!(
        r#"{{"schemaVersion":2,"config":{},"layers":[{}]}}"#,
        descriptor("config.v1+json", &digest, size),
        described.join(",")
    );
    let (digest, size) = blob(manifest.as_bytes())?;
    let index = format!(
        r#"{{"schemaVersion":2,"manifests":[{}]}}"#,
        descriptor("manifest.v1+json", &digest, size)
    );
    std::fs::write(path.join("index.json"), index)?;
    std::fs::write(path.join("oci-layout"), r#"{"imageLayoutVersion":"1.0.0"}"#)
}

fn descriptor(kind: &str, digest: &str, size: usize) -> String {
    format!(
        r#"{{"mediaType":"application/vnd.oci.image.{kind}","digest":"{digest}","size":{size}}}"#
    )
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn archive(layer: u64, entries: u64) -> Vec<u8> {
    let mut out = Vec::new();
    if layer == 0 {
        header(&mut out, "./", b'5', 0);
    }
    header(&mut out, &format!("layer-{layer}/"), b'5', 0);
    for number in 0..entries.saturating_sub(1) {
        let directory = number / FAN_OUT;
        if number % FAN_OUT == 0 {
            header(&mut out, &format!("layer-{layer}/directory-{directory}/"), b'5', 0);
            continue;
        }
        let name = format!("layer-{layer}/directory-{directory}/file-{number}");
        let content = format!("{layer} {number}");
        let kept = if number.is_multiple_of(4) { content.as_bytes() } else { &[] };
        header(&mut out, &name, b'0', kept.len());
        if !kept.is_empty() {
            out.extend_from_slice(kept);
            out.resize(out.len().next_multiple_of(BLOCK), 0);
        }
    }
    out.resize(out.len() + 2 * BLOCK, 0);
    out
}

/// A ustar header (POSIX.1-1988) of an object of root.
fn header(out: &mut Vec<u8>, name: &str, flag: u8, size: usize) {
    let mut block = [0u8; BLOCK];
    let mut put = |at: usize, field: &[u8]| {
        for (slot, byte) in block.iter_mut().skip(at).zip(field) {
            *slot = *byte;
        }
    };
    put(0, name.as_bytes());
    put(100, if flag == b'5' { b"0000755\0" } else { b"0000644\0" });
    put(108, b"0000000\0");
    put(116, b"0000000\0");
    put(124, format!("{size:011o}\0").as_bytes());
    put(136, b"14000000000\0");
    put(148, b"        ");
    put(156, &[flag]);
    put(257, b"ustar\x0000");
    let sum: u32 = block.iter().map(|byte| u32::from(*byte)).sum();
    for (slot, byte) in block.iter_mut().skip(148).zip(format!("{sum:06o}\0 ").bytes()) {
        *slot = byte;
    }
    out.extend_from_slice(&block);
}
