//! The one form of a bundle, and what is not it.

#![expect(clippy::indexing_slicing, reason = "a test that panics has failed")]

use super::{BUNDLE_MARK, Bundle, BundleError};
use crate::model::Digest;
use crate::policy::PolicyFile;

fn file(name: &str, text: &str) -> PolicyFile {
    PolicyFile { name: name.to_owned(), text: text.to_owned() }
}

fn bundle() -> Bundle {
    let files = vec![file("a.rego", "one"), file("b.rego", "two"), file("lib/c.rego", "")];
    Bundle { name: "site".to_owned(), created_by: "drift 0.1.0".to_owned(), files }
}

/// The form of version 1: a change here makes every bundle ever made unreadable.
#[test]
fn the_form_is_pinned() {
    let sha = |text: &str| Digest::sha256_of(text.as_bytes()).hex();
    let expected = format!(
        "drift.policies/v1\n{{\"schema\":\"drift.policies/v1\",\"name\":\"site\",\
         \"created_by\":\"drift 0.1.0\",\"files\":[\
         {{\"name\":\"a.rego\",\"size\":3,\"sha256\":\"{}\"}},\
         {{\"name\":\"b.rego\",\"size\":3,\"sha256\":\"{}\"}},\
         {{\"name\":\"lib/c.rego\",\"size\":0,\"sha256\":\"{}\"}}]}}\nonetwo",
        sha("one"),
        sha("two"),
        sha("")
    );
    let bytes = bundle().encode().expect("a bundle");
    assert_eq!(String::from_utf8_lossy(&bytes), expected);
    assert_eq!(Bundle::decode_unverified(&bytes), Ok(bundle()));
    let mut shuffled = bundle();
    shuffled.files.reverse();
    assert_eq!(shuffled.encode(), Ok(bytes), "the order of the files does not matter");
}

#[test]
fn no_byte_may_differ() {
    let bytes = bundle().encode().expect("a bundle");
    for at in 0..bytes.len() {
        for bit in 0..8 {
            let mut spoiled = bytes.clone();
            spoiled[at] ^= 1 << bit;
            // Names and versions are any text: the signature alone vouches for them.
            if let Ok(read) = Bundle::decode_unverified(&spoiled) {
                assert_eq!(read.files[0].text, "one", "byte {at}");
                assert_eq!(read.encode(), Ok(spoiled), "byte {at}");
                assert_ne!(read, bundle(), "byte {at}");
            }
        }
    }
    for end in 0..bytes.len() {
        assert!(Bundle::decode_unverified(&bytes[..end]).is_err(), "{end} bytes");
    }
    assert_eq!(Bundle::decode_unverified(&[&bytes[..], b"x"].concat()), Err(BundleError::Form));
}

#[test]
fn lists_that_lie_are_refused() {
    let bytes = bundle().encode().expect("a bundle");
    let text = String::from_utf8(bytes).expect("text");
    let swap = |from: &str, to: &str| {
        let changed = text.replacen(from, to, 1);
        assert_ne!(changed, text, "{from}");
        Bundle::decode_unverified(changed.as_bytes())
    };
    for (from, to) in [
        ("\"size\":3", "\"size\":4"),
        ("\"size\":3", "\"size\":18446744073709551615"),
        ("\"size\":3", "\"size\":3.0"),
        ("\"size\":3", " \"size\":3"),
        ("\"size\":3", "\"size\":3,\"size\":3"),
        ("\"size\":3", "\"extra\":1,\"size\":3"),
        ("onetwo", "twoone"),
        ("a.rego", "z.rego"),
        ("a.rego", "b.rego"),
        ("a.rego", "../a.rego"),
        ("a.rego", "data.json"),
        ("a.rego", "/a.rego"),
        ("a.rego", "x/a.rego"),
        ("\"files\":[", "\"files\":[{}"),
        ("drift.policies/v1\"", "drift.policies/v2\""),
        ("drift.policies/v1\n", "drift.policies/v2\n"),
    ] {
        assert!(swap(from, to).is_err(), "{from} became {to}");
    }
    let deep = [BUNDLE_MARK, "[".repeat(100_000).as_bytes(), b"\n"].concat();
    assert_eq!(Bundle::decode_unverified(&deep), Err(BundleError::List));
}

#[test]
fn what_would_be_refused_is_not_made() {
    for name in ["data.json", "../a.rego", "a.rego"] {
        let mut wrong = bundle();
        wrong.files.push(file(name, ""));
        assert!(wrong.encode().is_err(), "{name}");
    }
}
