//! Files that this writer never makes: later versions, and blocks that break one rule each.

use std::sync::Arc;

use crate::bounds::{Cancel, Pool};
use crate::model::{
    AttributeSet, BlobDigest, Carries, Cursor as _, Device, Digest, Exclusion, FileType, Flags,
    Found, HistoryStep, Identity, Image, ImageConfig, ImageSecret, Intake, Layer, LayerId, Listing,
    Mount, Observed, Package, PackageId, Platform, Precision, Problem, RowId, RuleId, Snapshot,
    SourceKind, Stage, Time, TreePath, Xattrs,
};

use super::block::COLUMNS;
use super::container::Container;
use super::cursor::BaselineCursor;
use super::frame::Codec;
use super::index::{self, Block, Section, Tag};
use super::wire::{put, put_bytes, put_field};
use super::{Error, Newer, UnverifiedSnapshot, encode, layout, likeness};

fn small(names: &[&str]) -> Snapshot {
    let intake = Intake::default();
    let root = intake.root(Found::plain(b"", FileType::Directory, RuleId(0)));
    let file = |name: &&str| Found {
        digest: Some(Digest::sha256_of(name.as_bytes())),
        ..Found::plain(name.as_bytes(), FileType::File, RuleId(0))
    };
    intake.listing(root, Listing::Complete, names.iter().map(file).collect());
    let frozen = intake.freeze();
    Snapshot {
        kind: SourceKind::Memory,
        locator: String::new(),
        identity: Identity::default(),
        carries: Carries { attributes: AttributeSet::all(), mtime: Precision::Nanosecond },
        rules: String::new(),
        image: None,
        tree: frozen.tree,
        packages: Vec::new(),
        packages_complete: true,
        coverage: frozen.coverage,
        problems: frozen.problems,
    }
}

/// A snapshot with something in every column and section.
fn rich() -> Snapshot {
    let mut snapshot = small(&[]);
    let intake = Intake::default();
    let root = intake.root(Found::plain(b"", FileType::Directory, RuleId(0)));
    let pair = |name: &[u8], value: &[u8]| (name.into(), value.into());
    let plain = |name: &[u8], file_type| Found {
        xattrs: Observed::Is(Xattrs::new(vec![pair(b"user.a", b"1"), pair(b"user.b", name)])),
        nlink: 2,
        identity: (1, name.len() as u64),
        link_target: Observed::Is(name.into()),
        mtime: Time { seconds: -5, nanoseconds: 7 },
        rdev: Some(Device { major: 8, minor: 1 }),
        digest: Some(Digest::sha256_of(name)),
        flags: Observed::Is(Flags { immutable: true, append: false }),
        origin: Some(LayerId(u16::from(name[0] > b'd'))),
        ..Found::plain(name, file_type, RuleId(0))
    };
    let children = FileType::ALL.map(|file_type| plain(file_type.name().as_bytes(), file_type));
    for (_, directory) in intake.listing(root, Listing::Complete, children.to_vec()) {
        let below = vec![plain(b"x", FileType::File), Found::unobserved(b"y", RuleId(0))];
        intake.listing(directory, Listing::Partial, below);
    }
    let text = |text: &str| text.to_owned();
    snapshot.tree = intake.freeze().tree;
    snapshot.packages = vec![Package {
        manager: text("dpkg"),
        name: text("p"),
        architecture: text("all"),
        version: text("1"),
        status: text("ok"),
        location: String::new(),
    }];
    snapshot.tree.set_owner(RowId(2), PackageId(0));
    let mount =
        Mount { path: TreePath::root().join(b"m"), file_system: text("ext4"), is_inert: false };
    snapshot.coverage.mounts_entered = vec![mount.clone()];
    snapshot.coverage.mounts_not_entered = vec![mount];
    snapshot.coverage.excluded = vec![Exclusion { rule: text("ignore /x"), entries: 3 }];
    snapshot.problems = vec![Problem {
        path: TreePath::root(),
        stage: Stage::Read,
        reason: text("why"),
        errno: Some("EIO"),
    }];
    snapshot.image = Some(image());
    snapshot
}

