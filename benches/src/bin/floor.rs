//! Measures one part of the limit alone: `floor walk|read|lanes DIRECTORY THREADS`.
//!
//! Prints `seconds N` for that part, without what it needs to know beforehand, and what it went over.

#![expect(
    clippy::disallowed_methods,
    reason = "a measurement takes arguments and looks at a clock"
)]

use std::error::Error;
use std::io::Write as _;
use std::path::Path;
use std::time::Instant;

use drift_benches::floor;

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [part, directory, threads] = arguments.as_slice() else {
        return Err("usage: floor walk|read|lanes DIRECTORY THREADS".into());
    };
    let (root, threads) = (Path::new(directory), threads.parse()?);
    let listed = match part.as_str() {
        "walk" => Vec::new(),
        _ => floor::list(root)?,
    };
    let start = Instant::now();
    let total = match part.as_str() {
        "walk" => floor::walk(root, threads)?,
        "read" => floor::read(&listed, threads)?,
        "lanes" => floor::lanes(&listed, threads)?,
        _ => return Err("the parts are walk, read and lanes".into()),
    };
    let seconds = start.elapsed().as_secs_f64();
    let mut out = std::io::stdout().lock();
    writeln!(out, "seconds {seconds:.6}\ncount {}\nbytes {}", total.count, total.bytes)?;
    Ok(())
}
