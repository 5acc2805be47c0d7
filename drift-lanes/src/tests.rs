//! Every digest of every kernel against the crates of RustCrypto and against published ones.

use sha2::Digest as _;

use crate::{Kernel, Lane, Md5, Sha256, md5, md5_update_many, sha256, update_many};

/// More streams than any kernel has lanes, so that some come late.
const STREAMS: usize = 19;

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// What tells one run of a test from another; the same in every run of all tests.
struct Dice(u64);

impl Dice {
    /// Returns a number below `sides` (splitmix64).
    fn roll(&mut self, sides: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((mixed ^ (mixed >> 31)) % sides as u64) as usize
    }

    fn bytes(&mut self, count: usize) -> Vec<u8> {
        (0..count).map(|_| self.roll(256) as u8).collect()
    }
}

/// Takes each message in pieces as `cut` says: it gets what is left and returns how much comes next.
/// All streams get their next piece in one call. Only some last pieces say so.
fn digests(
    kernel: Kernel,
    messages: &[&[u8]],
    mut cut: impl FnMut(usize) -> usize,
) -> Vec<([u8; 32], [u8; 16])> {
    let mut states = vec![(Sha256::new(), Md5::new()); messages.len()];
    let mut rest: Vec<Option<&[u8]>> = messages.iter().map(|message| Some(*message)).collect();
    while rest.iter().any(Option::is_some) {
        let (mut sha, mut md) = (Vec::new(), Vec::new());
        for (number, ((sha_state, md_state), left)) in states.iter_mut().zip(&mut rest).enumerate()
        {
            let Some(message) = *left else { continue };
            let (data, after) = message.split_at(cut(message.len()).min(message.len()));
            let ends = after.is_empty();
            let last = ends && !number.is_multiple_of(4);
            sha.push(Lane { digest: sha_state, data, last });
            md.push(Lane { digest: md_state, data, last });
            *left = (!ends).then_some(after);
        }
        update_many(kernel, &mut sha);
        md5_update_many(kernel, &mut md);
        assert!(sha.iter().all(|lane| lane.data.is_empty()));
        assert!(md.iter().all(|lane| lane.data.is_empty()));
    }
    states.into_iter().map(|(sha, md)| (sha.finish(), md.finish())).collect()
}

fn reference(message: &[u8]) -> ([u8; 32], [u8; 16]) {
    (sha2::Sha256::digest(message).into(), ::md5::Md5::digest(message).into())
}

fn check(kernel: Kernel, messages: &[&[u8]], cut: impl FnMut(usize) -> usize) {
    for (found, message) in digests(kernel, messages, cut).iter().zip(messages) {
        assert!(*found == reference(message), "{} at {} bytes", kernel.name(), message.len());
    }
}

/// A machine without these would test nothing that the portable kernel is not.
#[test]
fn kernels_differ() {
    let names: Vec<&str> = Kernel::available().map(Kernel::name).collect();
    let mut unique = names.clone();
    unique.sort_unstable();
    unique.dedup();
    assert_eq!(unique.len(), names.len(), "{names:?}");
    assert_eq!(names.last(), Some(&"portable"));
    assert_eq!(Kernel::detect().name(), names[0]);
}

/// FIPS 180-4's examples, RFC 1321 A.5, and the well-known million.
#[test]
fn published_vectors() {
    let million = vec![b'a'; 1_000_000];
    let vectors: [(&[u8], &str, &str); 6] = [
        (
            b"",
            "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
            "d41d8cd98f00b204e9800998ecf8427e",
        ),
        (
            b"abc",
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
            "900150983cd24fb0d6963f7d28e17f72",
        ),
        (
            b"abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
            "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1",
            "8215ef0796a20bcaaae116d3876c664a",
        ),
        (
            b"message digest",
            "f7846f55cf23e14eebeab5b4e1550cad5b509e3348fbc4efa3a1413d393cb650",
            "f96b697d7cb7938d525a2f31aaf161d0",
        ),
        (
            b"abcdefghijklmnopqrstuvwxyz",
            "71c480df93d6ae2f1efad1447c66c9525e316218cf51fc8d9ed832f2daf18b73",
            "c3fcd3d76192e4007dfb496cca67e13b",
        ),
        (
            &million,
            "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0",
            "7707d6ae4e027c70eea2a935c2296f21",
        ),
    ];
    for (message, sha, md) in vectors {
        assert_eq!((hex(&sha256(message)), hex(&md5(message))), (sha.into(), md.into()));
    }
    // Together, and each often enough that every lane has it once.
    let messages: Vec<&[u8]> = vectors.iter().cycle().take(50).map(|vector| vector.0).collect();
    for kernel in Kernel::available() {
        let found = digests(kernel, &messages, |left| left);
        for ((sha, md), vector) in found.iter().zip(vectors.iter().cycle()) {
            assert_eq!(
                (hex(sha), hex(md)),
                (vector.1.into(), vector.2.into()),
                "{}",
                kernel.name()
            );
        }
    }
}

