//! `dpkg --verify`, `debsums` and a check without a baseline on one root with hundreds of
//! modifications: who sees what, class by class, as `docs/packages.md` has it.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::Write as _;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};

use drift_core::bounds::{Cancel, Pool, Silent, Timestamp};
use drift_core::capture::{Captured, Parts, Run};
use drift_core::check::{self, Occasion, Reference, Request, Target};
use drift_core::judge::FailOn;
use drift_core::model::{Cause, FileType, Severity, TreePath};
use drift_core::report::document::Change;
use drift_testkit::{TempRoot, command, need};

use super::as_the_kernel_finds;
use super::captured::{captured, raw};
use super::versions::Dice;
use crate::detection::scene::directory;

/// Who reports a path: drift, dpkg, debsums.
type Saw = [bool; 3];

/// Apart from the others, for dpkg ends at the first of them.
const DIRECTORY: &str = "a directory instead";

const ALL: Saw = [true; 3];
const NONE: Saw = [false; 3];
const DRIFT: Saw = [true, false, false];

/// What is done to how many paths, and who sees it. The same table stands in `docs/packages.md`.
const CLASSES: [(&str, usize, Saw); 20] = [
    ("content, longer", 60, ALL),
    ("content, as long", 60, ALL),
    ("content, made empty", 30, ALL),
    ("content, below a directory that moved to /usr", 40, ALL),
    ("content, of a package of several architectures", 40, ALL),
    ("content, of a file with several names", 4, ALL),
    ("gone", 50, ALL),
    ("a link to a copy", 25, [true, true, false]),
    ("a link to something else", 25, ALL),
    (DIRECTORY, 25, DRIFT),
    ("configuration edited", 15, ALL),
    ("configuration gone", 10, ALL),
    ("diverted, and edited", 5, DRIFT),
    ("diverted", 5, NONE),
    ("an alternative switched", 2, NONE),
    ("an alternative bent by hand", 2, DRIFT),
    ("mode", 40, NONE),
    ("time", 30, NONE),
    ("a shipped link bent", 20, NONE),
    ("content, and the package's record of it", 15, NONE),
];

/// A copy of the Debian root, and what may be modified in it.
struct Scene {
    root: TempRoot,
    dice: Dice,
    /// By path, as the kernel finds it, what was done there.
    done: BTreeMap<String, &'static str>,
}

impl Scene {
    fn at(&self, path: &str) -> PathBuf {
        self.root.at("root").join(path.trim_start_matches('/'))
    }

    /// Takes so many of the candidates that nothing was done to yet.
    fn take(&mut self, mut from: Vec<String>, class: &'static str, count: usize) -> Vec<String> {
        let mut taken = Vec::new();
        while taken.len() < count && !from.is_empty() {
            let at = self.dice.below(from.len());
            let path = from.swap_remove(at);
            if !self.done.contains_key(&path) {
                self.done.insert(path.clone(), class);
                taken.push(path);
            }
        }
        assert_eq!(taken.len(), count, "{class}");
        taken
    }

    /// Runs update-alternatives of the copy in the copy, for it knows no other root.
    fn alternatives(&self, arguments: &[&str]) -> String {
        let root = self.root.at("root").display().to_string();
        let own = [root.as_str(), "update-alternatives"];
        command::run("chroot", own.iter().chain(arguments)).success()
    }

    fn dpkg(&self, tool: &str, arguments: &[&str]) -> String {
        let root = format!("--root={}", self.root.at("root").display());
        command::run(tool, std::iter::once(root.as_str()).chain(arguments.iter().copied()))
            .success()
    }
}

/// What the alternatives of this test are led to: by update-alternatives, and by hand.
const LED_TO: [&str; 2] = ["/usr/bin/env", "/usr/bin/true"];

/// Paths by what can be done to them.
struct Candidates {
    plain: Vec<String>,
    aliased: Vec<String>,
    many_architectures: Vec<String>,
    many_names: Vec<String>,
    conffiles: Vec<String>,
    links: Vec<String>,
    /// Each link below /etc/alternatives with its target.
    alternatives: Vec<String>,
}

