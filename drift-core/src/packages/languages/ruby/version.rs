//! The order of versions of gems (`Gem::Version` of RubyGems): runs of digits and of letters, a run
//! of letters before any number, zeros at the end of the release and before letters not counting.

use std::cmp::Ordering;

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Segment<'t> {
    Text(&'t str),
    /// The number of digits, then the digits.
    Number(usize, &'t str),
}

const ZERO: Segment<'static> = Segment::Number(0, "");

/// Compares two versions.
pub(super) fn compare(a: &str, b: &str) -> Ordering {
    // A dash begins a pre-release, as `Gem::Version#initialize` has it.
    let (a, b) = (a.trim().replace('-', ".pre."), b.trim().replace('-', ".pre."));
    let (a, b) = (canonical(&a), canonical(&b));
    for at in 0..a.len().max(b.len()) {
        let order = a.get(at).unwrap_or(&ZERO).cmp(b.get(at).unwrap_or(&ZERO));
        if order != Ordering::Equal {
            return order;
        }
    }
    Ordering::Equal
}

/// The segments without zeros at the end of the numbers before the first letters, and at the end.
fn canonical(text: &str) -> Vec<Segment<'_>> {
    let all = segments(text);
    let first = all.iter().position(|one| matches!(one, Segment::Text(_))).unwrap_or(all.len());
    let (numbers, rest) = all.split_at_checked(first).unwrap_or((&all, &[]));
    let mut kept = Vec::new();
    for part in [numbers, rest] {
        let end = part.iter().rposition(|one| *one != ZERO).map_or(0, |at| at.saturating_add(1));
        kept.extend_from_slice(part.get(..end).unwrap_or_default());
    }
    kept
}

fn segments(text: &str) -> Vec<Segment<'_>> {
    let mut segments = Vec::new();
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let kind = |letter: char| (letter.is_ascii_digit(), letter.is_ascii_alphabetic());
        let end = rest.find(|letter| kind(letter) != kind(first)).unwrap_or(rest.len());
        let Some((run, after)) = rest.split_at_checked(end) else { break };
        rest = after;
        match kind(first) {
            (true, _) => {
                let digits = run.trim_start_matches('0');
                segments.push(Segment::Number(digits.len(), digits));
            }
            (_, true) => segments.push(Segment::Text(run)),
            _ => {}
        }
    }
    segments
}
