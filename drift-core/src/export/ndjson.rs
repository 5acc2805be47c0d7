//! One JSON object an entry, `drift.entry/v1`: every attribute of the table under its own name.

use std::io;

use serde_json::{Map, Value as Json};

use crate::model::attribute::{ATTRIBUTES, Value, base64};
use crate::model::{Entry, Observed, TreePath};
use crate::report::{lossy, write_line};

use super::Export;

pub(super) const EXPORT: Export = Export {
    name: "ndjson",
    meaning: "one JSON object an entry, every attribute under its name; null for none",
    head: |_| Ok(()),
    entry: write,
};

fn write(path: &TreePath, entry: &Entry, out: &mut dyn io::Write) -> io::Result<()> {
    let mut object = Map::new();
    object.insert("schema".to_owned(), "drift.entry/v1".into());
    put(&mut object, "path", Some(&[b"/", path.as_bytes()].concat()));
    let mut unobserved = Vec::new();
    for attribute in ATTRIBUTES.iter().filter(|attribute| attribute.types.contains(entry.file_type))
    {
        match (attribute.get)(entry) {
            Observed::Is(Value::Named(pairs)) => {
                let pairs =
                    pairs.iter().map(|(name, value)| (lossy(name).0, Json::from(base64(value))));
                object.insert(attribute.name.to_owned(), Json::Object(pairs.collect()));
            }
            Observed::Is(value) => put(&mut object, attribute.name, value.to_bytes().as_deref()),
            Observed::NotApplicable => {}
            Observed::Unobserved => unobserved.push(Json::from(attribute.name)),
        }
    }
    if !unobserved.is_empty() {
        object.insert("unobserved".to_owned(), Json::Array(unobserved));
    }
    // As in a report: characters that a terminal acts upon are written as escapes of JSON.
    write_line(&Json::Object(object), out)
}

fn put(object: &mut Map<String, Json>, name: &str, bytes: Option<&[u8]>) {
    let Some(bytes) = bytes else {
        object.insert(name.to_owned(), Json::Null);
        return;
    };
    let (text, exact) = lossy(bytes);
    object.insert(name.to_owned(), text.into());
    if let Some(exact) = exact {
        object.insert(format!("{name}_b64"), exact.into());
    }
}
