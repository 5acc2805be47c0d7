//! The changes that policies see: all, or of very many the loudest.
//!
//! A change costs an interpreter some kilobytes and every policy some ten microseconds, and how many
//! there are is up to whoever changed the system. What is left out is a lack of the section, so that a
//! policy that finds nothing in the rest is not checked and never passes (docs/decisions/0038).

use std::cmp::Reverse;

use crate::check::describe;
use crate::policy::Lack;
use crate::report::document::Change;

/// Changes that policies see: some 600 MB of values, and seconds for each policy.
pub(super) const MAX_CHANGES: usize = 200_000;

/// Returns the changes in the order of the document, and what is missing of them.
///
/// Of more than `limit`, those of packages and facts come first, which are few and which policies judge one
/// by one, then the loudest.
pub(super) fn seen(changes: &[Change], limit: usize) -> (Vec<&Change>, Option<Lack>) {
    let mut seen: Vec<&Change> = changes.iter().collect();
    let mut lack = None;
    if seen.len() > limit {
        let all = seen.len();
        // A stable sort: among equals those of the comparison's order stay.
        seen.sort_by_key(|change| (change.subject == "entry", Reverse(change.severity)));
        seen.truncate(limit);
        let reason = format!("policies see {limit} of {all} changes, the loudest");
        lack = Some(Lack::NotObservable(reason));
    }
    seen.sort_by(|one, other| describe::in_order(one, other));
    (seen, lack)
}

#[cfg(test)]
mod tests {
    use super::{Change, describe, seen};
    use crate::model::Severity;

    fn change(subject: &'static str, path: &str, severity: Severity) -> Change {
        Change { severity, ..describe::blank(subject, (path.to_owned(), None)) }
    }

    #[test]
    fn the_loudest_are_seen_and_the_rest_is_a_lack() {
        let changes = [
            change("entry", "/a", Severity::Low),
            change("entry", "/b", Severity::Medium),
            change("package", "bash", Severity::None),
            change("entry", "/c", Severity::Critical),
            change("entry", "/d", Severity::Medium),
        ];
        let check = |limit: usize, expect: &[&str], told: Option<&str>| {
            let (seen, lack) = seen(&changes, limit);
            let paths: Vec<&str> = seen.iter().map(|change| change.path.as_str()).collect();
            assert_eq!(paths, expect, "{limit}");
            assert_eq!(lack.as_ref().map(|lack| lack.reason()), told, "{limit}");
        };
        check(5, &["/a", "/b", "/c", "/d", "bash"], None);
        check(3, &["/b", "/c", "bash"], Some("policies see 3 of 5 changes, the loudest"));
        check(1, &["bash"], Some("policies see 1 of 5 changes, the loudest"));
    }
}
