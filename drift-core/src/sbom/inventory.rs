//! What both forms say: names of packages, who needs whom, licences, and which files are listed.

use std::collections::{BTreeMap, BTreeSet};

use crate::model::{
    Algorithm, Digest, Entry, FileType, Identity, Package, PackageId, SourceKind, Step, TreePath,
};
use crate::packages::{Details, purl};

use super::licence::Licence;
use super::{Error, Files, Matter};

/// What both forms say of the packages.
#[derive(Debug)]
pub(super) struct Inventory<'m> {
    /// Package URLs, by package.
    pub(super) purls: Vec<String>,
    /// Who needs whom, by package; each list sorted.
    pub(super) needs: Vec<Vec<PackageId>>,
    /// Packages that no other needs.
    pub(super) topmost: Vec<PackageId>,
    /// Licences, by package, of those where one is known.
    pub(super) licences: BTreeMap<PackageId, Licence>,
    details: Vec<Option<&'m Details>>,
}

/// A file that is listed.
pub(super) struct Listed<'l> {
    pub(super) path: &'l TreePath,
    pub(super) sha256: Digest,
    pub(super) sha1: Option<Digest>,
    pub(super) owner: Option<PackageId>,
}

impl<'m> Inventory<'m> {
    pub(super) fn new(matter: &Matter<'m>) -> Self {
        let ids = || (0..).map(PackageId).zip(matter.packages);
        let details: Vec<Option<&Details>> =
            ids().map(|(id, _)| matter.records.and_then(|records| records.details(id))).collect();
        let of = |id: PackageId| details.get(id.index()).copied().flatten();
        let purls = ids()
            .map(|(id, package)| {
                let source = of(id).and_then(|details| details.source.as_ref());
                let source = source.map(|(name, version)| (name.as_str(), version.as_str()));
                purl(package, matter.identity, source)
            })
            .collect();
        let needs = needs(matter.packages, &details);
        let needed: BTreeSet<PackageId> = needs.iter().flatten().copied().collect();
        let topmost = ids().map(|(id, _)| id).filter(|id| !needed.contains(id)).collect();
        let licence = |id: PackageId| {
            let told = of(id).and_then(|details| details.licence.as_deref());
            let text = told.or(matter.beyond.licences.get(&id).map(String::as_str))?;
            Some(text).filter(|text| !text.trim().is_empty()).map(Licence::of)
        };
        let licences = ids().filter_map(|(id, _)| Some((id, licence(id)?))).collect();
        Self { purls, needs, topmost, licences, details }
    }

    pub(super) fn purl(&self, id: PackageId) -> &str {
        self.purls.get(id.index()).map(String::as_str).unwrap_or_default()
    }

    pub(super) fn needs(&self, id: PackageId) -> &[PackageId] {
        self.needs.get(id.index()).map(Vec::as_slice).unwrap_or_default()
    }

    /// Returns who publishes the package, without an address.
    pub(super) fn supplier(&self, id: PackageId) -> Option<String> {
        let told = self.details(id)?.supplier.as_deref()?;
        let name = told.split('<').next().unwrap_or_default().trim().trim_matches('"').trim();
        Some(name.to_owned()).filter(|name| !name.is_empty())
    }

    /// Returns the project's page, where it is a plain web address.
    pub(super) fn homepage(&self, id: PackageId) -> Option<&'m str> {
        self.details(id)?.homepage.as_deref().filter(|text| is_web_address(text))
    }

    pub(super) fn details(&self, id: PackageId) -> Option<&'m Details> {
        self.details.get(id.index()).copied().flatten()
    }
}

/// Resolves what packages need to those that are installed. What no installed package answers to is
/// left out: a bill tells what is there.
fn needs(packages: &[Package], details: &[Option<&Details>]) -> Vec<Vec<PackageId>> {
    let mut known: BTreeMap<(&str, &str), Vec<PackageId>> = BTreeMap::new();
    for ((id, package), details) in (0..).map(PackageId).zip(packages).zip(details) {
        let provided = details.iter().flat_map(|details| &details.provides).map(String::as_str);
        for name in provided.chain([package.name.as_str()]) {
            let named = known.entry((&package.manager, name)).or_default();
            // Each once, in the order of the packages.
            if named.last() != Some(&id) {
                named.push(id);
            }
        }
    }
    let needs_of = |(package, details): (&Package, &Option<&Details>)| {
        let wanted = details.iter().flat_map(|details| &details.depends);
        let names = wanted.flat_map(|wanted| wanted.split('|'));
        let mut found = BTreeSet::new();
        for name in names {
            let named = known.get(&(package.manager.as_str(), name)).map(Vec::as_slice);
            let named = named.unwrap_or_default();
            let same = |id: &&PackageId| {
                let there = packages.get(id.index());
                there.is_some_and(|there| there.architecture == package.architecture)
            };
            // Of a package that is there for several architectures, the own one.
            let own: Vec<PackageId> = named.iter().filter(same).copied().collect();
            found.extend(if own.is_empty() { named.to_vec() } else { own });
        }
        found.into_iter().filter(|id| packages.get(id.index()) != Some(package)).collect()
    };
    packages.iter().zip(details).map(needs_of).collect()
}