/// An image with something in every field.
fn image() -> Image {
    let digest = |digit: &str| BlobDigest::parse(&format!("sha256:{}", digit.repeat(64))).unwrap();
    let texts = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect::<Vec<_>>();
    let pair = |name: &str| vec![(name.to_owned(), "value".to_owned())];
    let command = |text: &str| Some(text.to_owned());
    Image {
        manifest: Some(digest("a")),
        config_digest: Some(digest("b")),
        reference: Some(String::new()),
        platform: Platform::parse("linux/arm64/v8").unwrap(),
        layers: vec![
            Layer {
                digest: Some(digest("c")),
                diff_id: digest("d"),
                size: u64::MAX,
                created_by: command("ADD rootfs.tar /"),
            },
            Layer { digest: None, diff_id: digest("e"), size: 0, created_by: None },
        ],
        history: vec![
            HistoryStep { created: command("then"), created_by: command("x"), layer: Some(1) },
            HistoryStep::default(),
        ],
        config: ImageConfig {
            user: command("nobody"),
            entrypoint: texts(&["/bin/sh", "-c"]),
            command: texts(&[""]),
            healthcheck: texts(&["CMD-SHELL", "true"]),
            environment: texts(&["LANG", "PATH"]),
            environment_values: pair("PATH"),
            working_directory: command("/"),
            exposed_ports: texts(&["80/tcp"]),
            volumes: texts(&["/data"]),
            stop_signal: command("SIGINT"),
            labels: pair("label"),
        },
        annotations: pair("annotation"),
        size: 7,
        secrets: vec![ImageSecret { location: "config.env.KEY".to_owned(), kind: "token".into() }],
    }
}

/// A file taken apart: sections with the raw bytes of their blocks.
#[derive(Clone)]
struct Parts(Vec<(Section, Vec<Vec<u8>>)>);

impl Parts {
    /// Takes a file apart; its blocks are small and stored raw after [`Parts::file`].
    fn of(snapshot: &Snapshot) -> Self {
        let file = encode(snapshot).unwrap().bytes;
        let parts = layout::divide(&file).unwrap();
        let mut sections = index::read_index("test", parts.logical).unwrap();
        sections.extend(index::read_index("test", parts.aside).unwrap());
        let blocks = sections.iter_mut().flat_map(|section| &mut section.blocks);
        index::place_blocks(parts.physical, parts.frames, blocks).unwrap();
        let raw = |block: &Block| {
            let stored = &parts.frames[block.place.clone()];
            super::frame::restore(block.codec, stored, block.raw).unwrap()
        };
        let with = |section: Section| {
            let blocks = section.blocks.iter().map(raw).collect();
            (section, blocks)
        };
        Self(sections.into_iter().map(with).collect())
    }

    fn section(&mut self, tag: Tag) -> &mut (Section, Vec<Vec<u8>>) {
        self.0.iter_mut().find(|(section, _)| section.tag == tag).unwrap()
    }

    fn add(&mut self, tag: Tag, critical: bool) {
        let section = Section { tag, critical, revision: 1, blocks: Vec::new() };
        self.0.insert(3, (section, Vec::new()));
    }

    /// Puts the file together again with lengths and digests that fit.
    fn file(self) -> Arc<[u8]> {
        self.file_that_says(|_| ())
    }

