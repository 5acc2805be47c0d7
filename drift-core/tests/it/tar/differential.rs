//! Random structured archives, read by GNU tar, Python's tarfile and drift.
//!
//! Whatever drift accepts without a word must be what the others read. A difference is explained by
//! one line of [`EXPLAINED`], or it fails the test. Refusing is always allowed, but not for an archive in
//! which nothing is odd.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::path::Path;
use std::process::Command;

use drift_core::model::{Entry, FileType, Observed, Precision};
use drift_testkit::need;
use serde_json::Value;

use super::{Captured, capture};

/// The archives of the core tier, and those of the full one.
const CORE: u32 = 1_000;
const FULL: u32 = 10_000;

/// A difference between drift and another reader.
struct Difference {
    reader: &'static str,
    path: String,
    what: &'static str,
    ours: String,
    theirs: String,
}

/// One archive with all that three readers made of it.
struct Case {
    tags: BTreeSet<String>,
    document: Value,
    captured: Captured,
    /// Paths at which drift reports a problem.
    reported: BTreeSet<String>,
}

type Explanation = (&'static str, fn(&Case, &Difference) -> bool);

/// Why readers may differ; the first line that holds is counted.
const EXPLAINED: &[Explanation] = &[
    ("drift reports a problem there or above", |case, difference| {
        // One that belongs to no path says that entries were left out.
        let left_out = difference.what == "presence" || difference.what == "nlink";
        (left_out && case.reported.contains(""))
            || prefixes(&difference.path).any(|path| case.reported.contains(path))
    }),
    (
        "drift does not read a file with such a map of holes, and tells whoever asks",
        |case, difference| case.is_unread(&difference.path),
    ),
    ("a hard link that drift reports is one more name to GNU tar", |case, difference| {
        let theirs = &case.document["gnu"]["entries"];
        let names = difference.theirs.parse().ok();
        let is_name = |path: &String| names.is_some() && theirs[path]["nlink"].as_u64() == names;
        difference.what == "nlink" && case.reported.iter().any(is_name)
    }),
    (
        "GNU tar stops within an extended header that lies, and loses what it says of others",
        |case, difference| {
            let said = case.document["gnu"]["said"].as_str().unwrap_or_default();
            difference.reader == "gnu" && said.contains("Malformed extended header")
        },
    ),
    ("tarfile forgets the global header at a sparse file of the old form", |case, difference| {
        let is_global = difference.what == "uid" || difference.what == "mtime";
        difference.reader == "python" && is_global && case.tags.contains("global-uid")
    }),
    ("GNU tar gives up on the archive or an entry, and says so", |case, difference| {
        let misses = difference.theirs == "absent" || difference.what == "nlink";
        difference.reader == "gnu" && misses && case.document["gnu"]["code"] != 0
    }),
    (
        "GNU tar loses the end of a last entry without its padding; drift reports the missing end",
        |case, difference| {
            let said = case.document["gnu"]["said"].as_str().unwrap_or_default();
            let cut = case.tags.contains("cut") && said.contains("Unexpected EOF in archive");
            difference.reader == "gnu" && cut && case.reported.contains("")
        },
    ),
    ("a volume label is an object to tarfile alone", |_, difference| {
        difference.reader == "python" && difference.path == "volume" && difference.ours == "absent"
    }),
    ("tarfile ends at a header that it cannot read", |case, difference| {
        difference.reader == "python" && difference.theirs == "absent" && !case.tags.is_empty()
    }),
];

impl Case {
    /// Returns whether the content of a file is not known.
    fn is_unread(&self, path: &str) -> bool {
        let tree = &self.captured.frozen.tree;
        let found = tree.rows().find(|row| latin(tree.path(*row).as_bytes()) == path);
        let is_file = |row: &_| tree.file_type(*row) == FileType::File;
        found.filter(is_file).is_some_and(|row| tree.digest(row).seen().is_none())
    }
}

/// A path and all above it, without the root.
fn prefixes(path: &str) -> impl Iterator<Item = &str> {
    path.match_indices('/').map(|(at, _)| path.get(..at).unwrap_or_default()).chain([path])
}

#[derive(Default)]
struct Counts {
    agreed: u32,
    refused: u32,
    wellformed: u32,
    entries: u64,
    explained: BTreeMap<&'static str, u64>,
    unexplained: Vec<String>,
}

#[test]
fn a_thousand_random_archives_mean_the_same_to_three_readers() {
    judge(1, CORE);
}

#[test]
fn ten_thousand_random_archives_mean_the_same_to_three_readers() {
    let Some(()) = need::full_tier() else { return };
    judge(2, FULL);
}

fn judge(seed: u32, count: u32) {
    let (Some(()), Some(_)) = (need::mount(), need::tool("python3")) else { return };
    let mut counts = Counts::default();
    for first in (0..count).step_by(CORE as usize) {
        batch(seed, first, &mut counts);
    }
    let Counts { agreed, refused, wellformed, entries, explained, unexplained } = counts;
    let differing = count - agreed - refused;
    println!(
        "{count} archives, {wellformed} with nothing odd: {agreed} agreed, {refused} refused, \
         {differing} with differences; {entries} entries compared"
    );
    for (why, count) in &explained {
        println!("{count:7} explained: {why}");
    }
    println!("{} unexplained", unexplained.len());
    let shown = unexplained.get(..unexplained.len().min(40)).unwrap_or_default().join("\n");
    assert!(unexplained.is_empty(), "{shown}");
}

/// Has a thousand archives made and read, and judges them.
fn batch(seed: u32, first: u32, counts: &mut Counts) {
    let base = tempfile::tempdir().expect("a directory");
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fixtures/tar/differential.py");
    let numbers = [seed, first, CORE].map(|number| number.to_string());
    let answers = base.path().join("answers");
    let ended = Command::new("unshare")
        .args(["--mount", "python3"])
        .args([script.as_path(), base.path()])
        .args(&numbers)
        .stdout(File::create(&answers).expect("a file"))
        .status();
    assert!(ended.expect("it starts").success(), "the readers failed");
    let answers = std::fs::read_to_string(answers).expect("answers");
    assert_eq!(answers.lines().count(), CORE as usize);
    for line in answers.lines() {
        let document: Value = serde_json::from_str(line).expect("JSON");
        let path = base.path().join(format!("{}.tar", document["number"]));
        one(document, &path, counts);
    }
}

fn one(document: Value, path: &Path, counts: &mut Counts) {
    let tags: BTreeSet<String> = list(&document["tags"]).map(str::to_owned).collect();
    counts.wellformed += u32::from(tags.is_empty());
    let number = document["number"].clone();
    let captured = match capture(path) {
        Ok(captured) => captured,
        Err(error) => {
            counts.refused += 1;
            if tags.is_empty() {
                counts.unexplained.push(format!("{number}: nothing is odd, and refused: {error}"));
            }
            return;
        }
    };
    let reported = captured.frozen.problems.iter().map(|problem| latin(problem.path.as_bytes()));
    let case = Case { reported: reported.collect(), tags, document, captured };
    if case.tags.is_empty() && !case.reported.is_empty() {
        let reasons = case.captured.reasons();
        counts.unexplained.push(format!("{number}: nothing is odd, and reported: {reasons:?}"));
    }
    let mut differences = Vec::new();
    counts.entries += against(&case, "gnu", &mut differences);
    counts.entries += against(&case, "python", &mut differences);
    counts.agreed += u32::from(differences.is_empty());
    for difference in differences {
        match EXPLAINED.iter().find(|(_, holds)| holds(&case, &difference)) {
            Some((why, _)) => *counts.explained.entry(why).or_default() += 1,
            None => counts.unexplained.push(format!(
                "{number} {:?}: {:?} {} is {} to drift and {} to {}: {}",
                case.tags,
                difference.path,
                difference.what,
                difference.ours,
                difference.theirs,
                difference.reader,
                case.document[difference.reader]["said"]
            )),
        }
    }
}

/// Compares with one reader, and returns how many entries both have.
fn against(case: &Case, reader: &'static str, differences: &mut Vec<Difference>) -> u64 {
    let tree = &case.captured.frozen.tree;
    let theirs = case.document[reader]["entries"].as_object().expect("entries");
    let mut ours = BTreeMap::new();
    for row in tree.rows() {
        ours.insert(latin(tree.path(row).as_bytes()), tree.entry(row));
    }
    let mut both = 0;
    let mut add = |path: &str, what, ours: String, theirs: String| {
        let path = path.to_owned();
        differences.push(Difference { reader, path, what, ours, theirs });
    };
    for (path, entry) in ours.iter().filter(|(path, _)| !path.is_empty()) {
        let Some(their) = theirs.get(path) else {
            add(path, "presence", entry.file_type.to_string(), "absent".to_owned());
            continue;
        };
        both += 1;
        for (what, ours, theirs) in attributes(case, entry, their) {
            if ours != theirs {
                add(path, what, ours, theirs);
            }
        }
    }
    for path in theirs.keys().filter(|path| !path.is_empty() && !ours.contains_key(*path)) {
        add(path, "presence", "absent".to_owned(), theirs[path]["type"].to_string());
    }
    both
}

/// Returns what both say of an entry.
fn attributes(case: &Case, entry: &Entry, their: &Value) -> Vec<(&'static str, String, String)> {
    let number = |value: &Value| value.as_u64().map_or("?".to_owned(), |value| value.to_string());
    let kind = their["type"].as_str().unwrap_or_default();
    let mut found = Vec::new();
    // Another name of an object: the attributes of its own member count for nobody, and how many
    // names are left in the end GNU tar's extraction shows.
    if kind == "hard" {
        let ours = if entry.file_type == FileType::Directory { "directory" } else { "hard" };
        found.push(("type", ours.to_owned(), "hard".to_owned()));
        return found;
    }
    found.push(("type", entry.file_type.to_string(), kind.to_owned()));
    if entry.file_type.to_string() != kind {
        return found;
    }
    let is_link = entry.file_type == FileType::Symlink;
    if !is_link {
        found.push(("mode", said(entry.mode), number(&their["mode"])));
    }
    found.push(("uid", said(entry.uid), number(&their["uid"])));
    found.push(("gid", said(entry.gid), number(&their["gid"])));
    found.extend(times(case, entry, &their["mtime"]));
    if entry.file_type == FileType::File {
        found.push(("size", said(entry.size), number(&their["size"])));
        let digest = match &entry.digest {
            Observed::Is(digest) => digest.to_string().replace("sha256:", ""),
            _ => "unread".to_owned(),
        };
        found.push(("digest", digest, their["digest"].as_str().unwrap_or_default().to_owned()));
    }
    if let (true, Observed::Is(target)) = (is_link, &entry.link_target) {
        let theirs = their["link"].as_str().unwrap_or_default().to_owned();
        found.push(("link", latin(target), theirs));
    }
    if let (Observed::Is(rdev), Some(_)) = (entry.rdev, their.get("rdev")) {
        let ours = format!("[{},{}]", rdev.major, rdev.minor);
        found.push(("rdev", ours, their["rdev"].to_string()));
    }
    if let (Some(nlink), true) = (their.get("nlink"), entry.file_type != FileType::Directory) {
        found.push(("nlink", said(entry.nlink), number(nlink)));
    }
    if let (Some(theirs), Observed::Is(ours)) = (their["xattr"].as_object(), &entry.xattrs) {
        let ours: BTreeMap<String, String> =
            ours.iter().map(|(name, value)| (latin(name), latin(value))).collect();
        let theirs: BTreeMap<String, String> = theirs
            .iter()
            .map(|(name, value)| (name.clone(), value.as_str().unwrap_or_default().to_owned()))
            .collect();
        found.push(("xattr", format!("{ours:?}"), format!("{theirs:?}")));
    }
    found
}

/// Whole seconds where the archive carries no more; tarfile gives a number with a fraction.
fn times(case: &Case, entry: &Entry, their: &Value) -> Option<(&'static str, String, String)> {
    let Observed::Is(time) = entry.mtime else { return None };
    let fine = case.captured.carries.mtime == Precision::Nanosecond;
    if let Some(parts) = their.as_array() {
        let nanoseconds = if fine { parts[1].as_u64()? } else { 0 };
        let ours = format!("{}.{:09}", time.seconds, if fine { time.nanoseconds } else { 0 });
        return Some(("mtime", ours, format!("{}.{nanoseconds:09}", parts[0])));
    }
    let ours = time.seconds as f64 + f64::from(time.nanoseconds) / 1e9;
    let near = (ours - their.as_f64()?).abs() < 0.000_01;
    let theirs = if near { ours.to_string() } else { their.to_string() };
    Some(("mtime", ours.to_string(), theirs))
}

fn said<T: ToString>(value: Observed<T>) -> String {
    match value {
        Observed::Is(value) => value.to_string(),
        _ => "unobserved".to_owned(),
    }
}

fn list(value: &Value) -> impl Iterator<Item = &str> {
    value.as_array().into_iter().flatten().filter_map(Value::as_str)
}

/// Bytes as the characters of the same numbers.
fn latin(bytes: &[u8]) -> String {
    bytes.iter().map(|&byte| char::from(byte)).collect()
}
