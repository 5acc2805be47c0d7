//! What can be typed.

use std::path::PathBuf;

/// Rounds that have a median and a range worth the name.
const ROUNDS: usize = 5;
/// Of what takes more than a minute; `--slow-rounds 5` for a result that is kept.
const SLOW_ROUNDS: usize = 2;
/// What every system has.
const TREE: &str = "/usr";

/// The command line.
#[derive(Debug)]
pub(crate) struct Arguments {
    /// Parts that are wanted; none means all.
    parts: Vec<String>,
    /// Directories, or SHAPE:FILES.
    pub(crate) trees: Vec<String>,
    /// A root of Debian.
    pub(crate) root: Option<PathBuf>,
    /// A root with a database of rpm.
    pub(crate) rpm_root: Option<PathBuf>,
    /// An OCI layout with one image; without it one is made of the root.
    pub(crate) image: Option<PathBuf>,
    /// The program that is measured; without it the one beside this one.
    pub(crate) drift: Option<PathBuf>,
    /// Where trees and baselines are made.
    pub(crate) work: PathBuf,
    /// Measured rounds.
    pub(crate) rounds: usize,
    /// Measured rounds of a command that takes more than a minute.
    pub(crate) slow_rounds: usize,
    /// Threads of every program that lets one choose.
    pub(crate) threads: usize,
    /// Whether other programs than drift and the limit are run.
    pub(crate) peers: bool,
    /// The last part of the result's name.
    pub(crate) name: String,
}

impl Arguments {
    pub(crate) fn parse(
        mut words: impl Iterator<Item = String>,
        known: &[&str],
    ) -> Result<Self, String> {
        let threads = std::thread::available_parallelism().map_or(1, usize::from);
        let mut parsed = Self {
            parts: Vec::new(),
            trees: Vec::new(),
            root: None,
            rpm_root: None,
            image: None,
            drift: None,
            work: std::env::temp_dir(),
            rounds: ROUNDS,
            slow_rounds: SLOW_ROUNDS,
            threads,
            peers: true,
            name: "compare".to_owned(),
        };
        while let Some(word) = words.next() {
            if known.contains(&word.as_str()) {
                parsed.parts.push(word);
                continue;
            }
            let mut value = || words.next().ok_or_else(|| format!("{word} needs a value"));
            let number = |text: String| text.parse().map_err(|_| format!("{text} is no number"));
            match word.as_str() {
                "--tree" => parsed.trees.push(value()?),
                "--root" => parsed.root = Some(value()?.into()),
                "--rpm-root" => parsed.rpm_root = Some(value()?.into()),
                "--image" => parsed.image = Some(value()?.into()),
                "--drift" => parsed.drift = Some(value()?.into()),
                "--work" => parsed.work = value()?.into(),
                "--rounds" => parsed.rounds = number(value()?)?,
                "--slow-rounds" => parsed.slow_rounds = number(value()?)?,
                "--threads" => parsed.threads = number(value()?)?,
                "--no-peers" => parsed.peers = false,
                "--name" => parsed.name = value()?,
                _ => return Err(usage(&word, known)),
            }
        }
        if parsed.trees.is_empty() {
            parsed.trees.push(TREE.to_owned());
        }
        Ok(parsed)
    }

    /// Returns whether a part was asked for.
    pub(crate) fn wants(&self, part: &str) -> bool {
        self.parts.is_empty() || self.parts.iter().any(|wanted| wanted == part)
    }
}

fn usage(word: &str, parts: &[&str]) -> String {
    format!(
        "{word} is not known\nusage: compare [{}]... [--tree DIR|small:FILES|big:FILES|mixed:FILES]... \
         [--root DIR] [--rpm-root DIR] [--image LAYOUT] [--drift FILE] [--work DIR] [--rounds N] \
         [--slow-rounds N] [--threads N] [--no-peers] [--name NAME]",
        parts.join("|")
    )
}
