//! Packages read for manifests, against the tools that made them.
#![expect(
    clippy::disallowed_methods,
    reason = "the tests build packages and ask the tools that read them"
)]
#![expect(clippy::panic, reason = "the functions that tests share fail as tests do")]
#![expect(clippy::print_stdout, reason = "tests say how much they compared")]

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::fs;
use std::path::{Path, PathBuf};

use drift_core::bounds::Cancel;
use drift_core::manifest::{
    Builder, Manifest, Origin, PackedFile, PackedPackage, read_deb, read_rpm,
};
use drift_core::model::{FileType, TreePath};
use drift_testkit::{TempRoot, command, need};

/// What Python's tarfile and hashlib say of a tar archive, one path a line.
const LISTING: &str = r#"
import hashlib, sys, tarfile
archive = tarfile.open(fileobj=sys.stdin.buffer, mode="r|")
digests = {}
for member in archive:
    name = member.name.removeprefix("./").strip("/")
    if name in ("", "."):
        continue
    kind, digest, link = "?", "-", "-"
    if member.isfile():
        kind, digest = "f", hashlib.sha256(archive.extractfile(member).read()).hexdigest()
    elif member.islnk():
        kind, digest = "f", digests[member.linkname.removeprefix("./")]
    elif member.isdir():
        kind = "d"
    elif member.issym():
        kind, link = "l", member.linkname
    digests[name] = digest
    mode = "-" if kind == "l" else oct(member.mode & 0o7777)
    print(name, kind, mode, member.uid, member.gid, digest, link, sep="\t")
"#;

fn packages() -> Vec<PathBuf> {
    let root = need::debian_root();
    let archives = root.map(|root| root.join("var/cache/apt/archives"));
    let listed = archives.and_then(|directory| fs::read_dir(directory).ok());
    let paths = listed.into_iter().flatten().map(|entry| entry.unwrap().path());
    // All of them take minutes.
    let most = if need::full_tier().is_some() { u64::MAX } else { 100_000 };
    let small = |path: &PathBuf| fs::metadata(path).is_ok_and(|metadata| metadata.len() < most);
    let deb = |path: &PathBuf| path.extension().is_some_and(|extension| extension == "deb");
    paths.filter(deb).filter(small).collect()
}

/// Builds packages that hold what those of Debian rarely do, in every coding.
fn built(root: &TempRoot) -> Vec<PathBuf> {
    let tree = root.at("tree");
    let write = |path: &str, content: &[u8]| {
        let path = tree.join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
    };
    write("DEBIAN/control", b"Package: odd\nVersion: 2:1.0~rc1-1\nArchitecture: all\nMaintainer: t <t@example.org>\nDescription: x\n");
    write("DEBIAN/conffiles", b"/etc/odd.conf\n");
    write("etc/odd.conf", b"a = 1\n");
    write("usr/bin/odd", b"#!/bin/sh\n");
    write("usr/share/odd/empty", b"");
    write(&format!("usr/share/odd/{}", "long".repeat(50)), &vec![7; 100_001]);
    write("usr/share/odd/name with \u{e4} and spaces", b"x");
    fs::hard_link(tree.join("usr/bin/odd"), tree.join("usr/bin/odd2")).unwrap();
    std::os::unix::fs::symlink("../odd", tree.join("usr/share/odd/link")).unwrap();
    let mode = |path: &str, mode: &str| {
        let _set = command::run("chmod", [mode, &*tree.join(path).to_string_lossy()]).success();
    };
    mode("usr/bin/odd", "4755");
    mode("usr/share/odd", "2750");
    let coded = |coding: &str| {
        let out = root.at(format!("odd-{coding}.deb"));
        let paths = [tree.to_string_lossy().into_owned(), out.to_string_lossy().into_owned()];
        let coding = format!("-Z{coding}");
        let all = ["--root-owner-group", &coding, "--build", &paths[0], &paths[1]];
        let _built = command::run("dpkg-deb", all).success();
        out
    };
    ["gzip", "xz", "zstd", "none"].map(coded).to_vec()
}

fn line(file: &PackedFile) -> String {
    let kind = match file.file_type {
        FileType::File => "f",
        FileType::Directory => "d",
        FileType::Symlink => "l",
        _ => "?",
    };
    let number = |id: Option<u32>| id.map_or("-".to_owned(), |id| id.to_string());
    let path = file.path.to_string();
    [
        path.trim_start_matches('/').to_owned(),
        kind.to_owned(),
        file.mode.map_or("-".to_owned(), |mode| format!("0o{mode:o}")),
        number(file.uid),
        number(file.gid),
        file.digest.map_or("-".to_owned(), |digest| digest.hex()),
        file.link_target.as_ref().map_or("-".into(), |to| String::from_utf8_lossy(to).into_owned()),
    ]
    .join("\t")
}

