//! The order of versions of Maven, as `ComparableVersion` of Maven 3.8 has it
//! (maven.apache.org/pom.html, "Version Order Specification").
//!
//! A version is a list whose last item may be a list again, one for each dash and each change between
//! letters and digits; so it is kept as a row of lists, of which each ends in the next.

use std::cmp::Ordering;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Item<'t> {
    /// The number of digits, then the digits.
    Number(usize, &'t str),
    Word(&'t str),
    /// The next list.
    List,
}

/// Words in their order; the empty one is the release itself.
const WORDS: [&str; 7] = ["alpha", "beta", "milestone", "rc", "snapshot", "", "sp"];

/// Compares two versions.
pub(super) fn compare(a: &str, b: &str) -> Ordering {
    let (a, b) = (a.to_lowercase(), b.to_lowercase());
    let (a, b) = (lists(&a), lists(&b));
    // Whatever differs in length also differs before the longer one ends, or ends in nothing.
    for level in 0..a.len().max(b.len()) {
        let list = |lists: &[Vec<Item<'_>>]| lists.get(level).map_or(0, Vec::len);
        for at in 0..list(&a).max(list(&b)) {
            let order = match (item(&a, level, at), item(&b, level, at)) {
                (Some(Item::List), Some(Item::List)) | (None, None) => continue,
                (Some(Item::List), None) => return beside_nothing(&a, level),
                (None, Some(Item::List)) => return beside_nothing(&b, level).reverse(),
                (Some(a), Some(b)) => key(a).cmp(&key(b)),
                (Some(a), None) => key(a).cmp(&key(nothing(a))),
                (None, Some(b)) => key(nothing(b)).cmp(&key(b)),
            };
            if order != Ordering::Equal {
                return order;
            }
        }
    }
    Ordering::Equal
}

fn item<'t>(lists: &[Vec<Item<'t>>], level: usize, at: usize) -> Option<Item<'t>> {
    lists.get(level)?.get(at).copied()
}

/// Compares what follows a level with nothing at all: the first item that counts decides.
fn beside_nothing(lists: &[Vec<Item<'_>>], level: usize) -> Ordering {
    let rest = lists.iter().skip(level.saturating_add(1)).flatten();
    let mut orders =
        rest.filter(|one| **one != Item::List).map(|one| key(*one).cmp(&key(nothing(*one))));
    orders.find(|order| *order != Ordering::Equal).unwrap_or(Ordering::Equal)
}

/// What a missing item counts as beside another.
fn nothing(beside: Item<'_>) -> Item<'static> {
    match beside {
        Item::Word(_) => Item::Word(""),
        Item::Number(..) | Item::List => Item::Number(0, ""),
    }
}

/// Words come before lists and lists before numbers; unknown words after all known ones.
fn key(item: Item<'_>) -> (u8, usize, &str) {
    match item {
        Item::Word(word) => match WORDS.iter().position(|known| *known == word) {
            Some(rank) => (0, rank, ""),
            None => (0, WORDS.len(), word),
        },
        Item::List => (1, 0, ""),
        Item::Number(length, digits) => (2, length, digits),
    }
}

fn lists(text: &str) -> Vec<Vec<Item<'_>>> {
    let mut lists: Vec<Vec<Item<'_>>> = vec![Vec::new()];
    let mut rest = text;
    loop {
        let digits = rest.starts_with(|letter: char| letter.is_ascii_digit());
        let ends = |letter: char| matches!(letter, '.' | '-') || letter.is_ascii_digit() != digits;
        let end = rest.find(ends).unwrap_or(rest.len());
        let (run, after) = rest.split_at_checked(end).unwrap_or((rest, ""));
        let separator = after.chars().next();
        let changes = separator.is_some_and(|letter| !matches!(letter, '.' | '-'));
        // A word that ends the version, or that digits follow, stands in a list of its own.
        let apart = !run.is_empty() && !digits && (changes || separator.is_none());
        if apart && lists.last().is_some_and(|list| !list.is_empty()) {
            lists.push(Vec::new());
        }
        if !(run.is_empty() && separator.is_none())
            && let Some(list) = lists.last_mut()
        {
            list.push(parsed(run, digits, changes));
        }
        match separator {
            None => break,
            Some('.') => rest = after.get(1..).unwrap_or_default(),
            Some(other) => {
                lists.push(Vec::new());
                rest = if other == '-' { after.get(1..).unwrap_or_default() } else { after };
            }
        }
    }
    normal(lists)
}

fn parsed(run: &str, digits: bool, number_follows: bool) -> Item<'_> {
    let short = run.trim_start_matches('0');
    match run {
        _ if digits => Item::Number(short.len(), short),
        // An empty part is a zero, as between two dots.
        "" => Item::Number(0, ""),
        "a" if number_follows => Item::Word("alpha"),
        "b" if number_follows => Item::Word("beta"),
        "m" if number_follows => Item::Word("milestone"),
        "ga" | "final" | "release" => Item::Word(""),
        "cr" => Item::Word("rc"),
        word => Item::Word(word),
    }
}

/// Drops what counts for nothing at the end of each list, then ends each list in the next.
fn normal(mut lists: Vec<Vec<Item<'_>>>) -> Vec<Vec<Item<'_>>> {
    for list in &mut lists {
        while matches!(list.last(), Some(Item::Number(0, _) | Item::Word(""))) {
            list.pop();
        }
    }
    while lists.last().is_some_and(Vec::is_empty) {
        lists.pop();
    }
    let last = lists.len().saturating_sub(1);
    lists.iter_mut().take(last).for_each(|list| list.push(Item::List));
    lists
}
