//! The battery that every database of the table goes through, and ownership over small trees.

use super::{
    Completeness, DATABASES, Files, Known, Ownership, PackageDatabase, PackageSink, parse, wants,
};
use crate::bounds::Budget;
use crate::model::{
    DirId, FileType, Found, Intake, Listing, Observed, RowId, RuleId, Tree, TreePath,
};

type Database = Vec<(Vec<u8>, Vec<u8>)>;

/// The small whole database that a kind brings along for this battery.
fn sample(name: &str) -> Database {
    let database = DATABASES.iter().find(|database| database.name() == name);
    let files = database.expect("a database of the table").sample().files;
    files.iter().map(|(path, text)| (path.as_bytes().to_vec(), text.to_vec())).collect()
}

fn run(database: &dyn PackageDatabase, files: &Database, budget: &mut Budget) -> super::Records {
    let mut all = Files::new();
    for (path, content) in files {
        all.insert(path, Ok(content));
    }
    let mut out = PackageSink::default();
    let completeness = database.parse(&all, budget, &mut out);
    out.finish(completeness)
}

fn plenty() -> Budget {
    Budget::new(1 << 24, 1 << 20)
}

/// Anything below complete says why.
fn told(records: &super::Records) {
    let whole = records.completeness() == Completeness::Complete;
    assert_eq!(whole, records.problems().is_empty(), "{:?}", records.problems());
}

#[test]
fn every_sample_is_whole_and_every_file_of_it_is_asked_for() {
    for database in DATABASES {
        let files = sample(database.name());
        let records = run(*database, &files, &mut plenty());
        assert_eq!(records.problems(), []);
        assert_eq!(records.packages().len(), 2);
        assert!(files.iter().all(|(path, _)| wants(path)));
        assert!(!wants(b"var/lib/dpkg/info/a/b.list") && !wants(b"etc/passwd"));
        let none = run(*database, &Vec::new(), &mut plenty());
        assert_eq!((none.completeness(), none.packages().len()), (Completeness::Complete, 0));
    }
}

/// A package that a cut takes away must never just be gone.
#[test]
fn truncation_anywhere_loses_no_package_silently() {
    for database in DATABASES {
        let files = sample(database.name());
        let whole = run(*database, &files, &mut plenty());
        let paths = whole.claims().len();
        let mut silent = 0;
        for which in 0..files.len() {
            for end in 0..files[which].1.len() {
                let mut cut = files.clone();
                cut[which].1.truncate(end);
                let records = run(*database, &cut, &mut plenty());
                told(&records);
                if records.packages() != whole.packages() {
                    assert_eq!(
                        records.completeness(),
                        Completeness::Incomplete,
                        "{which} at {end}"
                    );
                }
                if records.completeness() == Completeness::Complete
                    && records.claims().len() < paths
                {
                    silent += 1;
                }
            }
        }
        let known = database.sample().silent_cuts;
        assert_eq!(silent, known, "cuts that lose paths and are not noticed");
    }
}

#[test]
fn flipped_bits_never_panic_and_never_lose_a_package_silently() {
    for database in DATABASES {
        let files = sample(database.name());
        let count = run(*database, &files, &mut plenty()).packages().len();
        let mut runs = 0;
        for which in 0..files.len() {
            for at in 0..files[which].1.len() {
                for bit in 0..8 {
                    let mut bad = files.clone();
                    bad[which].1[at] ^= 1 << bit;
                    let records = run(*database, &bad, &mut plenty());
                    told(&records);
                    if records.completeness() != Completeness::Incomplete {
                        assert_eq!(records.packages().len(), count, "{which} {at} {bit}");
                    }
                    let _ = Ownership::resolve(records, &small_tree());
                    runs += 1;
                }
            }
        }
        assert_eq!(runs, files.iter().map(|(_, content)| content.len() * 8).sum::<usize>());
    }
}

#[test]
fn every_budget_ends_in_a_problem_or_a_whole_database() {
    for database in DATABASES {
        let files = sample(database.name());
        let whole = run(*database, &files, &mut plenty()).packages().to_vec();
        for items in 0..80 {
            let records = run(*database, &files, &mut Budget::new(1 << 24, items));
            told(&records);
            let fewer = records.packages() != whole;
            assert!(!fewer || records.completeness() == Completeness::Incomplete, "{items} items");
        }
        let all: usize = files.iter().map(|(_, content)| content.len()).sum();
        for bytes in 0..u64::try_from(all).expect("is small") {
            let records = run(*database, &files, &mut Budget::new(bytes, 1 << 20));
            told(&records);
            assert_ne!(records.completeness(), Completeness::Complete, "{bytes} bytes");
        }
        let records = run(*database, &files, &mut Budget::new(0, 0));
        assert_eq!(records.completeness(), Completeness::Incomplete);
        assert_eq!(records.packages(), []);
    }
}

