//! Links that enable units and scripts, lists of shells, dpkg's books, and products that are named.

#![expect(clippy::disallowed_methods, reason = "the program has to be told where its root is")]

use drift_testkit::{TempRoot, need};

use super::scene::{Older, Said, Scene, flip_everywhere, furnish};

const UNIT: &str = "usr/lib/systemd/system/own.service";
const TEXT: &[u8] = b"[Unit]\nDescription=Own\n\n[Service]\nExecStart=/usr/bin/own\n\n\
    [Install]\nWantedBy=multi-user.target\nAlias=mine.service\n";

const SCRIPT_OF_OWN: &str = "var/lib/dpkg/info/own.postinst";
const ENABLES: &[u8] = b"#!/bin/sh\ndeb-systemd-helper enable 'own.service' >/dev/null || true\n";

#[test]
fn links_by_deb_systemd_helper_are_right() {
    let Some(helper) = need::tool("deb-systemd-helper") else { return };
    let root = furnish(TempRoot::new(), &[(UNIT, TEXT, 0o644)]);
    let output = std::process::Command::new(helper)
        .args(["enable", "own.service"])
        .env("DPKG_ROOT", root.path())
        .env("_DEB_SYSTEMD_HELPER_PURGE", "0")
        .env("DPKG_MAINTSCRIPT_PACKAGE", "own")
        .output()
        .unwrap();
    assert!(output.status.success(), "{output:?}");
    let after = Scene::read(root.path(), &["etc", "usr"]).file(SCRIPT_OF_OWN, ENABLES);
    let after = after.package("own", "1", [UNIT]);
    let before = Scene::default();
    let told = Older::new(&before).all(&after);
    let wants = "etc/systemd/system/multi-user.target.wants";
    let link = format!("{wants}/own.service");
    for path in [wants, &link, "etc/systemd/system/mine.service"] {
        assert_eq!(told.get(path), Some(&Said::Right), "{path}: {told:?}");
    }
}

/// Says how a new link is explained beside the unit.
#[track_caller]
fn check(path: &str, target: &str, expect: Said) {
    let evil = "etc/systemd/system/evil.service";
    let before = Scene::default();
    let came = before.clone().file(UNIT, TEXT).file(SCRIPT_OF_OWN, ENABLES);
    let after = came.package("own", "1", [UNIT]).file(evil, TEXT).link(path, target);
    assert_eq!(Older::new(&before).said(&after, path), expect, "{path} -> {target}");
}

#[test]
fn only_units_of_packages_that_say_so_are_enabled() {
    let wants = "etc/systemd/system/multi-user.target.wants";
    let unit = "/usr/lib/systemd/system/own.service";
    check(&format!("{wants}/own.service"), unit, Said::Right);
    check(
        &format!("{wants}/own.service"),
        "../../../../usr/lib/systemd/system/own.service",
        Said::Right,
    );
    check(&format!("{wants}/other.service"), unit, Said::Wrong);
    check(&format!("{wants}/evil.service"), "/etc/systemd/system/evil.service", Said::Wrong);
    check(&format!("{wants}/gone.service"), "/usr/lib/systemd/system/gone.service", Said::Wrong);
    check("etc/systemd/system/sysinit.target.wants/own.service", unit, Said::Wrong);
    check("etc/systemd/system/ssh.service", unit, Said::Wrong);
    check("etc/systemd/system/mine.service", unit, Said::Right);
    check("etc/systemd/system/own.service", "/dev/null", Said::Wrong);
}

#[test]
fn what_was_there_before_is_enabled_and_disabled_by_somebody() {
    let wants = "etc/systemd/system/multi-user.target.wants/own.service";
    let unit = "/usr/lib/systemd/system/own.service";
    let there = Scene::default().file(UNIT, TEXT).file(SCRIPT_OF_OWN, ENABLES);
    let there = there.package("own", "1", [UNIT]);
    let older = Older::new(&there);
    assert_eq!(older.said(&there.clone().link(wants, unit), wants), Said::Unproven);
    // A unit that comes, and that no script of its package enables.
    let silent = Scene::default().file(UNIT, TEXT).package("own", "1", [UNIT]).link(wants, unit);
    assert_eq!(Older::new(&Scene::default()).said(&silent, wants), Said::Unproven);
    // What goes while its unit stays, and what unmasks one.
    for target in [unit, "../../../../usr/lib/systemd/system/own.service", "/dev/null"] {
        let before = there.clone().link(wants, target);
        assert_eq!(Older::new(&before).said(&there, wants), Said::Wrong, "{target}");
    }
    let gone = Scene::default().file("etc/systemd/system/multi-user.target.wants/x", b"");
    let before = there.clone().link(wants, unit);
    assert_eq!(Older::new(&before).said(&gone, wants), Said::Right);
}

