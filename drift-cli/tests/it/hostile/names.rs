//! Controls in names, links, attributes, packages and rules, through every verb that shows them.

#![expect(clippy::disallowed_methods, reason = "tests build and spoil real files")]

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::symlink;

use crate::evasion::placed::assert_harmless;
use crate::stage::Stage;

/// Clears a screen, forges a verdict, turns the reading direction, and is no UTF-8.
const NAME: &[u8] = b"x\x1b[2J\x07\nCLEAN\r\xc2\x9b31m\xe2\x80\xae\xe2\x80\xa8\xff";

#[test]
fn no_verb_shows_what_a_terminal_acts_upon() {
    let name = OsStr::from_bytes(NAME);
    let stage = Stage::new();
    let at = |directory: &str| stage.at(directory).join(name);
    std::fs::create_dir_all(stage.at("root/var/lib/dpkg/info")).expect("a directory");
    stage.write(
        "root/var/lib/dpkg/status",
        b"Package: evil\x1b[2J\nStatus: install ok installed\nArchitecture: all\nVersion: 1\n\nPackage: odd\nStatus: install ok installed\nArchitecture: all\nVersion: 1\x1b]0;\x07\xe2\x80\xae\n\n",
    );
    stage.write("root/etc/os-release", "ID=debian\nVERSION_ID=\"\u{1b}[31m\"\nNAME=\u{202e}x\n");
    stage.write("root/etc/hostname", "host\u{1b}[2J\n");
    std::fs::create_dir(at("root/etc")).expect("a directory");
    std::fs::write(at("root/etc").join(name), "content").expect("a file");
    symlink(name, stage.at("root/usr/link")).expect("a link");
    let rules = stage.at(name);
    std::fs::write(&rules, "read-only /etc/**\n").expect("rules");
    let mut capture = stage.capture_arguments("root");
    capture.extend(["--provenance", "note=\u{1b}[2J"].map(str::to_owned));
    // The package's name is refused, which is a problem that is told.
    let run = stage.drift(&capture).expect(3);
    assert_harmless("stderr of capture", &run.stderr);
    assert_harmless("stdout of capture", &run.stdout);
    std::fs::write(at("root/etc").join(name), "changed").expect("a file");
    std::fs::remove_file(stage.at("root/usr/link")).expect("a link");
    symlink(OsStr::from_bytes(&[NAME, b"2"].concat()), stage.at("root/usr/link")).expect("a link");

    let (golden, root) = (stage.path("golden.drift"), format!("dir:{}", stage.path("root")));
    let (trust, target) = (stage.path("golden.pub.pem"), format!("baseline:{golden}"));
    let rules = rules.into_os_string();
    let bytes = [b"/etc/", NAME, b"/", NAME].concat();
    let path = OsStr::from_bytes(&bytes);
    let os = OsStr::new;
    let verbs: Vec<Vec<&OsStr>> = vec![
        vec![os("check"), os(&root)],
        vec![os("check"), os(&root), os("--rules"), &rules],
        vec![os("inspect"), os(&golden), os("--unverified")],
        vec![os("inspect"), os(&golden), os("--unverified"), os("entries")],
        vec![os("inspect"), os(&golden), os("--unverified"), os("packages")],
        vec![os("inspect"), os(&golden), os("--unverified"), os("coverage")],
        vec![os("export"), os(&golden), os("--unverified"), os("--format"), os("mtree")],
        vec![os("export"), os(&golden), os("--unverified"), os("--format"), os("ndjson")],
        vec![os("diff"), os("--unverified"), os(&target), os(&root)],
        vec![os("verify"), os(&golden), os("--trust"), os(&trust)],
        vec![os("verify"), name],
        vec![os("inspect"), name, os("--unverified")],
        vec![os("check"), name],
        vec![os("check"), os(&root), os("--rules"), name],
        vec![os("check"), os(&root), os("--baseline"), name],
        vec![os("seal"), name, os("--sign"), name],
        vec![os("keygen"), os("--out"), &rules],
        vec![os("explain"), os("/usr/link"), os(&root)],
        vec![os("explain"), path, os(&root)],
        vec![os("rules"), os("explain"), path, os(&root)],
        vec![os("rules"), os("explain"), os("/etc/hosts"), os(&root), os("--rules"), &rules],
        vec![name],
        vec![os("check"), os("--fail-on"), os("x\u{1b}[2J")],
        vec![os("check"), os("--only"), os("x\u{1b}[2J")],
        vec![os("--x\u{1b}[2J")],
    ];
    for verb in &verbs {
        let run = stage.drift(verb);
        let what = format!("{verb:?}");
        assert!(
            run.code.is_some_and(|code| code < 6),
            "{what}: {:?} {}",
            run.code,
            run.error_text()
        );
        assert_harmless(&format!("stdout of {what}"), &run.stdout);
        assert_harmless(&format!("stderr of {what}"), &run.stderr);
    }
    for format in ["text", "json", "ndjson", "paths"] {
        let run = stage.check(&["--format", format]).expect(1);
        assert_harmless(format, &run.stdout);
        assert!(!run.text().lines().any(|line| line.starts_with("CLEAN")), "a forged verdict");
    }
    println!("{} command lines and 4 formats", verbs.len());
}
