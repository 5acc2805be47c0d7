//! The dpkg database against dpkg's own tools, on real roots: the machine's own, where it is a
//! Debian, and the pristine one that CI makes.
#![expect(
    clippy::disallowed_methods,
    reason = "the tests read real roots and ask the tools that keep them"
)]

mod apk;
mod captured;
mod dpkg_verify;
mod pacman;
mod versions;

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsStr;
use std::io::Write as _;
use std::os::unix::ffi::{OsStrExt as _, OsStringExt as _};
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::LazyLock;

use drift_core::bounds::Budget;
use drift_core::model::{
    DirId, FileType, Found, Intake, Listing, Observed, PackageId, RowId, RuleId, Tree, TreePath,
};
use drift_core::packages::{
    Completeness, DATABASES, Files, Known as Expected, Ownership, Presence, Records, Selection,
    parse, wants,
};
use drift_testkit::need;

/// Directories of a root that hold what packages ship.
const HIERARCHY: [&[u8]; 15] = [
    b"bin", b"boot", b"etc", b"home", b"lib", b"lib32", b"lib64", b"libx32", b"media", b"mnt",
    b"opt", b"sbin", b"srv", b"usr", b"var",
];

/// The roots to look at; nothing at all on a system without dpkg.
fn roots() -> Vec<PathBuf> {
    if need::tool("dpkg-query").is_none() {
        return Vec::new();
    }
    let mut roots: Vec<PathBuf> = vec!["/".into()];
    roots.extend(need::debian_root());
    roots.retain(|root| root.join("var/lib/dpkg/status").exists());
    roots
}

/// Runs a tool on the database of `root` and returns what it prints.
fn ask<I: AsRef<OsStr>>(
    tool: &str,
    root: &Path,
    arguments: impl IntoIterator<Item = I>,
) -> Vec<u8> {
    let output = Command::new(tool)
        .arg("--admindir")
        .arg(root.join("var/lib/dpkg"))
        .args(arguments)
        .env("LC_ALL", "C")
        .stderr(Stdio::null())
        .output()
        .expect("because the tool was found");
    output.stdout
}

fn contents(root: &Path) -> Vec<(Vec<u8>, Vec<u8>)> {
    let mut found = Vec::new();
    let patterns = DATABASES.iter().flat_map(|database| database.files());
    let directories: BTreeSet<PathBuf> = patterns
        .map(|pattern| root.join(Path::new(pattern).parent().expect("because none is a root")))
        .collect();
    for directory in directories {
        for item in std::fs::read_dir(directory).into_iter().flatten().flatten() {
            let inside = item.path().strip_prefix(root).expect("because it is below").to_owned();
            let inside = inside.into_os_string().into_vec();
            if wants(&inside) && item.file_type().is_ok_and(|kind| kind.is_file()) {
                found.push((inside, std::fs::read(item.path()).expect("because root reads it")));
            }
        }
    }
    found
}

fn records(root: &Path) -> Records {
    let contents = contents(root);
    let mut files = Files::new();
    for (path, content) in &contents {
        files.insert(path, Ok(content));
    }
    let records = parse(&files, &mut Budget::new(1 << 30, 1 << 24));
    assert_eq!(records.problems(), []);
    assert_eq!(records.completeness(), Completeness::Complete);
    records
}

fn tree(root: &Path) -> Tree {
    let intake = Intake::default();
    let top = intake.root(Found::plain(b"", FileType::Directory, RuleId(0)));
    let mut todo = vec![(root.to_owned(), top)];
    while let Some((path, directory)) = todo.pop() {
        let Ok(items) = std::fs::read_dir(&path) else {
            intake.listing(directory, Listing::NotEntered, Vec::new());
            continue;
        };
        let found: Vec<Found> = items
            .flatten()
            .filter_map(|item| {
                let name = item.file_name();
                let metadata = std::fs::symlink_metadata(item.path()).ok()?;
                let kind = FileType::from_mode(metadata.mode());
                let mut found = Found::plain(name.as_bytes(), kind, RuleId(0));
                if kind == FileType::Symlink {
                    let target = std::fs::read_link(item.path()).ok()?.into_os_string().into_vec();
                    found.link_target = Observed::Is(target.into());
                }
                Some(found)
            })
            .collect();
        for (name, id) in intake.listing(directory, Listing::Complete, found) {
            if directory != top || HIERARCHY.contains(&&*name) {
                todo.push((path.join(OsStr::from_bytes(&name)), id));
            }
        }
    }
    intake.freeze().tree
}

