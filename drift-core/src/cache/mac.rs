//! HMAC-SHA-256 (RFC 2104), so that nobody without the key can make a cache that is believed.

use drift_lanes::Sha256;

/// Bytes of one block of SHA-256 (FIPS 180-4).
const BLOCK_BYTES: usize = 64;

/// A code in the making.
pub(super) struct Mac {
    inner: Sha256,
    outer: Sha256,
}

impl Mac {
    /// Begins with a key of any length.
    pub(super) fn new(key: &[u8]) -> Self {
        let hashed;
        let key = if key.len() > BLOCK_BYTES {
            hashed = drift_lanes::sha256(key);
            &hashed
        } else {
            key
        };
        let with = |pad: u8| {
            let mut block = [pad; BLOCK_BYTES];
            for (to, from) in block.iter_mut().zip(key) {
                *to ^= from;
            }
            let mut digest = Sha256::new();
            digest.update(&block);
            digest
        };
        Self { inner: with(0x36), outer: with(0x5c) }
    }

    /// Takes the next bytes.
    pub(super) fn update(&mut self, data: &[u8]) {
        self.inner.update(data);
    }

    /// Returns the code.
    pub(super) fn finish(mut self) -> [u8; 32] {
        self.outer.update(&self.inner.finish());
        self.outer.finish()
    }
}

/// Compares two codes in a time that does not depend on where they differ.
pub(super) fn is_equal(one: &[u8; 32], other: &[u8; 32]) -> bool {
    one.iter().zip(other).fold(0, |difference, (a, b)| difference | (a ^ b)) == 0
}

#[cfg(test)]
mod tests {
    use super::{Mac, is_equal};
    use crate::model::hex;

    fn check(key: &[u8], data: &[u8], expect: &str) {
        let mut mac = Mac::new(key);
        let (start, rest) = data.split_at(data.len() / 3);
        mac.update(start);
        mac.update(rest);
        assert_eq!(hex(&mac.finish()), expect);
    }

    /// The test cases 1, 2, 3, 6 and 7 of RFC 4231.
    #[test]
    fn the_vectors_of_rfc_4231() {
        let (long, larger) =
            ([0xaa; 131], "Test Using Larger Than Block-Size Key - Hash Key First");
        let both = "This is a test using a larger than block-size key and a larger than block-size \
                    data. The key needs to be hashed before being used by the HMAC algorithm.";
        check(
            &[0x0b; 20],
            b"Hi There",
            "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7",
        );
        check(
            b"Jefe",
            b"what do ya want for nothing?",
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843",
        );
        check(
            &[0xaa; 20],
            &[0xdd; 50],
            "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe",
        );
        check(
            &long,
            larger.as_bytes(),
            "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54",
        );
        check(
            &long,
            both.as_bytes(),
            "9b09ffa71b942fcb27635fbcd5b0e944bfdc63644f0713938a7f51535c3a35e2",
        );
    }

    #[test]
    fn one_bit_makes_a_code_another() {
        let code = [7; 32];
        assert!(is_equal(&code, &code));
        for at in 0..256 {
            let mut other = code;
            if let Some(byte) = other.get_mut(at / 8) {
                *byte ^= 1 << (at % 8);
            }
            assert!(!is_equal(&code, &other), "{at}");
        }
    }
}