    /// Puts the file together with an index in which something else was written.
    fn file_that_says(mut self, say: impl FnOnce(&mut Self)) -> Arc<[u8]> {
        let mut file = layout::header();
        let mut physical = Vec::new();
        for (section, raw) in &mut self.0 {
            for (block, raw) in section.blocks.iter_mut().zip(raw.iter()) {
                (block.raw, block.digest) = (raw.len() as u64, drift_lanes::sha256(raw));
                index::put_storage(&mut physical, Codec::Raw, raw.len());
                file.extend_from_slice(raw);
            }
        }
        say(&mut self);
        let (aside, logical): (Vec<Section>, Vec<Section>) = self
            .0
            .into_iter()
            .map(|(section, _)| section)
            .partition(|one| index::ASIDE.contains(&one.tag));
        let [logical, aside] = [logical, aside].map(|sections| {
            let mut out = Vec::new();
            index::put_index(&mut out, sections.iter());
            out
        });
        layout::close(&mut file, &logical, &aside, &physical);
        file.into()
    }
}

/// Reads everything, and says how many entries there are or why not.
fn read(parts: Parts) -> Result<u64, Error> {
    let container = Container::decode(parts.file())?;
    // Looking for the last possible path walks the one block that there is, with the whole error.
    BaselineCursor::find(&container, &TreePath::from_joined(vec![0xff; 9]))?;
    let mut cursor = BaselineCursor::new(&container);
    let mut entries = 0;
    while let Some(_step) = cursor.next().unwrap() {
        entries += 1;
    }
    Ok(entries)
}

fn reason(parts: Parts) -> String {
    read(parts).unwrap_err().to_string()
}

#[test]
fn a_file_put_together_again_reads_the_same() {
    assert_eq!(read(Parts::of(&small(&["a", "b"]))), Ok(3));
}

#[test]
fn unknown_sections() {
    let mut parts = Parts::of(&small(&["a"]));
    parts.add(*b"SETT", false);
    let stored = UnverifiedSnapshot::decode(parts.file()).unwrap();
    assert_eq!(stored.sections_not_read(), ["SETT"]);
    let mut parts = Parts::of(&small(&["a"]));
    parts.add(*b"SETT", true);
    assert_eq!(read(parts), Err(Error::Section { tag: "SETT".to_owned(), revision: 1 }));
    let mut parts = Parts::of(&small(&["a"]));
    parts.section(index::ENTR).0.revision = 2;
    assert_eq!(read(parts), Err(Error::Section { tag: "ENTR".to_owned(), revision: 2 }));
    let mut parts = Parts::of(&small(&["a"]));
    parts.section(index::VOLA).0.revision = 2;
    let stored = UnverifiedSnapshot::decode(parts.file()).unwrap();
    assert_eq!(stored.sections_not_read(), ["VOLA"]);
}

/// A file may be signed and still say of a block what is not so: that it holds what the target has.
#[test]
fn an_index_that_lies_hides_nothing() {
    let target = small(&["a", "b"]);
    let (pool, cancel) = (Pool::new(2).unwrap(), Cancel::new());
    let alike = |file: Arc<[u8]>| {
        let stored = UnverifiedSnapshot::decode(file).unwrap();
        let newer = Newer::Captured(&target.tree);
        let found = likeness(Some(stored.blocks()), newer, &[], (&pool, &cancel), || ()).unwrap();
        let mut cursor = stored.unverified_cursor();
        let walked = loop {
            match cursor.next() {
                Ok(Some(_)) => {}
                Ok(None) => break Ok(()),
                Err(error) => break Err(error.to_string()),
            }
        };
        (found.alike.len(), walked)
    };
    let honest = Parts::of(&target);
    assert_eq!(alike(honest.clone().file()), (1, Ok(())));
    for tag in [index::ENTR, index::DIGS, index::OWNS] {
        let mut parts = honest.clone();
        let promised = drift_lanes::sha256(&parts.section(tag).1[0]);
        let last = parts.section(tag).1[0].last_mut().unwrap();
        *last = last.wrapping_add(1);
        let file = parts.file_that_says(|parts| parts.section(tag).0.blocks[0].digest = promised);
        let (count, walked) = alike(file);
        assert_eq!(count, 0);
        assert!(walked.unwrap_err().contains("its digest differs from the index"));
    }
    // What is not compared must be sound all the same.
    let mut parts = honest.clone();
    parts.section(index::OWNS).1[0] = vec![1, 3];
    let (count, walked) = alike(parts.file());
    assert!(count == 0 && walked.unwrap_err().contains("a package is missing"));
    let mut parts = honest;
    parts.section(index::ENTR).0.blocks[0].key = (*b"x").into();
    let (count, walked) = alike(parts.file());
    assert!(count == 0 && walked.unwrap_err().contains("index names"));
}

