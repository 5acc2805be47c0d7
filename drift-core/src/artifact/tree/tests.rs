//! Directories on a real file system, right and wrong.

#![expect(clippy::disallowed_methods, reason = "tests build real directories")]

use std::fs;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::Path;

use super::{TreeLimits, read_tree};
use crate::artifact::Error;

const LIMITS: TreeLimits = TreeLimits { names: 6, bytes: 20, depth: 2 };

fn stage() -> tempfile::TempDir {
    let stage = tempfile::tempdir().expect("a directory");
    fs::create_dir_all(stage.path().join("p/lib")).expect("directories");
    fs::write(stage.path().join("p/a.rego"), "one").expect("a file");
    fs::write(stage.path().join("p/lib/b.rego"), "two").expect("a file");
    fs::write(stage.path().join("outside"), "secret").expect("a file");
    for name in ["p", "p/lib", "p/a.rego", "p/lib/b.rego"] {
        fs::set_permissions(stage.path().join(name), fs::Permissions::from_mode(0o755))
            .expect("a mode");
    }
    stage
}

fn user() -> u32 {
    rustix::process::geteuid().as_raw()
}

fn read(stage: &Path) -> Result<Vec<(String, String)>, Error> {
    let files = read_tree(&stage.join("p"), user(), LIMITS, &|_, _| None)?;
    let text = |bytes| String::from_utf8(bytes).expect("text");
    Ok(files.into_iter().map(|file| (file.name, text(file.bytes))).collect())
}

fn told(stage: &Path) -> String {
    match read(stage) {
        Ok(files) => format!("taken: {files:?}"),
        Err(error) => error.to_string(),
    }
}

#[test]
fn every_file_is_read_in_order_and_links_inside_are_followed() {
    let stage = stage();
    symlink("a.rego", stage.path().join("p/z.rego")).expect("a link");
    fs::write(stage.path().join("p/.hidden"), "left out").expect("a file");
    let files = read(stage.path()).expect("a tree");
    let expected = [("a.rego", "one"), ("lib/b.rego", "two"), ("z.rego", "one")];
    assert_eq!(files, expected.map(|(name, text)| (name.to_owned(), text.to_owned())));
}

#[test]
fn what_leads_out_or_is_no_file_is_refused() {
    for target in ["../outside", "/etc/hostname", "/proc/self/exe"] {
        let stage = stage();
        symlink(target, stage.path().join("p/z.rego")).expect("a link");
        assert!(told(stage.path()).contains("leads out of the directory"), "{target}");
    }
    let stage = stage();
    rustix::fs::mkfifoat(rustix::fs::CWD, stage.path().join("p/z.rego"), 0o600.into())
        .expect("a FIFO");
    assert!(told(stage.path()).contains("a FIFO, not a regular file"));
}

#[test]
fn what_others_may_change_is_refused() {
    for name in ["p", "p/lib", "p/a.rego", "p/lib/b.rego"] {
        let stage = stage();
        fs::set_permissions(stage.path().join(name), fs::Permissions::from_mode(0o777))
            .expect("a mode");
        assert!(told(stage.path()).contains("chmod go-w"), "{name}: {}", told(stage.path()));
    }
}

#[test]
fn limits_hold_at_the_boundary() {
    let stage = stage();
    let at = |name: &str| stage.path().join("p").join(name);
    fs::write(at("c.rego"), "x".repeat(14)).expect("a file");
    assert!(read(stage.path()).is_ok(), "20 bytes of 20");
    fs::write(at("c.rego"), "x".repeat(15)).expect("a file");
    assert!(told(stage.path()).contains("20 bytes"));
    fs::write(at("c.rego"), "").expect("a file");
    fs::write(at("d.rego"), "").expect("a file");
    fs::write(at("e.rego"), "").expect("a file");
    assert!(read(stage.path()).is_ok(), "6 names of 6");
    fs::write(at("f.rego"), "").expect("a file");
    assert!(told(stage.path()).contains("6 files"));
    for name in ["c.rego", "d.rego", "e.rego", "f.rego"] {
        fs::remove_file(at(name)).expect("removed");
    }
    fs::create_dir(at("lib/deep")).expect("a directory");
    assert!(told(stage.path()).contains("2 directories deep"));
}

#[test]
fn the_caller_says_what_belongs_there() {
    let stage = stage();
    let unwanted = |name: &str, directory: bool| {
        (name == "lib" && directory).then(|| "no directories here".to_owned())
    };
    let error = read_tree(&stage.path().join("p"), user(), LIMITS, &unwanted).expect_err("lib");
    assert!(error.to_string().contains("no directories here"), "{error}");
}
