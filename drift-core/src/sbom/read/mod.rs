//! Reading a bill of materials that anybody may have written.
//!
//! The document is read as a stream: what is not wanted is passed over, what is wanted goes into
//! [`Gathered`] one element at a time and is paid for. Nesting ends where `serde_json` ends it, at
//! 128 levels. A document that gives a member twice is refused, because two readers could take it
//! differently.

mod cyclonedx;
mod fields;
mod gathered;
mod spdx;

use serde::Deserialize;

use super::bill::Unreadable;
use gathered::Gathered;

pub(super) use gathered::FileDigests;

/// Versions of CycloneDX and SPDX whose packages and files stand at the same places.
const CYCLONEDX: [&str; 3] = ["1.4", "1.5", "1.6"];
const SPDX: [&str; 2] = ["SPDX-2.2", "SPDX-2.3"];

/// The members by which a form is told from another.
#[derive(Debug, Deserialize)]
struct Head {
    #[serde(rename = "bomFormat")]
    bom_format: Option<String>,
    #[serde(rename = "specVersion")]
    spec_version: Option<String>,
    #[serde(rename = "spdxVersion")]
    spdx_version: Option<String>,
}

/// Reads a bill; returns the words for its form, and what it holds.
pub(super) fn read(bytes: &[u8]) -> Result<(String, Gathered), Unreadable> {
    let head: Head = serde_json::from_slice(bytes).map_err(|error| malformed(&error))?;
    let mut gathered = Gathered::default();
    let mut deserializer = serde_json::Deserializer::from_slice(bytes);
    let form = match (head.bom_format.as_deref(), head.spdx_version.as_deref()) {
        (Some("CycloneDX"), None) => {
            let version = head.spec_version.unwrap_or_default();
            known(&CYCLONEDX, &version, "CycloneDX")?;
            cyclonedx::read(&mut deserializer, &mut gathered).map_err(|error| malformed(&error))?;
            format!("CycloneDX {version}")
        }
        (None, Some(version)) => {
            known(&SPDX, version, "SPDX")?;
            spdx::read(&mut deserializer, &mut gathered).map_err(|error| malformed(&error))?;
            version.replace('-', " ")
        }
        _ => {
            return Err(Unreadable::new(
                "it is neither CycloneDX (member bomFormat) nor SPDX (member spdxVersion) in JSON",
            ));
        }
    };
    Ok((form, gathered))
}

fn known(versions: &[&str], version: &str, form: &str) -> Result<(), Unreadable> {
    if versions.contains(&version) {
        return Ok(());
    }
    let shown: String = version.chars().take(32).collect();
    let known = versions.join(", ");
    Err(Unreadable::new(format!("its version of {form} is {shown:?}; {known} can be read")))
}

fn malformed(error: &serde_json::Error) -> Unreadable {
    Unreadable::new(format!("its JSON cannot be read: {error}"))
}
