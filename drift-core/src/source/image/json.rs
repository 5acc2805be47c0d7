//! JSON as strictly as documents need it that decide what is verified: every reader must see the
//! same in them.
//!
//! RFC 8259 leaves open what a name means that occurs twice, and Go, in which the tools that run
//! images are written, takes names in any case. Both are refused where they would matter: a name
//! twice anywhere, and a name that is one of ours but for its case. Depth is bounded by serde_json
//! (128).

#![warn(clippy::indexing_slicing, clippy::arithmetic_side_effects)]

use std::collections::BTreeMap;
use std::fmt;

use serde::de::{self, Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};

use crate::bounds::escape::escaped;

/// A JSON value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Value {
    Null,
    /// Every number that is no whole one from 0 on.
    Other,
    Flag(bool),
    Number(u64),
    Text(String),
    List(Vec<Value>),
    Object(Object),
}

/// A JSON object, each name once.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Object(BTreeMap<String, Value>);

/// Reads one document that is an object.
pub(super) fn object(bytes: &[u8]) -> Result<Object, String> {
    match value(bytes)? {
        Value::Object(object) => Ok(object),
        _ => Err("it is no JSON object".to_owned()),
    }
}

/// Reads one document that is a list.
pub(super) fn list(bytes: &[u8]) -> Result<Vec<Value>, String> {
    match value(bytes)? {
        Value::List(values) => Ok(values),
        _ => Err("it is no JSON list".to_owned()),
    }
}

fn value(bytes: &[u8]) -> Result<Value, String> {
    serde_json::from_slice(bytes).map_err(|error| format!("it is not the JSON expected: {error}"))
}

impl Value {
    /// Returns the object that it is.
    pub(super) fn as_object(&self, what: &str) -> Result<&Object, String> {
        match self {
            Self::Object(object) => Ok(object),
            _ => Err(format!("{what} is no object")),
        }
    }
}

impl Object {
    /// Returns a member; `null` is as good as none.
    pub(super) fn get(&self, name: &str) -> Result<Option<&Value>, String> {
        if let Some(other) = self.0.keys().find(|key| key.as_str() != name && alike(key, name)) {
            let other = escaped(other.as_bytes());
            return Err(format!("\"{other}\" stands for \"{name}\" to some readers alone"));
        }
        Ok(self.0.get(name).filter(|value| **value != Value::Null))
    }

    pub(super) fn text(&self, name: &str) -> Result<Option<&str>, String> {
        match self.get(name)? {
            None => Ok(None),
            Some(Value::Text(text)) => Ok(Some(text)),
            Some(_) => Err(format!("\"{name}\" is no text")),
        }
    }

    /// Returns a text that is not empty.
    pub(super) fn some_text(&self, name: &str) -> Result<Option<&str>, String> {
        Ok(self.text(name)?.filter(|text| !text.is_empty()))
    }

    pub(super) fn number(&self, name: &str) -> Result<Option<u64>, String> {
        match self.get(name)? {
            None => Ok(None),
            Some(Value::Number(number)) => Ok(Some(*number)),
            Some(_) => Err(format!("\"{name}\" is no whole number from 0 on")),
        }
    }

    /// Returns a truth value, false where there is none.
    pub(super) fn flag(&self, name: &str) -> Result<bool, String> {
        match self.get(name)? {
            None => Ok(false),
            Some(Value::Flag(flag)) => Ok(*flag),
            Some(_) => Err(format!("\"{name}\" is neither true nor false")),
        }
    }

    pub(super) fn list(&self, name: &str) -> Result<&[Value], String> {
        match self.get(name)? {
            None => Ok(&[]),
            Some(Value::List(values)) => Ok(values),
            Some(_) => Err(format!("\"{name}\" is no list")),
        }
    }

    pub(super) fn texts(&self, name: &str) -> Result<Vec<&str>, String> {
        let values = self.list(name)?.iter();
        let texts = values.map(|value| match value {
            Value::Text(text) => Ok(text.as_str()),
            _ => Err(format!("\"{name}\" holds something that is no text")),
        });
        texts.collect()
    }

    pub(super) fn object(&self, name: &str) -> Result<Option<&Self>, String> {
        self.get(name)?.map(|value| value.as_object(&format!("\"{name}\""))).transpose()
    }

