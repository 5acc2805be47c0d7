//! Random small images, each unpacked by `umoci` into a directory and looked at with nothing but
//! system calls: what it wrote is what the merged tree must say, attribute by attribute.
//!
//! Names are few, so that layers meet: links to directories, hard links over layers, whiteouts and
//! opaque directories at every place. Where readers disagree, drift reports a problem and the image
//! counts as explained; that most are compared is asserted.

use std::collections::BTreeMap;
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::{FileTypeExt as _, MetadataExt as _};
use std::path::Path;
use std::process::Command;

use drift_core::model::{Entry, FileType, Observed, TreePath, hex};
use drift_testkit::need;

use super::layout::{self, Coding, Layer, layer};
use super::{Merged, merge};

const IMAGES: u64 = 150;

const IMPLIED: &str = "directory that no layer has";

/// The whole of an entry but its path, in words.
type Words = BTreeMap<String, String>;

#[test]
fn what_umoci_unpacks_is_what_is_merged() {
    let (Some(umoci), Some(())) = (need::tool("umoci"), need::root()) else { return };
    let mut counts: BTreeMap<&str, u32> = BTreeMap::new();
    for seed in 0..IMAGES {
        let image = image(seed);
        let outcome = compare(&umoci, &image)
            .unwrap_or_else(|difference| panic!("image {seed}\n{}\n{difference}", shown(&image)));
        *counts.entry(outcome).or_default() += 1;
    }
    println!("layers against umoci, {IMAGES} images: {counts:?}");
    let equal = counts.get("equal").copied().unwrap_or(0);
    assert!(u64::from(equal) >= IMAGES / 3, "too little was compared: {counts:?}");
}

fn shown(image: &[Vec<String>]) -> String {
    let layers = image.iter().map(|lines| lines.join("\n"));
    layers.collect::<Vec<_>>().join("\n--\n")
}

fn compare(umoci: &Path, image: &[Vec<String>]) -> Result<&'static str, String> {
    let directory = tempfile::tempdir().expect("a directory");
    let (layout, root) = (directory.path().join("layout"), directory.path().join("root"));
    std::fs::create_dir(&layout).expect("makes");
    let codings = [Coding::Gzip, Coding::Plain];
    let layers = image.iter().zip(codings.iter().cycle());
    let layers: Vec<Layer> =
        layers.map(|(lines, coding)| Layer { coding: *coding, ..layer(lines) }).collect();
    layout::write_true(&layout, &layers);
    let merged = merge(&layout, 2).map_err(|error| error.to_string())?;
    let unpacked = Command::new(umoci)
        .args(["raw", "unpack", "--image"])
        .arg(format!("{}:t", layout.display()))
        .arg(&root)
        .output()
        .expect("umoci starts");
    let problems = merged.reasons();
    let left_open = problems.iter().any(|problem| !problem.contains("no layer has an entry"));
    if !unpacked.status.success() {
        let error = String::from_utf8_lossy(&unpacked.stderr).into_owned();
        return if left_open {
            Ok("refused by umoci, reported by drift")
        } else {
            Err(format!("umoci fails and drift reports nothing: {error}"))
        };
    }
    let difference = difference(&words_of(&merged), &words_at(&root));
    match (difference, left_open) {
        (None, false) => Ok("equal"),
        (None, true) => Ok("equal, with problems"),
        (Some(_), true) => Ok("different, with problems"),
        (Some(difference), false) => Err(difference),
    }
}

fn difference(merged: &Words, unpacked: &Words) -> Option<String> {
    let lines: Vec<String> = merged
        .keys()
        .chain(unpacked.keys())
        .filter(|path| !same(merged.get(*path), unpacked.get(*path)))
        .map(|path| {
            let side = |words: &Words| words.get(path).cloned().unwrap_or("-".to_owned());
            format!("{path}\n  drift {}\n  umoci {}", side(merged), side(unpacked))
        })
        .collect();
    (!lines.is_empty()).then(|| lines.join("\n"))
}

/// What a directory without an entry is, no image says. And umoci leaves a directory in which it
/// removed something with the time of the removal.
fn same(merged: Option<&String>, unpacked: Option<&String>) -> bool {
    let (Some(merged), Some(unpacked)) = (merged, unpacked) else { return merged == unpacked };
    if merged == IMPLIED {
        return unpacked.starts_with("directory|");
    }
    let fields = |words: &str| words.split('|').map(str::to_owned).collect::<Vec<String>>();
    let (mut merged, mut unpacked) = (fields(merged), fields(unpacked));
    let written = unpacked[4].parse::<i64>().expect("a time") > 1_700_001_000;
    if merged[0] == "directory" && written {
        merged[4].clear();
        unpacked[4].clear();
    }
    merged == unpacked
}

