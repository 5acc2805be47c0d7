//! Sets of attributes, by their number in the table.

use super::{ATTRIBUTES, Attribute};

/// A set of attributes; bit N is line N of the table.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct AttributeSet(u64);

impl AttributeSet {
    /// The empty set.
    pub const EMPTY: Self = Self(0);

    /// Returns the set of the attributes for which `wanted` holds.
    pub fn of(wanted: impl Fn(&Attribute) -> bool) -> Self {
        Self(u64::MAX).filter(wanted)
    }

    /// Returns every attribute.
    #[must_use]
    pub fn all() -> Self {
        Self::of(|_| true)
    }

    /// Takes the bits of a stored set; bits that this version does not know are kept.
    #[must_use]
    pub fn from_bits(bits: u64) -> Self {
        Self(bits)
    }

    /// Returns the bits, to store them.
    #[must_use]
    pub fn bits(self) -> u64 {
        self.0
    }

    /// Returns both sets together.
    #[must_use]
    pub const fn with(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// Returns this set less the other.
    #[must_use]
    pub fn without(self, other: Self) -> Self {
        Self(self.0 & !other.0)
    }

    /// Returns what both sets hold.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }

    /// Returns those of this set for which `wanted` holds.
    #[must_use]
    pub fn filter(self, wanted: impl Fn(&Attribute) -> bool) -> Self {
        let numbered = ATTRIBUTES.iter().enumerate();
        let bits = numbered.filter(|(number, _)| self.0 >> number & 1 == 1);
        let bits = bits.filter(|(_, attribute)| wanted(attribute));
        Self(bits.fold(0, |set, (number, _)| set | 1 << number))
    }

    /// Returns whether the set is empty.
    #[must_use]
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// Returns whether the set holds the attribute of this name.
    #[must_use]
    pub fn holds(self, name: &str) -> bool {
        !self.and(Self::named(name)).is_empty()
    }

    /// Returns the set of one attribute by name; empty when there is none of that name. In a constant
    /// the table is searched by the compiler.
    #[must_use]
    pub const fn named(name: &str) -> Self {
        let (mut bit, mut table) = (1, ATTRIBUTES);
        while let [attribute, rest @ ..] = table {
            if is_same(attribute.name.as_bytes(), name.as_bytes()) {
                return Self(bit);
            }
            (bit, table) = (bit << 1, rest);
        }
        Self::EMPTY
    }

    /// Returns the attributes in the order of the table.
    pub fn iter(self) -> impl Iterator<Item = &'static Attribute> {
        ATTRIBUTES
            .iter()
            .enumerate()
            .filter(move |(number, _)| self.0 >> number & 1 == 1)
            .map(|(_, attribute)| attribute)
    }
}

/// `==` of slices, which constants do not have yet.
const fn is_same(mut one: &[u8], mut other: &[u8]) -> bool {
    while let ([a, rest @ ..], [b, others @ ..]) = (one, other) {
        if *a != *b {
            return false;
        }
        (one, other) = (rest, others);
    }
    one.is_empty() && other.is_empty()
}
