//! pacman's database against pacman itself, in a root that it filled.

#![expect(clippy::panic, reason = "the functions that tests share fail as tests do")]

use std::collections::{BTreeMap, BTreeSet};
use std::io::Write as _;
use std::os::unix::fs::{PermissionsExt, chown, lchown, symlink};
use std::path::{Path, PathBuf};

use drift_core::packages::{Completeness, Presence};
use drift_testkit::{TempRoot, command, need};

use super::captured::{Differences, captured, differences};
use super::versions::Dice;

const CONFIG: &str = "[options]\nArchitecture = any\nSigLevel = Never\nLocalFileSigLevel = Never\n";

/// Packages with files, links and directories of many kinds.
const PACKAGES: [(&str, &str); 3] =
    [("alpha", "1.0-1"), ("beta-tools", "2:0.9.r3-2"), ("c++", "1-1")];

/// Regular files, and links, of each package.
const FILES: usize = 80;
const LINKS: usize = 12;

/// Everything below `root`: the installed system in `root/system`.
struct Scene {
    root: TempRoot,
}

impl Scene {
    /// Builds packages and installs them with pacman.
    fn new() -> Option<Self> {
        let (Some(_), Some(_), Some(())) =
            (need::tool("pacman"), need::tool("bsdtar"), need::root())
        else {
            return None;
        };
        let root = TempRoot::new().file("pacman.conf", CONFIG, 0o644);
        let scene = Self { root: root.directory("system/var/lib/pacman", 0o755) };
        let files: Vec<PathBuf> =
            PACKAGES.iter().map(|(name, version)| scene.build(name, version, 0)).collect();
        scene.install(&files);
        Some(scene)
    }

    fn at(&self, path: &str) -> PathBuf {
        self.root.at("system").join(path)
    }

    /// Makes a package; with another `generation` its files say something else.
    fn build(&self, name: &str, version: &str, generation: usize) -> PathBuf {
        let tree = self.root.at(format!("build/{name}/{version}"));
        let write = |path: String, content: String, mode: u32| {
            let path = tree.join(path);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(&path, content).unwrap();
            std::fs::set_permissions(&path, PermissionsExt::from_mode(mode)).unwrap();
        };
        for number in 0..FILES {
            let content = format!("{name} {number} {generation}\n").repeat(number % 7);
            let odd = ["", " with space", "=#\\", "ö\u{1}", "%NAME%"][number % 5];
            let mode = [0o644, 0o755, 0o4755, 0o2755, 0o600][number % 5];
            write(format!("usr/share/{name}/d{}/f{number}{odd}", number % 9), content, mode);
        }
        for number in 0..8 {
            write(format!("etc/{name}/{number}.conf"), format!("{number} {generation}\n"), 0o640);
        }
        for number in 0..LINKS {
            let link = tree.join(format!("usr/share/{name}/l{number} \u{e9}"));
            symlink(format!("d{number}/target {number}"), link).unwrap();
        }
        chown(tree.join(format!("usr/share/{name}/d1/f1 with space")), Some(7), Some(8)).unwrap();
        let file = self.root.at(format!("{name}-{version}.pkg.tar.gz"));
        let script = concat!(env!("CARGO_MANIFEST_DIR"), "/../fixtures/packages/pacman/build");
        let mut arguments = vec![tree.into_os_string(), file.clone().into_os_string()];
        arguments.extend([name.into(), version.into()]);
        arguments.extend((0..8).map(|number| format!("etc/{name}/{number}.conf").into()));
        arguments.push("etc/not/in/the/package".into());
        let _built = command::run(script, arguments).success();
        file
    }

    fn install(&self, files: &[PathBuf]) {
        let files: Vec<String> = files.iter().map(|file| file.display().to_string()).collect();
        let mut arguments = vec!["-U", "--noconfirm", "-d", "-d"];
        arguments.extend(files.iter().map(String::as_str));
        let _installed = self.pacman(&arguments).success();
    }

    fn pacman(&self, arguments: &[&str]) -> command::Run {
        let path = |name: &str| self.root.at(name).display().to_string();
        let database = format!("{}/var/lib/pacman", path("system"));
        let own = [
            ("--config", path("pacman.conf")),
            ("--root", path("system")),
            ("--dbpath", database),
            ("--cachedir", path("cache")),
            ("--logfile", path("log")),
            ("--hookdir", path("hooks")),
            ("--gpgdir", path("gpg")),
        ];
        let own = own.iter().flat_map(|(option, value)| [*option, value.as_str()]);
        command::run("pacman", own.chain(arguments.iter().copied()))
    }

