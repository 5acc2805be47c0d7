//! One question each about one hot path, over a fixed input: `cargo bench` asks for its time, the
//! program `guards` for its instructions.
//!
//! A question is one line in [`QUESTIONS`] and one function that prepares it. All run on one thread:
//! what threads gain is measured on whole runs (`benches/run`).

mod packages;
mod policies;
mod trees;

use std::error::Error;

use drift_lanes::{Kernel, Lane, Md5, Sha256, md5_update_many, update_many};

/// Asks the question once more and returns a number that depends on all of the answer.
pub type Ask = Box<dyn FnMut() -> u64>;

/// What one asking goes over, for figures of one of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Amount {
    /// Bytes.
    Bytes(u64),
    /// Entries, paths, findings or policies.
    Things(u64),
}

/// Whether instructions are counted: not where special instructions decide that a count cannot see.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Guard {
    /// `.ci/guards` holds the count.
    Counted,
    /// Time alone says anything.
    TimeAlone,
}

/// One question.
#[derive(Debug, Clone, Copy)]
pub struct Question {
    /// Its name.
    pub name: &'static str,
    /// What one asking goes over.
    pub amount: Amount,
    /// Whether CI holds its instructions.
    pub guard: Guard,
    /// Makes its input.
    pub prepare: fn() -> Result<Ask, Box<dyn Error>>,
}

/// Entries of the computed tree that most questions are about.
pub const ENTRIES: u64 = 20_000;

const fn counted(
    name: &'static str,
    amount: Amount,
    prepare: fn() -> Result<Ask, Box<dyn Error>>,
) -> Question {
    Question { name, amount, guard: Guard::Counted, prepare }
}

const fn timed(
    name: &'static str,
    amount: Amount,
    prepare: fn() -> Result<Ask, Box<dyn Error>>,
) -> Question {
    Question { name, amount, guard: Guard::TimeAlone, prepare }
}

/// Every question.
pub const QUESTIONS: &[Question] = &[
    timed("lanes-sha256", Amount::Bytes(LANES_BYTES), lanes_sha256),
    timed("lanes-sha256-portable", Amount::Bytes(LANES_BYTES), lanes_sha256_portable),
    timed("lanes-md5", Amount::Bytes(LANES_BYTES), lanes_md5),
    counted("walk", Amount::Things(ENTRIES), trees::walk),
    counted("encode", Amount::Things(ENTRIES), trees::encode),
    counted("decode", Amount::Things(ENTRIES), trees::decode),
    counted("merge", Amount::Things(ENTRIES), trees::merge),
    counted("merge-changed", Amount::Things(ENTRIES), trees::merge_changed),
    counted("rules", Amount::Things(ENTRIES), trees::rules),
    counted("dpkg", Amount::Things(packages::PATHS), packages::dpkg),
    timed("policies", Amount::Things(policies::POLICIES), policies::policies),
    counted("report-json", Amount::Things(trees::REPORTED), trees::report_json),
];

/// Returns the question of this name.
#[must_use]
pub fn find(name: &str) -> Option<&'static Question> {
    QUESTIONS.iter().find(|question| question.name == name)
}

/// Eight pieces as a program would read them, and forty small files.
const PIECES: usize = 8;
const PIECE_BYTES: usize = 1 << 16;
const SMALL_FILES: usize = 40;
const SMALL_BYTES: usize = 3000;
const LANES_BYTES: u64 = (PIECES * PIECE_BYTES + SMALL_FILES * SMALL_BYTES) as u64;

fn lane_sizes() -> impl Iterator<Item = usize> {
    std::iter::repeat_n(PIECE_BYTES, PIECES).chain(std::iter::repeat_n(SMALL_BYTES, SMALL_FILES))
}

fn lanes_sha256() -> Result<Ask, Box<dyn Error>> {
    Ok(lanes_of(Kernel::detect()))
}

fn lanes_sha256_portable() -> Result<Ask, Box<dyn Error>> {
    Ok(lanes_of(Kernel::portable()))
}

fn lanes_of(kernel: Kernel) -> Ask {
    let memory = vec![0x5a; PIECE_BYTES];
    Box::new(move || {
        let mut digests: Vec<Sha256> = lane_sizes().map(|_| Sha256::new()).collect();
        let lane =
            |(digest, size)| Lane { digest, data: memory.get(..size).unwrap_or(&[]), last: true };
        let mut lanes: Vec<Lane<'_, Sha256>> =
            digests.iter_mut().zip(lane_sizes()).map(lane).collect();
        update_many(kernel, &mut lanes);
        digests.into_iter().map(|digest| u64::from(digest.finish()[0])).sum()
    })
}

fn lanes_md5() -> Result<Ask, Box<dyn Error>> {
    let (kernel, memory) = (Kernel::detect(), vec![0x5a; PIECE_BYTES]);
    Ok(Box::new(move || {
        let mut digests: Vec<Md5> = lane_sizes().map(|_| Md5::new()).collect();
        let lane =
            |(digest, size)| Lane { digest, data: memory.get(..size).unwrap_or(&[]), last: true };
        let mut lanes: Vec<Lane<'_, Md5>> =
            digests.iter_mut().zip(lane_sizes()).map(lane).collect();
        md5_update_many(kernel, &mut lanes);
        digests.into_iter().map(|digest| u64::from(digest.finish()[0])).sum()
    }))
}

#[cfg(test)]
mod tests {
    use super::{QUESTIONS, find};

    /// A question whose answer is nothing would measure nothing.
    #[test]
    fn every_question_has_an_answer_and_the_same_twice() {
        for question in QUESTIONS {
            let mut ask = (question.prepare)().unwrap();
            let first = ask();
            assert!(first > 0, "{}", question.name);
            assert_eq!(ask(), first, "{}", question.name);
            assert_eq!(find(question.name).map(|found| found.name), Some(question.name));
        }
    }
}