/// NIST's CAVP, `SHA256Monte.rsp`: 1,000 digests, each of the three before it.
#[test]
fn chained_digests() {
    let seed = "6d1e72ad03ddeb5de891e572e2396f8da015d899ef0e79503152d6010a3fe691";
    let seed: Vec<u8> = (0..32)
        .map(|at| u8::from_str_radix(&seed[2 * at..][..2], 16).expect("hexadecimal"))
        .collect();
    for kernel in Kernel::available() {
        let mut chains = vec![[seed.clone(), seed.clone(), seed.clone()]; STREAMS];
        for _ in 0..1_000 {
            let messages: Vec<Vec<u8>> = chains.iter().map(|chain| chain.concat()).collect();
            let messages: Vec<&[u8]> = messages.iter().map(Vec::as_slice).collect();
            for (chain, (next, _)) in chains.iter_mut().zip(digests(kernel, &messages, |left| left))
            {
                chain.rotate_left(1);
                chain[2] = next.to_vec();
            }
        }
        for chain in chains {
            assert_eq!(
                hex(&chain[2]),
                "e93c330ae5447738c8aa85d71a6c80f2a58381d05872d26bdd39f1fcd4f2b788",
                "{}",
                kernel.name()
            );
        }
    }
}

/// Each length stands once at each place among others, whole and cut once.
#[test]
fn every_short_length_on_every_lane() {
    let mut dice = Dice(1);
    let data = dice.bytes(2_048 + STREAMS);
    for kernel in Kernel::available() {
        for length in 0..=1024 {
            let place = length % STREAMS;
            for turn in 0..3 {
                let messages: Vec<&[u8]> = (0..STREAMS)
                    .map(|at| {
                        let others = dice.roll(2_048);
                        let own = at == place || turn == 2;
                        &data[at..][..if own { length } else { others }]
                    })
                    .collect();
                let few = &messages[..if turn == 0 { place + 1 } else { STREAMS }];
                check(
                    kernel,
                    few,
                    |left| if turn == 1 { dice.roll(left + 1).max(1) } else { left },
                );
            }
        }
    }
}

#[test]
fn long_messages_in_random_pieces() {
    let mut dice = Dice(2);
    let data = dice.bytes(300_000);
    for kernel in Kernel::available() {
        for round in 0..60 {
            let count = 1 + dice.roll(3 * STREAMS);
            let longest = [300, 5_000, 70_000, 250_000][round % 4];
            let messages: Vec<&[u8]> = (0..count)
                .map(|_| {
                    let length = dice.roll(longest);
                    &data[dice.roll(data.len() - length)..][..length]
                })
                .collect();
            let most = [64, 1_000, 65_536][round % 3].max(longest / 16);
            check(kernel, &messages, |_| dice.roll(most + 1));
        }
    }
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
        assert_eq!((sha.finish(), md.finish()), reference(&data));
    }
}

#[test]
fn what_comes_after_the_last_piece_does_not_go_unnoticed() {
    for kernel in Kernel::available() {
        let (mut sha, mut md) = (Sha256::new(), Md5::new());
        let mut give = |data| {
            update_many(kernel, &mut [Lane { digest: &mut sha, data, last: true }]);
            md5_update_many(kernel, &mut [Lane { digest: &mut md, data, last: true }]);
            (sha.clone().finish(), md.clone().finish())
        };
        assert_eq!(give(b"all"), reference(b"all"));
        assert_eq!(give(b""), reference(b"all"));
        let (sha, md) = give(b"more");
        for message in [&b"all"[..], b"allmore", b"more"] {
            let expect = reference(message);
            assert!(sha != expect.0 && md != expect.1, "{}", kernel.name());
        }
    }
}