#[test]
fn every_deb_is_what_python_reads_in_it() {
    let tools = ["dpkg-deb", "python3", "bash"].map(need::tool);
    if tools.iter().any(Option::is_none) {
        return;
    }
    let root = TempRoot::new();
    fs::write(root.at("listing.py"), LISTING).unwrap();
    let mut all = built(&root);
    all.extend(packages());
    let (mut paths, mut bytes) = (0, 0);
    let mut builder = Builder::default();
    let mut read: BTreeMap<String, PackedPackage> = BTreeMap::new();
    for deb in &all {
        let content = fs::read(deb).unwrap();
        bytes += content.len();
        let package = read_deb(&content, &Cancel::new()).unwrap();
        let script = format!(
            "dpkg-deb --fsys-tarfile '{}' | python3 '{}'",
            deb.display(),
            root.at("listing.py").display()
        );
        let said = command::run("bash", ["-c", &script]).success();
        // An id that is given on each system is none to a manifest.
        let mut expect: Vec<String> = said.lines().map(str::to_owned).collect();
        let books = TreePath::parse(b"var/lib/dpkg/info").unwrap();
        let (scripts, shipped): (Vec<&PackedFile>, Vec<&PackedFile>) =
            package.files.iter().partition(|file| file.path.starts_with(&books));
        check_scripts(deb, &scripts);
        let mut found: Vec<String> = shipped.into_iter().map(line).collect();
        expect.sort();
        found.sort();
        assert_eq!(found, expect, "{}", deb.display());
        paths += found.len();
        check_name(deb, &package);
        if let Entry::Vacant(place) = read.entry(package.name.to_string()) {
            builder.add(&package, Origin::Operator).unwrap();
            place.insert(package);
        }
    }
    let written = builder.finish("drift").unwrap();
    println!(
        "{} packages of {bytes} bytes, {paths} paths; the manifest has {} bytes",
        all.len(),
        written.bytes.len()
    );
    let manifest = Manifest::decode_unverified(written.bytes.into()).unwrap();
    for package in read.values() {
        assert_eq!(manifest.package(&package.name).unwrap().as_ref(), Some(package));
    }
}

/// Name and configuration files as dpkg-deb says them.
fn check_name(deb: &Path, package: &PackedPackage) {
    let deb = deb.to_string_lossy();
    let format = "${Package} ${Version} (${Architecture})";
    let said = command::run("dpkg-deb", ["--show", "--showformat", format, &*deb]).success();
    assert_eq!(package.name.to_string(), said);
    let listed = command::run("dpkg-deb", ["--info", &*deb, "conffiles"]).text();
    let mut listed: Vec<&str> =
        listed.lines().filter(|line| line.starts_with('/')).map(str::trim).collect();
    listed.sort_unstable();
    let conffiles = package.files.iter().filter(|file| file.conffile);
    let mut found: Vec<String> = conffiles.map(|file| file.path.to_string()).collect();
    found.sort();
    assert_eq!(found, listed, "{deb}");
}

const SPEC: &str = "Name: probe\nEpoch: 2\nVersion: 1.0\nRelease: 3\nSummary: x\nLicense: MIT\n\
    BuildArch: noarch\n%description\nx\n%install\nmkdir -p %{buildroot}/usr/bin %{buildroot}/etc \
    %{buildroot}/var/lib/probe\necho hello > %{buildroot}/usr/bin/probe\n\
    echo conf > %{buildroot}/etc/probe.conf\nln %{buildroot}/usr/bin/probe %{buildroot}/usr/bin/same\n\
    ln -s probe %{buildroot}/usr/bin/link\n: > %{buildroot}/usr/bin/empty\n\
    ln %{buildroot}/usr/bin/empty %{buildroot}/usr/bin/empty2\necho g > %{buildroot}/var/lib/probe/ghost\n\
    head -c 300000 /dev/zero > %{buildroot}/var/lib/probe/zeros\n\
    %files\n%attr(4755,root,root) /usr/bin/probe\n%attr(4755,root,root) /usr/bin/same\n/usr/bin/link\n\
    /usr/bin/empty\n/usr/bin/empty2\n%config(noreplace) /etc/probe.conf\n\
    %caps(cap_net_raw=ep) %attr(0711,root,daemon) /var/lib/probe/zeros\n\
    %dir %attr(0750,daemon,root) /var/lib/probe\n%ghost /var/lib/probe/ghost\n";

