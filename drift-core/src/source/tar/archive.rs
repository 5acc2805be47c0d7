//! The archive as one open file: every pass reads the same object from its start.

#![warn(clippy::indexing_slicing, clippy::arithmetic_side_effects)]

use std::io::Read;

use crate::source::Error;
use crate::source::compression::{self, Coding};
use crate::source::stored::StoredFile;

use super::header::{BLOCK, Header, is_zero};
use super::reader::{Fault, Reader};

/// An open archive.
pub(super) struct Archive {
    file: StoredFile,
    coding: Coding,
    locator: String,
}

impl Archive {
    /// Takes an open file and recognises its coding and format, by bytes alone.
    pub(super) fn new(file: StoredFile, locator: &str) -> Result<Self, Error> {
        let mut archive = Self { file, coding: Coding::Plain, locator: locator.to_owned() };
        archive.coding = archive.recognise()?;
        Ok(archive)
    }

    /// Runs one pass over the members.
    pub(super) fn pass<T>(
        &self,
        work: impl FnOnce(&mut Reader<'_>) -> Result<T, Fault>,
    ) -> Result<T, Error> {
        self.unchanged()?;
        let mut reader = Reader::new(self.stream(self.coding)?);
        let result = work(&mut reader);
        self.unchanged()?;
        result.map_err(|fault| match fault {
            Fault::Malformed(reason) => self.malformed(reason),
            Fault::Cancelled => Error::Cancelled(crate::bounds::Cancelled),
        })
    }

    fn stream(&self, coding: Coding) -> Result<Box<dyn Read + '_>, Error> {
        compression::decoded(coding, self.file.from(0))
            .map_err(|error| self.malformed(error.to_string()))
    }

    fn recognise(&self) -> Result<Coding, Error> {
        let first = self.first(Coding::Plain)?;
        let coding = self.readable(compression::detect(&first))?;
        let inner = if coding == Coding::Plain { first } else { self.first(coding)? };
        if inner.is_empty() {
            return Err(self.unrecognised("it is empty, not even the end mark of an archive"));
        }
        let block = inner.first_chunk::<BLOCK>();
        if block.is_some_and(|block| is_zero(block) || Header::new(block).is_some()) {
            return Ok(coding);
        }
        if coding != Coding::Plain && self.readable(compression::detect(&inner))? != Coding::Plain {
            let reason = "it is compressed more than once; decompress it until one layer is left";
            return Err(self.unrecognised(reason));
        }
        Err(self.unrecognised("it does not start with the header of a tar archive"))
    }

    fn readable(&self, detected: Result<Coding, &'static str>) -> Result<Coding, Error> {
        detected.map_err(|name| {
            self.unrecognised(&format!(
                "{name} is not read; decompress it, or use gzip, zstd or xz"
            ))
        })
    }

    /// Reads the first block or what there is of it.
    fn first(&self, coding: Coding) -> Result<Vec<u8>, Error> {
        let mut bytes = Vec::new();
        let mut start = self.stream(coding)?.take(BLOCK as u64);
        match start.read_to_end(&mut bytes) {
            Ok(_) => Ok(bytes),
            Err(error) => Err(self.malformed(format!("its first bytes cannot be read: {error}"))),
        }
    }

    fn unchanged(&self) -> Result<(), Error> {
        self.file.unchanged().map_err(|reason| self.malformed(reason))
    }

    pub(super) fn malformed(&self, reason: String) -> Error {
        Error::Malformed { locator: self.locator.clone(), reason }
    }

    fn unrecognised(&self, reason: &str) -> Error {
        Error::Unrecognised { locator: self.locator.clone(), reason: reason.to_owned() }
    }
}
