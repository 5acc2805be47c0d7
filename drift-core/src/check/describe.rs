//! From what was found to the words of the report. Nothing is decided here.

mod changes;
mod paper;
mod summary;

#[cfg(test)]
pub(super) use changes::blank;
pub(super) use changes::{
    Names, attribute_change, covered, entry_change, id_of, image_change, is_on_path,
    package_change, package_severity, path_of,
};
pub(super) use paper::{
    Paper, SEALED, composed, coverage, databases, identity, in_order, not_observable, only,
    problem, problem_at_capture, report, sealed, sealed_bill, snapshot,
};
