//! What programs make beside packages, made by those very programs, and then changed.

mod accounts;
mod alternatives;
mod bytecode;
mod certificates;
mod ld_cache;
mod links;
mod scene;
mod tmpfiles;
