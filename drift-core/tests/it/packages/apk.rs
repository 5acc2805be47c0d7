//! A root as apk leaves it, its checksums made by other programs, checked without a baseline.

use std::collections::BTreeMap;
use std::os::unix::fs::{PermissionsExt, lchown, symlink};
use std::path::Path;

use drift_testkit::{TempRoot, command, need};

use super::dpkg_verify::findings;

/// Files with their content and mode; links with their target.
const FILES: [(&str, &str, u32); 6] = [
    ("bin/busybox", "busybox", 0o755),
    ("bin/bbsuid", "setuid", 0o4111),
    ("etc/motd", "welcome\n", 0o644),
    ("etc/init.d/syslog", "#!/sbin/openrc-run\n", 0o755),
    ("usr/lib/libz.so.1.3", "z", 0o755),
    ("usr/share/empty", "", 0o644),
];
const LINKS: [(&str, &str); 3] =
    [("bin/sh", "/bin/busybox"), ("bin/ls", "/bin/busybox"), ("usr/lib/libz.so.1", "libz.so.1.3")];

/// `Q1` and the SHA-1 in base64, by sha1sum(1), xxd-free: printf(1) and base64(1).
fn checksum(content: &Path) -> String {
    let script = "sum=$(sha1sum <\"$1\" | cut -c1-40 | sed 's/../\\\\x&/g'); printf 'Q1'; \
                  printf \"$sum\" | base64";
    let arguments = ["-c".into(), script.into(), "bash".into(), content.as_os_str().to_owned()];
    command::run("bash", arguments).success().trim_end().to_owned()
}

/// Installs everything below `root`, and writes the list as apk does.
fn installed(root: TempRoot, database: &str) -> TempRoot {
    let mut by_directory: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    let paths = FILES.iter().map(|(path, ..)| *path).chain([database, "var/tmp", "etc/apk/world"]);
    for path in paths.chain(["bin/sh", "lib/x"]) {
        std::fs::create_dir_all(root.at(path).parent().unwrap()).unwrap();
    }
    std::fs::create_dir_all(root.at(database)).unwrap();
    let mut root = root;
    for (path, content, mode) in FILES {
        root = root.file(path, content, mode);
        let (directory, name) = path.rsplit_once('/').unwrap();
        let acl = if mode == 0o644 { String::new() } else { format!("a:0:0:{mode:o}\n") };
        let sum = checksum(&root.at(path));
        by_directory.entry(directory).or_default().push(format!("R:{name}\n{acl}Z:{sum}\n"));
    }
    for (path, target) in LINKS {
        root = root.symlink(target, path).file("target", target, 0o644);
        let (directory, name) = path.rsplit_once('/').unwrap();
        let sum = checksum(&root.at("target"));
        by_directory.entry(directory).or_default().push(format!("R:{name}\na:0:0:777\nZ:{sum}\n"));
        root = root.remove("target");
    }
    let mut list = "C:Q1x=\nP:base\nV:1.0-r0\nA:x86_64\nS:1\nI:1\nT:all\nU:\nL:MIT\n".to_owned();
    for (directory, files) in by_directory {
        list.push_str(&format!("F:{directory}\n{}", files.concat()));
    }
    list.push_str("F:var/tmp\nM:0:0:1777\n\n");
    root = root.directory("var/tmp", 0o1777);
    root.file(format!("{database}/installed"), list, 0o644)
        .file(format!("{database}/triggers"), "", 0o644)
        .file("etc/apk/world", "base\n", 0o644)
}

#[test]
fn a_root_of_apk_is_as_it_was_installed() {
    let Some(()) = need::root() else { return };
    let root = installed(TempRoot::new(), "lib/apk/db");
    assert_eq!(findings(root.path()), Vec::<String>::new());
}

/// `/lib` and `/bin` moved below `/usr`, as in Alpine 3.23: the list says the old names.
#[test]
fn a_merged_root_of_apk_is_as_it_was_installed() {
    let Some(()) = need::root() else { return };
    let root = TempRoot::new().directory("usr", 0o755);
    let root = root.directory("usr/bin", 0o755).directory("usr/lib", 0o755);
    let root = root.symlink("usr/bin", "bin").symlink("usr/lib", "lib");
    let root = installed(root, "usr/lib/apk/db");
    assert_eq!(findings(root.path()), Vec::<String>::new());
}

#[test]
fn what_was_done_to_a_root_of_apk_is_found() {
    let Some(()) = need::root() else { return };
    let root = installed(TempRoot::new(), "lib/apk/db");
    let at = |path: &str| root.at(path);
    let relink = |target: &str, path: &str| {
        std::fs::remove_file(at(path)).unwrap();
        symlink(target, at(path)).unwrap();
    };
    std::fs::write(at("usr/lib/libz.so.1.3"), "Z").unwrap();
    std::fs::write(at("etc/motd"), "go away\n").unwrap();
    std::fs::set_permissions(at("bin/bbsuid"), PermissionsExt::from_mode(0o111)).unwrap();
    std::fs::set_permissions(at("var/tmp"), PermissionsExt::from_mode(0o777)).unwrap();
    lchown(at("usr/share/empty"), Some(5), None).unwrap();
    relink("/tmp/busybox", "bin/ls");
    // A file that says what a link would lead to has the digest of the link.
    std::fs::remove_file(at("bin/sh")).unwrap();
    std::fs::write(at("bin/sh"), "/bin/busybox").unwrap();
    std::fs::set_permissions(at("bin/sh"), PermissionsExt::from_mode(0o777)).unwrap();
    relink("busybox", "bin/busybox");
    std::fs::remove_file(at("etc/init.d/syslog")).unwrap();
    let expected = [
        "removed /etc/init.d/syslog: vendor-record-differs",
        "modified /bin/bbsuid mode: vendor-record-differs",
        "modified /bin/busybox type: vendor-record-differs",
        "modified /bin/ls link_target: vendor-record-differs",
        "modified /etc/motd digest: conffile-edited",
        "modified /usr/lib/libz.so.1.3 digest: vendor-record-differs",
        "modified /usr/share/empty uid: vendor-record-differs",
        "modified /var/tmp mode: vendor-record-differs",
    ];
    let mut expected = expected.map(str::to_owned);
    expected.sort();
    assert_eq!(findings(root.path()), expected);
}
