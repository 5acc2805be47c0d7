//! `rpm -Va` and a check without a baseline say the same of more than 200 changes of a real root.
#![expect(clippy::disallowed_methods, reason = "the test spoils a real root")]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::os::unix::fs::{PermissionsExt as _, lchown, symlink};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use drift_testkit::{TempRoot, need};

use crate::stage::{DRIFT, Report};

/// What differs of a path: the letters of rpm's `verify`, `missing`.
type Said = BTreeMap<String, BTreeSet<String>>;

fn run(program: &str, arguments: &[&str]) {
    let done = Command::new(program).args(arguments).stdin(Stdio::null()).output();
    let done = done.unwrap_or_else(|error| panic!("{program}: {error}"));
    let told = String::from_utf8_lossy(&done.stderr);
    assert!(done.status.success(), "{program} {arguments:?}: {told}");
}

/// Builds the root; `None` where the tools are missing.
fn built() -> Option<TempRoot> {
    need::root()?;
    for tool in ["rpm", "rpmbuild", "db5.3_load", "setcap", "mknod", "python3"] {
        need::tool(tool)?;
    }
    let root = TempRoot::new();
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/../fixtures/packages/rpm/roots.py");
    run("python3", &["-B", script, &root.path().to_string_lossy()]);
    Some(root)
}

/// One change of a file, and what time it is to have after it.
struct Spoil {
    path: PathBuf,
}

impl Spoil {
    fn text(&self) -> String {
        self.path.to_string_lossy().into_owned()
    }

    /// Writes content; `keep` gives the time of before back.
    fn content(&self, keep: bool, change: impl Fn(Vec<u8>) -> Vec<u8>) {
        let before = fs::metadata(&self.path).expect("it is there");
        let content = fs::read(&self.path).expect("root reads it");
        fs::write(&self.path, change(content)).expect("root writes it");
        if keep {
            let file = fs::File::options().write(true).open(&self.path).expect("it is there");
            file.set_modified(before.modified().expect("it has a time")).expect("root may");
        }
    }

    fn append(&self) {
        self.content(false, |content| [&content[..], b"more"].concat());
    }

    fn touch(&self) {
        let file = fs::File::options().write(true).open(&self.path).expect("it is there");
        let time = std::time::UNIX_EPOCH + std::time::Duration::from_secs(1_650_000_000);
        file.set_modified(time).expect("root may");
    }

    fn mode(&self, mode: u32) {
        let permissions = fs::Permissions::from_mode(mode);
        fs::set_permissions(&self.path, permissions).expect("root may");
    }

    fn owner(&self, user: Option<u32>, group: Option<u32>) {
        lchown(&self.path, user, group).expect("root may");
    }

    fn remove(&self) {
        fs::remove_file(&self.path).expect("it is there");
    }

    fn link(&self, target: &str) {
        self.remove();
        symlink(target, &self.path).expect("it is gone");
    }

    /// Each number another kind of change.
    fn by_number(&self, number: usize) {
        match number % 14 {
            0 => self.append(),
            1 => self.content(true, |content| content.iter().map(|byte| byte ^ 1).collect()),
            2 => self.touch(),
            3 => self.mode(0o600),
            4 => self.mode(0o4755),
            5 => self.owner(Some(1), None),
            6 => self.owner(None, Some(50)),
            7 => run("setcap", &["cap_net_raw=ep", &self.text()]),
            8 => self.remove(),
            9 => self.link("file-1"),
            10 => self.content(true, |_| Vec::new()),
            11 => {
                self.remove();
                fs::create_dir(&self.path).expect("it is gone");
            }
            12 => self.owner(Some(4242), Some(4242)),
            _ => {
                self.append();
                self.owner(Some(1), Some(1));
                self.mode(0o2711);
            }
        }
    }
}

/// The path of a file, and what is done to it.
type Change<'c> = (&'c str, &'c dyn Fn(&Spoil));

/// Changes of what only a few files have.
fn special(root: &Path) -> usize {
    let at = |path: &str| Spoil { path: root.join(path) };
    let changes: [Change<'_>; 25] = [
        ("usr/bin/alpha-su", &|file| file.mode(0o755)),
        ("usr/bin/alpha-net", &|file| run("setcap", &["-r", &file.text()])),
        ("usr/bin/alpha-caps", &|file| run("setcap", &["cap_chown=p", &file.text()])),
        ("usr/bin/alpha-twin", &|file| file.append()),
        ("usr/bin/alpha-link", &|file| file.link("alpha-su")),
        ("usr/share/alpha/settings", &|file| file.remove()),
        ("usr/share/alpha/sticky", &|file| file.mode(0o777)),
        ("etc/alpha.d", &|file| file.owner(Some(0), Some(0))),
        ("etc/alpha.conf", &|file| file.append()),
        ("etc/alpha-keep.conf", &|file| file.mode(0o644)),
        ("etc/alpha-optional.conf", &|file| file.remove()),
        ("etc/alpha-config-link.conf", &|file| file.link("alpha-keep.conf")),
        ("usr/share/alpha/doc/README", &|file| file.touch()),
        ("usr/share/alpha/common", &|file| file.append()),
        ("usr/share/alpha/replaced", &|file| file.append()),
        ("usr/lib/alpha/unverified", &|file| file.append()),
        ("usr/lib/alpha/free", &|file| {
            file.mode(0o700);
            file.owner(Some(1), Some(1));
        }),
        ("usr/lib/alpha/a name, with [odd] chärs", &|file| file.append()),
        ("usr/lib/alpha/empty", &|file| file.append()),
        ("usr/lib/alpha/null", &|file| {
            file.remove();
            run("mknod", &[&file.text(), "c", "1", "5"]);
        }),
        ("usr/lib/alpha/loop", &|file| file.mode(0o666)),
        ("usr/lib/alpha/optional", &|file| file.remove()),
        ("var/lib/alpha/state", &|file| fs::write(&file.path, b"new").expect("root writes it")),
        ("usr/share/md5/file", &|file| file.content(true, |text| text.to_ascii_uppercase())),
        ("usr/share/sha1/file", &|file| file.content(true, |text| text.to_ascii_uppercase())),
    ];
    for (path, change) in changes {
        change(&at(path));
    }
    changes.len()
}

