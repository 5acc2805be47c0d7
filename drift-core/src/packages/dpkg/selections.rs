//! The files of update-alternatives in `var/lib/dpkg/alternatives/`, one a name.
//!
//! The format stands only in its source: mode, generic link, pairs of slave name and slave link up
//! to an empty line; then for each provider its path, priority and one line a slave, up to an empty
//! line.

use super::{ALTERNATIVES, note_book};
use crate::packages::{Alternative, Choice, Completeness, Reading, Selection, Slave};

const LOSS: Completeness = Completeness::RecordsIncomplete;

/// Reads every name.
pub(super) fn read(reading: &mut Reading<'_, '_>) {
    let paths: Vec<Vec<u8>> = reading.files().inside(ALTERNATIVES).map(<[u8]>::to_vec).collect();
    for path in paths {
        let Some(text) = reading.open(&path, LOSS) else { continue };
        let name = path.strip_prefix(ALTERNATIVES).unwrap_or_default();
        // update-alternatives' own temporary file while it works.
        if name.ends_with(b".dpkg-tmp") {
            continue;
        }
        note_book(reading, &path);
        let mut lines = Lines { rest: text, line: 0 };
        match alternative(reading, &path, name, &mut lines) {
            Ok(Some(alternative)) => reading.out.alternative(alternative),
            Ok(None) => return,
            Err(what) => reading.fault(&path, lines.line, what, LOSS),
        }
    }
}

struct Lines<'a> {
    rest: &'a [u8],
    line: usize,
}

impl<'a> Lines<'a> {
    /// Returns the next line; a line without an end is none.
    fn next(&mut self) -> Result<&'a [u8], &'static str> {
        self.line = self.line.saturating_add(1);
        let end = self.rest.iter().position(|&byte| byte == b'\n');
        let end = end.ok_or("the file ends in the middle")?;
        let line = self.rest.get(..end).unwrap_or_default();
        self.rest = self.rest.get(end.saturating_add(1)..).unwrap_or_default();
        Ok(line)
    }
}

/// Reads one file; `None` when the budget is spent.
fn alternative(
    reading: &mut Reading<'_, '_>,
    path: &[u8],
    name: &[u8],
    lines: &mut Lines<'_>,
) -> Result<Option<Alternative>, &'static str> {
    let selection = match lines.next()? {
        b"auto" => Selection::Auto,
        b"manual" => Selection::Manual,
        _ => return Err("neither \"auto\" nor \"manual\""),
    };
    let link = absolute(lines.next()?)?;
    let mut slaves = Vec::new();
    loop {
        let slave = lines.next()?;
        if slave.is_empty() {
            break;
        }
        if !reading.item(path, LOSS) {
            return Ok(None);
        }
        if slave.contains(&b'/') || slave.contains(&0) || slave == b".." || slave == b"." {
            return Err("not a name below /etc/alternatives");
        }
        slaves.push(Slave { name: slave.into(), link: absolute(lines.next()?)? });
    }
    let mut choices = Vec::new();
    loop {
        let target = lines.next()?;
        if target.is_empty() {
            break;
        }
        let target = absolute(target)?;
        let priority = std::str::from_utf8(lines.next()?).ok().and_then(|text| text.parse().ok());
        let priority = priority.ok_or("not a priority")?;
        let mut provided = Vec::new();
        for _ in &slaves {
            if !reading.item(path, LOSS) {
                return Ok(None);
            }
            provided.push(lines.next()?.into());
        }
        if !reading.item(path, LOSS) {
            return Ok(None);
        }
        choices.push(Choice { target, priority, slaves: provided });
    }
    if !lines.rest.is_empty() {
        return Err("more after the end");
    }
    Ok(Some(Alternative { name: name.into(), selection, link, slaves, choices }))
}

fn absolute(path: &[u8]) -> Result<Box<[u8]>, &'static str> {
    if path.starts_with(b"/") && !path.contains(&0) {
        Ok(path.into())
    } else {
        Err("not an absolute path")
    }
}
