//! Growing a large vector without leaving half of it unused.

/// Below so many values a vector may double: the slack is small and the copies are many.
const SMALL: usize = 1 << 16;

/// Makes room for `more` values; a large vector grows by an eighth instead of doubling, which for
/// the columns of a captured tree together would be more than an entry may cost. Appending stays
/// linear: each value is copied about nine times at worst, and the system moves large blocks by
/// their pages.
pub(crate) fn make_room<T>(values: &mut Vec<T>, more: usize) {
    let spare = values.capacity().saturating_sub(values.len());
    if spare < more && values.len() > SMALL {
        values.reserve_exact(more.max(values.len() / 8));
    }
}

#[cfg(test)]
mod tests {
    use super::make_room;

    #[test]
    fn a_large_vector_has_an_eighth_to_spare_at_most() {
        let mut values: Vec<u32> = Vec::new();
        let mut moves = 0;
        for number in 0..1_000_000 {
            let before = values.capacity();
            make_room(&mut values, 1);
            values.push(number);
            moves += usize::from(values.capacity() != before);
            if values.len() > 200_000 {
                assert!(values.capacity() <= values.len() / 8 * 9 + 8);
            }
        }
        assert!(moves < 60, "{moves} times is not linear");
    }
}
