//! A small system with packages, before and after.

#![expect(clippy::disallowed_methods, reason = "scenes are read from real roots")]

use std::collections::BTreeMap;
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::path::Path;

use drift_core::bounds::{Cancel, Pool, Silent, Timestamp};
use drift_core::capture::{Captured, Options, Parts, RuleSource, Run, capture};
use drift_core::check::{Occasion, Reference, Request, Target, View, check};
use drift_core::judge::FailOn;
use drift_core::model::{Cause, Severity, SourceKind};
use drift_core::source::{MemoryVolume, Walked};
use drift_testkit::TempRoot;
use walkdir::WalkDir;

/// Puts files into a real root, with the directories above them.
pub(super) fn furnish(mut root: TempRoot, files: &[(&str, &[u8], u32)]) -> TempRoot {
    for (path, bytes, mode) in files {
        let parent = Path::new(path).parent().unwrap();
        root = root.directory(parent, 0o755).file(path, bytes, *mode);
    }
    root
}

/// How a change was explained.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Said {
    /// Nothing changed there.
    Nothing,
    /// It follows from its sources.
    Right,
    /// It is a product of a program, and not derived.
    Unproven,
    /// It is no product.
    Wrong,
}

#[derive(Debug, Clone)]
enum Object {
    File { bytes: Vec<u8>, mode: u16, mtime: i64 },
    Link(Vec<u8>),
    Directory { mode: u16 },
}

/// A system.
#[derive(Debug, Clone, Default)]
pub(super) struct Scene {
    objects: BTreeMap<Vec<u8>, Object>,
    packages: BTreeMap<String, (String, Vec<Vec<u8>>)>,
}

impl Scene {
    /// Reads everything below some directories of a real root.
    pub(super) fn read(root: &Path, directories: &[&str]) -> Self {
        let mut scene = Self::default();
        for directory in directories {
            for entry in WalkDir::new(root.join(directory)).follow_root_links(false) {
                let Ok(entry) = entry else { continue };
                let path = entry.path().strip_prefix(root).unwrap().as_os_str().as_bytes().to_vec();
                let metadata = entry.path().symlink_metadata().unwrap();
                let object = if metadata.is_symlink() {
                    let target = std::fs::read_link(entry.path()).unwrap();
                    // Programs that were told where their root is may write that into links.
                    let target = target
                        .strip_prefix(root)
                        .map_or(target.clone(), |inside| Path::new("/").join(inside));
                    Object::Link(target.as_os_str().as_bytes().to_vec())
                } else if metadata.is_dir() {
                    Object::Directory { mode: (metadata.permissions().mode() & 0o7777) as u16 }
                } else {
                    Object::File {
                        bytes: std::fs::read(entry.path()).unwrap(),
                        mode: (metadata.permissions().mode() & 0o7777) as u16,
                        mtime: metadata.mtime(),
                    }
                };
                scene.objects.insert(path, object);
            }
        }
        scene
    }

    pub(super) fn file(mut self, path: &str, bytes: &[u8]) -> Self {
        let object = Object::File { bytes: bytes.to_vec(), mode: 0o644, mtime: 1_700_000_000 };
        self.objects.insert(path.into(), object);
        self
    }

    pub(super) fn directory(mut self, path: &str, mode: u16) -> Self {
        self.objects.insert(path.into(), Object::Directory { mode });
        self
    }

    pub(super) fn mode(mut self, path: &str, wanted: u16) -> Self {
        if let Some(Object::File { mode, .. }) = self.objects.get_mut(path.as_bytes()) {
            *mode = wanted;
        }
        self
    }

    pub(super) fn mtime(mut self, path: &str, wanted: i64) -> Self {
        if let Some(Object::File { mtime, .. }) = self.objects.get_mut(path.as_bytes()) {
            *mtime = wanted;
        }
        self
    }

    pub(super) fn link(mut self, path: &str, target: &str) -> Self {
        self.objects.insert(path.into(), Object::Link(target.into()));
        self
    }

    pub(super) fn without(mut self, path: &str) -> Self {
        self.objects.remove(path.as_bytes());
        self
    }

    /// Gives paths to a package.
    pub(super) fn package<P: AsRef<[u8]>>(
        mut self,
        name: &str,
        version: &str,
        paths: impl IntoIterator<Item = P>,
    ) -> Self {
        let paths = paths.into_iter().map(|path| path.as_ref().to_vec()).collect();
        self.packages.insert(name.to_owned(), (version.to_owned(), paths));
        self
    }

    pub(super) fn bytes(&self, path: &str) -> Vec<u8> {
        match self.objects.get(path.as_bytes()) {
            Some(Object::File { bytes, .. }) => bytes.clone(),
            _ => Vec::new(),
        }
    }

    pub(super) fn paths(&self) -> impl Iterator<Item = &[u8]> {
        self.objects.keys().map(Vec::as_slice)
    }