    /// What `pacman -Qkk` complains of, as attributes of paths.
    fn complaints(&self) -> Differences {
        let run = self.pacman(&["-Qkk"]);
        let root = self.root.at("system").display().to_string();
        let mut found = Differences::new();
        for line in [run.text(), run.error_text()].concat().lines() {
            let line =
                line.strip_prefix("warning: ").or_else(|| line.strip_prefix("backup file: "));
            let Some((package, rest)) = line.and_then(|line| line.split_once(": ")) else {
                continue;
            };
            assert!(PACKAGES.iter().any(|(name, _)| *name == package), "{line:?}");
            let (path, reason) = rest.rsplit_once(" (").unwrap();
            let attribute = match reason.trim_end_matches(')') {
                "Permissions mismatch" => "mode",
                "UID mismatch" => "uid",
                "GID mismatch" => "gid",
                "Size mismatch" => "size",
                "Modification time mismatch" => "mtime",
                "Symlink path mismatch" => "link",
                "MD5 checksum mismatch" | "SHA256 checksum mismatch" => "digest",
                "File type mismatch" => "type",
                "No such file or directory" => "missing",
                other => panic!("{other}"),
            };
            let path = path.strip_prefix(&root).unwrap();
            found.insert((path.trim_end_matches('/').to_owned(), attribute));
        }
        found
    }
}

#[test]
fn packages_and_paths_are_those_of_pacman() {
    let Some(scene) = Scene::new() else { return };
    let captured = captured(&scene.at(""));
    let records = captured.ownership.records();
    assert_eq!(records.problems(), []);
    assert_eq!(records.completeness(), Completeness::Complete);
    let packages = records.packages();
    let ours: Vec<String> =
        packages.iter().map(|one| format!("{} {}", one.name, one.version)).collect();
    let theirs = scene.pacman(&["-Q"]).success();
    assert_eq!(ours, theirs.lines().collect::<Vec<_>>());
    let mut paths: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for claim in records.claims().iter().filter(|claim| claim.presence == Presence::Shipped) {
        let name = packages[claim.package.index()].name.clone();
        let path = String::from_utf8(records.path(claim.path).as_bytes().to_vec()).unwrap();
        paths.entry(name).or_default().insert(path);
    }
    let prefix = format!("{}/", scene.root.at("system").display());
    let mut listed = 0;
    for (name, ours) in &paths {
        let printed = scene.pacman(&["-Qlq", name]).success();
        let theirs = printed.lines().map(|line| line.strip_prefix(&prefix).unwrap());
        let theirs = theirs.map(|path| path.trim_end_matches('/').to_owned());
        assert_eq!(*ours, theirs.collect::<BTreeSet<_>>(), "{name}");
        listed += ours.len();
    }
    assert_eq!(paths.len(), PACKAGES.len());
    assert!(listed > 3 * (FILES + LINKS), "{listed}");
    assert_eq!(differences(&captured), Differences::new());
    assert_eq!(scene.complaints(), Differences::new());
    let details = records.details(drift_core::model::PackageId(0)).unwrap();
    assert_eq!(
        (details.licence.as_deref(), &*details.depends),
        (Some("MIT"), &["sh".to_owned()][..])
    );
}

