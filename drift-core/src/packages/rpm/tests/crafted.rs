//! Crafted.