const SCRIPT: &[u8] =
    b"#!/bin/sh\n### BEGIN INIT INFO\n# Provides: own\n# Default-Start: 2 3 4 5\n\
    # Default-Stop: 0 1 6\n### END INIT INFO\n";

#[test]
fn links_of_levels_follow_the_header_of_their_script() {
    let scene = Scene::default().file("etc/init.d/own", SCRIPT).file("etc/init.d/evil", SCRIPT);
    let before = scene.package("own", "1", ["etc/init.d/own"]);
    let older = Older::new(&before);
    let cases = [
        ("etc/rc2.d/S01own", "../init.d/own", Said::Right),
        ("etc/rc0.d/K01own", "../init.d/own", Said::Right),
        ("etc/rc0.d/S01own", "../init.d/own", Said::Wrong),
        ("etc/rc2.d/K01own", "../init.d/own", Said::Wrong),
        ("etc/rc2.d/S01own", "../init.d/evil", Said::Wrong),
        ("etc/rc2.d/S01evil", "../init.d/evil", Said::Wrong),
        ("etc/rc2.d/own", "../init.d/own", Said::Wrong),
    ];
    for (path, target, expect) in cases {
        assert_eq!(older.said(&before.clone().link(path, target), path), expect, "{path}");
    }
    let enabled = before.clone().link("etc/rc2.d/S01own", "../init.d/own");
    let older = Older::new(&enabled);
    let path = "etc/rc2.d/S01own";
    assert_eq!(older.said(&before, path), Said::Wrong);
    assert_eq!(older.said(&before.without("etc/init.d/own"), path), Said::Right);
}

#[test]
fn shells_are_programs_of_packages() {
    let text = b"# /etc/shells: valid login shells\n/bin/sh\n";
    let before =
        Scene::default().file("etc/shells", text).file("bin/sh", b"sh").file("bin/evil", b"");
    let before = before.file("bin/rbash", b"rbash").package("dash", "1", ["bin/sh", "bin/rbash"]);
    let older = Older::new(&before);
    let with =
        |line: &str| before.clone().file("etc/shells", &[&text[..], line.as_bytes()].concat());
    assert_eq!(older.said(&with("/bin/rbash\n"), "etc/shells"), Said::Right);
    for line in [
        "/bin/evil\n",
        "/bin/none\n",
        "/bin/sh\n",
        "/bin/rbash",
        "bin/rbash\n",
        "//bin/rbash\n",
        "#\n",
    ] {
        assert_eq!(older.said(&with(line), "etc/shells"), Said::Wrong, "{line:?}");
    }
    flip_everywhere(&older, &with("/bin/rbash\n"), "etc/shells", usize::MAX, &|_| Said::Wrong);
}

#[test]
fn diversions_are_those_of_scripts() {
    let path = "var/lib/dpkg/diversions";
    let script = "var/lib/dpkg/info/dash.preinst";
    let before = Scene::default().file(path, b"").package("dash", "1", [""; 0]);
    let before = before.file(script, b"dpkg-divert --package dash --add /bin/sh\n");
    let text = b"/bin/sh\n/bin/sh.distrib\ndash\n";
    let older = Older::new(&before);
    let after = before.clone().file(path, text);
    assert_eq!(older.said(&after, path), Said::Right);
    flip_everywhere(&older, &after, path, usize::MAX, &|_| Said::Unproven);
    let by_hand = before.clone().file(path, b"/bin/sh\n/bin/sh.distrib\n:\n");
    assert_eq!(older.said(&by_hand, path), Said::Unproven);
    let nobody = before.clone().file(path, b"/bin/sh\n/bin/sh.distrib\nnobody\n");
    assert_eq!(older.said(&nobody, path), Said::Wrong);
    let path = "var/lib/dpkg/arch-native";
    let before = before.package("dpkg", "1", [""; 0]);
    let older = Older::new(&before);
    assert_eq!(older.said(&before.clone().file(path, b"amd64\n"), path), Said::Right);
    assert_eq!(older.said(&before.clone().file(path, b"i386\n"), path), Said::Wrong);
}

