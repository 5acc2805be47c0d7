//! Laying trees over each other equals the plainest reading of the rules, over a map of paths.

use std::collections::{BTreeMap, VecDeque};

use drift_core::compare::{Component, Composite, Packages, compose_packages};
use drift_core::model::{
    Cursor, CursorError, FileType, Found, Intake, LayerId, Listing, Package, PackageId, RuleId,
    Step, Tree, TreeCursor, TreePath,
};
use drift_core::rules::RuleSet;

use crate::baseline::sample::Random;

/// One entry, as far as laying over tells entries apart.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Node {
    file_type: FileType,
    mode: u16,
    listing: Listing,
    origin: Option<u16>,
}

/// Entries by path; the root is the empty one.
type Map = BTreeMap<TreePath, Node>;

struct Part {
    map: Map,
    /// The rules of a whole root.
    whole: Option<RuleSet>,
}

/// What each origin begins with.
const ORIGINS: u16 = 10;

fn part(random: &mut Random) -> Part {
    const NAMES: [&[u8]; 6] = [b"a", b"a-b", b"a.b", b"b", b"\xff", b"\x01"];
    let rules = ["", "ignore /a\n", "ignore b\n", "ignore /a/*\nread-only /a/b\n"];
    let rules = RuleSet::from_text(rules[pick(random, 4)]).unwrap();
    let whole = random.below(2) == 0;
    let mut map = Map::new();
    map.insert(TreePath::root(), node(random, FileType::Directory));
    for _ in 0..random.below(30) {
        let mut path = TreePath::root();
        for _ in 0..=random.below(4) {
            path = path.join(NAMES[pick(random, NAMES.len())]);
            let directory = random.below(3) > 0;
            let types = [FileType::File, FileType::Symlink, FileType::Unknown];
            let file_type = if directory { FileType::Directory } else { types[pick(random, 3)] };
            if whole && rules.rule(rules.evaluate(&path, directory)).excludes() {
                break;
            }
            let stands = map.entry(path.clone()).or_insert_with(|| node(random, file_type));
            if stands.file_type != FileType::Directory {
                break;
            }
        }
    }
    Part { map, whole: whole.then_some(rules) }
}

fn node(random: &mut Random, file_type: FileType) -> Node {
    let listing = match (file_type, random.below(5)) {
        (FileType::Directory, 0) => Listing::Partial,
        (FileType::Directory, 1) => Listing::NotEntered,
        _ => Listing::Complete,
    };
    let origin = (random.below(3) > 0).then(|| u16::try_from(random.below(5)).unwrap());
    // Of an unknown object nothing is known but its name.
    let (mode, origin) = match file_type {
        FileType::Unknown => (0, None),
        _ => (u16::try_from(random.below(3)).unwrap(), origin),
    };
    Node { file_type, mode, listing, origin }
}

fn pick(random: &mut Random, of: usize) -> usize {
    usize::try_from(random.below(of as u64)).unwrap()
}

fn tree(map: &Map) -> Tree {
    let found = |path: &TreePath, node: &Node| Found {
        mode: node.mode,
        origin: node.origin.map(LayerId),
        ..match node.file_type {
            FileType::Unknown => Found::unobserved(path.name(), RuleId(0)),
            known => Found::plain(path.name(), known, RuleId(0)),
        }
    };
    let intake = Intake::default();
    let root = TreePath::root();
    let mut open = VecDeque::from([(root.clone(), intake.root(found(&root, &map[&root])))]);
    while let Some((path, id)) = open.pop_front() {
        let children: Vec<Found> = map
            .iter()
            .filter(|(child, _)| child.parent().as_ref() == Some(&path))
            .map(|(child, node)| found(child, node))
            .collect();
        for (name, child) in intake.listing(id, map[&path].listing, children) {
            open.push_back((path.join(&name), child));
        }
    }
    intake.freeze().tree
}

