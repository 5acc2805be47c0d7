//! Tests of policies: which there are, what one evaluates to, and which lines that reached.

use std::collections::BTreeSet;

use regorus::unstable::{Rule, RuleHead};

use super::{Engine, EvaluationError, Limits, Value, failure};

/// A rule of a module.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::policy) struct RuleAt {
    pub(in crate::policy) package: String,
    pub(in crate::policy) name: String,
    pub(in crate::policy) file: String,
    /// Its lines, from 1, both included.
    pub(in crate::policy) lines: (u32, u32),
}

/// Lines of a file with something to evaluate on them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::policy) struct Reached {
    pub(in crate::policy) file: String,
    pub(in crate::policy) covered: BTreeSet<u32>,
    pub(in crate::policy) uncovered: BTreeSet<u32>,
}

impl Engine {
    /// Returns every rule whose name has no arguments, in the order of the modules.
    pub(in crate::policy) fn rules(&self) -> Vec<RuleAt> {
        let mut inner = self.inner.clone();
        let mut found = Vec::new();
        for module in inner.get_modules() {
            let source = &module.package.span.source;
            let end = u32::try_from(source.contents().lines().count()).unwrap_or(u32::MAX);
            let package = module.package.refr.span().text().to_owned();
            let starts: Vec<u32> = module.policy.iter().map(|rule| rule.span().line).collect();
            for (place, rule) in module.policy.iter().enumerate() {
                let Rule::Spec { head: RuleHead::Compr { refr, .. }, span, .. } = rule.as_ref()
                else {
                    continue;
                };
                let next = starts.get(place.saturating_add(1));
                let last = next.map_or(end, |next| next.saturating_sub(1).max(span.line));
                found.push(RuleAt {
                    package: package.clone(),
                    name: refr.span().text().to_owned(),
                    file: source.file().clone(),
                    lines: (span.line, last),
                });
            }
        }
        found
    }

    /// Evaluates a rule, and says which lines that reached.
    pub(in crate::policy) fn trial(
        &mut self,
        package: &str,
        rule: &str,
        limits: Limits,
    ) -> (Result<Value, EvaluationError>, Vec<Reached>) {
        self.inner.set_enable_coverage(true);
        self.inner.clear_coverage_data();
        let value = self.inner.eval_rule(format!("data.{package}.{rule}"));
        let value = value.map(Value::from_inner).map_err(|error| failure(&error, limits));
        let files = self.inner.get_coverage_report().map(|report| report.files);
        let reached = files.unwrap_or_default().into_iter().map(|file| Reached {
            file: file.path,
            covered: file.covered,
            uncovered: file.not_covered,
        });
        (value, reached.collect())
    }
}
