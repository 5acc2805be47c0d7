//! The rounds of SHA-256 (FIPS 180-4, 6.2.2) and MD5 (RFC 1321, 3.4) over vectors, one stream in each
//! element.
//!
//! Macros, because a function that is generic over vectors could not carry the `#[target_feature]` of
//! each; and loops instead of `map`, because a closure that is not inlined takes vectors from memory.

/// Sixteen rounds of SHA-256, written out: the words of the message are then registers. `schedule`
/// makes the word of each place before it is used.
macro_rules! rounds {
    ($state:ident, $message:ident, $constants:ident) => {
        rounds!(each 0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15, first $state $message $constants)
    };
    ($state:ident, $message:ident, $constants:ident, schedule) => {
        rounds!(each 0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15, later $state $message $constants)
    };
    (each $($at:literal)*, $when:ident $state:ident $message:ident $constants:ident) => {$(
        rounds!($when $message $at);
        let [a, b, c, d, e, f, g, h] = $state;
        let big1 = xor(right::<6, 26>(e), right::<11, 21>(e), right::<25, 7>(e));
        let keyed = add(h, add($message[$at], splat($constants[$at])));
        let first = add(add(keyed, big1), choose(e, f, g));
        let big0 = xor(right::<2, 30>(a), right::<13, 19>(a), right::<22, 10>(a));
        let second = add(big0, majority(a, b, c));
        $state = [add(first, second), a, b, c, add(d, first), e, f, g];
    )*};
    (first $message:ident $at:literal) => {};
    (later $message:ident $at:literal) => {
        let (far, near) = ($message[($at + 1) % 16], $message[($at + 14) % 16]);
        let small0 = xor(right::<7, 25>(far), right::<18, 14>(far), shift::<3>(far));
        let small1 = xor(right::<17, 15>(near), right::<19, 13>(near), shift::<10>(near));
        let sum = add($message[($at + 9) % 16], small1);
        $message[$at] = add(add($message[$at], small0), sum);
    };
}

/// Sixteen steps of MD5: a function of three of the four words, the words of the message in the order
/// `$factor * step + $first`, and for every fourth step, from which one on, by how many bits to the
/// right, and what is left of 32.
macro_rules! steps {
    ($state:ident $message:ident $constants:ident: $function:ident($x:literal $y:literal $z:literal),
        $factor:literal * step + $first:literal, $([$from:literal $right:literal $left:literal])*) => {
        for four in 0..4 {
            $(
                let step = 4 * four + $from;
                let word = $message[($factor * step + $first) % 16];
                let keyed = add($state[0], add(word, splat($constants[step])));
                let sum = add(keyed, $function($state[$x], $state[$y], $state[$z]));
                let [_, b, c, d] = $state;
                $state = [d, add(b, right::<$right, $left>(sum)), b, c];
            )*
        }
    };
}

/// Defines `sha256` in a module that has `Vector`, `LANES` and the operations on them.
macro_rules! sha256_kernel {
    ($features:literal) => {
        /// Compresses the first `count` blocks of each stream.
        #[target_feature(enable = $features)]
        pub(super) fn sha256(
            columns: &mut $crate::interleave::Columns<LANES, 8>,
            blocks: &[&[Block]; LANES],
            count: usize,
        ) {
            let mut state = [splat(0); 8];
            for (word, column) in state.iter_mut().zip(&columns.0) {
                *word = vector(*column);
            }
            for at in 0..count {
                let mut message = load(blocks, at);
                for words in &mut message {
                    *words = swap_bytes(*words);
                }
                let mut working = state;
                let (first, others) = $crate::sha256::ROUNDS.as_chunks::<16>().0.split_at(1);
                for constants in first {
                    rounds!(working, message, constants);
                }
                for constants in others {
                    rounds!(working, message, constants, schedule);
                }
                for (word, after) in state.iter_mut().zip(working) {
                    *word = add(*word, after);
                }
            }
            for (word, column) in state.into_iter().zip(&mut columns.0) {
                *column = words(word);
            }
        }
    };
}

/// Defines `md5` in such a module.
macro_rules! md5_kernel {
    ($features:literal) => {
        /// Compresses the first `count` blocks of each stream.
        #[target_feature(enable = $features)]
        pub(super) fn md5(
            columns: &mut $crate::interleave::Columns<LANES, 4>,
            blocks: &[&[Block]; LANES],
            count: usize,
        ) {
            let [first, second, third, fourth] = $crate::md5::STEPS;
            let mut state = [splat(0); 4];
            for (word, column) in state.iter_mut().zip(&columns.0) {
                *word = vector(*column);
            }
            for at in 0..count {
                let text = load(blocks, at);
                let mut now = state;
                steps!(now text first: choose(1 2 3), 1 * step + 0, [0 25 7] [1 20 12] [2 15 17] [3 10 22]);
                steps!(now text second: choose(3 1 2), 5 * step + 1, [0 27 5] [1 23 9] [2 18 14] [3 12 20]);
                steps!(now text third: xor(1 2 3), 3 * step + 5, [0 28 4] [1 21 11] [2 16 16] [3 9 23]);
                steps!(now text fourth: either(1 2 3), 7 * step + 0, [0 26 6] [1 22 10] [2 17 15] [3 11 21]);
                for (word, after) in state.iter_mut().zip(now) {
                    *word = add(*word, after);
                }
            }
            for (word, column) in state.into_iter().zip(&mut columns.0) {
                *column = words(word);
            }
        }
    };
}