/// Hands over every file that is listed, in the order of paths. `sha1` says whether a file without
/// one is left out.
pub(super) fn each_file(
    matter: &Matter<'_>,
    sha1: bool,
    take: &mut dyn FnMut(&Listed<'_>) -> Result<(), Error>,
) -> Result<(), Error> {
    if matter.files == Files::None {
        return Ok(());
    }
    let mut cursor = (matter.entries)();
    let (mut names, mut steps) = (Vec::<Box<[u8]>>::new(), 0_u32);
    while let Some(step) = cursor.next()? {
        steps = steps.wrapping_add(1);
        if steps.is_multiple_of(1024) {
            matter.cancel.check()?;
        }
        names.truncate((step.depth as usize).saturating_sub(1));
        if step.depth > 0 {
            names.push(step.name.into());
        }
        let Some((sha256, found)) = wanted(matter, &step) else { continue };
        if sha1 && found.is_none() {
            continue;
        }
        let path = TreePath::from_joined(names.join(&b'/'));
        take(&Listed { path: &path, sha256, sha1: found, owner: step.owner })?;
    }
    Ok(())
}

/// Returns the digests of an entry that is to be listed.
fn wanted(matter: &Matter<'_>, step: &Step<'_>) -> Option<(Digest, Option<Digest>)> {
    let entry: &Entry = &step.entry;
    if entry.file_type != FileType::File || (matter.files != Files::All && step.owner.is_none()) {
        return None;
    }
    let sha256 = entry.digest.seen().filter(|digest| digest.algorithm() == Algorithm::Sha256)?;
    Some((*sha256, step.row.and_then(|row| matter.beyond.sha1.get(&row)).copied()))
}

/// Returns a number for the bill in the form of a UUID, version 8 (RFC 9562, 5.8): the digest of what
/// it is made of.
pub(super) fn uuid(matter: &Matter<'_>, form: &str) -> String {
    let version = env!("CARGO_PKG_VERSION");
    let of = format!("{}\0{form}\0{version}\0{:?}", matter.root, matter.files);
    let digest = Digest::sha256_of(of.as_bytes());
    let mut bytes: [u8; 16] =
        digest.as_bytes().first_chunk().copied().expect("because a SHA-256 has 32 bytes");
    let [_, _, _, _, _, _, version, _, variant, ..] = &mut bytes;
    *version = (*version & 0x0f) | 0x80;
    *variant = (*variant & 0x3f) | 0x80;
    let hex = crate::model::hex(&bytes);
    let part = |from: usize, to: usize| hex.get(from..to).unwrap_or_default().to_owned();
    [part(0, 8), part(8, 12), part(12, 16), part(16, 20), part(20, 32)].join("-")
}

/// Returns what the target is called.
pub(super) fn name(matter: &Matter<'_>) -> String {
    let image = matter.image.and_then(|image| image.reference.clone());
    let host = matter.identity.hostname.clone().filter(|_| matter.kind == SourceKind::Host);
    image.or(host).unwrap_or_else(|| matter.locator.to_owned())
}

/// Returns name and version of the system, where the target tells them.
pub(super) fn system(identity: &Identity) -> Option<(&str, &str)> {
    Some((identity.os.as_deref()?, identity.version.as_deref().unwrap_or_default()))
}

/// A web address in plain characters (RFC 3986) with a host that has a dot.
fn is_web_address(text: &str) -> bool {
    let rest = ["https://", "http://"].iter().find_map(|scheme| text.strip_prefix(scheme));
    let Some(rest) = rest else { return false };
    let (host, path) = rest.find('/').map_or((rest, ""), |at| rest.split_at(at));
    let label = |label: &str| {
        !label.is_empty() && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
    };
    let top = host.rsplit('.').next().unwrap_or_default();
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~:/?#@!$&'()*+,;=".contains(&byte);
    host.contains('.')
        && host.split('.').all(label)
        && top.bytes().all(|byte| byte.is_ascii_alphabetic())
        && path.bytes().all(plain)
}