#[test]
fn an_unknown_column_is_named_and_passed_over() {
    let mut parts = Parts::of(&small(&["a"]));
    put_field(&mut parts.section(index::ENTR).1[0], 40, b"anything");
    // HEAD's last field, the table of columns, again with one line more.
    let head = &mut parts.section(index::HEAD).1[0];
    let mut columns = Vec::new();
    // The last is named only where a snapshot has it.
    let named = COLUMNS.len() as u64 - 1;
    put(&mut columns, named);
    let mut longer = Vec::new();
    put(&mut longer, named + 1);
    for (column, name) in COLUMNS.into_iter().take(COLUMNS.len() - 1) {
        for table in [&mut columns, &mut longer] {
            put(table, column as u64);
            put_bytes(table, name.as_bytes());
        }
    }
    let mut field = Vec::new();
    put_field(&mut field, 7, &columns);
    head.truncate(head.strip_suffix(&*field).unwrap().len());
    put(&mut longer, 40);
    put_bytes(&mut longer, b"btime");
    put_field(head, 7, &longer);
    let stored = UnverifiedSnapshot::decode(parts.clone().file()).unwrap();
    assert_eq!(stored.attributes_not_compared(), ["btime"]);
    assert_eq!(read(parts), Ok(2));
}

#[test]
fn blocks_that_break_a_rule() {
    let check = |change: &dyn Fn(&mut Parts), expect: &str| {
        let mut parts = Parts::of(&small(&["a", "b"]));
        change(&mut parts);
        let reason = reason(parts);
        assert!(reason.contains(expect), "{reason} instead of {expect}");
    };
    // The columns of names: lengths 0, 1, 1 and then "ab".
    let names = |from: &'static [u8], to: &'static [u8]| {
        move |parts: &mut Parts| {
            let raw = &mut parts.section(index::ENTR).1[0];
            let at = raw.windows(from.len()).position(|bytes| bytes == from).unwrap();
            raw[at..at + from.len()].copy_from_slice(to);
        }
    };
    check(&names(b"\x06\x02ab", b"\x06\x02bb"), "not in order");
    check(&names(b"\x06\x02ab", b"\x06\x02ba"), "not in order");
    check(&names(b"\x06\x02ab", b"\x06\x02/b"), "a name cannot be one");
    check(&names(b"\x06\x02ab", b"\x06\x02a\0"), "a name cannot be one");
    // Depths 0, then a child of the root, then its sibling.
    check(&names(b"\x01\x03\x00\x00\x01", b"\x01\x03\x01\x00\x01"), "begin with the root");
    check(&names(b"\x01\x03\x00\x00\x01", b"\x01\x03\x00\x01\x01"), "second root");
    check(&names(b"\x01\x03\x00\x00\x01", b"\x01\x03\x00\x00\x00"), "in none of the directories");
    check(&names(b"\x01\x03\x00\x00\x01", b"\x01\x03\x00\x00\x04"), "above the root");
    check(&|parts| parts.section(index::ENTR).0.blocks[0].key = (*b"x").into(), "index names");
    check(&|parts| parts.section(index::ENTR).0.blocks[0].count = 2, "side by side");
    check(&|parts| parts.section(index::DIGS).1[0].push(0), "more than its entries");
    check(&|parts| parts.section(index::DIGS).1[0].truncate(63), "a digest is missing");
    check(&|parts| parts.section(index::OWNS).1[0] = vec![1, 3], "a package is missing");
    check(&|parts| parts.section(index::OWNS).1[0] = vec![0, 2], "too early");
    check(&|parts| parts.section(index::RULE).1[0] = vec![0xff], "UTF-8");
    // Values by host: of an entry behind the last, cut off, and of no known state.
    let judged = |value: &[&[u8]]| {
        let value = value.concat();
        move |parts: &mut Parts| put_field(&mut parts.section(index::ENTR).1[0], 16, &value)
    };
    check(&judged(&[&[3]]), "more than its entries");
    check(&judged(&[&[0, 1, 2]]), "too early");
    check(&judged(&[&[1], &[7; 32], &[3]]), "unknown state");
    check(&judged(&[&[1], &[7; 32], &[1], &[7; 31]]), "too early");
}

