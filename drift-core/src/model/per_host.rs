//! What a rule of class `expected-per-host` makes of one entry: the part of it that hosts share.

use super::digest::Digest;

/// What became of an entry's value under the form that its rule names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct PerHost {
    /// SHA-256 of the text of the form: values under different forms do not compare.
    pub form: Digest,
    /// What is compared between hosts.
    pub value: PerHostValue,
}

/// The part of a value that hosts of one image share.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum PerHostValue {
    /// Nothing but its form, which it has.
    Conforms,
    /// These bytes, by their SHA-256: what is left without the lines that the form names.
    Left(Digest),
    /// All of it: it has not the form, or is too large to be judged.
    Violates,
}
