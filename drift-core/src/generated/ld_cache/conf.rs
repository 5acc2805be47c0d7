//! The directories that ldconfig(8) looks into, in its order.
//!
//! Source: ldconfig(8), and glibc `elf/ldconfig.c`: a line of `ld.so.conf` is a directory, or
//! `include` with patterns of glob(7); each directory counts once, by its inode.

use crate::generated::Contents;
use crate::generated::about::{About, lines};
use crate::model::{DirId, RowId};

/// One directory.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Directory {
    /// As the configuration writes it, without a slash at its end.
    pub(super) text: Vec<u8>,
    /// What it is.
    pub(super) id: DirId,
}

/// What the configuration says.
#[derive(Debug, Default)]
pub(super) struct Configuration {
    /// In the order in which they are searched.
    pub(super) directories: Vec<Directory>,
    /// Files of it that were read, or have to be.
    pub(super) files: Vec<RowId>,
    /// Why it is not all understood.
    pub(super) fault: Option<String>,
}

/// The program's own configuration.
const MAIN: &[u8] = b"etc/ld.so.conf";
/// Included files are few; a cycle ends here.
const MAX_FILES: usize = 256;
/// Directories are few as well.
const MAX_DIRECTORIES: usize = 1024;

/// Reads the configuration as far as its files were read.
pub(super) fn read(about: &About<'_>, contents: &Contents, triplets: &[Vec<u8>]) -> Configuration {
    let mut configuration = Configuration::default();
    // Files yet to be read, the next one last; a file's includes come where they stand.
    let mut todo: Vec<Step> = about.file(MAIN).map(Step::File).into_iter().collect();
    while let Some(step) = todo.pop() {
        if configuration.files.len() >= MAX_FILES {
            configuration.fault = Some("its configuration includes too many files".to_owned());
            break;
        }
        match step {
            Step::Directory(text) => configuration.add(about, &text),
            Step::File(row) if configuration.files.contains(&row) => {}
            Step::File(row) => {
                configuration.files.push(row);
                let Some(text) = contents.get(&row) else { continue };
                let mut steps = Vec::new();
                lines(text).for_each(|line| configuration.line(about, line, &mut steps));
                todo.extend(steps.into_iter().rev());
            }
        }
    }
    for text in builtin(triplets) {
        configuration.add(about, &text);
    }
    configuration
}

enum Step {
    File(RowId),
    Directory(Vec<u8>),
}

impl Configuration {
    fn add(&mut self, about: &About<'_>, text: &[u8]) {
        let text = text.trim_ascii();
        let end = text.iter().rposition(|&byte| byte != b'/').map_or(0, |at| at.saturating_add(1));
        let text = text.get(..end).unwrap_or_default();
        let Some(id) = about.directory(text) else { return };
        let known = self.directories.iter().any(|directory| directory.id == id);
        if !known && self.directories.len() < MAX_DIRECTORIES {
            self.directories.push(Directory { text: text.to_vec(), id });
        }
    }

    fn line(&mut self, about: &About<'_>, line: &[u8], steps: &mut Vec<Step>) {
        let line = line.split(|&byte| byte == b'#').next().unwrap_or_default().trim_ascii();
        let mut words = line.split(u8::is_ascii_whitespace).filter(|word| !word.is_empty());
        match words.next() {
            None | Some(b"hwcap") => {}
            Some(b"include") => {
                for pattern in words {
                    match files(about, pattern) {
                        Some(rows) => steps.extend(rows.into_iter().map(Step::File)),
                        None => {
                            let what = "its configuration includes files by a pattern that is not \
                                        understood here";
                            self.fault = Some(what.to_owned());
                        }
                    }
                }
            }
            Some(_) => steps.push(Step::Directory(line.to_vec())),
        }
    }
}

/// Finds the files of a pattern whose last name alone has one `*`, by name; `None` of others.
fn files(about: &About<'_>, pattern: &[u8]) -> Option<Vec<RowId>> {
    let relative = !pattern.starts_with(b"/");
    let pattern = if relative { [b"/etc/", pattern].concat() } else { pattern.to_vec() };
    let slash = pattern.iter().rposition(|&byte| byte == b'/')?;
    let (directory, name) = pattern.split_at_checked(slash.saturating_add(1))?;
    let odd = |byte: &u8| b"?[\\{".contains(byte);
    let stars = name.iter().filter(|&&byte| byte == b'*').count();
    if pattern.iter().any(odd) || directory.contains(&b'*') || stars > 1 {
        return None;
    }
    let Some(star) = name.iter().position(|&byte| byte == b'*') else {
        return Some(about.file(&pattern).into_iter().collect());
    };
    let (first, last) = (name.get(..star)?, name.get(star.saturating_add(1)..)?);
    let Some(id) = about.directory(directory) else { return Some(Vec::new()) };
    let fits = |name: &[u8]| {
        let rest = name.strip_prefix(first).filter(|rest| rest.ends_with(last));
        rest.is_some() && (!name.starts_with(b".") || first.starts_with(b"."))
    };
    let rows = about.tree.children(id).filter(|row| fits(about.tree.name(*row)));
    Some(rows.filter_map(|row| about.file(&[directory, about.tree.name(row)].concat())).collect())
}

/// The directories that are searched without being named: those of the system's own libraries.
fn builtin(triplets: &[Vec<u8>]) -> Vec<Vec<u8>> {
    let mut all = Vec::new();
    for root in [&b"/lib/"[..], b"/usr/lib/"] {
        all.extend(triplets.iter().map(|triplet| [root, triplet].concat()));
    }
    for root in [&b"/lib"[..], b"/usr/lib"] {
        all.extend([&b""[..], b"32", b"64", b"x32"].map(|suffix| [root, suffix].concat()));
    }
    all
}
