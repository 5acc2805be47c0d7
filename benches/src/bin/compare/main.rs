//! Measures drift beside every peer that is installed, and beside the limit, and prints how the goals
//! S1 to S9 stand.
//!
//! `cargo run --release -p golden-drift-benches --bin compare -- [PART...] [OPTION...]` after
//! `cargo build --release --workspace`; `benches/run` does both. Parts are `check`, `sizes`, `packages`,
//! `policies` and `image`; without one, all. The result is printed and kept as
//! `benches/results/DATE-NAME.md`.

#![expect(clippy::disallowed_methods, reason = "a measurement takes arguments")]

mod arguments;
mod bench;
mod check;
mod image;
mod packages;
mod policies;
mod sizes;

use std::error::Error;
use std::fmt::Write as _;
use std::io::Write as _;

use arguments::Arguments;
use bench::{Bench, Section};
use drift_benches::{describe, goals};

/// One part of the measurement, by its name on the command line.
type Part = (&'static str, fn(&Bench) -> Result<Section, Box<dyn Error>>);

const PARTS: &[Part] = &[
    ("check", check::measure),
    ("sizes", sizes::measure),
    ("packages", packages::measure),
    ("policies", policies::measure),
    ("image", image::measure),
];

fn main() -> Result<(), Box<dyn Error>> {
    let names: Vec<&str> = PARTS.iter().map(|(name, _)| *name).collect();
    let arguments = Arguments::parse(std::env::args().skip(1), &names)?;
    let bench = Bench::new(arguments)?;
    let outcome = run(&bench);
    std::fs::remove_dir_all(&bench.schedule.scratch)?;
    outcome
}

fn run(bench: &Bench) -> Result<(), Box<dyn Error>> {
    let machine = describe(&bench.drift)?;
    let (mut sections, mut outcomes) = (String::new(), Vec::new());
    for (name, measure) in PARTS.iter().filter(|(name, _)| bench.arguments.wants(name)) {
        writeln!(std::io::stderr(), "measuring: {name}")?;
        // An hour of other results must not be lost with one part.
        match measure(bench) {
            Ok(section) => {
                sections += &section.text;
                outcomes.extend(section.outcomes);
            }
            Err(error) => writeln!(sections, "\n## {name}\n\nNot measured: {error}")?,
        }
    }
    let command: Vec<String> = std::env::args().skip(1).collect();
    let text = format!(
        "# drift beside its limit and its peers: {}\n\nPrinted by `benches/run {}`.\n\n{machine}\n\
         ## Goals\n\nA number is the middle of its rounds, the spread their least and most; of a \
         ratio each round gives one, of commands run one after the other.\n\n{}{sections}",
        bench.arguments.name,
        command.join(" "),
        goals::table(&outcomes),
    );
    std::io::stdout().lock().write_all(text.as_bytes())?;
    bench.keep(&text)
}
