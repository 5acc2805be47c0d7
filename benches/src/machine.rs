//! What a result must say about the machine and the tree, or it is none.

#![expect(
    clippy::disallowed_methods,
    reason = "a benchmark asks other programs about the machine, and the clock"
)]

use std::error::Error;
use std::path::Path;
use std::process::Command;

/// Instructions that decide how fast digests are.
const FLAGS: [&str; 6] = ["sha_ni", "avx2", "avx512f", "avx512bw", "vaes", "gfni"];

/// Describes the machine and the program as a Markdown list.
///
/// # Errors
///
/// When a program that is asked cannot be started.
pub fn describe(drift: &Path) -> Result<String, Box<dyn Error>> {
    let flags = field("/proc/cpuinfo", "flags")?;
    let has = |flag: &&str| flags.split_whitespace().any(|one| one == *flag);
    let flags: Vec<&str> = FLAGS.into_iter().filter(has).collect();
    let version = shell(&format!("'{}' --version", drift.display()))?;
    let lines = [
        format!("- date: {}", jiff::Timestamp::now().strftime("%Y-%m-%dT%H:%MZ")),
        format!("- drift: {version}, {}", shell("git describe --always --dirty 2>/dev/null || :")?),
        format!("- compiler: {}", shell("rustc --version 2>/dev/null || echo unknown")?),
        format!("- processor: {}, {}", field("/proc/cpuinfo", "model name")?, flags.join(" ")),
        format!("- digests: {}", drift_lanes::Kernel::detect().name()),
        format!("- cores: {}", shell("nproc")?),
        format!("- load before: {}", shell("cut -d ' ' -f 1-3 /proc/loadavg")?),
        format!("- memory: {}", field("/proc/meminfo", "MemTotal")?),
        format!("- kernel: {}", shell("uname -sr")?),
        "- cache: warm, the tree read before every run and each command run once unmeasured; then all in turn".to_owned(),
        "- peak memory: of the largest process of a command".to_owned(),
    ];
    Ok(lines.join("\n") + "\n")
}

/// What lies below a directory on its file system.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Tree {
    /// All entries.
    pub entries: u64,
    /// Regular files.
    pub files: u64,
    /// Bytes of regular files.
    pub bytes: u64,
}

impl Tree {
    /// Counts by find(1), which is no code of drift.
    ///
    /// # Errors
    ///
    /// When find cannot be started, or the tree changes while it is counted.
    pub fn count(directory: &Path) -> Result<Self, Box<dyn Error>> {
        let sum = "{ entries++ } $1 == \"f\" { files++; bytes += $2 } \
                   END { printf \"%d %d %.0f\", entries, files, bytes }";
        let find = format!("find '{}' -xdev -printf '%y %s\\n'", directory.display());
        let counted = shell(&format!("{find} | awk '{sum}'"))?;
        let numbers = counted.split_whitespace().map(str::parse);
        let numbers: Vec<u64> = numbers.collect::<Result<_, _>>()?;
        let [entries, files, bytes] = numbers.as_slice() else {
            return Err(format!("find said {counted}").into());
        };
        Ok(Self { entries: *entries, files: *files, bytes: *bytes })
    }

    /// Describes it and its file system as a line of a Markdown list.
    ///
    /// # Errors
    ///
    /// When stat(1) cannot be started.
    pub fn line(&self, directory: &Path) -> Result<String, Box<dyn Error>> {
        let system = shell(&format!("stat -f -c %T '{}'", directory.display()))?;
        let gigabytes = self.bytes as f64 / 1e9;
        let Self { entries, files, .. } = self;
        Ok(format!("- tree: {entries} entries, {files} files, {gigabytes:.2} GB, on {system}\n"))
    }
}

/// Returns what programs say of their versions, one a line; what is not installed is said so.
///
/// # Errors
///
/// When `sh` cannot be started.
pub fn versions(programs: &[&str]) -> Result<String, Box<dyn Error>> {
    let mut out = String::new();
    for program in programs {
        let said = shell(&format!("{program} --version 2>&1 | sed -n '/./{{p;q}}'"))?;
        let name = program.split(' ').next().unwrap_or_default();
        let said = if is_installed(name)? { said } else { "not installed".to_owned() };
        out += &format!("- {name}: {said}\n");
    }
    Ok(out)
}

/// Returns whether a program is on the PATH.
///
/// # Errors
///
/// When `sh` cannot be started.
pub fn is_installed(program: &str) -> Result<bool, Box<dyn Error>> {
    Ok(!shell(&format!("command -v '{program}' || :"))?.is_empty())
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
    Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned())
}
