//! What the operator chose for `data.params`.

use super::engine::Value;
use super::set::PolicySet;

/// A choice that cannot be made.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ParameterError {
    /// Nothing reads it.
    #[error("no policy of this run has a parameter {name:?}")]
    Unknown {
        /// The name.
        name: String,
    },
    /// It is of another type than the default.
    #[error("the parameter {name} is {expected}, not {found}")]
    Type {
        /// The name.
        name: String,
        /// The type of the default.
        expected: &'static str,
        /// The type of the value.
        found: &'static str,
    },
}

impl PolicySet {
    /// Chooses a value for a parameter.
    pub fn choose(&mut self, name: &str, value: Value) -> Result<(), ParameterError> {
        let Some(current) = self.parameters.get_mut(name) else {
            return Err(ParameterError::Unknown { name: name.to_owned() });
        };
        if current.kind() != value.kind() {
            let (expected, found) = (current.kind(), value.kind());
            return Err(ParameterError::Type { name: name.to_owned(), expected, found });
        }
        *current = value;
        Ok(())
    }
}
