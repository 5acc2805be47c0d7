//! Policies: Rego over the state of a target and over how it differs from its baseline.
//!
//! From texts to statuses: [`load`] parses and lints every file and refuses what could read as a pass
//! by accident; [`Input`] is the one value that all policies see; an [`Evaluator`] asks each policy
//! what it denies; [`conclude`] makes one [`Status`] of the answer and of what could not be observed.
//! The policy's author cannot turn "not seen" into "pass": that is decided here.
//!
//! Only `engine/` names the interpreter.

mod bundle;
mod catalogue;
mod conclude;
mod diagnostic;
mod engine;
mod evaluate;
mod files;
mod input;
mod lint;
mod load;
mod metadata;
mod packs;
mod parameters;
mod parts;
mod set;
mod status;
mod syntax;
mod tailoring;
pub mod testing;
pub mod worker;

pub use bundle::{BUNDLE_MARK, Bundle, BundleError, MAX_BUNDLE_BYTES};
pub use catalogue::{catalogue_json, catalogue_markdown, catalogue_text};
pub use conclude::{Evaluation, Evidence, conclude};
pub use diagnostic::{Diagnostic, Diagnostics};
pub use engine::{Limits, Value, ValueError, to_value};
pub use evaluate::{Answer, Denial, Evaluator, InProcess};
pub use files::{Place, place, place_of_directory};
pub use input::{INPUT_SCHEMA, INPUT_SCHEMA_TEXT, Input, Lack};
pub use lint::{CODES, Code};
pub use load::{load, load_to_evaluate};
pub use packs::{LIBRARY, PACKS, Pack, digest, pack};
pub use parameters::ParameterError;
pub use set::{
    Origin, OriginKind, Parameter, Policy, PolicyFile, PolicyId, PolicySet, Selection, Signer,
    SourceSet,
};
pub use status::Status;
pub use tailoring::{
    AppliedProfile, BuiltinProfile, PROFILES, ReadProfile, TailorError, TailorErrorKind, Tailoring,
};
