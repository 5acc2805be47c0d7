//! Independent readers: the directory itself for GNU tar's archives, Python for a whole root.

use std::collections::BTreeMap;
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt, symlink};
use std::path::{Path, PathBuf};

use drift_core::model::{Algorithm, Digest, Entry, FileType, Observed, Precision, TreePath, hex};
use drift_core::source::{Want, tar};

use super::{Captured, ask, capture, capture_with, run};

/// A directory with every type that tar carries; `full` with what only PAX can carry as well.
fn build(root: &Path, full: bool) {
    let file = |name: &str, content: &[u8]| std::fs::write(root.join(name), content).expect(name);
    for name in ["etc", "usr", "usr/lib", "empty", "deep"] {
        std::fs::create_dir(root.join(name)).expect(name);
    }
    file("etc/os-release-real", b"ID=debian\n");
    symlink("../../etc/os-release-real", root.join("usr/lib/os-release")).expect("link");
    symlink("/usr/lib/os-release", root.join("etc/os-release")).expect("link");
    file("etc/passwd", b"root:x:0:0::/:\njoe:x:1234:1234::/:\n");
    file("zero", b"");
    file("block", &[7; 512]);
    file("big", &(0..300_000u32).flat_map(u32::to_le_bytes).collect::<Vec<u8>>());
    std::fs::hard_link(root.join("block"), root.join("a-second-name")).expect("hard link");
    std::fs::hard_link(root.join("block"), root.join("deep/third")).expect("hard link");
    run("mknod", &["char", "c", "5", "300"], root);
    run("mknod", &["disk", "b", "259", "7"], root);
    run("mkfifo", &["pipe"], root);
    let mode = |name: &str, mode| {
        std::fs::set_permissions(root.join(name), PermissionsExt::from_mode(mode)).expect(name);
    };
    mode("zero", 0o6755);
    mode("empty", 0o1777);
    run("chown", &["-h", "1234:65534", "etc/os-release"], root);
    run("touch", &["-d", "1999-12-31T23:59:59Z", "zero"], root);
    let sparse = std::fs::File::create(root.join("sparse")).expect("sparse");
    // More runs of data than an old GNU header and its first extension hold.
    for at in (0..60).map(|run| run << 17) {
        std::os::unix::fs::FileExt::write_all_at(&sparse, &[9; 5000], at).expect("writes");
    }
    sparse.set_len(8 << 20).expect("grows");
    if !full {
        for name in find(root) {
            run("touch", &["-h", "-d", "@1700000000", "--", &name.to_string_lossy()], root);
        }
        return;
    }
    run("touch", &["-d", "1969-12-31T23:59:58.25Z", "big"], root);
    run("chown", &["3000000000:4000000000", "big"], root);
    let long = "n".repeat(200);
    file(&format!("deep/{long}"), b"long");
    symlink("t".repeat(300), root.join("deep/long-target")).expect("link");
    std::fs::write(root.join(std::ffi::OsStr::from_bytes(b"deep/\xff\n\x1b")), b"odd")
        .expect("odd");
    run("setfattr", &["-n", "user.a=b%c", "-v", "0x000a3d", "big"], root);
    run("setfattr", &["-n", "user.empty", "etc"], root);
    run("setfattr", &["-n", "trusted.t", "-v", "x", "empty"], root);
    run("setfattr", &["-h", "-n", "trusted.l", "-v", "x", "etc/os-release"], root);
    run("setcap", &["cap_net_raw+ep", "zero"], root);
    run("setfacl", &["-m", "u:1234:r,g:99:rw", "block"], root);
    run("setfacl", &["-d", "-m", "u:1234:rwx", "empty"], root);
}

fn find(root: &Path) -> Vec<PathBuf> {
    walkdir::WalkDir::new(root)
        .min_depth(1)
        .contents_first(true)
        .into_iter()
        .map(|entry| entry.expect("walks").path().strip_prefix(root).expect("below").to_owned())
        .collect()
}

fn xattrs(path: &Path) -> BTreeMap<Vec<u8>, Vec<u8>> {
    let mut names = vec![0; 1 << 16];
    let length = rustix::fs::llistxattr(path, &mut names).expect("lists");
    let names = names[..length].split(|&byte| byte == 0).filter(|name| !name.is_empty());
    names
        .map(|name| {
            let mut value = vec![0; 1 << 16];
            let length = rustix::fs::lgetxattr(path, name, &mut value).expect("reads");
            value.truncate(length);
            (name.to_vec(), value)
        })
        .collect()
}

