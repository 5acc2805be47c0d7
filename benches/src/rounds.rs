//! Commands run in turn, so that whatever slows the machine slows each of them.

#![expect(
    clippy::disallowed_methods,
    reason = "a benchmark starts other programs and reads clocks"
)]

use std::error::Error;
use std::fmt::Write as _;
use std::process::{Command, Stdio};
use std::time::Instant;

/// One of the commands that are compared.
#[derive(Debug)]
pub struct Contender {
    /// What the table calls it.
    pub name: &'static str,
    /// What `sh -c` runs; its output is thrown away.
    pub script: String,
    /// The exit codes that count as success.
    pub codes: &'static [i32],
}

/// Runs all of them once unmeasured, which warms the page cache, then `rounds` times in turn.
/// Returns a table of medians, ranges and ratios to the first, and every single time. Of processor
/// time, which other work on the machine moves less, the median and its ratio.
///
/// # Errors
///
/// When a command cannot be started or ends with a code that does not count as success.
pub fn compete(contenders: &[Contender], rounds: usize) -> Result<String, Box<dyn Error>> {
    for contender in contenders {
        seconds(contender)?;
    }
    let mut times: Vec<Vec<f64>> = contenders.iter().map(|_| Vec::new()).collect();
    let mut processor = times.clone();
    for _ in 0..rounds {
        for ((contender, times), processor) in contenders.iter().zip(&mut times).zip(&mut processor)
        {
            let (wall, used) = seconds(contender)?;
            times.push(wall);
            processor.push(used);
        }
    }
    let raw = times.clone();
    for times in times.iter_mut().chain(&mut processor) {
        times.sort_by(f64::total_cmp);
    }
    let median = |times: &[f64]| times.get(times.len() / 2).copied().unwrap_or_default();
    let first = times.first().map_or(1.0, |times| median(times));
    let first_used = processor.first().map_or(1.0, |times| median(times));
    let mut out = String::from(
        "| command | median | range | ratio | processor | ratio |\n|---|---|---|---|---|---|\n",
    );
    for ((contender, times), processor) in contenders.iter().zip(&times).zip(&processor) {
        let (low, high) = (times.first().unwrap_or(&0.0), times.last().unwrap_or(&0.0));
        let middle = median(times);
        let ratio = middle / first;
        let used = median(processor);
        let used_ratio = used / first_used;
        writeln!(
            out,
            "| {} | {middle:.2} s | {low:.2}–{high:.2} s | {ratio:.2} | {used:.2} s | {used_ratio:.2} |",
            contender.name
        )?;
    }
    out.push_str("\nEvery time in seconds, in the order of the runs:\n\n");
    for (contender, raw) in contenders.iter().zip(&raw) {
        let raw: Vec<String> = raw.iter().map(|seconds| format!("{seconds:.3}")).collect();
        writeln!(out, "- {}: {}", contender.name, raw.join(" "))?;
    }
    Ok(out)
}

/// Runs one, and returns how long it took and how much processor time it used.
fn seconds(contender: &Contender) -> Result<(f64, f64), Box<dyn Error>> {
    let mut command = Command::new("sh");
    command.args(["-c", &contender.script]).stdout(Stdio::null()).stderr(Stdio::null());
    let before = used_by_children()?;
    let start = Instant::now();
    let status = command.status()?;
    let seconds = start.elapsed().as_secs_f64();
    let used = used_by_children()? - before;
    match status.code() {
        Some(code) if contender.codes.contains(&code) => Ok((seconds, used)),
        _ => Err(format!("{} ended with {status}", contender.name).into()),
    }
}

/// Ticks of a second in which Linux tells processor time to programs (proc(5), `CLK_TCK`).
const TICKS: f64 = 100.0;

/// Processor time of all children that ended, user and system (proc_pid_stat(5), cutime and cstime).
fn used_by_children() -> Result<f64, Box<dyn Error>> {
    let stat = std::fs::read_to_string("/proc/self/stat")?;
    // The name, in parentheses, may hold anything; cutime and cstime are the 14th and 15th after it.
    let (_, fields) = stat.rsplit_once(')').ok_or("/proc/self/stat has another form")?;
    let ticks = fields.split_whitespace().skip(13).take(2).map(str::parse::<u64>);
    Ok(ticks.sum::<Result<u64, _>>()? as f64 / TICKS)
}
