//! SipHash by Aumasson and Bernstein, with which Python names the source of bytecode (PEP 552).

/// Returns SipHash-c-d of `data` with the key `key`, 0; `c` rounds a word and `d` at the end.
pub(super) fn siphash(c: usize, d: usize, key: u64, data: &[u8]) -> u64 {
    let mut state = [
        key ^ 0x736f_6d65_7073_6575,
        0x646f_7261_6e64_6f6d,
        key ^ 0x6c79_6765_6e65_7261,
        0x7465_6462_7974_6573,
    ];
    let mut words = data.chunks_exact(8);
    for word in &mut words {
        absorb(&mut state, c, little(word));
    }
    // The last word holds the length in its highest byte.
    let length = (data.len() as u64) << 56;
    absorb(&mut state, c, little(words.remainder()) | length);
    let [.., third, _] = &mut state;
    *third ^= 0xff;
    (0..d).for_each(|_| round(&mut state));
    state.iter().fold(0, |all, word| all ^ word)
}

fn little(bytes: &[u8]) -> u64 {
    bytes.iter().rev().fold(0, |value, byte| (value << 8) | u64::from(*byte))
}

fn absorb(state: &mut [u64; 4], rounds: usize, word: u64) {
    let [.., last] = state;
    *last ^= word;
    (0..rounds).for_each(|_| round(state));
    let [first, ..] = state;
    *first ^= word;
}

fn round([a, b, c, d]: &mut [u64; 4]) {
    *a = a.wrapping_add(*b);
    *b = b.rotate_left(13) ^ *a;
    *a = a.rotate_left(32);
    *c = c.wrapping_add(*d);
    *d = d.rotate_left(16) ^ *c;
    *a = a.wrapping_add(*d);
    *d = d.rotate_left(21) ^ *a;
    *c = c.wrapping_add(*b);
    *b = b.rotate_left(17) ^ *c;
    *c = c.rotate_left(32);
}
