//! The known name that an unknown one was probably meant to be.

/// Longer names are compared by their beginning: the time grows with the product of both lengths.
const COMPARED: usize = 128;

/// Returns the known name with the fewest letters to change, `-` and `_` being one letter; the first
/// of several.
#[must_use]
pub fn nearest<'k>(name: &str, known: impl IntoIterator<Item = &'k str>) -> Option<&'k str> {
    let plain = |text: &str| -> String {
        text.to_ascii_lowercase().replace('-', "_").chars().take(COMPARED).collect()
    };
    let name = plain(name);
    known.into_iter().min_by_key(|known| distance(&name, &plain(known)))
}

/// The distance of Levenshtein: letters to insert, remove or replace.
fn distance(one: &str, other: &str) -> usize {
    let other: Vec<char> = other.chars().collect();
    let mut row: Vec<usize> = (0..=other.len()).collect();
    for (line, letter) in one.chars().enumerate() {
        let mut above_left = line;
        let mut left = line + 1;
        for (above, expected) in row.iter_mut().skip(1).zip(&other) {
            let replaced = above_left + usize::from(letter != *expected);
            above_left = *above;
            left = replaced.min(*above + 1).min(left + 1);
            *above = left;
        }
        if let Some(first) = row.first_mut() {
            *first = line + 1;
        }
    }
    row.last().copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::{distance, nearest};

    #[test]
    fn distances_of_the_textbook() {
        for (one, other, expect) in [
            ("kitten", "sitting", 3),
            ("saturday", "sunday", 3),
            ("", "abc", 3),
            ("abc", "", 3),
            ("same", "same", 0),
            ("flaw", "lawn", 2),
        ] {
            assert_eq!(distance(one, other), expect, "{one} {other}");
        }
    }

    #[test]
    fn what_was_meant_is_found() {
        let known = ["baseline", "fail_on", "max_age", "state"];
        for (name, expect) in [
            ("baselin", "baseline"),
            ("fail-on", "fail_on"),
            ("maxage", "max_age"),
            ("State", "state"),
        ] {
            assert_eq!(nearest(name, known), Some(expect));
        }
    }
}
