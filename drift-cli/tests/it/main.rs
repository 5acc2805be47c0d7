//! One integration binary: the real program on the real kernel.

mod evasion;
mod exit_codes;
mod hostile;
mod sealing;
mod stage;
