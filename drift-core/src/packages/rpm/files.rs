//! The files of one package: parallel arrays of a header become paths and records.
//!
//! What rpm would not verify (rpmVerifyFile, `lib/verify.c`) is not recorded, or is named in
//! `Shipped::unverified`: content of ghosts, files that were not installed or were replaced by
//! another package, and what the package excludes by `%verify`.

use super::header::{Error, Header, Numbers, Strings};
use super::scan::Scan;
use super::tags;
use crate::model::{Algorithm, AttributeSet, Digest, FileType};
use crate::packages::{Claimant, Completeness, Conffile, Owner, Presence, Shipped};

/// Bytes of a path: PATH_MAX. It also bounds the work for many names in one long directory.
const MAX_PATH_BYTES: usize = 4096;

/// The arrays of one header; each is as long as the list of names, or is not there.
struct Columns<'b> {
    modes: Option<Numbers<'b>>,
    flags: Option<Numbers<'b>>,
    states: Option<Numbers<'b>>,
    sizes: Option<Numbers<'b>>,
    mtimes: Option<Numbers<'b>>,
    rdevs: Option<Numbers<'b>>,
    verify: Option<Numbers<'b>>,
    digests: Option<Strings<'b>>,
    links: Option<Strings<'b>>,
    users: Option<Strings<'b>>,
    groups: Option<Strings<'b>>,
    capabilities: Option<Strings<'b>>,
    /// `None` for one that drift does not compute.
    algorithm: Option<Algorithm>,
}

/// What the arrays say of one file.
struct File<'b> {
    mode: Option<u64>,
    flags: u64,
    state: u64,
    size: Option<u64>,
    mtime: Option<u64>,
    rdev: Option<u64>,
    verify: u64,
    digest: &'b [u8],
    link: &'b [u8],
    user: &'b [u8],
    group: &'b [u8],
    capability: &'b [u8],
}

/// Reads the files of a package.
pub(super) fn read(
    scan: &mut Scan<'_, '_, '_>,
    claimant: Claimant,
    name: &str,
    header: &Header<'_>,
) {
    if let Err(error) = all(scan, claimant, name, header) {
        scan.fault(format!("{name}: {error}; its files are not all known"));
    }
}

fn all(
    scan: &mut Scan<'_, '_, '_>,
    claimant: Claimant,
    name: &str,
    header: &Header<'_>,
) -> Result<(), Error> {
    let Some(mut paths) = Paths::of(scan, name, header)? else { return Ok(()) };
    let mut columns = Columns::of(scan, name, header, paths.count())?;
    let mut at = 0;
    while let Some(path) = paths.next() {
        if !scan.reading.item(scan.path, Completeness::RecordsIncomplete) {
            return Ok(());
        }
        let file = columns.file(at)?;
        match path? {
            Some(path) => take(scan, claimant, name, &path, &file, columns.algorithm),
            None => {
                let what = "a file without a directory, or with a path that is none";
                scan.fault(format!("{name}: {what}; it is not owned here"));
            }
        }
        at = at.saturating_add(1);
    }
    Ok(())
}

/// Hands one file over.
fn take(
    scan: &mut Scan<'_, '_, '_>,
    claimant: Claimant,
    name: &str,
    path: &[u8],
    file: &File<'_>,
    algorithm: Option<Algorithm>,
) {
    let absent = matches!(file.state, tags::NOT_INSTALLED | tags::NET_SHARED);
    let presence = match absent || file.flags & (tags::GHOST | tags::MISSING_OK) != 0 {
        true => Presence::Optional,
        false => Presence::Shipped,
    };
    if let Err(error) = scan.reading.out.owns(claimant, path, presence) {
        return scan.fault(format!("{name}: {error}"));
    }
    if absent || file.state == tags::REPLACED {
        return;
    }
    let digest = digest_of(scan, name, file, algorithm);
    let shipped = shipped(scan, file);
    let out = &mut *scan.reading.out;
    // The package owns the path by now, so that none of these is refused.
    let _ = out.shipped(claimant, path, shipped);
    if file.flags & tags::CONFIG != 0 {
        let _ = out.conffile(claimant, path, Conffile { digest, ..Conffile::default() });
    } else if let Some(digest) = digest {
        let _ = out.digest(claimant, path, digest);
    }
}

/// Returns the digest that the file's content is to have.
fn digest_of(
    scan: &mut Scan<'_, '_, '_>,
    name: &str,
    file: &File<'_>,
    algorithm: Option<Algorithm>,
) -> Option<Digest> {
    let algorithm = algorithm?;
    let regular = file.file_type() == Some(FileType::File);
    if !regular || file.flags & tags::GHOST != 0 || file.state == tags::WRONG_COLOR {
        return None;
    }
    let digest = Digest::from_hex(algorithm, file.digest);
    if digest.is_none() {
        scan.fault(format!("{name}: a file without a valid digest; its content is not checked"));
    }
    digest
}