/// A root with everything known of it, read once for all tests.
struct Known {
    root: PathBuf,
    ownership: Ownership,
    tree: Tree,
}

static ROOTS: LazyLock<Vec<Known>> = LazyLock::new(|| {
    let read = |root: PathBuf| {
        let tree = tree(&root);
        Known { ownership: Ownership::resolve(records(&root), &tree), tree, root }
    };
    roots().into_iter().map(read).collect()
});

/// Paths of a package as the database writes them, with a leading slash.
fn shipped(records: &Records) -> BTreeMap<String, BTreeSet<Vec<u8>>> {
    let mut all: BTreeMap<String, BTreeSet<Vec<u8>>> = BTreeMap::new();
    for package in records.packages() {
        all.insert(format!("{}:{}", package.name, package.architecture), BTreeSet::new());
    }
    for claim in records.claims().iter().filter(|claim| claim.presence == Presence::Shipped) {
        let package = &records.packages()[claim.package.index()];
        let path = [b"/", records.path(claim.path).as_bytes()].concat();
        all.entry(format!("{}:{}", package.name, package.architecture)).or_default().insert(path);
    }
    all
}

#[test]
fn packages_are_those_of_dpkg_query() {
    for Known { root, ownership, .. } in ROOTS.iter() {
        let records = ownership.records();
        let mut ours: Vec<String> = records
            .packages()
            .iter()
            .map(|p| format!("{}\t{}\t{}\t{}", p.name, p.architecture, p.version, p.status))
            .collect();
        let format = "-f=${Package}\\t${Architecture}\\t${Version}\\t${Status}\\n";
        let theirs = String::from_utf8(ask("dpkg-query", root, ["-W", format])).expect("is ASCII");
        let mut theirs: Vec<String> = theirs
            .lines()
            .filter(|line| !line.ends_with(" config-files") && !line.ends_with(" not-installed"))
            .map(str::to_owned)
            .collect();
        ours.sort();
        theirs.sort();
        assert!(ours.len() > 50, "a Debian root has more packages than {}", ours.len());
        assert_eq!(ours, theirs);
        assert!(records.packages().is_sorted());
    }
}

#[test]
fn paths_are_those_of_dpkg_query() {
    for Known { root, ownership, .. } in ROOTS.iter() {
        let ours = shipped(ownership.records());
        let names = ours.keys().collect::<Vec<_>>();
        let printed =
            ask("dpkg-query", root, std::iter::once("-L").chain(names.iter().map(|n| n.as_str())));
        let mut theirs = vec![BTreeSet::new()];
        for line in printed.split(|&byte| byte == b'\n') {
            match line {
                b"" => theirs.push(BTreeSet::new()),
                b"/." => {}
                // Words about diversions stand between the paths.
                path if path.starts_with(b"/") => {
                    theirs.last_mut().expect("because one is there").insert(path.to_vec());
                }
                _ => {}
            }
        }
        let mut paths = 0;
        for ((package, ours), theirs) in ours.iter().zip(&theirs) {
            assert_eq!(ours, theirs, "{package}");
            paths += ours.len();
        }
        assert!(paths > 5_000, "a Debian root owns more paths than {paths}");
    }
}

/// Returns the path with every link but the last name followed, as far down as it exists.
fn as_the_kernel_finds(path: &Path) -> PathBuf {
    let mut above = path.parent().expect("because it is below the root");
    loop {
        if let Ok(real) = above.canonicalize() {
            return real.join(path.strip_prefix(above).expect("because it is above"));
        }
        above = above.parent().expect("because the root exists");
    }
}

