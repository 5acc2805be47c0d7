//! Nothing of an image counts before every digest of its layers holds.

use drift_core::bounds::{Cancel, Pool, Silent};
use drift_core::model::{Algorithm, Digest, Intake, TreePath};
use drift_core::rules::RuleSet;
use drift_core::source::{Error, Plan, Want};

use super::layout::{self, Coding, Layer, Said, layer, said};
use super::{merge, open};

fn two() -> Vec<Layer> {
    let big = format!("f b {}", "0123456789".repeat(9000));
    vec![layer(&["d a", "f a/x 1"]), layer(&[big.as_str(), "f c 2"])]
}

/// Merges an image of two layers of which the second was changed; returns the error.
fn refused(change: impl Fn(&mut Said)) -> String {
    let directory = tempfile::tempdir().expect("a directory");
    let mut said: Vec<Said> = two().iter().map(said).collect();
    change(said.last_mut().expect("two"));
    layout::write(directory.path(), &said);
    let errors = [1, 4].map(|threads| match merge(directory.path(), threads) {
        Err(error @ Error::Malformed { .. }) => error.to_string(),
        Err(error) => panic!("{error}"),
        Ok(_) => panic!("it was taken for good"),
    });
    assert_eq!(errors[0], errors[1]);
    errors[0].clone()
}

#[test]
fn every_coding_is_read() {
    for coding in [Coding::Plain, Coding::Gzip, Coding::Zstd] {
        let directory = tempfile::tempdir().expect("a directory");
        let layers: Vec<Layer> = two().into_iter().map(|layer| Layer { coding, ..layer }).collect();
        layout::write_true(directory.path(), &layers);
        let merged = merge(directory.path(), 2).unwrap_or_else(|error| panic!("{error}"));
        assert_eq!(merged.frozen.tree.len(), 5);
        assert!(merged.frozen.problems.is_empty());
    }
}

#[test]
fn bytes_that_are_not_those_of_the_manifest_are_refused() {
    // A changed byte anywhere, headers of the members included.
    let length = said(&two()[1]).stored.len();
    for at in (0..length).step_by(7) {
        let error = refused(|said| said.stored[at] ^= 1);
        assert!(
            error.contains("its bytes have the digest")
                || (at < 512 && error.contains("media type")),
            "{at}: {error}"
        );
    }
    // Before anything is read.
    assert!(refused(|said| said.stored.push(0)).contains("it should have"));
    assert!(refused(|said| said.stored.truncate(600)).contains("it should have"));
    let wrong = Digest::sha256_of(b"").to_string();
    let error = refused(|said| said.diff_id = wrong.clone());
    assert!(error.contains("uncompressed bytes have the digest"), "{error}");
    let error = refused(|said| said.media_type = "application/vnd.oci.image.layer.v1.tar");
    assert!(error.contains("media type says not compressed, and its bytes are gzip"), "{error}");
}

#[test]
fn what_follows_the_end_mark_counts_for_the_digest() {
    let directory = tempfile::tempdir().expect("a directory");
    let mut layers = two();
    layers[1].archive.extend(b"something else, and more than nothing");
    layout::write_true(directory.path(), &layers);
    let merged = merge(directory.path(), 2).unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(merged.frozen.problems.len(), 1);
    assert!(merged.reasons()[0].contains("follows the end mark"), "{:?}", merged.reasons());
    // Without an end mark the digest proves that nothing is missing.
    let mut layers = two();
    let length = layers[1].archive.len();
    layers[1].archive.truncate(length - 1024);
    layout::write_true(directory.path(), &layers);
    let merged = merge(directory.path(), 2).unwrap_or_else(|error| panic!("{error}"));
    assert!(merged.frozen.problems.is_empty(), "{:?}", merged.reasons());
}

#[test]
fn sha512_is_verified_as_well() {
    use sha2::Digest as _;
    let sha512 =
        |bytes: &[u8]| format!("sha512:{}", drift_core::model::hex(&sha2::Sha512::digest(bytes)));
    let directory = tempfile::tempdir().expect("a directory");
    let layers = two();
    let mut all: Vec<Said> = layers.iter().map(said).collect();
    all[1].digest = sha512(&all[1].stored);
    all[1].diff_id = sha512(&layers[1].archive);
    layout::write(directory.path(), &all);
    assert!(merge(directory.path(), 2).is_ok());
    let error = refused(|said| said.diff_id = sha512(b""));
    assert!(error.contains("uncompressed bytes have the digest sha512:"), "{error}");
}

#[test]
fn the_lowest_of_several_broken_layers_is_named() {
    let directory = tempfile::tempdir().expect("a directory");
    let mut all: Vec<Said> =
        (0..40).map(|number| said(&layer(&[format!("f a{number} x")]))).collect();
    for number in [11, 12, 30] {
        all[number].diff_id = Digest::sha256_of(b"").to_string();
    }
    layout::write(directory.path(), &all);
    for threads in [1, 3, 8] {
        match merge(directory.path(), threads) {
            Err(error) => assert!(error.to_string().contains("layer 11 ("), "{error}"),
            Ok(_) => panic!("it was taken for good"),
        }
    }
}

