//! Sealed baselines and sources made by hand, and the whole verb over them.

use std::collections::{BTreeMap, VecDeque};

use drift_core::baseline::{self, Baseline};
use drift_core::bounds::{Cancel, Pool, Silent, Timestamp};
use drift_core::capture::{self, Captured, Options, Parts, RuleSource, Run};
use drift_core::check::{self, Occasion, Outcome, Reference, Request, Target};
use drift_core::judge::FailOn;
use drift_core::model::{
    BlobDigest, Carries, Digest, FileType, Found, Image, Intake, Layer, LayerId, Listing, Platform,
    Precision, Severity, SourceKind, Time, Tree, TreePath, attribute,
};
use drift_core::report::document::Change;
use drift_core::seal::{
    Counts, Expectations, KeyAlgorithm, Predicate, PrivateKey, SealInfo, Sealed, SnapshotPredicate,
    Trust, TrustedKey, seal, verify,
};
use drift_core::source::{Ask, Content, ContentSink, Error, Plan, Source};

pub(super) const NOW: &str = "2026-11-21T12:00:00Z";

/// A target made of a list: what an image source will give, without any archive.
#[derive(Debug, Clone, Default)]
pub(crate) struct Scene {
    entries: BTreeMap<TreePath, (FileType, u16, String, Option<u16>)>,
    pub(super) image: Option<Image>,
}

impl Scene {
    /// Puts a file that came with a layer; directories on the way are made with it.
    pub(crate) fn file(mut self, path: &str, content: &str, layer: impl Into<Option<u16>>) -> Self {
        let (path, layer) = (TreePath::parse(path.as_bytes()).unwrap(), layer.into());
        let mut above = path.parent();
        while let Some(parent) = above {
            let directory = (FileType::Directory, 0o755, String::new(), layer);
            above = parent.parent();
            self.entries.entry(parent).or_insert(directory);
        }
        self.entries.insert(path, (FileType::File, 0o644, content.to_owned(), layer));
        self
    }

    pub(super) fn mode(mut self, path: &str, mode: u16) -> Self {
        self.entries.get_mut(&TreePath::parse(path.as_bytes()).unwrap()).unwrap().1 = mode;
        self
    }

    pub(super) fn without(mut self, path: &str) -> Self {
        let path = TreePath::parse(path.as_bytes()).unwrap();
        self.entries.retain(|other, _| !other.starts_with(&path));
        self
    }

    /// Makes it a whole root.
    pub(super) fn system(self) -> Self {
        self.file("/etc/os-release", "ID=test\n", None)
    }

    pub(crate) fn with_image(mut self, image: Image) -> Self {
        self.image = Some(image);
        self
    }
}

impl Source for Scene {
    fn kind(&self) -> SourceKind {
        SourceKind::Memory
    }

    fn locator(&self) -> &str {
        "memory:scene"
    }

    fn probe(&self, path: &TreePath, _limit: u64) -> Option<Vec<u8>> {
        self.entries.get(path).map(|(_, _, content, _)| content.as_bytes().to_vec())
    }

    fn image(&self) -> Option<Image> {
        self.image.clone()
    }

    fn survey(&self, plan: &Plan<'_>, intake: &Intake) -> Result<Carries, Error> {
        let found = |path: &TreePath| {
            let (file_type, mode, content, layer) = self.entries[path].clone();
            let rule = plan.rules.evaluate(path, file_type == FileType::Directory);
            Found {
                mode,
                size: content.len() as u64,
                digest: (file_type == FileType::File)
                    .then(|| Digest::sha256_of(content.as_bytes())),
                origin: layer.map(LayerId),
                ..Found::plain(path.name(), file_type, rule)
            }
        };
        let root = TreePath::root();
        let mut open = VecDeque::from([(root.clone(), intake.root(found(&root)))]);
        while let Some((path, id)) = open.pop_front() {
            let inside = |child: &&TreePath| {
                let directory = self.entries[*child].0 == FileType::Directory;
                child.parent().as_ref() == Some(&path)
                    && !plan.rules.rule(plan.rules.evaluate(child, directory)).excludes()
            };
            let children = self.entries.keys().filter(inside).map(&found).collect();
            for (name, child) in intake.listing(id, Listing::Complete, children) {
                open.push_back((path.join(&name), child));
            }
        }
        let attributes = attribute::carried_by(SourceKind::Memory);
        Ok(Carries { attributes, mtime: Precision::Nanosecond })
    }

    fn read(
        &self,
        _plan: &Plan<'_>,
        tree: &Tree,
        asks: &[Ask],
        sink: &dyn ContentSink,
    ) -> Result<(), Error> {
        for Ask { row, want } in asks {
            let (_, mode, content, _) = &self.entries[&tree.path(*row)];
            let bytes = content.as_bytes();
            let start = |end: u64| bytes.get(..usize::try_from(end).unwrap());
            let content = Content {
                size: bytes.len() as u64,
                mtime: Time::default(),
                mode: *mode,
                uid: 0,
                gid: 0,
                digest: want.digest.then(|| Digest::sha256_of(bytes)),
                vendor: None,
                prefix: want.prefix.and_then(start).map(Digest::sha256_of),
                bytes: want.bytes.map(|_| bytes.to_vec()),
            };
            sink.take(*row, Ok(content));
        }
        Ok(())
    }
}

