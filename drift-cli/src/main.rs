//! The `drift` command line.

fn main() {}