#[test]
fn a_run_can_be_stopped() {
    let directory = tempfile::tempdir().expect("a directory");
    layout::write_true(directory.path(), &two());
    let rules = RuleSet::parse(&[("test", "")]).expect("good");
    let (pool, cancel) = (Pool::new(2).expect("threads"), Cancel::new());
    cancel.cancel();
    let plan = Plan {
        rules: &rules,
        artifacts: &[],
        pool: &pool,
        cancel: &cancel,
        observer: &Silent,
        known: None,
    };
    let result = open(directory.path()).expect("opens").survey(&plan, &Intake::default());
    assert!(matches!(result, Err(Error::Cancelled(_))));
}

#[test]
fn single_files_are_answered_and_probed_from_any_layer() {
    let directory = tempfile::tempdir().expect("a directory");
    let lines = ["d etc", "d usr", "d usr/lib", "f usr/lib/os-release ID=debian", "f x one"];
    let above = ["l etc/os-release ../usr/lib/os-release", "f y two", "h z x"];
    layout::write_true(directory.path(), &[layer(&lines), layer(&above)]);
    let source = open(directory.path()).expect("opens");
    let probed = source.probe(&TreePath::parse(b"etc/os-release").expect("good"), 100);
    assert_eq!(probed.as_deref(), Some(&b"ID=debian"[..]));
    let probed = source.probe(&TreePath::parse(b"z").expect("good"), 100);
    assert_eq!(probed.as_deref(), Some(&b"one"[..]), "another pass over the layer below");
    let merged = merge(directory.path(), 2).unwrap_or_else(|error| panic!("{error}"));
    let row = |path: &[u8]| {
        merged.frozen.tree.find(&TreePath::parse(path).expect("good")).expect("there")
    };
    let want = Want {
        digest: true,
        vendor: Some(Algorithm::Md5),
        prefix: Some(2),
        bytes: Some(10),
        ..Want::default()
    };
    let content = merged.ask(row(b"z"), want).expect("read");
    assert_eq!(content.bytes.as_deref(), Some(&b"one"[..]));
    assert_eq!(content.digest, Some(Digest::sha256_of(b"one")));
    assert_eq!(content.prefix, Some(Digest::sha256_of(b"on")));
    assert_eq!(
        content.vendor.map(|md5| md5.hex()),
        Some("f97c5d29941bfb1b2fdab0874906ab82".into())
    );
}

/// Changed bytes with digests that fit them: whatever comes out, it is the same on any number of
/// threads, and nothing panics.
#[test]
fn changed_archives_that_are_signed_for_do_no_harm() {
    let directory = tempfile::tempdir().expect("a directory");
    let below = ["d a", "d a/b", "f a/b/x 1", "l l a/b", "f y 2 644 0 user.a=b"];
    let above =
        ["f a/.wh..wh..opq", "d a/b", "h a/z y", "f l/q 7", "f a/b/x 3", "c n 1,2", "f .wh.y"];
    let (below, above) = (layer(&below), layer(&above));
    let (mut refused, mut odd, mut clean) = (0, 0, 0);
    for at in (0..above.archive.len() - 1024).step_by(11) {
        let mut archive = above.archive.clone();
        archive[at] = archive[at].wrapping_add(if at % 2 == 0 { 1 } else { 0x2f });
        // The checksum of the header, so that more than that is tested.
        let start = at / 512 * 512;
        if &archive[start + 257..start + 262] == b"ustar" {
            archive[start + 148..start + 156].fill(b' ');
            let sum: u32 = archive[start..start + 512].iter().map(|&byte| u32::from(byte)).sum();
            archive[start + 148..start + 156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
        }
        let changed = Layer { archive, coding: Coding::Plain };
        layout::write(directory.path(), &[said(&below), said(&changed)]);
        match (merge(directory.path(), 1), merge(directory.path(), 3)) {
            (Ok(one), Ok(three)) => {
                assert_eq!(one.lines(), three.lines());
                assert_eq!(one.frozen.problems, three.frozen.problems);
                if one.frozen.problems.is_empty() { clean += 1 } else { odd += 1 }
            }
            (Err(one), Err(three)) => {
                assert_eq!(one.to_string(), three.to_string());
                refused += 1;
            }
            _ => panic!("threads decide, at {at}"),
        }
    }
    println!("changed layers: {refused} refused, {odd} with problems, {clean} taken");
    assert!(refused > 0 && odd > 10 && clean > 100);
}

/// Many whiteouts of one large directory of the same layer: each name is looked at once, not once
/// for each of them.
#[test]
fn repeated_whiteouts_do_not_multiply() {
    let directory = tempfile::tempdir().expect("a directory");
    let mut lines = vec!["d a".to_owned()];
    lines.extend((0..10_000).map(|number| format!("f a/{number} x")));
    lines.extend((0..10_000).map(|_| "f a/.wh..wh..opq".to_owned()));
    let below = layer(&["d a", "f a/low 1"]);
    layout::write_true(directory.path(), &[below, layer(&lines)]);
    let merged = merge(directory.path(), 2).unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(merged.frozen.tree.len(), 10_002);
    assert!(merged.frozen.problems.is_empty());
}
