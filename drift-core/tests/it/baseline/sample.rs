//! Random snapshots of everything that a model can hold.

use std::collections::BTreeMap;

use drift_core::model::{
    Algorithm, AttributeSet, BlobDigest, Carries, Coverage, Cursor, Device, Digest, DirId, Entry,
    Exclusion, FileType, Flags, Found, Frozen, HistoryStep, Identity, Image, ImageConfig,
    ImageSecret, Intake, Layer, LayerId, Listing, Mount, Observed, Package, PackageId, PerHost,
    PerHostValue, Platform, Precision, Problem, RuleId, Snapshot, SourceKind, Stage, Time, Tree,
    TreePath, Xattrs,
};

/// A small deterministic generator (xorshift64*), so that a seed is a whole test case.
#[derive(Debug, Clone)]
pub(crate) struct Random(u64);

impl Random {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    pub(crate) fn next(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 8
    }

    pub(crate) fn below(&mut self, bound: u64) -> u64 {
        self.next() % bound
    }

    fn one_in(&mut self, odds: u64) -> bool {
        self.below(odds) == 0
    }

    fn pick<T: Clone>(&mut self, of: &[T]) -> T {
        of[usize::try_from(self.below(of.len() as u64)).unwrap()].clone()
    }

    fn bytes(&mut self, length: u64) -> Box<[u8]> {
        (0..length).map(|_| self.next().to_le_bytes()[0]).collect()
    }
}

/// The objects of a tree by directory, before they are taken in.
#[derive(Debug, Clone, Default)]
pub(crate) struct Plan {
    pub(crate) root: Option<Found>,
    /// Children by path of their directory.
    pub(crate) directories: BTreeMap<Vec<u8>, (Listing, Vec<Found>)>,
}

impl Plan {
    /// Plans about `entries` objects.
    pub(crate) fn random(random: &mut Random, entries: usize) -> Self {
        let mut plan =
            Self { root: Some(found(random, b"", FileType::Directory)), ..Self::default() };
        let mut open = vec![Vec::new()];
        plan.directories.insert(Vec::new(), (Listing::Complete, Vec::new()));
        for _ in 1..entries {
            let directory = random.pick(&open);
            let file_type = random.pick(&FileType::ALL);
            let name = name(random);
            let (_, children) = plan.directories.get_mut(&directory).unwrap();
            if children.iter().any(|child| *child.name == *name) {
                continue;
            }
            children.push(found(random, &name, file_type));
            if file_type == FileType::Directory {
                let path = join(&directory, &name);
                let listing =
                    random.pick(&[Listing::Complete, Listing::Complete, Listing::Partial]);
                plan.directories.insert(path.clone(), (listing, Vec::new()));
                open.push(path);
            }
        }
        plan
    }

    /// Takes the tree in; directories and names in an order that `order` decides.
    pub(crate) fn freeze(&self, order: &mut Random) -> Frozen {
        let intake = Intake::default();
        let root = intake.root(self.root.clone().unwrap());
        let mut open: Vec<(Vec<u8>, DirId)> = vec![(Vec::new(), root)];
        while !open.is_empty() {
            let at = usize::try_from(order.below(open.len() as u64)).unwrap();
            let (path, id) = open.swap_remove(at);
            let Some((listing, children)) = self.directories.get(&path) else { continue };
            let mut children = children.clone();
            for last in (1..children.len()).rev() {
                let other = usize::try_from(order.below(last as u64 + 1)).unwrap();
                children.swap(last, other);
            }
            for (name, child) in intake.listing(id, *listing, children) {
                open.push((join(&path, &name), child));
            }
        }
        intake.freeze()
    }
}

pub(crate) fn join(directory: &[u8], name: &[u8]) -> Vec<u8> {
    let mut path = directory.to_vec();
    if !path.is_empty() {
        path.push(b'/');
    }
    path.extend_from_slice(name);
    path
}

fn name(random: &mut Random) -> Vec<u8> {
    match random.below(8) {
        0 => {
            let length = 1 + random.below(255);
            let bytes = random.bytes(length);
            let odd = |byte: &u8| if matches!(byte, 0 | b'/') { b'?' } else { *byte };
            format!("{}", random.below(9))
                .into_bytes()
                .into_iter()
                .chain(bytes.iter().map(odd))
                .take(255)
                .collect()
        }
        1 => random.pick(&[
            b" ".to_vec(),
            b"...".to_vec(),
            b"a\nb".to_vec(),
            b"\xff\xfe".to_vec(),
            b"\x1b[31m".to_vec(),
            b"a-b".to_vec(),
            b"a".to_vec(),
            "\u{202e}txt.exe".as_bytes().to_vec(),
        ]),
        _ => format!("name{}", random.below(400)).into_bytes(),
    }
}