impl Candidates {
    fn of(captured: &Captured) -> Self {
        let (tree, ownership) = (&captured.snapshot.tree, &captured.ownership);
        let records = ownership.records();
        let aliases = ["/bin/", "/sbin/", "/lib/"];
        let aliased: BTreeSet<String> = records
            .claims()
            .iter()
            .map(|claim| raw(&records.path(claim.path)))
            .filter(|path| aliases.iter().any(|alias| path.starts_with(alias)))
            .map(|path| format!("/usr{path}"))
            .collect();
        let mut all = Self {
            plain: Vec::new(),
            aliased: Vec::new(),
            many_architectures: Vec::new(),
            many_names: Vec::new(),
            conffiles: Vec::new(),
            links: Vec::new(),
            alternatives: Vec::new(),
        };
        for row in tree.rows() {
            let path = raw(&tree.path(row));
            let entry = tree.entry(row);
            if path.starts_with("/etc/alternatives/") && entry.file_type == FileType::Symlink {
                all.alternatives.push(path);
                continue;
            }
            // What alternatives are led to must be there.
            if LED_TO.contains(&path.as_str()) {
                continue;
            }
            let (Some(owner), Some(record)) = (ownership.owner(row), ownership.record(row)) else {
                continue;
            };
            let list = format!("/var/lib/dpkg/info/{}", records.packages()[owner.index()].name);
            let list = format!("{list}:{}.list", records.packages()[owner.index()].architecture);
            let coinstallable =
                tree.find(&TreePath::parse(&list.as_bytes()[1..]).unwrap()).is_some();
            let names = entry.nlink.seen().copied().unwrap_or(1);
            let list = match (entry.file_type, record.conffile, record.digest) {
                (FileType::Symlink, ..) => &mut all.links,
                (FileType::File, Some(conffile), _) if conffile.digest.is_some() => {
                    &mut all.conffiles
                }
                (FileType::File, None, Some(_)) if names > 1 => &mut all.many_names,
                (FileType::File, None, Some(_)) if aliased.contains(&path) => &mut all.aliased,
                (FileType::File, None, Some(_)) if coinstallable => &mut all.many_architectures,
                (FileType::File, None, Some(_)) => &mut all.plain,
                _ => continue,
            };
            list.push(path);
        }
        // Rows are in the order in which workers came to them.
        for list in [
            &mut all.plain,
            &mut all.aliased,
            &mut all.many_architectures,
            &mut all.many_names,
            &mut all.conffiles,
            &mut all.links,
            &mut all.alternatives,
        ] {
            list.sort_unstable();
        }
        all
    }
}

/// Does everything of the table.
fn modify(scene: &mut Scene, candidates: &Candidates, wanted: impl Fn(&str) -> bool) {
    for (class, count, _) in CLASSES.into_iter().filter(|(class, ..)| wanted(class)) {
        let from = match class {
            "content, below a directory that moved to /usr" => &candidates.aliased,
            "content, of a package of several architectures" => &candidates.many_architectures,
            "content, of a file with several names" => &candidates.many_names,
            "a shipped link bent" => &candidates.links,
            class if class.starts_with("configuration") => &candidates.conffiles,
            class if class.starts_with("an alternative") => &candidates.alternatives,
            _ => &candidates.plain,
        };
        let mut from = from.clone();
        // An empty file cannot be changed without a change of length.
        from.retain(|path| fs::metadata(scene.at(path)).is_ok_and(|file| file.len() > 0));
        let taken = match class {
            class if class.starts_with("an alternative") => alternatives(scene, class, count),
            class => scene.take(from, class, count),
        };
        for path in taken {
            change(scene, class, &path);
        }
    }
}

/// Alternatives with one choice more, or as they are; those of manuals are not there in this root.
fn alternatives(scene: &mut Scene, class: &'static str, count: usize) -> Vec<String> {
    let names = scene.alternatives(&["--get-selections"]);
    let names: Vec<String> = names
        .lines()
        .filter_map(|line| line.split(' ').next())
        .map(|name| format!("/etc/alternatives/{name}"))
        .collect();
    scene.take(names, class, count)
}

fn write(path: &Path, content: &[u8]) {
    fs::write(path, content).unwrap();
}

