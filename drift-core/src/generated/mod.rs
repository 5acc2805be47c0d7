//! What programs make beside packages: caches, links, account lines. Each product is derived again
//! from what it was made of; a product that cannot be is named, and its change stays unverified.
//!
//! Nothing is excused by its path alone: a product that does not follow from its sources is what it
//! would be without this module. Derivations are pure: they see the tree, what the databases say of
//! it, what the older side had, and the bytes they asked for. They judge content; owner,
//! permissions and labels are compared by whoever asks them.
//!
//! To add a product: one file with a type that implements [`Product`], a `mod` line and a line in
//! [`PRODUCTS`].
#![cfg_attr(not(test), warn(clippy::indexing_slicing, clippy::arithmetic_side_effects))]

mod about;
mod accounts;
mod alternatives;
mod beside;
mod books;
mod bytecode;
mod certificates;
mod copies;
mod ld_cache;
mod named;
mod rc_links;
mod rpm_books;
mod shells;
mod tmpfiles;
mod unit_links;

use std::collections::BTreeMap;

use crate::model::{RowId, TreePath};

pub use about::{About, Older};

/// How a changed path was judged against what it is made of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Derivation {
    /// It follows from its sources; how that was found, for a person.
    Right(String),
    /// It is the product of a known program and cannot be derived again here; why not.
    Unproven(String),
    /// It should follow from its sources and does not; where it differs.
    Wrong(String),
    /// No source names it: it is as if no product were known there.
    Unknown,
}

/// The bytes that were asked for, by row; rows that could not be read are not there.
pub type Contents = BTreeMap<RowId, Vec<u8>>;

/// One kind of product.
pub trait Product: Sync {
    /// Returns the program that makes it, with its section, such as `ldconfig(8)`.
    fn made_by(&self) -> &'static str;

    /// Returns whether the path is where such a product lies.
    fn is_at(&self, path: &TreePath, about: &About<'_>) -> bool;

    /// Returns the files whose bytes the derivation needs, the product's own among them. It is
    /// asked again with what was read, until it names nothing new: what a file includes is known
    /// late.
    fn needs(&self, path: &TreePath, about: &About<'_>, contents: &Contents) -> Vec<RowId>;

    /// Derives the product again; a removed product is judged by what is left of its sources.
    fn derive(&self, path: &TreePath, about: &About<'_>, contents: &Contents) -> Derivation;
}

/// Every product that is known; the first whose path fits judges it.
pub const PRODUCTS: &[&dyn Product] = &[
    &ld_cache::LdCache,
    &accounts::Accounts,
    &alternatives::Alternatives,
    &bytecode::Bytecode,
    &certificates::Certificates,
    &unit_links::UnitLinks,
    &rc_links::RcLinks,
    &shells::Shells,
    &books::Books,
    &rpm_books::RpmBooks,
    &copies::Copies,
    &beside::Beside,
    &named::Named,
    &tmpfiles::Tmpfiles,
];
