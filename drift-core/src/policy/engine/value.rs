//! Values of Rego, shared and immutable: JSON and sets.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::Serialize;

/// A value. A copy shares everything below it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Value {
    inner: regorus::Value,
}

impl Value {
    /// The value `null`.
    pub const NULL: Self = Self { inner: regorus::Value::Null };

    pub(super) fn from_inner(inner: regorus::Value) -> Self {
        Self { inner }
    }

    pub(super) fn into_inner(self) -> regorus::Value {
        self.inner
    }

    /// Returns a boolean.
    #[must_use]
    pub fn boolean(value: bool) -> Self {
        Self { inner: regorus::Value::Bool(value) }
    }

    /// Returns a whole number.
    #[must_use]
    pub fn integer(value: i64) -> Self {
        Self { inner: value.into() }
    }

    /// Returns a whole number that is not negative.
    #[must_use]
    pub fn unsigned(value: u64) -> Self {
        Self { inner: value.into() }
    }

    /// Returns a number.
    #[must_use]
    pub fn float(value: f64) -> Self {
        Self { inner: value.into() }
    }

    /// Returns a text, which is shared with `text`.
    #[must_use]
    pub fn shared(text: &Arc<str>) -> Self {
        Self { inner: regorus::Value::String(Arc::clone(text)) }
    }

    /// Returns a text.
    #[must_use]
    pub fn text(text: &str) -> Self {
        Self { inner: text.into() }
    }

    /// Returns an array.
    #[must_use]
    pub fn array(items: impl IntoIterator<Item = Self>) -> Self {
        let items: Vec<regorus::Value> = items.into_iter().map(Self::into_inner).collect();
        Self { inner: items.into() }
    }

    /// Returns an object.
    #[must_use]
    pub fn object<'k>(members: impl IntoIterator<Item = (&'k str, Self)>) -> Self {
        let members = members.into_iter().map(|(key, value)| (Self::text(key), value));
        Self::map(members)
    }

    /// Returns an object whose keys are values already, and may be shared by many objects.
    #[must_use]
    pub fn map(members: impl IntoIterator<Item = (Self, Self)>) -> Self {
        let members = members.into_iter().map(|(key, value)| (key.inner, value.inner));
        let members: BTreeMap<regorus::Value, regorus::Value> = members.collect();
        Self { inner: members.into() }
    }

    /// Reads JSON.
    pub fn from_json(text: &str) -> Result<Self, serde_json::Error> {
        let value: serde_json::Value = serde_json::from_str(text)?;
        Ok(Self { inner: value.into() })
    }

    /// Returns compact JSON; sets are arrays, in order.
    #[must_use]
    pub fn json(&self) -> String {
        serde_json::to_string(&self.inner).unwrap_or_default()
    }

    /// Returns the word for its type, as `type_name` of Rego gives it.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        match &self.inner {
            regorus::Value::Null => "null",
            regorus::Value::Bool(_) => "boolean",
            regorus::Value::Number(_) => "number",
            regorus::Value::String(_) => "string",
            regorus::Value::Array(_) => "array",
            regorus::Value::Set(_) => "set",
            regorus::Value::Object(_) => "object",
            regorus::Value::Undefined => "undefined",
        }
    }

    /// Returns whether it is `null`.
    #[must_use]
    pub fn is_null(&self) -> bool {
        matches!(self.inner, regorus::Value::Null)
    }

    /// Returns whether it has no parts.
    #[must_use]
    pub fn is_scalar(&self) -> bool {
        matches!(
            self.inner,
            regorus::Value::Null
                | regorus::Value::Bool(_)
                | regorus::Value::Number(_)
                | regorus::Value::String(_)
        )
    }

    /// Returns the text of a string.
    #[must_use]
    pub fn as_str(&self) -> Option<&str> {
        match &self.inner {
            regorus::Value::String(text) => Some(text),
            _ => None,
        }
    }

    /// Returns the value of a boolean.
    #[must_use]
    pub fn as_bool(&self) -> Option<bool> {
        match self.inner {
            regorus::Value::Bool(value) => Some(value),
            _ => None,
        }
    }

    /// Returns the value of a whole number that is not negative.
    #[must_use]
    pub fn as_u64(&self) -> Option<u64> {
        self.inner.as_u64().ok()
    }

    /// Returns a member of an object.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<Self> {
        match &self.inner {
            regorus::Value::Object(object) => {
                object.get(&name.into()).cloned().map(Self::from_inner)
            }
            _ => None,
        }
    }

    /// Returns the members of an object, which share with it; `None` of anything else, and of an object
    /// with a key that is no text.
    #[must_use]
    pub fn members(&self) -> Option<Vec<(Arc<str>, Self)>> {
        let regorus::Value::Object(object) = &self.inner else { return None };
        let member = |(key, value): (&regorus::Value, &regorus::Value)| match key {
            regorus::Value::String(key) => Some((Arc::clone(key), Self::from_inner(value.clone()))),
            _ => None,
        };
        object.iter_sorted().map(member).collect()
    }

    /// Returns the elements of an array; `None` of anything else.
    #[must_use]
    pub fn items(&self) -> Option<Vec<Self>> {
        match &self.inner {
            regorus::Value::Array(items) => {
                Some(items.iter().cloned().map(Self::from_inner).collect())
            }
            _ => None,
        }
    }

    /// Returns the elements of a set, sorted, or none of an undefined value; `None` of anything else.
    #[must_use]
    pub fn elements(&self) -> Option<Vec<Self>> {
        match &self.inner {
            // The set is sorted already; another one of a hundred thousand objects would compare them
            // member by member once more.
            regorus::Value::Set(set) => {
                Some(set.iter_sorted().cloned().map(Self::from_inner).collect())
            }
            regorus::Value::Undefined => Some(Vec::new()),
            _ => None,
        }
    }
}

impl Serialize for Value {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.inner.serialize(serializer)
    }
}
