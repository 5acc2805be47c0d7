//! Reading a bill of materials that anybody may have written.
//!
//! The document is read as a stream: what is not wanted is passed over, what is wanted goes into
//! [`Gathered`] one element at a time and is paid for. Nesting ends where `serde_json` ends it, at
//! 128 levels, in what is passed over too. A document that gives a member twice is refused, because two readers could take it
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

/// Levels of objects and lists; `serde_json` refuses as many where it builds something.
const MAX_DEPTH: usize = 127;

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
    // Editors put one before UTF-8; RFC 8259 lets readers pass over it.
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    if is_too_deep(bytes) {
        return Err(Unreadable::new(format!("its JSON is nested deeper than {MAX_DEPTH} levels")));
    }
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

/// Counts what is passed over too, of which the parser keeps no count. Of a text that is no JSON it says
/// nothing of use, and nobody relies on that.
fn is_too_deep(bytes: &[u8]) -> bool {
    let (mut depth, mut inside, mut escaped) = (0_usize, false, false);
    for byte in bytes {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if inside => escaped = true,
            b'"' => inside = !inside,
            b'{' | b'[' if !inside => depth = depth.saturating_add(1),
            b'}' | b']' if !inside => depth = depth.saturating_sub(1),
            _ => {}
        }
        if depth > MAX_DEPTH {
            return true;
        }
    }
    false
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
