//! Asking policies: each on its own, on a clone of its origin's engine, within limits.

use crate::bounds::{Cancel, Cancelled, Pool};

use super::engine::{Engine, EvaluationError, Limits, Value, on_large_stack};
use super::input::Input;
use super::set::{Policy, PolicySet, Selection};
use super::worker::cut;

/// One thing that a policy denies, as it said it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Default)]
pub struct Denial {
    /// The object, as a path with a leading slash.
    pub path: Option<String>,
    /// The line in that file, from 1.
    pub line: Option<u64>,
    /// What was found.
    pub observed: Option<String>,
    /// What should be.
    pub expected: Option<String>,
    /// A sentence, where the above does not say it.
    pub message: Option<String>,
    /// The package that it is about.
    pub package: Option<String>,
}

/// What a policy answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// It answered.
    Said {
        /// What it denies, sorted, at most [`Limits::denials`].
        deny: Vec<Denial>,
        /// How many more it denies.
        omitted: u64,
        /// Why it is not about such a target, sorted.
        not_applicable: Vec<String>,
        /// What it says that it cannot check, sorted.
        not_checked: Vec<String>,
    },
    /// It cannot be evaluated.
    Failed(String),
    /// A limit stopped it.
    Exceeded(String),
}

/// Something that asks policies.
pub trait Evaluator: std::fmt::Debug + Send + Sync {
    /// Returns one answer for each selected policy, in the order of the set; `None` for each other.
    fn evaluate(
        &self,
        set: &PolicySet,
        input: &Input,
        pool: &Pool,
        cancel: &Cancel,
    ) -> Result<Vec<Option<Answer>>, Cancelled>;
}

/// Asks policies in this process. Time and output are limited; memory is not, so only policies
/// that come with drift, or that the caller trusts not to exhaust it, belong here.
#[derive(Debug, Clone, Copy, Default)]
pub struct InProcess {
    /// The limits of each policy.
    pub limits: Limits,
}

impl Evaluator for InProcess {
    fn evaluate(
        &self,
        set: &PolicySet,
        input: &Input,
        pool: &Pool,
        cancel: &Cancel,
    ) -> Result<Vec<Option<Answer>>, Cancelled> {
        let engines = prepared(set, &input.value, self.limits);
        pool.map(&set.policies, |policy| {
            cancel.check()?;
            let selected = policy.selection == Selection::Selected;
            Ok(selected.then(|| ask(policy, &engines, self.limits)))
        })
    }
}

/// Gives every origin's engine the input and the parameters, once.
pub(super) fn prepared(
    set: &PolicySet,
    input: &Value,
    limits: Limits,
) -> Vec<Result<Engine, EvaluationError>> {
    let shared = |(name, value): (&String, &Value)| (Value::text(name), value.clone());
    let parameters = Value::map(set.parameters.iter().map(shared));
    let prepare = |engine: &Engine| engine.for_input(input.clone(), parameters.clone(), limits);
    set.engines.iter().map(prepare).collect()
}

/// Asks one policy, on a stack of its own.
pub(super) fn ask(
    policy: &Policy,
    engines: &[Result<Engine, EvaluationError>],
    limits: Limits,
) -> Answer {
    let answered = on_large_stack(|| {
        let nowhere = || EvaluationError::Failed("its origin has no engine".to_owned());
        let mut engine = engines.get(policy.origin).cloned().ok_or_else(nowhere)??;
        let mut set_of = |rule: &str| -> Result<Vec<Value>, EvaluationError> {
            match policy.rules.contains(rule) {
                true => engine.set_of(&policy.package, rule, limits),
                false => Ok(Vec::new()),
            }
        };
        let (deny, omitted) = denials(set_of("deny")?, limits)?;
        let not_applicable = sentences("not_applicable", set_of("not_applicable")?, limits)?;
        let not_checked = sentences("not_checked", set_of("not_checked")?, limits)?;
        Ok(Answer::Said { deny, omitted, not_applicable, not_checked })
    });
    match answered {
        Ok(answer) => answer,
        Err(EvaluationError::Failed(reason)) => Answer::Failed(reason),
        Err(EvaluationError::Exceeded(reason)) => Answer::Exceeded(reason),
    }
}

/// The members that a denial may have.
const MEMBERS: [&str; 6] = ["path", "line", "observed", "expected", "message", "package"];