#[test]
fn a_product_that_is_only_named_needs_its_program() {
    let path = "usr/share/mime/mime.cache";
    let program = "usr/bin/update-mime-database";
    let before =
        Scene::default().file(path, b"old").file(program, b"").package("mime", "1", [program]);
    let after = before.clone().file(path, b"new");
    let older = Older::new(&before);
    assert_eq!(older.said(&after, path), Said::Unproven);
    assert_eq!(older.said(&after.clone().mode(path, 0o755), path), Said::Wrong);
    assert_eq!(older.said(&before.clone().mtime(path, 9), path), Said::Right);
    let nobody = after.clone().package("mime", "1", [""; 0]);
    assert_eq!(older.said(&nobody, path), Said::Wrong);
    let source = "usr/share/mime/packages/evil.xml";
    assert_eq!(older.said(&after.file(source, b"x"), source), Said::Wrong);
    // What decides who may log in is a product only where nothing changed.
    let pam = "etc/pam.d/common-auth";
    let before = before.file(pam, b"auth required pam_unix.so\n");
    let older = Older::new(&before);
    assert_eq!(older.said(&before.clone().mtime(pam, 9), pam), Said::Right);
    assert_eq!(older.said(&before.file(pam, b"auth sufficient pam_permit.so\n"), pam), Said::Wrong);
}

#[test]
fn copies_equal_what_they_were_made_of() {
    let packaged = "usr/share/base-files/profile";
    let before = Scene::default()
        .file("etc/profile", b"old")
        .file("etc/own.conf", b"old")
        .file(packaged, b"old")
        .package("base-files", "1", [packaged]);
    let older = Older::new(&before);
    let with = |path: &str, text: &[u8]| {
        older.said(&before.clone().file(packaged, b"new").file(path, text), path)
    };
    assert_eq!(with("etc/profile", b"new"), Said::Right);
    // What somebody had edited, or while the package stayed as it was, is no script's doing.
    let edited = before.clone().file("etc/profile", b"hardened");
    let undone = edited.clone().file("etc/profile", b"new").file(packaged, b"new");
    assert_eq!(Older::new(&edited).said(&undone, "etc/profile"), Said::Wrong);
    let alone = edited.clone().file("etc/profile", b"old");
    assert_eq!(Older::new(&edited).said(&alone, "etc/profile"), Said::Wrong);
    assert_eq!(with("etc/profile", b"evil"), Said::Wrong);
    // What was saved is what was there.
    let saved = before.clone().file("etc/own.conf", b"other").file("etc/own.conf.dpkg-old", b"old");
    assert_eq!(older.said(&saved, "etc/own.conf.dpkg-old"), Said::Right);
    let by_rpm = before.clone().file("etc/own.conf", b"other");
    assert_eq!(
        older.said(&by_rpm.clone().file("etc/own.conf.rpmsave", b"old"), "etc/own.conf.rpmsave"),
        Said::Right
    );
    for (path, text) in [
        ("etc/own.conf.rpmsave", &b"evil"[..]),
        ("usr/lib/own.rpmsave", b"old"),
        // No package has it as its configuration.
        ("etc/own.conf.rpmnew", b"old"),
        ("etc/own.conf.dpkg-dist", b"old"),
    ] {
        assert_eq!(older.said(&by_rpm.clone().file(path, text), path), Said::Wrong, "{path}");
    }
    let open = saved.clone().mode("etc/own.conf.dpkg-old", 0o604);
    assert_eq!(older.said(&open, "etc/own.conf.dpkg-old"), Said::Wrong);
    assert_eq!(with("etc/own.conf.dpkg-old", b"old"), Said::Wrong, "nothing was saved");
    assert_eq!(with("etc/own.conf.dpkg-old", b"evil"), Said::Wrong);
    assert_eq!(with("etc/none.dpkg-old", b"old"), Said::Wrong);
    let nobody = before.clone().package("base-files", "1", [""; 0]).file("etc/profile", b"new");
    assert_eq!(older.said(&nobody, "etc/profile"), Said::Wrong);
    let (link, font) = ("etc/fonts/conf.d/10-a.conf", "usr/share/fontconfig/conf.avail/10-a.conf");
    let fonts = before.clone().file(font, b"<x/>").package("fonts", "1", [font]);
    let older = Older::new(&fonts);
    let at = |target: &str| older.said(&fonts.clone().link(link, target), link);
    assert_eq!(at("/usr/share/fontconfig/conf.avail/10-a.conf"), Said::Right);
    assert_eq!(at("/etc/profile"), Said::Wrong);
}
