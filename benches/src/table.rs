//! Runs as Markdown: medians, ranges, ratios, processor time, memory, and every single time.

use std::fmt::Write as _;

use crate::goals::Spread;
use crate::rounds::{Runs, median};

const MEBIBYTE: f64 = 1_048_576.0;

/// Writes a table of all runs, with ratios to the first of them that ran, then every time.
#[must_use]
pub fn table(all: &[Runs]) -> String {
    let first = all.iter().find(|runs| runs.is_measured());
    let wall = first.map_or(1.0, |runs| median(&runs.wall));
    let used = first.map_or(1.0, |runs| median(&runs.processor));
    let mut out = String::from(
        "| command | median | range | spread | ratio | processor | ratio | peak memory | rounds |\n\
         |---|---|---|---|---|---|---|---|---|\n",
    );
    let mut raw = String::from("\nEvery time in seconds, in the order of the runs:\n\n");
    for runs in all {
        let name = &runs.name;
        let line = match Spread::of(&runs.wall).filter(|_| runs.is_measured()) {
            Some(spread) => {
                let processor = median(&runs.processor);
                format!(
                    "{:.3} s | {:.3}–{:.3} s | {:.0}% | {:.2} | {processor:.2} s | {:.2} | {:.1} MiB | {}",
                    spread.median,
                    spread.low,
                    spread.high,
                    100.0 * (spread.high - spread.low) / spread.median,
                    spread.median / wall,
                    processor / used,
                    median(&runs.peak) / MEBIBYTE,
                    spread.rounds,
                )
            }
            None => {
                let why = runs.failed.as_deref().unwrap_or("it did not run");
                format!("not measured: {} | | | | | | | 0", why.replace('|', "/"))
            }
        };
        let times: Vec<String> = runs.wall.iter().map(|seconds| format!("{seconds:.3}")).collect();
        writeln!(out, "| {name} | {line} |").expect("because memory takes text");
        writeln!(raw, "- {name}: {}", times.join(" ")).expect("because memory takes text");
    }
    out + &raw
}

#[cfg(test)]
mod tests {
    use super::table;
    use crate::rounds::Runs;

    #[test]
    fn ratios_are_to_the_first_that_ran() {
        let runs = |name: &str, wall: &[f64]| Runs {
            name: name.to_owned(),
            wall: wall.to_vec(),
            processor: wall.to_vec(),
            peak: vec![1_048_576.0],
            ..Runs::default()
        };
        let failed = Runs { failed: Some("a | b".to_owned()), ..runs("broken", &[1.0]) };
        let text = table(&[failed, runs("drift", &[2.0, 1.0, 3.0]), runs("slow", &[6.0])]);
        assert!(text.contains("| broken | not measured: a / b |"), "{text}");
        let line =
            "| drift | 2.000 s | 1.000–3.000 s | 100% | 1.00 | 2.00 s | 1.00 | 1.0 MiB | 3 |";
        assert!(text.contains(line), "{text}");
        assert!(text.contains("| slow | 6.000 s | 6.000–6.000 s | 0% | 3.00 |"), "{text}");
        assert!(text.contains("- drift: 2.000 1.000 3.000\n"), "{text}");
    }
}