/// An image whose layers were made by these commands.
pub(crate) fn image(commands: &[&str]) -> Image {
    let digest =
        |letter: &str| BlobDigest::parse(&format!("sha256:{}", letter.repeat(64))).unwrap();
    let layer = |command: &&str| Layer {
        digest: None,
        diff_id: digest("d"),
        size: 10,
        created_by: Some((*command).to_owned()),
    };
    Image {
        manifest: Some(digest("a")),
        reference: Some("registry.example/web:1".to_owned()),
        platform: Platform::parse("linux/amd64").unwrap(),
        layers: commands.iter().map(layer).collect(),
        ..Image::default()
    }
}

/// A baseline with its seal and its file's name.
pub(super) struct Golden {
    baseline: Baseline,
    seal: SealInfo,
    file: String,
}

impl Golden {
    pub(super) fn sealed(&self) -> check::Sealed<'_> {
        check::Sealed { baseline: &self.baseline, seal: &self.seal, file: &self.file }
    }
}

pub(crate) fn capture(scene: &Scene, rules: &str) -> Captured {
    let (pool, cancel) = (Pool::new(1).unwrap(), Cancel::new());
    let run = Run { pool: &pool, cancel: &cancel, observer: &Silent, artifacts: &[] };
    let options = Options {
        rules: RuleSource::Whole(rules.to_owned()),
        parts: Parts::ALL,
        vendor_digests: false,
        configs: false,
        binaries: false,
    };
    capture::capture(scene, &options, &run).unwrap()
}

/// Captures a scene under these rules, and seals it for an identity.
pub(super) fn golden(scene: &Scene, rules: &str, identity: &str) -> Golden {
    let captured = capture(scene, rules);
    let encoded = baseline::encode(&captured.snapshot).unwrap();
    let created = Timestamp::parse("2026-11-20T12:00:00Z").unwrap();
    let predicate = Predicate::Snapshot(SnapshotPredicate {
        root: encoded.root,
        effective_root: encoded.root,
        counts: Counts { entries: encoded.counts.entries, packages: 0, problems: 0 },
        identity: identity.to_owned(),
        scope: vec!["entries".to_owned()],
        tool: "0.1.0".to_owned(),
        created,
        expires: None,
        sequence: 7,
        rules_digest: captured.rules.digest(),
        policies_digest: None,
        provenance: BTreeMap::new(),
        accepted: None,
    });
    let key = PrivateKey::generate_from(KeyAlgorithm::Ed25519, &mut |bytes| {
        bytes.fill(4);
        true
    })
    .unwrap();
    let file = format!("{identity}.drift");
    let bundle = seal(&encoded.bytes, &file, predicate, std::slice::from_ref(&key));
    let sealed =
        Sealed { file: encoded.bytes.into(), bundles: vec![bundle.unwrap().remove(0).bytes] };
    let trust = Trust::of_keys(vec![TrustedKey::new("release", key.public())]);
    let now = Timestamp::parse(NOW).unwrap();
    let (verified, info) = verify(&sealed, &trust, &Expectations::default(), now, None).unwrap();
    Golden { baseline: Baseline::decode(verified).unwrap(), seal: info, file }
}

/// Checks a scene against baselines, the earlier ones below; entries alone.
pub(super) fn checked(target: &Scene, baselines: &[&Golden]) -> Outcome {
    let parts: Vec<check::Sealed<'_>> = baselines.iter().map(|golden| golden.sealed()).collect();
    checked_with(target, &Reference::Composed(&parts))
}

pub(super) fn checked_with(target: &Scene, reference: &Reference<'_>) -> Outcome {
    required(target, reference, &[])
}

/// Checks a scene, in which these must be observable.
pub(super) fn required(target: &Scene, reference: &Reference<'_>, require: &[&str]) -> Outcome {
    let (pool, cancel) = (Pool::new(1).unwrap(), Cancel::new());
    let run = Run { pool: &pool, cancel: &cancel, observer: &Silent, artifacts: &[] };
    let now = Timestamp::parse(NOW).unwrap();
    let occasion = Occasion { clock: &now, run_id: "test", binary_digest: None };
    let parts = Parts { entries: true, packages: false };
    let mut request = Request::new(parts, FailOn::At(Severity::Medium));
    request.require = require.iter().map(|name| (*name).to_owned()).collect();
    check::check(&Target::Live(target), reference, &request, &run, &occasion).unwrap()
}

/// One line for each change: what, where, which attributes, and who altered whose.
pub(super) fn told(outcome: &Outcome) -> Vec<String> {
    outcome.report.changes.iter().map(line).collect()
}

fn line(change: &Change) -> String {
    let names: Vec<&str> = change.attributes.iter().map(|one| one.name.as_str()).collect();
    let names =
        if change.kind == "modified" { format!(": {}", names.join(",")) } else { String::new() };
    let mut line = format!("{} {}{names}", change.kind, change.path);
    if let (Some(by), Some(of)) = (&change.altered_by, &change.baseline_of) {
        line.push_str(&format!(" ({} alters {})", by.identity, of.identity));
    } else if let Some(of) = &change.baseline_of {
        line.push_str(&format!(" (of {})", of.identity));
    }
    line
}