    fn volume(&self) -> MemoryVolume {
        let mut volume = MemoryVolume::new();
        let mut status = Vec::new();
        for (name, (version, paths)) in &self.packages {
            status.extend(
                format!(
                    "Package: {name}\nStatus: install ok installed\nMaintainer: N <n@n>\n\
                     Architecture: amd64\nVersion: {version}\nDescription: d\n\n"
                )
                .into_bytes(),
            );
            let mut list = b"/.\n".to_vec();
            for path in paths {
                list.extend([b"/", &path[..], b"\n"].concat());
            }
            volume.file(format!("var/lib/dpkg/info/{name}.list").as_bytes(), &list);
            volume.file(format!("var/lib/dpkg/info/{name}.md5sums").as_bytes(), b"");
        }
        volume.file(b"var/lib/dpkg/status", &status);
        volume.file(b"etc/os-release", b"ID=debian\n");
        for (path, object) in &self.objects {
            match object {
                Object::Directory { mode } => {
                    if volume.find(path).is_none() {
                        volume.directory(path).mode(*mode);
                    }
                }
                Object::Link(target) => {
                    volume.symlink(path, target);
                }
                Object::File { bytes, mode, mtime } => {
                    volume.file(path, bytes).mode(*mode).mtime(*mtime, 0);
                }
            }
        }
        volume
    }
}

/// One older side, to be compared with many newer ones.
pub(super) struct Older {
    captured: Captured,
    pool: Pool,
}

impl Older {
    pub(super) fn new(scene: &Scene) -> Self {
        let pool = Pool::new(1).unwrap();
        let cancel = Cancel::new();
        let run = Run { pool: &pool, cancel: &cancel, observer: &Silent, artifacts: &[] };
        let rules = RuleSource::Layers { profiles: Vec::new(), texts: Vec::new() };
        let options = Options {
            rules,
            parts: Parts::ALL,
            vendor_digests: false,
            configs: false,
            binaries: false,
        };
        let source = Walked::new(scene.volume(), SourceKind::Memory, "memory:before");
        let captured = capture(&source, &options, &run).unwrap();
        Self { captured, pool }
    }

    /// Says how the change of each path was explained.
    pub(super) fn all(&self, after: &Scene) -> BTreeMap<String, Said> {
        let cancel = Cancel::new();
        let run = Run { pool: &self.pool, cancel: &cancel, observer: &Silent, artifacts: &[] };
        let now = Timestamp::parse("2026-11-21T12:00:00Z").unwrap();
        let occasion = Occasion { clock: &now, run_id: "test", binary_digest: None };
        let request = Request::new(Parts::ALL, FailOn::At(Severity::Medium));
        let view = View::of_captured(&self.captured);
        let source = Walked::new(after.volume(), SourceKind::Memory, "memory:after");
        let reference = Reference::Other(Target::Stored(&view));
        let outcome = check(&Target::Live(&source), &reference, &request, &run, &occasion).unwrap();
        let said = |cause, verified| match (cause, verified) {
            (Cause::Generated, true) => Said::Right,
            (Cause::Generated, false) => Said::Unproven,
            _ => Said::Wrong,
        };
        let changes = outcome.report.changes.iter();
        changes
            .map(|change| {
                let path = change.path.trim_start_matches('/').to_owned();
                (path, said(change.cause, change.cause_verified))
            })
            .collect()
    }

    pub(super) fn said(&self, after: &Scene, path: &str) -> Said {
        self.all(after).get(path).copied().unwrap_or(Said::Nothing)
    }
}

/// Changes one byte at each of at most `samples` places, and cuts the file there: the product is
/// right nowhere but where `bound` says so, and elsewhere it is no product at all, or unproven
/// where `bound` allows that.
pub(super) fn flip_everywhere(
    older: &Older,
    after: &Scene,
    path: &str,
    samples: usize,
    bound: &dyn Fn(usize) -> Said,
) {
    let bytes = after.bytes(path);
    let step = bytes.len().div_ceil(samples).max(1);
    let altered = |bytes: &[u8]| {
        let mut scene = after.clone();
        if let Some(Object::File { bytes: old, .. }) = scene.objects.get_mut(path.as_bytes()) {
            *old = bytes.to_vec();
        }
        older.said(&scene, path)
    };
    for at in (0..bytes.len()).step_by(step) {
        let bit = 1 << (at % 8);
        let mut flipped = bytes.clone();
        flipped[at] ^= bit;
        let said = altered(&flipped);
        let allowed = said == Said::Wrong || said == bound(at) || bound(at) == Said::Right;
        assert!(allowed, "{path}: byte {at} of {} with {bit:#x} is {said:?}", bytes.len());
        let said = altered(&bytes[..at]);
        // What is cut off may be what it was before.
        let allowed = matches!(said, Said::Wrong | Said::Nothing) || said == bound(at);
        assert!(allowed, "{path}: cut at {at} is {said:?}");
    }
}
