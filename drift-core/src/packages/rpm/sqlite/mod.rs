//! `rpmdb.sqlite` with its write-ahead log: the backend of Fedora, RHEL 9 and most others.
//!
//! Source: sqlite.org/fileformat2.html. Only what rpm's own tables need is read: B-trees of tables,
//! never indexes, never SQL. The table `Name` names every header of `Packages` once more, so a row
//! that was lost in either is noticed.

mod btree;
mod pages;
mod record;
mod wal;

use std::collections::BTreeSet;

use super::scan::Scan;
use btree::Fault;
use pages::Pages;
use record::Value;

/// `journal` is the rollback journal, which rpm does not use and which must not be there.
pub(super) fn read(scan: &mut Scan<'_, '_, '_>, file: &[u8], log: &[u8], journal: &[u8]) {
    if journal.iter().any(|&byte| byte != 0) {
        scan.lost("a rollback journal lies beside it; what it holds is not undone here");
    }
    let pages = match Pages::new(file, log) {
        Ok((pages, None)) => pages,
        Ok((pages, Some(fault))) => {
            scan.lost(fault);
            pages
        }
        Err(fault) => return scan.lost(fault),
    };
    let roots = roots(scan, &pages);
    let Some(root) = roots.packages else {
        return scan.lost("there is no table Packages in it");
    };
    let mut numbers = BTreeSet::new();
    walk(scan, &pages, root, "Packages", |scan, number, payload| {
        let Some(Value::Blob(header)) = record::value(payload, 1) else {
            scan.lost(format!("row {number} of Packages is no header"));
            return true;
        };
        numbers.insert(number);
        scan.header(u32::try_from(number).unwrap_or(0), header)
    });
    compare_names(scan, &pages, roots.names, &numbers);
}

/// The first pages of rpm's tables.
#[derive(Debug, Default)]
struct Roots {
    packages: Option<u32>,
    names: Option<u32>,
}

/// Looks rpm's tables up in the schema, which is the table that begins on page 1.
fn roots(scan: &mut Scan<'_, '_, '_>, pages: &Pages<'_>) -> Roots {
    let mut roots = Roots::default();
    walk(scan, pages, 1, "the schema", |scan, _, payload| {
        let is_table = record::value(payload, 0) == Some(Value::Text(b"table"));
        let Some(Value::Text(name)) = record::value(payload, 1) else {
            scan.lost("a row of the schema has no name");
            return true;
        };
        let slot = match name {
            name if name.eq_ignore_ascii_case(b"Packages") => &mut roots.packages,
            name if name.eq_ignore_ascii_case(b"Name") => &mut roots.names,
            _ => return true,
        };
        let root = match record::value(payload, 3) {
            Some(Value::Number(root)) if is_table => u32::try_from(root).ok(),
            _ => None,
        };
        if root.is_none() || slot.is_some() {
            let name = String::from_utf8_lossy(name);
            scan.lost(format!("the schema has {name} twice, or as something else than a table"));
        }
        *slot = slot.or(root);
        true
    });
    roots
}

/// Holds the numbers of all headers against those that the table of names knows.
fn compare_names(
    scan: &mut Scan<'_, '_, '_>,
    pages: &Pages<'_>,
    root: Option<u32>,
    numbers: &BTreeSet<i64>,
) {
    let Some(root) = root else {
        return scan.lost("there is no table Name in it, so a lost package would not be noticed");
    };
    let mut named = BTreeSet::new();
    walk(scan, pages, root, "Name", |scan, row, payload| {
        match record::value(payload, 1) {
            Some(Value::Number(number)) => {
                named.insert(number);
            }
            _ => scan.lost(format!("row {row} of Name has no number")),
        }
        true
    });
    for number in numbers.symmetric_difference(&named) {
        if !scan.step() {
            return;
        }
        let (there, not) = match named.contains(number) {
            true => ("Name", "Packages"),
            false => ("Packages", "Name"),
        };
        scan.lost(format!("header {number} stands in the table {there} and not in {not}"));
    }
}

/// Goes through the rows of one table.
fn walk<'s, 'r, 'f>(
    scan: &mut Scan<'s, 'r, 'f>,
    pages: &Pages<'_>,
    root: u32,
    table: &str,
    mut row: impl FnMut(&mut Scan<'s, 'r, 'f>, i64, &[u8]) -> bool,
) {
    let mut rows = btree::Rows::new(pages, root);
    loop {
        if !scan.step() {
            return;
        }
        match rows.next() {
            None => return,
            Some(Err(Fault { page, what })) => scan.lost(format!("{table}, page {page}: {what}")),
            Some(Ok((number, payload))) => {
                if !row(scan, number, &payload) {
                    return;
                }
            }
        }
    }
}
