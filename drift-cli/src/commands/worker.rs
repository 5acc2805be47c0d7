//! `drift policy-worker`: evaluates policies for another process of drift; nobody types it.

use std::io::{BufRead as _, Read as _};

use drift_core::judge::Exit;
use drift_core::policy::{testing, worker};

use crate::args::Work;
use crate::failure::Failure;
use crate::terminal::Terminal;
use crate::worker::confine;

/// The first line is short.
const MAX_PREFACE_BYTES: u64 = 4096;

pub(crate) fn run(work: Work, terminal: &Terminal) -> Result<Exit, Failure> {
    let mut stdin = std::io::stdin().lock();
    let mut preface = String::new();
    let read = (&mut stdin).take(MAX_PREFACE_BYTES).read_line(&mut preface);
    let _bytes = read.map_err(Failure::usage)?;
    confine(&preface).map_err(refused)?;
    let (mut job, mut input) = (String::new(), String::new());
    let _bytes = stdin.read_line(&mut job).map_err(Failure::usage)?;
    let _bytes = stdin.read_to_string(&mut input).map_err(Failure::usage)?;
    let mut tell = |line: &str| terminal.result(line.as_bytes()).is_ok();
    let done = match work {
        Work::Evaluate => worker::serve(&job, &input, &mut tell),
        Work::Test => testing::serve(&job, &mut tell),
    };
    done.map_err(refused)?;
    Ok(Exit::CLEAN)
}

fn refused(why: String) -> Failure {
    Failure::usage_text(format!("this verb is for drift itself: {why}"))
}