/// Returns what differs between an entry of the archive and the object itself.
fn differences(entry: &Entry, path: &Path, fine: bool, labels: bool) -> Vec<String> {
    let stat = std::fs::symlink_metadata(path).expect("stat");
    let mut wrong = Vec::new();
    let mut same = |what: &str, ok: bool| {
        if !ok {
            wrong.push(format!("{}: {what}: {entry:?}", path.display()));
        }
    };
    let kind = FileType::from_mode(stat.mode());
    same("type", entry.file_type == kind);
    same("mode", entry.mode == Observed::Is((stat.mode() & 0o7777) as u16));
    same("uid", entry.uid == Observed::Is(stat.uid()));
    same("gid", entry.gid == Observed::Is(stat.gid()));
    let time = entry.mtime.seen().expect("a time");
    let nanoseconds = if fine { stat.mtime_nsec() } else { 0 };
    same("mtime", (time.seconds, i64::from(time.nanoseconds)) == (stat.mtime(), nanoseconds));
    match kind {
        FileType::File => {
            same("size", entry.size == Observed::Is(stat.len()));
            let digest = Digest::sha256_of(&std::fs::read(path).expect("reads"));
            same("digest", entry.digest == Observed::Is(digest));
        }
        FileType::Symlink => {
            let target = std::fs::read_link(path).expect("link");
            same("target", entry.link_target == Observed::Is(target.as_os_str().as_bytes().into()));
        }
        FileType::Char | FileType::Block => {
            let device = entry.rdev.seen().expect("a number");
            let number = rustix::fs::makedev(device.major, device.minor);
            same("rdev", number == stat.rdev());
        }
        _ => {}
    }
    if kind != FileType::Directory {
        same("nlink", entry.nlink == Observed::Is(stat.nlink() as u32));
    }
    if labels {
        let seen = entry.xattrs.seen().expect("attributes");
        let seen: BTreeMap<Vec<u8>, Vec<u8>> =
            seen.iter().map(|(name, value)| (name.to_vec(), value.to_vec())).collect();
        same("xattrs", seen == xattrs(path));
    } else {
        same("no xattrs", entry.xattrs == Observed::NotApplicable);
    }
    wrong
}