fn found(random: &mut Random, name: &[u8], file_type: FileType) -> Found {
    if file_type == FileType::Unknown {
        return Found::unobserved(name, RuleId(0));
    }
    let nlink = random.pick(&[1, 1, 1, 2, 3, u32::MAX, 0]);
    Found {
        mode: random.pick(&[0o644, 0o755, 0o4755, 0o7777, 0]),
        uid: random.pick(&[0, 0, 1000, u32::MAX]),
        gid: random.pick(&[0, 0, 5, u32::MAX]),
        size: random.pick(&[0, 1, 4096, u64::MAX, 123_456_789]),
        mtime: Time {
            seconds: random.pick(&[0, -1, 1_700_000_000, 4_294_967_296, i64::MIN, i64::MAX]),
            nanoseconds: random.pick(&[0, 1, 999_999_999]),
        },
        rdev: Some(Device {
            major: random.pick(&[1, 259, u32::MAX]),
            minor: random.pick(&[0, 3, u32::MAX]),
        }),
        nlink,
        identity: (1, random.below(6)),
        link_target: if random.one_in(5) {
            Observed::Unobserved
        } else {
            let length = random.below(40);
            Observed::Is(random.bytes(length))
        },
        flags: random.pick(&[
            Observed::NotApplicable,
            Observed::Unobserved,
            Observed::Is(Flags::default()),
            Observed::Is(Flags { immutable: true, append: true }),
            Observed::Is(Flags { immutable: false, append: true }),
        ]),
        xattrs: xattrs(random),
        digest: random.pick(&[
            None,
            Some(Digest::sha256_of(name)),
            Some(Digest::sha256([7; 32])),
            Digest::from_bytes(Algorithm::SparseSha256, &[9; 32]),
        ]),
        origin: origin(name),
        ..Found::plain(name, file_type, RuleId(0))
    }
}

fn xattrs(random: &mut Random) -> Observed<Xattrs> {
    let names: [&[u8]; 6] = [
        b"security.selinux",
        b"user.a,b",
        b"user.a=b",
        b"user.line\nbreak",
        b"security.capability",
        b"user.\xff",
    ];
    match random.below(6) {
        0 => Observed::NotApplicable,
        1 => Observed::Unobserved,
        2 | 3 => Observed::Is(Xattrs::default()),
        _ => Observed::Is(Xattrs::new(
            (0..1 + random.below(3))
                .map(|_| {
                    let length = random.pick(&[0, 1, 20, 300]);
                    (random.pick(&names).into(), random.bytes(length))
                })
                .collect(),
        )),
    }
}

/// A snapshot of the tree of a plan, with the rest random as well.
pub(crate) fn snapshot(random: &mut Random, frozen: Frozen) -> Snapshot {
    let mut tree = frozen.tree;
    let packages = packages(random);
    for row in tree.rows() {
        if !packages.is_empty() && random.one_in(2) {
            let package = u32::try_from(random.below(packages.len() as u64)).unwrap();
            tree.set_owner(row, PackageId(package));
        }
        if random.one_in(9) {
            tree.set_digest(row, None);
        }
    }
    let text =
        |random: &mut Random| random.pick(&["", "x", "a\nb", "\u{1f980}", "deb\"ian"]).to_owned();
    let maybe = |random: &mut Random| random.one_in(2).then(|| text(random));
    let path = |random: &mut Random| {
        TreePath::parse(random.pick(&[&b""[..], b"etc", b"a/\xff\n/c"])).unwrap()
    };
    let mount = |random: &mut Random| Mount {
        path: path(random),
        file_system: text(random),
        is_inert: false,
    };
    Snapshot {
        kind: random.pick(&SourceKind::ALL),
        locator: text(random),
        identity: Identity {
            os: maybe(random),
            version: maybe(random),
            architecture: maybe(random),
            hostname: maybe(random),
        },
        carries: Carries {
            attributes: AttributeSet::from_bits(random.next()).and(AttributeSet::all()),
            mtime: random.pick(&[Precision::Second, Precision::Nanosecond]),
        },
        rules: random
            .pick(&["", "read-only /\n", "read-only /\nignore /tmp\n# \u{e9}\n"])
            .to_owned(),
        packages,
        packages_complete: random.one_in(2),
        coverage: Coverage {
            entries: tree.len() as u64,
            files_hashed: random.next(),
            bytes_hashed: u64::MAX,
            files_from_cache: 0,
            proved_by_verity: 0,
            rehash_sample: 0,
            trusted: Vec::new(),
            unreadable: random.below(5),
            unstable: random.below(5),
            vanished: random.below(5),
            mounts_entered: (0..random.below(3)).map(|_| mount(random)).collect(),
            mounts_not_entered: (0..random.below(3)).map(|_| mount(random)).collect(),
            excluded: (0..random.below(3))
                .map(|_| Exclusion { rule: text(random), entries: random.next() })
                .collect(),
        },
        problems: (0..random.below(4))
            .map(|_| Problem {
                path: path(random),
                stage: random.pick(&Stage::ALL),
                reason: text(random),
                errno: random
                    .pick(&[
                        None,
                        Some("EIO"),
                        Some("EUNKNOWN"),
                        Some("EKEYREJECTED"),
                        Some("EACCES"),
                    ])
                    .filter(|name| *name != "EKEYREJECTED"),
            })
            .collect(),
        image: random.clone().one_in(2).then(|| image(&mut random.clone())),
        tree,
    }
}