fn denials(found: Vec<Value>, limits: Limits) -> Result<(Vec<Denial>, u64), EvaluationError> {
    let mut denials = Vec::new();
    let mut omitted = 0_u64;
    for value in found {
        let denial = denial(&value, limits)?;
        if denials.len() < limits.denials {
            denials.push(denial);
        } else {
            omitted = omitted.saturating_add(1);
        }
    }
    denials.sort();
    Ok((denials, omitted))
}

fn denial(value: &Value, limits: Limits) -> Result<Denial, EvaluationError> {
    let wrong = |what: String| {
        let members = MEMBERS.join(", ");
        EvaluationError::Failed(format!("deny holds {what}; a denial is an object of {members}"))
    };
    let Some(members) = value.members() else {
        return Err(wrong(format!("{}, not an object", value.kind())));
    };
    let mut denial = Denial::default();
    for (name, value) in members {
        let text = || text_of(&value, limits).map_err(|what| wrong(format!("{name}: {what}")));
        match &*name {
            "path" => denial.path = text()?,
            "observed" => denial.observed = text()?,
            "expected" => denial.expected = text()?,
            "message" => denial.message = text()?,
            "package" => denial.package = text()?,
            "line" => match value.as_u64() {
                Some(line) => denial.line = Some(line),
                None if value.is_null() => {}
                None => return Err(wrong(format!("line: {}", value.kind()))),
            },
            other => return Err(wrong(format!("an unknown member {other:?}"))),
        }
    }
    if denial == Denial::default() {
        return Err(wrong("an empty object".to_owned()));
    }
    let Denial { path, line, observed, expected, message, package } = &denial;
    let texts = [path, observed, expected, message, package];
    if line.is_none() && texts.into_iter().flatten().all(|text| text.trim().is_empty()) {
        return Err(wrong("an object without any text".to_owned()));
    }
    Ok(denial)
}

/// Scalars as the report shows them; what has parts has no place in one cell.
fn text_of(value: &Value, limits: Limits) -> Result<Option<String>, String> {
    if value.is_null() {
        return Ok(None);
    }
    let text = match value.as_str() {
        Some(text) => text.to_owned(),
        None if value.is_scalar() => value.json(),
        None => return Err(format!("{} is no text, number or boolean", value.kind())),
    };
    if text.len() > ABSURD_BYTES {
        return Err(format!("a text of {} bytes, more than {ABSURD_BYTES}", text.len()));
    }
    Ok(Some(within(text, limits.text_bytes)))
}

/// A text that no path and no line of a target accounts for, in bytes.
const ABSURD_BYTES: usize = 1 << 20;

/// Cuts what is too long and marks it, so that one long path hides no denial of another.
fn within(text: String, limit: usize) -> String {
    if text.len() <= limit {
        return text;
    }
    let mark = format!("\u{2026} ({} bytes)", text.len());
    let kept = cut(text, limit.saturating_sub(mark.len()));
    cut(kept + &mark, limit)
}

fn sentences(
    rule: &str,
    found: Vec<Value>,
    limits: Limits,
) -> Result<Vec<String>, EvaluationError> {
    let wrong = |what: String| {
        EvaluationError::Failed(format!("{rule} holds {what}; it is a set of sentences"))
    };
    if found.len() > limits.denials {
        return Err(wrong(format!("{} sentences, more than {}", found.len(), limits.denials)));
    }
    let mut sentences = Vec::new();
    for value in &found {
        match value.as_str() {
            Some(text) if text.trim().is_empty() => return Err(wrong("an empty text".to_owned())),
            Some(text) if text.len() <= ABSURD_BYTES => {
                sentences.push(within(text.to_owned(), limits.text_bytes));
            }
            Some(text) => return Err(wrong(format!("a text of {} bytes", text.len()))),
            None => return Err(wrong(value.kind().to_owned())),
        }
    }
    Ok(sentences)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn empty_texts_say_nothing() {
        let limits = Limits::default();
        let said = |text: &str| sentences("not_checked", vec![Value::text(text)], limits);
        assert!(said("why").is_ok());
        assert!(said("").is_err() && said(" \n").is_err());
        let denied = |path: &str, observed: &str| {
            let members = [("path", path), ("observed", observed)];
            let members = members.map(|(name, text)| (Value::text(name), Value::text(text)));
            denial(&Value::map(members), limits)
        };
        assert!(denied("/x", "").is_ok());
        assert!(denied("", " ").is_err());
    }
}
