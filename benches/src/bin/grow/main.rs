//! Does one kind of work at one size, and prints processor time and memory: whether drift grows with
//! what it is given, and no faster.
//!
//! `grow CASE SIZE` does one; `grow` alone lists the cases. Processor time is of all threads, user and
//! system. `peak` is the most that the counting allocator saw at once, `before` what was held when the
//! measured part began, which is what the case needed to be made. `tests/growth.rs` counts instructions
//! of the same cases at two sizes.

#![expect(clippy::disallowed_methods, reason = "a measurement takes arguments and reads its clock")]

mod cases;
mod packaged;
mod runs;

use std::alloc::System;
use std::error::Error;
use std::io::Write as _;

use cap::Cap;

use cases::CASES;

#[global_allocator]
static MEMORY: Cap<System> = Cap::new(System, usize::MAX);

/// Clock ticks of `/proc/self/stat` in a second: fixed in the interface of Linux (proc_pid_stat(5)).
const TICKS: f64 = 100.0;

/// What a case says of its measured part.
pub(crate) struct Meter {
    started: f64,
    before: usize,
}

impl Meter {
    /// Ends the preparation.
    pub(crate) fn start() -> Result<Self, Box<dyn Error>> {
        Ok(Self { before: MEMORY.allocated(), started: processor_seconds()? })
    }

    /// Ends the measured part.
    pub(crate) fn stop(&self) -> Result<(), Box<dyn Error>> {
        let seconds = processor_seconds()? - self.started;
        let (before, peak) = (self.before, MEMORY.max_allocated());
        say(&format!("cpu {seconds:.2} s"))?;
        say(&format!("before {before} bytes"))?;
        say(&format!("peak {peak} bytes"))
    }
}

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [name, size] = arguments.as_slice() else {
        for (name, meaning, _) in CASES {
            say(&format!("{name:<20} {meaning}"))?;
        }
        return Ok(());
    };
    let case = CASES.iter().find(|(known, ..)| known == name).ok_or("no such case")?;
    case.2(size.parse()?)
}

pub(crate) fn say(words: &str) -> Result<(), Box<dyn Error>> {
    Ok(writeln!(std::io::stdout().lock(), "{words}")?)
}

/// Processor time of this process and all its threads so far.
fn processor_seconds() -> Result<f64, Box<dyn Error>> {
    let stat = std::fs::read_to_string("/proc/self/stat")?;
    // The name of the program may hold blanks; what follows it begins with field 3.
    let rest = stat.rsplit_once(") ").map_or("", |(_, rest)| rest);
    let ticks = rest.split(' ').skip(11).take(2).map(str::parse::<f64>);
    Ok(ticks.sum::<Result<f64, _>>()? / TICKS)
}