/// An image with as many layers as the entries of a random plan come with.
pub(crate) fn image(random: &mut Random) -> Image {
    let mut text = || random.pick(&["", "x", "RUN a\nb", "\u{1f980}"]).to_owned();
    let pair = |name: String, value: String| (name, value);
    let digest = |place: u16| {
        let letter = if place < 2 { ("sha256:", 64) } else { ("sha512:", 128) };
        BlobDigest::parse(&format!("{}{}", letter.0, place.to_string().repeat(letter.1))).unwrap()
    };
    let layer = |place: u16, text: String| Layer {
        digest: (place > 0).then(|| digest(place)),
        diff_id: digest(place),
        size: u64::from(place) << 40,
        created_by: (place != 2).then_some(text),
    };
    Image {
        manifest: Some(digest(3)),
        config_digest: None,
        reference: Some(text()),
        platform: Platform::parse("linux/amd64").unwrap(),
        layers: (0..LAYERS).map(|place| layer(place, text())).collect(),
        history: vec![
            HistoryStep { created: Some(text()), created_by: Some(text()), layer: Some(0) },
            HistoryStep { created: None, created_by: None, layer: None },
        ],
        config: ImageConfig {
            user: Some(text()),
            entrypoint: vec![text(), text()],
            command: Vec::new(),
            healthcheck: vec!["CMD".to_owned(), "/bin/true".to_owned()],
            environment: vec![text()],
            environment_values: vec![pair("PATH".to_owned(), "/bin".to_owned())],
            working_directory: None,
            exposed_ports: vec![text()],
            volumes: Vec::new(),
            stop_signal: Some(text()),
            labels: vec![pair(text(), text())],
        },
        annotations: vec![pair(text(), text())],
        size: 9,
        secrets: vec![ImageSecret { location: text(), kind: "private-key".into() }],
    }
}

/// Layers of [`image`].
const LAYERS: u16 = 4;

/// A layer by the name of the entry: the stream of random numbers stays what it was when the root
/// of the fixed snapshot was written down.
fn origin(name: &[u8]) -> Option<LayerId> {
    name.first().filter(|byte| **byte % 3 > 0).map(|byte| LayerId(u16::from(*byte) % LAYERS))
}

fn packages(random: &mut Random) -> Vec<Package> {
    let count = random.pick(&[0, 1, 40]);
    let mut packages: Vec<Package> = (0..count)
        .map(|number| Package {
            manager: "dpkg".to_owned(),
            name: format!("package{number}"),
            architecture: random.pick(&["amd64", "all", ""]).to_owned(),
            version: format!("1:{}-\u{b5}", random.below(99)),
            status: "install ok installed".to_owned(),
            location: String::new(),
        })
        .collect();
    packages.sort();
    packages
}

/// Gives some packages a place, as those of languages have one.
pub(crate) fn locate(random: &mut Random, snapshot: &mut Snapshot) {
    for package in &mut snapshot.packages {
        if random.one_in(2) {
            package.location = random.pick(&["opt/app", "usr/lib/\u{b5}"]).to_owned();
        }
    }
}

