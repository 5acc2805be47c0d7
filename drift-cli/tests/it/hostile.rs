//! Any bytes are ordinary input: no panic, no hang, and nothing smuggled to a terminal.

mod baselines;
mod names;
mod tars;
mod trees;

/// Exit codes that an input may cause; 70 and 101 are bugs, and a signal has none.
const ORDERLY: [i32; 4] = [0, 1, 2, 3];

/// Random bytes that are the same in each run: xorshift64* (Marsaglia 2003, Vigna 2016).
struct Random(u64);

impl Random {
    /// Returns the next number below `bound`.
    fn below(&mut self, bound: usize) -> usize {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        let number = self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 33;
        number as usize % bound.max(1)
    }

    /// Returns this many bytes.
    fn bytes(&mut self, count: usize) -> Vec<u8> {
        (0..count).map(|_| self.below(256) as u8).collect()
    }

    /// Spoils bytes in one of the ways that disks, networks and attackers do.
    fn spoil(&mut self, good: &[u8]) -> Vec<u8> {
        let mut bad = good.to_vec();
        match self.below(5) {
            0 => bad.truncate(self.below(good.len())),
            1 => {
                for _ in 0..=self.below(8) {
                    let (at, value) = (self.below(bad.len()), self.below(256) as u8);
                    bad[at] = value;
                }
            }
            2 => {
                let at = self.below(bad.len());
                let end = (at + 1 + self.below(64)).min(bad.len());
                let _cut: Vec<u8> = bad.drain(at..end).collect();
            }
            3 => {
                let (at, count) = (self.below(bad.len()), 1 + self.below(64));
                let more = self.bytes(count);
                let _same: Vec<u8> = bad.splice(at..at, more).collect();
            }
            _ => {
                let at = self.below(bad.len());
                let end = (at + 8).min(bad.len());
                bad[at..end].fill(if self.below(2) == 0 { 0xff } else { 0 });
            }
        }
        bad
    }
}