/// The kernel says where a path leads; its answer and ours must be the same entry.
#[test]
fn every_path_is_found_where_the_kernel_finds_it() {
    for Known { root, ownership, tree } in ROOTS.iter() {
        let records = ownership.records();
        let diverted: BTreeMap<_, _> =
            records.diversions().iter().map(|one| (one.from, one)).collect();
        let missing: BTreeSet<&TreePath> =
            ownership.missing().iter().map(|missing| &missing.path).collect();
        let (mut there, mut absent) = (0_usize, 0_usize);
        for claim in records.claims().iter().filter(|claim| claim.presence == Presence::Shipped) {
            let package = &records.packages()[claim.package.index()];
            let place = match diverted.get(&claim.path) {
                Some(one) if one.by.as_deref() != Some(&package.name) => one.to,
                _ => claim.path,
            };
            let raw = records.path(place);
            let outside = raw.components().next().is_some_and(|top| !HIERARCHY.contains(&top));
            if outside && raw.components().count() > 1 {
                continue;
            }
            let full = root.join(OsStr::from_bytes(raw.as_bytes()));
            let real = as_the_kernel_finds(&full);
            let inside = real.strip_prefix(root).expect("because links stay inside");
            let path = TreePath::parse(inside.as_os_str().as_bytes()).expect("is a path");
            if std::fs::symlink_metadata(&real).is_err() {
                absent += 1;
                assert!(missing.contains(&path), "{path} is not missing");
                continue;
            }
            let row = tree.find(&path).unwrap_or_else(|| panic!("{path} is not in the tree"));
            let owner = ownership.owner(row);
            assert!(
                owner.is_some() || ownership.known(row).is_some(),
                "{path} of {} has no owner",
                package.name
            );
            assert!(!missing.contains(&path));
            there += 1;
        }
        assert!(there > 5_000, "{there} paths");
        assert!(absent < there / 50, "{absent} of {there} are absent");
        assert_eq!(ownership.unseen(), 0);
        let _ = writeln!(
            std::io::stderr(),
            "{} packages, {there} shipped paths found, {absent} absent ({} of them reported missing), {} unseen",
            records.packages().len(),
            missing.len(),
            ownership.unseen()
        );
    }
}

/// `dpkg-query -S` knows a file by the path its package wrote, so both spellings are asked for.
#[test]
fn owners_are_those_of_dpkg_search() {
    for Known { root, ownership, tree } in ROOTS.iter() {
        let mut asked = BTreeMap::new();
        for row in tree.rows() {
            let path = tree.path(row).to_string();
            let short = path.strip_prefix("/usr").unwrap_or(&path).to_owned();
            let wanted = ["/usr/bin/", "/usr/sbin/", "/usr/lib/x86_64-linux-gnu/", "/etc/"];
            let plain = |c: char| c.is_ascii_alphanumeric() || "/-_.+@:".contains(c);
            if wanted.iter().any(|top| path.starts_with(top)) && path.chars().all(plain) {
                asked.insert(path, row);
                asked.insert(short, row);
            }
        }
        let mut theirs: BTreeMap<RowId, BTreeSet<String>> = BTreeMap::new();
        let paths: Vec<&String> = asked.keys().collect();
        for some in paths.chunks(4000) {
            let printed = ask(
                "dpkg-query",
                root,
                std::iter::once("-S").chain(some.iter().map(|p| p.as_str())),
            );
            for line in String::from_utf8_lossy(&printed).lines() {
                if line.starts_with("diversion by") || line.starts_with("local diversion") {
                    continue;
                }
                let Some((names, path)) = line.rsplit_once(": ") else { continue };
                let Some(row) = asked.get(path) else { continue };
                let names = names.split(", ").map(|name| name.split(':').next().unwrap_or(name));
                theirs.entry(*row).or_default().extend(names.map(str::to_owned));
            }
        }
        let diverted: BTreeSet<String> = ownership
            .records()
            .diversions()
            .iter()
            .flat_map(|one| [one.from, one.to])
            .map(|path| ownership.records().path(path).to_string())
            .collect();
        let mut equal = 0;
        for (path, row) in &asked {
            let ours = ownership.owner(*row);
            let ours = ours.map(|id| &ownership.records().packages()[id.index()].name);
            let theirs = theirs.get(row).cloned().unwrap_or_default();
            if diverted.contains(path) || diverted.contains(&format!("/usr{path}")) {
                continue;
            }
            let shared = tree.file_type(*row) == FileType::Directory && theirs.len() > 1;
            match ours {
                Some(ours) => assert!(theirs.contains(ours), "{path}: {ours} and {theirs:?}"),
                None => assert!(theirs.is_empty() || shared, "{path}: none and {theirs:?}"),
            }
            equal += 1;
        }
        assert!(equal > 500, "{equal} entries asked for");
        let _ = writeln!(std::io::stderr(), "{equal} spellings have the owner of dpkg -S");
    }
}

