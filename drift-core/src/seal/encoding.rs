//! How digests and times stand in signed JSON: always as one text, read back to the same value.

use std::fmt::Display;

use crate::bounds::Timestamp;
use crate::model::{Algorithm, Digest};

/// A value with exactly one text form.
pub(super) trait Text: Display + Sized {
    /// Reads the text form; `None` when it is none.
    fn read(text: &str) -> Option<Self>;
}

impl Text for Digest {
    fn read(text: &str) -> Option<Self> {
        let digest = Self::from_hex(Algorithm::Sha256, text.strip_prefix("sha256:")?.as_bytes())?;
        (digest.to_string() == text).then_some(digest)
    }
}

impl Text for Timestamp {
    fn read(text: &str) -> Option<Self> {
        let time = Self::parse(text).ok()?;
        (time.to_string() == text).then_some(time)
    }
}

/// For `#[serde(with = "text")]`.
pub(super) mod text {
    use serde::de::{Deserialize, Deserializer, Error};
    use serde::ser::Serializer;

    use super::Text;

    pub(in crate::seal) fn serialize<T, S>(value: &T, serializer: S) -> Result<S::Ok, S::Error>
    where
        T: Text,
        S: Serializer,
    {
        serializer.collect_str(value)
    }

    pub(in crate::seal) fn deserialize<'de, T, D>(deserializer: D) -> Result<T, D::Error>
    where
        T: Text,
        D: Deserializer<'de>,
    {
        let text = String::deserialize(deserializer)?;
        T::read(&text).ok_or_else(|| D::Error::custom("a digest or time is not in its one form"))
    }
}

/// For `#[serde(with = "optional_text")]`: null when there is none, never left out.
pub(super) mod optional_text {
    use serde::de::{Deserialize, Deserializer, Error};
    use serde::ser::Serializer;

    use super::Text;

    pub(in crate::seal) fn serialize<T, S>(
        value: &Option<T>,
        serializer: S,
    ) -> Result<S::Ok, S::Error>
    where
        T: Text,
        S: Serializer,
    {
        match value {
            Some(value) => serializer.collect_str(value),
            None => serializer.serialize_none(),
        }
    }

    pub(in crate::seal) fn deserialize<'de, T, D>(deserializer: D) -> Result<Option<T>, D::Error>
    where
        T: Text,
        D: Deserializer<'de>,
    {
        let Some(text) = Option::<String>::deserialize(deserializer)? else { return Ok(None) };
        let value = T::read(&text);
        value.map(Some).ok_or_else(|| D::Error::custom("a digest or time is not in its one form"))
    }
}
