//! Bills as their makers write them, and as nobody should.

use std::collections::BTreeMap;

use super::bill::Bill;
use crate::model::{Cursor, Digest, FileType, TreePath};

const ZEROS: &str = "0000000000000000000000000000000000000000000000000000000000000000";

fn read(text: &str) -> Result<Bill, String> {
    Bill::decode_unverified(text.as_bytes(), "sbom:test").map_err(|error| error.to_string())
}

fn names(bill: &Bill) -> Vec<String> {
    let named = |package: &crate::model::Package| format!("{} {}", package.name, package.version);
    bill.snapshot().packages.iter().map(named).collect()
}

/// Every path of the tree with its type's first letter.
fn paths(bill: &Bill) -> Vec<String> {
    let tree = &bill.snapshot().tree;
    let mut paths: Vec<String> = tree
        .rows()
        .map(|row| {
            let kind = if tree.file_type(row) == FileType::File { "f" } else { "d" };
            format!("{kind} {}", tree.path(row))
        })
        .collect();
    paths.sort();
    paths
}

fn reasons(bill: &Bill) -> Vec<String> {
    bill.snapshot().problems.iter().map(|problem| problem.reason.clone()).collect()
}

fn cyclonedx(components: &str) -> String {
    format!(r#"{{"bomFormat":"CycloneDX","specVersion":"1.5","components":[{components}]}}"#)
}

fn spdx(rest: &str) -> String {
    format!(r#"{{"spdxVersion":"SPDX-2.3","SPDXID":"SPDXRef-DOCUMENT",{rest}}}"#)
}

#[test]
fn packages_files_and_the_system_of_cyclonedx() {
    let text = cyclonedx(&format!(
        r#"{{"type":"operating-system","name":"debian","version":"12"}},
        {{"type":"library","name":"b","purl":"pkg:deb/debian/b@2","components":[
            {{"type":"library","name":"a","purl":"pkg:deb/debian/a@1%3A1?arch=amd64"}},
            {{"type":"file","name":"/usr/bin/a","hashes":[{{"alg":"MD5","content":"x"}},
                {{"alg":"SHA-256","content":"{ZEROS}"}}]}}]}},
        {{"type":"file","name":"etc/b"}}"#
    ));
    let bill = read(&text).expect("it is valid");
    assert_eq!(bill.form(), "CycloneDX 1.5");
    assert_eq!(names(&bill), ["a 1:1", "b 2"]);
    assert_eq!(paths(&bill), ["d /", "d /etc", "d /usr", "d /usr/bin", "f /etc/b", "f /usr/bin/a"]);
    assert_eq!(bill.snapshot().identity.os.as_deref(), Some("debian"));
    assert!(bill.snapshot().packages_complete && reasons(&bill).is_empty());
}

#[test]
fn packages_files_and_the_system_of_spdx() {
    let purl = |purl: &str| {
        format!(r#""externalRefs":[{{"referenceType":"purl","referenceLocator":"{purl}"}}]"#)
    };
    let text = spdx(&format!(
        r#""packages":[{{"SPDXID":"SPDXRef-root","name":"image"}},
            {{"SPDXID":"SPDXRef-a","name":"a",{}}},
            {{"SPDXID":"SPDXRef-os","name":"debian","versionInfo":"12",
              "primaryPackagePurpose":"OPERATING-SYSTEM"}}],
        "files":[{{"fileName":"./usr/bin/a","checksums":[
            {{"algorithm":"SHA1","checksumValue":"x"}},
            {{"algorithm":"SHA256","checksumValue":"{ZEROS}"}}]}}],
        "relationships":[{{"spdxElementId":"SPDXRef-DOCUMENT","relationshipType":"DESCRIBES",
            "relatedSpdxElement":"SPDXRef-root"}}]"#,
        purl("pkg:deb/debian/a@1")
    ));
    let bill = read(&text).expect("it is valid");
    assert_eq!((bill.form(), names(&bill)), ("SPDX 2.3", vec!["a 1".to_owned()]));
    assert_eq!(paths(&bill), ["d /", "d /usr", "d /usr/bin", "f /usr/bin/a"]);
    assert_eq!(bill.snapshot().identity.version.as_deref(), Some("12"));
    assert_eq!(reasons(&bill), Vec::<String>::new(), "what the document is about needs no URL");
}

#[test]
fn what_cannot_be_compared_is_told_and_counted() {
    let check = |text: String, expect: &str| {
        let bill = read(&text).expect("it is a bill");
        let told = reasons(&bill);
        assert!(told.iter().any(|reason| reason.contains(expect)), "{text}: {told:?}");
    };
    let of_type = r#"packages of type "generic", which cannot be compared"#;
    check(cyclonedx(r#"{"type":"library","name":"a","purl":"pkg:generic/a@1"}"#), of_type);
    check(cyclonedx(r#"{"type":"library","name":"a"}"#), "1 components without a package URL");
    check(cyclonedx(r#"{"type":"library","purl":"pkg:deb/%"}"#), "is no package URL");
    check(cyclonedx(r#"{"type":"file","name":"/a/../b"}"#), "is no path of a file");
    check(cyclonedx(r#"{"type":"file","name":"/"}"#), "is no path of a file");
    check(cyclonedx(r#"{"type":"file"}"#), "is no path of a file");
    let twice = format!(
        r#"{{"type":"file","name":"/a"}},
        {{"type":"file","name":"a","hashes":[{{"alg":"SHA-256","content":"{ZEROS}"}}]}}"#
    );
    check(cyclonedx(&twice), "stands twice");
    let short = r#"{"type":"file","name":"/a","hashes":[{"alg":"SHA-256","content":"00"}]}"#;
    check(cyclonedx(short), "a SHA-256 that is none");
    check(spdx(r#""packages":[{"name":"a"},{"name":"b"}]"#), "packages without a package URL");
    let many: Vec<String> =
        (0..50).map(|n| format!(r#"{{"type":"file","name":"/{n}/.."}}"#)).collect();
    check(cyclonedx(&many.join(",")), "and 42 faults more");
    let part = r#"{"bomFormat":"CycloneDX","specVersion":"1.6",
        "compositions":[{"aggregate":"incomplete_first_party_only"}]}"#;
    assert!(!read(part).expect("it is a bill").snapshot().packages_complete);
}

#[test]
fn what_is_no_bill_is_refused() {
    let check = |text: &str, expect: &str| {
        let told = read(text).err().unwrap_or_default();
        let shown: String = text.chars().take(80).collect();
        assert!(told.contains(expect), "{shown}: {told:?}");
    };
    check("", "cannot be read");
    check("[]", "cannot be read");
    check("{}", "neither CycloneDX");
    check("\u{0}", "cannot be read");
    check(r#"{"bomFormat":"CycloneDX","specVersion":"1.6""#, "cannot be read");
    check(r#"{"bomFormat":"CycloneDX","specVersion":"2.0"}"#, "1.4, 1.5, 1.6 can be read");
    check(r#"{"bomFormat":"CycloneDX"}"#, "1.4, 1.5, 1.6 can be read");
    check(r#"{"bomFormat":1}"#, "cannot be read");
    check(r#"{"spdxVersion":"SPDX-3.0"}"#, "SPDX-2.2, SPDX-2.3 can be read");
    check(r#"{"spdxVersion":"SPDX-2.3","bomFormat":"CycloneDX"}"#, "neither");
    check(r#"{"bomFormat":"CycloneDX","bomFormat":"CycloneDX"}"#, "cannot be read");
    let twice = r#"{"bomFormat":"CycloneDX","specVersion":"1.6","components":[],"components":[]}"#;
    check(twice, "second time");
    check(&cyclonedx(r#"{"name":"a","name":"b"}"#), "second time");
    check(&cyclonedx(r#"{"purl":"pkg:deb/a","purl":"pkg:deb/b"}"#), "second time");
    check(&cyclonedx("1"), "cannot be read");
    check(&cyclonedx(r#"{"type":{}}"#), "cannot be read");
    check(&spdx(r#""files":{}"#), "cannot be read");
    check(&spdx(r#""packages":[{"externalRefs":[{"referenceType":[]}]}]"#), "cannot be read");
    let nested = format!("{}{}", r#"{"components":["#.repeat(100_000), "]}".repeat(100_000));
    check(&cyclonedx(&nested), "deeper than 127 levels");
    check(&format!(r#"{{"x":{}"#, "[".repeat(1_000_000)), "deeper than 127 levels");
    // What is passed over counts as well, and brackets within texts do not.
    let beside = |depth: usize| format!(r#"{{"y":{}1{}}}"#, "[".repeat(depth), "]".repeat(depth));
    check(&cyclonedx(&beside(200)), "deeper than 127 levels");
    let text = format!(r#"{{"y":"\"{}","z":[1]}}"#, "[".repeat(200));
    assert!(read(&cyclonedx(&format!("{},{text}", beside(100)))).is_ok());
    assert!(
        read(&("\u{feff}".to_owned() + &cyclonedx(&beside(1)))).is_ok(),
        "a mark of byte order"
    );
    let hashes = r#"{"alg":"a","content":"b"},"#.repeat(5000);
    let hashes = format!(r#"{{"hashes":[{}]}}"#, hashes.trim_end_matches(','));
    check(&cyclonedx(&hashes), "more than 4096");
}

#[test]
fn every_cut_and_every_flipped_bit_ends() {
    let good = cyclonedx(&format!(
        r#"{{"type":"library","name":"a","purl":"pkg:deb/debian/a@1","components":[{{"type":"file",
        "name":"/usr/b","hashes":[{{"alg":"SHA-256","content":"{ZEROS}"}}]}}]}}"#
    ));
    let whole = spdx(r#""packages":[],"files":[{"fileName":"./a","checksums":[]}]"#);
    for text in [good, whole] {
        for cut in 0..text.len() {
            let cut = text.get(..cut).expect("it is ASCII");
            assert!(read(cut).is_err(), "a bill that is cut off is never taken: {cut}");
        }
        for at in 0..text.len() {
            for bit in 0..8 {
                let mut bytes = text.clone().into_bytes();
                bytes[at] ^= 1 << bit;
                let _any = Bill::decode_unverified(&bytes, "sbom:test");
            }
        }
    }
}

/// A bill names a path through a link, as lists of packages do on merged systems.
#[test]
fn files_are_looked_for_where_links_lead() {
    let placed = |bill: &str, links: &[(&str, &str)]| -> Vec<String> {
        let bill = read(&cyclonedx(&format!(r#"{{"type":"file","name":"{bill}"}}"#)));
        let bill = bill.expect("it is a bill");
        let mut other = BTreeMap::new();
        for (path, target) in links {
            other.insert(TreePath::parse(path.as_bytes()).expect("it is a path"), *target);
        }
        let tree = linked(&other);
        let cursor = || -> Box<dyn Cursor> { Box::new(tree.cursor()) };
        let placed = bill.placed(&cursor).expect("memory can be read");
        let files = placed.rows().filter(|row| placed.file_type(*row) == FileType::File);
        files.map(|row| placed.path(row).to_string()).collect()
    };
    assert_eq!(placed("/bin/sh", &[("bin", "usr/bin")]), ["/usr/bin/sh"]);
    assert_eq!(placed("/bin/sh", &[("bin", "/usr/bin")]), ["/usr/bin/sh"]);
    assert_eq!(placed("/a/b/c", &[("a", "x"), ("x/b", "../y")]), ["/y/c"]);
    assert_eq!(placed("/a/c", &[("a", "../../../b")]), ["/b/c"]);
    assert_eq!(placed("/a/c", &[("b", "x")]), ["/a/c"]);
    assert_eq!(placed("/a/c", &[("a", "b"), ("b", "a")]).len(), 1, "a circle ends");
}

fn linked(links: &BTreeMap<TreePath, &str>) -> crate::model::Tree {
    use crate::model::{Found, Intake, Listing, Observed, RuleId};
    let mut directories: BTreeMap<TreePath, Vec<Found>> = BTreeMap::new();
    for (path, target) in links {
        let mut link = Found::plain(path.name(), FileType::Symlink, RuleId(0));
        link.link_target = Observed::Is(target.as_bytes().into());
        directories.entry(path.parent().unwrap_or_default()).or_default().push(link);
    }
    let inner: Vec<TreePath> = directories.keys().filter(|path| !path.is_root()).cloned().collect();
    for path in inner {
        let found = Found::plain(path.name(), FileType::Directory, RuleId(0));
        directories.entry(path.parent().unwrap_or_default()).or_default().push(found);
    }
    let intake = Intake::default();
    let root = intake.root(Found::plain(b"", FileType::Directory, RuleId(0)));
    let mut todo = vec![(TreePath::root(), root)];
    while let Some((path, id)) = todo.pop() {
        let found = directories.remove(&path).unwrap_or_default();
        for (name, below) in intake.listing(id, Listing::Complete, found) {
            todo.push((path.join(&name), below));
        }
    }
    intake.freeze().tree
}

#[test]
fn a_file_in_the_place_of_a_directory_hides_nothing() {
    let text = cyclonedx(r#"{"type":"file","name":"/a"},{"type":"file","name":"/a/b"}"#);
    assert_eq!(paths(&read(&text).expect("it is a bill")), ["d /", "d /a", "f /a/b"]);
}

#[test]
fn the_same_bill_has_the_same_root() {
    let one =
        cyclonedx(r#"{"type":"file","name":"/a"},{"purl":"pkg:deb/b@1"},{"purl":"pkg:deb/c@1"}"#);
    let other =
        cyclonedx(r#"{"purl":"pkg:deb/c@1"},{"purl":"pkg:deb/b@1"},{"type":"file","name":"a"}"#);
    let root =
        |text: &str| -> Digest { read(text).expect("a bill").root().expect("it has a root") };
    assert_eq!(root(&one), root(&other));
    assert_ne!(root(&one), root(&cyclonedx(r#"{"purl":"pkg:deb/b@1"}"#)));
}
