//! The bytes that are signed: DSSE v1 pre-authentication encoding.
//!
//! <https://github.com/secure-systems-lab/dsse/blob/v1.0.2/protocol.md>. Lengths count bytes, never
//! characters: counting characters lets a signed payload type be changed afterwards.

#![warn(clippy::indexing_slicing, clippy::arithmetic_side_effects)]

/// What an in-toto statement calls itself inside an envelope.
pub(super) const PAYLOAD_TYPE: &str = "application/vnd.in-toto+json";

const MAGIC: &str = "DSSEv1";

/// Returns `"DSSEv1" SP LEN(type) SP type SP LEN(payload) SP payload`.
pub(super) fn encode(payload_type: &str, payload: &[u8]) -> Vec<u8> {
    let head = format!("{MAGIC} {} {payload_type} {} ", payload_type.len(), payload.len());
    [head.as_bytes(), payload].concat()
}

/// Returns the payload of an encoding that [`encode`] made for [`PAYLOAD_TYPE`]; `None` for any
/// other bytes.
pub(super) fn payload_of(encoded: &[u8]) -> Option<&[u8]> {
    let head = format!("{MAGIC} {} {PAYLOAD_TYPE} ", PAYLOAD_TYPE.len());
    let rest = encoded.strip_prefix(head.as_bytes())?;
    let space = rest.iter().position(|byte| *byte == b' ')?;
    let payload = rest.get(space.checked_add(1)?..)?;
    (encode(PAYLOAD_TYPE, payload) == encoded).then_some(payload)
}

#[cfg(test)]
mod tests {
    use super::{PAYLOAD_TYPE, encode, payload_of};

    #[test]
    fn the_example_of_the_specification() {
        let encoded = encode("http://example.com/HelloWorld", b"hello world");
        assert_eq!(encoded, b"DSSEv1 29 http://example.com/HelloWorld 11 hello world");
    }

    #[test]
    fn lengths_count_bytes() {
        assert_eq!(encode("é", "ü".as_bytes()), "DSSEv1 2 é 2 ü".as_bytes());
    }

    #[test]
    fn only_the_exact_encoding_is_read() {
        let encoded = encode(PAYLOAD_TYPE, b"{} 1");
        assert_eq!(payload_of(&encoded), Some(b"{} 1".as_slice()));
        let text = String::from_utf8(encoded.clone()).unwrap_or_default();
        for changed in [
            text.replace(" 4 ", " 04 "),
            text.replace(" 4 ", " 5 "),
            text.replace(" 4 ", " +4 "),
            text.replace(" 28 ", " 28  "),
            text.replace("DSSEv1", "DSSEv2"),
            text.replace("in-toto", "in-tot0"),
            format!("{text}x"),
            format!(" {text}"),
        ] {
            assert_ne!(changed, text);
            assert_eq!(payload_of(changed.as_bytes()), None, "{changed}");
        }
    }
}