#[test]
fn every_rpm_is_what_rpm_reads_in_it() {
    let tools = ["rpmbuild", "rpm"].map(need::tool);
    if tools.iter().any(Option::is_none) {
        return;
    }
    let root = TempRoot::new();
    fs::write(root.at("probe.spec"), SPEC).unwrap();
    for payload in ["w9.gzdio", "w6.xzdio", "w3.zstdio", "w.ufdio"] {
        let top = format!("_topdir {}", root.at(payload).display());
        let payload = format!("_binary_payload {payload}");
        let spec = root.at("probe.spec").to_string_lossy().into_owned();
        let all = ["--define", &top, "--define", &payload, "-bb", &spec];
        let _built = command::run("rpmbuild", all).success();
        let name = "RPMS/noarch/probe-1.0-3.noarch.rpm";
        let rpm = Path::new(top.trim_start_matches("_topdir ")).join(name);
        let bytes = fs::read(&rpm).unwrap();
        let package = read_rpm(&bytes, &Cancel::new()).unwrap();
        assert_eq!(package.name.to_string(), "probe 2:1.0-3 (noarch)");
        let dump = command::run("rpm", ["-qp".as_ref(), "--dump".as_ref(), rpm.as_os_str()]);
        let dump = dump.success();
        assert_eq!(dump.lines().count(), package.files.len());
        for said in dump.lines() {
            check_dumped(said, &package);
        }
        let ghost = |file: &&PackedFile| file.path.as_bytes() == b"var/lib/probe/ghost";
        let ghost = package.files.iter().find(ghost).unwrap();
        assert!(ghost.optional && ghost.file_type == FileType::Unknown && ghost.digest.is_none());
        if payload != "_binary_payload w9.gzdio" {
            continue;
        }
        for length in (0..bytes.len()).step_by(401) {
            assert!(read_rpm(bytes.get(..length).unwrap(), &Cancel::new()).is_err(), "{length}");
        }
        for at in (0..bytes.len()).step_by(101) {
            let mut damaged = bytes.clone();
            damaged[at] ^= 0x20;
            let _total = read_rpm(&damaged, &Cancel::new());
        }
    }
}

/// The scripts that dpkg will run are those of the control archive.
fn check_scripts(deb: &Path, scripts: &[&PackedFile]) {
    let script = format!(
        "for name in config postinst postrm preinst prerm; do \
             dpkg-deb --ctrl-tarfile '{}' | tar --extract --to-stdout ./$name 2>/dev/null | \
             sha256sum | sed \"s/ .*/ $name/\"; done",
        deb.display()
    );
    let said = command::run("bash", ["-c", &script]).success();
    let nothing = drift_core::model::Digest::sha256_of(b"").hex();
    let mut expect: Vec<&str> = said.lines().filter(|line| !line.starts_with(&nothing)).collect();
    let own = |file: &&PackedFile| {
        let path = file.path.to_string();
        let name = path.rsplit('.').next().unwrap_or_default().to_owned();
        format!("{} {name}", file.digest.expect("it has one").hex())
    };
    let mut found: Vec<String> = scripts.iter().map(own).collect();
    expect.sort_unstable();
    found.sort();
    assert_eq!(found, expect, "{}", deb.display());
}

/// `path size mtime digest mode owner group isconfig isdoc rdev symlink` (rpm(8)).
fn check_dumped(said: &str, package: &PackedPackage) {
    let words: Vec<&str> = said.split(' ').collect();
    let [path, _, _, digest, mode, user, group, config, _, _, link] = words.as_slice() else {
        panic!("{said}");
    };
    let file = package.files.iter().find(|file| file.path.to_string() == *path).unwrap();
    if file.optional {
        return;
    }
    let mode = u32::from_str_radix(mode, 8).unwrap();
    assert_eq!(file.file_type, FileType::from_mode(mode), "{said}");
    if file.file_type != FileType::Symlink {
        assert_eq!(file.mode, u16::try_from(mode & 0o7777).ok(), "{said}");
    }
    let root = |name: &str| (name == "root").then_some(0);
    assert_eq!((file.uid, file.gid), (root(user), root(group)), "{said}");
    assert_eq!(file.conffile, *config == "1", "{said}");
    if file.file_type == FileType::File {
        assert_eq!(file.digest.map(|digest| digest.hex()).as_deref(), Some(*digest), "{said}");
    }
    if file.file_type == FileType::Symlink {
        assert_eq!(file.link_target.as_deref(), Some(link.as_bytes()), "{said}");
    }
    let capable = file.capability.as_deref() == Some(b"cap_net_raw=ep");
    assert_eq!(capable, path.ends_with("zeros"), "{said}");
}