/// Changes one thing about a path; which one, the dice say.
fn modify(path: &Path, dice: &mut Dice) -> &'static str {
    let metadata = std::fs::symlink_metadata(path).unwrap();
    if metadata.is_dir() {
        let mode = metadata.permissions().mode() ^ 0o010;
        std::fs::set_permissions(path, PermissionsExt::from_mode(mode)).unwrap();
        return "mode of a directory";
    }
    if metadata.is_symlink() {
        return match dice.below(4) {
            0 => {
                std::fs::remove_file(path).unwrap();
                symlink("elsewhere", path).unwrap();
                "link"
            }
            1 => {
                lchown(path, Some(5), None).unwrap();
                "owner of a link"
            }
            2 => {
                std::fs::remove_file(path).unwrap();
                std::fs::write(path, "now a file").unwrap();
                "link to file"
            }
            _ => {
                std::fs::remove_file(path).unwrap();
                "link gone"
            }
        };
    }
    let content = std::fs::read(path).unwrap();
    match dice.below(9) {
        0 => {
            std::fs::write(path, [&content[..], b"x"].concat()).unwrap();
            "longer"
        }
        1 if !content.is_empty() => {
            std::fs::write(path, content.iter().map(|byte| byte ^ 1).collect::<Vec<_>>()).unwrap();
            let time = metadata.modified().unwrap();
            std::fs::File::options().write(true).open(path).unwrap().set_modified(time).unwrap();
            "as long, at the same time"
        }
        2 => {
            let mode = metadata.permissions().mode() ^ 0o4001;
            std::fs::set_permissions(path, PermissionsExt::from_mode(mode)).unwrap();
            "mode"
        }
        3 => {
            lchown(path, Some(1234), None).unwrap();
            "owner"
        }
        4 => {
            lchown(path, None, Some(1234)).unwrap();
            "group"
        }
        5 => {
            let time = std::time::SystemTime::UNIX_EPOCH + std::time::Duration::from_secs(1_000);
            std::fs::File::options().write(true).open(path).unwrap().set_modified(time).unwrap();
            "time"
        }
        6 => {
            std::fs::remove_file(path).unwrap();
            symlink("/dev/null", path).unwrap();
            "file to link"
        }
        7 => {
            std::fs::remove_file(path).unwrap();
            std::fs::create_dir(path).unwrap();
            "file to directory"
        }
        _ => {
            std::fs::remove_file(path).unwrap();
            "gone"
        }
    }
}

/// What pacman finds changed is what the records say, attribute by attribute.
#[test]
fn differences_are_those_of_pacman() {
    let Some(scene) = Scene::new() else { return };
    let mut dice = Dice::new(0x5eed_0010);
    let mut kinds: BTreeMap<&str, usize> = BTreeMap::new();
    let pristine = captured(&scene.at(""));
    let records = pristine.ownership.records();
    let owned = records.claims().iter().filter(|claim| claim.presence == Presence::Shipped);
    let paths: BTreeSet<PathBuf> = owned
        .map(|claim| String::from_utf8(records.path(claim.path).as_bytes().to_vec()).unwrap())
        .filter(|path| path.matches('/').count() >= 2)
        .map(|path| scene.at(&path))
        .collect();
    for path in &paths {
        if dice.below(10) < 9 {
            *kinds.entry(modify(path, &mut dice)).or_default() += 1;
        }
    }
    let theirs = scene.complaints();
    let ours = differences(&captured(&scene.at("")));
    let only_ours: Vec<_> = ours.difference(&theirs).collect();
    let only_theirs: Vec<_> = theirs.difference(&ours).collect();
    assert_eq!((only_ours, only_theirs), (vec![], vec![]));
    let modifications: usize = kinds.values().sum();
    assert!(modifications > 200 && kinds.len() >= 13, "{modifications}: {kinds:?}");
    let _ = writeln!(
        std::io::stderr(),
        "{modifications} modifications, {} differences as pacman -Qkk: {kinds:?}",
        theirs.len()
    );
}

/// Configuration files are known by what the package had, also where pacman kept the old one.
#[test]
fn an_upgrade_leaves_edited_configuration() {
    let Some(scene) = Scene::new() else { return };
    std::fs::write(scene.at("etc/alpha/3.conf"), "mine\n").unwrap();
    scene.install(&[scene.build("alpha", "1.1-1", 1)]);
    assert!(scene.at("etc/alpha/3.conf.pacnew").exists());
    let captured = captured(&scene.at(""));
    let records = captured.ownership.records();
    assert_eq!(records.problems(), []);
    let versions: Vec<&str> = records.packages().iter().map(|one| one.version.as_str()).collect();
    assert_eq!(versions, ["1.1-1", "2:0.9.r3-2", "1-1"]);
    let tree = &captured.snapshot.tree;
    let mut edited = Vec::new();
    for row in tree.rows() {
        let record = captured.ownership.record(row).unwrap_or_default();
        let Some(expected) = record.conffile.and_then(|conffile| conffile.digest) else { continue };
        if captured.digest(row, expected.algorithm()) != Some(expected) {
            edited.push(tree.path(row).to_string());
        }
    }
    assert_eq!(edited, ["/etc/alpha/3.conf"]);
    // The interrupted upgrade: two directories of one package.
    let local = scene.at("var/lib/pacman/local");
    let copied =
        command::run("cp", ["-a".into(), local.join("alpha-1.1-1"), local.join("alpha-1.2-1")]);
    let _copied = copied.success();
    let twice = super::captured::captured(&scene.at(""));
    let records = twice.ownership.records();
    assert_eq!(records.packages().len(), 4);
    assert_eq!(records.completeness(), Completeness::Incomplete);
}
