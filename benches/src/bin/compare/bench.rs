//! What all parts share: the program, a place for what they make, and how often all is run.

#![expect(
    clippy::disallowed_methods,
    reason = "a benchmark starts other programs and writes what it found"
)]

use std::error::Error;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use drift_benches::goals::Outcome;
use drift_benches::{Contender, Runs, Schedule, compete};

use crate::arguments::Arguments;

/// A command that takes longer than this is run less often: AIDE of Debian 12 needs minutes for what
/// five rounds of all others take together.
const SLOW_SECONDS: f64 = 60.0;

/// One part of the result.
#[derive(Debug, Default)]
pub(crate) struct Section {
    /// Markdown, beginning with its heading.
    pub(crate) text: String,
    /// How the goals stand that it is about.
    pub(crate) outcomes: Vec<Outcome>,
}

/// What all parts share.
#[derive(Debug)]
pub(crate) struct Bench {
    pub(crate) arguments: Arguments,
    pub(crate) drift: PathBuf,
    pub(crate) schedule: Schedule,
}

impl Bench {
    pub(crate) fn new(arguments: Arguments) -> Result<Self, Box<dyn Error>> {
        let drift = match &arguments.drift {
            Some(drift) => drift.clone(),
            None => beside("drift")?,
        };
        let scratch = arguments.work.join(format!("drift-bench-{}", std::process::id()));
        std::fs::create_dir_all(&scratch)?;
        let (rounds, slow_rounds) = (arguments.rounds, arguments.slow_rounds);
        let schedule = Schedule { rounds, slow: SLOW_SECONDS, slow_rounds, scratch };
        let bench = Self { arguments, drift, schedule };
        bench.succeed(&format!("{} keygen --out '{}'", bench.drift(), bench.place("bench")))?;
        Ok(bench)
    }

    /// Returns a path for something of this run.
    pub(crate) fn place(&self, name: &str) -> String {
        self.schedule.scratch.join(name).display().to_string()
    }

    /// Returns the measured program as a word of a script.
    pub(crate) fn drift(&self) -> String {
        format!("'{}'", self.drift.display())
    }

    /// Returns what every verb of drift is given: no configuration of this machine, as many threads as
    /// all others have, and a state of its own, so that one command's cache is not another's work.
    pub(crate) fn common(&self, state: &str) -> String {
        let state = self.place(state);
        format!("--no-config --threads {} --state '{state}'", self.arguments.threads)
    }

    /// Returns the command of another program of this crate as the beginning of a script.
    pub(crate) fn own(&self, name: &str) -> Result<String, Box<dyn Error>> {
        Ok(format!("'{}'", beside(name)?.display()))
    }

    /// Has all that these read of a tree, and the program, read before each run of each: a machine may
    /// take out of its page cache meanwhile what a slow one does not touch.
    pub(crate) fn warmed(
        &self,
        tree: &str,
        contenders: Vec<Contender>,
    ) -> Result<Vec<Contender>, Box<dyn Error>> {
        let (drift, floor) = (self.drift(), self.own("floor")?);
        let read = format!("cat {drift} && {floor} read '{tree}' {}", self.arguments.threads);
        let warmed = |contender| Contender { before: Some(read.clone()), ..contender };
        Ok(contenders.into_iter().map(warmed).collect())
    }

    /// Returns the Debian root that was named.
    pub(crate) fn root(&self) -> Result<PathBuf, Box<dyn Error>> {
        let root = self.arguments.root.as_deref().ok_or("no root was named: --root DIR")?;
        Ok(std::fs::canonicalize(root)?)
    }

    pub(crate) fn compete(&self, contenders: &[Contender]) -> Result<Vec<Runs>, Box<dyn Error>> {
        for contender in contenders {
            writeln!(std::io::stderr(), "  {}: {}", contender.name, contender.script)?;
        }
        compete(contenders, &self.schedule)
    }

    /// Runs a script that prepares something.
    pub(crate) fn succeed(&self, script: &str) -> Result<String, Box<dyn Error>> {
        let output = Command::new("sh").args(["-c", script]).output()?;
        if output.status.success() {
            return Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned());
        }
        let said = String::from_utf8_lossy(&output.stderr);
        Err(format!("{script}\nended with {}: {said}", output.status).into())
    }

    /// Keeps the result beside the earlier ones.
    pub(crate) fn keep(&self, text: &str) -> Result<(), Box<dyn Error>> {
        let date = jiff::Timestamp::now().strftime("%Y-%m-%d");
        let results = Path::new(env!("CARGO_MANIFEST_DIR")).join("results");
        let file = results.join(format!("{date}-{}.md", self.arguments.name));
        std::fs::write(&file, text)?;
        Ok(writeln!(std::io::stderr(), "kept as {}", file.display())?)
    }
}

/// Returns a program that was built beside this one.
fn beside(name: &str) -> Result<PathBuf, Box<dyn Error>> {
    let program = std::env::current_exe()?.with_file_name(name);
    if program.is_file() {
        return Ok(program);
    }
    let missing = program.display();
    Err(format!("{missing} is missing; run cargo build --release --workspace first").into())
}
