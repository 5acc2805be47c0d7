//! Bytes in a document of text: what JSON can show, and beside it the exact bytes where they differ.

use std::borrow::Cow;

use base64::Engine as _;

use crate::model::attribute::base64;

/// Returns `bytes` as text, and in base64 as well when the text cannot be turned back into them.
///
/// ```
/// use drift_core::report::lossy;
/// assert_eq!(lossy(b"/a"), ("/a".to_owned(), None));
/// assert_eq!(lossy(b"\xff"), ("\u{fffd}".to_owned(), Some("/w==".to_owned())));
/// ```
#[must_use]
pub fn lossy(bytes: &[u8]) -> (String, Option<String>) {
    match str::from_utf8(bytes) {
        Ok(text) => (text.to_owned(), None),
        Err(_) => (String::from_utf8_lossy(bytes).into_owned(), Some(base64(bytes))),
    }
}

/// Returns the bytes that [`lossy`] was given.
///
/// Base64 that does not decode is ignored: a document read from elsewhere must not fail here.
#[must_use]
pub fn exact<'d>(text: &'d str, base64: Option<&str>) -> Cow<'d, [u8]> {
    let decoded =
        base64.and_then(|coded| base64::engine::general_purpose::STANDARD.decode(coded).ok());
    decoded.map_or(Cow::Borrowed(text.as_bytes()), Cow::Owned)
}

#[cfg(test)]
mod tests {
    use super::{exact, lossy};

    #[test]
    fn every_byte_comes_back() {
        for first in 0..=255 {
            for bytes in [vec![first], vec![b'a', first, 0xff], vec![0xf0, first]] {
                let (text, coded) = lossy(&bytes);
                assert_eq!(*exact(&text, coded.as_deref()), *bytes);
            }
        }
        assert_eq!(*exact("/a", Some("?")), *b"/a");
    }
}
