//! Binary packages of Debian: an ar(5) archive of two tar archives (deb(5)).
//!
//! What dpkg-deb would read in another way, or not at all, is refused: the catalogue must say what is
//! installed, not one reading of several.

#![cfg_attr(not(test), warn(clippy::indexing_slicing, clippy::arithmetic_side_effects))]

use crate::bounds::Cancel;
use crate::bounds::escape::escaped;
use crate::model::{Digest, FileType, TreePath};
use crate::packages::deb822::Stanzas;
use crate::source::{self, Packed};

use super::error::Error;
use super::packed::{PackageName, PackedFile, PackedPackage};

/// The first bytes of an archive of ar.
const MARK: &[u8] = b"!<arch>\n";

/// The header of a member.
const HEADER: usize = 60;

/// The longest `control` or `conffiles`: a thousand times what Debian's largest are.
const MAX_TEXT: u64 = 8 << 20;

/// Ids below are given by Debian, the same on every system (Debian Policy 9.2.2); those above are given
/// on each system by name.
const FIRST_DYNAMIC_ID: u32 = 100;

/// The endings of the two archives, and how what bears one begins.
const CODINGS: [(&[u8], &[u8]); 4] = [
    (b"", b""),
    (b".gz", &[0x1f, 0x8b]),
    (b".xz", &[0xfd, b'7', b'z', b'X', b'Z', 0]),
    (b".zst", &[0x28, 0xb5, 0x2f, 0xfd]),
];

/// Reads a package whole: its name from `control`, its files from the payload.
pub fn read_deb(bytes: &[u8], cancel: &Cancel) -> Result<PackedPackage, Error> {
    let (control, data) = archives(bytes)?;
    let part = |what: &'static str| {
        move |reason: String| Error::package(format!("its {what} archive: {reason}"))
    };
    let wanted: Vec<&[u8]> = [&b"control"[..], b"conffiles"].into_iter().chain(SCRIPTS).collect();
    let texts = source::small_files(control, &wanted, MAX_TEXT).map_err(part("control"))?;
    let text = |wanted: &[u8]| {
        texts.iter().find(|(name, _)| name == wanted).map_or(&[][..], |(_, text)| text)
    };
    let name = name(text(b"control"))?;
    let conffiles = conffiles(text(b"conffiles"))?;
    let tree = source::tree(data, cancel).map_err(part("data"))?;
    let files: Vec<PackedFile> = tree.into_iter().map(|packed| file(packed, &conffiles)).collect();
    let shipped = |path: &TreePath| files.binary_search_by(|file| file.path.cmp(path)).is_ok();
    if let Some(path) = conffiles.iter().find(|path| !shipped(path)) {
        return Err(Error::package(format!("it has no {path}, which its conffiles name")));
    }
    let mut files = files;
    let stem = stem(&name, text(b"control"));
    for (script, content) in texts.iter().filter(|(name, _)| SCRIPTS.contains(&&**name)) {
        let path = [INFO, stem.as_bytes(), b".", script].concat();
        files.push(of_dpkg(&path, content)?);
    }
    files.sort_by(|a, b| a.path.cmp(&b.path));
    Ok(PackedPackage { name, sha256: Digest::sha256_of(bytes), files })
}

/// What dpkg and debconf run as root; they lie in the database of the target, which records nothing of
/// them.
const SCRIPTS: [&[u8]; 5] = [b"config", b"postinst", b"postrm", b"preinst", b"prerm"];

/// Where dpkg puts them (dpkg(1)).
const INFO: &[u8] = b"var/lib/dpkg/info/";

/// What the names of a package's files in the database begin with: of a package that may be there for
/// several architectures, with its own.
fn stem(name: &PackageName, control: &[u8]) -> String {
    let mut stanzas = Stanzas::new(control);
    let same = stanzas.next().is_some_and(|stanza| stanza.value(b"Multi-Arch") == b"same");
    if same { format!("{}:{}", name.name, name.architecture) } else { name.name.clone() }
}

/// A file that dpkg writes of a package itself.
fn of_dpkg(path: &[u8], content: &[u8]) -> Result<PackedFile, Error> {
    let path = TreePath::parse(path).map_err(|error| Error::package(error.to_string()))?;
    Ok(PackedFile {
        path,
        file_type: FileType::File,
        mode: None,
        uid: None,
        gid: None,
        digest: Some(Digest::sha256_of(content)),
        link_target: None,
        device: None,
        capability: None,
        conffile: false,
        optional: false,
    })
}

/// Finds `control.tar` and `data.tar`.
fn archives(bytes: &[u8]) -> Result<(&[u8], &[u8]), Error> {
    let mut rest = bytes.strip_prefix(MARK).ok_or(Error::package("it does not begin as a .deb"))?;
    let mut members = Vec::new();
    while !rest.is_empty() {
        let (name, content, after) = member(rest)?;
        // dpkg-deb leaves these out: signatures of other tools.
        if !name.starts_with(b"_") {
            members.push((name, content));
        }
        rest = after;
    }
    match members.as_slice() {
        [(b"debian-binary", version), (control, inside), (data, payload)] => {
            if !version.starts_with(b"2.") {
                return Err(Error::package("it is no .deb of version 2"));
            }
            check_coding(control, b"control.tar", inside)?;
            check_coding(data, b"data.tar", payload)?;
            Ok((inside, payload))
        }
        _ => {
            let names: Vec<String> =
                members.iter().map(|(name, _)| escaped(name).to_string()).collect();
            Err(Error::package(format!(
                "a .deb holds debian-binary, control.tar and data.tar in this order, and this one \
                 holds {}",
                names.join(", ")
            )))
        }
    }
}