/// Gives some entries a value by host.
pub(crate) fn judge(random: &mut Random, tree: &mut Tree) {
    for row in tree.rows() {
        if random.one_in(20) {
            let form = random.pick(&[Digest::sha256_of(b"present"), Digest::sha256_of(b"new")]);
            let value = random.pick(&[
                PerHostValue::Conforms,
                PerHostValue::Violates,
                PerHostValue::Left(Digest::sha256_of(&row.0.to_le_bytes())),
            ]);
            tree.set_per_host(row, PerHost { form, value });
        }
    }
}

/// One line of a walk, owned.
pub(crate) type Line = (u32, Vec<u8>, Entry, Listing, Option<PackageId>, Option<LayerId>);

/// Everything that a cursor gives.
pub(crate) fn walk(cursor: &mut dyn Cursor) -> Result<Vec<Line>, String> {
    let mut lines = Vec::new();
    while let Some(step) = cursor.next().map_err(|error| error.to_string())? {
        lines.push((
            step.depth,
            step.name.to_vec(),
            step.entry,
            step.listing,
            step.owner,
            step.origin,
        ));
    }
    Ok(lines)
}

/// What a cursor of the stored form must give: layers are those of an image.
pub(crate) fn written(snapshot: &Snapshot) -> Vec<Line> {
    let mut lines = walk(&mut snapshot.tree.cursor()).unwrap();
    let layers = snapshot.image.as_ref().map_or(0, |image| image.layers.len());
    for (.., origin) in &mut lines {
        *origin = origin.filter(|layer| usize::from(layer.0) < layers);
    }
    lines
}

/// A tree in the shape of /usr: directories of files of some packages.
pub(crate) fn plain_tree(entries: usize) -> Plan {
    let mut random = Random::new(42);
    let mut plan =
        Plan { root: Some(Found::plain(b"", FileType::Directory, RuleId(0))), ..Plan::default() };
    let plain = |name: &[u8], file_type, random: &mut Random| Found {
        mode: if file_type == FileType::Directory || random.one_in(12) { 0o755 } else { 0o644 },
        mtime: Time {
            seconds: 1_700_000_000 + i64::try_from(random.below(400)).unwrap() * 86_400,
            nanoseconds: 0,
        },
        size: random.below(1 << (4 + random.clone().below(16))),
        flags: Observed::Is(Flags::default()),
        xattrs: Observed::Is(Xattrs::default()),
        digest: (file_type == FileType::File)
            .then(|| Digest::sha256_of(&random.next().to_le_bytes())),
        link_target: Observed::Is((*b"../lib/target.so.1").into()),
        ..Found::plain(name, file_type, RuleId(0))
    };
    let words =
        ["share", "lib", "python", "dist", "locale", "doc", "include", "module", "test", "data"];
    let mut parent = Vec::new();
    plan.directories.insert(Vec::new(), (Listing::Complete, Vec::new()));
    let mut made = 1;
    while made < entries {
        let name = format!("{}-{}", random.pick(&words), made);
        let directory = plain(name.as_bytes(), FileType::Directory, &mut random);
        let path = join(&parent, name.as_bytes());
        plan.directories.get_mut(&parent).unwrap().1.push(directory);
        plan.directories.insert(path.clone(), (Listing::Complete, Vec::new()));
        made += 1;
        for _ in 0..random.below(24).min((entries - made) as u64) {
            let name = format!(
                "{}_{}.{}",
                random.pick(&words),
                random.below(10_000) + made as u64 * 10_000,
                random.pick(&["py", "h", "so", "mo"])
            );
            let file_type = random.pick(&[
                FileType::File,
                FileType::File,
                FileType::File,
                FileType::File,
                FileType::File,
                FileType::File,
                FileType::Symlink,
            ]);
            let file = plain(name.as_bytes(), file_type, &mut random);
            plan.directories.get_mut(&path).unwrap().1.push(file);
            made += 1;
        }
        let deep = path.iter().filter(|byte| **byte == b'/').count() >= 5;
        parent = if deep || random.one_in(3) { Vec::new() } else { path };
    }
    plan
}

/// A snapshot of a plan with nothing else in it.
pub(crate) fn bare(frozen: Frozen) -> Snapshot {
    let kind = SourceKind::Directory;
    Snapshot {
        kind,
        locator: "here".to_owned(),
        identity: Identity::default(),
        carries: Carries {
            attributes: drift_core::model::attribute::carried_by(kind),
            mtime: Precision::Nanosecond,
        },
        rules: "read-only /\n".to_owned(),
        image: None,
        tree: frozen.tree,
        packages: Vec::new(),
        packages_complete: true,
        coverage: frozen.coverage,
        problems: frozen.problems,
    }
}