fn change(scene: &mut Scene, class: &'static str, path: &str) {
    let full = scene.at(path);
    let content = fs::read(&full).unwrap_or_default();
    let relink = |target: &Path| {
        fs::remove_file(&full).unwrap();
        symlink(target, &full).unwrap();
    };
    match class {
        "content, made empty" => write(&full, b""),
        "gone" | "configuration gone" => fs::remove_file(&full).unwrap(),
        "a link to a copy" => {
            let copy = full.with_extension("a-copy");
            fs::copy(&full, &copy).unwrap();
            relink(Path::new(copy.file_name().unwrap()));
        }
        "a link to something else" => {
            let other = full.with_extension("something-else");
            write(&other, b"something else\n");
            relink(Path::new(other.file_name().unwrap()));
        }
        DIRECTORY => {
            fs::remove_file(&full).unwrap();
            fs::create_dir(&full).unwrap();
        }
        "diverted, and edited" | "diverted" => {
            let place = format!("{path}.distrib");
            let arguments = ["--local", "--rename", "--divert", &place, "--add", path];
            let _diverted = scene.dpkg("dpkg-divert", &arguments);
            scene.done.remove(path);
            scene.done.insert(place.clone(), class);
            if class == "diverted, and edited" {
                write(&scene.at(&place), &[&content[..], b"x"].concat());
            }
        }
        "an alternative switched" => {
            let name = path.rsplit('/').next().unwrap();
            let link = scene.alternatives(&["--query", name]);
            let link =
                link.lines().find_map(|line| line.strip_prefix("Link: ")).unwrap().to_owned();
            let _switched = scene.alternatives(&["--install", &link, name, LED_TO[0], "100000"]);
        }
        "an alternative bent by hand" => relink(Path::new(LED_TO[1])),
        "a shipped link bent" => relink(Path::new("elsewhere")),
        "mode" => {
            let mode = fs::metadata(&full).unwrap().permissions().mode() ^ 0o4002;
            fs::set_permissions(&full, PermissionsExt::from_mode(mode)).unwrap();
        }
        "time" => {
            let time = std::time::SystemTime::UNIX_EPOCH;
            fs::File::options().write(true).open(&full).unwrap().set_modified(time).unwrap();
        }
        "content, and the package's record of it" => forge(scene, path, &content),
        "content, as long" => {
            write(&full, &content.iter().map(|byte| byte ^ 1).collect::<Vec<_>>());
        }
        // What edits configuration, and everything else that makes content longer.
        _ => write(&full, &[&content[..], b"x"].concat()),
    }
}

/// Changes a file and the sum of it: whoever may write the one may write the other.
fn forge(scene: &Scene, path: &str, content: &[u8]) {
    let sum = |content: &[u8]| {
        let root = TempRoot::new().file("x", content, 0o644);
        let printed = command::run("md5sum", [root.at("x")]).success();
        printed.split(' ').next().unwrap().to_owned()
    };
    let changed = [content, b"x"].concat();
    let (old, new) = (sum(content), sum(&changed));
    write(&scene.at(path), &changed);
    let mut forged = 0;
    for item in fs::read_dir(scene.at("var/lib/dpkg/info")).unwrap().flatten() {
        let sums = item.path();
        if sums.extension().is_none_or(|extension| extension != "md5sums") {
            continue;
        }
        let text = fs::read_to_string(&sums).unwrap();
        let line = format!("{old}  {}\n", &path[1..]);
        if text.contains(&line) {
            fs::write(&sums, text.replace(&line, &line.replace(&old, &new))).unwrap();
            forged += 1;
        }
    }
    assert_eq!(forged, 1, "{path}");
}

/// Paths as the kernel finds them, whatever name the tool printed.
fn found(scene: &Scene, paths: impl IntoIterator<Item = String>) -> BTreeSet<String> {
    let root = scene.root.at("root");
    let inside = |path: String| {
        let real = as_the_kernel_finds(&root.join(path.trim_start_matches('/')));
        format!("/{}", real.strip_prefix(&root).unwrap().display())
    };
    paths.into_iter().map(inside).collect()
}

/// `??5?????? c /path` and `missing   c /path`.
fn dpkg_verify(scene: &Scene) -> BTreeSet<String> {
    let root = format!("--root={}", scene.root.at("root").display());
    let run = command::run("dpkg", [root.as_str(), "--verify"]);
    let paths = run.text();
    let paths =
        paths.lines().filter_map(|line| line.find(" /").map(|at| line[at + 1..].to_owned()));
    found(scene, paths)
}

/// What changed stands on standard output, what is missing is a complaint.
fn debsums(scene: &Scene) -> BTreeSet<String> {
    let root = scene.root.at("root").display().to_string();
    let run = command::run("debsums", [&format!("--root={root}"), "-a", "-c"]);
    let (printed, complaints) = (run.text(), run.error_text());
    let missing = complaints.lines().filter_map(|line| {
        let rest = line.split_once("missing file ").map(|(_, rest)| rest)?;
        rest.split_once(" (from ").map(|(path, _)| path)
    });
    let paths = printed.lines().chain(missing);
    found(scene, paths.map(|path| path.strip_prefix(&root).unwrap_or(path).to_owned()))
}

fn drift(scene: &Scene) -> BTreeSet<String> {
    let changes = changes(&scene.root.at("root"));
    changes.into_iter().map(|change| change.path).collect()
}

/// What a check of `root` without a baseline says, a line a change.
pub(super) fn findings(root: &Path) -> Vec<String> {
    let line = |change: Change| {
        let names: Vec<&str> = change.attributes.iter().map(|one| one.name.as_str()).collect();
        let names = if change.kind == "modified" { names.join(",") } else { String::new() };
        let what = format!("{} {} {names}", change.kind, change.path);
        format!("{}: {}", what.trim_end(), change.cause.name())
    };
    let mut lines: Vec<String> = changes(root).into_iter().map(line).collect();
    lines.sort();
    lines
}

