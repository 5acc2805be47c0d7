//! The samples of the three formats, each through the same cuts and flips, and crafted damage.
//!
//! `fixtures/packages/rpm/samples.py` makes them, by the databases' own programs where it can.

mod crafted;
mod damage;
mod headers;

use std::borrow::Cow;

use super::Rpm;
use crate::bounds::Budget;
use crate::model::Problem;
use crate::packages::{Completeness, Files, PackageDatabase as _, PackageSink, Presence, Records};

macro_rules! sample {
    ($name:literal) => {
        include_bytes!(concat!("../../../../fixtures/packages/rpm/samples/", $name))
    };
}

/// A file of the database and its bytes.
type Sample = Vec<(&'static str, Cow<'static, [u8]>)>;

pub(super) fn sqlite_sample() -> Sample {
    vec![
        ("var/lib/rpm/rpmdb.sqlite", sample!("rpmdb.sqlite")[..].into()),
        ("var/lib/rpm/rpmdb.sqlite-wal", sample!("rpmdb.sqlite-wal")[..].into()),
    ]
}

fn ndb_sample() -> Sample {
    vec![("var/lib/rpm/Packages.db", sample!("Packages.db")[..].into())]
}

fn bdb_samples() -> [Sample; 2] {
    [&sample!("Packages")[..], &sample!("Packages.big")[..]]
        .map(|bytes| vec![("var/lib/rpm/Packages", bytes.into())])
}

fn samples() -> Vec<Sample> {
    let [little, big] = bdb_samples();
    vec![sqlite_sample(), ndb_sample(), little, big]
}

fn run(sample: &Sample) -> Records {
    run_within(sample, &mut Budget::new(1 << 24, 1 << 20))
}

fn run_within(sample: &Sample, budget: &mut Budget) -> Records {
    let mut files = Files::new();
    for (path, content) in sample {
        files.insert(path.as_bytes(), Ok(content));
    }
    let mut out = PackageSink::default();
    let completeness = Rpm.parse(&files, budget, &mut out);
    let records = out.finish(completeness);
    let whole = records.completeness() == Completeness::Complete;
    assert_eq!(whole, records.problems().is_empty(), "{:?}", records.problems());
    records
}

fn names(records: &Records) -> Vec<String> {
    let packages = records.packages().iter();
    packages.map(|package| format!("{}-{}", package.name, package.version)).collect()
}

fn reasons(records: &Records) -> Vec<&str> {
    records.problems().iter().map(|Problem { reason, .. }| reason.as_str()).collect()
}

/// Every path with what was recorded of it, as text.
fn listed(records: &Records) -> Vec<String> {
    let claims = records.claims().iter();
    let mut all: Vec<String> = claims
        .map(|claim| {
            let record = records.record(claim);
            let shipped = record.shipped.expect("rpm records attributes");
            let kind = shipped.file_type.map_or("any", |kind| kind.name());
            let link = shipped.link_target.map(|link| records.text(link)).unwrap_or_default();
            let mode = shipped.mode.map_or_else(|| "-".to_owned(), |mode| format!("{mode:04o}"));
            format!(
                "{} {kind} {mode} {:?} {} config={} optional={} {}",
                records.path(claim.path),
                shipped.size,
                record.expected_digest().is_some(),
                record.conffile.is_some(),
                claim.presence == Presence::Optional,
                String::from_utf8_lossy(link),
            )
        })
        .collect();
    all.sort();
    all
}

#[test]
fn the_three_formats_say_the_same() {
    let expected = [
        "/etc/one file 0644 Some(8) true config=true optional=false ",
        "/usr/bin/one file 0755 Some(4) true config=false optional=false ",
        "/usr/bin/two symlink - None false config=false optional=false one",
        "/usr/share/two directory 0755 None false config=false optional=false ",
        "/usr/share/two/more file 0644 Some(5) true config=false optional=false ",
    ];
    for sample in samples() {
        let records = run(&sample);
        assert_eq!(reasons(&records), [""; 0], "{}", sample[0].0);
        assert_eq!(names(&records), ["one-3:1.0-2", "two-1.0-2"]);
        assert_eq!(listed(&records), expected);
    }
}

#[test]
fn the_log_counts_and_without_it_the_database_is_older() {
    let mut sample = sqlite_sample();
    sample[1].1 = Cow::Borrowed(&[]);
    let records = run(&sample);
    assert_eq!((reasons(&records), listed(&records).len()), (vec![], 4));
    sample.remove(1);
    assert_eq!(listed(&run(&sample)).len(), 4);
}
