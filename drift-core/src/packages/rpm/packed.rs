//! The header of a package file, read as the database's are; beside it what the payload refers to.

use super::header::{Error, Header};
use super::scan::Scan;
use super::{package, tags};
use crate::bounds::Budget;
use crate::packages::{Completeness, Files, PackageSink, Reading, Records};

/// Files of one package: ten times what the largest have.
const MAX_FILES: u64 = 4_000_000;

/// What a header says, in the records of a database that holds this one package.
#[derive(Debug)]
pub(crate) struct PackedHeader {
    /// The package, its paths and their records.
    pub(crate) records: Records,
    /// The paths in the order of the header, each with the size of its file.
    pub(crate) files: Vec<(Vec<u8>, u64)>,
}

/// Reads a header that fills `blob`, less its magic; what a database would report as a problem refuses
/// the package.
pub(crate) fn read_packed(blob: &[u8]) -> Result<PackedHeader, String> {
    let files = Files::new();
    let mut budget = Budget::new(u64::MAX, MAX_FILES);
    let mut out = PackageSink::default();
    let mut reading = Reading::new(&files, &mut budget, &mut out);
    package::read(&mut Scan { reading: &mut reading, path: b"header" }, 0, blob);
    let completeness = reading.finish();
    let records = out.finish(completeness);
    if let Some(problem) = records.problems().first() {
        return Err(problem.reason.clone());
    }
    if completeness != Completeness::Complete || records.packages().len() != 1 {
        return Err("its header is not understood as a whole".to_owned());
    }
    let files = in_order(blob).map_err(|error| error.to_string())?;
    Ok(PackedHeader { records, files })
}

fn in_order(blob: &[u8]) -> Result<Vec<(Vec<u8>, u64)>, Error> {
    let header = Header::parse(blob)?;
    let long = header.numbers(tags::LONG_FILE_SIZES)?;
    let sizes = if long.is_some() { long } else { header.numbers(tags::FILE_SIZES)? };
    let size = |at| sizes.and_then(|sizes| sizes.get(at)).unwrap_or(0);
    let directories = header.strings(tags::DIRECTORY_NAMES)?.into_iter().flatten();
    let directories: Vec<&[u8]> = directories.collect::<Result<_, _>>()?;
    let indexes = header.numbers(tags::DIRECTORY_INDEXES)?;
    let names = header.strings(tags::BASE_NAMES)?.into_iter().flatten();
    let mut files = Vec::new();
    for (at, name) in names.enumerate() {
        let index = indexes.and_then(|indexes| usize::try_from(indexes.get(at)?).ok());
        let directory = index.and_then(|index| directories.get(index)).copied();
        files.push(([directory.unwrap_or_default(), name?].concat(), size(at)));
    }
    if files.is_empty() && header.strings(tags::OLD_FILE_NAMES)?.is_some() {
        return Err(Error::Type(tags::OLD_FILE_NAMES));
    }
    Ok(files)
}
