//! Whether a value differs between hosts by right.

use crate::model::{AttributeSet, Digest, Entry, FileType, Observed, PerHostValue};
use crate::rules::Rule;

use super::explain::is_executable;

/// What can be said of a value under the form of its rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// It is the same on both sides.
    Same,
    /// It differs, or is new, as the form allows.
    Expected,
    /// It differs, or is new, and not as the form allows.
    Differs,
    /// It could not be seen; its side has a problem.
    Unobserved,
    /// One side was captured under other rules, which kept nothing to compare.
    Unjudged,
}

/// Judges the value of an entry under its rule against that of the older side, which may have none.
#[must_use]
pub fn verdict(before: Option<&Entry>, after: &Entry, rule: &Rule) -> Verdict {
    let Some(form) = &rule.form else { return Verdict::Same };
    if before.is_some_and(|before| is_same(before, after)) {
        return Verdict::Same;
    }
    let wanted = form.digest();
    let judged = |entry: &Entry| match entry.per_host {
        Observed::Is(judged) if judged.form == wanted => Some(judged.value),
        _ => None,
    };
    let bad_newcomer =
        || before.is_none() && (is_executable(after) || !rule.newcomer.admits(after));
    let expected = |is: bool| if is { Verdict::Expected } else { Verdict::Differs };
    match (judged(after), before) {
        (None, _) if after.digest == Observed::Unobserved => Verdict::Unobserved,
        (None, _) => Verdict::Unjudged,
        // What can be run comes from the image alone, and what the image has is the image's.
        (Some(_), _) if bad_newcomer() => Verdict::Differs,
        (Some(_), Some(_)) if form.only_new() => Verdict::Differs,
        (Some(PerHostValue::Conforms), _) => Verdict::Expected,
        (Some(PerHostValue::Violates), _) => Verdict::Differs,
        // What is new may hold nothing but what the form leaves out.
        (Some(PerHostValue::Left(left)), None) => expected(left == Digest::sha256_of(b"")),
        (Some(PerHostValue::Left(left)), Some(before)) => match judged(before) {
            Some(PerHostValue::Left(was)) => expected(left == was),
            Some(_) => Verdict::Differs,
            None if before.digest == Observed::Unobserved => Verdict::Unobserved,
            None => Verdict::Unjudged,
        },
    }
}

/// The attributes of a value that differ.
pub(super) fn differing(before: &Entry, after: &Entry) -> AttributeSet {
    let one = |name, differs| if differs { AttributeSet::named(name) } else { AttributeSet::EMPTY };
    match after.file_type {
        FileType::File => one("digest", true).with(one("size", before.size != after.size)),
        FileType::Symlink => one("link_target", true),
        _ => AttributeSet::EMPTY,
    }
}

fn is_same(before: &Entry, after: &Entry) -> bool {
    match after.file_type {
        FileType::File => before.digest.seen().is_some() && before.digest == after.digest,
        FileType::Symlink => {
            before.link_target.seen().is_some() && before.link_target == after.link_target
        }
        _ => true,
    }
}
