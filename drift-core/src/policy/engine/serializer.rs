//! From any value of serde to a value of Rego, without JSON text between: keys of structs and words
//! that repeat are shared, so that a hundred thousand changes cost what differs between them.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::sync::Arc;

use serde::ser::{self, Serialize};

use super::value::Value;

/// A value that has no form in Rego: bytes, or a map whose keys are no texts.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("failed to make a value for policies: {reason}")]
pub struct ValueError {
    reason: String,
}

/// Texts up to so many bytes are looked up among those that were seen; longer ones rarely repeat.
const SHARED_BYTES: usize = 32;

/// Different texts that are kept to be shared; beyond that, new ones are made anew.
const SHARED_TEXTS: usize = 4096;

/// Makes a value of anything that serde can write.
///
/// ```
/// use drift_core::policy::to_value;
/// let value = to_value(&vec![("mode", "0755")])?;
/// assert_eq!(value.json(), r#"[["mode","0755"]]"#);
/// # Ok::<(), drift_core::policy::ValueError>(())
/// ```
pub fn to_value<T: Serialize + ?Sized>(from: &T) -> Result<Value, ValueError> {
    let words = Words::default();
    from.serialize(Maker { words: &words })
}

#[derive(Default)]
struct Words {
    known: RefCell<BTreeMap<Arc<str>, Value>>,
}

impl Words {
    fn text(&self, text: &str) -> Value {
        if text.len() > SHARED_BYTES {
            return Value::text(text);
        }
        let mut known = self.known.borrow_mut();
        if let Some(value) = known.get(text) {
            return value.clone();
        }
        let shared: Arc<str> = text.into();
        let value = Value::shared(&shared);
        if known.len() < SHARED_TEXTS {
            known.insert(shared, value.clone());
        }
        value
    }
}

#[derive(Clone, Copy)]
struct Maker<'w> {
    words: &'w Words,
}

impl ser::Error for ValueError {
    fn custom<T: std::fmt::Display>(message: T) -> Self {
        Self { reason: message.to_string() }
    }
}

fn refused(what: &str) -> ValueError {
    ValueError { reason: format!("{what} has no form in JSON") }
}

struct Sequence<'w> {
    words: &'w Words,
    items: Vec<Value>,
    /// The name of an enum's variant around it.
    variant: Option<&'static str>,
}

struct Members<'w> {
    words: &'w Words,
    members: Vec<(Value, Value)>,
    key: Option<Value>,
    variant: Option<&'static str>,
}

impl<'w> Maker<'w> {
    fn sequence(self, length: Option<usize>, variant: Option<&'static str>) -> Sequence<'w> {
        // A claimed length allocates nothing large.
        let items = Vec::with_capacity(length.unwrap_or(0).min(1024));
        Sequence { words: self.words, items, variant }
    }

    fn members(self, variant: Option<&'static str>) -> Members<'w> {
        Members { words: self.words, members: Vec::new(), key: None, variant }
    }

    fn within(self, variant: Option<&'static str>, value: Value) -> Value {
        match variant {
            None => value,
            Some(name) => Value::map([(self.words.text(name), value)]),
        }
    }
}

impl<'w> ser::Serializer for Maker<'w> {
    type Ok = Value;
    type Error = ValueError;
    type SerializeSeq = Sequence<'w>;
    type SerializeTuple = Sequence<'w>;
    type SerializeTupleStruct = Sequence<'w>;
    type SerializeTupleVariant = Sequence<'w>;
    type SerializeMap = Members<'w>;
    type SerializeStruct = Members<'w>;
    type SerializeStructVariant = Members<'w>;

    fn serialize_bool(self, value: bool) -> Result<Value, ValueError> {
        Ok(Value::boolean(value))
    }
    fn serialize_i8(self, value: i8) -> Result<Value, ValueError> {
        Ok(Value::integer(value.into()))
    }
    fn serialize_i16(self, value: i16) -> Result<Value, ValueError> {
        Ok(Value::integer(value.into()))
    }
    fn serialize_i32(self, value: i32) -> Result<Value, ValueError> {
        Ok(Value::integer(value.into()))
    }
    fn serialize_i64(self, value: i64) -> Result<Value, ValueError> {
        Ok(Value::integer(value))
    }
    fn serialize_u8(self, value: u8) -> Result<Value, ValueError> {
        Ok(Value::unsigned(value.into()))
    }
    fn serialize_u16(self, value: u16) -> Result<Value, ValueError> {
        Ok(Value::unsigned(value.into()))
    }
    fn serialize_u32(self, value: u32) -> Result<Value, ValueError> {
        Ok(Value::unsigned(value.into()))
    }
    fn serialize_u64(self, value: u64) -> Result<Value, ValueError> {
        Ok(Value::unsigned(value))
    }
    fn serialize_f32(self, value: f32) -> Result<Value, ValueError> {
        Ok(Value::float(value.into()))
    }
    fn serialize_f64(self, value: f64) -> Result<Value, ValueError> {
        Ok(Value::float(value))
    }
    fn serialize_char(self, value: char) -> Result<Value, ValueError> {
        Ok(self.words.text(value.encode_utf8(&mut [0; 4])))
    }
    fn serialize_str(self, value: &str) -> Result<Value, ValueError> {
        Ok(self.words.text(value))
    }
    fn serialize_bytes(self, _: &[u8]) -> Result<Value, ValueError> {
        Err(refused("a text of bytes"))
    }
    fn serialize_none(self) -> Result<Value, ValueError> {
        Ok(Value::NULL)
    }
    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<Value, ValueError> {
        value.serialize(self)
    }
    fn serialize_unit(self) -> Result<Value, ValueError> {
        Ok(Value::NULL)
    }
    fn serialize_unit_struct(self, _: &'static str) -> Result<Value, ValueError> {
        Ok(Value::NULL)
    }
    fn serialize_unit_variant(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
    ) -> Result<Value, ValueError> {
        Ok(self.words.text(variant))
    }
    fn serialize_newtype_struct<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        value: &T,
    ) -> Result<Value, ValueError> {
        value.serialize(self)
    }
    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        value: &T,
    ) -> Result<Value, ValueError> {
        let value = value.serialize(self)?;
        Ok(self.within(Some(variant), value))
    }
    fn serialize_seq(self, length: Option<usize>) -> Result<Sequence<'w>, ValueError> {
        Ok(self.sequence(length, None))
    }
    fn serialize_tuple(self, length: usize) -> Result<Sequence<'w>, ValueError> {
        Ok(self.sequence(Some(length), None))
    }
    fn serialize_tuple_struct(
        self,
        _: &'static str,
        length: usize,
    ) -> Result<Sequence<'w>, ValueError> {
        Ok(self.sequence(Some(length), None))
    }
    fn serialize_tuple_variant(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        length: usize,
    ) -> Result<Sequence<'w>, ValueError> {
        Ok(self.sequence(Some(length), Some(variant)))
    }
    fn serialize_map(self, _: Option<usize>) -> Result<Members<'w>, ValueError> {
        Ok(self.members(None))
    }
    fn serialize_struct(self, _: &'static str, _: usize) -> Result<Members<'w>, ValueError> {
        Ok(self.members(None))
    }
    fn serialize_struct_variant(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        _: usize,
    ) -> Result<Members<'w>, ValueError> {
        Ok(self.members(Some(variant)))
    }
}