/// Returns the attributes that rpm would compare.
fn shipped(scan: &mut Scan<'_, '_, '_>, file: &File<'_>) -> Shipped {
    let ghost = file.flags & tags::GHOST != 0;
    let file_type = file.file_type();
    let is = |wanted| file_type == Some(wanted);
    let content = is(FileType::File) && !ghost;
    let device = is(FileType::Char) || is(FileType::Block);
    let out = &mut *scan.reading.out;
    let mut named = |name: &[u8]| (!name.is_empty()).then(|| Owner::Name(out.text(name)));
    let (user, group) = (named(file.user), named(file.group));
    Shipped {
        // Of a ghost whatever has its name is as good, but not whoever owns it.
        file_type: file_type.filter(|_| !ghost),
        mode: file.mode.filter(|_| !is(FileType::Symlink)).map(permissions),
        user,
        group,
        size: file.size.filter(|_| content),
        mtime: file.mtime.filter(|_| content).and_then(|time| i64::try_from(time).ok()),
        link_target: (is(FileType::Symlink) && !ghost).then(|| out.text(file.link)),
        rdev: file.rdev.filter(|_| device).map(numbers),
        capability: is(FileType::File).then(|| out.text(file.capability)),
        unverified: file.unverified(),
    }
}

fn permissions(mode: u64) -> u16 {
    u16::try_from(mode & 0o7777).unwrap_or(0)
}

/// rpm keeps 16 bits of a device's number: eight of each part.
fn numbers(rdev: u64) -> (u32, u32) {
    let byte = |number: u64| u32::try_from(number & 0xff).unwrap_or(0);
    (byte(rdev >> 8), byte(rdev))
}

impl File<'_> {
    fn file_type(&self) -> Option<FileType> {
        let file_type = FileType::from_mode(u32::try_from(self.mode?).ok()?);
        (file_type != FileType::Unknown).then_some(file_type)
    }

    fn unverified(&self) -> AttributeSet {
        let other_color: &[&str] = match self.state {
            tags::WRONG_COLOR => &["digest", "size", "mtime", "rdev"],
            _ => &[],
        };
        let excluded = tags::VERIFIED.iter().filter(|(flag, _)| self.verify & flag == 0);
        let names = excluded.flat_map(|(_, names)| names.iter()).chain(other_color);
        names.fold(AttributeSet::EMPTY, |set, name| set.with(AttributeSet::named(name)))
    }
}

impl<'b> Columns<'b> {
    /// Finds the arrays; what is missing or of another length is told.
    fn of(
        scan: &mut Scan<'_, '_, '_>,
        name: &str,
        header: &Header<'b>,
        count: usize,
    ) -> Result<Self, Error> {
        let mut numbers = |tag, required| -> Result<Option<Numbers<'b>>, Error> {
            let column = header.numbers(tag)?;
            let fits = column.filter(|column| column.len() == count);
            if fits.is_none() && (required || column.is_some()) {
                scan.fault(format!("{name}: tag {tag} has not one value for each file"));
            }
            Ok(fits)
        };
        let long = header.numbers(tags::LONG_FILE_SIZES)?.is_some();
        let sizes = if long { tags::LONG_FILE_SIZES } else { tags::FILE_SIZES };
        let (modes, sizes) = (numbers(tags::FILE_MODES, true)?, numbers(sizes, true)?);
        let (flags, mtimes) = (numbers(tags::FILE_FLAGS, true)?, numbers(tags::FILE_MTIMES, true)?);
        let states = numbers(tags::FILE_STATES, false)?;
        let verify = numbers(tags::FILE_VERIFY_FLAGS, false)?;
        let rdevs = numbers(tags::FILE_RDEVS, true)?;
        let mut texts = |tag, required| -> Result<Option<Strings<'b>>, Error> {
            let column = header.strings(tag)?;
            let there = column.is_some();
            let fits = column.filter(|column| column.len() == count);
            if fits.is_none() && (required || there) {
                scan.fault(format!("{name}: tag {tag} has not one value for each file"));
            }
            Ok(fits)
        };
        let (digests, links) = (texts(tags::FILE_DIGESTS, true)?, texts(tags::FILE_LINKS, true)?);
        let (users, groups) = (texts(tags::FILE_USERS, true)?, texts(tags::FILE_GROUPS, true)?);
        let capabilities = texts(tags::FILE_CAPABILITIES, false)?;
        let algorithm = algorithm(scan, name, header)?.filter(|_| digests.is_some());
        #[rustfmt::skip]
        return Ok(Self {
            modes, flags, states, sizes, mtimes, rdevs, verify,
            digests, links, users, groups, capabilities, algorithm,
        });
    }

    fn file(&mut self, at: usize) -> Result<File<'b>, Error> {
        fn text<'b>(column: &mut Option<Strings<'b>>) -> Result<&'b [u8], Error> {
            let next = column.as_mut().and_then(Iterator::next).transpose()?;
            Ok(next.unwrap_or_default())
        }
        let number = |column: Option<Numbers<'_>>| column.and_then(|column| column.get(at));
        Ok(File {
            mode: number(self.modes),
            flags: number(self.flags).unwrap_or(0),
            state: number(self.states).unwrap_or(0),
            size: number(self.sizes),
            mtime: number(self.mtimes),
            rdev: number(self.rdevs),
            verify: number(self.verify).unwrap_or(u64::MAX),
            digest: text(&mut self.digests)?,
            link: text(&mut self.links)?,
            user: text(&mut self.users)?,
            group: text(&mut self.groups)?,
            capability: text(&mut self.capabilities)?,
        })
    }
}

