//! Directories that lines of tmpfiles.d make, by systemd-tmpfiles itself, and what is only said to be so.

#![expect(clippy::disallowed_methods, reason = "the program has to be told where its root is")]

use drift_testkit::{TempRoot, need};

use super::scene::{Older, Said, Scene, furnish};

const CONF: &str = "usr/lib/tmpfiles.d/own.conf";
const TEXT: &[u8] = b"# Type Path Mode User Group\nd /etc/own 0700 root root\nd /etc/own 0777 - -\n\
    d /var/lib/own/ :0750\nD! /srv/own - 0 0 -\nd /var/lib/odd 0755 somebody root\nz /etc/set 0700 root root\n";

fn own() -> Scene {
    Scene::default().file(CONF, TEXT).package("own", "1", [CONF])
}

#[test]
fn what_the_program_itself_makes_is_right() {
    let Some(program) = need::tool("systemd-tmpfiles") else { return };
    let root = furnish(
        TempRoot::new(),
        &[(CONF, TEXT, 0o644), ("etc/passwd", b"root:x:0:0:r:/:/x\n", 0o644)],
    );
    let root = furnish(root, &[("etc/group", b"root:x:0:\n", 0o644), ("srv/x", b"", 0o644)]);
    let root = furnish(root, &[("var/lib/x", b"", 0o644)]);
    let output = std::process::Command::new(program)
        .arg(format!("--root={}", root.path().display()))
        .args(["--create", "--boot", "own.conf"])
        .output()
        .unwrap();
    // The line of somebody, who is not known there, fails alone.
    assert!(root.path().join("etc/own").is_dir(), "{output:?}");
    let after = Scene::read(root.path(), &["etc", "usr", "var", "srv"]).package("own", "1", [CONF]);
    let told = Older::new(&Scene::default().file("srv/y", b"").file("var/lib/y", b"")).all(&after);
    for path in ["etc/own", "var/lib/own", "srv/own"] {
        assert_eq!(told.get(path), Some(&Said::Right), "{path}: {told:?}");
    }
}

/// Says how a new directory is explained beside the lines of a package.
#[track_caller]
fn check(after: Scene, path: &str, mode: u16, expect: Said) {
    let after = after.directory(path, mode);
    assert_eq!(Older::new(&own()).said(&after, path), expect, "{path} {mode:o}");
}

#[test]
fn the_first_line_says_how_a_directory_is_made() {
    check(own(), "etc/own", 0o700, Said::Right);
    check(own(), "etc/own", 0o755, Said::Wrong);
    check(own(), "etc/own", 0o777, Said::Wrong);
    check(own(), "var/lib/own", 0o750, Said::Right);
    check(own(), "srv/own", 0o755, Said::Right);
    check(own(), "var/lib/odd", 0o755, Said::Wrong);
    // Somebody's line stands first, and root's behind it; what is quoted or has specifiers names nothing.
    let odd = own().file(CONF, b"d /etc/own 0755 somebody\nd /etc/own 0755\n");
    check(odd, "etc/own", 0o755, Said::Wrong);
    check(own().file(CONF, b"d /etc/%H 0755\nd \"/etc/own\" 0755\n"), "etc/%H", 0o755, Said::Wrong);
    // A line that only sets the mode of what is there makes nothing.
    check(own(), "etc/set", 0o700, Said::Wrong);
    check(own(), "etc/other", 0o700, Said::Wrong);
    check(own(), "etc/own/below", 0o700, Said::Wrong);
}

#[test]
fn a_file_in_etc_takes_the_place_of_the_packages_own() {
    let local = "etc/tmpfiles.d/own.conf";
    check(own().file(local, b"d /etc/own 0755\n"), "etc/own", 0o755, Said::Wrong);
    check(own().file(local, b"d /etc/own 0755\n"), "etc/own", 0o700, Said::Wrong);
    check(own().link(local, "/dev/null"), "etc/own", 0o700, Said::Wrong);
    let known = own().file(local, b"d /etc/own 0755\n");
    let after = known.clone().directory("etc/own", 0o755);
    assert_eq!(Older::new(&known).said(&after, "etc/own"), Said::Right);
}

/// A file too large to be read again explains nothing: else anybody could leave one and have every new
/// directory called a product.
#[test]
fn what_could_not_be_read_makes_no_directory_a_product() {
    let large = vec![b'#'; (64 << 20) + 1];
    let after = own().file("etc/tmpfiles.d/aaa.conf", &large);
    check(after.clone(), "etc/other", 0o700, Said::Wrong);
    check(after, "etc/own", 0o700, Said::Wrong);
}
