//! What differs between two states of one entry, by the attributes that its rule compares.

use crate::model::{
    Attribute, AttributeSet, Entry, FileType, LayerId, Observed, Precision, Time, attribute::Value,
};
use crate::rules::{Class, Rule};

use super::Context;
use super::explain::grants_power;
use super::per_host::{Verdict, differing, verdict};

/// What both trees can be compared by.
#[derive(Clone, Copy)]
pub(super) struct Measure {
    carried: AttributeSet,
    precision: Precision,
}

/// What differs, and what cannot be said.
#[derive(Debug, Default)]
pub(super) struct Difference {
    /// Attributes that differ.
    pub(super) attributes: AttributeSet,
    /// Something could not be seen on one side; that side has a problem.
    pub(super) unobserved: bool,
    /// Something was recorded on one side alone, or by another algorithm.
    pub(super) unrecorded: bool,
    /// One side was captured under rules that kept nothing of what hosts share.
    pub(super) unjudged: bool,
    /// The file grew under class `growing`.
    pub(super) grown: bool,
}

enum Answer {
    Same,
    Differs,
    Unobserved,
    Unrecorded,
}

impl Measure {
    pub(super) fn new(context: &Context<'_>) -> Self {
        Self {
            carried: context.before.attributes.and(context.after.attributes),
            precision: context.before.mtime.min(context.after.mtime),
        }
    }

    /// Returns the measure of an older entry of this origin.
    pub(super) fn of_part(&self, origin: Option<LayerId>, context: &Context<'_>) -> Self {
        match context.part_of(origin).and_then(|at| context.before_parts.get(at)) {
            Some((_, carries)) => Self::new(&Context { before: *carries, ..*context }),
            None => *self,
        }
    }

    /// Compares two states of one entry.
    pub(super) fn difference(&self, before: &Entry, after: &Entry, rule: &Rule) -> Difference {
        let mut difference = Difference::default();
        if rule.excludes() {
            return difference;
        }
        if before.file_type == FileType::Unknown || after.file_type == FileType::Unknown {
            difference.unobserved = true;
            return difference;
        }
        if before.file_type != after.file_type {
            difference.attributes = AttributeSet::named("type");
            return difference;
        }
        if before == after && is_whole(before) {
            return difference;
        }
        let mut wanted = rule.attributes(after.file_type);
        // Content may change under such a rule, but not that of what gives power.
        let known = before.digest.seen().is_some() && after.digest.seen().is_some();
        if rule.may_come_and_go()
            && known
            && grants_power(before, rule)
            && grants_power(after, rule)
        {
            wanted = wanted.with(AttributeSet::named("digest"));
        }
        for attribute in wanted.and(self.carried).iter() {
            match self.compare(attribute, before, after) {
                Answer::Same => {}
                Answer::Differs => {
                    let one = AttributeSet::named(attribute.name);
                    difference.attributes = difference.attributes.with(one);
                }
                Answer::Unobserved => difference.unobserved = true,
                Answer::Unrecorded => difference.unrecorded = true,
            }
        }
        if rule.class == Some(Class::Growing) && after.file_type == FileType::File {
            growth(before, after, &mut difference);
        }
        if rule.form.is_some() {
            by_host(verdict(Some(before), after, rule), before, after, &mut difference);
        }
        difference
    }

    fn compare(&self, attribute: &Attribute, before: &Entry, after: &Entry) -> Answer {
        match ((attribute.get)(before), (attribute.get)(after)) {
            (Observed::Is(before), Observed::Is(after)) => self.compare_values(&before, &after),
            (Observed::NotApplicable, Observed::NotApplicable) => Answer::Same,
            (Observed::Unobserved, _) | (_, Observed::Unobserved) => Answer::Unobserved,
            // Every file system has these; one side's rule did not keep them.
            (Observed::NotApplicable, _) | (_, Observed::NotApplicable) if !attribute.guarded => {
                Answer::Unrecorded
            }
            // One side's file system has no such value: nothing was lost that it could have had.
            (Observed::NotApplicable, Observed::Is(value))
            | (Observed::Is(value), Observed::NotApplicable) => match value {
                Value::None => Answer::Same,
                Value::Named(pairs) if pairs.is_empty() => Answer::Same,
                _ => Answer::Differs,
            },
        }
    }