#[test]
fn hostile_names_of_files_never_panic() {
    let names: [&[u8]; 7] = [b"", b"..", b".list", b"\xff\xfe", b":", b"a\nb.list", b"a\0.md5sums"];
    for database in DATABASES {
        for pattern in database.files() {
            for name in names {
                let Some((before, after)) = pattern.split_once('*') else { continue };
                let mut files = sample(database.name());
                let path = [before.as_bytes(), name, after.as_bytes()].concat();
                files.push((path, b"/../x\n\xff: \n".to_vec()));
                told(&run(*database, &files, &mut plenty()));
            }
        }
    }
}

fn link(name: &[u8], target: &[u8]) -> Found {
    let target = Observed::Is(target.into());
    Found { link_target: target, ..Found::plain(name, FileType::Symlink, RuleId(0)) }
}

fn dir(name: &[u8]) -> Found {
    Found::plain(name, FileType::Directory, RuleId(0))
}

fn file(name: &[u8]) -> Found {
    Found::plain(name, FileType::File, RuleId(0))
}

fn id(directories: &[(Box<[u8]>, DirId)], name: &[u8]) -> DirId {
    let found = directories.iter().find(|(other, _)| **other == *name);
    found.expect("because the test made it").1
}

/// The sample of dpkg unpacked on a root whose `/bin` moved below `/usr`.
fn small_tree() -> Tree {
    let intake = Intake::default();
    let root = intake.root(dir(b""));
    let top = vec![link(b"bin", b"usr/bin"), dir(b"etc"), dir(b"usr"), dir(b"srv")];
    let top = intake.listing(root, Listing::Complete, top);
    let etc = vec![file(b"one"), dir(b"alternatives")];
    let etc = intake.listing(id(&top, b"etc"), Listing::Complete, etc);
    let links = vec![link(b"vi", b"/usr/bin/two")];
    intake.listing(id(&etc, b"alternatives"), Listing::Complete, links);
    let usr = intake.listing(id(&top, b"usr"), Listing::Complete, vec![dir(b"bin"), dir(b"share")]);
    let programs = vec![
        file(b"one"),
        file(b"two"),
        file(b"sh.real"),
        file(b"extra"),
        link(b"vi", b"/etc/alternatives/vi"),
    ];
    intake.listing(id(&usr, b"bin"), Listing::Complete, programs);
    intake.listing(id(&usr, b"share"), Listing::Complete, vec![]);
    intake.listing(id(&top, b"srv"), Listing::Complete, vec![]);
    intake.freeze().tree
}

fn at(tree: &Tree, path: &str) -> RowId {
    let path = TreePath::parse(path.as_bytes()).expect("is a path");
    tree.find(&path).unwrap_or_else(|| panic!("{path} is not in the tree"))
}

#[test]
fn ownership_follows_merged_directories_diversions_and_alternatives() {
    let tree = small_tree();
    let files = sample("dpkg");
    let ownership = Ownership::resolve(run(DATABASES[0], &files, &mut plenty()), &tree);
    let owner = |path: &str| {
        let owner = ownership.owner(at(&tree, path));
        owner.map(|id| ownership.records().packages()[id.index()].name.clone())
    };
    assert_eq!(owner("usr/bin/one").as_deref(), Some("one"));
    assert_eq!(owner("usr/bin/two").as_deref(), Some("two"));
    assert_eq!(owner("usr/bin/sh.real").as_deref(), Some("two"), "diverted by one");
    assert_eq!(owner("etc/one").as_deref(), Some("one"));
    assert_eq!(owner("usr/bin/extra"), None);
    let known = |path: &str| ownership.known(at(&tree, path));
    assert_eq!(known("bin"), Some(Known::UsrMerge));
    assert_eq!(known("usr"), Some(Known::SharedDirectory));
    assert_eq!(known("usr/bin/vi"), Some(Known::Alternative { registered: true }));
    assert_eq!(known("etc/alternatives/vi"), Some(Known::Alternative { registered: true }));
    assert_eq!(known("usr/bin/extra"), None);
    assert_eq!(known("usr/bin/two"), None, "overridden, but owned");
    assert_eq!(ownership.stat_override(at(&tree, "usr/bin/two")).map(|o| o.mode), Some(0o4755));
    let conffile = ownership.record(at(&tree, "etc/one")).and_then(|record| record.conffile);
    assert!(conffile.is_some());
    let missing: Vec<(String, bool)> = ownership
        .missing()
        .iter()
        .map(|missing| (missing.path.to_string(), missing.filtered))
        .collect();
    let expected = [("/usr/share/doc", false), ("/usr/share/doc/one", true)];
    assert_eq!(missing, expected.map(|(path, filtered)| (path.to_owned(), filtered)));
}

#[test]
fn a_redirected_alternative_is_not_registered() {
    let intake = Intake::default();
    let root = intake.root(dir(b""));
    let top = intake.listing(root, Listing::Complete, vec![dir(b"usr"), dir(b"etc")]);
    let etc = intake.listing(id(&top, b"etc"), Listing::Complete, vec![dir(b"alternatives")]);
    let links = vec![link(b"vi", b"/tmp/evil")];
    intake.listing(id(&etc, b"alternatives"), Listing::Complete, links);
    let usr = intake.listing(id(&top, b"usr"), Listing::Complete, vec![dir(b"bin")]);
    intake.listing(id(&usr, b"bin"), Listing::Complete, vec![link(b"vi", b"/tmp/evil")]);
    let tree = intake.freeze().tree;
    let files = sample("dpkg");
    let ownership = Ownership::resolve(run(DATABASES[0], &files, &mut plenty()), &tree);
    for path in ["usr/bin/vi", "etc/alternatives/vi"] {
        let known = ownership.known(at(&tree, path));
        assert_eq!(known, Some(Known::Alternative { registered: false }), "{path}");
    }
}