/// The name and content of a member, and what follows it.
type Member<'b> = (&'b [u8], &'b [u8], &'b [u8]);

/// Takes one member: its name, its content, and what follows.
fn member(rest: &[u8]) -> Result<Member<'_>, Error> {
    let broken = || Error::package("a header in the .deb is malformed, or the file is cut off");
    let (header, rest) = rest.split_at_checked(HEADER).ok_or_else(broken)?;
    let (name, fields) = header.split_at_checked(16).ok_or_else(broken)?;
    let size = fields.get(32..42).ok_or_else(broken)?.trim_ascii_end();
    if !header.ends_with(b"`\n") || size.is_empty() || !size.iter().all(u8::is_ascii_digit) {
        return Err(broken());
    }
    let size = std::str::from_utf8(size).ok().and_then(|size| size.parse::<usize>().ok());
    let size = size.ok_or_else(broken)?;
    let (content, rest) = rest.split_at_checked(size).ok_or_else(broken)?;
    let rest = match (size & 1, rest) {
        (0, rest) => rest,
        (_, [b'\n', rest @ ..]) => rest,
        _ => return Err(broken()),
    };
    let name = name.trim_ascii_end();
    Ok((name.strip_suffix(b"/").unwrap_or(name), content, rest))
}

/// dpkg-deb decompresses by the ending, this does by the bytes: both must mean the same.
fn check_coding(name: &[u8], stem: &[u8], content: &[u8]) -> Result<(), Error> {
    let ending = name.strip_prefix(stem);
    let known = ending.and_then(|ending| CODINGS.iter().find(|(known, _)| *known == ending));
    let others = |own: &[u8]| {
        let mut marks = CODINGS.iter().filter(|(ending, mark)| *ending != own && !mark.is_empty());
        marks.any(|(_, mark)| content.starts_with(mark))
    };
    match known {
        Some((ending, mark)) if content.starts_with(mark) && !others(ending) => Ok(()),
        Some(_) => {
            Err(Error::package(format!("its {} is not compressed as its name says", escaped(name))))
        }
        None => Err(Error::package(format!(
            "its {} is not read; it should be {} alone, or end with .gz, .xz or .zst",
            escaped(name),
            escaped(stem)
        ))),
    }
}

fn name(control: &[u8]) -> Result<PackageName, Error> {
    let mut stanzas = Stanzas::new(control);
    let stanza = stanzas.next();
    let more = stanzas.next().is_some();
    let fault = stanzas.faults.first().map(|fault| format!("line {}: {}", fault.line, fault.what));
    let stanza = stanza.filter(|_| !more && fault.is_none()).ok_or_else(|| {
        let what = fault.unwrap_or_else(|| "it is no single stanza".to_owned());
        Error::package(format!("its control file cannot be read: {what}"))
    })?;
    let field = |name: &'static str| {
        let value = stanza.value(name.as_bytes());
        let plain = !value.is_empty() && value.iter().all(u8::is_ascii_graphic);
        plain.then(|| String::from_utf8_lossy(value).into_owned()).ok_or_else(|| {
            Error::package(format!("its control file has no {name}, or no proper one"))
        })
    };
    Ok(PackageName {
        manager: "dpkg".to_owned(),
        name: field("Package")?,
        architecture: field("Architecture")?,
        version: field("Version")?,
    })
}

/// Returns the configuration files that are shipped, sorted.
fn conffiles(text: &[u8]) -> Result<Vec<TreePath>, Error> {
    let mut paths = Vec::new();
    for line in text.split(|&byte| byte == b'\n').map(<[u8]>::trim_ascii_end) {
        // What the package removes it does not ship.
        if line.is_empty() || line.starts_with(b"remove-on-upgrade ") {
            continue;
        }
        let path = line.strip_prefix(b"/").and_then(|path| TreePath::parse(path).ok());
        paths.push(
            path.ok_or_else(|| {
                Error::package(format!("its conffiles names \"{}\"", escaped(line)))
            })?,
        );
    }
    paths.sort();
    Ok(paths)
}

fn file(packed: Packed, conffiles: &[TreePath]) -> PackedFile {
    let fixed = |id: u32| Some(id).filter(|id| *id < FIRST_DYNAMIC_ID);
    let conffile = conffiles.binary_search(&packed.path).is_ok();
    PackedFile {
        mode: Some(packed.mode).filter(|_| packed.file_type != FileType::Symlink),
        uid: fixed(packed.uid),
        gid: fixed(packed.gid),
        digest: packed.digest,
        link_target: packed.link_target,
        device: packed.device,
        capability: None,
        conffile,
        optional: false,
        file_type: packed.file_type,
        path: packed.path,
    }
}
