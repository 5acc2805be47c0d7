//! Reading: order, leases, and files that change meanwhile.

use super::{BATCH, BATCH_BYTES, DirId, LARGE_BYTES, arrange};
use crate::model::{FileType, Found, Intake, Listing, RuleId};
use crate::source::{Ask, Want};

fn file(name: &str, size: u64) -> Found {
    Found { size, ..Found::plain(name.as_bytes(), FileType::File, RuleId(0)) }
}

/// Every ask is in exactly one job, jobs never mix directories, and large files come first.
#[test]
fn every_ask_is_in_one_job() {
    let intake = Intake::default();
    let root = intake.root(Found::plain(b"", FileType::Directory, RuleId(0)));
    let mut top: Vec<Found> = (0..300).map(|n| file(&format!("f{n:03}"), n)).collect();
    top.push(file("large", LARGE_BYTES + 5));
    top.push(file("larger", LARGE_BYTES + 6));
    top.push(Found::plain(b"d", FileType::Directory, RuleId(0)));
    let below = intake.listing(root, Listing::Complete, top);
    for (_, id) in below {
        intake.listing(id, Listing::Complete, vec![file("x", 1), file("huge", LARGE_BYTES * 9)]);
    }
    let tree = intake.freeze().tree;
    let asks: Vec<Ask> = tree
        .rows()
        .filter(|row| tree.file_type(*row) == FileType::File)
        .map(|row| Ask { row, want: Want { digest: true, ..Want::default() } })
        .collect();
    let (ordered, jobs) = arrange(&tree, &asks);
    assert_eq!((ordered.len(), asks.len()), (304, 304));
    let first: Vec<&[u8]> = ordered.iter().take(3).map(|ask| tree.name(ask.row)).collect();
    assert_eq!(first, [&b"huge"[..], b"larger", b"large"]);
    let mut next = 0;
    for (directory, range) in jobs {
        assert_eq!(range.start, next);
        assert!(range.len() <= BATCH);
        next = range.end;
        for ask in &ordered[range] {
            assert_eq!(tree.directory_of(ask.row).unwrap_or(DirId(9)), directory);
        }
    }
    assert_eq!(next, 304);
}

/// Whoever takes small files takes at most some MiB of them, so that nobody is left with much.
#[test]
fn a_job_is_small_in_bytes_too() {
    let intake = Intake::default();
    let root = intake.root(Found::plain(b"", FileType::Directory, RuleId(0)));
    let size = LARGE_BYTES - 1;
    let found = (0..40).map(|n| file(&format!("f{n:02}"), size)).collect();
    intake.listing(root, Listing::Complete, found);
    let tree = intake.freeze().tree;
    let want = Want { digest: true, ..Want::default() };
    let asks: Vec<Ask> = tree.rows().skip(1).map(|row| Ask { row, want }).collect();
    let (ordered, jobs) = arrange(&tree, &asks);
    assert_eq!(ordered.len(), 40);
    assert!(jobs.len() >= 8);
    assert!(jobs.iter().all(|(_, range)| range.len() as u64 * size < BATCH_BYTES + size));
    assert_eq!(jobs.iter().map(|(_, range)| range.len()).sum::<usize>(), 40);
}
