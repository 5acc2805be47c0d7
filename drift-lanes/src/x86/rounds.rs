//! The rounds of SHA-256 (FIPS 180-4, 6.2.2) and MD5 (RFC 1321, 3.4) over vectors, one stream in each
//! element. A macro, because a function that is generic over vectors could not carry the
//! `#[target_feature]` of each.

/// Sixteen rounds of SHA-256, written out: the words of the message are then registers. `$schedule`
/// makes the word of a place before it is used.
macro_rules! rounds {
    ($state:ident, $message:ident, $constants:ident, $schedule:expr) => {
        rounds!(@ $state, $message, $constants, $schedule, 0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15)
    };
    (@ $state:ident, $message:ident, $constants:ident, $schedule:expr, $($at:literal)*) => {$(
        ($schedule)($at);
        let [a, b, c, d, e, f, g, h] = $state;
        let big1 = xor(right::<6, 26>(e), right::<11, 21>(e), right::<25, 7>(e));
        let keyed = add(h, add($message[$at], splat($constants[$at])));
        let first = add(add(keyed, big1), choose(e, f, g));
        let big0 = xor(right::<2, 30>(a), right::<13, 19>(a), right::<22, 10>(a));
        let second = add(big0, majority(a, b, c));
        $state = [add(first, second), a, b, c, add(d, first), e, f, g];
    )*};
}

/// Sixteen steps of MD5: `$function` of three words, the words of the message in the order
/// `$factor * step + $first`, four rotations to the right, each with what is left of 32.
macro_rules! sixteen {
    ($state:ident, $message:ident, $round:literal, $function:expr, $factor:literal,
        $first:literal, $($right:literal / $left:literal),*) => {
        let constants = $crate::md5::STEPS.as_chunks::<16>().0[$round];
        let mut constants = constants.into_iter().enumerate();
        for _ in 0..4 {
            $(
                if let Some((step, constant)) = constants.next() {
                    let [a, b, c, d] = $state;
                    let word = $message[($factor * step + $first) % 16];
                    let keyed = add(a, add(word, splat(constant)));
                    let sum = add(keyed, $function(b, c, d));
                    $state = [d, add(b, right::<$right, $left>(sum)), b, c];
                }
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
            let mut state = columns.0.map(|column| vector(column));
            for at in 0..count {
                let mut message = load(blocks.map(|blocks| &blocks[at])).map(|row| swap_bytes(row));
                let mut working = state;
                let (first, others) = $crate::sha256::ROUNDS.as_chunks::<16>().0.split_at(1);
                for constants in first {
                    rounds!(working, message, constants, |_| ());
                }
                for constants in others {
                    rounds!(working, message, constants, |at: usize| {
                        let (far, near) = (message[(at + 1) % 16], message[(at + 14) % 16]);
                        let small0 =
                            xor(right::<7, 25>(far), right::<18, 14>(far), shift::<3>(far));
                        let small1 =
                            xor(right::<17, 15>(near), right::<19, 13>(near), shift::<10>(near));
                        let sum = add(message[(at + 9) % 16], small1);
                        message[at] = add(add(message[at], small0), sum);
                    });
                }
                for (word, after) in state.iter_mut().zip(working) {
                    *word = add(*word, after);
                }
            }
            columns.0 = state.map(|word| words(word));
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
            let mut before = columns.0.map(|column| vector(column));
            for at in 0..count {
                let message = load(blocks.map(|blocks| &blocks[at]));
                let mut state = before;
                sixteen!(
                    state,
                    message,
                    0,
                    |b, c, d| choose(b, c, d),
                    1,
                    0,
                    25 / 7,
                    20 / 12,
                    15 / 17,
                    10 / 22
                );
                sixteen!(
                    state,
                    message,
                    1,
                    |b, c, d| choose(d, b, c),
                    5,
                    1,
                    27 / 5,
                    23 / 9,
                    18 / 14,
                    12 / 20
                );
                sixteen!(
                    state,
                    message,
                    2,
                    |b, c, d| xor(b, c, d),
                    3,
                    5,
                    28 / 4,
                    21 / 11,
                    16 / 16,
                    9 / 23
                );
                sixteen!(
                    state,
                    message,
                    3,
                    |b, c, d| either(b, c, d),
                    7,
                    0,
                    26 / 6,
                    22 / 10,
                    17 / 15,
                    11 / 21
                );
                for (word, after) in before.iter_mut().zip(state) {
                    *word = add(*word, after);
                }
            }
            columns.0 = before.map(|word| words(word));
        }
    };
}