/// Compares an archive of `root` with `root`; returns how many entries were compared.
fn compare(captured: &Captured, root: &Path, labels: bool) -> usize {
    let fine = captured.carries.mtime == Precision::Nanosecond;
    let mut paths = find(root);
    paths.push(PathBuf::new());
    let mut wrong = captured.reasons();
    for path in &paths {
        let tree_path = TreePath::parse(path.as_os_str().as_bytes()).expect("a path");
        match captured.frozen.tree.find(&tree_path) {
            Some(row) => {
                let entry = captured.frozen.tree.entry(row);
                let path = root.join(path);
                wrong.extend(differences(&entry, &path, fine, labels));
            }
            None => wrong.push(format!("{tree_path} is missing")),
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert_eq!(captured.frozen.tree.len(), paths.len());
    paths.len()
}

#[test]
fn gnu_tar_in_every_format_and_coding_equals_the_directory() {
    if drift_testkit::need::root().is_none() {
        return;
    }
    let (plain, full) = (tempfile::tempdir().expect("dir"), tempfile::tempdir().expect("dir"));
    build(plain.path(), false);
    build(full.path(), true);
    let out = tempfile::tempdir().expect("dir");
    let labels = &["--xattrs", "--xattrs-include=*", "--acls"];
    let cases: &[(&str, &[&str], &Path, bool)] = &[
        ("v7-like ustar", &["--format=ustar"], plain.path(), false),
        ("gnu", &["--format=gnu"], plain.path(), false),
        ("gnu sparse", &["--format=gnu", "--sparse"], plain.path(), false),
        ("gnu full", &["--format=gnu", "--sparse"], full.path(), false),
        ("pax", &["--format=pax"], full.path(), false),
        ("pax labels", &["--format=pax", labels[0], labels[1], labels[2]], full.path(), true),
        ("sparse 0.0", &["--format=pax", "--sparse", "--sparse-version=0.0"], full.path(), false),
        ("sparse 0.1", &["--format=pax", "--sparse", "--sparse-version=0.1"], full.path(), false),
        ("sparse 1.0", &["--format=pax", "--sparse", "--sparse-version=1.0"], full.path(), false),
    ];
    let mut compared = 0;
    for (number, (name, options, root, labels)) in cases.iter().enumerate() {
        let archive = out.path().join(format!("{number}.tar"));
        let target = archive.to_string_lossy().into_owned();
        let arguments: Vec<&str> = options.iter().copied().chain(["-cf", &target, "."]).collect();
        run("tar", &arguments, root);
        for coding in [&[][..], &["gzip", "-kf"], &["zstd", "-qkf"], &["xz", "-kf"]] {
            println!("{name} {coding:?}");
            let path = match coding {
                [program, flags] => {
                    run(program, &[flags, &target], out.path());
                    let suffix = match *program {
                        "gzip" => "gz",
                        "zstd" => "zst",
                        _ => "xz",
                    };
                    // The name must not matter.
                    let odd = out.path().join("coded.txt");
                    std::fs::rename(out.path().join(format!("{number}.tar.{suffix}")), &odd)
                        .expect("renames");
                    odd
                }
                _ => archive.clone(),
            };
            compared += compare(&capture(&path).expect("captures"), root, *labels);
        }
    }
    println!("oracle rows: {compared} (GNU tar against the directory)");
}

#[test]
fn acl_names_come_from_the_archive_itself() {
    if drift_testkit::need::root().is_none() {
        return;
    }
    let root = tempfile::tempdir().expect("dir");
    build(root.path(), true);
    let out = tempfile::NamedTempFile::new().expect("file");
    let target = out.path().to_string_lossy().into_owned();
    // GNU tar writes the names of this machine, which means 1 by it; the archive means 4242.
    std::fs::write(root.path().join("etc/passwd"), b"daemon:x:4242:4242::/:\n").expect("writes");
    run("setfacl", &["-m", "u:daemon:r", "big"], root.path());
    run("tar", &["--format=pax", "--acls", "-cf", &target, "."], root.path());
    let bytes = std::fs::read(out.path()).expect("reads");
    assert!(bytes.windows(18).any(|window| window == b"SCHILY.acl.access="));
    let captured = capture(out.path()).expect("captures");
    assert!(captured.carries.attributes.holds("acl"));
    assert!(captured.carries.attributes.holds("acl_default"));
    assert!(!captured.carries.attributes.holds("capability"));
    let name = &b"system.posix_acl_access"[..];
    let named = captured.entry("big").xattrs;
    let named = named.seen().and_then(|xattrs| xattrs.get(name)).map(<[u8]>::to_vec);
    let mut expected = xattrs(&root.path().join("big")).remove(name).expect("it was set");
    assert_eq!(expected[12..20], [2, 0, 4, 0, 1, 0, 0, 0], "user 1 may read");
    expected[16..20].copy_from_slice(&4242u32.to_le_bytes());
    assert_eq!(named, Some(expected));
    let mine = captured.entry("block").xattrs;
    let mine = mine.seen().and_then(|xattrs| xattrs.get(name)).map(<[u8]>::to_vec);
    assert_eq!(mine, xattrs(&root.path().join("block")).remove(name));
}

#[test]
fn what_is_asked_later_is_answered_and_secrets_are_not_shown() {
    let root = tempfile::tempdir().expect("dir");
    std::fs::create_dir(root.path().join("etc")).expect("dir");
    let content: Vec<u8> = (0..200_000u32).flat_map(u32::to_le_bytes).collect();
    std::fs::write(root.path().join("big"), &content).expect("writes");
    std::fs::write(root.path().join("etc/shadow"), b"root:secret").expect("writes");
    std::fs::hard_link(root.path().join("big"), root.path().join("other")).expect("link");
    let out = tempfile::NamedTempFile::new().expect("file");
    let target = out.path().to_string_lossy().into_owned();
    run("tar", &["-czf", &target, "."], root.path());
    let rules = "secret /etc/shadow\nignore /other";
    let captured = capture_with(out.path(), rules).expect("captures");
    let shadow = captured.entry("etc/shadow");
    assert_eq!((shadow.size, shadow.digest), (Observed::Is(0), Observed::NotApplicable));
    assert_eq!(captured.frozen.excluded.iter().map(|(_, count)| count).sum::<u64>(), 1);
    assert_eq!(captured.entry("big").nlink, Observed::Is(2));

    let captured = capture(out.path()).expect("captures");
    let want = Want {
        digest: true,
        vendor: Some(Algorithm::Md5),
        prefix: Some(70_000),
        bytes: Some(content.len() as u64),
        ..Want::default()
    };
    let small = Want { prefix: Some(content.len() as u64 + 1), bytes: Some(10), ..want };
    let answers = ask(out.path(), &captured, &[("big", want), ("other", small), ("etc", want)]);
    let one = answers[0].as_ref().expect("read");
    assert_eq!(one.bytes.as_deref(), Some(&*content));
    assert_eq!(one.digest, Some(Digest::sha256_of(&content)));
    assert_eq!(one.prefix, Some(Digest::sha256_of(&content[..70_000])));
    let md5 = run("md5sum", &["big"], root.path()).expect("coreutils has it");
    assert_eq!(one.vendor.map(|md5| md5.hex().into_bytes()), Some(md5[..32].to_vec()));
    let two = answers[1].as_ref().expect("read");
    assert_eq!((two.prefix, two.bytes.clone()), (None, None));
    assert!(answers[2].is_err());

    let source = tar::open(out.path(), "tar:test").expect("opens");
    let probe =
        |path: &str, limit| source.probe(&TreePath::parse(path.as_bytes()).expect("ok"), limit);
    assert_eq!(probe("etc/shadow", 100).as_deref(), Some(&b"root:secret"[..]));
    assert_eq!(probe("etc/shadow", 5), None);
    assert_eq!(probe("big", 1 << 20).as_deref(), Some(&*content));
    assert_eq!(probe("etc", 100), None);
}

#[test]
fn probes_follow_links_inside_the_archive() {
    if drift_testkit::need::root().is_none() {
        return;
    }
    let root = tempfile::tempdir().expect("dir");
    build(root.path(), false);
    let out = tempfile::NamedTempFile::new().expect("file");
    run("tar", &["-cf", &out.path().to_string_lossy(), "."], root.path());
    let source = tar::open(out.path(), "tar:test").expect("opens");
    let path = TreePath::parse(b"etc/os-release").expect("a path");
    assert_eq!(source.probe(&path, 4096).as_deref(), Some(&b"ID=debian\n"[..]));
}

const PYTHON: &str = r"
import sys, tarfile, hashlib
types = {tarfile.REGTYPE: 'file', tarfile.AREGTYPE: 'file', tarfile.DIRTYPE: 'directory',
         tarfile.SYMTYPE: 'symlink', tarfile.CHRTYPE: 'char', tarfile.BLKTYPE: 'block',
         tarfile.FIFOTYPE: 'fifo'}
archive = tarfile.open(sys.argv[1], errors='surrogateescape')
raw = lambda text: text.encode('utf-8', 'surrogateescape')
for member in archive:
    content = b''
    real = member
    if member.islnk():
        real = archive.getmember(member.linkname)
    digest = hashlib.sha256(archive.extractfile(member).read()).hexdigest() if real.isreg() else '-'
    name = raw(member.name.lstrip('.').lstrip('/')).hex() or '-'
    link = raw(real.linkname).hex() if real.issym() else ''
    print(name, types[real.type], oct(real.mode & 0o7777), real.uid, real.gid,
          real.size if real.isreg() else 0, int(real.mtime), link or '-', digest)
";

/// The archive is made from a whole Debian root; without one the directory of this crate serves,
/// which is smaller but real as well.
#[test]
fn a_whole_root_as_python_reads_it() {
    let named = drift_testkit::need::debian_root();
    let root = &*named.unwrap_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")));
    let out = tempfile::tempdir().expect("dir");
    let archive = out.path().join("root.tar.zst");
    run("tar", &["--zstd", "--xattrs", "-cf", &archive.to_string_lossy(), "."], root);
    run("zstd", &["-qd", "root.tar.zst", "-o", "root.tar"], out.path());
    let plain = out.path().join("root.tar");
    let Some(lines) = run("python3", &["-c", PYTHON, &plain.to_string_lossy()], out.path()) else {
        let _recorded = drift_testkit::need::tool("python3");
        return;
    };
    let captured = capture(&archive).expect("captures");
    assert!(captured.reasons().is_empty(), "{:?}", captured.reasons());
    let tree = &captured.frozen.tree;
    let dash = |text: String| if text.is_empty() { "-".to_owned() } else { text };
    let mut mine: Vec<String> = tree
        .rows()
        .map(|row| {
            let entry = tree.entry(row);
            let link = entry.link_target.seen().map(|link| hex(link)).unwrap_or_default();
            let digest = entry.digest.seen().map(Digest::hex).unwrap_or_default();
            format!(
                "{} {} 0o{:o} {} {} {} {} {} {}",
                dash(hex(tree.path(row).as_bytes())),
                entry.file_type,
                entry.mode.seen().expect("mode"),
                entry.uid.seen().expect("uid"),
                entry.gid.seen().expect("gid"),
                entry.size.seen().unwrap_or(&0),
                entry.mtime.seen().expect("mtime").seconds,
                dash(link),
                dash(digest)
            )
        })
        .collect();
    let mut theirs: Vec<String> =
        String::from_utf8(lines).expect("ASCII").lines().map(str::to_owned).collect();
    mine.sort();
    theirs.sort();
    for (one, other) in mine.iter().zip(&theirs) {
        assert_eq!(one, other);
    }
    assert_eq!(mine.len(), theirs.len());
    println!("oracle rows: {} (Python tarfile)", mine.len());
}