#[test]
fn images_that_break_a_rule() {
    assert_eq!(Container::decode(Parts::of(&rich()).file()).unwrap().image, Some(image()));
    let check = |change: &dyn Fn(&mut Parts), expect: &str| {
        let mut parts = Parts::of(&rich());
        change(&mut parts);
        let reason = reason(parts);
        assert!(reason.contains(expect), "{reason} instead of {expect}");
    };
    let said = |from: &'static [u8], to: &'static [u8]| {
        move |parts: &mut Parts| {
            let raw = &mut parts.section(index::IMAG).1[0];
            let at = raw.windows(from.len()).position(|bytes| bytes == from).unwrap();
            raw[at..at + from.len()].copy_from_slice(to);
        }
    };
    check(&said(b"sha256:a", b"sha256:A"), "no known form");
    check(&said(b"sha256:d", b"sha256/d"), "no known form");
    check(&said(b"\x01\x04then\x01\x01x\x02", b"\x01\x04then\x01\x01x\x03"), "names a layer");
    check(&said(b"\x01\x02v8", b"\x02\x02v8"), "neither absent nor there");
    check(&|parts| parts.section(index::IMAG).1[0].push(1), "not in ascending order");
    check(&|parts| parts.section(index::LAYR).1[0] = vec![3, 11], "a layer is missing");
    check(&|parts| parts.section(index::LAYR).1[0] = vec![0, 10], "too early");
    check(&|parts| parts.section(index::LAYR).1[0] = vec![0, 12], "more than its entries");
    check(&|parts| parts.section(index::LAYR).1[0] = vec![0, 0], "a run is empty");
    check(&|parts| parts.section(index::LAYR).0.blocks[0].count = 10, "side by side");
    // A few bytes must not become a vector of millions.
    let mut many = Vec::new();
    put(&mut many, 1 << 20);
    many.extend(std::iter::repeat_n(0, 3 << 20));
    let mut raw = Vec::new();
    put_field(&mut raw, 6, &many);
    check(&|parts| parts.section(index::IMAG).1[0].clone_from(&raw), "larger than a baseline");
    // Layers without the image that they belong to.
    let mut parts = Parts::of(&rich());
    parts.0.retain(|(section, _)| section.tag != index::IMAG);
    assert!(reason(parts).contains("a layer is missing"));
}

#[test]
fn an_image_does_not_change_the_root_and_can_be_passed_over() {
    let mut plain = rich();
    plain.image = None;
    assert_eq!(encode(&plain).unwrap().root, encode(&rich()).unwrap().root);
    assert_eq!(Container::decode(encode(&plain).unwrap().bytes.into()).unwrap().image, None);
    let mut parts = Parts::of(&rich());
    parts.section(index::IMAG).0.revision = 2;
    parts.section(index::LAYR).0.revision = 2;
    let stored = UnverifiedSnapshot::decode(parts.clone().file()).unwrap();
    assert_eq!(stored.sections_not_read(), ["IMAG", "LAYR"]);
    assert_eq!((stored.image(), read(parts)), (None, Ok(11)));
}

