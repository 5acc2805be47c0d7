//! The file: one form, read whole or refused; entries against packages; apt's chain; hostile packages.

use std::sync::Arc;

use crate::bounds::{Cancel, Timestamp};
use crate::model::{
    AttributeSet, Device, Digest, Entry, FileType, Observed, Package, TreePath, Xattrs,
};
use crate::seal::Reason;

use super::{
    Builder, Error, Judgement, Manifest, Manifests, Origin, PackageName, PackedFile, PackedPackage,
    Release, check_framing, is_same_place, read_deb, read_rpm,
};

fn path(text: &str) -> TreePath {
    TreePath::parse(text.as_bytes()).unwrap()
}

fn file(at: &str, content: &[u8]) -> PackedFile {
    PackedFile {
        path: path(at),
        file_type: FileType::File,
        mode: Some(0o755),
        uid: Some(0),
        gid: None,
        digest: Some(Digest::sha256_of(content)),
        link_target: None,
        device: None,
        capability: None,
        conffile: false,
        optional: false,
    }
}

fn directory(at: &str) -> PackedFile {
    PackedFile { file_type: FileType::Directory, digest: None, ..file(at, b"") }
}

fn package(name: &str, mut files: Vec<PackedFile>) -> PackedPackage {
    files.sort_by(|one, other| one.path.cmp(&other.path));
    let text = |text: &str| text.to_owned();
    let name = PackageName {
        manager: text("dpkg"),
        name: text(name),
        architecture: text("amd64"),
        version: text("1.0-1"),
    };
    PackedPackage { sha256: Digest::sha256_of(name.name.as_bytes()), name, files }
}

/// One file of every kind.
fn every_kind() -> Vec<PackedFile> {
    let link = PackedFile {
        file_type: FileType::Symlink,
        mode: None,
        digest: None,
        link_target: Some(b"../a\xff".as_slice().into()),
        ..file("usr/lib/link", b"")
    };
    let device = PackedFile {
        file_type: FileType::Char,
        digest: None,
        device: Some(Device { major: 300, minor: 70_000 }),
        ..file("dev/x", b"")
    };
    let ghost = PackedFile {
        file_type: FileType::Unknown,
        mode: None,
        uid: None,
        digest: None,
        optional: true,
        ..file("var/lib/ghost", b"")
    };
    let capable = PackedFile {
        capability: Some(b"cap_net_raw=ep".as_slice().into()),
        gid: Some(42),
        ..file("usr/bin/ping", b"ping")
    };
    let conffile = PackedFile { conffile: true, ..file("etc/conf", b"c") };
    vec![directory("usr"), link, device, ghost, capable, conffile, file("bin/sh", b"sh")]
}

fn written(packages: &[PackedPackage]) -> Vec<u8> {
    let mut builder = Builder::default();
    for package in packages {
        builder.add(package, Origin::Operator).unwrap();
    }
    builder.finish("drift 0").unwrap().bytes
}

fn opened(bytes: Vec<u8>) -> Result<Manifest, Error> {
    Manifest::decode_unverified(Arc::from(bytes))
}

#[test]
fn what_was_written_is_read_in_whichever_order_it_came() {
    let many: Vec<PackedPackage> = (0..200)
        .map(|number| {
            let files = (0..number * 3).map(|at| {
                file(&format!("usr/share/p{number}/file-{at}"), format!("{number} {at}").as_bytes())
            });
            package(&format!("p{number:03}"), files.chain(every_kind()).collect())
        })
        .collect();
    let bytes = written(&many);
    let backwards: Vec<PackedPackage> = many.iter().rev().cloned().collect();
    assert_eq!(bytes, written(&backwards));
    let manifest = opened(bytes).unwrap();
    assert_eq!((manifest.len(), manifest.created_by()), (200, "drift 0"));
    for package in &many {
        assert_eq!(manifest.package(&package.name).unwrap().as_ref(), Some(package));
    }
    let other = package("other", Vec::new());
    assert_eq!(manifest.package(&other.name), Ok(None));
    let empty = opened(written(std::slice::from_ref(&other))).unwrap();
    assert_eq!(empty.package(&other.name), Ok(Some(other)));
}

#[test]
fn a_file_takes_a_few_tens_of_bytes() {
    let files: Vec<PackedFile> = (0..10_000u32)
        .map(|at| file(&format!("usr/share/doc/package-{}/file-{at}", at / 40), &at.to_le_bytes()))
        .collect();
    let bytes = written(&[package("large", files)]);
    assert!(bytes.len() < 10_000 * 38, "{}", bytes.len());
}

