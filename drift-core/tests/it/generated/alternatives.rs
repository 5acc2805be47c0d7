//! Alternatives, by update-alternatives(1).

use drift_testkit::command::run;
use drift_testkit::{TempRoot, need};

use super::scene::{Older, Said, Scene, flip_everywhere, furnish};

const SCRIPT: &str = "var/lib/dpkg/info/vim.postinst";
const REGISTRATION: &str = "var/lib/dpkg/alternatives/vi";
const POSTINST: &[u8] =
    b"#!/bin/sh\nupdate-alternatives --install /usr/bin/vi vi /usr/bin/vim.basic 30\n\
    update-alternatives --install /usr/bin/vi vi /usr/bin/vim.tiny 15\n";

/// A root with two programs, of which update-alternatives registers some.
fn root(registered: &[(&str, &str)]) -> Option<Scene> {
    need::tool("update-alternatives")?;
    let mut root = TempRoot::new();
    for program in ["vim.basic", "vim.tiny", "evil"] {
        let (binary, page) =
            (format!("usr/bin/{program}"), format!("usr/share/man/man1/{program}.1.gz"));
        let files = [(&*binary, program.as_bytes(), 0o755), (&*page, program.as_bytes(), 0o644)];
        root = furnish(root, &files);
    }
    root = root.directory("etc/alternatives", 0o755).directory("var/lib/dpkg/alternatives", 0o755);
    for (program, priority) in registered {
        let (target, page) =
            (format!("/usr/bin/{program}"), format!("/usr/share/man/man1/{program}.1.gz"));
        let slave = ["--slave", "/usr/share/man/man1/vi.1.gz", "vi.1.gz", &page];
        let root = root.path().to_str().unwrap();
        let install = ["--root", root, "--log", "/dev/null", "--install", "/usr/bin/vi", "vi"];
        let program = [&target[..], priority];
        let all = install.iter().chain(&program).chain(&slave);
        let _ = run("update-alternatives", all).success();
    }
    let scene = Scene::read(root.path(), &["etc", "usr", "var"]).file(SCRIPT, POSTINST);
    let owned = ["vim.basic", "vim.tiny"]
        .into_iter()
        .flat_map(|name| [format!("usr/bin/{name}"), format!("usr/share/man/man1/{name}.1.gz")]);
    Some(scene.package("vim", "1", owned))
}

const TINY: (&str, &str) = ("vim.tiny", "15");
const BASIC: (&str, &str) = ("vim.basic", "30");

#[test]
fn links_and_registrations_by_update_alternatives_are_right() {
    let (Some(none), Some(one), Some(two)) = (root(&[]), root(&[TINY]), root(&[TINY, BASIC]))
    else {
        return;
    };
    let links = ["usr/bin/vi", "etc/alternatives/vi", "etc/alternatives/vi.1.gz"];
    let told = Older::new(&none).all(&two);
    for path in links.into_iter().chain([REGISTRATION]) {
        assert_eq!(told.get(path), Some(&Said::Right), "{path}: {told:?}");
    }
    let told = Older::new(&one).all(&two);
    for path in [links[1], links[2], REGISTRATION] {
        assert_eq!(told.get(path), Some(&Said::Right), "{path}: {told:?}");
    }
    let told = Older::new(&two).all(&none);
    for path in links.into_iter().chain([REGISTRATION]) {
        assert_eq!(told.get(path), Some(&Said::Right), "{path}: {told:?}");
    }
    let bound = |_| Said::Unproven;
    flip_everywhere(&Older::new(&one), &two, REGISTRATION, usize::MAX, &bound);
}

#[test]
fn what_no_package_brings_is_no_alternative() {
    let evil = ("evil", "50");
    let (Some(one), Some(two)) = (root(&[TINY]), root(&[TINY, evil])) else { return };
    let one = one.without("usr/bin/evil");
    let told = Older::new(&one).all(&two);
    for path in ["etc/alternatives/vi", REGISTRATION] {
        assert_eq!(told.get(path), Some(&Said::Wrong), "{path}: {told:?}");
    }
    // A link past its registration, and a priority that no script gives.
    let (Some(one), Some(two)) = (root(&[TINY]), root(&[TINY, BASIC])) else { return };
    let bent = two.clone().link("etc/alternatives/vi", "/usr/bin/vim.tiny");
    let older = Older::new(&two);
    assert_eq!(older.said(&bent, "etc/alternatives/vi"), Said::Wrong);
    let other = two.clone().file(SCRIPT, b"#!/bin/sh\n");
    assert_eq!(Older::new(&one).said(&other, REGISTRATION), Said::Unproven);
    assert_eq!(
        older.said(&two.clone().without("etc/alternatives/vi"), "etc/alternatives/vi"),
        Said::Wrong
    );
}