fn words_of(merged: &Merged) -> Words {
    let tree = &merged.frozen.tree;
    let implied: Vec<TreePath> = implied(merged);
    let rows = tree.rows().filter(|row| !tree.path(*row).is_root());
    rows.map(|row| {
        let path = tree.path(row);
        let words = if implied.contains(&path) {
            IMPLIED.to_owned()
        } else {
            entry_words(&tree.entry(row), &merged.content(row))
        };
        (path.to_string().trim_start_matches('/').to_owned(), words)
    })
    .collect()
}

/// Directories without an entry in any layer have no origin.
fn implied(merged: &Merged) -> Vec<TreePath> {
    let tree = &merged.frozen.tree;
    let rows = tree
        .rows()
        .filter(|row| tree.file_type(*row) == FileType::Directory && tree.origin(*row).is_none());
    rows.map(|row| tree.path(row)).collect()
}

fn entry_words(entry: &Entry, content: &str) -> String {
    let link = match (&entry.file_type, &entry.link_target) {
        (FileType::Symlink, Observed::Is(target)) => String::from_utf8_lossy(target).into_owned(),
        _ => String::new(),
    };
    let seen = |value: Option<String>| value.unwrap_or("?".to_owned());
    let mode = match entry.file_type {
        FileType::Symlink => String::new(),
        _ => seen(entry.mode.seen().map(|mode| format!("{mode:o}"))),
    };
    let xattrs = entry.xattrs.seen().into_iter().flat_map(|xattrs| xattrs.iter());
    let xattrs: Vec<String> = xattrs
        .map(|(name, value)| format!("{}={}", String::from_utf8_lossy(name), hex(value)))
        .collect();
    let several = entry.nlink.seen().is_some_and(|nlink| *nlink > 1);
    [
        entry.file_type.to_string(),
        mode,
        seen(entry.uid.seen().map(u32::to_string)),
        seen(entry.gid.seen().map(u32::to_string)),
        seen(entry.mtime.seen().map(|time| time.seconds.to_string())),
        if entry.file_type == FileType::File { content.to_owned() } else { link },
        entry
            .rdev
            .seen()
            .map(|device| format!("{},{}", device.major, device.minor))
            .unwrap_or_default(),
        match &entry.hardlinks {
            Observed::Is(first) if several => {
                format!("as {}", first.to_string().trim_start_matches('/'))
            }
            _ => String::new(),
        },
        xattrs.join(","),
    ]
    .join("|")
}

fn words_at(root: &Path) -> Words {
    let paths: Vec<_> = walkdir::WalkDir::new(root)
        .min_depth(1)
        .into_iter()
        .map(|entry| entry.expect("walks").path().to_owned())
        .collect();
    let mut first: BTreeMap<u64, TreePath> = BTreeMap::new();
    let path_of = |path: &Path| {
        TreePath::parse(path.strip_prefix(root).expect("below").as_os_str().as_bytes())
            .expect("good")
    };
    for path in &paths {
        let inode = path.symlink_metadata().expect("there").ino();
        let path = path_of(path);
        let known = first.entry(inode).or_insert_with(|| path.clone());
        if path < *known {
            *known = path;
        }
    }
    paths
        .iter()
        .map(|path| {
            let metadata = path.symlink_metadata().expect("there");
            let (kind, mode) = (metadata.file_type(), metadata.mode());
            let what = if kind.is_file() {
                String::from_utf8_lossy(&std::fs::read(path).expect("reads")).into_owned()
            } else if kind.is_symlink() {
                std::fs::read_link(path).expect("reads").to_string_lossy().into_owned()
            } else {
                String::new()
            };
            let device = metadata.rdev();
            let several = !kind.is_dir() && metadata.nlink() > 1;
            let words = [
                FileType::from_mode(mode).to_string(),
                if kind.is_symlink() { String::new() } else { format!("{:o}", mode & 0o7777) },
                metadata.uid().to_string(),
                metadata.gid().to_string(),
                metadata.mtime().to_string(),
                what,
                if kind.is_char_device() {
                    format!("{},{}", rustix::fs::major(device), rustix::fs::minor(device))
                } else {
                    String::new()
                },
                match first.get(&metadata.ino()) {
                    Some(first) if several => {
                        format!("as {}", first.to_string().trim_start_matches('/'))
                    }
                    _ => String::new(),
                },
                xattrs(path).join(","),
            ]
            .join("|");
            (path_of(path).to_string().trim_start_matches('/').to_owned(), words)
        })
        .collect()
}

fn xattrs(path: &Path) -> Vec<String> {
    let mut names = vec![0; 1 << 16];
    let length = rustix::fs::llistxattr(path, &mut names).expect("lists");
    let names = names[..length].split(|&byte| byte == 0).filter(|name| !name.is_empty());
    let mut pairs: Vec<String> = names
        .map(|name| {
            let mut value = vec![0; 1 << 16];
            let length = rustix::fs::lgetxattr(path, name, &mut value).expect("reads");
            format!("{}={}", String::from_utf8_lossy(name), hex(&value[..length]))
        })
        .collect();
    pairs.sort();
    pairs
}

