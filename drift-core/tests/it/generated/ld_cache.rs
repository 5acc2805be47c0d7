//! The cache of the dynamic loader, by ldconfig(8).

#![expect(clippy::disallowed_methods, reason = "the libraries are those of this machine")]

use std::path::{Path, PathBuf};

use drift_testkit::command::run;
use drift_testkit::{TempRoot, need};

use super::scene::{Older, Said, Scene, flip_everywhere, furnish};

const CACHE: &str = "etc/ld.so.cache";
/// Libraries of the C library that are small.
const NAMES: [&str; 4] = ["libdl.so.2", "libpthread.so.0", "librt.so.1", "libutil.so.1"];

/// Where the machine has a library.
fn library(name: &str) -> Option<PathBuf> {
    let told = run("ldconfig", ["-p"]).text();
    let line = told.lines().find(|line| line.trim_start().starts_with(&format!("{name} (")))?;
    std::fs::canonicalize(line.rsplit("=> ").next()?).ok()
}

/// Makes a root with some libraries, and has ldconfig make its cache.
fn root(names: &[&str]) -> Option<TempRoot> {
    let main: &[u8] = b"include /etc/ld.so.conf.d/*.conf\n";
    let own: &[u8] = b"# two\n/usr/local/lib\n/opt/own/lib/\n";
    let files = [("etc/ld.so.conf", main, 0o644), ("etc/ld.so.conf.d/own.conf", own, 0o644)];
    let mut root = furnish(TempRoot::new(), &files)
        .directory("usr/lib", 0o755)
        .directory("opt/own/lib", 0o755)
        .directory("var/cache/ldconfig", 0o755)
        .symlink("usr/lib", "lib");
    for (at, name) in names.iter().enumerate() {
        let bytes = std::fs::read(library(name)?).unwrap();
        let directory = if at % 2 == 0 { "opt/own/lib" } else { "usr/lib" };
        root = root.file(format!("{directory}/{name}.0"), &bytes, 0o644);
    }
    let _: String = run("ldconfig", ["-r".as_ref(), root.path().as_os_str()]).success();
    Some(root)
}

fn scene(root: &Path) -> Scene {
    let scene = Scene::read(root, &["etc", "usr", "opt", "lib"]);
    let owned: Vec<Vec<u8>> = scene.paths().map(<[u8]>::to_vec).collect();
    let owned = owned.into_iter().filter(|path| path != CACHE.as_bytes());
    // The cache names the version of its maker, which stands in the name of the package's.
    let bytes = scene.bytes(CACHE);
    let text = String::from_utf8_lossy(&bytes).into_owned();
    let version = text.split("GLIBC ").nth(1).and_then(|rest| rest.split(')').next());
    let version = version.unwrap_or("1").to_owned();
    scene
        .package("own", "1", owned)
        .package("libc-bin", &version, [""; 0])
        .package("libc6", &version, [""; 0])
}

fn roots() -> Option<(Scene, Scene)> {
    need::root()?;
    need::tool("ldconfig")?;
    let (before, after) = (root(&NAMES[..3])?, root(&NAMES)?);
    Some((scene(before.path()), scene(after.path())))
}

#[test]
fn a_cache_by_ldconfig_is_right_and_no_byte_of_it_may_change() {
    let Some((before, after)) = roots() else { return };
    let older = Older::new(&before);
    assert_eq!(older.said(&after, CACHE), Said::Right);
    let length = after.bytes(CACHE).len();
    // The name of its maker is free text at the end; another is told, and stays unproven.
    let text = String::from_utf8_lossy(&after.bytes(CACHE)).into_owned();
    let maker = length - (text.len() - text.find("ldconfig (").unwrap());
    let bound = |at: usize| if at >= maker { Said::Unproven } else { Said::Wrong };
    flip_everywhere(&older, &after, CACHE, usize::MAX, &bound);
}

#[test]
fn a_cache_leads_to_libraries_of_packages_and_leaves_none_out() {
    let Some((before, after)) = roots() else { return };
    let older = Older::new(&before);
    let stale = after.clone().file(CACHE, &before.bytes(CACHE));
    assert_eq!(older.said(&stale, CACHE), Said::Nothing);
    // The cache of more libraries than there are.
    let library = after.paths().find(|path| path.ends_with(b"libutil.so.1.0")).unwrap();
    let library = String::from_utf8(library.to_vec()).unwrap();
    assert_eq!(older.said(&after.clone().without(&library), CACHE), Said::Wrong);
    // One more that it leaves out, and one more directory that holds a library.
    let bytes = after.bytes(&library);
    let more = after.clone().file("opt/own/lib/libmore.so.1", &bytes);
    assert_eq!(older.said(&more, CACHE), Said::Wrong);
    let script = after.clone().file("usr/lib/libmore.so", b"/* GNU ld script */ INPUT(-lutil)\n");
    assert_eq!(older.said(&script, CACHE), Said::Right);
    // Nobody's library.
    let owned: Vec<Vec<u8>> = after.paths().map(<[u8]>::to_vec).collect();
    let fewer = owned.into_iter().filter(|path| path != library.as_bytes());
    let planted = after.clone().package("own", "1", fewer);
    assert_eq!(older.said(&planted, CACHE), Said::Wrong);
    // Another order of directories.
    let other = after.clone().file("etc/ld.so.conf.d/own.conf", b"/usr/local/lib\n");
    assert_eq!(older.said(&other, CACHE), Said::Wrong);
    assert_eq!(older.said(&after.clone().mode(CACHE, 0o666), CACHE), Said::Wrong);
    assert_eq!(older.said(&after.clone().without(CACHE), CACHE), Said::Wrong);
}