    /// Returns an object whose members are all texts, sorted by name.
    pub(super) fn pairs(&self, name: &str) -> Result<Vec<(&str, &str)>, String> {
        let Some(object) = self.object(name)? else { return Ok(Vec::new()) };
        let pairs = object.0.iter().map(|(key, value)| match value {
            Value::Text(text) => Ok((key.as_str(), text.as_str())),
            Value::Null => Ok((key.as_str(), "")),
            _ => Err(format!("\"{name}\" holds something that is no text")),
        });
        pairs.collect()
    }

    /// Returns the names of an object's members, sorted.
    pub(super) fn names(&self, name: &str) -> Result<Vec<&str>, String> {
        let object = self.object(name)?;
        Ok(object.into_iter().flat_map(|object| object.0.keys().map(String::as_str)).collect())
    }
}

/// Whether Go's encoding/json takes one name for the other: it folds case as Unicode does, which
/// adds two characters to the letters of ASCII.
fn alike(one: &str, other: &str) -> bool {
    let fold = |character: char| match character {
        '\u{17f}' => 's',
        '\u{212a}' => 'k',
        other => other.to_ascii_lowercase(),
    };
    one.chars().map(fold).eq(other.chars().map(fold))
}

impl<'de> Deserialize<'de> for Value {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Any)
    }
}

struct Any;

impl<'de> Visitor<'de> for Any {
    type Value = Value;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a JSON value")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Flag(value))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(Value::Number(value))
    }

    fn visit_i64<E>(self, _value: i64) -> Result<Value, E> {
        Ok(Value::Other)
    }

    fn visit_f64<E>(self, _value: f64) -> Result<Value, E> {
        Ok(Value::Other)
    }

    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(Value::Text(value.to_owned()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Value, A::Error> {
        let mut values = Vec::new();
        while let Some(value) = list.next_element()? {
            values.push(value);
        }
        Ok(Value::List(values))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Value, A::Error> {
        let mut object = BTreeMap::new();
        while let Some((name, value)) = members.next_entry::<String, Value>()? {
            let shown = escaped(name.as_bytes()).to_string();
            if object.insert(name, value).is_some() {
                return Err(de::Error::custom(format!("the name \"{shown}\" occurs twice")));
            }
        }
        Ok(Value::Object(Object(object)))
    }
}

#[cfg(test)]
mod tests {
    use super::{list, object};

    #[test]
    fn what_readers_could_read_differently_is_refused() {
        let refused = |text: &str, why: &str| {
            let error = object(text.as_bytes()).expect_err(text);
            assert!(error.contains(why), "{text}: {error}");
        };
        refused(r#"{"a":1,"a":1}"#, "\"a\" occurs twice");
        refused(r#"{"x":[{"a":1,"\u0061":2}]}"#, "\"a\" occurs twice");
        refused(r#"{"a\u001b":1,"a\u001b":2}"#, r"a\u{1b}");
        refused(r#"{"a":1} {"a":2}"#, "trailing characters");
        refused("[]", "no JSON object");
        refused("", "EOF");
        refused("\u{feff}{}", "expected value");
        refused(r#"{"a":"\ud800"}"#, "it is not the JSON expected");
        refused(&"{\"a\":".repeat(200), "recursion limit");
        assert!(list(br#"{"a":1}"#).is_err());
    }

    #[test]
    fn names_are_taken_in_one_case_alone() {
        for other in ["Layers", "LAYERS", "layer\u{17f}"] {
            let text = format!("{{\"layers\":[],\"{other}\":[1]}}");
            let object = object(text.as_bytes()).expect("it is JSON");
            assert!(object.list("layers").is_err(), "{other}");
            assert!(object.list("manifests").expect("another name").is_empty());
        }
    }

    #[test]
    fn types_are_what_they_must_be() {
        let object =
            object(br#"{"n":7,"f":1e3,"m":-1,"t":"x","l":["a",1],"o":{"b":null},"z":null}"#)
                .expect("it is JSON");
        assert_eq!(object.number("n"), Ok(Some(7)));
        assert!(object.number("f").is_err() && object.number("m").is_err());
        assert!(object.text("n").is_err() && object.texts("l").is_err());
        assert_eq!(object.pairs("o"), Ok(vec![("b", "")]));
        assert_eq!((object.text("z"), object.list("none")), (Ok(None), Ok(&[][..])));
    }
}
