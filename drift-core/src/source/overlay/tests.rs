//! What a mount cannot be asked: limits, families of attributes, names of targets. The rest is
//! compared with the kernel in tests/it/overlay.rs.

use super::{Overlay, OverlayAttributes, OverlayTarget, Volume};
use crate::model::FileType;
use crate::source::MemoryVolume;
use crate::source::volume::Errno;

const TRUSTED: OverlayAttributes = OverlayAttributes::Trusted;

fn names(overlay: &Overlay<MemoryVolume>, path: &[u8]) -> Result<Vec<String>, Errno> {
    let root = overlay.root()?;
    let directory = if path.is_empty() { root } else { overlay.open_directory(&root, path)? };
    let mut names = Vec::new();
    overlay.list(&directory, &mut |entry| {
        names.push(String::from_utf8_lossy(&entry.name).into_owned());
    })?;
    names.sort();
    Ok(names)
}

/// Whoever works in a container may set `user.*`; in a mount of root that must hide nothing.
#[test]
fn the_tree_does_not_choose_the_family_of_attributes() {
    let layers = || {
        let (mut upper, mut lower) = (MemoryVolume::new(), MemoryVolume::new());
        upper.directory(b"etc").xattr(b"user.overlay.opaque", b"y");
        upper.file(b"etc/passwd", b"changed").xattr(b"user.overlay.metacopy", b"");
        lower.file(b"etc/passwd", b"root").mode(0o600);
        lower.file(b"etc/shadow", b"");
        vec![upper, lower]
    };
    let trusted = Overlay::new(layers(), TRUSTED).unwrap();
    assert_eq!(names(&trusted, b"etc").unwrap(), ["passwd", "shadow"]);
    let etc = trusted.open_directory(&trusted.root().unwrap(), b"etc").unwrap();
    let stat = trusted.stat(&etc, b"passwd").unwrap();
    let mut file = trusted.open(&etc, b"passwd", &stat).unwrap();
    let mut buffer = [0; 16];
    let count = trusted.read(&mut file, &mut buffer).unwrap();
    assert_eq!(buffer.get(..count), Some(&b"changed"[..]));
    let xattrs = trusted.xattrs(&etc, Some(b"passwd")).unwrap();
    assert_eq!(
        xattrs.seen().map(crate::model::Xattrs::len),
        Some(1),
        "an attribute like any other"
    );
    let user = Overlay::new(layers(), OverlayAttributes::User).unwrap();
    assert_eq!(names(&user, b"etc").unwrap(), ["passwd"]);
    let etc = user.open_directory(&user.root().unwrap(), b"etc").unwrap();
    assert_eq!(user.stat(&etc, b"passwd"), Err(Errno::NOLINK), "opaque, so there is no content");
}

/// Each layer leads from two names to the same directory below: 2ⁿ directories in all.
#[test]
fn redirects_that_multiply_come_to_an_end() {
    let mut layers = Vec::new();
    for _ in 0..12 {
        let mut layer = MemoryVolume::new();
        for name in [&b"d/a"[..], b"d/b"] {
            layer.directory(name).xattr(b"trusted.overlay.redirect", b"/d");
        }
        layers.push(layer);
    }
    let mut overlay = Overlay::new(layers, TRUSTED).unwrap();
    overlay.most_redirected = 10;
    let mut waiting = vec![b"d".to_vec()];
    let mut listed = 0;
    while let Some(path) = waiting.pop() {
        match names(&overlay, &path) {
            Ok(names) => {
                listed += 1;
                waiting
                    .extend(names.iter().map(|name| [&path, &b"/"[..], name.as_bytes()].concat()));
            }
            Err(errno) => {
                assert_eq!((errno, listed), (Errno::OVERFLOW, 11));
                return;
            }
        }
    }
    panic!("{listed} directories, and no end was noticed");
}

/// overlayfs shows what lies under a mount inside a layer, and that cannot be reached.
#[test]
fn a_mount_inside_a_layer_is_an_error() {
    let (mut upper, mut lower) = (MemoryVolume::new(), MemoryVolume::new());
    upper.file(b"a/x", b"");
    lower.mount(b"a/b", "tmpfs");
    lower.file(b"a/b/c", b"");
    let overlay = Overlay::new(vec![upper, lower], TRUSTED).unwrap();
    let a = overlay.open_directory(&overlay.root().unwrap(), b"a").unwrap();
    assert_eq!(overlay.stat(&a, b"b"), Err(Errno::XDEV));
    assert!(overlay.meaning(Errno::XDEV).is_some());
    assert_eq!(overlay.open_directory(&a, b"b").map(|_| ()), Err(Errno::XDEV));
    assert_eq!(overlay.stat(&a, b"x").map(|stat| stat.file_type), Ok(FileType::File));
}

/// A file that took the place of another between survey and reading is not read as that one.
#[test]
fn another_file_is_not_opened() {
    let (mut upper, mut lower) = (MemoryVolume::new(), MemoryVolume::new());
    upper.file(b"other", b"1");
    lower.file(b"f", b"2");
    let overlay = Overlay::new(vec![upper, lower], TRUSTED).unwrap();
    let root = overlay.root().unwrap();
    let mut stat = overlay.stat(&root, b"f").unwrap();
    assert!(overlay.open(&root, b"f", &stat).is_ok());
    stat.inode += 1;
    assert_eq!(overlay.open(&root, b"f", &stat).map(|_| ()), Err(Errno::STALE));
}

#[test]
fn targets_are_read_as_they_are_written_or_refused() {
    for text in
        ["overlay:/u:/l", "overlay,userxattr:u:a:b:c", r"overlay:/a\:b:/c\\d", "overlay::/l:/m"]
    {
        let target = OverlayTarget::parse(text).unwrap().unwrap();
        assert_eq!(target.to_string(), text);
    }
    for text in ["overlay", "overlayfs:/a:/b", "dir:overlay:/a", "/overlay:/a:/b"] {
        assert_eq!(OverlayTarget::parse(text).unwrap(), None, "{text}");
    }
    let many = format!("overlay:u{}", ":l".repeat(500));
    for text in
        ["overlay:", "overlay:/u", "overlay:/u:", "overlay:/u:/l::/d", r"overlay:/u:/l\", &many]
    {
        assert!(OverlayTarget::parse(text).is_err(), "{text}");
    }
    assert!(OverlayTarget::parse("overlay,metacopy:/u:/l").is_err());
    let lowers = OverlayTarget::parse("overlay::/l").unwrap().unwrap();
    assert_eq!(lowers.beneath(), None);
}
