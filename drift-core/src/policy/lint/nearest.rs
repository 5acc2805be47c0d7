//! The known name that an unknown one was probably meant to be.

/// Returns the known name with the fewest letters to change, if more than half of it stays.
pub(in crate::policy) fn nearest<'k>(
    name: &str,
    known: impl IntoIterator<Item = &'k str>,
) -> Option<&'k str> {
    // What is longer than this is no name that somebody misspelt.
    if name.len() > 64 {
        return None;
    }
    let measured = known.into_iter().map(|known| (distance(name, known), known));
    let (changes, known) = measured.min()?;
    let longer = name.chars().count().max(known.chars().count());
    (changes.saturating_mul(2) <= longer).then_some(known)
}

/// Returns a sentence for a help.
pub(in crate::policy) fn meant<'k>(
    name: &str,
    known: impl IntoIterator<Item = &'k str> + Clone,
) -> String {
    const SHOWN: usize = 12;
    if let Some(near) = nearest(name, known.clone()) {
        return format!("did you mean {near:?}?");
    }
    let mut names: Vec<&str> = known.into_iter().collect();
    names.sort_unstable();
    names.dedup();
    let more = names.len().saturating_sub(SHOWN);
    names.truncate(SHOWN);
    let tail = if more > 0 { format!(" and {more} more") } else { String::new() };
    format!("there are {}{tail}", names.join(", "))
}

/// The distance of Levenshtein: letters to insert, remove or replace.
fn distance(one: &str, other: &str) -> usize {
    let other: Vec<char> = other.chars().collect();
    let mut row: Vec<usize> = (0..=other.len()).collect();
    for (line, letter) in one.chars().enumerate() {
        let mut above_left = line;
        let mut left = line.saturating_add(1);
        if let Some(first) = row.first_mut() {
            *first = left;
        }
        for (above, expected) in row.iter_mut().skip(1).zip(&other) {
            let replaced = above_left.saturating_add(usize::from(letter != *expected));
            above_left = *above;
            left = replaced.min(above.saturating_add(1)).min(left.saturating_add(1));
            *above = left;
        }
    }
    row.last().copied().unwrap_or_default()
}
