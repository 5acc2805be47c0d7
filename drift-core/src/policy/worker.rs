//! Policies in a process of their own: what is told to it, and what it may answer.
//!
//! Both sides are this library; the process between them is the caller's. What a worker writes is
//! untrusted: a policy may have broken the interpreter. So its answers are read in the order in which
//! they were asked, within the limits that hold for every answer, and anything else is the end of it.

#![warn(clippy::indexing_slicing, clippy::arithmetic_side_effects)]

use std::collections::BTreeMap;
use std::time::Duration;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::engine::{Limits, Value, to_value};
use super::evaluate::{Answer, Denial, ask, prepared};
use super::load::load;
use super::packs::digest;
use super::set::{Origin, OriginKind, Policy, PolicyFile, PolicySet, Selection, SourceSet};

/// The longest line that a worker may write, in bytes.
pub const MAX_LINE_BYTES: usize = 64 << 20;

/// What a worker does: one line of JSON; its input follows.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Job {
    origin: String,
    files: Vec<(String, String)>,
    parameters: BTreeMap<String, serde_json::Value>,
    ask: Vec<String>,
    time_milliseconds: u64,
    denials: usize,
    text_bytes: usize,
}

/// One line of a worker.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) enum Line<T> {
    /// It begins with this one.
    Start(String),
    /// This one ended so.
    Answer(String, T),
    /// It was asked no more.
    Done,
}

/// An answer on its way.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
enum WireAnswer {
    Said {
        deny: Vec<WireDenial>,
        omitted: u64,
        not_applicable: Vec<String>,
        not_checked: Vec<String>,
    },
    Failed(String),
    Exceeded(String),
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct WireDenial {
    path: Option<String>,
    line: Option<u64>,
    observed: Option<String>,
    expected: Option<String>,
    message: Option<String>,
    package: Option<String>,
}

/// What a worker that breaks the form of answers is told of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the process that evaluated it wrote {0}")]
pub struct Garbled(&'static str);

/// The side that asks: names in order, and the answers so far.
#[derive(Debug)]
pub struct Conversation<'a, T> {
    asked: &'a [String],
    answers: Vec<T>,
    begun: bool,
    done: bool,
}

impl<'a, T: DeserializeOwned> Conversation<'a, T> {
    /// Begins; nothing is answered yet.
    #[must_use]
    pub fn new(asked: &'a [String]) -> Self {
        Self { asked, answers: Vec::new(), begun: false, done: false }
    }

    /// Takes one line, without its end.
    pub fn hear(&mut self, line: &[u8]) -> Result<(), Garbled> {
        if self.done {
            return Err(Garbled("more than it was asked"));
        }
        let line: Line<T> =
            serde_json::from_slice(line).map_err(|_| Garbled("something that is no answer"))?;
        let next = self.asked.get(self.answers.len());
        match line {
            Line::Start(name) if !self.begun && next == Some(&name) => self.begun = true,
            Line::Answer(name, answer) if self.begun && next == Some(&name) => {
                self.answers.push(answer);
                self.begun = false;
            }
            Line::Done if !self.begun && next.is_none() => self.done = true,
            _ => return Err(Garbled("an answer that was not due")),
        }
        Ok(())
    }

    /// Returns whether one was begun and not answered.
    #[must_use]
    pub fn has_begun(&self) -> bool {
        self.begun
    }

    /// Returns whether all was answered.
    #[must_use]
    pub fn is_done(&self) -> bool {
        self.done
    }

    /// Returns the number of answers so far.
    #[must_use]
    pub fn answered(&self) -> usize {
        self.answers.len()
    }

