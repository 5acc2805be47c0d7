//! Bills of materials as one side of a comparison.

use drift_testkit::need;
use serde_json::Value;

use super::{stage, status};
use crate::stage::{Report, Space, Stage};

/// Writes a bill of `root/` in this form, and returns it as a target.
fn bill(stage: &Stage, form: &str, more: &[&str]) -> String {
    let (file, root) = (stage.path(&format!("{form}.json")), format!("dir:{}", stage.path("root")));
    let arguments = ["sbom", &root, "--format", form, "--output", &file];
    let _written = stage.drift([&arguments[..], more].concat()).expect(0);
    format!("sbom:{file}")
}

/// Subject, kind and path of every change.
fn changes(report: &Report) -> Vec<String> {
    let word = |change: &Value, name: &str| change[name].as_str().unwrap_or_default().to_owned();
    report
        .all("/changes")
        .map(|change| {
            let [subject, kind, path] = ["subject", "kind", "path"].map(|name| word(change, name));
            format!("{subject} {kind} {path}")
        })
        .collect()
}

fn diff(stage: &Stage, a: &str, b: &str, more: &[&str]) -> Report {
    Report::of(&stage.drift([&["diff", a, b, "--format", "json"], more].concat()))
}

#[test]
fn what_a_bill_lists_is_compared_and_nothing_else() {
    let stage = stage();
    let root = format!("dir:{}", stage.path("root"));
    for form in ["cyclonedx", "spdx"] {
        let bill = bill(&stage, form, &[]);
        assert_eq!(changes(&diff(&stage, &bill, &root, &[]).expect(0)), Vec::<String>::new());
        assert_eq!(changes(&diff(&stage, &root, &bill, &[]).expect(0)), Vec::<String>::new());
        // What it does not list may change as it likes.
        stage.write("root/etc/hosts", "changed");
        stage.write("root/etc/new", "new");
        let clean = diff(&stage, &bill, &root, &[]).expect(0);
        assert!(
            clean.text("/notes/0").contains("(8)"),
            "four files and what dpkg keeps of each package"
        );
        assert_eq!(clean.text("/verdict/status"), "clean");
        stage.write("root/usr/bin/one", "changed");
        std::fs::remove_file(stage.at("root/usr/lib/two")).expect("it is there");
        stage.write("root/var/lib/dpkg/status", status("1:1.0-2"));
        let found = changes(&diff(&stage, &bill, &root, &[]).expect(1));
        let expect =
            ["entry modified /usr/bin/one", "entry removed /usr/lib/two", "package modified one"];
        assert_eq!(found, expect, "{form}");
        let back = changes(&diff(&stage, &root, &bill, &[]).expect(1));
        assert_eq!(back, [expect[0], "entry added /usr/lib/two", expect[2]], "{form}");
        stage.write("root/usr/bin/one", "one");
        stage.write("root/usr/lib/two", "two");
        stage.write("root/var/lib/dpkg/status", status("1:1.0-1"));
    }
}

#[test]
fn a_bill_without_files_says_so() {
    let stage = stage();
    let bill = bill(&stage, "cyclonedx", &["--files=none"]);
    let root = format!("dir:{}", stage.path("root"));
    stage.write("root/usr/bin/one", "changed");
    let report = diff(&stage, &bill, &root, &[]).expect(0);
    assert!(report.text("/notes/0").contains("packages alone were compared"));
    let unseen: Vec<&Value> = report.all("/coverage/not_observable").collect();
    assert!(unseen.contains(&&Value::from("entries.digest")), "{unseen:?}");
}

/// Debian's lists say `/bin/x` where `/bin` is a link to `usr/bin`.
#[test]
fn files_are_found_behind_links_of_directories() {
    let stage = stage();
    let digest = drift_core::model::Digest::sha256_of(b"one").hex();
    let of = |name: &str, digest: &str| {
        let file = format!(
            r#"{{"type":"file","name":"{name}","hashes":[{{"alg":"SHA-256","content":"{digest}"}}]}}"#
        );
        let head = r#"{"bomFormat":"CycloneDX","specVersion":"1.4","components":["#;
        stage.write("by-hand.json", format!("{head}{file}]}}"));
        format!("sbom:{}", stage.path("by-hand.json"))
    };
    std::os::unix::fs::symlink("usr/bin", stage.at("root/bin")).expect("it can be made");
    let root = format!("dir:{}", stage.path("root"));
    let entries = ["--only", "entries"];
    assert!(changes(&diff(&stage, &of("/bin/one", &digest), &root, &entries).expect(0)).is_empty());
    let other = "0".repeat(64);
    let found = changes(&diff(&stage, &of("/bin/one", &other), &root, &entries).expect(1));
    assert_eq!(found, ["entry modified /usr/bin/one"]);
    // A file that must be compared and cannot be is never clean.
    let report = diff(&stage, &of("/bin/one", "00"), &root, &entries).expect(3);
    assert!(!report.problems("/usr/bin/one").is_empty());
}

