//! `drift manifest build`: packages and who vouches for them become one sealed file.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use drift_core::artifact::{self, Replace};
use drift_core::judge::Exit;
use drift_core::manifest::{self, Builder, Origin, PackageName, PackedPackage, RPM_MARK};
use drift_core::model::Digest;
use drift_core::seal::{Reason, Untrusted};

use super::apt::{self, MAX_NAMES, Vouched};
use super::signatures;
use crate::args::ManifestBuild;
use crate::commands::sealing::{self, Orders, Subject};
use crate::failure::Failure;
use crate::settings::Settings;
use crate::terminal::{Terminal, shown};

/// A package: the largest of Debian have 2 GB.
const MAX_PACKAGE_BYTES: usize = 8 << 30;

pub(super) fn run(
    args: &ManifestBuild,
    settings: &Settings,
    terminal: &Terminal,
) -> Result<Exit, Failure> {
    let orders = Orders::parse(&args.seal)?;
    if orders.is_empty() {
        return Err(Failure::usage_text("a manifest needs a key")
            .hint("name one with --sign KEY.pem, or make one with drift keygen"));
    }
    let clock = settings.clock(args.now.as_deref())?;
    let named = Named::of(args, clock.now())?;
    let mut build = Build { args, settings, builder: Builder::default() };
    let left_out = build.all(&named)?;
    if build.builder.is_empty() {
        return Err(Failure::usage_text("there is no package in what was named"));
    }
    let written = build
        .builder
        .finish(&format!("drift {}", env!("CARGO_PKG_VERSION")))
        .map_err(Failure::usage)?;
    artifact::write(&args.out, &written.bytes, 0o644, Replace::Yes)
        .map_err(|error| Failure::output(&shown(&args.out), error))?;
    let told = format!(
        "{}: {}, {} in {} bytes\n",
        shown(&args.out),
        counted(written.packages, "package"),
        counted(written.files, "file"),
        written.bytes.len()
    );
    terminal.result(told.as_bytes())?;
    if left_out > 0 {
        let told = counted(left_out, "package");
        let told = format!("no file of {told} that the archive lists is here: they are not held");
        terminal.note(&told);
    }
    let stem = args.out.file_stem().map(|stem| stem.to_string_lossy().into_owned());
    let identity = orders.identity().map_or(stem.unwrap_or_default(), str::to_owned);
    let subject = Subject::Manifest { identity, packages: written.packages, files: written.files };
    let memory = settings.state_directory(args.state.as_ref());
    let file = (args.out.as_path(), written.bytes.into());
    sealing::seal_subject(file, subject, &orders, memory.as_deref(), clock.now(), terminal)?;
    Ok(Exit::CLEAN)
}

fn counted(number: u64, one: &str) -> String {
    format!("{number} {one}{}", if number == 1 { "" } else { "s" })
}

/// What the operator named, by kind.
struct Named {
    /// What releases vouch for, by the digest of its file.
    vouched: BTreeMap<String, Vouched>,
    /// The digests that releases give to a package; several archives may have builds of their own.
    builds: BTreeMap<PackageName, Vec<Digest>>,
    /// Directories that hold packages.
    caches: Vec<PathBuf>,
    /// Packages that were named one by one, or lie in a directory that was.
    files: Vec<PathBuf>,
}

impl Named {
    fn of(args: &ManifestBuild, now: drift_core::bounds::Timestamp) -> Result<Self, Failure> {
        let mut named = Self {
            vouched: BTreeMap::new(),
            builds: BTreeMap::new(),
            caches: Vec::new(),
            files: Vec::new(),
        };
        for source in &args.sources {
            if artifact::read_start(source, 0).is_ok() {
                named.files.push(source.clone());
                continue;
            }
            match apt::vouched(source, &args.keyring, now)? {
                Some(vouched) => vouched.into_iter().for_each(|one| named.take(one)),
                None => named.caches.push(source.clone()),
            }
        }
        // Beside a release a directory is where its packages may lie; alone it stands for what is in
        // it.
        if named.vouched.is_empty() {
            for cache in &named.caches {
                let mut names = artifact::list_names(cache, MAX_NAMES)?;
                names.retain(|name| {
                    let name = name.to_string_lossy();
                    name.ends_with(".deb") || name.ends_with(".rpm")
                });
                named.files.extend(names.into_iter().map(|name| cache.join(name)));
            }
        }
        Ok(named)
    }

    fn take(&mut self, vouched: Vouched) {
        let digest = vouched.listing.sha256;
        self.builds.entry(vouched.listing.name.clone()).or_default().push(digest);
        self.vouched.entry(digest.hex()).or_insert(vouched);
    }
}