    /// Returns the answers, in the order in which they were asked.
    #[must_use]
    pub fn into_answers(self) -> Vec<T> {
        self.answers
    }
}

/// An answer as a worker told it, not yet held to the limits.
#[derive(Debug, Deserialize)]
#[serde(transparent)]
pub struct Told(WireAnswer);

impl Told {
    /// Takes the answer if it is one that an evaluation in this process could have given.
    #[must_use]
    pub fn answer(self, limits: Limits) -> Answer {
        let fits = |text: &String| text.len() <= limits.text_bytes;
        let beyond = || Answer::Failed(Garbled("an answer beyond the limits").to_string());
        match self.0 {
            WireAnswer::Said { deny, omitted, mut not_applicable, mut not_checked } => {
                let mut deny: Vec<Denial> = deny.into_iter().map(Denial::from).collect();
                let sentences = || not_applicable.iter().chain(&not_checked);
                let bounded = deny.len() <= limits.denials
                    && (omitted == 0 || deny.len() == limits.denials)
                    && not_applicable.len().max(not_checked.len()) <= limits.denials
                    && sentences().all(fits)
                    && deny.iter().flat_map(texts).all(fits)
                    && !deny.contains(&Denial::default());
                if !bounded {
                    return beyond();
                }
                deny.sort();
                not_applicable.sort();
                not_checked.sort();
                Answer::Said { deny, omitted, not_applicable, not_checked }
            }
            WireAnswer::Failed(why) if fits(&why) => Answer::Failed(why),
            WireAnswer::Exceeded(why) if fits(&why) => Answer::Exceeded(why),
            WireAnswer::Failed(_) | WireAnswer::Exceeded(_) => beyond(),
        }
    }
}

fn texts(denial: &Denial) -> impl Iterator<Item = &String> {
    let Denial { path, line: _, observed, expected, message, package } = denial;
    [path, observed, expected, message, package].into_iter().flatten()
}

/// Returns the line that asks a worker these policies of one origin.
#[must_use]
pub fn job(set: &PolicySet, origin: usize, ask: &[String], limits: Limits) -> String {
    let files = set.files.get(origin).map(Vec::as_slice).unwrap_or_default();
    let value = |(name, value): (&String, &Value)| {
        (name.clone(), serde_json::to_value(value).unwrap_or_default())
    };
    let job = Job {
        origin: set.origins.get(origin).map(|origin| origin.name.clone()).unwrap_or_default(),
        files: files.iter().map(|file| (file.name.clone(), file.text.clone())).collect(),
        parameters: set.parameters.iter().map(value).collect(),
        ask: ask.to_vec(),
        time_milliseconds: u64::try_from(limits.time.as_millis()).unwrap_or(u64::MAX),
        denials: limits.denials,
        text_bytes: limits.text_bytes,
    };
    serde_json::to_string(&job).unwrap_or_default()
}

/// Does a job in a worker. `tell` gets every line with its end, and returns whether anybody still
/// listens. The error is for the process that asked: the job itself makes no sense.
pub fn serve(job: &str, input: &str, tell: &mut dyn FnMut(&str) -> bool) -> Result<(), String> {
    let job: Job = serde_json::from_str(job).map_err(|error| error.to_string())?;
    let limits = Limits {
        time: Duration::from_millis(job.time_milliseconds),
        denials: job.denials,
        text_bytes: job.text_bytes,
    };
    let (set, input) = understood(&job, input)?;
    let engines = prepared(&set, &input, limits);
    for name in &job.ask {
        let policy = set.find(name).ok_or_else(|| format!("there is no policy {name}"))?;
        if !tell(&line(&Line::<WireAnswer>::Start(name.clone()))) {
            return Ok(());
        }
        let answer = wire(ask(policy, &engines, limits), limits);
        if !tell(&line(&Line::Answer(name.clone(), answer))) {
            return Ok(());
        }
    }
    let _listening = tell(&line(&Line::<WireAnswer>::Done));
    Ok(())
}

/// Loads the policies again, from the same files.
fn understood(job: &Job, input: &str) -> Result<(PolicySet, Value), String> {
    let mut set =
        load(vec![sources(&job.origin, &job.files)]).map_err(|wrong| wrong.to_string())?;
    for (name, value) in &job.parameters {
        let value = to_value(value).map_err(|error| error.to_string())?;
        set.parameters.insert(name.clone(), value);
    }
    let asked = |policy: &Policy| job.ask.iter().any(|name| name == policy.id.as_str());
    for policy in &mut set.policies {
        if !asked(policy) {
            policy.selection = Selection::NotSelected("it was not asked".to_owned());
        }
    }
    Ok((set, Value::from_json(input).map_err(|error| error.to_string())?))
}

/// Returns files that came through a pipe as an origin.
pub(super) fn sources(name: &str, files: &[(String, String)]) -> SourceSet {
    let file =
        |(name, text): &(String, String)| PolicyFile { name: name.clone(), text: text.clone() };
    let files: Vec<PolicyFile> = files.iter().map(file).collect();
    let origin = Origin {
        name: name.to_owned(),
        kind: OriginKind::Directory,
        digest: digest(&files),
        signers: Vec::new(),
        lineage: None,
    };
    SourceSet { origin, files }
}

pub(super) fn line<T: Serialize>(line: &Line<T>) -> String {
    let mut text = serde_json::to_string(line).unwrap_or_default();
    text.push('\n');
    text
}

fn wire(answer: Answer, limits: Limits) -> WireAnswer {
    match answer {
        Answer::Said { deny, omitted, not_applicable, not_checked } => {
            let deny = deny.into_iter().map(WireDenial::from).collect();
            WireAnswer::Said { deny, omitted, not_applicable, not_checked }
        }
        Answer::Failed(why) => WireAnswer::Failed(cut(why, limits.text_bytes)),
        Answer::Exceeded(why) => WireAnswer::Exceeded(cut(why, limits.text_bytes)),
    }
}

/// Keeps what fits, up to the end of a character.
pub(super) fn cut(mut text: String, limit: usize) -> String {
    let end = (0..=limit.min(text.len())).rev().find(|&end| text.is_char_boundary(end));
    text.truncate(end.unwrap_or(0));
    text
}

impl From<Denial> for WireDenial {
    fn from(denial: Denial) -> Self {
        let Denial { path, line, observed, expected, message, package } = denial;
        Self { path, line, observed, expected, message, package }
    }
}

impl From<WireDenial> for Denial {
    fn from(denial: WireDenial) -> Self {
        let WireDenial { path, line, observed, expected, message, package } = denial;
        Self { path, line, observed, expected, message, package }
    }
}

#[cfg(test)]
mod tests;
