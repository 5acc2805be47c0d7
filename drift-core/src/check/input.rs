//! The input of the policies, from what was captured, compared and concluded so far.

use std::collections::BTreeMap;

use crate::policy::{INPUT_SCHEMA, Input, PolicySet, Value, to_value};
use crate::report::document;

use super::{Error, Found, Job, View};

/// Builds the input, once for all policies of the run.
pub(super) fn build(
    _job: &Job<'_>,
    found: &Found,
    reference: &document::Reference,
    (_before, _after): (Option<&View<'_>>, &View<'_>),
    _set: &PolicySet,
) -> Result<Input, Error> {
    let value = Value::object([
        ("schema", Value::text(INPUT_SCHEMA)),
        ("baseline", to_value(reference)?),
        ("changes", to_value(&found.changes)?),
    ]);
    Ok(Input { value, sections: BTreeMap::new(), paths: BTreeMap::new() })
}