/// A run of numbers that is the same on every machine.
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, limit: usize) -> usize {
        self.0 =
            self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from((self.0 >> 33) % limit as u64).expect("small")
    }

    fn of<'a>(&mut self, choices: &[&'a str]) -> &'a str {
        choices[self.below(choices.len())]
    }
}

/// Lines for each layer of an image; every second one of names without whiteouts after additions,
/// which leaves nothing to disagree on.
fn image(seed: u64) -> Vec<Vec<String>> {
    let mut numbers = Numbers(seed.wrapping_mul(7919).wrapping_add(1));
    for _ in 0..3 {
        numbers.below(2);
    }
    let tame = seed.is_multiple_of(2);
    let layers = 2 + numbers.below(4);
    (0..layers)
        .map(|number| {
            let mut lines = Vec::new();
            if number == 0 {
                for directory in ["a", "a/b", "c"] {
                    lines.push(format!("d {directory}"));
                }
                lines.push("l l a".to_owned());
                lines.push("l c/m ../a/b".to_owned());
                for directory in &DIRECTORIES[..4] {
                    for name in NAMES {
                        lines.push(format!("f {directory}{name} low"));
                    }
                }
            }
            let count = 3 + numbers.below(9);
            let mut linked = None;
            let lines_of = (0..count).filter_map(|_| line(&mut numbers, tame, &mut linked));
            let mut added: Vec<String> = lines_of.collect();
            if number > 0 {
                let removals = numbers.below(4);
                let removed =
                    (0..removals).map(|_| whiteout(&mut numbers, tame)).collect::<Vec<_>>();
                if tame {
                    lines.extend(removed)
                } else {
                    added.extend(removed)
                }
                if !tame && !added.is_empty() {
                    let turn = numbers.below(added.len());
                    added.rotate_left(turn);
                }
            }
            lines.extend(added);
            lines
        })
        .collect()
}

const DIRECTORIES: &[&str] = &["", "a/", "a/b/", "c/", "l/", "c/m/"];
const NAMES: &[&str] = &["x", "y", "z"];

/// What stands at directories and links to them changes seldom, or most images would have entries
/// below what is no directory.
/// Hard links lead to the last file of the layer, for else most would lead nowhere.
fn line(numbers: &mut Numbers, tame: bool, linked: &mut Option<String>) -> Option<String> {
    let path = format!("{}{}", numbers.of(DIRECTORIES), numbers.of(NAMES));
    let owner = numbers.below(3) * 1000;
    let content = numbers.below(100);
    if !tame && numbers.below(12) == 0 {
        return Some(match numbers.below(3) {
            0 => format!("f {} {content}", numbers.of(&["a", "c", "l", "a/b"])),
            1 => format!("l {} {}", numbers.of(&["a/b", "c"]), numbers.of(&["/a", "../c", "x"])),
            _ => format!("f {}/in/{} {content}", numbers.of(&["new", "c", "l"]), numbers.of(NAMES)),
        });
    }
    let line = match numbers.below(12) {
        0..=3 => format!("f {path} {content} {} {owner}", numbers.of(&["644", "4755", "600"])),
        4 => format!("d {path} _ {} {owner}", numbers.of(&["755", "1777", "700"])),
        5 => format!("l {path} {}", numbers.of(&["a", "/c", "../a/b", "x", "../../../c"])),
        6 => format!("p {path} _ 600 {owner}"),
        7 => format!("f {path} {content} 644 {owner} user.k={content}"),
        8 => format!("c {path} {content},7 660 {owner}"),
        9 => format!("d {} _ {}", numbers.of(&["a", "a/b", "c"]), numbers.of(&["750", "711"])),
        10 if !tame => format!("d {} _ 750", numbers.of(&["l", "c/m"])),
        _ if tame || numbers.below(8) > 0 => format!("h {path} {}", linked.as_deref()?),
        _ => format!("h {path} {}{}", numbers.of(DIRECTORIES), numbers.of(NAMES)),
    };
    let words: Vec<&str> = line.split(' ').collect();
    if let ("f", Some(mode), Some(owner)) = (words[0], words.get(3), words.get(4)) {
        // A link is written with the attributes of what it names.
        *linked = Some(format!("{} {mode} {owner}", words[1]));
    } else if linked.as_ref().is_some_and(|linked| linked.starts_with(&format!("{path} "))) {
        *linked = None;
    }
    Some(line)
}

fn whiteout(numbers: &mut Numbers, tame: bool) -> String {
    let directories = if tame { &DIRECTORIES[..4] } else { DIRECTORIES };
    let directory = numbers.of(directories);
    match numbers.below(8) {
        0 if !directory.is_empty() => format!("f {directory}.wh..wh..opq"),
        1 if !tame => {
            format!("f {}", numbers.of(&[".wh.a", "a/.wh.b", ".wh.c", ".wh.l", ".wh..wh..opq"]))
        }
        _ => format!("f {directory}.wh.{}", numbers.of(NAMES)),
    }
}
