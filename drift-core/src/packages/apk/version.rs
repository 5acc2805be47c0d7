//! The order of Alpine's versions: apk-package(5), "PACKAGE NAMES AND VERSIONS".
//!
//! `number{.number}...{letter}{_suffix{number}}...{~hash}{-r#}`. What follows the longest valid part
//! of a version is not looked at, as apk itself does it; so two versions that are no versions may be
//! equal.

use std::cmp::Ordering;

/// What a piece of a version is, in the order in which pieces may follow each other. Where one
/// version goes on with an earlier kind than the other, it is the newer one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Kind {
    First,
    Number,
    Letter,
    Suffix,
    SuffixNumber,
    Hash,
    Revision,
    End,
    Invalid,
}

/// Words that may follow `_`, oldest first; no suffix at all stands between `rc` and `cvs`.
const SUFFIXES: [&[u8]; 9] =
    [b"alpha", b"beta", b"pre", b"rc", b"cvs", b"svn", b"git", b"hg", b"p"];

/// So many of [`SUFFIXES`] are older than the version without one.
const BEFORE_RELEASE: usize = 4;

/// Compares two versions as apk orders them.
///
/// ```
/// use drift_core::packages::apk_version_cmp;
/// assert!(apk_version_cmp(b"1.2_rc1-r0", b"1.2-r0").is_lt());
/// assert!(apk_version_cmp(b"1.2_p1", b"1.2").is_gt());
/// assert!(apk_version_cmp(b"1.10", b"1.9").is_gt());
/// ```
#[must_use]
pub fn apk_version_cmp(a: &[u8], b: &[u8]) -> Ordering {
    let (mut a, mut b) = (Pieces::new(a), Pieces::new(b));
    while a.kind == b.kind && a.kind < Kind::End {
        let order = a.cmp_value(&b);
        if order.is_ne() {
            return order;
        }
        a.step();
        b.step();
    }
    match (a.is_before_release(), b.is_before_release()) {
        (true, false) => Ordering::Less,
        (false, true) => Ordering::Greater,
        _ => b.kind.cmp(&a.kind),
    }
}

/// A version that is being taken apart: the piece at hand and the rest.
struct Pieces<'v> {
    kind: Kind,
    value: &'v [u8],
    rest: &'v [u8],
}

impl<'v> Pieces<'v> {
    fn new(version: &'v [u8]) -> Self {
        let mut pieces = Self { kind: Kind::Invalid, value: &[], rest: version };
        pieces.take_digits(Kind::First);
        pieces
    }

    /// Goes on to the next piece.
    fn step(&mut self) {
        let Some((&first, after)) = self.rest.split_first() else {
            self.kind = Kind::End;
            return;
        };
        let before = std::mem::replace(&mut self.kind, Kind::Invalid);
        match first {
            b'a'..=b'z' if before <= Kind::Number => {
                self.kind = Kind::Letter;
                self.value = self.rest.get(..1).unwrap_or_default();
                self.rest = after;
            }
            b'.' if before <= Kind::Number => {
                self.rest = after;
                self.take_digits(Kind::Number);
            }
            b'0'..=b'9' if before == Kind::Suffix => self.take_digits(Kind::SuffixNumber),
            b'_' if before <= Kind::SuffixNumber => {
                self.rest = after;
                self.take(u8::is_ascii_lowercase);
                if self.suffix().is_some() {
                    self.kind = Kind::Suffix;
                }
            }
            b'~' if before < Kind::Hash => {
                self.rest = after;
                self.take(|byte| byte.is_ascii_digit() || (b'a'..=b'f').contains(byte));
                if !self.value.is_empty() {
                    self.kind = Kind::Hash;
                }
            }
            b'-' if before < Kind::Revision && after.starts_with(b"r") => {
                self.rest = after.get(1..).unwrap_or_default();
                self.take_digits(Kind::Revision);
            }
            _ => {}
        }
    }

    fn take_digits(&mut self, kind: Kind) {
        self.take(u8::is_ascii_digit);
        if !self.value.is_empty() {
            self.kind = kind;
        }
    }

    fn take(&mut self, wanted: impl Fn(&u8) -> bool) {
        let end = self.rest.iter().position(|byte| !wanted(byte)).unwrap_or(self.rest.len());
        (self.value, self.rest) = self.rest.split_at_checked(end).unwrap_or((self.rest, &[]));
    }

    fn suffix(&self) -> Option<usize> {
        SUFFIXES.iter().position(|suffix| *suffix == self.value)
    }

    fn is_before_release(&self) -> bool {
        self.kind == Kind::Suffix && self.suffix().is_some_and(|at| at < BEFORE_RELEASE)
    }

    /// Compares two pieces of one kind.
    fn cmp_value(&self, other: &Self) -> Ordering {
        let zero = self.value.starts_with(b"0") || other.value.starts_with(b"0");
        match self.kind {
            // 1.05 comes before 1.1: with a leading zero it is a fraction.
            Kind::Number if zero => self.value.cmp(other.value),
            Kind::First | Kind::Number | Kind::SuffixNumber | Kind::Revision => {
                number_cmp(self.value, other.value)
            }
            Kind::Suffix => self.suffix().cmp(&other.suffix()),
            _ => self.value.cmp(other.value),
        }
    }
}

/// Compares digits of any length by value.
fn number_cmp(a: &[u8], b: &[u8]) -> Ordering {
    let (a, b) = (without_zeros(a), without_zeros(b));
    a.len().cmp(&b.len()).then_with(|| a.cmp(b))
}

fn without_zeros(digits: &[u8]) -> &[u8] {
    let zeros = digits.iter().take_while(|&&digit| digit == b'0').count();
    digits.get(zeros..).unwrap_or_default()
}
