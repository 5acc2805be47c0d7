//! Glue of cargo-fuzz around `drift_lanes::fuzz::lanes`.

#![no_main]

libfuzzer_sys::fuzz_target!(|orders: &[u8]| drift_lanes::fuzz::lanes(orders));