/// Returns the algorithm of the digests; one that drift does not compute is told.
fn algorithm(
    scan: &mut Scan<'_, '_, '_>,
    name: &str,
    header: &Header<'_>,
) -> Result<Option<Algorithm>, Error> {
    // Numbers of OpenPGP (RFC 4880 §9.4); without one it is MD5.
    let number = header.numbers(tags::FILE_DIGEST_ALGORITHM)?.and_then(|number| number.get(0));
    let unknown = match number.unwrap_or(1) {
        1 => return Ok(Some(Algorithm::Md5)),
        2 => return Ok(Some(Algorithm::Sha1)),
        8 => return Ok(Some(Algorithm::Sha256)),
        3 => "RIPEMD-160".to_owned(),
        9 => "SHA-384".to_owned(),
        10 => "SHA-512".to_owned(),
        11 => "SHA-224".to_owned(),
        12 => "SHA3-256".to_owned(),
        14 => "SHA3-512".to_owned(),
        other => format!("number {other}"),
    };
    scan.fault(format!("{name}: digests by the algorithm {unknown}; its files are not checked"));
    Ok(None)
}

/// The paths of a header, one after the other.
enum Paths<'b> {
    Whole(Strings<'b>),
    Split { names: Strings<'b>, indexes: Numbers<'b>, directories: Vec<&'b [u8]>, at: usize },
}

impl<'b> Paths<'b> {
    /// Returns the paths; `None` for a package without files.
    fn of(
        scan: &mut Scan<'_, '_, '_>,
        name: &str,
        header: &Header<'b>,
    ) -> Result<Option<Self>, Error> {
        let Some(names) = header.strings(tags::BASE_NAMES)? else {
            let whole = header.strings(tags::OLD_FILE_NAMES)?;
            let states = header.numbers(tags::FILE_STATES)?.map_or(0, |states| states.len());
            if whole.is_none() && states > 0 {
                scan.fault(format!("{name}: states of files, and no names of files"));
            }
            return Ok(whole.map(Self::Whole));
        };
        let listed = header.strings(tags::DIRECTORY_NAMES)?;
        let listed = listed.filter(|listed| listed.len() <= names.len());
        let indexes = header.numbers(tags::DIRECTORY_INDEXES)?;
        let (Some(listed), Some(indexes)) = (listed, indexes) else {
            scan.fault(format!("{name}: names of files, and no directories for them"));
            return Ok(None);
        };
        let mut directories = Vec::new();
        for directory in listed {
            // One for each of up to so many files: a hostile header must not fill memory with them.
            if !scan.reading.item(scan.path, Completeness::RecordsIncomplete) {
                return Ok(None);
            }
            directories.push(directory?);
        }
        Ok(Some(Self::Split { names, indexes, directories, at: 0 }))
    }

    fn count(&self) -> usize {
        match self {
            Self::Whole(names) | Self::Split { names, .. } => names.len(),
        }
    }

    /// Returns the next path; `None` inside for a path that is none.
    #[expect(clippy::type_complexity, reason = "an end, an error and a path that is none differ")]
    fn next(&mut self) -> Option<Result<Option<Vec<u8>>, Error>> {
        let (directory, name) = match self {
            Self::Whole(names) => (&b""[..], names.next()?),
            Self::Split { names, indexes, directories, at } => {
                let name = names.next()?;
                let index = indexes.get(*at).and_then(|index| usize::try_from(index).ok());
                *at = at.saturating_add(1);
                match index.and_then(|index| directories.get(index)) {
                    Some(directory) => (*directory, name),
                    None => return Some(Ok(None)),
                }
            }
        };
        Some(name.map(|name| {
            let length = directory.len().saturating_add(name.len());
            let split = !directory.is_empty();
            let valid = (2..=MAX_PATH_BYTES).contains(&length) || directory == b"/";
            let path = if valid { [directory, name].concat() } else { Vec::new() };
            let odd = split && (!directory.ends_with(b"/") || name.contains(&b'/'));
            (path.starts_with(b"/") && !odd).then_some(path)
        }))
    }
}
