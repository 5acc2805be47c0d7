//! What the operator chose for `data.params`. The type of a parameter is that of its default.

use crate::bounds::nearest;

use super::engine::Value;
use super::set::PolicySet;

/// A choice that cannot be made.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ParameterError {
    /// Nothing reads it.
    #[error("no policy of this run has a parameter {name:?}; {}", hint(.nearest))]
    Unknown {
        /// The name.
        name: String,
        /// The most similar one, where there are any.
        nearest: Option<String>,
    },
    /// It is of another type than the default.
    #[error("the parameter {name} takes {}, not {}", article(.expected), article(.found))]
    Type {
        /// The name.
        name: String,
        /// The type of the default.
        expected: &'static str,
        /// The type of the value.
        found: &'static str,
    },
    /// An element of it is of another type than those of the default.
    #[error("the parameter {name} takes an array of {expected}s, and this one holds {}", article(.found))]
    Element {
        /// The name.
        name: String,
        /// The type of the default's elements.
        expected: &'static str,
        /// The type of the element.
        found: &'static str,
    },
    /// The text is no value of that type.
    #[error("the parameter {name} takes {}, which {text:?} is not", article(.expected))]
    Text {
        /// The name.
        name: String,
        /// The type of the default.
        expected: &'static str,
        /// What was typed.
        text: String,
    },
    /// There is no `=`.
    #[error("{text:?} is no choice of a parameter; write NAME=VALUE")]
    Form {
        /// What was typed.
        text: String,
    },
}

fn hint(nearest: &Option<String>) -> String {
    nearest
        .as_ref()
        .map_or_else(|| "none has any".to_owned(), |name| format!("the nearest is {name}"))
}

fn article(kind: &str) -> String {
    let article = if kind.starts_with(['a', 'o', 'u']) { "an" } else { "a" };
    format!("{article} {kind}")
}

impl PolicySet {
    /// Chooses a value for a parameter.
    pub fn choose(&mut self, name: &str, value: Value) -> Result<(), ParameterError> {
        self.choose_for(name, value, "the caller")
    }

    /// Chooses by `NAME=VALUE`, as it is typed. VALUE is read as the type of the default asks: text as
    /// it is, `true` or `false`, a number, an array as JSON or with commas, an object as JSON.
    pub fn choose_text(&mut self, text: &str, by: &str) -> Result<(), ParameterError> {
        let form = || ParameterError::Form { text: text.to_owned() };
        let (name, typed) = text.split_once('=').ok_or_else(form)?;
        let current = self.parameters.get(name).ok_or_else(|| self.unknown(name))?;
        let read = match current.kind() {
            "string" => Some(Value::text(typed)),
            "array" if !typed.trim_start().starts_with('[') => listed(current, typed),
            _ => Value::from_json(typed).ok(),
        };
        let wrong = || ParameterError::Text {
            name: name.to_owned(),
            expected: current.kind(),
            text: typed.to_owned(),
        };
        let value = read.ok_or_else(wrong)?;
        self.choose_for(name, value, by)
    }

    /// Chooses a value, and remembers who did.
    pub(super) fn choose_for(
        &mut self,
        name: &str,
        value: Value,
        by: &str,
    ) -> Result<(), ParameterError> {
        let default = self.default_of(name).ok_or_else(|| self.unknown(name))?;
        let (expected, found) = (default.kind(), value.kind());
        if expected != found {
            return Err(ParameterError::Type { name: name.to_owned(), expected, found });
        }
        if let Some(expected) = element(&default) {
            let items = value.items().unwrap_or_default();
            if let Some(other) = items.iter().find(|item| item.kind() != expected) {
                let (name, found) = (name.to_owned(), other.kind());
                return Err(ParameterError::Element { name, expected, found });
            }
        }
        self.parameters.insert(name.to_owned(), value);
        self.tailoring.parameters.insert(name.to_owned(), by.to_owned());
        Ok(())
    }

    /// An earlier choice may be empty, and says nothing of elements then: the default decides.
    fn default_of(&self, name: &str) -> Option<Value> {
        let mut declared = self.policies.iter().flat_map(|policy| &policy.parameters);
        let found = declared.find(|parameter| parameter.name == name);
        found.map(|parameter| parameter.default.clone())
    }

    fn unknown(&self, name: &str) -> ParameterError {
        let known = self.parameters.keys().map(String::as_str);
        ParameterError::Unknown {
            name: name.to_owned(),
            nearest: nearest(name, known).map(str::to_owned),
        }
    }
}

/// The type that all elements of an array have.
fn element(array: &Value) -> Option<&'static str> {
    let items = array.items()?;
    let kind = items.first()?.kind();
    items.iter().all(|item| item.kind() == kind).then_some(kind)
}

/// An array as it is typed: `a,b`; nothing at all is an empty one.
fn listed(default: &Value, typed: &str) -> Option<Value> {
    let texts = typed.split(',').filter(|_| !typed.is_empty());
    let item = |text: &str| match element(default) {
        None | Some("string") => Some(Value::text(text)),
        Some(_) => Value::from_json(text.trim()).ok(),
    };
    texts.map(item).collect::<Option<Vec<_>>>().map(Value::array)
}
