//! Packages: the event, what folds into it by a report, and whose the entries are afterwards.

use drift_core::check::Selector;
use drift_core::model::TreePath;
use drift_core::source::MemoryVolume;

use super::stage::{Pair, previous, stored, told};

fn system(packages: &[(&str, &str, &[u8])]) -> MemoryVolume {
    let mut volume = MemoryVolume::new();
    volume.file(b"etc/os-release", b"ID=test\n");
    let mut status = String::new();
    for (name, version, program) in packages {
        status.push_str(&format!(
            "Package: {name}\nStatus: install ok installed\nArchitecture: amd64\n\
             Version: {version}\n\n"
        ));
        let list = format!("/.\n/usr\n/usr/bin\n/usr/bin/{name}\n");
        volume.file(format!("var/lib/dpkg/info/{name}.list").as_bytes(), list.as_bytes());
        let sums = format!("{}  usr/bin/{name}\n", md5(program));
        volume.file(format!("var/lib/dpkg/info/{name}.md5sums").as_bytes(), sums.as_bytes());
        volume.file(format!("usr/bin/{name}").as_bytes(), program).mode(0o755);
    }
    volume.file(b"var/lib/dpkg/status", status.as_bytes());
    volume
}

/// The sums of the programs below, by md5sum(1).
fn md5(program: &[u8]) -> &'static str {
    match program {
        b"a1" => "8a8bb7cd343aa2ad99b7d762030857a2",
        b"a2" => "693a9fdd4c2fd0700968fba0d07ff3c0",
        b"b1" => "edbab45572c72a5d9440b40bcc0500c0",
        _ => "fbfba2e45c2045dc5cab22a5afe83d9d",
    }
}

const RULES: &str = "dynamic /var/lib/dpkg/**\n";

fn golden() -> MemoryVolume {
    system(&[("alpha", "1", b"a1"), ("beta", "1", b"b1")])
}

fn upgraded() -> MemoryVolume {
    system(&[("alpha", "2", b"a2"), ("beta", "2", b"b2")])
}

fn names(packages: &[drift_core::model::Package]) -> Vec<String> {
    packages.iter().map(|one| format!("{} {}", one.name, one.version)).collect()
}

#[test]
fn a_package_comes_with_what_a_check_folded_into_it() {
    let pair = Pair::of_volumes(golden(), upgraded(), RULES);
    let report = previous(&pair.live(upgraded()));
    let selector = [Selector::Package("alpha".to_owned())];
    let accepted = pair.accept_of(&selector, Some(&report)).unwrap();
    assert_eq!(told(&accepted), ["modified /usr/bin/alpha", "modified alpha"]);
    assert_eq!(accepted.notes, [""; 0]);
    let new = stored(accepted.encoded.bytes);
    assert_eq!(names(new.packages()), ["alpha 2", "beta 1"]);
    // Each entry belongs to the package that the new list has.
    for (path, owner) in [("/usr/bin/alpha", "alpha 2"), ("/usr/bin/beta", "beta 1")] {
        let path = TreePath::parse(path.as_bytes()).unwrap();
        let found = new.find_unverified(&path).unwrap().unwrap().owner.unwrap();
        assert_eq!(names(new.packages())[found.index()], owner);
    }
    let beta = [Selector::Package("beta:amd64".to_owned())];
    assert!(pair.accept_of(&beta, Some(&report)).is_ok());
}

#[test]
fn one_file_among_those_of_an_upgrade_is_not_accepted_with_it() {
    let tampered = || {
        let mut volume = upgraded();
        volume.file(b"usr/bin/alpha", b"evil").mode(0o755);
        volume
    };
    let pair = Pair::of_volumes(golden(), tampered(), RULES);
    let report = previous(&pair.live(tampered()));
    let selector = [Selector::Package("alpha".to_owned())];
    let accepted = pair.accept_of(&selector, Some(&report)).unwrap();
    assert_eq!(told(&accepted), ["modified alpha"]);
    assert!(accepted.notes[0].starts_with("1 entry of package alpha did not fold into it"));
    assert!(accepted.notes[0].contains("/usr/bin/alpha"));
}

#[test]
fn a_stored_snapshot_alone_vouches_for_no_file() {
    let pair = Pair::of_volumes(golden(), upgraded(), RULES);
    let accepted = pair.accept(&[Selector::Package("alpha".to_owned())]).unwrap();
    assert_eq!(told(&accepted), ["modified alpha"]);
    assert!(accepted.notes[0].contains("name the report of a check"), "{:?}", accepted.notes);
}

#[test]
fn packages_come_and_go() {
    let one = || system(&[("alpha", "1", b"a1")]);
    let pair = Pair::of_volumes(one(), golden(), RULES);
    let new = stored(pair.accept(&[Selector::All]).unwrap().encoded.bytes);
    assert_eq!(names(new.packages()), ["alpha 1", "beta 1"]);
    let pair = Pair::of_volumes(golden(), one(), RULES);
    let accepted = pair.accept(&[Selector::Package("beta".to_owned())]).unwrap();
    assert_eq!(told(&accepted), ["removed /usr/bin/beta", "removed beta"]);
    let new = stored(accepted.encoded.bytes);
    assert_eq!(names(new.packages()), ["alpha 1"]);
    // The file alone: its package stays in the list, and the file's place in it.
    let pattern = drift_core::bounds::Wildcard::path("/usr/bin/beta").unwrap();
    let new = stored(pair.accept(&[Selector::Path(pattern)]).unwrap().encoded.bytes);
    assert_eq!(names(new.packages()), ["alpha 1", "beta 1"]);
}