#[test]
fn no_damage_panics_and_no_cut_is_read() {
    let bytes = written(&[package("one", every_kind()), package("two", every_kind())]);
    for length in 0..bytes.len() {
        let cut = bytes.get(..length).unwrap_or_default().to_vec();
        assert!(opened(cut).is_err(), "{length}");
    }
    let mut unnoticed = 0;
    for at in 0..bytes.len() {
        for bit in 0..8 {
            let mut damaged = bytes.clone();
            damaged[at] ^= 1 << bit;
            let Ok(manifest) = opened(damaged) else { continue };
            let names: Vec<PackageName> =
                manifest.packages().map(|(name, _, _)| name.clone()).collect();
            for name in names {
                unnoticed += usize::from(manifest.package(&name).is_ok());
            }
        }
    }
    // Digests are random bytes: that they are the right ones, the seal says.
    assert!(unnoticed > 0);
}

#[test]
fn the_same_package_counts_once_and_another_of_its_name_is_refused() {
    let one = package("one", every_kind());
    let mut builder = Builder::default();
    builder.add(&one, Origin::Operator).unwrap();
    builder.add(&one, Origin::Rpm { signed_by: vec!["k".to_owned()] }).unwrap();
    assert_eq!(builder.len(), 1);
    let other = PackedPackage { sha256: Digest::sha256_of(b"other"), ..one };
    assert!(matches!(builder.add(&other, Origin::Operator), Err(Error::Twice { .. })));
    let manifest = opened(builder.finish("d").unwrap().bytes).unwrap();
    let origins: Vec<&Origin> = manifest.packages().map(|(_, _, origin)| origin).collect();
    assert!(matches!(origins.as_slice(), [Origin::Rpm { .. }]), "{origins:?}");
}

fn installed(name: &str) -> Package {
    Package {
        manager: "dpkg".to_owned(),
        name: name.to_owned(),
        architecture: "amd64".to_owned(),
        version: "1.0-1".to_owned(),
        ..Package::default()
    }
}

fn entry(content: &[u8]) -> Entry {
    Entry {
        mode: Observed::Is(0o755),
        uid: Observed::Is(0),
        gid: Observed::Is(7),
        digest: Observed::Is(Digest::sha256_of(content)),
        xattrs: Observed::Is(Xattrs::default()),
        ..Entry::unobserved(FileType::File)
    }
}

#[test]
fn entries_are_judged_by_what_their_very_package_ships() {
    let manifest = opened(written(&[package("one", every_kind())])).unwrap();
    let manifests =
        Manifests::of(&[&manifest], [&installed("one"), &installed("unknown")]).unwrap();
    let judge =
        |name: &str, at: &str, entry: &Entry| manifests.judge(&installed(name), &path(at), entry);
    let differs = |names: &[&str]| {
        let set = |set: AttributeSet, name: &&str| set.with(AttributeSet::named(name));
        Judgement::Differs(names.iter().fold(AttributeSet::EMPTY, set))
    };
    assert_eq!(judge("one", "bin/sh", &entry(b"sh")), Judgement::Equal);
    assert_eq!(judge("one", "usr/bin/sh", &entry(b"sh")), Judgement::Equal);
    assert_eq!(judge("one", "usr/bin/sh", &entry(b"evil")), differs(&["digest"]));
    let setuid = Entry { mode: Observed::Is(0o4755), ..entry(b"sh") };
    assert_eq!(judge("one", "bin/sh", &setuid), differs(&["mode"]));
    let owned = Entry { uid: Observed::Is(1000), ..entry(b"other") };
    assert_eq!(judge("one", "bin/sh", &owned), differs(&["digest", "uid"]));
    let raw: Box<[u8]> = [1, 0, 0, 2, 0, 32, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0].into();
    let capable = Xattrs::new(vec![(b"security.capability".as_slice().into(), raw)]);
    let gained = Entry { xattrs: Observed::Is(capable.clone()), ..entry(b"sh") };
    assert_eq!(judge("one", "bin/sh", &gained), differs(&["capability"]));
    let ping = Entry { gid: Observed::Is(42), xattrs: Observed::Is(capable), ..entry(b"ping") };
    assert_eq!(judge("one", "usr/bin/ping", &ping), Judgement::Equal);
    let lost = Entry { xattrs: Observed::Is(Xattrs::default()), ..ping };
    assert_eq!(judge("one", "usr/bin/ping", &lost), differs(&["capability"]));
    assert_eq!(judge("one", "bin/evil", &entry(b"x")), Judgement::NotShipped);
    assert_eq!(judge("unknown", "bin/sh", &entry(b"sh")), Judgement::Unknown);
    assert_eq!(judge("one", "var/lib/ghost", &entry(b"x")), Judgement::Unknown);
    let unread = Entry { digest: Observed::Unobserved, ..entry(b"sh") };
    assert_eq!(judge("one", "bin/sh", &unread), Judgement::Unknown);
    let other = Entry::unobserved(FileType::Directory);
    assert_eq!(judge("one", "bin/sh", &other), differs(&["type"]));
    let newer = Package { version: "1.0-2".to_owned(), ..installed("one") };
    assert_eq!(manifests.judge(&newer, &path("bin/sh"), &entry(b"sh")), Judgement::Unknown);
}

