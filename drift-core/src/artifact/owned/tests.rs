//! Every mode and owner against the rule in one line; links.

use std::ffi::OsStr;
use std::os::unix::fs::symlink;
use std::path::Path;

use drift_testkit::{TempRoot, command, need};

use super::check_owned;
use crate::artifact::Error;

fn own() -> u32 {
    rustix::process::geteuid().as_raw()
}

/// Returns which object is refused, relative to the base; `None` when all is well.
fn refused(base: &Path, name: &str, user: u32) -> Option<String> {
    match check_owned(&base.join(name), user) {
        Ok(()) => None,
        Err(Error::Exposed { at, .. }) => {
            let at = at.strip_prefix(base).map_or(at.clone(), Path::to_owned);
            Some(at.to_string_lossy().into_owned())
        }
        Err(other) => panic!("{other}"),
    }
}

#[test]
fn a_relative_path_says_nothing() {
    assert!(matches!(check_owned(Path::new("etc/x"), 0), Err(Error::Relative { .. })));
}

/// Every permission of the file and of the directory, with and without the sticky bit, against the
/// rule in one line.
#[test]
fn whoever_else_may_write_is_found() {
    let base = TempRoot::new().directory("d", 0o755).file("d/f", b"", 0o644);
    let user = own();
    for mode in 0..0o1000_u32 {
        let expect = (mode & 0o022 != 0).then(|| "d/f".to_owned());
        set(&base.at("d/f"), mode);
        assert_eq!(refused(base.path(), "d/f", user), expect, "file {mode:04o}");
    }
    set(&base.at("d/f"), 0o600);
    for mode in 0..0o2000_u32 {
        // Without the right to pass there is nothing to look at, but for root.
        if mode & 0o100 == 0 && user != 0 {
            continue;
        }
        let expect = (mode & 0o022 != 0 && mode & 0o1000 == 0).then(|| "d".to_owned());
        set(&base.at("d"), mode);
        assert_eq!(refused(base.path(), "d/f", user), expect, "directory {mode:04o}");
    }
    set(&base.at("d"), 0o755);
}

/// Who owns what, for root and for another user, as root can make it.
#[test]
fn whose_each_object_is_counts() {
    let (Some(()), Some(chown)) = (need::root(), need::tool("chown")) else { return };
    let base = TempRoot::new().directory("d", 0o755).file("d/f", b"", 0o644);
    symlink("d/f", base.at("link")).unwrap();
    let change = |owner: &str, name: &str| {
        let all =
            [OsStr::new("-h"), OsStr::new(owner), base.at(name).as_os_str()].map(OsStr::to_owned);
        let _done = command::run(&chown, all).success();
    };
    let rows: [(&str, &str, u32, Option<&str>); 9] = [
        ("0", "d/f", 0, None),
        ("0", "d/f", 65534, None),
        ("65534", "d/f", 65534, None),
        ("65534", "d/f", 0, Some("d/f")),
        ("1000", "d/f", 65534, Some("d/f")),
        ("65534", "d", 65534, None),
        ("65534", "d", 0, Some("d")),
        ("65534", "link", 0, Some("link")),
        ("65534", "link", 65534, None),
    ];
    for (owner, name, user, expect) in rows {
        change(owner, name);
        let found = refused(base.path(), "link", user);
        assert_eq!(found.as_deref(), expect, "{name} of {owner} for {user}");
        change("0", name);
    }
}

/// A link leads elsewhere: what stands there, and on the way there, is looked at as well.
#[test]
fn links_are_followed_and_bounded() {
    let base = TempRoot::new()
        .directory("safe", 0o755)
        .directory("open", 0o777)
        .directory("sticky", 0o1777)
        .file("open/f", b"", 0o644)
        .file("safe/f", b"", 0o644)
        .file("sticky/f", b"", 0o644);
    let link = |target: &str, name: &str| symlink(target, base.at(name)).unwrap();
    link("../open/f", "safe/relative");
    link(&base.at("open/f").to_string_lossy(), "safe/absolute");
    link("../safe/f", "open/back");
    link("f", "sticky/beside");
    link("../safe/../sticky/f", "safe/around");
    link("loop", "safe/loop");
    let check = |name: &str, expect: Option<&str>| {
        assert_eq!(refused(base.path(), name, own()).as_deref(), expect, "{name}");
    };
    check("safe/f", None);
    check("safe/relative", Some("open"));
    check("safe/absolute", Some("open"));
    check("open/back", Some("open"));
    check("open/../safe/f", Some("open"));
    check("sticky/beside", None);
    check("safe/around", None);
    assert!(matches!(check_owned(&base.at("safe/loop"), own()), Err(Error::System { .. })));
    assert!(matches!(check_owned(&base.at("safe/f/x"), own()), Err(Error::System { .. })));
    assert!(matches!(check_owned(&base.at("safe/absent"), own()), Err(Error::System { .. })));
}

#[track_caller]
fn set(path: &Path, mode: u32) {
    let mode = rustix::fs::Mode::from_raw_mode(mode);
    rustix::fs::chmod(path, mode).unwrap();
}
