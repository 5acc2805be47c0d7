//! A write-ahead log that was never checkpointed: what SQLite reads is what is read here.

use std::path::Path;
use std::process::Command;

use drift_core::packages::{Completeness, Records};

use super::roots::{built, contents, records_of, scratch};

fn sqlite(database: &Path, script: &str) -> String {
    let done = Command::new("sqlite3").arg("-batch").arg(database).arg(script).output();
    let done = done.expect("because sqlite3 was found");
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    String::from_utf8(done.stdout).expect("is ASCII")
}

fn names(records: &Records) -> Vec<String> {
    records.packages().iter().map(|package| package.name.clone()).collect()
}

/// Copies a database and changes it by `steps`, each a transaction of its own; the log stays.
fn changed(built: &Path, steps: &[&str]) -> Vec<(String, Vec<u8>)> {
    let (root, path) = scratch("rpmdb.sqlite");
    std::fs::copy(built.join("sqlite/var/lib/rpm/rpmdb.sqlite"), &path).unwrap();
    let copy = root.at("copy");
    let mut script = "PRAGMA journal_mode=WAL; PRAGMA wal_autocheckpoint=0;".to_owned();
    for step in steps {
        script += &format!("BEGIN; {step}; COMMIT;");
    }
    // Copied while the database is open, for closing it would empty the log.
    let mut child = Command::new("sqlite3");
    let shell = format!(
        ".shell cp {0} {1}.sqlite\n.shell cp {0}-wal {1}.sqlite-wal\n",
        path.display(),
        copy.display()
    );
    let file = root.at("script");
    std::fs::write(&file, script.replace(';', ";\n") + "\n" + &shell).unwrap();
    let input = std::fs::File::open(&file).unwrap();
    let done = child.arg("-batch").arg(&path).stdin(input).output().unwrap();
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    ["", "-wal"]
        .map(|end| {
            let bytes = std::fs::read(root.at(format!("copy.sqlite{end}"))).unwrap();
            (format!("var/lib/rpm/rpmdb.sqlite{end}"), bytes)
        })
        .to_vec()
}

/// What SQLite itself finds in these files.
fn counted(files: &[(String, Vec<u8>)]) -> usize {
    let (root, path) = scratch("rpmdb.sqlite");
    for (name, bytes) in files {
        let name = name.rsplit('/').next().expect("a name");
        std::fs::write(root.at(name), bytes).unwrap();
    }
    sqlite(&path, "SELECT count(*) FROM Packages").trim().parse().expect("a number")
}

fn delete(name: &str) -> String {
    let of = format!("SELECT hnum FROM Name WHERE key='{name}'");
    format!("DELETE FROM Packages WHERE hnum IN ({of}); DELETE FROM Name WHERE key='{name}'")
}

#[test]
fn what_only_the_log_has_is_read() {
    let Some(built) = built() else { return };
    let before = names(&records_of(&contents(&built.join("sqlite"))));
    let steps = [delete("omega"), delete("many"), delete("small")];
    let steps: Vec<&str> = steps.iter().map(String::as_str).collect();
    let files = changed(built, &steps);
    assert!(files[1].1.len() > 4096, "the log has pages");
    let records = records_of(&files);
    let gone = ["omega", "many", "small"];
    let expected: Vec<String> =
        before.iter().filter(|name| !gone.contains(&name.as_str())).cloned().collect();
    assert_eq!(names(&records), expected);
    assert_eq!(records.completeness(), Completeness::RecordsIncomplete, "sha512 as ever");
    assert_eq!(counted(&files), expected.len());
    // Without its log the database is as it was before.
    assert_eq!(names(&records_of(&files[..1])), before);
}

/// Cut anywhere, SQLite goes back to the last whole transaction; so does this, and says so.
#[test]
fn a_torn_log_is_as_old_as_its_last_commit() {
    let Some(built) = built() else { return };
    let steps = [delete("omega"), delete("many"), delete("small")];
    let steps: Vec<&str> = steps.iter().map(String::as_str).collect();
    let files = changed(built, &steps);
    let length = files[1].1.len();
    let (mut silent, mut told) = (0, 0);
    let frame = 4096 + 24;
    let ends = (0..=length).step_by(frame / 4).chain((0..length / frame).map(|at| 32 + at * frame));
    for end in ends {
        let mut torn = files.clone();
        torn[1].1.truncate(end);
        let records = records_of(&torn);
        if records.completeness() == Completeness::Incomplete {
            told += 1;
        } else {
            silent += 1;
        }
        assert_eq!(records.packages().len(), counted(&torn), "cut at {end}");
    }
    assert!(told > silent && silent <= 5, "{told} {silent}");
}

/// After a checkpoint the log is written over from its start; what follows is of the use before.
#[test]
fn a_log_used_again_ends_where_its_salts_do() {
    let Some(built) = built() else { return };
    let many = delete("many");
    let again = "COMMIT; PRAGMA wal_checkpoint(RESTART); BEGIN; UPDATE Name SET idx = 0";
    let files = changed(built, &[&many, again, &delete("omega")]);
    let records = records_of(&files);
    assert_eq!(records.completeness(), Completeness::RecordsIncomplete, "{:?}", records.problems());
    assert_eq!(records.packages().len(), counted(&files));
    let names = names(&records);
    assert!(!names.contains(&"omega".to_owned()) && !names.contains(&"many".to_owned()));
}

/// A log of another database, or of another use, has sums and salts that do not fit its header.
#[test]
fn a_log_with_the_header_of_another_is_no_log() {
    let Some(built) = built() else { return };
    let omega = delete("omega");
    let mut files = changed(built, &[&omega]);
    let other = changed(built, &[&omega]);
    let header = other[1].1[..32].to_vec();
    files[1].1[..32].copy_from_slice(&header);
    let records = records_of(&files);
    assert_eq!(records.packages().len(), counted(&files), "SQLite ignores it");
    assert!(names(&records).contains(&"omega".to_owned()));
}