/// What differs from the records of packages.
fn changes(root: &Path) -> Vec<Change> {
    let source = directory(root);
    let (pool, cancel) = (Pool::new(2).unwrap(), Cancel::new());
    let run = Run { pool: &pool, cancel: &cancel, observer: &Silent, artifacts: &[] };
    let now = Timestamp::parse("2026-11-21T12:00:00Z").unwrap();
    let occasion = Occasion { clock: &now, run_id: "test", binary_digest: None };
    let reference = Reference::PackageDatabase;
    let of = |parts: Parts| -> Vec<Change> {
        let request = Request::new(parts, FailOn::At(Severity::Medium));
        let outcome = check::check(&Target::Live(&source), &reference, &request, &run, &occasion);
        let report = outcome.unwrap().report;
        assert!(report.problems.is_empty(), "{:?}", report.problems);
        assert!(
            parts.entries || report.changes.iter().all(|change| change.cause != Cause::Unowned)
        );
        let causes = [Cause::VendorRecordDiffers.name(), Cause::ConffileEdited.name()];
        let changes = report.changes.into_iter();
        changes.filter(|change| causes.contains(&change.cause.name())).collect()
    };
    let all = of(Parts::ALL);
    // Packages alone are verified by their own records and read nothing else, with the same result.
    let ids = |changes: &[Change]| -> Vec<String> {
        changes.iter().map(|change| change.id.clone()).collect()
    };
    assert_eq!(ids(&of(Parts { entries: false, packages: true })), ids(&all));
    all
}

#[test]
fn what_drift_sees_beside_dpkg_verify_and_debsums() {
    let (Some(_), Some(_), Some(()), Some(pristine)) =
        (need::tool("dpkg"), need::tool("debsums"), need::root(), need::debian_root())
    else {
        return;
    };
    let root = TempRoot::new();
    let copy = ["-a".into(), pristine.join(".").into_os_string(), root.at("root").into()];
    let _copied = command::run("cp", copy).success();
    let mut scene = Scene { root, dice: Dice::new(0x5eed_0020), done: BTreeMap::new() };
    let tools: [fn(&Scene) -> BTreeSet<String>; 3] = [drift, dpkg_verify, debsums];
    let before = tools.map(|tool| tool(&scene));
    assert_eq!(before, [const { BTreeSet::new() }; 3], "the pristine root is no such");
    let candidates = Candidates::of(&captured(&scene.root.at("root")));
    modify(&mut scene, &candidates, |class| class != DIRECTORY);
    let after = tools.map(|tool| tool(&scene));
    let done: BTreeSet<&String> = scene.done.keys().collect();
    for (tool, paths) in ["drift", "dpkg", "debsums"].iter().zip(&after) {
        let more: Vec<&String> = paths.iter().filter(|path| !done.contains(path)).collect();
        // The links beside an alternative that was bent belong to what it led to.
        let is_alternative = |path: &str| {
            let target = fs::read_link(scene.at(path)).unwrap_or_default();
            path.starts_with("/etc/alternatives/") || target.starts_with("/etc/alternatives/")
        };
        let more: Vec<&&String> = more.iter().filter(|path| !is_alternative(path)).collect();
        assert_eq!(more, Vec::<&&String>::new(), "{tool}");
    }
    modify(&mut scene, &candidates, |class| class == DIRECTORY);
    let of_directories = seen_by(&scene, &[drift(&scene), BTreeSet::new(), debsums(&scene)]);
    let mut seen = seen_by(&scene, &after);
    seen.extend(of_directories.into_iter().filter(|(class, _)| *class == DIRECTORY));
    let of_class = |&(class, count, saw): &(_, usize, Saw)| (class, BTreeMap::from([(saw, count)]));
    let expected: BTreeMap<&str, BTreeMap<Saw, usize>> = CLASSES.iter().map(of_class).collect();
    assert_eq!(seen, expected);
    assert!(scene.done.len() >= 500, "{}", scene.done.len());
    let root = format!("--root={}", scene.root.at("root").display());
    let ended = command::run("dpkg", [root.as_str(), "--verify"]).expect(2);
    assert!(ended.error_text().contains("Is a directory"), "{}", ended.error_text());
    let _ =
        writeln!(std::io::stderr(), "{} modifications of {} classes", scene.done.len(), seen.len());
}

/// By class, how many paths were seen by whom.
fn seen_by(
    scene: &Scene,
    tools: &[BTreeSet<String>; 3],
) -> BTreeMap<&'static str, BTreeMap<Saw, usize>> {
    let mut seen: BTreeMap<&str, BTreeMap<Saw, usize>> = BTreeMap::new();
    for (path, class) in &scene.done {
        let saw = [0, 1, 2].map(|tool: usize| tools[tool].contains(path));
        *seen.entry(class).or_default().entry(saw).or_default() += 1;
    }
    seen
}
