//! Rules: what each class lets through, which rule decides, and how a mistake is told.

mod classes;
mod patterns;
mod per_host;
mod profiles;
mod secrets;
mod text;