#[test]
fn a_sealed_bill_stands_for_a_baseline() {
    let stage = stage();
    let _bill = bill(&stage, "spdx", &[]);
    let check = |more: &[&str]| {
        let (root, bill) = (format!("dir:{}", stage.path("root")), stage.path("spdx.json"));
        let (key, state) = (stage.path("golden.pub.pem"), stage.path("state"));
        let arguments = ["check", &root, "--baseline", &bill, "--trust", &key, "--state", &state];
        Report::of(&stage.drift([&arguments[..], &["--format", "json"], more].concat()))
    };
    assert_eq!(check(&[]).expect(4).reason(), "unsigned");
    let (file, key) = (stage.path("spdx.json"), stage.path("golden.key.pem"));
    let state = stage.path("state");
    let seal = ["seal", &file, "--sign", &key, "--identity", "web", "--state", &state];
    assert!(stage.drift(seal).expect(0).text().contains("sealed for web, sequence 1"));
    let report = check(&["--expect-identity", "web"]).expect(0);
    assert_eq!(report.text("/baseline/kind"), "sealed");
    assert_eq!(report.text("/baseline/identity"), "web");
    let _other = check(&["--expect-identity", "db"]).expect(4);
    stage.write("root/usr/bin/one", "changed");
    assert_eq!(changes(&check(&[]).expect(1)), ["entry modified /usr/bin/one"]);
    stage.write("root/usr/bin/one", "one");
    let verified =
        stage.drift(["verify", &file, "--trust", &stage.path("golden.pub.pem"), "--state", &state]);
    let told = verified.expect(0).text();
    assert!(told.contains("SPDX 2.3") && told.contains("2 packages, 8 files"), "{told}");
    // One byte more, and nobody vouches for it.
    let mut spoiled = stage.read("spdx.json");
    spoiled.push(b'\n');
    stage.write("spdx.json", &spoiled);
    let _refused = check(&[]).expect(4);
    // The seal of one kind is never one of another.
    stage.capture("root", &[]);
    let snapshot = stage.read("golden.drift.sigstore.json");
    stage.write("spdx.json.sigstore.json", snapshot);
    let _refused = check(&[]).expect(4);
}

#[test]
fn a_bill_is_no_layer_and_explains_no_path() {
    let stage = stage();
    let _bill = bill(&stage, "cyclonedx", &[]);
    stage.capture("root", &[]);
    let (root, bill) = (format!("dir:{}", stage.path("root")), stage.path("cyclonedx.json"));
    let (golden, key) = (stage.path("golden.drift"), stage.path("golden.pub.pem"));
    let state = stage.path("state");
    let both = ["--baseline", &golden, "--baseline", &bill, "--trust", &key, "--state", &state];
    let told = stage.drift([&["check", &root], &both[..]].concat()).expect(2).error_text();
    assert!(told.contains("cannot be laid over"), "{told}");
    for (target, expect) in [
        (format!("sbom:{golden}"), "cannot be read"),
        (format!("sbom:{}", stage.path("nowhere")), "nowhere"),
    ] {
        let told = stage.drift(["diff", &target, &root]).expect(2).error_text();
        assert!(told.contains(expect), "{told}");
    }
}

/// Packages alone, between every two kinds of target of one root.
#[test]
fn packages_compare_between_any_two_kinds() {
    let (Some(_), Some(())) = (need::tool("umoci"), need::root()) else { return };
    let stage = stage();
    stage.capture("root", &[]);
    let script = "tar --create --file $s/root.tar --directory $s/root .
        umoci init --layout $s/layout && umoci new --image $s/layout:web
        umoci insert --image $s/layout:web $s/root /
        cp -a $s/root $s/newer";
    let _made = stage.script(Space::Shared, script).success();
    let mut targets = vec![
        format!("dir:{}", stage.path("root")),
        format!("tar:{}", stage.path("root.tar")),
        format!("oci:{}@web", stage.path("layout")),
        format!("baseline:{}", stage.path("golden.drift")),
        bill(&stage, "cyclonedx", &[]),
        bill(&stage, "spdx", &["--files=none"]),
    ];
    let more = ["--only", "packages", "--unverified"];
    for a in &targets {
        for b in &targets {
            let report = diff(&stage, a, b, &more).expect(0);
            assert_eq!(report.text("/scope/only/0"), "packages", "{a} {b}");
            assert!(changes(&report).is_empty(), "{a} {b}");
        }
    }
    stage.write("newer/var/lib/dpkg/status", status("1:1.0-2"));
    let newer = format!("dir:{}", stage.path("newer"));
    for a in std::mem::take(&mut targets) {
        let text = stage.drift([&["diff", &a, &newer], &more[..]].concat()).expect(1).text();
        assert!(text.contains("Packages upgraded: 1\n"), "{a}: {text}");
        assert!(text.contains("one 1:1.0-1 -> 1:1.0-2, dpkg all"), "{a}: {text}");
        assert!(!text.contains("entries as its new record"), "{a}: {text}");
    }
}
