//! Asks one question so many times, for a counter of instructions: `guards NAME TIMES`.
//!
//! `guards` alone lists the questions whose instructions are held. The difference of two runs that ask
//! once and twice is the cost of one asking, without the start and the input (`.ci/guards`).

#![expect(clippy::disallowed_methods, reason = "a measurement takes arguments")]

use std::error::Error;
use std::io::Write as _;

use drift_benches::questions::{Guard, QUESTIONS, find};

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let mut out = std::io::stdout().lock();
    let [name, times] = arguments.as_slice() else {
        for question in QUESTIONS.iter().filter(|question| question.guard == Guard::Counted) {
            writeln!(out, "{}", question.name)?;
        }
        return Ok(());
    };
    let question = find(name).ok_or("there is no such question")?;
    let mut ask = (question.prepare)()?;
    for _ in 0..times.parse()? {
        writeln!(out, "{}", ask())?;
    }
    Ok(())
}
