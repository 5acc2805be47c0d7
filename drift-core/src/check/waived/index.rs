//! Which waivers can fit a finding: looked up, so that ten thousand of them are not tried at each of a
//! hundred thousand findings.
//!
//! Each stands under the most telling of its parts: the change that it names, the beginning of its
//! path as far as that is literal, the package that it names. What has none of these is tried always.

use std::collections::BTreeMap;

use crate::judge::{Finding, Selector};

/// Waivers by number, each in one place.
#[derive(Debug, Default)]
pub(super) struct Index<'w> {
    by_change: BTreeMap<&'w str, Vec<usize>>,
    by_beginning: BTreeMap<Vec<u8>, Vec<usize>>,
    /// The lengths of those beginnings.
    lengths: BTreeMap<usize, usize>,
    by_package: BTreeMap<Vec<u8>, Vec<usize>>,
    always: Vec<usize>,
}

impl<'w> Index<'w> {
    /// Adds a waiver; numbers only grow.
    pub(super) fn add(&mut self, number: usize, selector: &'w Selector) {
        let package = selector.package.as_ref().filter(|package| package.is_literal());
        let place = match (&selector.change, &selector.path, package) {
            (Some(change), ..) => self.by_change.entry(change).or_default(),
            (None, Some(path), _) => {
                let beginning = path.literal_beginning();
                let length = self.lengths.entry(beginning.len()).or_default();
                *length = length.saturating_add(1);
                self.by_beginning.entry(beginning).or_default()
            }
            (None, None, Some(package)) => {
                self.by_package.entry(package.literal_beginning()).or_default()
            }
            (None, None, None) => &mut self.always,
        };
        place.push(number);
    }

    /// Returns the numbers of all that may fit, ascending; no other does.
    pub(super) fn candidates(&self, finding: &Finding<'_>) -> Vec<usize> {
        let mut found = self.always.clone();
        found.extend(self.by_change.get(finding.id).into_iter().flatten());
        if let Some(package) = finding.package {
            found.extend(self.by_package.get(package.as_bytes()).into_iter().flatten());
        }
        let path = finding.path.unwrap_or_default();
        for length in self.lengths.keys() {
            let Some(beginning) = path.get(..*length) else { break };
            found.extend(self.by_beginning.get(beginning).into_iter().flatten());
        }
        found.sort_unstable();
        found
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{Finding, Index, Selector};
    use crate::bounds::Wildcard;

    fn selector(kind: u8, text: &str) -> Selector {
        let path = || Wildcard::path(&format!("/{text}")).ok();
        let package = || Wildcard::name(text).ok();
        match kind {
            0 => Selector { path: path(), ..Selector::default() },
            1 => Selector { package: package(), ..Selector::default() },
            2 => Selector { change: Some(text.to_owned()), ..Selector::default() },
            3 => Selector { path: path(), package: package(), ..Selector::default() },
            _ => Selector { policy: package(), ..Selector::default() },
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2000))]

        /// The oracle is trying each.
        #[test]
        fn nothing_that_fits_is_left_out(
            waivers in prop::collection::vec((0u8..5, "[ab]{0,2}(\\*|/\\*\\*|)[ab]{0,2}"), 1..20),
            id in "[ab]{1,3}",
            path in prop::option::of("/[ab]{0,3}(/[ab]{1,2}|)"),
            package in prop::option::of("[ab]{1,3}"),
            policy in prop::option::of("[ab]{1,3}"),
        ) {
            let selectors: Vec<Selector> =
                waivers.iter().map(|(kind, text)| selector(*kind, text)).collect();
            let mut index = Index::default();
            for (number, selector) in selectors.iter().enumerate() {
                index.add(number, selector);
            }
            let finding = Finding {
                id: &id,
                policy: policy.as_deref(),
                path: path.as_deref().map(str::as_bytes),
                moved_from: None,
                package: package.as_deref(),
                cause: None,
            };
            let fits = |number: &usize| selectors[*number].accepts(&finding);
            let found: Vec<usize> = index.candidates(&finding).into_iter().filter(fits).collect();
            let expected: Vec<usize> = (0..selectors.len()).filter(fits).collect();
            prop_assert_eq!(found, expected);
        }
    }

    #[test]
    fn few_of_many_are_tried() {
        let texts: Vec<String> = (0..10_000).map(|number| format!("opt/app-{number}/**")).collect();
        let selectors: Vec<Selector> = texts.iter().map(|text| selector(0, text)).collect();
        let mut index = Index::default();
        for (number, selector) in selectors.iter().enumerate() {
            index.add(number, selector);
        }
        let finding = Finding {
            id: "",
            policy: None,
            path: Some(b"/opt/app-77/lib/x"),
            moved_from: None,
            package: None,
            cause: None,
        };
        assert_eq!(index.candidates(&finding), [77]);
    }
}
