//! The question how fast dpkg's database is read: lists of files and their MD5s.

use std::error::Error;
use std::fmt::Write as _;

use drift_core::bounds::Budget;
use drift_core::packages::{self, Files};

use super::Ask;

const PACKAGES: u64 = 200;
const FILES: u64 = 100;
/// All paths of the database.
pub(super) const PATHS: u64 = PACKAGES * FILES;
/// More than the database has, in bytes and in items.
const ENOUGH: u64 = 1 << 30;

pub(super) fn dpkg() -> Result<Ask, Box<dyn Error>> {
    let database = database()?;
    Ok(Box::new(move || {
        let mut files = Files::new();
        for (path, text) in &database {
            files.insert(path.as_bytes(), Ok(text.as_bytes()));
        }
        let records = packages::parse(&files, &mut Budget::new(ENOUGH, ENOUGH));
        records.packages().len() as u64
    }))
}

/// Every file of the database, by path.
fn database() -> Result<Vec<(String, String)>, Box<dyn Error>> {
    let mut files = Vec::new();
    let mut status = String::new();
    for package in 0..PACKAGES {
        let name = format!("package-{package}");
        writeln!(
            status,
            "Package: {name}\nStatus: install ok installed\nArchitecture: amd64\n\
             Version: 1.{package}-1\nMaintainer: Nobody <nobody@example.invalid>\n\
             Description: one of many\n of which each has a list\n"
        )?;
        let (mut list, mut sums) = (String::from("/.\n/usr\n/usr/lib\n"), String::new());
        for file in 0..FILES {
            let path = format!("usr/lib/{name}/part-{}/module-{file}.so", file % 7);
            writeln!(list, "/{path}")?;
            writeln!(sums, "{:032x}  {path}", u128::from(package * FILES + file) << 64)?;
        }
        files.push((format!("var/lib/dpkg/info/{name}.list"), list));
        files.push((format!("var/lib/dpkg/info/{name}.md5sums"), sums));
    }
    files.push(("var/lib/dpkg/status".to_owned(), status));
    Ok(files)
}