/// A manifest that is being made.
struct Build<'b> {
    args: &'b ManifestBuild,
    settings: &'b Settings,
    builder: Builder,
}

impl Build<'_> {
    /// Reads every package; returns how many are listed and lie nowhere.
    fn all(&mut self, named: &Named) -> Result<u64, Failure> {
        for file in &named.files {
            self.file(file, named)?;
        }
        let mut left_out = 0u64;
        for vouched in named.vouched.values() {
            let places = apt::places(vouched, &named.caches);
            let there = places.iter().find(|place| artifact::read_start(place, 0).is_ok());
            let Some(file) = there else {
                left_out = left_out.saturating_add(1);
                continue;
            };
            let bytes = artifact::read_bounded(file, MAX_PACKAGE_BYTES)?;
            if !apt::is_listed(vouched, &bytes) {
                return Err(altered(file, &Digest::sha256_of(&bytes), &[vouched.listing.sha256]));
            }
            self.deb(file, &bytes, Some(vouched))?;
        }
        Ok(left_out)
    }

    /// Takes a package that the operator named.
    fn file(&mut self, file: &Path, named: &Named) -> Result<(), Failure> {
        let bytes = artifact::read_bounded(file, MAX_PACKAGE_BYTES)?;
        if bytes.starts_with(RPM_MARK) {
            return self.rpm(file, &bytes);
        }
        let digest = Digest::sha256_of(&bytes);
        let package = self.deb(file, &bytes, named.vouched.get(&digest.hex()))?;
        match named.builds.get(&package) {
            Some(builds) if !builds.contains(&digest) => Err(altered(file, &digest, builds)),
            _ => Ok(()),
        }
    }

    fn deb(
        &mut self,
        file: &Path,
        bytes: &[u8],
        vouched: Option<&Vouched>,
    ) -> Result<PackageName, Failure> {
        let read = manifest::read_deb(bytes, &self.settings.cancel);
        let package = self.whole(read, file)?;
        if let Some(vouched) = vouched.filter(|vouched| vouched.listing.name != package.name) {
            let (is, listed) = (&package.name, &vouched.listing.name);
            let detail = format!("{}: it is {is}, and the index lists {listed}", shown(file));
            return Err(Untrusted::new(Reason::WrongIdentity, detail).into());
        }
        let origin = vouched.map_or(Origin::Operator, |vouched| vouched.origin.clone());
        self.add(&package, origin, file)?;
        Ok(package.name)
    }

    fn rpm(&mut self, file: &Path, bytes: &[u8]) -> Result<(), Failure> {
        let origin = match &self.args.rpm_keys {
            None => Origin::Operator,
            Some(database) => {
                let signed_by = signatures::rpm(file, database)
                    .map_err(|failure| failure.within(&shown(file)))?;
                // rpmkeys read the file by itself: it must have read the same.
                if artifact::read_bounded(file, MAX_PACKAGE_BYTES)? != bytes {
                    let told = format!("{}: it changed while it was read", shown(file));
                    return Err(Failure::usage_text(told));
                }
                Origin::Rpm { signed_by }
            }
        };
        let read = manifest::read_rpm(bytes, &self.settings.cancel);
        let package = self.whole(read, file)?;
        self.add(&package, origin, file)
    }

    fn whole(
        &self,
        read: Result<PackedPackage, manifest::Error>,
        file: &Path,
    ) -> Result<PackedPackage, Failure> {
        self.settings.cancel.check().map_err(Failure::interrupted)?;
        read.map_err(|error| Failure::usage(error).within(&shown(file)))
    }

    fn add(&mut self, package: &PackedPackage, origin: Origin, file: &Path) -> Result<(), Failure> {
        self.builder
            .add(package, origin)
            .map_err(|error| Failure::usage(error).within(&shown(file)))
    }
}

/// A package that is not the one that its index names.
fn altered(file: &Path, is: &Digest, listed: &[Digest]) -> Failure {
    let listed: Vec<String> = listed.iter().map(ToString::to_string).collect();
    let detail = format!(
        "{}: it has the digest {is}, and the signed index names {}",
        shown(file),
        listed.join(" and ")
    );
    Untrusted::new(Reason::Altered, detail).into()
}

/// A chain that is broken vouches for nothing: that is no fault of the command line.
pub(super) fn chain(error: manifest::Error) -> Failure {
    match error {
        manifest::Error::Chain { code, .. } => Untrusted::new(code, error.to_string()).into(),
        other => Failure::usage(other),
    }
}
