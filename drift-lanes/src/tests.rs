//! Every digest of every kernel against the crates of RustCrypto and against published ones.

use crate::{Kernel, Lane, Md5, Sha256, md5, md5_update_many, sha256, update_many};

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// FIPS 180-4 and RFC 1321 A.5.
#[test]
fn published_vectors() {
    assert_eq!(
        hex(&sha256(b"abc")),
        "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    );
    assert_eq!(hex(&md5(b"abc")), "900150983cd24fb0d6963f7d28e17f72");
    assert_eq!(hex(&md5(b"")), "d41d8cd98f00b204e9800998ecf8427e");
}

#[test]
fn any_split_gives_the_same_digest() {
    let data: Vec<u8> = (0..1000u32).map(|n| (n * 7 % 251) as u8).collect();
    for cut in 0..data.len() {
        let (head, tail) = data.split_at(cut);
        let (mut sha, mut md) = (Sha256::new(), Md5::new());
        for part in [head, tail] {
            sha.update(part);
            md.update(part);
        }
        assert_eq!((sha.finish(), md.finish()), (sha256(&data), md5(&data)));
    }
}

#[test]
fn what_comes_after_the_last_piece_does_not_go_unnoticed() {
    let (mut sha, mut md) = (Sha256::new(), Md5::new());
    let mut lanes = [Lane { digest: &mut sha, data: b"all", last: true }];
    update_many(Kernel::portable(), &mut lanes);
    md5_update_many(Kernel::portable(), &mut [Lane { digest: &mut md, data: b"all", last: true }]);
    assert_eq!((sha.clone().finish(), md.clone().finish()), (sha256(b"all"), md5(b"all")));
    sha.update(b"");
    assert_eq!(sha.clone().finish(), sha256(b"all"));
    sha.update(b"more");
    md.update(b"more");
    assert_ne!((sha.clone().finish(), md.clone().finish()), (sha256(b"all"), md5(b"all")));
    assert_ne!((sha.finish(), md.finish()), (sha256(b"allmore"), md5(b"allmore")));
}
