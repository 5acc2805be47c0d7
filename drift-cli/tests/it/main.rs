//! One integration binary: the real program on the real kernel.

#![expect(clippy::print_stdout, reason = "a passing test prints the numbers that it reached")]
#![expect(clippy::panic, reason = "a broken precondition fails its test with the reason")]

mod blind_spots;
mod container;
mod evasion;
mod exit_codes;
mod hostile;
mod sealing;
mod stage;
