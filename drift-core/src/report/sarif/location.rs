//! Where a result is. GitHub refuses a whole file in which one result names no artifact, so what is
//! no file of the target is an artifact below a base of its own.

use serde_json::{Map, Value, json};

use super::message::message;
use crate::report::Report;
use crate::report::findings::Place;

/// The root of the target.
const ROOT: &str = "ROOT";
const PACKAGES: &str = "PACKAGES";
const IMAGE: &str = "IMAGE";
const POLICIES: &str = "POLICIES";

/// Returns what the bases of locations are. None says where it lies on this machine: a result must be
/// the same on every host.
pub(super) fn bases(report: &Report) -> Value {
    json!({
        ROOT: { "description": message(&format!("The root of {}.", report.target.locator)) },
        PACKAGES: { "description": message("Installed packages: MANAGER/NAME:ARCHITECTURE.") },
        IMAGE: { "description": message("What an image says of itself.") },
        POLICIES: { "description": message("Policies that name no object.") },
    })
}

/// Returns a place as a location object (§3.28).
pub(super) fn location(place: &Place<'_>) -> Value {
    let (base, uri, kind) = match place {
        Place::Entry(path, line) => match relative(path) {
            Some(uri) => return physical(ROOT, &uri, *line),
            None => (ROOT, "./".to_owned(), "resource"),
        },
        Place::Package(name) => (PACKAGES, encoded(name.as_bytes()), "package"),
        Place::Fact(key) => (IMAGE, encoded(key.as_bytes()), "resource"),
        Place::Policy(id) => (POLICIES, encoded(id.as_bytes()), "resource"),
    };
    let mut location = physical(base, &uri, None);
    if let Some(members) = location.as_object_mut() {
        let logical = json!([{ "fullyQualifiedName": place.shown(), "kind": kind }]);
        members.insert("logicalLocations".to_owned(), logical);
    }
    location
}

fn physical(base: &str, uri: &str, line: Option<u64>) -> Value {
    let mut physical = Map::new();
    physical.insert("artifactLocation".to_owned(), json!({ "uri": uri, "uriBaseId": base }));
    if let Some(line) = line.filter(|line| (1..=MAX_LINE).contains(line)) {
        physical.insert("region".to_owned(), json!({ "startLine": line }));
    }
    json!({ "physicalLocation": physical })
}

/// Readers keep line numbers in 32 bits.
const MAX_LINE: u64 = i32::MAX as u64;

/// Returns a path below the root as a relative reference; none where `.` or `..` in it would be
/// resolved away (RFC 3986 §5.2.4), which no path of an entry has.
fn relative(path: &[u8]) -> Option<String> {
    let path = path.strip_prefix(b"/").unwrap_or(path);
    let dotted = |part: &[u8]| matches!(part, b"." | b"..");
    let whole = !path.is_empty() && !path.split(|byte| *byte == b'/').any(dotted);
    whole.then(|| encoded(path))
}

/// Encodes every byte but those that RFC 3986 §2.3 leaves alone, and `/`.
pub(super) fn encoded(bytes: &[u8]) -> String {
    let mut uri = String::with_capacity(bytes.len());
    for byte in bytes {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => {
                uri.push(char::from(*byte));
            }
            // An empty segment at the start would make the rest a host name.
            b'/' if !uri.is_empty() && !uri.ends_with('/') => uri.push('/'),
            other => uri.push_str(&format!("%{other:02X}")),
        }
    }
    uri
}

#[cfg(test)]
mod tests {
    use super::{encoded, relative};

    #[test]
    fn every_byte_of_a_path_survives_and_none_has_a_meaning() {
        let check = |path: &[u8], expect: &str| {
            assert_eq!(relative(path).as_deref(), Some(expect));
        };
        check(b"/usr/bin/[", "usr/bin/%5B");
        check(b"/a b%20/c:d?e#f", "a%20b%2520/c%3Ad%3Fe%23f");
        check(b"/bad\xff\n", "bad%FF%0A");
        check("/\u{e9}".as_bytes(), "%C3%A9");
        check(b"/...", "...");
        check(b"//host/x", "%2Fhost/x");
        for path in [&b"/"[..], b"/a/../b", b"/.", b"/a/./b", b""] {
            assert_eq!(relative(path), None);
        }
        assert_eq!(encoded(b"a//b"), "a/%2Fb");
    }
}