#[test]
fn diversions_and_overrides_are_those_of_their_tools() {
    for Known { root, ownership, .. } in ROOTS.iter() {
        let records = ownership.records();
        let mut ours: Vec<String> = records
            .diversions()
            .iter()
            .map(|one| {
                let (from, to) = (records.path(one.from), records.path(one.to));
                match &one.by {
                    Some(by) => format!("diversion of {from} to {to} by {by}"),
                    None => format!("local diversion of {from} to {to}"),
                }
            })
            .collect();
        let printed = ask("dpkg-divert", root, ["--list"]);
        let printed = String::from_utf8(printed).expect("is UTF-8");
        let mut theirs: Vec<&str> = printed.lines().collect();
        ours.sort();
        theirs.sort_unstable();
        assert_eq!(ours, theirs);

        let mut ours: Vec<String> = records
            .overrides()
            .iter()
            .map(|one| {
                format!("{} {} {:o} {}", one.user, one.group, one.mode, records.path(one.path))
            })
            .collect();
        let printed = ask("dpkg-statoverride", root, ["--list"]);
        let printed = String::from_utf8(printed).expect("is UTF-8");
        let mut theirs: Vec<&str> = printed.lines().collect();
        ours.sort();
        theirs.sort_unstable();
        assert_eq!(ours, theirs);
    }
}

#[test]
fn alternatives_are_those_of_update_alternatives() {
    for Known { root, ownership, tree } in ROOTS.iter() {
        let administered = root.join("etc/alternatives");
        let books = root.join("var/lib/dpkg/alternatives");
        let ask = |arguments: &[&OsStr]| {
            let ours = [OsStr::new("--altdir"), administered.as_os_str()];
            let books = [OsStr::new("--admindir"), books.as_os_str()];
            let all = ours.iter().chain(&books).chain(arguments);
            let printed = ask("update-alternatives", root, all);
            String::from_utf8(printed).expect("is UTF-8")
        };
        let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).expect("is UTF-8");
        let selections = ask(&[OsStr::new("--get-selections")]);
        let names: Vec<&str> = selections.lines().filter_map(|l| l.split(' ').next()).collect();
        let ours: Vec<String> =
            ownership.records().alternatives().iter().map(|one| text(&one.name)).collect();
        assert_eq!(
            ours.iter().map(String::as_str).collect::<BTreeSet<_>>(),
            names.into_iter().collect()
        );
        for one in ownership.records().alternatives() {
            let name = text(&one.name);
            let theirs = ask(&[OsStr::new("--query"), OsStr::new(&name)]);
            let mut ours = format!("Name: {name}\nLink: {}\n", text(&one.link));
            let slaves: BTreeMap<_, _> =
                one.slaves.iter().map(|s| (text(&s.name), text(&s.link))).collect();
            if !slaves.is_empty() {
                ours.push_str("Slaves:\n");
                for (name, link) in &slaves {
                    ours.push_str(&format!(" {name} {link}\n"));
                }
            }
            let status = if one.selection == Selection::Auto { "auto" } else { "manual" };
            ours.push_str(&format!("Status: {status}\n"));
            assert!(theirs.starts_with(&ours), "{ours}\n---\n{theirs}");
            for choice in &one.choices {
                let wanted = format!(
                    "Alternative: {}\nPriority: {}\n",
                    text(&choice.target),
                    choice.priority
                );
                assert!(theirs.contains(&wanted), "{wanted}\n---\n{theirs}");
            }
            assert_eq!(theirs.matches("\nAlternative: ").count(), one.choices.len());
            let link = tree.find(&TreePath::parse(one.link.as_ref()).expect("is a path"));
            if let Some(link) = link {
                assert_eq!(
                    ownership.known(link),
                    Some(Expected::Alternative { registered: true }),
                    "{name}"
                );
            }
        }
    }
}