#[test]
fn of_two_builds_of_one_version_either_is_genuine() {
    let first = opened(written(&[package("one", vec![file("bin/sh", b"first")])])).unwrap();
    let other = opened(written(&[package("one", vec![file("bin/sh", b"other")])])).unwrap();
    let manifests = Manifests::of(&[&first, &other], [&installed("one")]).unwrap();
    for content in [b"first", b"other"] {
        let judged = manifests.judge(&installed("one"), &path("bin/sh"), &entry(content));
        assert_eq!(judged, Judgement::Equal);
    }
    let judged = manifests.judge(&installed("one"), &path("bin/sh"), &entry(b"third"));
    assert!(matches!(judged, Judgement::Differs(_)));
}

#[test]
fn a_place_has_two_names_where_directories_moved() {
    let check = |one: &str, other: &str, same: bool| {
        assert_eq!(is_same_place(&path(one), &path(other)), same, "{one} {other}");
        assert_eq!(is_same_place(&path(other), &path(one)), same, "{other} {one}");
    };
    check("bin/sh", "usr/bin/sh", true);
    check("lib64/ld.so", "usr/lib64/ld.so", true);
    check("usr/bin/sh", "usr/bin/sh", true);
    check("etc/x", "usr/etc/x", false);
    check("bin/sh", "usr/sbin/sh", false);
    check("lib/x", "usr/libexec/x", false);
}

fn release(more: &str, now: &str) -> Result<Release, Error> {
    let digest = Digest::sha256_of(PACKAGES.as_bytes()).hex();
    let text = format!(
        "Origin: Debian\nSuite: stable\nCodename: bookworm\n\
         Date: Sat, 11 Oct 2025 09:12:01 UTC\n{more}SHA256:\n {digest} {} main/binary-amd64/Packages\n",
        PACKAGES.len()
    );
    Release::parse(text.as_bytes(), Timestamp::parse(now).unwrap())
}

const PACKAGES: &str = "Package: a\nVersion: 1:2-3\nArchitecture: all\nFilename: pool/a.deb\n\
    SHA256: e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855\n\n";

fn code(error: Error) -> Reason {
    match error {
        Error::Chain { code, .. } => code,
        other => panic!("{other}"),
    }
}

#[test]
fn a_release_holds_from_its_date_to_its_end() {
    let until = "Valid-Until: Sat, 18 Oct 2025 9:12:01 UTC\n";
    let check = |more: &str, now: &str, refused: Option<Reason>| {
        assert_eq!(release(more, now).err().map(code), refused, "{now}");
    };
    check(until, "2025-10-11T09:12:01Z", None);
    check(until, "2025-10-18T09:12:01Z", None);
    check(until, "2025-10-18T09:12:02Z", Some(Reason::Expired));
    check("", "2035-10-18T09:12:02Z", None);
    check("", "2025-10-11T09:06:00Z", Some(Reason::NotYetValid));
    check("Valid-Until: tomorrow\n", "2025-10-12T00:00:00Z", Some(Reason::Malformed));
    check(
        "Valid-Until: 18 Oct 2025 09:12:01 CEST\n",
        "2025-10-12T00:00:00Z",
        Some(Reason::Malformed),
    );
    check("Date: x\n", "2025-10-12T00:00:00Z", Some(Reason::Malformed));
    check("\nPackage: b\n", "2025-10-12T00:00:00Z", Some(Reason::Malformed));
}

#[test]
fn an_index_is_the_one_that_the_release_names() {
    let release = release("", "2025-10-12T00:00:00Z").unwrap();
    let names: Vec<&str> = release.indices().collect();
    assert_eq!(names, ["main/binary-amd64/Packages"]);
    let index = release.index(names[0], PACKAGES.as_bytes()).unwrap();
    assert_eq!(index.listings.len(), 1);
    assert_eq!(index.listings[0].name.to_string(), "a 1:2-3 (all)");
    let altered = PACKAGES.replace("pool/a", "pool/b");
    assert_eq!(release.index(names[0], altered.as_bytes()).err().map(code), Some(Reason::Altered));
    let unnamed = release.index("contrib/Packages", PACKAGES.as_bytes());
    assert_eq!(unnamed.err().map(code), Some(Reason::Malformed));
}

