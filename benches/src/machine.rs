//! What a result must say about the machine and the tree, or it is none.

#![expect(
    clippy::disallowed_methods,
    reason = "a benchmark asks other programs about the machine, and the clock"
)]

use std::error::Error;
use std::path::Path;
use std::process::Command;

/// Describes the machine, the tree and the baseline of it where there is one, as a Markdown list.
///
/// # Errors
///
/// When a program that is asked cannot be started, or the baseline cannot be read.
pub fn describe(directory: &str, baseline: Option<&Path>) -> Result<String, Box<dyn Error>> {
    let entries: u64 = shell(&format!("find '{directory}' -xdev | wc -l"))?.parse()?;
    let mut lines = vec![
        format!("- date: {}", jiff::Timestamp::now().strftime("%Y-%m-%dT%H:%MZ")),
        format!("- drift: {}", shell("git describe --always --dirty 2>/dev/null || echo unknown")?),
        format!("- processor: {}", field("/proc/cpuinfo", "model name")?),
        format!("- cores: {}", shell("nproc")?),
        format!("- load before: {}", shell("cut -d ' ' -f 1-3 /proc/loadavg")?),
        format!("- memory: {}", field("/proc/meminfo", "MemTotal")?),
        format!("- kernel: {}", shell("uname -sr")?),
        format!("- file system: {}", shell(&format!("stat -f -c %T '{directory}'"))?),
        format!("- tree: {entries} entries, {}", bytes_of(directory)?),
    ];
    if let Some(baseline) = baseline {
        let stored = std::fs::metadata(baseline)?.len();
        let each = stored as f64 / entries as f64;
        lines.push(format!("- baseline: {stored} bytes, {each:.1} an entry"));
    }
    lines.push("- cache: warm, each command run once unmeasured; then all in turn".to_owned());
    Ok(lines.join("\n") + "\n")
}

fn bytes_of(directory: &str) -> Result<String, Box<dyn Error>> {
    let sum = "{files += 1; bytes += $1} END {printf \"%d files, %.2f GB\", files, bytes / 1e9}";
    shell(&format!("find '{directory}' -xdev -type f -printf '%s\\n' | awk '{sum}'"))
}

/// Returns the value of the first line `name: value`.
fn field(file: &str, name: &str) -> Result<String, Box<dyn Error>> {
    let text = std::fs::read_to_string(file)?;
    let mut values = text.lines().filter_map(|line| line.split_once(':'));
    let found = values.find(|(key, _)| key.trim() == name);
    Ok(found.map_or_else(|| "unknown".to_owned(), |(_, value)| value.trim().to_owned()))
}

fn shell(script: &str) -> Result<String, Box<dyn Error>> {
    let output = Command::new("sh").args(["-c", script]).output()?;
    Ok(String::from_utf8(output.stdout)?.trim().to_owned())
}
