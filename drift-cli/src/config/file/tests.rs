//! Every key, every wrong type, unknown names, and texts that merely resemble a configuration.

use std::path::Path;

use super::{Value, parse};
use crate::config::keys::KEYS;

fn wrong(text: &str) -> (usize, String) {
    match parse(text, Path::new("/etc/drift")) {
        Ok(stated) => panic!("{text} is taken: {stated:?}"),
        Err(wrong) => (wrong.line, wrong.why),
    }
}

/// Every key with its own example, and then with a value of every other type: what its kind does not
/// take is refused with the line and with what is expected.
#[test]
fn every_key_takes_its_example_and_refuses_other_types() {
    let mut refused = 0;
    for key in KEYS {
        let head =
            if key.table.is_empty() { "\n".to_owned() } else { format!("[{}]\n", key.table) };
        let text = format!("{head}{} = {}\n", key.name, key.example);
        let stated = parse(&text, Path::new("/etc/drift")).unwrap();
        assert_eq!(stated.len(), 1, "{text}");
        assert_eq!((stated[0].key.name, stated[0].line), (key.name, 2), "{text}");
        for other in ["-1", "1.5", "{ a = 1 }", "[[1]]", "[true]", "\"\"", "[\"\"]"] {
            let text = format!("{head}{} = {other}\n", key.name);
            let (line, why) = wrong(&text);
            assert_eq!(line, 2, "{text}");
            assert!(why.starts_with(&format!("{} takes ", key.full_name())), "{why}");
            refused += 1;
        }
    }
    assert_eq!(refused, 7 * KEYS.len());
}

#[test]
fn an_unknown_key_names_its_line_and_what_was_meant() {
    for (text, line, part) in [
        ("target = \"/\"\nbaselin = \"x\"\n", 2, "no key baselin; the nearest is baseline"),
        ("fail-on = \"low\"\n", 1, "no key fail-on; the nearest is fail_on"),
        ("expect_identity = \"x\"\n", 1, "the nearest is identity"),
        ("sign = \"x\"\n", 1, "the nearest is sign in the table [capture]"),
        ("[capture]\ntrust = \"x\"\n", 2, "the nearest is trust at the top, before any [table]"),
        ("[capture]\nexpire = \"9d\"\n", 2, "no key capture.expire; the nearest is expires"),
        ("[captur]\nsign = \"x\"\n", 1, "the nearest is capture"),
        ("[[trust]]\nx = 1\n", 1, "trust takes a path"),
        ("quiet = true\n\nquiet = true\n", 3, "duplicate key"),
        ("\n\nquiet = \n", 3, ""),
        ("baseline = \"a\"\n\nbaselines = \"b\"\n", 3, "exclude each other"),
        ("\u{202e} = 1\n", 1, ""),
    ] {
        let (found, why) = wrong(text);
        assert_eq!(found, line, "{text:?}: {why}");
        assert!(why.contains(part), "{text:?}: {why}");
    }
}

#[test]
fn paths_start_at_the_directory_of_the_file() {
    let text = "baseline = [\"a\", \"/b\"]\ntrust = \"../c\"\noutput = \"json=d\"\n\
                target = \"dir:/srv\"\n[capture]\nsign = [\"e\", \"external\"]\n";
    let stated = parse(text, Path::new("/etc/drift")).unwrap();
    let values: Vec<&Value> = stated.iter().map(|stated| &stated.value).collect();
    let texts = |texts: &[&str]| Value::Texts(texts.iter().map(|&text| text.to_owned()).collect());
    assert_eq!(
        values,
        [
            &Value::Paths(vec!["/etc/drift/a".into(), "/b".into()]),
            &Value::Paths(vec!["/etc/drift/../c".into()]),
            &texts(&["json=/etc/drift/d"]),
            &Value::Text("dir:/srv".to_owned()),
            &texts(&["/etc/drift/e", "external"]),
        ]
    );
    assert!(wrong("target = \"srv\"\n").1.contains("absolute"));
    assert!(wrong("target = \"dir:srv\"\n").1.contains("absolute"));
    assert!(wrong("output = \"jsn=x\"\n").1.contains("known format"));
    assert!(wrong("fail_on = \"loud\"\n").1.contains("\"critical\""));
}

/// A value that is no text of its kind, such as a number out of range.
#[test]
fn numbers_have_their_range() {
    for (text, holds) in [
        ("threshold = 0", false),
        ("threshold = 1", true),
        ("threshold = 0x2", true),
        ("threshold = 18446744073709551616", false),
        ("min_sequence = 0", true),
        ("threads = 0", false),
        ("threads = 1024", true),
        ("threads = 1025", false),
        ("threads = \"0%\"", false),
        ("deadline = \"0s\"", false),
        ("deadline = \"+5m\"", false),
        ("deadline = \"5m\"", true),
        ("deadline = 5", false),
        ("max_age = 2027-01-01", true),
        ("max_age = \"5s\"", false),
    ] {
        assert_eq!(parse(text, Path::new("/")).is_ok(), holds, "{text}");
    }
}

/// Bytes that merely resemble a configuration never panic.
#[test]
fn cuts_and_flips_are_answered() {
    let whole: String = KEYS
        .iter()
        .filter(|key| key.table.is_empty() && key.name != "baselines")
        .map(|key| format!("{} = {}\n", key.name, key.example))
        .collect();
    assert!(parse(&whole, Path::new("/")).is_ok());
    let mut tried = 0;
    for at in 0..whole.len() {
        let _answer = parse(&whole[..at], Path::new("/"));
        for byte in [b'"', b'[', b'{', b'\n', b'=', 0, b'9'] {
            let mut bytes = whole.clone().into_bytes();
            bytes[at] = byte;
            let _answer = parse(&String::from_utf8(bytes).unwrap(), Path::new("/"));
            tried += 1;
        }
    }
    let deep = format!("trust = {}", "[".repeat(100_000));
    assert!(parse(&deep, Path::new("/")).is_err());
    assert!(tried >= 3_000, "{tried} spoiled texts");
}