#[test]
fn an_index_that_leads_outside_or_lacks_something_is_refused() {
    let check = |from: &str, to: &str| {
        let text = PACKAGES.replace(from, to);
        assert_ne!(text, PACKAGES);
        let digest = Digest::sha256_of(text.as_bytes()).hex();
        let named =
            format!("Date: 11 Oct 2025 09:12:01 GMT\nSHA256:\n {digest} {} Packages\n", text.len());
        let now = Timestamp::parse("2025-10-12T00:00:00Z").unwrap();
        let release = Release::parse(named.as_bytes(), now).unwrap();
        let refused = release.index("Packages", text.as_bytes());
        assert_eq!(refused.err().map(code), Some(Reason::Malformed), "{to}");
    };
    for to in ["../../etc/a.deb", "/etc/a.deb", "pool/../../a.deb", "pool/./../a", "pool/a b"] {
        check("pool/a.deb", to);
    }
    check("SHA256:", "MD5sum:");
    check("e3b0", "e3bz");
    check("Version: 1:2-3\n", "");
    check("Architecture: all\n", "Architecture: all\nVersion: 4\n");
}

#[test]
fn a_release_that_names_two_digests_or_another_place_is_refused() {
    let zeros = "0".repeat(64);
    let check = |line: &str| {
        let text =
            format!("Date: 11 Oct 2025 09:12:01 GMT\nSHA256:\n {zeros} 1 main/Packages\n {line}\n");
        let now = Timestamp::parse("2025-10-12T00:00:00Z").unwrap();
        Release::parse(text.as_bytes(), now).err().map(code)
    };
    assert_eq!(check(&format!("{zeros} 1 main/Packages.gz")), None);
    for bad in [
        format!("{zeros} 2 main/Packages"),
        format!("{zeros} 1 ../Packages"),
        format!("{zeros} 1 /etc/Packages"),
        format!("{zeros} x main/b"),
        format!("{} 1 main/b", "0".repeat(63)),
        format!("{zeros} 1 a b"),
    ] {
        assert_eq!(check(&bad), Some(Reason::Malformed), "{bad}");
    }
}

#[test]
fn a_message_stands_alone() {
    let good = "-----BEGIN PGP SIGNED MESSAGE-----\nHash: SHA256\n\nText\n\
                -----BEGIN PGP SIGNATURE-----\n\nabc\n-----END PGP SIGNATURE-----\n";
    assert!(check_framing(good.as_bytes()).is_ok());
    for bad in [
        format!("Text before\n{good}"),
        format!("{good}Text behind\n"),
        format!("{good}{good}"),
        good.replace("-----BEGIN PGP SIGNATURE-----\n", ""),
        good.replace("Text", "-----BEGIN PGP SIGNED MESSAGE-----"),
        String::new(),
    ] {
        assert!(check_framing(bad.as_bytes()).is_err(), "{bad}");
    }
}

#[test]
fn bytes_that_are_no_package_are_refused() {
    let cancel = Cancel::new();
    let member = |name: &str, size: &str, content: &[u8]| {
        let head = format!("{name:<16}{:<12}{:<6}{:<6}{:<8}{size:<10}`\n", 0, 0, 0, 644);
        [head.as_bytes(), content].concat()
    };
    let mark = b"!<arch>\n".to_vec();
    let version = member("debian-binary", "4", b"2.0\n");
    let check = |bytes: Vec<u8>, why: &str| {
        let refused = read_deb(&bytes, &cancel).expect_err("it is refused").to_string();
        assert!(refused.contains(why), "{refused}");
    };
    check(Vec::new(), "does not begin");
    check(mark.clone(), "in this order");
    check([mark.clone(), version.clone()].concat(), "in this order");
    for size in ["5", "-4", "+4", "0x4", "", "99999999999", "4 4"] {
        check([mark.clone(), member("debian-binary", size, b"2.0\n")].concat(), "malformed");
    }
    let odd = member("debian-binary", "5", b"2.0\nxX");
    check([mark.clone(), odd].concat(), "malformed");
    let three = |control: &str, data: &str| {
        [mark.clone(), version.clone(), member(control, "0", b""), member(data, "0", b"")].concat()
    };
    check(three("control.tar", "data.tar.bz2"), "not read");
    check(three("control.tar.xz", "data.tar"), "not compressed as its name says");
    check(three("data.tar", "control.tar"), "not read");
    let two = [three("control.tar", "data.tar"), member("data.tar", "0", b"")].concat();
    check(two, "in this order");
    for bytes in [&b""[..], b"\xed\xab\xee\xdb", &[0xff; 200]] {
        assert!(read_rpm(bytes, &cancel).is_err());
    }
}
