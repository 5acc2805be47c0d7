//! Sections COVR (what was not seen, part of the root) and VOLA (how the run went, not part of it).

#![warn(clippy::indexing_slicing, clippy::arithmetic_side_effects)]

use crate::bounds::{Budget, Exceeded, Limit};
use crate::model::{Coverage, Exclusion, Mount, Problem, Snapshot, Stage, TreePath};
use crate::source::errno_name;

use super::error::Error;
use super::wire::{Input, put, put_bytes, put_field};

const MOUNT_ENTERED: u8 = 1;
const MOUNT_NOT_ENTERED: u8 = 2;
const EXCLUSION: u8 = 3;
const PROBLEM: u8 = 4;

const LOCATOR: u64 = 1;
const COUNTERS: u64 = 2;

/// The largest number that Linux gives an error (`EHWPOISON`, errno(3)).
const LAST_ERRNO: i32 = 133;

/// Returns the records of COVR, in order.
pub(super) fn records(snapshot: &Snapshot) -> impl Iterator<Item = Result<Vec<u8>, Error>> {
    let coverage = &snapshot.coverage;
    let mounts = |kind, mounts: &'_ [Mount]| {
        mounts.iter().map(|mount| mount_record(kind, mount)).collect::<Vec<_>>()
    };
    let exclusions = coverage.excluded.iter().map(|exclusion| {
        let mut out = vec![EXCLUSION];
        put_bytes(&mut out, exclusion.rule.as_bytes());
        put(&mut out, exclusion.entries);
        Ok(out)
    });
    mounts(MOUNT_ENTERED, &coverage.mounts_entered)
        .into_iter()
        .chain(mounts(MOUNT_NOT_ENTERED, &coverage.mounts_not_entered))
        .chain(exclusions)
        .chain(snapshot.problems.iter().map(problem_record))
}

fn mount_record(kind: u8, mount: &Mount) -> Result<Vec<u8>, Error> {
    let mut out = vec![kind];
    put_path(&mut out, &mount.path, "the path of a mount")?;
    put_bytes(&mut out, mount.file_system.as_bytes());
    Ok(out)
}

fn problem_record(problem: &Problem) -> Result<Vec<u8>, Error> {
    let mut out = vec![PROBLEM];
    put_path(&mut out, &problem.path, "the path of a problem")?;
    out.push(problem.stage as u8);
    put_bytes(&mut out, problem.reason.as_bytes());
    put_bytes(&mut out, problem.errno.unwrap_or_default().as_bytes());
    Ok(out)
}

/// Appends a path, after the check that its reader will make.
fn put_path(out: &mut Vec<u8>, path: &TreePath, what: &'static str) -> Result<(), Error> {
    if TreePath::parse(path.as_bytes()).as_ref() != Ok(path) {
        return Err(Error::Unstorable { what });
    }
    put_bytes(out, path.as_bytes());
    Ok(())
}

/// Says that packages, coverage and problems are too many to be held in memory.
pub(super) fn spent(exceeded: Exceeded) -> Error {
    Error::TooLarge {
        what: "the list of packages, mounts, exclusions and problems",
        limit: exceeded.allowed,
        unit: match exceeded.limit {
            Limit::Bytes => "bytes",
            Limit::Items => "records",
        },
    }
}

/// Reads the records of one block of COVR.
pub(super) fn read(
    raw: &[u8],
    count: u64,
    budget: &mut Budget,
    coverage: &mut Coverage,
    problems: &mut Vec<Problem>,
) -> Result<(), Error> {
    let mut input = Input::new("section COVR", raw);
    budget.bytes(raw.len() as u64).map_err(spent)?;
    for _ in 0..count {
        budget.item().map_err(spent)?;
        match input.byte()? {
            MOUNT_ENTERED => coverage.mounts_entered.push(read_mount(&mut input)?),
            MOUNT_NOT_ENTERED => coverage.mounts_not_entered.push(read_mount(&mut input)?),
            EXCLUSION => coverage
                .excluded
                .push(Exclusion { rule: input.text()?.to_owned(), entries: input.number()? }),
            PROBLEM => problems.push(read_problem(&mut input)?),
            _ => return Err(input.malformed("a record is of an unknown kind")),
        }
    }
    input.finish()
}

fn read_mount(input: &mut Input<'_>) -> Result<Mount, Error> {
    Ok(Mount { path: input.path()?, file_system: input.text()?.to_owned(), is_inert: false })
}

fn read_problem(input: &mut Input<'_>) -> Result<Problem, Error> {
    let path = input.path()?;
    let stage = Stage::ALL.get(usize::from(input.byte()?)).copied();
    let stage = stage.ok_or(input.malformed("a problem has an unknown stage"))?;
    let reason = input.text()?.to_owned();
    let errno = match input.text()? {
        "" => None,
        name => Some(known_errno(name)),
    };
    Ok(Problem { path, stage, reason, errno })
}

/// Returns the same name as this program has it.
fn known_errno(name: &str) -> &'static str {
    (1..=LAST_ERRNO)
        .map(|number| errno_name(rustix::io::Errno::from_raw_os_error(number)))
        .find(|known| *known == name)
        .unwrap_or("EUNKNOWN")
}

/// Returns the raw block of VOLA.
pub(super) fn write_aside(snapshot: &Snapshot) -> Vec<u8> {
    let mut out = Vec::new();
    put_field(&mut out, LOCATOR, snapshot.locator.as_bytes());
    let coverage = &snapshot.coverage;
    let mut counters = Vec::new();
    for counter in [
        coverage.entries,
        coverage.files_hashed,
        coverage.bytes_hashed,
        coverage.unreadable,
        coverage.unstable,
        coverage.vanished,
    ] {
        put(&mut counters, counter);
    }
    put_field(&mut out, COUNTERS, &counters);
    out
}

/// Reads the raw block of VOLA: the counters into `coverage`, and returns the locator.
pub(super) fn read_aside(raw: &[u8], coverage: &mut Coverage) -> Result<String, Error> {
    let mut input = Input::new("section VOLA", raw);
    let mut locator = String::new();
    let mut last = 0;
    while let Some((tag, bytes)) = input.field(&mut last)? {
        match tag {
            LOCATOR => {
                let text = std::str::from_utf8(bytes);
                text.map_err(|_| input.malformed("a text is not UTF-8"))?.clone_into(&mut locator);
            }
            COUNTERS => {
                let mut counters = Input::new("section VOLA", bytes);
                coverage.entries = counters.number()?;
                coverage.files_hashed = counters.number()?;
                coverage.bytes_hashed = counters.number()?;
                coverage.unreadable = counters.number()?;
                coverage.unstable = counters.number()?;
                coverage.vanished = counters.number()?;
                counters.finish()?;
            }
            _ => {}
        }
    }
    Ok(locator)
}