/// md5sum(1) reads the files and says whether our records are theirs.
#[test]
fn recorded_sums_are_those_of_the_files() {
    let Some(Known { root, ownership, tree }) = ROOTS.get(1) else {
        // The reason is recorded where the roots are listed, in whichever test came first.
        let _recorded = need::debian_root();
        return;
    };
    let mut lines = Vec::new();
    let (mut sums, mut conffiles) = (0, 0);
    for row in tree.rows() {
        let Some(record) = ownership.record(row) else { continue };
        let md5 = match record.conffile {
            Some(conffile) => conffile.digest,
            None => record.digest,
        };
        conffiles += usize::from(record.conffile.is_some());
        sums += usize::from(record.digest.is_some());
        if let Some(md5) = md5 {
            lines.extend_from_slice(md5.hex().as_bytes());
            lines.extend_from_slice(b"  ");
            lines.extend_from_slice(tree.path(row).as_bytes());
            lines.push(b'\n');
        }
    }
    let mut child = Command::new("md5sum")
        .args(["--check", "--quiet", "--strict"])
        .current_dir(root)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("because coreutils is there");
    let mut input = child.stdin.take().expect("because it is piped");
    input.write_all(&lines).expect("because md5sum reads it all");
    drop(input);
    let output = child.wait_with_output().expect("because it ends");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
    assert!(sums > 1_000 && conffiles > 20, "{sums} sums, {conffiles} conffiles");
    let listed: usize = contents(root)
        .iter()
        .filter(|(path, _)| path.ends_with(b".md5sums"))
        .map(|(_, content)| content.iter().filter(|&&byte| byte == b'\n').count())
        .sum();
    let ours = ownership.records().claims().iter();
    let ours = ours.filter(|claim| ownership.records().record(claim).digest.is_some()).count();
    assert_eq!(ours, listed);
    let theirs = ask("dpkg-query", root, ["-W", "-f=${Conffiles}\\n"]);
    let theirs = theirs.split(|&byte| byte == b'\n').filter(|line| line.contains(&b'/')).count();
    let ours = ownership.records().claims().iter();
    let ours = ours.filter(|claim| ownership.records().record(claim).conffile.is_some()).count();
    assert_eq!(ours, theirs);
    let _ = writeln!(std::io::stderr(), "{sums} sums and {conffiles} conffiles checked by md5sum");
}

/// Whatever a list names and is not there, configuration files apart, which dpkg marks.
#[test]
fn missing_files_are_those_of_dpkg_verify() {
    for Known { root, ownership, .. } in ROOTS.iter() {
        let packages = ownership.records().packages();
        let name = |id: PackageId| {
            let package = &packages[id.index()];
            format!("{}:{}", package.name, package.architecture)
        };
        let concerned: BTreeSet<String> =
            ownership.missing().iter().map(|missing| name(missing.package)).collect();
        let mut ours: Vec<String> = ownership
            .missing()
            .iter()
            .filter(|missing| missing.record.conffile.is_none())
            .map(|missing| missing.path.to_string())
            .collect();
        if concerned.is_empty() {
            continue;
        }
        let output = Command::new("dpkg")
            .arg("--root")
            .arg(root)
            .arg("--verify")
            .args(&concerned)
            .env("LC_ALL", "C")
            .output()
            .expect("because the tool was found");
        let printed = String::from_utf8(output.stdout).expect("is UTF-8");
        let gone = printed.lines().filter(|line| line.starts_with("missing "));
        let plain = gone.filter(|line| !line.contains(" c /"));
        let mut theirs: Vec<String> = plain
            .filter_map(|line| line.find('/').map(|at| line[at..].to_owned()))
            .map(|path| {
                let real = as_the_kernel_finds(&root.join(&path[1..]));
                let inside = real.strip_prefix(root).expect("because links stay inside");
                format!("/{}", inside.display())
            })
            .collect();
        ours.sort();
        theirs.sort();
        theirs.dedup();
        assert_eq!(ours, theirs);
        let _ = writeln!(std::io::stderr(), "{} missing files as dpkg --verify", ours.len());
    }
}

/// Every package's own file below `info/` is its own, and nothing there is nobody's.
#[test]
fn control_files_belong_to_their_packages() {
    for Known { ownership, tree, .. } in ROOTS.iter() {
        let info = TreePath::parse(b"var/lib/dpkg/info").expect("is a path");
        let info = tree.find(&info).and_then(|row| tree.as_directory(row)).unwrap_or(DirId(0));
        let mut files = 0;
        for row in tree.rows().filter(|&row| row.0 != 0 && tree.directory_of(row) == Some(info)) {
            let name = String::from_utf8_lossy(tree.name(row)).into_owned();
            let owner =
                ownership.owner(row).map(|id| &ownership.records().packages()[id.index()].name);
            match owner {
                Some(owner) => assert!(name.starts_with(owner.as_str()), "{name} of {owner}"),
                None => assert_eq!(name, "format"),
            }
            files += 1;
        }
        assert!(files > 200, "{files} files");
    }
}