    fn compare_values(&self, before: &Value<'_>, after: &Value<'_>) -> Answer {
        let differs = match (before, after) {
            (Value::Digest(before), Value::Digest(after))
                if before.algorithm() != after.algorithm() =>
            {
                return Answer::Unrecorded;
            }
            (Value::Time(before), Value::Time(after)) if self.precision == Precision::Second => {
                !same_second(*before, *after)
            }
            _ => before != after,
        };
        if differs { Answer::Differs } else { Answer::Same }
    }
}

/// Whether nothing that a rule may ask for is unseen or was never taken: then an entry that is equal is
/// the same under any rule.
fn is_whole(entry: &Entry) -> bool {
    let unseen = entry.mode == Observed::Unobserved
        || entry.uid == Observed::Unobserved
        || entry.gid == Observed::Unobserved
        || entry.size == Observed::Unobserved
        || entry.mtime == Observed::Unobserved
        || entry.rdev == Observed::Unobserved
        || entry.nlink == Observed::Unobserved
        || entry.hardlinks == Observed::Unobserved
        || entry.flags == Observed::Unobserved
        || entry.xattrs == Observed::Unobserved;
    let content = match entry.file_type {
        FileType::File => entry.digest.seen().is_some(),
        FileType::Symlink => entry.link_target.seen().is_some(),
        _ => true,
    };
    content && !unseen
}

/// An expected difference is told, unless something else of the entry must be: that is the finding.
fn by_host(verdict: Verdict, before: &Entry, after: &Entry, difference: &mut Difference) {
    match verdict {
        Verdict::Same => {}
        Verdict::Expected if !difference.attributes.is_empty() => {}
        Verdict::Expected | Verdict::Differs => {
            difference.attributes = difference.attributes.with(differing(before, after));
        }
        Verdict::Unobserved => difference.unobserved = true,
        Verdict::Unjudged => difference.unjudged = true,
    }
}

/// Whether two times may be one, where either is whole seconds: GNU tar cuts the fraction off, Go's
/// archive/tar (and so most makers of images) rounds to the nearest, so the two are a second apart.
fn same_second(before: Time, after: Time) -> bool {
    before.seconds.abs_diff(after.seconds) <= 1
}

/// A file that grew is looked at once more; one that shrank or was rewritten has changed.
fn growth(before: &Entry, after: &Entry, difference: &mut Difference) {
    let named = AttributeSet::named;
    match (before.digest, after.digest, before.size, after.size) {
        (Observed::Is(old), Observed::Is(new), ..) if old == new => {}
        (Observed::Is(old), Observed::Is(new), ..) if old.algorithm() != new.algorithm() => {
            difference.unrecorded = true;
        }
        (Observed::Is(_), Observed::Is(_), Observed::Is(old), Observed::Is(new)) if new > old => {
            difference.grown = true;
        }
        (Observed::Is(_), Observed::Is(_), ..) => {
            let size = if before.size == after.size { AttributeSet::EMPTY } else { named("size") };
            difference.attributes = difference.attributes.with(named("digest")).with(size);
        }
        (Observed::Unobserved, ..) | (_, Observed::Unobserved, ..) => difference.unobserved = true,
        // A digest that was never taken, or of a file that kept growing while it was read.
        (_, _, Observed::Is(old), Observed::Is(new)) if new < old => {
            difference.attributes = difference.attributes.with(named("size"));
        }
        _ => difference.unrecorded = before.digest == Observed::NotApplicable,
    }
}
