//! Package URLs against the library of the specification's authors.

use std::io::Write as _;
use std::process::{Command, Stdio};

use drift_core::model::{Identity, Package};
use drift_core::packages::{Purl, purl};
use drift_testkit::need;

/// Names and versions as managers allow them, and every character that needs an encoding but `/`,
/// which the library leaves as it is in a version.
const WORDS: [&str; 16] = [
    "a",
    "libc6",
    "g++",
    "x.y_z",
    "Typing_Extensions",
    "1:2.36-9+deb12u1",
    "~rc1",
    "a b",
    "50%",
    "é",
    "@",
    "a?b",
    "a#b",
    "a&b=c",
    "\"",
    "1.0-1.fc25",
];

/// Writes the hexadecimal digits of escapes in lower case.
fn escapes_folded(text: &str) -> String {
    let mut parts = text.split('%');
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |all, part| {
        let (digits, rest) = part.split_at(2);
        format!("{all}%{}{rest}", digits.to_ascii_lowercase())
    })
}

#[test]
#[expect(clippy::disallowed_methods, reason = "the oracle is another program")]
fn the_python_library_reads_what_is_written_and_writes_the_same() {
    let Some(python) = need::python_module("packageurl") else { return };
    let system = Identity {
        os: Some("debian".to_owned()),
        version: Some("12".to_owned()),
        ..Identity::default()
    };
    let mut packages = Vec::new();
    for manager in
        ["dpkg", "rpm", "apk", "pacman", "pypi", "npm", "gem", "golang", "cargo", "maven"]
    {
        for (name, version) in WORDS.iter().flat_map(|name| WORDS.map(|version| (*name, version))) {
            let name = match manager {
                "npm" => format!("@scope/{name}"),
                "golang" => format!("example.org/m/{name}"),
                "maven" => format!("org.example:{name}"),
                _ => name.to_owned(),
            };
            packages.push(Package {
                manager: manager.to_owned(),
                name,
                architecture: "amd64".to_owned(),
                version: version.to_owned(),
                ..Package::default()
            });
        }
    }
    let written: Vec<String> =
        packages.iter().map(|package| purl(package, &system, Some(("source", "1+2")))).collect();
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/../fixtures/packages/judge_sbom.py");
    let mut judge = Command::new(python)
        .args([script, "purl"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("the interpreter was found");
    let asked = written.join("\n");
    let mut input = judge.stdin.take().expect("it is piped");
    let writer = std::thread::spawn(move || input.write_all(asked.as_bytes()));
    let output = judge.wait_with_output().expect("it ends");
    writer.join().expect("the writer ends").expect("the judge reads all");
    assert!(output.status.success());
    let told = String::from_utf8(output.stdout).expect("it writes UTF-8");
    assert_eq!(told.lines().count(), written.len());
    for ((written, told), package) in written.iter().zip(told.lines()).zip(&packages) {
        let mut parts = told.split('\t');
        let mut part = || parts.next().expect("six parts");
        // The library folds the case of escapes in names that it folds.
        let same = escapes_folded(part()) == escapes_folded(written);
        assert!(same, "the library writes it otherwise: {told}");
        let read = Purl::parse(written).expect("what is written can be read");
        assert_eq!(part(), read.kind);
        assert_eq!(part(), read.namespace);
        assert_eq!(part(), read.name);
        assert_eq!(part(), read.version);
        let qualifiers: std::collections::BTreeMap<String, String> =
            serde_json::from_str(part()).expect("qualifiers are JSON");
        assert_eq!(qualifiers, read.qualifiers);
        let back = read.package().expect("the manager is known");
        let folded = matches!(package.manager.as_str(), "pypi" | "npm" | "apk" | "pacman");
        let name = if folded { package.name.to_lowercase() } else { package.name.clone() };
        assert_eq!(back.name.replace('_', "-"), name.replace('_', "-"), "{written}");
        assert_eq!(back.version, package.version, "{written}");
    }
    assert!(written.len() > 2500);
}