/// The oracle: parts one after the other, whole paths, no cleverness.
fn laid_over(parts: &[Part]) -> Map {
    let mut all = Map::new();
    for (at, part) in parts.iter().enumerate() {
        if let Some(rules) = &part.whole {
            let denied = |path: &TreePath, node: &Node| {
                let parent = path.parent().and_then(|parent| part.map.get(&parent));
                let knows = parent.is_some_and(|parent| {
                    parent.file_type == FileType::Directory && parent.listing == Listing::Complete
                });
                let directory = node.file_type == FileType::Directory;
                let looked = !rules.rule(rules.evaluate(path, directory)).excludes();
                knows && looked && !part.map.contains_key(path)
            };
            let gone: Vec<TreePath> = all
                .iter()
                .filter(|(path, node)| denied(path, node))
                .map(|(path, _)| path.clone())
                .collect();
            all.retain(|path, _| !gone.iter().any(|gone| path.starts_with(gone)));
        }
        for (path, node) in &part.map {
            let both = |old: &Node| {
                old.file_type == FileType::Directory && node.file_type == FileType::Directory
            };
            let mut node = node.clone();
            let first = u16::try_from(at).unwrap() * ORIGINS;
            node.origin = Some(node.origin.map_or(first, |layer| first + 1 + layer));
            match all.get(path) {
                Some(old) if both(old) => node.listing = node.listing.max(old.listing),
                _ => all.retain(|below, _| !below.starts_with(path)),
            }
            all.insert(path.clone(), node);
        }
    }
    all
}

/// Reads a cursor into a map, and checks that it comes in order.
fn read(cursor: &mut dyn Cursor) -> Map {
    let mut map = Map::new();
    let mut path = TreePath::root();
    while let Some(step) = cursor.next().unwrap() {
        while path.components().count() >= step.depth.max(1) as usize {
            path = path.parent().unwrap();
        }
        if step.depth > 0 {
            path = path.join(step.name);
        }
        assert!(map.last_key_value().is_none_or(|(last, _)| *last < path), "{path}");
        let node = Node {
            file_type: step.entry.file_type,
            mode: step.entry.mode.seen().copied().unwrap_or(0),
            listing: step.listing,
            origin: step.origin.map(|origin| origin.0),
        };
        map.insert(path.clone(), node);
    }
    map
}

fn composite<'t>(trees: &'t [Tree], parts: &'t [Part]) -> Composite<'t, TreeCursor<'t>> {
    let beside = trees.iter().zip(parts).zip(0..);
    let component = |((tree, part), at): ((&'t Tree, &'t Part), u16)| Component {
        cursor: tree.cursor(),
        whole: part.whole.as_ref(),
        owners: &[],
        first_origin: at * ORIGINS,
    };
    Composite::new(beside.map(component).collect())
}

#[test]
fn random_trees_laid_over_each_other_equal_the_union_of_maps() {
    let (mut whole, mut entries) = (0, 0);
    for seed in 0..3000 {
        let mut random = Random::new(seed);
        let parts: Vec<Part> = (0..=random.below(5)).map(|_| part(&mut random)).collect();
        let trees: Vec<Tree> = parts.iter().map(|part| tree(&part.map)).collect();
        let expect = laid_over(&parts);
        whole += parts.iter().filter(|part| part.whole.is_some()).count();
        entries += expect.len();
        assert_eq!(read(&mut composite(&trees, &parts)), expect, "seed {seed}");
    }
    // Otherwise it would compare next to nothing.
    assert!(whole > 3000 && entries > 30_000, "{whole} whole roots, {entries} entries");
}