#[test]
fn what_was_not_seen_is_not_missing() {
    let intake = Intake::default();
    let root = intake.root(dir(b""));
    let top = intake.listing(root, Listing::Complete, vec![dir(b"usr"), dir(b"bin"), dir(b"etc")]);
    intake.listing(id(&top, b"usr"), Listing::Partial, vec![]);
    intake.listing(id(&top, b"etc"), Listing::Complete, vec![]);
    let tree = intake.freeze().tree;
    let files = sample("dpkg");
    let ownership = Ownership::resolve(run(DATABASES[0], &files, &mut plenty()), &tree);
    let missing: Vec<String> =
        ownership.missing().iter().map(|missing| missing.path.to_string()).collect();
    assert_eq!(missing, ["/etc/one"], "/bin was never entered, /usr only in part");
    assert_eq!(ownership.unseen(), 7);
}

#[test]
fn nothing_depends_on_the_order_of_files_or_on_the_hasher() {
    let mut files = sample("dpkg");
    let mut shown = Vec::new();
    for _ in 0..2 {
        let mut all = Files::new();
        for (path, content) in &files {
            all.insert(path, Ok(content));
        }
        let records = parse(&all, &mut plenty());
        let claims: Vec<String> = records
            .claims()
            .iter()
            .map(|claim| {
                format!(
                    "{} {:?} {:?}",
                    records.path(claim.path),
                    claim.package,
                    records.record(claim)
                )
            })
            .collect();
        shown.push((claims, records.packages().to_vec()));
        files.reverse();
    }
    assert_eq!(shown[0], shown[1]);
}

/// Two architectures ship one file, a removed package left one, and a link leads deep down.
#[test]
fn shared_files_leftovers_and_deep_links() {
    let stanza = |name: &str, arch: &str, state: &str| {
        format!(
            "Package: {name}\nStatus: install ok {state}\nArchitecture: {arch}\n\
             Multi-Arch: same\nVersion: 1\nConffiles:\n \
             /etc/{name} 0123456789abcdef0123456789abcdef\n\n"
        )
    };
    let status = [
        stanza("lib", "i386", "installed"),
        stanza("lib", "amd64", "installed"),
        stanza("old", "amd64", "config-files"),
    ];
    let below: String = (0..20_000).map(|number| format!("/deep/{number}\n")).collect();
    let list = |more: &str| format!("/.\n/etc\n/etc/lib\n/etc/doc\n/deep\n{more}").into_bytes();
    let files: Database = vec![
        (b"var/lib/dpkg/status".to_vec(), status.concat().into_bytes()),
        (b"var/lib/dpkg/info/lib:i386.list".to_vec(), list("")),
        (b"var/lib/dpkg/info/lib:amd64.list".to_vec(), list(&below)),
        (b"var/lib/dpkg/info/lib:i386.md5sums".to_vec(), Vec::new()),
        (b"var/lib/dpkg/info/lib:amd64.md5sums".to_vec(), Vec::new()),
    ];
    let intake = Intake::default();
    let root = intake.root(dir(b""));
    let target = b"d/".repeat(3_000);
    let top = vec![dir(b"d"), dir(b"etc"), link(b"deep", &target)];
    let top = intake.listing(root, Listing::Complete, top);
    let etc = vec![file(b"doc"), file(b"lib"), file(b"old")];
    intake.listing(id(&top, b"etc"), Listing::Complete, etc);
    let mut at_depth = id(&top, b"d");
    for _ in 1..3_000 {
        at_depth = id(&intake.listing(at_depth, Listing::Complete, vec![dir(b"d")]), b"d");
    }
    intake.listing(at_depth, Listing::Complete, vec![file(b"0")]);
    let tree = intake.freeze().tree;
    let ownership = Ownership::resolve(run(DATABASES[0], &files, &mut plenty()), &tree);
    let architecture = |path: &str| {
        let id = ownership.owner(at(&tree, path))?;
        Some(ownership.records().packages()[id.index()].architecture.as_str())
    };
    assert_eq!(architecture("etc/doc"), Some("amd64"));
    assert_eq!(architecture("etc/old"), None);
    let old = at(&tree, "etc/old");
    assert_eq!(ownership.known(old), Some(Known::Leftover));
    assert_eq!(ownership.leftover(old).map(|leftover| leftover.package.as_str()), Some("old"));
    assert_eq!(architecture(&format!("{}0", String::from_utf8_lossy(&target))), Some("amd64"));
    assert_eq!(ownership.known(at(&tree, "deep")), Some(Known::DirectoryLink));
    assert_eq!(ownership.missing().len(), 19_999);
    assert_eq!(ownership.missing()[0].path.to_string(), "/deep/1", "too deep to tell");
}