/// What rpm says, without what it only mentions.
fn rpm(root: &Path) -> Said {
    let done = Command::new("rpm")
        .arg("--root")
        .arg(root)
        .args(["--dbpath", "/var/lib/rpm", "--define", "_db_backend sqlite", "-Va"])
        .env("LC_ALL", "C.UTF-8")
        .stdin(Stdio::null())
        .output()
        .expect("rpm was found");
    let mut said = Said::new();
    for line in String::from_utf8(done.stdout).expect("is UTF-8").lines() {
        // Letters, then a letter for kinds of files, then the path and perhaps a remark.
        let Some(start) = line.find(" /") else { continue };
        let path = line[start + 1..].trim_end_matches(" (replaced)").to_owned();
        let letters = line.split(' ').next().unwrap_or_default();
        let parts: BTreeSet<String> = match letters {
            "missing" => [letters.to_owned()].into(),
            _ => letters.chars().filter(|&part| part != '.').map(String::from).collect(),
        };
        if !parts.is_empty() {
            said.entry(path).or_default().extend(parts);
        }
    }
    said
}

/// What drift says of the same, in rpm's letters.
fn drift(base: &TempRoot, root: &Path) -> (Said, Report) {
    let rules = base.at("rules");
    fs::write(&rules, "read-only /\n").expect("root writes it");
    let target = format!("dir:{}", root.display());
    let (rules, state) = (rules.to_string_lossy().into_owned(), base.at("state"));
    let state = state.to_string_lossy().into_owned();
    let run = drift_testkit::command::run_within(
        crate::stage::LIMIT,
        DRIFT,
        ["check", &target, "--rules", &rules, "--state", &state, "--no-config", "--format", "json"],
    );
    let report = Report::of(&run);
    let mut said = Said::new();
    for change in report.all("/changes") {
        let path = change["path"].as_str().unwrap_or_default().to_owned();
        if change["subject"] != "entry" || change["cause"] == "unowned" {
            continue;
        }
        if change["kind"] == "removed" {
            said.entry(path).or_default().insert("missing".to_owned());
            continue;
        }
        for attribute in change["attributes"].as_array().into_iter().flatten() {
            let letter = match attribute["name"].as_str().unwrap_or_default() {
                "digest" => "5",
                "size" => "S",
                "link_target" => "L",
                "uid" => "U",
                "gid" => "G",
                "mtime" => "T",
                "mode" => "M",
                "rdev" => "D",
                "capability" => "P",
                other => other,
            };
            said.entry(path.clone()).or_default().insert(letter.to_owned());
        }
    }
    (said, report)
}

#[test]
fn rpm_and_drift_say_the_same_of_every_attribute() {
    let Some(base) = built() else { return };
    let root = base.at("sqlite");
    let (before, _) = drift(&base, &root);
    assert_eq!(before, rpm(&root), "before anything changed");
    let mut changed = special(&root);
    for number in 0..280 {
        Spoil { path: root.join(format!("opt/many/file-{}", number + 2)) }.by_number(number);
        changed += 1;
    }
    let (ours, report) = drift(&base, &root);
    let theirs = rpm(&root);
    let mut compared = 0;
    let paths: BTreeSet<&String> = ours.keys().chain(theirs.keys()).collect();
    for path in paths {
        let (mut ours, theirs) = (
            ours.get(path).cloned().unwrap_or_default(),
            theirs.get(path).cloned().unwrap_or_default(),
        );
        // Something of another type is nothing to compare further; rpm goes on with what is left.
        if ours.remove("type") {
            assert!(
                ours.is_empty() && ["M", "L", "D"].iter().any(|&one| theirs.contains(one)),
                "{path}: {theirs:?}"
            );
        } else {
            assert_eq!(ours, theirs, "{path}");
        }
        compared += 1;
    }
    println!("{changed} changes; rpm and drift agree on {compared} paths that differ");
    assert!(compared > 270, "{compared}");
    // Digests by SHA-512 are told as what was not checked.
    let told = report.all("/problems").filter(|problem| {
        problem["reason"].as_str().is_some_and(|reason| reason.contains("SHA-512"))
    });
    assert_eq!(told.count(), 1);
}