#[test]
fn sixty_four_trees_and_no_more() {
    let mut random = Random::new(1);
    let mut parts: Vec<Part> = (0..64).map(|_| part(&mut random)).collect();
    parts.iter_mut().for_each(|part| part.whole = None);
    let mut trees: Vec<Tree> = parts.iter().map(|part| tree(&part.map)).collect();
    assert_eq!(read(&mut composite(&trees, &parts)), laid_over(&parts));
    trees.push(tree(&parts[0].map));
    let last = Part { map: parts[0].map.clone(), whole: None };
    parts.push(last);
    let refused = composite(&trees, &parts).next().unwrap_err();
    assert!(refused.reason.contains("more than 64"), "{refused}");
}

/// Fails after so many steps.
struct Broken<'t>(TreeCursor<'t>, u32);

impl Cursor for Broken<'_> {
    fn next(&mut self) -> Result<Option<Step<'_>>, CursorError> {
        match self.1.checked_sub(1) {
            Some(left) => self.1 = left,
            None => return Err(CursorError { reason: "broken".to_owned() }),
        }
        self.0.next()
    }
}

#[test]
fn a_tree_that_cannot_be_read_on_ends_the_walk() {
    let mut random = Random::new(7);
    let trees: Vec<Tree> = (0..3).map(|_| tree(&part(&mut random).map)).collect();
    for steps in 0..3 {
        let components = trees.iter().map(|tree| Component {
            cursor: Broken(tree.cursor(), steps),
            whole: None,
            owners: &[],
            first_origin: 0,
        });
        let mut walk = Composite::new(components.collect());
        let failed = loop {
            match walk.next() {
                Ok(Some(_)) => {}
                Ok(None) => break false,
                Err(_) => break true,
            }
        };
        assert!(failed, "after {steps} steps");
    }
}

#[test]
fn packages_of_later_lists_take_the_place_of_earlier_ones() {
    let package = |name: &str, version: &str| Package {
        manager: "dpkg".to_owned(),
        name: name.to_owned(),
        architecture: "amd64".to_owned(),
        version: version.to_owned(),
        status: String::new(),
        location: String::new(),
    };
    let base = [package("a", "1"), package("b", "1"), package("c", "1")];
    let app = [package("b", "2"), package("d", "1")];
    let list = |list, complete| Packages { list, complete };
    let check =
        |lists: &[(Packages<'_>, bool)], expect: &[(&str, &str)], places: &[&[Option<u32>]]| {
            let (all, owners) = compose_packages(lists);
            let told: Vec<(&str, &str)> =
                all.iter().map(|one| (one.name.as_str(), one.version.as_str())).collect();
            assert_eq!(told, expect);
            let numbers: Vec<Vec<Option<u32>>> = owners
                .iter()
                .map(|list| list.iter().map(|id| id.map(|PackageId(id)| id)).collect())
                .collect();
            assert_eq!(numbers, places);
        };
    let union = [("a", "1"), ("b", "2"), ("c", "1"), ("d", "1")];
    let places: [&[Option<u32>]; 2] = [&[Some(0), Some(1), Some(2)], &[Some(1), Some(3)]];
    check(&[(list(&base, true), true), (list(&app, true), false)], &union, &places);
    // What a whole root lists incompletely, it does not deny.
    check(&[(list(&base, true), true), (list(&app, false), true)], &union, &places);
    check(
        &[(list(&base, true), true), (list(&app, true), true)],
        &[("b", "2"), ("d", "1")],
        &[&[None, Some(0), None], &[Some(0), Some(1)]],
    );
    // A root without a package database says nothing of packages.
    let all = [("a", "1"), ("b", "1"), ("c", "1")];
    let places: [&[Option<u32>]; 2] = [&[Some(0), Some(1), Some(2)], &[]];
    check(&[(list(&base, true), true), (list(&[], true), true)], &all, &places);
    // Several versions of one name, as rpm has kernels, stay together.
    let kernels = [package("k", "1"), package("k", "2")];
    check(
        &[(list(&base[..1], true), true), (list(&kernels, true), false)],
        &[("a", "1"), ("k", "1"), ("k", "2")],
        &[&[Some(0)], &[Some(1), Some(2)]],
    );
}