impl Sequence<'_> {
    fn push<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), ValueError> {
        self.items.push(value.serialize(Maker { words: self.words })?);
        Ok(())
    }

    fn finish(self) -> Value {
        Maker { words: self.words }.within(self.variant, Value::array(self.items))
    }
}

impl Members<'_> {
    fn field<T: Serialize + ?Sized>(&mut self, key: &str, value: &T) -> Result<(), ValueError> {
        let value = value.serialize(Maker { words: self.words })?;
        self.members.push((self.words.text(key), value));
        Ok(())
    }

    fn finish(self) -> Value {
        Maker { words: self.words }.within(self.variant, Value::map(self.members))
    }
}

/// Every way of serde to hand over one item after another.
macro_rules! sequence {
    ($($trait:ident :: $method:ident),*) => { $(
        impl ser::$trait for Sequence<'_> {
            type Ok = Value;
            type Error = ValueError;
            fn $method<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), ValueError> {
                self.push(value)
            }
            fn end(self) -> Result<Value, ValueError> {
                Ok(self.finish())
            }
        }
    )* };
}

sequence!(
    SerializeSeq::serialize_element,
    SerializeTuple::serialize_element,
    SerializeTupleStruct::serialize_field,
    SerializeTupleVariant::serialize_field
);

impl ser::SerializeStruct for Members<'_> {
    type Ok = Value;
    type Error = ValueError;
    fn serialize_field<T: Serialize + ?Sized>(
        &mut self,
        key: &'static str,
        value: &T,
    ) -> Result<(), ValueError> {
        self.field(key, value)
    }
    fn end(self) -> Result<Value, ValueError> {
        Ok(self.finish())
    }
}

impl ser::SerializeStructVariant for Members<'_> {
    type Ok = Value;
    type Error = ValueError;
    fn serialize_field<T: Serialize + ?Sized>(
        &mut self,
        key: &'static str,
        value: &T,
    ) -> Result<(), ValueError> {
        self.field(key, value)
    }
    fn end(self) -> Result<Value, ValueError> {
        Ok(self.finish())
    }
}

impl ser::SerializeMap for Members<'_> {
    type Ok = Value;
    type Error = ValueError;
    fn serialize_key<T: Serialize + ?Sized>(&mut self, key: &T) -> Result<(), ValueError> {
        let key = key.serialize(Maker { words: self.words })?;
        if key.as_str().is_none() {
            return Err(refused("a key that is no text"));
        }
        self.key = Some(key);
        Ok(())
    }
    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), ValueError> {
        let key = self.key.take().ok_or_else(|| refused("a value without a key"))?;
        self.members.push((key, value.serialize(Maker { words: self.words })?));
        Ok(())
    }
    fn end(self) -> Result<Value, ValueError> {
        Ok(self.finish())
    }
}