#[test]
fn layers_that_the_image_does_not_have_are_not_written() {
    let mut snapshot = rich();
    snapshot.image.as_mut().unwrap().layers.truncate(1);
    snapshot.image.as_mut().unwrap().history.clear();
    let container = Container::decode(encode(&snapshot).unwrap().bytes.into()).unwrap();
    let mut cursor = BaselineCursor::new(&container);
    let mut origins = Vec::new();
    while let Some(step) = cursor.next().unwrap() {
        origins.push(step.origin);
    }
    assert!(origins.contains(&Some(LayerId(0))) && origins.contains(&None));
    assert!(!origins.contains(&Some(LayerId(1))));
}

/// Digests protect a verified file; an unverified one can have any bytes behind good digests.
#[test]
fn any_bytes_behind_good_digests() {
    let parts = Parts::of(&rich());
    assert_eq!(read(parts.clone()), Ok(11));
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    let mut random = |bound: usize| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        usize::try_from(state >> 16).unwrap() % bound
    };
    let (mut refused, mut read_on) = (0, 0);
    for _ in 0..20_000 {
        let mut changed = parts.clone();
        let section = random(changed.0.len());
        let raw = &mut changed.0[section].1[0];
        for _ in 0..=random(3) {
            if raw.is_empty() {
                continue;
            }
            let at = random(raw.len());
            match random(6) {
                0 => raw[at] ^= 1 << random(8),
                1 => raw[at] = [0, 1, 2, 0x7f, 0x80, 0xff][random(6)],
                2 => raw.insert(at, u8::try_from(random(256)).unwrap()),
                3 => raw[at] = raw[at].wrapping_add(1),
                4 => raw.truncate(at),
                _ => {
                    raw.remove(at);
                }
            }
        }
        match read(changed) {
            Ok(_) => read_on += 1,
            Err(_) => refused += 1,
        }
    }
    // Values may change without breaking a rule; both must happen for this test to mean anything.
    assert!(refused > 5000 && read_on > 1000, "{refused} refused, {read_on} read");
}

/// A few bytes must not be able to cost gigabytes: one long path that every entry refers to.
#[test]
fn a_block_that_amounts_to_more_than_it_holds() {
    let mut parts = Parts::of(&small(&[]));
    let shape = |directory: u8, hardlinks: u8| {
        let mut shape = vec![directory, 0, 0, 0, 0, 0];
        shape.extend_from_slice(&[0, 0, 0, 0, 0, 0, hardlinks]);
        shape
    };
    let count = 8192u64;
    let mut columns: [Vec<u8>; 16] = Default::default();
    put(&mut columns[3], 2);
    columns[3].extend(shape(1, 0));
    columns[3].extend(shape(0, 2));
    put(&mut columns[15], 1);
    put_bytes(&mut columns[15], &vec![b'a'; 1 << 20]);
    for entry in 0..count {
        put(&mut columns[1], u64::from(entry > 1));
        put(&mut columns[2], u64::from(entry > 0));
        let name = if entry == 0 { String::new() } else { format!("{entry:05}") };
        put(&mut columns[5], name.len() as u64);
        columns[6].extend_from_slice(name.as_bytes());
        if entry > 0 {
            put(&mut columns[14], 0);
        }
    }
    let mut raw = Vec::new();
    for (tag, column) in columns.iter().enumerate().skip(1) {
        put_field(&mut raw, tag as u64, column);
    }
    parts.section(index::ENTR).1[0] = raw;
    let mut owners = Vec::new();
    put(&mut owners, 0);
    put(&mut owners, count);
    parts.section(index::OWNS).1[0] = owners;
    for tag in [index::ENTR, index::DIGS, index::OWNS] {
        parts.section(tag).0.blocks[0].count = count;
    }
    assert!(reason(parts).contains("amount to more than 16 MiB"));
}
