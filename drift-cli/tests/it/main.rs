//! One integration binary: the real program on the real kernel.

#![expect(clippy::print_stdout, reason = "a passing test prints the numbers that it reached")]
#![expect(clippy::panic, reason = "a broken precondition fails its test with the reason")]

mod accepting;
mod blind_spots;
mod configured;
mod container;
mod evasion;
mod exit_codes;
mod gate;
mod hierarchy;
mod hostile;
mod hostile_policies;
mod images;
mod incremental;
mod kernels;
mod manifest;
mod manners;
mod manual;
mod policies;
mod policy;
mod rpm_upgrade;
mod rpm_verify;
mod sbom;
mod sealing;
mod service;
mod since;
mod stage;
mod tailoring;
mod waivers;
